/** Encrypting an object: bytes in, a stream of ciphertext and the metadata to store with it out. */

import { SEGMENT_LENGTH } from "./browser-engine.js";
import type { EngineOptions } from "./bulk-engine.js";
import { Encryption } from "./encryption.js";
import { engine } from "./engine.js";
import { type InstructionFile, instructionFileOf } from "./instruction-file.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { orderedStream, type SegmentWork } from "./ordered.js";
import { segmentsOf, TAG_LENGTH } from "./segments.js";
import { type ByteSource, type OpenSource, openSource, orLetGo } from "./source.js";
import { orFreed, stopBy, type Stopping } from "./stopping.js";

/** Options of {@link encryptObject}. */
export interface EncryptOptions extends EngineOptions {
  /** Wraps the object's data key. */
  readonly keyring: Keyring;
  /** Which message format to write; V3 with key commitment unless given. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /** The length of the content in bytes, where the source does not tell it (a stream) and you know it. It is held to. */
  readonly contentLength?: number | undefined;
  /** Whether the wrapped data key goes into an instruction file, so that it can be wrapped anew later. */
  readonly instructionFile?: boolean | undefined;
  /** Stops the encryption: the stream of ciphertext errors with its reason, and a stream that is read is cancelled. */
  readonly signal?: AbortSignal | undefined;
}

/** An object on its way to the storage. */
export interface EncryptedObject {
  /** The ciphertext and then the tag. Nothing is encrypted before it is read, and then a few segments ahead at most. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The length of `body` in bytes; undefined where the source's is not known. */
  readonly contentLength: number | undefined;
  /** The S3 user metadata to store with the object, names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** The same as request headers, names with `x-amz-meta-`. */
  readonly headers: Readonly<Record<string, string>>;
  /** The file to store before the object, where one was asked for: without it the object cannot be read. */
  readonly instructionFile: InstructionFile | undefined;
}

/**
 * Encrypts content under a fresh data key, as an object in the format of AWS's S3 Encryption Client: V3, which its clients
 * read from version 4 on; V2, for older ones, with `commitmentPolicy: "FORBID_ENCRYPT_ALLOW_DECRYPT"`. Memory does not grow
 * with the content.
 *
 * @param content - What to encrypt: at most 2³⁶ − 32 bytes.
 * @param options - The keyring, and what else there is to say.
 * @throws {@link EnvelopeError} `INVALID_INPUT`, `MESSAGE_TOO_LONG`, `ENGINE_UNAVAILABLE` or the keyring's own; the signal's
 * reason. An error of the source, or `CONTENT_LENGTH_MISMATCH`, comes through the stream; so does `MESSAGE_TOO_LONG` where the
 * length is not known beforehand.
 */
export async function encryptObject(content: ByteSource, options: EncryptOptions): Promise<EncryptedObject> {
  const stopping = stopBy(options.signal);
  const source = openSource(content, stopping.signal);
  return await orLetGo(source, encrypted(source, options, stopping));
}

async function encrypted(source: OpenSource, options: EncryptOptions, stopping: Stopping): Promise<EncryptedObject> {
  stopping.signal.throwIfAborted();
  const length = options.contentLength ?? source.length;
  const loaded = await engine();
  const encryption = await Encryption.start(loaded, options, length);
  return await orFreed(encryption, () => {
    const hasFile = options.instructionFile === true;
    const metadata = encryption.metadata(hasFile);
    const instructionFile = hasFile ? instructionFileOf(loaded, encryption.instructionFile()) : undefined;
    const segments = segmentsOf(source.chunks(), { length: SEGMENT_LENGTH, chunksStay: source.chunksStay });
    return {
      body: orderedStream(segments, workOf(encryption, source, stopping)),
      contentLength: length === undefined ? undefined : length + TAG_LENGTH,
      metadata,
      headers: asHeaders(metadata),
      instructionFile,
    };
  });
}

/**
 * User metadata as request headers.
 *
 * @param metadata - Names without `x-amz-meta-`.
 */
export function asHeaders(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
}

function workOf(encryption: Encryption, source: OpenSource, stopping: Stopping): SegmentWork {
  return {
    stopping,
    source,
    depth: () => encryption.depth,
    process: ({ offset, bytes }) => encryption.process(offset, bytes),
    end: () => encryption.finish(),
    release() {
      encryption.free();
    },
  };
}
