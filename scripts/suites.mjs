/** The suites of `npm test`, in the order in which they run: what each needs, runs and counts. */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { build } from "./build.mjs";
import { TASKS, weightOf } from "./lib/app-weight.mjs";
import { driverEnvironment, ensureBrowser, ensureBrowserAndDriver } from "./lib/browser.mjs";
import { counts, countNode, countPytest, countRust, countsOf, failure } from "./lib/counts.mjs";
import { ensurePeers } from "./lib/interop-peers.mjs";
import { npmTool } from "./lib/npm.mjs";
import { pythonWith } from "./lib/python.mjs";
import { CARGO_TARGET, ROOT, run, Sentence } from "./lib/run.mjs";
import { WASM_TARGET, wasmBindgenTool } from "./lib/toolchain.mjs";
import { filesWithTraces } from "./lib/traces.mjs";
import { sizesOf, WASM_MODULES } from "./lib/wasm.mjs";

/** Long enough for a first build on a slow and busy machine, short enough to notice a hang. */
const LIMIT_MS = 25 * 60_000;
/** What a file of tests may take, with all that is before and after them: four times as long as the longest. */
const FILE_LIMIT_MS = 18 * 60_000;
/** What one test may take; more than the longest limit that a test has of its own. */
const TEST_LIMIT_MS = 6 * 60_000;

const CLIPPY = ["clippy", "--locked", "--quiet"];
const DENY = ["--", "-D", "warnings"];
const ON_DEMAND = ["s3-envelope-checksum", "s3-envelope-legacy", "s3-envelope-passphrase"];
const IN_WASM = ["--target", WASM_TARGET];

/**
 * @typedef {{
 *   name: string,
 *   title: string,
 *   needs?: string[],
 *   run: () => Promise<import("./lib/counts.mjs").Counts>,
 * }} Suite `needs` names suites that have to pass first
 */

/** @type {Suite[]} */
export const SUITES = [
  {
    name: "format",
    title: "cargo fmt, prettier",
    run: () =>
      checks([
        ["cargo fmt", "cargo", ["fmt", "--all", "--check"]],
        ["prettier", ...npmTool("prettier", "--check", "--log-level=warn", ".")],
      ]),
  },
  {
    name: "rust",
    title: "unit, property, integration and documentation tests, natively",
    run: () => tests(countRust, "cargo", ["test", "--locked", "--workspace", "--no-fail-fast"]),
  },
  {
    name: "rust-wasm",
    title: "the storage's scenarios once more, in WebAssembly",
    run: testScenariosInWasm,
  },
  {
    name: "build",
    title: "the WebAssembly files, the npm package, the page",
    run: async () => {
      await build();
      return counts(1, 0);
    },
  },
  {
    name: "lint",
    title: "clippy natively and for WebAssembly, rustdoc, eslint",
    needs: ["build"],
    run: () =>
      checks([
        ["clippy", "cargo", [...CLIPPY, "--workspace", "--all-targets", ...DENY]],
        [
          "clippy, toolkit in WebAssembly",
          "cargo",
          [...CLIPPY, "-p", "s3-envelope", "--lib", "--test", "browser*", ...IN_WASM, ...DENY],
        ],
        [
          "clippy, toolkit as it is shipped",
          "cargo",
          [...CLIPPY, "-p", "s3-envelope", "--lib", "--features", "freestanding", ...IN_WASM, ...DENY],
        ],
        [
          "clippy, what is loaded on demand",
          "cargo",
          [...CLIPPY, ...ON_DEMAND.flatMap((crate) => ["-p", crate]), "--lib", ...IN_WASM, ...DENY],
        ],
        [
          "clippy, storage in WebAssembly",
          "cargo",
          [...CLIPPY, "-p", "s3-storage-sim", "--lib", "--test", "scenarios", ...IN_WASM, ...DENY],
        ],
        [
          "rustdoc",
          "cargo",
          ["doc", "--locked", "--quiet", "--workspace", "--no-deps"],
          { RUSTDOCFLAGS: "-D warnings" },
        ],
        ["eslint", ...npmTool("eslint", "--max-warnings=0", ".")],
      ]),
  },
  {
    name: "types",
    title: "tsc --strict over the package, the page and its service worker",
    needs: ["build"],
    run: () =>
      checks([
        ["tsc, package", ...npmTool("tsc", "-p", "js", "--noEmit")],
        ["tsc, page", ...npmTool("tsc", "-p", "www", "--noEmit")],
        ["tsc, service worker", ...npmTool("tsc", "-p", "www/storage-worker", "--noEmit")],
      ]),
  },
  {
    name: "node",
    title: "the npm package in Node; what the benchmark decides",
    needs: ["build"],
    // Much of it is waiting: for attempts after pauses, as users would wait for them.
    run: () => nodeTests("tests/node", { options: ["--test-concurrency=2"] }),
  },
  {
    name: "packaging",
    title: "publint and attw on the packed package, sizes",
    needs: ["build"],
    run: checkPackage,
  },
  {
    name: "browser",
    title: "the bindings in a real browser (wasm-bindgen-test)",
    run: testBindings,
  },
  {
    name: "e2e",
    title: "the package and the page in a real browser, as a person uses them",
    needs: ["build"],
    run: async () => {
      await ensureBrowser();
      return nodeTests("tests/e2e", { options: ["--test-concurrency=1"] });
    },
  },
  {
    name: "aws-sdk",
    title: "AWS's JavaScript SDK in Node against the native storage server, in a browser against the service worker",
    needs: ["build"],
    run: async () => {
      await ensureBrowser();
      return nodeTests("tests/aws-sdk", { env: { S3_STORAGE_SIM: await nativeServer() } });
    },
  },
  {
    name: "python",
    title: "AWS's Python SDK against the native storage server",
    run: testWithPython,
  },
  {
    name: "interop",
    title: "AWS's encryption clients (Java, Python, Go, Ruby) and ours, through the native storage server",
    needs: ["build"],
    run: testInterop,
  },
];

