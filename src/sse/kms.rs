//! What a request tells S3 about a KMS key: its id and the encryption context.

use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use base64ct::{Base64, Encoding};

use crate::error::EnvelopeError;

/// S3 takes 8 KB of request headers; a context that fills them alone can never be sent.
const MAX_CONTEXT_HEADER: usize = 8192;
/// The longest key id that KMS takes, in characters (KMS API Reference, `KeyId`).
const MAX_KEY_ID: usize = 2048;

/// The id of a KMS key: a key id, `alias/…`, or the ARN of either.
///
/// Only the form is checked. Names that are none of these pass, since other stores than AWS name their keys freely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KmsKeyId(String);

impl KmsKeyId {
    /// A key id as the request will carry it.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidKmsParameter`] where it is empty, too long, not printable ASCII, an alias without a
    /// name, or an ARN of anything but a KMS key or alias.
    pub fn new(id: &str) -> Result<Self, EnvelopeError> {
        let refuse = |reason| Err(EnvelopeError::InvalidKmsParameter { parameter: "KMS key id", reason });
        if id.is_empty() {
            return refuse("it is empty; leave it out to use the key that the bucket or account defaults to");
        }
        if id.len() > MAX_KEY_ID {
            return refuse("it is longer than 2048 characters");
        }
        if !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return refuse("it may hold only printable ASCII characters and no spaces");
        }
        if id == "alias/" {
            return refuse("the alias has no name after alias/");
        }
        if id.starts_with("arn:") && !is_kms_arn(id) {
            return refuse("an ARN must be arn:PARTITION:kms:REGION:ACCOUNT:key/ID or …:alias/NAME");
        }
        Ok(Self(id.to_owned()))
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The encryption context of SSE-KMS: pairs of text that KMS authenticates and logs, in the clear.
///
/// S3 adds the pair `aws:s3:arn` itself; names with the prefix `aws:` are reserved for that.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EncryptionContext(BTreeMap<String, String>);

impl EncryptionContext {
    /// A context of these pairs.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidKmsParameter`] where a name is empty, reserved (`aws:…`) or given twice, or where the
    /// whole does not fit into a request's headers.
    pub fn new<K, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Result<Self, EnvelopeError>
    where
        K: Into<String>,
        V: Into<String>,
    {
        let refuse = |reason| Err(EnvelopeError::InvalidKmsParameter { parameter: "encryption context", reason });
        let mut map = BTreeMap::new();
        for (name, value) in pairs {
            let name = name.into();
            if name.trim().is_empty() {
                return refuse("a name is empty");
            }
            // Byte-wise, for a name may have a character across the fourth byte.
            if name.as_bytes().get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"aws:")) {
                return refuse("names that start with aws: are reserved; S3 adds aws:s3:arn itself");
            }
            if map.insert(name, value.into()).is_some() {
                return refuse("a name is given twice");
            }
        }
        let context = Self(map);
        if context.header_value().len() > MAX_CONTEXT_HEADER {
            return refuse("it is larger than 8 KB in base64, which is all that S3 takes of request headers");
        }
        Ok(context)
    }

    /// The pairs, by name.
    #[must_use]
    pub const fn pairs(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The header's value: base64 of a JSON object with sorted names. Characters beyond ASCII are written as `\uXXXX`,
    /// so that no reader's idea of the text's encoding can change the context.
    #[must_use]
    pub fn header_value(&self) -> String {
        let pairs: Vec<String> =
            self.0.iter().map(|(name, value)| [&json_string(name), ":", &json_string(value)].concat()).collect();
        Base64::encode_string(["{", &pairs.join(","), "}"].concat().as_bytes())
    }
}

fn is_kms_arn(id: &str) -> bool {
    let fields: Vec<&str> = id.splitn(6, ':').collect();
    let [_, partition, service, region, account, resource] = fields[..] else { return false };
    let names_a_key =
        ["key/", "alias/"].iter().any(|kind| resource.strip_prefix(kind).is_some_and(|id| !id.is_empty()));
    partition.starts_with("aws") && service == "kms" && !region.is_empty() && !account.is_empty() && names_a_key
}

/// A JSON string with everything but printable ASCII escaped.
fn json_string(text: &str) -> String {
    let mut json = String::from('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ b' '..=b'~') if byte != b'"' && byte != b'\\' => json.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(json, "\\u{unit:04x}");
            }
        }
    }
    json.push('"');
    json
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(context: &EncryptionContext) -> String {
        String::from_utf8(Base64::decode_vec(&context.header_value()).unwrap()).unwrap()
    }

    #[test]
    fn key_ids_aliases_arns_and_names_of_other_stores_are_taken() {
        for id in [
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "mrk-1234abcd12ab34cd56ef1234567890ab",
            "alias/my-key",
            "arn:aws:kms:us-west-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
            "arn:aws-us-gov:kms:us-gov-west-1:111122223333:alias/my-key",
            "my-minio-key",
        ] {
            assert_eq!(KmsKeyId::new(id).unwrap().as_str(), id);
        }
    }

    #[test]
    fn key_ids_that_no_store_can_mean_are_refused() {
        let long = "a".repeat(2049);
        for id in [
            "",
            " ",
            "a b",
            "a\r\nx-injected: 1",
            "schlüssel",
            "alias/",
            "arn:aws:s3:::bucket",
            "arn:aws:kms:r:1:key/",
            &long,
        ] {
            assert_eq!(KmsKeyId::new(id).unwrap_err().code(), "INVALID_KMS_PARAMETER", "{id}");
        }
    }

    #[test]
    fn the_context_is_sorted_json_in_base64() {
        let context = EncryptionContext::new([("stage", "test"), ("department", "10\"3.0")]).unwrap();
        assert_eq!(decoded(&context), r#"{"department":"10\u00223.0","stage":"test"}"#);
    }

    #[test]
    fn the_context_is_pure_ascii_and_still_the_same_json() {
        let context = EncryptionContext::new([("größe", "日本 \\\n🔑")]).unwrap();
        let json = decoded(&context);
        assert_eq!(json, r#"{"gr\u00f6\u00dfe":"\u65e5\u672c \u005c\u000a\ud83d\udd11"}"#);
        let read: BTreeMap<String, String> = serde_json::from_str(&json).unwrap();
        assert_eq!(&read, context.pairs());
    }

    #[test]
    fn reserved_empty_and_repeated_names_are_refused() {
        let (reserved, other_case) = ([("aws:s3:arn", "x")], [("AWS:anything", "x")]);
        let (empty, twice) = ([("", "x")], [("a", "1"), ("a", "1")]);
        for pairs in [&reserved[..], &other_case, &empty, &twice] {
            assert_eq!(EncryptionContext::new(pairs.iter().copied()).unwrap_err().code(), "INVALID_KMS_PARAMETER");
        }
        assert!(EncryptionContext::new([("awsé", "x"), ("aws", "y")]).is_ok());
    }

    #[test]
    fn a_context_that_no_request_can_carry_is_refused() {
        assert!(EncryptionContext::new([("a", "x".repeat(6000))]).is_ok());
        assert_eq!(EncryptionContext::new([("a", "x".repeat(6200))]).unwrap_err().code(), "INVALID_KMS_PARAMETER");
    }
}
