/** A folder that is built anew: whoever reads it meanwhile finds it whole. */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { replaced } from "../../scripts/lib/replaced.mjs";

let parent;
let folder;

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), "s3-envelope-replaced-"));
  folder = join(parent, "built");
});

afterEach(() => rmSync(parent, { recursive: true }));

function write(path, content) {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, content), content);
}

test("what was there is there until what replaces it is finished, and nothing else is left", async () => {
  await replaced(folder, async (next) => write(next, "first"));
  assert.equal(readFileSync(join(folder, "first"), "utf8"), "first");
  await replaced(folder, async (next) => {
    write(next, "second");
    assert.deepEqual(readdirSync(folder), ["first"]);
  });
  assert.deepEqual([readdirSync(parent), readdirSync(folder)], [["built"], ["second"]]);
});

test("a build that fails, or was interrupted, changes nothing", async () => {
  write(folder, "first");
  write(`${folder}-next`, "interrupted");
  const failing = replaced(folder, async (next) => {
    write(next, "half");
    throw new Error("it does not compile");
  });
  await assert.rejects(failing, { message: "it does not compile" });
  assert.deepEqual([readdirSync(parent), readdirSync(folder)], [["built"], ["first"]]);
  write(`${folder}-next`, "interrupted");
  await replaced(folder, async (next) => write(next, "second"));
  assert.deepEqual([readdirSync(parent), readdirSync(folder)], [["built"], ["second"]]);
});
