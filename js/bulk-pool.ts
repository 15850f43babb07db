/** Workers that do segments' work: started when there is much to do, ended when there has been nothing for a while. */

import { BROWSER_ENGINE } from "./browser-engine.js";
import { Member } from "./bulk-member.js";

/** More than this do not pay: memory and reading become the bound. */
const MAX_WORKERS = 4;
/** How long a pool without work keeps its workers, in milliseconds. */
const IDLE_MS = 5_000;
/** How long there are no new workers after one that failed, in milliseconds: its script may have been lost on the way. */
const FAILURE_MS = 60_000;

/** On so few processors, workers bring too little for what they cost: the page and the browser keep them busy. */
const TOO_FEW_PROCESSORS = 2;

/**
 * How many workers to use. The calling thread has enough to do to keep them busy, and one processor is its own: more workers
 * than there are others were never measured to be faster. Where nobody says how many, as many as pay: Chromium does
 * `SubtleCrypto`'s work on the thread that asks for it; Firefox and WebKit have threads of their own for it, and are slower
 * where workers ask them.
 *
 * @param wanted - How many are wanted at most, if anybody said so.
 */
export function workerCount(wanted: number | undefined): number {
  const { hardwareConcurrency: processors = 1 } = (globalThis as { navigator?: Partial<Navigator> }).navigator ?? {};
  if (wanted !== undefined) {
    return Math.min(wanted, Math.max(1, processors - 1));
  }
  return BROWSER_ENGINE === "blink" && processors > TOO_FEW_PROCESSORS ? Math.min(MAX_WORKERS, processors - 1) : 0;
}

/** The workers of this realm, shared by all operations. */
class WorkerPool {
  #members: Member[] = [];
  #idle: ReturnType<typeof setTimeout> | undefined;
  #lastUse = 0;
  /** When workers may be started, in the clock's milliseconds. A page that forbids them forbids them for good. */
  #startsFrom = typeof Worker === "undefined" ? Infinity : 0;

  /** Whether any worker can have a task now. */
  get isReady(): boolean {
    return this.#members.some((member) => member.isReady);
  }

  /**
   * The one of the first `count` workers that is to have the next task: the one whose batch is being filled, or else the one
   * that has least to do; nothing while none is ready. Those that are missing are started.
   *
   * @param count - How many may be used.
   */
  take(count: number): Member | undefined {
    this.#start(count);
    this.#noteUse();
    const ready = this.#members.slice(0, count).filter((member) => member.isReady);
    return ready.find((member) => member.hasBegunBatch) ?? ready.sort((a, b) => a.load - b.load)[0];
  }

  #start(count: number): void {
    while (this.#members.length < count && performance.now() >= this.#startsFrom) {
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
        this.#startsFrom = Infinity;
      }
    }
  }

  #remove(failed: Member): void {
    this.#startsFrom = performance.now() + FAILURE_MS;
    this.#members = this.#members.filter((member) => member !== failed);
  }

  /** One timer at a time: to set one for every segment takes as long as a copy of it. */
  #noteUse(): void {
    this.#lastUse = performance.now();
    this.#idle ??= this.#endAfter(IDLE_MS);
  }

  #endAfter(ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      this.#idle = undefined;
      const isUsed = this.#members.some((member) => member.load > 0);
      const left = isUsed ? IDLE_MS : this.#lastUse + IDLE_MS - performance.now();
      if (left > 0) {
        this.#idle = this.#endAfter(left);
        return;
      }
      for (const member of this.#members.splice(0)) {
        member.end();
      }
    }, ms);
  }
}

/** The workers of this realm. */
export const pool = new WorkerPool();
