/** The KMS keyring of the built package, against the simulated KMS, through a backend that signs. */

import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import { decryptObject, encryptObject, kmsBackend, KmsKeyring } from "../../dist/node.js";
import { openStorage } from "../../dist/testing.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const PLAINTEXT = randomBytes(1000);
const HOST = "kms.us-east-1.storage.test";
const storage = await openStorage({ kmsKeys: ["alias/demo", "alias/other"] });
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

/** What an app's backend does: it signs what the page asks for (Signature Version 4) and hands it on. */
async function backend(request) {
  const body = await request.text();
  const target = request.headers.get("x-amz-target");
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), "us-east-1", "kms", "aws4_request"];
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const headers = {
    "content-type": "application/x-amz-json-1.1",
    host: HOST,
    "x-amz-content-sha256": sha256(body),
    "x-amz-date": date,
    "x-amz-target": target,
  };
  const names = Object.keys(headers).join(";");
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const canonical = ["POST", "/", "", lines.join(""), names, sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(canonical)].join("\n");
  const signature = [...scope, toSign].reduce(hmac, `AWS4${credentials.secretAccessKey}`).toString("hex");
  const credential = `Credential=${credentials.accessKeyId}/${scope.join("/")}`;
  const authorization = `AWS4-HMAC-SHA256 ${credential},SignedHeaders=${names},Signature=${signature}`;
  // The host is signed, and sent by whoever sends the request.
  const { host: _, ...sent } = headers;
  return storage.fetch(`https://${HOST}/`, { method: "POST", headers: { ...sent, authorization }, body });
}

const client = kmsBackend("https://app.example/kms", { fetch: backend });
const keyringOf = (options = {}) => new KmsKeyring({ keyId: "alias/demo", client, ...options });
const context = { tenant: "7" };

async function encrypted(keyring, options = {}) {
  const object = await encryptObject(PLAINTEXT, { keyring, ...options });
  return { ...object, body: await collect(object.body) };
}
const decrypted = async (object, keyring) =>
  collect(await decryptObject(object, { keyring, commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT" }));

for (const commitmentPolicy of ["REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "FORBID_ENCRYPT_ALLOW_DECRYPT"]) {
  test(`KMS wraps and unwraps (${commitmentPolicy})`, async () => {
    const object = await encrypted(keyringOf({ encryptionContext: context }), { commitmentPolicy });
    assert.deepEqual(await decrypted(object, keyringOf({ encryptionContext: context })), PLAINTEXT);
    const stored = JSON.parse(object.metadata["x-amz-t"] ?? object.metadata["x-amz-matdesc"]);
    const label = commitmentPolicy.startsWith("FORBID") ? "AES/GCM/NoPadding" : "115";
    assert.deepEqual(stored, { ...context, "aws:x-amz-cek-alg": label });
    const names = (await storage.kmsEvents()).map(({ eventName }) => eventName);
    assert.deepEqual(names.slice(-2), ["GenerateDataKey", "Decrypt"]);
  });
}

test("another context is refused here, before KMS is asked", async () => {
  const object = await encrypted(keyringOf({ encryptionContext: context }));
  const before = (await storage.kmsEvents()).length;
  for (const encryptionContext of [undefined, { tenant: "8" }, { ...context, more: "" }]) {
    await assert.rejects(decrypted(object, keyringOf({ encryptionContext })), { code: "ENCRYPTION_CONTEXT_MISMATCH" });
  }
  const reserved = keyringOf({ encryptionContext: { kms_cmk_id: "x" } });
  await assert.rejects(encrypted(reserved), { code: "RESERVED_CONTEXT_NAME" });
  assert.equal((await storage.kmsEvents()).length, before);
});

test("a context or key that was altered at rest is refused by KMS", async () => {
  const object = await encrypted(keyringOf({ encryptionContext: context }));
  const metadata = { ...object.metadata, "x-amz-t": object.metadata["x-amz-t"].replace('"7"', '"8"') };
  const altered = keyringOf({ encryptionContext: { tenant: "8" } });
  await assert.rejects(decrypted({ ...object, metadata }, altered), { code: "KMS_REFUSED" });
  const other = keyringOf({ keyId: "alias/other", encryptionContext: context });
  await assert.rejects(decrypted(object, other), { code: "KMS_REFUSED" });
  await assert.rejects(encrypted(keyringOf({ keyId: "alias/none" })), { code: "KMS_REFUSED", message: /NotFound/ });
});

test("answers that are none, and ways that others could read, are refused", async () => {
  const through = (answer) => keyringOf({ client: kmsBackend("https://app.example/kms", { fetch: answer }) });
  const short = { Plaintext: "QUJD", CiphertextBlob: "QUJD" };
  for (const body of [{}, short]) {
    const keyring = through(() => Promise.resolve(Response.json(body)));
    await assert.rejects(encrypted(keyring), { code: "UNEXPECTED_STORAGE_ANSWER" });
  }
  await assert.rejects(encrypted(through(() => Promise.reject(new TypeError("x")))), { code: "NETWORK_FAILURE" });
  const plain = keyringOf({ client: kmsBackend("http://app.example/kms") });
  await assert.rejects(encrypted(plain), { code: "INSECURE_TRANSPORT" });
  assert.throws(() => keyringOf({ keyId: "" }), { code: "INVALID_INPUT" });
});
