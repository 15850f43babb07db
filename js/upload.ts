/**
 * Uploading an object through presigned URLs: as one PUT, or in parts, several at a time. What few uploads need is loaded
 * when one does: checksums, streams of unknown length, instruction files.
 */

import { ALIGNED_SEGMENT_LENGTH, SEGMENT_LENGTH } from "./browser-engine.js";
import type { EngineOptions } from "./bulk-engine.js";
import { CollectorPauses } from "./collector-pauses.js";
import type { ChecksumAlgorithm, Checksums } from "./checksum.js";
import { Encryption } from "./encryption.js";
import { type Engine, engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { Tables, type Treatment } from "./part-body.js";
import { type PartSupply, PlannedParts } from "./parts.js";
import type { Presign } from "./request.js";
import { TAG_LENGTH } from "./segments.js";
import type { HeaderMap, ServerSideEncryption } from "./sse.js";
import { type ByteSource, type OpenSource, openSource, orLetGo } from "./source.js";
import { stopBy, type Stopping } from "./stopping.js";
import { checkProtection, concurrencyOf } from "./transfer-options.js";
import { type UploadProgress, UploadTransfer } from "./upload-transfer.js";

/** Options of {@link upload}. At least one of `keyring` and `sse` must be given: nothing is sent in the clear by mistake. */
export interface UploadOptions extends EngineOptions {
  /** Asks for a presigned URL for each request. */
  readonly presign: Presign;
  /** Encrypts the content here, before it leaves. */
  readonly keyring?: Keyring | undefined;
  /** Which message format to write; V3 with key commitment unless given. */
  readonly commitmentPolicy?: CommitmentPolicy | undefined;
  /**
   * Whether the wrapped data key goes into an instruction file, an object of its own beside this one, so that it can be
   * wrapped anew later. `presign` is asked for its URL as well, with `keySuffix: ".instruction"`. The file is stored right
   * before the object is there for readers (before the single PUT, or between the last part and the multipart upload's
   * completion): an object never is without its file. Where the upload fails after that, the file stays, since the object
   * may have arrived although the answer did not. To replace an object that has such a file, use a new key or a bucket
   * that keeps versions.
   */
  readonly instructionFile?: boolean | undefined;
  /** How the storage is to encrypt what it gets. */
  readonly sse?: ServerSideEncryption | undefined;
  /** The user's own metadata to store with the object, names without `x-amz-meta-`. It is not encrypted. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  /** The media type to store with the object, in the clear; unless given a file's own, and with a keyring none. */
  readonly contentType?: string | undefined;
  /**
   * The content's length in bytes, where the source does not tell it (a stream) and you know it; it is held to. Without,
   * parts are read one after the other, and a stream that ends within its first part goes as one PUT.
   */
  readonly contentLength?: number | undefined;
  /**
   * Which checksum of what is sent the storage is to verify and to keep; none unless given. Of an object in parts,
   * `crc64nvme` is that of all its bytes, the others are made of those of its parts. Computed by a WebAssembly file that is
   * loaded for it, `sha256` of parts up to 64 MiB by `SubtleCrypto`. The headers are among those to be signed.
   */
  readonly checksum?: ChecksumAlgorithm | undefined;
  /** The length of a part in bytes, 5 MiB to 5 GiB; 8 MiB unless given, and longer where 10,000 parts would not do. */
  readonly partSize?: number | undefined;
  /** How many parts are on their way at a time; 4 unless given. Memory is about this times the length of a part. */
  readonly concurrency?: number | undefined;
  /** Called whenever the storage acknowledged something. */
  readonly onProgress?: ((progress: UploadProgress) => void) | undefined;
  /** Stops the upload; what was stored of it is removed, as far as the storage can be reached. */
  readonly signal?: AbortSignal | undefined;
}

/** An object that the storage has. */
export interface UploadedObject {
  /** The storage's ETag, with its quotation marks; undefined where the bucket's CORS rules do not expose it. */
  readonly etag: string | undefined;
  /** The object's version, in buckets that keep versions. */
  readonly versionId: string | undefined;
  /** All user metadata as stored, names with `x-amz-meta-`. */
  readonly headers: Readonly<HeaderMap>;
  /** The length of the object as stored, in bytes. */
  readonly storedLength: number;
  /** The checksum of the object's bytes as stored, in base64; undefined without `checksum`, or where it is one of parts. */
  readonly checksum: string | undefined;
}

/**
 * Uploads an object. When it fails or is stopped its multipart upload is aborted, which takes one more URL and a network:
 * where there is none any more, or the page goes away in the middle, the storage keeps the parts that it has. docs/setup.md has
 * a rule for the bucket. (An instruction file stays, too: see `instructionFile`.)
 *
 * @param content - What to upload.
 * @param options - Where to, how encrypted, and what else there is to say.
 * @throws {@link EnvelopeError} `INVALID_INPUT`, `INVALID_OPTION`, `INVALID_TRANSFER_PLAN`, `ENGINE_UNAVAILABLE`,
 * `MESSAGE_TOO_LONG`, `OBJECT_TOO_LARGE`, `CONTENT_LENGTH_MISMATCH`, `SEGMENT_CHANGED`, `STORAGE_REFUSED`, `NETWORK_FAILURE`,
 * `UNEXPECTED_STORAGE_ANSWER`, and those of keyring, encryption headers and metadata. Whatever `presign`, the source or
 * `onProgress` throws, as it is; the signal's reason when it was stopped.
 */
export async function upload(content: ByteSource, options: UploadOptions): Promise<UploadedObject> {
  const stopping = stopBy(options.signal);
  const source = openSource(content, stopping.signal);
  return await orLetGo(source, uploaded({ content, source }, options, stopping));
}

async function uploaded(
  { content, source }: { readonly content: ByteSource; readonly source: OpenSource },
  options: UploadOptions,
  stopping: Stopping,
): Promise<UploadedObject> {
  const { signal, stop } = stopping;
  checkProtection(options);
  checkInstructionFile(options);
  const length = lengthOf(options, source.length);
  const concurrency = concurrencyOf(options, "parts");
  signal.throwIfAborted();
  const loaded = await engine();
  const { keyring, onProgress } = options;
  const checksums = options.checksum === undefined ? undefined : await checksumsOf(loaded, options.checksum);
  let encryption: Encryption | undefined;
  let parts: PartSupply | undefined;
  try {
    encryption = keyring && (await Encryption.start(loaded, { ...options, keyring }, length));
    const pauses = new CollectorPauses(source);
    const treatment = { encryption, checksums, tables: new Tables(), stopping, pauses };
    parts = await partsOf(loaded, { ...options, source, length }, treatment);
    const headers = storedHeaders(loaded, options, content, encryption);
    const channel = { engine: loaded, presign: options.presign, encryption: options.sse, signal };
    const transfer = new UploadTransfer(channel, { parts, checksums, concurrency, stop, onProgress });
    const wrapped = encryption;
    if (wrapped !== undefined && options.instructionFile === true) {
      const { instructionFileOf, putInstructionFile } = await import("./instruction-file.js");
      transfer.before = () => putInstructionFile(channel, instructionFileOf(loaded, wrapped.instructionFile()));
    }
    const stored = await transfer.send(headers);
    return { ...stored, headers: metadataOnly(headers), storedLength: transfer.sentBytes };
  } finally {
    // Whatever is still waited for, such as a stream that has nothing to give, is not wanted any more.
    stop.abort();
    parts?.close();
    encryption?.free();
    checksums?.free();
  }
}

async function checksumsOf(loaded: Engine, algorithm: ChecksumAlgorithm): Promise<Checksums> {
  const { Checksums } = await import("./checksum.js");
  return await Checksums.start(loaded, algorithm);
}

function checkInstructionFile({ keyring, instructionFile }: UploadOptions): void {
  if (instructionFile === true && keyring === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "an instruction file holds a wrapped data key: give a keyring");
  }
}

