/** Downloads through a service worker, in a real browser: what comes to be a file, and what never does. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";

import { STATUS } from "../support/faults.mjs";
import { check, PackagePage } from "./support/package-page.mjs";

const MIB = 1024 * 1024;
const RELEASES = ["verified", "delayed-authentication"];

let browser;

before(async () => {
  browser = await PackagePage.open();
});

afterEach(() => browser.faults.assertNone());

after(() => browser?.close());

async function withPage(use) {
  const own = await browser.page();
  try {
    return await use(own);
  } finally {
    await own.close();
  }
}

function contentOf(length) {
  const content = Buffer.alloc(length, 0xa5);
  for (let at = 0; at + 4 <= length; at += MIB) content.writeUInt32BE(at, at);
  return content;
}

for (const release of RELEASES) {
  test(`an object becomes a download, byte for byte (${release})`, async () => {
    await withPage(async (own) => {
      for (const length of [0, 1, 33 * MIB + 5]) {
        const saving = check(own, "check", "saveThroughWorker", length, { release, fileName: "a.bin" });
        const [saved, download] = await Promise.all([saving, own.waitForEvent("download")]);
        assert.deepEqual(saved, { way: "service-worker", size: length, contentType: "text/html" });
        assert.equal(download.suggestedFilename(), "a.bin");
        assert.ok(readFileSync(await download.path()).equals(contentOf(length)));
      }
    });
  });
}

test("what a page's own answer holds is its own after a download", async () => {
  await withPage(async (own) => {
    const saving = check(own, "check", "savePlainThroughWorker", 3 * MIB);
    const [saved, download] = await Promise.all([saving, own.waitForEvent("download")]);
    assert.deepEqual(saved, { way: "service-worker", left: 3 * MIB });
    assert.ok(readFileSync(await download.path()).equals(contentOf(3 * MIB)));
  });
});

test("what a download is called is a name, in every script, and no path", async () => {
  const names = [
    ['überraschung – 100 % "sicher"; x=(1)\'*.txt', "überraschung – 100 % _sicher_; x=(1)'_.txt"],
    ["帳簿.xlsx", "帳簿.xlsx"],
    ["../../etc/passwd", "_.._etc_passwd"],
    ["..\\evil\u202egnp.exe", "_evil_gnp.exe"],
  ];
  await withPage(async (own) => {
    for (const [fileName, expected] of names) {
      const saving = check(own, "check", "saveThroughWorker", 10, { fileName });
      const [download] = await Promise.all([own.waitForEvent("download"), saving]);
      assert.equal(download.suggestedFilename(), expected);
    }
  });
});

test("an object that was touched becomes no download when it is verified first", async () => {
  await withPage(async (own) => {
    const downloads = [];
    own.on("download", (download) => downloads.push(download.suggestedFilename()));
    const refused = await check(own, "check", "saveThroughWorker", 9 * MIB, { isTouched: true, fileName: "touched" });
    assert.deepEqual(refused, { code: "AUTHENTICATION_FAILED", left: 0 });
    // One that came late would come before this one.
    const saving = check(own, "check", "saveThroughWorker", 10, { fileName: "good" });
    await Promise.all([own.waitForEvent("download"), saving]);
    assert.deepEqual(downloads, ["good"]);
  });
});

test("an object that was touched becomes a failed download when it is released as it is read", async () => {
  await withPage(async (own) => {
    for (const length of [1, 9 * MIB]) {
      const asked = { isTouched: true, fileName: "a", release: "delayed-authentication" };
      const saving = check(own, "check", "saveThroughWorker", length, asked);
      const [refused, download] = await Promise.all([saving, own.waitForEvent("download")]);
      assert.deepEqual(refused, { code: "AUTHENTICATION_FAILED", left: 0 });
      assert.notEqual(await download.failure(), null);
    }
  });
});

/** Has a page begin a download that is halfway there, and gives it. */
async function halfway(own) {
  const [download] = await Promise.all([own.waitForEvent("download"), check(own, "check", "beginSaving", 24 * MIB)]);
  return download;
}

test("what is cancelled in the browser is cancelled to its source", async () => {
  await withPage(async (own) => {
    const download = await halfway(own);
    await download.cancel();
    const ended = await check(own, "check", "howSavingEnded");
    assert.deepEqual(ended, { code: "DOWNLOAD_CANCELLED", isRequestStopped: true });
  });
});

test("what the page stops fails in the browser", async () => {
  await withPage(async (own) => {
    const download = await halfway(own);
    await check(own, "check", "stopSaving");
    assert.notEqual(await download.failure(), null);
    const ended = await check(own, "check", "howSavingEnded");
    assert.deepEqual(ended, { code: "Error: enough", isRequestStopped: true });
  });
});

test("when the browser ends the service worker the download fails, and the page is told", async () => {
  await withPage(async (own) => {
    const download = await halfway(own);
    const devtools = await own.context().newCDPSession(own);
    await devtools.send("ServiceWorker.enable");
    await devtools.send("ServiceWorker.stopAllWorkers");
    assert.notEqual(await download.failure(), null);
    const ended = await check(own, "check", "howSavingEnded");
    assert.deepEqual(ended, { code: "DOWNLOAD_UNAVAILABLE", isRequestStopped: true });
  });
});

test("when the page is closed the download fails", async () => {
  await withPage(async (own) => {
    const download = await halfway(own);
    await own.close();
    assert.notEqual(await download.failure(), null);
  });
});

test("a download can be taken once, from an address that tells nothing", async () => {
  browser.faults.allow(STATUS(404));
  await withPage(async (own) => {
    const url = (await halfway(own)).url();
    assert.match(url, /\/dist\/download-worker\/s3-envelope-download\/[0-9a-f-]{36}$/);
    let takings = 0;
    own.on("download", () => (takings += 1));
    // What is downloaded never loads; a page that says that there is no such download does.
    await own.evaluate(
      (again) =>
        new Promise((loaded) => {
          const frame = document.createElement("iframe");
          frame.onload = loaded;
          frame.src = again;
          document.body.append(frame);
        }),
      url,
    );
    assert.equal(takings, 0, "it was taken again");
  });
});

test("the downloads go beside an app's own work in its service worker", async () => {
  await withPage(async (own) => {
    const downloading = own.waitForEvent("download");
    const saved = await check(own, "check", "saveThroughWorker", 3 * MIB, { script: "own-worker.js", fileName: "a" });
    assert.equal(saved.way, "service-worker");
    assert.ok(readFileSync(await (await downloading).path()).equals(contentOf(3 * MIB)));
  });
});

test("without a worker that knows of downloads another way is gone, unless this one was insisted on", async () => {
  await withPage(async (own) => {
    const other = { script: "other-worker.js", fileName: "a" };
    const saved = await check(own, "check", "saveThroughWorker", 10, other);
    const refused = await check(own, "check", "saveThroughWorker", 10, { ...other, way: "service-worker" });
    assert.equal(saved.way, "private-file");
    assert.equal(refused.code, "DOWNLOAD_UNAVAILABLE");
  });
});
