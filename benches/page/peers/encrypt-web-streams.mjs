/**
 * @transcend-io/encrypt-web-streams: AES-256-GCM in Rust and WebAssembly as a TransformStream, used as its README shows
 * ("Streaming", "Supporting Large Files"): end to end, on the calling thread, which spares the transfer to a worker and
 * back. Its decryption releases plaintext before the tag is checked.
 */

import { createDecryptionStream, createEncryptionStream, init } from "@transcend-io/encrypt-web-streams";

import { drain } from "../bytes.mjs";

const PIECE = 1024 * 1024;

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  await init();
  return {
    async encrypt(source, sink) {
      const iv = crypto.getRandomValues(new Uint8Array(12));
      await drain(source.stream(PIECE).pipeThrough(createEncryptionStream(key, iv)), sink);
      return { iv };
    },
    async decrypt(source, sink, { iv }) {
      await drain(source.stream(PIECE).pipeThrough(createDecryptionStream(key, iv)), sink);
    },
  };
}
