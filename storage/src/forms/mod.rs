//! Uploads by HTML forms (POST Object): a form is read up to its file, checked against its policy and its signature, and
//! turned into the `PutObject` that it stands for, so that what is stored and what is refused are the same either way.
//!
//! Source: Amazon S3 API Reference, "POST Object" and "Authenticating requests: browser-based uploads using POST"; refusals
//! as Amazon was recorded to give them.

mod answer;
mod fields;
mod policy;
mod put;
mod signature;

use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Request, StatusCode};
use s3s::{Body, S3Error, S3ErrorCode, S3Result};

use crate::asked::{KmsRefused, SignedForm};
use crate::core::Core;
use crate::encryption::{Refusal, add_elements, request};

pub(crate) use answer::Answer;

/// A form as the write of an object, and how its sender wants to be answered.
pub(crate) struct Upload {
    /// The write.
    pub(crate) put: Request<Body>,
    /// The answer that was asked for.
    pub(crate) answer: Answer,
}

/// The upload that a form stands for. `secure` says whether nobody can have read along.
///
/// # Errors
/// What S3 answers to a form that it does not take.
pub(crate) async fn upload(core: &Core, bucket: &str, head: Parts, body: Body, secure: bool) -> S3Result<Upload> {
    let form = fields::read(multipart_boundary(&head)?, body).await?;
    let signer = signature::signer(core, &form)?;
    let is_of_version_2 = form.field("x-amz-signature").is_none() && form.field("signature").is_some();
    let profile = core.config.profile;
    let limits = match form.field("policy").filter(|_| signer.is_some()) {
        Some(policy) => {
            policy::Policy::parse(policy)?.check(&form, bucket, profile, time::OffsetDateTime::now_utc())?
        }
        None => None,
    };
    let answer = Answer::asked_for(&form, bucket);
    let mut put = put::request(head, form, limits, signer, &core.config.region)?;
    let is_refused_by_kms = is_of_version_2 && !profile.kms_takes_signature_version_2();
    if is_refused_by_kms && secure {
        put.extensions_mut().insert(KmsRefused(Refusal::KmsWithoutVersion4));
    }
    if signer.is_some() {
        put.extensions_mut().insert(SignedForm { is_of_version_2 });
    }
    if is_refused_by_kms && request::asks_for_kms(put.headers()) {
        return Err(Refusal::KmsWithoutVersion4.into());
    }
    match request::insecure(put.headers()) {
        Some(refusal) if !secure => Err(refusal.into()),
        _ => Ok(Upload { put, answer }),
    }
}

/// The boundary between the parts of a form.
fn multipart_boundary(head: &Parts) -> S3Result<String> {
    let kind = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(kind).map_err(|error| match error {
        multer::Error::NoBoundary => fields::malformed(),
        _ => another_encoding(),
    })
}

/// What is no form, where only forms are taken.
fn another_encoding() -> S3Error {
    let text = "At least one of the pre-conditions you specified did not hold";
    let mut error = S3Error::with_message(S3ErrorCode::PreconditionFailed, text);
    let condition = "Bucket POST must be of the enclosure-type multipart/form-data";
    add_elements(&mut error, [("Condition", condition.to_owned())]);
    error
}

/// A refusal of one field of a form.
fn invalid_argument(message: String, name: &str, value: &str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::InvalidArgument, message);
    error.set_status_code(StatusCode::BAD_REQUEST);
    add_elements(&mut error, [("ArgumentName", name.to_owned()), ("ArgumentValue", value.to_owned())]);
    error
}

/// The refusal of a form that lacks a field, or has it behind the file.
fn missing(name: &str) -> S3Error {
    let message = format!(
        "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    );
    invalid_argument(message, name, "")
}
