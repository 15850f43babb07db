/**
 * `npm run build`: builds everything that is shipped, leaving out what is up to date: both WebAssembly files, dist/ (the
 * npm package's contents) and dist-www/ (the page, a static site). `npm run build -- --dev` is for working on the
 * project: quick to build, slow to run, and not to be shipped.
 */

import { cpSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { npmTool } from "./lib/npm.mjs";
import { replaced } from "./lib/replaced.mjs";
import { asProgram, must, ROOT } from "./lib/run.mjs";
import { alone, once } from "./lib/steps.mjs";
import { buildAllWasm, sizesOf, WASM_MODULES } from "./lib/wasm.mjs";
import { setup } from "./setup.mjs";

/**
 * Builds what is out of date and prints the sizes of both WebAssembly files.
 *
 * @param {{ dev?: boolean }} options
 */
export async function build({ dev = false } = {}) {
  await alone(async () => {
    await buildAllWasm({ dev });
    await once("dist", PACKAGE, buildPackage);
    await once("dist-www", { ...PAGE, key: modeOf(dev) }, (onOutput) => buildPage(dev, onOutput));
  });
  for (const module of WASM_MODULES) {
    const { raw, gzip } = sizesOf(module);
    console.log(`${module.name}_bg.wasm: ${raw} bytes, ${gzip} gzipped`);
  }
}

const PACKAGE = {
  title: "building dist/, the npm package's contents",
  inputs: ["js", "tsconfig.json", "package-lock.json", "scripts/build.mjs"],
  outputs: ["dist/index.js", "dist/index.d.ts", ...WASM_MODULES.map(({ name }) => `dist/wasm/${name}_bg.wasm`)],
};

const PAGE = {
  title: "building dist-www/, the page",
  inputs: ["www", "dist", "tsconfig.json", "webpack.config.js", "package-lock.json"],
  outputs: ["dist-www/index.html"],
};

const modeOf = (dev) => (dev ? "development" : "production");

/** Tests that run meanwhile read both folders. */
function buildPackage(onOutput) {
  return replaced(join(ROOT, "dist"), async (next) => {
    await must("tsc", ...npmTool("tsc", "-p", "js", "--outDir", next), { onOutput });
    cpSync(join(ROOT, "js/wasm"), join(next, "wasm"), { recursive: true });
  });
}

function buildPage(dev, onOutput) {
  return replaced(join(ROOT, "dist-www"), (next) =>
    must("webpack", ...npmTool("webpack", "--mode", modeOf(dev), "--output-path", next), { onOutput }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await asProgram(async () => {
    const { values } = parseArgs({ options: { dev: { type: "boolean" } } });
    await setup();
    await build(values);
  });
}
