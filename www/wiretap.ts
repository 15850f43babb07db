/**
 * Listens where requests leave the page: what goes to the storage is shown as it was sent, not as it was meant.
 * Everything is passed on untouched.
 */

import { STORAGE_DOMAIN } from "./protocol.js";

/** A request as it left, and how it was answered. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  /** The length of the body in bytes. */
  readonly bodyLength: number;
  /** The first bytes of the body. */
  readonly bodyStart: Uint8Array<ArrayBuffer>;
  status: number | undefined;
  answerHeaders: readonly (readonly [string, string])[];
}

/** How much of a body is kept for show. */
const KEPT_BYTES = 256;

let recording: Exchange[] = [];

/** Forgets what was heard before, and returns the list that fills from now on. */
export function startRecording(): readonly Exchange[] {
  recording = [];
  return recording;
}

/** Starts to listen. */
export function tapFetch(): void {
  const untapped = globalThis.fetch.bind(globalThis);
  globalThis.fetch = async (input, init) => {
    const exchange = typeof input === "string" && isStorage(input) ? await note(input, init) : undefined;
    const response = await untapped(input, init);
    if (exchange !== undefined) {
      exchange.status = response.status;
      exchange.answerHeaders = [...response.headers];
    }
    return response;
  };
}

function isStorage(url: string): boolean {
  return new URL(url, location.href).hostname.endsWith(STORAGE_DOMAIN);
}

async function note(url: string, init: RequestInit | undefined): Promise<Exchange> {
  const { body } = init ?? {};
  // The package sends Blobs; the page itself, bytes and text.
  const sent = body instanceof Blob ? body : new Blob(isPlain(body) ? [body] : []);
  const exchange: Exchange = {
    method: init?.method ?? "GET",
    url,
    headers: [...new Headers(init?.headers)],
    bodyLength: sent.size,
    bodyStart: new Uint8Array(await sent.slice(0, KEPT_BYTES).arrayBuffer()),
    status: undefined,
    answerHeaders: [],
  };
  recording.push(exchange);
  return exchange;
}

function isPlain(body: RequestInit["body"]): body is string | Uint8Array<ArrayBuffer> {
  return typeof body === "string" || body instanceof Uint8Array;
}
