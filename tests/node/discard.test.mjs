/** Chunks that are given back, and what must not be given back. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AesKeyring, decryptObject, discard, encryptObject } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const MIB = 1024 * 1024;
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(9));
const plaintext = randomBytes(3 * MIB + 5);

/** Reads a stream, and copies and discards each chunk, as somebody does who writes it elsewhere. */
async function collectDiscarding(stream) {
  const copies = [];
  for await (const chunk of stream) {
    copies.push(chunk.slice());
    discard(chunk);
  }
  return Buffer.concat(copies);
}

for (const engine of ["subtle", "rust"]) {
  test(`what comes after a discarded chunk is as it would be (${engine})`, async () => {
    const { body, metadata } = await encryptObject(plaintext, { keyring, engine });
    const stored = new Uint8Array(await collectDiscarding(body));
    assert.deepEqual(await collect(await decryptObject({ body: stored, metadata }, { keyring, engine })), plaintext);

    const content = await decryptObject({ body: stored, metadata }, { keyring, engine });
    assert.deepEqual(new Uint8Array(await collectDiscarding(content)), plaintext);
  });
}

test("nothing of the source is given back with a chunk", async () => {
  const source = plaintext.slice();
  const { body } = await encryptObject(source, { keyring });
  await collectDiscarding(body);
  assert.deepEqual(source, plaintext);
});

test("a chunk's memory is free when discard returns", () => {
  const chunk = new Uint8Array(MIB);
  const view = chunk.subarray(5);
  discard(chunk);
  assert.equal(chunk.buffer.byteLength, 0);
  assert.equal(view.length, 0);
});

test("discarding twice, or what is too short to matter, or nobody's to give, changes nothing", () => {
  const [twice, short, shared] = [new Uint8Array(MIB), new Uint8Array(16), new Uint8Array(new SharedArrayBuffer(MIB))];
  for (const chunk of [twice, twice, short, shared]) discard(chunk);
  assert.equal(short.length, 16);
  assert.equal(shared.length, MIB);
});
