/** What the README and docs/ say to copy is right: samples are type-checked, those of whole programs are run. */

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";

import { DescribeKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import ts from "typescript";

import {
  AesKeyring,
  decryptObject,
  deleteObject,
  download,
  encryptObject,
  kmsBackend,
  KmsKeyring,
  MultiKeyring,
  presign as signed,
  upload,
} from "../../dist/node.js";
import { openStorage } from "../../dist/testing.js";
import { ROOT } from "../../scripts/lib/run.mjs";
import { collect, randomBytes } from "./support/inputs.mjs";
import { compiled, DOCUMENTS, OPTIONS, SampleFolder, samples } from "./support/samples.mjs";

const CREDENTIALS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};
const network = globalThis.fetch;

/** What samples leave to the app: each is what its name says. */
const APP = `
  declare const key: Uint8Array<ArrayBuffer>;
  declare const file: File;
  declare const destination: WritableStream<Uint8Array<ArrayBuffer>>;
  declare const session: { readonly token: string; readonly tenant: string };
  declare const keyring: import("s3-envelope").Keyring;
  declare const newKeyring: import("s3-envelope").Keyring;
  declare const reader: import("s3-envelope").RsaKeyring;
  declare const readersOwn: import("s3-envelope").RsaKeyring;
  declare const presign: import("s3-envelope").Presign;
  declare const saveObject: typeof import("s3-envelope").saveObject;
  declare function show(sentBytes: number, totalBytes: number | undefined): void;
  declare function store(chunk: Uint8Array): Promise<void>;
`;
const USERS = `
  export async function userOf(request: Request): Promise<{ id: string; tenant: string } | undefined> {
    return request.headers.get("authorization") === "Ada" ? { id: "7", tenant: "north" } : undefined;
  }
`;

let folder;

before(() => {
  folder = new SampleFolder();
  const { path } = folder;
  writeFileSync(join(path, "app.d.ts"), APP);
  writeFileSync(join(path, "users.ts"), USERS);
  writeFileSync(join(path, "users.js"), compiled(USERS));
  for (const { name, text } of samples()) writeFileSync(join(path, name), text);
});

after(() => {
  globalThis.fetch = network;
  folder.remove();
});

test("every sample passes TypeScript's strictest checks", () => {
  const names = samples().map(({ name }) => join(folder.path, name));
  assert.ok(names.length >= 8, `${String(names.length)} samples were found`);
  const program = ts.createProgram([...names, join(folder.path, "app.d.ts")], { ...OPTIONS, noEmit: true });
  const complaints = ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const { line } = file?.getLineAndCharacterOfPosition(start) ?? { line: 0 };
    const what = ts.flattenDiagnosticMessageText(messageText, " ");
    return `${file?.fileName.slice(folder.path.length + 1) ?? ""}:${String(line + 1)}: ${what}`;
  });
  assert.deepEqual(complaints, []);
});

/** What a strict app does: options that may be undefined, and a request that is handed on as it came. */
const CONSUMER = `
  import { download, PassphraseKeyring, presign, upload } from "s3-envelope";
  import type { DownloadOptions, PresignedUrl, PresignOptions, PresignRequest, UploadOptions } from "s3-envelope";
  import { type FaultRule, openStorage, type StorageCredential } from "s3-envelope/testing";
  declare const place: Pick<PresignOptions, "credentials" | "region" | "bucket" | "key">;
  declare const signal: AbortSignal | undefined;
  export const up = (options: UploadOptions) => upload(new Uint8Array(1), { ...options, signal, contentType: undefined });
  export const down = async (options: DownloadOptions) => (await download({ ...options, signal })).etag;
  export const sign = ({ operation, headers }: PresignRequest) => presign({ ...place, operation, headers });
  export const keyring = new PassphraseKeyring("passphrase", { memoryKib: undefined });
  export const signed: PresignedUrl = { url: "https://storage.test/", headers: undefined };
  const user: StorageCredential = { accessKeyId: "a", secretAccessKey: "s", userId: undefined, displayName: undefined, email: undefined };
  export const rule: FaultRule = { operation: undefined, nth: undefined, times: undefined, fault: "reset" };
  export const storage = openStorage({ databaseName: undefined, region: undefined, credentials: [user], kmsKeys: undefined });
  export const likeCeph = openStorage({ profile: undefined, sseCDefault: undefined, baseDomain: undefined, credentials: undefined });
`;

