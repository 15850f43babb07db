/**
 * A worker that does segments' work. It holds no WebAssembly, and keys that nobody can extract: those of the last objects,
 * for as long as it lives.
 */

import { perform, type SegmentResult } from "./bulk.js";
import { type SentKey, type SlottedTask, withKeys } from "./key-slots.js";
import type { WorkerScope } from "./worker-scope.js";

/** A task on its way to the worker. */
export interface BatchedTask {
  readonly task: SlottedTask;
  /** Those of the task's keys that the worker does not have yet. */
  readonly keys: readonly SentKey[];
  /** Where the segment starts in the batch's buffer, in bytes. */
  readonly start: number;
  /** The segment's length in bytes. Room for a tag follows it. */
  readonly length: number;
}

/** Tasks on their way to the worker. The buffer is lent: it comes back with the answer. */
export interface WorkerBatch {
  readonly id: number;
  readonly tasks: readonly BatchedTask[];
  readonly buffer: ArrayBuffer;
}

/** What came of a task. */
export type TaskOutcome =
  (Required<SegmentResult> & { readonly kind: "done" }) | { readonly kind: "failed"; readonly reason: string };

/** What the worker says: that it is there, or what came of a batch's tasks, in order. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "batch"; readonly id: number; readonly buffer: ArrayBuffer; readonly outcomes: TaskOutcome[] };

const scope = globalThis as unknown as WorkerScope<WorkerBatch, WorkerAnswer>;

const held: CryptoKey[] = [];

async function answer({ id, tasks, buffer }: WorkerBatch): Promise<void> {
  // Each is begun before the next one's keys take the place of others.
  const outcomes = await Promise.all(tasks.map((task) => outcomeOf(task, buffer)));
  const results = outcomes.flatMap((outcome) =>
    outcome.kind === "done" && outcome.bytes.byteLength > 0 ? [outcome.bytes.buffer] : [],
  );
  scope.postMessage({ kind: "batch", id, buffer, outcomes }, [buffer, ...results]);
}

async function outcomeOf({ task, keys, start, length }: BatchedTask, buffer: ArrayBuffer): Promise<TaskOutcome> {
  for (const [slot, key] of keys) {
    held[slot] = key;
  }
  try {
    const work = perform(crypto.subtle, withKeys(task, held), new Uint8Array(buffer, start, length));
    const { bytes, tag, isRefused = false } = await work;
    // The tag of an encryption lies in the buffer of its ciphertext, which leaves.
    return { kind: "done", bytes, tag: tag.slice(), isRefused };
  } catch (error) {
    // Nobody hears of a rejection in a worker: it has to be sent.
    return { kind: "failed", reason: error instanceof Error ? error.name : "unknown" };
  }
}

scope.onmessage = (event) => {
  void answer(event.data);
};
scope.onmessageerror = () => {
  // The owner hears of an error that nobody catches, and ends the worker: whose tasks these were cannot be read.
  throw new Error("a message cannot be read");
};
scope.postMessage({ kind: "ready" }, []);
