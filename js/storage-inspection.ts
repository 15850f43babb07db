/** What the simulated storage shows of itself, apart from S3: what lies at rest, and what KMS was asked for. */

/** What lies at rest of an object. */
export interface Inspection {
  /** The bucket. */
  readonly bucket: string;
  /** The object's key. */
  readonly key: string;
  /** The version's id; `null`, as text, where the bucket keeps no versions. */
  readonly versionId: string;
  /** The mode of encryption at rest. */
  readonly mode: "SSE-S3" | "SSE-KMS" | "DSSE-KMS" | "SSE-C";
  /** The length of the content, in bytes. */
  readonly contentLength: number;
  /** The length of what is stored of it, in bytes. */
  readonly storedLength: number;
  /** The length of a segment of content, in bytes; each is encrypted and authenticated on its own. */
  readonly segmentLength: number;
  /** The ETag, without quotation marks. */
  readonly etag: string;
  /** The stored parts, in order; number 0 is an object that was written at once. */
  readonly parts: readonly { readonly number: number; readonly contentLength: number; readonly storedLength: number }[];
  /** The wrapped data key, base64: all that is stored of the key. */
  readonly wrappedDataKey: string;
  /** Who can unwrap the data key. */
  readonly unwrappedBy: string;
  /** SSE-KMS and DSSE-KMS: the key's ARN. */
  readonly kmsKeyId?: string;
  /** SSE-KMS and DSSE-KMS: the encryption context that the caller gave. */
  readonly encryptionContext?: Readonly<Record<string, string>>;
  /** SSE-C: how the key is recognised; base64 of 32 random bytes, and of the key's HMAC-SHA256 under them. */
  readonly customerKeyHash?: { readonly salt: string; readonly hmac: string };
  /** The user metadata, stored in the clear; names without `x-amz-meta-`. */
  readonly userMetadata: Readonly<Record<string, string>>;
}

/** A use of KMS, or what KMS did on its own (`RotateKey`, `DeleteKey`), as CloudTrail records it. */
export interface KmsEvent {
  /** When, in RFC 3339. */
  readonly eventTime: string;
  /** The operation, such as `GenerateDataKey`. */
  readonly eventName: string;
  /** Who was responsible. */
  readonly userIdentity: Readonly<Record<string, string>>;
  /** `AwsApiCall`, or `AwsServiceEvent` for what KMS did on its own. */
  readonly eventType: string;
  /** What was asked: the key, the encryption context. Never a secret. `null` where nobody asked. */
  readonly requestParameters: Readonly<Record<string, unknown>> | null;
  /** What was answered to a change. Never a secret. `null` of what changes nothing. */
  readonly responseElements: Readonly<Record<string, unknown>> | null;
  /** The keys that were used. */
  readonly resources: readonly { readonly ARN: string; readonly type: string; readonly accountId: string }[];
  /** KMS's code, where it refused. */
  readonly errorCode?: string;
  /** KMS's message, where it refused. */
  readonly errorMessage?: string;
}
