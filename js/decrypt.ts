/** Decrypting an object: all of it is authenticated before any of it is released. */

import { bulkEngine, type EngineOptions } from "./bulk-engine.js";
import { type DecryptedContent, unverified, verified } from "./decrypt-stream.js";
import { EnvelopeError } from "./errors.js";
import { expecting } from "./expected-length.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { cbcStream } from "./legacy.js";
import { lengthOf } from "./ranges.js";
import { reader } from "./reader.js";
import { type ByteSource, type OpenSource, openSource, orLetGo } from "./source.js";
import { stopBy, type Stopping, untilOrFreed } from "./stopping.js";
import type { DataKey } from "./wasm/reader.js";

/** Options of {@link decryptObject}. */
export interface DecryptOptions extends EngineOptions {
  /** Unwraps the object's data key. */
  readonly keyring: Keyring;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /**
   * Reads data keys that are wrapped by algorithms of the first clients (`AESWrap`, `AES`, `RSA`,
   * `RSA/ECB/OAEPWithSHA-256AndMGF1Padding`), which do not bind the key to how the content is encrypted.
   */
  readonly enableLegacyWrappingAlgorithms?: boolean | undefined;
  /**
   * Reads content in CBC mode (formats V1 and V2), which nobody can authenticate: plaintext is released as it is read,
   * and whoever can write to the storage may have altered it.
   */
  readonly enableLegacyUnauthenticatedModes?: boolean | undefined;
  /**
   * - `verified` releases plaintext only after all of the object was authenticated; the default.
   * - `delayed-authentication` releases plaintext as it reads. It may be forged, until the stream has ended without an
   *   error: whatever was done with it has to be undone when the stream fails.
   */
  readonly release?: "verified" | "delayed-authentication" | undefined;
  /**
   * How many bytes of ciphertext to keep in memory until it is authenticated, where the source can be read only once;
   * 64 MiB unless given. What is more goes to the origin-private file system, or into Blobs where there is none,
   * which in Node are memory.
   */
  readonly spoolMemoryLimit?: number | undefined;
  /** Stops the decryption: the promise, or then the stream, fails with its reason, and a stream that is read is cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** An object as it came from the storage. */
export interface StoredObject {
  /** The ciphertext and the tag. */
  readonly body: ByteSource;
  /** The object's user metadata: response headers, or names and values with or without `x-amz-meta-`. */
  readonly metadata: Headers | Readonly<Record<string, string>>;
  /** The object's instruction file, where its metadata leaves the wrapped data key to one: text, or UTF-8. */
  readonly instructionFile?: string | Uint8Array | undefined;
  /**
   * How many bytes the body is to have, where that is known (`Content-Length`, a listing): a body that ends before is
   * `TRUNCATED_STORAGE_ANSWER`, rather than one that looks altered.
   */
  readonly storedLength?: number | undefined;
}

/**
 * Decrypts an object. The promise resolves once the whole object is authenticated; only then does the stream give
 * plaintext, decrypting as it is read. Where anything was altered the promise rejects and no byte is released. (With
 * `release: "delayed-authentication"` the promise resolves at once, and the stream errors at its end.)
 *
 * @param object - The object, or the `Response` that brought it.
 * @param options - The keyring, and what else there is to say.
 * @throws {@link EnvelopeError} `WRONG_KEY`, `AUTHENTICATION_FAILED`, `COMMITMENT_REQUIRED`, `NOT_ENCRYPTED`,
 * `INSTRUCTION_FILE_MISSING`, `INSTRUCTION_FILE_INVALID`, `LEGACY_WRAPPING_NOT_ENABLED`, `LEGACY_UNAUTHENTICATED_NOT_ENABLED`,
 * `UNSUPPORTED`, `TRUNCATED_STORAGE_ANSWER`, `UNEXPECTED_STORAGE_ANSWER` for a `Response` that is an error, `SPOOL_FAILED`, one
 * of the `METADATA_` codes, `INVALID_INPUT`, `ENGINE_UNAVAILABLE`, or the keyring's own; what the source throws, and the signal's
 * reason. Of content that is released as it is read what goes wrong comes through the stream: `LEGACY_CONTENT_INVALID` and
 * `CONTENT_LENGTH_MISMATCH` of CBC mode, `AUTHENTICATION_FAILED` with `release: "delayed-authentication"`.
 */
export async function decryptObject(
  object: StoredObject | Response,
  options: DecryptOptions,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  return (await openDecryption(object instanceof Response ? fromResponse(object) : object, options)).content;
}

/**
 * The same, with the content's length.
 *
 * @param object - The object; `leavesGarbage` says of a stream that its chunks are given back by who made it, or not.
 * @param options - As for {@link decryptObject}.
 */
export async function openDecryption(
  object: StoredObject & Partial<Pick<OpenSource, "leavesGarbage">>,
  options: DecryptOptions,
): Promise<DecryptedContent> {
  const stopping = stopBy(options.signal);
  const opened = openSource(object.body, stopping.signal);
  const { leavesGarbage = opened.leavesGarbage } = object;
  return await orLetGo(opened, decrypted({ ...opened, leavesGarbage }, object, { ...options, stopping }));
}

async function decrypted(
  opened: OpenSource,
  { metadata, instructionFile, storedLength }: StoredObject,
  { stopping, ...options }: DecryptOptions & { readonly stopping: Stopping },
): Promise<DecryptedContent> {
  const { release = "verified" } = options;
  if (release !== "verified" && (release as string) !== "delayed-authentication") {
    throw new EnvelopeError("INVALID_INPUT", "release must be verified or delayed-authentication");
  }
  stopping.signal.throwIfAborted();
  const source = expecting(opened, storedLength);
  const loaded = await reader();
  const bulk = await bulkEngine(loaded, options, source.length);
  const parsed = loaded.ContentMetadata.parse([...entriesOf(metadata)], bytesOfFile(instructionFile));
  let unwrapping: Promise<DataKey> | undefined;
  try {
    const policy = readPolicyOf(options);
    loaded.checkPolicy(parsed, ...policy);
    unwrapping = options.keyring.unwrapDataKey(parsed);
    const dataKey = await untilOrFreed(unwrapping, options.signal);
    if (parsed.cbcIv() !== undefined) {
      return { content: await cbcStream(source, parsed, dataKey, stopping), size: undefined };
    }
    const session = new loaded.DecryptSession(parsed, dataKey, ...policy);
    const start = { session, loaded, bulk, stopping, spoolMemoryLimit: options.spoolMemoryLimit };
    return await (release === "verified" ? verified(source, start) : unverified(source, start, storedLength));
  } finally {
    // A keyring that is no longer waited for may still read it.
    void Promise.allSettled([unwrapping]).then(() => {
      parsed.free();
    });
  }
}

/**
 * What may be read, in the order in which the engine takes it.
 *
 * @param options - What the caller allows.
 */
export function readPolicyOf(
  options: Pick<
    DecryptOptions,
    "commitmentPolicy" | "enableLegacyWrappingAlgorithms" | "enableLegacyUnauthenticatedModes"
  >,
): [CommitmentPolicy | undefined, boolean | undefined, boolean | undefined] {
  return [options.commitmentPolicy, options.enableLegacyWrappingAlgorithms, options.enableLegacyUnauthenticatedModes];
}

function fromResponse(response: Response): StoredObject {
  if (!response.ok || response.body === null) {
    throw new EnvelopeError(
      "UNEXPECTED_STORAGE_ANSWER",
      `the storage answered with status ${String(response.status)}, which holds no object`,
    );
  }
  return { body: response.body, metadata: response.headers, storedLength: lengthOf(response) };
}

/**
 * Metadata as pairs.
 *
 * @param metadata - Headers, or names and values.
 */
export function entriesOf(metadata: StoredObject["metadata"]): Iterable<[string, string]> {
  return metadata instanceof Headers ? metadata.entries() : Object.entries(metadata);
}

/**
 * An instruction file as the engine takes it.
 *
 * @param file - Text, or UTF-8.
 */
export function bytesOfFile(file: StoredObject["instructionFile"]): Uint8Array | undefined {
  return typeof file === "string" ? new TextEncoder().encode(file) : file;
}
