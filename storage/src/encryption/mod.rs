//! Encryption at rest: what a request asks for, who wraps an object's data key, and how its bytes are stored.
//!
//! Every object has a data key of its own. The mode decides who holds the key that wraps it:
//! - [`sse_s3`]: the service's root key.
//! - [`sse_kms`]: a KMS key, or a key that it made for the bucket ([`bucket_keys`]).
//! - [`dsse_kms`]: both, each the key of a layer of its own.
//! - [`sse_c`]: the customer, with every request; the service keeps only a salted hash to recognise the key.

pub mod blob;
pub mod bucket_keys;
pub mod dsse_kms;
mod error;
pub mod request;
pub mod sse_c;
pub mod sse_kms;
pub mod sse_s3;

pub use blob::{BlobCipher, DataKey, ObjectKeys, Place, SEGMENT_LENGTH, segment_count, stored_length};
pub use bucket_keys::BucketKeys;
pub use error::{ELEMENT, Refusal, add_elements};
pub use request::{CustomerKey, EncryptionContext, Requested};

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How an object's data key is kept: all of it may lie in the open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode")]
pub enum KeyProtection {
    /// Wrapped by the service's root key.
    #[serde(rename = "SSE-S3")]
    S3(sse_s3::Wrapped),
    /// Wrapped by KMS.
    #[serde(rename = "SSE-KMS")]
    Kms(sse_kms::Wrapped),
    /// Two data keys for two layers: one wrapped by KMS, one by the service's root key.
    #[serde(rename = "DSSE-KMS")]
    Dsse(dsse_kms::Wrapped),
    /// Wrapped by the customer's key, which is not kept.
    #[serde(rename = "SSE-C")]
    Customer(sse_c::Wrapped),
}

impl KeyProtection {
    /// In how many layers the bytes are encrypted.
    #[must_use]
    pub const fn layers(&self) -> u64 {
        if matches!(self, Self::Dsse(_)) { 2 } else { 1 }
    }

    /// Whether ETags are MD5s of the content in this mode.
    #[must_use]
    pub const fn has_md5_etag(&self) -> bool {
        matches!(self, Self::S3(_))
    }
}

/// The storage's platform has no randomness: nothing can be encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system's secure random generator is not available")]
pub struct NoRandomness;

/// Fresh random bytes.
///
/// # Errors
/// [`NoRandomness`] where the platform gives none.
pub fn random<const N: usize>() -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| NoRandomness)?;
    Ok(bytes)
}

/// A fresh data key.
///
/// # Errors
/// As [`random`].
pub fn generate_data_key() -> Result<DataKey, NoRandomness> {
    Ok(Zeroizing::new(random()?))
}

/// Bytes as base64 in JSON.
mod base64_bytes {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(D::Error::custom)
    }
}
