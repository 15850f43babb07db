//! Server-side encryption headers for JavaScript.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Object, Uint8Array};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::options::{self, Malformed, Properties, pairs_object};
use crate::error::EnvelopeError;
use crate::sse::{self, CustomerKey, EncryptionContext, Header, KmsKeyId, Operation, SignedHeaders};

/// A fresh random customer key: 32 bytes, for the user to keep.
///
/// # Errors
/// `RANDOMNESS_UNAVAILABLE`.
#[wasm_bindgen(js_name = generateCustomerKey)]
pub fn generate_customer_key() -> Result<Uint8Array, EnvelopeError> {
    // Straight into JavaScript's memory: a `Vec` would be freed in this module's, with the key in it.
    Ok(Uint8Array::from(&CustomerKey::generate()?.expose()[..]))
}

/// The three request headers of a customer key, as an object.
///
/// # Errors
/// `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
#[wasm_bindgen(js_name = customerKeyHeaders)]
pub fn customer_key_headers(key: Vec<u8>) -> Result<Object, EnvelopeError> {
    Ok(headers_object(&customer_key(key)?.headers()))
}

/// The three copy-source headers of a customer key, as an object.
///
/// # Errors
/// `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
#[wasm_bindgen(js_name = customerKeyCopySourceHeaders)]
pub fn customer_key_copy_source_headers(key: Vec<u8>) -> Result<Object, EnvelopeError> {
    Ok(headers_object(&customer_key(key)?.copy_source_headers()))
}

/// The headers that a presigned URL for SSE-C must sign: the algorithm alone, or all three where a key is given.
///
/// # Errors
/// `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
#[wasm_bindgen(js_name = customerKeyHeadersToSign)]
pub fn customer_key_headers_to_sign(key: Option<Vec<u8>>) -> Result<Object, EnvelopeError> {
    let key = key.map(customer_key).transpose()?;
    let signed = key.as_ref().map_or(SignedHeaders::AlgorithmOnly, SignedHeaders::All);
    Ok(headers_object(&signed.to_sign()))
}

