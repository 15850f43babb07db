//! Signature Version 4 in the header `Authorization`, for requests to AWS KMS: their body is known when they are signed, and
//! what authorises them must not be in a URL.
//!
//! Source: AWS Identity and Access Management User Guide, "Create a signed AWS API request".

use alloc::string::String;

use sha2::{Digest, Sha256};

use super::signer::{Signing, hexadecimal};
use super::{Credentials, SigningTime, canonical, endpoint::check_region};
use crate::error::EnvelopeError;

/// The media type of KMS's protocol, JSON 1.1.
const KMS_CONTENT_TYPE: &str = "application/x-amz-json-1.1";

/// The header `Authorization` of a POST of `body` to the path `/` of `host`, which is to carry `X-Amz-Target: {target}`,
/// the content type `application/x-amz-json-1.1`, `X-Amz-Date` in the form of [`SigningTime::amz_date`], and the session
/// token, where there is one, in `X-Amz-Security-Token`.
///
/// # Errors
/// [`EnvelopeError::InvalidPresignRequest`] where the region is no name of a region.
pub fn kms_authorization(
    credentials: &Credentials,
    region: &str,
    host: &str,
    target: &str,
    body: &[u8],
    time: SigningTime,
) -> Result<String, EnvelopeError> {
    check_region(region)?;
    let amz_date = &time.amz_date();
    // In the order in which they are signed.
    let mut signed = vec![("content-type", KMS_CONTENT_TYPE), ("host", host), ("x-amz-date", amz_date)];
    signed.extend(credentials.session_token().map(|token| ("x-amz-security-token", token)));
    signed.push(("x-amz-target", target));
    let payload = &hexadecimal(&Sha256::digest(body));
    let signing = Signing { credentials, region, service: "kms", payload, amz_date };
    let request = canonical::request("POST", "/", "", &signed, payload);
    Ok(signing.authorization(&canonical::signed_headers(&signed), &request))
}
