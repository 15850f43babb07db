//! Grants: given, listed, taken back.
//!
//! They hold at once. The grant tokens that callers may send along, to bridge the minutes that KMS takes, have to be such.

use serde_json::{Value, json};

use super::super::authorize::{Asked, add_context, conditions};
use super::super::grant::{Constraints, Grant, NOT_SYMMETRIC, OPERATIONS};
use super::super::grant_token::{self, TokenKey};
use super::super::{Call, Kms, KmsError, random};
use super::crypto::check_dry_run;
use super::{Input, Outcome};
use crate::policy::ConditionContext;

/// The operations that take grant tokens.
const TAKING_TOKENS: [&str; 7] = [
    "CreateGrant",
    "Decrypt",
    "DescribeKey",
    "Encrypt",
    "GenerateDataKey",
    "GenerateDataKeyWithoutPlaintext",
    "ReEncrypt",
];

impl Kms {
    pub(super) fn json_create_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let grant = new_grant(call, input)?;
        let further = asked_of(&grant);
        let asked = Asked { grant: Some(&grant), ..Asked::with("CreateGrant", &further) };
        let id = self.usable_key(call, &input.required("KeyId")?, asked)?;
        check_dry_run(input)?;
        let grants = &mut self.changed_key(&id)?.grants;
        // Asked for again under the same name, the same grant is given again, by another token.
        if let Some(known) = grants.iter().find(|known| known.name.is_some() && is_same(known, &grant)) {
            return Ok(json!({ "GrantId": known.id, "GrantToken": known.key.token(&known.id)? }).into());
        }
        let output = json!({ "GrantId": grant.id, "GrantToken": grant.key.token(&grant.id)? });
        grants.push(grant);
        Ok(output.into())
    }

    /// Checks that the tokens that are sent along are of grants. Grants hold at once here, so a token changes nothing.
    pub(super) fn check_grant_tokens(&self, operation: &str, input: &Input) -> Result<(), KmsError> {
        if TAKING_TOKENS.contains(&operation) {
            for token in input.texts("GrantTokens")? {
                self.grant_of_token(&token)?;
            }
        }
        Ok(())
    }

    pub(super) fn json_list_grants(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, Asked::with("ListGrants", &not_for_aws()))?;
        let (wanted, grantee) = (input.text("GrantId")?, input.text("GranteePrincipal")?);
        wanted.as_deref().map_or(Ok(()), check_id)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let is_wanted = |grant: &&Grant| {
            wanted.as_ref().is_none_or(|id| *id == grant.id) && grantee.as_ref().is_none_or(|arn| *arn == grant.grantee)
        };
        let entries: Vec<Value> =
            key.grants.iter().filter(is_wanted).map(|grant| self.grant_entry(&id, grant)).collect();
        Ok(input.page("Grants", &entries, (50, 100))?.into())
    }

    pub(super) fn json_list_retirable_grants(&self, input: &Input) -> Outcome {
        let principal = input.required("RetiringPrincipal")?;
        let all = self.state.keys.iter().flat_map(|(id, key)| key.grants.iter().map(move |grant| (id, grant)));
        let retirable = all.filter(|(_, grant)| grant.retiring.as_ref() == Some(&principal));
        let entries: Vec<Value> = retirable.map(|(id, grant)| self.grant_entry(id, grant)).collect();
        Ok(input.page("Grants", &entries, (50, 100))?.into())
    }

    pub(super) fn json_retire_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let (key_id, grant) = self.grant_to_retire(call, input)?;
        if !grant.may_be_retired_by(&call.caller.arn()) {
            self.authorize(call, &key_id, "RetireGrant".into())?;
        }
        check_dry_run(input)?;
        self.changed_key(&key_id)?.grants.retain(|known| known.id != grant.id);
        Ok(json!({}).into())
    }

    pub(super) fn json_revoke_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, Asked::with("RevokeGrant", &not_for_aws()))?;
        let grant = self.grant_of_id(&id, &input.required("GrantId")?)?;
        check_dry_run(input)?;
        self.changed_key(&id)?.grants.retain(|known| known.id != grant.id);
        Ok(json!({}).into())
    }

    /// A grant, named by its token, or by its key and its id.
    fn grant_to_retire(&mut self, call: &Call<'_>, input: &Input) -> Result<(String, Grant), KmsError> {
        if let Some(token) = input.text("GrantToken")? {
            return self.grant_of_token(&token);
        }
        let id = self.key_id_for(call, &input.required("KeyId")?, "RetireGrant")?;
        let grant = self.grant_of_id(&id, &input.required("GrantId")?)?;
        Ok((id, grant))
    }

    fn grant_of_id(&self, key_id: &str, id: &str) -> Result<Grant, KmsError> {
        check_id(id)?;
        let grants = self.state.keys.get(key_id).map(|key| key.grants.as_slice()).unwrap_or_default();
        let missing = || KmsError::not_found(format!("Grant ID {id} not found"));
        grants.iter().find(|grant| grant.id == id).cloned().ok_or_else(missing)
    }

    fn grant_of_token(&self, token: &str) -> Result<(String, Grant), KmsError> {
        let mut all = self.state.keys.iter().flat_map(|(id, key)| key.grants.iter().map(move |grant| (id, grant)));
        let named = grant_token::grant_id(token);
        let found = all.find(|(_, grant)| named.as_ref() == Some(&grant.id) && grant.key.made(token));
        let invalid = || KmsError::new("InvalidGrantTokenException", "The grant token is invalid.".to_owned());
        found.map(|(id, grant)| (id.clone(), grant.clone())).ok_or_else(invalid)
    }

    fn grant_entry(&self, key_id: &str, grant: &Grant) -> Value {
        let mut entry = json!({
            "KeyId": self.arn(key_id),
            "GrantId": grant.id,
            "CreationDate": grant.created,
            "GranteePrincipal": grant.grantee,
            "IssuingAccount": format!("arn:aws:iam::{}:root", self.account_id),
            "Operations": grant.operations,
            "Name": grant.name.as_deref().unwrap_or_default(),
        });
        if let Some(retiring) = &grant.retiring {
            entry["RetiringPrincipal"] = Value::from(retiring.as_str());
        }
        if grant.constraints != Constraints::default() {
            entry["Constraints"] = json!(grant.constraints);
        }
        entry
    }
}

