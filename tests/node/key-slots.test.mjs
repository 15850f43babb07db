/** Keys are sent to a worker once; the worker finds them again by their slots. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { KeySlots, withKeys } from "../../dist/key-slots.js";

const key = () => crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt"]);
const keys = await Promise.all(Array.from({ length: 40 }, key));

/** A page's side and a worker's, and what crosses between them. */
function pair() {
  const [slots, held] = [new KeySlots(), []];
  return (task) => {
    const sent = slots.put(task);
    assert.ok(!Object.values(sent.task).some((value) => value instanceof CryptoKey));
    for (const [slot, one] of sent.keys) held[slot] = one;
    return { arrived: withKeys(sent.task, held), sentKeys: sent.keys.length };
  };
}

test("a task arrives as it was, and its keys are sent once", () => {
  const send = pair();
  const iv = new Uint8Array(12);
  const task = { kind: "decrypt", gcm: keys[0], iv, ctr: keys[1], counter: new Uint8Array(16) };
  assert.deepEqual(send(task), { arrived: task, sentKeys: 2 });
  assert.deepEqual(send(task), { arrived: task, sentKeys: 0 });
  const other = { kind: "encrypt", gcm: keys[0], iv };
  const { arrived, sentKeys } = send(other);
  assert.equal(arrived.gcm, keys[0]);
  assert.equal(sentKeys, 0);
});

test("a worker does not gather keys, and never takes one for another", () => {
  const send = pair();
  for (let round = 0; round < 3; round += 1) {
    for (const [index, gcm] of keys.entries()) {
      const task = { kind: "decrypt", gcm, ctr: keys[(index * 7 + 3) % keys.length], iv: new Uint8Array(12) };
      const { arrived } = send(task);
      assert.equal(arrived.gcm, task.gcm);
      assert.equal(arrived.ctr, task.ctr);
    }
  }
});
