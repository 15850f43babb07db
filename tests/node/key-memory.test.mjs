/** What is left of keys in the memory of the WebAssembly files, after they have served: nothing. */

import assert from "node:assert/strict";
import { createCipheriv, hkdfSync } from "node:crypto";
import { test } from "node:test";

import {
  AesKeyring,
  decryptObject,
  encryptObject,
  KmsKeyring,
  PassphraseKeyring,
  presign as signed,
  reEncryptInstructionFile,
  sse,
  sseC,
  upload,
} from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

/** What is freed gets the allocator's own words at its ends: a piece of this length is looked for, wherever it lies. */
const WINDOW = 8;

/** The memory of a file that the package has loaded: its glue gives what it has, and does not load twice. */
async function growingMemoryOf(name) {
  const { default: loaded } = await import(`../../dist/wasm/${name}.js`);
  return Object.values(await loaded()).find((exported) => exported instanceof WebAssembly.Memory);
}

const memoryOf = async (name) => Buffer.from((await growingMemoryOf(name)).buffer);

/** Where which pieces of a secret are. */
function piecesIn(memory, secret) {
  const pieces = [];
  for (let at = 0; at + WINDOW <= secret.length; at += 1) {
    const found = memory.indexOf(secret.subarray(at, at + WINDOW));
    if (found !== -1) pieces.push(`${at} at ${found}`);
  }
  return pieces;
}

async function assertGone(secret, names, what) {
  for (const name of names) assert.equal(piecesIn(await memoryOf(name), secret).join(), "", `${what} in ${name}`);
}

/**
 * The most pieces of each secret that are in a file's memory while it serves: whenever it has something of JavaScript's called.
 *
 * @param {string} name of a file that is loaded
 * @param {{ holder: object, called: string, secrets: Uint8Array[], work: () => Promise<unknown> }} how
 */
async function mostPiecesDuring(name, { holder, called, secrets, work }) {
  const memory = await growingMemoryOf(name);
  const most = secrets.map(() => 0);
  const look = () =>
    secrets.forEach((secret, index) => {
      most[index] = Math.max(most[index], piecesIn(Buffer.from(memory.buffer), secret).length);
    });
  const original = holder[called];
  holder[called] = new Proxy(original, {
    apply(...given) {
      look();
      return Reflect.apply(...given);
    },
    construct(...given) {
      look();
      return Reflect.construct(...given);
    },
  });
  try {
    await work();
  } finally {
    holder[called] = original;
  }
  return most;
}

/** GHASH's key, which would let anybody forge the object, as it is and with its bytes in reverse order. */
function hashKeysOf(contentKey) {
  const key = createCipheriv("aes-256-ecb", contentKey, null).update(Buffer.alloc(16));
  return [key, Buffer.from(key).reverse()];
}

async function roundTrip(keyring, options = {}) {
  const { body, metadata } = await encryptObject(randomBytes(100_000), { keyring, ...options });
  await collect(await decryptObject({ body: await collect(body), metadata }, { keyring, ...options }));
  return metadata;
}

test("the scan finds a key that is in use", async () => {
  const key = randomBytes(32);
  const keyring = await AesKeyring.fromBytes(key);
  await roundTrip(keyring);
  await assert.rejects(assertGone(key, ["engine"], "a key in use"), { code: "ERR_ASSERTION" });
  await assert.rejects(assertGone(key, ["reader"], "a key in use"), { code: "ERR_ASSERTION" });
  keyring.dispose();
});

test("nothing of a wrapping key is left after dispose", async () => {
  const key = randomBytes(32);
  const keyring = await AesKeyring.fromBytes(key);
  await roundTrip(keyring);
  keyring.exportKey().fill(0);
  keyring.dispose();
  await assertGone(key, ["engine", "reader"], "a wrapping key");
  for (const hashKey of hashKeysOf(key)) await assertGone(hashKey, ["engine", "reader"], "a hash key");
});

test("nothing of a wrapping key that was made here is left after dispose", async () => {
  const keyring = await AesKeyring.generate();
  const key = keyring.exportKey();
  await roundTrip(keyring);
  keyring.dispose();
  await assertGone(key, ["engine", "reader"], "a generated wrapping key");
});

for (const engine of ["rust", "subtle"]) {
  test(`nothing of a data key, and of the content key made of it, is left after an object (${engine})`, async () => {
    const dataKey = randomBytes(32);
    const plaintext = () => new Uint8Array(dataKey);
    const client = {
      generateDataKey: async () => ({ plaintext: plaintext(), ciphertextBlob: randomBytes(100) }),
      decrypt: async () => ({ plaintext: plaintext() }),
    };
    const metadata = await roundTrip(new KmsKeyring({ keyId: "alias/a", client }), { engine });
    await assertGone(dataKey, ["engine", "reader"], "a data key");
    const info = Buffer.concat([Buffer.of(0, 0x73), Buffer.from("DERIVEKEY")]);
    const salt = Buffer.from(metadata["x-amz-i"], "base64");
    const contentKey = Buffer.from(hkdfSync("sha512", dataKey, salt, info, 32));
    await assertGone(contentKey, ["engine", "reader"], "a content key");
    for (const hashKey of hashKeysOf(contentKey)) await assertGone(hashKey, ["engine", "reader"], "a hash key");
  });
}

