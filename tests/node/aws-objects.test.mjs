/** Objects that AWS's clients wrote, kept with their wrapping keys: the built package opens every one, without the clients. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { AesKeyring, decryptObject, KmsKeyring, RsaKeyring } from "../../dist/node.js";
import { keyringFor, otherKeyring } from "../interop/support/keyrings.mjs";
import { collect } from "./support/inputs.mjs";

const CONTEXT = { purpose: "interop", owner: "s3-envelope" };
const LEGACY = { enableLegacyWrappingAlgorithms: true, enableLegacyUnauthenticatedModes: true };
const COUNTS = { java: 40, python: 6, go: 6, ruby: 36 };

const bytes = (base64) => new Uint8Array(Buffer.from(base64, "base64"));

/** KMS's own key is gone with the storage that held it: what it unwrapped was recorded. */
function kmsKeyring({ format, dataKey }) {
  const recorded = { decrypt: () => Promise.resolve({ plaintext: bytes(dataKey) }) };
  const context = format === "V1" ? {} : { encryptionContext: CONTEXT };
  return new KmsKeyring({ keyId: "recorded", client: recorded, ...context });
}

function keyringOf(object) {
  if (object.keyring === "kms") return kmsKeyring(object);
  const { description, key, privateKey } = object.rotated ? otherKeyring(object.keyring) : keyringFor(object.keyring);
  const options = { materialsDescription: description };
  return object.keyring === "aes"
    ? AesKeyring.fromBytes(bytes(key), options)
    : RsaKeyring.fromKeys({ privateKey: bytes(privateKey) }, options);
}

async function opened(object, options) {
  const keyring = await keyringOf(object);
  const { metadata, instructionFile } = object;
  const stored = { body: bytes(object.body), metadata, instructionFile };
  const commitmentPolicy = "REQUIRE_ENCRYPT_ALLOW_DECRYPT";
  const plaintext = await collect(await decryptObject(stored, { keyring, commitmentPolicy, ...options }));
  return Buffer.from(plaintext).toString();
}

for (const [client, count] of Object.entries(COUNTS)) {
  const url = new URL(`../vectors/s3ec/${client}.json`, import.meta.url);
  const { client: name, objects } = JSON.parse(readFileSync(url, "utf8"));
  test(`${name}: ${count} objects open to what was encrypted, those of the first formats on request only`, async () => {
    assert.equal(objects.length, count);
    for (const object of objects) {
      const { format, keyring, plaintext } = object;
      if (format === "V1") {
        await assert.rejects(opened(object, {}), { name: "EnvelopeError" }, `${format}, ${keyring}`);
      }
      assert.equal(await opened(object, format === "V1" ? LEGACY : {}), plaintext, `${format}, ${keyring}`);
    }
  });
}
