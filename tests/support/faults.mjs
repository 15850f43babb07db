/** What should not happen in a browser: whatever fails a test that does not provoke it. */

import assert from "node:assert/strict";

/** What browsers say of an answer, or of one that did not come. */
export const STATUS = (status) => new RegExp(`responded with a status of ${status}\\b`);
export const BROKEN_ANSWER = /net::ERR_/;

/** The faults of one browser. */
export class Faults {
  #seen = [];
  #allowed = [];

  /**
   * Notes errors and warnings on the console, and what nobody catches: in pages, in workers and in service workers.
   *
   * @param {import("playwright-core").BrowserContext} context a browser that has just been started
   */
  async watch(context) {
    context.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.note(`console: ${message.text()}`);
    });
    context.on("weberror", (error) => this.note(`uncaught: ${error.error().message}`));
    context.on("page", (page) => page.on("crash", () => this.note(`crashed: ${page.url()}`)));
    // Playwright does not tell of what service workers do not catch. The page is the browser's first, which stays open.
    const devtools = await context.newCDPSession(context.pages()[0]);
    devtools.on("ServiceWorker.workerErrorReported", ({ errorMessage: { errorMessage } }) => {
      if (errorMessage.startsWith("Uncaught")) this.note(`in a service worker: ${errorMessage}`);
    });
    await devtools.send("ServiceWorker.enable");
  }

  /** Adds a fault that was seen otherwise. */
  note(fault) {
    this.#seen.push(fault);
  }

  /**
   * Allows the test at hand what it provokes, from its begin to its end.
   *
   * @param {...RegExp} patterns
   */
  allow(...patterns) {
    this.#allowed.push(...patterns);
  }

  /** Fails where something happened since the last time that was not allowed. To be called after each test. */
  assertNone() {
    const [seen, allowed] = [this.#seen.splice(0), this.#allowed.splice(0)];
    assert.deepEqual(
      seen.filter((fault) => !allowed.some((pattern) => pattern.test(fault))),
      [],
      "something happened in the browser that should not",
    );
  }
}