function lengthOf(options: UploadOptions, sourceLength: number | undefined): number | undefined {
  const { contentLength } = options;
  if (contentLength !== undefined && sourceLength !== undefined && contentLength !== sourceLength) {
    throw new EnvelopeError(
      "CONTENT_LENGTH_MISMATCH",
      `the content is ${String(sourceLength)} bytes long where ${String(contentLength)} were declared`,
    );
  }
  return sourceLength ?? contentLength;
}

/** The content in parts, as its length allows. */
async function partsOf(
  loaded: Engine,
  { source, length, partSize }: Pick<UploadOptions, "partSize"> & { source: OpenSource; length: number | undefined },
  treatment: Treatment,
): Promise<PartSupply> {
  const trailer = treatment.encryption === undefined ? 0 : TAG_LENGTH;
  const segmentLength = source.isReplayable ? SEGMENT_LENGTH : ALIGNED_SEGMENT_LENGTH;
  const content = { source, segmentLength, treatment };
  if (length === undefined) {
    const { GrowingParts } = await import("./growing-parts.js");
    return new GrowingParts(content, new loaded.GrowingPlan(trailer, partSize));
  }
  return new PlannedParts(content, length, new loaded.UploadPlan(length, trailer, partSize));
}

/** The headers that are stored with the object: metadata and media type. */
function storedHeaders(
  loaded: Engine,
  options: UploadOptions,
  content: ByteSource,
  encryption: Encryption | undefined,
): HeaderMap {
  const user = Object.entries(options.metadata ?? {});
  const own = Object.entries(encryption?.metadata(options.instructionFile) ?? {});
  const headers = loaded.metadataHeaders(user, own) as HeaderMap;
  // The media type of a file that is encrypted here is nobody's business unless the caller says so.
  const contentType = options.contentType ?? (encryption === undefined && content instanceof Blob ? content.type : "");
  return contentType === "" ? headers : { ...headers, "content-type": contentType };
}

function metadataOnly({ "content-type": _, ...metadata }: HeaderMap): HeaderMap {
  return metadata;
}
