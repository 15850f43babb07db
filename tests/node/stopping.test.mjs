/** Encryption and decryption are stopped at once: by a signal, and by whoever cancels their stream. */

import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { runInNewContext } from "node:vm";

import { AesKeyring, decryptObject, decryptRange, download, encryptObject, upload } from "../../dist/node.js";
import { delay } from "../../dist/request.js";
import { until, untilStopped } from "../../dist/stopping.js";
import { collect } from "./support/inputs.mjs";

const SEGMENT = 512 * 1024;
const ENOUGH = { message: "enough" };
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const object = await encryptObject(new Uint8Array(5 * SEGMENT), { keyring });
const stored = { metadata: object.metadata, body: await collect(object.body) };
const delayed = { keyring, release: "delayed-authentication" };
const PART = { start: 0, end: 5 * SEGMENT };
const decryptPart = (read, options) =>
  decryptRange(
    { metadata: stored.metadata, storedLength: stored.body.length, read },
    { keyring, enableLegacyUnauthenticatedModes: true, ...PART, ...options },
  );

/** A source that gives some bytes and then nothing more, without ending; `isLetGo` tells when it was told to end. */
function stallingStream(bytes) {
  let source;
  const isLetGo = new Promise((resolve) => {
    source = new ReadableStream({
      start: (controller) => controller.enqueue(bytes),
      pull: () => new Promise(() => undefined),
      cancel: resolve,
    });
  });
  return { source, isLetGo };
}

function stallingIterator(bytes) {
  const values = [Promise.resolve({ done: false, value: bytes })];
  const iterator = { next: () => values.shift() ?? new Promise(() => undefined) };
  const isLetGo = new Promise((resolve) => {
    iterator.return = () => {
      resolve();
      return Promise.resolve({ done: true });
    };
  });
  return { source: { [Symbol.asyncIterator]: () => iterator }, isLetGo };
}

