//! What a presigned URL permits: one operation on one object, for a while.

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{MAX_EXPIRES, UNSIGNED_PAYLOAD, endpoint::check_bucket, invalid};
use crate::{
    error::EnvelopeError,
    sse::{self, Header, Operation, ServerSideEncryption, SignedHeaders, names},
};

/// The longest key that S3 takes, in bytes of UTF-8.
const MAX_KEY: usize = 1024;
/// The query parameters that the signature itself consists of.
const SIGNATURE_PARAMETERS: [&str; 7] = [
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-signedheaders",
    "x-amz-security-token",
    "x-amz-signature",
];

/// An HTTP method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are HTTP's")]
pub enum Method {
    Get,
    Head,
    Put,
    Post,
    Delete,
}

impl Method {
    /// The method as HTTP writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Head => "HEAD",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
        }
    }
}

/// A request to be presigned: build it with one of the constructors, add to it, and hand it to
/// [`Presigner::presign`](super::Presigner::presign), which checks all of it.
#[derive(Debug, Clone)]
pub struct PresignRequest {
    pub(super) method: Method,
    /// `None` for a request made by [`PresignRequest::new`]: it may be any operation.
    operation: Option<Operation<'static>>,
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) query: Vec<(String, String)>,
    pub(super) headers: Vec<Header>,
    pub(super) unsigned_headers: Vec<&'static str>,
    pub(super) expires: u64,
}

impl PresignRequest {
    /// How long a URL lives unless [`PresignRequest::expires_in`] says otherwise, in seconds.
    pub const DEFAULT_EXPIRES: u64 = 3600;

    /// Any request on an object, or on the bucket where `key` is empty; what makes it an operation other than the method's
    /// own is added as query parameters.
    #[must_use]
    pub fn new(method: Method, bucket: &str, key: &str) -> Self {
        Self {
            method,
            operation: None,
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            unsigned_headers: Vec::new(),
            expires: Self::DEFAULT_EXPIRES,
        }
    }

    /// `GetObject`.
    #[must_use]
    pub fn get_object(bucket: &str, key: &str) -> Self {
        Self::of(Operation::GetObject, Method::Get, bucket, key)
    }

    /// `HeadObject`.
    #[must_use]
    pub fn head_object(bucket: &str, key: &str) -> Self {
        Self::of(Operation::HeadObject, Method::Head, bucket, key)
    }

    /// `PutObject`.
    #[must_use]
    pub fn put_object(bucket: &str, key: &str) -> Self {
        Self::of(Operation::PutObject, Method::Put, bucket, key)
    }

    /// `DeleteObject`.
    #[must_use]
    pub fn delete_object(bucket: &str, key: &str) -> Self {
        Self::of(Operation::DeleteObject, Method::Delete, bucket, key)
    }

    /// `CreateMultipartUpload`: `POST ?uploads`.
    #[must_use]
    pub fn create_multipart_upload(bucket: &str, key: &str) -> Self {
        Self::of(Operation::CreateMultipartUpload, Method::Post, bucket, key).query("uploads", "")
    }

    /// `UploadPart`: `PUT ?partNumber&uploadId`. Part numbers are 1 to 10,000.
    #[must_use]
    pub fn upload_part(bucket: &str, key: &str, upload_id: &str, part_number: u32) -> Self {
        Self::of(Operation::UploadPart, Method::Put, bucket, key)
            .query("partNumber", &part_number.to_string())
            .query("uploadId", upload_id)
    }

    /// `CompleteMultipartUpload`: `POST ?uploadId`.
    #[must_use]
    pub fn complete_multipart_upload(bucket: &str, key: &str, upload_id: &str) -> Self {
        Self::of(Operation::CompleteMultipartUpload, Method::Post, bucket, key).query("uploadId", upload_id)
    }

    /// `AbortMultipartUpload`: `DELETE ?uploadId`.
    #[must_use]
    pub fn abort_multipart_upload(bucket: &str, key: &str, upload_id: &str) -> Self {
        Self::of(Operation::AbortMultipartUpload, Method::Delete, bucket, key).query("uploadId", upload_id)
    }

    /// `ListParts`: `GET ?uploadId`.
    #[must_use]
    pub fn list_parts(bucket: &str, key: &str, upload_id: &str) -> Self {
        Self::of(Operation::ListParts, Method::Get, bucket, key).query("uploadId", upload_id)
    }

