/** Tables of results. */
export function consoleText(results) {
  return JSON.stringify(results.cases, null, 1);
}
