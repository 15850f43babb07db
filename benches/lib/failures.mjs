/**
 * Peers that fail. That one does not work in a browser, or not always, is a finding and ends nothing: it is named with what
 * it said. A wrong result ends the run, whoever's it is, and so does any failure of the toolkit and the references.
 */

import { REFERENCES, TOOLKIT } from "./plan.mjs";

/** How the page begins to say that a result is wrong (page/bytes.mjs). */
const WRONG = "wrong result";
/** Of what a browser says, this much tells what it is about. */
const LENGTH = 160;

/**
 * What is written instead of a peer's figures.
 *
 * @param {{ peer: string }} one the case that failed
 * @param {Error} error
 * @returns {string}
 * @throws {Error} the same, where it is no excuse
 */
export function excuse({ peer }, error) {
  const isOurs = peer === TOOLKIT || Object.values(REFERENCES).includes(peer);
  if (isOurs || error.message.includes(WRONG)) throw error;
  const [said] = error.message.split("\n");
  return `it failed: ${said.slice(0, LENGTH)}`;
}
