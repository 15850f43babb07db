/** Time for the garbage collector, which comes late where a thread is busy. */

import type { OpenSource } from "./source.js";

/** How much garbage is left without a pause, in bytes: of a stream less, whose end may be far. */
const UNTIL_FIRST_PAUSE = { stream: 64 * 1024 * 1024, replayable: 512 * 1024 * 1024 } as const;
/** How much garbage is left between two pauses, in bytes. */
const BETWEEN_PAUSES = 16 * 1024 * 1024;
/** How long a pause is, in milliseconds. */
const PAUSE_MS = 4;

/**
 * Lets the garbage collector keep up. Every result of `SubtleCrypto` is a buffer of its own, and so is what most streams give;
 * those that were used lie about until they are collected, beside a thread that makes more: of a stream on two cores 160 to
 * 270 MiB of them, with these pauses 70 to 140.
 */
export class CollectorPauses {
  readonly #sourceLeavesGarbage: boolean;
  #untilPause: number;

  /** @param source - What is read. */
  constructor({ isReplayable, leavesGarbage }: Pick<OpenSource, "isReplayable" | "leavesGarbage">) {
    this.#sourceLeavesGarbage = leavesGarbage;
    this.#untilPause = UNTIL_FIRST_PAUSE[isReplayable ? "replayable" : "stream"];
  }

  /**
   * Whether it is time for a pause, after so much of the source was used.
   *
   * @param length - How much that is, in bytes.
   * @param left - What was left of its result when the next one was asked for, in bytes.
   */
  isDueAfter(length: number, left: number): boolean {
    // V8 counts the buffers that the browser makes, but looks at the count only when a script makes one, however small.
    const ownGarbage = new ArrayBuffer(1).byteLength;
    this.#untilPause -= ownGarbage + left + (this.#sourceLeavesGarbage ? length : 0);
    // Timers of a page that nobody sees take a second.
    return this.#untilPause < 0 && !isHidden();
  }

  async pause(): Promise<void> {
    this.#untilPause = BETWEEN_PAUSES;
    await new Promise((resolve) => {
      setTimeout(resolve, PAUSE_MS);
    });
  }
}

function isHidden(): boolean {
  return typeof document !== "undefined" && document.hidden;
}
