//! The AES keyring: data keys wrapped with AES-256-GCM under a 32-byte key that the user holds.
//!
//! Source: the S3 Encryption Client specification, `materials/s3-aes-keyring.md`. The wrapped key is
//! 12-byte random iv ‖ 32-byte ciphertext ‖ 16-byte tag, with the suite's label as additional data.

use zeroize::Zeroizing;

use super::{DataKey, KEY_LENGTH, Keyring, MaterialsDescription, WrappedDataKey, WrappingAlgorithm};
use crate::error::EnvelopeError;
use crate::gcm::{GcmMessage, TAG_LENGTH};
use crate::secret::Secret;
use crate::suite::AlgorithmSuite;

/// The length of the iv in front of a wrapped data key, in bytes.
pub const WRAPPING_IV_LENGTH: usize = 12;

/// The length of a wrapped data key, in bytes: iv, ciphertext, tag.
pub const WRAPPED_LENGTH: usize = WRAPPING_IV_LENGTH + KEY_LENGTH + TAG_LENGTH;

/// Wraps data keys under a 256-bit AES key. The key is wiped on drop and never printed.
///
/// The iv of each wrapping is random, so one key should wrap no more than 2³² data keys (NIST SP 800-38D, 8.3).
pub struct AesKeyring {
    wrapping_key: Secret,
    description: MaterialsDescription,
}

impl AesKeyring {
    /// A keyring over 32 raw key bytes.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidKeyLength`] where there are not exactly 32.
    pub fn from_bytes(key: &[u8]) -> Result<Self, EnvelopeError> {
        let wrapping_key = Secret::copied(key)
            .ok_or(EnvelopeError::InvalidKeyLength { purpose: "a wrapping key", length: key.len() })?;
        Ok(Self { wrapping_key, description: MaterialsDescription::new() })
    }

    /// A keyring over a fresh random key.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives no randomness.
    pub fn generate() -> Result<Self, EnvelopeError> {
        Ok(Self { wrapping_key: Secret::random()?, description: MaterialsDescription::new() })
    }

    /// The same keyring with a materials description: written into every object, and demanded of every object read.
    /// Without one, a keyring reads objects of any description.
    #[must_use]
    pub fn with_description(mut self, description: MaterialsDescription) -> Self {
        self.description = description;
        self
    }

    /// The 32 bytes of the wrapping key, for the user to keep safe.
    #[must_use]
    pub const fn wrapping_key(&self) -> &[u8; KEY_LENGTH] {
        self.wrapping_key.expose()
    }

    /// The materials description that is written and demanded; empty where there is none.
    #[must_use]
    pub const fn description(&self) -> &MaterialsDescription {
        &self.description
    }

    /// The checks that come before any cryptography, shared with keyrings whose key lives in `SubtleCrypto`.
    ///
    /// # Errors
    /// [`EnvelopeError::KeyringMismatch`] where the data key was wrapped in another way,
    /// [`EnvelopeError::MaterialsDescriptionMismatch`] where the object names another key, and
    /// [`EnvelopeError::WrongKey`] where the wrapped key has not the right length.
    pub fn check_applies(wanted: &MaterialsDescription, wrapped: &WrappedDataKey) -> Result<(), EnvelopeError> {
        if wrapped.algorithm != WrappingAlgorithm::AesGcm {
            return Err(EnvelopeError::KeyringMismatch {
                keyring: "an AES keyring",
                object: wrapped.algorithm.v2_name(),
            });
        }
        super::check_description(wanted, wrapped)?;
        if wrapped.ciphertext.len() != WRAPPED_LENGTH {
            return Err(EnvelopeError::WrongKey);
        }
        Ok(())
    }

    fn message(&self, iv: [u8; WRAPPING_IV_LENGTH], suite: AlgorithmSuite) -> GcmMessage {
        GcmMessage::new(self.wrapping_key.expose(), iv, suite.wrapping_label().as_bytes())
    }
}

impl Keyring for AesKeyring {
    fn wrap(&self, data_key: &DataKey, suite: AlgorithmSuite) -> Result<WrappedDataKey, EnvelopeError> {
        let mut iv = [0; WRAPPING_IV_LENGTH];
        getrandom::fill(&mut iv).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
        let mut sealed = Zeroizing::new(*data_key.as_bytes());
        let tag = self.message(iv, suite).seal(&mut sealed[..])?;
        Ok(WrappedDataKey {
            algorithm: WrappingAlgorithm::AesGcm,
            ciphertext: [&iv[..], &sealed[..], &tag[..]].concat(),
            description: self.description.clone(),
        })
    }

