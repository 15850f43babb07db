/** The RSA keyring of the built package, against Node's own RSA. */

import assert from "node:assert/strict";
import { constants, createHash, generateKeyPairSync, privateDecrypt, publicEncrypt } from "node:crypto";
import { test } from "node:test";

import { decryptObject, encryptObject, RsaKeyring } from "../../dist/node.js";
import { collect, offsetView, randomBytes } from "./support/inputs.mjs";

const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const other = generateKeyPairSync("rsa", { modulusLength: 2048 });
const PLAINTEXT = randomBytes(1000);
const ALGORITHM = { name: "RSA-OAEP", hash: "SHA-1" };

async function encrypted(keyring, options = {}) {
  const object = await encryptObject(PLAINTEXT, { keyring, ...options });
  return { ...object, body: await collect(object.body) };
}
const decrypted = async (object, keyring, options = {}) =>
  collect(await decryptObject(object, { keyring, ...options }));
const reader = await RsaKeyring.fromKeys({ privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) });
const writer = await RsaKeyring.fromKeys({ publicKey: publicKey.export({ type: "spki", format: "pem" }) });

const der = (key, type) => new Uint8Array(key.export({ type, format: "der" }));
const FORMS = [
  ["SPKI PEM", { publicKey: publicKey.export({ type: "spki", format: "pem" }) }],
  ["PKCS #1 public PEM", { publicKey: publicKey.export({ type: "pkcs1", format: "pem" }) }],
  ["SPKI DER", { publicKey: offsetView(der(publicKey, "spki")) }],
  ["PKCS #1 public DER", { publicKey: der(publicKey, "pkcs1").buffer }],
  ["public JWK", { publicKey: publicKey.export({ format: "jwk" }) }],
  ["PKCS #8 PEM", { privateKey: privateKey.export({ type: "pkcs8", format: "pem" }) }],
  ["PKCS #1 private PEM", { privateKey: privateKey.export({ type: "pkcs1", format: "pem" }) }],
  ["PKCS #8 DER", { privateKey: offsetView(der(privateKey, "pkcs8")) }],
  ["PKCS #1 private DER", { privateKey: der(privateKey, "pkcs1") }],
  ["private JWK", { privateKey: { ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" } }],
];

for (const [form, keys] of FORMS) {
  test(`a key is taken as ${form}`, async () => {
    const keyring = await RsaKeyring.fromKeys(keys);
    const [write, read] = "publicKey" in keys ? [keyring, reader] : [writer, keyring];
    assert.deepEqual(await decrypted(await encrypted(write), read), PLAINTEXT);
  });
}

test("a key that is too short for any reader is refused by the writer", async () => {
  const short = generateKeyPairSync("rsa", { modulusLength: 768 });
  const keyring = await RsaKeyring.fromKeys({ publicKey: short.publicKey.export({ type: "spki", format: "pem" }) });
  await assert.rejects(encrypted(keyring), { code: "INVALID_OPTION", message: /1024 bits/ });
});

test("keys that cannot be extracted are taken as CryptoKeys", async () => {
  const spki = der(publicKey, "spki");
  const pkcs8 = der(privateKey, "pkcs8");
  const keyring = await RsaKeyring.fromKeys({
    publicKey: await crypto.subtle.importKey("spki", spki, ALGORITHM, false, ["encrypt"]),
    privateKey: await crypto.subtle.importKey("pkcs8", pkcs8, ALGORITHM, false, ["decrypt"]),
  });
  assert.deepEqual(await decrypted(await encrypted(keyring), keyring), PLAINTEXT);
  const sha256 = await crypto.subtle.importKey("spki", spki, { ...ALGORITHM, hash: "SHA-256" }, false, ["encrypt"]);
  await assert.rejects(RsaKeyring.fromKeys({ publicKey: sha256 }), { code: "INVALID_INPUT" });
});

test("what is wrapped is OAEP-SHA1 over length, key and algorithm, in both formats", async () => {
  for (const [commitmentPolicy, key, label] of [
    [undefined, "x-amz-3", "115"],
    ["FORBID_ENCRYPT_ALLOW_DECRYPT", "x-amz-key-v2", "AES/GCM/NoPadding"],
  ]) {
    const { metadata } = await encrypted(writer, { commitmentPolicy });
    const opened = privateDecrypt({ key: privateKey, oaepHash: "sha1" }, Buffer.from(metadata[key], "base64"));
    assert.equal(opened[0], 32);
    assert.equal(opened.subarray(33).toString(), label);
  }
});

test("whoever has the public key alone cannot read, and the private key alone cannot write", async () => {
  const object = await encrypted(writer);
  await assert.rejects(decrypted(object, writer), { code: "KEYRING_MISMATCH" });
  await assert.rejects(encrypted(reader), { code: "INVALID_INPUT" });
  await assert.rejects(RsaKeyring.fromKeys({}), { code: "INVALID_INPUT" });
});

test("another key, another format's wrapping and another description are refused", async () => {
  const object = await encrypted(writer);
  const stranger = await RsaKeyring.fromKeys({ privateKey: der(other.privateKey, "pkcs8") });
  await assert.rejects(decrypted(object, stranger), { code: "WRONG_KEY" });
  const v2 = await encrypted(writer, { commitmentPolicy: "FORBID_ENCRYPT_ALLOW_DECRYPT" });
  const swapped = { ...object, metadata: { ...object.metadata, "x-amz-3": v2.metadata["x-amz-key-v2"] } };
  await assert.rejects(decrypted(swapped, reader), { code: "WRONG_KEY" });
  const described = await RsaKeyring.fromKeys(
    { publicKey: der(publicKey, "spki"), privateKey: der(privateKey, "pkcs8") },
    { materialsDescription: { key: "2026" } },
  );
  await assert.rejects(decrypted(object, described), { code: "MATERIALS_DESCRIPTION_MISMATCH" });
  assert.deepEqual(await decrypted(await encrypted(described), reader), PLAINTEXT);
});

test("what is no key, or the other half of one, is refused without being repeated", async () => {
  const pem = privateKey.export({ type: "pkcs8", format: "pem" });
  const encryptedPem = privateKey.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" });
  for (const keys of [
    { publicKey: pem },
    { privateKey: publicKey.export({ type: "spki", format: "pem" }) },
    { privateKey: encryptedPem },
    { privateKey: pem.slice(0, 400) },
    { privateKey: pem.replace(/A/g, "B") },
    { privateKey: new Uint8Array(100) },
    { privateKey: der(generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey, "pkcs8") },
    { privateKey: 5 },
    { publicKey: { kty: "EC" } },
  ]) {
    await assert.rejects(RsaKeyring.fromKeys(keys), (error) => {
      assert.equal(error.code, "INVALID_INPUT");
      assert.ok(!`${error.message}${error.cause ?? ""}`.includes(pem.slice(100, 120)));
      return true;
    });
  }
});

/** RSA-OAEP as Java's `RSA/ECB/OAEPWithSHA-256AndMGF1Padding` has it: SHA-256, but MGF1 with SHA-1 (RFC 8017, 7.1.1). */
function javaOaep(message) {
  const sha = (name, ...parts) => createHash(name).update(Buffer.concat(parts)).digest();
  const counted = (n) => Buffer.from([0, 0, n >> 8, n & 255]);
  const masked = (bytes, seed) => {
    const blocks = Array.from({ length: Math.ceil(bytes.length / 20) }, (_, n) => sha("sha1", seed, counted(n)));
    const mask = Buffer.concat(blocks);
    return bytes.map((byte, index) => byte ^ mask[index]);
  };
  const seed = randomBytes(32);
  const padding = Buffer.alloc(256 - message.length - 2 * 32 - 2);
  const block = masked(Buffer.concat([sha("sha256"), padding, Buffer.from([1]), message]), seed);
  const key = { key: publicKey, padding: constants.RSA_NO_PADDING };
  return publicEncrypt(key, Buffer.concat([Buffer.from([0]), masked(seed, block), block]));
}

for (const [wrapAlg, wrap] of [
  ["RSA", (dataKey) => publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, dataKey)],
  ["RSA/ECB/OAEPWithSHA-256AndMGF1Padding", javaOaep],
]) {
  test(`${wrapAlg} is read on request, by a key that can be extracted`, () => readsLegacy(wrapAlg, wrap));
}

async function readsLegacy(wrapAlg, wrap) {
  const options = { commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT", enableLegacyWrappingAlgorithms: true };
  const object = await encrypted(writer, { commitmentPolicy: "FORBID_ENCRYPT_ALLOW_DECRYPT" });
  const wrapped = Buffer.from(object.metadata["x-amz-key-v2"], "base64");
  const dataKey = privateDecrypt({ key: privateKey, oaepHash: "sha1" }, wrapped).subarray(1, 33);
  const metadata = { ...object.metadata, "x-amz-wrap-alg": wrapAlg, "x-amz-key-v2": wrap(dataKey).toString("base64") };
  const legacy = { ...object, metadata };
  assert.deepEqual(await decrypted(legacy, reader, options), PLAINTEXT);
  const withoutOption = { ...options, enableLegacyWrappingAlgorithms: false };
  await assert.rejects(decrypted(legacy, reader, withoutOption), { code: "LEGACY_WRAPPING_NOT_ENABLED" });
  const key = await crypto.subtle.importKey("pkcs8", der(privateKey, "pkcs8"), ALGORITHM, false, ["decrypt"]);
  const hidden = await RsaKeyring.fromKeys({ privateKey: key });
  await assert.rejects(decrypted(legacy, hidden, options), { code: "INVALID_INPUT" });
  const elsewhere = await RsaKeyring.fromKeys({ privateKey: der(other.privateKey, "pkcs8") });
  // PKCS #1 v1.5 answers to another key with other bytes, of which one in some 240 are as long as a data key.
  const codes = wrapAlg === "RSA" ? ["WRONG_KEY", "AUTHENTICATION_FAILED"] : ["WRONG_KEY"];
  await assert.rejects(decrypted(legacy, elsewhere, options), ({ code }) => codes.includes(code));
}
