//! A form as the `PutObject` that it stands for, in the name of whoever signed the policy.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures::Stream;
use http::header::{CONTENT_LENGTH, HOST};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri, header};
use http_body_util::StreamBody;
use multer::Field;
use s3s::dto::Tagging;
use s3s::xml::{Deserialize, Deserializer};
use s3s::{Body, S3Error, S3ErrorCode, S3Result, StdError, s3_error};
use s3s_sigv4::{AmzDate, Payload};
use time::macros::format_description;

use super::fields::{Form, unreadable};
use super::policy::Limits;
use super::{missing, policy};
use crate::config::Credential;
use crate::signatures::text::{decoded, encoded};

/// What an object's write takes of a form's fields, beside what starts with one of [`PREFIXES`].
const HEADERS: [HeaderName; 7] = [
    header::CACHE_CONTROL,
    header::CONTENT_DISPOSITION,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::CONTENT_TYPE,
    header::EXPIRES,
    HeaderName::from_static("content-md5"),
];

/// Nothing else: a header that makes a copy of a write, or says how the body is encoded, is no field of a form.
const PREFIXES: [&str; 8] = [
    "x-amz-meta-",
    "x-amz-server-side-encryption",
    "x-amz-checksum-",
    "x-amz-sdk-checksum-",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "x-amz-object-lock-",
    "x-amz-grant-",
];

/// The write that a form stands for. `limits` are those of its policy on the file.
///
/// # Errors
/// A form without a key, and fields that no header can have as its value.
pub(super) fn request(
    head: Parts,
    form: Form,
    limits: Option<Limits>,
    signer: Option<&Credential>,
    region: &str,
) -> S3Result<Request<Body>> {
    let key = object_key(&form)?;
    let host = host(&head)?;
    // The file's own length is only known at its end; it is no longer than the form.
    let length = head.headers.get(CONTENT_LENGTH).cloned().ok_or(S3ErrorCode::MissingContentLength)?;
    let mut headers = object_headers(&form)?;
    headers.insert(HOST, host);
    headers.insert(CONTENT_LENGTH, length);
    let uri = with_key(head.uri, &key)?;
    if let Some(signer) = signer {
        sign(&uri, &mut headers, signer, region)?;
    }
    let file = File { field: form.file, limits, length: 0 };
    let mut request = Request::new(Body::http_body_unsync(StreamBody::new(file)));
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    *request.extensions_mut() = head.extensions;
    Ok(request)
}

/// The object's key; `${filename}` in it stands for the file's own name.
pub(super) fn object_key(form: &Form) -> S3Result<String> {
    let key = form.field("key").ok_or_else(|| missing("key"))?;
    Ok(policy::with_filename(key, &form.filename))
}

fn host(head: &Parts) -> S3Result<HeaderValue> {
    let of_uri = || HeaderValue::from_str(head.uri.authority()?.as_str()).ok();
    head.headers.get(HOST).cloned().or_else(of_uri).ok_or_else(|| s3_error!(InvalidRequest, "missing header: host"))
}

fn with_key(bucket: Uri, key: &str) -> S3Result<Uri> {
    let path = format!("{}/{}", bucket.path().trim_end_matches('/'), encoded(key.as_bytes(), b"/"));
    let mut parts = bucket.into_parts();
    parts.path_and_query = Some(path.parse().map_err(|_| S3Error::from(S3ErrorCode::InvalidURI))?);
    Uri::from_parts(parts).map_err(|_| S3ErrorCode::InvalidURI.into())
}

fn object_headers(form: &Form) -> S3Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in &form.fields {
        let name = name.to_ascii_lowercase();
        let (name, value) = match name.as_str() {
            "acl" => ("x-amz-acl", value.clone()),
            "tagging" => ("x-amz-tagging", tags(value)?),
            name => (name, value.clone()),
        };
        let is_objects = HEADERS.iter().any(|known| known.as_str() == name)
            || ["x-amz-acl", "x-amz-tagging"].contains(&name)
            || PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        if is_objects && !value.is_empty() {
            let invalid = || s3_error!(InvalidArgument, "The field {name} has a value that is not valid.");
            let value = HeaderValue::from_bytes(value.trim().as_bytes()).map_err(|_| invalid())?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?, value);
        }
    }
    Ok(headers)
}

/// The tags of a form, a document, as the header that a write has them in.
fn tags(document: &str) -> S3Result<String> {
    let mut deserializer = Deserializer::new(document.as_bytes());
    let tagging = Tagging::deserialize(&mut deserializer).and_then(|tagging| {
        deserializer.expect_eof()?;
        Ok(tagging)
    });
    let tagging = tagging.map_err(|_| S3Error::from(S3ErrorCode::MalformedXML))?;
    let text = |text: Option<String>| encoded(text.unwrap_or_default().as_bytes(), b"");
    let pairs = tagging.tag_set.into_iter().map(|tag| format!("{}={}", text(tag.key), text(tag.value)));
    Ok(pairs.collect::<Vec<_>>().join("&"))
}

/// Signs the write as its sender would, for there is one place that checks who writes.
fn sign(uri: &Uri, headers: &mut HeaderMap, signer: &Credential, region: &str) -> S3Result<()> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let date = time::OffsetDateTime::now_utc().format(format).map_err(S3Error::internal_error)?;
    let parsed = AmzDate::parse(&date).map_err(S3Error::internal_error)?;
    let value = |text: &str| HeaderValue::from_str(text).map_err(S3Error::internal_error);
    headers.insert("x-amz-date", value(&date)?);
    headers.insert("x-amz-content-sha256", HeaderValue::from_static("UNSIGNED-PAYLOAD"));
    let mut covered: Vec<(&str, &str)> = headers
        .iter()
        .filter(|(name, _)| *name == HOST || name.as_str().starts_with("x-amz-"))
        .filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?)))
        .collect();
    covered.sort_unstable();
    let names = covered.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let path = String::from_utf8(decoded(uri.path())).map_err(|_| S3Error::from(S3ErrorCode::InvalidURI))?;
    let no_query: [(&str, &str); 0] = [];
    let canonical = s3s_sigv4::create_canonical_request("PUT", &path, &no_query, &covered, Payload::Unsigned);
    let to_sign = s3s_sigv4::create_string_to_sign(&canonical, &parsed, region, "s3");
    let signature = s3s_sigv4::calculate_signature(&to_sign, &signer.secret_key, &parsed, region, "s3");
    let scope = format!("{}/{}/{region}/s3/aws4_request", signer.access_key, &date[..8]);
    let authorization = format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={names}, Signature={signature}");
    headers.insert(header::AUTHORIZATION, value(&authorization)?);
    Ok(())
}

/// A form's file, held to the limits of the policy. One that is too long is read to its end all the same, for the answer
/// tells how long it is.
struct File {
    field: Field<'static>,
    limits: Option<Limits>,
    length: u64,
}

impl Stream for File {
    type Item = Result<http_body::Frame<Bytes>, StdError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let piece = ready!(Pin::new(&mut self.field).poll_next(context)).transpose();
            let Some(piece) = piece.map_err(|error| StdError::from(unreadable(error)))? else {
                let refused = self.limits.take().map(|limits| limits.check(self.length)).transpose();
                return Poll::Ready(refused.err().map(|error| Err(error.into())));
            };
            self.length += piece.len() as u64;
            if !self.limits.as_ref().is_some_and(|limits| limits.are_exceeded_by(self.length)) {
                return Poll::Ready(Some(Ok(http_body::Frame::data(piece))));
            }
        }
    }
}
