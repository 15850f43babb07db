/** Checksums of uploads: what is sent, signed and kept, against the simulated storage, which computes its own. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, test } from "node:test";

import { AesKeyring, download, presign as sign, sse, upload } from "../../dist/node.js";
import { openStorage } from "../../dist/testing.js";
import { Checksum } from "../../dist/wasm/checksum.js";
import { EncryptSession } from "../../dist/wasm/engine.js";
import { collect, randomBytes } from "./support/inputs.mjs";

const MIB = 1024 * 1024;
const ALGORITHMS = ["crc64nvme", "crc32c", "sha256"];
const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const network = globalThis.fetch;
const place = {
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  region: "us-east-1",
  endpoint: "https://s3.us-east-1.storage.test",
  bucket: "demo",
};

afterEach(() => {
  globalThis.fetch = network;
});

/** A storage behind `fetch`, what was signed for it, and what it keeps of the object. */
class Storage {
  signed = [];
  #service;

  /** `tamper` gets each request and may give another. */
  static async open(tamper = (request) => request) {
    const storage = new Storage();
    storage.#service = await openStorage();
    const { url } = await sign({ ...place, key: "", method: "PUT", query: {}, headers: {} });
    assert.ok((await storage.#service.fetch(url, { method: "PUT" })).ok);
    globalThis.fetch = async (input, init) => storage.#service.fetch(input, await tamper(init, new URL(input)));
    return storage;
  }

  presign = (request) => {
    this.signed.push(request);
    const { method, query, headers } = request;
    return sign({ ...place, key: "object", method, query, headers });
  };

  /** The checksum headers of the stored object. */
  async kept() {
    const headers = { "x-amz-checksum-mode": "ENABLED" };
    const { url } = await sign({ ...place, key: "object", method: "HEAD", query: {}, headers });
    const answer = await this.#service.fetch(url, { method: "HEAD", headers });
    assert.equal(answer.status, 200);
    return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith("x-amz-checksum-")));
  }

  async stored() {
    return this.#service.fetch((await sign({ ...place, key: "object", method: "GET", query: {}, headers: {} })).url);
  }
}

const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
const streamOf = (bytes) => new Blob([bytes]).stream();

for (const checksum of ALGORITHMS) {
  for (const [how, protection] of [
    ["encrypted", { keyring }],
    ["plain", { sse: sse.bucketDefault() }],
  ]) {
    test(`${checksum} of an object as one PUT, ${how}, is signed, verified and kept`, async () => {
      const storage = await Storage.open();
      const plaintext = randomBytes(MIB + 7);
      const { presign } = storage;
      const stored = await upload(new Blob([plaintext]), { presign, checksum, ...protection });
      const kept = await storage.kept();
      assert.equal(kept[`x-amz-checksum-${checksum}`], stored.checksum);
      assert.equal(storage.signed[0].headers[`x-amz-checksum-${checksum}`], stored.checksum);
      if (checksum === "sha256") {
        const bytes = new Uint8Array(await (await storage.stored()).arrayBuffer());
        assert.equal(stored.checksum, sha256(bytes).toString("base64"));
      }
    });

    for (const [source, make] of [
      ["a Blob", (bytes) => new Blob([bytes])],
      ["a stream of unknown length", streamOf],
    ]) {
      test(`${checksum} of an object in parts from ${source}, ${how}, is signed, verified and kept`, async () => {
        const storage = await Storage.open();
        const { presign } = storage;
        const plaintext = randomBytes(12 * MIB + 7);
        const stored = await upload(make(plaintext), { presign, checksum, partSize: 5 * MIB, ...protection });
        const { body } = await download({ presign, ...protection });
        assert.deepEqual(await collect(body), plaintext);
        const parts = storage.signed.filter(({ operation }) => operation === "UploadPart");
        assert.equal(parts.length, 3);
        assert.ok(parts.every(({ headers }) => headers[`x-amz-checksum-${checksum}`] !== undefined));
        const kept = await storage.kept();
        const isWhole = checksum === "crc64nvme";
        assert.equal(kept["x-amz-checksum-type"], isWhole ? "FULL_OBJECT" : "COMPOSITE");
        if (isWhole) {
          // What the storage computes of one PUT of the same bytes.
          const again = await Storage.open();
          const bytes = new Uint8Array(await (await storage.stored()).arrayBuffer());
          await upload(bytes, { presign: again.presign, sse: sse.bucketDefault() });
          assert.equal((await again.kept())["x-amz-checksum-crc64nvme"], stored.checksum);
          assert.equal(kept["x-amz-checksum-crc64nvme"], stored.checksum);
        } else {
          assert.equal(stored.checksum, undefined);
          assert.match(kept[`x-amz-checksum-${checksum}`], /-3$/);
        }
      });
    }
  }

  test(`a part that changed on its way is refused by its ${checksum}`, async () => {
    const changed = async (init, { searchParams }) => {
      if (searchParams.get("partNumber") !== "2") return init;
      const body = new Uint8Array(await init.body.arrayBuffer());
      body[MIB] ^= 1;
      return { ...init, body };
    };
    const { presign } = await Storage.open(changed);
    const options = { presign, keyring, checksum, partSize: 5 * MIB };
    await assert.rejects(upload(randomBytes(12 * MIB), options), { code: "STORAGE_REFUSED", message: /BadDigest/ });
  });
}

