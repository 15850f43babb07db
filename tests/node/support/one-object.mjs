/** A simulated storage that the package's requests reach, and a signer for one object in it. */

import assert from "node:assert/strict";
import { after } from "node:test";

import { presign as signed } from "../../../dist/node.js";
import { openStorage } from "../../../dist/testing.js";

const place = {
  credentials: { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY" },
  region: "us-east-1",
  endpoint: "https://s3.us-east-1.storage.test",
  bucket: "demo",
};

const network = globalThis.fetch;
after(() => {
  globalThis.fetch = network;
});

/**
 * A storage with a bucket, whose object is called `object`.
 *
 * @param {{ fail?: (request: string) => boolean, answer?: (response: Response) => Response }} [options] `fail` says which
 *   requests are refused, by operation and suffix; `answer` changes what is answered
 * @returns `presign` for the package, the `log` of what it was asked for, what is `stored` under a key (undefined where
 *   there is nothing), `replace` to store something there
 */
export async function open({ fail = () => false, answer = (response) => response } = {}) {
  const storage = await openStorage({ sseCDefault: "allowed" });
  const log = [];
  const presign = ({ operation, method, query, headers, keySuffix }) => {
    log.push(keySuffix === "" ? operation : `${operation} ${keySuffix}`);
    return signed({ ...place, key: `object${keySuffix}`, method, query, headers });
  };
  globalThis.fetch = async (url, init) => {
    if (fail(log.at(-1))) return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
    return answer(await storage.fetch(url, init));
  };
  const bucket = await signed({ ...place, key: "", method: "PUT" });
  assert.equal((await storage.fetch(bucket.url, { method: "PUT" })).status, 200);
  const stored = async (key) => {
    const { url } = await signed({ ...place, key, method: "GET" });
    const response = await storage.fetch(url);
    return response.status === 404 ? undefined : response;
  };
  const replace = async (key, body, headers = {}) => {
    const { url } = await signed({ ...place, key, method: "PUT", headers });
    assert.equal((await storage.fetch(url, { method: "PUT", body, headers })).status, 200);
  };
  return { presign, log, stored, replace };
}
