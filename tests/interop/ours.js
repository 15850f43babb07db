/** Our side of every cell, by the npm package as users have it: the same module runs in Node and in a page. */

const PART_LENGTH = 5 * 1024 * 1024;
const POLICIES = {
  V1: "FORBID_ENCRYPT_ALLOW_DECRYPT",
  V2: "FORBID_ENCRYPT_ALLOW_DECRYPT",
  V3: "REQUIRE_ENCRYPT_REQUIRE_DECRYPT",
};

/** How the package makes each keyring of the protocol. What is not here is not run, and named so. */
const KEYRINGS = {
  aes: ({ AesKeyring }, { key, description }) =>
    AesKeyring.fromBytes(bytesOf(key), { materialsDescription: description }),
  // The public key alone writes, the private key alone reads.
  rsa: ({ RsaKeyring }, { publicKey, privateKey, description }, use) =>
    RsaKeyring.fromKeys(use === "write" ? { publicKey: bytesOf(publicKey) } : { privateKey: bytesOf(privateKey) }, {
      materialsDescription: description,
    }),
  // The wrapping algorithm of V1 has no context of the caller's.
  kms: ({ KmsKeyring }, { keyId }, _use, { format, context, askKms }) =>
    new KmsKeyring({ keyId, client: kmsClient(askKms), ...(format !== "V1" && { encryptionContext: context }) }),
};

/** The two calls of a KMS keyring, over what the app's backend would do. */
function kmsClient(askKms) {
  return {
    async generateDataKey({ keyId, encryptionContext }) {
      const input = { KeyId: keyId, KeySpec: "AES_256", EncryptionContext: encryptionContext };
      const { Plaintext, CiphertextBlob } = await askKms("GenerateDataKey", input);
      return { plaintext: bytesOf(Plaintext), ciphertextBlob: bytesOf(CiphertextBlob) };
    },
    async decrypt({ keyId, ciphertextBlob, encryptionContext }) {
      const CiphertextBlob = btoa(String.fromCharCode(...ciphertextBlob));
      const input = { KeyId: keyId, CiphertextBlob, EncryptionContext: encryptionContext };
      return { plaintext: bytesOf((await askKms("Decrypt", input)).Plaintext) };
    },
  };
}

/** What a reader of V1 has to ask for. */
const LEGACY = { enableLegacyWrappingAlgorithms: true, enableLegacyUnauthenticatedModes: true };

/**
 * Content that is the same wherever it is made, and different for each seed.
 *
 * @param {number} length in bytes
 * @param {number} seed not 0
 */
export function contentOf(length, seed) {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let index = 0; index < words.length; index += 1) {
    // Marsaglia's xorshift32.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[index] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** SHA-256 in base64, and the length: what two sides compare. */
export async function digestOf(bytes) {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `${bytes.length} bytes, SHA-256 ${btoa(String.fromCharCode(...hash))}`;
}

/**
 * Encrypts content and uploads it.
 *
 * @param {typeof import("s3-envelope")} toolkit
 * @param {object} request as in README.md, with the `storage` to send it to, `askKms` for a call of KMS, and the
 *   `length` and `seed` of the content
 */
export async function write(toolkit, request) {
  const keyring = await keyringOf(toolkit, request, "write");
  try {
    const options = { ...optionsOf(toolkit, request, keyring), instructionFile: request.instructionFile };
    await toolkit.upload(contentOf(request.length, request.seed), { ...options, partSize: PART_LENGTH });
  } finally {
    keyring.dispose?.();
  }
}

/**
 * Downloads an object and decrypts it.
 *
 * @param {typeof import("s3-envelope")} toolkit
 * @param {object} request as for `write`
 * @returns {Promise<string>} the digest of the content
 */
export async function read(toolkit, request) {
  const keyring = await keyringOf(toolkit, request, "read");
  try {
    const legacy = request.format === "V1" ? LEGACY : {};
    const file = request.suffix === undefined ? {} : { instructionFileSuffix: request.suffix };
    const options = { ...optionsOf(toolkit, request, keyring), ...legacy, ...file };
    const blob = await (await toolkit.download(options)).blob();
    return await digestOf(new Uint8Array(await blob.arrayBuffer()));
  } finally {
    keyring.dispose?.();
  }
}

/**
 * Wraps an object's data key anew, for the keyring of the protocol that `newKeyring` describes.
 *
 * @param {typeof import("s3-envelope")} toolkit
 * @param {object} request as for `write`
 */
export async function reEncrypt(toolkit, request) {
  const { suffix, newKeyring: wanted } = request;
  const newKeyring = await keyringOf(toolkit, { ...request, keyring: wanted }, "write");
  const options = optionsOf(toolkit, request, await keyringOf(toolkit, request, "read"));
  const file = suffix === undefined ? {} : { instructionFileSuffix: suffix };
  await toolkit.reEncryptInstructionFile({ ...options, ...file, newKeyring, enforceRotation: true });
}

/** Deletes an object and its instruction file. */
export async function remove(toolkit, request) {
  await toolkit.deleteObject({ presign: signer(toolkit, request) });
}

/** What uploads and downloads are told alike. */
function optionsOf(toolkit, request, keyring) {
  return { keyring, commitmentPolicy: POLICIES[request.format], presign: signer(toolkit, request) };
}

function keyringOf(toolkit, request, use) {
  return KEYRINGS[request.keyring.kind](toolkit, request.keyring, use, request);
}

/** What an app's backend does: it signs what it is asked to. */
function signer(toolkit, { storage, bucket, key }) {
  return ({ method, query, keySuffix, headers }) =>
    toolkit.presign({ ...storage, bucket, key: key + keySuffix, method, query, headers });
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
