/** The KMS keyring of the built package, against the simulated KMS: through a backend that signs, and asked directly. */

import assert from "node:assert/strict";
import { createCipheriv, createHash, createHmac } from "node:crypto";
import { test } from "node:test";

import { decryptObject, encryptObject, kmsBackend, kmsEndpoint, KmsKeyring } from "../../dist/node.js";
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

test("a backend's URL is whole, or in a page relative to it", async () => {
  const asked = [];
  const fetch = async ({ url }) => {
    asked.push(url);
    return new Response("{}", { status: 403 });
  };
  const encrypting = () =>
    encryptObject(new Uint8Array(1), { keyring: keyringOf({ client: kmsBackend("/kms", { fetch }) }) });
  await assert.rejects(encrypting(), { code: "INVALID_INPUT" });
  globalThis.location = { href: "https://app.example/page/" };
  try {
    await assert.rejects(encrypting(), { code: "KMS_ACCESS_DENIED" });
  } finally {
    delete globalThis.location;
  }
  assert.deepEqual(asked, ["https://app.example/kms"]);
});
const direct = (options = {}) =>
  kmsEndpoint({
    region: "us-east-1",
    endpoint: `https://${HOST}`,
    credentials: () => credentials,
    fetch: (request) => storage.fetch(request),
    ...options,
  });
const keyringOf = (options = {}) => new KmsKeyring({ keyId: "alias/demo", client, ...options });
const context = { tenant: "7" };

