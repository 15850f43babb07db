/** Chunks of any size into segments of one size. */

/** The length of an object's tag, in bytes: what encryption adds. */
export const TAG_LENGTH = 16;

/** A run of bytes of a message. */
export interface Segment {
  /** Where it starts in the message, in bytes. */
  readonly offset: number;
  /** The bytes, only until the next segment is asked for: the memory is used again. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Only on the last segment: the bytes that were held back from the end, which stay as they are. */
  readonly tail?: Uint8Array;
}

/** How a message is cut. */
export interface Cut {
  /** The length of a segment, in bytes. All but the last have it; the last one may be empty. */
  readonly length: number;
  /** How many bytes at the very end are no part of any segment (an object's tag); 0 unless given. */
  readonly heldBack?: number;
  /** Whether chunks stay as they are when the next one is asked for; not unless given. */
  readonly chunksStay?: boolean;
  /** Where the first segment starts in the message, in bytes; 0 unless given. */
  readonly start?: number;
}

/**
 * Regroups chunks. Where a chunk holds a whole segment, the segment is a view of it: nothing is copied.
 *
 * @param chunks - The bytes, in order. A chunk is used only until the next one is asked for.
 * @param cut - How they are cut.
 */
export async function* segmentsOf(chunks: AsyncIterable<Uint8Array>, cut: Cut): AsyncGenerator<Segment> {
  const { length, heldBack = 0, chunksStay = false } = cut;
  const pending = new Pending(length + heldBack);
  let offset = cut.start ?? 0;
  /** What is left of a chunk that stays: to copy it takes as long as to encrypt it. */
  let left: Uint8Array<ArrayBuffer> | undefined;
  for await (const chunk of chunks) {
    if (left !== undefined) {
      pending.fill(left, length + heldBack);
      left = undefined;
    }
    let rest = chunk;
    while (pending.filled + rest.length >= length + heldBack) {
      if (pending.filled === 0 && canBeViewed(rest)) {
        yield { offset, bytes: rest.subarray(0, length) };
        rest = rest.subarray(length);
      } else {
        rest = pending.fill(rest, length);
        yield { offset, bytes: pending.bytes(0, length) };
        pending.drop(length);
      }
      offset += length;
    }
    if (chunksStay && pending.filled === 0 && canBeViewed(rest)) {
      left = rest;
    } else {
      pending.fill(rest, length + heldBack);
    }
  }
  const last = left ?? pending.bytes(0, pending.filled);
  const end = Math.max(0, last.length - heldBack);
  yield { offset, bytes: last.subarray(0, end), tail: last.subarray(end) };
}

/** SubtleCrypto refuses memory that could be changed or shrunk under it; such chunks are copied. */
function canBeViewed(chunk: Uint8Array): chunk is Uint8Array<ArrayBuffer> {
  return chunk.buffer instanceof ArrayBuffer && !("resizable" in chunk.buffer && chunk.buffer.resizable === true);
}

/** What has come of the next segment. */
class Pending {
  filled = 0;
  readonly #capacity: number;
  #buffer = new Uint8Array(0);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Takes bytes until `upTo` are there, and gives the rest. */
  fill(bytes: Uint8Array, upTo: number): Uint8Array {
    const taken = bytes.subarray(0, Math.max(0, upTo - this.filled));
    this.#reserve(this.filled + taken.length);
    this.#buffer.set(taken, this.filled);
    this.filled += taken.length;
    return bytes.subarray(taken.length);
  }

  bytes(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#buffer.subarray(start, end);
  }

  drop(length: number): void {
    this.#buffer.copyWithin(0, length, this.filled);
    this.filled -= length;
  }

  /** Small messages are common: room for a whole segment is made only for one that is not small. */
  #reserve(length: number): void {
    if (length > this.#buffer.length) {
      const larger = new Uint8Array(length * 4 < this.#capacity ? length * 2 : this.#capacity);
      larger.set(this.#buffer.subarray(0, this.filled));
      this.#buffer = larger;
    }
  }
}
