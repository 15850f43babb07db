//! The bindings to JavaScript: the only module that knows it. Wrappers of a few lines each; every decision is taken in
//! the modules they wrap. The TypeScript layer in `js/` gives these classes their public shape.
//!
//! Two halves become WASM files of their own, by the features `encryption` and `requests`: who only encrypts does not
//! download what signs.

// Either half leaves something of the shared modules unused.
#![cfg_attr(not(all(feature = "encryption", feature = "requests")), allow(dead_code, unused_imports))]

pub mod error;
#[cfg(feature = "freestanding")]
mod error_object;
#[cfg(feature = "encryption")]
pub mod keyring;
#[cfg(feature = "encryption")]
pub mod kms;
#[cfg(feature = "encryption")]
pub mod metadata;
mod number;
#[cfg(feature = "encryption")]
pub mod object;
mod options;
#[cfg(feature = "requests")]
pub mod presign;
#[cfg(feature = "encryption")]
pub mod range;
#[cfg(feature = "encryption")]
pub mod rsa;
#[cfg(feature = "requests")]
pub mod sse;
#[cfg(feature = "encryption")]
pub mod subtle;
#[cfg(feature = "encryption")]
pub mod transfer;

use alloc::borrow::ToOwned;
use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this crate, to tell in bug reports which engine is running.
#[cfg(feature = "encryption")]
#[wasm_bindgen(js_name = engineVersion)]
#[must_use]
pub fn engine_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
