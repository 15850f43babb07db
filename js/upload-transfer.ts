/** The requests of one upload: a single PUT, or a multipart upload with several parts on their way at a time. */

import { EnvelopeError } from "./errors.js";
import type { PartBodies } from "./parts.js";
import { type Channel, send, stoppable } from "./request.js";
import type { HeaderMap } from "./sse.js";
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

/** What the storage says of an object that it has. */
export interface Stored {
  /** The ETag, with its quotation marks; undefined where the bucket's CORS rules do not expose it. */
  readonly etag: string | undefined;
  /** The object's version, in buckets that keep versions. */
  readonly versionId: string | undefined;
}

/** How much there is to send, and how much of it at a time. */
export interface UploadSizes {
  /** The content's length in bytes. */
  readonly contentLength: number;
  /** What follows it, in bytes: the tag, or nothing. */
  readonly trailer: number;
  /** How many parts are on their way at a time. */
  readonly concurrency: number;
}

/** One upload under way. */
export class UploadTransfer {
  /** Bytes to send in all. */
  readonly totalBytes: number;
  readonly #channel: Channel;
  readonly #plan: UploadPlan;
  readonly #bodies: PartBodies;
  readonly #sizes: UploadSizes;
  readonly #onProgress: ((progress: UploadProgress) => void) | undefined;
  /** What has to be stored before the object is there for readers; called once, when nothing else is left to fail. */
  before: () => Promise<void> = () => Promise.resolve();
  #sentBytes = 0;
  #sentParts = 0;

  /**
   * @param channel - What all requests share.
   * @param plan - How the object is cut.
   * @param bodies - Makes what is sent.
   * @param sizes - How much there is.
   * @param onProgress - Told whenever the storage acknowledged something.
   */
  constructor(
    channel: Channel,
    plan: UploadPlan,
    bodies: PartBodies,
    sizes: UploadSizes,
    onProgress: ((progress: UploadProgress) => void) | undefined,
  ) {
    this.#channel = channel;
    this.#plan = plan;
    this.#bodies = bodies;
    this.#sizes = sizes;
    this.#onProgress = onProgress;
    this.totalBytes = sizes.contentLength + sizes.trailer;
  }

  /**
   * Sends everything by one PUT.
   *
   * @param headers - What is stored with the object.
   */
  async asOnePut(headers: HeaderMap): Promise<Stored> {
    await this.before();
    const { contentLength } = this.#sizes;
    const body = this.#bodies.bodyOf({ offset: 0, contentLength, isLast: true });
    const request = { operation: "PutObject", method: "PUT", query: {}, headers, body } as const;
    const { response } = await send(this.#channel, request);
    this.#acknowledge(this.totalBytes);
    return { etag: response.headers.get("etag") ?? undefined, versionId: versionOf(response) };
  }

  /**
   * Sends everything in parts. Where that fails, what the storage has of it is removed.
   *
   * @param headers - What is stored with the object.
   */
  async inParts(headers: HeaderMap): Promise<Stored> {
    const create = { operation: "CreateMultipartUpload", method: "POST", query: { uploads: "" }, headers } as const;
    const uploadId = this.#channel.engine.uploadIdOf(
      (await send(this.#channel, { ...create, readsAnswer: true })).text,
    );
    try {
      const parts = await this.#sendParts(uploadId);
      await this.before();
      return await this.#complete(uploadId, parts);
    } catch (error) {
      await this.#abort(uploadId);
      throw error;
    }
  }

  /** Sends all parts, several at a time, and stops them all at the first failure. */
  async #sendParts(uploadId: string): Promise<{ number: number; etag: string }[]> {
    const { channel, stop } = stoppable(this.#channel);
    const sent: { number: number; etag: string }[] = [];
    let number = 0;
    const lane = async () => {
      while (number < this.#plan.partCount) {
        number += 1;
        sent.push(await this.#sendPart(channel, uploadId, number));
      }
    };
    const lanes = Array.from({ length: this.#sizes.concurrency }, () =>
      lane().catch((error: unknown) => {
        stop.abort(error);
      }),
    );
    // All lanes have ended before anything else happens: no part may arrive after the upload was aborted.
    await Promise.all(lanes);
    channel.signal.throwIfAborted();
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
    this.#acknowledge(part.contentLength + (part.isLast ? this.#sizes.trailer : 0));
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
    this.#onProgress?.({
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
