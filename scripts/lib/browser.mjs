/** The browser that tests run in: an installed Chromium or Chrome, with its driver. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { canInstallDebianPackages, installDebianPackages } from "./debian.mjs";
import { step } from "./progress.mjs";
import { answerOf, ROOT, Sentence } from "./run.mjs";
import { alone, TOOLS } from "./steps.mjs";

const BROWSERS = {
  names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"],
  paths: [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  ],
};

/** Finds a browser and a driver that fits it, or installs them where that can be done without asking. */
export async function ensureBrowser() {
  const lacking = whatIsLacking();
  if (lacking === undefined) return;
  if (!canInstallDebianPackages()) {
    throw new Sentence(
      `${lacking}: install Chromium or Chrome and chromedriver of the same major version ` +
        "(or set CHROME_PATH and CHROMEDRIVER to where they are), then run this again.",
    );
  }
  await alone(() =>
    step("installing Chromium and its driver", (onOutput) =>
      installDebianPackages(["chromium", "chromium-driver"], onOutput),
    ),
  );
  const stillLacking = whatIsLacking();
  if (stillLacking !== undefined) throw new Sentence(`${stillLacking}, also after Debian's packages were installed.`);
}

/**
 * Starts the browser without a window.
 *
 * @param {{ profile?: string, flags?: string[] } & import("playwright-core").LaunchOptions & import("playwright-core").BrowserContextOptions}
 *   options `profile` is a folder, for a browser that remembers; `flags` are further ones of the browser's; all else is for
 *   Playwright
 * @returns {Promise<import("playwright-core").BrowserContext>} closing it ends the browser
 */
export async function launchChromium({ profile = "", flags = [], ...options } = {}) {
  const { chromium } = await import("playwright-core");
  const args = capabilities()["goog:chromeOptions"].args.filter((flag) => flag !== "--headless");
  return chromium.launchPersistentContext(profile, {
    executablePath: browserPath(),
    args: [...args, ...flags],
    ...options,
  });
}

/** The environment in which wasm-bindgen-test-runner drives the same browser. */
export function driverEnvironment() {
  const wanted = capabilities();
  wanted["goog:chromeOptions"].binary = browserPath();
  const file = join(TOOLS, "webdriver.json");
  mkdirSync(TOOLS, { recursive: true });
  writeFileSync(file, JSON.stringify(wanted));
  return { CHROMEDRIVER: driverPath(), WASM_BINDGEN_TEST_WEBDRIVER_JSON: file };
}

/** What webdriver.json asks for: the flags for a browser without a window, also as root, that calls nobody. */
function capabilities() {
  return JSON.parse(readFileSync(join(ROOT, "webdriver.json"), "utf8"));
}

function browserPath() {
  return (
    process.env.CHROME_PATH ??
    process.env.CHROMIUM ??
    firstInPath(BROWSERS.names) ??
    BROWSERS.paths.find((path) => existsSync(path))
  );
}

function driverPath() {
  return process.env.CHROMEDRIVER ?? firstInPath(["chromedriver"]);
}

function whatIsLacking() {
  const [browser, driver] = [browserPath(), driverPath()];
  if (browser === undefined || !existsSync(browser)) return "The tests found no browser";
  if (driver === undefined || !existsSync(driver)) return "The tests found no chromedriver";
  const [browserMajor, driverMajor] = [browser, driver].map(majorVersionOf);
  const isKnown = browserMajor !== undefined && driverMajor !== undefined;
  if (!isKnown || browserMajor === driverMajor) return undefined;
  return `The browser is version ${browserMajor}, its driver ${driverMajor}`;
}

/** Chrome on Windows does not tell: then the driver will, when it starts the browser. */
function majorVersionOf(program) {
  return /(\d+)\.\d+\.\d+/.exec(answerOf(program, ["--version"]) ?? "")?.[1];
}

function firstInPath(names) {
  const folders = process.env.PATH.split(delimiter);
  const candidates = names.flatMap((name) => (process.platform === "win32" ? [`${name}.exe`] : [name]));
  return candidates.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}