/// Checks encryption headers that somebody brings himself, given as pairs of name and value.
///
/// # Errors
/// `CONFLICTING_ENCRYPTION_HEADERS`, `INCOMPLETE_CUSTOMER_KEY_HEADERS`, `INVALID_ENCRYPTION_HEADER`,
/// `CUSTOMER_KEY_MD5_MISMATCH`, `INVALID_KMS_PARAMETER`.
#[wasm_bindgen(js_name = checkEncryptionHeaders)]
pub fn check_encryption_headers(pairs: &JsValue) -> Result<(), EnvelopeError> {
    let pairs: Vec<(String, Zeroizing<String>)> = options::pairs(pairs).map_err(|_| EnvelopeError::InvalidOption {
        option: "headers",
        expected: "headers whose values are strings",
    })?;
    sse::check_headers(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

/// How the storage is to encrypt an object at rest.
#[wasm_bindgen(js_name = ServerSideEncryption)]
#[derive(Debug)]
pub struct ServerSideEncryption {
    inner: sse::ServerSideEncryption,
}

/// What SSE-KMS and DSSE-KMS can be told.
#[derive(Default)]
struct KmsOptions {
    key_id: Option<String>,
    encryption_context: Vec<(String, String)>,
    bucket_key: Option<bool>,
}

#[wasm_bindgen(js_class = ServerSideEncryption)]
impl ServerSideEncryption {
    /// The bucket's default: no header is sent.
    #[wasm_bindgen(js_name = bucketDefault)]
    #[must_use]
    pub fn bucket_default() -> Self {
        Self { inner: sse::ServerSideEncryption::BucketDefault }
    }

    /// SSE-S3.
    #[must_use]
    pub fn s3() -> Self {
        Self { inner: sse::ServerSideEncryption::S3 }
    }

    /// SSE-KMS, with `{ keyId?, encryptionContext?, bucketKey? }`.
    ///
    /// # Errors
    /// `INVALID_KMS_PARAMETER`, `INVALID_OPTION`.
    pub fn kms(options: &JsValue) -> Result<Self, EnvelopeError> {
        let options = kms_options(options)?;
        let bucket_key = options.bucket_key;
        let (key_id, context) = options.key()?;
        Ok(Self { inner: sse::ServerSideEncryption::Kms { key_id, context, bucket_key } })
    }

    /// DSSE-KMS, with `{ keyId?, encryptionContext? }`.
    ///
    /// # Errors
    /// `INVALID_KMS_PARAMETER`, `INVALID_OPTION`.
    #[wasm_bindgen(js_name = dsseKms)]
    pub fn dsse_kms(options: &JsValue) -> Result<Self, EnvelopeError> {
        let options = kms_options(options)?;
        if options.bucket_key.is_some() {
            let reason = "DSSE-KMS knows no bucket key; leave bucketKey out";
            return Err(EnvelopeError::InvalidKmsParameter { parameter: "bucket key", reason });
        }
        let (key_id, context) = options.key()?;
        Ok(Self { inner: sse::ServerSideEncryption::DsseKms { key_id, context } })
    }

    /// SSE-C under a key of 32 bytes.
    ///
    /// # Errors
    /// `INVALID_KEY_LENGTH`, `KEY_IS_TEXT`.
    pub fn customer(key: Vec<u8>) -> Result<Self, EnvelopeError> {
        Ok(Self { inner: sse::ServerSideEncryption::Customer(customer_key(key)?) })
    }

    /// The headers that an operation carries, as an object.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an operation that is not known.
    #[wasm_bindgen(js_name = headersFor)]
    pub fn headers_for(&self, operation: &str) -> Result<Object, EnvelopeError> {
        Ok(headers_object(&self.inner.headers_for(operation_of(operation)?)))
    }

    /// The headers of an operation that a presigned URL must sign: for SSE-C the algorithm alone, so that the signer
    /// never learns the key; in the other modes all of them.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an operation that is not known.
    #[wasm_bindgen(js_name = headersToSignFor)]
    pub fn headers_to_sign_for(&self, operation: &str) -> Result<Object, EnvelopeError> {
        let headers = self.inner.headers_for(operation_of(operation)?);
        let signed: Vec<Header> = headers.into_iter().filter(|header| !header.is_secret()).collect();
        Ok(headers_object(&signed))
    }
}

impl KmsOptions {
    fn read(value: &JsValue) -> Result<Self, Malformed> {
        let given = Properties::only(value, &["keyId", "encryptionContext", "bucketKey"])?;
        Ok(Self {
            key_id: given.text("keyId")?,
            encryption_context: given.pairs("encryptionContext")?.unwrap_or_default(),
            bucket_key: given.flag("bucketKey")?,
        })
    }

    fn key(self) -> Result<(Option<KmsKeyId>, EncryptionContext), EnvelopeError> {
        let key_id = self.key_id.as_deref().map(KmsKeyId::new).transpose()?;
        let context = EncryptionContext::new(self.encryption_context)?;
        Ok((key_id, context))
    }
}

fn kms_options(value: &JsValue) -> Result<KmsOptions, EnvelopeError> {
    if value.is_undefined() {
        return Ok(KmsOptions::default());
    }
    let expected = "an object with keyId (text), encryptionContext (an object of strings), bucketKey (true or false)";
    KmsOptions::read(value).map_err(|_| EnvelopeError::InvalidOption { option: "sse", expected })
}

/// The key, whose bytes are wiped from where they came.
pub(super) fn customer_key(key: Vec<u8>) -> Result<CustomerKey, EnvelopeError> {
    CustomerKey::from_bytes(&Zeroizing::new(key))
}

/// The operation of S3's name for it.
pub(super) fn operation_of(name: &str) -> Result<Operation<'static>, EnvelopeError> {
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
    OPERATIONS.into_iter().find(|operation| operation.name() == name).ok_or(EnvelopeError::InvalidOption {
        option: "operation",
        expected: "the name of an S3 object operation, such as PutObject",
    })
}

/// Headers as a JavaScript object, ready for `fetch`.
pub(super) fn headers_object(headers: &[Header]) -> Object {
    pairs_object(headers.iter().map(|header| (header.name(), header.value())))
}
