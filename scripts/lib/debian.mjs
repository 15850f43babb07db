/** Debian's packages, where they can be installed without asking anybody. */

import { existsSync, readFileSync } from "node:fs";

import { must } from "./run.mjs";

/** Whether this is Debian or one of its children, and this is root. */
export function canInstallDebianPackages() {
  return process.platform === "linux" && existsSync("/etc/debian_version") && process.getuid() === 0;
}

/** Whether this is Ubuntu, which has no browser among its packages, only names of snaps, and not all of Debian's compilers. */
export function isUbuntu() {
  return existsSync("/etc/os-release") && distributionOf(readFileSync("/etc/os-release", "utf8")) === "ubuntu";
}

/**
 * Which distribution a machine is of.
 *
 * @param {string} release the text of its os-release
 * @returns {string | undefined}
 */
export function distributionOf(release) {
  return /^ID="?([^"\n]+)"?$/m.exec(release)?.[1];
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
