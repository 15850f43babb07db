/** Downloads in ranges from the simulated storage: how many at a time, what they tell, and what they are not told twice. */

import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { test } from "node:test";

import { AesKeyring, download, sse, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const KIB = 1024;
const LENGTH = 100 * KIB;
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const plain = { sse: sse.s3() };

/** A storage with an object of {@link LENGTH} bytes. */
async function filled(options) {
  const storage = await open(options);
  const content = randomBytes(LENGTH);
  await upload(content, { presign: storage.presign, ...plain });
  storage.log.length = 0;
  return { ...storage, content };
}

for (const concurrency of [1, 3]) {
  test(`no more than ${concurrency} requests are on their way at a time`, async () => {
    const { presign, content } = await filled();
    const send = globalThis.fetch;
    let underWay = 0;
    let most = 0;
    globalThis.fetch = async (...request) => {
      underWay += 1;
      most = Math.max(most, underWay);
      const answer = await send(...request);
      const bytes = await answer.arrayBuffer();
      await new Promise((resolve) => setTimeout(resolve, 5));
      underWay -= 1;
      return new Response(bytes, answer);
    };
    const { body } = await download({ presign, ...plain, concurrency, partSize: 10 * KIB });
    assert.deepEqual(await collect(body), content);
    assert.equal(most, concurrency);
  });
}

/** Answers as the network does, but changed. */
function answering(change) {
  const send = globalThis.fetch;
  globalThis.fetch = async (...request) => change(await send(...request));
}

test("an answer that a proxy marks as its own is the object all the same", async () => {
  const { presign, content } = await filled();
  answering(async (answer) => {
    const headers = new Headers(answer.headers);
    headers.delete("content-range");
    return new Response(content, { status: 203, headers });
  });
  const { body } = await download({ presign, ...plain, partSize: LENGTH });
  assert.deepEqual(await collect(body), content);
});

test("a first answer that says nothing sensible of itself is let go of", async () => {
  const { presign } = await filled();
  let isCancelled = false;
  answering((answer) => {
    const headers = new Headers(answer.headers);
    headers.set("content-range", "bytes 5-1/3");
    const source = { pull: (to) => to.enqueue(new Uint8Array(10)), cancel: () => void (isCancelled = true) };
    return new Response(new ReadableStream(source), { status: 206, headers });
  });
  await assert.rejects(download({ presign, ...plain, partSize: 10 * KIB }), { code: "UNEXPECTED_STORAGE_ANSWER" });
  assert.ok(isCancelled);
});

test("what is downloaded tells which version of the object it is", async () => {
  const { presign, stored } = await filled();
  const { etag, versionId } = await download({ presign, ...plain });
  assert.equal(etag, (await stored("object")).headers.get("etag"));
  assert.equal(versionId, undefined);
});

test("how much there is to come is told with the first bytes", async () => {
  const { presign } = await filled();
  for (const partSize of [LENGTH, 10 * KIB]) {
    const told = [];
    await collect((await download({ presign, ...plain, partSize, onProgress: (state) => told.push(state) })).body);
    assert.ok(told.length > 0 && told.every(({ totalBytes }) => totalBytes === LENGTH));
    assert.equal(told.at(-1).receivedBytes, LENGTH);
  }
});

test("a caller's own error ends a download, and is no failure of the network", async () => {
  const { presign, log } = await filled();
  for (const [partSize, after] of [
    [LENGTH, 0],
    [10 * KIB, 25 * KIB],
  ]) {
    log.length = 0;
    const onProgress = ({ receivedBytes }) => {
      if (receivedBytes > after) throw new TypeError("a mistake in the page");
    };
    const reading = async () => collect((await download({ presign, ...plain, partSize, onProgress })).body);
    await assert.rejects(reading, { name: "TypeError", message: "a mistake in the page" });
    assert.ok(log.length <= 1 + 4 + 4, log.join());
  }
});

test("an answer that is another range than was asked for is not read, and not asked for again", async () => {
  let count = 0;
  let read = 0;
  const whole = (response) => {
    if (!response.headers.has("content-range") || (count += 1) === 1) return response;
    const endless = new ReadableStream({
      pull(controller) {
        read += 1;
        controller.enqueue(new Uint8Array(KIB));
      },
    });
    return new Response(endless, { headers: { etag: response.headers.get("etag") } });
  };
  const { presign, log } = await filled({ answer: whole });
  const { body } = await download({ presign, ...plain, partSize: 50 * KIB, concurrency: 1 });
  await assert.rejects(collect(body), { code: "UNEXPECTED_STORAGE_ANSWER" });
  assert.deepEqual(log, ["GetObject", "GetObject"]);
  assert.ok(read <= 2, `${read} pieces were read`);
});

test("an object in a coding comes as a whole: the platform has taken the coding off", async () => {
  const content = new TextEncoder().encode("again and again, ".repeat(KIB));
  // As fetch does it in front of a real storage.
  const decoded = (response) =>
    response.headers.get("content-encoding") === "gzip"
      ? new Response(response.body.pipeThrough(new DecompressionStream("gzip")), response)
      : response;
  const { presign, replace, log } = await open({ answer: decoded });
  await replace("object", gzipSync(content), { "content-encoding": "gzip" });
  const { body } = await download({ presign, ...plain });
  assert.deepEqual(await collect(body), content);
  assert.deepEqual(log, ["GetObject", "GetObject"]);
});

test("who cancels a download that nobody began to read ends its request", async () => {
  for (const options of [plain, { keyring, release: "delayed-authentication" }]) {
    const signals = [];
    const withoutRanges = (response) => {
      const headers = new Headers(response.headers);
      headers.delete("content-range");
      return new Response(response.body, { headers });
    };
    const { presign } = await open({ answer: withoutRanges });
    await upload(randomBytes(LENGTH), { presign, ...options });
    const send = globalThis.fetch;
    globalThis.fetch = (url, init) => {
      signals.push(init.signal);
      return send(url, init);
    };
    const { body } = await download({ presign, ...options });
    const answered = signals.at(-1);
    assert.equal(answered.aborted, false);
    await body.cancel();
    assert.equal(answered.aborted, true);
  }
});
