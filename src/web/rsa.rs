//! The RSA keyring for JavaScript: RSA-OAEP-SHA1 by `SubtleCrypto`, in two calls with JavaScript waiting in between. This
//! module never sees an RSA key.

use alloc::vec::Vec;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use web_sys::{CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::keyring::{DataKey, EncryptionMaterials, KeyToWrap, materials_description};
use super::metadata::ContentMetadata;
use crate::error::EnvelopeError;
use crate::keyring::{self, WrappedDataKey, WrappingAlgorithm};

const RSA_OAEP: &str = "RSA-OAEP";
const UNFIT_PUBLIC_KEY: EnvelopeError = EnvelopeError::InvalidOption {
    option: "publicKey",
    expected: "an RSA-OAEP public key with SHA-1, of 1024 bits or more",
};

/// Has a public key of RSA-OAEP with SHA-1 wrap a data key: `SubtleCrypto`'s promise.
///
/// # Errors
/// `INVALID_OPTION` for a key that cannot encrypt.
#[wasm_bindgen(js_name = rsaSeal, unchecked_return_type = "Promise<ArrayBuffer>")]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn rsa_seal(subtle: SubtleCrypto, public_key: CryptoKey, key: &KeyToWrap) -> Result<Promise, EnvelopeError> {
    let message = Uint8Array::from(&keyring::rsa_message(&key.data_key, key.suite)[..]);
    let sealing = subtle.encrypt_with_str_and_js_u8_array(RSA_OAEP, &public_key, &message);
    // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
    message.fill(0, 0, message.length());
    sealing.map_err(|_| UNFIT_PUBLIC_KEY)
}

/// A data key in the clear and wrapped, by what came of `rsaSeal`: nothing where the promise failed. The key to wrap is
/// consumed.
///
/// # Errors
/// `INVALID_OPTION` for a description that is no map of strings, or a key that cannot encrypt.
#[wasm_bindgen(js_name = rsaWrapped)]
pub fn rsa_wrapped(
    key: KeyToWrap,
    sealed: Option<Vec<u8>>,
    description: &JsValue,
) -> Result<EncryptionMaterials, EnvelopeError> {
    let description = materials_description(description)?;
    let ciphertext = sealed.ok_or(UNFIT_PUBLIC_KEY)?;
    Ok(key.wrapped_as(WrappedDataKey { algorithm: WrappingAlgorithm::RsaOaepSha1, ciphertext, description }))
}

/// Has a private key of RSA-OAEP with SHA-1 unwrap an object's data key: `SubtleCrypto`'s promise.
///
/// # Errors
/// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`.
#[wasm_bindgen(js_name = rsaOpen, unchecked_return_type = "Promise<ArrayBuffer>")]
#[expect(clippy::needless_pass_by_value, reason = "JavaScript's values are handles")]
pub fn rsa_open(
    subtle: SubtleCrypto,
    private_key: CryptoKey,
    metadata: &ContentMetadata,
    description: &JsValue,
) -> Result<Promise, EnvelopeError> {
    let wrapped = &metadata.inner.wrapped;
    keyring::check_rsa_applies(&materials_description(description)?, wrapped)?;
    let opening = subtle.decrypt_with_str_and_u8_array(RSA_OAEP, &private_key, &wrapped.ciphertext);
    opening.map_err(|_| EnvelopeError::WrongKey)
}

/// The data key, by what came of `rsaOpen`: nothing where the promise failed. Its errors say nothing that a caller could
/// use.
///
/// # Errors
/// `WRONG_KEY`.
#[wasm_bindgen(js_name = rsaDataKey)]
pub fn rsa_data_key(metadata: &ContentMetadata, opened: Option<Vec<u8>>) -> Result<DataKey, EnvelopeError> {
    let message = Zeroizing::new(opened.ok_or(EnvelopeError::WrongKey)?);
    Ok(DataKey { inner: keyring::rsa_data_key(&message, metadata.inner.suite())? })
}

/// Checks an object's materials description, for whoever unwraps beside this module.
///
/// # Errors
/// `MATERIALS_DESCRIPTION_MISMATCH`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = checkDescription)]
pub fn check_description(metadata: &ContentMetadata, description: &JsValue) -> Result<(), EnvelopeError> {
    keyring::check_description(&materials_description(description)?, &metadata.inner.wrapped)
}
