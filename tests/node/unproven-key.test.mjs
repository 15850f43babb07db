/**
 * Data keys that the first clients wrapped with RSA and PKCS #1 v1.5 padding, in the built package. Every RSA key answers for
 * one, and some answers of another key are as long as a data key: what the content does not prove must not be written.
 */

import assert from "node:assert/strict";
import { constants, createCipheriv, generateKeyPairSync, publicEncrypt } from "node:crypto";
import { test } from "node:test";

import {
  AesKeyring,
  decryptObject,
  download,
  MultiKeyring,
  reEncryptInstructionFile,
  RsaKeyring,
} from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const FILE = "object.instruction";
const READ = {
  commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT",
  enableLegacyWrappingAlgorithms: true,
  enableLegacyUnauthenticatedModes: true,
};
// Short ones: of their answers to others' ciphertexts one in 118 is as long as a data key.
const pair = () => generateKeyPairSync("rsa", { modulusLength: 1024 });
const [rightPair, wrongPair] = [pair(), pair()];
const pem = (key, type) => key.export({ type, format: "pem" });
const keyringOf = ({ publicKey, privateKey }, options) =>
  RsaKeyring.fromKeys({ publicKey: pem(publicKey, "spki"), privateKey: pem(privateKey, "pkcs8") }, options);
const right = await keyringOf(rightPair);
const wrong = await keyringOf(wrongPair);
const newKeyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(9), { materialsDescription: { name: "2026" } });
const content = async (options) => collect((await download({ ...READ, ...options })).body);

/** What an instruction file says of content in GCM mode. */
const gcmFile = (wrapped, iv) => ({
  "x-amz-key-v2": wrapped,
  "x-amz-iv": Buffer.from(iv).toString("base64"),
  "x-amz-wrap-alg": "RSA",
  "x-amz-cek-alg": "AES/GCM/NoPadding",
  "x-amz-tag-len": "128",
  "x-amz-matdesc": "{}",
});

/** A data key as the right public key wraps it, whose wrapping the wrong private key opens to 32 bytes too. */
async function wrappedForBoth(dataKey) {
  const key = { key: rightPair.publicKey, padding: constants.RSA_PKCS1_PADDING };
  for (;;) {
    const wrapped = publicEncrypt(key, dataKey).toString("base64");
    const object = { body: new Uint8Array(16), metadata: gcmFile(wrapped, new Uint8Array(12)) };
    const { code } = await decryptObject(object, { ...READ, keyring: wrong }).catch((error) => error);
    if (code === "AUTHENTICATION_FAILED") return wrapped;
    assert.equal(code, "WRONG_KEY");
  }
}
const DATA_KEY = randomBytes(32);
const WRAPPED = await wrappedForBoth(DATA_KEY);

async function stored(plaintext, body, file) {
  const storage = await open();
  await storage.replace("object", body);
  await storage.replace(FILE, JSON.stringify(file));
  return { ...storage, plaintext };
}

function gcmObject(length) {
  const [plaintext, iv] = [randomBytes(length), randomBytes(12)];
  const cipher = createCipheriv("aes-256-gcm", DATA_KEY, iv);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  return stored(plaintext, body, gcmFile(WRAPPED, iv));
}

function cbcObject() {
  const [plaintext, iv] = [randomBytes(100), randomBytes(16)];
  const cipher = createCipheriv("aes-256-cbc", DATA_KEY, iv);
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const { "x-amz-tag-len": _, ...file } = gcmFile(WRAPPED, iv);
  return stored(plaintext, body, { ...file, "x-amz-cek-alg": "AES/CBC/PKCS5Padding" });
}

test("a wrong RSA key wraps nothing anew: the content proves the key, and the file stands", async () => {
  for (const length of [0, 100, 9 * 1024 * 1024]) {
    const { presign, stored, log, plaintext } = await gcmObject(length);
    const before = await (await stored(FILE)).text();
    for (const suffix of [undefined, ".reader-2"]) {
      const to = suffix === undefined ? newKeyring : await keyringOf(pair(), { materialsDescription: { name: "2" } });
      const options = { presign, keyring: wrong, newKeyring: to, instructionFileSuffix: suffix, ...READ };
      await assert.rejects(reEncryptInstructionFile(options), { code: "AUTHENTICATION_FAILED", message: /RSA/ });
    }
    assert.ok(!log.some((request) => request.startsWith("PutObject")), log.join());
    assert.equal(await (await stored(FILE)).text(), before);
    assert.deepEqual(await content({ presign, keyring: right }), plaintext);
  }
});

test("the right RSA key does, and so does the one of several", async () => {
  for (const keyring of [right, new MultiKeyring([await AesKeyring.generate(), right])]) {
    const { presign, plaintext } = await gcmObject(1000);
    await reEncryptInstructionFile({ presign, keyring, newKeyring, enforceRotation: true, ...READ });
    assert.deepEqual(await content({ presign, keyring: newKeyring }), plaintext);
  }
});

test("an object that is altered, or cut short, proves nothing", async () => {
  const { presign, stored, replace } = await gcmObject(1000);
  const before = await (await stored(FILE)).text();
  const bytes = await collect((await stored("object")).body);
  bytes[5] ^= 1;
  for (const altered of [bytes, bytes.subarray(0, 999)]) {
    await replace("object", altered);
    const again = reEncryptInstructionFile({ presign, keyring: right, newKeyring, ...READ });
    await assert.rejects(again, { code: "AUTHENTICATION_FAILED" }, `${altered.length} bytes`);
  }
  assert.equal(await (await stored(FILE)).text(), before);
});

test("content in CBC mode proves no key: its file stands, whatever the key", async () => {
  const { presign, stored, log, plaintext } = await cbcObject();
  const before = await (await stored(FILE)).text();
  for (const keyring of [right, wrong]) {
    const again = reEncryptInstructionFile({ presign, keyring, newKeyring, ...READ });
    await assert.rejects(again, { code: "DATA_KEY_UNPROVEN", message: /upload/ });
  }
  assert.ok(!log.some((request) => request.startsWith("PutObject")), log.join());
  assert.equal(await (await stored(FILE)).text(), before);
  assert.deepEqual(await content({ presign, keyring: right }), plaintext);
});

test("where several RSA keys answer, none is taken for the object's own", async () => {
  for (const make of [() => gcmObject(100), cbcObject]) {
    const { presign, plaintext } = await make();
    for (const keyrings of [
      [wrong, right],
      [right, wrong],
      [new MultiKeyring([wrong]), right],
    ]) {
      const unclear = content({ presign, keyring: new MultiKeyring(keyrings) });
      await assert.rejects(unclear, { code: "DATA_KEY_UNPROVEN", message: /alone/ });
    }
    const twice = new MultiKeyring([await keyringOf(pair(), { materialsDescription: { name: "x" } }), right, right]);
    assert.deepEqual(await content({ presign, keyring: twice }), plaintext);
  }
});

test("a key of several that cannot be asked leaves the answer of another unproven", async () => {
  const { presign } = await gcmObject(100);
  const der = wrongPair.privateKey.export({ type: "pkcs8", format: "der" });
  const hidden = await crypto.subtle.importKey("pkcs8", der, { name: "RSA-OAEP", hash: "SHA-1" }, false, ["decrypt"]);
  const keyring = new MultiKeyring([right, await RsaKeyring.fromKeys({ privateKey: hidden })]);
  await assert.rejects(content({ presign, keyring }), { code: "INVALID_INPUT", message: /extracted/ });
});
