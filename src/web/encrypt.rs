//! Encrypting sessions for JavaScript. Keys never cross, but to become a `CryptoKey` that nobody can export.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::SubtleCrypto;
use zeroize::Zeroizing;

use super::number::whole;
use super::object::whole_tag;
use super::options::pairs_object;
use super::subtle::{Purpose, import};
use super::wrapping::EncryptionMaterials;
use crate::error::EnvelopeError;
use crate::metadata;
use crate::object;

/// Encrypts one object, segment by segment, in any order.
#[wasm_bindgen(js_name = EncryptSession)]
#[derive(Debug)]
pub struct EncryptSession {
    inner: object::EncryptSession,
}

#[wasm_bindgen(js_class = EncryptSession)]
impl EncryptSession {
    /// Starts an object. `content_length` is the plaintext's length in bytes where it is known. The materials are
    /// consumed.
    ///
    /// # Errors
    /// `MESSAGE_TOO_LONG`, `INVALID_OPTION` also for a description that would not be read, `RANDOMNESS_UNAVAILABLE`.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::needless_pass_by_value, reason = "materials are for one object: this call takes them away")]
    pub fn new(materials: EncryptionMaterials, content_length: Option<f64>) -> Result<Self, EnvelopeError> {
        let content_length = content_length.map(|length| whole("contentLength", length)).transpose()?;
        Ok(Self { inner: object::EncryptSession::with_materials(&materials.inner, content_length)? })
    }

    /// The metadata to store with the object, as an object of strings, names without `x-amz-meta-`; all of it, or what
    /// stays with an object that has an instruction file.
    #[must_use]
    pub fn metadata(&self, has_instruction_file: bool) -> Object {
        let map = self.inner.metadata();
        let map = if has_instruction_file { metadata::split(map).0 } else { map };
        pairs_object(map.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The text of the object's instruction file.
    #[wasm_bindgen(js_name = instructionFile)]
    #[must_use]
    pub fn instruction_file(&self) -> String {
        metadata::split(self.inner.metadata()).1
    }

    /// Encrypts a segment in place.
    ///
    /// # Errors
    /// `SEGMENT_MISALIGNED`, `SEGMENT_OVERLAP`, `SEGMENT_CHANGED`, `CONTENT_LENGTH_MISMATCH`, `MESSAGE_TOO_LONG`.
    #[wasm_bindgen(js_name = encryptSegment)]
    pub fn encrypt_segment(&mut self, offset: f64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        self.inner.encrypt_segment(whole("offset", offset)?, segment)
    }

    /// The content key for `SubtleCrypto`'s AES-GCM, not extractable.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` takes no key.
    #[wasm_bindgen(js_name = gcmKey, unchecked_return_type = "Promise<CryptoKey>")]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
    pub fn gcm_key(&self, subtle: SubtleCrypto) -> Result<Promise, EnvelopeError> {
        import(&subtle, self.inner.content_key(), Purpose::Encrypt)
    }

    /// The IV under which `SubtleCrypto` is to encrypt a segment. Its ciphertext is to be kept back until
    /// `recordDelegated` has taken its tag.
    ///
    /// # Errors
    /// `SEGMENT_MISALIGNED`, `SEGMENT_OVERLAP`, `CONTENT_LENGTH_MISMATCH`, `MESSAGE_TOO_LONG`.
    #[wasm_bindgen(js_name = delegateSegment)]
    pub fn delegate_segment(&self, offset: f64, length: f64) -> Result<Uint8Array, EnvelopeError> {
        let iv = self.inner.delegate_segment(whole("offset", offset)?, whole("length", length)?)?;
        Ok(Uint8Array::from(&iv.as_bytes()[..]))
    }

    /// Takes the tag of a segment that `SubtleCrypto` has encrypted, and wipes it: with the ciphertext it would give the hash
    /// key away.
    ///
    /// # Errors
    /// Those of `delegateSegment`, and `SEGMENT_CHANGED`.
    #[wasm_bindgen(js_name = recordDelegated)]
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: Vec<u8>) -> Result<(), EnvelopeError> {
        let tag = Zeroizing::new(tag);
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, whole_tag(&tag)?)
    }

    /// The 16 bytes to store after the ciphertext. From now on segments can only be encrypted again.
    ///
    /// # Errors
    /// `MESSAGE_INCOMPLETE`, `CONTENT_LENGTH_MISMATCH`.
    pub fn finish(&mut self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(self.inner.finish()?.to_vec())
    }
}
