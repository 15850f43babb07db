/** Steps that are done once, and not again until what they depend on changes; and by one process at a time. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { lockHolder, takeLock } from "./lock.mjs";
import { step } from "./progress.mjs";
import { ROOT } from "./run.mjs";

/** Where tools, and notes on what was done, are kept; ignored by git. */
export const TOOLS = join(ROOT, ".tools");

const LOCK = join(TOOLS, "lock");
const LOCK_POLL_MS = 500;

/**
 * Does a step only if its inputs are not those of the last time, or an output is gone. The note is written last, so
 * that a step that was interrupted is done again.
 *
 * @param {string} name
 * @param {{ title: string, inputs: string[], outputs: string[], key?: string }} what files and folders; `key` is
 *   whatever else decides about the result
 * @param {Parameters<typeof step>[1]} work
 */
export async function once(name, { title, inputs, outputs, key = "" }, work) {
  const note = join(TOOLS, "steps", name);
  const state = hashOf(inputs.map(inRoot), key);
  const isDone = existsSync(note) && readFileSync(note, "utf8") === state;
  if (isDone && outputs.every((path) => existsSync(inRoot(path)))) return;
  rmSync(note, { force: true });
  await step(title, work);
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, state);
}

/**
 * Does work that must not be done by two processes at once in this checkout, such as `npm start` beside `npm test`.
 *
 * @param {() => Promise<void>} work
 */
export async function alone(work) {
  mkdirSync(TOOLS, { recursive: true });
  const release = takeLock(LOCK) ?? (await lockInTurn());
  try {
    await work();
  } finally {
    release();
  }
}

async function lockInTurn() {
  const holder = lockHolder(LOCK);
  const who = holder === undefined ? "another run" : `another run (process ${holder})`;
  const title = `waiting for ${who} to finish setting up or building; if there is none, delete ${relative(ROOT, LOCK)}`;
  let release;
  await step(title, async () => {
    while ((release = takeLock(LOCK)) === undefined) await sleep(LOCK_POLL_MS);
  });
  return release;
}

const inRoot = (path) => resolve(ROOT, path);

/** One hash over the contents of files and folders. */
function hashOf(paths, key) {
  const hash = createHash("sha256").update(key);
  for (const file of paths.flatMap(filesOf).sort()) {
    hash.update(`\0${relative(ROOT, file)}\0`).update(readFileSync(file));
  }
  return hash.digest("hex");
}

function filesOf(path) {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)));
}
