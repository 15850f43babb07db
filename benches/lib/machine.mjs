/** What is said of the machine and of what ran on it: enough to judge the numbers, and nothing that names it. */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";

import { ROOT } from "../../scripts/lib/run.mjs";

/** Facts of this machine. */
export function machine() {
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model.trim() ?? "unknown",
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
  };
}

/** The versions of the toolkit and of the packages that it is compared with, by package. */
export function versions() {
  const { version } = packageIn(ROOT);
  const { devDependencies } = packageIn(join(ROOT, "benches"));
  return { "s3-envelope": version, ...devDependencies };
}

function packageIn(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
