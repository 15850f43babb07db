//! Decisions of uploads for JavaScript, which does the I/O.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::number::whole;
use super::options::{Malformed, Properties, pairs_object};
use crate::error::EnvelopeError;
use crate::gcm::check_message_length;
use crate::object::LONGEST_SEGMENT_LENGTH;
use crate::transfer::{self, ChecksumAlgorithm, CompletedPart, Part, PlanOptions, TransferPlan};

/// How an object is uploaded: as one PUT, or in parts.
#[wasm_bindgen(js_name = UploadPlan)]
#[derive(Debug)]
pub struct UploadPlan {
    inner: TransferPlan,
    trailer: u64,
}

/// One part, or the whole object where it goes as one PUT.
#[wasm_bindgen(js_name = PlannedPart)]
#[derive(Debug, Clone, Copy)]
pub struct PlannedPart {
    /// The part's number, from 1.
    #[wasm_bindgen(readonly)]
    pub number: u32,
    /// Where it starts in the content, in bytes.
    #[wasm_bindgen(readonly)]
    pub offset: f64,
    /// Its length without the tag, in bytes.
    #[wasm_bindgen(readonly, js_name = contentLength)]
    pub content_length: f64,
    /// Whether the tag follows.
    #[wasm_bindgen(readonly, js_name = isLast)]
    pub is_last: bool,
}

#[wasm_bindgen(js_class = UploadPlan)]
impl UploadPlan {
    /// A plan for `content_length` bytes and `trailer` bytes after them, a tag where there are any. Parts start at multiples
    /// of the segment length.
    ///
    /// # Errors
    /// `MESSAGE_TOO_LONG`, `OBJECT_TOO_LARGE`, `INVALID_TRANSFER_PLAN`, `INVALID_OPTION`.
    #[wasm_bindgen(constructor)]
    pub fn new(content_length: f64, trailer: u32, part_length: Option<f64>) -> Result<Self, EnvelopeError> {
        let options = plan_options(trailer, part_length)?;
        let content_length = whole("contentLength", content_length)?;
        if trailer > 0 {
            check_message_length(content_length)?;
        }
        let total = content_length.saturating_add(u64::from(trailer));
        Ok(Self { inner: TransferPlan::new(total, &options)?, trailer: trailer.into() })
    }

    /// The number of parts; 1 where the object goes as one PUT.
    #[wasm_bindgen(getter, js_name = partCount)]
    #[must_use]
    pub fn part_count(&self) -> u32 {
        match &self.inner {
            TransferPlan::SinglePut { .. } => 1,
            TransferPlan::Multipart(plan) => plan.part_count(),
        }
    }

    /// The part with this number, counted from 1. The only one of a plan is to go as one PUT.
    #[must_use]
    pub fn part(&self, number: u32) -> Option<PlannedPart> {
        let part = match &self.inner {
            TransferPlan::SinglePut { length } if number == 1 => {
                Part { number, offset: 0, body_length: length - self.trailer, trailer: self.trailer }
            }
            TransferPlan::SinglePut { .. } => return None,
            TransferPlan::Multipart(plan) => plan.part_of(number)?,
        };
        Some(planned(part, number == self.part_count()))
    }
}

/// How content of unknown length is uploaded: part after part.
#[wasm_bindgen(js_name = GrowingPlan)]
#[derive(Debug)]
pub struct GrowingPlan {
    inner: transfer::GrowingPlan,
}

#[wasm_bindgen(js_class = GrowingPlan)]
impl GrowingPlan {
    /// A plan with `trailer` bytes after the content. Parts start at multiples of the segment length.
    ///
    /// # Errors
    /// `INVALID_TRANSFER_PLAN`, `INVALID_OPTION`.
    #[wasm_bindgen(constructor)]
    pub fn new(trailer: u32, part_length: Option<f64>) -> Result<Self, EnvelopeError> {
        Ok(Self { inner: transfer::GrowingPlan::new(plan_options(trailer, part_length)?)? })
    }

    /// The next part, as long as it may be. In which one the content ends is for the caller to see.
    ///
    /// # Errors
    /// `OBJECT_TOO_LARGE` where the storage takes no more parts.
    #[wasm_bindgen(js_name = nextPart)]
    pub fn next_part(&mut self) -> Result<PlannedPart, EnvelopeError> {
        Ok(planned(self.inner.next_part()?, false))
    }
}

