/** SubtleCrypto is trusted with segments only after it gave a known answer; otherwise Rust does the work. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

/** Platforms that do everything rightly but for one thing, each by its name. */
const LIARS = {
  "gives another tag": (subtle) => ({ encrypt: async (...a) => flipped(await subtle.encrypt(...a), -1) }),
  "encrypts another bit": (subtle) => ({
    encrypt: async (parameters, ...a) => {
      const sealed = await subtle.encrypt(parameters, ...a);
      return parameters.additionalData === undefined ? flipped(sealed, 0) : sealed;
    },
  }),
  "authenticates another tag": (subtle) => ({
    encrypt: async (parameters, ...a) => {
      const sealed = await subtle.encrypt(parameters, ...a);
      return parameters.additionalData === undefined ? sealed : flipped(sealed, -1);
    },
  }),
  "decrypts another bit by AES-CTR": (subtle) => ({
    decrypt: async (parameters, ...a) => {
      const opened = await subtle.decrypt(parameters, ...a);
      return parameters.name === "AES-CTR" ? flipped(opened, 0) : opened;
    },
  }),
  "decrypts another bit by AES-GCM": (subtle) => ({
    decrypt: async (parameters, ...a) => {
      const opened = await subtle.decrypt(parameters, ...a);
      return parameters.name === "AES-GCM" ? flipped(opened, 0) : opened;
    },
  }),
  "refuses what is authentic": () => ({ decrypt: () => Promise.reject(new DOMException("no", "OperationError")) }),
  "takes no keys": () => ({ importKey: () => Promise.reject(new Error("no")) }),
};

const flipped = (buffer, at) => {
  const bytes = new Uint8Array(buffer.slice(0));
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes.buffer;
};

/** In a thread of its own, where the package is loaded anew: what becomes of an object on such a platform. */
async function onSuchAPlatform(name) {
  const real = crypto;
  const methods = ["importKey", "encrypt", "decrypt"];
  const sound = Object.fromEntries(methods.map((method) => [method, real.subtle[method].bind(real.subtle)]));
  const subtle = { ...sound, ...LIARS[name]?.(sound) };
  const platform = { getRandomValues: (bytes) => real.getRandomValues(bytes), subtle };
  Object.defineProperty(globalThis, "crypto", { value: platform });
  const { AesKeyring, decryptObject, encryptObject } = await import("../../dist/node.js");
  const keyring = await AesKeyring.generate();
  const content = new Uint8Array(100_000).map((_, index) => index % 251);
  const object = await encryptObject(content, { keyring });
  const body = await new Response(object.body).arrayBuffer();
  const opened = await decryptObject({ body, metadata: object.metadata }, { keyring });
  const plaintext = new Uint8Array(await new Response(opened).arrayBuffer());
  const insisting = await encryptObject(content, { keyring, engine: "subtle" }).then(
    () => "encrypted",
    (error) => error.code,
  );
  parentPort.postMessage({ isSame: Buffer.compare(plaintext, content) === 0, insisting });
}

const outcomeOn = (name) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: name });
    worker.once("message", resolve).once("error", reject);
  });

if (isMainThread) {
  test("a sound platform is trusted", async () => {
    assert.deepEqual(await outcomeOn("sound"), { isSame: true, insisting: "encrypted" });
  });
  for (const name of Object.keys(LIARS)) {
    test(`a platform that ${name} is not, and Rust does the work`, async () => {
      assert.deepEqual(await outcomeOn(name), { isSame: true, insisting: "ENGINE_UNAVAILABLE" });
    });
  }
} else {
  await onSuchAPlatform(workerData);
}
