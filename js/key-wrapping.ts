/** Data keys that `SubtleCrypto` wraps and unwraps, between two calls of the engine: one that asks, one that takes. */

import type { Engine } from "./engine.js";
import { orFreed } from "./stopping.js";
import type { EncryptionMaterials, KeyToWrap, Sealing } from "./wasm/engine.js";

/** A WebAssembly file that wraps data keys: the engine those of new objects, the reader those that it unwrapped. */
export type Wrapper = Pick<Engine, "RawAesKeyring" | "sealByAes" | "sealByRsa">;

/**
 * Wraps a data key.
 *
 * @param key - Is consumed.
 * @param seal - Has `SubtleCrypto` begin.
 * @param description - The materials description.
 */
export async function wrapBySubtle(
  key: KeyToWrap,
  seal: () => Sealing,
  description: unknown,
): Promise<EncryptionMaterials> {
  const sealing = await orFreed(key, seal);
  return sealing.wrapped(key, await bytesOrNothing(sealing.promise), description);
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
