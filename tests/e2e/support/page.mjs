/** Opens the built page in a real browser, watches over it, and uses it as a person does. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { launchChromium } from "../../../scripts/lib/browser.mjs";
import { ROOT } from "../../../scripts/lib/run.mjs";
import { serve } from "../../../scripts/serve.mjs";
import { Faults } from "../../support/faults.mjs";
import { Resources } from "../../support/resources.mjs";

/** How long an upload or download of tens of MiB may take on a slow machine, in milliseconds. */
const TRANSFER_LIMIT = 180_000;
const SCREENSHOTS = join(ROOT, "test-results");

/** The page, served and opened. */
export class OpenPage {
  /** What should not happen; violated policies and requests to anywhere but the page's own server, too. */
  faults = new Faults();
  #resources;
  #site;
  #context;
  #profile;
  #options;

  /**
   * @param {{ base?: string, context?: object }} options `base`: the path that the page is served under; `context`: for
   *   Playwright
   */
  static open(options = {}) {
    return Resources.opening(async (resources) => {
      const opened = new OpenPage();
      opened.#resources = resources;
      opened.#options = options;
      opened.#profile = resources.folder();
      opened.#site = resources.add(await serve({ base: options.base ?? "/" }), (site) => site.close());
      await opened.#launch();
      return opened;
    });
  }

  get url() {
    return this.#site.url;
  }

  async #launch() {
    const context = { viewport: { width: 1280, height: 900 }, acceptDownloads: true, ...this.#options.context };
    const launched = await launchChromium({ profile: this.#profile, ...context });
    this.#context = this.#resources.add(launched, (browser) => browser.close());
    this.#context.setDefaultTimeout(30_000);
    await this.faults.watch(this.#context);
    this.page = await this.#context.newPage();
    await this.#watch(this.page);
    await this.page.goto(this.url);
    await this.ready();
  }

  #watch(page) {
    // What the service worker answers is not sent; what it lets through, or sends itself, would be.
    this.#context.on("request", (request) => {
      const { hostname } = new URL(request.url());
      const staysHere = request.url().startsWith(this.url) || /^(blob|data):/.test(request.url());
      if (!staysHere && !hostname.endsWith(".storage.test")) this.faults.note(`request to ${request.url()}`);
    });
    this.#context.on("response", (response) => {
      const isStorage = new URL(response.url()).hostname.endsWith(".storage.test");
      if (isStorage && !response.fromServiceWorker()) this.faults.note(`the network answered ${response.url()}`);
    });
    return page.addInitScript(() => {
      addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) => {
        console.error(`policy violated: ${violatedDirective} by ${blockedURI}`);
      });
    });
  }

  /** Waits until the page is at work, and fails with what it complains of otherwise. */
  async ready() {
    await this.page.waitForSelector("html[data-ready], #trouble:not([hidden])");
    assert.equal(await this.page.locator("#trouble").innerText(), "", "the page is in trouble");
  }

  /** Ends the browser and starts it again with all that it remembered on disk. */
  async restart() {
    await this.#context.close();
    await this.#launch();
  }

  /** Stops the service worker, as browsers do when they want its memory back. */
  async stopServiceWorkers() {
    const devtools = await this.#context.newCDPSession(this.page);
    await devtools.send("ServiceWorker.enable");
    await devtools.send("ServiceWorker.stopAllWorkers");
    await devtools.detach();
  }

  async choose(mode) {
    await this.page.check(`input[name="mode"][value="${mode}"]`);
  }

  async send(path, mode) {
    await this.page.setInputFiles("#file", path);
    await this.choose(mode);
    await this.upload();
  }

  /** Uploads what is chosen, and gives the page's words on it. */
  async upload() {
    await this.page.click("#upload");
    const status = this.page.locator("#upload-status:not(:empty)");
    await status.waitFor({ timeout: TRANSFER_LIMIT });
    return status.innerText();
  }

  /** Drags a file from outside the browser and lets it go over an element. */
  async drop(path, selector) {
    const target = this.page.locator(selector);
    await target.scrollIntoViewIfNeeded();
    const { x, y, width, height } = await target.boundingBox();
    const devtools = await this.#context.newCDPSession(this.page);
    const data = { items: [], files: [path], dragOperationsMask: 1 };
    for (const type of ["dragEnter", "dragOver", "drop"]) {
      await devtools.send("Input.dispatchDragEvent", { type, x: x + width / 2, y: y + height / 2, data });
    }
    await devtools.detach();
  }

  /** Presses a button and gives the newest result: its kind, title, code and message. */
  async press(id) {
    await this.page.evaluate(() => {
      for (const shown of document.querySelectorAll(".verdict")) shown.dataset.seen = "true";
    });
    await this.page.click(`#${id}`);
    const newest = this.page.locator(".verdict:not([data-seen])").first();
    await newest.waitFor({ timeout: TRANSFER_LIMIT });
    await this.page.locator(`#${id}[aria-disabled="false"]`).waitFor({ timeout: TRANSFER_LIMIT });
    return this.verdicts().then(([first]) => first);
  }

  /** All results that are shown, newest first. */
  verdicts() {
    return this.page.locator(".verdict").evaluateAll((shown) =>
      shown.map((verdict) => ({
        outcome: [...verdict.classList].find((name) => name !== "verdict"),
        title: verdict.querySelector(".verdict-title").firstChild.textContent,
        code: verdict.querySelector(".code")?.textContent,
        message: verdict.querySelector(".verdict-message").textContent,
      })),
    );
  }

  /** Saves what was downloaded, through the service worker, and gives the file's SHA-256. */
  async savedHash() {
    const [download] = await Promise.all([this.page.waitForEvent("download"), this.page.click("#save")]);
    assert.match(download.url(), /\/s3-envelope-download\//);
    const hash = createHash("sha256")
      .update(readFileSync(await download.path()))
      .digest("hex");
    await download.delete();
    return hash;
  }

  /** Asks the storage's operator, as the page itself does. */
  operator(question) {
    return this.page.evaluate(
      (asked) =>
        new Promise((resolve, reject) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => {
            if ("error" in data) reject(new Error(data.error));
            else resolve(data.value instanceof Uint8Array ? Array.from(data.value) : data.value);
          };
          navigator.serviceWorker.controller.postMessage(asked, [port2]);
        }),
      question,
    );
  }

  /** All stored bytes of an object, fetched piece by piece. */
  async storedBytes(key) {
    const { storedLength } = await this.operator({ kind: "object", key });
    const pieces = [];
    for (let offset = 0; offset < storedLength; offset += PIECE) {
      const length = Math.min(PIECE, storedLength - offset);
      pieces.push(Buffer.from(await this.#piece({ kind: "stored-bytes", key, offset, length }), "latin1"));
    }
    return Buffer.concat(pieces);
  }

  /** Bytes as a text of one character each: far quicker to hand over than a list of numbers. */
  #piece(question) {
    return this.page.evaluate(
      (asked) =>
        new Promise((resolve, reject) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => {
            if ("error" in data) reject(new Error(data.error));
            else resolve(asText(data.value));
          };
          navigator.serviceWorker.controller.postMessage(asked, [port2]);
          function asText(bytes) {
            let text = "";
            for (let start = 0; start < bytes.length; start += 32768) {
              text += String.fromCharCode(...bytes.subarray(start, start + 32768));
            }
            return text;
          }
        }),
      question,
    );
  }

  async screenshot(name) {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true });
  }

  /** Ends everything, and fails if anything happened that should not. */
  async close() {
    await this.#resources.close();
    this.faults.assertNone();
  }
}

const PIECE = 4 * 1024 * 1024;
