/** Bare pages of one origin that can import the built package, in a real browser. */

import { join } from "node:path";

import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { temporaryFolder } from "./page.mjs";

/**
 * Opens pages, has them used, and ends the browser.
 *
 * @param {number} count
 * @param {(...pages: import("playwright-core").Page[]) => Promise<void>} use
 */
export async function withPackagePages(count, use) {
  const profile = temporaryFolder();
  const site = await serve({ folder: join(ROOT, "dist") });
  const context = await launchChromium({ profile: profile.path });
  try {
    const pages = [];
    for (let index = 0; index < count; index += 1) {
      const page = await context.newPage();
      // Any address of the origin will do, also one where nothing is.
      await page.goto(`${site.url}page`);
      pages.push(page);
    }
    await use(...pages);
  } finally {
    await context.close();
    await site.close();
    profile.remove();
  }
}