async function encrypted(keyring, options = {}) {
  const object = await encryptObject(PLAINTEXT, { keyring, ...options });
  return { ...object, body: await collect(object.body) };
}
const decrypted = async (object, keyring) =>
  collect(await decryptObject(object, { keyring, commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT" }));

for (const [commitmentPolicy, way, asked] of [
  ["REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "a backend", client],
  ["FORBID_ENCRYPT_ALLOW_DECRYPT", "a backend", client],
  ["REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "its endpoint", direct()],
  ["FORBID_ENCRYPT_ALLOW_DECRYPT", "its endpoint", direct()],
]) {
  test(`KMS wraps and unwraps, through ${way} (${commitmentPolicy})`, async () => {
    const keyring = keyringOf({ encryptionContext: context, client: asked });
    const object = await encrypted(keyring, { commitmentPolicy });
    assert.deepEqual(await decrypted(object, keyring), PLAINTEXT);
    const stored = JSON.parse(object.metadata["x-amz-t"] ?? object.metadata["x-amz-matdesc"]);
    const label = commitmentPolicy.startsWith("FORBID") ? "AES/GCM/NoPadding" : "115";
    assert.deepEqual(stored, { ...context, "aws:x-amz-cek-alg": label });
    const names = (await storage.kmsEvents()).map(({ eventName }) => eventName);
    assert.deepEqual(names.slice(-2), ["GenerateDataKey", "Decrypt"]);
  });
}

test("a data key that KMS wrapped for the first clients is read on request, without a context", async () => {
  const encryptionContext = { kms_cmk_id: "alias/demo" };
  const { plaintext, ciphertextBlob } = await direct().generateDataKey({ keyId: "alias/demo", encryptionContext });
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", plaintext, iv);
  const body = Buffer.concat([cipher.update(PLAINTEXT), cipher.final(), cipher.getAuthTag()]);
  const metadata = {
    "x-amz-key-v2": Buffer.from(ciphertextBlob).toString("base64"),
    "x-amz-iv": Buffer.from(iv).toString("base64"),
    "x-amz-wrap-alg": "kms",
    "x-amz-cek-alg": "AES/GCM/NoPadding",
    "x-amz-tag-len": "128",
    "x-amz-matdesc": JSON.stringify(encryptionContext),
  };
  const options = { commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT", enableLegacyWrappingAlgorithms: true };
  const read = async (more) =>
    collect(await decryptObject({ body: new Uint8Array(body), metadata }, { ...options, ...more }));
  assert.deepEqual(await read({ keyring: keyringOf() }), PLAINTEXT);
  const off = { keyring: keyringOf(), enableLegacyWrappingAlgorithms: false };
  await assert.rejects(read(off), { code: "LEGACY_WRAPPING_NOT_ENABLED" });
  const withContext = keyringOf({ encryptionContext: context });
  await assert.rejects(read({ keyring: withContext }), { code: "ENCRYPTION_CONTEXT_MISMATCH" });
  await assert.rejects(read({ keyring: keyringOf({ keyId: "alias/other" }) }), { code: "WRONG_KEY" });
});

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
  await assert.rejects(decrypted({ ...object, metadata }, altered), { code: "WRONG_KEY" });
  const other = keyringOf({ keyId: "alias/other", encryptionContext: context });
  await assert.rejects(decrypted(object, other), { code: "WRONG_KEY" });
  const none = keyringOf({ keyId: "alias/none" });
  await assert.rejects(encrypted(none), { code: "KMS_KEY_UNUSABLE", message: /NotFound/ });
});

test("KMS takes a signed request only as it was signed, by who it knows", async () => {
  const asked = [];
  const changed = (change) => async (request) => {
    asked.push(request);
    return storage.fetch(await change(request));
  };
  const withBody = async (request) => {
    const body = (await request.text()).replace("AES_256", "AES_128");
    return new Request(request.url, { method: "POST", headers: request.headers, body });
  };
  const withTarget = async (request) => {
    const headers = new Headers(request.headers);
    headers.set("x-amz-target", "TrentService.Decrypt");
    return new Request(request.url, { method: "POST", headers, body: await request.text() });
  };
  for (const options of [
    { credentials: () => ({ ...credentials, secretAccessKey: "another" }) },
    { credentials: () => ({ ...credentials, accessKeyId: "AKIDNOBODY" }) },
    { fetch: changed(withBody) },
    { fetch: changed(withTarget) },
  ]) {
    await assert.rejects(encrypted(keyringOf({ client: direct(options) })), { code: "KMS_ACCESS_DENIED" });
  }
  assert.equal(asked[0].url, `https://${HOST}/`, "nothing of the signature is in the URL");
  assert.equal(asked[0].referrerPolicy, "no-referrer");
});

test("a session token is signed and sent, and credentials are asked for before each call", async () => {
  let calls = 0;
  const answer = async (request) => {
    assert.equal(request.headers.get("x-amz-security-token"), `token-${calls}`);
    assert.match(
      request.headers.get("authorization"),
      /SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;/,
    );
    return Response.json({ __type: "ExpiredTokenException", message: "it is expired" }, { status: 400 });
  };
  const temporary = () => ({ ...credentials, sessionToken: `token-${(calls += 1)}`, expiration: new Date() });
  const aws = { credentials: temporary, fetch: answer };
  const keyring = keyringOf({ client: kmsEndpoint({ region: "eu-west-1", ...aws }) });
  for (const _ of [1, 2]) await assert.rejects(encrypted(keyring), { code: "KMS_ACCESS_DENIED", message: /expired/ });
  assert.equal(calls, 2);
  const none = keyringOf({ client: kmsEndpoint({ region: "eu-west-1", ...aws, credentials: () => ({}) }) });
  await assert.rejects(encrypted(none), { code: "INVALID_OPTION" });
});

test("KMS is asked in the domain of its region's partition", async () => {
  const hosts = [];
  const answer = (request) => {
    hosts.push(new URL(request.url).host);
    return Response.json({ __type: "AccessDeniedException", message: "no" }, { status: 400 });
  };
  const temporary = () => ({ ...credentials, sessionToken: "token" });
  for (const region of ["eu-west-1", "cn-north-1", "eusc-de-east-1", "us-isob-east-1"]) {
    const client = kmsEndpoint({ region, credentials: temporary, fetch: answer });
    await assert.rejects(encrypted(keyringOf({ client })), { code: "KMS_ACCESS_DENIED" });
  }
  assert.deepEqual(hosts, [
    "kms.eu-west-1.amazonaws.com",
    "kms.cn-north-1.amazonaws.com.cn",
    "kms.eusc-de-east-1.amazonaws.eu",
    "kms.us-isob-east-1.sc2s.sgov.gov",
  ]);
  const client = kmsEndpoint({ region: "eu.west", credentials: temporary, fetch: answer });
  await assert.rejects(encrypted(keyringOf({ client })), { code: "INVALID_PRESIGN_REQUEST" });
});

/** Waits between attempts take no time while this runs. */
async function withoutWaiting(run) {
  const real = globalThis.setTimeout;
  globalThis.setTimeout = (callback) => real(callback, 0);
  try {
    await run();
  } finally {
    globalThis.setTimeout = real;
  }
}

test("KMS that has too much to do, or is not reached, is asked again", () =>
  withoutWaiting(async () => {
    for (const failure of [
      () => Response.json({ __type: "ThrottlingException" }, { status: 400 }),
      () => Response.json({ __type: "KMSInternalException" }, { status: 500 }),
      () => Promise.reject(new TypeError("x")),
    ]) {
      let calls = 0;
      const fetch = async (request) => ((calls += 1) % 3 === 0 ? await backend(request) : await failure());
      const keyring = keyringOf({ client: kmsBackend("https://app.example/kms", { fetch }) });
      const object = await encrypted(keyring);
      assert.equal(calls, 3);
      await decryptObject(object, { keyring });
      assert.equal(calls, 6);
    }
    await storage.setFaults([{ operation: "kms:GenerateDataKey", times: 2, fault: "slow-down" }]);
    await encrypted(keyringOf());
    assert.equal((await storage.faults())[0].seen, 3);
    await storage.setFaults([]);
  }));

test("KMS that refuses is not asked again, and one that never can is given up", () =>
  withoutWaiting(async () => {
    for (const [type, expected] of [
      ["AccessDeniedException", 1],
      ["DisabledException", 1],
      ["ThrottlingException", 6],
    ]) {
      let calls = 0;
      const fetch = () => {
        calls += 1;
        return Promise.resolve(Response.json({ __type: type }, { status: 400 }));
      };
      const keyring = keyringOf({ client: kmsBackend("https://app.example/kms", { fetch }) });
      await assert.rejects(encrypted(keyring), { message: new RegExp(type) });
      assert.equal(calls, expected, type);
    }
  }));

test("what KMS answers is told apart by what can be done about it", () =>
  withoutWaiting(async () => {
    for (const [status, type, code] of [
      [400, "com.amazonaws.kms#AccessDeniedException", "KMS_ACCESS_DENIED"],
      [403, "InvalidSignatureException", "KMS_ACCESS_DENIED"],
      [400, "UnrecognizedClientException", "KMS_ACCESS_DENIED"],
      [400, "DisabledException", "KMS_KEY_UNUSABLE"],
      [400, "KMSInvalidStateException", "KMS_KEY_UNUSABLE"],
      [400, "InvalidCiphertextException", "WRONG_KEY"],
      [400, "IncorrectKeyException", "WRONG_KEY"],
      [400, "ThrottlingException", "KMS_UNAVAILABLE"],
      [500, "KMSInternalException", "KMS_UNAVAILABLE"],
      [502, undefined, "KMS_UNAVAILABLE"],
      [401, undefined, "KMS_ACCESS_DENIED"],
      [400, "ValidationException", "KMS_REFUSED"],
      [404, undefined, "KMS_REFUSED"],
    ]) {
      const answer = () => Promise.resolve(Response.json({ __type: type, message: "so it is" }, { status }));
      const keyring = keyringOf({ client: kmsBackend("https://app.example/kms", { fetch: answer }) });
      await assert.rejects(encrypted(keyring), { code }, type);
    }
  }));

test("answers that are none, and ways that others could read, are refused", async () => {
  const through = (answer) => keyringOf({ client: kmsBackend("https://app.example/kms", { fetch: answer }) });
  const short = { Plaintext: "QUJD", CiphertextBlob: "QUJD" };
  const key = Buffer.alloc(32, 5).toString("base64");
  // `null` would be three bytes in base64.
  const blobs = [null, "", undefined, 5].map((blob) => ({ Plaintext: key, CiphertextBlob: blob }));
  for (const body of [{}, short, ...blobs]) {
    const keyring = through(() => Promise.resolve(Response.json(body)));
    await assert.rejects(encrypted(keyring), { code: "UNEXPECTED_STORAGE_ANSWER" });
  }
  const unreachable = through(() => Promise.reject(new TypeError("x")));
  await withoutWaiting(() => assert.rejects(encrypted(unreachable), { code: "NETWORK_FAILURE" }));
  let asked = 0;
  const brokenOff = through(() => {
    asked += 1;
    const pull = (controller) => controller.error(new TypeError("terminated"));
    return Promise.resolve(new Response(new ReadableStream({ pull })));
  });
  await withoutWaiting(() => assert.rejects(encrypted(brokenOff), { code: "NETWORK_FAILURE" }));
  assert.ok(asked > 1, "it is asked again");
  const plain = keyringOf({ client: kmsBackend("http://app.example/kms") });
  await assert.rejects(encrypted(plain), { code: "INSECURE_TRANSPORT" });
  const openly = keyringOf({ client: direct({ endpoint: "http://kms.example" }) });
  await assert.rejects(encrypted(openly), { code: "INSECURE_TRANSPORT" });
  assert.throws(() => keyringOf({ keyId: "" }), { code: "INVALID_INPUT" });
});
