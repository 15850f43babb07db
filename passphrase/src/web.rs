//! The bindings to JavaScript.

use js_sys::Uint8Array;
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
) -> Result<Uint8Array, PassphraseError> {
    let passphrase = Zeroizing::new(passphrase);
    let key = crate::derive(&passphrase, salt, Cost { memory_kib, iterations, parallelism })?;
    // Straight into JavaScript's memory: a `Vec` would be freed in this module's, with the key in it.
    Ok(Uint8Array::from(&key[..]))
}
