/** The recipes of docs/compatibility.md read what the package wrote, and stand there as they are run. */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { AesKeyring, encryptObject } from "../../dist/node.js";
import { ROOT } from "../../scripts/lib/run.mjs";
import { contentOf } from "./ours.js";

const { peers, missing } = JSON.parse(process.env.INTEROP_PEERS);
const FOLDER = "docs/recipes";

/** By what runs AWS's clients: Python has the package that the recipe needs. */
const RECIPES = [
  { language: "java", file: "Decrypt.java", program: "java", args: [], reason: missing.java },
  { language: "python", file: "decrypt.py", program: peers.python?.command[0], args: [], reason: missing.python },
  { language: "go", file: "decrypt.go", program: "go", args: ["run"], reason: missing.go },
];

const key = new Uint8Array(32).map((_, index) => index * 7);
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

for (const { language, file, program, args, reason } of RECIPES) {
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
          const options = { input, cwd: ROOT, stdio: ["pipe", "pipe", "ignore"] };
          return execFileSync(program, [...args, join(FOLDER, file), ...values], options);
        };
        const commitment = metadata["x-amz-d"];
        assert.deepEqual(new Uint8Array(decrypt(commitment, stored)), content);
        if (length !== 1) continue;
        assert.throws(() => decrypt(metadata["x-amz-i"], stored), { name: "Error" });
        stored[0] ^= 1;
        assert.throws(() => decrypt(commitment, stored), { name: "Error" });
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
