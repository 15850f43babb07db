//! What S3 tells of a signature that it does not take: what it computed over, so that a signer can compare, and when a URL
//! expired. The protocol crate refuses; this only explains.
//!
//! Source: Amazon S3's own answers, as recorded; Amazon S3 API Reference, "Authenticating requests (AWS Signature Version 4)".

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Method, StatusCode, Uri};
use s3s::{S3Error, S3ErrorCode};
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

/// S3's words for a signature that is not the request's.
pub(crate) const MISMATCH: &str =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A signature with what it is over, in a header or in a URL.
struct Signed<'a> {
    credential: String,
    date: String,
    header_names: String,
    signature: String,
    /// The last line of the canonical request.
    payload: &'a str,
}

/// The parameters that a presigned URL cannot be without.
const PARAMETERS: [&str; 6] =
    ["X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-Date", "X-Amz-SignedHeaders", "X-Amz-Expires"];

/// The refusal of a URL that has some parameters of a presigned one, and not all.
pub(crate) fn incomplete(uri: &Uri) -> Option<S3Error> {
    let found = PARAMETERS.iter().filter(|name| parameter(uri, name).is_some()).count();
    if found == 0 || found == PARAMETERS.len() {
        return None;
    }
    let text = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
                X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    let mut error = S3Error::with_message(S3ErrorCode::AuthorizationQueryParametersError, text);
    error.set_status_code(StatusCode::BAD_REQUEST);
    Some(error)
}

/// The further elements of `SignatureDoesNotMatch`; none where no signature can be made out.
pub(crate) fn mismatch(method: &Method, uri: &Uri, headers: &HeaderMap) -> Vec<(String, String)> {
    let Some(signed) = in_query(uri).or_else(|| in_headers(headers)) else { return Vec::new() };
    let Some((access_key, scope)) = signed.credential.split_once('/') else { return Vec::new() };
    let request = canonical_request(method, uri, headers, &signed);
    let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{}", signed.date, hex::encode(Sha256::digest(&request)));
    [
        ("AWSAccessKeyId", access_key.to_owned()),
        ("StringToSign", to_sign.clone()),
        ("SignatureProvided", signed.signature.clone()),
        ("StringToSignBytes", spaced_hex(&to_sign)),
        ("CanonicalRequest", request.clone()),
        ("CanonicalRequestBytes", spaced_hex(&request)),
    ]
    .map(|(name, content)| (name.to_owned(), content))
    .into()
}

/// The further elements of a URL's expiry.
pub(crate) fn expiry(uri: &Uri, now: OffsetDateTime) -> Vec<(String, String)> {
    let seconds = parameter(uri, "X-Amz-Expires").unwrap_or_default();
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let from = parameter(uri, "X-Amz-Date").and_then(|date| PrimitiveDateTime::parse(&date, format).ok());
    let until = from.zip(seconds.parse().ok()).map(|(from, seconds)| from.assume_utc() + Duration::seconds(seconds));
    let text = |time: OffsetDateTime| time.replace_nanosecond(0).ok()?.format(&Rfc3339).ok();
    let elements = [("X-Amz-Expires", Some(seconds)), ("Expires", until.and_then(text)), ("ServerTime", text(now))];
    elements.into_iter().filter_map(|(name, content)| Some((name.to_owned(), content?))).collect()
}

fn in_query(uri: &Uri) -> Option<Signed<'static>> {
    Some(Signed {
        credential: parameter(uri, "X-Amz-Credential")?,
        date: parameter(uri, "X-Amz-Date")?,
        header_names: parameter(uri, "X-Amz-SignedHeaders")?,
        signature: parameter(uri, "X-Amz-Signature")?,
        payload: "UNSIGNED-PAYLOAD",
    })
}

fn in_headers(headers: &HeaderMap) -> Option<Signed<'_>> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let fields = text(AUTHORIZATION.as_str())?.strip_prefix(ALGORITHM)?;
    let field = |name: &str| {
        let mut pairs = fields.split(',').filter_map(|field| field.trim().split_once('='));
        pairs.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
    };
    Some(Signed {
        credential: field("Credential")?,
        date: text("x-amz-date")?.to_owned(),
        header_names: field("SignedHeaders")?,
        signature: field("Signature")?,
        payload: text("x-amz-content-sha256")?,
    })
}

fn canonical_request(method: &Method, uri: &Uri, headers: &HeaderMap, signed: &Signed<'_>) -> String {
    let header = |name: &str| {
        let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let values: Vec<String> =
            values.map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let of_uri = || uri.authority().filter(|_| name == HOST.as_str()).map(ToString::to_string).unwrap_or_default();
        let value = if values.is_empty() { of_uri() } else { values.join(",") };
        format!("{name}:{value}\n")
    };
    let lines: String = signed.header_names.split(';').map(header).collect();
    let path = recoded(uri.path(), b"/");
    [method.as_str(), &path, &canonical_query(uri), &lines, &signed.header_names, signed.payload].join("\n")
}

fn canonical_query(uri: &Uri) -> String {
    let mut pairs: Vec<String> = pairs(uri)
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| format!("{}={}", recoded(name, b""), recoded(value, b"")))
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn pairs(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let (_, value) = pairs(uri).find(|(found, _)| *found == name)?;
    String::from_utf8(decoded(value)).ok()
}

/// A text in the one encoding that signatures are over, whichever it came in.
fn recoded(text: &str, kept: &[u8]) -> String {
    encoded(&decoded(text), kept)
}

/// Bytes in the encoding of URLs that signatures are over, but for those that are `kept` as they are.
pub(crate) fn encoded(bytes: &[u8], kept: &[u8]) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte);
    let byte = |byte: &u8| if is_kept(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(byte).collect()
}

/// The bytes that a part of a URL stands for.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = behind.get(..2).filter(|_| first == b'%').and_then(|digits| hex::decode(digits).ok());
        rest = if escaped.is_some() { &behind[2..] } else { behind };
        bytes.push(escaped.and_then(|bytes| bytes.first().copied()).unwrap_or(first));
    }
    bytes
}

/// Bytes as Amazon's explanations have them.
pub(crate) fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
