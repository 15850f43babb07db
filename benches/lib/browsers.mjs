/** Browsers that were asked for and cannot be measured: each is named with the reason, so that nobody takes silence for numbers. */

const REASONS = {
  firefox:
    "playwright-core drives only its own build of Firefox, which this project does not install; an installed Firefox is not measured",
  webkit: "playwright-core drives only its own build of WebKit, which this project does not install",
};

/**
 * @param {string[]} names
 * @returns {{ browser: string, reason: string }[]}
 */
export function otherBrowsers(names) {
  return names.filter((name) => name in REASONS).map((browser) => ({ browser, reason: REASONS[browser] }));
}
