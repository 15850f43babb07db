//! S3's actions, as policies name them, and which condition keys each knows.
//!
//! Source: AWS Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". All of them are here,
//! also those whose operations are not simulated: policies that name them are valid.

use super::matches_pattern;

/// What an action is done with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Bucket,
    Object,
}

const OF_BUCKETS: &[&str] = &[
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "DeleteBucketWebsite",
    "GetAccelerateConfiguration",
    "GetAnalyticsConfiguration",
    "GetBucketAcl",
    "GetBucketCORS",
    "GetBucketLocation",
    "GetBucketLogging",
    "GetBucketNotification",
    "GetBucketObjectLockConfiguration",
    "GetBucketOwnershipControls",
    "GetBucketPolicy",
    "GetBucketPolicyStatus",
    "GetBucketPublicAccessBlock",
    "GetBucketRequestPayment",
    "GetBucketTagging",
    "GetBucketVersioning",
    "GetBucketWebsite",
    "GetEncryptionConfiguration",
    "GetIntelligentTieringConfiguration",
    "GetInventoryConfiguration",
    "GetLifecycleConfiguration",
    "GetMetricsConfiguration",
    "GetReplicationConfiguration",
    "ListBucket",
    "ListBucketMultipartUploads",
    "ListBucketVersions",
    "PutAccelerateConfiguration",
    "PutAnalyticsConfiguration",
    "PutBucketAcl",
    "PutBucketCORS",
    "PutBucketLogging",
    "PutBucketNotification",
    "PutBucketObjectLockConfiguration",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketRequestPayment",
    "PutBucketTagging",
    "PutBucketVersioning",
    "PutBucketWebsite",
    "PutEncryptionConfiguration",
    "PutIntelligentTieringConfiguration",
    "PutInventoryConfiguration",
    "PutLifecycleConfiguration",
    "PutMetricsConfiguration",
    "PutReplicationConfiguration",
];

const OF_OBJECTS: &[&str] = &[
    "AbortMultipartUpload",
    "BypassGovernanceRetention",
    "DeleteObject",
    "DeleteObjectTagging",
    "DeleteObjectVersion",
    "DeleteObjectVersionTagging",
    "GetObject",
    "GetObjectAcl",
    "GetObjectAttributes",
    "GetObjectLegalHold",
    "GetObjectRetention",
    "GetObjectTagging",
    "GetObjectTorrent",
    "GetObjectVersion",
    "GetObjectVersionAcl",
    "GetObjectVersionAttributes",
    "GetObjectVersionForReplication",
    "GetObjectVersionTagging",
    "GetObjectVersionTorrent",
    "InitiateReplication",
    "ListMultipartUploadParts",
    "ObjectOwnerOverrideToBucketOwner",
    "PutObject",
    "PutObjectAcl",
    "PutObjectLegalHold",
    "PutObjectRetention",
    "PutObjectTagging",
    "PutObjectVersionAcl",
    "PutObjectVersionTagging",
    "ReplicateDelete",
    "ReplicateObject",
    "ReplicateTags",
    "RestoreObject",
    "UpdateObjectEncryption",
];

/// The condition keys that only some actions know, with patterns of those; other keys of S3's are known by all.
const OF_SOME: &[(&str, &[&str])] = &[
    ("s3:prefix", &["ListBucket", "ListBucketVersions"]),
    ("s3:delimiter", &["ListBucket", "ListBucketVersions"]),
    ("s3:max-keys", &["ListBucket", "ListBucketVersions"]),
    ("s3:versionid", &["*ObjectVersion*", "PutObject", "GetObject"]),
    ("s3:x-amz-server-side-encryption", &["PutObject", "ReplicateObject", "UpdateObjectEncryption"]),
    ("s3:x-amz-server-side-encryption-aws-kms-key-id", &["PutObject", "ReplicateObject", "UpdateObjectEncryption"]),
    ("s3:x-amz-server-side-encryption-customer-algorithm", &["PutObject", "GetObject*", "ReplicateObject"]),
    ("s3:x-amz-copy-source", &["PutObject"]),
    ("s3:x-amz-metadata-directive", &["PutObject"]),
    ("s3:x-amz-storage-class", &["PutObject", "ReplicateObject"]),
    ("s3:x-amz-acl", &["PutObject*", "CreateBucket", "PutBucketAcl"]),
    ("s3:if-match", &["PutObject", "DeleteObject*"]),
    ("s3:if-none-match", &["PutObject"]),
    ("s3:locationconstraint", &["CreateBucket"]),
    ("s3:requestobjecttagkeys", &["PutObject*"]),
];

/// As [`OF_SOME`], of keys that end with the key of a tag.
const OF_TAGS: &[(&str, &[&str])] = &[
    (
        "s3:existingobjecttag/",
        &[
            "GetObject",
            "GetObjectVersion",
            "GetObject*Acl",
            "GetObject*Tagging",
            "GetObject*Attributes",
            "DeleteObject*",
            "PutObject*Acl",
            "PutObject*Tagging",
            "RestoreObject",
        ],
    ),
    ("s3:requestobjecttag/", &["PutObject", "PutObjectTagging", "PutObjectVersionTagging"]),
];

/// Keys of S3's that all of its actions know.
const OF_ALL: &[&str] = &[
    "s3:authtype",
    "s3:resourceaccount",
    "s3:signatureage",
    "s3:signatureversion",
    "s3:tlsversion",
    "s3:x-amz-content-sha256",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
    "s3:accesspointnetworkorigin",
    "s3:accessgrantsinstancearn",
    "s3:inventoryaccessibleoptionalfields",
    "s3:jobsuspendedcause",
    "s3:object-lock-legal-hold",
    "s3:object-lock-mode",
    "s3:object-lock-remaining-retention-days",
    "s3:object-lock-retain-until-date",
    "s3:x-amz-grant-full-control",
    "s3:x-amz-grant-read",
    "s3:x-amz-grant-read-acp",
    "s3:x-amz-grant-write",
    "s3:x-amz-grant-write-acp",
    "s3:x-amz-object-ownership",
    "s3:x-amz-website-redirect-location",
];

/// The actions that a policy's pattern is about, without the service's name.
pub(super) fn matching(pattern: &str) -> Vec<(&'static str, Kind)> {
    let pattern = pattern.to_ascii_lowercase();
    let Some(pattern) = pattern.strip_prefix("s3:").or((pattern == "*").then_some("*")) else { return Vec::new() };
    let of = |names: &'static [&'static str], kind| names.iter().map(move |name| (*name, kind));
    let all = of(OF_BUCKETS, Kind::Bucket).chain(of(OF_OBJECTS, Kind::Object));
    all.filter(|(name, _)| matches_pattern(pattern, &name.to_ascii_lowercase())).collect()
}

/// Whether a condition key is one that S3 knows.
pub(super) fn is_condition_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    key.starts_with("aws:")
        || OF_ALL.contains(&key.as_str())
        || OF_SOME.iter().any(|(name, _)| *name == key)
        || OF_TAGS.iter().any(|(start, _)| key.starts_with(start))
}

/// Whether an action knows a condition key.
pub(super) fn knows(action: &str, key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let of_some = OF_SOME.iter().find(|(name, _)| *name == key);
    let of_tags = || OF_TAGS.iter().find(|(start, _)| key.starts_with(start));
    of_some.or_else(of_tags).is_none_or(|(_, actions)| actions.iter().any(|pattern| matches_pattern(pattern, action)))
}
