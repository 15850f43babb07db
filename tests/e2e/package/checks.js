/** What the package has to do in a browser, in a page and in a worker alike. A check throws, or says what it saw. */

import * as toolkit from "./dist/index.js";
import { openStorage } from "./dist/testing.js";
import { collect, offsetView, randomBytes, shapesOf } from "./inputs.js";

const { AesKeyring, decryptObject, encryptObject } = toolkit;
const MIB = 1024 * 1024;
export const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));

function same(actual, expected, what) {
  const isSame = actual.length === expected.length && actual.every((byte, index) => byte === expected[index]);
  if (!isSame) throw new Error(`${what}: ${actual.length} bytes, not the ${expected.length} that were expected`);
}

export async function codeOf(promise) {
  return promise.then(
    () => "no error",
    (error) => (error instanceof toolkit.EnvelopeError ? error.code : String(error)),
  );
}

export async function encrypted(content, options = {}) {
  const { body, metadata, headers } = await encryptObject(content, { keyring, ...options });
  return { body: await collect(body), metadata, headers };
}

const decrypted = async (object, options = {}) => collect(await decryptObject(object, { keyring, ...options }));

/** Every shape of bytes is encrypted and decrypted, by the engine of that name. */
export async function shapes(engine) {
  let count = 0;
  for (const length of [0, 1, 5000, 2 * MIB + 5]) {
    const plaintext = randomBytes(length);
    const { body, metadata } = await encrypted(plaintext, { engine });
    for (const [shape, make] of shapesOf(plaintext, 1000)) {
      same(await decrypted(await encrypted(make(), { engine }), { engine }), plaintext, `${length} as ${shape}`);
      count += 1;
    }
    for (const [shape, make] of shapesOf(body, 1000)) {
      same(await decrypted({ body: make(), metadata }, { engine }), plaintext, `an object of ${length} as ${shape}`);
      count += 1;
    }
  }
  return count;
}

/** Keys in every shape, for keyrings and for SSE-C. */
export async function keys() {
  const bytes = new Uint8Array(32).fill(7);
  const resizable = new Uint8Array(new ArrayBuffer(32, { maxByteLength: 64 }));
  resizable.set(bytes);
  const object = await encrypted(new Uint8Array([1, 2, 3]));
  const expected = JSON.stringify(await toolkit.sseC.headers(bytes));
  for (const key of [offsetView(bytes), resizable, bytes.buffer, new DataView(bytes.buffer)]) {
    same(await decrypted(object, { keyring: await AesKeyring.fromBytes(key) }), [1, 2, 3], "a key");
    if (JSON.stringify(await toolkit.sseC.headers(key)) !== expected) throw new Error("another key's headers");
  }
  return codeOf(AesKeyring.fromBytes(new Uint8Array()));
}

