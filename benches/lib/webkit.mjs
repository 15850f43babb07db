/**
 * WebKitGTK with its MiniBrowser, driven over WebDriver through its own WebKitWebDriver. The client is selenium-webdriver.
 * MiniBrowser wants a display: it gets a virtual one of its own.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import { Sentence } from "../../scripts/lib/run.mjs";
import { contentProcesses } from "./processes.mjs";
import { firstInstalled, LIMIT_MS } from "./session.mjs";

const START_MS = 30_000;
const POLL_MS = 100;
/** It offers no way to collect garbage: it gets time to do so by itself. After two seconds nothing more was seen to come. */
const PAUSE_MS = { briefly: 100, thoroughly: 2_000 };
/** Its clock ticks in whole milliseconds, which no setting changes: a sample is at least a hundred of them. */
const MIN_SAMPLE_MS = 100;

/** Calls one of the page's functions. Runs in the page. */
const CALL = `
  const [name, argument, done] = arguments;
  Promise.resolve(globalThis.bench[name](argument ?? undefined)).then(
    (value) => done({ value }),
    (error) => done({ error: String(error?.stack ? error + "\\n" + error.stack : error) }),
  );`;

/** @implements {import("./session.mjs").Session} */
class WebKitSession {
  identity;
  minSampleMs = MIN_SAMPLE_MS;
  #driver;
  #processes;
  #url;

  static async start(url) {
    const session = new WebKitSession();
    session.#url = url;
    session.#processes = new Processes();
    try {
      const server = await session.#processes.startDriver(await session.#processes.startDisplay());
      session.#driver = await newDriver(server);
      const found = await session.#driver.getCapabilities();
      session.identity = { browser: "WebKitGTK", version: found.getBrowserVersion() };
      await session.#open();
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  async freshPage() {
    const before = await this.#driver.getWindowHandle();
    await this.#driver.switchTo().newWindow("tab");
    const after = await this.#driver.getWindowHandle();
    await this.#driver.switchTo().window(before);
    await this.#driver.close();
    await this.#driver.switchTo().window(after);
    await this.#open();
  }

  async #open() {
    await this.#driver.get(this.#url);
    await this.#driver.wait(() => this.#driver.executeScript('return "bench" in globalThis'), START_MS);
  }

  async call(name, argument) {
    const { value, error } = await this.#driver.executeAsyncScript(CALL, name, argument);
    if (error !== undefined) throw new Error(`${name}: ${error}`);
    // Where there is nothing, WebDriver says null.
    return value ?? undefined;
  }

  async choose(path) {
    const { By } = await import("selenium-webdriver");
    await this.#driver.findElement(By.css("#file")).sendKeys(path);
  }

  collectGarbage(howMuch) {
    return sleep(PAUSE_MS[howMuch]);
  }

  contentProcesses() {
    const driver = String(this.#processes.driver.pid);
    return contentProcesses({
      isBrowser: ({ pid }) => pid === driver,
      isContent: ({ command }) => command.includes("WebKitWebProcess"),
    });
  }

  /** Ends the browser; in automation its profile lies in memory only. */
  async close() {
    await this.#driver?.quit().catch(() => undefined);
    this.#processes.stop();
  }
}

/** The display and the driver, which starts the browser. */
class Processes {
  driver;
  #display;

  constructor() {
    process.once("exit", this.stop);
  }

  /** @returns {Promise<string>} the display's name */
  async startDisplay() {
    const screen = ["-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
    this.#display = spawn(displayPath(), ["-displayfd", "3", ...screen], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    const told = once(this.#display.stdio[3], "data").then(([number]) => `:${number.toString().trim()}`);
    return Promise.race([told, failure(this.#display, "the virtual display (Xvfb)")]);
  }

  /** @returns {Promise<string>} where the driver listens */
  async startDriver(display) {
    const port = await freePort();
    this.driver = spawn(driverPath(), [`--port=${port}`], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, DISPLAY: display, GDK_BACKEND: "x11" },
    });
    const url = `http://127.0.0.1:${port}`;
    await Promise.race([answering(`${url}/status`), failure(this.driver, "WebKitWebDriver")]);
    return url;
  }

  stop = () => {
    process.off("exit", this.stop);
    this.driver?.kill();
    this.#display?.kill();
  };
}

async function newDriver(server) {
  const { Builder, Capabilities } = await import("selenium-webdriver");
  const driver = await new Builder()
    .usingServer(server)
    .withCapabilities(new Capabilities({ browserName: "MiniBrowser" }))
    .build();
  await driver.manage().setTimeouts({ script: LIMIT_MS, pageLoad: START_MS });
  return driver;
}

async function failure(child, title) {
  const [code] = await Promise.race([once(child, "exit"), once(child, "error").then(([{ message }]) => [message])]);
  throw new Sentence(`${title} ended (${code}).`);
}

async function answering(url) {
  for (const end = Date.now() + START_MS; Date.now() < end; await sleep(POLL_MS)) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
  }
  throw new Sentence("WebKitWebDriver does not answer.");
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

/** @type {import("./browsers.mjs").Browser} */
export const webkit = {
  lacking() {
    if (driverPath() === undefined) {
      return "WebKitWebDriver is not installed: `apt-get install -y webkit2gtk-driver xvfb`";
    }
    return displayPath() === undefined ? "Xvfb is not installed: `apt-get install -y xvfb`" : undefined;
  },
  start: WebKitSession.start,
};

const driverPath = () => firstInstalled(["WebKitWebDriver"]);
const displayPath = () => firstInstalled(["Xvfb"]);
