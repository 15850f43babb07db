/** A real file of more than 25 MiB goes through each mode on the page, and nothing of it can be read where it lies. */

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";

import { BROKEN_ANSWER } from "../support/faults.mjs";
import { Resources } from "../support/resources.mjs";
import { OpenPage } from "./support/page.mjs";
import { findWindow, writeSampleFile } from "./support/sample-file.mjs";

/** Six parts of 5 MiB, the last one odd. */
const LENGTH = 26 * 1024 * 1024 + 4321;
const PARTS = 6;
const NAME = "ledger.bin";

const resources = new Resources();
let folder, file, sample, opened;

before(async () => {
  folder = resources.folder();
  file = join(folder, NAME);
  sample = writeSampleFile(file, LENGTH);
  opened = resources.add(await OpenPage.open(), (page) => page.close());
});

afterEach(() => opened.faults.assertNone());

after(() => resources.close());

const MODES = [
  { choice: "client-side", atRest: "SSE-S3" },
  { choice: "SSE-C", atRest: "SSE-C" },
  { choice: "SSE-S3", atRest: "SSE-S3" },
  { choice: "SSE-KMS", atRest: "SSE-KMS" },
  { choice: "bucket-default", atRest: "SSE-S3" },
];

for (const { choice, atRest } of MODES) {
  test(`a large file comes back identical with ${choice}, and no window of its text lies at rest`, async () => {
    const { page } = opened;
    await opened.send(file, choice);
    assert.match(await page.innerText("#upload-status"), /ledger\.bin is in the bucket, 26\.0 MiB/);
    const methods = await page.locator("#panel-wire .request .method").allInnerTexts();
    assert.deepEqual(methods, ["POST", ...Array(PARTS).fill("PUT"), "POST"]);

    const key = `${choice}/${NAME}`;
    const object = await opened.operator({ kind: "object", key });
    assert.equal(object.mode, atRest);
    const stored = await opened.storedBytes(key);
    assert.ok(stored.length >= LENGTH);
    assert.equal(findWindow(stored, sample.windows), undefined);

    const verdict = await opened.press("download");
    assert.equal(verdict.outcome, "good");
    assert.equal(verdict.title, "Downloaded, and identical to the last byte");
    assert.ok(verdict.message.includes(sample.sha256));
    assert.equal(await opened.savedHash(), sample.sha256);
  });
}

test("a bit that flipped in the middle of a large object is noticed, though the answer had begun", async () => {
  const { page } = opened;
  opened.faults.allow(BROKEN_ANSWER);
  for (const choice of ["client-side", "SSE-S3"]) {
    const key = `${choice}/${NAME}`;
    await page.click(`button[aria-label="Inspect ${key}"]`);
    await page.locator("#journey-subject", { hasText: key }).waitFor();
    const flip = () => opened.operator({ kind: "flip-stored-bit", key, offset: Math.floor(LENGTH / 2) });
    await flip();
    const verdict = await opened.press("download");
    assert.equal(verdict.outcome, "refused");
    assert.ok(await page.isDisabled("#save"), "nothing can be saved");
    await flip();
    assert.equal((await opened.press("download")).title, "Downloaded, and identical to the last byte");
  }
});

test("the search for text would find text that lies there in the clear", () => {
  const [window] = sample.windows;
  assert.deepEqual(findWindow(Buffer.from(`before>${window}<after`), sample.windows), { start: 7, window });
});

test("a file is dropped into its place, and one that misses it does no harm", async () => {
  const { page } = opened;
  const dropped = join(folder, "dropped.txt");
  writeFileSync(dropped, "dropped");
  await opened.drop(dropped, "h1");
  assert.equal(await page.innerText("#chosen"), `${NAME}, 26.0 MiB`);
  await opened.drop(dropped, "#drop");
  await page.locator("#chosen", { hasText: "dropped.txt, 7 bytes" }).waitFor();
  assert.match(await opened.upload(), /dropped\.txt is in the bucket/);
});

