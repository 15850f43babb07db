/** The npm packages of the lock file, and the tools among them. */

import { join } from "node:path";

import { must, ROOT } from "./run.mjs";
import { once } from "./steps.mjs";

const TOOLS = {
  attw: "@arethetypeswrong/cli/dist/index.js",
  eslint: "eslint/bin/eslint.js",
  prettier: "prettier/bin/prettier.cjs",
  publint: "publint/src/cli.js",
  tsc: "typescript/bin/tsc",
  "wasm-opt": "binaryen/bin/wasm-opt",
  webpack: "webpack-cli/bin/cli.js",
};

/** Installs what the lock file names, where that is not what is installed. */
export function ensureNpmPackages() {
  const what = {
    title: "installing npm packages from the lock file",
    inputs: ["package-lock.json"],
    // npm writes its own note last as well; without it, somebody is in the middle of something else.
    outputs: ["node_modules/.package-lock.json"],
    key: process.version,
  };
  return once("npm", what, (onOutput) =>
    must("npm ci", "npm", ["ci", "--include=dev", "--ignore-scripts", "--no-audit", "--no-fund"], { onOutput }),
  );
}

/**
 * The command line of a package's tool, to be run by this Node: the links in .bin differ from platform to platform.
 *
 * @param {keyof typeof TOOLS} name
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export function npmTool(name, ...args) {
  return [process.execPath, [join(ROOT, "node_modules", TOOLS[name]), ...args]];
}
