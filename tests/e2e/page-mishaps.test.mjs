/** What goes wrong on the way, on the page: lost connections are outlived, half an object is refused. */

import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, test } from "node:test";

import { BROKEN_ANSWER } from "../support/faults.mjs";
import { OpenPage } from "./support/page.mjs";

let opened;

before(async () => {
  opened = await OpenPage.open();
});

beforeEach(() => opened.faults.allow(BROKEN_ANSWER, /the simulated storage was told to reset the connection/));

afterEach(() => opened.faults.assertNone());

after(() => opened?.close());

for (const choice of ["client-side", "SSE-KMS"]) {
  test(`${choice}: two lost connections are outlived, half an object is refused, and all is well again`, async () => {
    const { page } = opened;
    await page.click("#sample");
    await opened.choose(choice);
    await page.click("#upload");
    await page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
    const lost = await opened.press("lose-connection");
    assert.equal(lost.title, "It came back in spite of two lost connections");
    const half = await opened.press("cut-short");
    assert.deepEqual([half.outcome, half.code], ["refused", "NETWORK_FAILURE"]);
    const whole = await opened.press("download");
    assert.equal(whole.title, "Downloaded, and identical to the last byte");
  });
}
