//! Data keys that are wrapped, for JavaScript: by 32 bytes that this module keeps, or by a key that never leaves
//! `SubtleCrypto` (of AES-GCM, or of RSA-OAEP with SHA-1). The latter takes two calls, with JavaScript waiting for
//! `SubtleCrypto` in between.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::object::policy_of;
use super::options;
use crate::error::EnvelopeError;
use crate::keyring::{
    self, AES_WRAPPING_IV_LENGTH, DataKey, Keyring, MaterialsDescription, WrappedDataKey, WrappingAlgorithm,
};
use crate::suite::AlgorithmSuite;

/// A fresh data key for one object, in the clear and wrapped. Consumed by the session that uses it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct EncryptionMaterials {
    pub(super) inner: keyring::EncryptionMaterials,
}

/// A data key that a keyring is to wrap. Consumed by the keyring that wraps it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct KeyToWrap {
    pub(super) suite: AlgorithmSuite,
    pub(super) data_key: DataKey,
}

#[wasm_bindgen]
impl KeyToWrap {
    /// A fresh one, for a new object under the commitment policy of that name.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an unknown policy, `RANDOMNESS_UNAVAILABLE`.
    #[cfg(feature = "writing")]
    pub fn fresh(policy: Option<String>) -> Result<Self, EnvelopeError> {
        Ok(Self { suite: policy_of(policy)?.suite(), data_key: DataKey::generate()? })
    }

    fn wrapped_as(self, wrapped: WrappedDataKey) -> EncryptionMaterials {
        let Self { suite, data_key } = self;
        EncryptionMaterials { inner: keyring::EncryptionMaterials { suite, data_key, wrapped } }
    }
}

/// 32 fresh bytes to wrap data keys under: a secret of the user's, to be overwritten after use.
///
/// # Errors
/// `RANDOMNESS_UNAVAILABLE`.
#[cfg(feature = "writing")]
#[wasm_bindgen(js_name = generateWrappingKey)]
pub fn generate_wrapping_key() -> Result<Uint8Array, EnvelopeError> {
    Ok(key_for_javascript(keyring::AesKeyring::generate()?.wrapping_key()))
}

/// Wraps data keys under 32 raw key bytes, which live in this module's memory until `free()`.
#[wasm_bindgen(js_name = RawAesKeyring)]
#[derive(Debug)]
pub struct RawAesKeyring {
    pub(super) inner: keyring::AesKeyring,
}

#[wasm_bindgen(js_class = RawAesKeyring)]
impl RawAesKeyring {
    /// A keyring over 32 bytes, which are copied. The copy that comes here is wiped.
    ///
    /// # Errors
    /// `INVALID_KEY_LENGTH`, and `INVALID_OPTION` for a description that is no map of strings.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(key: Vec<u8>, description: &JsValue) -> Result<Self, EnvelopeError> {
        let inner = keyring::AesKeyring::from_bytes(&Zeroizing::new(key))?;
        Ok(Self { inner: inner.with_description(materials_description(description)?) })
    }

    /// A copy of the wrapping key, for the user to keep.
    #[wasm_bindgen(js_name = exportKey)]
    #[must_use]
    pub fn export_key(&self) -> Uint8Array {
        key_for_javascript(self.inner.wrapping_key())
    }

    /// A data key in the clear and wrapped.
    ///
    /// # Errors
    /// `RANDOMNESS_UNAVAILABLE`.
    pub fn wrap(&self, key: KeyToWrap) -> Result<EncryptionMaterials, EnvelopeError> {
        let wrapped = self.inner.wrap(&key.data_key, key.suite)?;
        Ok(key.wrapped_as(wrapped))
    }
}

/// A wrapping by `SubtleCrypto` under way. Consumed when its promise is kept.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Sealing {
    algorithm: WrappingAlgorithm,
    /// What goes before what `SubtleCrypto` gives.
    iv: Vec<u8>,
    promise: Promise,
}

#[wasm_bindgen]
impl Sealing {
    /// The promise of the wrapped data key.
    #[wasm_bindgen(getter, unchecked_return_type = "Promise<ArrayBuffer>")]
    pub fn promise(&self) -> Promise {
        self.promise.clone()
    }

