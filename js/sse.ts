/** Server-side encryption: what S3 is asked to do with an object at rest, and the headers that say so. */

import { EnvelopeError } from "./errors.js";
import { type KeyBytes, keyBytes } from "./keyring.js";
import { requests } from "./requests.js";
import type { ServerSideEncryption as EngineEncryption } from "./wasm/requests.js";

/** What SSE-KMS can be told. */
export interface KmsOptions {
  /** The KMS key: an id, an `alias/…` or an ARN. The bucket's or the account's default key unless given. */
  readonly keyId?: string | undefined;
  /** Public names and values that KMS binds the data key to, beside what S3 adds. */
  readonly encryptionContext?: Readonly<Record<string, string>> | undefined;
  /** Whether to use an S3 Bucket Key; the bucket's setting unless given. */
  readonly bucketKey?: boolean | undefined;
}

/** One mode of server-side encryption, made by {@link sse}. Modes cannot be combined. */
export type ServerSideEncryption =
  | { readonly mode: "bucket-default" }
  | { readonly mode: "SSE-S3" }
  | { readonly mode: "SSE-KMS"; readonly options: KmsOptions }
  | { readonly mode: "DSSE-KMS"; readonly options: Omit<KmsOptions, "bucketKey"> }
  | { readonly mode: "SSE-C"; readonly key: KeyBytes };

/** S3's object operations, by its own names. */
export type Operation =
  | "PutObject"
  | "PostObject"
  | "CopyObject"
  | "CreateMultipartUpload"
  | "UploadPart"
  | "UploadPartCopy"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListParts"
  | "GetObject"
  | "HeadObject"
  | "GetObjectAttributes"
  | "DeleteObject";

/** Request headers, by lower-case name. */
export type HeaderMap = Record<string, string>;

/** The modes of server-side encryption. */
export const sse = {
  /** Whatever the bucket's default is. */
  bucketDefault: (): ServerSideEncryption => ({ mode: "bucket-default" }),
  /** SSE-S3: AES-256 under keys that S3 holds. */
  s3: (): ServerSideEncryption => ({ mode: "SSE-S3" }),
  /**
   * SSE-KMS: a data key for each object, wrapped by a KMS key.
   *
   * @param options - The key and what goes with it.
   */
  kms: (options: KmsOptions = {}): ServerSideEncryption => ({ mode: "SSE-KMS", options }),
  /**
   * DSSE-KMS: two layers of encryption under a KMS key.
   *
   * @param options - The key and what goes with it.
   */
  dsseKms: (options: Omit<KmsOptions, "bucketKey"> = {}): ServerSideEncryption => ({ mode: "DSSE-KMS", options }),
  /**
   * SSE-C: AES-256 under a key that every request brings along and S3 forgets.
   *
   * @param key - 32 raw bytes, never text.
   */
  customerKey: (key: KeyBytes): ServerSideEncryption => ({ mode: "SSE-C", key }),
  /**
   * The headers that an operation carries in a mode: just those that S3 takes for it.
   *
   * @param encryption - The mode.
   * @param operation - The operation.
   * @throws {@link EnvelopeError} `INVALID_KMS_PARAMETER`, `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
   */
  headers: async (encryption: ServerSideEncryption, operation: Operation): Promise<HeaderMap> => {
    const inEngine = await toEngine(encryption);
    try {
      return inEngine.headersFor(operation) as HeaderMap;
    } finally {
      inEngine.free();
    }
  },
  /**
   * Checks encryption headers that were put together by hand, before S3 answers them with a bare 400 or 403.
   *
   * @param headers - Any request headers; others than encryption's are ignored.
   * @throws {@link EnvelopeError} `CONFLICTING_ENCRYPTION_HEADERS`, `INCOMPLETE_CUSTOMER_KEY_HEADERS`,
   * `INVALID_ENCRYPTION_HEADER`, `CUSTOMER_KEY_MD5_MISMATCH`, `INVALID_KMS_PARAMETER`. No message repeats a value.
   */
  checkHeaders: async (headers: Headers | Readonly<HeaderMap>): Promise<void> => {
    const pairs = headers instanceof Headers ? headers.entries() : Object.entries(headers);
    (await requests()).checkEncryptionHeaders([...pairs]);
  },
} as const;

/** SSE-C: the headers of customer-provided keys. Keys are 32 raw bytes; text is refused. */
export const sseC = {
  /** A fresh random key. S3 does not keep it: lose it and the object is lost. */
  generateKey: async (): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array((await requests()).generateCustomerKey()),
  /**
   * The three request headers: algorithm, key, and the MD5 of the raw key.
   *
   * @param key - The key.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
   */
  headers: async (key: KeyBytes): Promise<HeaderMap> =>
    (await requests()).customerKeyHeaders(keyBytes(key)) as HeaderMap,
  /**
   * The three headers that name the key of a copy's source.
   *
   * @param key - The key that the source is encrypted under.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
   */
  copySourceHeaders: async (key: KeyBytes): Promise<HeaderMap> =>
    (await requests()).customerKeyCopySourceHeaders(keyBytes(key)) as HeaderMap,
  /**
   * The headers that a presigned URL must sign. Without a key that is the algorithm alone, so that the signer never
   * learns the key; the request then carries all three. With a key the URL works for that key only.
   *
   * @param key - The key, if the URL is to be bound to it.
   * @throws {@link EnvelopeError} `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
   */
  headersToSign: async (key?: KeyBytes): Promise<HeaderMap> =>
    (await requests()).customerKeyHeadersToSign(key === undefined ? undefined : keyBytes(key)) as HeaderMap,
} as const;

/**
 * A mode as the engine holds it. Free it after use: it may hold a key.
 *
 * @param encryption - The mode.
 * @internal
 */
export async function toEngine(encryption: ServerSideEncryption): Promise<EngineEncryption> {
  const { ServerSideEncryption } = await requests();
  switch (encryption.mode) {
    case "bucket-default":
      return ServerSideEncryption.bucketDefault();
    case "SSE-S3":
      return ServerSideEncryption.s3();
    case "SSE-KMS":
      return ServerSideEncryption.kms(encryption.options);
    case "DSSE-KMS":
      return ServerSideEncryption.dsseKms(encryption.options);
    case "SSE-C":
      return ServerSideEncryption.customer(keyBytes(encryption.key));
    default:
      throw new EnvelopeError("INVALID_INPUT", "sse must be made by sse.s3(), sse.kms() and their like");
  }
}
