/** `npm run bench`: measures the toolkit and its peers in one browser. README.md beside this file says how. */

import { writeFileSync, readFileSync } from "node:fs";

import { build } from "../scripts/build.mjs";
import { ensureBrowser } from "../scripts/lib/browser.mjs";
import { asProgram } from "../scripts/lib/run.mjs";
import { serve } from "../scripts/serve.mjs";
import { setup } from "../scripts/setup.mjs";
import { otherBrowsers } from "./lib/browsers.mjs";
import { bundle, installPeers, PAGE_FOLDER, SIZES_FOLDER } from "./lib/bundle.mjs";
import { consoleText } from "./lib/console.mjs";
import { machine, versions } from "./lib/machine.mjs";
import { addGrowth, watchAll } from "./lib/memory.mjs";
import { HELP, optionsOf } from "./lib/options.mjs";
import { timeFile, timeUploads } from "./lib/pipelines.mjs";
import { writeReport } from "./lib/report.mjs";
import { addRatios, merged } from "./lib/results.mjs";
import { Session } from "./lib/session.mjs";
import { buildStorage } from "./lib/storage.mjs";
import { timeAll } from "./lib/timing.mjs";
import { sizesIn, startUps } from "./lib/weight.mjs";

await asProgram(async () => {
  const options = optionsOf(process.argv.slice(2));
  if (options.help) {
    console.log(HELP);
    return;
  }
  const results = options.from === undefined ? await measured(options) : JSON.parse(readFileSync(options.from, "utf8"));
  console.log(`\n${consoleText(results)}`);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.report !== undefined) writeReport(results, options.report);
});

/** @returns {Promise<import("./lib/results.mjs").Results>} */
async function measured(options) {
  await makeReady();
  const site = await serve({ folder: PAGE_FOLDER });
  try {
    const session = await Session.start(site.url);
    try {
      return await results(session, options);
    } finally {
      await session.close();
    }
  } finally {
    await site.close();
  }
}

async function makeReady() {
  await setup();
  await ensureBrowser();
  await build();
  await installPeers();
  await bundle();
  await buildStorage();
}

async function results(session, options) {
  const tell = (text) => console.log(`• ${text}`);
  const [browser, version] = (await session.version()).split(" ");
  const timed = await timeAll(session, options, tell);
  const pipelines = [...(await timeFile(session, options, tell)), ...(await timeUploads(session, options, tell))];
  const memory = await watchAll(session, options, tell);
  const cases = merged([...timed, ...pipelines, ...memory]);
  addRatios(cases);
  addGrowth(cases);
  return {
    command: options.command,
    browser,
    version,
    machine: machine(),
    versions: versions(),
    peers: await weights(session, options, tell),
    cases,
    notRun: otherBrowsers(options.browsers),
  };
}

async function weights(session, { runs }, tell) {
  tell("loading each contender");
  const sizes = sizesIn(SIZES_FOLDER);
  const times = await startUps(session, runs);
  return Object.fromEntries(Object.entries(sizes).map(([peer, size]) => [peer, { ...size, ...times[peer] }]));
}
