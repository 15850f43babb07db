/** A real file for the tests: blocks of text that would be found again, and random bytes between them. */

import { createHash, randomBytes } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";

const MIB = 1024 * 1024;

/** The length of a window of plaintext that must be found nowhere in what is stored, in bytes. */
export const WINDOW = 16;

/**
 * Writes a file that alternates between 64 KiB of text and as much of random bytes.
 *
 * @param {string} path where to
 * @param {number} length its length in bytes
 * @returns {{ sha256: string, windows: Set<string> }} its hash, and every 16-byte window of its text blocks, in latin1
 */
export function writeSampleFile(path, length) {
  const hash = createHash("sha256");
  const windows = new Set();
  const file = openSync(path, "w");
  const block = MIB / 16;
  for (let written = 0, number = 0; written < length; number += 1) {
    const rest = Math.min(block, length - written);
    const bytes = number % 2 === 0 ? textBlock(number, rest, windows) : randomBytes(rest);
    hash.update(bytes);
    writeSync(file, bytes);
    written += rest;
  }
  closeSync(file);
  return { sha256: hash.digest("hex"), windows };
}

/** A paragraph, repeated; its windows are noted at every offset, wrapped around its end. */
function textBlock(number, length, windows) {
  const paragraph = `Block ${String(number)}: the quick brown fox told nobody, and the lazy dog kept the key. `;
  const twice = paragraph + paragraph;
  for (let start = 0; start < paragraph.length; start += 1) windows.add(twice.slice(start, start + WINDOW));
  return Buffer.from(paragraph.repeat(Math.ceil(length / paragraph.length)).slice(0, length), "latin1");
}

/**
 * The first window that is found in some bytes, with where it is; nothing if there is none.
 *
 * @param {Buffer} bytes what is searched
 * @param {Set<string>} windows what must not be there
 */
export function findWindow(bytes, windows) {
  const text = bytes.toString("latin1");
  for (let start = 0; start + WINDOW <= text.length; start += 1) {
    const window = text.slice(start, start + WINDOW);
    if (windows.has(window)) return { start, window };
  }
  return undefined;
}
