/** Plaintexts and ciphertexts as sources of bytes, and what is done with the bytes that come out. */

const BLOCK = 65_536;

/**
 * Bytes that do not compress and do not repeat: one random block, stamped with its number.
 *
 * @param {number} length
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function someBytes(length) {
  const bytes = new Uint8Array(length);
  const block = crypto.getRandomValues(new Uint8Array(BLOCK));
  for (let start = 0, number = 0; start < length; start += BLOCK, number += 1) {
    new DataView(block.buffer).setUint32(0, number);
    bytes.set(block.subarray(0, length - start), start);
  }
  return bytes;
}

/** Bytes that lie in memory. Its pieces are views of them: nothing is copied. */
export class MemorySource {
  /** @param {Uint8Array<ArrayBuffer>} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.length = bytes.length;
  }

  *pieces(length) {
    for (let start = 0; start < this.length; start += length) yield this.bytes.subarray(start, start + length);
  }

  stream(length) {
    return streamOf(this.pieces(length));
  }
}

/**
 * Bytes that come one piece after the other, each in a buffer of its own. As from a file or the network they come as a byte
 * stream, unless another type is asked for.
 */
export class StreamedSource {
  #type;

  /**
   * @param {number} length
   * @param {"bytes" | undefined} [type]
   */
  constructor(length, type = "bytes") {
    this.bytes = undefined;
    this.length = length;
    this.#type = type;
  }

  *pieces(length) {
    const template = someBytes(length);
    for (let start = 0; start < this.length; start += length) yield template.slice(0, this.length - start);
  }

  stream(length) {
    return streamOf(this.pieces(length), this.#type);
  }
}

/** Bytes in a file of the browser's, that are read as they come. */
export class FileSource {
  #file;

  /** @param {File} file */
  constructor(file) {
    this.bytes = undefined;
    this.length = file.size;
    this.#file = file;
  }

  stream() {
    return this.#file.stream();
  }
}

/** Counts what comes out, notes when it began, and lets go of it. */
export class Counter {
  length = 0;
  firstAt = undefined;

  /** @param {Uint8Array | ArrayBuffer} chunk */
  take(chunk) {
    if (chunk.byteLength === 0) return;
    this.firstAt ??= performance.now();
    this.length += chunk.byteLength;
  }
}

/** Keeps what comes out, as one run of bytes. */
export class Keeper extends Counter {
  #chunks = [];

  take(chunk) {
    super.take(chunk);
    // A copy: the chunk's memory may be used for the next one.
    this.#chunks.push(chunk instanceof ArrayBuffer ? new Uint8Array(chunk.slice()) : chunk.slice());
  }

  /** All of it; the keeper is empty afterwards. */
  bytes() {
    const bytes = new Uint8Array(this.length);
    let filled = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, filled);
      filled += chunk.length;
    }
    this.#chunks = [];
    return bytes;
  }
}

/** Compares what comes out with what should. */
export class Comparer extends Counter {
  #expected;

  /** @param {Uint8Array} expected */
  constructor(expected) {
    super();
    this.#expected = expected;
  }

  take(chunk) {
    const start = this.length;
    super.take(chunk);
    compare(chunk instanceof ArrayBuffer ? new Uint8Array(chunk) : chunk, this.#expected, start);
  }

  /** Fails where bytes are missing. */
  end() {
    if (this.length !== this.#expected.length) throw wrong(`${this.length} of ${this.#expected.length} bytes came`);
  }
}

/**
 * What ends a run, whoever's result it is: `lib/failures.mjs` knows it by its first words.
 *
 * @param {string} why
 */
export const wrong = (why) => new Error(`wrong result: ${why}`);

/**
 * Fails where bytes are not those that are expected.
 *
 * @param {Uint8Array} bytes
 * @param {Uint8Array} expected
 * @param {number} start where in `expected` they belong
 */
export function compare(bytes, expected, start) {
  for (let at = 0; at < bytes.length; at += 1) {
    if (bytes[at] !== expected[start + at]) throw wrong(`byte ${start + at} is not what it was`);
  }
}

/**
 * Reads a stream to its end.
 *
 * @param {ReadableStream<Uint8Array>} stream
 * @param {Counter} sink
 * @param {(chunk: Uint8Array) => void} [done] what to do with a chunk that the sink has taken
 */
export async function drain(stream, sink, done = () => undefined) {
  const reader = stream.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    const taking = sink.take(next.value);
    if (taking !== undefined) await taking;
    done(next.value);
  }
}

function streamOf(pieces, type) {
  const pull = (controller) => {
    const { done, value } = pieces.next();
    if (!done) return controller.enqueue(value);
    controller.close();
    controller.byobRequest?.respond(0);
  };
  return new ReadableStream({ pull, type: hasByteStreams() ? type : undefined }, { highWaterMark: 0 });
}

/** WebKit has none: what files and the network give are ordinary streams there. */
function hasByteStreams() {
  try {
    return new ReadableStream({ type: "bytes" }) instanceof ReadableStream;
  } catch {
    return false;
  }
}
