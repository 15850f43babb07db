/** The simulated storage of the built package, in Node: presigned URLs of a signer that is not the package's. */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";

import { openStorage } from "../../dist/testing.js";
import { presigned } from "./support/sigv4.mjs";

const BUCKET_HOST = "demo.s3.us-east-1.storage.test";
const CUSTOMER = "x-amz-server-side-encryption-customer";
const TEXT = "a line that nobody else should read\n".repeat(5000);

async function openWithBucket(options) {
  const storage = await openStorage({ sseCDefault: "allowed", kmsKeys: ["alias/documents"], ...options });
  assert.equal((await storage.fetch(presigned("PUT", BUCKET_HOST, ""), { method: "PUT" })).status, 200);
  return storage;
}

function customerKey(key) {
  return {
    [`${CUSTOMER}-algorithm`]: "AES256",
    [`${CUSTOMER}-key`]: key.toString("base64"),
    [`${CUSTOMER}-key-md5`]: createHash("md5").update(key).digest("base64"),
  };
}

/** Puts and gets through presigned URLs that sign the headers of `signed` and send those of `headers`. */
function put(storage, key, body, headers = {}, signed = headers) {
  return storage.fetch(presigned("PUT", BUCKET_HOST, key, signed), { method: "PUT", body, headers });
}

function get(storage, key, headers = {}, signed = headers) {
  return storage.fetch(presigned("GET", BUCKET_HOST, key, signed), { headers });
}

async function assertRefused(response, status, code) {
  const text = await response.text();
  assert.deepEqual([response.status, /<Code>(.*?)<\/Code>/.exec(text)?.[1]], [status, code], text);
}

const MODES = {
  "SSE-S3": [{ "x-amz-server-side-encryption": "AES256" }, {}],
  "SSE-KMS": [
    {
      "x-amz-server-side-encryption": "aws:kms",
      "x-amz-server-side-encryption-aws-kms-key-id": "alias/documents",
    },
    {},
  ],
  "SSE-C": [customerKey(Buffer.alloc(32, 7)), customerKey(Buffer.alloc(32, 7))],
};

for (const [mode, [write, read]] of Object.entries(MODES)) {
  test(`${mode}: an object comes back, and no line of it lies at rest`, async () => {
    const storage = await openWithBucket();
    assert.equal((await put(storage, "a b/ü", TEXT, { ...write, "x-amz-meta-a": "b" })).status, 200);
    const got = await get(storage, "a b/ü", read);
    assert.deepEqual([got.status, got.headers.get("x-amz-meta-a")], [200, "b"]);
    assert.equal(await got.text(), TEXT);
    const seen = await storage.inspectObject("demo", "a b/ü");
    assert.deepEqual([seen.mode, seen.contentLength], [mode, TEXT.length]);
    const stored = Buffer.from(await storage.storedBytes("demo", "a b/ü", 0, seen.storedLength));
    assert.equal(stored.length, seen.storedLength);
    for (let offset = 0; offset < 36; offset += 1) {
      const window = TEXT.slice(offset, offset + 16);
      assert.ok(!stored.includes(window), `the text "${window}" lies in the open`);
    }
  });
}

test("the signer of an SSE-C upload need not know the key", async () => {
  const storage = await openWithBucket();
  const key = randomBytes(32);
  const signed = { [`${CUSTOMER}-algorithm`]: "AES256" };
  assert.equal((await put(storage, "a", TEXT, customerKey(key), signed)).status, 200);
  assert.equal(await (await get(storage, "a", customerKey(key), signed)).text(), TEXT);
  await assertRefused(await get(storage, "a", customerKey(randomBytes(32)), signed), 403, "AccessDenied");
  await assertRefused(await get(storage, "a"), 400, "InvalidRequest");
});

test("headers that were not signed are refused", async () => {
  const storage = await openWithBucket();
  const headers = { "x-amz-server-side-encryption": "AES256" };
  await assertRefused(await put(storage, "a", TEXT, headers, {}), 403, "AccessDenied");
  await assertRefused(await get(storage, "a"), 404, "NoSuchKey");
});

test("new buckets block SSE-C unless told otherwise, and plain http takes no key", async () => {
  const blocked = await openWithBucket({ sseCDefault: "blocked" });
  const headers = customerKey(randomBytes(32));
  await assertRefused(await put(blocked, "a", TEXT, headers), 403, "AccessDenied");
  const open = await openWithBucket();
  const url = presigned("PUT", BUCKET_HOST, "a", headers).replace("https:", "http:");
  await assertRefused(await open.fetch(url, { method: "PUT", body: TEXT, headers }), 400, "InvalidRequest");
});

test("a flipped stored bit is refused before any byte of its segment", async () => {
  const storage = await openWithBucket();
  assert.equal((await put(storage, "a", TEXT)).status, 200);
  assert.equal(await storage.tamperObject("demo", "a", 5), true);
  await assertRefused(await get(storage, "a"), 500, "InternalError");
  assert.equal(await storage.tamperObject("demo", "none", 0), false);
});

test("a HEAD and a deletion have no body, and a range has its bytes", async () => {
  const storage = await openWithBucket();
  await put(storage, "a", TEXT);
  const head = await storage.fetch(presigned("HEAD", BUCKET_HOST, "a"), { method: "HEAD" });
  assert.deepEqual([head.status, head.body], [200, null]);
  const range = await get(storage, "a", { range: "bytes=65530-65545" }, {});
  assert.deepEqual([range.status, await range.text()], [206, TEXT.slice(65530, 65546)]);
  const deleted = await storage.fetch(presigned("DELETE", BUCKET_HOST, "a"), { method: "DELETE" });
  assert.deepEqual([deleted.status, deleted.body], [204, null]);
  assert.deepEqual(await storage.objects("demo"), []);
});

test("uses of KMS are on record, and a reset removes everything", async () => {
  const storage = await openWithBucket();
  const [write] = MODES["SSE-KMS"];
  await put(storage, "a", TEXT, write);
  const events = await storage.kmsEvents();
  const made = events.filter(({ eventName }) => eventName === "GenerateDataKey");
  assert.deepEqual(
    made.map(({ requestParameters }) => requestParameters.encryptionContext),
    [{ "aws:s3:arn": "arn:aws:s3:::demo/a" }],
  );
  await storage.reset();
  assert.equal(await storage.objects("demo"), undefined);
});

test("credentials of one's own are spelt as JavaScript spells things", async () => {
  const own = { accessKeyId: "AKIAOTHER", secretAccessKey: "another secret", userId: "u", displayName: "d" };
  const storage = await openStorage({ credentials: [own] });
  await assertRefused(
    await storage.fetch(presigned("PUT", BUCKET_HOST, ""), { method: "PUT" }),
    403,
    "InvalidAccessKeyId",
  );
  const url = presigned("PUT", BUCKET_HOST, "", {}, own);
  assert.equal((await storage.fetch(url, { method: "PUT" })).status, 200);
  await assert.rejects(
    openStorage({ credentials: [{ access_key: "a", secret_key: "s" }] }),
    /unknown field `access_key`/,
  );
});

test("settings that do not exist are refused by name", async () => {
  await assert.rejects(openStorage({ regoin: "us-east-1" }), (error) => {
    assert.ok(error instanceof Error, String(error));
    assert.match(error.message, /regoin/);
    return true;
  });
});
