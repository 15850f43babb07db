//! The RSA keyring's part that is no RSA: what RSA-OAEP-SHA1 encrypts. The platform's RSA does the rest, so that a private
//! key need not be extractable.
//!
//! Source: the S3 Encryption Client specification, RSA-OAEP-SHA1: one byte with the data key's length ‖ data key ‖ the
//! content's algorithm as the metadata names it. OAEP's own label is empty; hash and MGF1 hash are SHA-1.

use alloc::vec::Vec;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{DataKey, KEY_LENGTH, MaterialsDescription, WrappedDataKey, WrappingAlgorithm, check_description};
use crate::error::EnvelopeError;
use crate::suite::AlgorithmSuite;

/// The message that OAEP is to encrypt for an object of `suite`. Wiped on drop.
#[must_use]
pub fn rsa_message(data_key: &DataKey, suite: AlgorithmSuite) -> Zeroizing<Vec<u8>> {
    // At once of its full length: growing would leave a copy of the key behind.
    let label = suite.wrapping_label().as_bytes();
    let mut message = Zeroizing::new(Vec::with_capacity(1 + KEY_LENGTH + label.len()));
    message.push(32);
    message.extend_from_slice(data_key.as_bytes());
    message.extend_from_slice(label);
    message
}

/// The data key in the message that OAEP decrypted.
///
/// # Errors
/// [`EnvelopeError::WrongKey`] where the message is not that of an object of `suite`.
pub fn rsa_data_key(message: &[u8], suite: AlgorithmSuite) -> Result<DataKey, EnvelopeError> {
    let (key, label) = message
        .split_first()
        .filter(|(length, _)| **length == 32)
        .and_then(|(_, rest)| rest.split_at_checked(KEY_LENGTH))
        .ok_or(EnvelopeError::WrongKey)?;
    if label.ct_eq(suite.wrapping_label().as_bytes()).into() {
        return DataKey::from_bytes(key);
    }
    Err(EnvelopeError::WrongKey)
}

/// The checks that come before any cryptography.
///
/// # Errors
/// [`EnvelopeError::KeyringMismatch`] where the data key was wrapped in another way, and
/// [`EnvelopeError::MaterialsDescriptionMismatch`] where the object names another key.
pub fn check_rsa_applies(wanted: &MaterialsDescription, wrapped: &WrappedDataKey) -> Result<(), EnvelopeError> {
    if wrapped.algorithm != WrappingAlgorithm::RsaOaepSha1 {
        return Err(EnvelopeError::KeyringMismatch { keyring: "an RSA keyring", object: wrapped.algorithm.v2_name() });
    }
    check_description(wanted, wrapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITES: [(AlgorithmSuite, &str); 2] =
        [(AlgorithmSuite::Aes256GcmHkdfSha512CommitKey, "115"), (AlgorithmSuite::Aes256GcmNoKdf, "AES/GCM/NoPadding")];

    #[test]
    fn the_message_is_length_key_and_algorithm() {
        let data_key = DataKey::from_bytes(&[7; 32]).unwrap();
        for (suite, label) in SUITES {
            let message = rsa_message(&data_key, suite);
            assert_eq!(message[..], [&[32][..], &[7; 32], label.as_bytes()].concat());
            assert_eq!(rsa_data_key(&message, suite).unwrap().as_bytes(), &[7; 32]);
        }
    }

    #[test]
    fn any_other_message_is_a_wrong_key() {
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;
        let message = rsa_message(&DataKey::from_bytes(&[7; 32]).unwrap(), suite).to_vec();
        for length in 0..message.len() {
            assert_eq!(rsa_data_key(&message[..length], suite).unwrap_err(), EnvelopeError::WrongKey);
        }
        let longer = [&message[..], b"5"].concat();
        assert_eq!(rsa_data_key(&longer, suite).unwrap_err(), EnvelopeError::WrongKey);
        assert_eq!(rsa_data_key(&message, AlgorithmSuite::Aes256GcmNoKdf).unwrap_err(), EnvelopeError::WrongKey);
        for length in [0, 16, 31, 33, 255] {
            let mut wrong = message.clone();
            wrong[0] = length;
            assert_eq!(rsa_data_key(&wrong, suite).unwrap_err(), EnvelopeError::WrongKey);
        }
    }
}
