/**
 * Opens an object as the S3 Encryption Client's specification describes it, with SubtleCrypto alone: a second opinion on
 * what the toolkit wrote. Message format V3, wrapped with AES-GCM.
 */

const SUITE = Uint8Array.of(0x00, 0x73);
const CONTENT_IV = new Uint8Array(12).fill(1);
const WRAPPING_LABEL = "115";

/**
 * @param {Uint8Array} wrappingKey
 * @param {Record<string, string>} metadata names without `x-amz-meta-`
 * @param {Uint8Array} body ciphertext and tag
 * @returns {Promise<Uint8Array>} the content
 */
export async function openObject(wrappingKey, metadata, body) {
  const dataKey = await unwrap(wrappingKey, fromBase64(metadata["x-amz-3"]));
  const salt = fromBase64(metadata["x-amz-i"]);
  const commitment = await derive(dataKey, salt, "COMMITKEY", 28);
  if (toText(commitment) !== toText(fromBase64(metadata["x-amz-d"]))) throw new Error("the key commitment differs");
  const contentKey = await derive(dataKey, salt, "DERIVEKEY", 32);
  return open(contentKey, { iv: CONTENT_IV, additionalData: SUITE }, body);
}

/** Wrapped keys are IV, ciphertext and tag, bound to the name of the suite. */
function unwrap(wrappingKey, wrapped) {
  const iv = wrapped.subarray(0, 12);
  return open(wrappingKey, { iv, additionalData: new TextEncoder().encode(WRAPPING_LABEL) }, wrapped.subarray(12));
}

async function derive(dataKey, salt, label, length) {
  const info = Uint8Array.of(...SUITE, ...new TextEncoder().encode(label));
  const material = await crypto.subtle.importKey("raw", dataKey, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(
    await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-512", salt, info }, material, length * 8),
  );
}

async function open(key, parameters, sealed) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["decrypt"]);
  return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", ...parameters }, imported, sealed));
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const toText = (bytes) => bytes.join();
