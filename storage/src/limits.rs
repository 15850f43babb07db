//! S3's limits on what a request says beside its body. Those on bodies and keys are enforced where they are read.
//!
//! Source: Amazon S3 User Guide, "Working with object metadata" (2 KB of user metadata within 8 KB of headers), and Amazon S3
//! API Reference, "Error responses".

use std::collections::BTreeMap;

use http::{HeaderMap, StatusCode};
use s3s::{S3Error, S3ErrorCode, S3Result};

use crate::encryption::add_elements;

/// The most user metadata, in bytes of UTF-8: names without `x-amz-meta-`, and values.
const MAX_METADATA: usize = 2048;
/// The longest header section, in bytes: names and values.
const MAX_HEADERS: usize = 8192;

/// Refuses user metadata that S3 would not keep.
///
/// # Errors
/// `MetadataTooLarge`.
pub(crate) fn check_metadata(metadata: &BTreeMap<String, String>) -> S3Result<()> {
    let size = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    let message = "Your metadata headers exceed the maximum allowed metadata size";
    check(size, MAX_METADATA, S3ErrorCode::MetadataTooLarge, message)
}

/// Refuses a header section that S3 would not read to its end.
///
/// # Errors
/// `RequestHeaderSectionTooLarge`.
pub(crate) fn check_headers(headers: &HeaderMap) -> S3Result<()> {
    let size = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    let message = "Your request header section exceeds the maximum allowed size.";
    check(size, MAX_HEADERS, S3ErrorCode::Custom("RequestHeaderSectionTooLarge".into()), message)
}

fn check(size: usize, limit: usize, code: S3ErrorCode, message: &'static str) -> S3Result<()> {
    if size <= limit {
        return Ok(());
    }
    let mut error = S3Error::with_message(code, message);
    error.set_status_code(StatusCode::BAD_REQUEST);
    add_elements(&mut error, [("Size", size.to_string()), ("MaxSizeAllowed", limit.to_string())]);
    Err(error)
}

/// The refusal of a client that neither sends nor takes anything for too long.
#[must_use]
pub fn request_timeout() -> S3Error {
    let message = "Your socket connection to the server was not read from or written to within the timeout period. Idle \
                   connections will be closed.";
    let mut error = S3Error::with_message(S3ErrorCode::RequestTimeout, message);
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}
