/**
 * A browser with the page that measures. What the three browsers share is described here; `chromium.mjs`, `firefox.mjs`
 * and `webkit.mjs` each drive one.
 */

import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

/**
 * One browser, one page at a time.
 *
 * @typedef {object} Session
 * @property {{ browser: string, version: string }} identity the browser's name and version
 * @property {number} minSampleMs how long a sample must last at least, for the browser's clock
 * @property {() => Promise<void>} freshPage replaces the page with a new one: nothing of what was done before is left in it
 * @property {(name: string, argument?: unknown) => Promise<unknown>} call calls one of the page's functions (page/main.mjs)
 * @property {(path: string) => Promise<void>} choose chooses a file, as a person would
 * @property {(howMuch: "briefly" | "thoroughly") => Promise<void>} collectGarbage so that nobody pays for what another left
 *   behind; where it cannot be ordered, waits briefly or longer
 * @property {() => string[]} contentProcesses the processes that pages live in
 * @property {() => Promise<void>} close ends the browser and removes its profile
 * @property {<T>(work: () => Promise<T>) => Promise<{ result: T, heapBytes: number }>} [watchingHeap] samples the page's heap,
 *   buffers included, while something is done, and gives the peak less what there was at the start; only where the browser
 *   tells
 * @property {(url: string) => Promise<Session>} [unwatched] the same page in a browser of its own whose network nobody watches;
 *   only where driving it otherwise means watching
 * @property {(bytesPerSecond: number) => Promise<void>} [limitUplink] holds what the page sends to a rate, until there is a
 *   fresh page; only where the browser can
 */

/** Long enough for 4 GiB through the slowest of all. */
export const LIMIT_MS = 20 * 60_000;

/**
 * Finds an installed program.
 *
 * @param {string[]} candidates names, which are looked for in PATH, or paths
 * @returns {string | undefined} the path of the first that is there
 */
export function firstInstalled(candidates) {
  const folders = (process.env.PATH ?? "").split(delimiter);
  const paths = candidates.flatMap((one) => (isAbsolute(one) ? [one] : folders.map((folder) => join(folder, one))));
  return paths.find((path) => existsSync(path));
}
