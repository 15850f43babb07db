/** KMS asked by the page itself, which signs its requests with temporary credentials. */

import { type KmsClient, kmsClientOver, postToKms } from "./kms-client.js";
import type { Credentials } from "./presign.js";
import { requests } from "./requests.js";

/** Where KMS is, and who asks. */
export interface KmsEndpointOptions {
  /** The KMS key's region. */
  readonly region: string;
  /**
   * Temporary credentials, with their session token, of a role that may do no more than `kms:GenerateDataKey` (to write)
   * and `kms:Decrypt` (to read) with this key. They are asked for before each call, so that they can be renewed. Never
   * give a page credentials that do not expire.
   */
  readonly credentials: () => Credentials | Promise<Credentials>;
  /** Scheme and host of another KMS than AWS's in the region, such as `https://kms.example:4566`; https or loopback. */
  readonly endpoint?: string | undefined;
  /** Sends the request; the global `fetch` unless given. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined;
}

/**
 * Asks KMS directly. The request is signed (Signature Version 4) in its header `Authorization`; the endpoint has to
 * answer pages of this origin (CORS). Where the page should hold no credentials at all, use `kmsBackend`.
 *
 * @param options - Where KMS is, and who asks.
 */
export function kmsEndpoint(options: KmsEndpointOptions): KmsClient {
  const { region, credentials: ask } = options;
  return kmsClientOver(async (operation, body) => {
    const { kmsAuthorization, kmsHost } = await requests();
    const url = new URL("/", options.endpoint ?? `https://${kmsHost(region)}`);
    const credentials = await ask();
    const target = `TrentService.${operation}`;
    // Not before the credentials are there, for which a person may have been asked: a signature soon gets old.
    const now = Math.floor(Date.now() / 1000);
    const bytes = new TextEncoder().encode(body);
    const [date, authorization] = kmsAuthorization(credentials, region, url.host, target, bytes, now);
    const token = credentials.sessionToken;
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-date": date,
      "x-amz-target": target,
      ...(token !== undefined && { "x-amz-security-token": token }),
      authorization,
    };
    return await postToKms(url, options, headers, body);
  });
}
