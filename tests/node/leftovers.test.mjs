/** What a benchmark leaves behind that is ended by a signal: nothing. */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";

import { ELSEWHERE } from "../../scripts/lib/counts.mjs";

const PROGRAM = `
  import { spawn } from "node:child_process";
  import { cleanUpOnSignals, endingWithUs, temporaryFolder } from ${JSON.stringify(new URL("../../benches/lib/leftovers.mjs", import.meta.url))};
  cleanUpOnSignals();
  const child = endingWithUs(spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" }));
  console.log(JSON.stringify({ pid: child.pid, folder: temporaryFolder() }));`;

const isAlive = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

for (const [signal, status] of Object.entries({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 })) {
  test(
    `${signal} ends what was started and removes the folders`,
    { skip: process.platform === "win32" && `${ELSEWHERE}Windows has no such signals` },
    async () => {
      const program = spawn(process.execPath, ["--input-type=module", "-e", PROGRAM], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = await once(program.stdout, "data");
      const { pid, folder } = JSON.parse(line);
      assert.ok(isAlive(pid) && existsSync(folder));
      program.kill(signal);
      assert.deepEqual(await once(program, "exit"), [status, null]);
      assert.equal(existsSync(folder), false);
      for (let attempts = 50; isAlive(pid) && attempts > 0; attempts--) await sleep(100);
      assert.equal(isAlive(pid), false);
    },
  );
}
