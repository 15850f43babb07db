//! What is stored with an object of the headers that it is written with.

use std::collections::BTreeMap;

use s3s::dto::{Metadata, StorageClass};
use s3s::{S3Result, s3_error};

use crate::encryption::add_elements;
use crate::limits;

/// The [`StoredHeaders`](crate::model::StoredHeaders) of an operation's input. The operations that write have each a type of
/// its own for the same members.
macro_rules! stored_headers {
    ($input:ident) => {
        $crate::model::StoredHeaders {
            content_type: $input.content_type,
            content_encoding: $crate::ops::stored_headers::stored_encoding($input.content_encoding),
            content_disposition: $input.content_disposition,
            content_language: $input.content_language,
            cache_control: $input.cache_control,
            expires: $input.expires,
            storage_class: $crate::ops::stored_headers::stored_class($input.storage_class)?,
            metadata: $crate::ops::stored_headers::stored_metadata($input.metadata)?,
        }
    };
}
pub(super) use stored_headers;

/// `aws-chunked` is how the body came, not how the object is encoded.
pub(crate) fn stored_encoding(encoding: Option<String>) -> Option<String> {
    let encoding = encoding?;
    let kept: Vec<&str> = encoding.split(',').map(str::trim).filter(|one| *one != "aws-chunked").collect();
    Some(kept.join(",")).filter(|kept| !kept.is_empty())
}

/// The storage class as it is kept: the standard one is not told.
///
/// # Errors
/// A class that does not exist.
pub(crate) fn stored_class(class: Option<StorageClass>) -> S3Result<Option<String>> {
    let Some(class) = class.filter(|class| class.as_str() != StorageClass::STANDARD) else { return Ok(None) };
    let is_known = [
        StorageClass::REDUCED_REDUNDANCY,
        StorageClass::STANDARD_IA,
        StorageClass::ONEZONE_IA,
        StorageClass::INTELLIGENT_TIERING,
        StorageClass::GLACIER,
        StorageClass::GLACIER_IR,
        StorageClass::DEEP_ARCHIVE,
    ]
    .contains(&class.as_str());
    if is_known {
        return Ok(Some(class.as_str().to_owned()));
    }
    let mut error = s3_error!(InvalidStorageClass, "The storage class you specified is not valid");
    add_elements(&mut error, [("StorageClassRequested", class.as_str().to_owned())]);
    Err(error)
}

/// User metadata as it is kept: names in lower case.
///
/// # Errors
/// More of it than S3 keeps.
pub(crate) fn stored_metadata(metadata: Option<Metadata>) -> S3Result<BTreeMap<String, String>> {
    let metadata = metadata.into_iter().flatten().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
    limits::check_metadata(&metadata)?;
    Ok(metadata)
}
