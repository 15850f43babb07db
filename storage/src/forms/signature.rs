//! Who signed a form: the signature is over its policy, by Signature Version 4 or 2.

use s3s::{S3Error, S3ErrorCode, S3Result};
use s3s_sigv4::{AmzDate, CredentialV4};
use subtle::ConstantTimeEq;

use super::fields::Form;
use super::{invalid_argument, missing};
use crate::caller::unknown_access_key;
use crate::config::Credential;
use crate::core::Core;
use crate::encryption::add_elements;
use crate::signatures::MISMATCH;
use crate::signatures::text::spaced_hex;

/// The credential that signed a form, or none where nobody did.
///
/// # Errors
/// A signature that is not whole, by an unknown key, or not the policy's.
pub(super) fn signer<'a>(core: &'a Core, form: &Form) -> S3Result<Option<&'a Credential>> {
    let has = |names: &[&str]| names.iter().any(|name| form.field(name).is_some());
    if has(&["x-amz-signature", "x-amz-algorithm", "x-amz-credential", "x-amz-date"]) {
        by_version_4(core, form).map(Some)
    } else if has(&["signature", "awsaccesskeyid"]) {
        by_version_2(core, form).map(Some)
    } else {
        Ok(None)
    }
}

fn by_version_4<'a>(core: &'a Core, form: &Form) -> S3Result<&'a Credential> {
    let signature = required(form, "X-Amz-Signature")?;
    let algorithm = required(form, "X-Amz-Algorithm")?;
    let scope = required(form, "X-Amz-Credential")?;
    let date = required(form, "X-Amz-Date")?;
    let policy = required(form, "Policy")?;
    if algorithm != "AWS4-HMAC-SHA256" {
        let text = "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"";
        return Err(invalid_argument(text.to_owned(), "X-Amz-Algorithm", algorithm));
    }
    let parsed = CredentialV4::parse(scope).ok().filter(|scope| scope.aws_service == "s3");
    let parsed = parsed.ok_or_else(|| {
        let text = "the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".";
        invalid_argument(text.to_owned(), "X-Amz-Credential", scope)
    })?;
    let date = AmzDate::parse(date).map_err(|_| {
        let text = "X-Amz-Date must be formatted via ISO8601 Long format";
        invalid_argument(text.to_owned(), "X-Amz-Date", date)
    })?;
    let known = credential(core, parsed.access_key_id)?;
    let (region, service) = (parsed.aws_region, parsed.aws_service);
    let computed = s3s_sigv4::calculate_signature(policy, &known.secret_key, &date, region, service);
    verified(known, policy, signature, &computed)
}

fn by_version_2<'a>(core: &'a Core, form: &Form) -> S3Result<&'a Credential> {
    let signature = required(form, "Signature")?;
    let access_key = required(form, "AWSAccessKeyId")?;
    let policy = required(form, "Policy")?;
    let known = credential(core, access_key)?;
    verified(known, policy, signature, &s3s_sigv2::calculate_signature(&known.secret_key, policy))
}

fn required<'a>(form: &'a Form, name: &str) -> S3Result<&'a str> {
    form.field(name).ok_or_else(|| missing(name))
}

fn credential<'a>(core: &'a Core, access_key: &str) -> S3Result<&'a Credential> {
    core.config.credential(access_key).ok_or_else(|| unknown_access_key(access_key))
}

fn verified<'a>(known: &'a Credential, policy: &str, provided: &str, computed: &str) -> S3Result<&'a Credential> {
    if bool::from(provided.as_bytes().ct_eq(computed.as_bytes())) {
        return Ok(known);
    }
    let mut error = S3Error::with_message(S3ErrorCode::SignatureDoesNotMatch, MISMATCH);
    let elements = [
        ("AWSAccessKeyId", known.access_key.clone()),
        ("StringToSign", policy.to_owned()),
        ("SignatureProvided", provided.to_owned()),
        ("StringToSignBytes", spaced_hex(policy)),
    ];
    add_elements(&mut error, elements);
    Err(error)
}
