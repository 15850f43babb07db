/**
 * @noble/ciphers: `gcm` of its own JavaScript implementation (README, "aes: gcm, gcmsiv, …"), over the whole buffer, as it
 * has no streaming AES-GCM. Its `webcrypto.js` is a thin wrapper over SubtleCrypto, which is measured as itself.
 */

import { gcm } from "@noble/ciphers/aes.js";

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  return {
    async encrypt(source, sink) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      sink.take(gcm(key, iv).encrypt(source.bytes));
      return { iv };
    },
    async decrypt(source, sink, { iv }) {
      sink.take(gcm(key, iv).decrypt(source.bytes));
    },
  };
}
