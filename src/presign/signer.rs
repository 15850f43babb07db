//! The signature itself: scope, string to sign, key derivation, and the finished URL.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".

use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::{
    Credentials, Endpoint, Method, PresignRequest, SigningTime, UNSIGNED_PAYLOAD, canonical, endpoint::check_region,
};
use crate::{error::EnvelopeError, sse::Header};

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Signs requests to one endpoint with one pair of keys.
#[derive(Debug, Clone)]
pub struct Presigner {
    credentials: Credentials,
    region: String,
    endpoint: Endpoint,
}

impl Presigner {
    /// A presigner for the region that the endpoint is in (for stores without regions: `us-east-1`).
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] where the region is no name of a region.
    pub fn new(credentials: Credentials, region: &str, endpoint: Endpoint) -> Result<Self, EnvelopeError> {
        check_region(region)?;
        Ok(Self { credentials, region: region.to_owned(), endpoint })
    }

    /// The presigned form of a request, valid from `time` on.
    ///
    /// # Errors
    ///
    /// - [`EnvelopeError::SecretHeaderInUrl`]: a customer key header, or its value, is among the query parameters.
    /// - [`EnvelopeError::InvalidExpiry`]: the lifetime is not 1 to 604,800 seconds.
    /// - [`EnvelopeError::InvalidPresignRequest`]: a bucket name, key, header or query parameter that S3 cannot take.
    /// - the errors of [`check_headers_for`](crate::sse::check_headers_for): encryption headers that contradict each
    ///   other or the operation.
    pub fn presign(&self, request: &PresignRequest, time: SigningTime) -> Result<PresignedRequest, EnvelopeError> {
        request.check()?;
        let (host, path) = self.endpoint.locate(&request.bucket, &request.key);
        let mut headers = vec![("host", host.as_str())];
        for header in &request.headers {
            canonical::insert_sorted(&mut headers, (header.name(), header.value()));
        }
        let signing = Signing {
            credentials: &self.credentials,
            region: &self.region,
            service: "s3",
            payload: UNSIGNED_PAYLOAD,
            amz_date: &time.amz_date(),
        };
        let signed = signing.sign_url(request.method.as_str(), &path, &request.query, &headers, request.expires);
        Ok(PresignedRequest {
            method: request.method,
            url: format!(
                "{}://{host}{path}?{}&X-Amz-Signature={}",
                self.endpoint.scheme(),
                signed.query,
                signed.signature
            ),
            path,
            headers: request.headers.clone(),
            unsigned_headers: request.unsigned_headers.clone(),
            string_to_sign: signed.string_to_sign,
            expires_at: time.unix() + request.expires,
        })
    }
}

/// A request that anybody can send without credentials: keep its URL as secret as what it permits.
#[derive(Clone)]
pub struct PresignedRequest {
    method: Method,
    url: String,
    path: String,
    headers: Vec<Header>,
    unsigned_headers: Vec<&'static str>,
    string_to_sign: String,
    expires_at: u64,
}

impl PresignedRequest {
    /// The method to send.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// The URL, to be used word for word.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The headers that are signed and must be sent with exactly these values, without `host`, which every HTTP client
    /// sends by itself.
    #[must_use]
    pub fn headers(&self) -> &[Header] {
        &self.headers
    }

    /// The names of headers that must be sent too but are not signed: the customer key and its MD5, which the signer
    /// does not know.
    #[must_use]
    pub fn unsigned_headers(&self) -> &[&'static str] {
        &self.unsigned_headers
    }

    /// The Unix time, in seconds, from which on S3 refuses the URL.
    #[must_use]
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }

    /// What was signed, to be compared with the `StringToSign` of S3's answer `SignatureDoesNotMatch`. It holds hashes
    /// and names, no secret.
    #[must_use]
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// Whether a browser sends this URL as it stands.
    ///
    /// S3 allows `.` and `..` as parts of a key, but browsers and many HTTP clients resolve them before they send (WHATWG
    /// URL Standard, "path state"), and so ask for another object, which the signature then refuses.
    #[must_use]
    pub fn is_fetchable(&self) -> bool {
        !self.path.split('/').any(|segment| segment == "." || segment == "..")
    }
}

impl fmt::Debug for PresignedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.url.split('?').next().unwrap_or_default();
        f.debug_struct("PresignedRequest").field("method", &self.method).field("place", &place).finish_non_exhaustive()
    }
}

/// What goes into a signature beside the request.
pub(super) struct Signing<'s> {
    pub(super) credentials: &'s Credentials,
    pub(super) region: &'s str,
    pub(super) service: &'s str,
    pub(super) payload: &'s str,
    pub(super) amz_date: &'s str,
}

struct Signed {
    /// The canonical query with everything but the signature.
    query: String,
    string_to_sign: String,
    signature: String,
}

