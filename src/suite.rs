//! The S3 Encryption Client's algorithm suites: identifiers, lengths, key derivation, key commitment.
//!
//! Source: the S3 Encryption Client specification, `encryption.md` and `key-derivation.md`; HKDF is RFC 5869.

use hkdf::Hkdf;
use sha2::Sha512;
use subtle::ConstantTimeEq;

use crate::error::{EnvelopeError, UnsupportedFeature};
use crate::gcm::{GcmMessage, IV_LENGTH};
use crate::keyring::DataKey;
use crate::secret::Secret;

/// The length of a message id, in bytes: HKDF's salt in message format V3.
pub const MESSAGE_ID_LENGTH: usize = 28;

/// The length of a key commitment, in bytes.
pub const KEY_COMMITMENT_LENGTH: usize = 28;

/// A message format V3 message's id: 28 random bytes, public.
pub type MessageId = [u8; MESSAGE_ID_LENGTH];

/// A key commitment: 28 public bytes that only one data key produces for a message id.
pub type KeyCommitment = [u8; KEY_COMMITMENT_LENGTH];

/// How an object's content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlgorithmSuite {
    /// 0x0070, `ALG_AES_256_CBC_IV16_NO_KDF`: AES-256-CBC with PKCS #7 padding, under the data key itself and without
    /// authentication. Message formats V1 and V2, read on request and never written.
    Aes256CbcIv16NoKdf,
    /// 0x0072, `ALG_AES_256_GCM_IV12_TAG16_NO_KDF`: AES-256-GCM under the data key itself. Message format V2.
    Aes256GcmNoKdf,
    /// 0x0073, `ALG_AES_256_GCM_HKDF_SHA512_COMMIT_KEY`: AES-256-GCM under a derived key, with a commitment to the data
    /// key. Message format V3, and the default.
    Aes256GcmHkdfSha512CommitKey,
}

impl AlgorithmSuite {
    /// The suite's two-byte identifier.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Aes256CbcIv16NoKdf => 0x0070,
            Self::Aes256GcmNoKdf => 0x0072,
            Self::Aes256GcmHkdfSha512CommitKey => 0x0073,
        }
    }

    /// Whether an object of this suite can be opened under one data key only.
    #[must_use]
    pub const fn commits_to_key(self) -> bool {
        matches!(self, Self::Aes256GcmHkdfSha512CommitKey)
    }

    /// Whether altered content of this suite is noticed.
    #[must_use]
    pub const fn is_authenticated(self) -> bool {
        !matches!(self, Self::Aes256CbcIv16NoKdf)
    }

    /// The text that the wrapping of a data key is bound to, so that a key wrapped for one suite is of no use under
    /// another: the content encryption algorithm as the metadata names it.
    #[must_use]
    pub const fn wrapping_label(self) -> &'static str {
        match self {
            Self::Aes256CbcIv16NoKdf => "AES/CBC/PKCS5Padding",
            Self::Aes256GcmNoKdf => "AES/GCM/NoPadding",
            Self::Aes256GcmHkdfSha512CommitKey => "115",
        }
    }
}

/// What a message's cipher is set up from, beside the data key: all public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageParameters {
    /// Suite 0x0072: a random IV, stored in the metadata.
    Iv([u8; IV_LENGTH]),
    /// Suite 0x0073: a random message id, from which HKDF derives the content key and the commitment.
    Id(MessageId),
}

impl MessageParameters {
    /// Fresh random parameters for a new message of `suite`.
    ///
    /// # Errors
    /// [`EnvelopeError::RandomnessUnavailable`] where the platform gives none, or gives only zero bytes, and
    /// [`EnvelopeError::Unsupported`] for a suite that is never written.
    pub fn generate(suite: AlgorithmSuite) -> Result<Self, EnvelopeError> {
        Ok(match suite {
            AlgorithmSuite::Aes256CbcIv16NoKdf => {
                return Err(EnvelopeError::Unsupported(UnsupportedFeature::CbcContent));
            }
            AlgorithmSuite::Aes256GcmNoKdf => Self::Iv(random_nonzero()?),
            AlgorithmSuite::Aes256GcmHkdfSha512CommitKey => Self::Id(random_nonzero()?),
        })
    }

    /// The suite that these parameters are for.
    #[must_use]
    pub const fn suite(&self) -> AlgorithmSuite {
        match self {
            Self::Iv(_) => AlgorithmSuite::Aes256GcmNoKdf,
            Self::Id(_) => AlgorithmSuite::Aes256GcmHkdfSha512CommitKey,
        }
    }

