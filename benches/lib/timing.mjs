/** Times cases in one page, taking turns: whatever drifts while it runs (heat, other programs) hits all alike. */

import { excuse } from "./failures.mjs";
import { label, timedGroups, withoutSlow } from "./plan.mjs";
import { summary } from "./statistics.mjs";
import { orderOf } from "./turns.mjs";

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
    const cases = fit.map((one) => new TimedCase(session, one, group));
    for (const one of cases) await one.warmUp(isChecked);
    await takeTurns(cases, options.runs);
    results.push(...cases.map((one) => one.result()), ...skipped);
    if (operation === "decrypt") await session.call("forget");
  }
  return results;
}

/** Tells whether it was asked the same before. */
function onlyOnce() {
  const before = new Set();
  return (what) => before.size === before.add(what).size;
}

async function takeTurns(cases, runs) {
  for (let round = 0; round < runs; round += 1) {
    for (const index of orderOf(cases.length, round)) await cases[index].measure();
  }
}

/** A case with its samples; one that failed is asked for nothing more. */
class TimedCase {
  #session;
  #case;
  #group;
  #samples = [];
  #failure;

  constructor(session, one, group) {
    this.#session = session;
    this.#case = one;
    this.#group = group;
  }

  /**
   * The check encrypts and decrypts: once for each contender and length is enough, and with long content it is the warm-up
   * as well.
   */
  warmUp(isChecked) {
    const { peer, variant, bytes } = this.#case;
    return this.#unlessFailed(async () => {
      if (!isChecked(`${peer} ${variant} ${bytes}`)) await this.#session.call("check", this.#case);
      if (!this.#group.isLong) await this.#session.call("sample", this.#case);
    });
  }

  measure() {
    const order = { ...this.#case, repeats: this.#group.repeats, minMs: this.#session.minSampleMs };
    return this.#unlessFailed(async () => {
      // What it takes to have something to decrypt is no garbage of the decryption's.
      await this.#session.call("prepare", order);
      await this.#session.collectGarbage("briefly");
      this.#samples.push(await this.#session.call("sample", order));
    });
  }

  result() {
    const { name, bytes } = this.#case;
    if (this.#failure !== undefined) return { name, bytes, skipped: this.#failure };
    return { name, bytes, ...summary(bytes, this.#samples) };
  }

  async #unlessFailed(work) {
    if (this.#failure !== undefined) return;
    try {
      await work();
    } catch (error) {
      this.#failure = excuse(this.#case, error);
    }
  }
}
