/** Downloading an object through a presigned URL: verified before it is released, where it was encrypted here. */

import { decryptObject } from "./decrypt.js";
import { engine } from "./engine.js";
import { EnvelopeError } from "./errors.js";
import type { CommitmentPolicy, Keyring } from "./keyring.js";
import { type Presign, send } from "./request.js";
import type { ServerSideEncryption } from "./sse.js";

/** How far a download is. */
export interface DownloadProgress {
  /** Bytes that have arrived. */
  readonly receivedBytes: number;
  /** Bytes to come in all; undefined where the storage does not say. */
  readonly totalBytes: number | undefined;
}

/** Options of {@link download}. At least one of `keyring` and `sse` must be given. */
export interface DownloadOptions {
  /** Asks for a presigned URL. */
  readonly presign: Presign;
  /** Decrypts the object here. */
  readonly keyring?: Keyring;
  /** Which message formats to read; V3 only unless given. */
  readonly commitmentPolicy?: CommitmentPolicy;
  /** How the storage encrypted the object: only SSE-C needs its key to be sent, the other modes change nothing. */
  readonly sse?: ServerSideEncryption;
  /** Called as bytes arrive. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Stops the download. */
  readonly signal?: AbortSignal;
}

/** An object that was downloaded. */
export interface DownloadedObject {
  /** The content. With a keyring, all of it was authenticated before this came to be. */
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** The whole content as a Blob; reads `body`. */
  blob(): Promise<Blob>;
  /** The media type that was stored with the object. */
  readonly contentType: string;
  /** All user metadata that the storage shows, names with `x-amz-meta-`. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Downloads an object. With a keyring the promise resolves once all of the object is authenticated; where anything was
 * altered it rejects and no byte is released.
 *
 * @param options - Where from, how encrypted, and what else there is to say.
 * @throws {@link EnvelopeError} `STORAGE_REFUSED`, `NETWORK_FAILURE`, the errors of {@link decryptObject}, and the
 * signal's reason.
 */
export async function download(options: DownloadOptions): Promise<DownloadedObject> {
  if (options.keyring === undefined && options.sse === undefined) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "say how the object is encrypted: give a keyring (here), sse (by the storage, at least sse.bucketDefault()) or both",
    );
  }
  const channel = { engine: await engine(), presign: options.presign, encryption: options.sse, signal: options.signal };
  const { response } = await send(channel, { operation: "GetObject", method: "GET", query: {} });
  const arriving = counted(response, options.onProgress);
  const { keyring, commitmentPolicy } = options;
  const body =
    keyring === undefined
      ? arriving
      : await decryptObject(
          { body: arriving, metadata: response.headers },
          { keyring, ...(commitmentPolicy === undefined ? {} : { commitmentPolicy }) },
        );
  const contentType = response.headers.get("content-type") ?? "";
  return {
    body,
    blob: async () => new Blob([await new Response(body).arrayBuffer()], { type: contentType }),
    contentType,
    headers: Object.fromEntries([...response.headers].filter(([name]) => name.startsWith("x-amz-meta-"))),
  };
}

/** The body, reporting how much of it has passed; a connection that breaks off is told as what it is. */
function counted(
  response: Response,
  onProgress: DownloadOptions["onProgress"],
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = (response.body ?? new Blob().stream()).getReader();
  const announced = Number(response.headers.get("content-length") ?? NaN);
  const totalBytes = Number.isNaN(announced) ? undefined : announced;
  let receivedBytes = 0;
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch(brokenOff);
        if (done) {
          controller.close();
          return;
        }
        receivedBytes += value.length;
        onProgress?.({ receivedBytes, totalBytes });
        controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function brokenOff(cause: unknown): never {
  if (cause instanceof TypeError) {
    throw new EnvelopeError(
      "NETWORK_FAILURE",
      "the storage's answer broke off before its end: the connection was lost, or the storage refused to give the rest",
      { cause },
    );
  }
  throw cause;
}
