/** Uploads by HTML forms to the simulated storage in WebAssembly. */

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";

import { openStorage } from "../../dist/testing.js";
import { presigned } from "./support/sigv4.mjs";

const HOST = "demo.s3.us-east-1.storage.test";
const ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/** A form with a signed policy that holds for its fields. */
function signedForm(fields, conditions = []) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), "us-east-1", "s3", "aws4_request"];
  const { key, ...exact } = fields;
  const all = {
    ...exact,
    "x-amz-algorithm": "AWS4-HMAC-SHA256",
    "x-amz-credential": [ACCESS_KEY, ...scope].join("/"),
    "x-amz-date": date,
  };
  const policy = {
    expiration: new Date(Date.now() + 60_000).toISOString(),
    conditions: [
      { bucket: "demo" },
      ["starts-with", "$key", ""],
      ...Object.entries(all).map(([name, value]) => ({ [name]: value })),
      ...conditions,
    ],
  };
  const encoded = Buffer.from(JSON.stringify(policy)).toString("base64");
  const hmac = (key, text) => createHmac("sha256", key).update(text).digest();
  const signature = [...scope, encoded].reduce(hmac, `AWS4${SECRET}`).toString("hex");
  const form = new FormData();
  for (const [name, value] of Object.entries({ key, ...all, policy: encoded, "x-amz-signature": signature })) {
    form.append(name, value);
  }
  return form;
}

test("a form is an upload, streamed, encrypted and limited as its policy says", async () => {
  const storage = await openStorage({ kmsKeys: ["alias/documents"] });
  assert.equal((await storage.fetch(presigned("PUT", HOST, ""), { method: "PUT" })).status, 200);
  const fields = {
    key: "user/${filename}",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-aws-kms-key-id": "alias/documents",
    "x-amz-meta-colour": "blå",
    success_action_status: "201",
  };
  const send = async (size) => {
    const form = signedForm(fields, [["content-length-range", 1, 3_000_000]]);
    form.append("file", new Blob([new Uint8Array(size).fill(7)]), "a b.bin");
    const response = await storage.fetch(`https://${HOST}/`, { method: "POST", body: form });
    return [response.status, await response.text()];
  };
  const [status, document] = await send(3_000_000);
  assert.equal(status, 201, document);
  assert.match(document, /<Key>user\/a b\.bin<\/Key>/);
  const got = await storage.fetch(presigned("GET", HOST, "user/a b.bin"));
  assert.deepEqual(
    [got.headers.get("x-amz-server-side-encryption"), (await got.arrayBuffer()).byteLength],
    ["aws:kms", 3_000_000],
  );
  const [refused, why] = await send(3_000_001);
  assert.deepEqual([refused, /<ProposedSize>(.*)<\/ProposedSize>/.exec(why)?.[1]], [400, "3000001"]);
});
