/** Nothing that the suites run stands still for ever, or without a name. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { run } from "../../scripts/lib/run.mjs";

function runLimited(file, limitMs) {
  const args = [
    "--import=./scripts/lib/test-limit.mjs",
    "--test",
    "--test-reporter=spec",
    `tests/node/support/${file}`,
  ];
  // Inside of one run of tests there is no other, unless it does not know.
  return run(process.execPath, args, { env: { TEST_LIMIT_MS: String(limitMs), NODE_TEST_CONTEXT: undefined } });
}

test("a test that never ends is named, and fails with its file", async () => {
  const { ok, output } = await runLimited("stands-still.mjs", 500);
  assert.equal(ok, false);
  assert.match(output, /✔ ends/);
  assert.match(output, /"never ends" has not ended within 0\.5 s; what is still open: .*Timeout/);
  assert.match(output, /✖ .*stands-still\.mjs/);
});

test("a test that ended, with another within, holds nothing against those after it", async () => {
  const { ok, output } = await runLimited("another-within.mjs", 2000);
  assert.ok(ok, output);
});

test("a program has ended when it has, though what it left behind holds its output", { timeout: 60_000 }, async () => {
  const child = ["-e", "setInterval(() => undefined, 1000)"];
  const program = `
    require("child_process").spawn(process.execPath, ${JSON.stringify(child)}, { stdio: "inherit" });
    process.stdout.write("begun", () => process.exit());
  `;
  assert.deepEqual(await run(process.execPath, ["-e", program]), { ok: true, output: "begun" });
});
