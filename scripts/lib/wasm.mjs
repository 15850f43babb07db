/** Our WebAssembly files, from cargo through wasm-bindgen and wasm-opt to js/wasm/. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { npmTool } from "./npm.mjs";
import { step } from "./progress.mjs";
import { CARGO_TARGET, must, ROOT } from "./run.mjs";
import { once } from "./steps.mjs";
import { WASM_TARGET, wasmBindgenTool } from "./toolchain.mjs";
import { SHORTEN_NAMES, withShortNames } from "./wasm-names.mjs";

/**
 * @typedef {{
 *   crate: string,
 *   name: string,
 *   profile: string,
 *   features: string[],
 *   flags: string[],
 *   optimise: string[],
 *   gzipBudget: number,
 * }} WasmModule `profile` and `features` as in Cargo.toml, `flags` for rustc, `optimise` for wasm-opt; `gzipBudget` in
 *   bytes: what an app's users may be made to download
 */

/** Smaller than by `-Oz` once it is gzipped: code that is repeated costs less there than code that is shared. */
const SMALL = ["-Os", "--converge", "--one-caller-inline-max-function-size=20"];

/** @type {WasmModule[]} */
export const WASM_MODULES = [
  {
    crate: "s3-envelope",
    name: "engine",
    profile: "engine",
    features: ["freestanding", "writing"],
    // SHA-512 and SHA-256 without unrolled loops: they only ever see a key, or a request to be signed.
    flags: ["--cfg", 'sha2_backend_soft="compact"'],
    optimise: SMALL,
    gzipBudget: 45_000,
  },
  {
    crate: "s3-envelope-reader",
    name: "reader",
    profile: "engine",
    features: [],
    flags: ["--cfg", 'sha2_backend_soft="compact"'],
    optimise: SMALL,
    gzipBudget: 54_000,
  },
  {
    crate: "s3-envelope-requests",
    name: "requests",
    profile: "engine",
    features: [],
    flags: ["--cfg", 'sha2_backend_soft="compact"'],
    optimise: SMALL,
    gzipBudget: 39_000,
  },
  {
    crate: "s3-envelope-legacy",
    name: "legacy",
    profile: "release",
    features: [],
    flags: [],
    optimise: ["-Oz"],
    gzipBudget: 120_000,
  },
  {
    crate: "s3-envelope-passphrase",
    name: "passphrase",
    profile: "release",
    features: [],
    flags: [],
    optimise: ["-O3"],
    gzipBudget: 30_000,
  },
  {
    crate: "s3-envelope-checksum",
    name: "checksum",
    profile: "release",
    features: [],
    flags: [],
    optimise: ["-O3"],
    gzipBudget: 18_000,
  },
  {
    crate: "s3-storage-sim",
    name: "storage_sim",
    profile: "release",
    features: [],
    flags: [],
    optimise: ["-Oz"],
    gzipBudget: 2_250_000,
  },
];

/** What rustc uses by default for the target. All features would include some that browsers do not read yet. */
const WASM_FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "call-indirect-overlong",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
].map((feature) => `--enable-${feature}`);

/**
 * Builds all of the files, two at a time: the longest beside the others one by one. Much of what each takes, linking and
 * wasm-opt, keeps one processor busy.
 *
 * @param {{ dev: boolean }} options as for one
 */
