/** Decrypting a part of an object. Nobody can tell whether a part alone was altered: it is unauthenticated. */

import { bulkEngine, type EngineOptions } from "./bulk-engine.js";
import { bytesOfFile, entriesOf, readPolicyOf, type StoredObject } from "./decrypt.js";
import { DelayedDecryption } from "./decryption.js";
import type { ContentRange } from "./download-range.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { reader } from "./reader.js";
import { TAG_LENGTH } from "./segments.js";
import { type ByteSource, openSource } from "./source.js";
import { until, untilOrFreed } from "./stopping.js";
import { Turns } from "./turns.js";
import type { DataKey } from "./wasm/reader.js";

/** Options of {@link decryptRange}. */
export interface DecryptRangeOptions extends EngineOptions {
  /** Unwraps the object's data key. */
  readonly keyring: Keyring;
  /** Says that you know: a part is not authenticated, and whoever can write to the storage can flip any bit of it. */
  readonly enableLegacyUnauthenticatedModes: true;
  /** The first byte of the content that is wanted. */
  readonly start: number;
  /** The byte after the last that is wanted. */
  readonly end: number;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /** Reads data keys that are wrapped by algorithms of the first clients. */
  readonly enableLegacyWrappingAlgorithms?: boolean | undefined;
  /** Stops the decryption, which fails with its reason: a stream that is read, or comes later, is cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** An object of which parts are read. */
export interface RangedObject {
  /** The object's user metadata, as for `decryptObject`. */
  readonly metadata: StoredObject["metadata"];
  /** The object's instruction file, as for `decryptObject`. */
  readonly instructionFile?: StoredObject["instructionFile"];
  /** The object's length as stored, the tag included, in bytes: the last number of `Content-Range`. */
  readonly storedLength: number;
  /**
   * Gives bytes of the object as stored, for example by a GET with the header `Range`.
   *
   * @param start - The first byte.
   * @param end - The byte after the last.
   */
  read(start: number, end: number): Promise<ByteSource> | ByteSource;
}

const BLOCK = 16;
/** How much is decrypted at a time, in bytes. */
const PIECE = 512 * 1024;

/**
 * Decrypts a part of an object **without authenticating it**: the S3 Encryption Client's ranged read, in the CTR suite that
 * belongs to the object's. The key commitment of V3 is checked, the content is not. The tag is never part of what is read.
 *
 * @param object - The object.
 * @param options - The keyring, the range, and the opt-in.
 * @throws {@link EnvelopeError} `LEGACY_UNAUTHENTICATED_NOT_ENABLED` without the opt-in, `INVALID_INPUT` for a range that
 * the content does not have or an answer of another length, `UNSUPPORTED` for content in CBC mode, and those of
 * `decryptObject` for keys and metadata; the signal's reason.
 */
export async function decryptRange(
  object: RangedObject,
  options: DecryptRangeOptions,
): Promise<Uint8Array<ArrayBuffer>> {
  checkOptIn(options);
  const { start, end, signal } = options;
  const isWithin = [start, end].every(Number.isSafeInteger) && start >= 0 && start <= end;
  if (!isWithin || end > object.storedLength - TAG_LENGTH) {
    throw new EnvelopeError("INVALID_INPUT", "the range must lie within the content, whose tag is no part of it");
  }
  signal?.throwIfAborted();
  const first = start - (start % BLOCK);
  const decryption = await begin(object, options, end - first);
  try {
    const ciphertext = end === start ? new Uint8Array() : await whole(object, { start: first, end }, signal);
    const turns = new Turns(signal);
    for (let at = 0; at < ciphertext.length; at += PIECE) {
      signal?.throwIfAborted();
      const piece = ciphertext.subarray(at, at + PIECE);
      piece.set(await decryption.process(first + at, piece));
      if (turns.areDue()) {
        await turns.pass();
      }
    }
    return ciphertext.slice(start - first);
  } finally {
    decryption.free();
  }
}

/**
 * Checks that the caller knows what a part of an object is.
 *
 * @param options - What the caller allows.
 * @throws {@link EnvelopeError} `LEGACY_UNAUTHENTICATED_NOT_ENABLED`.
 */
export function checkOptIn(options: { readonly enableLegacyUnauthenticatedModes?: boolean | undefined }): void {
  if (options.enableLegacyUnauthenticatedModes !== true) {
    throw new EnvelopeError(
      "LEGACY_UNAUTHENTICATED_NOT_ENABLED",
      "a part of an object cannot tell whether it was altered; to read one all the same set enableLegacyUnauthenticatedModes",
    );
  }
}

/**
 * The first byte that {@link decryptRange} will ask for, for whoever fetches before the object's length is known.
 *
 * @param range - The part that is wanted: at least one byte.
 * @throws {@link EnvelopeError} `INVALID_INPUT`.
 */
export function firstByteFor({ start, end }: { readonly start: number; readonly end: number }): number {
  if (![start, end].every(Number.isSafeInteger) || start < 0 || start >= end) {
    throw new EnvelopeError("INVALID_INPUT", "a range has a whole start, 0 or more, and an end beyond it");
  }
  return start - (start % BLOCK);
}

async function begin(object: RangedObject, options: DecryptRangeOptions, length: number): Promise<DelayedDecryption> {
  const loaded = await reader();
  const bulk = await bulkEngine(loaded, options, length);
  const parsed = loaded.ContentMetadata.parse([...entriesOf(object.metadata)], bytesOfFile(object.instructionFile));
  let unwrapping: Promise<DataKey> | undefined;
  try {
    const policy = readPolicyOf(options);
    loaded.checkPolicy(parsed, ...policy);
    unwrapping = options.keyring.unwrapDataKey(parsed);
    const session = new loaded.DecryptSession(parsed, await untilOrFreed(unwrapping, options.signal), ...policy);
    return await DelayedDecryption.start(session, { loaded, bulk });
  } finally {
    // A keyring that is no longer waited for may still read it.
    void Promise.allSettled([unwrapping]).then(() => {
      parsed.free();
    });
  }
}

/** All bytes of a range as stored. */
async function whole(
  object: RangedObject,
  { start, end }: ContentRange,
  signal: AbortSignal | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const length = end - start;
  const bytes = new Uint8Array(length);
  let at = 0;
  for await (const chunk of openSource(await answer(object, { start, end }, signal), signal).chunks()) {
    signal?.throwIfAborted();
    if (at + chunk.length <= length) {
      bytes.set(chunk, at);
    }
    at += chunk.length;
    if (at > length) {
      // It may be all of the object.
      break;
    }
  }
  if (at !== length) {
    throw new EnvelopeError("INVALID_INPUT", "the storage gave another number of bytes than it was asked for");
  }
  return bytes;
}

/** What a range is read from. Where it comes when nobody waits any more, it is let go of. */
async function answer(
  object: RangedObject,
  { start, end }: ContentRange,
  signal: AbortSignal | undefined,
): Promise<ByteSource> {
  const reading = Promise.resolve(object.read(start, end));
  return await until(reading, signal).catch((error: unknown) => {
    reading.then((late) => openSource(late).cancel?.(error)).catch(() => undefined);
    throw error;
  });
}
