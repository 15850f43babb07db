/** Server-side encryption headers and presigned URLs of the built package, in Node. */

import assert from "node:assert/strict";
import { createHash, randomBytes as nodeRandom } from "node:crypto";
import { test } from "node:test";

import { EnvelopeError, presign, sse, sseC } from "../../dist/node.js";
import { offsetView } from "./support/inputs.mjs";

const failsWith = (code) => (error) => {
  assert.ok(error instanceof EnvelopeError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};
const KEY = new Uint8Array(nodeRandom(32));
const BASE64 = Buffer.from(KEY).toString("base64");
const CUSTOMER = "x-amz-server-side-encryption-customer";

test("the three customer key headers carry the key and the MD5 of its raw bytes", async () => {
  const md5 = createHash("md5").update(KEY).digest("base64");
  const expected = { [`${CUSTOMER}-algorithm`]: "AES256", [`${CUSTOMER}-key`]: BASE64, [`${CUSTOMER}-key-md5`]: md5 };
  for (const shape of [KEY, offsetView(KEY), KEY.slice().buffer, new DataView(KEY.slice().buffer)]) {
    assert.deepEqual(await sseC.headers(shape), expected);
  }
  const copy = await sseC.copySourceHeaders(KEY);
  const asTarget = Object.entries(copy).map(([name, value]) => [name.replace("copy-source-", ""), value]);
  assert.deepEqual(Object.fromEntries(asTarget), expected);
});

test("a signer is told the algorithm alone, unless the URL is to be bound to the key", async () => {
  assert.deepEqual(await sseC.headersToSign(), { [`${CUSTOMER}-algorithm`]: "AES256" });
  assert.deepEqual(await sseC.headersToSign(KEY), await sseC.headers(KEY));
});

test("text keys and keys of a wrong length are refused", async () => {
  await assert.rejects(sseC.headers(BASE64), failsWith("KEY_IS_TEXT"));
  await assert.rejects(sseC.headers(new TextEncoder().encode(BASE64)), failsWith("KEY_IS_TEXT"));
  for (const length of [0, 16, 31, 33]) {
    await assert.rejects(sseC.headers(new Uint8Array(length)), failsWith("INVALID_KEY_LENGTH"));
  }
});

test("generated keys are 32 fresh bytes", async () => {
  const [first, second] = [await sseC.generateKey(), await sseC.generateKey()];
  assert.equal(first.length, 32);
  assert.notDeepEqual(first, second);
});

test("every mode sends what S3 takes for the operation and nothing else", async () => {
  const names = async (mode, operation) => Object.keys(await sse.headers(mode, operation));
  assert.deepEqual(await sse.headers(sse.s3(), "PutObject"), { "x-amz-server-side-encryption": "AES256" });
  assert.deepEqual(await sse.headers(sse.bucketDefault(), "PutObject"), {});
  for (const operation of ["GetObject", "HeadObject", "UploadPart", "CompleteMultipartUpload"]) {
    assert.deepEqual(await names(sse.s3(), operation), [], operation);
    assert.deepEqual(await names(sse.kms(), operation), [], operation);
    assert.equal((await names(sse.customerKey(KEY), operation)).length, 3, operation);
  }
  const kms = await sse.headers(
    sse.kms({ keyId: "alias/a", encryptionContext: { b: "ü" }, bucketKey: true }),
    "PutObject",
  );
  assert.equal(kms["x-amz-server-side-encryption"], "aws:kms");
  assert.equal(kms["x-amz-server-side-encryption-aws-kms-key-id"], "alias/a");
  assert.equal(kms["x-amz-server-side-encryption-bucket-key-enabled"], "true");
  const context = Buffer.from(kms["x-amz-server-side-encryption-context"], "base64").toString();
  assert.deepEqual(JSON.parse(context), { b: "ü" });
  const dsse = await sse.headers(sse.dsseKms(), "CreateMultipartUpload");
  assert.deepEqual(dsse, { "x-amz-server-side-encryption": "aws:kms:dsse" });
  await assert.rejects(sse.headers(sse.dsseKms({ bucketKey: true }), "PutObject"), failsWith("INVALID_KMS_PARAMETER"));
  await assert.rejects(sse.headers(sse.kms({ keyId: "" }), "PutObject"), failsWith("INVALID_KMS_PARAMETER"));
  await assert.rejects(sse.headers(sse.kms({ keyid: "a" }), "PutObject"), failsWith("INVALID_OPTION"));
  await assert.rejects(sse.headers({ mode: "none" }, "PutObject"), failsWith("INVALID_INPUT"));
});

test("headers made by hand are checked and never repeated", async () => {
  const good = await sseC.headers(KEY);
  await sse.checkHeaders(good);
  await sse.checkHeaders(new Headers({ ...good, "content-type": "text/plain" }));
  const check = (change) => sse.checkHeaders({ ...good, ...change });
  const both = { "x-amz-server-side-encryption": "AES256" };
  await assert.rejects(check(both), failsWith("CONFLICTING_ENCRYPTION_HEADERS"));
  const ofText = createHash("md5").update(BASE64).digest("base64");
  await assert.rejects(check({ [`${CUSTOMER}-key-md5`]: ofText }), failsWith("CUSTOMER_KEY_MD5_MISMATCH"));
  const { [`${CUSTOMER}-key-md5`]: _, ...incomplete } = good;
  await assert.rejects(sse.checkHeaders(incomplete), failsWith("INCOMPLETE_CUSTOMER_KEY_HEADERS"));
  const error = await check({ [`${CUSTOMER}-key`]: `${BASE64}x` }).catch((caught) => caught);
  assert.ok(failsWith("INVALID_ENCRYPTION_HEADER")(error) && !error.message.includes(BASE64));
});

const REQUEST = {
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  region: "us-east-1",
  endpoint: "https://s3.amazonaws.com",
  bucket: "examplebucket",
  key: "test.txt",
  operation: "GetObject",
  expiresIn: 86400,
  date: new Date("2013-05-24T00:00:00Z"),
};

test("the presigned URL is the one that AWS publishes as its example", async () => {
  const { url, method, expiresAt } = await presign(REQUEST);
  assert.equal(method, "GET");
  assert.equal(expiresAt.toISOString(), "2013-05-25T00:00:00.000Z");
  assert.ok(url.startsWith("https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&"));
  assert.ok(url.endsWith("=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"), url);
});

test("no key gets into a URL, whichever way it is tried", async () => {
  const signed = await presign({ ...REQUEST, headers: await sseC.headers(KEY) });
  const inUrl = decodeURIComponent(signed.url);
  assert.ok(!inUrl.includes(BASE64) && !inUrl.includes(Buffer.from(KEY).toString("hex")));
  assert.equal(signed.headers[`${CUSTOMER}-key`], BASE64);
  for (const name of [
    `${CUSTOMER}-key`,
    `${CUSTOMER}-key-MD5`,
    "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key",
  ]) {
    await assert.rejects(presign({ ...REQUEST, query: { [name]: BASE64 } }), failsWith("SECRET_HEADER_IN_URL"));
  }
});

test("what cannot be signed is refused by name", async () => {
  for (const expiresIn of [0, 604801]) {
    await assert.rejects(presign({ ...REQUEST, expiresIn }), failsWith("INVALID_EXPIRY"));
  }
  await assert.rejects(presign({ ...REQUEST, expiresIn: 1.5 }), failsWith("INVALID_OPTION"));
  await assert.rejects(presign({ ...REQUEST, key: "" }), failsWith("INVALID_PRESIGN_REQUEST"));
  await assert.rejects(presign({ ...REQUEST, bucket: "No" }), failsWith("INVALID_PRESIGN_REQUEST"));
  await assert.rejects(presign({ ...REQUEST, operation: "Get" }), failsWith("INVALID_OPTION"));
  await assert.rejects(presign({ ...REQUEST, expires: 60 }), failsWith("INVALID_OPTION"));
  await assert.rejects(presign({ ...REQUEST, method: "GET" }), failsWith("INVALID_OPTION"));
  await assert.rejects(presign({ ...REQUEST, operation: "UploadPart" }), failsWith("INVALID_OPTION"));
  const managed = { "x-amz-server-side-encryption": "AES256" };
  await assert.rejects(presign({ ...REQUEST, headers: managed }), failsWith("ENCRYPTION_HEADER_NOT_ALLOWED"));
});
