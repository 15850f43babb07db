/** Everything that is measured in one browser. */

import { serve } from "../../scripts/serve.mjs";
import { startSession } from "./browsers.mjs";
import { PAGE_FOLDER, SIZES_FOLDER } from "./bundle.mjs";
import { machine, versions } from "./machine.mjs";
import { addGrowth, watchAll } from "./memory.mjs";
import { timeFile, timeUploads } from "./pipelines.mjs";
import { addRatios, merged } from "./results.mjs";
import { timeAll } from "./timing.mjs";
import { sizesIn, startUps } from "./weight.mjs";

/** The page uploads to a storage server on another port of this machine. */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' http://127.0.0.1:*",
  "object-src 'none'",
].join("; ");

/**
 * Measures in one browser.
 *
 * @param {string} browser one of BROWSER_NAMES
 * @param {ReturnType<typeof import("./options.mjs").optionsOf>} options
 * @returns {Promise<import("./results.mjs").Results>}
 */
export async function measured(browser, options) {
  const site = await serve({ folder: PAGE_FOLDER, policy: POLICY });
  try {
    const session = await startSession(browser, site.url);
    try {
      return await results(session, site.url, options);
    } finally {
      await session.close();
    }
  } finally {
    await site.close();
  }
}

async function results(session, url, options) {
  const tell = (text) => console.log(`• ${session.identity.browser}: ${text}`);
  const timed = await timeAll(session, options, tell);
  const uploads = await unwatched(session, url, (quiet) => timeUploads(quiet, options, tell));
  const pipelines = [...(await timeFile(session, options, tell)), ...uploads];
  const memory = await watchAll(session, options, { timed, tell });
  const cases = merged([...timed, ...pipelines, ...memory]);
  addRatios(cases);
  addGrowth(cases);
  return {
    command: options.command,
    ...session.identity,
    machine: machine(),
    versions: versions(),
    peers: await weights(session, options, tell),
    cases,
    notRun: [],
  };
}

/** Uploads are measured where nobody watches the network. */
async function unwatched(session, url, work) {
  if (session.unwatched === undefined) return work(session);
  const quiet = await session.unwatched(url);
  try {
    return await work(quiet);
  } finally {
    await quiet.close();
  }
}

async function weights(session, { runs }, tell) {
  tell("loading each contender");
  const sizes = sizesIn(SIZES_FOLDER);
  const times = await startUps(session, runs);
  return Object.fromEntries(Object.entries(sizes).map(([peer, size]) => [peer, { ...size, ...times[peer] }]));
}
