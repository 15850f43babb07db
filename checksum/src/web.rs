//! The bindings to JavaScript.

use wasm_bindgen::prelude::*;

use crate::{ChecksumError, Piece};

#[path = "../../src/web/error_object.rs"]
mod error_object;

impl From<ChecksumError> for JsValue {
    fn from(error: ChecksumError) -> Self {
        error_object::error_object(error.code(), &error.to_string())
    }
}

/// A checksum of bytes that come in pieces.
#[wasm_bindgen(js_name = Checksum)]
#[derive(Debug)]
pub struct Checksum {
    inner: crate::Checksum,
}

#[wasm_bindgen(js_class = Checksum)]
impl Checksum {
    /// One of no bytes yet, by `crc64nvme`, `crc32c` or `sha256`.
    ///
    /// # Errors
    /// `INVALID_OPTION`.
    #[wasm_bindgen(constructor)]
    pub fn new(algorithm: &str) -> Result<Self, ChecksumError> {
        Ok(Self { inner: crate::Checksum::new(algorithm)? })
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    /// The checksum in base64. It is consumed.
    #[must_use]
    pub fn finish(self) -> String {
        self.inner.finish()
    }
}

/// The CRC of pieces one after the other, in base64, from the CRCs of each and their lengths in bytes, in order.
///
/// # Errors
/// `INVALID_OPTION`, `INTERNAL`.
#[wasm_bindgen(js_name = combineChecksums)]
#[expect(clippy::needless_pass_by_value, reason = "lists come from JavaScript by value")]
pub fn combine(algorithm: &str, checksums: Vec<String>, lengths: Vec<f64>) -> Result<String, ChecksumError> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "lengths of Blobs: whole numbers, far below 2^53"
    )]
    let pieces = checksums
        .iter()
        .zip(lengths)
        .map(|(checksum, length)| Piece { checksum: checksum.clone(), length: length as u64 });
    crate::combine(algorithm, &pieces.collect::<Vec<_>>())
}
