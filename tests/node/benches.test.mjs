/** What `npm run bench` decides before and after it measures: who is measured, who is left out, where results go. */

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

import { sorted } from "../../benches/lib/browsers.mjs";
import { excuse } from "../../benches/lib/failures.mjs";
import { optionsOf } from "../../benches/lib/options.mjs";
import { memoryCases, timedGroups, withoutSlow } from "../../benches/lib/plan.mjs";
import { commandsOf, markdown } from "../../benches/lib/report.mjs";
import { resultsPath } from "../../benches/lib/results.mjs";
import { orderOf } from "../../benches/lib/turns.mjs";
import { acrossBrowsers, tablesOf } from "../../benches/lib/tables.mjs";
import { ROOT } from "../../scripts/lib/run.mjs";

const { PATH, CI, FIREFOX_PATH } = process.env;
let folder;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "s3-envelope-programs-"));
  process.env.PATH = folder;
  // Where Firefox would be looked for outside PATH.
  process.env.FIREFOX_PATH = join(folder, "firefox");
  delete process.env.CI;
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  for (const [name, value] of Object.entries({ PATH, CI, FIREFOX_PATH })) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
});

function install(...names) {
  for (const name of names) {
    writeFileSync(join(folder, name), "");
    chmodSync(join(folder, name), 0o755);
  }
}

test("a browser that is not installed is named with what installs it", () => {
  const { present, notRun } = sorted(["chromium", "firefox", "webkit"]);
  assert.deepEqual(present, ["chromium"]);
  assert.deepEqual(
    notRun.map(({ browser }) => browser),
    ["firefox", "webkit"],
  );
  assert.match(notRun[0].reason, /apt-get install -y firefox-esr/);
  assert.match(notRun[1].reason, /apt-get install -y webkit2gtk-driver xvfb/);
});

test("WebKit wants its driver and a display", () => {
  install("WebKitWebDriver");
  assert.match(sorted(["chromium", "webkit"]).notRun[0].reason, /apt-get install -y xvfb/);
  install("Xvfb", "firefox");
  assert.deepEqual(sorted(["firefox", "webkit"]), { present: ["firefox", "webkit"], notRun: [] });
});

test("a missing browser is a failure where nobody looks, or where it is the only one", () => {
  assert.throws(() => sorted(["firefox"]), /firefox cannot be measured: .*firefox-esr/);
  process.env.CI = "true";
  assert.throws(() => sorted(["chromium", "firefox"]), /firefox cannot be measured/);
  assert.deepEqual(sorted(["chromium"]).notRun, []);
});

test("who takes turns is each time after another one", () => {
  for (const count of [1, 2, 6, 15]) {
    const rounds = [0, 1, 2, 3, 4].map((round) => orderOf(count, round));
    for (const order of rounds)
      assert.deepEqual(
        [...order].sort((one, other) => one - other),
        [...Array(count).keys()],
      );
    const before = (index) => new Set(rounds.map((order) => order[order.indexOf(index) - 1]));
    for (let index = 0; index < count && count > 1; index += 1)
      assert.ok(before(index).size > 1, `${index} of ${count}`);
  }
});

test("the command line names browsers once, and refuses those that it does not know", () => {
  assert.deepEqual(optionsOf(["--browsers", "all"]).browsers, ["chromium", "firefox", "webkit"]);
  assert.deepEqual(optionsOf(["--browsers", "webkit,webkit"]).browsers, ["webkit"]);
  assert.deepEqual(optionsOf(["--from", "a.json", "--from", "b.json"]).from, ["a.json", "b.json"]);
  assert.throws(() => optionsOf(["--browsers", "lynx"]), /not lynx/);
});

test("the command that is reported can be given to a shell", () => {
  const { command } = optionsOf(["--browsers", "all", "--only", "/(encrypt|decrypt)/.*64MiB"]);
  assert.equal(command, "npm run bench -- --browsers all --only '/(encrypt|decrypt)/.*64MiB'");
});

test("further browsers' results lie beside the first one's", () => {
  assert.equal(resultsPath("out/r.json", ""), "out/r.json");
  assert.equal(resultsPath("out/r.json", "firefox"), "out/r.firefox.json");
  assert.equal(resultsPath("out.d/r", "webkit"), "out.d/r.webkit");
});

test("slow peers are left out with long content and named; the toolkit never is", () => {
  const all = [...timedGroups({ quick: false }).flatMap(({ cases }) => cases), ...memoryCases({ quick: false })];
  const known = ["noble-aes-gcm/encrypt/64MiB", "age-encryption/encrypt/64MiB", "s3-envelope/encrypt/rust/64MiB"];
  const { fit, skipped } = withoutSlow(
    all,
    known.map((name) => ({ name, MBps: name.startsWith("age") ? 50 : 36 })),
  );
  assert.deepEqual(
    skipped.map(({ name }) => name),
    ["noble-aes-gcm/encrypt/512MiB"],
  );
  assert.match(skipped[0].skipped, /36 MB\/s with 64MiB, under 50/);
  assert.equal(fit.length + skipped.length, all.length);
});

