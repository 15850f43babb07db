/** Decrypting an object: all of it is authenticated before any of it is released. */

import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { type Segment, segmentsOf, segmentStream, type SegmentWork, TAG_LENGTH } from "./segments.js";
import { type ByteSource, type OpenSource, openSource } from "./source.js";
import type { DecryptSession, VerifiedObject } from "./wasm/engine.js";

/** Options of {@link decryptObject}. */
export interface DecryptOptions {
  /** Unwraps the object's data key. */
  readonly keyring: Keyring;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy;
}

/** An object as it came from the storage. */
export interface StoredObject {
  /** The ciphertext and the tag. */
  readonly body: ByteSource;
  /** The object's user metadata: response headers, or names and values with or without `x-amz-meta-`. */
  readonly metadata: Headers | Readonly<Record<string, string>>;
}

/**
 * Decrypts an object. The promise resolves once the whole object is authenticated; only then does the stream give
 * plaintext, decrypting as it is read. Where anything was altered the promise rejects and no byte is released.
 *
 * @param object - The object, or the `Response` that brought it.
 * @param options - The keyring, and what else there is to say.
 * @throws {@link EnvelopeError} `WRONG_KEY`, `AUTHENTICATION_FAILED`, `COMMITMENT_REQUIRED`, `NOT_ENCRYPTED`, one of
 * the `METADATA_` codes, or the keyring's own.
 */
export async function decryptObject(
  object: StoredObject | Response,
  options: DecryptOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const { body, metadata } = object instanceof Response ? fromResponse(object) : object;
  const source = openSource(body);
  const { ContentMetadata, DecryptSession, checkPolicy, segmentLength } = await engine();
  const parsed = ContentMetadata.parse([...entriesOf(metadata)]);
  try {
    checkPolicy(parsed, options.commitmentPolicy);
    const dataKey = await options.keyring.unwrapDataKey(parsed);
    const session = new DecryptSession(parsed, dataKey, options.commitmentPolicy);
    return await verify(session, source, segmentLength());
  } finally {
    parsed.free();
  }
}

function fromResponse(response: Response): StoredObject {
  if (!response.ok || response.body === null) {
    throw new EnvelopeError(
      "UNEXPECTED_STORAGE_ANSWER",
      `the storage answered with status ${String(response.status)}, which holds no object`,
    );
  }
  return { body: response.body, metadata: response.headers };
}

function entriesOf(metadata: StoredObject["metadata"]): Iterable<[string, string]> {
  return metadata instanceof Headers ? metadata.entries() : Object.entries(metadata);
}

/** Authenticates the whole source, then gives the stream that decrypts it. */
async function verify(
  session: DecryptSession,
  source: OpenSource,
  segmentLength: number,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  // What can be read again need not be kept: the engine checks that it reads the same bytes.
  const spool: Segment[] | undefined = source.read === undefined ? [] : undefined;
  let tag = new Uint8Array();
  try {
    for await (const segment of segmentsOf(source.chunks(), segmentLength, TAG_LENGTH)) {
      if (segment.bytes.length > 0) {
        session.authenticateSegment(segment.offset, segment.bytes);
        spool?.push(segment);
      }
      tag = new Uint8Array(segment.tail ?? []);
    }
  } catch (error) {
    session.free();
    throw error;
  }
  const verified = session.verify(tag);
  const replay = spool === undefined ? segmentsOf(source.chunks(), segmentLength, TAG_LENGTH) : drain(spool);
  return segmentStream(replay, decryption(verified));
}

/** Gives the segments and lets go of each as it is given. */
// eslint-disable-next-line @typescript-eslint/require-await -- one interface for spooled and re-read segments
async function* drain(spool: Segment[]): AsyncGenerator<Segment> {
  spool.reverse();
  for (let segment = spool.pop(); segment !== undefined; segment = spool.pop()) {
    yield segment;
  }
}

function decryption(verified: VerifiedObject): SegmentWork {
  let length = 0;
  return {
    process({ offset, bytes }) {
      verified.decryptSegment(offset, bytes);
      length = offset + bytes.length;
    },
    end() {
      verified.checkComplete(length);
      return undefined;
    },
    release() {
      verified.free();
    },
  };
}
