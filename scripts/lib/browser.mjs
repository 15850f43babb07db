/** The browser that tests run in, an installed Chromium or Chrome; and its driver, for what drives it by WebDriver. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

import { canInstallDebianPackages, installDebianPackages, isUbuntu } from "./debian.mjs";
import { step } from "./progress.mjs";
import { answerOf, ROOT, Sentence } from "./run.mjs";
import { isSnap } from "./snap.mjs";
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

/** What Playwright drives, and what a program that knows WebDriver alone needs beside it. */
const BROWSER = {
  /** Where people say which programs to take. */
  variables: ["CHROME_PATH", "CHROMIUM"],
  what: "Chromium",
  packages: ["chromium"],
  lacking: () => whatIsLacking(),
  hint: "install Chromium or Chrome (or set CHROME_PATH to where it is)",
  hintBesideSnaps: "install Chrome from Google's .deb package, not as a snap, and set CHROME_PATH to where it is",
};
const WITH_DRIVER = {
  variables: [...BROWSER.variables, "CHROMEDRIVER"],
  what: "Chromium and its driver",
  packages: ["chromium", "chromium-driver"],
  lacking: () => whatIsLacking() ?? whatDriverLacks(),
  hint:
    "install Chromium or Chrome and chromedriver of the same major version " +
    "(or set CHROME_PATH and CHROMEDRIVER to where they are)",
  hintBesideSnaps:
    "install Chrome from Google's .deb package and chromedriver of the same major version from Chrome for Testing, " +
    "neither of them as a snap, and set CHROME_PATH and CHROMEDRIVER to where they are",
};

/** Finds a browser, or installs it where that can be done without asking. */
export const ensureBrowser = () => ensure(BROWSER);

/** Finds a browser and a driver that fits it, or installs them where that can be done without asking. */
export const ensureBrowserAndDriver = () => ensure(WITH_DRIVER);

async function ensure({ variables, what, packages, lacking, hint, hintBesideSnaps }) {
  variables.forEach(checkVariable);
  const before = lacking();
  if (before === undefined) return;
  if (!canInstallDebianPackages() || isUbuntu()) {
    const advice = isUbuntu() || existsSync("/snap/bin") ? hintBesideSnaps : hint;
    throw new Sentence(`${before}: ${advice}, then run this again.`);
  }
  await alone(() => step(`installing ${what}`, (onOutput) => installDebianPackages(packages, onOutput)));
  const after = lacking();
  if (after !== undefined) throw new Sentence(`${after}, also after Debian's packages were installed.`);
}

/** Nothing is installed in place of what somebody named. */
function checkVariable(name) {
  const path = process.env[name];
  if (path === undefined || existsSync(path)) return;
  throw new Sentence(`${name} says ${path}, and there is nothing: set it to where the program is, or unset it.`);
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
  const browser = browserPath();
  if (browser === undefined || !existsSync(browser)) return "The tests found no browser";
  return isSnap(browser) ? snapLacks(browser) : undefined;
}

function whatDriverLacks() {
  const [browser, driver] = [browserPath(), driverPath()];
  if (driver === undefined || !existsSync(driver)) return "The tests found no chromedriver";
  if (isSnap(driver)) return snapLacks(driver);
  const [browserMajor, driverMajor] = [browser, driver].map(majorVersionOf);
  const isKnown = browserMajor !== undefined && driverMajor !== undefined;
  if (!isKnown || browserMajor === driverMajor) return undefined;
  return `The browser is version ${browserMajor}, its driver ${driverMajor}`;
}

const snapLacks = (path) => `${path} is a snap, which cannot see the temporary folders that tests work in`;

/** Chrome on Windows does not tell: then the driver will, when it starts the browser. */
function majorVersionOf(program) {
  return /(\d+)\.\d+\.\d+/.exec(answerOf(program, ["--version"]) ?? "")?.[1];
}

/** A snap only where there is nothing else. */
function firstInPath(names) {
  const folders = process.env.PATH.split(delimiter);
  const candidates = names.flatMap((name) => (process.platform === "win32" ? [`${name}.exe`] : [name]));
  const paths = candidates.flatMap((name) => folders.map((folder) => join(folder, name)));
  const found = paths.filter((path) => existsSync(path));
  return found.find((path) => !isSnap(path)) ?? found[0];
}
