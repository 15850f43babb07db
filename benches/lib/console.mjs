/** Results on the console. */

import { omissionsOf, tablesOf } from "./tables.mjs";

/**
 * @param {import("./results.mjs").Results} results
 */
export function consoleText(results) {
  const { browser, version, machine } = results;
  const head = `${browser} ${version}, ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB`;
  const omissions = omissionsOf(results);
  return [head, ...tablesOf(results).map(aligned), ...(omissions.length > 0 ? [omissions.join("\n")] : [])].join(
    "\n\n",
  );
}

/** Names to the left, numbers to the right. */
function aligned({ title, note, head, rows }) {
  const lines = [[title, ...head.slice(1)], ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  const text = (line) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join("  ");
  return [...lines.map(text), note].join("\n");
}
