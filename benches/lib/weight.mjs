/** What each contender weighs: bytes that users download, and how long it takes to load and get ready. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { PEERS } from "./plan.mjs";
import { rounded, median } from "./statistics.mjs";

/**
 * Bytes of the scripts and WebAssembly files that a bundler made of each contender alone.
 *
 * @param {string} folder with a folder for each contender
 * @returns {Record<string, { scriptBytes: number, wasmBytes: number, gzipBytes: number }>}
 */
export function sizesIn(folder) {
  return Object.fromEntries(PEERS.map((peer) => [peer, sizeOf(join(folder, peer))]));
}

function sizeOf(folder) {
  const files = filesIn(folder).map((path) => ({ isWasm: path.endsWith(".wasm"), bytes: readFileSync(path) }));
  const sum = (some, length) => some.reduce((total, { bytes }) => total + length(bytes), 0);
  return {
    scriptBytes: sum(
      files.filter(({ isWasm }) => !isWasm),
      (bytes) => bytes.length,
    ),
    wasmBytes: sum(
      files.filter(({ isWasm }) => isWasm),
      (bytes) => bytes.length,
    ),
    gzipBytes: sum(files, (bytes) => gzipSync(bytes, { level: 9 }).length),
  };
}

/** Licences lie beside the scripts that they belong to, and are not loaded with them. */
function filesIn(folder) {
  const paths = readdirSync(folder, { recursive: true }).map((name) => join(folder, name));
  return paths.filter((path) => /\.(js|wasm)$/.test(path) && statSync(path).isFile());
}

/**
 * How long each contender takes to load and get ready, each time in a fresh page.
 *
 * @param {import("./session.mjs").Session} session
 * @param {number} runs
 * @returns {Promise<Record<string, { startUpMs: number }>>}
 */
export async function startUps(session, runs) {
  const times = new Map(PEERS.map((peer) => [peer, []]));
  for (let run = 0; run < runs; run += 1) {
    for (const peer of PEERS) {
      await session.freshPage();
      times.get(peer).push(await session.call("startUp", peer));
    }
  }
  return Object.fromEntries([...times].map(([peer, values]) => [peer, { startUpMs: rounded(median(values)) }]));
}
