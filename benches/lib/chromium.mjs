/** Chromium or Chrome, driven by Playwright over the DevTools protocol. */

import { launchChromium } from "../../scripts/lib/browser.mjs";
import { UnwatchedChromium } from "./chromedriver.mjs";
import { removeFolder, SIGNALS_ARE_OURS, temporaryFolder } from "./leftovers.mjs";
import { contentProcesses } from "./processes.mjs";
import { LIMIT_MS } from "./session.mjs";

/** How often the page's heap is asked for. It answers between two pieces of work. */
const HEAP_SAMPLE_MS = 100;

/** @implements {import("./session.mjs").Session} */
class ChromiumSession {
  identity;
  /** Its clock ticks in tenths of a millisecond: what is repeated is long enough. */
  minSampleMs = 0;
  #profile = temporaryFolder();
  #context;
  #page;
  #devtools;
  #url;

  static async start(url) {
    const session = new ChromiumSession();
    session.#url = url;
    session.#context = await launchChromium({ profile: session.#profile, ...SIGNALS_ARE_OURS });
    session.#context.setDefaultTimeout(LIMIT_MS);
    try {
      await session.freshPage();
      const [browser, version] = (await session.#devtools.send("Browser.getVersion")).product.split("/");
      session.identity = { browser, version };
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async freshPage() {
    const before = this.#context.pages();
    this.#page = await this.#context.newPage();
    await Promise.all(before.map((page) => page.close()));
    this.#devtools = await this.#context.newCDPSession(this.#page);
    await this.#page.goto(this.#url);
    await this.#page.waitForFunction(() => "bench" in globalThis);
  }

  call(name, argument) {
    return this.#page.evaluate(([called, given]) => globalThis.bench[called](given), [name, argument]);
  }

  choose(path) {
    return this.#page.setInputFiles("#file", path);
  }

  async collectGarbage() {
    await this.#devtools.send("HeapProfiler.collectGarbage");
  }

  contentProcesses() {
    const isBrowser = ({ command }) =>
      command.includes(`--user-data-dir=${this.#profile}`) && !command.includes("--type=");
    return contentProcesses({ isBrowser, isContent: ({ command }) => command.includes("--type=renderer") });
  }

  unwatched(url) {
    return UnwatchedChromium.start(this, url);
  }

  async watchingHeap(work) {
    const before = await this.#heapBytes();
    let peak = before;
    let isBusy = false;
    const timer = setInterval(async () => {
      if (isBusy) return;
      isBusy = true;
      peak = Math.max(peak, await this.#heapBytes().catch(() => 0));
      isBusy = false;
    }, HEAP_SAMPLE_MS);
    try {
      return { result: await work(), heapBytes: peak - before };
    } finally {
      clearInterval(timer);
    }
  }

  async #heapBytes() {
    const { usedSize, backingStorageSize = 0 } = await this.#devtools.send("Runtime.getHeapUsage");
    return usedSize + backingStorageSize;
  }

  async close() {
    await this.#context.close();
    removeFolder(this.#profile);
  }
}

/** @type {import("./browsers.mjs").Browser} */
export const chromium = {
  // Whoever builds installs it where that can be done without asking, and says what to do where it cannot.
  lacking: () => undefined,
  start: ChromiumSession.start,
};
