//! What S3 answers when encryption cannot be done as asked: its codes, its words, and the further fields of its answer.
//!
//! The words are Amazon's own, as recorded from its answers. `S3` keeps the further fields as XML elements, which the
//! protocol crate does not know: they travel in private headers that the service turns into elements at the end.

use s3s::{S3Error, S3ErrorCode};

/// The private header that carries a further element of an error document, as `Name=content`.
pub const ELEMENT: &str = "x-sim-element";

/// Adds further elements to the document of an error.
pub fn add_elements<'a>(error: &mut S3Error, elements: impl IntoIterator<Item = (&'a str, String)>) {
    let mut headers = error.headers().cloned().unwrap_or_default();
    for (name, content) in elements {
        // Contents are what a client sent as a header, or numbers: both can be headers again.
        if let Ok(element) = http::HeaderValue::from_bytes(format!("{name}={content}").as_bytes()) {
            headers.append(ELEMENT, element);
        }
    }
    error.set_headers(headers);
}

/// The name that S3 gives as `ArgumentName` in most of its answers on encryption.
const ENCRYPTION: &str = "x-amz-server-side-encryption";

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// Customer key headers beside `x-amz-server-side-encryption`; holds the latter's value.
    Incompatible(String),
    /// Customer key headers without the algorithm.
    NoAlgorithm,
    /// Customer key headers without the key.
    NoKey,
    /// Customer key headers without the key's MD5.
    NoMd5,
    /// Another algorithm than AES256; holds what was sent.
    Algorithm(String),
    /// A key that is not 32 bytes.
    KeyLength,
    /// An MD5 that is not the key's.
    Md5,
    /// The object is under a customer key and the request has none.
    KeyRequired,
    /// The request has a customer key and it is not the object's.
    WrongKey,
    /// The request has a customer key and the object is not under one.
    KeyNotApplicable,
    /// A part without (or with) customer key headers of an upload that was begun with (or without).
    PartParameters,
    /// A part under another customer key than its upload.
    PartKey,
    /// The bucket blocks SSE-C.
    CustomerKeysBlocked,
    /// A customer key over plain HTTP.
    Insecure,
    /// An object under a KMS key over plain HTTP.
    InsecureKms,
    /// An object under a KMS key, and nobody who asks KMS.
    KmsUnsigned,
    /// An encryption method that does not exist; holds what was sent.
    Method(String),
    /// A KMS key id, context or bucket key without `aws:kms`.
    KmsHeaders,
    /// `aws:kms` without the id of a key, where there is no key of the service's own.
    KmsKeyId,
    /// `x-amz-server-side-encryption` where S3 does not take it; holds its value.
    NotSupportedHere(String),
    /// An encryption context that is no base64 of a JSON object of strings.
    Context,
    /// A bucket key with DSSE-KMS.
    DsseBucketKey,
    /// What KMS said, by its code and message.
    Kms(String, String),
}

impl From<Refusal> for S3Error {
    fn from(refusal: Refusal) -> Self {
        let (code, message) = refusal.answer();
        let mut error = Self::with_message(code, message);
        if let Some(status) = refusal.status() {
            error.set_status_code(status);
        }
        if let Some((name, value)) = refusal.argument() {
            let elements = [Some(("ArgumentName", name.to_owned())), value.map(|value| ("ArgumentValue", value))];
            add_elements(&mut error, elements.into_iter().flatten());
        }
        error
    }
}