    /// The cipher for the message under `data_key`, and the commitment to that key where the suite has one.
    #[must_use]
    pub fn message(&self, data_key: &DataKey) -> (GcmMessage, Option<KeyCommitment>) {
        match self {
            Self::Iv(iv) => (GcmMessage::new(data_key.as_bytes(), *iv, &[]), None),
            Self::Id(id) => {
                let derived = DerivedKeys::new(data_key, id);
                let aad = self.suite().id().to_be_bytes();
                // The content key is used for this one message, so its IV can be a constant.
                let message = GcmMessage::new(derived.content_key.expose(), [0x01; IV_LENGTH], &aad);
                (message, Some(derived.commitment))
            }
        }
    }
}

/// Checks, in constant time, that a data key is the one an object commits to.
///
/// # Errors
/// [`EnvelopeError::WrongKey`] where it is not.
pub fn check_commitment(computed: &KeyCommitment, stored: &KeyCommitment) -> Result<(), EnvelopeError> {
    if computed.ct_eq(stored).into() { Ok(()) } else { Err(EnvelopeError::WrongKey) }
}

/// Suite 0x0073's keys: HKDF-SHA512 with the message id as salt and the data key as input keying material.
struct DerivedKeys {
    content_key: Secret,
    commitment: KeyCommitment,
}

impl DerivedKeys {
    fn new(data_key: &DataKey, id: &MessageId) -> Self {
        let hkdf = Hkdf::<Sha512>::new(Some(id), data_key.as_bytes());
        let suite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey.id().to_be_bytes();
        let mut keys = Self { content_key: Secret::zeros(), commitment: [0; KEY_COMMITMENT_LENGTH] };
        expand(&hkdf, &[&suite, b"DERIVEKEY"], keys.content_key.expose_mut());
        expand(&hkdf, &[&suite, b"COMMITKEY"], &mut keys.commitment);
        keys
    }
}

#[expect(clippy::expect_used, reason = "both outputs are shorter than SHA-512's, HKDF's limit is 255 times that")]
fn expand(hkdf: &Hkdf<Sha512>, info: &[&[u8]], output: &mut [u8]) {
    hkdf.expand_multi_info(info, output).expect("a legal output length");
}

/// Random bytes that are not all zero: an all-zero IV or message id is what a broken generator gives, and the
/// specification refuses it.
fn random_nonzero<const N: usize>() -> Result<[u8; N], EnvelopeError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
    if bytes == [0; N] {
        return Err(EnvelopeError::RandomnessUnavailable);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_derived_keys_are_hkdf_sha512_with_the_suite_in_the_info() {
        // RFC 5869 in full, over plain HMAC, so that the labels and their order are checked and not only the crate.
        use hmac::{Hmac, KeyInit, Mac};
        let hmac = |key: &[u8], data: &[u8]| {
            let mut mac = Hmac::<Sha512>::new_from_slice(key).unwrap();
            mac.update(data);
            mac.finalize().into_bytes()
        };
        let data_key = DataKey::from_bytes(&[7; 32]).unwrap();
        let id = [9; MESSAGE_ID_LENGTH];
        let prk = hmac(&id, data_key.as_bytes());
        let derived = DerivedKeys::new(&data_key, &id);
        assert_eq!(derived.content_key.expose()[..], hmac(&prk, b"\x00\x73DERIVEKEY\x01")[..32]);
        assert_eq!(derived.commitment[..], hmac(&prk, b"\x00\x73COMMITKEY\x01")[..28]);
    }

    #[test]
    fn a_commitment_of_another_key_is_refused_as_a_wrong_key() {
        let id = MessageParameters::Id([9; MESSAGE_ID_LENGTH]);
        let (_, ours) = id.message(&DataKey::from_bytes(&[7; 32]).unwrap());
        let (_, other) = id.message(&DataKey::from_bytes(&[8; 32]).unwrap());
        assert_eq!(check_commitment(&ours.unwrap(), &ours.unwrap()), Ok(()));
        assert_eq!(check_commitment(&ours.unwrap(), &other.unwrap()), Err(EnvelopeError::WrongKey));
    }

    #[test]
    fn parameters_are_fresh_for_every_message() {
        for suite in [AlgorithmSuite::Aes256GcmNoKdf, AlgorithmSuite::Aes256GcmHkdfSha512CommitKey] {
            let first = MessageParameters::generate(suite).unwrap();
            assert_eq!(first.suite(), suite);
            assert_ne!(first, MessageParameters::generate(suite).unwrap());
        }
    }
}
