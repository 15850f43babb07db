/** Workers that fail: whoever waits for one is told, no other one is ended for it, and after a while there are new ones. */

import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";

const started = [];

/** A worker as its owner sees it; `answer` and `fail` are what it does. */
class FakeWorker {
  isEnded = false;
  messages = [];

  constructor() {
    started.push(this);
  }

  postMessage(message, transfer) {
    if (this.refusal) throw this.refusal;
    this.messages.push(structuredClone({ ...message, tasks: [] }, { transfer }));
  }

  terminate() {
    this.isEnded = true;
  }

  ready() {
    this.onmessage({ data: { kind: "ready" } });
    return this;
  }

  fail(event = "onerror") {
    this[event]({ preventDefault: () => undefined });
  }
}

globalThis.Worker = FakeWorker;
// Nobody waits for idle workers to end.
mock.timers.enable({ apis: ["setTimeout"] });
const task = { kind: "encrypt", gcm: {}, iv: new Uint8Array(12) };
const lost = { code: "ENGINE_UNAVAILABLE" };
const { now } = performance;
let serial = 0;
let pool;

beforeEach(async () => {
  started.length = 0;
  performance.now = now;
  // Each realm has one pool.
  ({ pool } = await import(`../../dist/bulk-pool.js?${serial++}`));
});

/** A pool's workers that are there, so many. */
function readyWorkers(count) {
  pool.take(count);
  return started.map((worker) => worker.ready());
}

test("a worker that has ended already takes no other one with it", () => {
  const [first, second] = readyWorkers(2);
  first.fail();
  first.fail();
  assert.ok(first.isEnded && !second.isEnded);
  assert.ok(pool.isReady);
});

test("after a worker that failed there are no new ones for a minute, and then there are", () => {
  readyWorkers(1)[0].fail();
  assert.equal(pool.take(1), undefined);
  assert.equal(started.length, 1);
  performance.now = () => now.call(performance) + 61_000;
  pool.take(1);
  assert.equal(started.length, 2);
});

test("a page that forbids workers is not asked again", () => {
  let asked = 0;
  globalThis.Worker = class {
    constructor() {
      asked += 1;
      throw new Error("forbidden");
    }
  };
  pool.take(1);
  performance.now = () => now.call(performance) + 3_600_000;
  pool.take(1);
  assert.equal(asked, 1);
  globalThis.Worker = FakeWorker;
});

for (const event of ["onerror", "onmessageerror"]) {
  test(`who waits for a worker is told of its ${event}`, async () => {
    const [worker] = readyWorkers(1);
    const member = pool.take(1);
    // One is on its way, the other waits for it.
    const waiting = [member.submit(task, new Uint8Array(32)), member.submit(task, new Uint8Array(32))];
    worker.fail(event);
    for (const result of waiting) await assert.rejects(result, lost);
    assert.ok(worker.isEnded && !pool.isReady);
  });
}

test("who has work for a worker that cannot be sent it is told, also of what would have followed", async () => {
  const [worker] = readyWorkers(1);
  worker.refusal = new DOMException("a key cannot be cloned", "DataCloneError");
  const member = pool.take(1);
  const waiting = [1, 2, 3].map(() => member.submit(task, new Uint8Array(600 * 1024)));
  for (const result of waiting) await assert.rejects(result, lost);
  assert.ok(worker.isEnded && !pool.isReady);
});

test("work that waits for a batch to come back is told, too, where it cannot be sent then", async () => {
  const [worker] = readyWorkers(1);
  const member = pool.take(1);
  const first = member.submit(task, new Uint8Array(32));
  const second = member.submit(task, new Uint8Array(32));
  worker.refusal = new DOMException("a key cannot be cloned", "DataCloneError");
  const { id, buffer } = worker.messages[0];
  const done = { kind: "done", bytes: new Uint8Array(32), tag: new Uint8Array(16), isRefused: false };
  worker.onmessage({ data: { kind: "batch", id, buffer, outcomes: [done] } });
  assert.equal(await first, done);
  await assert.rejects(second, lost);
});