    /// A data key in the clear and wrapped, by what came of it: nothing where the promise failed. The key to wrap is
    /// consumed.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an RSA key that cannot encrypt or a description that is no map of strings, `INTERNAL` where
    /// `SubtleCrypto` refused another.
    pub fn wrapped(
        self,
        key: KeyToWrap,
        sealed: Option<Vec<u8>>,
        description: &JsValue,
    ) -> Result<EncryptionMaterials, EnvelopeError> {
        let Self { algorithm, iv: mut ciphertext, .. } = self;
        ciphertext.extend(sealed.ok_or_else(|| refusal_of(algorithm))?);
        // SubtleCrypto takes RSA keys that are shorter than any reader does.
        if !algorithm.wrapped_lengths().contains(&ciphertext.len()) {
            return Err(refusal_of(algorithm));
        }
        let description = materials_description(description)?;
        Ok(key.wrapped_as(WrappedDataKey { algorithm, ciphertext, description }))
    }
}

/// Has an AES-GCM key wrap a data key under a fresh IV.
///
/// # Errors
/// `RANDOMNESS_UNAVAILABLE`, and `INTERNAL` where `SubtleCrypto` does not take the key.
#[wasm_bindgen(js_name = sealByAes)]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn seal_by_aes(subtle: SubtleCrypto, wrapping: CryptoKey, key: &KeyToWrap) -> Result<Sealing, EnvelopeError> {
    let mut iv = [0; AES_WRAPPING_IV_LENGTH];
    getrandom::fill(&mut iv).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
    let parameters = aes_parameters(&iv, key.suite);
    let seal = |plain: &Uint8Array| subtle.encrypt_with_object_and_js_u8_array(&parameters, &wrapping, plain);
    sealing(WrappingAlgorithm::AesGcm, iv.to_vec(), key.data_key.as_bytes(), seal)
}

/// Has a public key of RSA-OAEP with SHA-1 wrap a data key.
///
/// # Errors
/// `INVALID_OPTION` for a key that cannot encrypt.
#[wasm_bindgen(js_name = sealByRsa)]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn seal_by_rsa(subtle: SubtleCrypto, wrapping: CryptoKey, key: &KeyToWrap) -> Result<Sealing, EnvelopeError> {
    let message = keyring::rsa_message(&key.data_key, key.suite);
    let seal = |plain: &Uint8Array| subtle.encrypt_with_str_and_js_u8_array("RSA-OAEP", &wrapping, plain);
    sealing(WrappingAlgorithm::RsaOaepSha1, Vec::new(), &message, seal)
}

fn sealing(
    algorithm: WrappingAlgorithm,
    iv: Vec<u8>,
    message: &[u8],
    seal: impl FnOnce(&Uint8Array) -> Result<Promise, JsValue>,
) -> Result<Sealing, EnvelopeError> {
    let plain = Uint8Array::from(message);
    let promise = seal(&plain);
    // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
    plain.fill(0, 0, plain.length());
    Ok(Sealing { algorithm, iv, promise: promise.map_err(|_| refusal_of(algorithm))? })
}

const fn refusal_of(algorithm: WrappingAlgorithm) -> EnvelopeError {
    match algorithm {
        WrappingAlgorithm::RsaOaepSha1 => EnvelopeError::InvalidOption {
            option: "publicKey",
            expected: "an RSA-OAEP public key with SHA-1, of 1024 bits or more",
        },
        _ => EnvelopeError::Internal { what: "SubtleCrypto refused to wrap" },
    }
}

/// The parameters of AES-GCM under which a data key is wrapped and unwrapped.
pub(super) fn aes_parameters(iv: &[u8; AES_WRAPPING_IV_LENGTH], suite: AlgorithmSuite) -> AesGcmParams {
    let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(&iv[..]));
    parameters.set_additional_data_u8_array(&Uint8Array::from(suite.wrapping_label().as_bytes()));
    parameters
}

/// A key in JavaScript's memory. A `Vec` would be freed in this module's, with the key in it.
pub(super) fn key_for_javascript(key: &[u8; keyring::KEY_LENGTH]) -> Uint8Array {
    Uint8Array::from(&key[..])
}

/// A materials description from `undefined` or an object of strings.
pub(super) fn materials_description(value: &JsValue) -> Result<MaterialsDescription, EnvelopeError> {
    if value.is_undefined() {
        return Ok(MaterialsDescription::new());
    }
    let pairs = options::pairs(value).map_err(|_| EnvelopeError::InvalidOption {
        option: "materialsDescription",
        expected: "an object whose values are strings",
    })?;
    let mut description = MaterialsDescription::new();
    description.extend(pairs);
    Ok(description)
}
