//! An encrypted object: suite, wrapped data key, content metadata and cipher put together as sessions without I/O.
//!
//! - [`EncryptSession`]: segments in, in any order; ciphertext out in place; the tag at the end.
//! - [`DecryptSession`]: ciphertext in, in any order; nothing out. When the tag matches it becomes a
//!   [`VerifiedObject`], and only that can decrypt.
//! - [`DelayedAuthenticationSession`]: the opt-in that decrypts while it reads, and errors at the end.
//! - [`CommitmentPolicy`]: which message formats may be written and read; [`ReadPolicy`]: what else may be read.
//!
//! The content of an encrypted object is the ciphertext, as long as the plaintext, followed by the 16-byte tag.

mod decrypt;
mod delayed;
mod encrypt;

pub use decrypt::{DecryptSession, DelegatedDecryption, VerifiedObject, check_data_key};
pub use delayed::DelayedAuthenticationSession;
pub use encrypt::EncryptSession;

use crate::error::EnvelopeError;
use crate::metadata::ContentMetadata;
use crate::suite::AlgorithmSuite;

/// The longest segment at which a platform's cryptography is at its fastest: 512 KiB. Segments of uploads may be as long as
/// any divisor of it that is a multiple of 16, since parts start at multiples of it.
pub const LONGEST_SEGMENT_LENGTH: u64 = 512 * 1024;

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

    const fn allows_reading(self, suite: AlgorithmSuite) -> bool {
        !matches!(self, Self::RequireEncryptRequireDecrypt) || suite.commits_to_key()
    }
}

/// What may be read: everything that older clients wrote is refused until it is asked for by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ReadPolicy {
    /// Whether objects without key commitment may be read.
    pub commitment: CommitmentPolicy,
    /// Whether data keys may be wrapped by legacy algorithms ("enable legacy wrapping algorithms").
    pub legacy_wrapping_algorithms: bool,
    /// Whether content may be unauthenticated, in CBC mode or read by ranges ("enable legacy unauthenticated modes").
    pub legacy_unauthenticated_modes: bool,
}

impl ReadPolicy {
    /// Checks that an object may be read, before anybody is asked to unwrap its data key.
    ///
    /// # Errors
    /// [`EnvelopeError::CommitmentRequired`], [`EnvelopeError::LegacyUnauthenticatedNotEnabled`],
    /// [`EnvelopeError::LegacyWrappingNotEnabled`].
    pub const fn check(self, metadata: &ContentMetadata) -> Result<(), EnvelopeError> {
        let (suite, algorithm) = (metadata.suite(), metadata.wrapped.algorithm);
        if !self.commitment.allows_reading(suite) {
            return Err(EnvelopeError::CommitmentRequired);
        }
        if !suite.is_authenticated() && !self.legacy_unauthenticated_modes {
            return Err(EnvelopeError::LegacyUnauthenticatedNotEnabled);
        }
        if algorithm.is_legacy() && !self.legacy_wrapping_algorithms {
            return Err(EnvelopeError::LegacyWrappingNotEnabled { algorithm: algorithm.v2_name() });
        }
        Ok(())
    }
}

impl From<CommitmentPolicy> for ReadPolicy {
    fn from(commitment: CommitmentPolicy) -> Self {
        Self { commitment, ..Self::default() }
    }
}

#[cfg(test)]
mod delegation_tests;
#[cfg(test)]
mod tests;
