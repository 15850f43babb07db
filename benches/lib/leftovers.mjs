/**
 * What a benchmark must not leave behind, however it ends: programs that it started, and folders of its own. A signal that
 * nobody handles ends Node without a word to anybody.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";

import { endTree } from "../../scripts/lib/run.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];

/** For Playwright and puppeteer: they would end the process themselves, before anything is removed. */
export const SIGNALS_ARE_OURS = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };

const children = new Set();
const folders = new Set();

process.on("exit", cleanUp);

/**
 * Sees to it that a program ends, with all that it started.
 *
 * @template {import("node:child_process").ChildProcess} T
 * @param {T} child
 * @returns {T}
 */
export function endingWithUs(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/**
 * Makes a folder that is removed at the end, if it was not before.
 *
 * @returns {string} its path
 */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), "s3-envelope-bench-"));
  folders.add(folder);
  return folder;
}

/**
 * Removes such a folder; a browser that was just closed may still write to it.
 *
 * @param {string} folder
 */
export function removeFolder(folder) {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
}

/** From now on a signal ends the process as it would without this, and nothing is left. */
export function cleanUpOnSignals() {
  for (const signal of SIGNALS) {
    process.once(signal, () => {
      // After all others: those who drive browsers end them on exit too, and then nobody writes to the folders.
      process.off("exit", cleanUp).on("exit", cleanUp);
      process.exit(128 + constants.signals[signal]);
    });
  }
}

function cleanUp() {
  for (const child of children) endTree(child);
  for (const folder of folders) {
    try {
      removeFolder(folder);
    } catch (error) {
      console.error(`${folder} could not be removed: ${error.message}`);
    }
  }
}
