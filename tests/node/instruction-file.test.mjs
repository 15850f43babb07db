/** Instruction files of the built package, in the simulated storage: written, found, wrapped anew, deleted. */

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  AesKeyring,
  decryptObject,
  decryptRange,
  deleteObject,
  download,
  encryptObject,
  KmsKeyring,
  MultiKeyring,
  PassphraseKeyring,
  reEncryptInstructionFile,
  RsaKeyring,
  sse,
  upload,
} from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const MIB = 1024 * 1024;
const V2 = { commitmentPolicy: "FORBID_ENCRYPT_ALLOW_DECRYPT" };
const FILE = "object.instruction";
const aes = (byte, name) =>
  AesKeyring.fromBytes(new Uint8Array(32).fill(byte), name === undefined ? {} : { materialsDescription: { name } });
const rsaKeys = async () => crypto.subtle.generateKey(RSA, true, ["encrypt", "decrypt"]);
const RSA = {
  name: "RSA-OAEP",
  hash: "SHA-1",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1),
};
const namesIn = (headers) => [...headers.keys()].filter((name) => name.startsWith("x-amz-meta-x-amz"));
const content = async (options) => collect((await download(options)).body);
const keyring = await aes(1, "2025");

test("V3 leaves suite, commitment and message id with the object, V2 leaves the length", async () => {
  for (const [policy, beside] of [
    [{}, ["x-amz-meta-x-amz-c", "x-amz-meta-x-amz-d", "x-amz-meta-x-amz-i"]],
    [V2, ["x-amz-meta-x-amz-unencrypted-content-length"]],
  ]) {
    const { presign, stored, log } = await open();
    const plaintext = randomBytes(1000);
    await upload(plaintext, { presign, keyring, instructionFile: true, metadata: { author: "somebody" }, ...policy });
    assert.deepEqual(log, ["PutObject .instruction", "PutObject"]);
    assert.deepEqual(namesIn((await stored("object")).headers), beside);
    const file = await stored(FILE);
    assert.equal(file.headers.get("x-amz-meta-x-amz-crypto-instr-file"), "");
    assert.equal(file.headers.get("x-amz-meta-author"), null);
    const names = Object.keys(await file.json());
    assert.ok(names.includes(beside.length > 1 ? "x-amz-3" : "x-amz-key-v2"), names.join());
    assert.deepEqual(await content({ presign, keyring, ...policy }), plaintext);
    assert.deepEqual(log.slice(2), ["GetObject", "GetObject .instruction"]);
  }
});

test("an upload in parts stores the file between the last part and the completion", async () => {
  const { presign, log } = await open();
  const plaintext = randomBytes(11 * MIB);
  await upload(plaintext, { presign, keyring, instructionFile: true, partSize: 5 * MIB, concurrency: 1 });
  const parts = ["UploadPart", "UploadPart", "UploadPart"];
  const order = ["CreateMultipartUpload", ...parts, "PutObject .instruction", "CompleteMultipartUpload"];
  assert.deepEqual(log, order);
  assert.deepEqual(await content({ presign, keyring }), plaintext);
});

test("where the file cannot be stored, there is no object either", async () => {
  for (const length of [10, 6 * MIB]) {
    const { presign, stored } = await open({ fail: (request) => request === "PutObject .instruction" });
    const uploading = upload(randomBytes(length), { presign, keyring, instructionFile: true, partSize: 5 * MIB });
    await assert.rejects(uploading, { code: "STORAGE_REFUSED" });
    assert.equal(await stored("object"), undefined);
  }
});

test("where the object cannot be made, no file is stored, and one that was there stays", async () => {
  const short = () => new Blob([new Uint8Array(50)]).stream();
  for (const [source, contentLength, failure] of [
    [short(), 100, { code: "CONTENT_LENGTH_MISMATCH" }],
    [new ReadableStream({ pull: (controller) => controller.error(new Error("disk gone")) }), 100, /disk gone/],
  ]) {
    const { presign, log } = await open();
    const plaintext = randomBytes(1000);
    await upload(plaintext, { presign, keyring, instructionFile: true });
    log.length = 0;
    const uploading = upload(source, { presign, keyring, contentLength, instructionFile: true });
    await assert.rejects(uploading, failure);
    assert.deepEqual(log, []);
    assert.deepEqual(await content({ presign, keyring }), plaintext);
  }
});

