/**
 * age-encryption (typage): streams in and out, which its README recommends for large files ("Encrypt and decrypt using
 * the Streams API"), to an X25519 recipient, which spares the deliberately slow passphrase. Its chunks of 64 KiB are
 * encrypted with ChaCha20-Poly1305.
 */

import { Decrypter, Encrypter, generateIdentity, identityToRecipient } from "age-encryption";

import { drain } from "../bytes.mjs";

const PIECE = 1024 * 1024;

/** @type {import("../contenders.mjs").Open} */
export async function open() {
  const identity = await generateIdentity();
  const recipient = await identityToRecipient(identity);
  return {
    async encrypt(source, sink) {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      await drain(await encrypter.encrypt(source.stream(PIECE)), sink);
    },
    async decrypt(source, sink) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      await drain(await decrypter.decrypt(source.stream(PIECE)), sink);
    },
  };
}
