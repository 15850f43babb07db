/** What `upload` sends when a request fails: the same bytes, made again, or nothing. */

import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { AesKeyring, decryptObject, sse, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const MIB = 1024 * 1024;
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const presign = ({ query }) => ({ url: `https://demo.example/object?${new URLSearchParams(query)}` });
const network = globalThis.fetch;

afterEach(() => {
  globalThis.fetch = network;
});

/** A storage of one object that lets the first attempts of each PUT fail, and remembers what was sent. */
class RoughStorage {
  sent = new Map();
  log = [];
  #failures;
  #onFailure;

  constructor({ failures = 1, onFailure = () => undefined } = {}) {
    this.#failures = failures;
    this.#onFailure = onFailure;
    globalThis.fetch = (url, init) => this.#answer(new URL(url), init);
  }

  async #answer({ searchParams }, { method, headers, body }) {
    const part = searchParams.get("partNumber") ?? "whole";
    this.log.push(`${method} ${method === "PUT" ? part : [...searchParams.keys()].join()}`);
    if (method === "DELETE") return new Response(null, { status: 204 });
    if (method === "POST") return new Response(xmlFor(searchParams));
    this.headers ??= headers;
    const attempts = this.sent.get(part) ?? [];
    attempts.push(new Uint8Array(await body.arrayBuffer()));
    this.sent.set(part, attempts);
    if (attempts.length <= this.#failures) {
      this.#onFailure();
      return new Response("<Error><Code>InternalError</Code></Error>", { status: 500 });
    }
    return new Response(null, { headers: { etag: `"${part}"` } });
  }

  get bodies() {
    return [...this.sent.entries()].sort(([one], [other]) => Number(one) - Number(other)).map(([, all]) => all.at(-1));
  }
}

function xmlFor(query) {
  if (query.has("uploads")) {
    return "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
  }
  return '<CompleteMultipartUploadResult><ETag>"whole"</ETag></CompleteMultipartUploadResult>';
}

test("a PUT that failed is sent again with the same bytes", async () => {
  const storage = new RoughStorage();
  const plaintext = randomBytes(3 * MIB + 7);
  const { headers } = await upload(plaintext, { presign, keyring });
  const [first, second] = storage.sent.get("whole");
  assert.deepEqual(first, second);
  assert.deepEqual(await collect(await decryptObject({ body: second, metadata: headers }, { keyring })), plaintext);
});

for (const [kind, make] of [
  ["a Blob", (bytes) => new Blob([bytes])],
  ["a stream", (bytes) => new Blob([bytes]).stream()],
]) {
  test(`parts of ${kind} that failed are sent again, the last one with the tag`, async () => {
    const storage = new RoughStorage();
    const plaintext = randomBytes(12 * MIB + 7);
    const options = { presign, keyring, partSize: 5 * MIB, contentLength: plaintext.length };
    const { headers } = await upload(make(plaintext), options);
    for (const attempts of storage.sent.values()) assert.deepEqual(attempts[0], attempts[1]);
    const body = await collect(new Blob(storage.bodies));
    assert.deepEqual(await collect(await decryptObject({ body, metadata: headers }, { keyring })), plaintext);
  });
}

for (const engine of ["subtle", "rust"]) {
  test(`content that changed before it is sent again stays here (${engine})`, async () => {
    const plaintext = randomBytes(MIB);
    const storage = new RoughStorage({ onFailure: () => (plaintext[MIB / 2] ^= 1) });
    await assert.rejects(upload(plaintext, { presign, keyring, engine }), { code: "SEGMENT_CHANGED" });
    assert.equal(storage.sent.get("whole").length, 1, "nothing was sent under a key and counter that were used");
  });
}

test("a source that fails is told as it is, and the upload is aborted", async () => {
  const storage = new RoughStorage({ failures: 0 });
  const broken = async function* () {
    yield new Uint8Array(6 * MIB);
    throw new RangeError("the disk is gone");
  };
  const options = { presign, keyring, partSize: 5 * MIB, contentLength: 11 * MIB };
  await assert.rejects(upload(broken(), options), { name: "RangeError", message: "the disk is gone" });
  assert.equal(storage.log.at(-1), "DELETE uploadId");
});

