/** Chunks of any size into segments of one size, and segments into a stream. */

/** The length of an object's tag, in bytes: what encryption adds. */
export const TAG_LENGTH = 16;

/** A run of bytes of a message. */
export interface Segment {
  /** Where it starts in the message, in bytes. */
  readonly offset: number;
  /** The bytes, in a buffer that nobody else holds. */
  readonly bytes: Uint8Array;
  /** Only on the last segment: the bytes that were held back from the end. */
  readonly tail?: Uint8Array;
}

/**
 * Regroups chunks. All segments but the last have `length` bytes; the last one may be empty.
 *
 * @param chunks - The bytes, in order.
 * @param length - The length of a segment, in bytes.
 * @param heldBack - How many bytes at the very end are no part of any segment (an object's tag).
 */
export async function* segmentsOf(
  chunks: AsyncIterable<Uint8Array>,
  length: number,
  heldBack = 0,
): AsyncGenerator<Segment> {
  let buffer = new Uint8Array(length + heldBack);
  let filled = 0;
  let offset = 0;
  for await (const chunk of chunks) {
    for (let taken = 0; taken < chunk.length;) {
      if (filled === buffer.length) {
        const next = new Uint8Array(buffer.length);
        next.set(buffer.subarray(length));
        yield { offset, bytes: buffer.subarray(0, length) };
        offset += length;
        buffer = next;
        filled = heldBack;
      }
      const piece = chunk.subarray(taken, taken + buffer.length - filled);
      buffer.set(piece, filled);
      filled += piece.length;
      taken += piece.length;
    }
  }
  const end = Math.max(0, filled - heldBack);
  yield { offset, bytes: buffer.subarray(0, end), tail: buffer.slice(end, filled) };
}

/** What is done with each segment of a stream. */
export interface SegmentWork {
  /** Transforms a segment in place. */
  process(segment: Segment): void;
  /** Called after the last segment; gives what follows it, if anything does. */
  end(): Uint8Array | undefined;
  /** Wipes what the work holds. Called once, however the stream ends. */
  release(): void;
}

/**
 * A stream of transformed segments, each transformed when it is read and not before.
 *
 * @param segments - The segments, in order.
 * @param work - What to do with each.
 */
export function segmentStream(
  segments: AsyncGenerator<Segment>,
  work: SegmentWork,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  async function* results(): AsyncGenerator<Uint8Array> {
    try {
      for await (const segment of segments) {
        if (segment.bytes.length > 0) {
          work.process(segment);
          yield segment.bytes;
        }
      }
      const last = work.end();
      if (last !== undefined) {
        yield last;
      }
    } finally {
      work.release();
    }
  }
  const source = results();
  let started = false;
  return new ReadableStream(
    {
      async pull(controller) {
        started = true;
        const result = await source.next();
        if (result.done === true) {
          controller.close();
        } else {
          // Segments lie in ordinary buffers of their own; TypeScript cannot see that through the engine.
          controller.enqueue(result.value as Uint8Array<ArrayBuffer>);
        }
      },
      async cancel() {
        // A generator that never ran skips its `finally`.
        if (!started) {
          await segments.return(undefined);
          work.release();
        }
        await source.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
}