/** Every kind of keyring, with keys that cannot be extracted where there are such. */
async function keyringsWith(service) {
  const rsa = { name: "RSA-OAEP", hash: "SHA-1", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
  const pair = await crypto.subtle.generateKey(rsa, false, ["encrypt", "decrypt"]);
  const aes = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const client = toolkit.kmsEndpoint({
    region: "us-east-1",
    endpoint: "https://kms.us-east-1.storage.test",
    credentials: () => credentials,
    fetch: (request) => service.fetch(request),
  });
  const named = (name) => ({ materialsDescription: { name } });
  const first = await AesKeyring.fromCryptoKey(aes, named("first"));
  return {
    aes: first,
    rsa: await toolkit.RsaKeyring.fromKeys(pair, named("RSA")),
    kms: new toolkit.KmsKeyring({ keyId: "alias/demo", client, encryptionContext: { page: "yes" } }),
    passphrase: new toolkit.PassphraseKeyring("correct horse", { memoryKib: 64, iterations: 1, parallelism: 1 }),
    multi: new toolkit.MultiKeyring([await AesKeyring.generate(named("second")), first]),
  };
}

/** Which kinds of keyrings read what each kind wrote, in both formats alike. */
export async function keyrings() {
  const plaintext = randomBytes(1000);
  const all = Object.entries(await keyringsWith(await openStorage({ kmsKeys: ["alias/demo"] })));
  const readers = {};
  for (const commitmentPolicy of ["FORBID_ENCRYPT_ALLOW_DECRYPT", "REQUIRE_ENCRYPT_REQUIRE_DECRYPT"]) {
    for (const [kind, keyring] of all) {
      const object = await encrypted(plaintext, { keyring, commitmentPolicy });
      same(await decrypted(object, { keyring, commitmentPolicy }), plaintext, kind);
      const codes = await Promise.all(
        all.map(([, other]) => codeOf(decrypted(object, { keyring: other, commitmentPolicy }))),
      );
      const found = all.filter((_, index) => codes[index] === "no error").map(([name]) => name);
      readers[kind] = [...new Set([...(readers[kind] ?? []), ...found])];
    }
  }
  return readers;
}

/** Counts what happens to workers from now on. */
function watchWorkers() {
  const seen = { started: 0, terminated: 0, alive: 0, most: 0, asked: 0, left: 0, onAsked: () => undefined };
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      seen.started += 1;
      seen.alive += 1;
      seen.most = Math.max(seen.most, seen.alive);
    }
    postMessage(message, transfer) {
      super.postMessage(message, transfer);
      if (!("passphrase" in message)) return;
      seen.asked += 1;
      // What was moved is no longer here.
      seen.left += message.passphrase.length;
      seen.onAsked();
    }
    terminate() {
      super.terminate();
      seen.terminated += 1;
      seen.alive -= 1;
    }
  };
  return seen;
}

const cheapPassphrase = (options = {}) =>
  new toolkit.PassphraseKeyring("correct horse", { memoryKib: 64, iterations: 1, parallelism: 1, ...options });

/** Derives passphrases' keys: for several salts at a time, and for parameters that are out of range. */
export async function passphrases() {
  const seen = watchWorkers();
  const plaintext = randomBytes(100);
  const objects = await Promise.all([1, 2, 3].map(() => encrypted(plaintext, { keyring: cheapPassphrase() })));
  const reader = cheapPassphrase();
  for (const bytes of await Promise.all(objects.map((object) => decrypted(object, { keyring: reader })))) {
    same(bytes, plaintext, "under a passphrase");
  }
  const refused = await encrypted(plaintext, { keyring: cheapPassphrase({ iterations: 1000 }) }).catch(
    (error) => error,
  );
  const { started, terminated, most, asked, left } = seen;
  const isTyped = refused instanceof toolkit.EnvelopeError;
  return { started, terminated, most, asked, left, isTyped, code: refused.code, message: refused.message };
}

/** How many other tasks have their turn while a passphrase's key is derived, and how many workers derive it. */
export async function passphraseTurns() {
  const seen = watchWorkers();
  await toolkit.init();
  const count = await turnsDuring(
    () => encrypted(new Uint8Array(1), { keyring: cheapPassphrase({ memoryKib: 65_536 }) }),
    () => seen.asked > 0,
  );
  return { count, started: seen.started, terminated: seen.terminated };
}

/** Disposes of a keyring while its key is derived, and another's waits for its turn; a third one's is derived. */
export async function passphraseDisposal() {
  const seen = watchWorkers();
  // More than anybody waits for: it ends because it is ended.
  const keyring = cheapPassphrase({ memoryKib: 1_048_576, iterations: 16 });
  const queued = cheapPassphrase();
  seen.onAsked = () => {
    queued.dispose();
    keyring.dispose();
    seen.onAsked = () => undefined;
  };
  const byKeyring = (used) => encrypted(new Uint8Array(1), { keyring: used });
  const codes = await Promise.all([keyring, queued, cheapPassphrase()].map((used) => codeOf(byKeyring(used))));
  codes.push(await codeOf(byKeyring(keyring)));
  return { codes, started: seen.started, terminated: seen.terminated };
}