test("a source of another length than declared is refused, and the upload is aborted", async () => {
  for (const actual of [10 * MIB + 1, 12 * MIB]) {
    const storage = new RoughStorage({ failures: 0 });
    const stream = new Blob([new Uint8Array(actual)]).stream();
    const options = { presign, keyring, partSize: 5 * MIB, contentLength: 11 * MIB };
    await assert.rejects(upload(stream, options), { code: "CONTENT_LENGTH_MISMATCH" });
    assert.equal(storage.log.at(-1), "DELETE uploadId");
  }
});

test("one part is made while others are on their way, and no more than one", async () => {
  const storage = new RoughStorage({ failures: 0 });
  const concurrency = 2;
  let read = 0;
  async function* content() {
    while (read < 40) {
      read += 1;
      yield randomBytes(MIB);
    }
  }
  const answer = globalThis.fetch;
  const held = [];
  globalThis.fetch = async (url, init) => {
    if (init.method === "PUT") await new Promise((resolve) => held.push(resolve));
    return answer(url, init);
  };
  const options = { presign, keyring, contentLength: 40 * MIB, partSize: 5 * MIB, concurrency };
  const uploading = upload(content(), options);
  const settle = () => new Promise((resolve) => setTimeout(resolve, 300));
  // However slow the machine: all that is to come has come when one part more was read.
  const enough = () => held.length >= concurrency && read >= (concurrency + 1) * 5;
  while (!enough()) await new Promise((resolve) => setTimeout(resolve, 10));
  await settle();
  assert.equal(held.length, concurrency);
  // Each part's last segment is known to be its last when one more piece was asked for.
  assert.ok(read >= (concurrency + 1) * 5 && read <= (concurrency + 1) * 5 + 1, `${read} MiB were read`);

  held.shift()();
  while (held.length < concurrency) await new Promise((resolve) => setTimeout(resolve, 10));
  await settle();
  assert.equal(held.length, concurrency, "the part that was made ahead is on its way");
  assert.ok(read <= (concurrency + 2) * 5 + 1, `${read} MiB were read`);

  globalThis.fetch = answer;
  for (const release of held) release();
  await uploading;
  assert.equal(Buffer.concat(storage.bodies).length, 40 * MIB + 16);
});

test("a stopped upload is aborted and leaves nothing under way", async () => {
  const stop = new AbortController();
  const storage = new RoughStorage({ failures: 99, onFailure: () => stop.abort(new Error("enough")) });
  const options = { presign, keyring, partSize: 5 * MIB, signal: stop.signal };
  await assert.rejects(upload(randomBytes(11 * MIB), options), { message: "enough" });
  assert.equal(storage.log.at(-1), "DELETE uploadId");
});

const pulledFrom = (bytes) => new Blob([bytes]).stream();

for (const [length, requests] of [
  [0, ["PUT whole"]],
  [3 * MIB + 7, ["PUT whole"]],
  [5 * MIB, ["PUT whole"]],
  [10 * MIB, ["POST uploads", "PUT 1", "PUT 2", "POST uploadId"]],
  [12 * MIB + 7, ["POST uploads", "PUT 1", "PUT 2", "PUT 3", "POST uploadId"]],
]) {
  test(`a stream of ${length} bytes, which nobody told, goes in ${requests.length} requests`, async () => {
    const storage = new RoughStorage({ failures: 0 });
    const plaintext = randomBytes(length);
    const progress = [];
    const options = { presign, keyring, partSize: 5 * MIB, onProgress: (told) => progress.push(told) };
    const { headers, storedLength } = await upload(pulledFrom(plaintext), options);
    assert.deepEqual(storage.log.toSorted(), requests.toSorted());
    const body = await collect(new Blob(storage.bodies));
    assert.equal(storedLength, length + 16);
    assert.deepEqual(progress.at(-1), {
      sentBytes: length + 16,
      totalBytes: length + 16,
      sentParts: storage.sent.size,
      totalParts: storage.sent.size,
    });
    assert.deepEqual(await collect(await decryptObject({ body, metadata: headers }, { keyring })), plaintext);
  });
}

test("who stops an upload does not wait for a network that is gone", async () => {
  new RoughStorage({ failures: 0 });
  const answer = globalThis.fetch;
  const stop = new AbortController();
  globalThis.fetch = (url, init) => {
    if (init.method === "POST") return answer(url, init);
    const { signal } = init;
    return new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason));
      stop.abort(new Error("enough"));
    });
  };
  // The time limit alone keeps no program alive.
  const alive = setInterval(() => undefined, 1_000);
  const begun = performance.now();
  const stopped = upload(randomBytes(6 * MIB), { presign, keyring, partSize: 5 * MIB, signal: stop.signal });
  await assert.rejects(stopped, { message: "enough" });
  clearInterval(alive);
  assert.ok(performance.now() - begun < 15_000, "half of what a removal may take");
});

