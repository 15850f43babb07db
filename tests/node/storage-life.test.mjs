/** What happens to calls when an instance dies, with instances that die when they are told to. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { ending, internalError, Lives, Revived, StorageDied } from "../../dist/storage-life.js";

const never = () => new Promise(() => undefined);
const anyTime = (work) => work();

function revived({ openInTurn = anyTime, open } = {}) {
  const seen = { opened: 0, replaced: 0 };
  const lives = new Lives(() => (seen.replaced += 1));
  const opening = open ?? (() => Promise.resolve({ number: (seen.opened += 1) }));
  return { lives, seen, storage: new Revived(lives, opening, openInTurn, "Nothing is left.") };
}

test("a storage is opened once, when it is first called", async () => {
  const { storage, seen } = revived();
  assert.equal(seen.opened, 0);
  const numbers = await Promise.all([1, 2, 3].map(() => storage.call(({ number }) => Promise.resolve(number))));
  assert.deepEqual([numbers, seen], [[1, 1, 1], { opened: 1, replaced: 0 }]);
});

test("all who wait when an instance dies are told, and the next call finds a fresh one", async () => {
  const { storage, seen, lives } = revived();
  const waiting = [storage.call(never), storage.call(never)];
  await storage.call(() => Promise.resolve());
  lives.end();
  for (const call of waiting) await assert.rejects(call, { name: "StorageDied", message: /Nothing is left\.$/ });
  assert.equal(await storage.call(({ number }) => Promise.resolve(number)), 2);
  assert.deepEqual(seen, { opened: 2, replaced: 1 });
});

test("a trap that nobody announced is a death; other failures are those of the call alone", async () => {
  const { storage, seen } = revived();
  await assert.rejects(
    storage.call(() => Promise.reject(new TypeError("not a request"))),
    TypeError,
  );
  const trap = new WebAssembly.RuntimeError("unreachable");
  const trapped = storage.call(() => {
    throw trap;
  });
  await assert.rejects(trapped, (error) => error instanceof StorageDied && error.cause === trap);
  assert.equal(await storage.call(({ number }) => Promise.resolve(number)), 2);
  assert.equal(seen.replaced, 1);
});

test("where no fresh instance can be had, every call says so", async () => {
  const reason = new RangeError("too large");
  const lives = new Lives(() => {
    throw reason;
  });
  const storage = new Revived(lives, () => Promise.resolve(1), anyTime, "Nothing is left.");
  const waiting = storage.call(never);
  lives.end();
  await assert.rejects(waiting, StorageDied);
  for (let call = 0; call < 2; call += 1) {
    await assert.rejects(storage.call(never), (error) => error instanceof StorageDied && error.cause === reason);
  }
});

test("a death while opening, and a failed opening, are told and tried again", async () => {
  const outcomes = [never, () => Promise.reject(new Error("the database is locked")), () => Promise.resolve("open")];
  const { storage, lives } = revived({ open: () => outcomes.shift()() });
  const first = storage.call(() => Promise.resolve());
  lives.end();
  await assert.rejects(first, StorageDied);
  await assert.rejects(
    storage.call(() => Promise.resolve()),
    /the database is locked/,
  );
  assert.equal(await storage.call((instance) => Promise.resolve(instance)), "open");
});

test("a turn ends when the instance dies, and begins only when the storage is open", async () => {
  const held = new Set();
  const turn = (name) => async (work) => {
    assert.deepEqual([...held], [], "one turn within another would wait for ever");
    held.add(name);
    try {
      return await work();
    } finally {
      held.delete(name);
    }
  };
  const { storage, lives } = revived({ openInTurn: turn("open") });
  const call = storage.call(never, turn("write"));
  await new Promise((resolve) => setTimeout(resolve));
  assert.deepEqual([...held], ["write"]);
  lives.end();
  await assert.rejects(call, StorageDied);
  assert.equal(await storage.call(({ number }) => Promise.resolve(number), turn("write")), 2);
  assert.deepEqual([...held], []);
});

test("an answer's body breaks off with its instance, and is whole without that", async () => {
  const { signal } = new AbortController();
  const whole = ending(new Response("content", { status: 206, headers: { etag: '"a"' } }), signal);
  assert.deepEqual([whole.status, whole.headers.get("etag"), await whole.text()], [206, '"a"', "content"]);
  assert.equal(ending(new Response(null, { status: 204 }), signal).body, null);
  const life = new AbortController();
  const broken = ending(new Response(new ReadableStream({ pull: never })), life.signal);
  life.abort();
  await assert.rejects(broken.text());
});

test("clients are told in S3's own form", async () => {
  const answer = internalError(new StorageDied("It failed."));
  assert.deepEqual([answer.status, answer.headers.get("content-type")], [500, "application/xml"]);
  assert.match(await answer.text(), /<Error><Code>InternalError<\/Code><Message>It failed\.<\/Message><\/Error>$/);
});
