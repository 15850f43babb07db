/** The browsers that can be measured: which of those that were asked for are here, and how each is opened. */

import { Sentence } from "../../scripts/lib/run.mjs";
import { chromium } from "./chromium.mjs";
import { firefox } from "./firefox.mjs";
import { webkit } from "./webkit.mjs";

/**
 * @typedef {object} Browser
 * @property {() => string | undefined} lacking what is not installed, and what installs it; nothing where all is here
 * @property {(url: string) => Promise<import("./session.mjs").Session>} start opens the page that measures
 */

/** @type {Record<string, Browser>} */
const BROWSERS = { chromium, firefox, webkit };

/** What `--browsers` takes. */
export const BROWSER_NAMES = Object.keys(BROWSERS);

/**
 * Opens the page that measures.
 *
 * @param {string} name
 * @param {string} url where the page is served
 */
export const startSession = (name, url) => BROWSERS[name].start(url);

/**
 * Tells the browsers that can be measured from those that cannot. Each of these is named with the reason, so that nobody
 * takes silence for numbers; where nobody looks at what is named, it is a failure.
 *
 * @param {string[]} names the browsers that were asked for
 * @returns {{ present: string[], notRun: { browser: string, reason: string }[] }}
 */
export function sorted(names) {
  const found = names.map((browser) => ({ browser, reason: BROWSERS[browser].lacking() }));
  const notRun = found.filter(({ reason }) => reason !== undefined);
  const present = found.filter(({ reason }) => reason === undefined).map(({ browser }) => browser);
  if (notRun.length > 0 && (process.env.CI || present.length === 0)) {
    throw new Sentence(notRun.map(({ browser, reason }) => `${browser} cannot be measured: ${reason}`).join("\n"));
  }
  return { present, notRun };
}
