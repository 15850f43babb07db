/** `npm run bench`: measures the toolkit and its peers in browsers. README.md beside this file says how. */

import { readFileSync, writeFileSync } from "node:fs";

import { build } from "../scripts/build.mjs";
import { ensureBrowserAndDriver } from "../scripts/lib/browser.mjs";
import { asProgram } from "../scripts/lib/run.mjs";
import { setup } from "../scripts/setup.mjs";
import { sorted } from "./lib/browsers.mjs";
import { bundle, installPeers } from "./lib/bundle.mjs";
import { consoleText } from "./lib/console.mjs";
import { cleanUpOnSignals } from "./lib/leftovers.mjs";
import { measured } from "./lib/measure.mjs";
import { HELP, optionsOf } from "./lib/options.mjs";
import { writeReport } from "./lib/report.mjs";
import { resultsPath } from "./lib/results.mjs";
import { buildStorage } from "./lib/storage.mjs";

await asProgram(async () => {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const runs = options.from.length > 0 ? options.from.map(readResults) : await measureAll(options);
  if (options.report !== undefined) writeReport(runs, options.report);
});

function readResults(path) {
  const results = JSON.parse(readFileSync(path, "utf8"));
  console.log(`\n${consoleText(results)}`);
  return results;
}

/** What was measured in one browser is written before the next one is opened: nothing is lost if that one fails. */
async function measureAll(options) {
  const { present, notRun } = sorted(options.browsers);
  await makeReady(present);
  cleanUpOnSignals();
  const runs = [];
  for (const browser of present) {
    const results = await measured(browser, options);
    if (runs.length === 0) results.notRun = notRun;
    console.log(`\n${consoleText(results)}\n`);
    if (options.json !== undefined) writeResults(results, resultsPath(options.json, runs.length === 0 ? "" : browser));
    runs.push(results);
  }
  return runs;
}

function writeResults(results, path) {
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
}

async function makeReady(browsers) {
  await setup();
  if (browsers.includes("chromium")) await ensureBrowserAndDriver();
  await build();
  await installPeers();
  await bundle();
  await buildStorage();
}
