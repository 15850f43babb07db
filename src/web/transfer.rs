//! Decisions of uploads and downloads for JavaScript, which does the I/O.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;

use super::metadata::pairs_of;
use super::number::whole;
use super::options::pairs_object;
use super::options::{Malformed, Properties};
use crate::error::EnvelopeError;
use crate::metadata::{self, MetadataMap};
use crate::object::DEFAULT_SEGMENT_LENGTH;
use crate::sse;
use crate::transfer::{
    self, Attempt, ChecksumAlgorithm, CompletedPart, Decision, Outcome, Part, PlanOptions, RetryPolicy, TransferPlan,
};

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
    pub number: u32,
    /// Where it starts in the content, in bytes.
    pub offset: f64,
    /// Its length without the tag, in bytes.
    #[wasm_bindgen(js_name = contentLength)]
    pub content_length: f64,
    /// Whether the tag follows.
    #[wasm_bindgen(js_name = isLast)]
    pub is_last: bool,
}

#[wasm_bindgen(js_class = UploadPlan)]
impl UploadPlan {
    /// A plan for `content_length` bytes and `trailer` bytes after them. Parts start at multiples of the segment length.
    ///
    /// # Errors
    /// `OBJECT_TOO_LARGE`, `INVALID_TRANSFER_PLAN`, `INVALID_OPTION`.
    #[wasm_bindgen(constructor)]
    pub fn new(content_length: f64, trailer: u32, part_length: Option<f64>) -> Result<Self, EnvelopeError> {
        let options = plan_options(trailer, part_length)?;
        let total = whole("contentLength", content_length)?.saturating_add(u64::from(trailer));
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
    let defaults = PlanOptions { alignment: DEFAULT_SEGMENT_LENGTH, trailer: trailer.into(), ..Default::default() };
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

/// One request with its retries: told how each attempt ended, says what to do.
#[wasm_bindgen(js_name = RequestAttempts)]
#[derive(Debug, Default)]
pub struct RequestAttempts {
    policy: RetryPolicy,
    number: u32,
    represigned: bool,
    failure: Option<EnvelopeError>,
}

#[wasm_bindgen(js_class = RequestAttempts)]
impl RequestAttempts {
    /// A request that was not sent yet.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No answer came. Gives the milliseconds to wait before the next attempt, or nothing to give up.
    #[wasm_bindgen(js_name = networkFailed)]
    pub fn network_failed(&mut self, jitter: u32) -> Option<f64> {
        self.number += 1;
        self.failure = Some(EnvelopeError::NetworkFailure { attempts: self.number });
        self.decide(Outcome::NetworkFailure, None, jitter)
    }

    /// The storage answered with an error (which S3 may do under status 200). Gives the milliseconds to wait before the
    /// next attempt, -1 to ask for a new URL and send again at once, or nothing to give up.
    pub fn refused(&mut self, status: u16, body: &str, retry_after: Option<String>, jitter: u32) -> Option<f64> {
        self.number += 1;
        let error = transfer::storage_error(body);
        let outcome = Outcome::Answered {
            status,
            code: error.as_ref().map(|error| error.code.as_str()),
            url_expired: error.as_ref().is_some_and(|error| error.url_expired),
        };
        let retry_after = retry_after.and_then(|seconds| seconds.trim().parse().ok());
        let decision = self.decide(outcome, retry_after, jitter);
        self.failure = Some(error.map_or_else(|| without_document(status), EnvelopeError::from));
        decision
    }

    /// The error to report when giving up.
    #[must_use]
    pub fn failure(&self) -> JsValue {
        self.failure.clone().map_or(JsValue::UNDEFINED, JsValue::from)
    }

    fn decide(&mut self, outcome: Outcome<'_>, retry_after_seconds: Option<u64>, jitter: u32) -> Option<f64> {
        let (number, represigned) = (self.number, self.represigned);
        match self.policy.decide(&Attempt { number, outcome, retry_after_seconds, represigned, jitter }) {
            #[expect(clippy::cast_precision_loss, reason = "delays are minutes at most")]
            Decision::Retry { after_ms } => Some(after_ms as f64),
            Decision::Represign => {
                self.represigned = true;
                Some(-1.0)
            }
            Decision::GiveUp => None,
        }
    }
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

/// Whether an answer is an error document, whatever its status.
#[wasm_bindgen(js_name = isErrorDocument)]
#[must_use]
pub fn is_error_document(answer: &str) -> bool {
    transfer::storage_error(answer).is_some()
}

/// Checks a presigned URL before it is used.
///
/// # Errors
/// `SECRET_HEADER_IN_URL`, `INSECURE_TRANSPORT`.
#[wasm_bindgen(js_name = checkPresignedUrl)]
pub fn check_presigned_url(url: &str, carries_customer_key: bool) -> Result<(), EnvelopeError> {
    sse::check_url(url, carries_customer_key)
}

/// The headers that store the user's metadata and an object's content metadata, both given as pairs, as an object.
///
/// # Errors
/// `METADATA_REPEATED`, `USER_METADATA_INVALID`, `USER_METADATA_TOO_LONG`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = metadataHeaders)]
pub fn metadata_headers(user: &JsValue, content: &JsValue) -> Result<Object, EnvelopeError> {
    let mut known = MetadataMap::new();
    known.extend(pairs_of(content)?);
    let headers = metadata::request_headers(pairs_of(user)?, &known)?;
    Ok(pairs_object(headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
}

/// What can be said of an answer that explains nothing, as to HEAD or from a proxy.
fn without_document(status: u16) -> EnvelopeError {
    EnvelopeError::StorageRefused { code: format!("HTTP {status}"), message: "the answer says nothing else".to_owned() }
}
