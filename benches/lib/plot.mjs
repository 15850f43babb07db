/** A plot of speeds as an SVG image, in the colours of whoever looks at it. */

import { CONTENDERS, label, PREDICTED_FROM } from "./plan.mjs";
import { caseOf, titleOf } from "./tables.mjs";

const WIDTH = 760;
const LEFT = 210;
const RIGHT = 80;
const TOP = 64;
const ROW = 38;
const BAR = 13;
const LEGEND_AT = 600;

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328; }
  .title { font-weight: 600; font-size: 15px; }
  .value { font-size: 11px; fill: #59636e; }
  .ground { fill: #ffffff; }
  .encrypt { fill: #0b6e99; }
  .decrypt { fill: #c2571a; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; }
    .value { fill: #9198a1; }
    .ground { fill: #0d1117; }
    .encrypt { fill: #4cb5e0; }
    .decrypt { fill: #f0945a; }
  }`;

/**
 * Draws the speeds of all contenders with content of one length.
 *
 * @param {import("./results.mjs").Results} results
 * @returns {string} the SVG document
 */
export function plot(results) {
  const speed = (contender, operation) => caseOf(results, contender, operation, PREDICTED_FROM)?.MBps;
  const measured = CONTENDERS.map((contender) => ({
    title: titleOf(contender),
    encrypt: speed(contender, "encrypt"),
    decrypt: speed(contender, "decrypt"),
  })).filter(({ encrypt, decrypt }) => encrypt !== undefined || decrypt !== undefined);
  const fastest = Math.max(1, ...measured.flatMap(({ encrypt = 0, decrypt = 0 }) => [encrypt, decrypt]));
  const height = TOP + measured.length * ROW + 12;
  const title = `MB/s with ${label(PREDICTED_FROM)} in memory, ${results.browser} ${results.version}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}\n</style>`,
    `<rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>`,
    `<text class="title" x="16" y="28">${escaped(title)}</text>`,
    legend(),
    ...measured.map((contender, index) => row(contender, TOP + index * ROW, fastest)),
    "</svg>\n",
  ].join("\n");
}

function legend() {
  return ["encrypt", "decrypt"]
    .map((operation, index) => {
      const x = LEGEND_AT + index * 76;
      return `<rect class="${operation}" x="${x}" y="42" width="10" height="10"/><text class="value" x="${x + 14}" y="51">${operation}</text>`;
    })
    .join("\n");
}

function row({ title, encrypt, decrypt }, y, fastest) {
  return [
    `<text x="${LEFT - 10}" y="${y + BAR + 5}" text-anchor="end">${escaped(title)}</text>`,
    bar("encrypt", encrypt, y, fastest),
    bar("decrypt", decrypt, y + BAR + 2, fastest),
  ].join("\n");
}

function bar(operation, value, y, fastest) {
  if (value === undefined) return "";
  const width = Math.max(1, Math.round((value / fastest) * (WIDTH - LEFT - RIGHT)));
  const rect = `<rect class="${operation}" x="${LEFT}" y="${y}" width="${width}" height="${BAR}"/>`;
  return `${rect}<text class="value" x="${LEFT + width + 6}" y="${y + BAR - 3}">${Math.round(value)}</text>`;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
