/** The wrapping keys of all tests and vectors, in the form that peers and ours are given them. */

import { readFileSync } from "node:fs";

const KEYS = JSON.parse(readFileSync(new URL("../../vectors/s3ec/keys.json", import.meta.url), "utf8"));
/** Stored with every object under a key of ours: it must be found again, and agree. */
export const DESCRIPTION = { project: "s3-envelope", purpose: "interop" };

/** Stored where a data key was wrapped anew. */
const OTHER_DESCRIPTION = { ...DESCRIPTION, rotated: "yes" };

/**
 * Another key of the same kind.
 *
 * @param {"aes" | "rsa"} kind
 */
export function otherKeyring(kind) {
  return { kind, description: OTHER_DESCRIPTION, ...KEYS.other[kind] };
}

/**
 * @param {"aes" | "rsa" | "kms"} kind
 * @param {string} keyId of the KMS key
 */
export function keyringFor(kind, keyId) {
  if (kind === "kms") return { kind, keyId };
  return { kind, description: DESCRIPTION, ...KEYS[kind] };
}
