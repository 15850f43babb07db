//! Errors on their way to JavaScript: real `Error` objects with a stable `code`.

use wasm_bindgen::prelude::*;

use crate::error::EnvelopeError;
#[cfg(feature = "freestanding")]
use crate::web::error_object::error_object;

impl From<EnvelopeError> for JsValue {
    fn from(error: EnvelopeError) -> Self {
        error_object(error.code(), &error.message())
    }
}

/// Where there is no package around the bindings, as in their own tests: a plain `Error` with a `code`.
#[cfg(not(feature = "freestanding"))]
fn error_object(code: &str, message: &str) -> JsValue {
    let plain = js_sys::Error::new(message);
    // Setting a property of a fresh, ordinary object cannot fail.
    let _ = js_sys::Reflect::set(&plain, &"code".into(), &code.into());
    plain.into()
}
