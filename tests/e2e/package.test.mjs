/** The package in a real browser, without a bundler: in a page, in a dedicated worker, on every engine. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, before, test } from "node:test";

import { check, INSECURE_HOST, PackagePage } from "./support/package-page.mjs";

/** What browsers say of a worker that the page's policy forbids. */
const FORBIDDEN_WORKER = /-worker\.js' violates .*worker-src 'none'/;
const MIB = 1024 * 1024;
const SEGMENT = MIB / 2;
const EDGES = [0, 1, 17, SEGMENT - 1, SEGMENT, SEGMENT + 1, 5 * SEGMENT + 3, 24 * SEGMENT];
const WAYS = [
  { engine: "rust" },
  { engine: "subtle", workers: 0 },
  { engine: "subtle", workers: 1 },
  { engine: "subtle", workers: 3 },
  {},
];

let browser;
let page;

before(async () => {
  browser = await PackagePage.open();
  page = await browser.page();
});

afterEach(() => browser.faults.assertNone());

after(() => browser?.close());

for (const where of ["check", "checkInWorker"]) {
  const place = where === "check" ? "a page" : "a dedicated worker";

  for (const engine of ["subtle", "rust"]) {
    test(`in ${place}, bytes of every shape are encrypted and decrypted by ${engine}`, async () => {
      assert.equal(await check(page, where, "shapes", engine), 88);
    });
  }

  test(`in ${place}, keys are taken in every shape, but for empty ones`, async () => {
    assert.equal(await check(page, where, "keys"), "INVALID_KEY_LENGTH");
  });

  test(`in ${place}, what one engine encrypts every other decrypts`, async () => {
    await check(page, where, "engines", EDGES, WAYS);
  });

  test(`in ${place}, chunks are discarded, and those after them are as they would be`, async () => {
    // All but the tag, which is too short to be worth it, in both directions.
    assert.equal(await check(page, where, "discards", 20 * SEGMENT, WAYS), 2 * 20 * SEGMENT * WAYS.length);
  });

  test(`in ${place}, every engine refuses what was touched`, async () => {
    assert.deepEqual(await check(page, where, "refusals", 3 * SEGMENT + 1, WAYS), ["AUTHENTICATION_FAILED"]);
  });

  test(`in ${place}, every kind of keyring reads what it wrote, and no other`, async () => {
    const alone = { rsa: ["rsa"], kms: ["kms"], passphrase: ["passphrase"], multi: ["multi"] };
    // The one of several keyrings has the AES key as its second.
    assert.deepEqual(await check(page, where, "keyrings"), { aes: ["aes", "multi"], ...alone });
  });

  test(`in ${place}, content of the first clients is read on request`, async () => {
    assert.equal(await check(page, where, "legacy"), "LEGACY_UNAUTHENTICATED_NOT_ENABLED");
  });

  test(`in ${place}, an instruction file is written, found, wrapped anew and deleted`, async () => {
    const [between, ...after] = await check(page, where, "instructionFile");
    assert.deepEqual(between.toSorted(), ["object", "object.instruction"]);
    assert.deepEqual(after, [[], "STORAGE_REFUSED"]);
  });

  test(`in ${place}, objects go to the storage and back, as one PUT and in parts`, async () => {
    assert.deepEqual(await check(page, where, "storage", 100_000), ["object"]);
    assert.deepEqual(await check(page, where, "storage", 20 * MIB + 5), ["object"]);
  });

  test(`in ${place}, the storage verifies the checksum that was asked for`, async () => {
    const kinds = ["crc64nvme FULL_OBJECT", "crc32c COMPOSITE", "sha256 COMPOSITE"];
    assert.deepEqual(
      await check(page, where, "checksums", 11 * MIB + 5),
      kinds.flatMap((kind) => [kind, kind]),
    );
  });
}

