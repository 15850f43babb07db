//! What S3 refuses before it looks at a signature, and in more words than the protocol crate has: parts that are missing,
//! malformed, twice there, or for another service, day or region.

use http::StatusCode;
use http::header::AUTHORIZATION;
use s3s::{S3Error, S3ErrorCode, S3Result};
use time::PrimitiveDateTime;

use super::authorization::{Credential, DATE, PARAMETERS, field, header};
use super::explained::unsigned_headers;
use super::text::{pairs, parameter};
use super::{ALGORITHM, MISMATCH};
use crate::asked::Asked;
use crate::config::Config;
use crate::encryption::add_elements;

/// What an authorization of Signature Version 4 is in: it decides the code and how the message begins.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Header,
    Url,
}

/// The parameters of a URL of Signature Version 2.
const VERSION_2: [&str; 3] = ["Signature", "Expires", "AWSAccessKeyId"];

/// How a credential has to look, as S3 says it.
const EXPECTED: &str = "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";

/// Checks what can be checked without a key.
///
/// # Errors
/// What S3 answers.
pub(crate) fn check(asked: &Asked, config: &Config) -> S3Result<()> {
    let region = config.only_region();
    let has = |name: &&str| parameter(&asked.uri, name).is_some();
    let has_version_4 = PARAMETERS.iter().any(has);
    let has_version_2 = ["Signature", "AWSAccessKeyId"].iter().any(has);
    match header(&asked.headers, AUTHORIZATION.as_str()) {
        Some(authorization) if has_version_4 || has_version_2 => Err(argument(
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter \
             or the Authorization header should be specified",
            AUTHORIZATION_NAME,
            authorization,
        )),
        Some(authorization) => check_header(asked, authorization, region),
        None if has_version_4 => check_url(asked, region).map_err(|error| under_profile(asked, config, error)),
        None if has_version_2 => check_version_2(asked),
        None => Ok(()),
    }
}

/// The refusal of a lifetime as the profile has it.
fn under_profile(asked: &Asked, config: &Config, mut error: S3Error) -> S3Error {
    let seconds = parameter(&asked.uri, "X-Amz-Expires").and_then(|seconds| seconds.parse::<i64>().ok());
    let is_impossible = seconds.is_some_and(|seconds| !(0..=MAX_LIFETIME).contains(&seconds));
    if is_impossible && config.profile.impossible_lifetimes_are_denied() {
        error.set_code(S3ErrorCode::AccessDenied);
        error.set_status_code(StatusCode::FORBIDDEN);
    }
    error
}

/// The longest lifetime of a URL, in seconds: a week.
const MAX_LIFETIME: i64 = 604_800;

const AUTHORIZATION_NAME: &str = "Authorization";

