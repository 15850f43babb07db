/**
 * The part of an app that holds credentials. It would run on a server; here it runs in the page, and takes no more than
 * a server would be sent: which request is to be signed. It sees neither content nor keys.
 */

import { presign, type Presign, type PresignRequest } from "s3-envelope";

import { BUCKET, CREDENTIALS, REGION, S3_HOST } from "./protocol.js";

const EXPIRES_IN_SECONDS = 900;

/** What the backend was asked to sign. */
export interface SignedRequest {
  readonly method: string;
  readonly operation: string;
  readonly headers: readonly string[];
}

/** A request on the bucket itself. */
export interface BucketRequest {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly query: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Signs requests, and remembers which: that is all it knows. */
export class Backend {
  readonly signed: SignedRequest[] = [];

  /**
   * A signer for one object, as `upload` and `download` want it.
   *
   * @param key - The object's key.
   * @param scheme - `http` only to show that it is refused.
   */
  signerFor(key: string, scheme: "https" | "http" = "https"): Presign {
    return async (request: PresignRequest) => {
      this.signed.push({
        method: request.method,
        operation: request.operation,
        headers: Object.keys(request.headers),
      });
      const { url } = await presign({
        ...place(scheme),
        key: `${key}${request.keySuffix}`,
        method: request.method,
        query: request.query,
        headers: request.headers,
        expiresIn: EXPIRES_IN_SECONDS,
      });
      return { url };
    };
  }

  /**
   * Sends a request on the bucket, as an administrator does.
   *
   * @param request - The request.
   * @param body - An XML document to send.
   */
  async onBucket(request: BucketRequest, body?: string): Promise<Response> {
    const { url, headers } = await presign({
      ...place("https"),
      key: "",
      method: request.method,
      query: request.query,
      ...(request.headers === undefined ? {} : { headers: request.headers }),
      expiresIn: EXPIRES_IN_SECONDS,
    });
    const sent = Object.entries(headers).filter(([name]) => name !== "host");
    return fetch(url, { method: request.method, headers: sent, body: body ?? null });
  }

  /**
   * Deletes an object.
   *
   * @param key - Its key.
   */
  async delete(key: string): Promise<Response> {
    const { url } = await presign({ ...place("https"), key, method: "DELETE", expiresIn: EXPIRES_IN_SECONDS });
    return fetch(url, { method: "DELETE" });
  }
}

function place(scheme: "https" | "http") {
  return { credentials: CREDENTIALS, region: REGION, endpoint: `${scheme}://${S3_HOST}`, bucket: BUCKET };
}
