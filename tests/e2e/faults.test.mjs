/** What happens in the browser behind a test's back fails the test: from wherever it comes. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { PackagePage } from "./support/package-page.mjs";

/** Where something can go wrong, how it is made to in a page, and what is noted of it. */
const PLACES = {
  "on the console": [() => console.error("told"), /^console: told$/],
  "in a page": [() => void setTimeout(() => Promise.reject(new Error("in a page"))), /^uncaught: in a page$/],
  "in a worker": [() => new Worker("faulty-worker.js").postMessage("in a worker"), /^uncaught: in a worker$/],
  "in a service worker": [
    async () => {
      const { active, waiting, installing } = await navigator.serviceWorker.register("faulty-worker.js");
      (active ?? waiting ?? installing).postMessage("in a service worker");
    },
    /^in a service worker: Uncaught Error: in a service worker$/,
  ],
};

/** What was noted, as soon as there is something. */
async function noted(faults) {
  for (;;) {
    try {
      faults.assertNone();
    } catch (error) {
      return error.actual;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

for (const [place, [provoke, pattern]] of Object.entries(PLACES)) {
  test(`what goes wrong ${place} is a fault, unless the test allows it`, { timeout: 60_000 }, async () => {
    const browser = await PackagePage.open();
    try {
      const page = await browser.page();
      await page.evaluate(provoke);
      assert.match((await noted(browser.faults))[0], pattern);
      browser.faults.note("told in another way");
      browser.faults.allow(/another way/, pattern);
    } finally {
      await browser.close();
    }
  });
}
