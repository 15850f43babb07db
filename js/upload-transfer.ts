/** The requests of one upload: a single PUT, or a multipart upload with several parts on their way at a time. */

import type { Checksums, Summed } from "./checksum.js";
import type { Engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { PartSupply, PartToSend } from "./parts.js";
import { begun, PartsAhead } from "./parts-ahead.js";
import { type Channel, send, type StorageRequest } from "./request.js";
import { until } from "./stopping.js";
import type { HeaderMap } from "./sse.js";

/** How far an upload is. */
export interface UploadProgress {
  /** Bytes that the storage has acknowledged. */
  readonly sentBytes: number;
  /** Bytes to send in all, the tag included; undefined while the end of a stream of unknown length was not read. */
  readonly totalBytes: number | undefined;
  /** Parts that the storage has acknowledged. */
  readonly sentParts: number;
  /** Parts in all, 1 where the object goes as one PUT; undefined as `totalBytes` is. */
  readonly totalParts: number | undefined;
}

/** What the storage says of an object that it has. */
export interface Stored {
  /** The ETag, with its quotation marks; undefined where the bucket's CORS rules do not expose it. */
  readonly etag: string | undefined;
  /** The object's version, in buckets that keep versions. */
  readonly versionId: string | undefined;
  /** The checksum of its bytes in base64, where one was computed. */
  readonly checksum: string | undefined;
}

/** What an upload is made of. */
export interface UploadMaterials {
  /** The parts. */
  readonly parts: PartSupply;
  /** How they are summed, if they are. */
  readonly checksums: Checksums | undefined;
  /** How many of them are on their way at a time. */
  readonly concurrency: number;
  /** Stops everything else where a part cannot be sent. */
  readonly stop: AbortController;
  /** Told whenever the storage acknowledged something. */
  readonly onProgress: ((progress: UploadProgress) => void) | undefined;
}

/** How long it may take to remove a failed upload, in milliseconds. */
const ABORT_LIMIT_MS = 30_000;
/** How long the caller waits for that who has stopped the upload, in milliseconds. */
const STOPPED_PATIENCE_MS = 1_000;

/** A part that the storage has. */
interface SentPart extends Summed {
  readonly number: number;
  readonly etag: string;
}

/** What all requests of an upload share; its signal tells of both, the caller's wish and a part's failure. */
type StoppableChannel = Channel<Engine> & { readonly signal: AbortSignal };

/** One upload under way. */
export class UploadTransfer {
  readonly #channel: StoppableChannel;
  readonly #materials: UploadMaterials;
  /** What has to be stored before the object is there for readers; called once, when nothing else is left to fail. */
  before: () => Promise<void> = () => Promise.resolve();
  #sentBytes = 0;
  #sentParts = 0;

  /**
   * @param channel - What all requests share.
   * @param materials - What is sent, and how.
   */
  constructor(channel: StoppableChannel, materials: UploadMaterials) {
    this.#channel = channel;
    this.#materials = materials;
  }

  /** Bytes that the storage has acknowledged. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /**
   * Sends everything: what is one part as one PUT.
   *
   * @param headers - What is stored with the object.
   */
  async send(headers: HeaderMap): Promise<Stored> {
    const first = await until(this.#materials.parts.next(), this.#channel.signal);
    if (first === undefined) {
      throw new EnvelopeError("INTERNAL", "internal error: an upload of no parts");
    }
    return first.isLast ? await this.#asOnePut(first, headers) : await this.#inParts(first, headers);
  }

  async #asOnePut(first: PartToSend, headers: HeaderMap): Promise<Stored> {
    const whole = begun(first);
    await until(whole.made, this.#channel.signal);
    await this.before();
    const { response, checksum } = await this.#sendBody(whole, { operation: "PutObject", headers });
    this.#acknowledge(whole.length);
    return { etag: response.headers.get("etag") ?? undefined, versionId: versionOf(response), checksum };
  }

  /** Sends everything in parts. Where that fails, what the storage has of it is removed. */
  async #inParts(first: PartToSend, stored: HeaderMap): Promise<Stored> {
    const ahead = new PartsAhead(this.#materials.parts, first);
    const uploadId = await this.#create(stored);
    try {
      const parts = await this.#sendParts(uploadId, ahead);
      await this.before();
      return await this.#complete(uploadId, parts);
    } catch (error) {
      await this.#abort(uploadId);
      throw error;
    }
  }

  /** Begins a multipart upload. One that begins after the caller stopped waiting for it is removed. */
  async #create(stored: HeaderMap): Promise<string> {
    const { engine, signal } = this.#channel;
    signal.throwIfAborted();
    const headers = { ...stored, ...this.#materials.checksums?.ofCreate() };
    const request = { operation: "CreateMultipartUpload", method: "POST", query: { uploads: "" }, headers } as const;
    // A request that is cut off may have arrived all the same, and nobody would know the upload's ID.
    const creating = send({ ...this.#channel, signal: undefined }, { ...request, readsAnswer: true });
    const uploadId = creating.then(({ text }) => engine.uploadIdOf(text));
    try {
      return await until(uploadId, signal);
    } catch (error) {
      uploadId.then((id) => this.#abort(id)).catch(() => undefined);
      throw error;
    }
  }

  /** Sends all parts, several at a time, and stops them all at the first failure. */
  async #sendParts(uploadId: string, parts: PartsAhead): Promise<SentPart[]> {
    const { signal } = this.#channel;
    const sent: SentPart[] = [];
    const next = () => until(parts.next(), signal);
    const lane = async () => {
      for (let part = await next(); part !== undefined; part = await next()) {
        sent.push(await this.#sendPart(uploadId, part));
      }
    };
    const lanes = Array.from({ length: this.#materials.concurrency }, () =>
      lane().catch((error: unknown) => {
        if (!signal.aborted) {
          this.#materials.stop.abort(error);
        }
      }),
    );
    // All lanes have ended before anything else happens: no part may arrive after the upload was aborted.
    await Promise.all(lanes);
    signal.throwIfAborted();
    return sent.sort((one, other) => one.number - other.number);
  }

  async #sendPart(uploadId: string, part: PartToSend): Promise<SentPart> {
    const { number, length } = part;
    const query = { partNumber: String(number), uploadId };
    const { response, checksum = "" } = await this.#sendBody(part, { operation: "UploadPart", query });
    this.#acknowledge(length);
    return { number, length, checksum, etag: response.headers.get("etag") ?? "" };
  }

  async #sendBody(
    part: PartToSend,
    how: Pick<StorageRequest, "operation" | "headers"> & { readonly query?: HeaderMap },
  ): Promise<{ response: Response; checksum: string | undefined }> {
    let checksum: string | undefined;
    const body = async () => {
      const made = await part.body();
      ({ checksum } = made);
      const { checksums } = this.#materials;
      return { blob: made.blob, headers: checksum === undefined ? {} : (checksums?.ofBody(checksum) ?? {}) };
    };
    const { response } = await send(this.#channel, { query: {}, ...how, method: "PUT", body });
    return { response, checksum };
  }

  async #complete(uploadId: string, parts: SentPart[]): Promise<Stored> {
    const { checksums } = this.#materials;
    const { engine } = this.#channel;
    const list = new Blob([engine.completeBody(parts, checksums?.algorithm)]);
    const checksum = checksums?.wholeOf(parts);
    const request = {
      operation: "CompleteMultipartUpload",
      method: "POST",
      query: { uploadId },
      headers: checksums?.ofComplete(checksum) ?? {},
      body: () => ({ blob: list }),
      readsAnswer: true,
    } as const;
    const { response, text } = await send(this.#channel, request);
    return { etag: engine.completedEtagOf(text), versionId: versionOf(response), checksum };
  }

  /** Removes what the storage holds of a failed upload; the failure itself is what the caller is told. */
  async #abort(uploadId: string): Promise<void> {
    const request = { operation: "AbortMultipartUpload", method: "DELETE", query: { uploadId } } as const;
    const removing = send({ ...this.#channel, signal: AbortSignal.timeout(ABORT_LIMIT_MS) }, request);
    // The caller is told of the failure when this is done. Who stopped the upload does not wait for a network that is gone.
    const isStopped = this.#channel.signal.aborted && !this.#materials.stop.signal.aborted;
    const patience = isStopped ? STOPPED_PATIENCE_MS : ABORT_LIMIT_MS;
    await until(removing, AbortSignal.timeout(patience)).catch(() => undefined);
  }

  #acknowledge(bytes: number): void {
    this.#sentBytes += bytes;
    this.#sentParts += 1;
    const { totalBytes, totalParts } = this.#materials.parts;
    this.#materials.onProgress?.({
      sentBytes: this.#sentBytes,
      totalBytes,
      sentParts: this.#sentParts,
      totalParts,
    });
  }
}

function versionOf(response: Response): string | undefined {
  return response.headers.get("x-amz-version-id") ?? undefined;
}
