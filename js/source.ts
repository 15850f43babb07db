/** Bytes from whatever the caller has: buffers and views of them, blobs and files, streams, iterables. */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import { discarding, GIVES_BACK } from "./discard.js";
import { EnvelopeError } from "./errors.js";
import { GatheredBlob } from "./gathered-blob.js";
import { settled } from "./ordered.js";
import { untilStopped } from "./stopping.js";

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
  /** Whether any range can be read, and read again. Other sources give all their bytes, once. */
  readonly isReplayable: boolean;
  /** Whether what was read lies about until the garbage collector comes for it. */
  readonly leavesGarbage: boolean;
  /** Whether chunks are views of the caller's own memory, which stays as it is. */
  readonly chunksStay: boolean;
  /**
   * The bytes of a range, or all. Unless chunks stay, one is to be used only until the next one is asked for: its memory is
   * used again.
   *
   * @param start - The first byte.
   * @param end - The byte after the last.
   */
  chunks(start?: number, end?: number): AsyncIterable<Uint8Array>;
  /** Lets go of a source that nobody began to read, and nobody will; only where there is something to let go of. */
  cancel?(reason: unknown): Promise<void>;
  /** A range as a Blob, without reading it; only where the source is one. */
  slice?(start: number, end: number): Blob;
}

/**
 * Opens a source.
 *
 * @param source - What the caller gave.
 * @param signal - Stops the reading, also of a stream that has nothing to give.
 * @throws {@link EnvelopeError} `INVALID_INPUT` where it is not a source of bytes.
 */
export function openSource(source: ByteSource, signal?: AbortSignal): OpenSource {
  if (source instanceof Blob) {
    return blobSource(source);
  }
  const bytes = viewOf(source);
  if (bytes !== undefined) {
    return bytesSource(bytes);
  }
  if (source instanceof ReadableStream) {
    const cancel = (reason: unknown) => source.cancel(reason);
    const isOurs = givesAway(source);
    const chunks = () => chunksOf(piecesOf(source, signal));
    return { ...streamSource(isOurs ? () => discarding(chunks()) : chunks, !isOurs), cancel };
  }
  if (isIterable(source)) {
    const chunks = () => chunksOf(Symbol.asyncIterator in source ? untilStopped(source, signal) : source);
    return streamSource(chunks, true);
  }
  const hint = typeof source === "string" ? "text is not accepted, encode it with TextEncoder" : "it is neither";
  throw new EnvelopeError(
    "INVALID_INPUT",
    `the content must be a Blob, File, ArrayBuffer, typed array, ReadableStream or iterable of Uint8Array: ${hint}`,
  );
}

/**
 * What begins with a source. Where that fails before anything was read, the source is let go of.
 *
 * @param source - The source.
 * @param beginning - What begins with it.
 */
export async function orLetGo<T>(source: OpenSource, beginning: Promise<T>): Promise<T> {
  return await beginning.catch((error: unknown) => {
    // A stream that is being read refuses, and ends with its reader.
    source.cancel?.(error).catch(() => undefined);
    throw error;
  });
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

/** Large enough that a file is read at the speed of the disk, small enough to keep memory flat; whole segments need no copy. */
const READ_LENGTH = 2 * SEGMENT_LENGTH;
/**
 * The same in WebKit, where each read is a request of its own and one is always ahead: a quarter faster than 1 MiB at a time. Its
 * streams of files are faster, but wait for nobody: all of a file would lie in memory.
 */
const SLICE_LENGTH = 8 * SEGMENT_LENGTH;

function blobSource(blob: Blob): OpenSource {
  const chunks = (start = 0, end = blob.size) => blobChunks(blob.slice(start, end));
  return {
    length: blob.size,
    isReplayable: true,
    leavesGarbage: false,
    chunksStay: false,
    chunks,
    slice: (start, end) => blob.slice(start, end),
  };
}

/**
 * The streams of blobs of which a read is under way. Chromium (156) collects one that only its BYOB reader refers to then, and
 * the read never ends. Between reads nothing holds them: who drops a stream that is half read drops its blob.
 */
const beingRead = new Set<ReadableStream>();

/**
 * A blob's bytes. A chunk is to be used only until the next one is asked for.
 *
 * @param blob - The blob.
 */
export async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  if (blob.size > READ_LENGTH && filesFillBuffers()) {
    yield* filledChunks(blob.stream());
    return;
  }
  const read = (start: number) => settled(blob.slice(start, start + SLICE_LENGTH).arrayBuffer());
  let reading = read(0);
  for (let next = SLICE_LENGTH; next - SLICE_LENGTH < blob.size; next += SLICE_LENGTH) {
    const bytes = await reading;
    if (next < blob.size) {
      reading = read(next);
    }
    yield new Uint8Array(bytes);
  }
}