test("an object comes in ranges, each of which is asked for again when it breaks off", async () => {
  const [first, second, third] = ["bytes=0-2097151", "bytes=2097152-4194303", "bytes=4194304-5242900"];
  const length = 5 * MIB + 5;
  const received = [length + 16, length + 16];
  const smooth = await check(page, "check", "ranges", length);
  assert.deepEqual(smooth, { asked: [first, second, third], received });
  const rough = await check(page, "check", "ranges", length, { breaks: 2 });
  assert.deepEqual(rough.received, received);
  assert.deepEqual(rough.asked.toSorted(), [first, first, first, second, third].toSorted());
});

test("an object comes whole where the bucket hides what ranges need, or where it is empty", async () => {
  for (const hidden of [["etag"], ["content-range"]]) {
    const { asked } = await check(page, "check", "ranges", 3 * MIB, { hidden });
    assert.deepEqual(asked, ["bytes=0-2097151", "all"]);
  }
  assert.deepEqual((await check(page, "check", "ranges", 0)).asked, ["bytes=0-2097151"]);
});

test("an object that was replaced while it came is refused", async () => {
  assert.deepEqual(await check(page, "check", "ranges", 3 * MIB, { change: true }), { code: "STORAGE_REFUSED" });
});

test("a file is written whole or left as it was", async () => {
  assert.deepEqual(await check(page, "check", "save", 3 * MIB, false), { code: "no error", size: 3 * MIB });
  assert.deepEqual(await check(page, "check", "save", 3 * MIB, true), { code: "AUTHENTICATION_FAILED", size: 9 });
});

test("an object becomes a download when all of it is authenticated, and none when it was touched", async () => {
  const own = await browser.page();
  for (const length of [0, 9 * MIB + 5]) {
    const downloading = own.waitForEvent("download");
    const saved = await check(own, "check", "saveToDisk", length, false, "a name.txt");
    assert.deepEqual(saved, { way: "private-file", size: length, contentType: "text/plain", during: 1 });
    const download = await downloading;
    assert.equal(download.suggestedFilename(), "a name.txt");
    const bytes = readFileSync(await download.path());
    assert.ok(bytes.equals(Buffer.alloc(length, 0xa5)));
    assert.equal(await check(own, "check", "letGo"), 0);
  }
  const downloads = [];
  own.on("download", (download) => downloads.push(download.suggestedFilename()));
  const refused = await check(own, "check", "saveToDisk", 9 * MIB + 5, true, "touched.txt");
  assert.deepEqual(refused, { code: "AUTHENTICATION_FAILED", after: 0 });
  // One that came late would come before this one.
  const downloading = own.waitForEvent("download");
  await check(own, "check", "saveToDisk", 10, false, "good.txt");
  await (await downloading).path();
  assert.equal(await check(own, "check", "letGo"), 0);
  assert.deepEqual(downloads, ["good.txt"]);
  await own.close();
});

test("without a private file system an object becomes a download too", async () => {
  browser.faults.allow(FORBIDDEN_WORKER);
  const strict = await browser.page({ path: "no-workers.html" });
  const downloading = strict.waitForEvent("download");
  const saved = await check(strict, "check", "saveToDisk", 3 * MIB, false, "x");
  assert.deepEqual(saved, { way: "blob", size: 3 * MIB, contentType: "text/plain", during: 0 });
  assert.ok(readFileSync(await (await downloading).path()).equals(Buffer.alloc(3 * MIB, 0xa5)));
  await strict.close();
});

test("an object goes to where the person chose, and leaves that as it was when it was touched", async () => {
  const at = (isTouched, before) => check(page, "check", "saveToChosen", 3 * MIB, isTouched, before);
  assert.deepEqual(await at(false, "before"), { code: "no error", suggested: "a name", size: 3 * MIB });
  assert.deepEqual(await at(true, "before"), { code: "AUTHENTICATION_FAILED", suggested: "a name", size: 6 });
  const { size } = await at(true, "");
  assert.equal(size, undefined, "a name that was new is free again");
  // What was spooled for a file that cannot be written is removed.
  assert.deepEqual(await check(page, "check", "saveToUnwritable", 3 * MIB), { name: "NotFoundError", after: 0 });
});

