/** Fetching instruction files. What they may hold is decided in the reader. */

import { EnvelopeError, isEnvelopeError } from "./errors.js";
import { fileChannel } from "./instruction-file.js";
import { bodyOf } from "./ranges.js";
import type { Reader } from "./reader.js";
import { type Channel, send } from "./request.js";
import { piecesOf } from "./source.js";

/** Metadata as the reader takes it. */
type Pairs = Iterable<[string, string]>;

/** How much of a file is fetched, in bytes: more than the reader takes. */
const LIMIT = 256 * 1024;
const NOT_FOUND = 404;

/**
 * Fetches the file of an object whose metadata leaves the wrapped data key to one.
 *
 * @param channel - The transfer that it belongs to.
 * @param metadata - The object's user metadata.
 * @param suffix - The file's suffix, `.instruction` unless given.
 * @returns The file; undefined where the object needs none.
 * @throws {@link EnvelopeError} `INSTRUCTION_FILE_MISSING`, `NOT_ENCRYPTED`, `INSTRUCTION_FILE_INVALID`,
 * `INVALID_OPTION`, and those of requests.
 */
export async function fetchInstructionFile(
  channel: Channel<Reader>,
  metadata: Pairs,
  suffix: string | undefined,
): Promise<Uint8Array | undefined> {
  const pairs = [...metadata];
  const keySuffix = channel.engine.instructionFileSuffix(suffix);
  if (!channel.engine.needsInstructionFile(pairs)) {
    return undefined;
  }
  const file = await get(fileChannel(channel), keySuffix).catch((cause: unknown) => {
    throw notThere(channel.engine, pairs, cause);
  });
  return file ?? notFound(channel.engine, pairs);
}

async function get(channel: Channel, keySuffix: string): Promise<Uint8Array | undefined> {
  let file = new Uint8Array();
  const reads = async (answer: Response) => {
    file = await beginningOf(answer);
  };
  const request = { operation: "GetObject", method: "GET", query: {}, keySuffix, reads, accepts: NOT_FOUND } as const;
  const { response } = await send(channel, request);
  return response.status === NOT_FOUND ? undefined : file;
}

/** An answer, or as much of it as shows that it is too long: the reader refuses it then. */
async function beginningOf(answer: Response): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of piecesOf(bodyOf(answer))) {
    pieces.push(piece);
    length += piece.length;
    if (length > LIMIT) {
      break;
    }
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** What reading the object without its file says. */
function notFound(loaded: Reader, pairs: Pairs): never {
  loaded.ContentMetadata.parse([...pairs], undefined).free();
  throw new EnvelopeError("INTERNAL", "internal error: an object was read without what it needs");
}

/**
 * A storage that does not let the caller list keys refuses those that are not there. An object that shows no sign of
 * encryption is then most likely not encrypted, which is more helpful to hear.
 */
function notThere(loaded: Reader, pairs: Pairs, cause: unknown): unknown {
  try {
    return notFound(loaded, pairs);
  } catch (error) {
    const isPlain = isEnvelopeError(error) && error.code === "NOT_ENCRYPTED";
    const isRefused = isEnvelopeError(cause) && cause.code === "STORAGE_REFUSED";
    return isPlain && isRefused ? new EnvelopeError(error.code, error.message, { cause }) : cause;
  }
}
