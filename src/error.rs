//! What can go wrong, in one place: [`EnvelopeError`], and a stable code for each variant.
//!
//! A message says what is wrong and what to do. It never contains key material, plaintext, a signature or a header
//! value that could be a secret, and never says which of several checks on secret data failed.

use alloc::string::String;

/// A failure of any operation of this crate.
///
/// [`EnvelopeError::code`] is stable across releases and is what programs should compare; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// A key was not 32 bytes long.
    #[error("{purpose} must be exactly 32 bytes (AES-256), not {length}; pass the raw key bytes, not text")]
    InvalidKeyLength {
        /// What the key was for, as a person would name it.
        purpose: &'static str,
        /// The length found, in bytes.
        length: usize,
    },
    /// The platform's generator gave no randomness.
    #[error("the system's secure random generator is not available; nothing was encrypted")]
    RandomnessUnavailable,
    /// An option has a value that it cannot have.
    #[error("the option {option} is not valid: it must be {expected}")]
    InvalidOption {
        /// The option's name, as JavaScript spells it.
        option: &'static str,
        /// What it may be.
        expected: &'static str,
    },

    /// The plaintext is longer than one AES-GCM message can be.
    #[error(
        "{length} bytes are too many for one object: AES-GCM carries at most 68719476704 bytes (64 GiB - 32); \
         split the file into several objects"
    )]
    MessageTooLong {
        /// The length asked for, in bytes.
        length: u64,
    },
    /// A segment does not start on a block of the message.
    #[error("a segment starts at byte {offset}, which is no multiple of 16; only the last segment may have any length")]
    SegmentMisaligned {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// A segment covers bytes that another segment covered under other borders.
    #[error("the segment at byte {offset} overlaps another one; process a segment again with the same borders only")]
    SegmentOverlap {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// A segment was processed again and held other bytes than before.
    #[error(
        "the segment at byte {offset} is not what it was before: the source changed meanwhile; \
         start over, with a fresh data key"
    )]
    SegmentChanged {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// The message was ended while a segment was missing.
    #[error("the bytes from {missing_at} on are missing; process every segment before the end")]
    MessageIncomplete {
        /// The first missing byte's offset.
        missing_at: u64,
    },
    /// The content is not as long as was declared.
    #[error("the content is {actual} bytes long where {declared} were declared")]
    ContentLengthMismatch {
        /// The length declared, in bytes.
        declared: u64,
        /// The length found, in bytes.
        actual: u64,
    },

    /// The data key could not be recovered: the keyring's key is not the one, or what was stored was altered.
    #[error(
        "the object does not open with this key: it was encrypted under another key, or its metadata was altered; \
         nothing was decrypted"
    )]
    WrongKey,
    /// The object's content is not what was encrypted.
    #[error(
        "the object's content is not what was encrypted: it was altered, truncated or extended on its way or at rest; \
         nothing of it was released"
    )]
    AuthenticationFailed,
    /// The object has no key commitment and the policy demands one.
    #[error(
        "the object is of a message format before V3, without key commitment, and the commitment policy reads V3 only; \
         to read older objects use the commitment policy REQUIRE_ENCRYPT_ALLOW_DECRYPT"
    )]
    CommitmentRequired,
    /// The object's data key is wrapped by an algorithm that is read on request only.
    #[error(
        "the object's data key is wrapped with {algorithm}, a legacy algorithm that does not bind it to the content's; \
         to read the object set enableLegacyWrappingAlgorithms"
    )]
    LegacyWrappingNotEnabled {
        /// The algorithm's name in message format V2.
        algorithm: &'static str,
    },
    /// The object's content cannot be authenticated and such content is read on request only.
    #[error(
        "the object's content is encrypted with AES-CBC, which cannot tell whether it was altered; \
         to read the object all the same set enableLegacyUnauthenticatedModes"
    )]
    LegacyUnauthenticatedNotEnabled,
    /// The object's data key was wrapped by another kind of keyring.
    #[error("the object's data key is wrapped with {object}: {keyring} cannot unwrap it")]
    KeyringMismatch {
        /// The keyring at hand, with its article.
        keyring: &'static str,
        /// How the object's data key is wrapped, by the name in message format V2.
        object: &'static str,
    },
    /// The object's materials description is not the keyring's.
    #[error("the object's materials description is not the keyring's: it was encrypted under another key")]
    MaterialsDescriptionMismatch,
    /// The object's encryption context is not the one that the caller gives, or not one for its algorithm.
    #[error(
        "the object's encryption context is not the one given: give the keyring the very names and values that the \
         object was written with (none for an object of the wrapping algorithm kms)"
    )]
    EncryptionContextMismatch,
    /// The caller's encryption context has a name that the client itself uses.
    #[error("the encryption context cannot have the name {name}, which is reserved; leave it out")]
    ReservedContextName {
        /// The name.
        name: &'static str,
    },

    /// The object has no content metadata.
    #[error(
        "the object has no S3 Encryption Client metadata: it is not encrypted client-side, or the bucket's CORS rule \
         does not expose its x-amz-meta-* headers to the page"
    )]
    NotEncrypted,
    /// A metadata entry that the message format needs is missing.
    #[error(
        "the metadata entry {name} is missing: it was removed, or the bucket's CORS rule does not expose \
         x-amz-meta-{name} to the page"
    )]
    MetadataMissing {
        /// The entry's name, without `x-amz-meta-`.
        name: &'static str,
    },
    /// A metadata entry is not what the message format says.
    #[error("the metadata entry {name} {problem}")]
    MetadataInvalid {
        /// The entry's name, without `x-amz-meta-`.
        name: &'static str,
        /// What is wrong with its value.
        problem: MetadataProblem,
    },
    /// Two metadata entries cannot stand together.
    #[error("the metadata entries {one} and {other} contradict each other: they belong to different formats")]
    MetadataContradictory {
        /// One entry's name.
        one: &'static str,
        /// The other's.
        other: &'static str,
    },
    /// A metadata entry was given twice.
    #[error("a metadata entry is given twice, under names that differ in letter case or prefix only")]
    MetadataRepeated,
    /// A name or value of the user's metadata cannot be a header.
    #[error(
        "metadata names must be HTTP tokens and values printable ASCII without spaces around them; \
         encode other text, for example as base64"
    )]
    UserMetadataInvalid,
    /// The metadata is more than S3 stores.
    #[error("{length} bytes of metadata are too many: S3 stores 2048 with an object, names and values together")]
    UserMetadataTooLong {
        /// The length of all names and values, in bytes.
        length: usize,
    },
    /// The object's wrapped data key is in an instruction file, which is not there.
    #[error(
        "the object's wrapped data key is in an instruction file, which is not there: it was deleted or is under another \
         suffix, or only a part of the object was copied"
    )]
    InstructionFileMissing,
    /// An instruction file is not what such a file can be.
    #[error("the instruction file {reason}")]
    InstructionFileInvalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A data key was to be wrapped anew under the materials description that it has.
    #[error(
        "the new keyring has the materials description that the object has: give it another one, so that readers can \
         tell which key is needed"
    )]
    MaterialsDescriptionUnchanged,
    /// The object is sound but of a kind that is not read.
    #[error("{0} cannot be read")]
    Unsupported(UnsupportedFeature),

    /// A key was given as text (base64, hexadecimal, a 32-character password) where raw bytes are wanted.
    #[error("{purpose} looks like {encoding}, not like raw key bytes; decode it and pass the 32 bytes")]
    KeyIsText {
        /// What the key was for, as a person would name it.
        purpose: &'static str,
        /// The kind of text it looks like, for example "base64 text of a 32-byte key".
        encoding: &'static str,
    },
    /// Two encryption headers that exclude each other were given for one request.
    #[error(
        "{first} and {second} exclude each other: an object is encrypted under a customer key (SSE-C) or under a key that S3 or KMS holds; send one of them"
    )]
    ConflictingEncryptionHeaders {
        /// The name of the first header.
        first: &'static str,
        /// The name of the second header.
        second: &'static str,
    },
    /// Some of the three customer key headers were given without the others.
    #[error("{missing} is missing: SSE-C needs the algorithm, the key and the key's MD5 together")]
    IncompleteCustomerKeyHeaders {
        /// The name of the first header that is missing.
        missing: &'static str,
    },
    /// An encryption header has a value that S3 would refuse. The value itself is not repeated.
    #[error("the value of {header} is wrong: {reason}")]
    InvalidEncryptionHeader {
        /// The name of the header.
        header: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// The MD5 header does not belong to the key header.
    #[error(
        "{header} does not match the key: it is the base64 of the MD5 over the 32 raw key bytes, not over their base64 text, and not hexadecimal"
    )]
    CustomerKeyMd5Mismatch {
        /// The name of the MD5 header.
        header: &'static str,
    },
    /// An encryption header was given for an operation that S3 refuses it for.
    #[error(
        "{header} is not allowed on {operation}; S3 takes SSE-S3 and SSE-KMS headers only where an object is created, customer key headers only where its bytes are written or read"
    )]
    EncryptionHeaderNotAllowed {
        /// The name of the header.
        header: &'static str,
        /// S3's name of the operation.
        operation: &'static str,
    },
    /// A KMS key id, encryption context or bucket key setting is not one that S3 takes.
    #[error("the {parameter} is not valid: {reason}")]
    InvalidKmsParameter {
        /// "KMS key id", "encryption context" or "bucket key".
        parameter: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// A customer key header was about to become a part of a URL, where logs and histories would keep it.
    #[error("{header} must never be part of a URL; send it as a request header")]
    SecretHeaderInUrl {
        /// The name of the header, in its wire form.
        header: &'static str,
    },
    /// A customer key would travel where anybody can read it.
    #[error("a customer key must not travel over plain HTTP; use an https:// URL. Nothing was sent")]
    InsecureTransport,
    /// A request cannot be presigned as it stands.
    #[error("cannot presign: the {what} {reason}")]
    InvalidPresignRequest {
        /// The field at fault, for example "bucket name".
        what: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// A presigned URL's lifetime is out of range.
    #[error("a presigned URL lives 1 to 604800 seconds (7 days), not {seconds}")]
    InvalidExpiry {
        /// The lifetime asked for, in seconds.
        seconds: u64,
    },
    /// The options of a transfer contradict S3's limits or each other.
    #[error("cannot plan the transfer: {reason}")]
    InvalidTransferPlan {
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// An object is larger than S3 can hold.
    #[error("an object of {length} bytes is too large: the limit is {limit} bytes")]
    ObjectTooLarge {
        /// The length asked for, in bytes.
        length: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The storage answered with an error document, which S3 may do even under status 200.
    #[error("the storage answered {code}: {message}")]
    StorageRefused {
        /// S3's error code, for example `SlowDown`.
        code: String,
        /// S3's message, shortened to 512 characters.
        message: String,
    },
    /// No answer came from the storage, after all attempts.
    #[error(
        "no answer came from the storage after {attempts} attempts: check the connection, and that the bucket's CORS \
         rules allow this page's origin, method and headers (browsers do not tell these apart)"
    )]
    NetworkFailure {
        /// How many times the request was sent.
        attempts: u32,
    },
    /// The storage's answer is not the document that the operation promises.
    #[error("the storage's answer cannot be used: {reason}")]
    UnexpectedStorageAnswer {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A state that the code rules out. Please report it.
    #[error("internal error: {what}")]
    Internal {
        /// What was thought impossible.
        what: &'static str,
    },
}

/// What can be wrong with the value of a metadata entry. Each has a code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataProblem {
    /// It is not base64, or not in its one canonical spelling.
    NotBase64,
    /// It stands for another number of bytes than the format says.
    WrongLength,
    /// It names an algorithm, or has a setting, that the format does not know.
    UnknownValue,
    /// It is not a JSON object whose values are all strings.
    NotAMap,
    /// It is a JSON object that gives a name twice.
    RepeatedName,
    /// It is not a decimal number without sign and leading zeros.
    NotANumber,
    /// It is longer than any writer makes it.
    TooLong,
}

impl MetadataProblem {
    const fn code(self) -> &'static str {
        match self {
            Self::NotBase64 => "METADATA_NOT_BASE64",
            Self::WrongLength => "METADATA_WRONG_LENGTH",
            Self::UnknownValue => "METADATA_UNKNOWN_VALUE",
            Self::NotAMap => "METADATA_NOT_A_MAP",
            Self::RepeatedName => "METADATA_REPEATED_NAME",
            Self::NotANumber => "METADATA_NOT_A_NUMBER",
            Self::TooLong => "METADATA_TOO_LONG",
        }
    }
}

