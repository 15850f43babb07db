/**
 * A lock file: one process at a time has it. A process that is killed leaves its own behind, so that one is dropped whose
 * process is gone, or that nobody has touched for long: the number of a process is given to another in time.
 */

import { randomUUID } from "node:crypto";
import {
  constants,
  copyFileSync,
  linkSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";

const TOUCH_MS = 5_000;
/** While a holder waits for a program that it only asks something (`answerOf`, up to a minute each), it touches nothing. */
const STALE_MS = 180_000;

/** Tells this process from an earlier one with its number: in a container that starts anew all numbers come again. */
const TOKEN = randomUUID();

/**
 * Takes a lock, or drops one that nobody has any more, for the next attempt.
 *
 * @param {string} path
 * @returns {(() => void) | undefined} gives it back; nothing where another has it
 */
export function takeLock(path) {
  if (!made(path)) {
    if (isLeftBehind(path)) drop(path);
    return undefined;
  }
  const touching = setInterval(() => touch(path), TOUCH_MS).unref();
  const release = () => {
    process.off("exit", release);
    clearInterval(touching);
    if (read(path)?.token === TOKEN) rmSync(path, { force: true });
  };
  process.once("exit", release);
  return release;
}

/**
 * The number of the process that has a lock, where that can be told.
 *
 * @param {string} path
 * @returns {number | undefined}
 */
export function lockHolder(path) {
  return read(path)?.pid;
}

/** Makes the lock, filled: it is never seen empty. */
function made(path) {
  const own = `${path}-${TOKEN}`;
  writeFileSync(own, JSON.stringify({ pid: process.pid, token: TOKEN }));
  try {
    return linked(own, path);
  } finally {
    rmSync(own, { force: true });
  }
}

/** Gives a file a second name, unless there is one of that name. */
function linked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
  }
  // Some shared folders know no second names.
  try {
    copyFileSync(from, to, constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** What is in a lock and how old it is; nothing where there is none. */
function read(path) {
  try {
    const { mtimeMs } = statSync(path);
    return { ageMs: Date.now() - mtimeMs, ...contentOf(readFileSync(path, "utf8")) };
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function contentOf(text) {
  try {
    const { pid, token } = JSON.parse(text);
    return { pid, token };
  } catch {
    return {};
  }
}

function isLeftBehind(path) {
  const lock = read(path);
  if (lock === undefined || lock.token === TOKEN) return false;
  if (lock.ageMs > STALE_MS || lock.pid === process.pid) return true;
  return Number.isInteger(lock.pid) && !isAlive(lock.pid);
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** It is moved first: of two that try, one gets it. What was taken meanwhile is put back, over nobody's. */
function drop(path) {
  const dropped = `${path}-${TOKEN}-dropped`;
  try {
    renameSync(path, dropped);
  } catch (error) {
    // On Windows also while another reads it.
    if (["ENOENT", "EPERM", "EACCES", "EBUSY"].includes(error.code)) return;
    throw error;
  }
  if (!isLeftBehind(dropped)) linked(dropped, path);
  rmSync(dropped, { force: true });
}

function touch(path) {
  if (read(path)?.token !== TOKEN) return;
  const now = new Date();
  try {
    utimesSync(path, now, now);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
}
