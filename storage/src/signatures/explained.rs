//! What S3 tells of a signature that it does not take: what it computed over, so that a signer can compare; when a URL
//! expired; how far a clock is off; which headers were not signed. The protocol crate refuses; this only explains.

use http::header::HOST;
use sha2::{Digest, Sha256};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::authorization::{DATE, field, header, signed_names};
use super::text::{pairs, parameter, recoded, spaced_hex};
use super::version_2;
use super::{ALGORITHM, MISMATCH};
use crate::asked::Asked;
use crate::protocol::UNSIGNED_HEADERS;

/// S3's words for a URL that is no longer valid.
const EXPIRED: &str = "Request has expired";
/// S3's words for headers that a signature does not cover.
pub(crate) const NOT_SIGNED: &str = "There were headers present in the request which were not signed";
/// How far a clock may be off, in milliseconds.
const MAX_SKEW: &str = "900000";

/// The further elements of an error document.
pub(crate) type Elements = Vec<(String, String)>;

/// S3's own message of a refusal, where the protocol crate has another, and its further elements.
pub(crate) fn explain(asked: &Asked, code: &str, message: &str) -> (Option<&'static str>, Elements) {
    let now = OffsetDateTime::now_utc();
    match (code, message) {
        ("SignatureDoesNotMatch", _) => (Some(MISMATCH), mismatch(asked)),
        ("RequestTimeTooSkewed", _) => {
            (Some("The difference between the request time and the current time is too large."), skew(asked, now))
        }
        ("AccessDenied", EXPIRED) => (None, expiry(asked, now)),
        ("AccessDenied", NOT_SIGNED) => {
            (None, vec![("HeadersNotSigned".to_owned(), unsigned_headers(asked).join(", "))])
        }
        _ => (None, Vec::new()),
    }
}

/// The `x-amz-` headers that a signature of Version 4 does not cover. The body's hash need not be: the signature is over it,
/// or over its being left out.
pub(crate) fn unsigned_headers(asked: &Asked) -> Vec<&str> {
    let signed = signed_names(&asked.uri, &asked.headers);
    let is_signed = |name: &str| signed.split(';').any(|one| one == name);
    let is_free = |name: &str| {
        name == "x-amz-content-sha256"
            || UNSIGNED_HEADERS.contains(&name)
            || asked.hoisted.iter().any(|hoisted| hoisted == name)
    };
    let names = asked.headers.keys().map(http::HeaderName::as_str);
    let mut unsigned: Vec<&str> =
        names.filter(|name| name.starts_with("x-amz-") && !is_signed(name) && !is_free(name)).collect();
    unsigned.sort_unstable();
    unsigned
}

/// The further elements of `SignatureDoesNotMatch`; none where no signature can be made out.
fn mismatch(asked: &Asked) -> Elements {
    version_4(asked).or_else(|| of_version_2(asked)).unwrap_or_default()
}

fn elements<const N: usize>(elements: [(&str, String); N]) -> Elements {
    elements.map(|(name, content)| (name.to_owned(), content)).into()
}

/// A signature of Version 4 with what it is over, in a header or in a URL.
struct Signed<'a> {
    credential: String,
    date: String,
    header_names: String,
    signature: String,
    /// The last line of the canonical request.
    payload: &'a str,
}

fn version_4(asked: &Asked) -> Option<Elements> {
    let signed = in_query(asked).or_else(|| in_headers(asked))?;
    let (access_key, scope) = signed.credential.split_once('/')?;
    let request = canonical_request(asked, &signed);
    let to_sign = format!("{ALGORITHM}\n{}\n{scope}\n{}", signed.date, hex::encode(Sha256::digest(&request)));
    Some(elements([
        ("AWSAccessKeyId", access_key.to_owned()),
        ("StringToSign", to_sign.clone()),
        ("SignatureProvided", signed.signature.clone()),
        ("StringToSignBytes", spaced_hex(&to_sign)),
        ("CanonicalRequest", request.clone()),
        ("CanonicalRequestBytes", spaced_hex(&request)),
    ]))
}

