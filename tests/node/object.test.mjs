/** encryptObject and decryptObject of the built package, in Node. */

import assert from "node:assert/strict";
import { createDecipheriv, hkdfSync } from "node:crypto";
import { test } from "node:test";

import { AesKeyring, decryptObject, encryptObject, EnvelopeError, isEnvelopeError, upload } from "../../dist/node.js";
import { EncryptSession } from "../../dist/wasm/engine.js";
import { collect, offsetView, pieces, randomBytes, shapesOf } from "./support/inputs.mjs";

const SEGMENT = 512 * 1024;
const WRAPPING_KEY = new Uint8Array(32).fill(7);
const keyring = await AesKeyring.fromBytes(WRAPPING_KEY);

const failsWith = (code) => (error) => {
  assert.ok(error instanceof EnvelopeError && isEnvelopeError(error), String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

async function encrypted(content, options = {}) {
  const object = await encryptObject(content, { keyring, ...options });
  return { ...object, body: await collect(object.body) };
}

const decrypted = async (object, options = {}) => collect(await decryptObject(object, { keyring, ...options }));

for (const length of [0, 1, 15, 16, 17, SEGMENT - 1, SEGMENT, SEGMENT + 1, 2 * SEGMENT + 5]) {
  test(`${length} bytes come back as they were`, async () => {
    const plaintext = randomBytes(length);
    const object = await encrypted(plaintext);
    assert.equal(object.body.length, length + 16);
    assert.equal(object.contentLength, length + 16);
    assert.deepEqual(await decrypted(object), plaintext);
  });
}

for (const length of [0, 5000]) {
  const plaintext = randomBytes(length);
  for (const [shape, make] of shapesOf(plaintext)) {
    test(`${length} bytes given as ${shape} are encrypted`, async () => {
      assert.deepEqual(await decrypted(await encrypted(make())), plaintext);
    });
  }
  const object = await encrypted(plaintext);
  for (const [shape, make] of shapesOf(object.body)) {
    test(`an object of ${length} bytes given as ${shape} is decrypted`, async () => {
      assert.deepEqual(await decrypted({ body: make(), metadata: object.metadata }), plaintext);
    });
  }
}

test("a key is taken as an offset view, a buffer, and never as text", async () => {
  const object = await encrypted(new Uint8Array([1, 2, 3]));
  for (const key of [offsetView(WRAPPING_KEY), WRAPPING_KEY.buffer, new DataView(WRAPPING_KEY.buffer)]) {
    const same = await AesKeyring.fromBytes(key);
    assert.deepEqual(await decrypted(object, { keyring: same }), new Uint8Array([1, 2, 3]));
  }
  const buffer = Buffer.from(WRAPPING_KEY);
  const own = await AesKeyring.fromBytes(buffer);
  assert.deepEqual(await decrypted(object, { keyring: own }), new Uint8Array([1, 2, 3]));
  own.dispose();
  assert.deepEqual(new Uint8Array(buffer), WRAPPING_KEY);
  await assert.rejects(AesKeyring.fromBytes("0123456789abcdef0123456789abcdef"), failsWith("KEY_IS_TEXT"));
  await assert.rejects(AesKeyring.fromBytes({}), failsWith("INVALID_INPUT"));
  for (const length of [0, 16, 31, 33]) {
    await assert.rejects(AesKeyring.fromBytes(new Uint8Array(length)), failsWith("INVALID_KEY_LENGTH"));
  }
});

test("a CryptoKey that cannot be extracted opens what the same raw key wrote, and the other way round", async () => {
  const key = await crypto.subtle.importKey("raw", WRAPPING_KEY, "AES-GCM", false, ["encrypt", "decrypt"]);
  const viaCryptoKey = await AesKeyring.fromCryptoKey(key);
  const plaintext = randomBytes(100);
  assert.deepEqual(await decrypted(await encrypted(plaintext), { keyring: viaCryptoKey }), plaintext);
  assert.deepEqual(await decrypted(await encrypted(plaintext, { keyring: viaCryptoKey })), plaintext);
  assert.throws(() => viaCryptoKey.exportKey(), failsWith("INVALID_INPUT"));
});

test("a CryptoKey of another kind or use is refused", async () => {
  const imported = (length, name, usages) =>
    crypto.subtle.importKey("raw", WRAPPING_KEY.subarray(0, length), name, false, usages);
  for (const [length, name] of [
    [16, "AES-GCM"],
    [32, "AES-CTR"],
  ]) {
    const key = await imported(length, name, ["encrypt", "decrypt"]);
    await assert.rejects(AesKeyring.fromCryptoKey(key), failsWith("INVALID_OPTION"));
  }
  const readOnly = await AesKeyring.fromCryptoKey(await imported(32, "AES-GCM", ["decrypt"]));
  await assert.rejects(encrypted(new Uint8Array(1), { keyring: readOnly }), failsWith("INVALID_OPTION"));
  const writeOnly = await AesKeyring.fromCryptoKey(await imported(32, "AES-GCM", ["encrypt"]));
  const written = await encrypted(new Uint8Array(1), { keyring: writeOnly });
  await assert.rejects(decryptObject(written, { keyring: writeOnly }), failsWith("KEYRING_MISMATCH"));
});

test("a materials description that is no map of strings is refused", async () => {
  for (const materialsDescription of [null, "text", [["name", "value"]], new Map(), { name: 1 }]) {
    await assert.rejects(AesKeyring.fromBytes(WRAPPING_KEY, { materialsDescription }), failsWith("INVALID_OPTION"));
  }
});

test("a keyring keeps its own copy of the key, whichever is first: writing, reading or exporting", async () => {
  const uses = [
    async (own) => assert.deepEqual(own.exportKey(), WRAPPING_KEY),
    async (own) => assert.equal((await encrypted(new Uint8Array(9), { keyring: own })).body.length, 25),
    async (own) => assert.equal((await decrypted(await encrypted(new Uint8Array(9)), { keyring: own })).length, 9),
  ];
  for (const first of uses) {
    const given = WRAPPING_KEY.slice();
    const own = await AesKeyring.fromBytes(given);
    given.fill(0);
    for (const use of [first, ...uses]) {
      await use(own);
    }
    own.dispose();
    assert.throws(() => own.exportKey(), failsWith("INVALID_INPUT"));
    await assert.rejects(encrypted(new Uint8Array(9), { keyring: own }), failsWith("INVALID_INPUT"));
  }
});

test("a generated key can be exported and used again", async () => {
  const generated = await AesKeyring.generate();
  const again = await AesKeyring.fromBytes(generated.exportKey());
  const object = await encrypted(new Uint8Array(10), { keyring: generated });
  assert.deepEqual(await decrypted(object, { keyring: again }), new Uint8Array(10));
  assert.notDeepEqual((await AesKeyring.generate()).exportKey(), generated.exportKey());
});

test("the object is what the specification says, opened with Node's own cryptography", async () => {
  const plaintext = randomBytes(SEGMENT + 100);
  const { body, metadata } = await encrypted(plaintext);
  const base64 = (name) => Buffer.from(metadata[name], "base64");
  const open = (key, iv, aad, sealed) => {
    const decipher = createDecipheriv("aes-256-gcm", key, iv);
    decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(-16));
    return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  };
  const wrapped = base64("x-amz-3");
  const dataKey = open(WRAPPING_KEY, wrapped.subarray(0, 12), Buffer.from("115"), wrapped.subarray(12));
  const derive = (label, length) =>
    Buffer.from(hkdfSync("sha512", dataKey, base64("x-amz-i"), Buffer.from(`\0s${label}`), length));
  assert.deepEqual(derive("COMMITKEY", 28), base64("x-amz-d"));
  const opened = open(derive("DERIVEKEY", 32), Buffer.alloc(12, 1), Buffer.from([0, 0x73]), Buffer.from(body));
  assert.deepEqual(new Uint8Array(opened), plaintext);
});

test("format V2 is written and read only when the policy says so", async () => {
  const plaintext = randomBytes(50);
  const object = await encrypted(plaintext, { commitmentPolicy: "FORBID_ENCRYPT_ALLOW_DECRYPT" });
  assert.equal(object.metadata["x-amz-cek-alg"], "AES/GCM/NoPadding");
  await assert.rejects(decrypted(object), failsWith("COMMITMENT_REQUIRED"));
  const commitmentPolicy = "REQUIRE_ENCRYPT_ALLOW_DECRYPT";
  assert.deepEqual(await decrypted(object, { commitmentPolicy }), plaintext);
  await assert.rejects(encrypted(plaintext, { commitmentPolicy: "none" }), failsWith("INVALID_OPTION"));
});

test("metadata is taken from headers, with or without their prefix", async () => {
  const plaintext = randomBytes(50);
  const { body, headers, metadata } = await encrypted(plaintext);
  assert.deepEqual(
    Object.keys(headers),
    Object.keys(metadata).map((name) => `x-amz-meta-${name}`),
  );
  assert.deepEqual(await decrypted({ body, metadata: headers }), plaintext);
  assert.deepEqual(await decrypted({ body, metadata: new Headers(headers) }), plaintext);
  assert.deepEqual(await decrypted(new Response(body, { headers })), plaintext);
  const refused = new Response("<Error/>", { status: 403, headers });
  await assert.rejects(decrypted(refused), failsWith("UNEXPECTED_STORAGE_ANSWER"));
});

test("whatever was touched is refused before a byte of plaintext comes out", async () => {
  const plaintext = randomBytes(3000);
  const { body, metadata } = await encrypted(plaintext);
  const flipped = (at) => body.map((byte, index) => (index === at ? byte ^ 1 : byte));
  for (const changed of [
    flipped(0),
    flipped(2999),
    flipped(3000),
    flipped(3015),
    body.subarray(1),
    body.slice(0, -1),
  ]) {
    for (const [, make] of shapesOf(changed)) {
      await assert.rejects(decrypted({ body: make(), metadata }), failsWith("AUTHENTICATION_FAILED"));
    }
  }
  for (const short of [0, 1, 15, 16]) {
    const truncated = { body: body.subarray(0, short), metadata };
    await assert.rejects(decrypted(truncated), failsWith("AUTHENTICATION_FAILED"));
  }
  const other = await AesKeyring.generate();
  await assert.rejects(decrypted({ body, metadata }, { keyring: other }), failsWith("WRONG_KEY"));
  await assert.rejects(decrypted({ body, metadata: {} }), failsWith("NOT_ENCRYPTED"));
  const { "x-amz-i": _, ...incomplete } = metadata;
  await assert.rejects(decrypted({ body, metadata: incomplete }), failsWith("METADATA_MISSING"));
  const mixed = { ...metadata, "x-amz-iv": "AAAAAAAAAAAAAAAA" };
  await assert.rejects(decrypted({ body, metadata: mixed }), failsWith("METADATA_CONTRADICTORY"));
});

test("a buffer that changes between verification and release is noticed", async () => {
  const { body, metadata } = await encrypted(randomBytes(SEGMENT * 2));
  const stream = await decryptObject({ body, metadata }, { keyring });
  body[SEGMENT + 1] ^= 1;
  await assert.rejects(collect(stream), failsWith("SEGMENT_CHANGED"));
});

test("nothing is written to the caller's memory, not for a moment either", async ({ mock }) => {
  const { body, metadata } = await encrypted(randomBytes(SEGMENT * 2 + 100));
  // As in a pool of buffers: something else lies behind it.
  const stored = new Uint8Array(body.length + 100).fill(0xa5);
  stored.set(body, 50);
  const before = stored.slice();
  const { decrypt } = SubtleCrypto.prototype;
  const opening = mock.method(SubtleCrypto.prototype, "decrypt", function (...given) {
    assert.deepEqual(stored, before);
    return decrypt.apply(this, given);
  });
  const lent = { metadata, body: stored.subarray(50, 50 + body.length) };
  assert.equal((await decrypted(lent, { engine: "subtle" })).length, SEGMENT * 2 + 100);
  assert.ok(opening.mock.callCount() >= 3);
});

test("a declared length is held to", async () => {
  const stream = () => new Blob([new Uint8Array(100)]).stream();
  const object = await encryptObject(stream(), { keyring, contentLength: 100 });
  assert.equal(object.contentLength, 116);
  assert.equal((await collect(object.body)).length, 116);
  for (const contentLength of [99, 101]) {
    const wrong = await encryptObject(stream(), { keyring, contentLength });
    await assert.rejects(collect(wrong.body), failsWith("CONTENT_LENGTH_MISMATCH"));
  }
  for (const contentLength of [-1, 0.5, NaN]) {
    await assert.rejects(encryptObject(stream(), { keyring, contentLength }), failsWith("INVALID_OPTION"));
  }
  await assert.rejects(encryptObject(stream(), { keyring, contentLength: 2 ** 36 }), failsWith("MESSAGE_TOO_LONG"));
  assert.equal((await encryptObject(stream(), { keyring })).contentLength, undefined);
});

test("what is too long is refused before a keyring is asked", async () => {
  const asked = { encryptionMaterials: () => assert.fail("was asked") };
  const options = { keyring: asked, contentLength: 2 ** 36 - 31, presign: () => assert.fail("was asked") };
  const stream = () => new Blob([new Uint8Array(100)]).stream();
  await assert.rejects(encryptObject(stream(), options), failsWith("MESSAGE_TOO_LONG"));
  await assert.rejects(upload(stream(), options), failsWith("MESSAGE_TOO_LONG"));
  const fits = { keyring, contentLength: 2 ** 36 - 32 };
  assert.equal((await encryptObject(stream(), fits)).contentLength, 2 ** 36 - 16);
});

test("the key of an object that cannot begin is wiped", async ({ mock }) => {
  const refused = new Error("no metadata");
  for (const name of ["metadata", "instructionFile"]) {
    const failing = mock.method(EncryptSession.prototype, name, () => {
      throw refused;
    });
    const freeing = mock.method(EncryptSession.prototype, "free");
    await assert.rejects(encryptObject(new Uint8Array(5), { keyring, instructionFile: true }), refused);
    assert.equal(freeing.mock.callCount(), 1, name);
    freeing.mock.restore();
    failing.mock.restore();
  }
});

test("content that is no bytes is refused by name", async () => {
  for (const content of ["text", 5, null, undefined, {}]) {
    await assert.rejects(encryptObject(content, { keyring }), failsWith("INVALID_INPUT"));
  }
  const strings = await encryptObject(["a", "b"], { keyring });
  await assert.rejects(collect(strings.body), failsWith("INVALID_INPUT"));
});

test("an error of the source comes through and a cancelled stream lets the source go", async () => {
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error("disk gone")) });
  await assert.rejects(collect((await encryptObject(failing, { keyring })).body), /disk gone/);
  for (const readFirst of [false, true]) {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(65536)),
      cancel: () => (cancelled = true),
    });
    const { body } = await encryptObject(endless, { keyring });
    const reader = body.getReader();
    if (readFirst) await reader.read();
    await reader.cancel();
    assert.equal(cancelled, true, `a source that was ${readFirst ? "" : "never "}read`);
  }
});

test("nothing is read before it is wanted, and then a few segments ahead at most", async () => {
  let given = 0;
  const source = (async function* () {
    for (const piece of pieces(new Uint8Array(SEGMENT * 40), SEGMENT)) {
      given += 1;
      yield piece;
    }
  })();
  const reader = (await encryptObject(source, { keyring })).body.getReader();
  assert.equal(given, 0);
  await reader.read();
  assert.ok(given <= 13, `${given} segments were read for one`);
  await reader.cancel();
});

test("errors say nothing of keys", async () => {
  const secret = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0";
  const caught = await AesKeyring.fromBytes(new TextEncoder().encode(secret).subarray(1)).catch((error) => error);
  assert.ok(!`${caught.message}${caught.stack}${JSON.stringify(caught)}`.includes(secret.slice(1, 20)));
});