/** What a first client wrote, made by SubtleCrypto: AES-CBC content, its key wrapped by AES key wrap. */
export async function legacy() {
  const plaintext = randomBytes(1000);
  const [bytes, iv] = [new Uint8Array(32).fill(7), randomBytes(16)];
  const wrapping = await crypto.subtle.importKey("raw", bytes, "AES-KW", false, ["wrapKey"]);
  const dataKey = await crypto.subtle.generateKey({ name: "AES-CBC", length: 256 }, true, ["encrypt"]);
  const base64 = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)));
  const metadata = {
    "x-amz-key-v2": base64(await crypto.subtle.wrapKey("raw", dataKey, wrapping, "AES-KW")),
    "x-amz-iv": base64(iv),
    "x-amz-wrap-alg": "AESWrap",
    "x-amz-cek-alg": "AES/CBC/PKCS5Padding",
    "x-amz-matdesc": "{}",
  };
  const body = new Uint8Array(await crypto.subtle.encrypt({ name: "AES-CBC", iv }, dataKey, plaintext));
  const asked = { commitmentPolicy: "REQUIRE_ENCRYPT_ALLOW_DECRYPT", enableLegacyWrappingAlgorithms: true };
  const object = { body, metadata };
  same(await decrypted(object, { ...asked, enableLegacyUnauthenticatedModes: true }), plaintext, "CBC");
  return codeOf(decrypted(object, asked));
}

/** An instruction file in the storage: written, found, wrapped anew for an RSA key, deleted. */
export async function instructionFile() {
  const service = await storageWithBucket();
  return answering(
    (input, init) => service.fetch(input, init),
    async () => {
      const plaintext = randomBytes(1000);
      const { rsa } = await keyringsWith(service);
      await toolkit.upload(plaintext, { presign, keyring, instructionFile: true });
      same(await collect((await toolkit.download({ presign, keyring })).body), plaintext, "with a file");
      await toolkit.reEncryptInstructionFile({ presign, keyring, newKeyring: rsa, enforceRotation: true });
      same(await collect((await toolkit.download({ presign, keyring: rsa })).body), plaintext, "wrapped anew");
      const between = await service.objects("demo");
      await toolkit.deleteObject({ presign });
      return [between, await service.objects("demo"), await codeOf(toolkit.download({ presign, keyring: rsa }))];
    },
  );
}

/** What one engine encrypts, on any number of threads, every other decrypts. */
export async function engines(lengths, ways) {
  // Several workers are used, however many processors there are here.
  claimProcessors(4);
  for (const length of lengths) {
    const plaintext = randomBytes(length);
    for (const way of ways) {
      const object = await encrypted(plaintext, way);
      for (const other of ways) {
        const release = length % 2 === 0 ? "verified" : "delayed-authentication";
        same(await decrypted(object, { ...other, release }), plaintext, `${length}: ${JSON.stringify([way, other])}`);
      }
    }
  }
}

function claimProcessors(count) {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: count, configurable: true });
}

/** How many workers are started to encrypt so many bytes on a machine with so many processors. */
export async function workersStarted(length, processors, options) {
  claimProcessors(processors);
  let started = 0;
  globalThis.Worker = class extends Worker {
    constructor(...given) {
      super(...given);
      started += 1;
    }
  };
  await encrypted(new Uint8Array(length), { engine: "subtle", ...options });
  return started;
}

