//! What `SubtleCrypto` is asked to do: it gets the content key as a `CryptoKey` that nobody can export, and has to
//! prove on a known answer that it computes segments as NIST SP 800-38D says, before it is trusted with any.
//!
//! Nothing here waits: what `SubtleCrypto` promises goes to JavaScript, which brings back what came of it. Waiting in
//! Rust would bring an executor along, a tenth of the WASM file.

use alloc::vec::Vec;

use js_sys::{Array, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::SubtleCrypto;

use crate::error::EnvelopeError;
use crate::gcm::{self, GcmMessage, KnownSegment, SegmentAnswer};

/// The IV under which ciphertext is authenticated as additional data.
#[wasm_bindgen(js_name = authenticationIv)]
#[must_use]
pub fn authentication_iv() -> Vec<u8> {
    GcmMessage::authentication_iv().to_vec()
}

/// What a key is imported for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Purpose {
    /// AES-GCM, to encrypt.
    Encrypt,
    /// AES-GCM, to authenticate (which is to encrypt nothing), and to decrypt what was authenticated.
    Authenticate,
    /// AES-CTR, to decrypt before all is authenticated.
    Count,
}

/// A non-extractable key.
pub(super) fn import(subtle: &SubtleCrypto, key: &[u8; 32], purpose: Purpose) -> Result<Promise, EnvelopeError> {
    let bytes = Uint8Array::from(&key[..]);
    let (algorithm, usages) = match purpose {
        Purpose::Encrypt => ("AES-GCM", Array::of1(&"encrypt".into())),
        Purpose::Authenticate => ("AES-GCM", Array::of2(&"encrypt".into(), &"decrypt".into())),
        Purpose::Count => ("AES-CTR", Array::of1(&"decrypt".into())),
    };
    let imported = subtle.import_key_with_str("raw", &bytes, algorithm, false, &usages);
    // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
    bytes.fill(0, 0, bytes.length());
    imported.map_err(|_| EnvelopeError::Internal { what: "SubtleCrypto refused the content key" })
}

/// The question whose answer is known. JavaScript puts it as it puts any segment's work, and brings the answers.
#[wasm_bindgen]
#[derive(Debug, Default)]
pub struct KnownAnswer {
    inner: gcm::KnownAnswer,
}

#[wasm_bindgen]
impl KnownAnswer {
    /// The question.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The question's key for AES-GCM.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` takes no key.
    #[wasm_bindgen(js_name = gcmKey, unchecked_return_type = "Promise<CryptoKey>")]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
    pub fn gcm_key(&self, subtle: SubtleCrypto) -> Result<Promise, EnvelopeError> {
        import(&subtle, self.inner.key(), Purpose::Authenticate)
    }

    /// The question's key for AES-CTR.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` takes no key.
    #[wasm_bindgen(js_name = ctrKey, unchecked_return_type = "Promise<CryptoKey>")]
    #[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
    pub fn ctr_key(&self, subtle: SubtleCrypto) -> Result<Promise, EnvelopeError> {
        import(&subtle, self.inner.key(), Purpose::Count)
    }

    /// What to encrypt of the first or the last segment.
    #[must_use]
    pub fn plaintext(&self, is_last: bool) -> Vec<u8> {
        segment(is_last).plaintext().to_vec()
    }

    /// What to authenticate and to decrypt.
    #[must_use]
    pub fn ciphertext(&self, is_last: bool) -> Vec<u8> {
        segment(is_last).ciphertext().to_vec()
    }

    /// The segment's IV, the tag to decrypt it with, and its first counter block: 16 bytes each.
    ///
    /// # Errors
    /// None: the segments are sound.
    pub fn parameters(&self, is_last: bool) -> Result<Vec<u8>, EnvelopeError> {
        let segment = segment(is_last);
        let iv = self.inner.delegated_iv(segment)?;
        let tag = self.inner.delegated_tag(segment)?;
        Ok([&iv.as_bytes()[..], &tag, &self.inner.first_counter(segment)?].concat())
    }

    /// Takes a segment's answers: what was encrypted and the tag that came with it, the tag over the ciphertext, and what
    /// came of it by AES-CTR and by AES-GCM. `false` where one is wrong.
    pub fn take(
        &mut self,
        is_last: bool,
        ciphertext: &[u8],
        encryption_tag: &[u8],
        authentication_tag: &[u8],
        by_counter: &[u8],
        by_tag: &[u8],
    ) -> bool {
        let answer = SegmentAnswer { ciphertext, encryption_tag, authentication_tag, by_counter, by_tag };
        self.inner.take(segment(is_last), answer)
    }

    /// Whether both segments' answers were taken and are right together.
    #[wasm_bindgen(js_name = isMet)]
    #[must_use]
    pub fn is_met(&self) -> bool {
        self.inner.is_met()
    }
}

const fn segment(is_last: bool) -> KnownSegment {
    if is_last { KnownSegment::Last } else { KnownSegment::First }
}