test("a worker has no downloads, and says so", async () => {
  assert.deepEqual(await check(page, "checkInWorker", "saveToDisk", 10, false, "x"), {
    code: "INVALID_INPUT",
    after: 0,
  });
});

test("there are as many workers as asked for, or as pay, but one processor is the page's", async () => {
  const asked = [
    { processors: 1, workers: 2, expected: 1 },
    { processors: 2, workers: 3, expected: 1 },
    { processors: 4, workers: 2, expected: 2 },
    { processors: 4, workers: 0, expected: 0 },
    { processors: 2, expected: 0 },
    { processors: 4, expected: 3 },
    { processors: 16, expected: 4 },
    { processors: 16, length: 4 * MIB, expected: 0 },
  ];
  for (const { processors, workers, length = 24 * SEGMENT, expected } of asked) {
    const fresh = await browser.page();
    const started = await check(fresh, "check", "workersStarted", length, processors, { workers });
    assert.equal(started, expected, JSON.stringify({ processors, workers, length }));
    await fresh.close();
  }
});

test("workers that nobody needs any more end by themselves", async () => {
  const fresh = await browser.page();
  assert.deepEqual(await check(fresh, "check", "workersEnd", 24 * SEGMENT, 4), { started: 3, terminated: 3 });
  await fresh.close();
});

test("workers go on only where they are quicker than the caller alone", async () => {
  for (const [slow, goOn] of [
    ["workers", false],
    ["caller", true],
  ]) {
    const fresh = await browser.page();
    const messages = await check(fresh, "check", "tried", slow, 72 * MIB);
    assert.equal(messages > 0, goOn, `${messages} messages where the ${slow} are slow`);
    await fresh.close();
  }
});

test("a page has its turns while bytes in memory are encrypted and decrypted", async () => {
  // A turn comes every 8 ms: so much in that time no machine does.
  for (const [length, most, options] of [
    [256 * MIB, 64 * MIB, { engine: "subtle", workers: 0 }],
    [16 * MIB, 4 * MIB, { engine: "rust" }],
  ]) {
    const counts = await check(page, "check", "turns", length, options);
    assert.ok(
      counts.every((count) => count * most >= length),
      `${counts.join(" and ")} turns with ${JSON.stringify(options)}`,
    );
  }
});

test("a page that forbids workers still works", async () => {
  browser.faults.allow(FORBIDDEN_WORKER);
  const strict = await browser.page({ path: "no-workers.html" });
  await check(strict, "check", "engines", [24 * SEGMENT], WAYS);
  await strict.close();
});

test("passphrases' keys are derived by workers, one at a time, each of which is ended; without workers all the same", async () => {
  browser.faults.allow(FORBIDDEN_WORKER);
  const own = await browser.page();
  const strict = await browser.page({ path: "no-workers.html" });
  const inPage = await check(own, "check", "passphrases");
  const { message, ...seen } = inPage;
  // One a salt: three that are written and read, and one that is refused.
  const workers = { started: 7, terminated: 7, most: 1, asked: 7, left: 0 };
  const refused = { isTyped: true, code: "PASSPHRASE_PARAMETERS_INVALID" };
  assert.deepEqual(seen, { ...workers, ...refused });
  assert.match(message, /16 iterations/);
  assert.deepEqual(await check(own, "checkInWorker", "passphrases"), inPage);
  assert.deepEqual(await check(strict, "check", "passphrases"), { ...inPage, asked: 0 });
  await own.close();
  await strict.close();
});

test("a page has its turns while a passphrase's key is derived", async () => {
  const own = await browser.page();
  const { count, ...workers } = await check(own, "check", "passphraseTurns");
  assert.ok(count > 1, `${count} turns`);
  assert.deepEqual(workers, { started: 1, terminated: 1 });
  await own.close();
});

test("a passphrase keyring that is disposed of ends its derivation, and holds up no other", async () => {
  const own = await browser.page();
  for (const where of ["check", "checkInWorker"]) {
    const gone = "INVALID_INPUT";
    const codes = [gone, gone, "no error", gone];
    // None for the one that waited, nor for what was asked afterwards.
    assert.deepEqual(await check(own, where, "passphraseDisposal"), { codes, started: 2, terminated: 2 });
  }
  await own.close();
});

