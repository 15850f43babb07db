/** Which WebAssembly files are loaded: only what a task takes, from where the caller says. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

import { onDemand } from "../../dist/on-demand.js";
import { WASM_MODULES } from "../../scripts/lib/wasm.mjs";

const PACKAGE = new URL("../../dist/node.js", import.meta.url);
const KEY = new Uint8Array(32).fill(7);
const bytesOf = (name) => readFile(new URL(`../../dist/wasm/${name}_bg.wasm`, import.meta.url));

/** What each task does, in a realm of its own, given the package and an object that was encrypted elsewhere. */
const TASKS = {
  encrypts: async ({ AesKeyring, encryptObject }) => {
    const { body } = await encryptObject(new Uint8Array(3), { keyring: await AesKeyring.fromBytes(KEY) });
    await new Response(body).arrayBuffer();
  },
  decrypts: async ({ AesKeyring, decryptObject }, object) => {
    const content = await decryptObject(object, { keyring: await AesKeyring.fromBytes(KEY) });
    await new Response(content).arrayBuffer();
  },
  "names its files": async ({ init, initReader }) => {
    await init(await bytesOf("engine"));
    await initReader(await bytesOf("reader"));
    await init();
    // As a script does that is loaded anew: it has the same bytes once more, and nobody can tell.
    await init(await bytesOf("engine"));
    await initReader(new Response(await bytesOf("reader")));
  },
  "names one twice": async (loaded) => {
    const { init } = loaded;
    // As a component does that is mounted twice: no two URLs are the same object.
    const source = () => new URL(`data:application/wasm;base64,${binary}`);
    const binary = (await bytesOf("engine")).toString("base64");
    await init(source());
    await init(source());
    await init(source().href);
    await init(new Request(source()));
    await init(await fetch(source()));
    await assert.rejects(init(new URL("https://elsewhere.example/")), { code: "INVALID_INPUT" });
    await TASKS.encrypts(loaded);
  },
  "has them on disk": async ({ init, initReader, initRequests }) => {
    const urlOf = (name) => new URL(`../../dist/wasm/${name}_bg.wasm`, import.meta.url);
    await init(urlOf("engine"));
    await initReader(urlOf("reader").href);
    await initRequests(urlOf("requests"));
    await assert.rejects(initRequests(urlOf("reader")), { code: "INVALID_INPUT" });
  },
  signs: async ({ initRequests, presign }) => {
    await initRequests(await bytesOf("requests"));
    const credentials = { accessKeyId: "id", secretAccessKey: "secret" };
    await presign({ credentials, region: "us-east-1", bucket: "demo", key: "key", operation: "GetObject" });
  },
  "names no file": async ({ init, initReader, AesKeyring, encryptObject }) => {
    for (const load of [init, initReader]) {
      await assert.rejects(load(new Uint8Array(8)), { code: "ENGINE_UNAVAILABLE" });
    }
    await TASKS.encrypts({ AesKeyring, encryptObject });
  },
};

if (isMainThread) {
  const { AesKeyring, encryptObject } = await import(PACKAGE);
  const { body, metadata } = await encryptObject(new Uint8Array(3), { keyring: await AesKeyring.fromBytes(KEY) });
  const object = { body: new Uint8Array(await new Response(body).arrayBuffer()), metadata };
  const loadedBy = (task) =>
    new Promise((resolve, reject) => {
      new Worker(new URL(import.meta.url), { workerData: { task, object } })
        .once("message", resolve)
        .once("error", reject);
    });

  for (const [task, files] of [
    ["encrypts", ["engine"]],
    ["decrypts", ["reader"]],
    ["names its files", ["engine", "reader"]],
    ["names one twice", []],
    ["has them on disk", ["engine", "reader", "requests"]],
    ["signs", ["requests"]],
    ["names no file", ["engine"]],
  ]) {
    test(`who ${task} loads ${files.join(" and ") || "none by itself"}`, async () => {
      assert.deepEqual(await loadedBy(task), files);
    });
  }

  test("a place is the same one however its URL is written, and is not taken for another one", async () => {
    globalThis.location = { href: "https://app.example/page/" };
    const file = onDemand("some.wasm", () => Promise.resolve("loaded"));
    await file.from("../some.wasm");
    for (const same of ["/some.wasm", new URL("https://app.example/some.wasm"), undefined]) {
      assert.equal(await file.from(same), "loaded");
    }
    for (const other of ["some.wasm", new Request("https://app.example/some.wasm?2")]) {
      await assert.rejects(file.from(other), { code: "INVALID_INPUT" });
    }
    const implied = onDemand("some.wasm", () => Promise.resolve("loaded"));
    await implied();
    await assert.rejects(implied.from("some.wasm"), { code: "INVALID_INPUT" });
    delete globalThis.location;
  });
} else {
  const files = new Map();
  for (const { name } of WASM_MODULES) files.set((await bytesOf(name)).length, name);
  const loaded = [];
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (bytes, ...imports) => {
    const result = await instantiate(bytes, ...imports);
    loaded.push(files.get(bytes.byteLength));
    return result;
  };
  await TASKS[workerData.task](await import(PACKAGE), workerData.object);
  // Node has some of its own.
  parentPort.postMessage(loaded.filter((name) => name !== undefined));
}
