/**
 * The browser's own AES-GCM over the whole buffer in one call: the only way that SubtleCrypto offers, and what most pages
 * do (Web Cryptography API, section 29, AES-GCM). It cannot stream.
 */

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
  return {
    async encrypt(source, sink) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      sink.take(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, imported, source.bytes));
      return { iv };
    },
    async decrypt(source, sink, { iv }) {
      sink.take(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, imported, source.bytes));
    },
  };
}