/// Signature Version 2 has no canonical request.
fn of_version_2(asked: &Asked) -> Option<Elements> {
    let signed = version_2::Signed::of(asked)?;
    let to_sign = signed.string_to_sign(asked, asked.uri.path());
    Some(elements([
        ("AWSAccessKeyId", signed.access_key),
        ("StringToSign", to_sign.clone()),
        ("SignatureProvided", signed.signature),
        ("StringToSignBytes", spaced_hex(&to_sign)),
    ]))
}

/// The further elements of a URL's expiry.
fn expiry(asked: &Asked, now: OffsetDateTime) -> Elements {
    let seconds = parameter(&asked.uri, "X-Amz-Expires");
    let from = parameter(&asked.uri, "X-Amz-Date").and_then(|date| PrimitiveDateTime::parse(&date, DATE).ok());
    let until = from
        .zip(seconds.as_ref().and_then(|seconds| seconds.parse().ok()))
        .map(|(from, seconds)| from.assume_utc() + Duration::seconds(seconds))
        .or_else(|| OffsetDateTime::from_unix_timestamp(parameter(&asked.uri, "Expires")?.parse().ok()?).ok());
    let times = [("X-Amz-Expires", seconds), ("Expires", until.and_then(date)), ("ServerTime", date(now))];
    times.into_iter().filter_map(|(name, content)| Some((name.to_owned(), content?))).collect()
}

/// The further elements of a clock that is off.
fn skew(asked: &Asked, now: OffsetDateTime) -> Elements {
    let said = header(&asked.headers, "x-amz-date").or_else(|| header(&asked.headers, "date")).map(str::to_owned);
    let said = said.or_else(|| parameter(&asked.uri, "X-Amz-Date")).unwrap_or_default();
    elements([
        ("RequestTime", said),
        ("ServerTime", date(now).unwrap_or_default()),
        ("MaxAllowedSkewMilliseconds", MAX_SKEW.to_owned()),
    ])
}

fn date(time: OffsetDateTime) -> Option<String> {
    time.replace_nanosecond(0).ok()?.format(&Rfc3339).ok()
}

fn in_query(asked: &Asked) -> Option<Signed<'static>> {
    let value = |name: &str| parameter(&asked.uri, name);
    Some(Signed {
        credential: value("X-Amz-Credential")?,
        date: value("X-Amz-Date")?,
        header_names: value("X-Amz-SignedHeaders")?,
        signature: value("X-Amz-Signature")?,
        payload: "UNSIGNED-PAYLOAD",
    })
}

fn in_headers(asked: &Asked) -> Option<Signed<'_>> {
    let field = |name: &str| field(&asked.headers, name).map(str::to_owned);
    Some(Signed {
        credential: field("Credential")?,
        date: header(&asked.headers, "x-amz-date")?.to_owned(),
        header_names: field("SignedHeaders")?,
        signature: field("Signature")?,
        payload: header(&asked.headers, "x-amz-content-sha256")?,
    })
}

fn canonical_request(asked: &Asked, signed: &Signed<'_>) -> String {
    let header = |name: &str| {
        let values = asked.headers.get_all(name).iter();
        let values: Vec<String> = values
            .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
            .map(|value| value.split_ascii_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let authority = asked.uri.authority().filter(|_| name == HOST.as_str());
        let of_uri = || authority.map(ToString::to_string).unwrap_or_default();
        let value = if values.is_empty() { of_uri() } else { values.join(",") };
        format!("{name}:{value}\n")
    };
    let lines: String = signed.header_names.split(';').map(header).collect();
    let (method, path) = (asked.method.as_str(), recoded(asked.uri.path(), b"/"));
    [method, &path, &canonical_query(asked), &lines, &signed.header_names, signed.payload].join("\n")
}

fn canonical_query(asked: &Asked) -> String {
    let mut pairs: Vec<String> = pairs(&asked.uri)
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| format!("{}={}", recoded(name, b""), recoded(value, b"")))
        .collect();
    pairs.sort();
    pairs.join("&")
}
