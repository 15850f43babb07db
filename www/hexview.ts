/** Bytes in hexadecimal beside the text that they would be. */

import { element } from "./dom.js";

const BYTES_A_LINE = 8;

/**
 * A dump of the start of some bytes. Screen readers get one sentence in place of a hundred numbers.
 *
 * @param bytes - What to show; all of it.
 * @param kind - Whether a person can read what it says.
 * @param label - What it is.
 */
export function hexView(bytes: Uint8Array, kind: "readable" | "sealed", label: string): HTMLElement {
  const lines: HTMLElement[] = [];
  for (let start = 0; start < bytes.length; start += BYTES_A_LINE) {
    lines.push(line(start, bytes.subarray(start, start + BYTES_A_LINE)));
  }
  const caption = element("figcaption", {}, label, element("span", { class: `tag ${kind}` }, kind));
  const dump = element("div", { class: "hex-lines", "aria-hidden": "true" }, ...lines);
  const spoken = element("p", { class: "visually-hidden" }, spokenSummary(bytes, kind));
  return element("figure", { class: `hex ${kind}` }, caption, dump, spoken);
}

function line(offset: number, bytes: Uint8Array): HTMLElement {
  const codes = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return element(
    "div",
    { class: "hex-line" },
    element("span", { class: "hex-offset" }, offset.toString(16).padStart(3, "0")),
    element("span", { class: "hex-codes" }, codes.padEnd(3 * BYTES_A_LINE - 1)),
    element("span", { class: "hex-text" }, asText(bytes)),
  );
}

function asText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·")).join("");
}

function spokenSummary(bytes: Uint8Array, kind: "readable" | "sealed"): string {
  const start = asText(bytes.subarray(0, 48)).replaceAll("·", " ").trim();
  return kind === "readable" ? `It starts: ${start}` : "It cannot be read without the key.";
}
