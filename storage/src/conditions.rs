//! Conditional requests. Source: RFC 9110, section 13, and the conditional headers of S3's operations.

use s3s::dto::{ETag, ETagCondition, Timestamp};
use s3s::{S3Result, s3_error};

use crate::answers;
use crate::model::StoredObject;

/// The conditions of a request.
#[derive(Debug, Default)]
#[expect(clippy::struct_field_names, reason = "the names are those of the headers")]
pub(crate) struct Conditions {
    pub(crate) if_match: Option<ETagCondition>,
    pub(crate) if_none_match: Option<ETagCondition>,
    pub(crate) if_modified_since: Option<Timestamp>,
    pub(crate) if_unmodified_since: Option<Timestamp>,
}

impl Conditions {
    /// Checks the conditions of a read: 412, or 304 where the client has what there is.
    pub(crate) fn check_read(&self, object: &StoredObject) -> S3Result<()> {
        let modified = answers::timestamp(object.modified);
        match &self.if_match {
            Some(condition) if !matches(condition, object) => return Err(failed("If-Match")),
            None if self.if_unmodified_since.as_ref().is_some_and(|since| modified.as_ref() > Some(since)) => {
                return Err(failed("If-Unmodified-Since"));
            }
            _ => {}
        }
        match &self.if_none_match {
            Some(condition) if matches(condition, object) => Err(s3_error!(NotModified)),
            None if self.if_modified_since.as_ref().is_some_and(|since| modified.as_ref() <= Some(since)) => {
                Err(s3_error!(NotModified))
            }
            _ => Ok(()),
        }
    }

    /// Checks the conditions of a write, against what is there now.
    pub(crate) fn check_write(&self, object: Option<&StoredObject>) -> S3Result<()> {
        match (&self.if_match, object) {
            (Some(_), None) => return Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (Some(condition), Some(object)) if !matches(condition, object) => return Err(failed("If-Match")),
            _ => {}
        }
        match (&self.if_none_match, object) {
            (Some(condition), Some(object)) if matches(condition, object) => Err(failed("If-None-Match")),
            _ => Ok(()),
        }
    }

    /// Checks the conditions on a copy's source, where both kinds fail with 412.
    pub(crate) fn check_source(&self, object: &StoredObject) -> S3Result<()> {
        self.check_read(object).map_err(|error| match error.code() {
            s3s::S3ErrorCode::NotModified => failed("copy source"),
            _ => error,
        })
    }
}

fn matches(condition: &ETagCondition, object: &StoredObject) -> bool {
    match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(etag) => etag.weak_cmp(&ETag::Strong(object.etag.clone())),
    }
}

fn failed(condition: &str) -> s3s::S3Error {
    s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold ({condition})")
}
