//! Who wraps the data key. A keyring turns a fresh [`DataKey`] into a [`WrappedDataKey`] that is stored with the object,
//! and back.
//!
//! Sessions (module `object`) know no keyring: they take materials that any keyring made. So a keyring that must ask
//! somebody (a key service, `SubtleCrypto`) does that at the edge and hands in the answer.

mod aes;
mod kms;
mod rsa;

pub use aes::{AesKeyring, WRAPPED_LENGTH as AES_WRAPPED_LENGTH, WRAPPING_IV_LENGTH as AES_WRAPPING_IV_LENGTH};
pub use kms::{check_kms_applies, kms_context};
pub use rsa::{check_rsa_applies, rsa_data_key, rsa_message};

use alloc::vec::Vec;
use core::ops::RangeInclusive;

use subtle::ConstantTimeEq;

use crate::error::EnvelopeError;
use crate::secret::Secret;
use crate::suite::AlgorithmSuite;
use crate::text_map::TextMap;

/// The length of a data key and of an AES wrapping key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// Public names and values stored beside a wrapped data key: the materials description of raw keyrings, or the
/// encryption context of KMS. It says which key is needed; it is not secret.
pub type MaterialsDescription = TextMap;

/// The 32-byte key of one object. Wiped on drop, never printed.
#[derive(Clone)]
pub struct DataKey(Secret);

impl DataKey {
    /// A fresh random key, for one object only.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives no randomness.
    pub fn generate() -> Result<Self, EnvelopeError> {
        Ok(Self(Secret::random()?))
    }

    /// The key that a keyring unwrapped.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongKey`] where it is not 32 bytes long: then what was unwrapped is no data key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Ok(Self(Secret::copied(bytes).ok_or(EnvelopeError::WrongKey)?))
    }

    /// The 32 bytes, for a keyring to wrap.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        self.0.expose()
    }

    /// Whether both are the same key; compared in constant time.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.as_bytes()[..].ct_eq(&other.as_bytes()[..]).into()
    }
}

impl core::fmt::Debug for DataKey {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("DataKey").finish_non_exhaustive()
    }
}

/// How a data key is wrapped. Source: the S3 Encryption Client specification, `content-metadata.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WrappingAlgorithm {
    /// AES-256-GCM under a key that the user holds.
    AesGcm,
    /// AWS KMS, bound to an encryption context.
    KmsContext,
    /// RSA-OAEP with SHA-1 and MGF1-SHA-1.
    RsaOaepSha1,
    /// One that is read on request and never written.
    Legacy(LegacyWrapping),
}

/// Wrapping algorithms of the first clients. None of them binds the data key to the content's algorithm, and some do not
/// notice that the wrapped key was altered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyWrapping {
    /// AES key wrap (RFC 3394).
    AesWrap,
    /// AES in ECB mode with PKCS #7 padding.
    Aes,
    /// RSAES-PKCS1-v1_5.
    Rsa,
    /// RSA-OAEP with SHA-256 and, as Java has it by default, MGF1-SHA-1.
    RsaOaepSha256,
    /// AWS KMS, bound to nothing but the key's own id.
    Kms,
}

impl WrappingAlgorithm {
    const ALL: [Self; 8] = [
        Self::AesGcm,
        Self::KmsContext,
        Self::RsaOaepSha1,
        Self::Legacy(LegacyWrapping::AesWrap),
        Self::Legacy(LegacyWrapping::Aes),
        Self::Legacy(LegacyWrapping::Rsa),
        Self::Legacy(LegacyWrapping::RsaOaepSha256),
        Self::Legacy(LegacyWrapping::Kms),
    ];