    fn unwrap(&self, wrapped: &WrappedDataKey, suite: AlgorithmSuite) -> Result<DataKey, EnvelopeError> {
        Self::check_applies(&self.description, wrapped)?;
        let (iv, sealed) =
            wrapped.ciphertext.split_first_chunk::<WRAPPING_IV_LENGTH>().ok_or(EnvelopeError::WrongKey)?;
        let (sealed, tag) = sealed.split_last_chunk::<TAG_LENGTH>().ok_or(EnvelopeError::WrongKey)?;
        let mut opened = Zeroizing::new(sealed.to_vec());
        self.message(*iv, suite).open(&mut opened, tag).map_err(|_| EnvelopeError::WrongKey)?;
        DataKey::from_bytes(&opened)
    }
}

impl core::fmt::Debug for AesKeyring {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("AesKeyring").field("description", &self.description).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aes_gcm::aead::{Aead, KeyInit, Payload};
    use aes_gcm::{Aes256Gcm, Nonce};

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;

    fn description(value: &str) -> MaterialsDescription {
        [("key".to_owned(), value.to_owned())].into()
    }

    #[test]
    fn what_is_wrapped_unwraps_to_the_same_key() {
        let keyring = AesKeyring::generate().unwrap();
        let materials = keyring.encryption_materials(SUITE).unwrap();
        assert_eq!(materials.wrapped.ciphertext.len(), WRAPPED_LENGTH);
        let unwrapped = keyring.unwrap(&materials.wrapped, SUITE).unwrap();
        assert_eq!(unwrapped.as_bytes(), materials.data_key.as_bytes());
    }

    #[test]
    fn the_layout_is_iv_ciphertext_tag_with_the_label_as_additional_data() {
        let keyring = AesKeyring::from_bytes(&[7; 32]).unwrap();
        for (suite, label) in [(SUITE, "115"), (AlgorithmSuite::Aes256GcmNoKdf, "AES/GCM/NoPadding")] {
            let materials = keyring.encryption_materials(suite).unwrap();
            let (iv, sealed) = materials.wrapped.ciphertext.split_first_chunk::<12>().unwrap();
            let payload = Payload { msg: sealed, aad: label.as_bytes() };
            let opened = Aes256Gcm::new(&[7; 32].into()).decrypt(&Nonce::from(*iv), payload).unwrap();
            assert_eq!(opened, materials.data_key.as_bytes());
        }
    }

    #[test]
    fn another_key_another_suite_or_a_changed_byte_is_a_wrong_key() {
        let keyring = AesKeyring::generate().unwrap();
        let wrapped = keyring.encryption_materials(SUITE).unwrap().wrapped;
        let other = AesKeyring::generate().unwrap();
        assert_eq!(other.unwrap(&wrapped, SUITE).unwrap_err(), EnvelopeError::WrongKey);
        assert_eq!(keyring.unwrap(&wrapped, AlgorithmSuite::Aes256GcmNoKdf).unwrap_err(), EnvelopeError::WrongKey);
        for position in 0..WRAPPED_LENGTH {
            let mut changed = wrapped.clone();
            changed.ciphertext[position] ^= 1;
            assert_eq!(keyring.unwrap(&changed, SUITE).unwrap_err(), EnvelopeError::WrongKey);
        }
        let mut short = wrapped.clone();
        short.ciphertext.pop();
        assert_eq!(keyring.unwrap(&short, SUITE).unwrap_err(), EnvelopeError::WrongKey);
    }

    #[test]
    fn a_description_is_written_and_then_demanded() {
        let keyring = AesKeyring::from_bytes(&[1; 32]).unwrap().with_description(description("2026"));
        let wrapped = keyring.encryption_materials(SUITE).unwrap().wrapped;
        assert_eq!(wrapped.description, description("2026"));
        assert!(keyring.unwrap(&wrapped, SUITE).is_ok());
        let without = AesKeyring::from_bytes(&[1; 32]).unwrap();
        assert!(without.unwrap(&wrapped, SUITE).is_ok());
        let other = AesKeyring::from_bytes(&[1; 32]).unwrap().with_description(description("2025"));
        assert_eq!(other.unwrap(&wrapped, SUITE).unwrap_err(), EnvelopeError::MaterialsDescriptionMismatch);
    }

    #[test]
    fn an_object_for_another_kind_of_keyring_is_named() {
        let keyring = AesKeyring::generate().unwrap();
        let mut wrapped = keyring.encryption_materials(SUITE).unwrap().wrapped;
        wrapped.algorithm = WrappingAlgorithm::KmsContext;
        assert_eq!(keyring.unwrap(&wrapped, SUITE).unwrap_err().code(), "KEYRING_MISMATCH");
    }

    #[test]
    fn keys_of_a_wrong_length_are_refused_and_no_key_is_printed() {
        for length in [0, 16, 31, 33, 44, 64] {
            assert_eq!(
                AesKeyring::from_bytes(&vec![1; length]).unwrap_err(),
                EnvelopeError::InvalidKeyLength { purpose: "a wrapping key", length }
            );
        }
        let printed = format!("{:?}", AesKeyring::from_bytes(&[0xab; 32]).unwrap());
        assert_eq!(printed, "AesKeyring { description: {}, .. }");
    }
}
