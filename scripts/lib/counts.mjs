/** How many tests passed: read from what each test runner says at its end. */

import { stripVTControlCharacters } from "node:util";

/**
 * @typedef {{ passed: number, failed: number, skipped: number, notes: string[] }} Counts `notes` say what a person has
 *   to know beside the numbers
 */

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
  });
}

/** The summary of node --test: one in all. */
export function countNode(output) {
  return tally(output, {
    passed: /^[ℹ#] pass (\d+)/gm,
    failed: /^[ℹ#] (?:fail|cancelled) (\d+)/gm,
    skipped: /^[ℹ#] (?:skipped|todo) (\d+)/gm,
  });
}

/** The summary of pytest: its last line. */
export function countPytest(output) {
  return tally(output.trimEnd().split("\n").at(-1), {
    passed: /(\d+) passed/g,
    failed: /(\d+) (?:failed|errors?)/g,
    skipped: /(\d+) (?:skipped|xfailed|xpassed|deselected)/g,
  });
}

/**
 * What a runner's output amounts to. A runner that crashed, or ran no test at all, has failed whatever it printed.
 *
 * @param {(output: string) => Counts} count
 * @param {{ ok: boolean, output: string }} result
 * @returns {Counts}
 */
export function countsOf(count, { ok, output }) {
  const found = count(stripVTControlCharacters(output));
  if (found.failed > 0) return found;
  if (!ok) return { ...found, failed: 1, notes: ["the test runner failed, see above"] };
  if (found.passed === 0) return { ...found, failed: 1, notes: ["no test was run"] };
  return found;
}

function tally(output, patterns) {
  const sum = (pattern) => [...output.matchAll(pattern)].reduce((total, [, number]) => total + Number(number), 0);
  const [passed, failed, skipped] = [patterns.passed, patterns.failed, patterns.skipped].map(sum);
  return { passed, failed, skipped, notes: skipped > 0 ? [`${skipped} skipped`] : [] };
}
