//! Content metadata: what the S3 Encryption Client stores beside an encrypted object, as S3 user metadata.
//!
//! Source: the S3 Encryption Client specification, `data-format/content-metadata.md`. Names here are without the wire
//! prefix `x-amz-meta-`. The reader is strict: whatever is not exactly as the format says is refused with the name of
//! the entry, and metadata that belongs to the user is left alone.

mod double_encoding;
mod instruction_file;
mod json;
mod limits;
mod read;
mod rewrap;
mod user;
mod write;

pub use instruction_file::{INSTRUCTION_FILE_SUFFIX, instruction_file_suffix, join, needs_instruction_file, split};
pub use limits::MAX_INSTRUCTION_FILE_LENGTH;
pub use user::{MAX_USER_METADATA_LENGTH, request_headers};

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::error::EnvelopeError;
use crate::keyring::WrappedDataKey;
use crate::suite::{AlgorithmSuite, KeyCommitment, MessageId};
use crate::text_map::TextMap;

/// User metadata, by lower-case name without the prefix `x-amz-meta-`.
pub type MetadataMap = TextMap;

/// The prefix that S3 gives user metadata on the wire.
pub const USER_METADATA_PREFIX: &str = "x-amz-meta-";

/// User metadata from header or metadata names in any letter case, with or without [`USER_METADATA_PREFIX`].
///
/// A storage's answer has headers of its own, and a user may call an entry `Content-Type` too: the name with the prefix
/// is the entry then. Only content metadata has to be unmistakable.
///
/// # Errors
/// [`EnvelopeError::MetadataRepeated`] where two names are the same entry of content metadata.
pub fn from_headers(pairs: impl IntoIterator<Item = (String, String)>) -> Result<MetadataMap, EnvelopeError> {
    let mut map = MetadataMap::new();
    for (name, value) in pairs {
        let name = name.to_ascii_lowercase();
        let prefixed = name.strip_prefix(USER_METADATA_PREFIX);
        let entry = prefixed.unwrap_or(&name);
        let is_repeated = map.contains_key(entry);
        if is_repeated && names::all().any(|known| *known == entry) {
            return Err(EnvelopeError::MetadataRepeated);
        }
        if prefixed.is_some() || !is_repeated {
            map.insert(entry.to_owned(), value);
        }
    }
    Ok(map)
}

/// The content metadata of one encrypted object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentMetadata {
    /// The wrapped data key with its description.
    pub wrapped: WrappedDataKey,
    /// What depends on the message format.
    pub format: MessageFormat,
}

/// The length of the IV of AES-CBC, in bytes.
pub const CBC_IV_LENGTH: usize = 16;

/// What the message formats keep beside the wrapped data key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageFormat {
    /// Format V1 or V2 with suite 0x0070: read on request, never written.
    Cbc {
        /// Whether it is V1, which does not name the wrapping algorithm, or V2.
        version: CbcVersion,
        /// The message's IV.
        iv: [u8; CBC_IV_LENGTH],
        /// The plaintext's length in bytes, where the writer stored it.
        unencrypted_content_length: Option<u64>,
    },
    /// Format V2, suite 0x0072.
    V2 {
        /// The message's IV.
        iv: [u8; crate::gcm::IV_LENGTH],
        /// The plaintext's length in bytes, where the writer stored it.
        unencrypted_content_length: Option<u64>,
    },
    /// Format V3, suite 0x0073.
    V3 {
        /// The message's id, from which the keys are derived.
        message_id: MessageId,
        /// The commitment to the data key.
        commitment: KeyCommitment,
    },
}

/// The formats that content in CBC mode comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CbcVersion {
    /// The first format.
    V1,
    /// The second.
    V2,
}

impl ContentMetadata {
    /// The suite that the object's content is encrypted with.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        match self.format {
            MessageFormat::Cbc { .. } => AlgorithmSuite::Aes256CbcIv16NoKdf,
            MessageFormat::V2 { .. } => AlgorithmSuite::Aes256GcmNoKdf,
            MessageFormat::V3 { .. } => AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        }
    }
}

