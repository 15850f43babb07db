//! SSE-S3: data keys wrapped by a root key that the service holds and nobody sees.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{DataKey, NoRandomness, Place, base64_bytes, random};

/// A data key wrapped with AES-256-GCM: 12-byte nonce ‖ 32-byte ciphertext ‖ 16-byte tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// The wrapped bytes.
    #[serde(with = "base64_bytes")]
    pub wrapped_data_key: Vec<u8>,
}

/// The service's root key. On real S3 it is in hardware; a simulation can only keep it apart. Wiped on drop.
#[derive(Clone)]
pub struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A fresh root key.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub fn generate() -> Result<Self, NoRandomness> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    /// The root key of its 32 bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// The 32 bytes, for the backend that keeps it and for what else is sealed under it.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Wraps a data key for the object at `place`.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub fn wrap(&self, data_key: &DataKey, place: Place<'_>) -> Result<Wrapped, NoRandomness> {
        wrap(&self.0, data_key, place).map(|wrapped_data_key| Wrapped { wrapped_data_key })
    }

    /// Unwraps a data key, or nothing where it was wrapped under another root key or for another object.
    #[must_use]
    pub fn unwrap(&self, wrapped: &Wrapped, place: Place<'_>) -> Option<DataKey> {
        unwrap(&self.0, &wrapped.wrapped_data_key, place)
    }
}

impl core::fmt::Debug for RootKey {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("RootKey").finish_non_exhaustive()
    }
}

/// Wraps a data key with AES-256-GCM, bound to its object.
pub(super) fn wrap(key: &[u8; 32], data_key: &DataKey, place: Place<'_>) -> Result<Vec<u8>, NoRandomness> {
    let nonce: [u8; 12] = random()?;
    let aad = binding(place);
    let payload = Payload { msg: &data_key[..], aad: aad.as_bytes() };
    // Thirty-two bytes are never too many; the platform's randomness is the only thing that can be missing.
    let sealed = Aes256Gcm::new(key.into()).encrypt(&Nonce::from(nonce), payload).map_err(|_| NoRandomness)?;
    Ok([&nonce[..], &sealed].concat())
}

pub(super) fn unwrap(key: &[u8; 32], wrapped: &[u8], place: Place<'_>) -> Option<DataKey> {
    let (nonce, sealed) = wrapped.split_first_chunk::<12>()?;
    let aad = binding(place);
    let payload = Payload { msg: sealed, aad: aad.as_bytes() };
    let opened = Zeroizing::new(Aes256Gcm::new(key.into()).decrypt(&Nonce::from(*nonce), payload).ok()?);
    Some(Zeroizing::new(opened[..].try_into().ok()?))
}

/// A data key is for one version of one object.
fn binding(place: Place<'_>) -> String {
    format!("{}:{}:{}:{}:{}", place.bucket.len(), place.bucket, place.key.len(), place.key, place.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { bucket: "b", key: "k", version: "v", part: 0 };

    #[test]
    fn a_data_key_unwraps_under_its_root_key_and_for_its_object_only() {
        let root = RootKey::generate().unwrap();
        let data_key = Zeroizing::new([9; 32]);
        let wrapped = root.wrap(&data_key, PLACE).unwrap();
        assert_eq!(root.unwrap(&wrapped, PLACE), Some(data_key));
        assert_eq!(RootKey::generate().unwrap().unwrap(&wrapped, PLACE), None);
        assert_eq!(root.unwrap(&wrapped, Place { version: "w", ..PLACE }), None);
        let mut altered = wrapped.clone();
        altered.wrapped_data_key[20] ^= 1;
        assert_eq!(root.unwrap(&altered, PLACE), None);
    }
}
