/** Programs that are snaps: they see neither /tmp nor folders that begin with a dot, where tests keep their profiles. */

import { closeSync, openSync, readSync, realpathSync } from "node:fs";
import { sep } from "node:path";

/** Ubuntu's packages of browsers hold no more than a script that starts a snap. */
const SCRIPT_BYTES = 4096;

/**
 * Whether a program is a snap, or a link or script that starts one.
 *
 * @param {string} path of a file that is there
 */
export function isSnap(path) {
  const real = realpathSync(path);
  // What lies in /snap/bin are links to the program `snap` itself.
  const isInSnaps = [path, real].some((one) => one.startsWith("/snap/")) || real.endsWith(`${sep}bin${sep}snap`);
  return isInSnaps || scriptOf(real).includes("/snap/bin/");
}

function scriptOf(path) {
  const file = openSync(path);
  try {
    const start = Buffer.alloc(SCRIPT_BYTES);
    const text = start.toString("latin1", 0, readSync(file, start));
    return text.startsWith("#!") ? text : "";
  } finally {
    closeSync(file);
  }
}
