/** The wrapping keys of all tests and vectors, in the form that peers and ours are given them. */

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const KEYS = JSON.parse(readFileSync(new URL("../../vectors/s3ec/keys.json", import.meta.url), "utf8"));
/** Stored with every object under a key of ours: it must be found again, and agree. */
export const DESCRIPTION = { project: "s3-envelope", purpose: "interop" };

/** Stored where a data key was wrapped anew. */
const OTHER_DESCRIPTION = { ...DESCRIPTION, rotated: "yes" };

/**
 * Another key of the same kind, made for one run.
 *
 * @param {"aes" | "rsa"} kind
 */
export function otherKeyring(kind) {
  const description = OTHER_DESCRIPTION;
  if (kind === "aes") return { kind, description, key: randomBytes(32).toString("base64") };
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { format: "der", type: "spki" },
    privateKeyEncoding: { format: "der", type: "pkcs8" },
  });
  const [spki, pkcs8] = [publicKey, privateKey].map((der) => der.toString("base64"));
  return { kind, description, publicKey: spki, privateKey: pkcs8 };
}

/**
 * @param {"aes" | "rsa" | "kms"} kind
 * @param {string} keyId of the KMS key
 */
export function keyringFor(kind, keyId) {
  if (kind === "kms") return { kind, keyId };
  return { kind, description: DESCRIPTION, ...KEYS[kind] };
}