/**
 * Whether streams of files fill memory that they are given: by far the fastest way to read a file. An empty one tells: WebKit
 * reads all of a file as soon as there is a stream of it.
 */
function filesFillBuffers(): boolean {
  filling ??= isByteStream(new Blob().stream());
  return filling;
}

let filling: boolean | undefined;

function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

/** Fills two buffers in turn: one is read into while the other one's bytes are worked on. */
async function* filledChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = stream.getReader({ mode: "byob" });
  const fillHeld = (empty: ArrayBuffer) => {
    beingRead.add(stream);
    return settled(fill(reader, empty).finally(() => beingRead.delete(stream)));
  };
  let filling = fillHeld(new ArrayBuffer(READ_LENGTH));
  let spare = new ArrayBuffer(READ_LENGTH);
  let ended = false;
  try {
    while (!ended) {
      const filled = await filling;
      ended = filled.ended;
      if (!ended) {
        filling = fillHeld(spare);
      }
      if (filled.bytes.length > 0) {
        yield filled.bytes;
      }
      spare = filled.bytes.buffer;
    }
  } finally {
    if (!ended) {
      await reader.cancel().catch(() => undefined);
    }
    // A reader that is being read from cannot be let go.
    await filling.catch(() => undefined);
    reader.releaseLock();
  }
}

/** Reads until the buffer is full, or there is no more. */
async function fill(
  reader: ReadableStreamBYOBReader,
  empty: ArrayBuffer,
): Promise<{ readonly bytes: Uint8Array<ArrayBuffer>; readonly ended: boolean }> {
  let buffer = empty;
  let filled = 0;
  let ended = false;
  while (!ended && filled < buffer.byteLength) {
    const { done, value } = await reader.read(new Uint8Array(buffer, filled));
    ended = done;
    filled += value?.byteLength ?? 0;
    // The memory moves into the buffer of the answer.
    buffer = value === undefined ? buffer : value.buffer;
  }
  return { bytes: new Uint8Array(buffer, 0, filled), ended };
}

function bytesSource(bytes: Uint8Array): OpenSource {
  return {
    length: bytes.length,
    isReplayable: true,
    leavesGarbage: false,
    chunksStay: true,
    // eslint-disable-next-line @typescript-eslint/require-await -- one interface for all sources
    async *chunks(start = 0, end = bytes.length) {
      yield bytes.subarray(start, end);
    },
  };
}

function streamSource(chunks: () => AsyncIterable<Uint8Array>, leavesGarbage: boolean): OpenSource {
  return { length: undefined, isReplayable: false, leavesGarbage, chunksStay: false, chunks };
}

/**
 * Whether a stream's chunks are their reader's alone, and can be given back by it. Those of byte streams are (files, answers of
 * the network): the memory of what is put into one leaves the hands of who put it there (Streams Standard,
 * ReadableByteStreamControllerEnqueue).
 *
 * @param stream - The stream, which nobody is reading.
 */
export const givesAway = (stream: ReadableStream): boolean => GIVES_BACK && isByteStream(stream);

/**
 * Reads a stream to its end; a reader that stops early cancels it. Safari's streams are not async iterable.
 *
 * @param stream - The stream.
 * @param signal - Cancels the stream at once, while a piece is waited for too; its reason is the error then.
 */
export async function* piecesOf<Piece>(stream: ReadableStream<Piece>, signal?: AbortSignal): AsyncGenerator<Piece> {
  const reader = stream.getReader();
  const onAbort = () => {
    void reader.cancel(signal?.reason).catch(() => undefined);
  };
  signal?.addEventListener("abort", onAbort, { once: true });
  let ended = false;
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { done, value } = await reader.read();
      // A stream that is cancelled ends, for who reads it, as one that is complete.
      signal?.throwIfAborted();
      if (done) {
        ended = true;
        return;
      }
      yield value;
    }
  } finally {
    if (!ended) {
      await reader.cancel(signal?.reason).catch(() => undefined);
    }
    signal?.removeEventListener("abort", onAbort);
    reader.releaseLock();
  }
}

/**
 * Hands chunks to the browser, some at a time: Blobs lie outside the page's memory.
 *
 * @param chunks - The chunks.
 * @param type - The media type, if there is to be one.
 */
export async function blobOf(chunks: AsyncIterable<Uint8Array<ArrayBuffer>>, type = ""): Promise<Blob> {
  const gathered = new GatheredBlob();
  for await (const chunk of chunks) {
    gathered.append(chunk);
  }
  return gathered.finished(type);
}

async function* chunksOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
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
