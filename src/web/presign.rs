//! Presigning for JavaScript: for a demo's or a Node backend's signer. Credentials do not belong into a public page.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Array, Object};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use super::number::whole;
use super::options::{Malformed, Properties};
use super::sse::headers_object;
use crate::error::EnvelopeError;
use crate::presign::{self, Addressing, Credentials, Endpoint, Method, PresignRequest, Presigner, SigningTime};

/// The options of one call, as JavaScript gives them.
struct Options {
    credentials: CredentialOptions,
    region: String,
    endpoint: Option<String>,
    addressing: Option<String>,
    bucket: String,
    key: String,
    operation: Option<String>,
    method: Option<String>,
    upload_id: Option<String>,
    part_number: Option<u32>,
    query: Vec<(String, String)>,
    /// A signed customer key is among them.
    headers: Vec<(String, Zeroizing<String>)>,
    expires_in: Option<f64>,
}

struct CredentialOptions {
    access_key_id: String,
    secret_access_key: Zeroizing<String>,
    session_token: Option<Zeroizing<String>>,
}

/// A presigned request.
#[wasm_bindgen(js_name = PresignedUrl)]
#[derive(Debug)]
pub struct PresignedUrl {
    inner: presign::PresignedRequest,
}

#[wasm_bindgen(js_class = PresignedUrl)]
impl PresignedUrl {
    /// Signs. `unix_time` is the time of signing, in seconds.
    ///
    /// # Errors
    /// `INVALID_PRESIGN_REQUEST`, `INVALID_EXPIRY`, `SECRET_HEADER_IN_URL`, `INVALID_OPTION`, and the codes of
    /// encryption headers that contradict each other or the operation.
    pub fn sign(options: &JsValue, unix_time: f64) -> Result<Self, EnvelopeError> {
        let options = Options::read(options).map_err(|_| INVALID)?;
        let time = SigningTime::from_unix(whole("date", unix_time)?)?;
        let inner = options.presigner()?.presign(&options.request()?, time)?;
        Ok(Self { inner })
    }

    /// The URL, to be used word for word.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn url(&self) -> String {
        self.inner.url().to_owned()
    }

    /// The HTTP method to use.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn method(&self) -> String {
        self.inner.method().as_str().to_owned()
    }

    /// The headers that were signed and must be sent, as an object.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn headers(&self) -> Object {
        headers_object(self.inner.headers())
    }

    /// The Unix time in seconds from which on the URL is refused.
    #[wasm_bindgen(getter, js_name = expiresAt)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact for the next 285 million years")]
    pub fn expires_at(&self) -> f64 {
        self.inner.expires_at() as f64
    }
}

/// The host of AWS's KMS in a region.
///
/// # Errors
/// `INVALID_PRESIGN_REQUEST` where the region is no name of a region.
#[wasm_bindgen(js_name = kmsHost)]
pub fn kms_host(region: &str) -> Result<String, EnvelopeError> {
    presign::aws_host("kms", region)
}

/// The headers `X-Amz-Date` and `Authorization`, in this order, of a POST to the root of `host` that calls KMS.
///
/// # Errors
/// `INVALID_PRESIGN_REQUEST`, and `INVALID_OPTION` for credentials that are none.
#[wasm_bindgen(js_name = kmsAuthorization, unchecked_return_type = "[string, string]")]
pub fn kms_authorization(
    credentials: &JsValue,
    region: &str,
    host: &str,
    target: &str,
    body: &[u8],
    unix_time: f64,
) -> Result<Array, EnvelopeError> {
    let expected = "an object with accessKeyId, secretAccessKey and sessionToken";
    let given = CredentialOptions::read(credentials)
        .map_err(|_| EnvelopeError::InvalidOption { option: "credentials", expected })?;
    let time = SigningTime::from_unix(whole("date", unix_time)?)?;
    let authorization = presign::kms_authorization(&given.checked()?, region, host, target, body, time)?;
    Ok(Array::of2(&time.amz_date().into(), &authorization.into()))
}

const KNOWN: [&str; 13] = [
    "credentials",
    "region",
    "endpoint",
    "addressing",
    "bucket",
    "key",
    "operation",
    "method",
    "uploadId",
    "partNumber",
    "query",
    "headers",
    "expiresIn",
];

