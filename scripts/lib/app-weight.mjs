/** What an app's users download for one task: the package's scripts, as a bundler leaves them, and the WebAssembly. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { ROOT } from "./run.mjs";

/**
 * @typedef {{
 *   name: string,
 *   imports: string[],
 *   wasm: string,
 *   gzipBudget: number,
 * }} Task `imports` names what the app uses, `wasm` the file that comes with it; `gzipBudget` in bytes
 */

/** @type {Task[]} */
export const TASKS = [
  { name: "encrypted upload", imports: ["AesKeyring", "upload"], wasm: "engine", gzipBudget: 58_000 },
  { name: "download", imports: ["AesKeyring", "download"], wasm: "reader", gzipBudget: 72_000 },
];

/** The worker that large contents are worked on by, where there are processors for it: its chunk is called as it is. */
const WORKER = "s3-envelope.js";

/**
 * Builds an app that does one task and nothing else. What is loaded on demand is left out, as by most who do it; workers are
 * counted, though small contents and machines of two processors do without.
 *
 * @param {Task} task
 * @returns {Promise<{ scripts: number, wasm: number }>} gzipped, in bytes
 */
export async function weightOf({ imports, wasm }) {
  const folder = mkdtempSync(join(tmpdir(), "s3-envelope-app-"));
  try {
    const names = imports.join(", ");
    writeFileSync(join(folder, "app.mjs"), `import { ${names} } from "s3-envelope";\nglobalThis.app = { ${names} };\n`);
    await bundle(folder);
    return {
      scripts: gzipped(join(folder, "out/main.js")) + gzipped(join(folder, "out", WORKER)),
      wasm: gzipped(join(ROOT, "dist/wasm", `${wasm}_bg.wasm`)),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const gzipped = (path) => gzipSync(readFileSync(path), { level: 9 }).length;

async function bundle(folder) {
  const { default: webpack } = await import("webpack");
  const config = {
    mode: "production",
    target: "web",
    devtool: false,
    entry: join(folder, "app.mjs"),
    output: { path: join(folder, "out"), filename: "[name].js" },
    resolve: { alias: { "s3-envelope$": join(ROOT, "dist/index.js") } },
    module: { rules: [{ test: /\.wasm$/, type: "asset/resource" }] },
    performance: { hints: false },
  };
  await new Promise((resolve, reject) => {
    webpack(config, (error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString("errors-only")));
      else resolve();
    });
  });
}