impl MetadataProblem {
    /// What is wrong, to be read behind the name of the entry.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::NotBase64 => "is not canonical base64",
            Self::WrongLength => "is of a wrong length",
            Self::UnknownValue => "has a value that the format does not know",
            Self::NotAMap => "is not a JSON map of strings",
            Self::RepeatedName => "gives a name twice",
            Self::NotANumber => "is not a plain decimal number",
            Self::TooLong => "is too long",
        }
    }
}

impl core::fmt::Display for MetadataProblem {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(self.text())
    }
}

/// Kinds of objects that exist and are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsupportedFeature {
    /// Content in CBC mode, by a session that authenticates.
    CbcContent,
}

impl core::fmt::Display for UnsupportedFeature {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(match self {
            Self::CbcContent => "content encrypted with AES-CBC",
        })
    }
}

impl EnvelopeError {
    /// The stable code, as JavaScript sees it in `error.code`. `docs/errors.md` lists them all.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InvalidKeyLength { .. } => "INVALID_KEY_LENGTH",
            Self::RandomnessUnavailable => "RANDOMNESS_UNAVAILABLE",
            Self::InvalidOption { .. } => "INVALID_OPTION",
            Self::MessageTooLong { .. } => "MESSAGE_TOO_LONG",
            Self::SegmentMisaligned { .. } => "SEGMENT_MISALIGNED",
            Self::SegmentOverlap { .. } => "SEGMENT_OVERLAP",
            Self::SegmentChanged { .. } => "SEGMENT_CHANGED",
            Self::MessageIncomplete { .. } => "MESSAGE_INCOMPLETE",
            Self::ContentLengthMismatch { .. } => "CONTENT_LENGTH_MISMATCH",
            Self::WrongKey => "WRONG_KEY",
            Self::AuthenticationFailed => "AUTHENTICATION_FAILED",
            Self::CommitmentRequired => "COMMITMENT_REQUIRED",
            Self::LegacyWrappingNotEnabled { .. } => "LEGACY_WRAPPING_NOT_ENABLED",
            Self::LegacyUnauthenticatedNotEnabled => "LEGACY_UNAUTHENTICATED_NOT_ENABLED",
            Self::KeyringMismatch { .. } => "KEYRING_MISMATCH",
            Self::MaterialsDescriptionMismatch => "MATERIALS_DESCRIPTION_MISMATCH",
            Self::EncryptionContextMismatch => "ENCRYPTION_CONTEXT_MISMATCH",
            Self::ReservedContextName { .. } => "RESERVED_CONTEXT_NAME",
            Self::NotEncrypted => "NOT_ENCRYPTED",
            Self::MetadataMissing { .. } => "METADATA_MISSING",
            Self::MetadataInvalid { problem, .. } => problem.code(),
            Self::MetadataContradictory { .. } => "METADATA_CONTRADICTORY",
            Self::MetadataRepeated => "METADATA_REPEATED",
            Self::UserMetadataInvalid => "USER_METADATA_INVALID",
            Self::UserMetadataTooLong { .. } => "USER_METADATA_TOO_LONG",
            Self::InstructionFileMissing => "INSTRUCTION_FILE_MISSING",
            Self::InstructionFileInvalid { .. } => "INSTRUCTION_FILE_INVALID",
            Self::MaterialsDescriptionUnchanged => "MATERIALS_DESCRIPTION_UNCHANGED",
            Self::Unsupported(_) => "UNSUPPORTED",
            Self::KeyIsText { .. } => "KEY_IS_TEXT",
            Self::ConflictingEncryptionHeaders { .. } => "CONFLICTING_ENCRYPTION_HEADERS",
            Self::IncompleteCustomerKeyHeaders { .. } => "INCOMPLETE_CUSTOMER_KEY_HEADERS",
            Self::InvalidEncryptionHeader { .. } => "INVALID_ENCRYPTION_HEADER",
            Self::CustomerKeyMd5Mismatch { .. } => "CUSTOMER_KEY_MD5_MISMATCH",
            Self::EncryptionHeaderNotAllowed { .. } => "ENCRYPTION_HEADER_NOT_ALLOWED",
            Self::InvalidKmsParameter { .. } => "INVALID_KMS_PARAMETER",
            Self::SecretHeaderInUrl { .. } => "SECRET_HEADER_IN_URL",
            Self::InsecureTransport => "INSECURE_TRANSPORT",
            Self::InvalidPresignRequest { .. } => "INVALID_PRESIGN_REQUEST",
            Self::InvalidExpiry { .. } => "INVALID_EXPIRY",
            Self::InvalidTransferPlan { .. } => "INVALID_TRANSFER_PLAN",
            Self::ObjectTooLarge { .. } => "OBJECT_TOO_LARGE",
            Self::StorageRefused { .. } => "STORAGE_REFUSED",
            Self::NetworkFailure { .. } => "NETWORK_FAILURE",
            Self::UnexpectedStorageAnswer { .. } => "UNEXPECTED_STORAGE_ANSWER",
            Self::Internal { .. } => "INTERNAL",
        }
    }
}