test("nothing of a data key is left where the keyring that was to wrap it has no key", async () => {
  const dataKey = randomBytes(32);
  const client = {
    generateDataKey: async () => ({ plaintext: new Uint8Array(dataKey), ciphertextBlob: randomBytes(100) }),
    decrypt: async () => ({ plaintext: new Uint8Array(dataKey) }),
  };
  const keyring = new KmsKeyring({ keyId: "alias/a", client });
  const { presign } = await open();
  await upload(randomBytes(100), { presign, keyring, instructionFile: true });
  for (const newKeyring of [await AesKeyring.generate(), new PassphraseKeyring("one")]) {
    newKeyring.dispose();
    await assert.rejects(reEncryptInstructionFile({ presign, keyring, newKeyring }), { code: "INVALID_INPUT" });
    // The stack keeps what was last on it until something else is.
    await roundTrip(await AesKeyring.generate());
    await assertGone(dataKey, ["reader"], "a data key");
  }
});

test("nothing of the content is left in the reader that decrypted it", async () => {
  const keyring = await AesKeyring.generate();
  for (const release of ["verified", "delayed-authentication"]) {
    const plaintext = Buffer.from(randomBytes(1000));
    const { body, metadata } = await encryptObject(plaintext, { keyring });
    await collect(await decryptObject({ body: await collect(body), metadata }, { keyring, engine: "rust", release }));
    await assertGone(plaintext, ["reader"], "content");
  }
  keyring.dispose();
});

test("nothing of the keys of an object of the first clients is left", async () => {
  const [key, dataKey, iv] = [randomBytes(32), Buffer.from(randomBytes(32)), randomBytes(16)];
  const encrypt = (algorithm, by, start, bytes) => {
    const cipher = createCipheriv(algorithm, by, start);
    return Buffer.concat([cipher.update(bytes), cipher.final()]);
  };
  const metadata = {
    "x-amz-key": encrypt("aes-256-ecb", key, null, dataKey).toString("base64"),
    "x-amz-iv": Buffer.from(iv).toString("base64"),
  };
  const keyring = await AesKeyring.fromBytes(key);
  const legacy = { enableLegacyWrappingAlgorithms: true, enableLegacyUnauthenticatedModes: true };
  const options = { keyring, commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT", ...legacy };
  const plaintext = Buffer.from(randomBytes(100));
  const body = new Uint8Array(encrypt("aes-256-cbc", dataKey, iv, plaintext));
  await collect(await decryptObject({ body, metadata }, options));
  keyring.dispose();
  await assertGone(plaintext, ["legacy"], "content");
  await assertGone(key, ["reader", "legacy"], "a wrapping key");
  await assertGone(dataKey, ["reader", "legacy"], "a data key");
});

test("nothing of a customer key is left where something beside it, or the key itself, is malformed", async () => {
  const key = Buffer.from(randomBytes(32));
  const headers = await sseC.headers(key);
  const header = Buffer.from(key.toString("base64"));
  const request = { region: "us-east-1", bucket: "demo", key: "key", operation: "GetObject", headers };
  await assert.rejects(signed({ ...request, credentials: "none" }), { code: "INVALID_OPTION" });
  await assert.rejects(sse.checkHeaders({ ...headers, "x-amz-meta-a": 5 }), { code: "INVALID_OPTION" });
  const cut = { ...headers, "x-amz-server-side-encryption-customer-key": `${header.subarray(0, 43)}!` };
  await assert.rejects(sse.checkHeaders(cut), { code: "INVALID_ENCRYPTION_HEADER" });
  await assertGone(key, ["requests"], "a customer key");
  await assertGone(header, ["requests"], "a customer key's header");
});

test("the scan finds a passphrase while its key is derived, and a customer key while its headers are made", async () => {
  const cost = { memoryKib: 64, iterations: 1, parallelism: 1 };
  const passphrase = "correct horse battery staple";
  // Loads the file.
  await roundTrip(new PassphraseKeyring("another", cost));
  const [seen] = await mostPiecesDuring("passphrase", {
    holder: globalThis,
    called: "Uint8Array",
    secrets: [Buffer.from(passphrase)],
    work: () => roundTrip(new PassphraseKeyring(passphrase, cost)),
  });
  assert.equal(seen, passphrase.length - WINDOW + 1);

  const key = await sseC.generateKey();
  const header = Buffer.from(Buffer.from(key).toString("base64"));
  const found = await mostPiecesDuring("requests", {
    holder: TextDecoder.prototype,
    called: "decode",
    secrets: [key, header],
    work: () => sseC.headers(key),
  });
  assert.deepEqual(found, [key.length - WINDOW + 1, header.length - WINDOW + 1]);
});

test("nothing of a passphrase and its key is left after the derivation", async () => {
  // Of no words: a message may have them.
  const passphrase = Buffer.from(randomBytes(21)).toString("base64");
  const keyring = new PassphraseKeyring(passphrase, { memoryKib: 64, iterations: 1, parallelism: 1 });
  await roundTrip(keyring);
  keyring.dispose();
  await assertGone(Buffer.from(passphrase), ["passphrase", "engine", "reader"], "a passphrase");
});

test("nothing of a customer key is left after its headers were made", async () => {
  const key = await sseC.generateKey();
  await sseC.headers(key);
  await assertGone(key, ["requests"], "a customer key");
  await assertGone(Buffer.from(Buffer.from(key).toString("base64")), ["requests"], "a customer key's header");
});