impl Refusal {
    fn answer(&self) -> (S3ErrorCode, String) {
        use S3ErrorCode::{AccessDenied, InvalidArgument, InvalidRequest};
        let customer =
            |text: &str| format!("Requests specifying Server Side Encryption with Customer provided keys must {text}");
        match self {
            Self::Incompatible(_) => (
                InvalidArgument,
                "Server Side Encryption with Customer provided key is incompatible with the encryption method specified"
                    .to_owned(),
            ),
            Self::NoAlgorithm => (InvalidArgument, customer("provide a valid encryption algorithm.")),
            Self::NoKey => (InvalidArgument, customer("provide an appropriate secret key.")),
            Self::NoMd5 => (InvalidArgument, customer("provide the client calculated MD5 of the secret key.")),
            Self::Algorithm(_) => (
                S3ErrorCode::InvalidEncryptionAlgorithmError,
                "The Encryption request you specified is not valid. Supported value: AES256.".to_owned(),
            ),
            Self::KeyLength => (InvalidArgument, "The secret key was invalid for the specified algorithm.".to_owned()),
            Self::Md5 => (
                InvalidArgument,
                "The calculated MD5 hash of the key did not match the hash that was provided.".to_owned(),
            ),
            Self::KeyRequired => (
                InvalidRequest,
                "The object was stored using a form of Server Side Encryption. The correct parameters must be provided \
                 to retrieve the object."
                    .to_owned(),
            ),
            Self::WrongKey => (AccessDenied, customer("provide the correct secret key.")),
            Self::KeyNotApplicable => {
                (InvalidRequest, "The encryption parameters are not applicable to this object.".to_owned())
            }
            Self::PartParameters => (
                InvalidRequest,
                "The multipart upload initiate requested encryption. Subsequent part requests must include the \
                 appropriate encryption parameters."
                    .to_owned(),
            ),
            Self::PartKey => (
                InvalidRequest,
                "The provided encryption parameters did not match the ones used originally.".to_owned(),
            ),
            Self::CustomerKeysBlocked => (
                AccessDenied,
                "Access Denied: this bucket blocks server-side encryption with customer-provided keys (SSE-C).".to_owned(),
            ),
            Self::Insecure => (InvalidRequest, customer("be made over a secure connection.")),
            Self::InsecureKms => (
                InvalidArgument,
                "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure \
                 connection."
                    .to_owned(),
            ),
            Self::KmsUnsigned => (
                InvalidArgument,
                "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
                    .to_owned(),
            ),
            Self::Method(_) => (InvalidArgument, "The encryption method specified is not supported".to_owned()),
            Self::KmsHeaders => (
                InvalidArgument,
                "Server Side Encryption with AWS KMS managed key requires HTTP header \
                 x-amz-server-side-encryption : aws:kms"
                    .to_owned(),
            ),
            Self::KmsKeyId => (
                InvalidArgument,
                "Server Side Encryption with KMS managed key requires HTTP header \
                 x-amz-server-side-encryption-aws-kms-key-id"
                    .to_owned(),
            ),
            Self::NotSupportedHere(_) => {
                (InvalidArgument, "x-amz-server-side-encryption header is not supported for this operation.".to_owned())
            }
            Self::Context => (InvalidArgument, "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a string-string map".to_owned()),
            Self::DsseBucketKey => {
                (InvalidArgument, "S3 Bucket Keys are not supported for DSSE-KMS (aws:kms:dsse).".to_owned())
            }
            Self::Kms(code, message) => kms_answer(code, message),
        }
    }

    fn status(&self) -> Option<http::StatusCode> {
        match self {
            Self::Kms(code, _) if code == "AccessDeniedException" => Some(http::StatusCode::FORBIDDEN),
            Self::Kms(..) | Self::Algorithm(_) => Some(http::StatusCode::BAD_REQUEST),
            _ => None,
        }
    }

    /// `ArgumentName` and `ArgumentValue`.
    fn argument(&self) -> Option<(&'static str, Option<String>)> {
        match self {
            Self::Incompatible(value)
            | Self::Algorithm(value)
            | Self::Method(value)
            | Self::NotSupportedHere(value) => Some((ENCRYPTION, Some(value.clone()))),
            Self::KmsUnsigned => Some(("Authorization", Some("null".to_owned()))),
            Self::NoAlgorithm | Self::NoKey | Self::NoMd5 | Self::KeyLength | Self::Md5 => Some((ENCRYPTION, None)),
            _ => None,
        }
    }
}

/// S3 passes KMS's answers on with a prefix; a refusal by a policy becomes its own `AccessDenied`.
fn kms_answer(code: &str, message: &str) -> (S3ErrorCode, String) {
    if code == "AccessDeniedException" {
        return (S3ErrorCode::AccessDenied, message.to_owned());
    }
    (S3ErrorCode::Custom(format!("KMS.{code}").into()), message.to_owned())
}
