/** Decrypting an object: all of it is authenticated before any of it is released. */

import { bulkEngine, type EngineOptions } from "./bulk-engine.js";
import { Authentication, type ChosenEngine, type Decryption, DelayedDecryption } from "./decryption.js";
import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { cbcStream } from "./legacy.js";
import { orderedStream, type SegmentWork, settled } from "./ordered.js";
import { type Segment, segmentsOf, TAG_LENGTH } from "./segments.js";
import { type ByteSource, type OpenSource, openSource } from "./source.js";
import { Spool } from "./spool.js";
import type { DecryptSession } from "./wasm/engine.js";

/** Options of {@link decryptObject}. */
export interface DecryptOptions extends EngineOptions {
  /** Unwraps the object's data key. */
  readonly keyring: Keyring;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy;
  /**
   * Reads data keys that are wrapped by algorithms of the first clients (`AESWrap`, `AES`, `RSA`,
   * `RSA/ECB/OAEPWithSHA-256AndMGF1Padding`), which do not bind the key to how the content is encrypted.
   */
  readonly enableLegacyWrappingAlgorithms?: boolean;
  /**
   * Reads content in CBC mode (formats V1 and V2), which nobody can authenticate: plaintext is released as it is read,
   * and whoever can write to the storage may have altered it.
   */
  readonly enableLegacyUnauthenticatedModes?: boolean;
  /**
   * - `verified` releases plaintext only after all of the object was authenticated; the default.
   * - `delayed-authentication` releases plaintext as it reads. It may be forged, until the stream has ended without an
   *   error: whatever was done with it has to be undone when the stream fails.
   */
  readonly release?: "verified" | "delayed-authentication";
  /**
   * How many bytes of ciphertext to keep in memory until it is authenticated, where the source can be read only once;
   * 64 MiB unless given. What is more goes to the origin-private file system, or into Blobs where there is none.
   */
  readonly spoolMemoryLimit?: number;
}

/** An object as it came from the storage. */
export interface StoredObject {
  /** The ciphertext and the tag. */
  readonly body: ByteSource;
  /** The object's user metadata: response headers, or names and values with or without `x-amz-meta-`. */
  readonly metadata: Headers | Readonly<Record<string, string>>;
  /** The object's instruction file, where its metadata leaves the wrapped data key to one: text, or UTF-8. */
  readonly instructionFile?: string | Uint8Array | undefined;
}

/** An object that is opened by this package itself. */
export interface ArrivingObject extends StoredObject {
  /** How long the body is, in bytes, where the storage said so. */
  readonly storedLength?: number | undefined;
}

/** What was in an object. */
export interface DecryptedContent {
  readonly content: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The content's length in bytes, where it is known; as authentic as the content is. */
  readonly size: number | undefined;
}

/**
 * Decrypts an object. The promise resolves once the whole object is authenticated; only then does the stream give
 * plaintext, decrypting as it is read. Where anything was altered the promise rejects and no byte is released. (With
 * `release: "delayed-authentication"` the promise resolves at once, and the stream errors at its end.)
 *
 * @param object - The object, or the `Response` that brought it.
 * @param options - The keyring, and what else there is to say.
 * @throws {@link EnvelopeError} `WRONG_KEY`, `AUTHENTICATION_FAILED`, `COMMITMENT_REQUIRED`, `NOT_ENCRYPTED`,
 * `INSTRUCTION_FILE_MISSING`, `INSTRUCTION_FILE_INVALID`, `LEGACY_WRAPPING_NOT_ENABLED`, `LEGACY_UNAUTHENTICATED_NOT_ENABLED`, one of the `METADATA_` codes, `INVALID_INPUT`,
 * `ENGINE_UNAVAILABLE`, or the keyring's own.
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
 * @param object - The object.
 * @param options - As for {@link decryptObject}.
 */