test("an object whose parts are put together wrongly is refused by the checksum of the whole", async () => {
  const changed = (headers) =>
    headers["x-amz-checksum-type"] === "FULL_OBJECT" && headers["x-amz-checksum-crc64nvme"] !== undefined
      ? { ...headers, "x-amz-checksum-crc64nvme": "AAAAAAAAAAA=" }
      : headers;
  const storage = await Storage.open((init) => ({ ...init, headers: changed(init.headers) }));
  // Signed as it is sent: what was signed otherwise would be refused for that.
  const presign = (request) => storage.presign({ ...request, headers: changed(request.headers) });
  const options = { presign, keyring, checksum: "crc64nvme", partSize: 5 * MIB };
  await assert.rejects(upload(randomBytes(12 * MIB), options), { code: "STORAGE_REFUSED", message: /BadDigest/ });
  const operations = storage.signed.map(({ operation }) => operation);
  assert.deepEqual(operations.slice(1, -2), ["UploadPart", "UploadPart", "UploadPart"]);
  assert.deepEqual(operations.slice(-2), ["CompleteMultipartUpload", "AbortMultipartUpload"]);
});

for (const [kind, make] of [
  ["a Blob", (bytes) => new Blob([bytes])],
  ["a stream of unknown length", streamOf],
]) {
  test(`a checksum of ${kind} is let go of where the tag cannot be made`, async ({ mock }) => {
    const { presign } = await Storage.open();
    const held = new Set();
    for (const [name, note] of [
      ["update", "add"],
      ["finish", "delete"],
      ["free", "delete"],
    ]) {
      const original = Checksum.prototype[name];
      mock.method(Checksum.prototype, name, function (...given) {
        held[note](this);
        return original.apply(this, given);
      });
    }
    const refused = new Error("no tag");
    mock.method(EncryptSession.prototype, "finish", () => {
      throw refused;
    });
    const uploading = upload(make(randomBytes(6 * MIB)), { presign, keyring, checksum: "crc32c", partSize: 5 * MIB });
    await assert.rejects(uploading, refused);
    assert.equal(Checksum.prototype.update.mock.callCount() > 0, true);
    assert.equal(held.size, 0);
  });
}

test("a checksum that nobody knows is refused before anything is sent", async () => {
  const presign = () => assert.fail("nothing is to be sent");
  await assert.rejects(upload(randomBytes(10), { presign, keyring, checksum: "md5" }), { code: "INVALID_OPTION" });
});
