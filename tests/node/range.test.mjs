/** decryptRange and MultiKeyring of the built package. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AesKeyring,
  decryptObject,
  decryptRange,
  encryptObject,
  MultiKeyring,
  PassphraseKeyring,
  RsaKeyring,
} from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const keyring = await AesKeyring.generate();
const LENGTH = 1024 * 1024 + 100;
const PLAINTEXT = randomBytes(LENGTH);

async function encrypted(options = {}) {
  const object = await encryptObject(PLAINTEXT, { keyring, ...options });
  const body = await collect(object.body);
  const read = (start, end) => body.slice(start, end);
  return { body, metadata: object.metadata, storedLength: body.length, read };
}
const OPTIONS = { keyring, enableLegacyUnauthenticatedModes: true, commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT" };

for (const commitmentPolicy of ["REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "FORBID_ENCRYPT_ALLOW_DECRYPT"]) {
  for (const engine of ["subtle", "rust"]) {
    test(`any part is read (${commitmentPolicy}, ${engine})`, async () => {
      const object = await encrypted({ commitmentPolicy });
      for (const [start, end] of [
        [0, 0],
        [0, 1],
        [1, 2],
        [15, 17],
        [16, 32],
        [5, LENGTH],
        [524287, 524289],
        [LENGTH - 1, LENGTH],
        [LENGTH, LENGTH],
      ]) {
        const part = await decryptRange(object, { ...OPTIONS, engine, start, end });
        assert.deepEqual(part, PLAINTEXT.slice(start, end), `${start} to ${end}`);
      }
    });
  }
}

test("a part is refused without the opt-in, beyond the content, and under another key", async () => {
  const object = await encrypted();
  const read = (options) => decryptRange(object, { ...OPTIONS, start: 0, end: 10, ...options });
  const without = { enableLegacyUnauthenticatedModes: false };
  await assert.rejects(read(without), { code: "LEGACY_UNAUTHENTICATED_NOT_ENABLED" });
  for (const [start, end] of [
    [-1, 5],
    [5, 4],
    [0.5, 4],
    [0, LENGTH + 1],
    [NaN, 4],
  ]) {
    await assert.rejects(read({ start, end }), { code: "INVALID_INPUT" }, `${start} to ${end}`);
  }
  await assert.rejects(read({ keyring: await AesKeyring.generate() }), { code: "WRONG_KEY" });
  for (const given of [9, 11]) {
    const wrong = { ...object, read: () => new Uint8Array(given) };
    await assert.rejects(decryptRange(wrong, { ...OPTIONS, start: 0, end: 10 }), { code: "INVALID_INPUT" });
  }
});

test("among several keyrings the one that an object names reads it", async () => {
  const named = (name) => AesKeyring.fromBytes(randomBytes(32), { materialsDescription: { key: name } });
  const [one, two, stranger] = await Promise.all(["1", "2", "3"].map(named));
  const several = new MultiKeyring([one, keyring, two]);
  for (const writer of [one, two, keyring, several]) {
    const object = await encrypted({ keyring: writer });
    assert.deepEqual(await collect(await decryptObject(object, { keyring: several })), PLAINTEXT);
  }
  const foreign = await encrypted({ keyring: stranger });
  await assert.rejects(decryptObject(foreign, { keyring: several }), { code: "WRONG_KEY" });
  assert.throws(() => new MultiKeyring([]), { code: "INVALID_INPUT" });
});

test("among keyrings of several kinds, those that cannot read an object leave it to the others", async () => {
  const rsa = { name: "RSA-OAEP", hash: "SHA-1", modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(rsa, true, ["encrypt", "decrypt"]);
  const writer = await RsaKeyring.fromKeys({ publicKey });
  const whole = await RsaKeyring.fromKeys({ publicKey, privateKey });
  const passphrase = new PassphraseKeyring("one", { memoryKib: 64, iterations: 1, parallelism: 1 });
  const writing = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
  const all = [passphrase, writer, await AesKeyring.fromCryptoKey(writing), keyring, whole];
  for (const keyrings of [all, all.toReversed()]) {
    for (const by of [passphrase, keyring, whole]) {
      const object = await encrypted({ keyring: by });
      const reading = await decryptObject(object, { keyring: new MultiKeyring(keyrings) });
      assert.deepEqual(await collect(reading), PLAINTEXT);
    }
  }
});
