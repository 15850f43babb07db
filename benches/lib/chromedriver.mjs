/**
 * The same Chromium, driven by chromedriver, which does not watch the network. Playwright does, and the browser then copies
 * what a page sends once more: that would be measured along with uploads, and most where the body lies in memory.
 */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

import { driverEnvironment } from "../../scripts/lib/browser.mjs";
import { endingWithUs, removeFolder, temporaryFolder } from "./leftovers.mjs";
import { startDriver, WebDriverPage } from "./webdriver.mjs";

/**
 * What uploads need of a session.
 *
 * @implements {Pick<import("./session.mjs").Session, "freshPage" | "call" | "choose" | "collectGarbage" | "limitUplink" | "close">}
 */
export class UnwatchedChromium extends WebDriverPage {
  identity;
  #profile = temporaryFolder();
  #process;

  /** @param {import("./session.mjs").Session} session the browser's other session @param {string} url where the page is served */
  static async start(session, url) {
    const own = new UnwatchedChromium();
    own.identity = session.identity;
    try {
      const { CHROMEDRIVER, WASM_BINDGEN_TEST_WEBDRIVER_JSON } = driverEnvironment();
      const { process, url: server } = await startDriver("chromedriver", (port) =>
        endingWithUs(spawn(CHROMEDRIVER, [`--port=${port}`], { stdio: ["ignore", "ignore", "inherit"] })),
      );
      own.#process = process;
      const capabilities = JSON.parse(readFileSync(WASM_BINDGEN_TEST_WEBDRIVER_JSON, "utf8"));
      capabilities["goog:chromeOptions"].args.push(`--user-data-dir=${own.#profile}`);
      await own.connect(server, { browserName: "chrome", ...capabilities }, url);
      return own;
    } catch (error) {
      await own.close();
      throw error;
    }
  }

  async collectGarbage() {
    await this.driver.sendDevToolsCommand("HeapProfiler.collectGarbage", {});
  }

  async limitUplink(upload_throughput) {
    await this.driver.setNetworkConditions({ offline: false, latency: 0, download_throughput: -1, upload_throughput });
  }

  async close() {
    await this.quit();
    this.#process?.kill();
    removeFolder(this.#profile);
  }
}
