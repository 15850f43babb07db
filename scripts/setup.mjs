/**
 * Sets up whatever is missing to build, serve and test: npm packages, a C linker, the Rust toolchain, wasm-bindgen's
 * tools. It needs nothing but Node and rustup, and is quick when nothing is missing.
 */

import { fileURLToPath } from "node:url";

import { ensureLinker } from "./lib/linker.mjs";
import { checkNode } from "./lib/node.mjs";
import { ensureNpmPackages } from "./lib/npm.mjs";
import { asProgram } from "./lib/run.mjs";
import { alone } from "./lib/steps.mjs";
import { ensureToolchain, ensureWasmBindgen } from "./lib/toolchain.mjs";

/** Sets up what building needs. */
export async function setup() {
  checkNode(process.versions.node);
  await alone(async () => {
    await ensureNpmPackages();
    await ensureLinker();
    await ensureToolchain();
    await ensureWasmBindgen();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await asProgram(setup);
