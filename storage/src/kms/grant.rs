//! Grants: permissions on one key for one principal, beside the key's policy.
//!
//! Source: AWS KMS Developer Guide, "Grants in AWS KMS".

use serde::{Deserialize, Serialize};

use super::Context;
use super::grant_token::TokenKey;

/// The operations that grants can be for. Source: AWS KMS API Reference, `GrantListEntry`.
pub(super) const OPERATIONS: [&str; 17] = [
    "Decrypt",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncryptFrom",
    "ReEncryptTo",
    "Sign",
    "Verify",
    "GetPublicKey",
    "CreateGrant",
    "RetireGrant",
    "DescribeKey",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "VerifyMac",
    "DeriveSharedSecret",
];

/// The operations that a symmetric key is not for. Source: AWS KMS Developer Guide, "Grant operations".
pub(super) const NOT_SYMMETRIC: [&str; 6] =
    ["Sign", "Verify", "GetPublicKey", "GenerateMac", "VerifyMac", "DeriveSharedSecret"];

/// A grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Grant {
    pub(super) id: String,
    /// What its tokens are made with.
    pub(super) key: TokenKey,
    pub(super) name: Option<String>,
    /// The ARN of who may.
    pub(super) grantee: String,
    /// The ARN of who may take it back.
    pub(super) retiring: Option<String>,
    pub(super) operations: Vec<String>,
    pub(super) constraints: Constraints,
    /// When it was made, in Unix seconds.
    pub(super) created: u64,
}

/// For which encryption contexts a grant is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Constraints {
    #[serde(rename = "EncryptionContextSubset", default, skip_serializing_if = "Option::is_none")]
    pub(super) subset: Option<Context>,
    #[serde(rename = "EncryptionContextEquals", default, skip_serializing_if = "Option::is_none")]
    pub(super) equals: Option<Context>,
}

impl Grant {
    /// Whether the grant lets a principal do something. A constraint is of cryptographic operations only: they have a
    /// context.
    pub(super) fn allows(&self, principal: &str, operation: &str, context: Option<&Context>) -> bool {
        self.grantee == principal
            && self.operations.iter().any(|granted| granted == operation)
            && context.is_none_or(|context| self.constraints.hold(context))
    }

    /// Whether a grant that is for `CreateGrant` is for making another: one of no more operations, under a constraint that is as
    /// strict.
    pub(super) fn may_give(&self, other: &Self) -> bool {
        other.operations.iter().all(|operation| self.operations.contains(operation))
            && self.constraints.are_kept_by(&other.constraints)
    }

    /// Whether the grant itself lets a principal retire it.
    pub(super) fn may_be_retired_by(&self, principal: &str) -> bool {
        self.retiring.as_deref() == Some(principal) || self.allows(principal, "RetireGrant", None)
    }
}

impl Constraints {
    /// Whether whatever holds under the others holds under these.
    fn are_kept_by(&self, others: &Self) -> bool {
        let whole = |equals: &Context| others.equals.as_ref() == Some(equals);
        let part = |subset: &Context| {
            let given = others.equals.as_ref().or(others.subset.as_ref());
            given.is_some_and(|given| subset.iter().all(|(name, value)| given.get(name) == Some(value)))
        };
        self.equals.as_ref().is_none_or(whole) && self.subset.as_ref().is_none_or(part)
    }

    fn hold(&self, context: &Context) -> bool {
        let has = |(name, value): (&String, &String)| context.get(name) == Some(value);
        self.equals.as_ref().is_none_or(|equals| equals == context)
            && self.subset.as_ref().is_none_or(|subset| subset.iter().all(has))
    }
}
