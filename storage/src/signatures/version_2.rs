//! Signature Version 2: what it is over, and the two ways in which a bucket's path is signed.
//!
//! Source: Amazon S3 User Guide, "Signing and authenticating REST requests", whose examples sign `/bucket/`.

use http::header::AUTHORIZATION;
use http::{Request, Uri};
use s3s_sigv2::Mode;
use subtle::ConstantTimeEq;

use super::authorization::header;
use super::text::{decoded, pairs, parameter};
use crate::asked::Asked;
use crate::config::Config;

/// What a request says of who signed it.
pub(crate) struct Signed {
    pub(crate) access_key: String,
    pub(crate) signature: String,
    mode: Mode,
}

impl Signed {
    /// The signature of a request, in its header or in its URL, if it has one.
    pub(crate) fn of(asked: &Asked) -> Option<Self> {
        let in_header = header(&asked.headers, AUTHORIZATION.as_str()).and_then(|text| text.strip_prefix("AWS "));
        let Some((access_key, signature)) = in_header.and_then(|text| text.split_once(':')) else {
            let (access_key, signature) =
                parameter(&asked.uri, "AWSAccessKeyId").zip(parameter(&asked.uri, "Signature"))?;
            return Some(Self { access_key, signature, mode: Mode::PresignedUrl });
        };
        let (access_key, signature) = (access_key.to_owned(), signature.to_owned());
        Some(Self { access_key, signature, mode: Mode::HeaderAuth })
    }

    /// What the signature of a request for a path is over.
    pub(crate) fn string_to_sign(&self, asked: &Asked, path: &str) -> String {
        let text = |part: &str| String::from_utf8_lossy(&decoded(part)).into_owned();
        let mut query: Vec<(String, String)> =
            pairs(&asked.uri).map(|(name, value)| (text(name), text(value))).collect();
        query.sort();
        let headers: Vec<(&str, &str)> = asked
            .headers
            .iter()
            .filter_map(|(name, value)| Some((name.as_str(), std::str::from_utf8(value.as_bytes()).ok()?)))
            .collect();
        let (method, bucket) = (asked.method.as_str(), asked.host_bucket.as_deref());
        s3s_sigv2::create_string_to_sign(self.mode, method, path, Some(&query), &headers, bucket)
    }
}

/// Has a request for `/bucket` be for `/bucket/`, where that is what it was signed for: S3 takes either, and the protocol crate
/// checks the signature over the path that the request has.
pub(crate) fn with_signed_path<B>(mut request: Request<B>, asked: &Asked, config: &Config) -> Request<B> {
    if let Some(uri) = signed_uri(asked, config) {
        *request.uri_mut() = uri;
    }
    request
}

fn signed_uri(asked: &Asked, config: &Config) -> Option<Uri> {
    let bucket = asked.uri.path().strip_prefix('/')?;
    if asked.host_bucket.is_some() || bucket.is_empty() || bucket.contains('/') {
        return None;
    }
    let signed = Signed::of(asked)?;
    let credential = config.credential(&signed.access_key)?;
    let path = format!("/{bucket}/");
    let expected = s3s_sigv2::calculate_signature(&credential.secret_key, &signed.string_to_sign(asked, &path));
    if !bool::from(expected.as_bytes().ct_eq(signed.signature.as_bytes())) {
        return None;
    }
    let path_and_query = asked.uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
    let mut parts = asked.uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}
