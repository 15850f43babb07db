/** What was measured of browser engines, and cannot be found out by asking whether something is there. */

/** Whose engine runs this, `other` for Node. */
export type BrowserEngine = "blink" | "gecko" | "webkit" | "other";

/** The engine, by its name: every browser on iOS is WebKit, whatever it is called. */
export const BROWSER_ENGINE: BrowserEngine = engineOf();

function engineOf(): BrowserEngine {
  const name = (globalThis as { navigator?: Partial<Navigator> }).navigator?.userAgent ?? "";
  if (name.includes("AppleWebKit/")) {
    return name.includes("Chrome/") ? "blink" : "webkit";
  }
  return name.includes(" Gecko/") ? "gecko" : "other";
}

const KIB = 1024;

/**
 * How many bytes `SubtleCrypto` is given at a time: as many as it is at its fastest with. Firefox takes new memory from the
 * system for every result of 512 KiB, and is slower by a third.
 */
export const SEGMENT_LENGTH = BROWSER_ENGINE === "gecko" ? 448 * KIB : 512 * KIB;

/**
 * The same for a source that is read once, for all parts of an upload: a divisor of 512 KiB, at multiples of which parts
 * start.
 */
export const ALIGNED_SEGMENT_LENGTH = BROWSER_ENGINE === "gecko" ? 256 * KIB : 512 * KIB;