    /// The name in message format V2's `x-amz-wrap-alg`.
    #[must_use]
    pub const fn v2_name(self) -> &'static str {
        match self {
            Self::AesGcm => "AES/GCM",
            Self::KmsContext => "kms+context",
            Self::RsaOaepSha1 => "RSA-OAEP-SHA1",
            Self::Legacy(LegacyWrapping::AesWrap) => "AESWrap",
            Self::Legacy(LegacyWrapping::Aes) => "AES",
            Self::Legacy(LegacyWrapping::Rsa) => "RSA",
            Self::Legacy(LegacyWrapping::RsaOaepSha256) => "RSA/ECB/OAEPWithSHA-256AndMGF1Padding",
            Self::Legacy(LegacyWrapping::Kms) => "kms",
        }
    }

    /// The code in message format V3's `x-amz-w`; legacy algorithms have none.
    #[must_use]
    pub const fn v3_code(self) -> Option<&'static str> {
        match self {
            Self::AesGcm => Some("02"),
            Self::KmsContext => Some("12"),
            Self::RsaOaepSha1 => Some("22"),
            Self::Legacy(_) => None,
        }
    }

    /// The algorithm of a V2 name.
    #[must_use]
    pub fn from_v2_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.v2_name() == name)
    }

    /// The algorithm of a V3 code.
    #[must_use]
    pub fn from_v3_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.v3_code() == Some(code))
    }

    /// Whether the algorithm is read on request only.
    #[must_use]
    pub const fn is_legacy(self) -> bool {
        matches!(self, Self::Legacy(_))
    }

    /// Whether unwrapping fails under every key but the one that wrapped. RSA with PKCS #1 v1.5 padding does not: other keys
    /// give other bytes, now and then as many as a data key has.
    #[must_use]
    pub const fn refuses_other_keys(self) -> bool {
        !matches!(self, Self::Legacy(LegacyWrapping::Rsa))
    }

    /// How long a wrapped data key can be, in bytes: exactly one length for AES; for RSA the modulus's, from 1024 to
    /// 16384 bits; for KMS what its API allows.
    #[must_use]
    pub const fn wrapped_lengths(self) -> RangeInclusive<usize> {
        match self {
            Self::AesGcm => AES_WRAPPED_LENGTH..=AES_WRAPPED_LENGTH,
            Self::Legacy(LegacyWrapping::AesWrap) => 40..=40,
            Self::Legacy(LegacyWrapping::Aes) => 48..=48,
            Self::RsaOaepSha1 | Self::Legacy(LegacyWrapping::Rsa | LegacyWrapping::RsaOaepSha256) => 128..=2048,
            Self::KmsContext | Self::Legacy(LegacyWrapping::Kms) => 1..=6144,
        }
    }

    /// Whether KMS unwraps: then the description is an encryption context.
    #[must_use]
    pub const fn is_kms(self) -> bool {
        matches!(self, Self::KmsContext | Self::Legacy(LegacyWrapping::Kms))
    }
}

/// A data key as it is stored with the object: safe to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrappedDataKey {
    /// Who can unwrap it, and how.
    pub algorithm: WrappingAlgorithm,
    /// The wrapped bytes, in the algorithm's own layout.
    pub ciphertext: Vec<u8>,
    /// The materials description, or the encryption context.
    pub description: MaterialsDescription,
}

/// Checks that an object names the key that a keyring holds. One without a description reads objects of any.
///
/// # Errors
/// [`EnvelopeError::MaterialsDescriptionMismatch`] where it names another.
pub fn check_description(wanted: &MaterialsDescription, wrapped: &WrappedDataKey) -> Result<(), EnvelopeError> {
    if wanted.is_empty() || *wanted == wrapped.description {
        return Ok(());
    }
    Err(EnvelopeError::MaterialsDescriptionMismatch)
}

/// What an encrypt session needs of a keyring: a fresh data key, in the clear and wrapped.
#[derive(Debug)]
pub struct EncryptionMaterials {
    /// The suite that the wrapping is bound to.
    pub suite: AlgorithmSuite,
    /// The key of the new object.
    pub data_key: DataKey,
    /// The same key, wrapped.
    pub wrapped: WrappedDataKey,
}

/// Wraps and unwraps data keys.
pub trait Keyring {
    /// Wraps `data_key` for an object of `suite`.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives no randomness.
    fn wrap(&self, data_key: &DataKey, suite: AlgorithmSuite) -> Result<WrappedDataKey, EnvelopeError>;

    /// Unwraps the data key of an object of `suite`.
    ///
    /// # Errors
    /// [`EnvelopeError::KeyringMismatch`] where the object wants another kind of keyring,
    /// [`EnvelopeError::MaterialsDescriptionMismatch`] where it names another key, and [`EnvelopeError::WrongKey`]
    /// where the key does not open it.
    fn unwrap(&self, wrapped: &WrappedDataKey, suite: AlgorithmSuite) -> Result<DataKey, EnvelopeError>;

    /// A fresh data key for a new object, in the clear and wrapped.
    ///
    /// # Errors
    /// As [`Keyring::wrap`].
    fn encryption_materials(&self, suite: AlgorithmSuite) -> Result<EncryptionMaterials, EnvelopeError> {
        let data_key = DataKey::generate()?;
        let wrapped = self.wrap(&data_key, suite)?;
        Ok(EncryptionMaterials { suite, data_key, wrapped })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_keys_are_fresh_and_never_printed() {
        let (a, b) = (DataKey::generate().unwrap(), DataKey::generate().unwrap());
        assert_ne!(a.as_bytes(), b.as_bytes());
        assert_eq!(format!("{a:?}"), "DataKey { .. }");
        assert!(a.is_same(&a.clone()));
        assert!(!a.is_same(&b));
    }

    #[test]
    fn names_and_codes_lead_back_to_their_algorithm() {
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(WrappingAlgorithm::from_v2_name(algorithm.v2_name()), Some(algorithm));
            assert_eq!(algorithm.v3_code().is_none(), algorithm.is_legacy());
            assert_eq!(algorithm.refuses_other_keys(), algorithm.v2_name() != "RSA");
            if let Some(code) = algorithm.v3_code() {
                assert_eq!(WrappingAlgorithm::from_v3_code(code), Some(algorithm));
            }
        }
        assert_eq!(WrappingAlgorithm::from_v2_name("aes/gcm"), None);
        assert_eq!(WrappingAlgorithm::from_v3_code("2"), None);
    }
}
