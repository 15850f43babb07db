/** Downloading an object through presigned URLs: verified before it is released, where it was encrypted here. */

import { type DecryptOptions, openDecryption } from "./decrypt.js";
import type { DecryptedContent } from "./decrypt-stream.js";
import { discarding } from "./discard.js";
import { type ContentRange, downloadRange } from "./download-range.js";
import { fetchInstructionFile } from "./fetch-instruction-file.js";
import type { Keyring } from "./keyring.js";
import { streamOfObject } from "./object-stream.js";
import { bodyOf, lengthOf, openObject } from "./ranges.js";
import { reader } from "./reader.js";
import { type Presign, stoppable } from "./request.js";
import { blobOf, givesAway, piecesOf } from "./source.js";
import type { ServerSideEncryption } from "./sse.js";
import { until } from "./stopping.js";
import { checkProtection, concurrencyOf } from "./transfer-options.js";

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that have arrived. */
  readonly receivedBytes: number;
  /** Bytes to come in all; undefined where the storage does not say. */
  readonly totalBytes: number | undefined;
}

/** Options of {@link download}. At least one of `keyring` and `sse` must be given. */
export interface DownloadOptions extends Omit<DecryptOptions, "keyring"> {
  /** Asks for a presigned URL for each request. */
  readonly presign: Presign;
  /** Decrypts the object here. */
  readonly keyring?: Keyring | undefined;
  /** How the storage encrypted the object: only SSE-C needs its key to be sent, the other modes change nothing. */
  readonly sse?: ServerSideEncryption | undefined;
  /** The suffix of the object's instruction file, where its wrapped data key is in one; `.instruction` unless given. */
  readonly instructionFileSuffix?: string | undefined;
  /**
   * Fetches a part of the content only, by one request, **without authenticating it**: whoever can write to the storage can
   * flip any bit of it. It needs `enableLegacyUnauthenticatedModes` and is for objects in GCM mode (V2 and V3). What else is
   * said of being authenticated does not hold for such a download.
   */
  readonly range?: ContentRange | undefined;
  /** The length of a range in bytes, 8 MiB unless given. A range that breaks off is asked for again. */
  readonly partSize?: number | undefined;
  /** How many ranges are on their way at a time; 4 unless given. Memory is about this times the length of a range. */
  readonly concurrency?: number | undefined;
  /** Called as bytes arrive. */
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
  /** Stops the download. */
  readonly signal?: AbortSignal | undefined;
}