test("a signer that knows nothing of the file is noticed before anything is sent", async () => {
  const { presign, stored } = await open();
  const ignorant = (request) => presign({ ...request, keySuffix: "" });
  const uploading = upload(randomBytes(10), { presign: ignorant, keyring, instructionFile: true });
  await assert.rejects(uploading, { code: "INVALID_INPUT", message: /keySuffix/ });
  assert.equal(await stored("object"), undefined);
  await assert.rejects(upload(randomBytes(10), { presign, sse: sse.s3(), instructionFile: true }), {
    code: "INVALID_INPUT",
  });
});

test("a customer key is for the object alone", async () => {
  const { presign, stored } = await open();
  const options = { presign, keyring, sse: sse.customerKey(new Uint8Array(32).fill(3)) };
  const plaintext = randomBytes(100);
  await upload(plaintext, { ...options, instructionFile: true });
  assert.equal((await stored(FILE)).status, 200, "readable without the customer key");
  assert.equal((await stored("object")).status, 400);
  assert.deepEqual(await content(options), plaintext);
});

test("an object without its file, and one that was never encrypted, are told apart", async () => {
  const { presign, replace } = await open();
  const options = { presign, keyring };
  await upload(randomBytes(10), { ...options, instructionFile: true });
  await assert.rejects(download({ ...options, instructionFileSuffix: ".other" }), { code: "INSTRUCTION_FILE_MISSING" });
  await assert.rejects(download({ ...options, instructionFileSuffix: "" }), { code: "INVALID_OPTION" });
  await deleteObject({ presign });
  await replace("object", "in the clear", { "x-amz-meta-author": "somebody" });
  await assert.rejects(download(options), { code: "NOT_ENCRYPTED" });
  const closed = await open({ fail: (request) => request === "GetObject .instruction" });
  await closed.replace("object", "in the clear");
  await assert.rejects(download({ presign: closed.presign, keyring }), { code: "NOT_ENCRYPTED" });
});

test("files that are none are refused by what is wrong with them", async () => {
  const { presign, stored, replace } = await open();
  await upload(randomBytes(10), { presign, keyring, instructionFile: true });
  const file = await (await stored(FILE)).json();
  for (const [body, code] of [
    ["", "INSTRUCTION_FILE_INVALID"],
    [`${JSON.stringify(file).slice(0, -1)},"x-amz-w":"02"}`, "INSTRUCTION_FILE_INVALID"],
    [JSON.stringify({ ...file, "x-amz-c": "115" }), "INSTRUCTION_FILE_INVALID"],
    [JSON.stringify({ ...file, "x-amz-w": 2 }), "INSTRUCTION_FILE_INVALID"],
    [new Uint8Array([0xff]), "INSTRUCTION_FILE_INVALID"],
    [" ".repeat(MIB), "INSTRUCTION_FILE_INVALID"],
    [JSON.stringify({ ...file, "x-amz-3": "AAAA" }), "METADATA_WRONG_LENGTH"],
    [JSON.stringify({ ...file, "x-amz-iv": "AAAA" }), "METADATA_CONTRADICTORY"],
  ]) {
    await replace(FILE, body);
    await assert.rejects(download({ presign, keyring }), { code }, String(body).slice(0, 99));
  }
});

test("a description that would not be read is refused before anything is sent, and any other is read", async () => {
  const described = (text) => AesKeyring.fromBytes(new Uint8Array(32), { materialsDescription: { text } });
  const { presign, stored, log } = await open();
  const plaintext = randomBytes(100);
  // Six bytes of JSON for each character, and one more in the file.
  const long = await described("é".repeat(10_000));
  await upload(plaintext, { presign, keyring: long, instructionFile: true });
  assert.deepEqual(await content({ presign, keyring: long }), plaintext);
  const before = await (await stored(FILE)).text();
  log.length = 0;
  const tooLong = await described("é".repeat(11_000));
  const refused = { code: "INVALID_OPTION", message: /materialsDescription/ };
  await assert.rejects(upload(plaintext, { presign, keyring: tooLong, instructionFile: true }), refused);
  assert.deepEqual(log, []);
  await assert.rejects(encryptObject(plaintext, { keyring: tooLong, instructionFile: true }), refused);
  await assert.rejects(reEncryptInstructionFile({ presign, keyring: long, newKeyring: tooLong }), refused);
  assert.equal(await (await stored(FILE)).text(), before);
});

