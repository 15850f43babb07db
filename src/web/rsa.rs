//! The RSA keyring for JavaScript: RSA-OAEP-SHA1 by `SubtleCrypto`. This module never sees an RSA key.

use alloc::vec::Vec;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::keyring::{DataKey, EncryptionMaterials, KeyToWrap, materials_description};
use super::metadata::ContentMetadata;
use crate::error::EnvelopeError;
use crate::keyring::{self, WrappedDataKey, WrappingAlgorithm};

const RSA_OAEP: &str = "RSA-OAEP";

/// A data key in the clear and wrapped, under a public key of RSA-OAEP with SHA-1. The key to wrap is consumed.
///
/// # Errors
/// `INVALID_OPTION` for a description that is no map of strings, or a key that cannot encrypt.
#[wasm_bindgen(js_name = rsaWrap)]
pub async fn rsa_wrap(
    subtle: SubtleCrypto,
    public_key: CryptoKey,
    key: KeyToWrap,
    description: JsValue,
) -> Result<EncryptionMaterials, EnvelopeError> {
    let description = materials_description(&description)?;
    let message = Uint8Array::from(&keyring::rsa_message(&key.data_key, key.suite)[..]);
    let sealing = subtle.encrypt_with_str_and_js_u8_array(RSA_OAEP, &public_key, &message);
    // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
    message.fill(0, 0, message.length());
    let expected = "an RSA-OAEP public key with SHA-1, of 1024 bits or more";
    let sealed = finish(sealing).await.ok_or(EnvelopeError::InvalidOption { option: "publicKey", expected })?;
    let algorithm = WrappingAlgorithm::RsaOaepSha1;
    Ok(key.wrapped_as(WrappedDataKey { algorithm, ciphertext: sealed.to_vec(), description }))
}

/// The data key of an object, unwrapped under a private key of RSA-OAEP with SHA-1.
///
/// # Errors
/// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`.
#[wasm_bindgen(js_name = rsaUnwrapDataKey)]
pub async fn rsa_unwrap_data_key(
    subtle: SubtleCrypto,
    private_key: CryptoKey,
    metadata: &ContentMetadata,
    description: JsValue,
) -> Result<DataKey, EnvelopeError> {
    let (wrapped, suite) = (metadata.inner.wrapped.clone(), metadata.inner.suite());
    keyring::check_rsa_applies(&materials_description(&description)?, &wrapped)?;
    let opening = subtle.decrypt_with_str_and_u8_array(RSA_OAEP, &private_key, &wrapped.ciphertext);
    let opened = finish(opening).await.ok_or(EnvelopeError::WrongKey)?;
    let message: Zeroizing<Vec<u8>> = Zeroizing::new(opened.to_vec());
    opened.fill(0, 0, opened.length());
    Ok(DataKey { inner: keyring::rsa_data_key(&message, suite)? })
}

/// Checks an object's materials description, for whoever unwraps beside this module.
///
/// # Errors
/// `MATERIALS_DESCRIPTION_MISMATCH`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = checkDescription)]
pub fn check_description(metadata: &ContentMetadata, description: &JsValue) -> Result<(), EnvelopeError> {
    keyring::check_description(&materials_description(description)?, &metadata.inner.wrapped)
}

/// What a `SubtleCrypto` call yields, or nothing where it failed: its errors say nothing that a caller could use.
async fn finish(call: Result<js_sys::Promise, JsValue>) -> Option<Uint8Array> {
    Some(Uint8Array::new(&JsFuture::from(call.ok()?).await.ok()?))
}
