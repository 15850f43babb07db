//! Sessions for JavaScript. Bulk bytes are processed in place; keys never cross.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Object, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::SubtleCrypto;

use super::keyring::{DataKey, EncryptionMaterials};
use super::metadata::ContentMetadata;
use super::number::whole;
use super::options::pairs_object;
use super::subtle::{Purpose, import};
use crate::error::EnvelopeError;
use crate::gcm::TAG_LENGTH;
use crate::metadata;
use crate::object::{self, CommitmentPolicy, ReadPolicy};

/// The segment length to use for a content of this length on a platform whose cryptography is at its fastest up to
/// `longest`, all in bytes.
///
/// # Errors
/// `INVALID_OPTION`.
#[wasm_bindgen(js_name = segmentLength)]
pub fn segment_length(longest: f64, content_length: Option<f64>) -> Result<f64, EnvelopeError> {
    let longest = whole("longestSegment", longest)?;
    let content_length = content_length.map(|length| whole("contentLength", length)).transpose()?;
    // 512 KiB at most, far below 2⁵³.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let length = object::segment_length(longest, content_length) as f64;
    Ok(length)
}

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
    /// `MESSAGE_TOO_LONG`, `INVALID_OPTION`, `RANDOMNESS_UNAVAILABLE`.
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

    /// Takes the tag of a segment that `SubtleCrypto` has encrypted.
    ///
    /// # Errors
    /// Those of `delegateSegment`, and `SEGMENT_CHANGED`.
    #[wasm_bindgen(js_name = recordDelegated)]
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, &whole_tag(tag)?)
    }

    /// The 16 bytes to store after the ciphertext. From now on segments can only be encrypted again.
    ///
    /// # Errors
    /// `MESSAGE_INCOMPLETE`, `CONTENT_LENGTH_MISMATCH`.
    pub fn finish(&mut self) -> Result<Vec<u8>, EnvelopeError> {
        Ok(self.inner.finish()?.to_vec())
    }
}

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

    /// Takes note of a segment by the tag that `SubtleCrypto` made of it: AES-GCM under `authenticationIv()`, the
    /// ciphertext as additional data, an empty plaintext.
    ///
    /// # Errors
    /// Those of `authenticateSegment`.
    #[wasm_bindgen(js_name = recordDelegated)]
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, &whole_tag(tag)?)
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
        Ok(VerifiedObject { inner: self.inner.verify(&whole_tag(tag)?)? })
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
    pub fn decrypt_segment(&self, offset: f64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        self.inner.decrypt_segment(whole("offset", offset)?, segment)
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
    pub fn decrypt_segment(&mut self, offset: f64, segment: &mut [u8]) -> Result<(), EnvelopeError> {
        self.inner.decrypt_segment(whole("offset", offset)?, segment)
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
    pub fn record_delegated(&mut self, offset: f64, length: f64, tag: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.record_delegated(whole("offset", offset)?, whole("length", length)?, &whole_tag(tag)?)
    }

    /// Checks the whole against the object's last 16 bytes. The session is consumed.
    ///
    /// # Errors
    /// Those of `verify`.
    pub fn finish(self, tag: &[u8]) -> Result<(), EnvelopeError> {
        self.inner.finish(&whole_tag(tag)?)
    }
}

/// A tag, all of it: a body shorter than a tag is a truncated one.
fn whole_tag(tag: &[u8]) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
    tag.try_into().map_err(|_| EnvelopeError::AuthenticationFailed)
}

/// The named policy, or the default.
pub(super) fn policy_of(name: Option<String>) -> Result<CommitmentPolicy, EnvelopeError> {
    name.map_or(Ok(CommitmentPolicy::default()), |name| CommitmentPolicy::from_name(&name))
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
