//! The bindings to JavaScript.

use js_sys::Error;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::{Cost, PassphraseError};

/// The package's class of errors.
#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = EnvelopeError, extends = Error)]
    type ErrorObject;

    #[wasm_bindgen(constructor, js_class = EnvelopeError)]
    fn new(code: &str, message: &str) -> ErrorObject;
}

impl From<PassphraseError> for JsValue {
    fn from(error: PassphraseError) -> Self {
        ErrorObject::new(error.code(), &error.to_string()).into()
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
