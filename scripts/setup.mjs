/**
 * Sets up whatever is missing to build, serve and test: npm packages, the Rust toolchain, wasm-bindgen's tools. It needs
 * nothing but Node and rustup, and is quick when nothing is missing.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ensureNpmPackages } from "./lib/npm.mjs";
import { asProgram, ROOT, Sentence } from "./lib/run.mjs";
import { alone } from "./lib/steps.mjs";
import { ensureToolchain, ensureWasmBindgen } from "./lib/toolchain.mjs";

/** Sets up what building needs. */
export async function setup() {
  checkNode();
  await alone(async () => {
    await ensureNpmPackages();
    await ensureToolchain();
    await ensureWasmBindgen();
  });
}

function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const [major, minor] = /(\d+)\.(\d+)/.exec(engines.node).slice(1).map(Number);
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor < major || (haveMajor === major && haveMinor < minor)) {
    throw new Sentence(
      `Node ${major}.${minor} or later is needed, this is ${process.version}: install it from nodejs.org.`,
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await asProgram(setup);
