/** What tests open is closed, whatever fails. */

import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Resources } from "../support/resources.mjs";

/** Resources that note in which order they are closed. */
function noting(closed) {
  return (resources, ...names) => {
    for (const name of names) resources.add(name, () => closed.push(name));
  };
}

test("what was opened is closed once, the last first", async () => {
  const closed = [];
  const resources = new Resources();
  noting(closed)(resources, "server", "browser");
  await resources.close();
  await resources.close();
  assert.deepEqual(closed, ["browser", "server"]);
});

test("where a step fails what was opened before is closed, and the step's failure is told", async () => {
  const closed = [];
  let folder;
  const opening = Resources.opening(async (resources) => {
    folder = resources.folder();
    writeFileSync(join(folder, "file"), "");
    noting(closed)(resources, "server");
    resources.add("browser", () => Promise.reject(new Error("it does not end")));
    throw new Error("the page does not load");
  });
  await assert.rejects(opening, { message: "the page does not load" });
  assert.deepEqual(closed, ["server"]);
  assert.equal(existsSync(folder), false);
});

test("what cannot be closed keeps nothing else open, and is told", async () => {
  const closed = [];
  const resources = new Resources();
  noting(closed)(resources, "server");
  resources.add("browser", () => Promise.reject(new Error("it does not end")));
  await assert.rejects(resources.close(), { message: "it does not end" });
  assert.deepEqual(closed, ["server"]);
});

test("what stays open is what was opened", async () => {
  const resources = await Resources.opening(async (opened) => {
    opened.folder();
    return opened;
  });
  const folder = resources.folder();
  assert.ok(existsSync(folder));
  await resources.close();
  assert.equal(existsSync(folder), false);
});