/** Single checks, each of which passes or fails. */
async function checks(list) {
  const failed = [];
  for (const [name, program, args, env] of list) {
    const start = performance.now();
    const { ok, output } = await run(program, args, { env, limitMs: LIMIT_MS });
    console.log(`${ok ? "ok" : "FAILED"}: ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`);
    if (!ok) console.log(output);
    if (!ok) failed.push(name);
  }
  return counts(list.length - failed.length, failed.length, failed);
}

/** A test runner, whose output is shown as it comes. */
async function tests(count, program, args, env) {
  const onOutput = (text) => process.stdout.write(text);
  return countsOf(count, await run(program, args, { env, limitMs: LIMIT_MS, onOutput }));
}

function nodeTests(folder, { options = [], env } = {}) {
  const names = existsSync(join(ROOT, folder)) ? readdirSync(join(ROOT, folder)) : [];
  const files = names.filter((name) => name.endsWith(".test.mjs")).map((name) => join(folder, name));
  // Without files, Node would look for tests by itself, and find those of other suites.
  if (files.length === 0) return failure(`there are no tests in ${folder}`);
  const limits = ["--import=./scripts/lib/test-limit.mjs", `--test-timeout=${FILE_LIMIT_MS}`];
  const args = [...limits, "--test", "--test-reporter=spec", ...options, ...files];
  return tests(countNode, process.execPath, args, { ...env, TEST_LIMIT_MS: String(TEST_LIMIT_MS) });
}

/** In Node, which is quicker to start than a browser: the storage in memory asks it for random bytes and the time alone. */
function testScenariosInWasm() {
  const scenarios = ["-p", "s3-storage-sim", ...IN_WASM, "--test", "scenarios"];
  return tests(countRust, "cargo", ["test", "--locked", ...scenarios], {
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: wasmBindgenTool("wasm-bindgen-test-runner"),
    // Unoptimised, they take minutes instead of seconds.
    CARGO_PROFILE_DEV_OPT_LEVEL: "1",
  });
}

async function testBindings() {
  await ensureBrowserAndDriver();
  return tests(countRust, "cargo", ["test", "--locked", "-p", "s3-envelope", ...IN_WASM, "--test", "browser*"], {
    ...driverEnvironment(),
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: wasmBindgenTool("wasm-bindgen-test-runner"),
    WASM_BINDGEN_TEST_TIMEOUT: "120",
  });
}

