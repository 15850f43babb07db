/** Times cases in one page, taking turns: whatever drifts while it runs (heat, other programs) hits all alike. */

import { rounded, summary } from "./statistics.mjs";
import { label, PREDICTED_FROM, SLOW_MBPS, timedGroups } from "./plan.mjs";

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
  for (const group of timedGroups(options)) {
    const [{ operation, bytes }] = group.cases;
    const { fit, skipped } = withoutSlow(group, results);
    tell(`${operation} ${label(bytes)}: ${fit.length} contenders, ${options.runs} rounds`);
    results.push(...(await timeGroup(session, { ...group, cases: fit }, options.runs)), ...skipped);
    if (operation === "decrypt") await session.call("forget");
  }
  return results;
}

/** One warm-up each, which is also where results are checked; then round after round. */
async function timeGroup(session, { cases, repeats }, runs) {
  const samples = new Map(cases.map(({ name }) => [name, []]));
  for (const one of cases) {
    await session.call("check", one);
    await session.call("sample", one);
  }
  for (let round = 0; round < runs; round += 1) {
    for (const one of inTurn(cases, round)) {
      await session.collectGarbage();
      samples.get(one.name).push(await session.call("sample", { ...one, repeats }));
    }
  }
  return cases.map(({ name, bytes }) => ({ name, bytes, ...summary(bytes, samples.get(name)) }));
}

/** Each round begins with another contender: none always runs after the same one. */
const inTurn = (cases, round) => cases.map((_, index) => cases[(index + round) % cases.length]);

/** Those whose speed with shorter content says that long content would take minutes are left out, and named. */
function withoutSlow({ cases, isLong }, results) {
  if (!isLong) return { fit: cases, skipped: [] };
  const slow = cases.filter((one) => speedBefore(one, results) < SLOW_MBPS);
  const skipped = slow.map((one) => ({
    name: one.name,
    bytes: one.bytes,
    skipped: `slow: ${rounded(speedBefore(one, results))} MB/s with ${label(PREDICTED_FROM)}, under ${SLOW_MBPS}`,
  }));
  return { fit: cases.filter((one) => !slow.includes(one)), skipped };
}

function speedBefore({ name, bytes }, results) {
  const shorter = name.replace(label(bytes), label(PREDICTED_FROM));
  return results.find((result) => result.name === shorter)?.MBps ?? Infinity;
}
