/** Serves the built package as it is, without a bundler, and opens it in a real browser. */

import { cpSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { Faults } from "../../support/faults.mjs";
import { Resources } from "../../support/resources.mjs";

/** A name that is not the browser's own machine, and so no secure context over plain http. */
export const INSECURE_HOST = "insecure.test";

/** A browser with the package served to it. */
export class PackagePage {
  /** What should not happen. */
  faults = new Faults();
  #resources;
  #site;
  #context;

  static open() {
    return Resources.opening(async (resources) => {
      const opened = new PackagePage();
      opened.#resources = resources;
      const folder = resources.folder();
      cpSync(join(ROOT, "tests/e2e/package"), folder, { recursive: true });
      cpSync(join(ROOT, "tests/node/support/inputs.mjs"), join(folder, "inputs.js"));
      symlinkSync(join(ROOT, "dist"), join(folder, "dist"), "junction");
      opened.#site = resources.add(await serve({ folder, policy: documentedPolicy() }), (site) => site.close());
      const launched = await launchChromium({ flags: [`--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`] });
      opened.#context = resources.add(launched, (browser) => browser.close());
      await opened.faults.watch(opened.#context);
      return opened;
    });
  }

  /**
   * Opens a page of its own.
   *
   * @param {{ path?: string, host?: string }} [options]
   */
  async page({ path = "", host } = {}) {
    const page = await this.#context.newPage();
    const url = new URL(path, this.#site.url);
    if (host !== undefined) url.hostname = host;
    await page.goto(url.href);
    await page.waitForSelector("html[data-ready]");
    return page;
  }

  /** Ends everything, and fails if anything happened that should not. */
  async close() {
    await this.#resources.close();
    this.faults.assertNone();
  }
}

/** The policy that docs/setup.md has, for the storages of the tests, and with the empty icon of the pages. */
function documentedPolicy() {
  const [, policy] = /```text\n(default-src .*)\n```/.exec(readFileSync(join(ROOT, "docs/setup.md"), "utf8"));
  const storages = "https://*.storage.test http://*.storage.test";
  return `${policy.replace("https://demo.s3.us-east-1.amazonaws.com", storages)}; img-src data:`;
}

/**
 * Opens pages in a browser that remembers nothing, has them used, and ends the browser.
 *
 * @param {number} count
 * @param {(...pages: import("playwright-core").Page[]) => Promise<void>} use
 * @param {...RegExp} allowed the faults that it provokes
 */
export async function withPackagePages(count, use, ...allowed) {
  const browser = await PackagePage.open();
  browser.faults.allow(...allowed);
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
