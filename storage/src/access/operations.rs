//! Which actions, as policies name them, an operation is.
//!
//! Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".

use http::HeaderMap;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::conditions::Request;

/// Operations on an object's data, and their actions without and with a version's id.
const OF_VERSIONS: &[(&str, &str, &str)] = &[
    ("DeleteObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    ("DeleteObjectTagging", "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"),
    ("GetObject", "s3:GetObject", "s3:GetObjectVersion"),
    ("GetObjectAttributes", "s3:GetObject", "s3:GetObjectVersion"),
    ("GetObjectTagging", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"),
    ("HeadObject", "s3:GetObject", "s3:GetObjectVersion"),
];

/// All others.
const OTHERS: &[(&str, &str)] = &[
    ("AbortMultipartUpload", "s3:AbortMultipartUpload"),
    ("CompleteMultipartUpload", "s3:PutObject"),
    ("CopyObject", "s3:PutObject"),
    ("CreateMultipartUpload", "s3:PutObject"),
    ("DeleteBucket", "s3:DeleteBucket"),
    ("DeleteBucketCors", "s3:PutBucketCORS"),
    ("DeleteBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("DeleteBucketPolicy", "s3:DeleteBucketPolicy"),
    ("DeleteBucketTagging", "s3:PutBucketTagging"),
    ("DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("GetBucketCors", "s3:GetBucketCORS"),
    ("GetBucketEncryption", "s3:GetEncryptionConfiguration"),
    ("GetBucketLocation", "s3:GetBucketLocation"),
    ("GetBucketPolicy", "s3:GetBucketPolicy"),
    ("GetBucketPolicyStatus", "s3:GetBucketPolicyStatus"),
    ("GetBucketTagging", "s3:GetBucketTagging"),
    ("GetBucketVersioning", "s3:GetBucketVersioning"),
    ("GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock"),
    ("HeadBucket", "s3:ListBucket"),
    ("ListMultipartUploads", "s3:ListBucketMultipartUploads"),
    ("ListObjectVersions", "s3:ListBucketVersions"),
    ("ListObjects", "s3:ListBucket"),
    ("ListObjectsV2", "s3:ListBucket"),
    ("ListParts", "s3:ListMultipartUploadParts"),
    ("PostObject", "s3:PutObject"),
    ("PutBucketCors", "s3:PutBucketCORS"),
    ("PutBucketEncryption", "s3:PutEncryptionConfiguration"),
    ("PutBucketPolicy", "s3:PutBucketPolicy"),
    ("PutBucketTagging", "s3:PutBucketTagging"),
    ("PutBucketVersioning", "s3:PutBucketVersioning"),
    ("PutObject", "s3:PutObject"),
    ("PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock"),
    ("UploadPart", "s3:PutObject"),
    ("UploadPartCopy", "s3:PutObject"),
];

/// Operations that ask for themselves: what policies can ask about is in their bodies.
const BY_THEMSELVES: &[&str] = &["DeleteObjects", "PutObjectTagging", "UpdateObjectEncryption"];

/// The action of operations that nobody answers.
const UNKNOWN: &str = "s3:";

/// The actions that a caller has to be allowed; of an operation that is not simulated, one that only `s3:*` matches.
pub(super) fn actions(operation: &str, has_version: bool, request: &Request<'_>) -> Vec<&'static str> {
    let mut actions = Vec::new();
    if let Some((_, newest, version)) = OF_VERSIONS.iter().find(|(name, ..)| *name == operation) {
        actions.push(if has_version { *version } else { *newest });
    } else if let Some((_, action)) = OTHERS.iter().find(|(name, _)| *name == operation) {
        actions.push(*action);
    } else if !BY_THEMSELVES.contains(&operation) {
        actions.push(UNKNOWN);
    }
    if operation == "GetObjectAttributes" {
        actions.push(if has_version { "s3:GetObjectVersionAttributes" } else { "s3:GetObjectAttributes" });
    }
    let is_write = ["PutObject", "CopyObject", "CreateMultipartUpload"].contains(&operation);
    if is_write && request.header("x-amz-tagging").is_some() {
        actions.push("s3:PutObjectTagging");
    }
    actions
}

/// Whether an operation reads another object than the one in its path.
pub(super) fn is_copy(operation: &str) -> bool {
    ["CopyObject", "UploadPartCopy"].contains(&operation)
}

/// Whether an operation tells of an object that is not there.
pub(super) fn is_read(operation: &str) -> bool {
    ["GetObject", "HeadObject", "GetObjectAttributes"].contains(&operation)
}

/// Refuses access control lists: buckets own their objects, as all have from the start since April 2023.
pub(super) fn check_acl(operation: &str, headers: &HeaderMap) -> S3Result<()> {
    let is_write = ["PutObject", "CopyObject", "CreateMultipartUpload"].contains(&operation);
    let is_grant = |name: &http::HeaderName| name.as_str().starts_with("x-amz-grant-");
    let canned = headers.get("x-amz-acl").map(http::HeaderValue::as_bytes);
    let is_owners = canned.is_none_or(|canned| [&b"private"[..], b"bucket-owner-full-control"].contains(&canned));
    if !is_write || is_owners && !headers.keys().any(is_grant) {
        return Ok(());
    }
    let code = S3ErrorCode::Custom("AccessControlListNotSupported".into());
    let mut error = S3Error::with_message(code, "The bucket does not allow ACLs");
    error.set_status_code(http::StatusCode::BAD_REQUEST);
    Err(error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::bucket::{Account, parse};

    /// The operations that are simulated, as the protocol crate names them.
    fn simulated() -> Vec<String> {
        let (_, table) = include_str!("../ops/mod.rs").split_once("\noperations! {").expect("the table");
        let names = table.lines().filter_map(|line| Some(line.trim().split_once("Input)")?.0.split_once('(')?.1));
        names.map(str::to_owned).collect()
    }

    #[test]
    fn a_form_is_a_write() {
        assert!(OTHERS.contains(&("PostObject", "s3:PutObject")));
        assert!(!BY_THEMSELVES.contains(&"PostObject"));
    }

    #[test]
    fn every_operation_that_is_simulated_is_an_action_that_policies_can_name() {
        let simulated = simulated();
        assert!(simulated.len() >= 40, "{simulated:?}");
        for name in simulated {
            // These need no bucket that could have a policy.
            if ["CreateBucket", "ListBuckets"].contains(&name.as_str()) || BY_THEMSELVES.contains(&name.as_str()) {
                continue;
            }
            let of_versions = OF_VERSIONS.iter().filter(|(operation, ..)| *operation == name);
            let others = OTHERS.iter().filter(|(operation, _)| *operation == name).map(|(_, action)| *action);
            let actions: Vec<&str> = of_versions.flat_map(|(_, one, other)| [*one, *other]).chain(others).collect();
            assert!(!actions.is_empty(), "{name} has no action");
            for action in actions {
                let policy = format!(
                    r#"{{"Statement":{{"Effect":"Deny","Principal":"*","Action":"{action}","Resource":"arn:aws:s3:::demo*"}}}}"#
                );
                let account = Account { id: "111122223333", users: &[] };
                assert!(parse(&policy, "demo", account).is_ok(), "{action} is no action");
            }
        }
    }
}
