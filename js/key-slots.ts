/**
 * Keys on their way to a worker: each is sent once, and then named by a number. To send one takes WebKit 0.3 ms, which is
 * longer than a segment's work.
 */

import type { SegmentTask } from "./bulk.js";

/** A task whose keys are named by their slots. */
export type SlottedTask = Slotted<SegmentTask>;
type Slotted<Task> = Task extends unknown
  ? { readonly [Name in keyof Task]: Task[Name] extends CryptoKey ? number : Task[Name] }
  : never;

/** A key that the worker does not have yet, and its slot. */
export type SentKey = readonly [slot: number, key: CryptoKey];

/** How many keys a worker has at a time: two an object that is read, of several at once. */
const SLOTS = 16;
const KEY_NAMES = ["gcm", "ctr"] as const;

/** Which keys a worker has. A new one takes the place of the oldest. */
export class KeySlots {
  readonly #keys: CryptoKey[] = [];
  #next = 0;

  /**
   * Names a task's keys.
   *
   * @param task - The task.
   */
  put(task: SegmentTask): { readonly task: SlottedTask; readonly keys: readonly SentKey[] } {
    const slotted: Record<string, unknown> = { ...task };
    const keys: SentKey[] = [];
    for (const name of KEY_NAMES) {
      const key = (task as Partial<Record<typeof name, CryptoKey>>)[name];
      if (key !== undefined) {
        slotted[name] = this.#slotOf(key, keys);
      }
    }
    return { task: slotted as SlottedTask, keys };
  }

  #slotOf(key: CryptoKey, unsent: SentKey[]): number {
    const known = this.#keys.indexOf(key);
    if (known >= 0) {
      return known;
    }
    const slot = this.#next;
    this.#next = (slot + 1) % SLOTS;
    this.#keys[slot] = key;
    unsent.push([slot, key]);
    return slot;
  }
}

/**
 * A task with its keys, on the worker's side.
 *
 * @param task - The task.
 * @param keys - The worker's keys, by slot.
 */
export function withKeys(task: SlottedTask, keys: readonly CryptoKey[]): SegmentTask {
  const whole: Record<string, unknown> = { ...task };
  for (const name of KEY_NAMES) {
    const slot = whole[name];
    if (typeof slot === "number") {
      whole[name] = keys[slot];
    }
  }
  return whole as unknown as SegmentTask;
}
