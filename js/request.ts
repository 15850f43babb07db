/** One request to the storage through a presigned URL, sent again where that can help. */

import type { Transfers } from "./engine.js";
import { EnvelopeError, isEnvelopeError } from "./errors.js";
import type { PresignedOperation } from "./presign.js";
import type { HeaderMap, Operation, ServerSideEncryption } from "./sse.js";
import { toEngine } from "./sse.js";
import { stopBy, type Stopping, until } from "./stopping.js";

/** What a presigned URL is wanted for. */
export interface PresignRequest {
  /** The S3 operation: one that `presign` knows by name. */
  readonly operation: PresignedOperation;
  /** Its HTTP method. */
  readonly method: "GET" | "PUT" | "POST" | "DELETE";
  /**
   * What to append to the object's key: empty for the object itself, `.instruction` (or the suffix that was asked for) for
   * its instruction file. A signer that ignores it is noticed, and nothing is sent.
   */
  readonly keySuffix: string;
  /** Its query parameters: `uploads`, `uploadId`, `partNumber`. */
  readonly query: Readonly<Record<string, string>>;
  /**
   * The headers to sign, with the very values that will be sent. Customer keys are never among them: for SSE-C the
   * algorithm alone is signed.
   */
  readonly headers: Readonly<HeaderMap>;
}

/** What a signer answers. */
export interface PresignedUrl {
  /** The URL, used word for word. */
  readonly url: string;
  /** Further headers that the signature demands. */
  readonly headers?: Readonly<HeaderMap> | undefined;
}

/**
 * Asks whoever holds the credentials, usually the app's own backend, for a presigned URL. The backend must not sign whatever
 * a page sends: with other headers, another query or another suffix a page could copy, publish or replace other objects. What
 * to let through is in docs/backend.md.
 *
 * A URL is asked for each attempt of a request, of which there are six at most. What this function throws ends the operation,
 * which throws it as it is: where asking again can help, do so in here.
 */
export type Presign = (request: PresignRequest) => Promise<PresignedUrl> | PresignedUrl;

