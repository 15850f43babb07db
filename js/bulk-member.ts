/** One worker of the pool, as its owner sees it: tasks go to it in batches. */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import type { SegmentResult, SegmentTask } from "./bulk.js";
import type { BatchedTask, WorkerAnswer, WorkerBatch } from "./bulk-worker.js";
import { EnvelopeError } from "./errors.js";
import { KeySlots, type SlottedTask } from "./key-slots.js";
import { TAG_LENGTH } from "./segments.js";

/**
 * How many tasks go in one message. A message to a worker and back takes the owner's thread as long as a third of a segment's
 * work, whatever is in it.
 */
const BATCH_TASKS = 2;
/** How many tasks a worker has at a time, at most: a batch that it works on, and one that waits. */
export const TASKS_A_WORKER = 2 * BATCH_TASKS;
/** The length of a batch's buffer in bytes: so many segments, each with room for a tag. */
const BATCH_LENGTH = BATCH_TASKS * (SEGMENT_LENGTH + TAG_LENGTH);
/** Buffers kept for the next batches: one that is filled while two are worked on. */
const SPARE_BUFFERS = 3;

interface Waiting {
  readonly resolve: (result: SegmentResult) => void;
  readonly reject: (error: EnvelopeError) => void;
}

/** Tasks that are gathered for one message. */
interface Batch {
  readonly buffer: ArrayBuffer;
  readonly tasks: BatchedTask[];
  readonly waiting: Waiting[];
  filled: number;
}

/** One worker. */
export class Member {
  /** Whether it has said that it is there. */
  isReady = false;
  readonly #worker: Worker;
  readonly #onFailure: (self: Member) => void;
  readonly #keys = new KeySlots();
  readonly #spare: ArrayBuffer[] = [];
  /** Who waits for the batches that it has, by their number. */
  readonly #sent = new Map<number, readonly Waiting[]>();
  #batch: Batch | undefined;
  #lastId = 0;

  /**
   * @param worker - The worker.
   * @param onFailure - Called when it ended without being asked to.
   */
  constructor(worker: Worker, onFailure: (self: Member) => void) {
    this.#worker = worker;
    worker.onmessage = (event: MessageEvent<WorkerAnswer>) => {
      this.#take(event.data);
    };
    worker.onerror = (event) => {
      // A worker that may not be loaded is not the page's problem: the work is done without it.
      event.preventDefault();
      this.#fail("a worker ended without an answer");
    };
    worker.onmessageerror = () => {
      this.#fail("a worker's answer cannot be read");
    };
    this.#onFailure = onFailure;
  }

  /** How many tasks it has. */
  get load(): number {
    const sent = [...this.#sent.values()].reduce((sum, { length }) => sum + length, 0);
    return sent + (this.#batch?.tasks.length ?? 0);
  }

  /** Whether there is room in a batch that was begun. */
  get hasBegunBatch(): boolean {
    return this.#batch !== undefined;
  }

  /** Ends the worker. */
  end(): void {
    this.#worker.terminate();
  }

  /**
   * As for `perform`: the segment and the task's parameters are taken before this returns. A task waits for others only while the worker has something to do.
   *
   * @param task - What to do.
   * @param bytes - The segment.
   */
  submit(task: SegmentTask, bytes: Uint8Array<ArrayBuffer>): Promise<SegmentResult> {
    const { length } = bytes;
    const room = length + TAG_LENGTH;
    if (this.#batch !== undefined && this.#batch.filled + room > this.#batch.buffer.byteLength) {
      this.#send();
    }
    const batch = (this.#batch ??= this.#newBatch(room));
    new Uint8Array(batch.buffer).set(bytes, batch.filled);
    const { task: slotted, keys } = this.#keys.put(task);
    batch.tasks.push({ task: withOwnParameters(slotted), keys, start: batch.filled, length });
    batch.filled += room;
    const result = new Promise<SegmentResult>((resolve, reject) => {
      batch.waiting.push({ resolve, reject });
    });
    if (batch.tasks.length === BATCH_TASKS || this.#sent.size === 0) {
      this.#send();
    }
    return result;
  }

  #newBatch(room: number): Batch {
    const spare = room <= BATCH_LENGTH ? this.#spare.pop() : undefined;
    const buffer = spare ?? new ArrayBuffer(Math.max(room, BATCH_LENGTH));
    return { buffer, tasks: [], waiting: [], filled: 0 };
  }

  #send(): void {
    if (this.#batch === undefined) {
      return;
    }
    const { buffer, tasks, waiting } = this.#batch;
    this.#batch = undefined;
    const id = ++this.#lastId;
    this.#sent.set(id, waiting);
    try {
      this.#worker.postMessage({ id, tasks, buffer } satisfies WorkerBatch, [buffer]);
    } catch {
      // Told when whoever submits a task has it in a batch.
      queueMicrotask(() => {
        this.#fail("a worker cannot be sent its work");
      });
    }
    for (const { task } of tasks) {
      wipeParameters(task);
    }
  }

  #take(answer: WorkerAnswer): void {
    if (answer.kind === "ready") {
      this.isReady = true;
      return;
    }
    const waiting = this.#sent.get(answer.id) ?? [];
    this.#sent.delete(answer.id);
    if (this.#spare.length < SPARE_BUFFERS && answer.buffer.byteLength === BATCH_LENGTH) {
      this.#spare.push(answer.buffer);
    }
    if (this.#sent.size === 0) {
      this.#send();
    }
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const outcome = answer.outcomes[index];
      if (outcome?.kind === "done") {
        resolve(outcome);
      } else {
        reject(failure(outcome?.reason ?? "no answer"));
      }
    }
  }

  /** Ends a worker of which no answer is to be had. */
  #fail(reason: string): void {
    this.end();
    this.#onFailure(this);
    for (const { reject } of [...this.#sent.values(), this.#batch?.waiting ?? []].flat()) {
      reject(failure(reason));
    }
    this.#sent.clear();
    this.#batch = undefined;
  }
}

/** A task whose IVs and tags are copies: the caller wipes its own at once, and the batch may be waiting then. */
function withOwnParameters(task: SlottedTask): SlottedTask {
  const copies = Object.entries(task).map(([name, value]: [string, unknown]) => [
    name,
    value instanceof Uint8Array ? value.slice() : value,
  ]);
  return Object.fromEntries(copies) as SlottedTask;
}

function wipeParameters(task: SlottedTask): void {
  for (const value of Object.values<unknown>(task)) {
    if (value instanceof Uint8Array) {
      value.fill(0);
    }
  }
}

function failure(reason: string): EnvelopeError {
  return new EnvelopeError("ENGINE_UNAVAILABLE", `the browser's cryptography failed (${reason}); try again`);
}
