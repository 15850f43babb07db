//! The bindings to JavaScript.

use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{Cost, PassphraseError};

#[path = "../../src/web/error_object.rs"]
mod error_object;

impl From<PassphraseError> for JsValue {
    fn from(error: PassphraseError) -> Self {
        error_object::error_object(error.code(), &error.to_string())
    }
}

/// The 32-byte key of a passphrase, by Argon2id.
///
/// # Errors
/// `PASSPHRASE_PARAMETERS_INVALID`.
#[wasm_bindgen(js_name = derivePassphraseKey)]
pub fn derive(
    passphrase: Vec<u8>,
    salt: &[u8],
    memory_kib: u32,
    iterations: u32,
    parallelism: u32,
) -> Result<Vec<u8>, PassphraseError> {
    let passphrase = Zeroizing::new(passphrase);
    let key = crate::derive(&passphrase, salt, Cost { memory_kib, iterations, parallelism })?;
    Ok(key.to_vec())
}
