//! What answers say of an object: how it is encrypted, its checksums, its dates.

use s3s::dto::{ChecksumAlgorithm, ChecksumType, ETag, ServerSideEncryption, Timestamp};

use crate::encryption::KeyProtection;
use crate::model::StoredObject;

/// The status of an answer, where the protocol crate knows only the usual one of the operation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Status(pub(crate) http::StatusCode);

/// The encryption members of an answer.
#[derive(Debug, Default)]
pub(crate) struct EncryptionAnswer {
    pub(crate) method: Option<ServerSideEncryption>,
    pub(crate) kms_key_id: Option<String>,
    pub(crate) bucket_key: Option<bool>,
    pub(crate) customer_algorithm: Option<String>,
    pub(crate) customer_key_md5: Option<String>,
}

impl From<&KeyProtection> for EncryptionAnswer {
    fn from(protection: &KeyProtection) -> Self {
        match protection {
            KeyProtection::S3(_) => Self {
                method: Some(ServerSideEncryption::from_static(ServerSideEncryption::AES256)),
                ..Self::default()
            },
            KeyProtection::Kms(wrapped) => Self {
                method: Some(ServerSideEncryption::from_static(ServerSideEncryption::AWS_KMS)),
                kms_key_id: Some(wrapped.key_arn.clone()),
                // Said only where it is so.
                bucket_key: wrapped.bucket_key.then_some(true),
                ..Self::default()
            },
            KeyProtection::Dsse(wrapped) => Self {
                method: Some(ServerSideEncryption::from_static(ServerSideEncryption::AWS_KMS_DSSE)),
                kms_key_id: Some(wrapped.inner.key_arn.clone()),
                ..Self::default()
            },
            KeyProtection::Customer(wrapped) => Self {
                customer_algorithm: Some("AES256".to_owned()),
                customer_key_md5: Some(wrapped.key_md5.clone()),
                ..Self::default()
            },
        }
    }
}

/// Sets the encryption members of an output; all outputs name them alike.
macro_rules! set_encryption {
    ($output:expr, $protection:expr) => {{
        let answer = $crate::answers::EncryptionAnswer::from($protection);
        $output.server_side_encryption = answer.method;
        $output.ssekms_key_id = answer.kms_key_id;
        $output.bucket_key_enabled = answer.bucket_key;
        $output.sse_customer_algorithm = answer.customer_algorithm;
        $output.sse_customer_key_md5 = answer.customer_key_md5;
    }};
}
pub(crate) use set_encryption;

/// Sets the checksum members of an output.
macro_rules! set_checksums {
    ($output:expr, $checksums:expr) => {{
        let value = |name: &str| $checksums.get(name).cloned();
        $output.checksum_crc32 = value("crc32");
        $output.checksum_crc32c = value("crc32c");
        $output.checksum_crc64nvme = value("crc64nvme");
        $output.checksum_sha1 = value("sha1");
        $output.checksum_sha256 = value("sha256");
    }};
}
pub(crate) use set_checksums;

/// Sets what an output repeats of an object: its stored headers, its `ETag`, its date.
macro_rules! set_description {
    ($output:expr, $object:expr) => {{
        let headers = $object.headers.clone();
        $output.content_type = Some(headers.content_type.unwrap_or_else(|| "binary/octet-stream".to_owned()));
        $output.content_encoding = headers.content_encoding;
        $output.content_disposition = headers.content_disposition;
        $output.content_language = headers.content_language;
        $output.cache_control = headers.cache_control;
        $output.expires = headers.expires;
        $output.storage_class = headers.storage_class.map(s3s::dto::StorageClass::from);
        $output.metadata = Some(headers.metadata.into_iter().collect());
        $output.e_tag = $crate::answers::etag(&$object.etag);
        $output.last_modified = $crate::answers::timestamp($object.modified);
    }};
}
pub(crate) use set_description;

/// What an object's checksums are made of, where there are any to tell of.
pub(crate) fn checksum_type(object: &StoredObject) -> Option<ChecksumType> {
    (!object.checksums.is_empty()).then(|| kind_of_checksum(object.is_composite))
}

/// The algorithms of an object's checksums, as listings name them.
pub(crate) fn checksum_algorithms(object: &StoredObject) -> Option<Vec<ChecksumAlgorithm>> {
    let names = object.checksums.keys().map(|name| ChecksumAlgorithm::from(name.to_ascii_uppercase()));
    Some(names.collect()).filter(|names: &Vec<_>| !names.is_empty())
}

/// The name of a kind of checksum.
pub(crate) fn kind_of_checksum(is_composite: bool) -> ChecksumType {
    ChecksumType::from_static(if is_composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT })
}

/// An ETag as answers have it: all their members are optional.
#[expect(clippy::unnecessary_wraps, reason = "it is what the members of answers are")]
pub(crate) fn etag(value: &str) -> Option<ETag> {
    Some(ETag::Strong(value.to_owned()))
}

/// A date of Unix milliseconds, without their fraction: S3's dates have whole seconds.
pub(crate) fn timestamp(millis: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(millis / 1000).ok()?;
    Some(time::OffsetDateTime::from_unix_timestamp(seconds).ok()?.into())
}
