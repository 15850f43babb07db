/**
 * A worker that does segments' work. It holds no WebAssembly, and keys that nobody can extract: those of the last objects,
 * for as long as it lives.
 */

import { perform } from "./bulk.js";
import { type SentKey, type SlottedTask, withKeys } from "./key-slots.js";
import type { WorkerScope } from "./worker-scope.js";

/** A task on its way to the worker. The buffer is lent: it comes back with the answer. */
export interface WorkerTask {
  readonly id: number;
  readonly task: SlottedTask;
  /** Those of the task's keys that the worker does not have yet. */
  readonly keys: readonly SentKey[];
  readonly buffer: ArrayBuffer;
  readonly length: number;
}

/** What the worker says: that it is there, or what came of a task. */
export type WorkerAnswer =
  | { readonly kind: "ready" }
  | {
      readonly kind: "done";
      readonly id: number;
      readonly buffer: ArrayBuffer;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly tag: Uint8Array<ArrayBuffer>;
      readonly isRefused: boolean;
    }
  | { readonly kind: "failed"; readonly id: number; readonly buffer: ArrayBuffer; readonly reason: string };

const scope = globalThis as unknown as WorkerScope<WorkerTask, WorkerAnswer>;

const held: CryptoKey[] = [];

async function answer({ id, task, keys, buffer, length }: WorkerTask): Promise<void> {
  for (const [slot, key] of keys) {
    held[slot] = key;
  }
  try {
    const work = perform(crypto.subtle, withKeys(task, held), new Uint8Array(buffer, 0, length));
    const { bytes, tag: own, isRefused = false } = await work;
    // The tag of an encryption lies in the buffer of its ciphertext, which leaves.
    const tag = own.slice();
    const result = bytes.byteLength > 0 ? [bytes.buffer] : [];
    scope.postMessage({ kind: "done", id, buffer, bytes, tag, isRefused }, [buffer, ...result]);
  } catch (error) {
    // Nobody hears of a rejection in a worker: it has to be sent.
    const reason = error instanceof Error ? error.name : "unknown";
    scope.postMessage({ kind: "failed", id, buffer, reason }, [buffer]);
  }
}

scope.onmessage = (event) => {
  void answer(event.data);
};
scope.postMessage({ kind: "ready" }, []);
