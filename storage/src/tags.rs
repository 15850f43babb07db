//! Tags of buckets and objects: how requests write them, and what S3 takes.
//!
//! Source: Amazon S3 User Guide, "Categorizing your objects using tags", and Amazon's own answers.

use std::collections::BTreeMap;

use s3s::dto::Tag;
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::encryption::add_elements;

/// Tags by their keys.
pub type Tags = BTreeMap<String, String>;

/// The header that a write has its tags in.
const HEADER: &str = "x-amz-tagging";
/// The longest key, in characters.
const MAX_KEY_LENGTH: usize = 128;
/// The longest value, in characters.
const MAX_VALUE_LENGTH: usize = 256;

/// What tags are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tagged {
    Bucket,
    Object,
}

impl Tagged {
    const fn limit(self) -> usize {
        match self {
            Self::Bucket => 50,
            Self::Object => 10,
        }
    }

    const fn reserved(self) -> &'static str {
        match self {
            Self::Bucket => "System tags cannot be added/updated by requester",
            Self::Object => "Your TagKey cannot be prefixed with aws:",
        }
    }

    fn check_number(self, number: usize) -> S3Result<()> {
        let (limit, name) = (self.limit(), if self == Self::Bucket { "Bucket" } else { "Object" });
        if number <= limit {
            return Ok(());
        }
        let code = S3ErrorCode::Custom("BadRequest".into());
        let mut error = S3Error::with_message(code, format!("{name} tags cannot be greater than {limit}"));
        error.set_status_code(http::StatusCode::BAD_REQUEST);
        Err(error)
    }
}

/// The tags of a document.
///
/// # Errors
/// `MalformedXML` where a tag has no key or no value; `InvalidTag` where one is none that S3 takes, or twice there;
/// `BadRequest` where they are too many.
pub(crate) fn of_document(list: Vec<Tag>, tagged: Tagged) -> S3Result<Tags> {
    tagged.check_number(list.len())?;
    let mut tags = Tags::new();
    for tag in list {
        let (Some(key), Some(value)) = (tag.key, tag.value) else { return Err(s3_error!(MalformedXML)) };
        check_tag(&key, &value, tagged)?;
        if tags.contains_key(&key) {
            return Err(invalid_tag("Cannot provide multiple Tags with the same key", &[("TagKey", &key)]));
        }
        tags.insert(key, value);
    }
    Ok(tags)
}

/// The tags of the header that a write has them in: none where there is none.
///
/// # Errors
/// `InvalidArgument` where it is no list of tags, each once; else as [`of_document`].
pub(crate) fn of_header(header: Option<&str>) -> S3Result<Tags> {
    let Some(header) = header else { return Ok(Tags::new()) };
    let pairs: Vec<(String, String)> = form_urlencoded::parse(header.as_bytes()).into_owned().collect();
    let mut tags = Tags::new();
    for (key, value) in pairs.iter().cloned() {
        if !has_known_characters(&key) || !has_known_characters(&value) || tags.insert(key, value).is_some() {
            return Err(no_list(header));
        }
    }
    Tagged::Object.check_number(tags.len())?;
    for (key, value) in &tags {
        check_tag(key, value, Tagged::Object)?;
    }
    Ok(tags)
}

/// The tags as documents have them.
pub(crate) fn to_document(tags: Tags) -> Vec<Tag> {
    tags.into_iter().map(|(key, value)| Tag { key: Some(key), value: Some(value) }).collect()
}

/// How many there are, where answers tell of it: not where there are none.
pub(crate) fn count(tags: &Tags) -> Option<i32> {
    i32::try_from(tags.len()).ok().filter(|count| *count > 0)
}

fn check_tag(key: &str, value: &str, tagged: Tagged) -> S3Result<()> {
    let key_length = key.chars().count();
    if key_length == 0 || key_length > MAX_KEY_LENGTH || !has_known_characters(key) {
        return Err(invalid_tag("The TagKey you have provided is invalid", &[("TagKey", key)]));
    }
    if key.starts_with("aws:") {
        return Err(invalid_tag(tagged.reserved(), &[("TagKey", key)]));
    }
    if value.chars().count() > MAX_VALUE_LENGTH || !has_known_characters(value) {
        let fields = [("TagKey", key), ("TagValue", value)];
        return Err(invalid_tag("The TagValue you have provided is invalid", &fields));
    }
    Ok(())
}

