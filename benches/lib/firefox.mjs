/**
 * An installed Firefox, driven over WebDriver BiDi, which it speaks itself: no driver has to fit it. The client is
 * puppeteer-core, which Mozilla and Google keep working with Firefox's releases; playwright-core drives its own build only.
 */

import { removeFolder, SIGNALS_ARE_OURS, temporaryFolder } from "./leftovers.mjs";
import { contentProcesses } from "./processes.mjs";
import { firstInstalled, LIMIT_MS } from "./session.mjs";

const CANDIDATES = [
  "firefox",
  "firefox-esr",
  "/Applications/Firefox.app/Contents/MacOS/firefox",
  "C:\\Program Files\\Mozilla Firefox\\firefox.exe",
];
const PREFERENCES = {
  // Without it the clock ticks in whole milliseconds.
  "privacy.reduceTimerPrecision": false,
  // Gives pages `TestUtils.gc()`.
  "dom.testing.testutils.enabled": true,
};

/** @implements {import("./session.mjs").Session} */
class FirefoxSession {
  identity;
  minSampleMs = 0;
  #profile = temporaryFolder();
  #browser;
  #page;
  #url;

  static async start(url) {
    const session = new FirefoxSession();
    session.#url = url;
    // Installed by now; see bundle.mjs.
    const { launch } = await import("puppeteer-core");
    session.#browser = await launch({
      browser: "firefox",
      executablePath: programPath(),
      userDataDir: session.#profile,
      extraPrefsFirefox: PREFERENCES,
      protocolTimeout: LIMIT_MS,
      ...SIGNALS_ARE_OURS,
    });
    try {
      await session.freshPage();
      const [, version] = (await session.#browser.version()).split("/");
      session.identity = { browser: "Firefox", version };
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async freshPage() {
    const before = await this.#browser.pages();
    this.#page = await this.#browser.newPage();
    await Promise.all(before.map((page) => page.close()));
    await this.#page.goto(this.#url);
    await this.#page.waitForFunction(() => "bench" in globalThis);
  }

  call(name, argument) {
    return this.#page.evaluate((called, given) => globalThis.bench[called](given), name, argument);
  }

  async choose(path) {
    const input = await this.#page.$("#file");
    await input.uploadFile(path);
  }

  collectGarbage() {
    return this.#page.evaluate(() => globalThis.TestUtils.gc());
  }

  contentProcesses() {
    const isBrowser = ({ command }) => command.includes(this.#profile) && !command.includes("-contentproc");
    return contentProcesses({ isBrowser, isContent: ({ command }) => command.includes("-isForBrowser") });
  }

  async close() {
    await this.#browser.close();
    removeFolder(this.#profile);
  }
}

/** @type {import("./browsers.mjs").Browser} */
export const firefox = {
  lacking() {
    if (programPath() !== undefined) return undefined;
    return "no Firefox is installed: `apt-get install -y firefox-esr`, or set FIREFOX_PATH to where one is";
  },
  start: FirefoxSession.start,
};

const programPath = () => firstInstalled([process.env.FIREFOX_PATH ?? CANDIDATES].flat());
