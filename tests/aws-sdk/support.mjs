/** A page with AWS's SDK beside the built demo's service worker, in a real browser. */

import { cpSync, readdirSync } from "node:fs";
import { join } from "node:path";

import webpack from "webpack";

import { launchChromium } from "../../scripts/lib/browser.mjs";
import { ROOT } from "../../scripts/lib/run.mjs";
import { CONTENT_SECURITY_POLICY, serve } from "../../scripts/serve.mjs";
import { Faults } from "../support/faults.mjs";
import { Resources } from "../support/resources.mjs";

/** The page, opened. */
export class SdkPage {
  /** What should not happen; requests to anywhere but the page's server and the worker, too. */
  faults = new Faults();
  #resources;

  static open() {
    return Resources.opening((resources) => new SdkPage().#open(resources));
  }

  async #open(resources) {
    this.#resources = resources;
    const path = resources.folder();
    const built = join(ROOT, "dist-www");
    const isWorkers = (name) => name === "storage-worker.js" || name.endsWith(".wasm") || /^\d+\.js$/.test(name);
    for (const name of readdirSync(built).filter(isWorkers)) cpSync(join(built, name), join(path, name));
    cpSync(join(ROOT, "tests/aws-sdk/page/index.html"), join(path, "index.html"));
    await bundle(path);
    // The page's icon is empty.
    const policy = `${CONTENT_SECURITY_POLICY}; img-src data:`;
    const { url } = resources.add(await serve({ folder: path, policy }), (site) => site.close());
    const context = resources.add(await launchChromium(), (browser) => browser.close());
    await this.faults.watch(context);
    // What the service worker answers is not sent; what it lets through, or sends itself, would be.
    context.on("response", (response) => {
      const isOurs = response.fromServiceWorker() || response.url().startsWith(url);
      if (!isOurs) this.faults.note(`the network answered ${response.url()}`);
    });
    this.page = await context.newPage();
    await this.page.goto(url);
    await this.page.waitForSelector("html[data-ready]");
    return this;
  }

  /** Ends everything, and fails if anything happened that should not. */
  async close() {
    await this.#resources.close();
    this.faults.assertNone();
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