fn plan_options(trailer: u32, part_length: Option<f64>) -> Result<PlanOptions, EnvelopeError> {
    let defaults = PlanOptions { alignment: LONGEST_SEGMENT_LENGTH, trailer: trailer.into(), ..Default::default() };
    Ok(match part_length {
        // Who asks for parts of a length wants parts of that length, however small the object.
        Some(length) => {
            let part_length = whole("partSize", length)?;
            PlanOptions { part_length, single_put_threshold: part_length, ..defaults }
        }
        None => defaults,
    })
}

#[expect(clippy::cast_precision_loss, reason = "S3's longest object is far below 2^53 bytes")]
const fn planned(part: Part, is_last: bool) -> PlannedPart {
    let Part { number, offset, body_length, .. } = part;
    PlannedPart { number, offset: offset as f64, content_length: body_length as f64, is_last }
}

/// What an upload's requests say of one algorithm of checksums.
#[wasm_bindgen(js_name = ChecksumHeaders)]
#[derive(Debug)]
pub struct ChecksumHeaders {
    algorithm: ChecksumAlgorithm,
}

#[wasm_bindgen(js_class = ChecksumHeaders)]
impl ChecksumHeaders {
    /// Those of `crc64nvme`, `crc32c` or `sha256`.
    ///
    /// # Errors
    /// `INVALID_OPTION`.
    #[wasm_bindgen(constructor)]
    pub fn new(algorithm: &str) -> Result<Self, EnvelopeError> {
        Ok(Self { algorithm: ChecksumAlgorithm::from_name(algorithm)? })
    }

    /// Whether the checksum of an object in parts is that of its bytes.
    #[wasm_bindgen(getter, js_name = isFullObject)]
    #[must_use]
    pub fn is_full_object(&self) -> bool {
        self.algorithm.is_full_object()
    }

    /// The headers of a request with a body of this checksum.
    #[wasm_bindgen(js_name = ofBody)]
    #[must_use]
    pub fn of_body(&self, value: &str) -> Object {
        pairs_object(self.algorithm.body_headers(value))
    }

    /// The headers of `CreateMultipartUpload`.
    #[wasm_bindgen(js_name = ofCreate)]
    #[must_use]
    pub fn of_create(&self) -> Object {
        pairs_object(self.algorithm.create_headers())
    }

    /// The headers of `CompleteMultipartUpload`, where the checksum of the whole is that of its bytes.
    #[wasm_bindgen(js_name = ofComplete)]
    #[must_use]
    pub fn of_complete(&self, whole: &str) -> Object {
        pairs_object(self.algorithm.complete_headers(whole))
    }
}

/// The body that completes a multipart upload, from `[{ number, etag, checksum? }]`, and the name of the checksums'
/// algorithm where there are any.
///
/// # Errors
/// `INVALID_TRANSFER_PLAN`, also where an `ETag` was not readable; `INVALID_OPTION`.
#[wasm_bindgen(js_name = completeBody)]
pub fn complete_body(parts: &Array, checksum: Option<String>) -> Result<String, EnvelopeError> {
    let algorithm = checksum.map(|name| ChecksumAlgorithm::from_name(&name)).transpose()?;
    let parts: Result<Vec<CompletedPart>, Malformed> =
        parts.iter().map(|part| completed_part(&part, algorithm)).collect();
    transfer::complete_body(&parts.map_err(|_| EnvelopeError::Internal { what: "the list of parts did not convert" })?)
}

fn completed_part(value: &JsValue, algorithm: Option<ChecksumAlgorithm>) -> Result<CompletedPart, Malformed> {
    let part = Properties::of(value)?;
    let number = part.count("number")?.ok_or(Malformed)?;
    let checksum = algorithm.map(|algorithm| Ok((algorithm, part.required_text("checksum")?))).transpose()?;
    Ok(CompletedPart { number, etag: part.required_text("etag")?, checksum })
}

/// The upload id in the answer to `CreateMultipartUpload`.
///
/// # Errors
/// `STORAGE_REFUSED`, `UNEXPECTED_STORAGE_ANSWER`.
#[wasm_bindgen(js_name = uploadIdOf)]
pub fn upload_id_of(answer: &str) -> Result<String, EnvelopeError> {
    transfer::upload_id(answer)
}

/// The `ETag` in the answer to `CompleteMultipartUpload`.
///
/// # Errors
/// `STORAGE_REFUSED`, `UNEXPECTED_STORAGE_ANSWER`.
#[wasm_bindgen(js_name = completedEtagOf)]
pub fn completed_etag_of(answer: &str) -> Result<String, EnvelopeError> {
    transfer::completed_etag(answer)
}