/** Encrypts with workers, and waits until none of them is left. */
export async function workersEnd(length, processors) {
  claimProcessors(processors);
  const seen = watchWorkers();
  await encrypted(new Uint8Array(length), { engine: "subtle" });
  const { started } = seen;
  while (seen.alive > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  // Those that are needed again are started again.
  await encrypted(new Uint8Array(length), { engine: "subtle" });
  return { started, terminated: seen.terminated };
}

/**
 * How many messages go to workers once they were tried, where they or the caller are slow. What was encrypted before, while
 * and after they were tried is whole.
 */
export async function tried(slow, length) {
  claimProcessors(4);
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const { encrypt } = SubtleCrypto.prototype;
  SubtleCrypto.prototype.encrypt = async function (...given) {
    const result = encrypt.apply(this, given);
    if (slow === "caller") await later(20);
    return result;
  };
  let messages = 0;
  globalThis.Worker = class extends Worker {
    postMessage(...given) {
      messages += 1;
      super.postMessage(...given);
    }
    set onmessage(handle) {
      super.onmessage = async (event) => {
        if (slow === "workers") await later(20);
        handle(event);
      };
    }
  };
  const plaintext = randomBytes(length);
  for (let round = 0; round < 3; round += 1) {
    messages = 0;
    const object = await encrypted(plaintext, { engine: "subtle", workers: 2 });
    same(await decrypted(object, { workers: 0 }), plaintext, `round ${round}`);
  }
  return messages;
}

/** How many other tasks have their turn while so many bytes in memory are encrypted and decrypted. */
export async function turns(length, options) {
  const object = await encrypted(new Uint8Array(length), options);
  const ways = [
    async () => (await encryptObject(new Uint8Array(length), { keyring, ...options })).body,
    async () => decryptObject(object, { keyring, ...options }),
  ];
  const counts = [];
  for (const start of ways) {
    const reader = (await start()).getReader();
    const readAll = async () => {
      for (let next = await reader.read(); !next.done; next = await reader.read()) toolkit.discard(next.value);
    };
    counts.push(await turnsDuring(readAll));
  }
  return counts;
}

/** How many turns another task has while work is done: of those that count. */
async function turnsDuring(work, counts = () => true) {
  const { port1, port2 } = new MessageChannel();
  let turns = 0;
  port1.onmessage = () => {
    if (counts()) turns += 1;
    port2.postMessage("another task");
  };
  port2.postMessage("another task");
  await work();
  port1.close();
  return turns;
}

/** What comes after a chunk that was discarded is as it would be, and the chunk's memory is gone. */
export async function discards(length, ways) {
  const plaintext = randomBytes(length);
  let freed = 0;
  const read = async (stream) => {
    const copies = [];
    for (const reader = stream.getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return collect(new Blob(copies));
      copies.push(value.slice());
      toolkit.discard(value);
      freed += copies.at(-1).length - value.length;
    }
  };
  for (const way of ways) {
    const { body, metadata } = await encryptObject(plaintext, { keyring, ...way });
    const stored = { body: await read(body), metadata };
    same(await decrypted(stored), plaintext, `what was discarded by ${JSON.stringify(way)}`);
    same(await read(await decryptObject(stored, { keyring, ...way })), plaintext, "what was decrypted and discarded");
  }
  return freed;
}

/** A body of which one bit is flipped is refused by every engine, before or at its end. */
export async function refusals(length, ways) {
  const { body, metadata } = await encrypted(randomBytes(length));
  body[length >> 1] ^= 1;
  const codes = new Set();
  for (const way of ways) {
    codes.add(await codeOf(decrypted({ body, metadata }, way)));
    codes.add(await codeOf(decrypted({ body: new Blob([body]).stream(), metadata }, way)));
    const early = await decryptObject({ body, metadata }, { keyring, ...way, release: "delayed-authentication" });
    codes.add(await codeOf(collect(early)));
  }
  return [...codes];
}

/** Whether the platform's cryptography is there, that all works without, and what insisting on it brings, or RSA. */
export async function insecure() {
  const plaintext = randomBytes(MIB + 5);
  same(await decrypted(await encrypted(plaintext)), plaintext, "without SubtleCrypto");
  const byRsa = toolkit.RsaKeyring.fromKeys({ publicKey: "-----BEGIN PUBLIC KEY-----" });
  const insisting = encryptObject(plaintext, { keyring, engine: "subtle" });
  return [typeof crypto.subtle, await codeOf(insisting), await codeOf(byRsa)];
}

/** How many spool files there are. */
export async function spoolFiles() {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle("s3-envelope-spool", { create: true });
  let count = 0;
  for await (const _ of folder.keys()) count += 1;
  return count;
}

/** Spools an object that is too large for the memory it is given, and ends it in each way there is. */
export async function spool(length, end) {
  const plaintext = randomBytes(length);
  const { body, metadata } = await encrypted(plaintext);
  if (end === "tamper") body[length >> 1] ^= 1;
  const stored = { body: new Blob([body]).stream(), metadata };
  const stop = new AbortController();
  const opening = decryptObject(stored, { keyring, spoolMemoryLimit: MIB, signal: stop.signal });
  if (end === "tamper") return { code: await codeOf(opening), after: await spoolFiles() };
  const plain = await opening;
  const during = await spoolFiles();
  if (end === "leave") return { during };
  if (end === "cancel") await plain.cancel();
  else if (end === "stop") {
    stop.abort();
    // Nobody reads it, and nobody waits: the file goes by itself.
    while ((await spoolFiles()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  } else same(await collect(plain), plaintext, "what was spooled");
  return { during, after: await spoolFiles() };
}

/** Ends the spooling itself: what is read has not arrived whole when it is stopped, or fails. Waits until no file is left. */
export async function spoolBrokenOff(length, end) {
  const { body, metadata } = await encrypted(randomBytes(length));
  const stop = new AbortController();
  const rest = [body.subarray(0, body.length >> 1)].values();
  const source = new ReadableStream({
    async pull(controller) {
      const { done, value } = rest.next();
      if (!done) return controller.enqueue(value);
      while ((await spoolFiles()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
      if (end === "fail") controller.error(new Error("the line was cut"));
      else stop.abort(new Error("the person left"));
    },
  });
  const opening = decryptObject({ body: source, metadata }, { keyring, spoolMemoryLimit: MIB, signal: stop.signal });
  const why = await codeOf(opening);
  while ((await spoolFiles()) > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  return why;
}

/** Decrypts a stream that is longer than the browser has room for. */
export async function spoolWithoutRoom(length) {
  const { body, metadata } = await encrypted(randomBytes(length));
  const stored = { body: new Blob([body]).stream(), metadata };
  return { code: await codeOf(decryptObject(stored, { keyring, spoolMemoryLimit: MIB })), after: await spoolFiles() };
}

/** The same where there is no private file system. */
export async function spoolWithoutFiles(length) {
  Reflect.deleteProperty(StorageManager.prototype, "getDirectory");
  const plaintext = randomBytes(length);
  const { body, metadata } = await encrypted(plaintext);
  const stored = { body: new Blob([body]).stream(), metadata };
  same(await collect(await decryptObject(stored, { keyring, spoolMemoryLimit: MIB })), plaintext, "spooled in Blobs");
  return typeof navigator.storage.getDirectory;
}

/** Decrypts a stream that fits into memory. */
export async function decryptStream(length) {
  const { body, metadata } = await encrypted(randomBytes(length));
  await collect(await decryptObject({ body: new Blob([body]).stream(), metadata }, { keyring }));
}

/** Encrypts and decrypts a stream of any length in one go, and looks at every byte without keeping any. */
export async function long(gibibytes, beyond) {
  const length = gibibytes * 1024 * MIB + beyond;
  const piece = new Uint8Array(MIB).fill(0xa5);
  // Each piece says where it is: no two are alike.
  const pieceAt = (offset) => {
    new DataView(piece.buffer).setFloat64(0, offset);
    return piece.slice(0, Math.min(MIB, length - offset));
  };
  const source = new ReadableStream(
    {
      offset: 0,
      pull(controller) {
        controller.enqueue(pieceAt(this.offset));
        this.offset += MIB;
        if (this.offset >= length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const { body, metadata } = await encryptObject(source, { keyring });
  const plain = await decryptObject({ body, metadata }, { keyring, release: "delayed-authentication" });
  let seen = 0;
  const head = new Uint8Array(8);
  for (const reader = plain.getReader(); ;) {
    const { done, value } = await reader.read();
    if (done) return seen === length;
    if (seen % MIB === 0) {
      new DataView(head.buffer).setFloat64(0, seen);
      same(value.subarray(0, 8), head, `the piece at ${seen}`);
    }
    if (value[value.length - 1] !== 0xa5) throw new Error(`a wrong byte before ${seen + value.length}`);
    seen += value.length;
  }
}

/** Has `fetch` answered by something else while work is done. */
export async function answering(fetch, work) {
  // What encrypts, reads and signs is loaded with the network's own fetch.
  await Promise.all([toolkit.init(), toolkit.initReader()]);
  await presign({ method: "GET", query: {}, headers: {} });
  const { fetch: network } = globalThis;
  globalThis.fetch = fetch;
  try {
    return await work();
  } finally {
    globalThis.fetch = network;
  }
}

/** A simulated storage with one bucket. */
async function storageWithBucket() {
  const service = await openStorage();
  const { url } = await sign({ method: "PUT", query: {}, headers: {} }, "");
  const created = await service.fetch(url, { method: "PUT" });
  if (!created.ok) throw new Error(`no bucket: ${await created.text()}`);
  return service;
}

/** An object through presigned URLs into the simulated storage, and back. */
export async function storage(length) {
  const service = await storageWithBucket();
  return answering(
    (input, init) => service.fetch(input, init),
    async () => {
      const plaintext = randomBytes(length);
      await toolkit.upload(new Blob([plaintext]), { presign, keyring });
      const { body } = await toolkit.download({ presign, keyring });
      same(await collect(body), plaintext, "what came back");
      return service.objects("demo");
    },
  );
}

/** Uploads with each checksum, from a Blob and from a stream that tells no length, in parts; says what the storage keeps. */
export async function checksums(length) {
  const service = await storageWithBucket();
  const kept = [];
  const { fetch: network } = globalThis;
  // What computes checksums is loaded on the way, from here.
  const line = (input, init) => (input instanceof URL ? network(input, init) : service.fetch(input, init));
  await answering(line, async () => {
    for (const checksum of ["crc64nvme", "crc32c", "sha256"]) {
      for (const make of [(bytes) => new Blob([bytes]), (bytes) => new Blob([bytes]).stream()]) {
        const plaintext = randomBytes(length);
        const { checksum: whole } = await toolkit.upload(make(plaintext), {
          presign,
          keyring,
          checksum,
          partSize: 5 * MIB,
        });
        const { body } = await toolkit.download({ presign, keyring });
        same(await collect(body), plaintext, `what came back with ${checksum}`);
        kept.push(await keptChecksum(service, checksum, whole));
      }
    }
  });
  return kept;
}

/** The kind of checksum that the storage keeps, if it is what the upload said. */
async function keptChecksum(service, checksum, whole) {
  const headers = { "x-amz-checksum-mode": "ENABLED" };
  const { url } = await sign({ method: "HEAD", query: {}, headers }, "object");
  const answer = await service.fetch(url, { method: "HEAD", headers });
  const value = answer.headers.get(`x-amz-checksum-${checksum}`);
  if (whole !== undefined && value !== whole) throw new Error(`${value} is kept, not ${whole}`);
  return `${checksum} ${answer.headers.get("x-amz-checksum-type")}`;
}

/** Fetches an object in ranges from a storage on a bad line, and says what was asked for. */
export async function ranges(length, { hidden = [], breaks = 0, change = false } = {}) {
  const service = await storageWithBucket();
  const plaintext = randomBytes(length);
  const put = async () => toolkit.upload(plaintext, { presign, keyring, partSize: 5 * MIB });
  const asked = [];
  let received = 0;
  const line = async (input, init) => {
    const answer = await service.fetch(input, init);
    if (init.method !== "GET") return answer;
    asked.push(init.headers.range ?? "all");
    const headers = new Headers(answer.headers);
    for (const name of hidden) headers.delete(name);
    let body = breaks-- > 0 ? broken(answer.body) : answer.body;
    if (change && asked.length === 1) {
      body = await answer.arrayBuffer();
      await put();
    }
    return new Response(body, { status: answer.status, headers });
  };
  const onProgress = ({ receivedBytes, totalBytes }) => (received = [receivedBytes, totalBytes]);
  return answering(line, async () => {
    await put();
    const object = await toolkit.download({ presign, keyring, partSize: 2 * MIB, onProgress });
    same(new Uint8Array(await (await object.blob()).arrayBuffer()), plaintext, "what came in ranges");
    return { asked, received };
  }).catch((error) => ({ code: error.code }));
}

/** A body that breaks off, as when a connection is lost. */
function broken(body) {
  const reader = body.getReader();
  let count = 0;
  return new ReadableStream({
    async pull(controller) {
      const { value } = await reader.read();
      count += 1;
      if (count > 1) controller.error(new TypeError("the connection was lost"));
      else controller.enqueue(value.subarray(0, 1000));
    },
  });
}

/** Has an object saved as a download, and says what is left of it before and after it was let go. */
export async function saveToDisk(length, isTouched, fileName) {
  const { body, headers } = await encrypted(new Uint8Array(length).fill(0xa5));
  if (isTouched) body[body.length >> 1] ^= 1;
  return answering(
    async () => new Response(body, { headers: { ...headers, "content-type": "text/plain" } }),
    async () => {
      try {
        const saved = await toolkit.saveObject({ presign, keyring, fileName });
        const during = await spoolFiles();
        const { way, size, contentType } = saved;
        globalThis.lastSaved = saved;
        return { way, size, contentType, during };
      } catch (error) {
        return { code: error.code, after: await spoolFiles() };
      }
    },
  );
}

/** Lets go of what was saved last. */
export async function letGo() {
  await globalThis.lastSaved.dispose();
  return spoolFiles();
}

/** Saves an object where the person chose, who here is a function, and says what the file holds. */
export async function saveToChosen(length, isTouched, before) {
  const { body, headers } = await encrypted(new Uint8Array(length).fill(0xa5));
  if (isTouched) body[0] ^= 1;
  const root = await navigator.storage.getDirectory();
  let suggested;
  globalThis.showSaveFilePicker = async ({ suggestedName }) => {
    suggested = suggestedName;
    const file = await root.getFileHandle("chosen", { create: true });
    const writable = await file.createWritable();
    await writable.write(before);
    await writable.close();
    return file;
  };
  try {
    const code = await answering(
      async () => new Response(body, { headers }),
      () => codeOf(toolkit.saveObject({ presign, keyring, fileName: "a name", ask: true })),
    );
    const left = await root.getFileHandle("chosen").catch(() => undefined);
    return { code, suggested, size: left && (await left.getFile()).size };
  } finally {
    Reflect.deleteProperty(globalThis, "showSaveFilePicker");
    await root.removeEntry("chosen").catch(() => undefined);
  }
}

/** Saves an object to a chosen file that cannot be written any more, and says how many spool files are left. */
export async function saveToUnwritable(length) {
  const { body, headers } = await encrypted(randomBytes(length));
  const gone = new DOMException("the file is gone", "NotFoundError");
  const file = { getFile: async () => new File([], "gone"), createWritable: () => Promise.reject(gone) };
  globalThis.showSaveFilePicker = async () => file;
  try {
    const saving = answering(
      async () => new Response(new Blob([body]).stream(), { headers }),
      () => toolkit.saveObject({ presign, keyring, fileName: "a name", ask: true, spoolMemoryLimit: MIB }),
    );
    const { name } = await saving.catch((error) => error);
    return { name, after: await spoolFiles() };
  } finally {
    Reflect.deleteProperty(globalThis, "showSaveFilePicker");
  }
}

/** Saves an object to a file, or fails to, and says what the file holds in the end. */
export async function save(length, isTouched) {
  const { body, headers } = await encrypted(randomBytes(length));
  if (isTouched) body[length - 1] ^= 1;
  const root = await navigator.storage.getDirectory();
  const file = await root.getFileHandle("saved", { create: true });
  const before = await file.createWritable();
  await before.write("as it was");
  await before.close();
  try {
    return await answering(
      async () => new Response(body, { headers }),
      async () => {
        const object = await toolkit.download({ presign, keyring, release: "delayed-authentication" });
        const code = await codeOf(object.saveTo(file));
        const { size } = await file.getFile();
        return { code, size };
      },
    );
  } finally {
    await root.removeEntry("saved");
  }
}

/** The access key of AWS's documentation, which the simulated storage knows. */
const credentials = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

function sign({ method, query, headers }, key) {
  const endpoint = "https://s3.us-east-1.storage.test";
  return toolkit.presign({ credentials, region: "us-east-1", endpoint, bucket: "demo", key, method, query, headers });
}

export const presign = (request) => sign(request, `object${request.keySuffix}`);
