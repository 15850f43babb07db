//! Key policies: each key has one, named `default`.

use serde_json::json;

use super::super::authorize::{Asked, conditions};
use super::super::key::Manager;
use super::super::{Call, Kms, KmsError};
use super::{Input, Outcome};
use crate::policy::{ConditionContext, Policy, Verdict};

const NAME: &str = "default";
const BYPASS: &str = "kms:BypassPolicyLockoutSafetyCheck";
/// The longest policy, in bytes.
const MAX_LENGTH: usize = 32 * 1024;

impl Kms {
    pub(super) fn json_get_policy(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        check_name(input)?;
        let id = self.asked_key(call, input, "GetKeyPolicy")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        Ok(json!({ "Policy": key.policy, "PolicyName": NAME }).into())
    }

    pub(super) fn json_put_policy(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        if input.text("PolicyName")?.as_deref() == Some("AWS_RAM") {
            return Err(KmsError::validation("The AWS_RAM policy can only be managed by the RAM service."));
        }
        check_name(input)?;
        let policy = input.required("Policy")?;
        let id = self.asked_key(call, input, Asked::with("PutKeyPolicy", &put(input)?))?;
        let arn = self.arn(&id);
        if self.state.keys.get(&id).is_some_and(|key| key.manager == Manager::Aws) {
            let message = format!("{arn} is managed by AWS, its policy cannot be changed.");
            return Err(KmsError::new("UnsupportedOperationException", message));
        }
        self.check_new_policy(call, input, &id, &policy)?;
        self.changed_key(&id)?.policy = policy;
        Ok(json!({}).into())
    }

    pub(super) fn json_list_policies(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        self.asked_key(call, input, "ListKeyPolicies")?;
        Ok(input.page("PolicyNames", &[NAME.into()], (100, 1000))?.into())
    }

    /// Checks that a text is a policy, and one that does not lock its author out, unless they want that.
    pub(super) fn check_new_policy(
        &self,
        call: &Call<'_>,
        input: &Input,
        id: &str,
        policy: &str,
    ) -> Result<(), KmsError> {
        if policy.len() > MAX_LENGTH {
            return Err(KmsError::new("LimitExceededException", "The policy is longer than 32768 bytes.".to_owned()));
        }
        Policy::parse(policy).map_err(|error| malformed(&error.to_string()))?;
        if input.flag("BypassPolicyLockoutSafetyCheck")? {
            return Ok(());
        }
        // Whether the next one would get through, which is put as anybody puts them.
        let next = conditions([(BYPASS, "false".to_owned()), ("kms:PolicyName", NAME.to_owned())]);
        match self.verdict(call, id, policy, Asked::with("PutKeyPolicy", &next))? {
            Verdict::Allowed | Verdict::AccountAllowed => Ok(()),
            Verdict::Silent | Verdict::Denied => {
                Err(malformed("The new key policy will not allow you to update the key policy in the future."))
            }
        }
    }
}

/// What conditions can ask about a request to put a policy.
fn put(input: &Input) -> Result<ConditionContext, KmsError> {
    let bypasses = input.flag("BypassPolicyLockoutSafetyCheck")?;
    Ok(conditions([(BYPASS, bypasses.to_string()), ("kms:PolicyName", NAME.to_owned())]))
}

fn check_name(input: &Input) -> Result<(), KmsError> {
    match input.text("PolicyName")? {
        Some(other) if other != NAME => Err(KmsError::not_found("No such policy exists".to_owned())),
        _ => Ok(()),
    }
}

fn malformed(message: &str) -> KmsError {
    KmsError::new("MalformedPolicyDocumentException", message.to_owned())
}