fn new_grant(call: &Call<'_>, input: &Input) -> Result<Grant, KmsError> {
    let operations = input.texts("Operations")?;
    let unknown = operations.iter().find(|operation| !OPERATIONS.contains(&operation.as_str()));
    if operations.is_empty() || unknown.is_some() {
        let value = operations.join(", ");
        return Err(KmsError::validation(&format!(
            "1 validation error detected: Value '[{value}]' at 'operations' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must satisfy enum value set: [{}]]",
            OPERATIONS.join(", ")
        )));
    }
    if operations.iter().all(|operation| operation == "CreateGrant") {
        return Err(KmsError::validation("Grants must not contain only the CreateGrant operation."));
    }
    if let Some(operation) = operations.iter().find(|operation| NOT_SYMMETRIC.contains(&operation.as_str())) {
        let message = format!("A grant on a key of spec SYMMETRIC_DEFAULT cannot be for {operation}.");
        return Err(KmsError::validation(&message));
    }
    let constraints = input.value("Constraints").cloned().unwrap_or_else(|| json!({}));
    let constraints = serde_json::from_value(constraints).map_err(|_| {
        KmsError::validation("Constraints must be EncryptionContextSubset or EncryptionContextEquals, maps of strings.")
    })?;
    let (grantee, retiring) = (input.required("GranteePrincipal")?, input.text("RetiringPrincipal")?);
    for principal in std::iter::once(&grantee).chain(&retiring) {
        check_principal(principal)?;
    }
    let (id, key, name) = (hex::encode(random::<32>()?), TokenKey::generate()?, input.text("Name")?);
    Ok(Grant { id, key, name, grantee, retiring, operations, constraints, created: call.now })
}

/// Checks that an id can be one of a grant: 64 hexadecimal digits.
fn check_id(id: &str) -> Result<(), KmsError> {
    if id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(());
    }
    Err(KmsError::new("InvalidGrantIdException", format!("{id} is not the id of a grant.")))
}

/// Checks that a principal is an account, a user, a role or a session of one, by its ARN.
fn check_principal(arn: &str) -> Result<(), KmsError> {
    let mut fields = arn.splitn(6, ':');
    let mut next = || fields.next().unwrap_or_default();
    let (prefix, service, region, account, resource) = ((next(), next()), next(), next(), next(), next());
    let is_kind = match service {
        "iam" => resource == "root" || ["user/", "role/"].iter().any(|kind| resource.starts_with(kind)),
        "sts" => ["assumed-role/", "federated-user/"].iter().any(|kind| resource.starts_with(kind)),
        _ => false,
    };
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    if prefix == ("arn", "aws") && region.is_empty() && is_account && is_kind {
        return Ok(());
    }
    Err(KmsError::new("InvalidArnException", format!("ARN does not refer to a valid principal: {arn}")))
}

/// What conditions can ask about a grant that is to be.
fn asked_of(grant: &Grant) -> ConditionContext {
    let mut asked = not_for_aws();
    asked.add("kms:GranteePrincipal", &grant.grantee);
    if let Some(retiring) = &grant.retiring {
        asked.add("kms:RetiringPrincipal", retiring);
    }
    for operation in &grant.operations {
        asked.add("kms:GrantOperations", operation);
    }
    let Constraints { subset, equals } = &grant.constraints;
    for (kind, context) in [("EncryptionContextSubset", subset), ("EncryptionContextEquals", equals)] {
        if let Some(context) = context {
            asked.add("kms:GrantConstraintType", kind);
            add_context(&mut asked, context);
        }
    }
    asked
}

/// No service of AWS asks for a grant here.
fn not_for_aws() -> ConditionContext {
    conditions([("kms:GrantIsForAWSResource", "false".to_owned())])
}

fn is_same(one: &Grant, other: &Grant) -> bool {
    let content = |grant: &Grant| {
        let Grant { name, grantee, retiring, operations, constraints, .. } = grant.clone();
        (name, grantee, retiring, operations, constraints)
    };
    content(one) == content(other)
}