export async function buildAllWasm(options) {
  const isLongest = ({ name }) => name === "storage_sim";
  const inTurn = async (modules) => {
    for (const module of modules) await buildWasm(module, options);
  };
  const lanes = [WASM_MODULES.filter(isLongest), WASM_MODULES.filter((module) => !isLongest(module))];
  // What is compiled in is told where the sources lie, and they lie there only when they were fetched.
  const fetching = "fetching crates";
  await step(fetching, (onOutput) => must(fetching, "cargo", ["fetch", "--locked"], { onOutput }));
  // Both come to their end, also where one fails: nothing goes on behind the back of what follows.
  const outcomes = await Promise.allSettled(lanes.map(inTurn));
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/**
 * Builds one of the files, by a cargo invocation of its own: no crate gets a feature because another wants it.
 *
 * @param {WasmModule} module
 * @param {{ dev: boolean }} options `dev` builds in a fraction of the time, and leaves the result unoptimised
 */
async function buildWasm(module, { dev }) {
  const { crate, name } = module;
  const profile = dev ? "dev" : module.profile;
  // The dev profile's folder has a name of its own.
  const built = join(CARGO_TARGET, WASM_TARGET, dev ? "debug" : profile, `${crate.replaceAll("-", "_")}.wasm`);
  // Whether there is anything to compile is for cargo to know. It is quick to say no. As long as a crate is to become a
  // Rust library as well, cargo leaves out the optimisation over all crates (LTO); so it becomes this one file.
  const features = ["--no-default-features", "--features", module.features.join(",")];
  const library = ["-p", crate, "--lib", "--crate-type", "cdylib", ...features];
  const cargo = ["rustc", "--locked", ...library, "--target", WASM_TARGET, "--profile", profile];
  const title = `compiling ${crate} to WebAssembly`;
  await step(title, (onOutput) => must(title, "cargo", cargo, { onOutput, env: environment(module, { dev }) }));
  const what = {
    title: `making ${name}.js and ${name}_bg.wasm`,
    inputs: [
      built,
      "Cargo.lock",
      "node_modules/binaryen/package.json",
      "scripts/lib/wasm.mjs",
      "scripts/lib/wasm-names.mjs",
    ],
    outputs: [`js/wasm/${name}.js`, `js/wasm/${name}.d.ts`, wasmFile(module)],
    key: profile,
  };
  await once(`wasm-${name}`, what, (onOutput) => finish(module, built, { dev, onOutput }));
}

/**
 * The sizes of a file as it is shipped, in bytes.
 *
 * @param {WasmModule} module
 * @returns {{ raw: number, gzip: number }}
 */
export function sizesOf(module) {
  const bytes = readFileSync(join(ROOT, "dist/wasm", `${module.name}_bg.wasm`));
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

async function finish(module, built, { dev, onOutput }) {
  const { name, optimise } = module;
  // The loader in js/ finds the file itself, in a way that bundlers see.
  const bindgen = ["--target", "web", "--omit-default-module-path", "--out-name", name, "--out-dir", "js/wasm", built];
  await must("wasm-bindgen", wasmBindgenTool("wasm-bindgen"), bindgen, { onOutput });
  withoutDisposal(`js/wasm/${name}.d.ts`);
  if (dev) return;
  await wasmOpt(module, [...optimise, "--strip-debug", "--strip-producers"], onOutput);
  // By itself: what converges is done several times, and names are given once.
  shortenNames(name, await wasmOpt(module, [SHORTEN_NAMES], onOutput));
}

/** Rewrites a file, and gives what was printed. */
function wasmOpt(module, passes, onOutput) {
  const wasm = wasmFile(module);
  const [program, args] = npmTool("wasm-opt", ...passes, ...WASM_FEATURES, wasm, "-o", wasm);
  return must("wasm-opt", program, args, { onOutput });
}

function shortenNames(name, printed) {
  const [script, types] = [`js/wasm/${name}.js`, `js/wasm/${name}.d.ts`].map((path) => join(ROOT, path));
  const short = withShortNames(printed, { script: readFileSync(script, "utf8"), types: readFileSync(types, "utf8") });
  writeFileSync(script, short.script);
  writeFileSync(types, short.types);
}

/** The types of explicit resource management are in a library that an app need not have (`ESNext.Disposable`). */
function withoutDisposal(types) {
  const path = join(ROOT, types);
  writeFileSync(path, readFileSync(path, "utf8").replace(/^ *\[Symbol\.dispose\]\(\): void;\n/gm, ""));
}

const wasmFile = ({ name }) => `js/wasm/${name}_bg.wasm`;

function environment({ flags }, { dev }) {
  return { CARGO_ENCODED_RUSTFLAGS: [...flags, ...(dev ? [] : withoutPaths())].join("\x1f") };
}

/**
 * The messages of panics name source files: relative ones, the same on every machine. The folder of a registry has the name of
 * the host that the crates came from, which may be a mirror.
 */
function withoutPaths() {
  const sources = join(process.env.CARGO_HOME ?? join(homedir(), ".cargo"), "registry", "src");
  const registries = existsSync(sources) ? readdirSync(sources).sort() : [];
  const prefixes = [[ROOT, ""], ...registries.map((registry) => [join(sources, registry), "crates"])];
  return prefixes.map(([from, to]) => `--remap-path-prefix=${from}=${to}`);
}
