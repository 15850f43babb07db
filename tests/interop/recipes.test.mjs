/** The recipes of docs/compatibility.md read what the package wrote, and stand there as they are run. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { AesKeyring, encryptObject } from "../../dist/node.js";
import { ROOT } from "../../scripts/lib/run.mjs";
import { contentOf } from "./ours.js";

const { peers, missing } = JSON.parse(process.env.INTEROP_PEERS);
const FOLDER = "docs/recipes";

/**
 * By what runs AWS's clients: Python has the package that the recipe needs. `complaint` is what the language says of content
 * that does not authenticate.
 */
const RECIPES = [
  {
    language: "java",
    file: "Decrypt.java",
    program: "java",
    args: [],
    complaint: /AEADBadTagException/,
    reason: missing.java,
  },
  {
    language: "python",
    file: "decrypt.py",
    program: peers.python?.command[0],
    args: [],
    complaint: /InvalidTag/,
    reason: missing.python,
  },
  {
    language: "go",
    file: "decrypt.go",
    program: "go",
    args: ["run"],
    complaint: /message authentication failed/,
    reason: missing.go,
  },
];

/** Long enough for Go to compile its recipe on a slow machine, in milliseconds. */
const LIMIT_MS = 120_000;

const key = new Uint8Array(32).map((_, index) => index * 7);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

for (const { language, file, program, args, complaint, reason } of RECIPES) {
  test(
    `${language}: reads what the package wrote, and refuses what was touched`,
    { skip: reason ?? false },
    async () => {
      const keyring = await AesKeyring.fromBytes(key);
      for (const length of [0, 1, 100_000]) {
        const content = contentOf(length, 3);
        const { body, metadata } = await encryptObject(content, { keyring });
        const stored = Buffer.from(await new Response(body).arrayBuffer());
        const decrypt = (commitment, input) => {
          const values = [base64(key), metadata["x-amz-3"], commitment, metadata["x-amz-i"]];
          const options = { input, cwd: ROOT, timeout: LIMIT_MS };
          const { error, status, stdout, stderr } = spawnSync(
            program,
            [...args, join(FOLDER, file), ...values],
            options,
          );
          assert.ifError(error);
          return { status, content: new Uint8Array(stdout), complaint: stderr.toString() };
        };
        const assertRefuses = (answer, complaint) => {
          assert.match(answer.complaint, complaint);
          assert.deepEqual([answer.status, answer.content], [1, new Uint8Array()], answer.complaint);
        };
        const commitment = metadata["x-amz-d"];
        const whole = decrypt(commitment, stored);
        assert.equal(whole.status, 0, whole.complaint);
        assert.deepEqual(whole.content, content);
        if (length !== 1) continue;
        assertRefuses(decrypt(metadata["x-amz-i"], stored), /the object commits to another key/);
        stored[0] ^= 1;
        assertRefuses(decrypt(commitment, stored), complaint);
      }
    },
  );

  test(`${language}: the documentation shows the recipe as it is run`, () => {
    const blocks = readFileSync(join(ROOT, "docs/compatibility.md"), "utf8").split(`\`\`\`${language}\n`).slice(1);
    const shown = blocks.map((block) => block.split("```")[0].trim());
    assert.equal(shown.length, 1);
    const run = readFileSync(join(ROOT, FOLDER, file), "utf8");
    assert.ok(run.includes(shown[0]), `${file} and the documentation differ`);
  });
}
