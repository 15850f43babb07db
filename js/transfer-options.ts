/** What uploads and downloads are told alike. */

import { EnvelopeError } from "./errors.js";
import type { Keyring } from "./keyring.js";
import type { ServerSideEncryption } from "./sse.js";

/** How many pieces are on their way at a time, unless the caller says otherwise. */
const DEFAULT_CONCURRENCY = 4;

/** The options that are checked alike. */
interface TransferOptions {
  readonly keyring?: Keyring | undefined;
  readonly sse?: ServerSideEncryption | undefined;
  readonly concurrency?: number | undefined;
}

/**
 * Checks that it was said how the object is encrypted, so that nothing is sent in the clear by mistake.
 *
 * @param options - What the caller wants.
 * @throws {@link EnvelopeError} `INVALID_INPUT`.
 */
export function checkProtection({ keyring, sse }: TransferOptions): void {
  if (keyring === undefined && sse === undefined) {
    throw new EnvelopeError(
      "INVALID_INPUT",
      "say how the object is encrypted: give a keyring (here), sse (by the storage, at least sse.bucketDefault()) or both",
    );
  }
}

/**
 * How many pieces are to be on their way at a time.
 *
 * @param options - What the caller wants.
 * @param pieces - What the pieces are called.
 * @throws {@link EnvelopeError} `INVALID_INPUT`.
 */
export function concurrencyOf({ concurrency = DEFAULT_CONCURRENCY }: TransferOptions, pieces: string): number {
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new EnvelopeError("INVALID_INPUT", `concurrency must be a whole number of ${pieces}, at least 1`);
  }
  return concurrency;
}
