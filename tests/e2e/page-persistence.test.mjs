/** What lies in the bucket survives whatever browsers do to pages and their workers. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { presigned } from "../node/support/sigv4.mjs";
import { STATUS } from "../support/faults.mjs";
import { OpenPage } from "./support/page.mjs";

async function downloadsIdentical(opened) {
  const verdict = await opened.press("download");
  assert.equal(verdict.title, "Downloaded, and identical to the last byte");
}

async function sendSample(opened, choice) {
  await opened.page.click("#sample");
  await opened.choose(choice);
  await opened.page.click("#upload");
  await opened.page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
}

test("objects survive a reload, a stopped service worker and a restart of the browser", async () => {
  const opened = await OpenPage.open();
  try {
    await sendSample(opened, "client-side");
    await sendSample(opened, "SSE-C");
    await sendSample(opened, "SSE-KMS");

    await opened.page.reload();
    await opened.ready();
    assert.equal(await opened.page.locator(".object").count(), 3);
    await downloadsIdentical(opened);

    await opened.stopServiceWorkers();
    await downloadsIdentical(opened);

    await opened.restart();
    for (const choice of ["client-side", "SSE-C", "SSE-KMS"]) {
      await opened.page.click(`button[aria-label="Inspect ${choice}/letter.txt"]`);
      await opened.page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
      await downloadsIdentical(opened);
    }
  } finally {
    await opened.close();
  }
});

/** Everything that the browser keeps of the storage (the page has a database of its own): as text in which bytes stay bytes. */
async function keptOfTheStorage(page) {
  return await page.evaluate(async () => {
    const result = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const text = (value) => {
      if (value instanceof Uint8Array) return Array.from(value, (byte) => String.fromCharCode(byte)).join("");
      if (value instanceof CryptoKey) return `CryptoKey that ${value.extractable ? "can" : "cannot"} be exported`;
      return typeof value === "object" ? Object.values(value).map(text).join("\n") : String(value);
    };
    const kept = [];
    const database = await result(indexedDB.open("s3-envelope.storage"));
    for (const store of database.objectStoreNames) {
      const entries = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([result(entries.getAllKeys()), result(entries.getAll())]);
      kept.push(...[...keys, ...values].map((value) => `${store}: ${text(value)}`));
    }
    database.close();
    return kept;
  });
}

test("what the browser keeps of the storage is ciphertext: content, names, metadata, the root key", async () => {
  const opened = await OpenPage.open();
  try {
    const choices = ["client-side", "SSE-C", "SSE-S3", "SSE-KMS"];
    const letter = "a letter that is nobody else's business";
    const file = { name: "letter.txt", mimeType: "text/plain", buffer: Buffer.from(letter) };
    for (const choice of choices) {
      await opened.page.setInputFiles("#file", file);
      await opened.choose(choice);
      await opened.page.click("#upload");
      await opened.page.locator("#journey-subject", { hasText: `${choice}/letter.txt` }).waitFor();
    }
    const kept = await keptOfTheStorage(opened.page);
    assert.ok(kept.filter((entry) => entry.startsWith("sealed-records: ")).length > choices.length);
    assert.equal(kept.filter((entry) => entry.startsWith("chunks: ")).length, 2 * choices.length);
    const keys = kept.filter((entry) => entry.startsWith("keys: "));
    assert.ok(
      keys.some((entry) => entry.includes("CryptoKey that cannot be exported")),
      String(keys),
    );
    const told = ["letter", "business", "demo", "AES256", "aws:kms", "alias/", "x-amz-", "text/plain"];
    for (const word of told) {
      const entry = kept.find((one) => one.includes(word));
      assert.equal(entry, undefined, `${word} is readable`);
    }
  } finally {
    await opened.close();
  }
});

test("a storage that fails answers 500, and has everything again at the next request", async () => {
  const opened = await OpenPage.open();
  opened.faults.allow(STATUS(500), /^console: panicked at .*timestamp/, /unreachable$/);
  try {
    await sendSample(opened, "client-side");
    const [worker] = opened.page.context().serviceWorkers();
    // No date can be this late: the storage's clock panics at it.
    await worker.evaluate(() => {
      globalThis.getTime = Date.prototype.getTime;
      Date.prototype.getTime = () => 1e18;
    });
    const url = presigned("GET", "demo.s3.us-east-1.storage.test", "client-side/letter.txt");
    const answer = await opened.page.evaluate(async (asked) => {
      const response = await fetch(asked);
      return { status: response.status, text: await response.text() };
    }, url);
    assert.equal(answer.status, 500);
    assert.match(answer.text, /<Code>InternalError<\/Code><Message>.*the next call finds it there\.<\/Message>/);
    await worker.evaluate(() => (Date.prototype.getTime = globalThis.getTime));
    await downloadsIdentical(opened);
  } finally {
    await opened.close();
  }
});

test("a hard reload, which no worker controls, ends with a page that works", async () => {
  const opened = await OpenPage.open();
  try {
    await sendSample(opened, "client-side");
    const devtools = await opened.page.context().newCDPSession(opened.page);
    await Promise.all([opened.page.waitForEvent("load"), devtools.send("Page.reload", { ignoreCache: true })]);
    await opened.ready();
    await downloadsIdentical(opened);
  } finally {
    await opened.close();
  }
});

test("a deleted object is gone, and a reset leaves nothing", async () => {
  const opened = await OpenPage.open();
  try {
    const { page } = opened;
    await sendSample(opened, "client-side");
    await sendSample(opened, "SSE-S3");
    await page.click('button[aria-label="Delete SSE-S3/letter.txt"]');
    await page.locator(".object").nth(1).waitFor({ state: "detached" });
    assert.equal(await opened.operator({ kind: "object", key: "SSE-S3/letter.txt" }), undefined);
    page.once("dialog", (dialog) => dialog.dismiss());
    await page.click("#reset");
    // Nothing is deleted before a person agrees. While something is at work, the page would not do this.
    await page.click('button[aria-label="Inspect client-side/letter.txt"]');
    await page.locator("#journey-subject", { hasText: "client-side/letter.txt" }).waitFor();
    await downloadsIdentical(opened);
    page.once("dialog", (dialog) => dialog.accept());
    await page.click("#reset");
    await page.locator("#objects .empty").waitFor();
    await page.reload();
    await opened.ready();
    assert.equal(await page.locator(".object").count(), 0);
    await sendSample(opened, "client-side");
    await downloadsIdentical(opened);
  } finally {
    await opened.close();
  }
});

test("the page works from a sub-path, and its worker reaches no further", async () => {
  const opened = await OpenPage.open({ base: "/some/where/deep/" });
  try {
    await sendSample(opened, "client-side");
    await downloadsIdentical(opened);
    const scope = await opened.page.evaluate(() => navigator.serviceWorker.ready.then((worker) => worker.scope));
    assert.equal(scope, opened.url);
  } finally {
    await opened.close();
  }
});
