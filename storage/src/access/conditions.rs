//! What policies can ask about a request.
//!
//! Source: AWS Service Authorization Reference, "Condition keys for Amazon S3", and IAM User Guide, "AWS global condition
//! context keys".

use http::header::{AUTHORIZATION, REFERER, USER_AGENT};
use http::{Extensions, HeaderMap, Uri};
use s3s::access::S3AccessContext;
use s3s::auth::Credentials;
use s3s::{S3Request, S3Result};
use time::macros::format_description;
use time::{OffsetDateTime, PrimitiveDateTime};

use crate::answers::EncryptionAnswer;
use crate::asked::{Insecure, SignedForm, is_signed_by_version_2};
use crate::caller::Caller;
use crate::config::ACCOUNT_ID;
use crate::core::{Core, now_seconds};
use crate::policy::ConditionContext;
use crate::tags::{self, Tags};

const METHOD: &str = "x-amz-server-side-encryption";
const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";

/// Headers that policies ask about by their names.
const HEADERS: [&str; 9] = [
    METHOD,
    CUSTOMER_ALGORITHM,
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-metadata-directive",
    "x-amz-storage-class",
    "if-match",
    "if-none-match",
];

/// Parameters that policies ask about by their names.
const PARAMETERS: [&str; 3] = ["prefix", "delimiter", "max-keys"];

/// What the service noted of a request before it took it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Marks {
    is_secure: bool,
    /// The form that it stands for, if that is signed.
    form: Option<SignedForm>,
}

impl Marks {
    pub(super) fn of(extensions: &Extensions) -> Self {
        Self { is_secure: extensions.get::<Insecure>().is_none(), form: extensions.get().copied() }
    }
}

/// How a request was signed.
struct Signature {
    /// Where the signature is, as S3 calls it.
    kind: &'static str,
    version: &'static str,
    /// How long ago that was, in milliseconds, where a policy can ask.
    age: Option<i64>,
}

/// A request, as policies see it.
pub(crate) struct Request<'a> {
    pub(super) credentials: Option<&'a Credentials>,
    uri: &'a Uri,
    headers: &'a HeaderMap,
    marks: Marks,
    /// Whether the operation is one that fills or ends an upload; others take no notice of an upload's id.
    is_of_upload: bool,
}

/// The operations that fill or end an upload.
const OF_UPLOADS: [&str; 3] = ["UploadPart", "UploadPartCopy", "CompleteMultipartUpload"];

impl<'a> Request<'a> {
    pub(super) fn of(context: &'a S3AccessContext<'_>, marks: Marks) -> Self {
        let (uri, headers) = (context.uri(), context.headers());
        let is_of_upload = OF_UPLOADS.contains(&context.s3_op().name());
        Self { credentials: context.credentials(), uri, headers, marks, is_of_upload }
    }

    /// As an operation got it, with the headers that it takes for the request's.
    pub(crate) fn of_operation<T>(request: &'a S3Request<T>, headers: &'a HeaderMap) -> Self {
        let S3Request { credentials, uri, extensions, .. } = request;
        let marks = Marks::of(extensions);
        Self { credentials: credentials.as_ref(), uri, headers, marks, is_of_upload: false }
    }

    pub(super) fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
    }

    /// A parameter as operations get it: spelt like this, and there once.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        let pairs = form_urlencoded::parse(self.uri.query().unwrap_or_default().as_bytes());
        let mut values = pairs.filter(|(found, _)| found == name).map(|(_, value)| value.into_owned());
        values.next().filter(|_| values.next().is_none())
    }

    /// How the request was signed, if it was.
    ///
    /// Source: Amazon S3 API Reference, "Amazon S3 Signature Version 4 Authentication Specific Policy Keys".
    fn signature(&self) -> Option<Signature> {
        self.credentials?;
        let kind = match self.marks.form {
            Some(_) => "POST",
            None if self.headers.contains_key(AUTHORIZATION) => "REST-HEADER",
            None => "REST-QUERY-STRING",
        };
        let of_request = || is_signed_by_version_2(self.headers, self.uri);
        let is_of_version_2 = self.marks.form.map_or_else(of_request, |form| form.is_of_version_2);
        if is_of_version_2 {
            return Some(Signature { kind, version: "AWS", age: Some(0) });
        }
        Some(Signature { kind, version: "AWS4-HMAC-SHA256", age: self.age() })
    }

    /// How long ago a URL was signed, in milliseconds.
    fn age(&self) -> Option<i64> {
        let date = self.parameter("X-Amz-Date").filter(|_| self.parameter("X-Amz-Signature").is_some())?;
        let format = format_description!("[year][month][day]T[hour][minute][second]Z");
        let date = PrimitiveDateTime::parse(&date, format).ok()?.assume_utc();
        i64::try_from((OffsetDateTime::now_utc() - date).whole_milliseconds()).ok()
    }
}