    /// Adds a query parameter, such as `versionId` or `response-content-disposition`.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Signs a header: whoever uses the URL must send it with exactly this value.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push(Header::new(name, value));
        self
    }

    /// Makes it a request for an object under a customer key (SSE-C).
    #[must_use]
    pub fn customer_key(mut self, signed: SignedHeaders<'_>) -> Self {
        self.headers.extend(signed.to_sign());
        self.unsigned_headers.extend(signed.unsigned_names());
        self
    }

    /// Signs the headers that the operation carries in this mode of encryption. For SSE-C that is the algorithm alone,
    /// as in [`SignedHeaders::AlgorithmOnly`].
    #[must_use]
    pub fn server_side_encryption(mut self, mode: &ServerSideEncryption) -> Self {
        // Without an operation nothing is known to be refused: it gets what a request that creates an object carries.
        let operation = self.operation.unwrap_or(Operation::PutObject);
        match mode {
            ServerSideEncryption::Customer(_) if operation.takes_customer_headers() => {
                self.customer_key(SignedHeaders::AlgorithmOnly)
            }
            _ => {
                self.headers.extend(mode.headers_for(operation));
                self
            }
        }
    }

    /// How long the URL lives, in seconds: 1 to 604,800.
    #[must_use]
    pub const fn expires_in(mut self, seconds: u64) -> Self {
        self.expires = seconds;
        self
    }

    pub(super) fn check(&self) -> Result<(), EnvelopeError> {
        check_bucket(&self.bucket)?;
        // A request that is no operation on an object may be one on its bucket, such as a listing.
        let needs_key = self.operation.is_some();
        if (needs_key && self.key.is_empty()) || self.key.len() > MAX_KEY {
            return Err(invalid("object key", "must have 1 to 1024 bytes of UTF-8"));
        }
        if self.expires == 0 || self.expires > MAX_EXPIRES {
            return Err(EnvelopeError::InvalidExpiry { seconds: self.expires });
        }
        self.check_query()?;
        self.check_headers()?;
        self.check_encryption()
    }

    fn check_query(&self) -> Result<(), EnvelopeError> {
        for (name, value) in &self.query {
            let trimmed = name.trim();
            if let Some(header) = names::customer_header(trimmed) {
                return Err(EnvelopeError::SecretHeaderInUrl { header });
            }
            if trimmed.is_empty() {
                return Err(invalid("query", "has a parameter without a name"));
            }
            if SIGNATURE_PARAMETERS.iter().any(|reserved| reserved.eq_ignore_ascii_case(trimmed)) {
                return Err(invalid("query", "has a parameter that the signature itself sets"));
            }
            if is_other_payload(trimmed, value) {
                return Err(invalid("parameter x-amz-content-sha256", OTHER_PAYLOAD));
            }
            if name == "uploadId" && value.is_empty() {
                return Err(invalid("upload id", "is empty"));
            }
            if name == "partNumber" && !value.parse::<u32>().is_ok_and(|number| (1..=10_000).contains(&number)) {
                return Err(invalid("part number", "must be 1 to 10000"));
            }
            if let Some(header) = self.headers.iter().find(|header| header.is_secret() && holds(value, header.value()))
            {
                let header = names::customer_header(header.name()).unwrap_or(names::CUSTOMER_KEY);
                return Err(EnvelopeError::SecretHeaderInUrl { header });
            }
        }
        Ok(())
    }

    fn check_headers(&self) -> Result<(), EnvelopeError> {
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        for (index, header) in self.headers.iter().enumerate() {
            let (name, value) = (header.name(), header.value());
            if name.is_empty() || !name.bytes().all(is_token) {
                return Err(invalid("name of a header", "is not an HTTP token"));
            }
            if !value.bytes().all(|byte| byte == b'\t' || (b' '..=b'~').contains(&byte)) {
                return Err(invalid(
                    "value of a header",
                    "may hold only printable ASCII, no line ends; encode the rest",
                ));
            }
            if ["host", "authorization"].contains(&name) {
                return Err(invalid(
                    "header host or authorization",
                    "cannot be given: the signature sets the one and replaces the other",
                ));
            }
            if is_other_payload(name, value) {
                return Err(invalid("header x-amz-content-sha256", OTHER_PAYLOAD));
            }
            if self.headers[..index].iter().any(|earlier| earlier.name() == name) {
                return Err(invalid("list of headers", "names one header twice"));
            }
        }
        Ok(())
    }

    fn check_encryption(&self) -> Result<(), EnvelopeError> {
        let mut names: Vec<&str> = self.headers.iter().map(Header::name).collect();
        names.extend(self.query.iter().map(|(name, _)| name.as_str()));
        if let Some(operation) = self.operation {
            sse::check_allowed(operation, &names)?;
        }
        sse::check_exclusive(&names)?;
        // The algorithm of SSE-C may stand alone, its key and MD5 may not.
        let signs_a_key = self.headers.iter().any(Header::is_secret);
        let checked =
            self.headers.iter().filter(|header| signs_a_key || names::customer_header(header.name()).is_none());
        sse::check_headers(checked.map(|header| (header.name(), header.value())))
    }

    fn of(operation: Operation<'static>, method: Method, bucket: &str, key: &str) -> Self {
        Self { operation: Some(operation), ..Self::new(method, bucket, key) }
    }
}

/// What is wrong with another hash of the payload than none: a presigned request is signed before its payload is known, and
/// always as `UNSIGNED-PAYLOAD` (Amazon S3 API Reference, "Authenticating requests: using query parameters").
const OTHER_PAYLOAD: &str = "must be UNSIGNED-PAYLOAD or left out: a presigned URL is for any payload";

/// Whether a header or parameter would say of the payload what the signature does not.
fn is_other_payload(name: &str, value: &str) -> bool {
    name.eq_ignore_ascii_case("x-amz-content-sha256") && value != UNSIGNED_PAYLOAD
}

/// Whether `text` holds `secret`. Not `str::contains`, whose searcher is made for long texts and weighs accordingly.
fn holds(text: &str, secret: &str) -> bool {
    !secret.is_empty() && text.as_bytes().windows(secret.len()).any(|window| window == secret.as_bytes())
}
