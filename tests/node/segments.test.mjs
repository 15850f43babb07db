/** Chunks of any size into segments of one size, and when they are copied. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { segmentsOf } from "../../dist/segments.js";

const LENGTH = 32;
const TAG = 16;

/** Bytes that tell where they are. */
const counted = (length, start = 0) => Uint8Array.from({ length }, (_, index) => (start + index) % 251);

async function* each(chunks) {
  yield* chunks;
}

/** All segments, copied as they come: their memory is used again. */
async function copied(chunks, cut) {
  const segments = [];
  for await (const { offset, bytes, tail } of segmentsOf(each(chunks), cut)) {
    segments.push({ offset, bytes: bytes.slice(), tail: tail?.slice() });
  }
  return segments;
}

function expected(content, { length, heldBack = 0, start = 0 }) {
  const segments = [];
  let from = 0;
  for (; content.length - from >= length + heldBack; from += length) {
    segments.push({ offset: start + from, bytes: content.slice(from, from + length), tail: undefined });
  }
  const end = Math.max(from, content.length - heldBack);
  return [...segments, { offset: start + from, bytes: content.slice(from, end), tail: content.slice(end) }];
}

for (const chunksStay of [false, true]) {
  test(`segments are the content, however it is cut; chunks ${chunksStay ? "stay" : "do not stay"}`, async () => {
    for (const total of [0, 1, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 80, 81, 200]) {
      const content = counted(total);
      for (const piece of [1, 7, 16, 32, 33, 48, 500]) {
        const chunks = [];
        for (let from = 0; from < total; from += piece) chunks.push(content.slice(from, from + piece));
        for (const heldBack of [0, TAG]) {
          const cut = { length: LENGTH, heldBack, start: 64, chunksStay };
          assert.deepEqual(await copied(chunks, cut), expected(content, cut), `${total} by ${piece}, ${heldBack}`);
        }
      }
    }
  });
}

test("what is read into the same memory again is copied", async () => {
  const memory = new Uint8Array(20);
  async function* reusing() {
    for (let start = 0; start < 100; start += memory.length) {
      memory.set(counted(memory.length, start));
      yield memory;
    }
    memory.fill(255);
  }
  const found = [];
  for await (const { bytes } of segmentsOf(reusing(), { length: LENGTH })) found.push(...bytes);
  assert.deepEqual(Uint8Array.from(found), counted(100));
});

test("of a chunk that stays nothing is copied", async () => {
  const content = counted(LENGTH + 20);
  for await (const { bytes, tail } of segmentsOf(each([content]), {
    length: LENGTH,
    heldBack: TAG,
    chunksStay: true,
  })) {
    assert.equal(bytes.buffer, content.buffer);
    assert.equal((tail ?? content).buffer, content.buffer);
  }
});

test("memory that can be shared or resized is copied, also where it stays", async () => {
  for (const buffer of [new SharedArrayBuffer(40), new ArrayBuffer(40, { maxByteLength: 80 })]) {
    const chunk = new Uint8Array(buffer);
    chunk.set(counted(40));
    for await (const { bytes } of segmentsOf(each([chunk]), { length: LENGTH, chunksStay: true })) {
      assert.notEqual(bytes.buffer, buffer);
    }
  }
});
