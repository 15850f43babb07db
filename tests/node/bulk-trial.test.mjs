/** Workers are tried against the calling thread, and go on only where that was worth it. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { Trial, trialOf } from "../../dist/bulk-trial.js";

const SEGMENT = 512 * 1024;
/** The segments of four runs, and the one that the first run begins with. */
const MEASURED = 4 * 16 + 1;

/** A trial on a clock of its own, and segments that take as long as one says. */
function trialOnClock() {
  let now = 1000;
  const trial = new Trial(() => now);
  const work = async (side, count, ms, length = SEGMENT) => {
    for (let segment = 0; segment < count; segment += 1) {
      now += typeof ms === "number" ? ms : ms(segment);
      trial.watch(side, Promise.resolve(), length);
      await undefined;
    }
  };
  return { trial, work };
}

for (const [what, workersMs, callerMs, expected] of [
  ["quicker by half", 0.1, 0.2, "workers"],
  ["as quick", 0.2, 0.2, "caller"],
  ["hardly quicker", 0.18, 0.2, "caller"],
  ["slower", 0.3, 0.2, "caller"],
]) {
  test(`where workers are ${what}, the work is done by: ${expected}`, async () => {
    const { trial, work } = trialOnClock();
    await work("workers", MEASURED - 1, workersMs);
    assert.equal(trial.side, "workers", "not measured yet");
    await work("workers", 1, workersMs);
    assert.equal(trial.side, "caller", "the other side's turn");
    await work("caller", MEASURED, callerMs);
    assert.equal(trial.side, expected);
  });
}

test("what the caller does while workers are being started does not count", async () => {
  const { trial, work } = trialOnClock();
  await work("caller", 2 * MEASURED, 9);
  await work("workers", MEASURED, 0.2);
  assert.equal(trial.side, "caller");
  await work("caller", MEASURED, 0.2);
  assert.equal(trial.side, "caller");
});

test("a side's quickest run counts: others had to wait for the source, or for the collector", async () => {
  const { trial, work } = trialOnClock();
  await work("workers", MEASURED, (segment) => (segment > 16 && segment % 16 === 3 ? 50 : 0.1));
  await work("caller", MEASURED, 0.2);
  assert.equal(trial.side, "workers");
});

test("short segments and work that failed say nothing", async () => {
  const { trial, work } = trialOnClock();
  await work("workers", 3 * MEASURED, 0.001, SEGMENT - 1);
  trial.watch("workers", Promise.reject(new Error("refused")), SEGMENT);
  await work("workers", MEASURED - 1, 0.1);
  assert.equal(trial.side, "workers");
});

test("each number of workers and each kind of work has one trial", () => {
  assert.equal(trialOf("encrypt", 2), trialOf("encrypt", 2));
  assert.notEqual(trialOf("encrypt", 2), trialOf("encrypt", 1));
  assert.notEqual(trialOf("encrypt", 2), trialOf("open", 2));
});
