/** Parts of uploads start where segments do, whichever browser's length those have: TypeScript cuts one, Rust the other. */

import assert from "node:assert/strict";
import { test } from "node:test";

import "../../dist/node.js";

import { engine } from "../../dist/engine.js";

const { GrowingPlan, UploadPlan } = await engine();
const GIB = 1024 ** 3;
const TAG_LENGTH = 16;
const BROWSERS = {
  blink: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
  gecko: "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
  webkit:
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15",
  other: "Node.js/20",
};

/** How long segments of a source that is read once are in a browser, as the package decides when it is loaded there. */
async function segmentLengthIn(browser) {
  Object.defineProperty(globalThis, "navigator", { value: { userAgent: BROWSERS[browser] }, configurable: true });
  const { ALIGNED_SEGMENT_LENGTH, BROWSER_ENGINE } = await import(`../../dist/browser-engine.js?${browser}`);
  assert.equal(BROWSER_ENGINE, browser);
  return ALIGNED_SEGMENT_LENGTH;
}

/** Where parts start: of content whose length is known, with parts of the default length and of some others; and of a stream. */
function* starts() {
  for (const length of [0, 1, 8e6, 123_456_789, 5 * GIB + 7, 63 * GIB + 11]) {
    for (const partLength of [undefined, 5 * 1024 ** 2, 50_000_001, GIB + 1]) {
      const plan = new UploadPlan(length, TAG_LENGTH, partLength);
      for (let number = 1; number <= plan.partCount; number += 1) yield plan.part(number).offset;
      plan.free();
    }
  }
  const growing = new GrowingPlan(TAG_LENGTH, undefined);
  for (let number = 1; number <= 2000; number += 1) yield growing.nextPart().offset;
  growing.free();
}

for (const browser of Object.keys(BROWSERS)) {
  test(`parts start where segments do: ${browser}`, async () => {
    const segmentLength = await segmentLengthIn(browser);
    let last = 0;
    for (const offset of starts()) {
      assert.equal(offset % segmentLength, 0, `a part starts at ${offset}, segments are ${segmentLength} long`);
      last = Math.max(last, offset);
    }
    assert.ok(last > 60 * GIB, "many parts were looked at");
  });
}
