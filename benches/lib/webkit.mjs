/**
 * WebKitGTK with its MiniBrowser, driven over WebDriver through its own WebKitWebDriver.
 * MiniBrowser wants a display: it gets a virtual one of its own.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

import { endingWithUs } from "./leftovers.mjs";
import { contentProcesses } from "./processes.mjs";
import { firstInstalled } from "./session.mjs";
import { failure, startDriver, WebDriverPage } from "./webdriver.mjs";

/** It offers no way to collect garbage: it gets time to do so by itself. After two seconds nothing more was seen to come. */
const PAUSE_MS = { briefly: 100, thoroughly: 2_000 };
/** Its clock ticks in whole milliseconds, which no setting changes: a sample is at least a hundred of them. */
const MIN_SAMPLE_MS = 100;

/** @implements {import("./session.mjs").Session} */
class WebKitSession extends WebDriverPage {
  identity;
  minSampleMs = MIN_SAMPLE_MS;
  #processes;

  static async start(url) {
    const session = new WebKitSession();
    session.#processes = new Processes();
    try {
      const server = await session.#processes.startDriver(await session.#processes.startDisplay());
      await session.connect(server, { browserName: "MiniBrowser" }, url);
      const found = await session.driver.getCapabilities();
      session.identity = { browser: "WebKitGTK", version: found.getBrowserVersion() };
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
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
    await this.quit();
    this.#processes.stop();
  }
}

/** The display and the driver, which starts the browser. */
class Processes {
  driver;
  #display;

  /** @returns {Promise<string>} the display's name */
  async startDisplay() {
    const screen = ["-screen", "0", "1280x1024x24", "-nolisten", "tcp"];
    this.#display = spawn(displayPath(), ["-displayfd", "3", ...screen], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    endingWithUs(this.#display);
    const told = once(this.#display.stdio[3], "data").then(([number]) => `:${number.toString().trim()}`);
    return Promise.race([told, failure(this.#display, "the virtual display (Xvfb)")]);
  }

  /** @returns {Promise<string>} where the driver listens */
  async startDriver(display) {
    const { url } = await startDriver("WebKitWebDriver", (port) => {
      this.driver = spawn(driverPath(), [`--port=${port}`], {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DISPLAY: display, GDK_BACKEND: "x11" },
      });
      return endingWithUs(this.driver);
    });
    return url;
  }

  stop() {
    this.driver?.kill();
    this.#display?.kill();
  }
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
