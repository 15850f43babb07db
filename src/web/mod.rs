//! The bindings to JavaScript: the only module that knows it. Wrappers of a few lines each; every decision is taken in
//! the modules they wrap. The TypeScript layer in `js/` gives these classes their public shape.

pub mod error;
pub mod keyring;
pub mod kms;
pub mod metadata;
mod number;
pub mod object;
mod options;
pub mod presign;
pub mod range;
pub mod rsa;
pub mod sse;
pub mod subtle;
pub mod transfer;

use alloc::borrow::ToOwned;
use alloc::string::String;

use wasm_bindgen::prelude::wasm_bindgen;

/// The version of this crate, to tell in bug reports which engine is running.
#[wasm_bindgen(js_name = engineVersion)]
#[must_use]
pub fn engine_version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
