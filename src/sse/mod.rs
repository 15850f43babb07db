//! Server-side encryption: which request headers an operation carries in each of S3's modes.
//!
//! The types leave no room for the usual mistakes: a customer key never stands beside an SSE-S3 or SSE-KMS header, the
//! three customer key headers come together, and every operation gets exactly what S3 takes for it. Headers that a
//! caller brings himself go through [`check_headers`].
//!
//! Source: Amazon S3 API Reference, request headers per operation; Amazon S3 User Guide, "Protecting data with
//! encryption".

mod check;
mod customer_key;
mod header;
mod kms;
pub mod names;
mod operation;
mod url;

use alloc::borrow::ToOwned;
use alloc::string::ToString;
use alloc::vec::Vec;

pub(crate) use check::{check_allowed, check_exclusive};
pub use check::{check_headers, check_headers_for};
pub use customer_key::CustomerKey;
pub use header::Header;
pub use kms::{EncryptionContext, KmsKeyId};
pub use operation::Operation;
pub use url::check_url;

/// How S3 is to encrypt an object at rest. One mode at a time, so that no two can contradict each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServerSideEncryption {
    /// Whatever the bucket's default is; no header is sent.
    #[default]
    BucketDefault,
    /// SSE-S3: AES-256 under keys that S3 holds.
    S3,
    /// SSE-KMS: a data key for each object, wrapped by a KMS key.
    Kms {
        /// The KMS key; `None` for the bucket's or the account's default key.
        key_id: Option<KmsKeyId>,
        /// The encryption context beside what S3 adds.
        context: EncryptionContext,
        /// Whether to use an S3 Bucket Key; `None` leaves it to the bucket.
        bucket_key: Option<bool>,
    },
    /// DSSE-KMS: two layers of encryption. It knows no bucket key.
    DsseKms {
        /// The KMS key; `None` for the bucket's or the account's default key.
        key_id: Option<KmsKeyId>,
        /// The encryption context beside what S3 adds.
        context: EncryptionContext,
    },
    /// SSE-C: AES-256 under a key that every request brings along.
    Customer(CustomerKey),
}

impl ServerSideEncryption {
    /// The headers that `operation` carries on an object in this mode; none where S3 takes none.
    ///
    /// SSE-S3 and SSE-KMS headers go only where an object is created, customer key headers wherever its bytes are
    /// written or read. For copies this is the mode of the destination; the key of the source, if it has one, comes
    /// with the operation.
    #[must_use]
    pub fn headers_for(&self, operation: Operation<'_>) -> Vec<Header> {
        let mut headers = match self {
            Self::Customer(key) if operation.takes_customer_headers() => key.headers().into(),
            Self::Customer(_) | Self::BucketDefault => Vec::new(),
            _ if !operation.takes_managed_headers() => Vec::new(),
            Self::S3 => vec![Header::known(names::ENCRYPTION, "AES256".to_owned())],
            Self::Kms { key_id, context, bucket_key } => {
                let mut headers = kms_headers("aws:kms", key_id.as_ref(), context);
                headers.extend(bucket_key.map(|on| Header::known(names::BUCKET_KEY, on.to_string())));
                headers
            }
            Self::DsseKms { key_id, context } => kms_headers("aws:kms:dsse", key_id.as_ref(), context),
        };
        if let Some(key) = operation.source_key() {
            headers.extend(key.copy_source_headers());
        }
        headers
    }
}

/// Which customer key headers a presigned URL signs.
///
/// Whatever is signed, the request that uses the URL carries all three headers; none of them is ever in the URL.
#[derive(Debug, Clone, Copy)]
pub enum SignedHeaders<'k> {
    /// The algorithm alone: the signer never learns the key, and the same URL fits any key. This is the way of the
    /// Amazon S3 User Guide, and what to use between a backend and a page.
    AlgorithmOnly,
    /// Algorithm, key and MD5: the URL works with this key only, and the signer must know it.
    All(&'k CustomerKey),
}

impl SignedHeaders<'_> {
    /// The headers to sign.
    #[must_use]
    pub fn to_sign(&self) -> Vec<Header> {
        match self {
            Self::AlgorithmOnly => vec![Header::known(names::CUSTOMER_ALGORITHM, "AES256".to_owned())],
            Self::All(key) => key.headers().into(),
        }
    }

    /// The names of the customer key headers that the request carries unsigned.
    #[must_use]
    pub const fn unsigned_names(&self) -> &'static [&'static str] {
        match self {
            Self::AlgorithmOnly => &[names::CUSTOMER_KEY, names::CUSTOMER_KEY_MD5],
            Self::All(_) => &[],
        }
    }
}

