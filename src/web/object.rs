//! What encrypting and decrypting sessions for JavaScript have in common. Bulk bytes are processed in place.

use alloc::string::String;

use crate::error::EnvelopeError;
use crate::gcm::TAG_LENGTH;
use crate::object::CommitmentPolicy;

/// A tag where it lies, all of it: a body shorter than a tag is a truncated one.
pub(super) fn whole_tag(tag: &[u8]) -> Result<&[u8; TAG_LENGTH], EnvelopeError> {
    tag.try_into().map_err(|_| EnvelopeError::AuthenticationFailed)
}

/// The named policy, or the default.
pub(super) fn policy_of(name: Option<String>) -> Result<CommitmentPolicy, EnvelopeError> {
    name.map_or(Ok(CommitmentPolicy::default()), |name| CommitmentPolicy::from_name(&name))
}
