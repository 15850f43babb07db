//! Objects and lists of JavaScript, strictly: a misspelt option must not be passed over in silence.
//!
//! They are read property by property. Going through `serde` instead would bring its messages about every type that
//! JavaScript has, floating point included, and the standard library: 20 KB of the WASM file, gzipped.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Array, Object, Reflect, Symbol};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;

use super::number::whole;
use crate::error::EnvelopeError;

/// Something is not of the type that it must be, or has a name that is not known.
#[derive(Debug)]
pub(super) struct Malformed;

/// An object of which single properties are read.
#[derive(Debug)]
pub(super) struct Properties<'v>(&'v JsValue);

impl<'v> Properties<'v> {
    /// An object with any properties.
    pub(super) fn of(value: &'v JsValue) -> Result<Self, Malformed> {
        if value.is_object() { Ok(Self(value)) } else { Err(Malformed) }
    }

    /// An object that has no properties but `known`.
    pub(super) fn only(value: &'v JsValue, known: &[&str]) -> Result<Self, Malformed> {
        let object = Self::of(value)?;
        let is_known = |name: JsValue| name.as_string().is_some_and(|name| known.contains(&name.as_str()));
        if Object::keys(value.unchecked_ref::<Object>()).iter().all(is_known) { Ok(object) } else { Err(Malformed) }
    }

    /// Any property; nothing where it is missing, `undefined` or `null`.
    pub(super) fn value(&self, name: &str) -> Result<Option<JsValue>, Malformed> {
        let value = Reflect::get(self.0, &name.into()).map_err(|_| Malformed)?;
        Ok(if value.is_undefined() || value.is_null() { None } else { Some(value) })
    }

    /// A text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, Malformed> {
        self.read(name, |value| value.as_string())
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, name: &str) -> Result<String, Malformed> {
        self.text(name)?.ok_or(Malformed)
    }

    /// A number.
    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Malformed> {
        self.read(name, |value| value.as_f64())
    }

    /// A whole number of 32 bits.
    pub(super) fn count(&self, name: &str) -> Result<Option<u32>, Malformed> {
        self.read(name, |value| u32::try_from(whole("", value.as_f64()?).ok()?).ok())
    }

    /// `true` or `false`.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Malformed> {
        self.read(name, |value| value.as_bool())
    }

    /// Names and texts.
    pub(super) fn pairs<Text: From<String>>(&self, name: &str) -> Result<Option<Vec<(String, Text)>>, Malformed> {
        self.read(name, |value| pairs(&value).ok())
    }

    fn read<T>(&self, name: &str, convert: impl FnOnce(JsValue) -> Option<T>) -> Result<Option<T>, Malformed> {
        self.value(name)?.map(|value| convert(value).ok_or(Malformed)).transpose()
    }
}

/// Names and texts: an object of texts, or anything that gives pairs of them, such as an array or a `Map`. Where a text may be
/// a secret, `Text` is one that is wiped: also where what follows it is malformed.
pub(super) fn pairs<Text: From<String>>(value: &JsValue) -> Result<Vec<(String, Text)>, Malformed> {
    Properties::of(value)?;
    let is_iterable = Reflect::has(value, &Symbol::iterator()).map_err(|_| Malformed)?;
    let entries = if is_iterable { Array::from(value) } else { Object::entries(value.unchecked_ref::<Object>()) };
    entries.iter().map(|entry| pair(&entry).ok_or(Malformed)).collect()
}

fn pair<Text: From<String>>(entry: &JsValue) -> Option<(String, Text)> {
    let entry: &Array = if Array::is_array(entry) { entry.unchecked_ref() } else { return None };
    if entry.length() == 2 { Some((entry.get(0).as_string()?, entry.get(1).as_string()?.into())) } else { None }
}

/// Metadata as pairs of name and value.
pub(super) fn metadata_pairs(pairs: &JsValue) -> Result<Vec<(String, String)>, EnvelopeError> {
    let expected = "headers or an object whose values are strings";
    self::pairs(pairs).map_err(|_| EnvelopeError::InvalidOption { option: "metadata", expected })
}

/// Names and values as a JavaScript object.
pub(super) fn pairs_object<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Object {
    let object = Object::new();
    for (name, value) in pairs {
        // Setting a property of a fresh, ordinary object cannot fail.
        let _ = Reflect::set(&object, &name.into(), &value.into());
    }
    object
}
