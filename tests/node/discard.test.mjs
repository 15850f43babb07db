/** Chunks that are given back, and what must not be given back. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { AesKeyring, decryptObject, discard, encryptObject } from "../../dist/node.js";
import { collect, pieces, randomBytes } from "./support/inputs.mjs";

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

/** A stream of pieces, and the pieces. */
function streamed(type) {
  const given = pieces(plaintext, MIB).map((piece) => piece.slice());
  const rest = given.values();
  const stream = new ReadableStream({
    type,
    pull(controller) {
      const { done, value } = rest.next();
      if (!done) return controller.enqueue(value);
      controller.close();
      controller.byobRequest?.respond(0);
    },
  });
  return { given, stream };
}

for (const [kind, type] of [
  ["a byte stream", "bytes"],
  ["a stream of chunks that others may hold", undefined],
]) {
  test(`${kind} is encrypted, and decrypted with and without waiting for the end`, async () => {
    const { given, stream } = streamed(type);
    const { body, metadata } = await encryptObject(stream, { keyring });
    const stored = await collectDiscarding(body);
    const left = type === "bytes" ? [0, 0, 0, 0] : [MIB, MIB, MIB, 5];
    assert.deepEqual(
      given.map(({ length }) => length),
      left,
      "only a byte stream takes what it is given",
    );

    for (const release of ["verified", "delayed-authentication"]) {
      for (const spoolMemoryLimit of [0, MIB, 64 * MIB]) {
        const source = new Blob([stored]).stream();
        const given = type === "bytes" ? source : source.pipeThrough(new TransformStream());
        const content = await decryptObject({ body: given, metadata }, { keyring, release, spoolMemoryLimit });
        assert.deepEqual(await collect(content), plaintext, `${release}, ${spoolMemoryLimit}`);
      }
    }
  });
}

test("what is decrypted is as it was afterwards, with bytes around it", async () => {
  const { body, metadata } = await encryptObject(plaintext, { keyring });
  const stored = await collect(body);
  const wide = new Uint8Array(stored.length + 100).fill(0xee);
  wide.set(stored, 50);
  const before = wide.slice();
  const content = await decryptObject({ body: wide.subarray(50, 50 + stored.length), metadata }, { keyring });
  for await (const chunk of content) {
    assert.ok(chunk.length > 0);
    assert.equal(Buffer.compare(wide, before), 0);
  }
});

test("a chunk's memory is free when discard returns", () => {
  const chunk = new Uint8Array(MIB);
  const view = chunk.subarray(5);
  discard(chunk);
  assert.equal(chunk.buffer.byteLength, 0);
  assert.equal(view.length, 0);
});

test("a file that was read half-way is let go of with the stream that nobody holds any more", async () => {
  const streams = [];
  const { stream } = Blob.prototype;
  // A mock would keep what it gave.
  Blob.prototype.stream = function () {
    const opened = stream.call(this);
    streams.push(new WeakRef(opened));
    return opened;
  };
  const read = async () => {
    const { body } = await encryptObject(new Blob([plaintext]), { keyring });
    assert.equal((await body.getReader().read()).done, false);
  };
  await read().finally(() => (Blob.prototype.stream = stream));
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  const isHeld = () => streams.some((opened) => opened.deref() !== undefined);
  for (let round = 0; round < 50 && isHeld(); round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
  }
  assert.ok(streams.length > 0);
  assert.equal(isHeld(), false);
});

test("discarding twice, or what is too short to matter, or nobody's to give, changes nothing", () => {
  const [twice, short, shared] = [new Uint8Array(MIB), new Uint8Array(16), new Uint8Array(new SharedArrayBuffer(MIB))];
  for (const chunk of [twice, twice, short, shared]) discard(chunk);
  assert.equal(short.length, 16);
  assert.equal(shared.length, MIB);
});