export async function openDecryption(object: ArrivingObject, options: DecryptOptions): Promise<DecryptedContent> {
  const { body, metadata, instructionFile } = object;
  const { release = "verified" } = options;
  if (release !== "verified" && (release as string) !== "delayed-authentication") {
    throw new EnvelopeError("INVALID_INPUT", "release must be verified or delayed-authentication");
  }
  const source = openSource(body);
  const loaded = await engine();
  const bulk = await bulkEngine(loaded, options, source.length);
  const parsed = loaded.ContentMetadata.parse([...entriesOf(metadata)], bytesOfFile(instructionFile));
  try {
    const policy = readPolicyOf(options);
    loaded.checkPolicy(parsed, ...policy);
    const dataKey = await options.keyring.unwrapDataKey(parsed);
    if (parsed.cbcIv() !== undefined) {
      return { content: await cbcStream(source, parsed, dataKey), size: undefined };
    }
    const session = new loaded.DecryptSession(parsed, dataKey, ...policy);
    const start = { session, loaded, bulk, options };
    if (release === "verified") {
      return await verified(source, start);
    }
    const { storedLength = source.length } = object;
    const size = storedLength === undefined ? undefined : storedLength - TAG_LENGTH;
    return { content: await unverified(source, start), size };
  } finally {
    parsed.free();
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
  return { body: response.body, metadata: response.headers };
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

/** The keys, the engine, and the options of one decryption. */
interface Start extends ChosenEngine {
  readonly session: DecryptSession;
  readonly options: DecryptOptions;
}

/** Authenticates the whole source, then gives the stream that decrypts it. */
async function verified(source: OpenSource, start: Start): Promise<DecryptedContent> {
  const cut = { length: start.loaded.segmentLength(source.length), heldBack: TAG_LENGTH };
  const authentication = await Authentication.start(start.session, start);
  // What can be read again need not be kept: the engine checks that it reads the same bytes.
  const spool = source.isReplayable ? undefined : new Spool(start.options.spoolMemoryLimit);
  let decryption: Decryption;
  let size: number;
  try {
    const read = await authenticate(segmentsOf(source.chunks(), cut), authentication, spool);
    decryption = authentication.verify(read.tag);
    size = read.length;
  } catch (error) {
    authentication.free();
    await spool?.remove();
    throw error;
  }
  // The spool has no tag: nothing is held back from its end.
  const segments =
    spool === undefined ? segmentsOf(source.chunks(), cut) : segmentsOf(spool.chunks(), { length: cut.length });
  return { content: orderedStream(segments, decryptionWork(decryption, spool)), size };
}

/** Reads all of an object, and gives its tag and the length of the rest. */
async function authenticate(
  segments: AsyncIterable<Segment>,
  authentication: Authentication,
  spool: Spool | undefined,
): Promise<{ readonly tag: Uint8Array; readonly length: number }> {
  const underWay: Promise<void>[] = [];
  let tag: Uint8Array = new Uint8Array(0);
  let length = 0;
  try {
    for await (const { offset, bytes, tail } of segments) {
      if (bytes.length > 0) {
        underWay.push(settled(authentication.note(offset, bytes)));
        await spool?.append(bytes.slice());
      }
      length = offset + bytes.length;
      tag = tail ?? tag;
      if (underWay.length >= authentication.depth) {
        await underWay.shift();
      }
    }
    await Promise.all(underWay);
  } finally {
    await Promise.allSettled(underWay);
  }
  return { tag, length };
}

function decryptionWork(decryption: Decryption, spool: Spool | undefined): SegmentWork {
  let length = 0;
  return {
    depth: decryption.depth,
    process({ offset, bytes }) {
      length = offset + bytes.length;
      return decryption.process(offset, bytes);
    },
    end() {
      decryption.checkComplete(length);
      return undefined;
    },
    async release() {
      decryption.free();
      await spool?.remove();
    },
  };
}

/** Gives the stream that decrypts the source while it reads it, and errors at its end. */
async function unverified(source: OpenSource, start: Start): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const decryption = await DelayedDecryption.start(start.session, start);
  const segments = segmentsOf(source.chunks(), {
    length: start.loaded.segmentLength(source.length),
    heldBack: TAG_LENGTH,
  });
  return orderedStream(segments, {
    depth: decryption.depth,
    process: ({ offset, bytes }) => decryption.process(offset, bytes),
    end(tag) {
      decryption.finish(tag);
      return undefined;
    },
    release() {
      decryption.free();
    },
  });
}
