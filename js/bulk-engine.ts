/** Which engine does the bulk of the work, and on which threads. */

import { BROWSER_ENGINE } from "./browser-engine.js";
import { perform, type SegmentResult, type SegmentTask } from "./bulk.js";
import { TASKS_A_WORKER } from "./bulk-member.js";
import { pool, workerCount } from "./bulk-pool.js";
import { type Trial, trialOf } from "./bulk-trial.js";
import type { Engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";

/** How the bulk of the work is done. The result is the same, byte for byte. */
export interface EngineOptions {
  /**
   * - `auto` uses the platform's `SubtleCrypto` (hardware speed) where it is there and passes a self-test, and Rust in
   *   WebAssembly for small contents and everywhere else; the default.
   * - `subtle` insists on `SubtleCrypto`.
   * - `rust` uses Rust alone.
   */
  readonly engine?: "auto" | "subtle" | "rust" | undefined;
  /**
   * How many workers share the work of `SubtleCrypto`, at most; 0 for none. There are never more than there are processors
   * beside the calling thread's, which keeps them busy. Unless given, there is one for each of those in Chromium, at most 4,
   * and none for small contents or on one or two processors; elsewhere none, since other browsers have threads of their own
   * for it. They do the first 32 MiB for which they are there; they go on only if that was quicker than the calling thread
   * alone. Where workers cannot be had, the work is done without.
   */
  readonly workers?: number | undefined;
}

/** A WebAssembly file that has the self-test: either does. */
type Tester = Pick<Engine, "KnownAnswer" | "authenticationIv">;

/** Below this many bytes the way to SubtleCrypto and back takes longer than the work. */
const SMALL_CONTENT = 8 * 1024;
/** Starting workers pays only for more bytes than this, unless the caller asks for them. */
const WORKERS_PAY_FROM = 8 * 1024 * 1024;
/**
 * How many segments are worked on at a time without workers: what lies in few buffers is in the processor's caches. There is
 * one that is handed over and the next one; with one alone Chromium would take new memory from the system each time, and with
 * three Firefox. Where neither was seen, one more waits for the threads that do the work.
 */
const DEPTH_ALONE = BROWSER_ENGINE === "blink" || BROWSER_ENGINE === "gecko" ? 2 : 3;

/** `SubtleCrypto` on one or several threads. */
export class BulkEngine {
  readonly subtle: SubtleCrypto;
  readonly #workers: number;
  /** Whether workers are quicker: an operation has one kind of work that they can do. */
  #trial: Trial | undefined;
  #untilWorkers: number;

  /**
   * @param subtle - The platform's cryptography.
   * @param workers - How many workers to use at most, or nothing for what pays.
   */
  constructor(subtle: SubtleCrypto, workers: number | undefined) {
    this.subtle = subtle;
    this.#workers = workerCount(workers);
    this.#untilWorkers = workers === undefined ? WORKERS_PAY_FROM : 0;
  }

  /** How many segments may be worked on at a time. */
  get depth(): number {
    return this.#trial?.side === "workers" && pool.isReady ? this.#workers * TASKS_A_WORKER : DEPTH_ALONE;
  }

  /**
   * Does a segment's work, on whichever thread has least to do. The segment's bytes are taken before this returns.
   *
   * @param task - What to do.
   * @param bytes - The segment.
   */
  submit(task: SegmentTask, bytes: Uint8Array<ArrayBuffer>): Promise<SegmentResult> {
    if (!this.#mayUseWorkers(task, bytes)) {
      return perform(this.subtle, task, bytes);
    }
    const trial = (this.#trial ??= trialOf(task.kind, this.#workers));
    const member = trial.side === "workers" ? pool.take(this.#workers) : undefined;
    const work = member?.submit(task, bytes) ?? perform(this.subtle, task, bytes);
    trial.watch(member === undefined ? "caller" : "workers", work, bytes.length);
    return work;
  }

  #mayUseWorkers(task: SegmentTask, { length }: Uint8Array): boolean {
    // The copy that a worker would need takes as long as the work.
    if (this.#workers === 0 || task.kind === "authenticate") {
      return false;
    }
    this.#untilWorkers -= length;
    return this.#untilWorkers < 0;
  }
}

/**
 * The engine for the bulk of an operation's work; nothing where Rust is to do it.
 *
 * @param loaded - The WebAssembly file that the operation uses.
 * @param options - What the caller wants.
 * @param length - The content's length in bytes, where it is known.
 * @throws {@link EnvelopeError} `INVALID_INPUT` for options that do not exist, `ENGINE_UNAVAILABLE` where `SubtleCrypto`
 * was insisted on and cannot be used.
 */
export async function bulkEngine(
  loaded: Tester,
  options: EngineOptions,
  length: number | undefined,
): Promise<BulkEngine | undefined> {
  const choice = checkedChoice(options);
  if (choice === "rust" || (choice === "auto" && length !== undefined && length <= SMALL_CONTENT)) {
    return undefined;
  }
  const subtle = (globalThis as { crypto?: Partial<Crypto> }).crypto?.subtle;
  if (subtle !== undefined && (await isTrusted(loaded, subtle))) {
    return new BulkEngine(subtle, options.workers);
  }
  if (choice === "subtle") {
    throw new EnvelopeError(
      "ENGINE_UNAVAILABLE",
      subtle === undefined
        ? "SubtleCrypto is missing: serve the page over https or from a loopback address, or let engine be auto"
        : "this platform's SubtleCrypto failed its self-test: let engine be auto",
    );
  }
  return undefined;
}

function checkedChoice({ engine = "auto", workers = 0 }: EngineOptions): "auto" | "subtle" | "rust" {
  if (!["auto", "subtle", "rust"].includes(engine)) {
    throw new EnvelopeError("INVALID_INPUT", "engine must be auto, subtle or rust");
  }
  if (!Number.isInteger(workers) || workers < 0) {
    throw new EnvelopeError("INVALID_INPUT", "workers must be a whole number, 0 for none");
  }
  return engine;
}

let verdict: Promise<boolean> | undefined;

function isTrusted(loaded: Tester, subtle: SubtleCrypto): Promise<boolean> {
  verdict ??= gives(loaded, subtle).catch(() => false);
  return verdict;
}

/** Whether the platform gives the known answer, asked as for any segment. */
async function gives(loaded: Tester, subtle: SubtleCrypto): Promise<boolean> {
  const known = new loaded.KnownAnswer();
  try {
    const [gcm, ctr] = await Promise.all([known.gcmKey(subtle), known.ctrKey(subtle)]);
    const authenticationIv = loaded.authenticationIv() as Uint8Array<ArrayBuffer>;
    for (const isLast of [false, true]) {
      const ciphertext = known.ciphertext(isLast) as Uint8Array<ArrayBuffer>;
      const plaintext = known.plaintext(isLast) as Uint8Array<ArrayBuffer>;
      const parameters = known.parameters(isLast) as Uint8Array<ArrayBuffer>;
      const iv = parameters.subarray(0, 16);
      const expectedTag = parameters.subarray(16, 32);
      const counter = parameters.subarray(32);
      const [sealed, read, opened] = await Promise.all([
        perform(subtle, { kind: "encrypt", gcm, iv }, plaintext),
        perform(subtle, { kind: "decrypt", gcm, iv: authenticationIv, ctr, counter }, ciphertext),
        perform(subtle, { kind: "open", gcm, iv, expectedTag }, ciphertext),
      ]);
      if (!known.take(isLast, sealed.bytes, sealed.tag, read.tag, read.bytes, opened.bytes)) {
        return false;
      }
    }
    return known.isMet();
  } finally {
    known.free();
  }
}
