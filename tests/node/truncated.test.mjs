/** Answers that end before they should, and tell nobody. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { AesKeyring, decryptObject, download, encryptObject, sse, upload } from "../../dist/node.js";
import { collect, randomBytes } from "./support/inputs.mjs";
import { open } from "./support/one-object.mjs";

const keyring = await AesKeyring.fromBytes(new Uint8Array(32).fill(7));
const truncated = { name: "EnvelopeError", code: "TRUNCATED_STORAGE_ANSWER" };

/** A body without its last bytes, which ends as if nothing were missing. */
function shortened(response, missing, headers = response.headers) {
  const body = new ReadableStream({
    async start(controller) {
      const all = new Uint8Array(await response.arrayBuffer());
      controller.enqueue(all.subarray(0, all.length - missing));
      controller.close();
    },
  });
  return new Response(body, { status: response.status, headers });
}

/** A storage that gives no ranges, and whose answers lose bytes. */
async function losing(missing, alter = (headers) => headers) {
  return open({
    answer(response) {
      if (!response.headers.has("accept-ranges")) return response;
      const headers = new Headers(response.headers);
      if (headers.has("content-range")) headers.set("content-length", headers.get("content-range").split("/")[1]);
      headers.delete("content-range");
      return shortened(new Response(response.body, { status: 200 }), missing, alter(headers));
    },
  });
}

for (const release of ["verified", "delayed-authentication"]) {
  for (const missing of [1, 16, 1016]) {
    test(`an answer that lacks ${missing} bytes is told from one that was altered (${release})`, async () => {
      const { presign } = await losing(missing);
      await upload(randomBytes(1000), { presign, keyring });
      const read = async () => collect((await download({ presign, keyring, release })).body);
      await assert.rejects(read(), truncated);
    });
  }
}

test("without a keyring an answer that ends early is noticed at all", async () => {
  const { presign } = await losing(1);
  await upload(randomBytes(1000), { presign, sse: sse.s3() });
  const { body, size } = await download({ presign, sse: sse.s3() });
  assert.equal(size, 1000);
  await assert.rejects(collect(body), truncated);
});

test("a length that is not the body's own says nothing: that of a coding, or none", async () => {
  const coded = (headers) => {
    headers.set("content-encoding", "br");
    return headers;
  };
  const hidden = (headers) => {
    headers.delete("content-length");
    return headers;
  };
  for (const alter of [coded, hidden]) {
    const { presign } = await losing(1, alter);
    await upload(randomBytes(1000), { presign, keyring });
    await assert.rejects(download({ presign, keyring }), { code: "AUTHENTICATION_FAILED" });
  }
});

test("decryptObject is told the length by the answer, or by who calls it", async () => {
  const plaintext = randomBytes(1000);
  const { body, metadata } = await encryptObject(plaintext, { keyring });
  const stored = await collect(body);
  const headers = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [`x-amz-meta-${name}`, value]));
  const answer = new Response(stored, { headers: { ...headers, "content-length": "1016" } });
  await assert.rejects(decryptObject(shortened(answer, 1), { keyring }), truncated);

  const short = stored.subarray(0, 1015);
  for (const part of [short, new Blob([short]), new Blob([short]).stream(), [short]]) {
    await assert.rejects(decryptObject({ body: part, metadata, storedLength: 1016 }, { keyring }), truncated);
  }
  const whole = await decryptObject({ body: [stored], metadata, storedLength: 1016 }, { keyring });
  assert.deepEqual(await collect(whole), plaintext);
  for (const storedLength of [-1, 1.5, NaN]) {
    const refused = decryptObject({ body: stored, metadata, storedLength }, { keyring });
    await assert.rejects(refused, { code: "INVALID_INPUT" });
  }
});
