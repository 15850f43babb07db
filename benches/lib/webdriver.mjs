/** A page that is driven over WebDriver, by selenium-webdriver: what browsers have in common that are driven so. */

import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { Sentence } from "../../scripts/lib/run.mjs";
import { LIMIT_MS } from "./session.mjs";

const START_MS = 30_000;
const POLL_MS = 100;

/** Calls one of the page's functions. Runs in the page. */
const CALL = `
  const [name, argument, done] = arguments;
  Promise.resolve(globalThis.bench[name](argument ?? undefined)).then(
    (value) => done({ value }),
    (error) => done({ error: String(error?.stack ? error + "\\n" + error.stack : error) }),
  );`;

/** The page, and what can be done in it. */
export class WebDriverPage {
  driver;
  #url;

  /**
   * Connects to a driver, which starts the browser, and opens the page.
   *
   * @param {string} server where the driver listens
   * @param {object} capabilities which browser it is to start, and how
   * @param {string} url where the page is served
   */
  async connect(server, capabilities, url) {
    const { Builder, Capabilities } = await import("selenium-webdriver");
    this.#url = url;
    this.driver = await new Builder().usingServer(server).withCapabilities(new Capabilities(capabilities)).build();
    await this.driver.manage().setTimeouts({ script: LIMIT_MS, pageLoad: START_MS });
    await this.#open();
  }

  async freshPage() {
    const before = await this.driver.getWindowHandle();
    await this.driver.switchTo().newWindow("tab");
    const after = await this.driver.getWindowHandle();
    await this.driver.switchTo().window(before);
    await this.driver.close();
    await this.driver.switchTo().window(after);
    await this.#open();
  }

  async call(name, argument) {
    const { value, error } = await this.driver.executeAsyncScript(CALL, name, argument);
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    // Where there is nothing, WebDriver says null.
    return value ?? undefined;
  }

  async choose(path) {
    const { By } = await import("selenium-webdriver");
    await this.driver.findElement(By.css("#file")).sendKeys(path);
  }

  async quit() {
    await this.driver?.quit().catch(() => undefined);
  }

  async #open() {
    await this.driver.get(this.#url);
    await this.driver.wait(() => this.driver.executeScript('return "bench" in globalThis'), START_MS);
  }
}

/**
 * Starts a driver.
 *
 * @param {string} title what to call it, where it fails
 * @param {(port: number) => import("node:child_process").ChildProcess} start starts it on a port
 * @returns {Promise<{ process: import("node:child_process").ChildProcess, url: string }>} when it takes connections
 */
export async function startDriver(title, start) {
  const port = await freePort();
  const process = start(port);
  const url = `http://127.0.0.1:${port}`;
  await Promise.race([answering(title, `${url}/status`), failure(process, title)]);
  return { process, url };
}

/** Never resolves, unless the process ends: then it fails. */
export async function failure(child, title) {
  const [code] = await Promise.race([once(child, "exit"), once(child, "error").then(([{ message }]) => [message])]);
  throw new Sentence(`${title} ended (${code}).`);
}

async function answering(title, url) {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Sentence(`${title} does not answer.`);
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
