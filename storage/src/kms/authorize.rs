//! Who may do what with a key: its policy, then its grants. S3 acts for a caller with the caller's rights, not its own.
//!
//! Identities have no policies of their own here: each may do everything in its account. So a key policy that lets the
//! account in lets them in, and one that does not is all that counts, as on KMS.
//! Source: AWS KMS Developer Guide, "Determining access to AWS KMS keys".

use super::grant::Grant;
use super::names::alias_in;
use super::{Call, Context, Kms, KmsError};
use crate::policy::{Access, ConditionContext, Policy, Verdict};

/// What is asked of a key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    /// The operation, as policies and grants name it.
    pub(super) operation: &'a str,
    /// The encryption context, where the operation has one.
    pub(super) context: Option<&'a Context>,
    /// The name that the request has the key by.
    pub(super) name: Option<&'a str>,
    /// What else of the request conditions can ask about.
    pub(super) further: Option<&'a ConditionContext>,
    /// The grant that is to be made.
    pub(super) grant: Option<&'a Grant>,
}

impl<'a> Asked<'a> {
    /// A cryptographic operation.
    pub(super) const fn under(operation: &'a str, context: &'a Context) -> Self {
        Self { operation, context: Some(context), name: None, further: None, grant: None }
    }

    /// An operation without an encryption context, and what conditions can ask about it.
    pub(super) const fn with(operation: &'a str, further: &'a ConditionContext) -> Self {
        Self { operation, context: None, name: None, further: Some(further), grant: None }
    }

    /// The same, of a key that the request has by a name, if it has one.
    pub(super) const fn by_name(self, name: Option<&'a str>) -> Self {
        Self { name, ..self }
    }
}

impl<'a> From<&'a str> for Asked<'a> {
    /// An operation that nothing else is to be known of.
    fn from(operation: &'a str) -> Self {
        Self { operation, context: None, name: None, further: None, grant: None }
    }
}

/// What conditions can ask about: each key with its value.
pub(super) fn conditions<'a>(values: impl IntoIterator<Item = (&'a str, String)>) -> ConditionContext {
    let mut conditions = ConditionContext::default();
    for (key, value) in values {
        conditions.add(key, value);
    }
    conditions
}

/// The policy that keys have where none was given: the account, and so its users, may do everything.
pub(super) fn default_policy(account_id: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Id": "key-default-1",
        "Statement": [{
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": { "AWS": format!("arn:aws:iam::{account_id}:root") },
            "Action": "kms:*",
            "Resource": "*",
        }],
    })
    .to_string()
}

/// The policy of the key that S3 makes for itself: for everybody in the account, through S3 only.
pub(super) fn s3_policy(account_id: &str, region: &str) -> String {
    serde_json::json!({
        "Version": "2012-10-17",
        "Id": "auto-s3-2",
        "Statement": [
            {
                "Sid": "Allow access through S3 for all principals in the account that are authorized to use S3",
                "Effect": "Allow",
                "Principal": { "AWS": "*" },
                "Action": [
                    "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey",
                ],
                "Resource": "*",
                "Condition": { "StringEquals": {
                    "kms:CallerAccount": account_id, "kms:ViaService": format!("s3.{region}.amazonaws.com"),
                } },
            },
            {
                "Sid": "Allow direct access to key metadata to the account",
                "Effect": "Allow",
                "Principal": { "AWS": format!("arn:aws:iam::{account_id}:root") },
                "Action": ["kms:Describe*", "kms:Get*", "kms:List*"],
                "Resource": "*",
            },
        ],
    })
    .to_string()
}

impl Kms {
    /// Checks that the caller may do something with a key.
    pub(super) fn authorize(&self, call: &Call<'_>, id: &str, asked: Asked<'_>) -> Result<(), KmsError> {
        let key = self.state.keys.get(id).ok_or_else(KmsError::internal)?;
        let by_grant = || {
            let allows = |it: &&Grant| it.allows(&call.caller.arn(), asked.operation, asked.context);
            key.grants.iter().filter(allows).any(|it| asked.grant.is_none_or(|given| it.may_give(given)))
        };
        match self.verdict(call, id, &key.policy, asked)? {
            Verdict::Denied => {
                Err(self.denied(call, id, asked.operation, "with an explicit deny in a resource-based policy"))
            }
            Verdict::Allowed => Ok(()),
            Verdict::AccountAllowed if call.caller.account_id == self.account_id => Ok(()),
            _ if by_grant() => Ok(()),
            _ => {
                let because = format!("because no resource-based policy allows the kms:{} action", asked.operation);
                Err(self.denied(call, id, asked.operation, &because))
            }
        }
    }

