/** Encrypting an object: bytes in, a stream of ciphertext and the metadata to store with it out. */

import { engine } from "./engine.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { segmentsOf, segmentStream, type SegmentWork, TAG_LENGTH } from "./segments.js";
import { type ByteSource, openSource } from "./source.js";
import type { EncryptSession } from "./wasm/engine.js";

/** Options of {@link encryptObject}. */
export interface EncryptOptions {
  /** Wraps the object's data key. */
  readonly keyring: Keyring;
  /** Which message format to write; V3 with key commitment unless given. */
  readonly commitmentPolicy?: CommitmentPolicy;
  /** The length of the content in bytes, where the source does not tell it (a stream) and you know it. It is held to. */
  readonly contentLength?: number;
}

/** An object on its way to the storage. */
export interface EncryptedObject {
  /** The ciphertext and then the tag. Nothing is encrypted before it is read. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The length of `body` in bytes; undefined where the source's is not known. */
  readonly contentLength: number | undefined;
  /** The S3 user metadata to store with the object, names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The same as request headers, names with `x-amz-meta-`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Encrypts content under a fresh data key, as an object that any S3 Encryption Client can read.
 *
 * @param content - What to encrypt: at most 2³⁶ − 32 bytes.
 * @param options - The keyring, and what else there is to say.
 * @throws {@link EnvelopeError} `INVALID_INPUT`, `MESSAGE_TOO_LONG` or the keyring's own. An error of the source, or
 * `CONTENT_LENGTH_MISMATCH`, comes through the stream.
 */
export async function encryptObject(content: ByteSource, options: EncryptOptions): Promise<EncryptedObject> {
  const source = openSource(content);
  const length = options.contentLength ?? source.length;
  const { EncryptSession, segmentLength } = await engine();
  const materials = await options.keyring.encryptionMaterials(options.commitmentPolicy);
  const session = new EncryptSession(materials, length);
  const metadata = session.metadata() as Record<string, string>;
  return {
    body: segmentStream(segmentsOf(source.chunks(), segmentLength()), encryption(session)),
    contentLength: length === undefined ? undefined : length + TAG_LENGTH,
    metadata,
    headers: asHeaders(metadata),
  };
}

/**
 * User metadata as request headers.
 *
 * @param metadata - Names without `x-amz-meta-`.
 */
export function asHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
}

function encryption(session: EncryptSession): SegmentWork {
  let finished = false;
  return {
    process({ offset, bytes }) {
      session.encryptSegment(offset, bytes);
    },
    end() {
      finished = true;
      return session.finish();
    },
    release() {
      // `finish` consumes the session.
      if (!finished) {
        session.free();
      }
    },
  };
}
