/** Traces that the machine which built something left in it: its folders, and where its crates came from. */

import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

import { ROOT } from "./run.mjs";

const depth = (folder) => folder.split(/[\\/]/).filter((name) => name !== "").length;
/** Both end with a slash. A repository right below the root, such as /src/, is in many a name that tells nothing. */
const FOLDERS = [...(depth(ROOT) > 1 ? [ROOT] : []), ...(depth(homedir()) > 0 ? [`${homedir()}/`] : [])];
const TRACES = [...FOLDERS, "registry/src/"];

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