    /// What a key policy, the key's own or one that is to be, says of a call.
    pub(super) fn verdict(
        &self,
        call: &Call<'_>,
        id: &str,
        policy: &str,
        asked: Asked<'_>,
    ) -> Result<Verdict, KmsError> {
        let policy = Policy::parse(policy).map_err(|_| KmsError::internal())?;
        let (arn, action) = (call.caller.arn(), format!("kms:{}", asked.operation));
        Ok(policy.evaluate(&Access {
            principal: &arn,
            account: &call.caller.account_id,
            action: &action,
            resource: &self.arn(id),
            context: &self.conditions(call, id, asked),
        }))
    }

    /// All that conditions can ask about. Source: AWS Service Authorization Reference, "Condition keys for AWS Key Management
    /// Service", and IAM User Guide, "AWS global condition context keys".
    fn conditions(&self, call: &Call<'_>, id: &str, asked: Asked<'_>) -> ConditionContext {
        let mut conditions = asked.further.cloned().unwrap_or_default();
        add_call(&mut conditions, call);
        conditions.add("aws:RequestedRegion", &self.region);
        if call.via_s3 {
            conditions.add("kms:ViaService", format!("s3.{}.amazonaws.com", self.region));
        }
        self.add_key(&mut conditions, id);
        if let Some(alias) = asked.name.and_then(alias_in) {
            conditions.add("kms:RequestAlias", alias);
        }
        if let Some(context) = asked.context {
            conditions.add("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
            add_context(&mut conditions, context);
        }
        conditions
    }

    fn add_key(&self, conditions: &mut ConditionContext, id: &str) {
        conditions.add("kms:KeyOrigin", "AWS_KMS");
        conditions.add("kms:KeySpec", "SYMMETRIC_DEFAULT");
        conditions.add("kms:KeyUsage", "ENCRYPT_DECRYPT");
        conditions.add("kms:MultiRegion", "false");
        for (alias, _) in self.state.aliases.iter().filter(|(_, alias)| alias.target == id) {
            conditions.add("kms:ResourceAliases", alias);
        }
        for (name, value) in self.state.keys.get(id).into_iter().flat_map(|key| &key.tags) {
            conditions.add(&format!("aws:ResourceTag/{name}"), value);
        }
    }

    fn denied(&self, call: &Call<'_>, id: &str, operation: &str, reason: &str) -> KmsError {
        let (user, arn) = (call.caller.arn(), self.arn(id));
        let message = format!("User: {user} is not authorized to perform: kms:{operation} on resource: {arn} {reason}");
        KmsError::new("AccessDeniedException", message)
    }
}

fn add_call(conditions: &mut ConditionContext, call: &Call<'_>) {
    conditions.add("aws:PrincipalArn", call.caller.arn());
    conditions.add("aws:PrincipalAccount", &call.caller.account_id);
    conditions.add("aws:PrincipalType", "User");
    conditions.add("aws:userid", &call.caller.user_id);
    conditions.add("aws:username", &call.caller.display_name);
    conditions.add("aws:CurrentTime", call.now.to_string());
    conditions.add("aws:EpochTime", call.now.to_string());
    conditions.add("aws:SecureTransport", call.is_secure.to_string());
    conditions.add("kms:CallerAccount", &call.caller.account_id);
}

/// Adds an encryption context, that of a request or that of a grant's constraint.
pub(super) fn add_context(conditions: &mut ConditionContext, context: &Context) {
    for (name, value) in context {
        conditions.add(&format!("kms:EncryptionContext:{name}"), value);
        conditions.add("kms:EncryptionContextKeys", name);
    }
}
