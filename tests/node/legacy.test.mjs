/** What the first S3 encryption clients wrote, made here by Node's own cryptography, and read by the built package. */

import assert from "node:assert/strict";
import { createCipheriv } from "node:crypto";
import { test } from "node:test";

import { AesKeyring, decryptObject } from "../../dist/node.js";
import { collect, randomBytes, shapesOf } from "./support/inputs.mjs";

const WRAPPING_KEY = Buffer.alloc(32, 7);
const DATA_KEY = Buffer.from(randomBytes(32));
const keyring = await AesKeyring.fromBytes(WRAPPING_KEY);
const ALL = {
  keyring,
  commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT",
  enableLegacyWrappingAlgorithms: true,
  enableLegacyUnauthenticatedModes: true,
};

const sealed = (algorithm, key, iv, bytes) => {
  const cipher = createCipheriv(algorithm, key, iv);
  return Buffer.concat([
    cipher.update(bytes),
    cipher.final(),
    ...(algorithm.endsWith("gcm") ? [cipher.getAuthTag()] : []),
  ]);
};
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

/** RFC 3394's initial value is what OpenSSL takes for an IV. */
const aesWrapped = () => sealed("id-aes256-wrap", WRAPPING_KEY, Buffer.alloc(8, 0xa6), DATA_KEY);
const ecbWrapped = () => sealed("aes-256-ecb", WRAPPING_KEY, null, DATA_KEY);

function cbcObject(plaintext, metadata) {
  const iv = randomBytes(16);
  const body = new Uint8Array(sealed("aes-256-cbc", DATA_KEY, iv, plaintext));
  return { body, metadata: { "x-amz-iv": base64(iv), "x-amz-matdesc": "{}", ...metadata } };
}

const v1 = (plaintext) => cbcObject(plaintext, { "x-amz-key": base64(ecbWrapped()) });
const v2Cbc = (plaintext, wrapAlg, wrapped) =>
  cbcObject(plaintext, {
    "x-amz-key-v2": base64(wrapped),
    "x-amz-wrap-alg": wrapAlg,
    "x-amz-cek-alg": "AES/CBC/PKCS5Padding",
    "x-amz-unencrypted-content-length": String(plaintext.length),
  });

function v2Gcm(plaintext, wrapAlg, wrapped) {
  const iv = randomBytes(12);
  const metadata = {
    "x-amz-key-v2": base64(wrapped),
    "x-amz-iv": base64(iv),
    "x-amz-wrap-alg": wrapAlg,
    "x-amz-cek-alg": "AES/GCM/NoPadding",
    "x-amz-tag-len": "128",
    "x-amz-matdesc": "{}",
  };
  return { body: new Uint8Array(sealed("aes-256-gcm", DATA_KEY, iv, plaintext)), metadata };
}

const KINDS = [
  ["V1, AES", v1],
  ["V2, AES-CBC, AESWrap", (plaintext) => v2Cbc(plaintext, "AESWrap", aesWrapped())],
  ["V2, AES-CBC, AES", (plaintext) => v2Cbc(plaintext, "AES", ecbWrapped())],
  ["V2, AES-GCM, AESWrap", (plaintext) => v2Gcm(plaintext, "AESWrap", aesWrapped())],
  ["V2, AES-GCM, AES", (plaintext) => v2Gcm(plaintext, "AES", ecbWrapped())],
];

const decrypted = async (object, options) => collect(await decryptObject(object, options));

