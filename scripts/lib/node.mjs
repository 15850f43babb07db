/** Which Node builds and tests the package. The package itself runs on more: package.json's `engines` is about that. */

import { Sentence } from "./run.mjs";

/** What eslint and others of the tools want: releases of even numbers, from these on. */
const OLDEST = [
  [20, 19],
  [22, 13],
];
const ALL_FROM = 24;

/**
 * Fails where the tools would fail later, and less clearly.
 *
 * @param {string} version as in `process.versions.node`
 */
export function checkNode(version) {
  const [major, minor] = version.split(".").map(Number);
  const isFit = major >= ALL_FROM || OLDEST.some(([of, from]) => major === of && minor >= from);
  if (isFit) return;
  throw new Sentence(
    `Building needs Node ${OLDEST.map((one) => one.join(".")).join(", ")}, ${ALL_FROM} or later (not 21 or 23), and this is ${version}: ` +
      "install one of them from nodejs.org.",
  );
}
