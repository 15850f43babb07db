//! What can go wrong, in one place: [`EnvelopeError`], and a stable code for each variant.
//!
//! A message says what is wrong and what to do. It never contains key material, plaintext, a signature or a header
//! value that could be a secret, and never says which of several checks on secret data failed.

mod text;

use alloc::string::String;

/// A failure of any operation of this crate.
///
/// [`EnvelopeError::code`] is stable across releases and is what programs should compare; the text is for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum EnvelopeError {
    /// A key was not 32 bytes long.
    InvalidKeyLength {
        /// What the key was for, as a person would name it.
        purpose: &'static str,
        /// The length found, in bytes.
        length: usize,
    },
    /// The platform's generator gave no randomness.
    RandomnessUnavailable,
    /// An option has a value that it cannot have.
    InvalidOption {
        /// The option's name, as JavaScript spells it.
        option: &'static str,
        /// What it may be.
        expected: &'static str,
    },

    /// The plaintext is longer than one AES-GCM message can be.
    MessageTooLong {
        /// The length asked for, in bytes.
        length: u64,
    },
    /// A segment does not start on a block of the message.
    SegmentMisaligned {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// A segment covers bytes that another segment covered under other borders.
    SegmentOverlap {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// A segment was processed again and held other bytes than before.
    SegmentChanged {
        /// The segment's offset in the message, in bytes.
        offset: u64,
    },
    /// The message was ended while a segment was missing.
    MessageIncomplete {
        /// The first missing byte's offset.
        missing_at: u64,
    },
    /// The content is not as long as was declared.
    ContentLengthMismatch {
        /// The length declared, in bytes.
        declared: u64,
        /// The length found, in bytes.
        actual: u64,
    },

    /// The data key could not be recovered: the keyring's key is not the one, or what was stored was altered.
    WrongKey,
    /// The object's content is not what was encrypted.
    AuthenticationFailed,
    /// The object has no key commitment and the policy demands one.
    CommitmentRequired,
    /// The object's data key is wrapped by an algorithm that is read on request only.
    LegacyWrappingNotEnabled {
        /// The algorithm's name in message format V2.
        algorithm: &'static str,
    },
    /// The object's content cannot be authenticated and such content is read on request only.
    LegacyUnauthenticatedNotEnabled,
    /// The object's data key was wrapped by another kind of keyring.
    KeyringMismatch {
        /// The keyring at hand, with its article.
        keyring: &'static str,
        /// How the object's data key is wrapped, by the name in message format V2.
        object: &'static str,
    },
    /// The object's materials description is not the keyring's.
    MaterialsDescriptionMismatch,
    /// The object's encryption context is not the one that the caller gives, or not one for its algorithm.
    EncryptionContextMismatch,
    /// The caller's encryption context has a name that the client itself uses.
    ReservedContextName {
        /// The name.
        name: &'static str,
    },

    /// The object has no content metadata.
    NotEncrypted,
    /// A metadata entry that the message format needs is missing.
    MetadataMissing {
        /// The entry's name, without `x-amz-meta-`.
        name: &'static str,
    },
    /// A metadata entry is not what the message format says.
    MetadataInvalid {
        /// The entry's name, without `x-amz-meta-`.
        name: &'static str,
        /// What is wrong with its value.
        problem: MetadataProblem,
    },
    /// Two metadata entries cannot stand together.
    MetadataContradictory {
        /// One entry's name.
        one: &'static str,
        /// The other's.
        other: &'static str,
    },
    /// A metadata entry was given twice.
    MetadataRepeated,
    /// A name or value of the user's metadata cannot be a header.
    UserMetadataInvalid,
    /// The metadata is more than S3 stores.
    UserMetadataTooLong {
        /// The length of all names and values, in bytes.
        length: usize,
    },
    /// The object's wrapped data key is in an instruction file, which is not there.
    InstructionFileMissing,
    /// An instruction file is not what such a file can be.
    InstructionFileInvalid {
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A data key was to be wrapped anew under the materials description that it has.
    MaterialsDescriptionUnchanged,
    /// A data key was to be wrapped anew of which nothing shows that it is the object's own.
    DataKeyUnproven,
    /// The object is sound but of a kind that is not read.
    Unsupported(UnsupportedFeature),

    /// A key was given as text (base64, hexadecimal, a 32-character password) where raw bytes are wanted.
    KeyIsText {
        /// What the key was for, as a person would name it.
        purpose: &'static str,
        /// The kind of text it looks like, for example "base64 text of a 32-byte key".
        encoding: &'static str,
    },
    /// Two encryption headers that exclude each other were given for one request.
    ConflictingEncryptionHeaders {
        /// The name of the first header.
        first: &'static str,
        /// The name of the second header.
        second: &'static str,
    },
    /// Some of the three customer key headers were given without the others.
    IncompleteCustomerKeyHeaders {
        /// The name of the first header that is missing.
        missing: &'static str,
    },
    /// An encryption header has a value that S3 would refuse. The value itself is not repeated.
    InvalidEncryptionHeader {
        /// The name of the header.
        header: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// The MD5 header does not belong to the key header.
    CustomerKeyMd5Mismatch {
        /// The name of the MD5 header.
        header: &'static str,
    },
    /// An encryption header was given for an operation that S3 refuses it for.
    EncryptionHeaderNotAllowed {
        /// The name of the header.
        header: &'static str,
        /// S3's name of the operation.
        operation: &'static str,
    },
    /// A KMS key id, encryption context or bucket key setting is not one that S3 takes.
    InvalidKmsParameter {
        /// "KMS key id", "encryption context" or "bucket key".
        parameter: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// A customer key header was about to become a part of a URL, where logs and histories would keep it.
    SecretHeaderInUrl {
        /// The name of the header, in its wire form.
        header: &'static str,
    },
    /// A customer key would travel where anybody can read it.
    InsecureTransport,
    /// A request cannot be presigned as it stands.
    InvalidPresignRequest {
        /// The field at fault, for example "bucket name".
        what: &'static str,
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// A presigned URL's lifetime is out of range.
    InvalidExpiry {
        /// The lifetime asked for, in seconds.
        seconds: u64,
    },
    /// The options of a transfer contradict S3's limits or each other.
    InvalidTransferPlan {
        /// What is wrong and what to do.
        reason: &'static str,
    },
    /// An object is larger than S3 can hold.
    ObjectTooLarge {
        /// The length asked for, in bytes.
        length: u64,
        /// The limit, in bytes.
        limit: u64,
    },
    /// The storage answered with an error document, which S3 may do even under status 200.
    StorageRefused {
        /// S3's error code, for example `SlowDown`.
        code: String,
        /// S3's message, shortened to 512 characters.
        message: String,
    },
    /// No answer came from the storage, after all attempts.
    NetworkFailure {
        /// How many times the request was sent.
        attempts: u32,
    },
    /// The storage's answer is not the document that the operation promises.
    UnexpectedStorageAnswer {
        /// What is wrong with it.
        reason: &'static str,
    },

    /// A state that the code rules out. Please report it.
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

/// Kinds of objects that exist and are not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnsupportedFeature {
    /// Content in CBC mode, by a session that authenticates.
    CbcContent,
}

impl core::fmt::Display for EnvelopeError {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&self.message())
    }
}

impl core::error::Error for EnvelopeError {}
