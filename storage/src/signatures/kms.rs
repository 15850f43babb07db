//! KMS's form of the same: JSON, other codes, a clock that may be off by five minutes, and scopes of its own.
//!
//! Source: AWS KMS API Reference, "Common Errors"; IAM User Guide, "Troubleshoot Signature Version 4 signing".

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Response, StatusCode};
use s3s::Body;
use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime, PrimitiveDateTime};

use super::authorization::{Credential, DATE, field, header};
use crate::asked::Asked;

/// How far a clock may be off.
const MAX_SKEW: Duration = Duration::minutes(5);

/// A refusal: KMS's code and message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct KmsRefusal(&'static str, String);

/// Checks what can be checked without a key. `region` is the only one that is right, where one is.
///
/// # Errors
/// What KMS answers.
pub(crate) fn check(asked: &Asked, region: Option<&str>, now: OffsetDateTime) -> Result<(), KmsRefusal> {
    if asked.has_form() {
        let text = "KMS takes no forms: send application/x-amz-json-1.1.";
        return Err(KmsRefusal("UnknownOperationException", text.to_owned()));
    }
    let Some(authorization) = header(&asked.headers, AUTHORIZATION.as_str()) else {
        return Err(KmsRefusal("MissingAuthenticationTokenException", "Missing Authentication Token".to_owned()));
    };
    let missing =
        ["Credential", "Signature", "SignedHeaders"].into_iter().filter(|name| field(&asked.headers, name).is_none());
    let mut wants: Vec<String> =
        missing.map(|name| format!("Authorization header requires '{name}' parameter.")).collect();
    let date = header(&asked.headers, "x-amz-date").or_else(|| header(&asked.headers, "date"));
    if date.is_none() {
        wants.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.".to_owned());
    }
    if !wants.is_empty() {
        let hash = STANDARD.encode(Sha256::digest(authorization));
        let text = format!("{} (Hashed with SHA-256 and encoded with Base64) Authorization={hash}", wants.join(" "));
        return Err(KmsRefusal("IncompleteSignatureException", text));
    }
    let date = date.unwrap_or_default();
    check_scope(field(&asked.headers, "Credential").unwrap_or_default(), date, region)?;
    check_clock(date, now)
}

/// Checks whom a signature is for: all that is wrong is said at once.
fn check_scope(credential: &str, date: &str, region: Option<&str>) -> Result<(), KmsRefusal> {
    let Some(Credential { date: day, region: found, service, terminal }) = Credential::parse(credential) else {
        let text = "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term";
        return Err(KmsRefusal("IncompleteSignatureException", format!("{text}, got '{credential}'")));
    };
    let mut faults = Vec::new();
    if region.is_some_and(|region| region != found) {
        faults.push("Credential should be scoped to a valid region.".to_owned());
    }
    if service != "kms" {
        faults.push("Credential should be scoped to correct service: 'kms'.".to_owned());
    }
    if terminal != "aws4_request" {
        faults.push(format!("Credential should be scoped with a valid terminator: 'aws4_request', not '{terminal}'."));
    }
    // A date in another form is the protocol crate's to refuse.
    let signed_on = PrimitiveDateTime::parse(date, DATE).ok().and_then(|_| date.get(..8));
    if let Some(signed_on) = signed_on.filter(|signed_on| *signed_on != day) {
        faults.push(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{day}' != \
             '{signed_on}', from '{date}'."
        ));
    }
    if faults.is_empty() { Ok(()) } else { Err(invalid(&faults.join(" "))) }
}

fn check_clock(date: &str, now: OffsetDateTime) -> Result<(), KmsRefusal> {
    // A date in another form is the protocol crate's to refuse.
    let Ok(said) = PrimitiveDateTime::parse(date, DATE).map(PrimitiveDateTime::assume_utc) else { return Ok(()) };
    let text = |time: OffsetDateTime| time.format(DATE).unwrap_or_default();
    if said < now - MAX_SKEW {
        let (bound, now) = (text(now - MAX_SKEW), text(now));
        return Err(invalid(&format!("Signature expired: {date} is now earlier than {bound} ({now} - 5 min.)")));
    }
    if said > now + MAX_SKEW {
        let (bound, now) = (text(now + MAX_SKEW), text(now));
        return Err(invalid(&format!(
            "Signature not yet current: {date} is still later than {bound} ({now} + 5 min.)"
        )));
    }
    Ok(())
}

fn invalid(text: &str) -> KmsRefusal {
    KmsRefusal("InvalidSignatureException", text.to_owned())
}

/// KMS's form of a refusal that the protocol crate wrote as S3's.
pub(crate) fn from_s3(code: &str, message: &str) -> KmsRefusal {
    match code {
        "SignatureDoesNotMatch" => invalid(
            "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access \
             Key and signing method. Consult the service documentation for details.",
        ),
        "InvalidAccessKeyId" => {
            let text = "The security token included in the request is invalid.";
            KmsRefusal("UnrecognizedClientException", text.to_owned())
        }
        "EntityTooLarge" => KmsRefusal("RequestEntityTooLargeException", message.to_owned()),
        "AccessDenied" => KmsRefusal("AccessDeniedException", message.to_owned()),
        "InternalError" => KmsRefusal("KMSInternalException", message.to_owned()),
        "SlowDown" => KmsRefusal("ThrottlingException", "Rate exceeded".to_owned()),
        _ => KmsRefusal("IncompleteSignatureException", message.to_owned()),
    }
}

impl KmsRefusal {
    /// The refusal as an answer.
    pub(crate) fn answer(self) -> Response<Body> {
        let Self(code, message) = self;
        let is_own = code == "KMSInternalException";
        let body = serde_json::json!({ "__type": code, "message": message }).to_string();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = if is_own { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::BAD_REQUEST };
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        response
    }
}