test("the package's types take no more than ES2022 and the DOM, libraries checked as well", () => {
  const path = join(folder.path, "consumer.ts");
  writeFileSync(path, CONSUMER);
  const strict = { ...OPTIONS, skipLibCheck: false, target: ts.ScriptTarget.ES2022, types: [] };
  for (const way of [
    { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
  ]) {
    const options = { ...strict, ...way, lib: ["lib.es2022.d.ts", "lib.dom.d.ts"], noEmit: true };
    const complaints = ts.getPreEmitDiagnostics(ts.createProgram([path], options));
    assert.deepEqual(
      complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " ")),
      [],
    );
  }
});

test("the sample of the storage for tests runs", async () => {
  const { storage } = await folder.run("openStorage()", (text) => `${text}\nexport { storage };\n`);
  assert.equal((await storage.inspectObject("demo", "report")).userMetadata["x-amz-c"], "115");
});

test("links lead to what there is, and the README's to what is in the package", () => {
  const { files } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const anchorOf = (title) =>
    title
      .toLowerCase()
      .replace(/[^\w -]/g, "")
      .replaceAll(" ", "-");
  for (const document of DOCUMENTS) {
    const links = readFileSync(join(ROOT, document), "utf8").matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g);
    for (const [link, path, anchor] of links) {
      const target = path === "" ? document : join(dirname(document), path);
      assert.ok(existsSync(join(ROOT, target)), `${document}: ${link}`);
      assert.ok(document !== "README.md" || files.includes(target.split("/")[0]), `not in the package: ${link}`);
      if (anchor !== undefined) {
        const titles = readFileSync(join(ROOT, target), "utf8").matchAll(/^#+ (.*)$/gm);
        assert.ok([...titles].map(([, title]) => anchorOf(title)).includes(anchor), `${document}: ${link}`);
      }
    }
  }
});

test("the CORS rule exposes all that the package reads", () => {
  const [, rule] = /```json\n(.*?)```/s.exec(readFileSync(join(ROOT, "docs/setup.md"), "utf8"));
  const { ExposeHeaders, AllowedMethods } = JSON.parse(rule).CORSRules[0];
  const exposed = new Set(ExposeHeaders.map((name) => name.toLowerCase()));
  const names = readFileSync(join(ROOT, "src/metadata/mod.rs"), "utf8").matchAll(
    /const \w+: &str = "(x-amz-(?!meta)\S+)"/g,
  );
  const metadata = [...names].map(([, name]) => `x-amz-meta-${name}`);
  assert.equal(metadata.length, 15);
  const scripts = readdirSync(join(ROOT, "js")).filter((name) => name.endsWith(".ts") && !name.startsWith("storage-"));
  const read = scripts.flatMap((name) => [
    ...readFileSync(join(ROOT, "js", name), "utf8").matchAll(/headers\.(?:get|has)\("([^"]+)"\)/g),
  ]);
  // Browsers show these of any answer.
  const always = ["content-type", "content-length"];
  const others = read.map(([, name]) => name).filter((name) => !always.includes(name));
  assert.deepEqual(exposed, new Set([...metadata, ...others]));
  assert.deepEqual(AllowedMethods, ["GET", "PUT", "POST", "DELETE"]);
});

/** The sample as a server, a storage behind it, and a page that asks it for the object `letter`. */
async function signing(t, sessionToken) {
  const environment = {
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  };
  const set = (name, value) => (value === undefined ? delete process.env[name] : (process.env[name] = value));
  for (const [name, value] of Object.entries(environment)) {
    const earlier = process.env[name];
    set(name, value);
    t.after(() => set(name, earlier));
  }
  const signUrl = await folder.exported("signUrl");
  const storage = await openStorage({ baseDomain: "amazonaws.com" });
  globalThis.fetch = (url, init) => storage.fetch(url, init);
  const { url } = await signed({
    credentials: CREDENTIALS,
    region: "us-east-1",
    endpoint: "https://s3.us-east-1.amazonaws.com",
    bucket: "demo",
    key: "",
    method: "PUT",
  });
  assert.equal((await storage.fetch(url, { method: "PUT" })).status, 200);
  const ask = (request, headers = { authorization: "Ada" }) =>
    signUrl(new Request("https://app.example/presign", { method: "POST", headers, body: JSON.stringify(request) }));
  const presign = async (request) => {
    const response = await ask({ object: "letter", ...request });
    assert.equal(response.status, 200, await response.clone().text());
    return response.json();
  };
  return { ask, presign, storage };
}