/** Long enough for whatever was begun to come to where it waits. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

for (const [what, stalling] of [
  ["a stream", stallingStream],
  ["an iterator", stallingIterator],
]) {
  test(`who cancels an encryption does not wait for ${what} that has nothing to give`, async () => {
    const { source, isLetGo } = stalling(new Uint8Array(SEGMENT + 5));
    const reader = (await encryptObject(source, { keyring })).body.getReader();
    const reading = reader.read();
    await later();
    await reader.cancel("enough");
    assert.equal((await reading).done, true);
    await isLetGo;
  });

  test(`who cancels a decryption does not wait for ${what} that has nothing to give`, async () => {
    const { source, isLetGo } = stalling(stored.body.subarray(0, SEGMENT + 5));
    const reader = (await decryptObject({ ...stored, body: source }, delayed)).getReader();
    const reading = reader.read();
    await later();
    await reader.cancel("enough");
    assert.equal((await reading).done, true);
    await isLetGo;
  });

  test(`a signal stops what waits for ${what}, and what is stopped is no shorter content`, async () => {
    const parts = [
      async (signal, body) => collect((await encryptObject(body, { keyring, signal })).body),
      async (signal, body) => collect(await decryptObject({ ...stored, body }, { ...delayed, signal })),
      (signal, body) => decryptObject({ ...stored, body }, { keyring, signal }),
      (signal, content) => upload(content, { keyring, signal, presign: () => assert.fail("nothing is complete") }),
    ];
    for (const start of parts) {
      const stop = new AbortController();
      const { source, isLetGo } = stalling(stored.body);
      const outcome = assert.rejects(start(stop.signal, source), ENOUGH);
      await later();
      stop.abort(new Error("enough"));
      await outcome;
      await isLetGo;
    }
  });

  test(`a signal stops a part that waits for ${what}`, async () => {
    const stop = new AbortController();
    const { source, isLetGo } = stalling(stored.body.subarray(0, PART.end));
    const outcome = assert.rejects(
      decryptPart(() => source, { signal: stop.signal }),
      ENOUGH,
    );
    await later();
    stop.abort(new Error("enough"));
    await outcome;
    await isLetGo;
  });
}

test("a reason to cancel arrives where the bytes come from", async () => {
  const { source, isLetGo } = stallingStream(new Uint8Array(5));
  const reader = (await encryptObject(source, { keyring })).body.getReader();
  void reader.read();
  await later();
  await reader.cancel("enough");
  assert.equal(await isLetGo, "enough");
});

test("a signal stops work on what is there", async () => {
  const content = new Uint8Array(64 * 1024 * 1024);
  const sealed = await encryptObject(content, { keyring });
  const whole = { metadata: sealed.metadata, body: await collect(sealed.body) };
  for (const start of [
    async (signal) => (await encryptObject(content, { keyring, signal, engine: "rust" })).body,
    (signal) => decryptObject(whole, { keyring, signal, engine: "rust" }),
  ]) {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("enough")));
    await assert.rejects(async () => collect(await start(stop.signal)), ENOUGH);
  }
});

test("what is stopped before it is read gives nothing, however short it is", async () => {
  for (const start of [
    async (signal) => (await encryptObject(new Uint8Array(5), { keyring, signal })).body,
    (signal) => decryptObject(stored, { keyring, signal }),
    (signal) => decryptObject(stored, { ...delayed, signal }),
  ]) {
    const stop = new AbortController();
    const stream = await start(stop.signal);
    stop.abort(new Error("enough"));
    await assert.rejects(collect(stream), ENOUGH);
  }
});

test("what is stopped while nobody reads it ends at once, and lets its source go", async () => {
  for (const start of [
    async (signal, body) => (await encryptObject(body, { keyring, signal })).body,
    (signal, body) => decryptObject({ ...stored, body }, { ...delayed, signal }),
  ]) {
    for (const isBegun of [false, true]) {
      const stop = new AbortController();
      const { source, isLetGo } = stallingStream(stored.body);
      const reader = (await start(stop.signal, source)).getReader();
      if (isBegun) await reader.read();
      stop.abort(new Error("enough"));
      await assert.rejects(reader.closed, ENOUGH);
      await isLetGo;
    }
  }
});

/** What `SubtleCrypto` encrypts meanwhile, in segments, until nothing has been begun for a while. */
async function encryptedDuring(work, onSegment = () => undefined) {
  const { subtle } = globalThis.crypto;
  let begun = 0;
  subtle.encrypt = (...parameters) => {
    begun += 1;
    onSegment(begun);
    return Object.getPrototypeOf(subtle).encrypt.apply(subtle, parameters);
  };
  try {
    await work(() => begun);
    for (let before = -1; before < begun;) {
      before = begun;
      await later();
    }
    return begun;
  } finally {
    delete subtle.encrypt;
  }
}

/** A storage that never has all of a part; or else refuses parts, and takes its time to remove the rest. */
function storageOf({ refusesParts }) {
  const begun = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>";
  const refused = "<Error><Code>AccessDenied</Code></Error>";
  return async (_, { method, signal }) => {
    if (method === "POST") return new Response(begun);
    if (refusesParts && method === "PUT") return new Response(refused, { status: 403 });
    if (!refusesParts && method === "DELETE") return new Response(null, { status: 204 });
    return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  };
}

test("an upload that is stopped encrypts nothing more of the parts that wait", async () => {
  const { fetch } = globalThis;
  globalThis.fetch = storageOf({ refusesParts: false });
  const presign = () => ({ url: "https://bucket.s3.amazonaws.com/key" });
  try {
    for (const checksum of [undefined, "crc32c"]) {
      const stop = new AbortController();
      const options = { keyring, presign, checksum, partSize: 32 * SEGMENT, signal: stop.signal };
      const begun = await encryptedDuring(
        () => assert.rejects(upload(new Uint8Array(128 * SEGMENT), options), ENOUGH),
        (count) => count === 5 && stop.abort(new Error("enough")),
      );
      assert.ok(begun < 12, `${begun} segments were encrypted`);
    }
  } finally {
    globalThis.fetch = fetch;
  }
});

test("an upload that failed encrypts nothing more while it is removed", async () => {
  const { fetch } = globalThis;
  globalThis.fetch = storageOf({ refusesParts: true });
  const presign = () => ({ url: "https://bucket.s3.amazonaws.com/key" });
  const stop = new AbortController();
  const [content, partSize] = [new Uint8Array(256 * SEGMENT), 16 * SEGMENT];
  try {
    const begun = await encryptedDuring(async (count) => {
      const outcome = upload(content, { keyring, presign, partSize, signal: stop.signal });
      outcome.catch(() => undefined);
      while (count() < 16) await later();
    });
    assert.ok(begun < 32, `${begun} segments were encrypted`);
  } finally {
    globalThis.fetch = fetch;
  }
});

