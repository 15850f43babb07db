/** Workers that do segments' work: started when there is much to do, ended when there has been nothing for a while. */

import { BROWSER_ENGINE } from "./browser-engine.js";
import { Member } from "./bulk-member.js";

/** More than this do not pay: memory and reading become the bound. */
const MAX_WORKERS = 4;
/** How long a pool without work keeps its workers, in milliseconds. */
const IDLE_MS = 5_000;

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
   * The one of the first `count` workers that is to have the next task, or nothing while none is ready. Those that are
   * missing are started.
   *
   * @param count - How many may be used.
   */
  take(count: number): Member | undefined {
    this.#start(count);
    this.#restartIdleTimer();
    const ready = this.#members.slice(0, count).filter((member) => member.isReady);
    return ready.find((member) => member.hasBegunBatch) ?? ready.sort((a, b) => a.load - b.load)[0];
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
