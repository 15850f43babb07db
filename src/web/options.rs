//! Option objects of JavaScript, strictly: a misspelt option must not be passed over in silence.

use js_sys::Object;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use crate::error::EnvelopeError;

/// Reads an object that has no properties but `known`.
pub(super) fn read<T: DeserializeOwned>(
    value: JsValue,
    known: &[&str],
    refused: EnvelopeError,
) -> Result<T, EnvelopeError> {
    let Some(object) = value.dyn_ref::<Object>() else { return Err(refused) };
    let is_known = |name: JsValue| name.as_string().is_some_and(|name| known.contains(&name.as_str()));
    if !Object::keys(object).iter().all(is_known) {
        return Err(refused);
    }
    serde_wasm_bindgen::from_value(value).map_err(|_| refused)
}
