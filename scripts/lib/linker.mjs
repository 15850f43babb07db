/** The linker that Rust calls for what runs on this machine: build scripts, the tests in Rust, wasm-bindgen's tools. */

import { isAbsolute } from "node:path";

import { canInstallDebianPackages, installDebianPackages } from "./debian.mjs";
import { step } from "./progress.mjs";
import { answerOf, Sentence } from "./run.mjs";

/** Sets up `cc`, which rustup brings no more than a C library. On Windows its installer asks for a linker itself. */
export async function ensureLinker() {
  if (process.platform === "win32" || isConfigured() || canLink("cc")) return;
  if (canInstallDebianPackages()) {
    await step("installing a C linker", (onOutput) => installDebianPackages(["gcc", "libc6-dev"], onOutput));
    if (canLink("cc")) return;
  }
  const how =
    process.platform === "darwin" ? "xcode-select --install" : "on Debian and Ubuntu apt-get install build-essential";
  throw new Sentence(
    `Rust needs a C linker, and \`cc\` is missing or lacks the C library (${how}): install it, then run this again.`,
  );
}

/**
 * Whether a compiler can link programs: without the C library, which is a package of its own, it is there and cannot.
 *
 * @param {string} compiler
 */
export function canLink(compiler) {
  const start = answerOf(compiler, ["-print-file-name=crt1.o"]);
  // It gives the name as it is, where it does not find the file; on macOS there is none.
  return start !== undefined && (process.platform !== "linux" || isAbsolute(start));
}

/** Whether cargo is told to call another linker. */
const isConfigured = () => Object.keys(process.env).some((name) => /^CARGO_TARGET_\w+_LINKER$/.test(name));
