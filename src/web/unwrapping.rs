//! Data keys that are unwrapped, for JavaScript: by 32 bytes that this module keeps, by a key that never leaves
//! `SubtleCrypto` (in two calls, with JavaScript waiting in between), or by somebody beside this module.

use alloc::vec::Vec;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::metadata::ContentMetadata;
use super::wrapping::{KeyToWrap, RawAesKeyring, aes_parameters, key_for_javascript, materials_description};
use crate::error::EnvelopeError;
use crate::keyring::{self, AES_WRAPPING_IV_LENGTH, Keyring};
use crate::object::check_data_key;

/// The data key of one object that is being read. Consumed by the session that uses it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DataKey {
    pub(super) inner: keyring::DataKey,
}

#[wasm_bindgen]
impl DataKey {
    /// The data key that somebody beside this module unwrapped: 32 bytes, which are copied, or nothing where that failed.
    ///
    /// # Errors
    /// `WRONG_KEY` where there are not exactly 32: then what was unwrapped is no data key.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: Option<Vec<u8>>) -> Result<Self, EnvelopeError> {
        let bytes = Zeroizing::new(bytes.ok_or(EnvelopeError::WrongKey)?);
        Ok(Self { inner: keyring::DataKey::from_bytes(&bytes)? })
    }

    /// The data key, by what came of `openByRsa`: nothing where the promise failed. Its errors say nothing that a caller
    /// could use.
    ///
    /// # Errors
    /// `WRONG_KEY`.
    #[wasm_bindgen(js_name = fromRsaMessage)]
    pub fn from_rsa_message(metadata: &ContentMetadata, opened: Option<Vec<u8>>) -> Result<Self, EnvelopeError> {
        let message = Zeroizing::new(opened.ok_or(EnvelopeError::WrongKey)?);
        Ok(Self { inner: keyring::rsa_data_key(&message, metadata.inner.suite())? })
    }

    /// The same key once more: one to be proven, one to be used.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { inner: self.inner.clone() }
    }

    /// Whether both are the same key.
    #[wasm_bindgen(js_name = isSame)]
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.inner.is_same(&other.inner)
    }

    /// The 32 bytes, for the module that reads content in CBC mode. The data key is consumed.
    #[wasm_bindgen(js_name = intoBytes)]
    #[must_use]
    pub fn into_bytes(self) -> Uint8Array {
        key_for_javascript(self.inner.as_bytes())
    }
}

#[wasm_bindgen]
impl KeyToWrap {
    /// That of an object, unwrapped, to be wrapped anew. The data key is consumed.
    ///
    /// # Errors
    /// `WRONG_KEY` where the object commits to another.
    #[wasm_bindgen(js_name = ofObject)]
    pub fn of_object(metadata: &ContentMetadata, data_key: DataKey) -> Result<Self, EnvelopeError> {
        check_data_key(&metadata.inner, &data_key.inner)?;
        Ok(Self { suite: metadata.inner.suite(), data_key: data_key.inner })
    }
}

#[wasm_bindgen(js_class = RawAesKeyring)]
impl RawAesKeyring {
    /// The data key of an object.
    ///
    /// # Errors
    /// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`.
    #[wasm_bindgen(js_name = unwrapDataKey)]
    pub fn unwrap_data_key(&self, metadata: &ContentMetadata) -> Result<DataKey, EnvelopeError> {
        let metadata = &metadata.inner;
        Ok(DataKey { inner: self.inner.unwrap(&metadata.wrapped, metadata.suite())? })
    }
}

/// Has an AES-GCM key unwrap an object's data key: `SubtleCrypto`'s promise.
///
/// # Errors
/// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`, and `INVALID_OPTION` for a description that is no map
/// of strings.
#[wasm_bindgen(js_name = openByAes, unchecked_return_type = "Promise<ArrayBuffer>")]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn open_by_aes(
    subtle: SubtleCrypto,
    wrapping: CryptoKey,
    metadata: &ContentMetadata,
    description: &JsValue,
) -> Result<Promise, EnvelopeError> {
    let wrapped = &metadata.inner.wrapped;
    keyring::AesKeyring::check_applies(&materials_description(description)?, wrapped)?;
    let (iv, sealed) =
        wrapped.ciphertext.split_first_chunk::<AES_WRAPPING_IV_LENGTH>().ok_or(EnvelopeError::WrongKey)?;
    let parameters = aes_parameters(iv, metadata.inner.suite());
    let opening = subtle.decrypt_with_object_and_u8_array(&parameters, &wrapping, sealed);
    opening.map_err(|_| EnvelopeError::WrongKey)
}

/// Has a private key of RSA-OAEP with SHA-1 unwrap an object's data key: `SubtleCrypto`'s promise.
///
/// # Errors
/// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`, and `INVALID_OPTION` for a description that is no map
/// of strings.
#[wasm_bindgen(js_name = openByRsa, unchecked_return_type = "Promise<ArrayBuffer>")]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn open_by_rsa(
    subtle: SubtleCrypto,
    wrapping: CryptoKey,
    metadata: &ContentMetadata,
    description: &JsValue,
) -> Result<Promise, EnvelopeError> {
    let wrapped = &metadata.inner.wrapped;
    keyring::check_rsa_applies(&materials_description(description)?, wrapped)?;
    let opening = subtle.decrypt_with_str_and_u8_array("RSA-OAEP", &wrapping, &wrapped.ciphertext);
    opening.map_err(|_| EnvelopeError::WrongKey)
}

/// Checks that KMS may be asked to unwrap an object's data key under the caller's context.
///
/// # Errors
/// `KEYRING_MISMATCH`, `RESERVED_CONTEXT_NAME`, `ENCRYPTION_CONTEXT_MISMATCH`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = checkKms)]
pub fn check_kms(metadata: &ContentMetadata, context: &JsValue) -> Result<(), EnvelopeError> {
    let metadata = &metadata.inner;
    keyring::check_kms_applies(&materials_description(context)?, &metadata.wrapped, metadata.suite())
}

/// Checks an object's materials description, for whoever unwraps beside this module.
///
/// # Errors
/// `MATERIALS_DESCRIPTION_MISMATCH`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = checkDescription)]
pub fn check_description(metadata: &ContentMetadata, description: &JsValue) -> Result<(), EnvelopeError> {
    keyring::check_description(&materials_description(description)?, &metadata.inner.wrapped)
}
