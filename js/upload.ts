/** Uploading an object through presigned URLs: as one PUT, or in parts, several at a time. */

import type { EngineOptions } from "./bulk-engine.js";
import { Encryption } from "./encryption.js";
import { type Engine, engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { PartBodies } from "./parts.js";
import { type Channel, type Presign, send } from "./request.js";
import { TAG_LENGTH } from "./segments.js";
import type { HeaderMap, ServerSideEncryption } from "./sse.js";
import { type ByteSource, openSource } from "./source.js";
import type { UploadPlan } from "./wasm/engine.js";

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes that the storage has acknowledged. */
  readonly sentBytes: number;
  /** Bytes to send in all, the tag included. */
  readonly totalBytes: number;
  /** Parts that the storage has acknowledged. */
  readonly sentParts: number;
  /** Parts in all; 1 where the object goes as one PUT. */
  readonly totalParts: number;
}

/** Options of {@link upload}. At least one of `keyring` and `sse` must be given: nothing is sent in the clear by mistake. */
export interface UploadOptions extends EngineOptions {
  /** Asks for a presigned URL for each request. */
  readonly presign: Presign;
  /** Encrypts the content here, before it leaves. */
  readonly keyring?: Keyring;
  /** Which message format to write; V3 with key commitment unless given. */
  readonly commitmentPolicy?: CommitmentPolicy;
  /** How the storage is to encrypt what it gets. */
  readonly sse?: ServerSideEncryption;
  /** The user's own metadata to store with the object, names without `x-amz-meta-`. It is not encrypted. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** The media type to store with the object. It is not encrypted. */
  readonly contentType?: string;
  /** The content's length in bytes, where the source does not tell it (a stream). */
  readonly contentLength?: number;
  /** The length of a part in bytes, 5 MiB to 5 GiB; 8 MiB unless given, and longer where 10,000 parts would not do. */
  readonly partSize?: number;
  /** How many parts are on their way at a time; 4 unless given. Memory is about this times the length of a part. */
  readonly concurrency?: number;
  /** Called whenever the storage acknowledged something. */
  readonly onProgress?: (progress: UploadProgress) => void;
  /** Stops the upload; what was stored of it is removed. */
  readonly signal?: AbortSignal;
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
}

/**
 * Uploads an object. Nothing is left behind when it fails: a multipart upload is aborted.
 *
 * @param content - What to upload.
 * @param options - Where to, how encrypted, and what else there is to say.
 * @throws {@link EnvelopeError} `INVALID_INPUT`, `MESSAGE_TOO_LONG`, `OBJECT_TOO_LARGE`, `CONTENT_LENGTH_MISMATCH`,
 * `STORAGE_REFUSED`, `NETWORK_FAILURE`, and those of keyring, encryption headers and metadata. The signal's reason when
 * it was stopped.
 */
export async function upload(content: ByteSource, options: UploadOptions): Promise<UploadedObject> {
  const source = openSource(content);
  const length = checked(options, source.length);
  options.signal?.throwIfAborted();
  const loaded = await engine();
  const plan = new loaded.UploadPlan(length, options.keyring === undefined ? 0 : TAG_LENGTH, options.partSize);
  const { keyring } = options;
  const encryption = keyring && (await Encryption.start(loaded, { ...options, keyring }, length));
  const bodies = new PartBodies(source, length, loaded.segmentLength(), encryption);
  try {
    const headers = storedHeaders(loaded, options, content, encryption);
    const channel = { engine: loaded, presign: options.presign, encryption: options.sse, signal: options.signal };
    const transfer = new Upload(channel, plan, bodies, length + (encryption === undefined ? 0 : TAG_LENGTH), options);
    const stored = plan.isMultipart ? await transfer.inParts(headers) : await transfer.asOnePut(headers, length);
    return { ...stored, headers: metadataOnly(headers), storedLength: transfer.totalBytes };
  } finally {
    await bodies.close();
    encryption?.free();
    plan.free();
  }
}

function checked(options: UploadOptions, sourceLength: number | undefined): number {
  if (options.keyring === undefined && options.sse === undefined) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "say how the object is encrypted: give a keyring (here), sse (by the storage, at least sse.bucketDefault()) or both",
    );
  }
  const length = sourceLength ?? options.contentLength;
  if (length === undefined) {
    throw new EnvelopeError("INVALID_INPUT", "the length of a stream is not known: give contentLength");
  }
  if (options.contentLength !== undefined && options.contentLength !== length) {
    throw new EnvelopeError(
      "CONTENT_LENGTH_MISMATCH",
      `the content is ${String(length)} bytes long where ${String(options.contentLength)} were declared`,
    );
  }
  const concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new EnvelopeError("INVALID_INPUT", "concurrency must be a whole number of parts, at least 1");
  }
  return length;
}

