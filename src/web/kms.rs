//! Data keys that KMS wraps, for JavaScript, which asks KMS itself.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::Object;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::object::policy_of;
use super::options::pairs_object;
use super::wrapping::{EncryptionMaterials, materials_description};
use crate::error::EnvelopeError;
use crate::keyring::{self, DataKey, WrappedDataKey, WrappingAlgorithm};

/// The whole encryption context for a new object under the commitment policy of that name.
///
/// # Errors
/// `RESERVED_CONTEXT_NAME`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = kmsContext)]
pub fn kms_context(policy: Option<String>, context: &JsValue) -> Result<Object, EnvelopeError> {
    let whole = keyring::kms_context(&materials_description(context)?, policy_of(policy)?.suite())?;
    Ok(pairs_object(whole.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
}

/// The data key that KMS generated under that context, in the clear and wrapped.
///
/// # Errors
/// Those of `kmsContext`, and `UNEXPECTED_STORAGE_ANSWER` where what came is no data key.
#[wasm_bindgen(js_name = kmsEncryptionMaterials)]
pub fn kms_encryption_materials(
    policy: Option<String>,
    context: &JsValue,
    plaintext: Vec<u8>,
    ciphertext: Vec<u8>,
) -> Result<EncryptionMaterials, EnvelopeError> {
    let plaintext = Zeroizing::new(plaintext);
    let suite = policy_of(policy)?.suite();
    let description = keyring::kms_context(&materials_description(context)?, suite)?;
    let algorithm = WrappingAlgorithm::KmsContext;
    if !algorithm.wrapped_lengths().contains(&ciphertext.len()) || plaintext.len() != keyring::KEY_LENGTH {
        let reason = "KMS did not give a data key of 32 bytes with its ciphertext";
        return Err(EnvelopeError::UnexpectedStorageAnswer { reason });
    }
    let data_key = DataKey::from_bytes(&plaintext)?;
    let wrapped = WrappedDataKey { algorithm, ciphertext, description };
    Ok(EncryptionMaterials { inner: keyring::EncryptionMaterials { suite, data_key, wrapped } })
}
