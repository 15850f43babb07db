/** The Rust toolchain, its WebAssembly target, and wasm-bindgen's tools. */

import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

import { canInstallDebianPackages, isUbuntu } from "./debian.mjs";
import { step } from "./progress.mjs";
import { answerOf, must, ROOT, run, Sentence } from "./run.mjs";
import { TOOLS } from "./steps.mjs";

/** The target that both WebAssembly files are built for. */
export const WASM_TARGET = "wasm32-unknown-unknown";

/** The name under which Debian's compiler is linked where Rust's own servers are out of reach. */
const DEBIAN = "debian";
const INSTALL_LIMIT_MS = 600_000;
const EXECUTABLE = process.platform === "win32" ? ".exe" : "";

/** Sets up the compiler that rust-toolchain.toml names, or that RUSTUP_TOOLCHAIN names instead. */
export async function ensureToolchain() {
  // Rustup would install the compiler without a word when it is first asked anything: the step below tells about it.
  process.env.RUSTUP_AUTO_INSTALL = "0";
  if (answerOf("rustup", ["--version"]) === undefined) {
    throw new Sentence("Rust is missing: install rustup as https://rustup.rs says, then run this again.");
  }
  const toolchain = process.env.RUSTUP_TOOLCHAIN ?? pinnedToolchain();
  if (isComplete(toolchain)) return;
  if (isComplete(DEBIAN)) {
    process.env.RUSTUP_TOOLCHAIN = DEBIAN;
    return;
  }
  try {
    await step(`installing Rust ${toolchain} with its WebAssembly target`, (onOutput) =>
      installToolchain(toolchain, onOutput),
    );
  } catch (error) {
    if (!(error instanceof Sentence)) throw error;
    await fallBackToDebian(error);
  }
}

/** Installs wasm-bindgen's tools in the crate's exact version, which the generated code must match. */
export async function ensureWasmBindgen() {
  if (["wasm-bindgen", "wasm-bindgen-test-runner"].every((tool) => existsSync(wasmBindgenTool(tool)))) return;
  const version = wasmBindgenVersion();
  const unfinished = join(TOOLS, "wasm-bindgen-unfinished");
  const env = { CARGO_TARGET_DIR: join(TOOLS, "wasm-bindgen-build") };
  await step(`building wasm-bindgen's tools ${version}, once (two to three minutes)`, async (onOutput) => {
    // Without --locked: the lock file published with the tools names releases that are no longer to be had.
    const args = ["install", "wasm-bindgen-cli", "--version", version, "--root", unfinished, "--force"];
    await must("building wasm-bindgen's tools", "cargo", args, { env, onOutput });
    rmSync(wasmBindgenFolder(), { recursive: true, force: true });
    renameSync(unfinished, wasmBindgenFolder());
    rmSync(env.CARGO_TARGET_DIR, { recursive: true, force: true });
  });
}

/**
 * One of wasm-bindgen's tools.
 *
 * @param {"wasm-bindgen" | "wasm-bindgen-test-runner"} tool
 */
export function wasmBindgenTool(tool) {
  return join(wasmBindgenFolder(), "bin", tool + EXECUTABLE);
}

function pinnedToolchain() {
  return /^channel = "(.+)"$/m.exec(readFileSync(join(ROOT, "rust-toolchain.toml"), "utf8"))[1];
}

function isComplete(toolchain) {
  const sysroot = answerOf("rustup", ["run", toolchain, "rustc", "--print", "sysroot"]);
  if (sysroot === undefined) return false;
  const library = join(sysroot, "lib", "rustlib", WASM_TARGET, "lib");
  const hasTarget = existsSync(library) && readdirSync(library).some((name) => name.startsWith("libcore-"));
  return hasTarget && ["cargo-clippy", "rustfmt"].every((tool) => existsSync(join(sysroot, "bin", tool + EXECUTABLE)));
}

async function installToolchain(toolchain, onOutput) {
  const parts = ["-c", "rustfmt", "-c", "clippy", "-t", WASM_TARGET];
  const args = ["toolchain", "install", toolchain, "--profile", "minimal", "--no-self-update", ...parts];
  const { output } = await run("rustup", args, { limitMs: INSTALL_LIMIT_MS, onOutput });
  if (isComplete(toolchain)) return;
  process.stdout.write(`\n${output}`);
  throw new Sentence(
    `Rust ${toolchain} could not be installed, see above: check that Rust's download servers can be reached, then run this again.`,
  );
}

/** Debian ships a current compiler with the sources of its library, from which the target's is built once. */
async function fallBackToDebian(failure) {
  if (!canInstallDebianPackages() || isUbuntu()) throw failure;
  await step("setting up Debian's Rust instead, as Rust's own servers cannot be reached", (onOutput) => {
    const script = join(ROOT, "scripts/debian-toolchain.sh");
    return must("setting up Debian's Rust", "bash", [script, WASM_TARGET, DEBIAN], { onOutput });
  });
  if (!isComplete(DEBIAN)) throw new Sentence("Debian's Rust lacks its WebAssembly target, rustfmt or clippy.");
  process.env.RUSTUP_TOOLCHAIN = DEBIAN;
}

function wasmBindgenFolder() {
  return join(TOOLS, `wasm-bindgen-${wasmBindgenVersion()}`);
}

function wasmBindgenVersion() {
  const lock = readFileSync(join(ROOT, "Cargo.lock"), "utf8");
  return /name = "wasm-bindgen"\r?\nversion = "(.+)"/.exec(lock)[1];
}
