/** How many tests passed, and which were left out: read from what each test runner says. */

import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {{ passed: number, failed: number, skipped: number, notes: string[] }} Counts `notes` say what a person has
 *   to know beside the numbers
 */

/**
 * @typedef {Counts & { skips: { name: string, reason?: string }[] }} Found `skips` are those of the skipped that the
 *   runner names
 */

/** How the reason begins of a test that a system has nothing for. Any other skipped test could have been run. */
export const ELSEWHERE = "not on this system: ";
/** So many are named. */
const NAMED = 20;

/** @returns {Counts} */
export const counts = (passed, failed, notes = []) => ({ passed, failed, skipped: 0, notes });

/** One failure, for the reason given. */
export const failure = (reason) => counts(0, 1, [reason]);

/** The summaries of cargo test and wasm-bindgen-test: one a test binary. */
export function countRust(output) {
  return tally(output, {
    passed: /^test result: .*?(\d+) passed/gm,
    failed: /^test result: .*?(\d+) failed/gm,
    skipped: /^test result: .*?(\d+) ignored/gm,
    skips: /^test (?<name>.+) \.\.\. ignored(?:, (?<reason>.+))?$/gm,
  });
}

/** The summary of node --test: one in all. */
export function countNode(output) {
  return tally(output, {
    passed: /^[ℹ#] pass (\d+)/gm,
    failed: /^[ℹ#] (?:fail|cancelled) (\d+)/gm,
    skipped: /^[ℹ#] (?:skipped|todo) (\d+)/gm,
    skips: /^ *﹣ (?<name>.+) \([\d.]+ms\) # (?<reason>.+)$/gm,
  });
}

/** The summary of pytest, its last line; what is skipped it names with `-rs`. */
export function countPytest(output) {
  const summary = output.trimEnd().lastIndexOf("\n") + 1;
  return {
    ...tally(output.slice(summary), {
      passed: /(\d+) passed/g,
      failed: /(\d+) (?:failed|errors?)/g,
      skipped: /(\d+) (?:skipped|xfailed|xpassed|deselected)/g,
    }),
    skips: groupsOf(output, /^SKIPPED \[\d+\] (?<name>.+?): (?<reason>.+)$/gm),
  };
}

/**
 * What a runner's output amounts to. A runner that crashed, or ran no test at all, has failed whatever it printed.
 *
 * @param {(output: string) => Found} count
 * @param {{ ok: boolean, output: string }} result
 * @param {{ mustRunAll?: boolean }} options `mustRunAll` makes skipped tests failures, but for those that the system has
 *   nothing for: where nobody looks at what is skipped
 * @returns {Counts}
 */
export function countsOf(count, { ok, output }, { mustRunAll = Boolean(process.env.CI) } = {}) {
  const { skips, ...all } = count(stripVTControlCharacters(output));
  const found = mustRunAll ? withSkipsFailed(all, skips) : all;
  if (found.failed > 0) return found;
  if (!ok) return { ...found, failed: 1, notes: ["the test runner failed, see above"] };
  if (found.passed === 0) return { ...found, failed: 1, notes: ["no test was run"] };
  return found;
}

function withSkipsFailed(found, skips) {
  const rest = skips.filter(({ reason }) => !reason?.startsWith(ELSEWHERE));
  // By the number: a runner need not name all.
  const left = found.skipped - (skips.length - rest.length);
  if (left === 0) return found;
  const names = rest.slice(0, NAMED).map(({ name, reason }) => `\n     ${name}: ${reason ?? "no reason"}`);
  const note = `${left} skipped, none of which may be where CI is set:${names.join("")}`;
  return { ...found, failed: found.failed + left, notes: [note] };
}

/** @returns {Found} */
function tally(output, { skips = /(?!)/g, ...patterns }) {
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((total, [, number]) => total + Number(number), 0);
  const [passed, failed, skipped] = [patterns.passed, patterns.failed, patterns.skipped].map(sum);
  const notes = skipped > 0 ? [`${skipped} skipped`] : [];
  return { passed, failed, skipped, notes, skips: groupsOf(output, skips) };
}

const groupsOf = (output, pattern) => [...output.matchAll(pattern)].map(({ groups }) => groups);