fn check_url(asked: &Asked, region: Option<&str>) -> S3Result<()> {
    let value = |name: &str| parameter(&asked.uri, name).unwrap_or_default();
    let refuse = |text: &str| Err(query_error(text));
    if PARAMETERS.iter().any(|name| parameter(&asked.uri, name).is_none()) {
        return refuse(
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
             X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.",
        );
    }
    let times = |name: &str| pairs(&asked.uri).filter(|(found, _)| *found == name).count();
    if PARAMETERS.iter().any(|name| times(name) > 1) {
        // Whatever was signed, it was not this.
        return Err(S3Error::with_message(S3ErrorCode::SignatureDoesNotMatch, MISMATCH));
    }
    if value("X-Amz-Algorithm") != ALGORITHM {
        return refuse("X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");
    }
    let date = value("X-Amz-Date");
    check_credential(Place::Url, &value("X-Amz-Credential"), &date, region)?;
    if PrimitiveDateTime::parse(&date, DATE).is_err() {
        return refuse("X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
    }
    match value("X-Amz-Expires").parse::<i64>() {
        Err(_) => return refuse("X-Amz-Expires should be a number"),
        Ok(..0) => return refuse("X-Amz-Expires must be non-negative"),
        Ok(seconds) if seconds > MAX_LIFETIME => {
            return refuse(
                "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
                 604800 seconds",
            );
        }
        Ok(_) => {}
    }
    if unsigned_headers(asked).is_empty() {
        return Ok(());
    }
    Err(S3Error::with_message(S3ErrorCode::AccessDenied, super::explained::NOT_SIGNED))
}

fn check_version_2(asked: &Asked) -> S3Result<()> {
    let denied = |text: String| Err(S3Error::with_message(S3ErrorCode::AccessDenied, text));
    if VERSION_2.iter().any(|name| parameter(&asked.uri, name).is_none()) {
        let text = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters";
        return denied(text.to_owned());
    }
    let expires = parameter(&asked.uri, "Expires").unwrap_or_default();
    if expires.parse::<i64>().is_err() {
        return denied(format!("Invalid date (should be seconds since epoch): {expires}"));
    }
    Ok(())
}

fn check_header(asked: &Asked, authorization: &str, region: Option<&str>) -> S3Result<()> {
    if let Some(of_version_2) = authorization.strip_prefix("AWS ") {
        let parts = of_version_2.split_once(':');
        let is_whole = parts.is_some_and(|(key, signature)| !(key.is_empty() || signature.is_empty()));
        let text = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature";
        return if is_whole { Ok(()) } else { Err(argument(text, AUTHORIZATION_NAME, authorization)) };
    }
    if !authorization.starts_with(ALGORITHM) {
        return Err(argument("Unsupported Authorization Type", AUTHORIZATION_NAME, authorization));
    }
    let [credential, _, _] = ["Credential", "SignedHeaders", "Signature"].map(|name| field(&asked.headers, name));
    let is_whole = ["SignedHeaders", "Signature"].iter().all(|name| field(&asked.headers, name).is_some());
    let credential = credential.filter(|_| is_whole).ok_or_else(|| {
        header_error("the authorization header requires three components: Credential, SignedHeaders, and Signature.")
    })?;
    let date = header(&asked.headers, "x-amz-date");
    if date.is_none() && header(&asked.headers, "date").is_none() {
        let text = "AWS authentication requires a valid Date or x-amz-date header";
        return Err(S3Error::with_message(S3ErrorCode::AccessDenied, text));
    }
    check_credential(Place::Header, credential, date.unwrap_or_default(), region)?;
    if header(&asked.headers, "x-amz-content-sha256").is_none() {
        let text = "Missing required header for this request: x-amz-content-sha256";
        return Err(S3Error::with_message(S3ErrorCode::InvalidRequest, text));
    }
    Ok(())
}

fn check_credential(place: Place, text: &str, date: &str, region: Option<&str>) -> S3Result<()> {
    let refuse = |text: &str| Err(place.error(text));
    let Some(credential) = Credential::parse(text) else { return refuse(EXPECTED) };
    let Credential { date: day, region: found, service, terminal } = credential;
    if terminal != "aws4_request" {
        return refuse(&format!("incorrect terminal \"{terminal}\". This endpoint uses \"aws4_request\"."));
    }
    if service != "s3" {
        return refuse(&format!("incorrect service \"{service}\". This endpoint belongs to \"s3\"."));
    }
    if let Some(expected) = region.filter(|expected| *expected != found) {
        let mut error = place.error(&format!("the region '{found}' is wrong; expecting '{expected}'"));
        add_elements(&mut error, [("Region", expected.to_owned())]);
        return Err(error);
    }
    if day.len() != 8 || !day.bytes().all(|byte| byte.is_ascii_digit()) {
        let format = "This date in the credential must be in the format \"yyyyMMdd\".";
        return refuse(&format!("incorrect date format \"{day}\". {format}"));
    }
    if !date.is_empty() && !date.starts_with(day) {
        return Err(place.bare_error(&format!(
            "Invalid credential date \"{day}\". This date is not the same as X-Amz-Date: \"{}\".",
            date.get(..8).unwrap_or(date)
        )));
    }
    Ok(())
}

impl Place {
    fn error(self, text: &str) -> S3Error {
        match self {
            Self::Header => header_error(text),
            Self::Url => query_error(&format!("Error parsing the X-Amz-Credential parameter; {text}")),
        }
    }

    fn bare_error(self, text: &str) -> S3Error {
        match self {
            Self::Header => header_error(text),
            Self::Url => query_error(text),
        }
    }
}

fn header_error(text: &str) -> S3Error {
    let text = format!("The authorization header is malformed; {text}");
    bad_request(S3ErrorCode::AuthorizationHeaderMalformed, text)
}

fn query_error(text: &str) -> S3Error {
    bad_request(S3ErrorCode::AuthorizationQueryParametersError, text.to_owned())
}

fn argument(text: &str, name: &str, value: &str) -> S3Error {
    let mut error = bad_request(S3ErrorCode::InvalidArgument, text.to_owned());
    add_elements(&mut error, [("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]);
    error
}

fn bad_request(code: S3ErrorCode, text: String) -> S3Error {
    let mut error = S3Error::with_message(code, text);
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}