/** A stream that nobody has read, and what it is told when it is let go of. */
function unread(bytes) {
  let tell;
  const reason = new Promise((resolve) => (tell = resolve));
  const pull = (controller) => {
    controller.enqueue(bytes);
    controller.close();
  };
  return { stream: new ReadableStream({ pull, cancel: tell }, { highWaterMark: 0 }), reason };
}

test("what fails before it reads lets its source go, with the reason", async () => {
  const failure = new Error("the keyring does not answer");
  const fail = () => Promise.reject(failure);
  const broken = { encryptionMaterials: fail, unwrapDataKey: fail };
  const wrong = await AesKeyring.fromBytes(new Uint8Array(32).fill(8));
  const presign = () => assert.fail("nothing is to be sent");
  const respond = (body) => new Response(body, { headers: object.headers });
  const aborted = { keyring, signal: AbortSignal.abort(failure) };
  for (const [what, start] of Object.entries({
    "encryption without a key": (body) => encryptObject(body, { keyring: broken }),
    "encryption that was stopped": (body) => encryptObject(body, aborted),
    "decryption without a key": (body) => decryptObject({ ...stored, body }, { keyring: broken }),
    "decryption with another key": (body) => decryptObject({ ...stored, body }, { keyring: wrong }),
    "decryption that was stopped": (body) => decryptObject({ ...stored, body }, aborted),
    "decryption of what is not encrypted": (body) => decryptObject({ body, metadata: {} }, { keyring }),
    "decryption of an answer": (body) => decryptObject(respond(body), { keyring: wrong }),
    "upload without a key": (body) => upload(body, { presign, keyring: broken }),
    "upload in parts that are too long": (body) => upload(body, { presign, keyring, partSize: 2 ** 50 }),
    "upload with metadata that cannot be": (body) => upload(body, { presign, keyring, metadata: { "a b": "c" } }),
    "upload of a known length": (body) =>
      upload(body, { presign, keyring, contentLength: 3, metadata: { "a b": "c" } }),
    "upload without protection": (body) => upload(body, { presign }),
  })) {
    const { stream, reason } = unread(stored.body);
    const error = await start(stream).then(
      () => assert.fail(`${what} did not fail`),
      (cause) => cause,
    );
    assert.equal(await Promise.race([reason, later()]), error, what);
  }
});

test("who waits for a keyring or for a presigned URL is let go by a signal, and late keys are freed", async () => {
  let freed = 0;
  let come;
  const late = () => new Promise((resolve) => (come = () => resolve({ free: () => (freed += 1) })));
  const waiting = { encryptionMaterials: late, unwrapDataKey: late };
  const never = () => new Promise(() => undefined);
  for (const [start, comes] of [
    [(signal) => encryptObject(new Uint8Array(5), { keyring: waiting, signal }), 1],
    [(signal) => decryptObject(stored, { keyring: waiting, signal }), 1],
    [(signal) => decryptPart(never, { keyring: waiting, signal }), 1],
    [(signal) => decryptPart(never, { signal }), 0],
    [(signal) => upload(new Uint8Array(5), { keyring: waiting, signal, presign: never }), 1],
    [(signal) => upload(new Uint8Array(5), { keyring, signal, presign: never }), 0],
    [(signal) => download({ keyring, signal, presign: never }), 0],
  ]) {
    freed = 0;
    const stop = new AbortController();
    const outcome = assert.rejects(start(stop.signal), ENOUGH);
    await later();
    stop.abort(new Error("enough"));
    await outcome;
    come?.();
    await later();
    assert.equal(freed, comes);
    come = undefined;
  }
});

test("a part that comes when nobody waits for it any more is let go of", async () => {
  const { source, isLetGo } = stallingStream(new Uint8Array(5));
  const stop = new AbortController();
  let come;
  const late = new Promise((resolve) => (come = resolve));
  const outcome = assert.rejects(
    decryptPart(() => late, { signal: stop.signal }),
    ENOUGH,
  );
  await later();
  stop.abort(new Error("enough"));
  await outcome;
  come(source);
  assert.equal((await isLetGo).message, "enough");
});

