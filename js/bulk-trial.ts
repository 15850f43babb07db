/**
 * Whether workers are quicker than the calling thread alone. That depends on the browser, on the processors, on how quickly the
 * system wakes a thread, and on what else the machine does: so it is tried, where the work is, and once a realm.
 */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import type { SegmentTask } from "./bulk.js";

/** Who does the work of segments. */
export type Side = "workers" | "caller";

/** How many segments make a run. Clocks of pages tick in tenths of a millisecond, and a run takes two. */
const RUN_SEGMENTS = 16;
/**
 * How many runs each side has. The quickest one counts: where the source is slow, or the collector has work, the others are
 * no measure.
 */
const RUNS = 4;
/** Workers also cost memory and power: what they have to do with, in shares of the caller's time. */
const WORTHWHILE = 0.8;

/** The runs of one side. */
class Runs {
  /** The shortest one's time in milliseconds. */
  quickest = Infinity;
  readonly #clock: () => number;
  #begun = 0;
  #segments = 0;
  #runs = 0;

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  get areDone(): boolean {
    return this.#runs >= RUNS;
  }

  /** Notes that a segment is done. */
  note(): void {
    const now = this.#clock();
    if (this.#segments > 0 && this.#segments % RUN_SEGMENTS === 0) {
      this.quickest = Math.min(this.quickest, now - this.#begun);
      this.#runs += 1;
    }
    if (this.#segments % RUN_SEGMENTS === 0) {
      this.#begun = now;
    }
    this.#segments += 1;
  }
}

/** The trial of so many workers, with one kind of work. */
export class Trial {
  readonly #sides: Readonly<Record<Side, Runs>>;

  /** @param clock - The time in milliseconds. */
  constructor(clock = () => performance.now()) {
    this.#sides = { workers: new Runs(clock), caller: new Runs(clock) };
  }

  /** Who is to work: each side until it was measured, the workers first, and then who was quicker. */
  get side(): Side {
    const { workers, caller } = this.#sides;
    if (!workers.areDone) {
      return "workers";
    }
    return caller.areDone && workers.quickest < caller.quickest * WORTHWHILE ? "workers" : "caller";
  }

  /**
   * Watches a segment's work, until both sides were measured.
   *
   * @param side - Who does it. The caller works, too, for workers that are being started, and is slower for that: this does
   * not count.
   * @param work - The work.
   * @param length - The segment's length in bytes: short ones say little.
   */
  watch(side: Side, work: Promise<unknown>, length: number): void {
    if (length < SEGMENT_LENGTH || side !== this.side || this.#sides[side].areDone) {
      return;
    }
    const note = (): void => {
      this.#sides[side].note();
    };
    // What fails is told to whoever asked for it.
    work.then(note, () => undefined);
  }
}

const trials = new Map<string, Trial>();

/**
 * The realm's trial of so many workers.
 *
 * @param kind - The kind of work.
 * @param workers - How many workers, at most.
 */
export function trialOf(kind: SegmentTask["kind"], workers: number): Trial {
  const name = `${kind} ${String(workers)}`;
  const trial = trials.get(name) ?? new Trial();
  trials.set(name, trial);
  return trial;
}