impl Signing<'_> {
    /// The value of the header `Authorization` for a canonical request.
    pub(super) fn authorization(&self, signed_headers: &str, request: &str) -> String {
        let credential = self.credential();
        let signature = self.signature(&self.string_to_sign(request));
        format!("{ALGORITHM} Credential={credential}, SignedHeaders={signed_headers}, Signature={signature}")
    }

    fn sign_url(
        &self,
        method: &str,
        path: &str,
        query: &[(String, String)],
        headers: &[(&str, &str)],
        expires: u64,
    ) -> Signed {
        let credential = self.credential();
        let expires = expires.to_string();
        let signed_headers = canonical::signed_headers(headers);
        let mut parameters: Vec<(&str, &str)> = vec![
            ("X-Amz-Algorithm", ALGORITHM),
            ("X-Amz-Credential", &credential),
            ("X-Amz-Date", self.amz_date),
            ("X-Amz-Expires", &expires),
            ("X-Amz-SignedHeaders", &signed_headers),
        ];
        parameters.extend(self.credentials.session_token().map(|token| ("X-Amz-Security-Token", token)));
        parameters.extend(query.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let query = canonical::query(&parameters);
        let request = canonical::request(method, path, &query, headers, self.payload);
        let string_to_sign = self.string_to_sign(&request);
        let signature = self.signature(&string_to_sign);
        Signed { query, string_to_sign, signature }
    }

    fn scope(&self) -> String {
        [self.date(), self.region, self.service, "aws4_request"].join("/")
    }

    fn credential(&self) -> String {
        [self.credentials.access_key_id(), &self.scope()].join("/")
    }

    fn string_to_sign(&self, request: &str) -> String {
        let digest = hexadecimal(&Sha256::digest(request.as_bytes()));
        [ALGORITHM, self.amz_date, &self.scope(), &digest].join("\n")
    }

    fn signature(&self, string_to_sign: &str) -> String {
        hexadecimal(hmac(self.key().as_slice(), string_to_sign.as_bytes()).as_slice())
    }

    fn key(&self) -> Zeroizing<[u8; 32]> {
        let prefixed = Zeroizing::new(["AWS4", self.credentials.secret_access_key()].concat());
        [self.region, self.service, "aws4_request"]
            .iter()
            .fold(hmac(prefixed.as_bytes(), self.date().as_bytes()), |key, part| hmac(key.as_slice(), part.as_bytes()))
    }

    fn date(&self) -> &str {
        self.amz_date.split('T').next().unwrap_or_default()
    }
}

fn hmac(key: &[u8], message: &[u8]) -> Zeroizing<[u8; 32]> {
    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

pub(super) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// One case of AWS's signing test suite: see tests/vectors/sigv4/README.md.
    #[derive(Deserialize)]
    struct Case {
        name: String,
        method: String,
        path: String,
        query: Vec<(String, String)>,
        headers: Vec<(String, String)>,
        context: Context,
        canonical_request: String,
        string_to_sign: String,
        signature: String,
    }

    #[derive(Deserialize)]
    struct Context {
        credentials: Keys,
        expiration_in_seconds: u64,
        region: String,
        service: String,
        timestamp: String,
    }

    #[derive(Deserialize)]
    struct Keys {
        access_key_id: String,
        secret_access_key: String,
        token: Option<String>,
    }

    #[test]
    fn the_cases_of_aws_signing_test_suite_that_fit_s3_are_signed_alike() {
        let cases: Vec<Case> =
            serde_json::from_str(include_str!("../../tests/vectors/sigv4/aws-signing-test-suite.json")).unwrap();
        assert_eq!(cases.len(), 27);
        for case in &cases {
            check(case);
        }
    }

    fn check(case: &Case) {
        let context = &case.context;
        let keys = &context.credentials;
        let credentials =
            Credentials::new(&keys.access_key_id, &keys.secret_access_key, keys.token.as_deref()).unwrap();
        let amz_date = context.timestamp.replace(['-', ':'], "");
        // The suite signs the hash of an empty body where S3 signs UNSIGNED-PAYLOAD.
        let payload = case.canonical_request.lines().last().unwrap();
        let signing = Signing {
            credentials: &credentials,
            region: &context.region,
            service: &context.service,
            payload,
            amz_date: &amz_date,
        };
        let mut headers: Vec<(String, &str)> =
            case.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.as_str())).collect();
        headers.sort();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        let path = canonical::encode_path(&case.path);
        let expires = context.expiration_in_seconds;
        let signed = signing.sign_url(&case.method, &path, &case.query, &headers, expires);
        let request = canonical::request(&case.method, &path, &signed.query, &headers, payload);
        assert_eq!(request.as_str(), case.canonical_request, "{}", case.name);
        assert_eq!(signed.string_to_sign, case.string_to_sign, "{}", case.name);
        assert_eq!(signed.signature, case.signature, "{}", case.name);
    }
}