impl Core {
    /// All that conditions can ask about a request, but for what is there already.
    pub(super) async fn conditions(&self, request: &Request<'_>, caller: &Caller) -> S3Result<ConditionContext> {
        let mut conditions = ConditionContext::default();
        add_transport(&mut conditions, request);
        add_caller(&mut conditions, caller);
        for name in HEADERS.into_iter().filter(|name| !self.is_passed_over(request, name)) {
            if let Some(value) = request.header(name) {
                conditions.add(&format!("s3:{name}"), value);
            }
        }
        for name in PARAMETERS {
            if let Some(value) = request.parameter(name) {
                conditions.add(&format!("s3:{name}"), value);
            }
        }
        // What is no list of tags is for the operation to refuse.
        let tags = tags::of_header(request.header("x-amz-tagging").as_deref()).unwrap_or_default();
        add_request_tags(&mut conditions, &tags);
        if let Some(name) = request.header(KMS_KEY_ID).filter(|_| !self.is_passed_over(request, KMS_KEY_ID)) {
            // Policies name keys by their ARNs, whichever of their names a request has.
            let arn = self.with_kms(|kms| kms.arn_of(&name)).await?;
            conditions.add(&format!("s3:{KMS_KEY_ID}"), arn.unwrap_or(name));
        }
        let says_nothing = request.header(METHOD).is_none() || self.is_passed_over(request, METHOD);
        if request.is_of_upload && says_nothing && request.header(CUSTOMER_ALGORITHM).is_none() {
            self.add_encryption_of_upload(&mut conditions, request).await;
        }
        Ok(conditions)
    }

    /// Whether a header says nothing, because the profile lets a part name a method: that changes nothing, the part is as its
    /// upload was begun.
    fn is_passed_over(&self, request: &Request<'_>, header: &str) -> bool {
        request.is_of_upload && [METHOD, KMS_KEY_ID].contains(&header) && self.config.profile.parts_may_name_a_method()
    }

    /// Parts, and what they are put together to, are encrypted as their upload was begun.
    async fn add_encryption_of_upload(&self, conditions: &mut ConditionContext, request: &Request<'_>) {
        let Some(id) = request.parameter("uploadId") else { return };
        let catalogue = self.catalogue.read().await;
        let Some(upload) = catalogue.uploads.get(&id) else { return };
        let answer = EncryptionAnswer::from(&upload.protection);
        let method = answer.method.map(|method| method.as_str().to_owned());
        let told = [(METHOD, method), (KMS_KEY_ID, answer.kms_key_id), (CUSTOMER_ALGORITHM, answer.customer_algorithm)];
        for (name, value) in told {
            if let Some(value) = value {
                conditions.add(&format!("s3:{name}"), value);
            }
        }
    }
}

pub(super) fn add_request_tags(conditions: &mut ConditionContext, tags: &Tags) {
    for (tag, value) in tags {
        conditions.add("s3:RequestObjectTagKeys", tag);
        conditions.add(&format!("s3:RequestObjectTag/{tag}"), value);
    }
}

pub(super) fn add_kms_key(conditions: &mut ConditionContext, arn: &str) {
    conditions.add(&format!("s3:{METHOD}"), "aws:kms");
    conditions.add(&format!("s3:{KMS_KEY_ID}"), arn);
}

fn add_transport(conditions: &mut ConditionContext, request: &Request<'_>) {
    conditions.add("aws:SecureTransport", request.marks.is_secure.to_string());
    for (key, header) in [("aws:UserAgent", USER_AGENT), ("aws:Referer", REFERER)] {
        if let Some(value) = request.header(header.as_str()) {
            conditions.add(key, value);
        }
    }
    if let Some(signature) = request.signature() {
        conditions.add("s3:authType", signature.kind);
        conditions.add("s3:signatureversion", signature.version);
        if let Some(age) = signature.age {
            conditions.add("s3:signatureAge", age.to_string());
        }
    }
    for key in ["aws:CurrentTime", "aws:EpochTime"] {
        conditions.add(key, now_seconds().to_string());
    }
    for key in ["aws:ResourceAccount", "s3:ResourceAccount"] {
        conditions.add(key, ACCOUNT_ID);
    }
}

fn add_caller(conditions: &mut ConditionContext, caller: &Caller) {
    conditions.add("aws:PrincipalType", if caller.is_anonymous() { "Anonymous" } else { "User" });
    if caller.is_anonymous() {
        conditions.add("aws:userid", "anonymous");
        return;
    }
    conditions.add("aws:PrincipalArn", caller.arn());
    conditions.add("aws:PrincipalAccount", &caller.account_id);
    conditions.add("aws:username", &caller.display_name);
    conditions.add("aws:userid", &caller.user_id);
}
