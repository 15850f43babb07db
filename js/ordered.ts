/** Work on segments, several at a time, with the results in order. */

import { CollectorPauses } from "./collector-pauses.js";
import type { Segment } from "./segments.js";
import type { OpenSource } from "./source.js";
import type { Stopping } from "./stopping.js";
import { Turns } from "./turns.js";

/** What is done with each segment of a stream. */
export interface SegmentWork {
  /** What ends it early. */
  readonly stopping?: Stopping;
  /** Time for the collector, where it is counted over several streams; each counts its own unless told. */
  readonly pauses?: CollectorPauses;
  /** How many segments may be worked on at a time, which may change on the way. */
  depth(): number;
  /** What the segments are read from; what can be read again and leaves nothing behind (a file, a buffer) unless told. */
  readonly source?: Pick<OpenSource, "isReplayable" | "leavesGarbage" | "cancel">;
  /** Transforms a segment. Takes what it needs of the segment's bytes before it returns. */
  process(segment: Segment): Promise<Uint8Array<ArrayBuffer>>;
  /** Called after the last segment was processed; gives what follows it, if anything does. */
  end(tail: Uint8Array): Uint8Array<ArrayBuffer> | undefined;
  /** Wipes what the work holds. Called once, however the stream ends, when nothing is processed any more. */
  release(): void | Promise<void>;
}

/**
 * Transformed segments, in order. At most `work.depth()` are read ahead of what was taken.
 *
 * @param segments - The segments, in order.
 * @param work - What to do with each.
 */
export async function* ordered(
  segments: AsyncGenerator<Segment>,
  work: SegmentWork,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const underWay: Promise<Uint8Array<ArrayBuffer>>[] = [];
  const turns = new Turns(work.stopping?.signal);
  const pauses = work.pauses ?? new CollectorPauses(work.source ?? { isReplayable: true, leavesGarbage: false });
  let tail: Uint8Array = new Uint8Array(0);
  try {
    for await (const segment of segments) {
      work.stopping?.signal.throwIfAborted();
      if (segment.bytes.length > 0) {
        underWay.push(settled(work.process(segment)));
      }
      tail = segment.tail ?? tail;
      while (underWay.length >= work.depth()) {
        const result = await first(underWay);
        const { length } = result;
        yield result;
        // What was discarded is gone, and empty.
        if (pauses.isDueAfter(length, result.length)) {
          await pauses.pause();
        }
        if (turns.areDue()) {
          await turns.pass();
        }
      }
    }
    while (underWay.length > 0) {
      yield await first(underWay);
    }
    const last = work.end(tail);
    if (last !== undefined) {
      yield last;
    }
  } finally {
    await Promise.allSettled(underWay);
    await work.release();
  }
}

async function first<T>(underWay: Promise<T>[]): Promise<T> {
  const result = await (underWay[0] as Promise<T>);
  void underWay.shift();
  return result;
}

/**
 * A promise whose failure is told when its turn comes, and is not unhandled until then.
 *
 * @param promise - The promise.
 */
export function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/**
 * The same as a stream. Nothing is done before it is read.
 *
 * @param segments - The segments, in order.
 * @param work - What to do with each.
 */
export function orderedStream(
  segments: AsyncGenerator<Segment>,
  work: SegmentWork,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const leave = async (reason: unknown) => {
    await segments.return(undefined);
    await work.release();
    await work.source?.cancel?.(reason);
  };
  return streamOf(ordered(segments, work), leave, work.stopping);
}

/**
 * A generator's chunks as a stream, each made when it is read. When it is cancelled, or stopped, the generator ends at once,
 * also where nobody reads it any more.
 *
 * @param chunks - The chunks.
 * @param leave - Called where the stream ends before it was read: a generator that never ran skips its `finally`.
 * @param stopping - What ends it early, and what tells others when it is cancelled: a chunk that is waited for may never come.
 */
export function streamOf(
  chunks: AsyncGenerator<Uint8Array<ArrayBuffer>>,
  leave: (reason: unknown) => Promise<void>,
  stopping?: Stopping,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let started = false;
  const end = async (reason: unknown) => {
    if (!started) {
      await leave(reason);
    }
    await chunks.return(undefined);
  };
  let stopped: () => void = () => undefined;
  const settle = () => stopping?.signal.removeEventListener("abort", stopped);
  return new ReadableStream(
    {
      start(controller) {
        stopped = () => {
          const reason: unknown = stopping?.signal.reason;
          controller.error(reason);
          // The reason has been told: what fails after it is of no interest.
          end(reason).catch(() => undefined);
        };
        if (stopping?.signal.aborted === true) {
          stopped();
        }
        stopping?.signal.addEventListener("abort", stopped, { once: true });
      },
      async pull(controller) {
        started = true;
        const chunk = await chunks.next().catch((error: unknown) => {
          settle();
          throw error;
        });
        if (chunk.done === true) {
          settle();
          controller.close();
        } else {
          controller.enqueue(chunk.value);
        }
      },
      async cancel(reason) {
        settle();
        stopping?.stop.abort(reason);
        await end(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
