//! An encrypted object: suite, wrapped data key, content metadata and cipher put together as sessions without I/O.
//!
//! - [`EncryptSession`]: segments in, in any order; ciphertext out in place; the tag at the end.
//! - [`DecryptSession`]: ciphertext in, in any order; nothing out. When the tag matches it becomes a
//!   [`VerifiedObject`], and only that can decrypt.
//! - [`DelayedAuthenticationSession`]: the opt-in that decrypts while it reads, and errors at the end.
//! - [`CommitmentPolicy`]: which message formats may be written and read.
//!
//! The content of an encrypted object is the ciphertext, as long as the plaintext, followed by the 16-byte tag.

mod decrypt;
mod delayed;
mod encrypt;

pub use decrypt::{DecryptSession, VerifiedObject};
pub use delayed::DelayedAuthenticationSession;
pub use encrypt::EncryptSession;

use crate::error::EnvelopeError;
use crate::suite::AlgorithmSuite;

/// The segment length that callers use unless they have a reason: 512 KiB. A session accepts any multiple of 16.
pub const DEFAULT_SEGMENT_LENGTH: u64 = 512 * 1024;

/// Which algorithm suites may be written and read: with or without key commitment.
///
/// Without commitment somebody who knows two keys can craft one object that opens as two different plaintexts.
/// Source: the S3 Encryption Client specification, `key-commitment.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CommitmentPolicy {
    /// Writes format V2, without commitment; reads both. For readers that do not know V3 yet.
    ForbidEncryptAllowDecrypt,
    /// Writes format V3; reads both. For objects that older clients wrote.
    RequireEncryptAllowDecrypt,
    /// Writes format V3 and reads nothing else. The default.
    #[default]
    RequireEncryptRequireDecrypt,
}

impl CommitmentPolicy {
    /// The suite that new objects get.
    #[must_use]
    pub const fn suite(self) -> AlgorithmSuite {
        match self {
            Self::ForbidEncryptAllowDecrypt => AlgorithmSuite::Aes256GcmNoKdf,
            Self::RequireEncryptAllowDecrypt | Self::RequireEncryptRequireDecrypt => {
                AlgorithmSuite::Aes256GcmHkdfSha512CommitKey
            }
        }
    }

    /// The policy of a name, as the S3 Encryption Client spells it.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidOption`] for any other text.
    pub fn from_name(name: &str) -> Result<Self, EnvelopeError> {
        match name {
            "FORBID_ENCRYPT_ALLOW_DECRYPT" => Ok(Self::ForbidEncryptAllowDecrypt),
            "REQUIRE_ENCRYPT_ALLOW_DECRYPT" => Ok(Self::RequireEncryptAllowDecrypt),
            "REQUIRE_ENCRYPT_REQUIRE_DECRYPT" => Ok(Self::RequireEncryptRequireDecrypt),
            _ => Err(EnvelopeError::InvalidOption {
                option: "commitmentPolicy",
                expected: "FORBID_ENCRYPT_ALLOW_DECRYPT, REQUIRE_ENCRYPT_ALLOW_DECRYPT or \
                           REQUIRE_ENCRYPT_REQUIRE_DECRYPT",
            }),
        }
    }

    /// Checks that an object of `suite` may be read.
    ///
    /// # Errors
    /// [`EnvelopeError::CommitmentRequired`] where the policy demands commitment and the suite has none.
    pub const fn check_decrypt(self, suite: AlgorithmSuite) -> Result<(), EnvelopeError> {
        match self {
            Self::RequireEncryptRequireDecrypt if !suite.commits_to_key() => Err(EnvelopeError::CommitmentRequired),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod delegation_tests;
#[cfg(test)]
mod tests;
