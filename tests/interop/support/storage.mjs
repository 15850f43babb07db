/** Our native storage, as a server of its own for one run of the tests. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { presigned, signedForKms } from "../../node/support/sigv4.mjs";
import { Resources } from "../../support/resources.mjs";

/** The KMS key that every KMS keyring wraps with. */
export const KMS_KEY = "alias/interop";
export const REGION = "us-east-1";
/** The access key that the storage knows unless told otherwise; from AWS's documentation. */
export const CREDENTIALS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
};

const BUCKET = "interop";
const META = "x-amz-meta-";
/** What a page must be allowed to send and to see. S3 exposes headers by name only. */
const METHODS = ["GET", "PUT", "POST", "DELETE"];
const V2_NAMES = ["key-v2", "iv", "wrap-alg", "cek-alg", "tag-len", "matdesc", "unencrypted-content-length"];
const V3_NAMES = ["c", "3", "w", "d", "i", "m", "t"];
const EXPOSED = ["ETag", "Content-Range", ...["key", ...V2_NAMES, ...V3_NAMES].map((name) => `${META}x-amz-${name}`)];
const CORS = `<CORSConfiguration><CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedHeader>*</AllowedHeader>${[
  ...METHODS.map((method) => `<AllowedMethod>${method}</AllowedMethod>`),
  ...EXPOSED.map((header) => `<ExposeHeader>${header}</ExposeHeader>`),
].join("")}</CORSRule></CORSConfiguration>`;

/** A running server with one bucket. */
export class Storage {
  bucket = BUCKET;
  #server;

  /** Starts the server that `S3_STORAGE_SIM` names, on a free port, with further flags. */
  static start(...flags) {
    return Resources.opening(async (resources) => {
      const storage = resources.add(new Storage(), (started) => started.stop());
      const args = ["--listen", "127.0.0.1:0", "--region", REGION, "--kms-key", KMS_KEY, ...flags];
      storage.#server = spawn(process.env.S3_STORAGE_SIM, args, { stdio: ["ignore", "pipe", "inherit"] });
      storage.endpoint = await listeningAddress(storage.#server);
      await storage.#make();
      return storage;
    });
  }

  /** Host and port. */
  get host() {
    return new URL(this.endpoint).host;
  }

  /**
   * An object as it is stored.
   *
   * @param {string} key
   * @returns {Promise<{ metadata: Record<string, string>, body: Buffer, etag: string } | undefined>} nothing where there
   *   is none
   */
  async stored(key) {
    const response = await this.#send("GET", `${BUCKET}/${key}`);
    if (response.status === 404) return undefined;
    const user = [...response.headers].filter(([name]) => name.startsWith(META));
    return {
      metadata: Object.fromEntries(user.map(([name, value]) => [name.slice(META.length), value])),
      body: Buffer.from(await response.arrayBuffer()),
      etag: response.headers.get("etag"),
    };
  }

  /** Stores an object as it is given. */
  async store(key, { metadata, body }) {
    const headers = Object.fromEntries(Object.entries(metadata).map(([name, value]) => [META + name, value]));
    await this.#send("PUT", `${BUCKET}/${key}`, { headers, body });
  }

  /**
   * One call of the key service.
   *
   * @param {"Decrypt" | "GenerateDataKey"} action
   * @param {object} input
   */
  async kms(action, input) {
    const body = JSON.stringify(input);
    const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": `TrentService.${action}` };
    const signed = signedForKms(this.host, headers, body, CREDENTIALS);
    const response = await fetch(this.endpoint, { method: "POST", headers: signed, body });
    if (response.ok) return response.json();
    throw new Error(`${action}: ${response.status} ${await response.text()}`);
  }

  stop() {
    this.#server?.kill("SIGKILL");
  }

  async #make() {
    await this.#send("PUT", BUCKET);
    await this.#send("PUT", BUCKET, { query: { cors: "" }, body: CORS });
  }

  async #send(method, path, { headers = {}, query = {}, body } = {}) {
    const url = presigned(method, this.host, path, headers, CREDENTIALS, query).replace(/^https:/, "http:");
    const response = await fetch(url, { method, headers, body });
    if (response.ok || response.status === 404) return response;
    throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  }
}

async function listeningAddress(server) {
  for await (const line of createInterface({ input: server.stdout })) {
    const address = /^listening on (\S+)/.exec(line)?.[1];
    if (address !== undefined) return address;
  }
  throw new Error("the storage ended before it listened");
}
