/** The user's own metadata, which may be called like whatever else an answer of the storage has. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AesKeyring, decryptObject, download, reEncryptInstructionFile, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const aes = (byte, name) => AesKeyring.fromBytes(new Uint8Array(32).fill(byte), { materialsDescription: { name } });
const keyring = await aes(1, "2025");
const metadata = {
  "content-type": "image/png",
  "Cache-Control": "no-store",
  "content-length": "1",
  date: "today",
  etag: "none",
  "last-modified": "never",
};

test("metadata that is called like a header is stored, and stands in nobody's way", async () => {
  const { presign, stored } = await open();
  const plaintext = randomBytes(1000);
  await upload(plaintext, { presign, keyring, metadata });
  const { body, headers } = await download({ presign, keyring });
  assert.deepEqual(await collect(body), plaintext);
  const response = await stored("object");
  for (const [name, value] of Object.entries(metadata)) {
    assert.equal(response.headers.get(`x-amz-meta-${name}`), value, name);
    assert.equal(headers[`x-amz-meta-${name.toLowerCase()}`], value, name);
  }
  assert.deepEqual(await collect(await decryptObject(response, { keyring })), plaintext);
  const range = { start: 10, end: 20 };
  const part = await download({ presign, keyring, range, enableLegacyUnauthenticatedModes: true });
  assert.deepEqual(await collect(part.body), plaintext.slice(10, 20));
});

test("so it is beside an instruction file, also when the data key is wrapped anew", async () => {
  const { presign } = await open();
  const plaintext = randomBytes(1000);
  await upload(plaintext, { presign, keyring, metadata, instructionFile: true });
  assert.deepEqual(await collect((await download({ presign, keyring })).body), plaintext);
  const newKeyring = await aes(2, "2026");
  await reEncryptInstructionFile({ presign, keyring, newKeyring });
  assert.deepEqual(await collect((await download({ presign, keyring: newKeyring })).body), plaintext);
});

test("an entry of content metadata that is given twice is refused", async () => {
  const { presign, stored } = await open();
  await upload(randomBytes(10), { presign, keyring });
  const response = await stored("object");
  const twice = { ...Object.fromEntries(response.headers), "x-amz-i": response.headers.get("x-amz-meta-x-amz-i") };
  const object = { body: await response.bytes(), metadata: twice };
  await assert.rejects(decryptObject(object, { keyring }), { code: "METADATA_REPEATED" });
});