test("a multipart upload that begins after it was stopped is removed", async () => {
  const storage = new RoughStorage();
  const answer = globalThis.fetch;
  const stop = new AbortController();
  let arrive;
  let isRemoved;
  const removed = new Promise((resolve) => (isRemoved = resolve));
  globalThis.fetch = async (url, init) => {
    if (init.method === "POST") await new Promise((resolve) => (arrive = resolve));
    if (init.method === "DELETE") isRemoved();
    return answer(url, init);
  };
  const stopped = upload(randomBytes(6 * MIB), { presign, keyring, partSize: 5 * MIB, signal: stop.signal });
  const outcome = assert.rejects(stopped, { message: "enough" });
  while (arrive === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(new Error("enough"));
  await outcome;
  assert.deepEqual(storage.log, []);
  arrive();
  await removed;
  assert.deepEqual(storage.log, ["POST uploads", "DELETE uploadId"]);
});

test("a stream of unknown length goes as it is to a storage that encrypts", async () => {
  const storage = new RoughStorage({ failures: 0 });
  const plaintext = randomBytes(10 * MIB);
  await upload(pulledFrom(plaintext), { presign, sse: sse.bucketDefault(), partSize: 5 * MIB });
  assert.equal(storage.sent.size, 2);
  assert.deepEqual(await collect(new Blob(storage.bodies)), plaintext);
});

test("a part of a stream of unknown length that failed is sent again as it was", async () => {
  const storage = new RoughStorage();
  const plaintext = randomBytes(12 * MIB + 7);
  const { headers } = await upload(pulledFrom(plaintext), { presign, keyring, partSize: 5 * MIB });
  assert.equal(storage.sent.size, 3);
  for (const attempts of storage.sent.values()) assert.deepEqual(attempts[0], attempts[1]);
  const body = await collect(new Blob(storage.bodies));
  assert.deepEqual(await collect(await decryptObject({ body, metadata: headers }, { keyring })), plaintext);
});

test("a stream of unknown length that fails is told as it is, and the upload is aborted", async () => {
  const storage = new RoughStorage({ failures: 0 });
  const broken = async function* () {
    yield new Uint8Array(11 * MIB);
    throw new RangeError("the disk is gone");
  };
  await assert.rejects(upload(broken(), { presign, keyring, partSize: 5 * MIB }), { message: "the disk is gone" });
  assert.equal(storage.log.at(-1), "DELETE uploadId");
});

test("an upload is stopped while its stream has nothing to give", async () => {
  const stop = new AbortController();
  const storage = new RoughStorage({ failures: 0 });
  let hasGiven = false;
  const stalling = new ReadableStream({
    pull(controller) {
      if (hasGiven) return new Promise(() => undefined);
      controller.enqueue(new Uint8Array(11 * MIB));
      hasGiven = true;
    },
  });
  // Its two whole parts are on their way, and the third is waited for.
  const presignLast = (request) => {
    if (request.query.partNumber === "2") setTimeout(() => stop.abort(new Error("enough")));
    return presign(request);
  };
  const options = { presign: presignLast, keyring, partSize: 5 * MIB, signal: stop.signal };
  await assert.rejects(upload(stalling, options), { message: "enough" });
  assert.equal(storage.log.at(-1), "DELETE uploadId");
});

test("what was sent is not kept while it waits to be sent again", async () => {
  let sent;
  globalThis.fetch = (_, { body }) => {
    sent = new WeakRef(body);
    return Promise.resolve(new Response("", { status: 503, headers: { "retry-after": "60" } }));
  };
  const stop = new AbortController();
  const uploading = upload(randomBytes(MIB), { presign, keyring, signal: stop.signal });
  const outcome = assert.rejects(uploading, { message: "enough" });
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc");
  for (let round = 0; round < 50 && (sent === undefined || sent.deref() !== undefined); round += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collectGarbage();
  }
  await new Promise((resolve) => setTimeout(resolve, 20));
  stop.abort(new Error("enough"));
  await outcome;
  assert.equal(sent.deref(), undefined);
});
