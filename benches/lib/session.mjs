/** A browser with the page that measures. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { launchChromium } from "../../scripts/lib/browser.mjs";

/** Long enough for 4 GiB through the slowest of all. */
const LIMIT_MS = 20 * 60_000;
/** How often the page's heap is asked for. It answers between two pieces of work. */
const HEAP_SAMPLE_MS = 100;

/** One browser, one page at a time. */
export class Session {
  /** The folder of the browser's profile. */
  profile;
  #context;
  #page;
  #devtools;
  #url;

  /** @param {string} url where the page is served */
  static async start(url) {
    const session = new Session();
    session.#url = url;
    session.profile = mkdtempSync(join(tmpdir(), "s3-envelope-bench-"));
    // The page uploads to a server on another port, which its ordinary policy forbids.
    session.#context = await launchChromium({ profile: session.profile, bypassCSP: true });
    session.#context.setDefaultTimeout(LIMIT_MS);
    await session.freshPage();
    return session;
  }

  /** The browser's name and version. */
  async version() {
    const { product } = await this.#devtools.send("Browser.getVersion");
    return product.replace("/", " ");
  }

  /** Replaces the page with a new one: nothing of what was done before is left in it. */
  async freshPage() {
    const before = this.#context.pages();
    this.#page = await this.#context.newPage();
    await Promise.all(before.map((page) => page.close()));
    this.#devtools = await this.#context.newCDPSession(this.#page);
    await this.#page.goto(this.#url);
    await this.#page.waitForFunction(() => "bench" in globalThis);
  }

  /**
   * Calls one of the page's functions (page/main.mjs).
   *
   * @param {string} name
   * @param {unknown} [argument]
   */
  call(name, argument) {
    return this.#page.evaluate(([called, given]) => globalThis.bench[called](given), [name, argument]);
  }

  /** Chooses a file, as a person would. */
  choose(path) {
    return this.#page.setInputFiles("#file", path);
  }

  /**
   * Holds what the page sends to a rate, until there is a fresh page.
   *
   * @param {number | undefined} uploadThroughput bytes a second; nothing for no limit
   */
  async limitUplink(uploadThroughput) {
    if (uploadThroughput === undefined) return;
    await this.#devtools.send("Network.enable", { maxPostDataSize: 0 });
    const rest = { offline: false, latency: 0, downloadThroughput: -1 };
    await this.#devtools.send("Network.emulateNetworkConditions", { ...rest, uploadThroughput });
  }

  /** Collects garbage, so that nobody pays for what another left behind. */
  collectGarbage() {
    return this.#devtools.send("HeapProfiler.collectGarbage");
  }

  /**
   * Samples the page's heap, buffers included, while something is done.
   *
   * @template T
   * @param {() => Promise<T>} work
   * @returns {Promise<{ result: T, heapBytes: number }>} the peak, less what there was at the start
   */
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

  /** Ends the browser and removes its profile. */
  async close() {
    await this.#context.close();
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