test("work on a part is stopped, and gives others their turn", async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(new Error("enough")), 1);
  const read = (start, end) => stored.body.subarray(start, end);
  await assert.rejects(decryptPart(read, { engine: "rust", signal: stop.signal }), ENOUGH);
});

test("what was stopped before is not begun", async () => {
  const signal = AbortSignal.abort(new Error("enough"));
  const untouched = {
    [Symbol.asyncIterator]() {
      throw new Error("was read");
    },
  };
  await assert.rejects(encryptObject(untouched, { keyring, signal }), ENOUGH);
  await assert.rejects(decryptObject({ ...stored, body: untouched }, { keyring, signal }), ENOUGH);
  await assert.rejects(
    decryptPart(() => assert.fail("was read"), { signal }),
    ENOUGH,
  );
});

test("a signal that lives on keeps nothing of what is done", async () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 20; count += 1) {
    const source = new Blob([new Uint8Array(100)]).stream();
    const { body, metadata } = await encryptObject(source, { keyring, signal });
    await collect(
      await decryptObject({ body: new Blob([await collect(body)]).stream(), metadata }, { keyring, signal }),
    );
  }
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("an object that cannot be read stops arriving", async () => {
  const { fetch } = globalThis;
  const signals = [];
  globalThis.fetch = (_, { signal }) => {
    signals.push(signal);
    const headers = { ...object.headers, "content-length": String(stored.body.length), etag: '"1"' };
    return Promise.resolve(new Response(stallingStream(stored.body.subarray(0, 100)).source, { headers }));
  };
  const wrong = await AesKeyring.fromBytes(new Uint8Array(32).fill(8));
  const presign = () => ({ url: "https://bucket.s3.amazonaws.com/key?X-Amz-Signature=0" });
  try {
    await assert.rejects(download({ presign, keyring: wrong }), { code: "WRONG_KEY" });
  } finally {
    globalThis.fetch = fetch;
  }
  assert.ok(signals.length > 0 && signals.every(({ aborted }) => aborted));
});

test("a wait that was stopped before is none", async () => {
  const begun = performance.now();
  await assert.rejects(delay(5_000, AbortSignal.abort(new Error("enough"))), ENOUGH);
  assert.ok(performance.now() - begun < 1_000);
});

test("a signal ends the wait for any promise, whoever made it", async () => {
  const promises = { thenable: { then: () => undefined }, foreign: runInNewContext("new Promise(() => undefined)") };
  for (const [what, promise] of Object.entries(promises)) {
    const waiting = until(promise, AbortSignal.abort(new Error("enough")));
    const tooLong = later().then(() => assert.fail(`waits for a ${what} promise`));
    await assert.rejects(Promise.race([waiting, tooLong]), ENOUGH);
  }
});

/** An iterator that gives one value and then ends as `next` says; `returned` counts how often it was told to end. */
function iteratorOf(next, returned) {
  const steps = [() => ({ done: false, value: 1 }), next];
  const iterator = { next: async () => steps.shift()(), return: returned };
  return { [Symbol.asyncIterator]: () => iterator };
}

test("an iterator is told to end where it is left early, and its answer hides no error", async () => {
  let told = 0;
  const refuses = async () => {
    told += 1;
    throw new Error("cannot end");
  };
  const all = async (values, onValue = () => undefined) => {
    for await (const value of values) onValue(value);
  };
  const { signal } = new AbortController();
  await all(
    untilStopped(
      iteratorOf(() => ({ done: true }), refuses),
      signal,
    ),
  );
  const breaks = () => {
    throw new Error("broke");
  };
  await assert.rejects(all(untilStopped(iteratorOf(breaks, refuses), signal)), { message: "broke" });
  assert.equal(told, 0);
  await assert.rejects(all(untilStopped(iteratorOf(breaks, refuses), signal), breaks), { message: "broke" });
  assert.equal(told, 1);
  const stop = new AbortController();
  const stops = () => stop.abort(new Error("enough"));
  await assert.rejects(all(untilStopped(iteratorOf(breaks, refuses), stop.signal), stops), ENOUGH);
  assert.equal(told, 2);
});