fn kms_headers(algorithm: &str, key_id: Option<&KmsKeyId>, context: &EncryptionContext) -> Vec<Header> {
    let mut headers = vec![Header::known(names::ENCRYPTION, algorithm.to_owned())];
    headers.extend(key_id.map(|id| Header::known(names::KMS_KEY_ID, id.as_str().to_owned())));
    if !context.pairs().is_empty() {
        headers.push(Header::known(names::CONTEXT, context.header_value()));
    }
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATIONS: [Operation<'static>; 13] = [
        Operation::PutObject,
        Operation::PostObject,
        Operation::CopyObject { source_key: None },
        Operation::CreateMultipartUpload,
        Operation::UploadPart,
        Operation::UploadPartCopy { source_key: None },
        Operation::CompleteMultipartUpload,
        Operation::AbortMultipartUpload,
        Operation::ListParts,
        Operation::GetObject,
        Operation::HeadObject,
        Operation::GetObjectAttributes,
        Operation::DeleteObject,
    ];
    const CREATING: [&str; 4] = ["PutObject", "PostObject", "CopyObject", "CreateMultipartUpload"];

    fn names_of(headers: &[Header]) -> Vec<&str> {
        headers.iter().map(Header::name).collect()
    }

    fn modes() -> Vec<ServerSideEncryption> {
        let key_id = Some(KmsKeyId::new("alias/k").unwrap());
        let context = EncryptionContext::new([("a", "b")]).unwrap();
        vec![
            ServerSideEncryption::BucketDefault,
            ServerSideEncryption::S3,
            ServerSideEncryption::Kms { key_id: key_id.clone(), context: context.clone(), bucket_key: Some(true) },
            ServerSideEncryption::DsseKms { key_id, context },
            ServerSideEncryption::Customer(CustomerKey::generate().unwrap()),
        ]
    }

    #[test]
    fn managed_modes_send_headers_only_where_an_object_is_created() {
        let expected: [&[&str]; 4] = [
            &[],
            &[names::ENCRYPTION],
            &[names::ENCRYPTION, names::KMS_KEY_ID, names::CONTEXT, names::BUCKET_KEY],
            &[names::ENCRYPTION, names::KMS_KEY_ID, names::CONTEXT],
        ];
        for (mode, expected) in modes().iter().zip(expected) {
            for operation in OPERATIONS {
                let headers = mode.headers_for(operation);
                let expected = if CREATING.contains(&operation.name()) { expected } else { &[] };
                assert_eq!(names_of(&headers), expected, "{}", operation.name());
            }
        }
    }

    #[test]
    fn a_customer_key_goes_with_everything_that_writes_or_reads_bytes() {
        let mode = ServerSideEncryption::Customer(CustomerKey::generate().unwrap());
        for operation in OPERATIONS {
            let headers = mode.headers_for(operation);
            let none = ["AbortMultipartUpload", "DeleteObject"].contains(&operation.name());
            assert_eq!(names_of(&headers), if none { &[][..] } else { &names::CUSTOMER }, "{}", operation.name());
        }
    }

    #[test]
    fn the_values_are_s3s() {
        let values: Vec<String> = modes()[..4]
            .iter()
            .flat_map(|mode| mode.headers_for(Operation::PutObject))
            .map(|header| header.value().to_owned())
            .collect();
        let context = "eyJhIjoiYiJ9";
        assert_eq!(values, ["AES256", "aws:kms", "alias/k", context, "true", "aws:kms:dsse", "alias/k", context]);
    }

    #[test]
    fn an_empty_context_and_an_unset_bucket_key_send_nothing() {
        let mode = ServerSideEncryption::Kms { key_id: None, context: EncryptionContext::default(), bucket_key: None };
        assert_eq!(names_of(&mode.headers_for(Operation::PutObject)), [names::ENCRYPTION]);
        let off =
            ServerSideEncryption::Kms { key_id: None, context: EncryptionContext::default(), bucket_key: Some(false) };
        assert_eq!(off.headers_for(Operation::PutObject)[1].value(), "false");
    }

    #[test]
    fn a_copy_keeps_the_keys_of_source_and_destination_apart() {
        let (source, destination) = (CustomerKey::generate().unwrap(), CustomerKey::generate().unwrap());
        let expected = [&destination.headers()[..], &source.copy_source_headers()].concat();
        let mode = ServerSideEncryption::Customer(destination);
        assert_eq!(mode.headers_for(Operation::CopyObject { source_key: Some(&source) }), expected);
        assert_eq!(mode.headers_for(Operation::UploadPartCopy { source_key: Some(&source) }), expected);
        let to_kms = ServerSideEncryption::S3.headers_for(Operation::CopyObject { source_key: Some(&source) });
        assert_eq!(to_kms.len(), 4);
    }

    #[test]
    fn what_the_modes_make_passes_the_check_of_foreign_headers() {
        let source = CustomerKey::generate().unwrap();
        let copies = [
            Operation::CopyObject { source_key: Some(&source) },
            Operation::UploadPartCopy { source_key: Some(&source) },
        ];
        for mode in modes() {
            for operation in OPERATIONS.into_iter().chain(copies) {
                let headers = mode.headers_for(operation);
                let pairs = headers.iter().map(|header| (header.name(), header.value()));
                check_headers_for(operation, pairs).unwrap();
            }
        }
    }

    #[test]
    fn signing_the_algorithm_alone_leaves_key_and_md5_unsigned() {
        let key = CustomerKey::generate().unwrap();
        assert_eq!(names_of(&SignedHeaders::AlgorithmOnly.to_sign()), [names::CUSTOMER_ALGORITHM]);
        assert_eq!(SignedHeaders::AlgorithmOnly.unsigned_names(), [names::CUSTOMER_KEY, names::CUSTOMER_KEY_MD5]);
        assert_eq!(SignedHeaders::All(&key).to_sign(), key.headers());
        assert_eq!(SignedHeaders::All(&key).unsigned_names(), [""; 0]);
    }
}
