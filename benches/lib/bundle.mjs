/** Installs the peers and builds what the browser runs. */

import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { must } from "../../scripts/lib/run.mjs";
import { alone as oneAtATime, once } from "../../scripts/lib/steps.mjs";
import { PEERS } from "./plan.mjs";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Where the page that measures is built. */
export const PAGE_FOLDER = at("../dist/page");
/** Where each contender is built alone. */
export const SIZES_FOLDER = at("../dist/sizes");

/** The peers are no concern of whoever builds or tests the toolkit: they are installed when first measured. */
export function installPeers() {
  const what = {
    title: "installing the peers from benches/package-lock.json",
    inputs: ["benches/package-lock.json"],
    outputs: ["benches/node_modules/.package-lock.json"],
    key: process.version,
  };
  const npm = ["ci", "--include=dev", "--prefix", "benches", "--ignore-scripts", "--no-audit", "--no-fund"];
  return oneAtATime(() => once("bench-npm", what, (onOutput) => must("npm ci", "npm", npm, { onOutput })));
}

/** Builds the page and the contenders alone. */
export function bundle() {
  const what = {
    title: "building the page that measures",
    inputs: ["benches/page", "benches/webpack.config.mjs", "benches/package-lock.json", "dist", "package-lock.json"],
    outputs: ["benches/dist/page/index.html", ...PEERS.map((peer) => join("benches/dist/sizes", peer, "main.js"))],
  };
  return oneAtATime(() => once("bench-page", what, buildAll));
}

async function buildAll(onOutput) {
  const { default: webpack } = await import("webpack");
  const { alone, page } = await import("../webpack.config.mjs");
  for (const config of [page, ...PEERS.map(alone)]) {
    onOutput(config.output.path);
    await built(webpack, config);
  }
}

function built(webpack, config) {
  return new Promise((resolve, reject) => {
    webpack(config, (error, stats) => {
      if (error) reject(error);
      else if (stats.hasErrors()) reject(new Error(stats.toString("errors-only")));
      else resolve();
    });
  });
}
