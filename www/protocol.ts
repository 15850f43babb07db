/**
 * What the page may ask the storage's operator, beside S3: to look at what lies at rest, to damage it, to fail, to start
 * afresh.
 * It travels by `postMessage`, so that it is never mistaken for S3.
 */

/** Where the simulated storage is: its origins end on this, which no public name ever does. */
export const STORAGE_DOMAIN = ".storage.test";
/** The region of everything in the demo. */
export const REGION = "us-east-1";
/** Where S3 answers, without the scheme. */
export const S3_HOST = `s3.${REGION}${STORAGE_DOMAIN}`;
/** The one bucket of the demo. */
export const BUCKET = "demo";
/** The KMS keys that the demo's account has. */
export const KMS_ALIASES = ["alias/documents", "alias/archive"] as const;
/** Who may call: the pair of AWS's own documentation, which opens nothing anywhere else. */
export const CREDENTIALS = {
  accessKeyId: "AKIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
} as const;

/** A question to the operator, and what each needs. */
export type Inspection =
  | { readonly kind: "has-bucket" }
  | { readonly kind: "object"; readonly key: string }
  | { readonly kind: "stored-bytes"; readonly key: string; readonly offset: number; readonly length: number }
  | { readonly kind: "flip-stored-bit"; readonly key: string; readonly offset: number }
  | { readonly kind: "kms-events" }
  | { readonly kind: "fail-downloads"; readonly mishap: Mishap; readonly times: number }
  | { readonly kind: "be-well" }
  | { readonly kind: "reset" };

/** How answers fail: none comes, or half of one. */
export type Mishap = "reset" | "truncated-body";

/** What the operator finds of an object. */
export interface AtRest {
  /** `SSE-S3`, `SSE-KMS` or `SSE-C`. */
  readonly mode: string;
  /** The length of the object as S3 tells it, in bytes. */
  readonly contentLength: number;
  /** The length of what is stored, in bytes. */
  readonly storedLength: number;
  /** The length of a piece of content that is encrypted and authenticated by itself, in bytes. */
  readonly segmentLength: number;
  /** The object's data key as it is stored: wrapped. In base64. */
  readonly wrappedDataKey: string;
  /** What opens the data key, in words. */
  readonly unwrappedBy: string;
  /** For SSE-KMS, the ARN of the key that wrapped it. */
  readonly kmsKeyId: string | undefined;
  /** For SSE-C, what the customer's key is recognised by: a salted HMAC, in base64. */
  readonly customerKeyHmac: string | undefined;
  /** The user metadata, names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** One use of a KMS key, as the audit log has it. */
export interface KmsEvent {
  readonly eventName: string;
  readonly eventTime: string;
  readonly keyId: string;
  readonly encryptionContext: Readonly<Record<string, string>>;
  readonly errorCode: string | undefined;
}

/** Answers by kind of question. */
export interface Answers {
  readonly "has-bucket": boolean;
  readonly object: AtRest | undefined;
  readonly "stored-bytes": Uint8Array<ArrayBuffer>;
  readonly "flip-stored-bit": undefined;
  readonly "kms-events": readonly KmsEvent[];
  readonly "fail-downloads": undefined;
  readonly "be-well": undefined;
  readonly reset: undefined;
}

/** An answer on its way: errors lose their class when they are posted, so they travel as text. */
export type Reply = { readonly value: Answers[Inspection["kind"]] } | { readonly error: string };
