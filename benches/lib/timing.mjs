/** Times cases in one page, taking turns: whatever drifts while it runs (heat, other programs) hits all alike. */

import { label, timedGroups, withoutSlow } from "./plan.mjs";
import { summary } from "./statistics.mjs";

/**
 * @typedef {object} Result what is known of a case; fields that were not measured are missing
 * @property {string} name
 * @property {number} bytes
 * @property {string} [skipped] why it was not measured
 */

/**
 * Times all cases.
 *
 * @param {import("./session.mjs").Session} session
 * @param {{ quick: boolean, only?: RegExp, runs: number }} options
 * @param {(text: string) => void} tell
 * @returns {Promise<Result[]>}
 */
export async function timeAll(session, options, tell) {
  const results = [];
  const isChecked = onlyOnce();
  for (const group of timedGroups(options)) {
    const [{ operation, bytes }] = group.cases;
    const { fit, skipped } = withoutSlow(group.cases, results);
    tell(`${operation} ${label(bytes)}: ${fit.length} contenders, ${options.runs} rounds`);
    await warmUp(session, { ...group, cases: fit }, isChecked);
    results.push(...(await timeGroup(session, { ...group, cases: fit }, options.runs)), ...skipped);
    if (operation === "decrypt") await session.call("forget");
  }
  return results;
}

/**
 * The check encrypts and decrypts: once for each contender and length is enough, and with long content it is the warm-up
 * as well.
 */
async function warmUp(session, { cases, isLong }, isChecked) {
  for (const one of cases) {
    if (!isChecked(`${one.peer} ${one.variant} ${one.bytes}`)) await session.call("check", one);
    if (!isLong) await session.call("sample", one);
  }
}

/** Tells whether it was asked the same before. */
function onlyOnce() {
  const before = new Set();
  return (what) => before.size === before.add(what).size;
}

/** Round after round, so that all contenders have their turn before any has its next. */
async function timeGroup(session, { cases, repeats }, runs) {
  const samples = new Map(cases.map(({ name }) => [name, []]));
  for (let round = 0; round < runs; round += 1) {
    for (const one of inTurn(cases, round)) {
      await session.collectGarbage();
      samples.get(one.name).push(await session.call("sample", { ...one, repeats, minMs: session.minSampleMs }));
    }
  }
  return cases.map(({ name, bytes }) => ({ name, bytes, ...summary(bytes, samples.get(name)) }));
}

/** Each round begins with another contender: none always runs after the same one. */
const inTurn = (cases, round) => cases.map((_, index) => cases[(index + round) % cases.length]);
