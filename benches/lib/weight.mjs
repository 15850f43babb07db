/** What each contender weighs: bytes that users download, and how long it takes to load and get ready. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

import { ROOT } from "../../scripts/lib/run.mjs";
import { WASM_MODULES } from "../../scripts/lib/wasm.mjs";
import { PEERS } from "./plan.mjs";
import { rounded, median } from "./statistics.mjs";
import { orderOf } from "./turns.mjs";

const MAIN = "main.js";
/** Our WebAssembly files that are loaded when they are needed: a script names them all the same. */
const ON_DEMAND = WASM_MODULES.map(({ name }) => name).filter((name) => name !== "engine");

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
  const onDemand = ON_DEMAND.map((name) => readFileSync(join(ROOT, "dist/wasm", `${name}_bg.wasm`)));
  const files = filesIn(folder)
    .map((path) => ({ isWasm: path.endsWith(".wasm"), bytes: readFileSync(path) }))
    .filter(({ bytes }) => !onDemand.some((other) => other.equals(bytes)));
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

/**
 * What everybody loads: the script, and the files that it names itself (WebAssembly, workers). Licences lie beside them, and
 * so do the scripts that are loaded on demand, which are known by number only, with what these name.
 */
function filesIn(folder) {
  const script = readFileSync(join(folder, MAIN), "utf8");
  const names = readdirSync(folder, { recursive: true }).filter(
    (name) => name === MAIN || script.includes(basename(name)),
  );
  const paths = names.map((name) => join(folder, name));
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
    for (const index of orderOf(PEERS.length, run)) {
      const peer = PEERS[index];
      await session.freshPage();
      times.get(peer).push(await session.call("startUp", peer));
    }
  }
  return Object.fromEntries([...times].map(([peer, values]) => [peer, { startUpMs: rounded(median(values)) }]));
}
