/** Traces that the machine which built something left in it: its folders, and where its crates came from. */

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, sep } from "node:path";

import { ROOT } from "./run.mjs";

const TRACES = [...foldersOf(ROOT, homedir()), "registry/src/"];

/**
 * The folders that give a machine away, each with a slash at its end. One right below the root, such as /src/ or /app/, is
 * in many a name that tells nothing; only /root/ is nobody's but a home.
 *
 * @param {string} root the repository's folder
 * @param {string} home
 * @returns {string[]}
 */
export function foldersOf(root, home) {
  const folders = [root, home].map((folder) => folder.replace(/[\\/]*$/, sep));
  return folders.filter((folder) => folder === "/root/" || depth(folder) > 1);
}

function depth(folder) {
  return folder.split(/[\\/]/).filter((name) => name !== "").length;
}

/**
 * The files of a folder that have any.
 *
 * @param {string} folder
 * @returns {string[]}
 */
export function filesWithTraces(folder) {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return files.filter((file) => {
    const content = readFileSync(file, "latin1");
    return TRACES.some((trace) => content.includes(trace));
  });
}