test("another object's file opens nothing: the object commits to its own key", async () => {
  const { presign, stored, replace } = await open();
  await upload(randomBytes(10), { presign, keyring, instructionFile: true });
  const earlier = await (await stored(FILE)).text();
  await upload(randomBytes(10), { presign, keyring, instructionFile: true });
  await replace(FILE, earlier);
  await assert.rejects(download({ presign, keyring }), { code: "WRONG_KEY" });
  const newKeyring = await aes(2, "2026");
  await assert.rejects(reEncryptInstructionFile({ presign, keyring, newKeyring }), { code: "WRONG_KEY" });
});

test("the plain functions take and give the file as well", async () => {
  for (const policy of [{}, V2]) {
    const plaintext = randomBytes(1000);
    const { body, metadata, instructionFile } = await encryptObject(plaintext, {
      keyring,
      instructionFile: true,
      ...policy,
    });
    assert.deepEqual(instructionFile.metadata, { "x-amz-crypto-instr-file": "" });
    assert.equal(instructionFile.keySuffix, ".instruction");
    const stored = { body: await collect(body), metadata, instructionFile: instructionFile.body };
    assert.deepEqual(await collect(await decryptObject(stored, { keyring, ...policy })), plaintext);
    const ranged = {
      metadata,
      instructionFile: new TextEncoder().encode(instructionFile.body),
      storedLength: 1016,
      read: (start, end) => stored.body.slice(start, end),
    };
    const range = { start: 100, end: 200, enableLegacyUnauthenticatedModes: true };
    assert.deepEqual(await decryptRange(ranged, { keyring, ...range, ...policy }), plaintext.slice(100, 200));
  }
  const { body, metadata, instructionFile } = await encryptObject(randomBytes(1), { keyring });
  assert.equal(instructionFile, undefined);
  const superfluous = { body: await collect(body), metadata, instructionFile: "{}" };
  await assert.rejects(decryptObject(superfluous, { keyring }), { code: "INSTRUCTION_FILE_INVALID" });
});

