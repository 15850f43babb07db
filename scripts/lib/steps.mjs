/** Steps that are done once, and not again until what they depend on changes; and by one process at a time. */

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

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
  if (!takeLock()) {
    await step(`waiting for another run (process ${lockHolder()}) to finish setting up or building`, async () => {
      while (!takeLock()) await sleep(LOCK_POLL_MS);
    });
  }
  const release = () => rmSync(LOCK, { force: true });
  process.once("exit", release);
  try {
    await work();
  } finally {
    process.off("exit", release);
    release();
  }
}

function takeLock() {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  const holder = lockHolder();
  // This process has no lock yet: one that bears its number is of another machine, or of an earlier start of this one.
  if (holder !== undefined && (holder === process.pid || !isAlive(holder))) dropLockOf(holder);
  return false;
}

/** The process that has the lock; nothing between the making of the file and its filling. */
function lockHolder() {
  const content = existsSync(LOCK) ? readFileSync(LOCK, "utf8") : "";
  return content === "" ? undefined : Number(content);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Removes the lock of a process that was killed. It is moved first: of two that try, one gets it. */
function dropLockOf(holder) {
  const dropped = `${LOCK}-${process.pid}`;
  try {
    renameSync(LOCK, dropped);
  } catch {
    return;
  }
  const isTheDead = readFileSync(dropped, "utf8") === String(holder);
  if (isTheDead) rmSync(dropped);
  else renameSync(dropped, LOCK);
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
