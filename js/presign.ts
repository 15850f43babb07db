/** Presigned URLs: for a signer on a backend, in Node or in a demo. Never ship long-lived credentials to a page. */

import { requests } from "./requests.js";
import type { HeaderMap } from "./sse.js";

/** Who signs. */
export interface Credentials {
  /** The access key's id. */
  readonly accessKeyId: string;
  /** The secret. It is used for signing and kept nowhere. */
  readonly secretAccessKey: string;
  /** The token of temporary credentials; it becomes a part of the URL. */
  readonly sessionToken?: string | undefined;
}

/** Operations that can be presigned by name. */
export type PresignedOperation =
  | "GetObject"
  | "HeadObject"
  | "PutObject"
  | "DeleteObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListParts";

/** What a presigned URL is to permit. Either `operation` or `method` says which request it is. */
export interface PresignOptions {
  /** Who signs. */
  readonly credentials: Credentials;
  /** The store's region; `us-east-1` for stores without regions. */
  readonly region: string;
  /** Scheme and host of a store other than Amazon S3, such as `https://minio.example:9000`. */
  readonly endpoint?: string | undefined;
  /** Where the bucket's name stands at such an endpoint; in the host unless given. */
  readonly addressing?: "virtual-host" | "path" | undefined;
  /** The bucket. */
  readonly bucket: string;
  /** The object's key, as it is: it is encoded once, here. */
  readonly key: string;
  /** The operation, with what it needs. */
  readonly operation?: PresignedOperation | undefined;
  /** The HTTP method of any other request; `query` says the rest. */
  readonly method?: "GET" | "HEAD" | "PUT" | "POST" | "DELETE" | undefined;
  /** For the operations on a multipart upload. */
  readonly uploadId?: string | undefined;
  /** For UploadPart: 1 to 10,000. */
  readonly partNumber?: number | undefined;
  /** Further query parameters. Headers of customer keys are refused. */
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Headers to sign: whoever uses the URL must send them with exactly these values. */
  readonly headers?: Readonly<HeaderMap> | undefined;
  /** How long the URL lives, in seconds: 1 to 604,800; 3600 unless given. */
  readonly expiresIn?: number | undefined;
  /** The time of signing; now unless given. */
  readonly date?: Date | undefined;
}

/** A request that anybody can send without credentials: keep its URL as secret as what it permits. */
export interface PresignedRequest {
  /** To be used word for word. */
  readonly url: string;
  /** The HTTP method. */
  readonly method: string;
  /** The headers that were signed and must be sent. */
  readonly headers: HeaderMap;
  /** When the URL ceases to be accepted. */
  readonly expiresAt: Date;
}

/**
 * Presigns a request with AWS Signature Version 4.
 *
 * @param options - What to permit.
 * @throws {@link EnvelopeError} `INVALID_PRESIGN_REQUEST`, `INVALID_EXPIRY`, `SECRET_HEADER_IN_URL`, `INVALID_OPTION`,
 * `ENGINE_UNAVAILABLE`, or the code of encryption headers that contradict each other or the operation.
 */
export async function presign(options: PresignOptions): Promise<PresignedRequest> {
  const { PresignedUrl } = await requests();
  const { date = new Date(), ...request } = options;
  const signed = PresignedUrl.sign(request, Math.floor(date.getTime() / 1000));
  try {
    return {
      url: signed.url,
      method: signed.method,
      headers: signed.headers as HeaderMap,
      expiresAt: new Date(signed.expiresAt * 1000),
    };
  } finally {
    signed.free();
  }
}