/** An object that was downloaded. One of `body`, `blob` and `saveTo` can be used, once. */
export interface DownloadedObject {
  /**
   * The content. With a keyring, all of it was authenticated before this came to be; not so with
   * `release: "delayed-authentication"`, a `range`, or content in CBC mode.
   */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The whole content as a Blob, which the browser keeps outside the page's memory. */
  blob(): Promise<Blob>;
  /**
   * Writes the content to a file that the user chose (`showSaveFilePicker`), or to any writable stream. Where it fails,
   * the file is left as it was before.
   *
   * @param target - Where to.
   */
  saveTo(target: FileSystemFileHandle | WritableStream<Uint8Array<ArrayBuffer>>): Promise<void>;
  /** The length of the content in bytes, where it is known. It is as authentic as the content is. */
  readonly size: number | undefined;
  /** The media type that was stored with the object. */
  readonly contentType: string;
  /** The storage's ETag, with its quotation marks; undefined where the bucket's CORS rules do not expose it. */
  readonly etag: string | undefined;
  /** The object's version, in buckets that keep versions; exposed by CORS rules as `x-amz-version-id`. */
  readonly versionId: string | undefined;
  /** All user metadata that the storage shows, names with `x-amz-meta-`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Downloads an object, in ranges where the storage has them. With a keyring the promise resolves once all of the object
 * is authenticated; where anything was altered it rejects and no byte is released. (Three opt-ins give content that is not
 * authenticated, or not yet: `release: "delayed-authentication"`, `range`, and CBC mode.)
 *
 * @param options - Where from, how encrypted, and what else there is to say.
 * @throws {@link EnvelopeError} `INVALID_INPUT`, `STORAGE_REFUSED`, `NETWORK_FAILURE`, `UNEXPECTED_STORAGE_ANSWER`,
 * `TRUNCATED_STORAGE_ANSWER`, the errors of `decryptObject`, and the signal's reason. Without a keyring, what goes wrong
 * after the beginning comes through the stream.
 */
export async function download(options: DownloadOptions): Promise<DownloadedObject> {
  checkProtection(options);
  const concurrency = concurrencyOf(options, "ranges");
  const { channel, stopping } = stoppable({
    engine: await reader(),
    presign: options.presign,
    encryption: options.sse,
    signal: options.signal,
  });
  const progress = new Progress(options.onProgress);
  const onBytes = (bytes: number) => {
    try {
      progress.add(bytes);
    } catch (error) {
      // The caller's own error, which is no failure of the storage that could be tried again.
      stopping.stop.abort(error);
      throw error;
    }
  };
  if (options.range !== undefined) {
    const { content, headers } = await until(downloadRange(channel, options, options.range), channel.signal);
    onBytes(content.length);
    return downloaded({ content: new Blob([content]).stream(), size: content.length }, headers);
  }
  const onLength = (bytes: number) => {
    progress.expect(bytes);
  };
  const opened = await openObject(channel, { partSize: options.partSize, concurrency, onBytes, onLength });
  const { headers } = opened.response;
  const storedLength = opened.totalBytes ?? lengthOf(opened.response);
  progress.expect(storedLength);
  const { keyring } = options;
  const isOurs = givesAway(bodyOf(opened.response));
  const use = keyring === undefined || !isOurs ? "kept" : "lent";
  const body = streamOfObject(opened, use, { onBytes, stopping });
  if (keyring === undefined) {
    return downloaded({ content: body, size: storedLength }, headers);
  }
  try {
    const instructionFile = await fetchInstructionFile(channel, headers.entries(), options.instructionFileSuffix);
    const object = { body, metadata: headers, instructionFile, storedLength, leavesGarbage: !isOurs };
    return downloaded(await openDecryption(object, { ...options, keyring }), headers, discarding);
  } catch (error) {
    // An object that cannot be read need not arrive.
    stopping.stop.abort();
    throw error;
  }
}

type Chunks = AsyncGenerator<Uint8Array<ArrayBuffer>>;

/** What was decrypted here is nobody else's, and can be discarded; what arrived may be whoever's answers the request. */
function downloaded(
  { content: body, size }: DecryptedContent,
  headers: Headers,
  used: (chunks: Chunks) => Chunks = (chunks) => chunks,
): DownloadedObject {
  const contentType = headers.get("content-type") ?? "";
  return {
    body,
    size,
    blob: () => blobOf(used(piecesOf(body)), contentType),
    saveTo: (target) => ("createWritable" in target ? writeFile(body, used, target) : body.pipeTo(target)),
    contentType,
    etag: headers.get("etag") ?? undefined,
    versionId: headers.get("x-amz-version-id") ?? undefined,
    headers: Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-amz-meta-"))),
  };
}

/** Tells how far a download is. */
class Progress {
  readonly #tell: DownloadOptions["onProgress"];
  #receivedBytes = 0;
  #totalBytes: number | undefined;

  constructor(tell: DownloadOptions["onProgress"]) {
    this.#tell = tell;
  }

  expect(total: number | undefined): void {
    this.#totalBytes = total;
  }

  add(bytes: number): void {
    this.#receivedBytes += bytes;
    this.#tell?.({ receivedBytes: this.#receivedBytes, totalBytes: this.#totalBytes });
  }
}

/** A writable that is aborted, as one is when the chunks fail, leaves the file as it was. */
async function writeFile(
  body: DownloadedObject["body"],
  used: (chunks: Chunks) => Chunks,
  file: FileSystemFileHandle,
): Promise<void> {
  const writable = await file.createWritable().catch(async (error: unknown) => {
    // What was spooled, or is on its way, has nowhere to go.
    await body.cancel(error).catch(() => undefined);
    throw error;
  });
  try {
    for await (const chunk of used(piecesOf(body))) {
      await writable.write(chunk);
    }
    await writable.close();
  } catch (error) {
    await writable.abort(error).catch(() => undefined);
    throw error;
  }
}