const INVALID: EnvelopeError = EnvelopeError::InvalidOption {
    option: "presign",
    expected: "an object with credentials, region, bucket, key, operation or method, and the optional endpoint, \
               addressing, uploadId, partNumber, query, headers, expiresIn",
};

impl CredentialOptions {
    /// Others than the three properties are left alone: the credentials of AWS's SDKs have an expiry among theirs.
    fn read(value: &JsValue) -> Result<Self, Malformed> {
        let given = Properties::of(value)?;
        Ok(Self {
            access_key_id: given.required_text("accessKeyId")?,
            secret_access_key: Zeroizing::new(given.required_text("secretAccessKey")?),
            session_token: given.text("sessionToken")?.map(Zeroizing::new),
        })
    }

    fn checked(&self) -> Result<Credentials, EnvelopeError> {
        let token = self.session_token.as_ref().map(|token| token.as_str());
        Credentials::new(&self.access_key_id, &self.secret_access_key, token)
    }
}

impl Options {
    fn read(value: &JsValue) -> Result<Self, Malformed> {
        let given = Properties::only(value, &KNOWN)?;
        Ok(Self {
            credentials: CredentialOptions::read(&given.value("credentials")?.ok_or(Malformed)?)?,
            region: given.required_text("region")?,
            endpoint: given.text("endpoint")?,
            addressing: given.text("addressing")?,
            bucket: given.required_text("bucket")?,
            key: given.required_text("key")?,
            operation: given.text("operation")?,
            method: given.text("method")?,
            upload_id: given.text("uploadId")?,
            part_number: given.count("partNumber")?,
            query: given.pairs("query")?.unwrap_or_default(),
            headers: given.pairs("headers")?.unwrap_or_default(),
            expires_in: given.number("expiresIn")?,
        })
    }

    fn presigner(&self) -> Result<Presigner, EnvelopeError> {
        Presigner::new(self.credentials.checked()?, &self.region, self.endpoint()?)
    }

    fn endpoint(&self) -> Result<Endpoint, EnvelopeError> {
        let addressing = match self.addressing.as_deref() {
            None | Some("virtual-host") => Addressing::VirtualHost,
            Some("path") => Addressing::Path,
            Some(_) => {
                let expected = "\"virtual-host\" or \"path\"";
                return Err(EnvelopeError::InvalidOption { option: "addressing", expected });
            }
        };
        self.endpoint.as_deref().map_or_else(|| Endpoint::aws(&self.region), |origin| Endpoint::new(origin, addressing))
    }

    fn request(&self) -> Result<PresignRequest, EnvelopeError> {
        let mut request = match (&self.operation, &self.method) {
            (Some(operation), None) => self.operation(operation)?,
            (None, Some(method)) => PresignRequest::new(method_of(method)?, &self.bucket, &self.key),
            _ => return Err(INVALID),
        };
        for (name, value) in &self.query {
            request = request.query(name, value);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(seconds) = self.expires_in {
            request = request.expires_in(whole("expiresIn", seconds)?);
        }
        Ok(request)
    }

    fn operation(&self, operation: &str) -> Result<PresignRequest, EnvelopeError> {
        let (bucket, key) = (self.bucket.as_str(), self.key.as_str());
        let upload_id = || self.upload_id.as_deref().ok_or(INVALID);
        Ok(match operation {
            "GetObject" => PresignRequest::get_object(bucket, key),
            "HeadObject" => PresignRequest::head_object(bucket, key),
            "PutObject" => PresignRequest::put_object(bucket, key),
            "DeleteObject" => PresignRequest::delete_object(bucket, key),
            "CreateMultipartUpload" => PresignRequest::create_multipart_upload(bucket, key),
            "UploadPart" => PresignRequest::upload_part(bucket, key, upload_id()?, self.part_number.ok_or(INVALID)?),
            "CompleteMultipartUpload" => PresignRequest::complete_multipart_upload(bucket, key, upload_id()?),
            "AbortMultipartUpload" => PresignRequest::abort_multipart_upload(bucket, key, upload_id()?),
            "ListParts" => PresignRequest::list_parts(bucket, key, upload_id()?),
            _ => return Err(INVALID),
        })
    }
}

fn method_of(name: &str) -> Result<Method, EnvelopeError> {
    const METHODS: [Method; 5] = [Method::Get, Method::Head, Method::Put, Method::Post, Method::Delete];
    METHODS.into_iter().find(|method| method.as_str() == name).ok_or(INVALID)
}
