//! The user's own metadata beside the content metadata, as request headers.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use super::{MetadataMap, USER_METADATA_PREFIX};
use crate::error::EnvelopeError;

/// The most user metadata that S3 stores with an object, names and values together, in bytes.
/// Source: Amazon S3 User Guide, "Working with object metadata".
pub const MAX_USER_METADATA_LENGTH: usize = 2048;

/// The headers, with their prefix, that store the user's metadata and the content metadata of one object.
///
/// # Errors
/// [`EnvelopeError::MetadataRepeated`] where a name is given twice, [`EnvelopeError::UserMetadataInvalid`] where a name
/// or a value cannot be a header, and [`EnvelopeError::UserMetadataTooLong`] where S3 would not store all of it.
pub fn request_headers(
    user: impl IntoIterator<Item = (String, String)>,
    content: &MetadataMap,
) -> Result<Vec<(String, String)>, EnvelopeError> {
    let mut map = content.clone();
    for (name, value) in user {
        let name = name.to_ascii_lowercase();
        let entry = name.strip_prefix(USER_METADATA_PREFIX).unwrap_or(&name).to_owned();
        if map.insert(entry, value).is_some() {
            return Err(EnvelopeError::MetadataRepeated);
        }
    }
    let length = map.iter().map(|(name, value)| name.len() + value.len()).sum();
    if length > MAX_USER_METADATA_LENGTH {
        return Err(EnvelopeError::UserMetadataTooLong { length });
    }
    if !map.iter().all(|(name, value)| is_name(name) && is_value(value)) {
        return Err(EnvelopeError::UserMetadataInvalid);
    }
    Ok(map.into_iter().map(|(name, value)| ([USER_METADATA_PREFIX, &name].concat(), value)).collect())
}

/// An HTTP token (RFC 9110, section 5.6.2).
fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Printable ASCII with nothing around it that a signature would not cover; anything else comes back mangled.
fn is_value(value: &str) -> bool {
    value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) && value.trim() == value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn both_kinds_of_metadata_get_the_prefix() {
        let content = [("x-amz-i".to_owned(), "AA==".to_owned())].into();
        let headers = request_headers(pairs(&[("Author", "somebody")]), &content).unwrap();
        assert_eq!(headers, pairs(&[("x-amz-meta-author", "somebody"), ("x-amz-meta-x-amz-i", "AA==")]));
    }

    #[test]
    fn the_user_cannot_overwrite_content_metadata() {
        let content = [("x-amz-i".to_owned(), "AA==".to_owned())].into();
        for name in ["x-amz-i", "X-Amz-I", "x-amz-meta-x-amz-i"] {
            let refused = request_headers(pairs(&[(name, "BB==")]), &content);
            assert_eq!(refused, Err(EnvelopeError::MetadataRepeated));
        }
    }

    #[test]
    fn the_user_gives_each_name_once() {
        let twice = pairs(&[("Author", "a"), ("x-amz-meta-author", "a")]);
        assert_eq!(request_headers(twice, &MetadataMap::new()), Err(EnvelopeError::MetadataRepeated));
    }

    #[test]
    fn what_cannot_be_a_header_or_is_too_long_is_refused() {
        for (name, value) in [("", "a"), ("a b", "c"), ("a", "ü"), ("a", "b\r\nc: d"), ("a", " b")] {
            let refused = request_headers(pairs(&[(name, value)]), &MetadataMap::new());
            assert_eq!(refused, Err(EnvelopeError::UserMetadataInvalid), "{name:?}: {value:?}");
        }
        let fits = "v".repeat(MAX_USER_METADATA_LENGTH - 1);
        assert!(request_headers(pairs(&[("n", &fits)]), &MetadataMap::new()).is_ok());
        let refused = request_headers(pairs(&[("nn", &fits)]), &MetadataMap::new());
        assert_eq!(refused, Err(EnvelopeError::UserMetadataTooLong { length: 2049 }));
    }
}