test("the backend's sample signs all that the package asks for", async (t) => {
  const { presign, storage } = await signing(t);
  const keyring = await AesKeyring.generate();
  const options = { presign, keyring, instructionFile: true, checksum: "crc64nvme", contentType: "text/plain" };
  for (const length of [1000, 6 * 1024 * 1024]) {
    const content = randomBytes(length);
    await upload(content, { ...options, partSize: 5 * 1024 * 1024, metadata: { author: "Ada" } });
    assert.deepEqual(await storage.objects("demo"), ["users/7/letter", "users/7/letter.instruction"]);
    assert.deepEqual(await collect((await download({ presign, keyring })).body), content);
  }
  const interrupted = presignFailing(presign, "CompleteMultipartUpload");
  await assert.rejects(
    upload(randomBytes(6 * 1024 * 1024), { ...options, presign: interrupted.presign, partSize: 5 * 1024 * 1024 }),
    /not signed/,
  );
  assert.equal(interrupted.last(), "AbortMultipartUpload");
  await deleteObject({ presign });
  assert.deepEqual(await storage.objects("demo"), []);
});

/** A signer that fails for one operation, and tells what it was asked for last. */
function presignFailing(presign, operation) {
  let last;
  const failing = async (request) => {
    last = request.operation;
    if (last === operation) throw new Error("not signed");
    return await presign(request);
  };
  return { presign: failing, last: () => last };
}

test("the backend's sample signs nothing else", async (t) => {
  const { ask } = await signing(t);
  const good = { object: "letter", operation: "PutObject", method: "PUT", query: {}, headers: {}, keySuffix: "" };
  assert.equal((await ask(good)).status, 200);
  assert.equal((await ask(good, {})).status, 401);
  const bad = [
    { headers: { "x-amz-copy-source": "/demo/users/8/letter" } },
    { headers: { "x-amz-acl": "public-read" } },
    { headers: { "X-Amz-Acl": "public-read" } },
    { headers: { "x-amz-tagging": "a=b" } },
    { headers: { "x-amz-server-side-encryption-customer-key": "k" } },
    { keySuffix: ".reader-2" },
    { keySuffix: "/../8/letter" },
    { keySuffix: undefined },
    { object: "../8/letter" },
    { object: "letter.instruction" },
    { object: "letter\n" },
    { object: "" },
    { operation: "ListParts" },
    { operation: "PutObjectAcl" },
    { operation: undefined },
  ];
  for (const change of bad) assert.equal((await ask({ ...good, ...change })).status, 403, JSON.stringify(change));
});

test("the backend's sample signs by temporary credentials as well", async (t) => {
  const { ask } = await signing(t, "a/token==");
  const request = { object: "letter", operation: "GetObject", method: "GET", query: {}, headers: {}, keySuffix: "" };
  const { url } = await (await ask(request)).json();
  assert.equal(new URL(url).searchParams.get("X-Amz-Security-Token"), "a/token==");
});

test("what AWS's providers of credentials give is taken as it is", async () => {
  const credentials = { ...CREDENTIALS, expiration: new Date(), accountId: "111122223333", $source: {} };
  const { url } = await signed({
    credentials,
    region: "us-east-1",
    bucket: "demo",
    key: "letter",
    operation: "GetObject",
  });
  assert.match(url, /^https:\/\/demo\.s3\.us-east-1\.amazonaws\.com\/letter\?/);
});

test("the backend's sample is served by node:http", async (t) => {
  const { inNode } = await folder.run("export function inNode(");
  const answerTo = async (request) => {
    const { word } = await request.json();
    if (word === "bad") throw new Error("this is logged, and not told");
    return new Response(`${request.headers.get("authorization")}: ${word}`, {
      status: 201,
      headers: { "x-more": "1" },
    });
  };
  const server = createServer(inNode(answerTo)).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${String(server.address().port)}/presign`;
  const post = (word) =>
    network(url, { method: "POST", headers: { authorization: "Ada" }, body: JSON.stringify({ word }) });
  const answer = await post("good");
  assert.deepEqual([answer.status, answer.headers.get("x-more"), await answer.text()], [201, "1", "Ada: good"]);
  t.mock.method(console, "error", () => undefined);
  const refusal = await post("bad");
  assert.deepEqual([refusal.status, await refusal.text()], [500, ""]);
});

test("the backend's sample does not sign what stands in the page's query", async (t) => {
  const { ask } = await signing(t);
  const query = { acl: "", versionId: "1", "X-Amz-Expires": "604800" };
  const request = { object: "letter", operation: "GetObject", method: "PUT", query, headers: {}, keySuffix: "" };
  const { url } = await (await ask(request)).json();
  const { searchParams } = new URL(url);
  assert.deepEqual(
    ["acl", "versionId", "X-Amz-Expires", "x-id"].map((name) => searchParams.get(name)),
    [null, null, "300", null],
  );
});

/** AWS's client for KMS, over the simulated one. */
function kmsOver(storage) {
  const handle = async ({ protocol, hostname, method, path, body, ...request }) => {
    // Whoever sends a request adds these two.
    const { host: _, "content-length": __, ...headers } = request.headers;
    const answer = await storage.fetch(`${protocol}//${hostname}${path}`, { method, headers, body });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const response = { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body: bytes };
    return { response };
  };
  return new KMSClient({ region: "us-east-1", credentials: CREDENTIALS, maxAttempts: 1, requestHandler: { handle } });
}

