//! Who wraps the data key. A keyring turns a fresh [`DataKey`] into a [`WrappedDataKey`] that is stored with the object,
//! and back.
//!
//! Sessions (module `object`) know no keyring: they take materials that any keyring made. So a keyring that must ask
//! somebody (a key service, `SubtleCrypto`) does that at the edge and hands in the answer.

mod aes;

pub use aes::{AesKeyring, WRAPPED_LENGTH as AES_WRAPPED_LENGTH, WRAPPING_IV_LENGTH as AES_WRAPPING_IV_LENGTH};

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::error::EnvelopeError;
use crate::suite::AlgorithmSuite;

/// The length of a data key and of an AES wrapping key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// Public names and values stored beside a wrapped data key: the materials description of raw keyrings, or the
/// encryption context of KMS. It says which key is needed; it is not secret.
pub type MaterialsDescription = BTreeMap<String, String>;

/// The 32-byte key of one object. Wiped on drop, never printed.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; KEY_LENGTH]);

impl DataKey {
    /// A fresh random key, for one object only.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives no randomness.
    pub fn generate() -> Result<Self, EnvelopeError> {
        let mut key = Self([0; KEY_LENGTH]);
        getrandom::fill(&mut key.0).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
        Ok(key)
    }

    /// The key that a keyring unwrapped.
    ///
    /// # Errors
    /// [`EnvelopeError::WrongKey`] where it is not 32 bytes long: then what was unwrapped is no data key.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        Ok(Self(bytes.try_into().map_err(|_| EnvelopeError::WrongKey)?))
    }

    /// The 32 bytes, for a keyring to wrap.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
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
}

impl WrappingAlgorithm {
    const ALL: [Self; 3] = [Self::AesGcm, Self::KmsContext, Self::RsaOaepSha1];

    /// The name in message format V2's `x-amz-wrap-alg`.
    #[must_use]
    pub const fn v2_name(self) -> &'static str {
        match self {
            Self::AesGcm => "AES/GCM",
            Self::KmsContext => "kms+context",
            Self::RsaOaepSha1 => "RSA-OAEP-SHA1",
        }
    }

    /// The code in message format V3's `x-amz-w`.
    #[must_use]
    pub const fn v3_code(self) -> &'static str {
        match self {
            Self::AesGcm => "02",
            Self::KmsContext => "12",
            Self::RsaOaepSha1 => "22",
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
        Self::ALL.into_iter().find(|algorithm| algorithm.v3_code() == code)
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
    }

    #[test]
    fn names_and_codes_lead_back_to_their_algorithm() {
        for algorithm in WrappingAlgorithm::ALL {
            assert_eq!(WrappingAlgorithm::from_v2_name(algorithm.v2_name()), Some(algorithm));
            assert_eq!(WrappingAlgorithm::from_v3_code(algorithm.v3_code()), Some(algorithm));
        }
        assert_eq!(WrappingAlgorithm::from_v2_name("aes/gcm"), None);
        assert_eq!(WrappingAlgorithm::from_v3_code("2"), None);
    }
}
