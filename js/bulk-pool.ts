/** Workers that do segments' work: started when there is much to do, ended when there has been nothing for a while. */

import type { SegmentResult, SegmentTask } from "./bulk.js";
import { BROWSER_ENGINE } from "./browser-engine.js";
import type { WorkerAnswer, WorkerTask } from "./bulk-worker.js";
import { EnvelopeError } from "./errors.js";
import { KeySlots } from "./key-slots.js";

/** More than this do not pay: memory and reading become the bound. */
const MAX_WORKERS = 4;
/** How long a pool without work keeps its workers, in milliseconds. */
const IDLE_MS = 5_000;
/** Buffers kept for the next tasks of one worker: one that is filled while two are worked on. */
const SPARE_BUFFERS = 3;

/** On so few processors the page and the browser's own threads keep them busy: workers were measured to bring nothing. */
const TOO_FEW_PROCESSORS = 2;

/**
 * How many workers there are by default: one a processor, where that pays. Chromium does `SubtleCrypto`'s work on the thread
 * that asks for it. Firefox and WebKit have threads of their own for it, and were measured to be slower by a third when they
 * are asked by workers.
 */
export function defaultWorkerCount(): number {
  if (BROWSER_ENGINE !== "blink") {
    return 0;
  }
  const processors = navigator.hardwareConcurrency;
  return processors > TOO_FEW_PROCESSORS ? Math.min(MAX_WORKERS, processors) : 0;
}

/** The workers of this realm, shared by all operations. */
class WorkerPool {
  readonly #members: Member[] = [];
  #idle: ReturnType<typeof setTimeout> | undefined;
  /** A page that forbids workers forbids them for good. */
  #isForbidden = typeof Worker === "undefined";

  /**
   * The least busy of the first `count` workers, or nothing while none is ready. Those that are missing are started.
   *
   * @param count - How many may be used.
   */
  take(count: number): Member | undefined {
    this.#start(count);
    this.#restartIdleTimer();
    const ready = this.#members.slice(0, count).filter((member) => member.isReady);
    return ready.sort((a, b) => a.load - b.load)[0];
  }

  #start(count: number): void {
    while (!this.#isForbidden && this.#members.length < count) {
      try {
        // Written literally, so that bundlers see it and make the worker a file of its own.
        const worker = new Worker(new URL("./bulk-worker.js", import.meta.url), {
          type: "module",
          name: "s3-envelope",
        });
        this.#members.push(
          new Member(worker, (failed) => {
            this.#remove(failed);
          }),
        );
      } catch {
        this.#isForbidden = true;
      }
    }
  }

  #remove(failed: Member): void {
    this.#isForbidden = true;
    this.#members.splice(this.#members.indexOf(failed), 1);
  }

  #restartIdleTimer(): void {
    clearTimeout(this.#idle);
    if (this.#members.length === 0) {
      return;
    }
    this.#idle = setTimeout(() => {
      if (this.#members.some((member) => member.load > 0)) {
        this.#restartIdleTimer();
        return;
      }
      for (const member of this.#members.splice(0)) {
        member.end();
      }
    }, IDLE_MS);
  }
}

/** The workers of this realm. */
export const pool = new WorkerPool();

interface Waiting {
  readonly resolve: (result: SegmentResult) => void;
  readonly reject: (error: EnvelopeError) => void;
}

/** One worker. */
class Member {
  isReady = false;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #spare: ArrayBuffer[] = [];
  readonly #keys = new KeySlots();
  #lastId = 0;

  constructor(worker: Worker, onFailure: (self: Member) => void) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<WorkerAnswer>) => {
      this.#take(event.data);
    };
    worker.onerror = (event) => {
      // A worker that may not be loaded is not the page's problem: the work is done without it.
      event.preventDefault();
      worker.terminate();
      onFailure(this);
      this.#failAll("a worker ended without an answer");
    };
  }

  /** How many tasks it has. */
  get load(): number {
    return this.#waiting.size;
  }

  /** Ends the worker. */
  end(): void {
    this.#worker.terminate();
  }

  /** As for `perform`. */
  submit(task: SegmentTask, bytes: Uint8Array<ArrayBuffer>): Promise<SegmentResult> {
    const buffer = this.#bufferOf(bytes.length);
    new Uint8Array(buffer).set(bytes);
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      const message: WorkerTask = { id, ...this.#keys.put(task), buffer, length: bytes.length };
      this.#worker.postMessage(message, [buffer]);
    });
  }

  #bufferOf(length: number): ArrayBuffer {
    const spare = this.#spare.pop();
    return spare !== undefined && spare.byteLength >= length ? spare : new ArrayBuffer(length);
  }

  #take(answer: WorkerAnswer): void {
    if (answer.kind === "ready") {
      this.isReady = true;
      return;
    }
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#spare.length < SPARE_BUFFERS) {
      this.#spare.push(answer.buffer);
    }
    if (answer.kind === "done") {
      waiting?.resolve(answer);
    } else {
      waiting?.reject(failure(answer.reason));
    }
  }

  #failAll(reason: string): void {
    for (const { reject } of this.#waiting.values()) {
      reject(failure(reason));
    }
    this.#waiting.clear();
  }
}

function failure(reason: string): EnvelopeError {
  return new EnvelopeError("ENGINE_UNAVAILABLE", `the browser's cryptography failed (${reason}); try again`);
}