test("a wrapping key is rotated without the object being touched", async () => {
  const cryptoKey = await crypto.subtle.importKey("raw", new Uint8Array(32).fill(9), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  for (const newKeyring of [
    await aes(2, "2026"),
    await AesKeyring.fromCryptoKey(cryptoKey, { materialsDescription: { name: "in the browser" } }),
    await RsaKeyring.fromKeys(await rsaKeys(), { materialsDescription: { name: "RSA" } }),
    new MultiKeyring([await aes(2, "2026"), keyring]),
  ]) {
    for (const policy of [{}, V2]) {
      const { presign, stored, log } = await open();
      const plaintext = randomBytes(100);
      await upload(plaintext, { presign, keyring, instructionFile: true, ...policy });
      const before = (await stored("object")).headers.get("last-modified");
      await reEncryptInstructionFile({ presign, keyring, newKeyring, enforceRotation: true, ...policy });
      assert.deepEqual(log.slice(2), ["GetObject", "GetObject .instruction", "PutObject .instruction"]);
      assert.equal((await stored("object")).headers.get("last-modified"), before);
      assert.deepEqual(await content({ presign, keyring: newKeyring, ...policy }), plaintext);
      await assert.rejects(content({ presign, keyring, ...policy }), { name: "EnvelopeError" });
    }
  }
});

test("a further reader gets a file of its own", async () => {
  const { presign } = await open();
  const keys = await rsaKeys();
  const plaintext = randomBytes(100);
  await upload(plaintext, { presign, keyring, instructionFile: true });
  const suffix = { instructionFileSuffix: ".reader-2" };
  const named = { materialsDescription: { name: "reader 2" } };
  const writer = await RsaKeyring.fromKeys({ publicKey: keys.publicKey }, named);
  await reEncryptInstructionFile({ presign, keyring, newKeyring: writer, ...suffix });
  const reader = await RsaKeyring.fromKeys({ privateKey: keys.privateKey }, named);
  assert.deepEqual(await content({ presign, keyring: reader, ...suffix }), plaintext);
  assert.deepEqual(await content({ presign, keyring }), plaintext);
  await deleteObject({ presign, instructionFileSuffixes: [".instruction", ".reader-2"] });
  await assert.rejects(content({ presign, keyring: reader, ...suffix }), { code: "STORAGE_REFUSED" });
});

test("what would not be a rotation is refused, and the file stands", async () => {
  const { presign, stored } = await open();
  await upload(randomBytes(100), { presign, keyring, instructionFile: true });
  const before = await (await stored(FILE)).text();
  const refused = (options, code) =>
    assert.rejects(reEncryptInstructionFile({ presign, keyring, ...options }), { code });
  await refused({ newKeyring: await aes(2, "2025") }, "MATERIALS_DESCRIPTION_UNCHANGED");
  await refused({ newKeyring: await aes(1, "2026"), enforceRotation: true }, "WRAPPING_KEY_NOT_ROTATED");
  await refused({ newKeyring: await aes(2, "2026"), instructionFileSuffix: ".reader-2" }, "INVALID_OPTION");
  await refused({ newKeyring: new KmsKeyring({ keyId: "k", client: {} }) }, "INVALID_INPUT");
  await refused({ newKeyring: await aes(2, "2026"), keyring: await aes(3) }, "WRONG_KEY");
  const readerOnly = await RsaKeyring.fromKeys({ privateKey: (await rsaKeys()).privateKey });
  await refused({ newKeyring: readerOnly }, "INVALID_INPUT");
  assert.equal(await (await stored(FILE)).text(), before);
  // Java allows a new name for the same key unless rotation is enforced.
  await reEncryptInstructionFile({ presign, keyring, newKeyring: await aes(1, "2026") });
  const whole = await open();
  await upload(randomBytes(100), { presign: whole.presign, keyring });
  await refused({ presign: whole.presign, newKeyring: await aes(2, "2026") }, "INVALID_INPUT");
});

test("a passphrase that stays is no rotation, whatever its salt; another one is", async () => {
  const cost = { memoryKib: 64, iterations: 1, parallelism: 1 };
  const passphrase = (text) => new PassphraseKeyring(text, cost);
  const { presign, stored } = await open();
  const plaintext = randomBytes(100);
  await upload(plaintext, { presign, keyring: passphrase("one"), instructionFile: true });
  const before = await (await stored(FILE)).text();
  const rotate = (newKeyring) =>
    reEncryptInstructionFile({ presign, keyring: passphrase("one"), newKeyring, enforceRotation: true });
  await assert.rejects(rotate(passphrase("one")), { code: "WRAPPING_KEY_NOT_ROTATED" });
  assert.equal(await (await stored(FILE)).text(), before);
  await rotate(passphrase("two"));
  assert.deepEqual(await content({ presign, keyring: passphrase("two") }), plaintext);
  await assert.rejects(content({ presign, keyring: passphrase("one") }), { code: "WRONG_KEY" });
});

test("the signal ends the wait for a keyring, whichever does not answer", async () => {
  const { presign, stored } = await open();
  await upload(randomBytes(100), { presign, keyring, instructionFile: true });
  const before = await (await stored(FILE)).text();
  const other = await aes(2, "2026");
  const never = (stop) => () => {
    setTimeout(() => stop.abort(new Error("enough")), 0);
    return new Promise(() => undefined);
  };
  const slowAfter = (answers, stop) => ({
    unwrapDataKey: (metadata) => (answers-- > 0 ? keyring.unwrapDataKey(metadata) : never(stop)()),
  });
  for (const keyrings of [
    (stop) => ({ keyring: slowAfter(0, stop), newKeyring: other }),
    (stop) => ({ keyring, newKeyring: { wrapDataKey: never(stop) } }),
    (stop) => ({ keyring: slowAfter(1, stop), newKeyring: other }),
    (stop) => ({ keyring: slowAfter(2, stop), newKeyring: other }),
  ]) {
    const stop = new AbortController();
    const options = { presign, signal: stop.signal, enforceRotation: true, ...keyrings(stop) };
    await assert.rejects(reEncryptInstructionFile(options), /enough/);
  }
  assert.equal(await (await stored(FILE)).text(), before);
});

test("deletion takes the file along, after the object", async () => {
  const { presign, log, stored } = await open();
  await upload(randomBytes(10), { presign, keyring, instructionFile: true });
  await deleteObject({ presign });
  assert.deepEqual(log.slice(2), ["DeleteObject", "DeleteObject .instruction"]);
  assert.deepEqual([await stored("object"), await stored(FILE)], [undefined, undefined]);
  await deleteObject({ presign });
  await assert.rejects(deleteObject({ presign, instructionFileSuffixes: [""] }), { code: "INVALID_OPTION" });
});
