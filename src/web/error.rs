//! Errors on their way to JavaScript: real `Error` objects with a stable `code`.

use std::cell::RefCell;

use js_sys::{Array, Error, Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::error::EnvelopeError;

thread_local! {
    static ERROR_CLASS: RefCell<Option<Function>> = const { RefCell::new(None) };
}

/// Hands in the class that errors are made of, called as `new Class(code, message)`. Without one they are plain
/// `Error`s with a `code`.
#[wasm_bindgen(js_name = setErrorClass)]
pub fn set_error_class(class: Function) {
    ERROR_CLASS.with_borrow_mut(|slot| *slot = Some(class));
}

impl From<EnvelopeError> for JsValue {
    fn from(error: EnvelopeError) -> Self {
        let (code, message) = (JsValue::from(error.code()), JsValue::from(error.to_string()));
        let class = ERROR_CLASS.with_borrow(Clone::clone);
        if let Some(made) = class.and_then(|class| Reflect::construct(&class, &Array::of2(&code, &message)).ok()) {
            return made;
        }
        let plain = Error::new(&error.to_string());
        // Setting a property of a fresh, ordinary object cannot fail.
        let _ = Reflect::set(&plain, &JsValue::from("code"), &code);
        plain.into()
    }
}