/** What all requests of one transfer share. */
export interface Channel<Loaded extends Transfers = Transfers> {
  /** The WebAssembly file that the transfer uses. */
  readonly engine: Loaded;
  readonly presign: Presign;
  readonly encryption: ServerSideEncryption | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * A channel that can be stopped by itself, as well as by the caller's signal.
 *
 * @param channel - The channel.
 */
export function stoppable<Loaded extends Transfers>(
  channel: Channel<Loaded>,
): {
  readonly channel: Channel<Loaded> & { readonly signal: AbortSignal };
  readonly stopping: Stopping;
} {
  const stopping = stopBy(channel.signal);
  return { channel: { ...channel, signal: stopping.signal }, stopping };
}

/** One request. */
export interface StorageRequest extends Omit<PresignRequest, "headers" | "keySuffix"> {
  /** What to append to the object's key; nothing unless given. */
  readonly keySuffix?: string;
  /** Headers beside those of server-side encryption. */
  readonly headers?: Readonly<HeaderMap>;
  /** What to send; made anew for each attempt, so that nothing has to be kept for one that may never come. */
  readonly body?: () => Promise<RequestBody> | RequestBody;
  /** Headers that are sent and not signed, such as `Range`. */
  readonly unsigned?: Readonly<HeaderMap>;
  /** A status that is an answer like any other, though it means an error elsewhere. */
  readonly accepts?: number;
  /** Reads the answer's body as a part of the attempt, so that one that breaks off is asked for again. */
  readonly reads?: (response: Response) => Promise<void>;
  /** Whether the answer may be an error under status 200, and so must be read to be believed. */
  readonly readsAnswer?: boolean;
}

/** What is sent. */
export interface RequestBody {
  readonly blob: Blob;
  /** Headers that are only known once it is there, such as its checksum. They are signed. */
  readonly headers?: Readonly<HeaderMap>;
}

/** An answer that is no error; `text` where it was read. */
export interface StorageAnswer {
  readonly response: Response;
  readonly text: string;
}

/** In answer to a failed attempt: ask for a new URL and send at once. */
const REPRESIGN = -1;

/**
 * Sends a request, with retries.
 *
 * @param channel - The transfer that it belongs to.
 * @param request - What to send.
 * @throws {@link EnvelopeError} `STORAGE_REFUSED` or `NETWORK_FAILURE` once retries are used up,
 * `SECRET_HEADER_IN_URL` or `INSECURE_TRANSPORT` before anything is sent; whatever `presign` throws; the signal's
 * reason.
 */
export async function send(channel: Channel, request: StorageRequest): Promise<StorageAnswer> {
  const encryption = await encryptionHeaders(channel, request.operation);
  const attempts = new channel.engine.RequestAttempts();
  try {
    for (;;) {
      const outcome = await attempt(channel, await readied(channel, request, encryption), attempts);
      if ("response" in outcome) {
        return outcome;
      }
      await delay(outcome.waitMs, channel.signal);
    }
  } finally {
    attempts.free();
  }
}

/** Makes a request ready for one attempt. Nobody else holds its body, so that none is kept while another one is waited for. */
async function readied(
  channel: Channel,
  request: StorageRequest,
  encryption: EncryptionHeaders,
): Promise<ReadyRequest> {
  channel.signal?.throwIfAborted();
  // Before the URL, whose time is limited: the last part of an object has to wait for all others.
  const body = await until(request.body?.(), channel.signal);
  const signed = { ...request.headers, ...body?.headers, ...encryption.signed };
  // A URL is asked for each attempt: the last may have expired, and signing is cheap.
  const { operation, method, query, keySuffix = "" } = request;
  const asking = channel.presign({ operation, method, query, keySuffix, headers: signed });
  const presigned = await until(asking, channel.signal);
  channel.engine.checkPresignedUrl(presigned.url, encryption.carriesKey);
  checkKeySuffix(presigned.url, keySuffix);
  const headers = { ...signed, ...request.unsigned, ...presigned.headers, ...encryption.all };
  return { request, url: presigned.url, headers, body: body?.blob ?? null };
}

/** An instruction file must never end up in the place of its object. */
function checkKeySuffix(url: string, suffix: string): void {
  const [path = ""] = url.split(/[?#]/, 1);
  if (suffix !== "" && !decodeURIComponent(path).endsWith(suffix)) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      `presign gave a URL for another object: it was asked for the object's key with ${suffix} appended (keySuffix)`,
    );
  }
}

/** All that goes into one attempt. */
interface ReadyRequest {
  readonly request: StorageRequest;
  readonly url: string;
  readonly headers: HeaderMap;
  readonly body: Blob | null;
}

/** One attempt: an answer, or how long to wait before the next one. */
async function attempt(
  channel: Channel,
  ready: ReadyRequest,
  attempts: InstanceType<Transfers["RequestAttempts"]>,
): Promise<StorageAnswer | { waitMs: number }> {
  let answer: StorageAnswer;
  try {
    answer = await exchange(channel, ready);
  } catch (cause) {
    channel.signal?.throwIfAborted();
    if (isEnvelopeError(cause)) {
      // An answer came, and another one would be no better.
      throw cause;
    }
    return next(attempts.networkFailed(jitter()), attempts, cause);
  }
  const { response, text } = answer;
  if (
    isAccepted(ready.request, response) &&
    !(ready.request.readsAnswer === true && channel.engine.isErrorDocument(text))
  ) {
    return answer;
  }
  const retryAfter = response.headers.get("retry-after") ?? undefined;
  return next(attempts.refused(response.status, text, retryAfter, jitter()), attempts);
}

async function exchange(channel: Channel, { request, url, headers, body }: ReadyRequest): Promise<StorageAnswer> {
  const response = await fetch(url, {
    method: request.method,
    headers,
    body,
    signal: channel.signal ?? null,
    // A presigned URL is all the authority there is; a redirect would carry the key headers elsewhere.
    credentials: "omit",
    redirect: "error",
    referrerPolicy: "no-referrer",
    cache: "no-store",
  });
  if (!isAccepted(request, response) || request.readsAnswer === true) {
    return { response, text: await response.text() };
  }
  await request.reads?.(response).catch((error: unknown) => {
    // What is not read to its end need not come.
    void response.body?.cancel(error).catch(() => undefined);
    throw error;
  });
  return { response, text: "" };
}

function isAccepted(request: StorageRequest, response: Response): boolean {
  return response.ok || response.status === request.accepts;
}

function next(
  waitMs: number | undefined,
  attempts: InstanceType<Transfers["RequestAttempts"]>,
  cause?: unknown,
): { waitMs: number } {
  if (waitMs !== undefined) {
    return { waitMs: waitMs === REPRESIGN ? 0 : waitMs };
  }
  const failure: unknown = attempts.failure();
  throw failure instanceof EnvelopeError && cause !== undefined
    ? new EnvelopeError(failure.code, failure.message, { cause })
    : failure;
}

/** The headers of server-side encryption: those that are signed, and all, with the key that the signer never sees. */
interface EncryptionHeaders {
  readonly signed: HeaderMap;
  readonly all: HeaderMap;
  readonly carriesKey: boolean;
}

async function encryptionHeaders(channel: Channel, operation: Operation): Promise<EncryptionHeaders> {
  if (channel.encryption === undefined) {
    return { signed: {}, all: {}, carriesKey: false };
  }
  const encryption = await toEngine(channel.encryption);
  try {
    const signed = encryption.headersToSignFor(operation) as HeaderMap;
    const all = encryption.headersFor(operation) as HeaderMap;
    return { signed, all, carriesKey: Object.keys(all).length > Object.keys(signed).length };
  } finally {
    encryption.free();
  }
}

/** Spreads retries; it needs no secrecy. */
export function jitter(): number {
  return Math.floor(Math.random() * 2 ** 32);
}

/**
 * Waits.
 *
 * @param ms - How long, in milliseconds.
 * @param signal - Ends the wait with its reason.
 */
export function delay(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- the caller's own reason, as fetch does
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
