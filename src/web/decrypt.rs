//! Decrypting sessions for JavaScript. Keys never cross, but to become a `CryptoKey` that nobody can export.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::SubtleCrypto;
use zeroize::Zeroizing;

use super::metadata::ContentMetadata;
use super::number::whole;
use super::object::{policy_of, whole_tag};
use super::subtle::{Purpose, import};
use super::unwrapping::DataKey;
use crate::error::EnvelopeError;
use crate::object::{self, ReadPolicy};

/// Authenticates one object's ciphertext, segment by segment, in any order.
#[wasm_bindgen(js_name = DecryptSession)]
#[derive(Debug)]
pub struct DecryptSession {
    inner: object::DecryptSession,
}

#[wasm_bindgen(js_class = DecryptSession)]
impl DecryptSession {
    /// Starts reading an object. The data key is consumed. The policy and the legacy modes are those of `checkPolicy`.
    ///
    /// # Errors
    /// Those of `checkPolicy`, `WRONG_KEY`, `UNSUPPORTED` for content in CBC mode.
    #[wasm_bindgen(constructor)]
    #[expect(clippy::needless_pass_by_value, reason = "the data key is for one session: this call takes it away")]
    pub fn new(
        metadata: &ContentMetadata,
        data_key: DataKey,
        policy: Option<String>,
        legacy_wrapping: Option<bool>,
        legacy_modes: Option<bool>,
    ) -> Result<Self, EnvelopeError> {
        let policy = read_policy(policy, legacy_wrapping, legacy_modes)?;
        Ok(Self { inner: object::DecryptSession::with_data_key(&metadata.inner, &data_key.inner, policy)? })
    }

    /// Takes note of a segment of ciphertext.
    ///
    /// # Errors
    /// `SEGMENT_MISALIGNED`, `SEGMENT_OVERLAP`, `SEGMENT_CHANGED`, `MESSAGE_TOO_LONG`.
    #[wasm_bindgen(js_name = authenticateSegment)]
    pub fn authenticate_segment(&mut self, offset: f64, ciphertext: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.authenticate_segment(whole("offset", offset)?, ciphertext)
    }

    /// The content key for `SubtleCrypto`'s AES-GCM, not extractable: it authenticates segments, and decrypts those that
    /// were authenticated.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` takes no key.
    #[wasm_bindgen(js_name = gcmKey, unchecked_return_type = "Promise<CryptoKey>")]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
    pub fn gcm_key(&self, subtle: SubtleCrypto) -> Result<Promise, EnvelopeError> {
        import(&subtle, self.inner.content_key(), Purpose::Authenticate)
    }

    /// The content key for `SubtleCrypto`'s AES-CTR, not extractable: it decrypts before all is authenticated.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` takes no key.
    #[wasm_bindgen(js_name = ctrKey, unchecked_return_type = "Promise<CryptoKey>")]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
    pub fn ctr_key(&self, subtle: SubtleCrypto) -> Result<Promise, EnvelopeError> {
        import(&subtle, self.inner.content_key(), Purpose::Count)
    }

    /// Takes note of a segment by the tag that `SubtleCrypto` made of it, which is wiped: AES-GCM under `authenticationIv()`, the
    /// ciphertext as additional data, an empty plaintext.
    ///
    /// # Errors
    /// Those of `authenticateSegment`.
    #[wasm_bindgen(js_name = recordDelegated)]
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: Vec<u8>) -> Result<(), EnvelopeError> {
        let tag = Zeroizing::new(tag);
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, whole_tag(&tag)?)
    }

    /// Goes on to decrypt before the whole is authenticated. The session is consumed.
    #[wasm_bindgen(js_name = delayAuthentication)]
    #[must_use]
    pub fn delay_authentication(self) -> DelayedAuthenticationSession {
        DelayedAuthenticationSession { inner: self.inner.delay_authentication() }
    }

    /// Checks the whole against the object's last 16 bytes. The session is consumed.
    ///
    /// # Errors
    /// `AUTHENTICATION_FAILED`, `MESSAGE_INCOMPLETE`, `CONTENT_LENGTH_MISMATCH`.
    pub fn verify(self, tag: &[u8]) -> Result<VerifiedObject, EnvelopeError> {
        Ok(VerifiedObject { inner: self.inner.verify(whole_tag(tag)?)? })
    }
}

/// An object whose tag matched: the only thing that decrypts.
#[wasm_bindgen(js_name = VerifiedObject)]
#[derive(Debug)]
pub struct VerifiedObject {
    inner: object::VerifiedObject,
}

#[wasm_bindgen(js_class = VerifiedObject)]
impl VerifiedObject {
    /// Decrypts a segment in place, if its bytes are those that were authenticated.
    ///
    /// # Errors
    /// `SEGMENT_CHANGED`, `SEGMENT_OVERLAP`, `SEGMENT_MISALIGNED`.
    #[wasm_bindgen(js_name = decryptSegment)]
    pub fn decrypt_segment(&self, offset: f64, segment: &Uint8Array) -> Result<(), EnvelopeError> {
        let offset = whole("offset", offset)?;
        in_place(segment, |bytes| self.inner.decrypt_segment(offset, bytes))
    }