for (const [kind, write] of KINDS) {
  test(`${kind}: content of any length is read`, async () => {
    for (const length of [0, 1, 15, 16, 17, 1024 * 1024 + 5]) {
      const plaintext = randomBytes(length);
      assert.deepEqual(await decrypted(write(plaintext), ALL), plaintext, `${length} bytes`);
    }
  });

  test(`${kind}: refused until it is asked for`, async () => {
    const object = write(randomBytes(100));
    const without = async (options) => decrypted(object, { ...ALL, ...options });
    await assert.rejects(without({ commitmentPolicy: undefined }), { code: "COMMITMENT_REQUIRED" });
    const wrapping = { enableLegacyWrappingAlgorithms: false };
    await assert.rejects(without(wrapping), { code: "LEGACY_WRAPPING_NOT_ENABLED" });
    const modes = { enableLegacyUnauthenticatedModes: false };
    if (kind.includes("GCM")) assert.equal((await without(modes)).length, 100);
    else await assert.rejects(without(modes), { code: "LEGACY_UNAUTHENTICATED_NOT_ENABLED" });
  });

  test(`${kind}: another key, and a key that only SubtleCrypto holds, do not open it`, async () => {
    const object = write(randomBytes(100));
    await assert.rejects(decrypted(object, { ...ALL, keyring: await AesKeyring.generate() }), { code: "WRONG_KEY" });
    const key = await crypto.subtle.importKey("raw", WRAPPING_KEY, "AES-GCM", false, ["decrypt"]);
    const viaCryptoKey = { ...ALL, keyring: await AesKeyring.fromCryptoKey(key) };
    await assert.rejects(decrypted(object, viaCryptoKey), { code: "KEYRING_MISMATCH" });
    const described = await AesKeyring.fromBytes(WRAPPING_KEY, { materialsDescription: { key: "2026" } });
    await assert.rejects(decrypted(object, { ...ALL, keyring: described }), { code: "MATERIALS_DESCRIPTION_MISMATCH" });
  });
}

test("AWS's first client for .NET has names of its own in its instruction files", async () => {
  const plaintext = randomBytes(100);
  const { body, metadata } = v1(plaintext);
  const instructionFile = JSON.stringify({ EncryptedEnvelopeKey: metadata["x-amz-key"], IV: metadata["x-amz-iv"] });
  assert.deepEqual(await decrypted({ body, metadata: {}, instructionFile }, ALL), plaintext);
});

test("AWS's client for C++ writes a tag length of 0 beside content in CBC mode", async () => {
  const plaintext = randomBytes(100);
  const { body, metadata } = v2Cbc(plaintext, "AESWrap", aesWrapped());
  assert.deepEqual(await decrypted({ body, metadata: { ...metadata, "x-amz-tag-len": "0" } }, ALL), plaintext);
});

test("AWS's client for PHP writes numbers into its instruction files", async () => {
  const plaintext = randomBytes(100);
  const { body, metadata } = v2Gcm(plaintext, "AESWrap", aesWrapped());
  const numbers = { "x-amz-tag-len": 128, "x-amz-unencrypted-content-length": plaintext.length };
  const instructionFile = JSON.stringify({ ...metadata, ...numbers });
  assert.deepEqual(await decrypted({ body, metadata: {}, instructionFile }, ALL), plaintext);
});

test("content in CBC mode is taken in every shape", async () => {
  const plaintext = randomBytes(5000);
  const { body, metadata } = v1(plaintext);
  for (const [shape, make] of shapesOf(body)) {
    assert.deepEqual(await decrypted({ body: make(), metadata }, ALL), plaintext, shape);
  }
});

test("content in CBC mode that is stopped before it is read gives nothing", async () => {
  const stop = new AbortController();
  const stream = await decryptObject(v1(randomBytes(50)), { ...ALL, signal: stop.signal });
  stop.abort(new Error("enough"));
  await assert.rejects(collect(stream), { message: "enough" });
});

test("content in CBC mode of a length or padding that cannot be, or of another length than declared, is refused", async () => {
  const { body, metadata } = v2Cbc(randomBytes(100), "AESWrap", aesWrapped());
  for (const length of [0, 1, 15, 111]) {
    const cut = { body: body.subarray(0, length), metadata };
    await assert.rejects(decrypted(cut, ALL), { code: "LEGACY_CONTENT_INVALID" }, `${length} bytes`);
  }
  const wrong = { ...metadata, "x-amz-unencrypted-content-length": "99" };
  await assert.rejects(decrypted({ body, metadata: wrong }, ALL), { code: "CONTENT_LENGTH_MISMATCH" });
});