test("without SubtleCrypto, on an origin that is not secure, Rust does the work", async () => {
  const insecure = await browser.page({ host: INSECURE_HOST });
  assert.deepEqual(await check(insecure, "check", "insecure"), [
    "undefined",
    "ENGINE_UNAVAILABLE",
    "ENGINE_UNAVAILABLE",
  ]);
  await insecure.close();
});

test("what waits for its authentication goes to a private file, which is removed however it ends", async () => {
  for (const where of ["check", "checkInWorker"]) {
    assert.deepEqual(await check(page, where, "spool", 6 * MIB, "read"), { during: 1, after: 0 });
    assert.deepEqual(await check(page, where, "spool", 6 * MIB, "cancel"), { during: 1, after: 0 });
    assert.deepEqual(await check(page, where, "spool", 6 * MIB, "stop"), { during: 1, after: 0 });
    const refused = { code: "AUTHENTICATION_FAILED", after: 0 };
    assert.deepEqual(await check(page, where, "spool", 6 * MIB, "tamper"), refused);
  }
});

test("what waits is removed, too, when its source fails, or is stopped, before all of it came", async () => {
  for (const where of ["check", "checkInWorker"]) {
    assert.equal(await check(page, where, "spoolBrokenOff", 6 * MIB, "fail"), "Error: the line was cut");
    assert.equal(await check(page, where, "spoolBrokenOff", 6 * MIB, "stop"), "Error: the person left");
  }
});

test("where the disk is full nothing is decrypted, and nothing left behind", async () => {
  const full = await browser.page();
  const devtools = await full.context().newCDPSession(full);
  const { origin } = new URL(full.url());
  await devtools.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 5 * MIB });
  assert.deepEqual(await check(full, "check", "spoolWithoutRoom", 12 * MIB), { code: "SPOOL_FAILED", after: 0 });
  await devtools.send("Storage.overrideQuotaForOrigin", { origin });
  assert.deepEqual(await check(full, "check", "spool", 6 * MIB, "read"), { during: 1, after: 0 });
  await full.close();
});

test("what a page left behind is removed by the next one that spools", async () => {
  const lost = await browser.page();
  assert.deepEqual(await check(lost, "check", "spool", 6 * MIB, "leave"), { during: 1 });
  const witness = await browser.page();
  assert.deepEqual(await check(witness, "check", "spool", 6 * MIB, "read"), { during: 2, after: 1 }, "one is in use");
  await lost.close();
  assert.equal(await check(witness, "check", "spoolFiles"), 1);
  assert.deepEqual(await check(witness, "check", "spool", 6 * MIB, "read"), { during: 1, after: 0 });
  await witness.close();
});

test("what a page left behind is removed when another one decrypts anything, or downloads", async () => {
  browser.faults.allow(FORBIDDEN_WORKER);
  for (const next of ["decrypt", "saveToDisk"]) {
    const lost = await browser.page();
    const downloading = lost.waitForEvent("download");
    await check(lost, "check", "saveToDisk", 3 * MIB, false, "x");
    await (await downloading).path();
    await lost.close();
    const other = await browser.page({ path: next === "saveToDisk" ? "no-workers.html" : "" });
    assert.equal(await check(other, "check", "spoolFiles"), 1);
    await check(other, "check", ...(next === "decrypt" ? ["decryptStream", 1000] : [next, 10, false, "x"]));
    await other.waitForFunction(async () => (await window.check("spoolFiles")) === 0);
    await other.close();
  }
});

test("where there is no private file system, Blobs serve", async () => {
  const without = await browser.page();
  assert.equal(await check(without, "check", "spoolWithoutFiles", 6 * MIB), "undefined");
  await without.close();
});

test("a stream goes past 4 GiB", { timeout: 300_000 }, async () => {
  assert.equal(await check(page, "check", "long", 4, 3 * MIB + 50), true);
});