/// The names of the entries, each with the format that it belongs to.
mod names {
    /// V1: the wrapped data key.
    pub(super) const V1_KEY: &str = "x-amz-key";
    /// V2: the wrapped data key, base64.
    pub(super) const V2_KEY: &str = "x-amz-key-v2";
    /// V1 and V2: the IV, base64.
    pub(super) const IV: &str = "x-amz-iv";
    /// V2: how the data key is wrapped.
    pub(super) const V2_WRAP_ALGORITHM: &str = "x-amz-wrap-alg";
    /// V2: how the content is encrypted.
    pub(super) const V2_CONTENT_ALGORITHM: &str = "x-amz-cek-alg";
    /// V2: the tag's length in bits.
    pub(super) const V2_TAG_LENGTH: &str = "x-amz-tag-len";
    /// V1 and V2: the materials description or encryption context, JSON.
    pub(super) const V2_DESCRIPTION: &str = "x-amz-matdesc";
    /// V1 and V2: the plaintext's length in bytes, decimal, optional.
    pub(super) const V2_CONTENT_LENGTH: &str = "x-amz-unencrypted-content-length";
    /// V3: the suite, decimal.
    pub(super) const V3_SUITE: &str = "x-amz-c";
    /// V3: the wrapped data key, base64.
    pub(super) const V3_KEY: &str = "x-amz-3";
    /// V3: how the data key is wrapped.
    pub(super) const V3_WRAP_ALGORITHM: &str = "x-amz-w";
    /// V3: the key commitment, base64.
    pub(super) const V3_COMMITMENT: &str = "x-amz-d";
    /// V3: the message id, base64.
    pub(super) const V3_MESSAGE_ID: &str = "x-amz-i";
    /// V3: the materials description of raw keyrings, JSON; absent when empty.
    pub(super) const V3_DESCRIPTION: &str = "x-amz-m";
    /// V3: the encryption context of KMS, JSON; absent when empty.
    pub(super) const V3_CONTEXT: &str = "x-amz-t";

    /// Every entry that only V2 has.
    pub(super) const V2_ONLY: [&str; 4] = [V2_KEY, V2_WRAP_ALGORITHM, V2_CONTENT_ALGORITHM, V2_TAG_LENGTH];
    /// Every entry that V1 or V2 has and V3 has not.
    pub(super) const BEFORE_V3: [&str; 8] =
        [V1_KEY, V2_KEY, IV, V2_WRAP_ALGORITHM, V2_CONTENT_ALGORITHM, V2_TAG_LENGTH, V2_DESCRIPTION, V2_CONTENT_LENGTH];
    /// Every entry that only V3 has.
    pub(super) const V3_ONLY: [&str; 7] =
        [V3_SUITE, V3_KEY, V3_WRAP_ALGORITHM, V3_COMMITMENT, V3_MESSAGE_ID, V3_DESCRIPTION, V3_CONTEXT];
    /// Every entry of every format.
    pub(super) fn all() -> impl Iterator<Item = &'static &'static str> {
        BEFORE_V3.iter().chain(&V3_ONLY)
    }

    /// What V3 keeps with the object where the rest is in an instruction file.
    pub(super) const V3_WITH_OBJECT: [&str; 3] = [V3_SUITE, V3_COMMITMENT, V3_MESSAGE_ID];
    /// The same of every format: AWS's client for Ruby leaves the length with the object, the one for Python refuses it in
    /// the file.
    pub(super) const WITH_OBJECT: [&str; 4] = [V3_SUITE, V3_COMMITMENT, V3_MESSAGE_ID, V2_CONTENT_LENGTH];
    /// What V3 keeps in an instruction file.
    pub(super) const V3_IN_FILE: [&str; 4] = [V3_KEY, V3_WRAP_ALGORITHM, V3_DESCRIPTION, V3_CONTEXT];
    /// What AWS's client for PHP writes as numbers in an instruction file.
    pub(super) const NUMBERS: [&str; 2] = [V2_TAG_LENGTH, V2_CONTENT_LENGTH];
    /// The maps.
    pub(super) const DESCRIPTIONS: [&str; 3] = [V2_DESCRIPTION, V3_DESCRIPTION, V3_CONTEXT];

    /// The name of an entry by that of an instruction file: the same, but for the two entries to which AWS's first client
    /// for .NET gives names of its own there.
    pub(super) fn in_file(name: &str) -> Option<&'static str> {
        match name {
            "EncryptedEnvelopeKey" => Some(V1_KEY),
            "IV" => Some(IV),
            _ => V3_IN_FILE.into_iter().chain(BEFORE_V3).find(|known| *known == name),
        }
    }

    /// The algorithm name of suite 0x0072 in V2's `x-amz-cek-alg`.
    pub(super) const AES_GCM: &str = "AES/GCM/NoPadding";
    /// The algorithm name of suite 0x0070 in V2's `x-amz-cek-alg`.
    pub(super) const AES_CBC: &str = "AES/CBC/PKCS5Padding";
    /// V2's `x-amz-tag-len`.
    pub(super) const TAG_BITS: &str = "128";
    /// The same of content that has no tag.
    pub(super) const NO_TAG_BITS: &str = "0";
}

#[cfg(test)]
mod tests;
