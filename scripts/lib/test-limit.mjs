/**
 * Loaded before each file of `node --test`: a test that stands still is named and fails, instead of keeping all others
 * waiting until somebody ends them and does not know why. The oldest Node that is supported limits whole files alone.
 *
 * TEST_LIMIT_MS is how long a test may take, in milliseconds.
 */

import { isMainThread } from "node:worker_threads";

const limitMs = Number(process.env.TEST_LIMIT_MS);

// What runs the files has no tests, nor have the threads that a test starts.
if (process.env.NODE_TEST_CONTEXT !== undefined && isMainThread) {
  const { afterEach, beforeEach } = await import("node:test");
  // One for each: a test may have others within.
  const timers = new WeakMap();
  beforeEach((test) => {
    const timer = setTimeout(() => endIn(test.name), limitMs);
    // It keeps nothing alive: a test that waits for what can no longer come is told so at once.
    timers.set(test, timer.unref());
  });
  afterEach((test) => clearTimeout(timers.get(test)));
}

function endIn(name) {
  const open = process.getActiveResourcesInfo().join(", ");
  console.error(`"${name}" has not ended within ${limitMs / 1000} s; what is still open: ${open}`);
  process.exit(1);
}
