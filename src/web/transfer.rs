//! What uploads and downloads have in common, for JavaScript, which does the I/O: requests, retries, names, headers.

use alloc::borrow::ToOwned;
use alloc::string::String;

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::options::{metadata_pairs, pairs_object};
use crate::decimal::decimal;
use crate::error::EnvelopeError;
use crate::metadata::{self, MetadataMap};
use crate::sse;
use crate::transfer::{self, Attempt, Decision, Outcome, RetryPolicy};

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

    /// The error to report when giving up, once.
    pub fn failure(&mut self) -> JsValue {
        self.failure.take().map_or(JsValue::UNDEFINED, JsValue::from)
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

/// The suffix of an instruction file's key: the one given, or the usual one.
///
/// # Errors
/// `INVALID_OPTION`.
#[wasm_bindgen(js_name = instructionFileSuffix)]
pub fn instruction_file_suffix(given: Option<String>) -> Result<String, EnvelopeError> {
    metadata::instruction_file_suffix(given)
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
    known.extend(metadata_pairs(content)?);
    let headers = metadata::request_headers(metadata_pairs(user)?, &known)?;
    Ok(pairs_object(headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))))
}

/// What can be said of an answer that explains nothing, as to HEAD or from a proxy.
fn without_document(status: u16) -> EnvelopeError {
    EnvelopeError::StorageRefused {
        code: ["HTTP ", &decimal(status.into())].concat(),
        message: "the answer says nothing else".to_owned(),
    }
}