test("the report's commands do not write over each other's results", () => {
  const runs = [["--json", "r.json"], ["--quick", "--json", "my r.json", "--runs", "5"], ["--json=r.json"]];
  assert.deepEqual(commandsOf(runs.map(optionsOf)), ["npm run bench", "npm run bench -- --quick --runs 5"]);
});

test("a peer that fails is named, a wrong result and a failure of ours end the run", () => {
  const refused = new Error("sample: DataError: no such key\n    at importKey");
  assert.equal(excuse({ peer: "age-encryption" }, refused), "it failed: sample: DataError: no such key");
  assert.throws(() => excuse({ peer: "s3-envelope" }, refused), refused);
  assert.throws(() => excuse({ peer: "subtlecrypto-oneshot" }, refused), refused);
  assert.throws(() => excuse({ peer: "age-encryption" }, new Error("wrong result: byte 3 is not what it was")));
});

test("browsers are compared by their own one-shot calls", () => {
  const run = (browser, oneshot) => ({
    browser,
    cases: [{ name: "s3-envelope/encrypt/subtle-0w/64MiB", bytes: 64 * 1024 * 1024, MBps: 1, ratios: { oneshot } }],
  });
  const { head, rows } = acrossBrowsers([run("Chrome", 4.5), run("Firefox", 2.5)]);
  assert.deepEqual(head.slice(1), ["Chrome, encrypt", "Chrome, decrypt", "Firefox, encrypt", "Firefox, decrypt"]);
  assert.deepEqual(rows.find(([title]) => title === "s3-envelope subtle-0w").slice(1), ["4.50×", "–", "2.50×", "–"]);
});

test("where workers were left idle the table says so", () => {
  const one = (name, workerMessages) => ({ name, bytes: 64 * 1024 * 1024, MBps: 1, ratios: {}, workerMessages });
  const cases = [
    one("s3-envelope/encrypt/subtle-0w/64MiB", 0),
    one("s3-envelope/encrypt/subtle-1w/64MiB", 0),
    one("s3-envelope/encrypt/subtle-2w/64MiB", 64),
    one("s3-envelope/encrypt/rust/64MiB", 0),
  ];
  const [{ note }] = tablesOf({ cases, peers: {} });
  assert.match(note, /left idle in subtle-1w 64MiB\.$/);
  assert.doesNotMatch(tablesOf({ cases: cases.slice(2), peers: {} })[0].note, /idle/);
});

test("what was streamed while memory was watched has a table of its own", () => {
  const MIB = 2 ** 20;
  const one = (name, bytes) => ({ name, bytes, MBps: bytes / MIB, ratios: {} });
  const cases = [
    one("s3-envelope/encrypt/auto/64MiB", 64 * MIB),
    one("s3-envelope/encrypt/auto/1GiB", 1024 * MIB),
    one("s3-envelope/encrypt/auto/4GiB", 4096 * MIB),
    one("s3-envelope/decrypt/spooled/4GiB", 4096 * MIB),
  ];
  const tables = tablesOf({ cases, peers: {} });
  assert.deepEqual(tables.find(({ title }) => title === "Encryption").head, ["", "64MiB"]);
  assert.equal(
    tables.find(({ title }) => title === "Decryption"),
    undefined,
  );
  const { head, rows } = tables.find(({ title }) => title === "Streams");
  assert.deepEqual(head, ["", "encrypt 1GiB", "encrypt 4GiB", "decrypt 1GiB", "decrypt 4GiB"]);
  assert.deepEqual(rows, [
    ["s3-envelope auto", "1024", "4096", "–", "–"],
    ["s3-envelope spooled", "–", "–", "–", "4096"],
  ]);
});

const runIn = (browser, { cores = 2, peer = "1.0.0", command = "npm run bench" } = {}) => ({
  browser,
  version: "1",
  command,
  machine: { cores, processor: "P", memoryGiB: 8, system: "linux" },
  versions: { peer },
  peers: {},
  cases: [],
  notRun: [],
});
const reportOf = (runs, path = "docs") => markdown(runs, { plotName: "plot.svg", folder: join(ROOT, path) });

test("a report says once what is the same of all its runs, and by chapter what is not", () => {
  const same = reportOf([runIn("A"), runIn("B")]);
  assert.equal(same.split("2 cores").length, 2);
  assert.match(same, /^Measured, all that is compared in one run, with$/m);
  assert.match(same, /^## Versions\n\npeer 1\.0\.0$/m);
  const other = reportOf([runIn("A"), runIn("B", { cores: 4, peer: "2.0.0", command: "npm run bench -- --quick" })]);
  assert.match(other, /^Measured with these commands\. Each is a run of its own/m);
  assert.match(other, /^## A 1\n\nMeasured on 2 cores .*\n\nVersions: peer 1\.0\.0$/m);
  assert.match(other, /^## B 1\n\nMeasured on 4 cores .*\n\nVersions: peer 2\.0\.0$/m);
  assert.doesNotMatch(other, /^## Versions/m);
});

test("a report's links lead to the repository's pages from wherever it lies", () => {
  assert.match(reportOf([runIn("A")]), /\(\.\.\/benches\/README\.md\).*\(pipelines\.md\)/s);
  assert.match(reportOf([runIn("A")], "benches/out"), /\(\.\.\/README\.md\).*\(\.\.\/\.\.\/docs\/pipelines\.md\)/s);
});