    /// What `SubtleCrypto`'s AES-GCM needs to decrypt a segment: 16 bytes of IV and 16 of tag. It refuses a segment whose
    /// bytes are not those that were authenticated.
    ///
    /// # Errors
    /// `SEGMENT_CHANGED`, `SEGMENT_OVERLAP`, `SEGMENT_MISALIGNED`.
    #[wasm_bindgen(js_name = delegateSegment)]
    pub fn delegate_segment(&self, offset: f64, length: f64) -> Result<Uint8Array, EnvelopeError> {
        let task = self.inner.delegate_segment(whole("offset", offset)?, whole("length", length)?)?;
        // Straight into JavaScript's memory, so that no copy stays behind in this module's.
        let parameters = Uint8Array::new_with_length(32);
        parameters.subarray(0, 16).copy_from(task.iv());
        parameters.subarray(16, 32).copy_from(task.tag());
        Ok(parameters)
    }

    /// Says so where `SubtleCrypto` refused a segment.
    ///
    /// # Errors
    /// `SEGMENT_CHANGED`, always.
    #[wasm_bindgen(js_name = refuseSegment)]
    pub fn refuse_segment(&self, offset: f64) -> Result<(), EnvelopeError> {
        Err(object::VerifiedObject::refused(whole("offset", offset)?))
    }

    /// Checks that the bytes decrypted, from the first on, are the whole object.
    ///
    /// # Errors
    /// `MESSAGE_INCOMPLETE`.
    #[wasm_bindgen(js_name = checkComplete)]
    pub fn check_complete(&self, length: f64) -> Result<(), EnvelopeError> {
        self.inner.check_complete(whole("length", length)?)
    }
}

/// Decrypts before the whole is authenticated, and tells at the end.
#[wasm_bindgen(js_name = DelayedAuthenticationSession)]
#[derive(Debug)]
pub struct DelayedAuthenticationSession {
    inner: object::DelayedAuthenticationSession,
}

#[wasm_bindgen(js_class = DelayedAuthenticationSession)]
impl DelayedAuthenticationSession {
    /// Takes note of a segment and decrypts it in place, unauthenticated.
    ///
    /// # Errors
    /// Those of `authenticateSegment`.
    #[wasm_bindgen(js_name = decryptSegment)]
    pub fn decrypt_segment(&mut self, offset: f64, segment: &Uint8Array) -> Result<(), EnvelopeError> {
        let offset = whole("offset", offset)?;
        in_place(segment, |bytes| self.inner.decrypt_segment(offset, bytes))
    }

    /// The counter block from which `SubtleCrypto`'s AES-CTR, with a counter of 32 bits, decrypts a segment.
    ///
    /// # Errors
    /// `SEGMENT_MISALIGNED`, `MESSAGE_TOO_LONG`.
    #[wasm_bindgen(js_name = firstCounter)]
    pub fn first_counter(&self, offset: f64, length: f64) -> Result<Vec<u8>, EnvelopeError> {
        Ok(self.inner.first_counter(whole("offset", offset)?, whole("length", length)?)?.to_vec())
    }

    /// Takes note of a segment that `SubtleCrypto` decrypts, by a tag as for `recordDelegated` of `DecryptSession`.
    ///
    /// # Errors
    /// Those of `authenticateSegment`.
    #[wasm_bindgen(js_name = recordDelegated)]
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: Vec<u8>) -> Result<(), EnvelopeError> {
        let tag = Zeroizing::new(tag);
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, whole_tag(&tag)?)
    }

    /// Checks the whole against the object's last 16 bytes. The session is consumed.
    ///
    /// # Errors
    /// Those of `verify`.
    pub fn finish(self, tag: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.finish(whole_tag(tag)?)
    }
}

/// Decrypts bytes in JavaScript's memory. In this module's nothing of them is left.
fn in_place(
    segment: &Uint8Array,
    decrypt: impl FnOnce(&mut [u8]) -> Result<(), EnvelopeError>,
) -> Result<(), EnvelopeError> {
    let mut bytes = segment.to_vec();
    let outcome = decrypt(&mut bytes);
    segment.copy_from(&bytes);
    // All at once: content is long, and keys are wiped byte by byte.
    bytes.fill(0);
    core::hint::black_box(&bytes);
    outcome
}

fn read_policy(
    policy: Option<String>,
    legacy_wrapping: Option<bool>,
    legacy_modes: Option<bool>,
) -> Result<ReadPolicy, EnvelopeError> {
    Ok(ReadPolicy {
        commitment: policy_of(policy)?,
        legacy_wrapping_algorithms: legacy_wrapping.unwrap_or_default(),
        legacy_unauthenticated_modes: legacy_modes.unwrap_or_default(),
    })
}

/// Checks that the policy of that name, and what else was asked for, allow an object to be read, before its keyring is
/// asked for anything.
///
/// # Errors
/// `COMMITMENT_REQUIRED`, `LEGACY_UNAUTHENTICATED_NOT_ENABLED`, `LEGACY_WRAPPING_NOT_ENABLED`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = checkPolicy)]
pub fn check_policy(
    metadata: &ContentMetadata,
    policy: Option<String>,
    legacy_wrapping: Option<bool>,
    legacy_modes: Option<bool>,
) -> Result<(), EnvelopeError> {
    read_policy(policy, legacy_wrapping, legacy_modes)?.check(&metadata.inner)
}
