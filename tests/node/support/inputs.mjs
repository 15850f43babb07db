/** The same bytes in every shape that a caller may have them in. */

/**
 * @param {Uint8Array} bytes
 * @param {number} [step] the length of the pieces of a stream
 * @returns {[string, () => any][]} a name and a maker for each shape; makers, because streams are read once
 */
export function shapesOf(bytes, step = 1) {
  return [
    ["a whole array", () => bytes.slice()],
    ["a view with an offset", () => offsetView(bytes)],
    ["a view of a resizable buffer", () => resizableView(bytes)],
    ["a resizable buffer itself", () => resizableView(bytes).buffer.slice(7)],
    ["an ArrayBuffer", () => bytes.slice().buffer],
    ["a DataView", () => new DataView(offsetView(bytes).buffer, 7, bytes.length)],
    // Pages have shared memory only when they are isolated.
    ...(typeof SharedArrayBuffer === "undefined" ? [] : [["a shared buffer", () => sharedView(bytes)]]),
    ["a Blob", () => new Blob([bytes])],
    ["a stream", () => new Blob([bytes]).stream()],
    ["a stream of small pieces", () => streamOf(pieces(bytes, step))],
    ["an async iterable", () => asyncPieces(bytes)],
    ["an iterable of offset views", () => pieces(bytes, 1000).map(offsetView)],
  ];
}

/** Not every browser has `ReadableStream.from`. */
function streamOf(chunks) {
  const rest = chunks.values();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = rest.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
  });
}

/** @param {Uint8Array} bytes */
export function offsetView(bytes) {
  const wide = new Uint8Array(bytes.length + 20).fill(0xee);
  wide.set(bytes, 7);
  return wide.subarray(7, 7 + bytes.length);
}

/** @param {Uint8Array} bytes */
function resizableView(bytes) {
  const buffer = new ArrayBuffer(8, { maxByteLength: bytes.length + 64 });
  buffer.resize(bytes.length + 7);
  const view = new Uint8Array(buffer, 7);
  view.set(bytes);
  return view;
}

/** @param {Uint8Array} bytes */
function sharedView(bytes) {
  const view = new Uint8Array(new SharedArrayBuffer(bytes.length + 7), 7);
  view.set(bytes);
  return view;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} size
 */
export function pieces(bytes, size) {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

/** @param {Uint8Array} bytes */
async function* asyncPieces(bytes) {
  for (const piece of pieces(bytes, 777)) {
    yield piece;
    yield new Uint8Array();
  }
}

/** @param {number} length */
export function randomBytes(length) {
  const bytes = new Uint8Array(length);
  for (let start = 0; start < length; start += 65536) {
    crypto.getRandomValues(bytes.subarray(start, start + 65536));
  }
  return bytes;
}

/**
 * All of a stream, whose own error comes through: a `Response` would make it a "Failed to fetch".
 *
 * @param {ReadableStream | Blob} body
 */
export async function collect(body) {
  const pieces = [];
  for (const reader = (body instanceof Blob ? body.stream() : body).getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(pieces).arrayBuffer());
    pieces.push(value);
  }
}
