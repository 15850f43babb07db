/** The derivation of a passphrase's key, wherever it is done: by a worker, or on the calling thread. */

import { EnvelopeError, isEnvelopeError } from "./errors.js";

/** What a key is derived from. */
export interface Derivation {
  /** The passphrase, as bytes. */
  readonly passphrase: Uint8Array<ArrayBuffer>;
  /** The salt. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** The memory in KiB, the passes over it, and the lanes. */
  readonly cost: readonly [memoryKib: number, iterations: number, parallelism: number];
}

/** What of `passphrase_bg.wasm` is used. */
type Argon2id = Pick<typeof import("./wasm/passphrase.js"), "derivePassphraseKey">;

/**
 * The key. Blocks its thread for as long as that takes.
 *
 * @param file - The WebAssembly file, which was started.
 * @param derivation - What the key is derived from.
 * @throws {@link EnvelopeError} `PASSPHRASE_PARAMETERS_INVALID`, and `ENGINE_UNAVAILABLE` where there is too little memory.
 */
export function derivedBy(file: Argon2id, { passphrase, salt, cost }: Derivation): Uint8Array<ArrayBuffer> {
  try {
    return file.derivePassphraseKey(passphrase, salt, ...cost) as Uint8Array<ArrayBuffer>;
  } catch (error) {
    // What cannot have its memory ends WebAssembly, which says no more than that.
    throw isEnvelopeError(error) ? error : derivationFailure();
  }
}

/** A derivation that ended without a key. */
export function derivationFailure(): EnvelopeError {
  return new EnvelopeError(
    "ENGINE_UNAVAILABLE",
    "the passphrase's key could not be derived: the browser has too little memory for what kdf-memory-kib asks; try " +
      "again with less open",
  );
}
