/** A file in the origin-private file system, written and read by a worker: only there are files fast. */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import { EnvelopeError } from "./errors.js";
import type { SpoolStore } from "./spool.js";
import { hasPrivateFiles } from "./spool-folder.js";
import type { FileAnswer, FileRequest } from "./spool-worker.js";

/** How much is read at a time, in bytes: whole segments need no copy. */
const READ_LENGTH = 4 * SEGMENT_LENGTH;
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

/** One file, in the hands of one worker. */
export class PrivateFile implements SpoolStore {
  readonly #worker: Worker;
  #waiting: { resolve: (answer: FileAnswer) => void; reject: (error: Error) => void } | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #length = 0;

  /** @param worker - Keeps it. */
  constructor(worker: Worker) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<FileAnswer>) => this.#waiting?.resolve(event.data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#waiting?.reject(spoolFailed("the worker that keeps its file ended"));
    };
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

  async append(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    const at = this.#length;
    this.#length += bytes.length;
    await this.#ask({ kind: "write", at, bytes }, [bytes.buffer]);
  }

  async *chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    let buffer = new ArrayBuffer(READ_LENGTH);
    for (let at = 0; at < this.#length; at += READ_LENGTH) {
      const length = Math.min(READ_LENGTH, this.#length - at);
      const answer = await this.#ask({ kind: "read", at, length, buffer }, [buffer]);
      buffer = answer.buffer ?? new ArrayBuffer(READ_LENGTH);
      // What was shortened by others comes out short, and fails its authentication.
      yield new Uint8Array(buffer, 0, answer.length);
    }
  }

  /** All that was written, as the browser's own file, which is there until it is removed. Nothing is written after this. */
  async finish(): Promise<File> {
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
      this.#worker.terminate();
    }
  }

  /** One request at a time. */
  #ask(request: FileRequest, transfer: Transferable[] = []): Promise<FileAnswer> {
    const answer = this.#turn.then(
      () =>
        new Promise<FileAnswer>((resolve, reject) => {
          this.#waiting = { resolve, reject };
          this.#worker.postMessage(request, transfer);
        }),
    );
    this.#turn = answer.catch(() => undefined);
    return answer.then((given) => {
      if (given.failure !== undefined) {
        throw spoolFailed(given.failure);
      }
      return given;
    });
  }
}
