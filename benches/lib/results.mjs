/** All results of one browser together, with what follows from them. */

import { extname } from "node:path";

import { REFERENCES } from "./plan.mjs";
import { rounded } from "./statistics.mjs";

/**
 * @typedef {object} Results what `--json` writes
 * @property {string} command
 * @property {string} browser
 * @property {string} version the browser's
 * @property {object} machine
 * @property {Record<string, string>} versions by package
 * @property {Record<string, { scriptBytes: number, wasmBytes: number, gzipBytes: number, startUpMs: number }>} peers
 * @property {import("./timing.mjs").Result[]} cases
 * @property {{ browser: string, reason: string }[]} notRun
 */

/**
 * Where the results of a browser are written: those of the first one where the command line says, those of each further one
 * beside it.
 *
 * @param {string} path
 * @param {string} further the name of a further browser; empty for the first
 */
export function resultsPath(path, further) {
  if (further === "") return path;
  const ending = extname(path);
  return `${path.slice(0, path.length - ending.length)}.${further}${ending}`;
}

/**
 * Merges what was found out of the same case in different ways.
 *
 * @param {import("./timing.mjs").Result[]} results
 */
export function merged(results) {
  const cases = new Map();
  for (const result of results) cases.set(result.name, { ...cases.get(result.name), ...result });
  return [...cases.values()];
}

/**
 * Adds to each case how its speed compares with that of the references at the same operation and length.
 *
 * @param {import("./timing.mjs").Result[]} cases
 */
export function addRatios(cases) {
  const speedOf = (name) => cases.find((one) => one.name === name)?.MBps;
  for (const one of cases.filter(({ MBps }) => MBps !== undefined)) {
    const ratios = Object.entries(referencesOf(one.name)).map(([key, name]) => [key, ratio(one.MBps, speedOf(name))]);
    one.ratios = Object.fromEntries(ratios.filter(([, value]) => value !== undefined));
  }
}

/** The cases that a case is compared with. */
function referencesOf(name) {
  const { operation, length, group } = partsOf(name);
  if (group === "file") return { readOnly: `file/read-only/${length}` };
  if (group === "upload") return { plain: name.replace("/encrypted/", "/plain/") };
  return named(operation, length);
}

const named = (operation, length) =>
  Object.fromEntries(Object.entries(REFERENCES).map(([key, peer]) => [key, `${peer}/${operation}/${length}`]));

const ratio = (speed, reference) => (reference === undefined ? undefined : rounded(speed / reference));

/**
 * What the name of a case says.
 *
 * @param {string} name
 */
export function partsOf(name) {
  const parts = name.split("/");
  const length = parts.find((part) => /^\d+[KMG]iB$/.test(part));
  const variant = parts.length > 3 ? parts[2] : undefined;
  return { group: parts[0], operation: parts[1], variant, length };
}
