/** Data keys that `SubtleCrypto` wraps and unwraps, between two calls of the engine: one that asks, one that takes. */

import type { KeyToWrap } from "./wasm/engine.js";

/**
 * Wraps a data key.
 *
 * @param key - Is consumed.
 * @param ask - Has `SubtleCrypto` begin; fails where the keyring's key does not allow it.
 * @param take - Consumes the key, and takes what was promised: nothing where `SubtleCrypto` refused.
 */
export async function wrapBySubtle<Begun extends { readonly promise: Promise<ArrayBuffer> }, Materials>(
  key: KeyToWrap,
  ask: () => Begun,
  take: (begun: Begun, sealed: Uint8Array | undefined) => Materials,
): Promise<Materials> {
  let begun: Begun;
  try {
    begun = ask();
  } catch (error) {
    key.free();
    throw error;
  }
  return take(begun, await bytesOrNothing(begun.promise));
}

/**
 * Unwraps a data key.
 *
 * @param opening - What `SubtleCrypto` promised.
 * @param take - Takes the bytes, which are wiped then: nothing where `SubtleCrypto` refused.
 */
export async function unwrapBySubtle<DataKey>(
  opening: Promise<ArrayBuffer>,
  take: (opened: Uint8Array | undefined) => DataKey,
): Promise<DataKey> {
  const opened = await bytesOrNothing(opening);
  try {
    return take(opened);
  } finally {
    opened?.fill(0);
  }
}

/** `SubtleCrypto`'s errors say nothing that a caller could use: the engine has an error of its own. */
async function bytesOrNothing(promise: Promise<ArrayBuffer>): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await promise);
  } catch {
    return undefined;
  }
}
