/** Bytes that must not end early: an answer that was cut short is told from one that was altered. */

import { EnvelopeError } from "./errors.js";
import type { OpenSource } from "./source.js";

/**
 * A source that must not end before it has given as much as it was said to have.
 *
 * @param source - The source.
 * @param length - How much that is, in bytes; nothing where nobody said.
 * @throws {@link EnvelopeError} `INVALID_INPUT` where that is no length.
 */
export function expecting(source: OpenSource, length: number | undefined): OpenSource {
  if (length === undefined) {
    return source;
  }
  if (!Number.isSafeInteger(length) || length < 0) {
    throw new EnvelopeError("INVALID_INPUT", "storedLength must be a whole number of bytes");
  }
  return {
    ...source,
    chunks: (start, end) => (start === undefined ? allOf(source.chunks(), length) : source.chunks(start, end)),
  };
}

/**
 * The same chunks, which must not be less in all than was said.
 *
 * @param chunks - The chunks.
 * @param length - How many bytes there are to be.
 */
export async function* allOf<Chunk extends Uint8Array>(
  chunks: AsyncIterable<Chunk>,
  length: number,
): AsyncGenerator<Chunk> {
  let came = 0;
  for await (const chunk of chunks) {
    came += chunk.length;
    yield chunk;
  }
  if (came < length) {
    throw new EnvelopeError(
      "TRUNCATED_STORAGE_ANSWER",
      `of the ${String(length)} bytes that the storage said it has of the object ${String(came)} came: download it again`,
    );
  }
}
