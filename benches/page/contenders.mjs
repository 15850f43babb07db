/**
 * Who is measured. Each is a module of its own in peers/, loaded when it is first needed, so that loading can be measured
 * too.
 */

/**
 * @typedef {object} Sides
 * @property {(source: Source, sink: Sink) => Promise<object | undefined>} encrypt gives what decryption needs beside the
 *   ciphertext
 * @property {(source: Source, sink: Sink, parameters: object) => Promise<void>} decrypt
 *
 * @typedef {import("./bytes.mjs").MemorySource | import("./bytes.mjs").StreamedSource} Source
 * @typedef {import("./bytes.mjs").Counter} Sink
 * @typedef {(setting: { key: Uint8Array, variant?: string }) => Promise<Sides>} Open
 */

/** @type {Record<string, () => Promise<{ open: Open }>>} */
const PEERS = {
  "s3-envelope": () => import("./peers/s3-envelope.mjs"),
  "subtlecrypto-oneshot": () => import("./peers/subtlecrypto-oneshot.mjs"),
  "subtlecrypto-segments": () => import("./peers/subtlecrypto-segments.mjs"),
  "libsodium-secretstream": () => import("./peers/libsodium-secretstream.mjs"),
  "encrypt-web-streams": () => import("./peers/encrypt-web-streams.mjs"),
  "noble-aes-gcm": () => import("./peers/noble-aes-gcm.mjs"),
  "age-encryption": () => import("./peers/age-encryption.mjs"),
  openpgp: () => import("./peers/openpgp.mjs"),
  "aws-crypto-client-browser": () => import("./peers/aws-crypto-client-browser.mjs"),
};

/** The key of all that is encrypted here. */
export const KEY = crypto.getRandomValues(new Uint8Array(32));

const opened = new Map();

/**
 * Loads a contender and gets it ready, once.
 *
 * @param {string} peer
 * @param {string} [variant]
 * @returns {Promise<Sides>}
 */
export async function contender(peer, variant) {
  const name = `${peer}/${variant}`;
  if (!opened.has(name)) {
    const { open } = await PEERS[peer]();
    opened.set(name, await open({ key: KEY, variant }));
  }
  return opened.get(name);
}