/// Letters, digits and spaces of any script, and a few signs.
fn has_known_characters(text: &str) -> bool {
    text.chars().all(|character| {
        character.is_alphanumeric()
            || character.is_whitespace() && !character.is_control()
            || "_.:/=+-@".contains(character)
    })
}

fn invalid_tag(text: &str, fields: &[(&'static str, &str)]) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::InvalidTag, text.to_owned());
    add_elements(&mut error, fields.iter().map(|(name, value)| (*name, (*value).to_owned())));
    error
}

fn no_list(header: &str) -> S3Error {
    let text = "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag \
                name duplicates.";
    let mut error = S3Error::with_message(S3ErrorCode::InvalidArgument, text);
    add_elements(&mut error, [("ArgumentName", HEADER.to_owned()), ("ArgumentValue", header.to_owned())]);
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(pairs: &[(&str, &str)]) -> Vec<Tag> {
        let tag = |(key, value): &(&str, &str)| Tag { key: Some((*key).into()), value: Some((*value).into()) };
        pairs.iter().map(tag).collect()
    }

    fn code(result: S3Result<Tags>) -> String {
        result.unwrap_err().code().as_str().to_owned()
    }

    #[test]
    fn headers_hold_a_list_of_tags() {
        for (header, expected) in [
            ("tag1=a&tag2=b&tag=", &[("tag", ""), ("tag1", "a"), ("tag2", "b")][..]),
            ("one&two", &[("one", ""), ("two", "")]),
            ("a&&&b", &[("a", ""), ("b", "")]),
            ("a%20b=c+d&%C3%A4=%2F", &[("a b", "c d"), ("ä", "/")]),
            ("", &[]),
        ] {
            let expected: Tags = expected.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
            assert_eq!(of_header(Some(header)).unwrap(), expected, "{header}");
        }
        for header in ["key1=val1&key1=val2", "key1=val1,key2=val2", "a=%FF", "a=*"] {
            assert_eq!(code(of_header(Some(header))), "InvalidArgument", "{header}");
        }
        assert_eq!(code(of_header(Some("aws:a=b"))), "InvalidTag");
        let eleven: Vec<String> = (0..11).map(|number| format!("k{number}=v")).collect();
        assert_eq!(code(of_header(Some(&eleven.join("&")))), "BadRequest");
        assert_eq!(of_header(Some(&eleven[1..].join("&"))).unwrap().len(), 10);
    }

    #[test]
    fn tags_have_limits() {
        let long = "k".repeat(129);
        for (tag, is_fine) in [
            (("k", "v"), true),
            ((&long[..128], ""), true),
            ((&long, ""), false),
            (("", "v"), false),
            (("a,b", "v"), false),
            (("k", "v;"), false),
            (("aws:k", "v"), false),
        ] {
            assert_eq!(of_document(list(&[tag]), Tagged::Object).is_ok(), is_fine, "{tag:?}");
        }
        assert!(of_document(list(&[("k", &"v".repeat(256))]), Tagged::Bucket).is_ok());
        assert_eq!(code(of_document(list(&[("k", &"v".repeat(257))]), Tagged::Bucket)), "InvalidTag");
        assert_eq!(code(of_document(list(&[("k", "1"), ("k", "2")]), Tagged::Object)), "InvalidTag");
        assert_eq!(code(of_document(vec![Tag { key: None, value: None }], Tagged::Object)), "MalformedXML");
        let many: Vec<String> = (0..51).map(|number| number.to_string()).collect();
        let many: Vec<(&str, &str)> = many.iter().map(|key| (key.as_str(), "")).collect();
        assert_eq!(code(of_document(list(&many), Tagged::Bucket)), "BadRequest");
        assert!(of_document(list(&many[..50]), Tagged::Bucket).is_ok());
    }
}
