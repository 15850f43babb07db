/** Bytes from whatever the caller has: buffers and views of them, blobs and files, streams, iterables. */

import { EnvelopeError } from "./errors.js";

/**
 * Where bytes come from. A buffer or view is not copied at once: do not change it while an operation reads it.
 * Text is refused; encode it with `TextEncoder` first.
 */
export type ByteSource =
  Blob | ArrayBuffer | ArrayBufferView | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** A source, opened. */
export interface OpenSource {
  /** The length in bytes, where it is known beforehand. */
  readonly length: number | undefined;
  /** The bytes from the start on. A source that is not `replayable` gives them once. */
  chunks(): AsyncIterable<Uint8Array>;
  /** Reads any range, as often as needed; only sources of known length can. */
  readonly read: ((start: number, end: number) => Promise<Uint8Array>) | undefined;
}

/**
 * Opens a source.
 *
 * @param source - What the caller gave.
 * @throws {@link EnvelopeError} `INVALID_INPUT` where it is not a source of bytes.
 */
export function openSource(source: ByteSource): OpenSource {
  if (source instanceof Blob) {
    return blobSource(source);
  }
  const bytes = viewOf(source);
  if (bytes !== undefined) {
    return bytesSource(bytes);
  }
  if (source instanceof ReadableStream) {
    return streamSource(() => streamChunks(source));
  }
  if (isIterable(source)) {
    return streamSource(() => iterate(source));
  }
  const hint = typeof source === "string" ? "text is not accepted, encode it with TextEncoder" : "it is neither";
  throw new EnvelopeError(
    "INVALID_INPUT",
    `the content must be a Blob, File, ArrayBuffer, typed array, ReadableStream or iterable of Uint8Array: ${hint}`,
  );
}

/**
 * The bytes that a buffer or view shows, as a `Uint8Array` over the same memory; nothing for other values.
 *
 * @param value - Anything.
 */
export function viewOf(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) {
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  }
  return value instanceof ArrayBuffer || isSharedBuffer(value) ? new Uint8Array(value) : undefined;
}

function isSharedBuffer(value: unknown): value is SharedArrayBuffer {
  return typeof SharedArrayBuffer !== "undefined" && value instanceof SharedArrayBuffer;
}

function isIterable(value: unknown): value is AsyncIterable<Uint8Array> | Iterable<Uint8Array> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}

/** Large enough that a file is read at the speed of the disk, small enough to keep memory flat. */
const BLOB_READ_LENGTH = 4 * 1024 * 1024;

function blobSource(blob: Blob): OpenSource {
  const read = async (start: number, end: number) => new Uint8Array(await blob.slice(start, end).arrayBuffer());
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (let start = 0; start < blob.size; start += BLOB_READ_LENGTH) {
      yield await read(start, Math.min(start + BLOB_READ_LENGTH, blob.size));
    }
  }
  return { length: blob.size, chunks, read };
}

function bytesSource(bytes: Uint8Array): OpenSource {
  return {
    length: bytes.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- one interface for all sources
    async *chunks() {
      yield bytes;
    },
    read: (start, end) => Promise.resolve(bytes.subarray(start, end)),
  };
}

function streamSource(chunks: () => AsyncIterable<Uint8Array>): OpenSource {
  return { length: undefined, chunks, read: undefined };
}

/** Reads a stream to its end; a reader that stops early cancels it. Safari's streams are not async iterable. */
async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        ended = true;
        return;
      }
      yield chunkOf(value);
    }
  } finally {
    if (!ended) {
      await reader.cancel().catch(() => undefined);
    }
    reader.releaseLock();
  }
}

async function* iterate(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    yield chunkOf(chunk);
  }
}

function chunkOf(value: unknown): Uint8Array {
  const bytes = viewOf(value);
  if (bytes === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "a stream or iterable of content must give Uint8Array chunks");
  }
  return bytes;
}
