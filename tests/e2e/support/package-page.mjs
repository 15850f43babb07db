/** Serves the built package as it is, without a bundler, and opens it in a real browser. */

import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { temporaryFolder } from "./page.mjs";

/** A name that is not the browser's own machine, and so no secure context over plain http. */
export const INSECURE_HOST = "insecure.test";

/** A browser with the package served to it. */
export class PackagePage {
  /** What should not happen: errors on the console, in pages or workers. */
  faults = [];
  #folder;
  #site;
  #context;

  static async open() {
    const opened = new PackagePage();
    opened.#folder = temporaryFolder();
    const { path } = opened.#folder;
    cpSync(join(ROOT, "tests/e2e/package"), path, { recursive: true });
    cpSync(join(ROOT, "tests/node/support/inputs.mjs"), join(path, "inputs.js"));
    symlinkSync(join(ROOT, "dist"), join(path, "dist"), "junction");
    opened.#site = await serve({ folder: path, policy: documentedPolicy() });
    opened.#context = await launchChromium({ flags: [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`] });
    return opened;
  }

  /**
   * Opens a page of its own.
   *
   * @param {{ path?: string, host?: string }} [options]
   */
  async page({ path = "", host } = {}) {
    const page = await this.#context.newPage();
    page.on("pageerror", (error) => this.faults.push(error.message));
    const url = new URL(path, this.#site.url);
    if (host !== undefined) url.hostname = host;
    await page.goto(url.href);
    await page.waitForSelector("html[data-ready]");
    return page;
  }

  async close() {
    await this.#context.close();
    await this.#site.close();
    this.#folder.remove();
  }
}

/** The policy that docs/setup.md has, for the storages of the tests. */
function documentedPolicy() {
  const [, policy] = /```text\n(default-src .*)\n```/.exec(readFileSync(join(ROOT, "docs/setup.md"), "utf8"));
  return policy.replace("https://demo.s3.us-east-1.amazonaws.com", "https://*.storage.test http://*.storage.test");
}

/**
 * Opens pages in a browser that remembers nothing, has them used, and ends the browser.
 *
 * @param {number} count
 * @param {(...pages: import("playwright-core").Page[]) => Promise<void>} use
 */
export async function withPackagePages(count, use) {
  const browser = await PackagePage.open();
  try {
    const pages = [];
    for (let index = 0; index < count; index += 1) pages.push(await browser.page());
    await use(...pages);
  } finally {
    await browser.close();
  }
}

/**
 * Runs one of tests/e2e/package/checks.js.
 *
 * @param {import("playwright-core").Page} page
 * @param {"check" | "checkInWorker"} where
 * @param {string} name
 */
export function check(page, where, name, ...parameters) {
  return page.evaluate(([how, ...rest]) => window[how](...rest), [where, name, ...parameters]);
}
