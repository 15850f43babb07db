/**
 * What can go wrong, as programs see it: one class with a stable `code`.
 *
 * The codes of the engine are those of `src/error/text.rs`; `docs/errors.md` explains each. A test keeps the three alike.
 */

/** Codes of errors that the Rust engine raises. */
export const ENGINE_ERROR_CODES = [
  "INVALID_KEY_LENGTH",
  "RANDOMNESS_UNAVAILABLE",
  "INVALID_OPTION",
  "MESSAGE_TOO_LONG",
  "SEGMENT_MISALIGNED",
  "SEGMENT_OVERLAP",
  "SEGMENT_CHANGED",
  "MESSAGE_INCOMPLETE",
  "CONTENT_LENGTH_MISMATCH",
  "WRONG_KEY",
  "AUTHENTICATION_FAILED",
  "COMMITMENT_REQUIRED",
  "LEGACY_WRAPPING_NOT_ENABLED",
  "LEGACY_UNAUTHENTICATED_NOT_ENABLED",
  "KEYRING_MISMATCH",
  "MATERIALS_DESCRIPTION_MISMATCH",
  "ENCRYPTION_CONTEXT_MISMATCH",
  "RESERVED_CONTEXT_NAME",
  "NOT_ENCRYPTED",
  "METADATA_MISSING",
  "METADATA_NOT_BASE64",
  "METADATA_WRONG_LENGTH",
  "METADATA_UNKNOWN_VALUE",
  "METADATA_NOT_A_MAP",
  "METADATA_REPEATED_NAME",
  "METADATA_NOT_A_NUMBER",
  "METADATA_TOO_LONG",
  "METADATA_CONTRADICTORY",
  "METADATA_REPEATED",
  "USER_METADATA_INVALID",
  "USER_METADATA_TOO_LONG",
  "INSTRUCTION_FILE_MISSING",
  "INSTRUCTION_FILE_INVALID",
  "MATERIALS_DESCRIPTION_UNCHANGED",
  "DATA_KEY_UNPROVEN",
  "UNSUPPORTED",
  "KEY_IS_TEXT",
  "CONFLICTING_ENCRYPTION_HEADERS",
  "INCOMPLETE_CUSTOMER_KEY_HEADERS",
  "INVALID_ENCRYPTION_HEADER",
  "CUSTOMER_KEY_MD5_MISMATCH",
  "ENCRYPTION_HEADER_NOT_ALLOWED",
  "INVALID_KMS_PARAMETER",
  "SECRET_HEADER_IN_URL",
  "INSECURE_TRANSPORT",
  "INVALID_PRESIGN_REQUEST",
  "INVALID_EXPIRY",
  "INVALID_TRANSFER_PLAN",
  "OBJECT_TOO_LARGE",
  "STORAGE_REFUSED",
  "NETWORK_FAILURE",
  "UNEXPECTED_STORAGE_ANSWER",
  "INTERNAL",
] as const;

/** Codes of errors that arise before or around the engine. */
export const CLIENT_ERROR_CODES = [
  /** An argument is not of a kind that is accepted. */
  "INVALID_INPUT",
  /** The WebAssembly module could not be loaded (`cause` says why), or `SubtleCrypto` cannot be used. */
  "ENGINE_UNAVAILABLE",
  /** Content in CBC mode is not what such content can be. */
  "LEGACY_CONTENT_INVALID",
  /** KMS, or whoever stands before it, answered with an error that no other code is for. */
  "KMS_REFUSED",
  /** KMS does not know who asks, or does not let them. */
  "KMS_ACCESS_DENIED",
  /** The KMS key is not there, is disabled or waits for its deletion, or is not for encryption. */
  "KMS_KEY_UNUSABLE",
  /** KMS has too much to do, or failed: the same request may succeed later. */
  "KMS_UNAVAILABLE",
  /** The earlier keyring still unwraps a data key that was wrapped anew. */
  "WRAPPING_KEY_NOT_ROTATED",
  /** The salt or a parameter of a passphrase's derivation is out of range. */
  "PASSPHRASE_PARAMETERS_INVALID",
  /** An answer ended before it had as many bytes as it was said to have. */
  "TRUNCATED_STORAGE_ANSWER",
  /** The private file of ciphertext that waits for its authentication, or of a download, failed: the disk may be full. */
  "SPOOL_FAILED",
  /** A way of downloading to a file is not to be had, or the browser ended the service worker that it led through. */
  "DOWNLOAD_UNAVAILABLE",
  /** The browser ended a download before it had all of it. */
  "DOWNLOAD_CANCELLED",
] as const;

/** Every code that an {@link EnvelopeError} can have. */
export type EnvelopeErrorCode = (typeof ENGINE_ERROR_CODES)[number] | (typeof CLIENT_ERROR_CODES)[number];

/** Marks the class across realms and copies of this package, where `instanceof` does not hold. */
const BRAND = Symbol.for("s3-envelope.EnvelopeError");

/** A failure of this package. Compare `code`; the message is for people, and holds neither keys nor plaintext. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
  /** What went wrong, stable across releases. */
  readonly code: EnvelopeErrorCode;

  /**
   * @param code - What went wrong.
   * @param message - The same for people, with what to do about it.
   * @param options - A `cause`, where another error is behind this one.
   */
  constructor(code: EnvelopeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/**
 * Whether `value` is an {@link EnvelopeError}, also one of another realm or another copy of this package.
 *
 * @param value - Anything, such as what a `catch` caught.
 */
export function isEnvelopeError(value: unknown): value is EnvelopeError {
  return value instanceof Error && BRAND in value;
}
