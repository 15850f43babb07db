//! What encrypting and decrypting sessions for JavaScript have in common. Bulk bytes are processed in place.

use alloc::string::String;

use wasm_bindgen::prelude::*;

use super::number::whole;
use crate::error::EnvelopeError;
use crate::gcm::TAG_LENGTH;
use crate::object::{self, CommitmentPolicy};

/// The segment length to use for a content of this length on a platform whose cryptography is at its fastest up to
/// `longest`, all in bytes.
///
/// # Errors
/// `INVALID_OPTION`.
#[wasm_bindgen(js_name = segmentLength)]
pub fn segment_length(longest: f64, content_length: Option<f64>) -> Result<f64, EnvelopeError> {
    let longest = whole("longestSegment", longest)?;
    let content_length = content_length.map(|length| whole("contentLength", length)).transpose()?;
    // 512 KiB at most, far below 2⁵³.
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let length = object::segment_length(longest, content_length) as f64;
    Ok(length)
}

/// A tag, all of it: a body shorter than a tag is a truncated one.
pub(super) fn whole_tag(tag: &[u8]) -> Result<[u8; TAG_LENGTH], EnvelopeError> {
    tag.try_into().map_err(|_| EnvelopeError::AuthenticationFailed)
}

/// The named policy, or the default.
pub(super) fn policy_of(name: Option<String>) -> Result<CommitmentPolicy, EnvelopeError> {
    name.map_or(Ok(CommitmentPolicy::default()), |name| CommitmentPolicy::from_name(&name))
}
