/** The lock of a checkout: one process has it, and none waits for one that is gone. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { lockHolder, takeLock } from "../../scripts/lib/lock.mjs";

let folder;
let path;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s3-envelope-lock-"));
  path = join(folder, "lock");
});

afterEach(() => rmSync(folder, { recursive: true }));

const lockOf = (pid) => writeFileSync(path, JSON.stringify({ pid, token: "another's" }));

function makeOld() {
  const then = new Date(Date.now() - 3_600_000);
  utimesSync(path, then, then);
}

/** The first attempt drops what was left behind, the second one takes the lock. */
function assertIsDropped() {
  assert.equal(takeLock(path), undefined);
  assert.deepEqual(readdirSync(folder), []);
  takeLock(path)();
}

test("a lock is had once, and given back", () => {
  const release = takeLock(path);
  assert.equal(lockHolder(path), process.pid);
  assert.equal(takeLock(path), undefined);
  assert.deepEqual(readdirSync(folder), ["lock"]);
  release();
  assert.deepEqual(readdirSync(folder), []);
});

test("the lock of a process that lives is waited for", () => {
  lockOf(process.ppid);
  assert.equal(takeLock(path), undefined);
  assert.equal(lockHolder(path), process.ppid);
});

test("the lock of a process that is gone is dropped", () => {
  lockOf(spawnSync(process.execPath, ["--version"]).pid);
  assertIsDropped();
});

test("a lock that bears this process's number and is not its own is of an earlier one", () => {
  lockOf(process.pid);
  assertIsDropped();
});

test("a lock that nobody touches is dropped, whoever has its process's number now", () => {
  lockOf(process.ppid);
  makeOld();
  assertIsDropped();
});

test("an empty lock is waited for only while it is new", () => {
  writeFileSync(path, "");
  assert.equal(takeLock(path), undefined);
  assert.ok(existsSync(path));
  assert.equal(lockHolder(path), undefined);
  makeOld();
  assertIsDropped();
});

test("what another took is not given back", () => {
  const release = takeLock(path);
  lockOf(process.ppid);
  release();
  assert.match(readFileSync(path, "utf8"), /another's/);
});
