/** Debian's packages, where they can be installed without asking anybody. */

import { existsSync } from "node:fs";

import { must } from "./run.mjs";

/** Whether this is Debian or one of its children, and this is root. */
export function canInstallDebianPackages() {
  return process.platform === "linux" && existsSync("/etc/debian_version") && process.getuid() === 0;
}

/**
 * Installs packages.
 *
 * @param {string[]} packages
 * @param {(text: string) => void} onOutput
 */
export async function installDebianPackages(packages, onOutput) {
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  await must("apt-get update", "apt-get", ["update"], { env, onOutput });
  const args = ["install", "-y", "--no-install-recommends", ...packages];
  await must(`installing ${packages.join(", ")}`, "apt-get", args, { env, onOutput });
}