async function checkPackage() {
  const folder = mkdtempSync(join(tmpdir(), "s3-envelope-package-"));
  try {
    const packed = await run("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", folder]);
    const [name] = readdirSync(folder);
    if (!packed.ok || name === undefined) return failure(`npm pack failed: ${packed.output}`);
    return await checkTarball(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function checkTarball(tarball) {
  // It takes the .wasm files for modules without types; bundlers take them for the files that they are.
  const wasm = ["engine", "reader", "requests", "checksum", "legacy", "passphrase", "storage-sim"].map(
    (name) => `./${name}.wasm`,
  );
  const files = ["--exclude-entrypoints", ...wasm];
  const result = await checks([
    ["publint", ...npmTool("publint", "run", tarball, "--strict")],
    ["attw", ...npmTool("attw", tarball, "--profile", "esm-only", "--no-emoji", ...files)],
  ]);
  checkTraces(result);
  for (const module of WASM_MODULES) {
    const { raw, gzip } = sizesOf(module);
    checkBudget(result, `${module.name}_bg.wasm, ${raw} bytes`, gzip, module);
  }
  for (const task of TASKS) {
    const { scripts, wasm } = await weightOf(task);
    checkBudget(result, `${task.name}, ${scripts} of scripts and ${wasm} of WebAssembly`, scripts + wasm, task);
  }
  return result;
}

function checkTraces(result) {
  const found = ["dist", "dist-www"].flatMap((folder) => filesWithTraces(join(ROOT, folder)));
  const what = `no file tells of the machine that built it ${found.join(" ")}`;
  countOutcome(result, found.length === 0, what, "built files name folders of this machine or a registry");
}

function checkBudget(result, what, gzip, { name, gzipBudget }) {
  const told = `${what}: ${gzip} gzipped, at most ${gzipBudget} allowed`;
  countOutcome(result, gzip <= gzipBudget, told, `${name} is too large`);
}

/** Tells the outcome of one more check, and counts it; `note` says what its failure means. */
function countOutcome(result, ok, what, note) {
  console.log(`${ok ? "ok" : "FAILED"}: ${what}`);
  result[ok ? "passed" : "failed"] += 1;
  if (!ok) result.notes.push(note);
}

async function testWithPython() {
  const requirements = "tests/python/requirements.txt";
  if (!existsSync(join(ROOT, requirements))) return failure(`${requirements} is missing`);
  const python = await pythonWith(requirements);
  if (python === undefined) {
    const reason = "NOT RUN: Python 3.10 or later with its venv module is missing, install it to run these tests";
    return process.env.CI ? failure(reason) : { ...counts(0, 0, [reason]), skipped: 1 };
  }
  const server = await nativeServer();
  const env = { S3_STORAGE_SIM: server, PYTHONDONTWRITEBYTECODE: "1" };
  // Where a test stands still, Python says where, and ends.
  const limit = [`faulthandler_timeout=${TEST_LIMIT_MS / 1000}`, "faulthandler_exit_on_timeout=true"];
  const options = ["-q", "-rs", "-p", "no:cacheprovider", ...limit.flatMap((setting) => ["-o", setting])];
  return tests(countPytest, python, ["-m", "pytest", ...options, "tests/python"], env);
}

async function testInterop() {
  await ensureBrowser();
  const { peers, missing } = await ensurePeers();
  const notes = Object.entries(missing).map(([name, reason]) => `${name} NOT RUN: ${reason}`);
  if (Object.keys(peers).length === 0 && !process.env.CI) return { ...counts(0, 0, notes), skipped: notes.length };
  const env = { S3_STORAGE_SIM: await nativeServer(), INTEROP_PEERS: JSON.stringify({ peers, missing }) };
  // The tests of a client that is not there are skipped.
  const result = await nodeTests("tests/interop", { env });
  return { ...result, notes: [...result.notes, ...notes] };
}

/** The native storage server, built once for all suites that talk to it. */
async function nativeServer() {
  // The features of dependencies are those of all members and of a test: so cargo takes what the suite "rust" has compiled.
  const targets = ["--workspace", "--bins", "--test", "walls"];
  const built = await run("cargo", ["build", "--locked", ...targets], { limitMs: LIMIT_MS });
  if (!built.ok) throw new Sentence(`the native storage server does not build:\n${built.output}`);
  return join(CARGO_TARGET, "debug", process.platform === "win32" ? "s3-storage-sim.exe" : "s3-storage-sim");
}
