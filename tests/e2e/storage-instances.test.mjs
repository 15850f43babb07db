/** Several storages over one database, and what a storage does when its WebAssembly dies: in real pages. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { presigned } from "../node/support/sigv4.mjs";
import { withPackagePages } from "./support/package-page.mjs";

const HOST = "demo.s3.us-east-1.storage.test";
const MIB = 1024 * 1024;
const put = (key) => presigned("PUT", HOST, key);
const get = (key) => presigned("GET", HOST, key);

/** Opens a storage in a page, as `window.storage`. */
async function openIn(page, options) {
  await page.evaluate(async (given) => {
    const { openStorage } = await import(new URL("dist/testing.js", location.href).href);
    globalThis.open = () => openStorage(given);
    globalThis.storage = await globalThis.open();
    globalThis.send = async (url, init) => {
      const response = await globalThis.storage.fetch(url, init);
      return { status: response.status, text: await response.text() };
    };
  }, options);
}

const send = (page, url, init) => page.evaluate(([to, how]) => globalThis.send(to, how), [url, init]);

test("what one page writes is whole, however often others open the database meanwhile", async () => {
  await withPackagePages(2, async (writer, opener) => {
    await openIn(writer, { databaseName: "shared" });
    assert.equal((await send(writer, put(""), { method: "PUT" })).status, 200);
    await openIn(opener, { databaseName: "shared" });

    const keys = ["a", "b", "c", "d"];
    const written = writer.evaluate(
      async ([urls, length]) => {
        const statuses = [];
        for (const [index, url] of urls.entries()) {
          const body = new Uint8Array(length).fill(index + 1);
          statuses.push((await globalThis.storage.fetch(url, { method: "PUT", body })).status);
        }
        return statuses;
      },
      [keys.map(put), 8 * MIB],
    );
    let isWriting = true;
    void written.finally(() => (isWriting = false));
    let opened = 0;
    for (; isWriting; opened += 1) await opener.evaluate(() => globalThis.open().then(() => undefined));
    assert.deepEqual(await written, [200, 200, 200, 200]);
    assert.ok(opened >= 2, `only ${opened} openings while objects were written`);

    // Read by the page that wrote it, and by one that finds it in the database.
    await openIn(opener, { databaseName: "shared" });
    for (const page of [writer, opener]) {
      const found = await page.evaluate(
        (urls) =>
          Promise.all(urls.map(async (url) => (await globalThis.storage.fetch(url)).arrayBuffer())).then((contents) =>
            contents.map((content) => {
              const bytes = new Uint8Array(content);
              return [bytes.length, bytes.every((byte) => byte === bytes[0]) ? bytes[0] : undefined];
            }),
          ),
        keys.map(get),
      );
      assert.deepEqual(
        found,
        keys.map((_, index) => [8 * MIB, index + 1]),
      );
    }
  });
});

/** No date can be this late: the storage's clock panics at it. */
const breakClock = (page) =>
  page.evaluate(() => {
    globalThis.getTime = Date.prototype.getTime;
    Date.prototype.getTime = () => 1e18;
  });
const mendClock = (page) => page.evaluate(() => (Date.prototype.getTime = globalThis.getTime));

for (const [where, options, left] of [
  ["in a database", { databaseName: "lasting" }, { status: 200, text: "content" }],
  ["in memory", {}, { status: 404 }],
]) {
  test(`a storage ${where} that dies answers 500, and the next call opens it again`, async () => {
    const dies = async (page) => {
      await openIn(page, options);
      await send(page, put(""), { method: "PUT" });
      assert.equal((await send(page, put("a"), { method: "PUT", body: "content" })).status, 200);
      for (let death = 0; death < 2; death += 1) {
        await breakClock(page);
        const died = await send(page, put("b"), { method: "PUT", body: "other" });
        assert.equal(died.status, 500);
        assert.match(died.text, /<Code>InternalError<\/Code>/);
        assert.match(died.text, where === "in memory" ? /its content is lost/ : /the next call finds it there/);
        await mendClock(page);
        const got = await send(page, get("a"));
        assert.deepEqual({ ...left, text: left.text ?? got.text }, got);
      }
    };
    await withPackagePages(1, dies, /^console: panicked at .*timestamp/, /^uncaught: unreachable$/);
  });
}
