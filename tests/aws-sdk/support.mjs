/** A page with AWS's SDK beside the built demo's service worker, in a real browser. */

import assert from "node:assert/strict";
import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";

import webpack from "webpack";

import { launchChromium } from "../../scripts/lib/browser.mjs";
import { ROOT } from "../../scripts/lib/run.mjs";
import { serve } from "../../scripts/serve.mjs";
import { temporaryFolder } from "../e2e/support/page.mjs";

/** The page, opened. */
export class SdkPage {
  /** What should not happen: errors in the page, and requests to anywhere but the page's server and the worker. */
  faults = [];
  #folder;
  #site;
  #context;

  static async open() {
    const opened = new SdkPage();
    opened.#folder = temporaryFolder();
    const { path } = opened.#folder;
    const built = join(ROOT, "dist-www");
    const isWorkers = (name) => name === "storage-worker.js" || name.endsWith(".wasm") || /^\d+\.js$/.test(name);
    for (const name of readdirSync(built).filter(isWorkers)) cpSync(join(built, name), join(path, name));
    cpSync(join(ROOT, "tests/aws-sdk/page/index.html"), join(path, "index.html"));
    await bundle(path);
    opened.#site = await serve({ folder: path });
    opened.#context = await launchChromium();
    opened.page = await opened.#context.newPage();
    opened.#watch();
    await opened.page.goto(opened.#site.url);
    await opened.page.waitForSelector("html[data-ready]");
    return opened;
  }

  #watch() {
    this.page.on("pageerror", (error) => this.faults.push(`uncaught: ${error.message}`));
    // What the service worker answers is not sent; what it lets through, or sends itself, would be.
    this.#context.on("response", (response) => {
      const isOurs = response.fromServiceWorker() || response.url().startsWith(this.#site.url);
      if (!isOurs) this.faults.push(`the network answered ${response.url()}`);
    });
  }

  async close() {
    await this.#context.close();
    await this.#site.close();
    this.#folder.remove();
    assert.deepEqual(this.faults, []);
  }
}

/** AWS's SDK is made for bundlers: browsers take other files of it than Node does. */
function bundle(path) {
  return new Promise((resolve, reject) => {
    const configuration = {
      entry: join(ROOT, "tests/aws-sdk/page/page.mjs"),
      mode: "development",
      // The site's policy allows no code made of text.
      devtool: false,
      target: "web",
      output: { path, filename: "page.js" },
    };
    webpack(configuration, (error, stats) => {
      const problems = error?.message ?? (stats.hasErrors() ? stats.toString("errors-only") : undefined);
      if (problems === undefined) resolve();
      else reject(new Error(`the page with AWS's SDK could not be bundled: ${problems}`));
    });
  });
}
