/**
 * OpenPGP.js: streams in and out (README, "Streaming encrypt Uint8Array data"), binary, with `aeadProtect` and AES-GCM,
 * which its README says is the fastest where the platform has it ("Performance"), under a session key, which spares the
 * deliberately slow password.
 */

import { createMessage, decrypt, encrypt, enums, readMessage } from "openpgp";

import { drain } from "../bytes.mjs";

const PIECE = 1024 * 1024;
const CONFIG = { aeadProtect: true, preferredAEADAlgorithm: enums.aead.gcm };

/** @type {import("../contenders.mjs").Open} */
export async function open({ key }) {
  const sessionKey = { data: key, algorithm: "aes256", aeadAlgorithm: "gcm" };
  return {
    async encrypt(source, sink) {
      const message = await createMessage({ binary: source.stream(PIECE) });
      await drain(await encrypt({ message, sessionKey, format: "binary", config: CONFIG }), sink);
    },
    async decrypt(source, sink) {
      const message = await readMessage({ binaryMessage: source.stream(PIECE), config: CONFIG });
      const { data } = await decrypt({ message, sessionKeys: [sessionKey], format: "binary", config: CONFIG });
      await drain(data, sink);
    },
  };
}
