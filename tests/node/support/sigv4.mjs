/** Presigned URLs, written from the description of Signature Version 4 alone: the tests' own signer. */

import { createHash, createHmac } from "node:crypto";

const REGION = "us-east-1";
/** The access key that AWS's documentation uses, which the simulated storage knows unless told otherwise. */
const CREDENTIALS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

/**
 * A URL that is valid for a minute.
 *
 * @param {string} method
 * @param {string} host
 * @param {string} key not encoded
 * @param {Record<string, string>} [headers] that must be sent with it
 * @param {import("s3-envelope").Credentials} [credentials] of who signs
 * @param {Record<string, string>} [parameters] further ones of the query
 */
export function presigned(method, host, key, headers = {}, credentials = CREDENTIALS, parameters = {}) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), REGION, "s3", "aws4_request"];
  const signed = Object.entries({ ...headers, host }).sort(([one], [other]) => (one < other ? -1 : 1));
  const names = signed.map(([name]) => name).join(";");
  const path = `/${key.split("/").map(encoded).join("/")}`;
  const query = Object.entries({
    "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
    "X-Amz-Credential": [credentials.accessKeyId, ...scope].join("/"),
    "X-Amz-Date": date,
    "X-Amz-Expires": "60",
    "X-Amz-SignedHeaders": names,
    ...parameters,
  })
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map((pair) => pair.map(encoded).join("="))
    .join("&");
  const canonicalHeaders = signed.map(([name, value]) => `${name}:${value}\n`).join("");
  const request = [method, path, query, canonicalHeaders, names, "UNSIGNED-PAYLOAD"].join("\n");
  const hash = createHash("sha256").update(request).digest("hex");
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), hash].join("\n");
  const signature = [...scope, toSign].reduce(hmac, `AWS4${credentials.secretAccessKey}`).toString("hex");
  return `https://${host}${path}?${query}&X-Amz-Signature=${signature}`;
}

/**
 * The headers of a request to KMS, with a signature.
 *
 * @param {string} host
 * @param {Record<string, string>} headers
 * @param {string} body
 * @param {import("s3-envelope").Credentials} credentials
 */
export function signedForKms(host, headers, body, credentials) {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = [date.slice(0, 8), REGION, "kms", "aws4_request"];
  const signed = Object.entries({ ...headers, host, "x-amz-date": date }).sort(([one], [other]) =>
    one < other ? -1 : 1,
  );
  const names = signed.map(([name]) => name).join(";");
  const canonicalHeaders = signed.map(([name, value]) => `${name}:${value}\n`).join("");
  const request = ["POST", "/", "", canonicalHeaders, names, sha256(body)].join("\n");
  const toSign = ["AWS4-HMAC-SHA256", date, scope.join("/"), sha256(request)].join("\n");
  const signature = [...scope, toSign].reduce(hmac, `AWS4${credentials.secretAccessKey}`).toString("hex");
  const credential = [credentials.accessKeyId, ...scope].join("/");
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names}, Signature=${signature}`;
  return { ...headers, "x-amz-date": date, authorization };
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key, text) {
  return createHmac("sha256", key).update(text).digest();
}

function encoded(text) {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