/** The sample before the simulated KMS, and keyrings of a page that asks it. */
async function asking() {
  const storage = await openStorage({ baseDomain: "amazonaws.com", kmsKeys: ["alias/demo", "alias/other"] });
  const kms = kmsOver(storage);
  const [own, other] = await Promise.all(
    ["alias/demo", "alias/other"].map(
      async (KeyId) => (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata.Arn,
    ),
  );
  const askKms = await folder.exported("askKms", (text) => text.replace(/"arn:aws:kms:.*"/, JSON.stringify(own)));
  const keyringOf = ({ keyId = own, tenant = "north", authorization = "Ada" } = {}) => {
    const client = kmsBackend("https://app.example/kms", {
      fetch: (request) => askKms(request, kms),
      headers: () => ({ authorization }),
    });
    return new KmsKeyring({ keyId, client, encryptionContext: { tenant } });
  };
  const ask = async (target, parameters) => {
    const headers = { authorization: "Ada", "x-amz-target": target };
    const body = JSON.stringify({ KeyId: own, EncryptionContext: { tenant: "north" }, ...parameters });
    return (await askKms(new Request("https://app.example/kms", { method: "POST", headers, body }), kms)).status;
  };
  return { keyringOf, ask, other, kms, own };
}

test("the backend's sample asks KMS for its own key and the user's own context, and for nothing else", async () => {
  const { keyringOf, ask, other } = await asking();
  const content = randomBytes(1000);
  const keyring = keyringOf();
  const { body, metadata } = await encryptObject(content, { keyring });
  const stored = { body: await collect(body), metadata };
  assert.deepEqual(await collect(await decryptObject(stored, { keyring })), content);
  for (const refused of [
    keyringOf({ keyId: other }),
    keyringOf({ tenant: "south" }),
    keyringOf({ authorization: "" }),
  ]) {
    await assert.rejects(encryptObject(content, { keyring: refused }), { code: "KMS_ACCESS_DENIED" });
  }
  for (const target of ["Encrypt", "ScheduleKeyDeletion", "GenerateDataKeyWithoutPlaintext"]) {
    assert.equal(await ask(`TrentService.${target}`, {}), 403);
  }
  assert.equal(await ask("TrentService.Decrypt", { KeyId: undefined }), 403);
  assert.equal(await ask("TrentService.Decrypt", { EncryptionContext: undefined }), 403);
});

test("KMS's errors come through the backend's sample as what they are", async () => {
  const { keyringOf, ask, kms, own } = await asking();
  assert.equal(await ask("TrentService.Decrypt", { CiphertextBlob: btoa("not wrapped by anybody") }), 400);
  await kms.send(new DisableKeyCommand({ KeyId: own }));
  await assert.rejects(encryptObject(randomBytes(1), { keyring: keyringOf() }), { code: "KMS_KEY_UNUSABLE" });
});

test("AWS's client for KMS is a way to KMS, and says what is another key's", async () => {
  const { kms, own, other } = await asking();
  const { kmsClientOf } = await folder.run("export function kmsClientOf(");
  const keyringOf = (keyId) =>
    new KmsKeyring({ keyId, client: kmsClientOf(kms), encryptionContext: { tenant: "north" } });
  const content = randomBytes(1000);
  const { body, metadata } = await encryptObject(content, { keyring: keyringOf(own) });
  const stored = { body: await collect(body), metadata };
  assert.deepEqual(await collect(await decryptObject(stored, { keyring: keyringOf(own) })), content);
  await assert.rejects(decryptObject(stored, { keyring: keyringOf(other) }), { code: "WRONG_KEY" });
  const both = new MultiKeyring([keyringOf(other), keyringOf(own)]);
  assert.deepEqual(await collect(await decryptObject(stored, { keyring: both })), content);
  await kms.send(new DisableKeyCommand({ KeyId: own }));
  await assert.rejects(encryptObject(content, { keyring: keyringOf(own) }), { name: "DisabledException" });
});
