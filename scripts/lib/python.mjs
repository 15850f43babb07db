/** Python for the suites that test against software written in it: a virtual environment of their own. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { canInstallDebianPackages, installDebianPackages } from "./debian.mjs";
import { step } from "./progress.mjs";
import { answerOf, must, ROOT } from "./run.mjs";
import { alone, TOOLS } from "./steps.mjs";

/** What pytest asks for. */
const OLDEST = [3, 10];
/** Where the system's own is older, a later one is often there under its number. */
const NAMES = ["python3", "python", ...[14, 13, 12, 11, 10].map((minor) => `python3.${minor}`)];
const PYTHON_IN_VENV = process.platform === "win32" ? "Scripts/python.exe" : "bin/python";

/**
 * The Python of a virtual environment that has the packages of a requirements file; nothing where there is no Python that
 * the packages run on.
 *
 * @param {string} requirements a path from the repository's root
 * @returns {Promise<string | undefined>}
 */
export async function pythonWith(requirements) {
  const python = installedPython() ?? (await installPython());
  if (python === undefined) return undefined;
  const folder = join(TOOLS, `venv-${hashOf(python, requirements)}`);
  await alone(() => ensureVenv(folder, python, requirements));
  return join(folder, PYTHON_IN_VENV);
}

function installedPython() {
  const probe = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${OLDEST.join(", ")}))`;
  return NAMES.find((name) => answerOf(name, ["-c", probe]) !== undefined);
}

async function installPython() {
  if (!canInstallDebianPackages()) return undefined;
  await alone(() => step("installing Python", (onOutput) => installDebianPackages(["python3-venv"], onOutput)));
  return installedPython();
}

/** Another Python or other packages get another environment. */
function hashOf(python, requirements) {
  const hash = createHash("sha256").update(answerOf(python, ["-c", "import sys; print(sys.executable, sys.version)"]));
  return hash
    .update(readFileSync(join(ROOT, requirements)))
    .digest("hex")
    .slice(0, 12);
}

async function ensureVenv(folder, python, requirements) {
  // The note is written last, as an environment does not survive being moved into place when it is ready.
  const finished = join(folder, "finished");
  if (existsSync(finished)) return;
  await step(`installing the Python packages of ${requirements}`, async (onOutput) => {
    rmSync(folder, { recursive: true, force: true });
    await must("making a virtual environment", python, ["-m", "venv", folder], { onOutput });
    const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--requirement", join(ROOT, requirements)];
    await must("pip install", join(folder, PYTHON_IN_VENV), pip, { onOutput });
    writeFileSync(finished, "");
  });
}
