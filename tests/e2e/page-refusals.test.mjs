/** What must be refused is refused on the page, with a message that says why; nothing is damaged by trying. */

import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";

import { STATUS } from "../support/faults.mjs";
import { OpenPage } from "./support/page.mjs";

let opened;

before(async () => {
  opened = await OpenPage.open();
});

afterEach(() => opened.faults.assertNone());

after(() => opened?.close());

async function sendSample(choice) {
  const { page } = opened;
  await page.click("#sample");
  await opened.choose(choice);
  await page.click("#upload");
  await page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
}

async function isStillWhole() {
  const verdict = await opened.press("download");
  assert.equal(verdict.title, "Downloaded, and identical to the last byte");
}

test("client-side: a wrong key opens nothing", async () => {
  await sendSample("client-side");
  const verdict = await opened.press("wrong-key");
  assert.equal(verdict.outcome, "refused");
  assert.equal(verdict.code, "WRONG_KEY");
  assert.match(verdict.message, /does not open with this key/);
  await isStillWhole();
});

test("client-side: ciphertext that was altered through S3 is not opened", async () => {
  await sendSample("client-side");
  const verdict = await opened.press("alter");
  assert.equal(verdict.outcome, "refused");
  assert.equal(verdict.code, "AUTHENTICATION_FAILED");
  assert.match(verdict.message, /altered, truncated or extended/);
  await isStillWhole();
});

test("SSE-C: a wrong key is refused by the storage", async () => {
  opened.faults.allow(STATUS(403));
  await sendSample("SSE-C");
  const verdict = await opened.press("wrong-key");
  assert.equal(verdict.outcome, "refused");
  assert.equal(verdict.code, "STORAGE_REFUSED");
  assert.match(verdict.message, /AccessDenied/);
  await isStillWhole();
});

test("SSE-C: no key is refused by the storage", async () => {
  opened.faults.allow(STATUS(400));
  await sendSample("SSE-C");
  const verdict = await opened.press("no-key");
  assert.equal(verdict.outcome, "refused");
  assert.equal(verdict.code, "STORAGE_REFUSED");
  assert.match(verdict.message, /InvalidRequest: .*Server Side Encryption/i);
  await isStillWhole();
});

test("SSE-C: a key does not travel over plain http, and the storage would not take it", async () => {
  opened.faults.allow(STATUS(400));
  await sendSample("SSE-C");
  await opened.press("plain-http");
  const verdicts = await opened.verdicts();
  const byPage = verdicts.find(({ code }) => code === "INSECURE_TRANSPORT");
  assert.equal(byPage?.outcome, "refused");
  assert.match(byPage.message, /Nothing was sent/);
  const byStorage = verdicts.find(({ code }) => code?.startsWith("400"));
  assert.equal(byStorage?.outcome, "refused");
  assert.match(byStorage.message, /secure connection/);
});

for (const choice of ["client-side", "SSE-C", "SSE-S3", "SSE-KMS"]) {
  test(`${choice}: one flipped stored bit is noticed`, async () => {
    opened.faults.allow(STATUS(500));
    await sendSample(choice);
    const verdict = await opened.press("tamper");
    assert.equal(verdict.outcome, "refused");
    assert.equal(verdict.code, "STORAGE_REFUSED");
    assert.match(verdict.message, /InternalError/);
    await isStillWhole();
  });
}

test("a bucket that blocks SSE-C refuses it, and says so where the upload was asked for", async () => {
  opened.faults.allow(STATUS(403));
  const { page } = opened;
  const settled = () => page.locator("#bucket-settings [role=status]", { hasText: "Saved" }).waitFor();
  await page.check("#block-sse-c");
  await settled();
  await page.click("#sample");
  await opened.choose("SSE-C");
  assert.match(await opened.upload(), /STORAGE_REFUSED: .*AccessDenied/);
  await page.uncheck("#block-sse-c");
  await settled();
  await sendSample("SSE-C");
  await isStillWhole();
});

test("a key that was replaced opens what it sealed once it is brought back", async () => {
  const { page } = opened;
  await sendSample("client-side");
  const settings = page.locator("#mode-settings");
  const key = settings.locator(".secret code");
  await settings.getByRole("button", { name: "Reveal the key" }).click();
  const former = await key.innerText();
  await settings.locator("summary").click();
  const asked = [];
  const answer = (way) =>
    page.once("dialog", (dialog) => {
      asked.push(dialog.message());
      void dialog[way]();
    });
  const newKey = settings.getByRole("button", { name: "Make a new key" });
  answer("dismiss");
  await newKey.click();
  await isStillWhole();
  assert.equal(await key.innerText(), former, "nothing is replaced before a person agrees");
  answer("accept");
  await newKey.click();
  await settings.getByRole("status").filter({ hasText: "A new key is in use." }).waitFor();
  assert.ok(await newKey.evaluate((button) => button === document.activeElement), "the focus stays where it was");
  assert.equal((await opened.press("download")).code, "WRONG_KEY");

  await settings.getByLabel(/Bring a key/).fill("not a key");
  await settings.getByRole("button", { name: "Use it" }).click();
  assert.match(await settings.getByRole("alert").innerText(), /32 bytes/);
  answer("accept");
  await settings.getByLabel(/Bring a key/).fill(former);
  await settings.getByRole("button", { name: "Use it" }).click();
  await settings.getByRole("status").filter({ hasText: "Your key is in use." }).waitFor();
  await settings.getByRole("alert").waitFor({ state: "hidden" });
  await isStillWhole();
  assert.equal(asked.length, 3);
  assert.ok(
    asked.every((words) => /[1-9]\d* objects? lies? in the bucket/.test(words)),
    asked[0],
  );
});

test("a key that seals nothing yet is replaced without asking", async () => {
  const own = await OpenPage.open();
  try {
    const settings = own.page.locator("#mode-settings");
    // Without a listener a dialog would be dismissed, and the key would stay.
    await settings.locator("summary").click();
    await settings.getByRole("button", { name: "Make a new key" }).click();
    await settings.getByRole("status").filter({ hasText: "A new key is in use." }).waitFor();
  } finally {
    await own.close();
  }
});
