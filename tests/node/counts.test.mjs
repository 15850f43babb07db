/** What is read from the words of test runners, and what becomes of tests that they left out. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { countNode, countPytest, countRust, countsOf } from "../../scripts/lib/counts.mjs";
import { run } from "../../scripts/lib/run.mjs";

const CARGO = `
test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
test slow ... ignored, takes an hour
test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s
`;
const PYTEST = `
SKIPPED [1] tests/python/test_cli.py:20: the CLI is not there
================ 5 passed, 1 skipped, 2 xfailed in 1.00s =================
`;

const ended = (output) => ({ ok: true, output });

test("skipped tests are told", () => {
  const told = { passed: 5, failed: 1, skipped: 2, notes: ["2 skipped"] };
  assert.deepEqual(countsOf(countRust, ended(CARGO), { mustRunAll: false }), told);
  const python = { passed: 5, failed: 0, skipped: 3, notes: ["3 skipped"] };
  assert.deepEqual(countsOf(countPytest, ended(PYTEST), { mustRunAll: false }), python);
});

test("where all must run skipped tests have failed, named or not", () => {
  const rust = countsOf(countRust, ended(CARGO), { mustRunAll: true });
  assert.equal(rust.failed, 3);
  assert.match(rust.notes.join(), /^2 skipped, .*\n +slow: takes an hour$/);
  const python = countsOf(countPytest, ended(PYTEST), { mustRunAll: true });
  assert.equal(python.failed, 3);
  assert.match(python.notes.join(), /^3 skipped, .*\n +tests\/python\/test_cli\.py:20: the CLI is not there$/);
});

test("tests that the system has nothing for are skipped everywhere, by the words of Node itself", async () => {
  const args = ["--test", "--test-reporter=spec", "tests/node/support/left-out.mjs"];
  // Inside of one run of tests there is no other, unless it does not know.
  const result = await run(process.execPath, args, { env: { NODE_TEST_CONTEXT: undefined } });
  const { notes, ...numbers } = countsOf(countNode, result, { mustRunAll: true });
  assert.deepEqual(numbers, { passed: 1, failed: 2, skipped: 3 });
  assert.match(notes.join(), /^2 skipped, .*:\n +lacks a client: the client is not installed\n +has no reason: SKIP$/);
  const lenient = countsOf(countNode, result, { mustRunAll: false });
  assert.deepEqual(lenient, { ...numbers, failed: 0, notes: ["3 skipped"] });
});

test("a runner that failed, or ran nothing, has failed whatever it printed", () => {
  const passed = "test result: ok. 3 passed; 0 failed; 0 ignored\n";
  assert.equal(countsOf(countRust, ended(passed)).failed, 0);
  assert.equal(countsOf(countRust, { ok: false, output: passed }).failed, 1);
  assert.equal(countsOf(countRust, ended("")).failed, 1);
});
