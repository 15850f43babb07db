/** A stored object as a stream, whether it comes in ranges or by one answer. */

import { discarding } from "./discard.js";
import { EnvelopeError } from "./errors.js";
import { allOf } from "./expected-length.js";
import { streamOf } from "./ordered.js";
import { bodyOf, type ChunkUse, lengthOf, type Opened } from "./ranges.js";
import { piecesOf } from "./source.js";
import type { Stopping } from "./stopping.js";

/**
 * The stream of an object that was asked for. To cancel it stops the requests: the storage may have nothing to give for long.
 *
 * @param opened - What came of asking.
 * @param use - What is done with the chunks.
 * @param on - Who is told how many bytes arrive where the object does not come in ranges, and what ends the stream early.
 */
export function streamOfObject(
  { chunks: ranges, response, leave }: Opened,
  use: ChunkUse,
  { onBytes, stopping }: { readonly onBytes: (bytes: number) => void; readonly stopping: Stopping },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const whole = () => wholeOf(response, onBytes);
  const chunks = ranges?.(use) ?? (use === "lent" ? discarding(whole()) : whole());
  // A response's body ends with its request.
  return streamOf(chunks, () => Promise.resolve(leave?.()), stopping);
}

/** An answer's body, which is as long as the answer says: not everything on the way tells of one that was cut short. */
async function* wholeOf(response: Response, onBytes: (bytes: number) => void): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const piece of allOf(arrivingOf(response), lengthOf(response) ?? 0)) {
    onBytes(piece.length);
    yield piece;
  }
}

/** The same as it comes; a connection that breaks off is told as what it is. */
async function* arrivingOf(response: Response): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  try {
    yield* piecesOf(bodyOf(response));
  } catch (cause) {
    if (cause instanceof TypeError) {
      throw new EnvelopeError(
        "NETWORK_FAILURE",
        "the storage's answer broke off before its end: the connection was lost, or the storage refused to give the rest",
        { cause },
      );
    }
    throw cause;
  }
}
