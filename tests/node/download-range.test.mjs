/** A part of an object by one request, in the simulated storage: asked for by name, and not authenticated. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AesKeyring, download, sse, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const LENGTH = 1024 * 1024 + 100;
const plaintext = randomBytes(LENGTH);
const keyring = await AesKeyring.generate();
const ASKED = { keyring, enableLegacyUnauthenticatedModes: true };

for (const commitmentPolicy of ["REQUIRE_ENCRYPT_REQUIRE_DECRYPT", "FORBID_ENCRYPT_ALLOW_DECRYPT"]) {
  for (const instructionFile of [false, true]) {
    test(`a part comes by one GET (${commitmentPolicy}, instruction file: ${instructionFile})`, async () => {
      const { presign, log } = await open();
      await upload(plaintext, { presign, keyring, commitmentPolicy, instructionFile, contentType: "text/plain" });
      for (const [start, end] of [
        [0, 1],
        [15, 17],
        [524_287, 524_289],
        [LENGTH - 1, LENGTH],
        [0, LENGTH],
      ]) {
        log.length = 0;
        const object = await download({ presign, ...ASKED, commitmentPolicy, range: { start, end } });
        assert.deepEqual(await collect(object.body), plaintext.slice(start, end), `${start} to ${end}`);
        assert.equal(object.contentType, "text/plain");
        assert.deepEqual(log, instructionFile ? ["GetObject", "GetObject .instruction"] : ["GetObject"]);
      }
    });
  }
}

test("a part is refused without the opt-in, before anything is asked for", async () => {
  const { presign, log } = await open();
  const range = { start: 0, end: 1 };
  await assert.rejects(download({ presign, keyring, range }), { code: "LEGACY_UNAUTHENTICATED_NOT_ENABLED" });
  await assert.rejects(download({ presign, sse: sse.s3(), range }), { code: "INVALID_INPUT" });
  for (const [start, end] of [
    [-1, 5],
    [5, 5],
    [5, 4],
    [0.5, 4],
    [0, NaN],
  ]) {
    await assert.rejects(download({ presign, ...ASKED, range: { start, end } }), { code: "INVALID_INPUT" });
  }
  assert.deepEqual(log, []);
});

test("a part that comes short is asked for again", async () => {
  const { presign, log } = await open();
  await upload(plaintext, { presign, keyring });
  const send = globalThis.fetch;
  let asked = 0;
  globalThis.fetch = async (...request) => {
    const answer = await send(...request);
    asked += 1;
    return asked > 1 ? answer : new Response((await answer.arrayBuffer()).slice(0, 10), answer);
  };
  log.length = 0;
  const { body } = await download({ presign, ...ASKED, range: { start: 5, end: 105 } });
  assert.deepEqual(await collect(body), plaintext.slice(5, 105));
  assert.deepEqual(log, ["GetObject", "GetObject"]);
});

test("the tag and what is beyond it are no content", async () => {
  const { presign } = await open();
  await upload(plaintext, { presign, keyring });
  for (const [start, end] of [
    [0, LENGTH + 1],
    [LENGTH, LENGTH + 16],
    [LENGTH + 100, LENGTH + 200],
  ]) {
    await assert.rejects(download({ presign, ...ASKED, range: { start, end } }), { code: "INVALID_INPUT" });
  }
});

test("what was altered is not noticed, which is why it has to be asked for", async () => {
  const { presign, stored, replace } = await open();
  await upload(plaintext, { presign, keyring });
  const { headers } = await stored("object");
  const metadata = Object.fromEntries([...headers].filter(([name]) => name.startsWith("x-amz-meta-")));
  const body = new Uint8Array(await (await stored("object")).arrayBuffer());
  body[100] ^= 1;
  await replace("object", body, metadata);
  const part = await collect((await download({ presign, ...ASKED, range: { start: 100, end: 101 } })).body);
  assert.equal(part[0], plaintext[100] ^ 1);
  await assert.rejects(download({ presign, keyring }), { code: "AUTHENTICATION_FAILED" });
  const other = { keyring: await AesKeyring.generate() };
  await assert.rejects(download({ presign, ...ASKED, ...other, range: { start: 0, end: 1 } }), { code: "WRONG_KEY" });
});

test("storages without ranges, and answers that do not say which they are, are told as that", async () => {
  for (const answer of [
    (response) => new Response(response.body, { headers: response.headers }),
    (response) => {
      const headers = new Headers(response.headers);
      headers.delete("content-range");
      return new Response(response.body, { status: 206, headers });
    },
  ]) {
    const { presign } = await open({ answer: (response) => (response.status === 206 ? answer(response) : response) });
    await upload(plaintext, { presign, keyring });
    const range = { start: 0, end: 1 };
    await assert.rejects(download({ presign, ...ASKED, range }), { code: "UNEXPECTED_STORAGE_ANSWER" });
  }
});
