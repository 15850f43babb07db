//! Ranges of a download for JavaScript, which fetches them.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::number::whole;
use crate::error::EnvelopeError;
use crate::transfer::{self, ByteRange, DEFAULT_RANGE_LENGTH};

/// The ranges of one object. The first is asked for before anything is known of the object.
#[wasm_bindgen(js_name = RangePlan)]
#[derive(Debug)]
pub struct RangePlan {
    first: ByteRange,
    inner: Option<transfer::RangePlan>,
}

#[wasm_bindgen(js_class = RangePlan)]
impl RangePlan {
    /// Ranges of this length in bytes, or of the default.
    ///
    /// # Errors
    /// `INVALID_OPTION`, `INVALID_TRANSFER_PLAN`.
    #[wasm_bindgen(constructor)]
    pub fn new(range_length: Option<f64>) -> Result<Self, EnvelopeError> {
        let range_length = range_length.map_or(Ok(DEFAULT_RANGE_LENGTH), |length| whole("partSize", length))?;
        Ok(Self { first: ByteRange::first(range_length)?, inner: None })
    }

    /// Takes the `Content-Range` that answered the first range, and gives the object's length in bytes.
    ///
    /// # Errors
    /// `UNEXPECTED_STORAGE_ANSWER`.
    #[expect(clippy::cast_precision_loss, reason = "S3's longest object is far below 2^53 bytes")]
    pub fn begin(&mut self, content_range: &str) -> Result<f64, EnvelopeError> {
        let plan = transfer::RangePlan::new(self.first.end, content_range)?;
        self.inner = Some(plan);
        Ok(plan.total() as f64)
    }

    /// The header `Range` of a range, numbered from 0; nothing beyond the object's end.
    #[must_use]
    pub fn header(&self, number: u32) -> Option<String> {
        let range = self.inner.map_or(Some(self.first), |plan| plan.range(number.into()));
        range.map(|range| range.header())
    }

    /// Checks the `Content-Range` of the answer to a range.
    ///
    /// # Errors
    /// `UNEXPECTED_STORAGE_ANSWER`.
    pub fn check(&self, number: u32, content_range: &str) -> Result<(), EnvelopeError> {
        match &self.inner {
            Some(plan) => plan.check(number.into(), content_range),
            None => Err(EnvelopeError::Internal { what: "ranges are checked after the first" }),
        }
    }
}