test("the progress of a large upload is counted in acknowledged parts", async () => {
  const { page } = opened;
  await page.evaluate(() => {
    globalThis.heard = [];
    new MutationObserver(() => globalThis.heard.push(document.getElementById("progress-text").textContent)).observe(
      document.getElementById("progress-text"),
      { childList: true },
    );
  });
  await opened.send(file, "SSE-S3");
  const heard = (await page.evaluate(() => globalThis.heard)).filter((text) => text.includes("part "));
  assert.deepEqual(
    heard.map((text) => /part (\d+) of (\d+)$/.exec(text)?.slice(1).map(Number)),
    Array.from({ length: PARTS }, (_, index) => [index + 1, PARTS]),
  );
});

test("the panels show plaintext and ciphertext side by side, and the key only when asked", async () => {
  const { page } = opened;
  await page.click("#sample");
  await opened.choose("SSE-C");
  await page.click("#upload");
  await page.locator("#journey-subject", { hasText: "SSE-C/letter.txt" }).waitFor();
  const left = await page.locator("#panel-browser .hex").allInnerTexts();
  assert.equal(left.length, 2);
  assert.ok(left.every((dump) => dump.includes("Dear Ada")));
  assert.ok(!(await page.innerText("#panel-rest")).includes("Dear Ada"));
  assert.match(await page.innerText("#panel-rest"), /HMAC/);

  const wire = page.locator("#panel-wire");
  const key = await page.locator("#mode-settings .secret").evaluate((secret) => {
    secret.querySelector("button").click();
    return secret.querySelector("code").textContent;
  });
  assert.match(key, /^[A-Za-z0-9+/]{43}=$/);
  assert.ok(!(await wire.innerText()).includes(key));
  await wire.getByRole("button", { name: "Reveal" }).click();
  assert.ok((await wire.innerText()).includes(key));
  const url = await wire.locator(".url-full code").first().textContent();
  assert.ok(!decodeURIComponent(url).includes(key));
  assert.match(url, /SignedHeaders=[^&]*x-amz-server-side-encryption-customer-algorithm(&|$|%3B(?!x-amz-server))/);

  await opened.choose("client-side");
  await page.click("#upload");
  await page.locator("#journey-subject", { hasText: "client-side/letter.txt" }).waitFor();
  const [original, sent] = await page.locator("#panel-browser .hex").allInnerTexts();
  assert.ok(original.includes("Dear Ada"));
  assert.ok(!sent.includes("Dear Ada"));
  assert.match(await page.innerText("#panel-rest"), /x-amz-meta-x-amz-3/);
});

test("the bucket's default applies where nothing is asked for, and yields where something is", async () => {
  const { page } = opened;
  await page.click("#sample");
  await page.selectOption("#bucket-default", "aws:kms");
  await page.locator("#bucket-settings [role=status]", { hasText: "Saved" }).waitFor();
  for (const [choice, mode] of [
    ["bucket-default", "SSE-KMS"],
    ["SSE-S3", "SSE-S3"],
    ["SSE-C", "SSE-C"],
  ]) {
    await opened.choose(choice);
    await page.click("#upload");
    await page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
    assert.equal((await opened.operator({ kind: "object", key: `${choice}/letter.txt` })).mode, mode);
  }
  await page.click('button[aria-label="Inspect bucket-default/letter.txt"]');
  await page.locator("#journey-subject", { hasText: "bucket-default/letter.txt" }).waitFor();
  assert.match(await page.innerText("#panel-rest"), /arn:aws:kms/);
  assert.match(await page.innerText("#panel-rest .kms-log"), /GenerateDataKey/);
  await page.selectOption("#bucket-default", "AES256");
  await page.locator("#bucket-settings [role=status]", { hasText: "Saved" }).waitFor();
  assert.equal((await opened.operator({ kind: "object", key: "bucket-default/letter.txt" })).mode, "SSE-KMS");
});
