//! The codes and the messages of all errors, in one table.
//!
//! Messages are put together here rather than by the standard library's formatting: a table of texts is a third of the code
//! that formats each of them, and all of that formatting is left out of the WASM files.

use alloc::borrow::Cow;
use alloc::string::String;

use super::{EnvelopeError, MetadataProblem, UnsupportedFeature};
use crate::decimal::decimal;
use Detail::{Number, Text};

/// What a message says of one case.
enum Detail<'e> {
    Text(&'e str),
    Number(u64),
}

impl EnvelopeError {
    /// The stable code, as JavaScript sees it in `error.code`. `docs/errors.md` lists them all.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::MetadataInvalid { problem, .. } => problem.code(),
            _ => self.code_and_pattern().0,
        }
    }

    /// What is wrong and what to do, for people.
    #[must_use]
    pub fn message(&self) -> String {
        let mut pieces = self.code_and_pattern().1.split('{');
        let mut message = String::from(pieces.next().unwrap_or_default());
        for (piece, detail) in pieces.zip(self.details()) {
            message.push_str(&detail.text());
            message.push_str(piece.split('}').nth(1).unwrap_or_default());
        }
        message
    }

    /// The code, and the message with names in braces where the details go, in their order.
    #[expect(clippy::too_many_lines, reason = "a table")]
    const fn code_and_pattern(&self) -> (&'static str, &'static str) {
        match self {
            Self::InvalidKeyLength { .. } => (
                "INVALID_KEY_LENGTH",
                "{purpose} must be exactly 32 bytes (AES-256), not {length}; pass the raw key bytes, not text",
            ),
            Self::RandomnessUnavailable => (
                "RANDOMNESS_UNAVAILABLE",
                "the system's secure random generator is not available; nothing was encrypted",
            ),
            Self::InvalidOption { .. } => ("INVALID_OPTION", "the option {option} is not valid: it must be {expected}"),
            Self::MessageTooLong { .. } => (
                "MESSAGE_TOO_LONG",
                "{length} bytes are too many for one object: AES-GCM carries at most 68719476704 bytes (64 \
                 GiB - 32); split the file into several objects",
            ),
            Self::SegmentMisaligned { .. } => (
                "SEGMENT_MISALIGNED",
                "a segment starts at byte {offset}, which is no multiple of 16; only the last segment may \
                 have any length",
            ),
            Self::SegmentOverlap { .. } => (
                "SEGMENT_OVERLAP",
                "the segment at byte {offset} overlaps another one; process a segment again with the same \
                 borders only",
            ),
            Self::SegmentChanged { .. } => (
                "SEGMENT_CHANGED",
                "the segment at byte {offset} is not what it was before: the source changed meanwhile; start \
                 over, with a fresh data key",
            ),
            Self::MessageIncomplete { .. } => (
                "MESSAGE_INCOMPLETE",
                "the bytes from {missing_at} on are missing; process every segment before the end",
            ),
            Self::ContentLengthMismatch { .. } => {
                ("CONTENT_LENGTH_MISMATCH", "the content is {actual} bytes long where {declared} were declared")
            }
            Self::WrongKey => (
                "WRONG_KEY",
                "the object does not open with this key: it was encrypted under another key, or its metadata \
                 was altered; nothing was decrypted",
            ),
            Self::AuthenticationFailed => (
                "AUTHENTICATION_FAILED",
                "the object's content is not what was encrypted: it was altered, truncated or extended on its \
                 way or at rest",
            ),
            #[cfg(feature = "reading")]
            Self::CommitmentRequired => (
                "COMMITMENT_REQUIRED",
                "the object is of a message format before V3, without key commitment, and the commitment \
                 policy reads V3 only; to read older objects use the commitment policy \
                 REQUIRE_ENCRYPT_ALLOW_DECRYPT",
            ),
            #[cfg(feature = "reading")]
            Self::LegacyWrappingNotEnabled { .. } => (
                "LEGACY_WRAPPING_NOT_ENABLED",
                "the object's data key is wrapped with {algorithm}, a legacy algorithm that does not bind it \
                 to the content's; to read the object set enableLegacyWrappingAlgorithms",
            ),
            #[cfg(feature = "reading")]
            Self::LegacyUnauthenticatedNotEnabled => (
                "LEGACY_UNAUTHENTICATED_NOT_ENABLED",
                "the object's content is encrypted with AES-CBC, which cannot tell whether it was altered; to \
                 read the object all the same set enableLegacyUnauthenticatedModes",
            ),
            #[cfg(feature = "reading")]
            Self::KeyringMismatch { .. } => {
                ("KEYRING_MISMATCH", "the object's data key is wrapped with {object}: {keyring} cannot unwrap it")
            }
            #[cfg(feature = "reading")]
            Self::MaterialsDescriptionMismatch => (
                "MATERIALS_DESCRIPTION_MISMATCH",
                "the object's materials description is not the keyring's: it was encrypted under another key",
            ),
            #[cfg(feature = "reading")]
            Self::EncryptionContextMismatch => (
                "ENCRYPTION_CONTEXT_MISMATCH",
                "the object's encryption context is not the one given: give the keyring the very names and \
                 values that the object was written with (none for an object of the wrapping algorithm kms)",
            ),
            Self::ReservedContextName { .. } => (
                "RESERVED_CONTEXT_NAME",
                "the encryption context cannot have the name {name}, which is reserved; leave it out",
            ),
            #[cfg(feature = "reading")]
            Self::NotEncrypted => (
                "NOT_ENCRYPTED",
                "the object has no S3 Encryption Client metadata: it is not encrypted client-side, or the \
                 bucket's CORS rule does not expose its x-amz-meta-* headers to the page",
            ),
            #[cfg(feature = "reading")]
            Self::MetadataMissing { .. } => (
                "METADATA_MISSING",
                "the metadata entry {name} is missing: it was removed, or the bucket's CORS rule does not \
                 expose x-amz-meta-{name} to the page",
            ),
            #[cfg(feature = "reading")]
            Self::MetadataInvalid { .. } => ("", "the metadata entry {name} {problem}"),
            #[cfg(feature = "reading")]
            Self::MetadataContradictory { .. } => (
                "METADATA_CONTRADICTORY",
                "the metadata entries {one} and {other} contradict each other: they belong to different formats",
            ),
            Self::MetadataRepeated => (
                "METADATA_REPEATED",
                "a metadata entry is given twice, under names that differ in letter case or prefix only",
            ),
            Self::UserMetadataInvalid => (
                "USER_METADATA_INVALID",
                "metadata names must be HTTP tokens and values printable ASCII without spaces around them; \
                 encode other text, for example as base64",
            ),
            Self::UserMetadataTooLong { .. } => (
                "USER_METADATA_TOO_LONG",
                "{length} bytes of metadata are too many: S3 stores 2048 with an object, names and values \
                 together",
            ),
            #[cfg(feature = "reading")]
            Self::InstructionFileMissing => (
                "INSTRUCTION_FILE_MISSING",
                "the object's wrapped data key is in an instruction file, which is not there: it was deleted \
                 or is under another suffix, or only a part of the object was copied",
            ),
            #[cfg(feature = "reading")]
            Self::InstructionFileInvalid { .. } => ("INSTRUCTION_FILE_INVALID", "the instruction file {reason}"),
            #[cfg(feature = "reading")]
            Self::MaterialsDescriptionUnchanged => (
                "MATERIALS_DESCRIPTION_UNCHANGED",
                "the new keyring has the materials description that the object has: give it another one, so \
                 that readers can tell which key is needed",
            ),
            #[cfg(feature = "reading")]
            Self::DataKeyUnproven => (
                "DATA_KEY_UNPROVEN",
                "the object's data key is wrapped with RSA (PKCS #1 v1.5), for which other RSA keys give other bytes, and \
                 content in CBC mode cannot show whose they are: nothing was written; download the object, see that it is \
                 what it should be, and upload it anew",
            ),
            Self::Unsupported(_) => ("UNSUPPORTED", "{feature} cannot be read"),
            #[cfg(feature = "requests")]
            Self::KeyIsText { .. } => (
                "KEY_IS_TEXT",
                "{purpose} looks like {encoding}, not like raw key bytes; decode it and pass the 32 bytes",
            ),
            #[cfg(feature = "requests")]
            Self::ConflictingEncryptionHeaders { .. } => (
                "CONFLICTING_ENCRYPTION_HEADERS",
                "{first} and {second} exclude each other: an object is encrypted under a customer key (SSE-C) \
                 or under a key that S3 or KMS holds; send one of them",
            ),
            #[cfg(feature = "requests")]
            Self::IncompleteCustomerKeyHeaders { .. } => (
                "INCOMPLETE_CUSTOMER_KEY_HEADERS",
                "{missing} is missing: SSE-C needs the algorithm, the key and the key's MD5 together",
            ),
            #[cfg(feature = "requests")]
            Self::InvalidEncryptionHeader { .. } => {
                ("INVALID_ENCRYPTION_HEADER", "the value of {header} is wrong: {reason}")
            }
            #[cfg(feature = "requests")]
            Self::CustomerKeyMd5Mismatch { .. } => (
                "CUSTOMER_KEY_MD5_MISMATCH",
                "{header} does not match the key: it is the base64 of the MD5 over the 32 raw key bytes, not \
                 over their base64 text, and not hexadecimal",
            ),
            #[cfg(feature = "requests")]
            Self::EncryptionHeaderNotAllowed { .. } => (
                "ENCRYPTION_HEADER_NOT_ALLOWED",
                "{header} is not allowed on {operation}; S3 takes SSE-S3 and SSE-KMS headers only where an \
                 object is created, customer key headers only where its bytes are written or read",
            ),
            #[cfg(feature = "requests")]
            Self::InvalidKmsParameter { .. } => ("INVALID_KMS_PARAMETER", "the {parameter} is not valid: {reason}"),
            Self::SecretHeaderInUrl { .. } => {
                ("SECRET_HEADER_IN_URL", "{header} must never be part of a URL; send it as a request header")
            }
            Self::InsecureTransport => (
                "INSECURE_TRANSPORT",
                "a customer key must not travel over plain HTTP; use an https:// URL. Nothing was sent",
            ),
            #[cfg(feature = "requests")]
            Self::InvalidPresignRequest { .. } => ("INVALID_PRESIGN_REQUEST", "cannot presign: the {what} {reason}"),
            #[cfg(feature = "requests")]
            Self::InvalidExpiry { .. } => {
                ("INVALID_EXPIRY", "a presigned URL lives 1 to 604800 seconds (7 days), not {seconds}")
            }
            Self::InvalidTransferPlan { .. } => ("INVALID_TRANSFER_PLAN", "cannot plan the transfer: {reason}"),
            Self::ObjectTooLarge { .. } => {
                ("OBJECT_TOO_LARGE", "an object of {length} bytes is too large: the limit is {limit} bytes")
            }
            Self::StorageRefused { .. } => ("STORAGE_REFUSED", "the storage answered {code}: {message}"),
            Self::NetworkFailure { .. } => (
                "NETWORK_FAILURE",
                "no answer came from the storage after {attempts} attempts: check the connection, and that \
                 the bucket's CORS rules allow this page's origin, method and headers (browsers do not tell \
                 these apart)",
            ),
            Self::UnexpectedStorageAnswer { .. } => {
                ("UNEXPECTED_STORAGE_ANSWER", "the storage's answer cannot be used: {reason}")
            }
            Self::Internal { .. } => ("INTERNAL", "internal error: {what}"),
            // A file that does not read, or make requests, fails in none of the ways that are left out above.
            #[cfg(not(all(feature = "reading", feature = "requests")))]
            _ => ("INTERNAL", "internal error: a failure of what this file does not do"),
        }
    }

    fn details(&self) -> [Detail<'_>; 2] {
        match self {
            Self::InvalidKeyLength { purpose, length } => [Text(purpose), Number(*length as u64)],
            Self::InvalidOption { option, expected } => [Text(option), Text(expected)],
            Self::MessageTooLong { length } => [Number(*length), Text("")],
            Self::SegmentMisaligned { offset } | Self::SegmentOverlap { offset } | Self::SegmentChanged { offset } => {
                [Number(*offset), Text("")]
            }
            Self::MessageIncomplete { missing_at } => [Number(*missing_at), Text("")],
            Self::ContentLengthMismatch { actual, declared } => [Number(*actual), Number(*declared)],
            Self::LegacyWrappingNotEnabled { algorithm } => [Text(algorithm), Text("")],
            Self::KeyringMismatch { object, keyring } => [Text(object), Text(keyring)],
            Self::ReservedContextName { name } => [Text(name), Text("")],
            Self::MetadataMissing { name } => [Text(name), Text(name)],
            Self::MetadataInvalid { name, problem } => [Text(name), Text(problem.text())],
            Self::MetadataContradictory { one, other } => [Text(one), Text(other)],
            Self::UserMetadataTooLong { length } => [Number(*length as u64), Text("")],
            Self::InstructionFileInvalid { reason }
            | Self::InvalidTransferPlan { reason }
            | Self::UnexpectedStorageAnswer { reason } => [Text(reason), Text("")],
            Self::Unsupported(feature) => [Text(feature.text()), Text("")],
            Self::KeyIsText { purpose, encoding } => [Text(purpose), Text(encoding)],
            Self::ConflictingEncryptionHeaders { first, second } => [Text(first), Text(second)],
            Self::IncompleteCustomerKeyHeaders { missing } => [Text(missing), Text("")],
            Self::InvalidEncryptionHeader { header, reason } => [Text(header), Text(reason)],
            Self::CustomerKeyMd5Mismatch { header } | Self::SecretHeaderInUrl { header } => [Text(header), Text("")],
            Self::EncryptionHeaderNotAllowed { header, operation } => [Text(header), Text(operation)],
            Self::InvalidKmsParameter { parameter, reason } => [Text(parameter), Text(reason)],
            Self::InvalidPresignRequest { what, reason } => [Text(what), Text(reason)],
            Self::InvalidExpiry { seconds } => [Number(*seconds), Text("")],
            Self::ObjectTooLarge { length, limit } => [Number(*length), Number(*limit)],
            Self::StorageRefused { code, message } => [Text(code), Text(message)],
            Self::NetworkFailure { attempts } => [Number((*attempts).into()), Text("")],
            Self::Internal { what } => [Text(what), Text("")],
            _ => [Text(""), Text("")],
        }
    }
}

impl<'e> Detail<'e> {
    fn text(&self) -> Cow<'e, str> {
        match *self {
            Text(text) => Cow::Borrowed(text),
            Number(number) => Cow::Owned(decimal(number)),
        }
    }
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

    /// What is wrong, to be read behind the name of the entry.
    pub(crate) const fn text(self) -> &'static str {
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

impl UnsupportedFeature {
    const fn text(self) -> &'static str {
        match self {
            Self::CbcContent => "content encrypted with AES-CBC",
        }
    }
}