/** The headers that are stored with the object: metadata and media type. */
function storedHeaders(
  loaded: Engine,
  options: UploadOptions,
  content: ByteSource,
  encryption: Encryption | undefined,
): HeaderMap {
  const user = Object.entries(options.metadata ?? {});
  const own = Object.entries(encryption?.metadata() ?? {});
  const headers = loaded.metadataHeaders(user, own) as HeaderMap;
  // The media type of a file that is encrypted here is nobody's business unless the caller says so.
  const contentType = options.contentType ?? (encryption === undefined && content instanceof Blob ? content.type : "");
  return contentType === "" ? headers : { ...headers, "content-type": contentType };
}

function metadataOnly({ "content-type": _, ...metadata }: HeaderMap): HeaderMap {
  return metadata;
}

const DEFAULT_CONCURRENCY = 4;

type Stored = Pick<UploadedObject, "etag" | "versionId">;

/** One upload under way. */
class Upload {
  readonly totalBytes: number;
  readonly #channel: Channel;
  readonly #plan: UploadPlan;
  readonly #bodies: PartBodies;
  readonly #options: UploadOptions;
  #sentBytes = 0;
  #sentParts = 0;

  constructor(channel: Channel, plan: UploadPlan, bodies: PartBodies, totalBytes: number, options: UploadOptions) {
    this.#channel = channel;
    this.#plan = plan;
    this.#bodies = bodies;
    this.totalBytes = totalBytes;
    this.#options = options;
  }

  async asOnePut(headers: HeaderMap, contentLength: number): Promise<Stored> {
    const body = this.#bodies.bodyOf({ offset: 0, contentLength, isLast: true });
    const request = { operation: "PutObject", method: "PUT", query: {}, headers, body } as const;
    const { response } = await send(this.#channel, request);
    this.#acknowledge(this.totalBytes);
    return { etag: response.headers.get("etag") ?? undefined, versionId: versionOf(response) };
  }

  async inParts(headers: HeaderMap): Promise<Stored> {
    const create = { operation: "CreateMultipartUpload", method: "POST", query: { uploads: "" }, headers } as const;
    const uploadId = this.#channel.engine.uploadIdOf(
      (await send(this.#channel, { ...create, readsAnswer: true })).text,
    );
    try {
      return await this.#complete(uploadId, await this.#sendParts(uploadId));
    } catch (error) {
      await this.#abort(uploadId);
      throw error;
    }
  }

  /** Sends all parts, several at a time, and stops them all at the first failure. */
  async #sendParts(uploadId: string): Promise<{ number: number; etag: string }[]> {
    const stop = new AbortController();
    const signal = AbortSignal.any([
      stop.signal,
      ...(this.#options.signal === undefined ? [] : [this.#options.signal]),
    ]);
    const channel = { ...this.#channel, signal };
    const sent: { number: number; etag: string }[] = [];
    let number = 0;
    const lane = async () => {
      while (number < this.#plan.partCount) {
        number += 1;
        sent.push(await this.#sendPart(channel, uploadId, number));
      }
    };
    const lanes = Array.from({ length: this.#options.concurrency ?? DEFAULT_CONCURRENCY }, () =>
      lane().catch((error: unknown) => {
        stop.abort(error);
      }),
    );
    // All lanes have ended before anything else happens: no part may arrive after the upload was aborted.
    await Promise.all(lanes);
    signal.throwIfAborted();
    return sent;
  }

  async #sendPart(channel: Channel, uploadId: string, number: number): Promise<{ number: number; etag: string }> {
    const part = this.#plan.part(number);
    if (part === undefined) {
      throw new EnvelopeError("INTERNAL", "internal error: a plan has no such part");
    }
    const body = this.#bodies.bodyOf(part);
    const query = { partNumber: String(number), uploadId };
    const { response } = await send(channel, { operation: "UploadPart", method: "PUT", query, body });
    const trailer = part.isLast && this.#options.keyring !== undefined ? TAG_LENGTH : 0;
    this.#acknowledge(part.contentLength + trailer);
    return { number, etag: response.headers.get("etag") ?? "" };
  }

  async #complete(uploadId: string, parts: { number: number; etag: string }[]): Promise<Stored> {
    const list = new Blob([this.#channel.engine.completeBody(parts)]);
    const query = { uploadId };
    const request = { operation: "CompleteMultipartUpload", method: "POST", query, body: () => list } as const;
    const { response, text } = await send(this.#channel, { ...request, readsAnswer: true });
    return { etag: this.#channel.engine.completedEtagOf(text), versionId: versionOf(response) };
  }

  /** Removes what the storage holds of a failed upload; the failure itself is what the caller is told. */
  async #abort(uploadId: string): Promise<void> {
    const request = { operation: "AbortMultipartUpload", method: "DELETE", query: { uploadId } } as const;
    await send({ ...this.#channel, signal: undefined }, request).catch(() => undefined);
  }

  #acknowledge(bytes: number): void {
    this.#sentBytes += bytes;
    this.#sentParts += 1;
    this.#options.onProgress?.({
      sentBytes: this.#sentBytes,
      totalBytes: this.totalBytes,
      sentParts: this.#sentParts,
      totalParts: this.#plan.partCount,
    });
  }
}

function versionOf(response: Response): string | undefined {
  return response.headers.get("x-amz-version-id") ?? undefined;
}
