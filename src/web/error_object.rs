//! The package's class of errors, as Rust makes objects of it.
//!
//! The crates that are loaded on demand stand alone, and have this file among their own modules.

use wasm_bindgen::prelude::*;

// A module beside the generated one, so that there is no state to set up.
#[wasm_bindgen(raw_module = "../errors.js")]
extern "C" {
    #[wasm_bindgen(js_name = EnvelopeError)]
    type ErrorObject;

    #[wasm_bindgen(constructor, js_class = EnvelopeError)]
    fn new(code: &str, message: &str) -> ErrorObject;
}

/// An error with a stable `code`, and a message for people.
pub(crate) fn error_object(code: &str, message: &str) -> JsValue {
    ErrorObject::new(code, message).into()
}
