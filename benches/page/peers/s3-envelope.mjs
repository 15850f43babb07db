/**
 * This toolkit: `encryptObject` and `decryptObject`, whose chunks are discarded when they were read (README.md, "In an
 * app"). Each variant names engine and workers; `auto` leaves both to the toolkit, as most callers do, and `kept` leaves the
 * chunks to the garbage collector besides. Bytes in memory are handed over as they are, others as a stream.
 */

import { AesKeyring, decryptObject, discard, encryptObject, init } from "s3-envelope";

import { drain } from "../bytes.mjs";

/** As long as those of the ceiling. */
const PIECE = 512 * 1024;

/** What each variant asks for. */
export const VARIANTS = {
  auto: {},
  kept: {},
  "subtle-0w": { engine: "subtle", workers: 0 },
  "subtle-1w": { engine: "subtle", workers: 1 },
  "subtle-2w": { engine: "subtle", workers: 2 },
  rust: { engine: "rust", workers: 0 },
  "other-stream": {},
  spooled: {},
};

/** @type {import("../contenders.mjs").Open} */
export async function open({ key, variant = "auto" }) {
  await init();
  const keyring = await AesKeyring.fromBytes(key);
  const options = { keyring, ...VARIANTS[variant] };
  const done = variant === "kept" ? undefined : discard;
  return {
    async encrypt(source, sink) {
      const content = source.bytes ?? source.stream(PIECE);
      const { body, metadata } = await encryptObject(content, { ...options, contentLength: source.length });
      await drain(body, sink, done);
      return { metadata };
    },
    async decrypt(source, sink, { metadata }) {
      await drain(await decryptObject({ body: source.bytes ?? source.stream(PIECE), metadata }, options), sink, done);
    },
  };
}
