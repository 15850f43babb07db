/** Faults of the simulated storage, and what `upload` and `download` make of them. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { AesKeyring, download, sse, upload } from "../../dist/node.js";
import { openStorage } from "../../dist/testing.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { presigned } from "./support/sigv4.mjs";

const HOST = "demo.s3.us-east-1.storage.test";
const MIB = 1024 * 1024;
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const network = globalThis.fetch;
let storage;

const presign = ({ method, query, headers }) => ({ url: presigned(method, HOST, "object", headers, undefined, query) });

before(async () => {
  storage = await openStorage();
  globalThis.fetch = (url, init) => storage.fetch(url, init);
  assert.equal((await fetch(presigned("PUT", HOST, ""), { method: "PUT" })).status, 200);
});

beforeEach(() => storage.setFaults([]));

after(() => {
  globalThis.fetch = network;
});

/** Uploads, and gives what was uploaded. */
async function uploaded(bytes, options = {}) {
  await upload(bytes, { presign, keyring, ...options });
  return bytes;
}

async function downloaded() {
  return collect((await download({ presign, keyring })).body);
}

/** Puts a plain object past the package. */
async function putPlain(text) {
  assert.equal((await fetch(presigned("PUT", HOST, "plain"), { method: "PUT", body: text })).status, 200);
  return presigned("GET", HOST, "plain");
}

for (const fault of ["slow-down", "internal-error", "reset"]) {
  test(`an upload in parts outlives ${fault} of a part, of its beginning and of its end`, async () => {
    const operations = ["CreateMultipartUpload", "UploadPart"];
    // An end that was lost is not asked for twice: it may have happened.
    if (fault !== "reset") operations.push("CompleteMultipartUpload");
    await storage.setFaults(operations.map((operation) => ({ operation, fault })));
    const bytes = await uploaded(randomBytes(11 * MIB), { partSize: 5 * MIB });
    for (const { operation, seen } of await storage.faults()) assert.ok(seen >= 2, `${operation}: ${seen}`);
    await storage.setFaults([]);
    assert.deepEqual(await downloaded(), bytes);
  });

  test(`a download outlives ${fault}, twice`, async () => {
    const bytes = await uploaded(randomBytes(MIB));
    await storage.setFaults([{ operation: "GetObject", fault, times: 2 }]);
    assert.deepEqual(await downloaded(), bytes);
  });
}

for (const [fault, code] of [
  ["truncated-body", "NETWORK_FAILURE"],
  ["corrupted-body", "AUTHENTICATION_FAILED"],
]) {
  test(`a download with a ${fault} releases nothing, and says so`, async () => {
    await uploaded(randomBytes(MIB));
    await storage.setFaults([{ operation: "GetObject", fault, times: 99 }]);
    await assert.rejects(download({ presign, keyring }), { name: "EnvelopeError", code });
  });
}

test("an answer that never comes ends with its signal, and holds nobody else up", async () => {
  const url = await putPlain("content");
  await storage.setFaults([{ operation: "GetObject", fault: "stall" }]);
  const stop = new AbortController();
  const stalled = fetch(url, { signal: stop.signal });
  assert.equal(await (await fetch(url)).text(), "content");
  stop.abort(new Error("enough"));
  await assert.rejects(stalled, { message: "enough" });
});

test("bodies are cut off and altered as they were told to be", async () => {
  const url = await putPlain("0123456789");
  const texts = [];
  for (const fault of ["truncated-body", "corrupted-body"]) {
    await storage.setFaults([{ operation: "GetObject", fault }]);
    texts.push(await (await fetch(url)).text());
  }
  assert.deepEqual(texts, ["01234", "0123446789"]);
});

test("rules that can hit nothing are refused, and those in force stay", async () => {
  await storage.setFaults([{ operation: "PutObject", fault: "reset", nth: 3 }]);
  await assert.rejects(storage.setFaults([{ operation: "PutObjects", fault: "reset" }]), /no operation "PutObjects"/);
  await assert.rejects(storage.setFaults([{ fault: "explosion" }]), /explosion/);
  await assert.rejects(storage.setFaults([{ fault: "reset", nht: 1 }]), /nht/);
  assert.deepEqual(await storage.faults(), [{ operation: "PutObject", nth: 3, times: 1, fault: "reset", seen: 0 }]);
});

test("a profile decides where servers differ", async () => {
  const ceph = await openStorage({ profile: "ceph" });
  assert.equal((await ceph.fetch(presigned("PUT", HOST, ""), { method: "PUT" })).status, 200);
  assert.equal((await ceph.fetch(presigned("GET", HOST, "", {}, undefined, { encryption: "" }))).status, 404);
  await assert.rejects(openStorage({ profile: "minio" }), /minio/);
});

test("half a range that nobody complains of is asked for again, also without a keyring", async () => {
  const text = "0123456789".repeat(1000);
  await putPlain(text);
  const plain = { presign: ({ method, headers }) => ({ url: presigned(method, HOST, "plain", headers) }) };
  await storage.setFaults([{ operation: "GetObject", fault: "truncated-body", times: 2 }]);
  const { body } = await download({ ...plain, sse: sse.bucketDefault() });
  assert.equal(await new Response(body).text(), text);
  await storage.setFaults([{ operation: "GetObject", fault: "truncated-body", times: 99 }]);
  await assert.rejects(download({ ...plain, sse: sse.bucketDefault() }), { code: "NETWORK_FAILURE" });
});
