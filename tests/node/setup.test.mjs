/** What setting up looks for on the machine, and what it says where that is missing. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { ensureBrowser, ensureBrowserAndDriver } from "../../scripts/lib/browser.mjs";
import { ELSEWHERE } from "../../scripts/lib/counts.mjs";
import { distributionOf } from "../../scripts/lib/debian.mjs";
import { canLink } from "../../scripts/lib/linker.mjs";
import { checkNode } from "../../scripts/lib/node.mjs";
import { isSnap } from "../../scripts/lib/snap.mjs";

const VARIABLES = ["CHROME_PATH", "CHROMIUM", "CHROMEDRIVER"];
const BEFORE = VARIABLES.map((name) => [name, process.env[name]]);
let folder;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "s3-envelope-setup-"))));

afterEach(() => {
  rmSync(folder, { recursive: true });
  for (const [name, value] of BEFORE) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

function program(name, content) {
  const path = join(folder, name);
  writeFileSync(path, content);
  chmodSync(path, 0o755);
  return path;
}

test("a Node that the tools do not run on is refused", () => {
  for (const version of ["20.19.0", "20.20.1", "22.13.0", "24.0.0", "25.1.0"]) checkNode(version);
  for (const version of ["18.20.0", "20.18.3", "21.7.0", "22.12.0", "23.11.0"]) {
    assert.throws(() => checkNode(version), new RegExp(`20\\.19, 22\\.13, 24 or later .*this is ${version}`));
  }
});

test(
  "a snap is told from a program, also behind a script or a link",
  { skip: process.platform === "win32" && `${ELSEWHERE}Windows has no snaps` },
  () => {
    const script = program("chromium-browser", '#!/bin/sh\nexec /snap/bin/chromium "$@"\n');
    const link = join(folder, "chromium");
    symlinkSync(script, link);
    assert.ok(isSnap(script) && isSnap(link));
    assert.equal(isSnap(program("chrome", "#!/bin/sh\nexec /opt/google/chrome/chrome\n")), false);
    assert.equal(isSnap(program("binary", "\x7fELF /snap/bin/")), false);
  },
);

test("Ubuntu is told from Debian", () => {
  assert.equal(distributionOf('NAME="Ubuntu"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'), "ubuntu");
  assert.equal(distributionOf('VERSION_ID="12"\nID="debian"\n'), "debian");
  assert.equal(distributionOf(""), undefined);
});

test("a variable that points nowhere is named, and nothing is installed instead", async () => {
  process.env.CHROME_PATH = join(folder, "nothing");
  await assert.rejects(ensureBrowser(), /^Error: CHROME_PATH says .*nothing, and there is nothing/);
});

test("a driver is asked for where one is used, and nowhere else", async () => {
  process.env.CHROME_PATH = program("chrome", "#!/bin/sh\necho Chromium 156.0.1.2\n");
  process.env.CHROMEDRIVER = join(folder, "nothing");
  await ensureBrowser();
  await assert.rejects(ensureBrowserAndDriver(), /^Error: CHROMEDRIVER says .*nothing, and there is nothing/);
  process.env.CHROMEDRIVER = program("chromedriver", "#!/bin/sh\necho ChromeDriver 156.0.3.4\n");
  await ensureBrowserAndDriver();
});

test(
  "a compiler without the C library is no linker",
  { skip: process.platform !== "linux" && `${ELSEWHERE}its C library is looked for on Linux alone` },
  () => {
    assert.ok(canLink(program("whole", "#!/bin/sh\necho /usr/lib/crt1.o\n")));
    assert.equal(canLink(program("bare", "#!/bin/sh\necho crt1.o\n")), false);
    assert.equal(canLink(join(folder, "missing")), false);
  },
);
