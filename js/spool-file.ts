/** A file in the origin-private file system, written and read by a worker: only there are files fast. */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import { EnvelopeError } from "./errors.js";
import { settled } from "./ordered.js";
import type { SpoolStore } from "./spool.js";
import { hasPrivateFiles } from "./spool-folder.js";
import type { FileAnswer, FileRequest } from "./spool-worker.js";

/** How much is written or read at a time, in bytes: whole segments need no copy. */
const PIECE_LENGTH = 4 * SEGMENT_LENGTH;
/** How long a worker may take to open a file before it is taken for forbidden, in milliseconds. */
const START_LIMIT_MS = 10_000;

/**
 * A new, empty file, or nothing where there is no such file system (or no worker, or no room).
 *
 * Files that an earlier page left behind, because it crashed, are removed on the way.
 */
export async function openPrivateFile(): Promise<PrivateFile | undefined> {
  if (typeof Worker === "undefined" || !hasPrivateFiles()) {
    return undefined;
  }
  const worker = startWorker();
  if (worker === undefined) {
    return undefined;
  }
  const file = new PrivateFile(worker);
  const isOpen = await Promise.race([file.open(), late()]);
  if (isOpen) {
    return file;
  }
  worker.terminate();
  return undefined;
}

function startWorker(): Worker | undefined {
  try {
    // Written literally, so that bundlers see it and make the worker a file of its own.
    return new Worker(new URL("./spool-worker.js", import.meta.url), { type: "module", name: "s3-envelope-spool" });
  } catch {
    return undefined;
  }
}

const late = () =>
  new Promise<false>((resolve) => {
    setTimeout(() => {
      resolve(false);
    }, START_LIMIT_MS);
  });

function spoolFailed(reason: string): EnvelopeError {
  return new EnvelopeError(
    "SPOOL_FAILED",
    `the browser's private file system failed: ${reason}; make room on the disk, and download again`,
  );
}

interface Waiting {
  readonly resolve: (answer: FileAnswer) => void;
  readonly reject: (error: EnvelopeError) => void;
}

/**
 * One file, in the hands of one worker. Two buffers go to and fro: while one is at the worker, the other one is filled, or
 * what was read into it is used.
 */
export class PrivateFile implements SpoolStore {
  readonly #worker: Worker;
  /** Who waits for answers, which come in the order of the requests. */
  readonly #waiting: Waiting[] = [];
  #failure: EnvelopeError | undefined;
  /** How much was sent to be written, in bytes. */
  #length = 0;
  #filling: Uint8Array<ArrayBuffer> = new Uint8Array(PIECE_LENGTH);
  #filled = 0;
  /** The buffer that is being written from, when that is done. */
  #writing: Promise<ArrayBuffer> = Promise.resolve(new ArrayBuffer(PIECE_LENGTH));

  /** @param worker - Keeps it. */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = ({ data }: MessageEvent<FileAnswer>) => {
      const waiting = this.#waiting.shift();
      if (data.failure === undefined) {
        waiting?.resolve(data);
      } else {
        waiting?.reject(spoolFailed(data.failure));
      }
    };
    const onEnd = (event: Event) => {
      event.preventDefault();
      this.#end(spoolFailed("the worker that keeps its file ended"));
    };
    worker.onerror = onEnd;
    worker.onmessageerror = onEnd;
  }

  /** Tells whether there is a file. */
  async open(): Promise<boolean> {
    try {
      await this.#ask({ kind: "open" });
      return true;
    } catch {
      return false;
    }
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0;) {
      const taken = rest.subarray(0, PIECE_LENGTH - this.#filled);
      this.#filling.set(taken, this.#filled);
      this.#filled += taken.length;
      rest = rest.subarray(taken.length);
      if (this.#filled === PIECE_LENGTH) {
        await this.#write();
      }
    }
  }

  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let spare = await this.#written();
    let reading = settled(this.#read(0, this.#filling.buffer));
    for (let at = 0; at < this.#length; at += PIECE_LENGTH) {
      const bytes = await reading;
      if (at + PIECE_LENGTH < this.#length) {
        reading = settled(this.#read(at + PIECE_LENGTH, spare));
      }
      // What was shortened by others comes out short, and fails its authentication.
      yield bytes;
      spare = bytes.buffer;
    }
  }

  /** All that was appended, as the browser's own file, which is there until it is removed. Nothing is appended after this. */
  async finish(): Promise<File> {
    await this.#written();
    const { file } = await this.#ask({ kind: "finish" });
    if (file === undefined) {
      throw spoolFailed("it gave no file");
    }
    return file;
  }

  async remove(): Promise<void> {
    try {
      await this.#ask({ kind: "remove" });
    } finally {
      this.#end(spoolFailed("it was removed"));
    }
  }

  /** Sends what was gathered to be written, and goes on with the other buffer as soon as it is back. */
  async #write(): Promise<void> {
    const other = await this.#writing;
    const { buffer } = this.#filling;
    const request = { kind: "write", at: this.#length, length: this.#filled, buffer } as const;
    this.#writing = settled(this.#ask(request, [buffer]).then(bufferOf));
    this.#length += this.#filled;
    this.#filling = new Uint8Array(other);
    this.#filled = 0;
  }

  /** When everything is written; gives the buffer that it was written from. */
  async #written(): Promise<ArrayBuffer> {
    if (this.#filled > 0) {
      await this.#write();
    }
    return await this.#writing;
  }

  async #read(at: number, buffer: ArrayBuffer): Promise<Uint8Array<ArrayBuffer>> {
    const length = Math.max(0, Math.min(PIECE_LENGTH, this.#length - at));
    const answer = await this.#ask({ kind: "read", at, length, buffer }, [buffer]);
    return new Uint8Array(bufferOf(answer), 0, answer.length);
  }

  async #ask(request: FileRequest, transfer: Transferable[] = []): Promise<FileAnswer> {
    if (this.#failure !== undefined) {
      throw this.#failure;
    }
    return await new Promise((resolve, reject) => {
      this.#worker.postMessage(request, transfer);
      this.#waiting.push({ resolve, reject });
    });
  }

  /** Ends the worker, and with it the lock of the file: what it did not remove is removed by the next one that spools. */
  #end(failure: EnvelopeError): void {
    this.#failure ??= failure;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.splice(0)) {
      reject(failure);
    }
  }
}

function bufferOf({ buffer }: FileAnswer): ArrayBuffer {
  if (buffer === undefined) {
    throw spoolFailed("it kept a buffer");
  }
  return buffer;
}
