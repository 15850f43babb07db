//! Grants: given, listed, taken back.
//!
//! They hold at once, so the grant tokens that callers may send along, to bridge the minutes that KMS takes, change nothing.

use serde_json::{Value, json};

use super::super::authorize::Asked;
use super::super::grant::{Constraints, Grant, OPERATIONS};
use super::super::{Call, Kms, KmsError, random};
use super::crypto::check_dry_run;
use super::{Input, Outcome};

impl Kms {
    pub(super) fn json_create_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let grant = new_grant(call, input)?;
        let key = input.required("KeyId")?;
        let mut further =
            vec![("kms:GranteePrincipal", grant.grantee.clone()), ("kms:GrantIsForAWSResource", "false".to_owned())];
        further.extend(grant.retiring.iter().map(|retiring| ("kms:RetiringPrincipal", retiring.clone())));
        further.extend(grant.operations.iter().map(|operation| ("kms:GrantOperations", operation.clone())));
        let asked = Asked { further: &further, ..Asked::of("CreateGrant") };
        let id = self.usable_key(call, &key, asked)?;
        check_dry_run(input)?;
        let output = json!({ "GrantId": grant.id, "GrantToken": grant.token });
        let grants = &mut self.changed_key(&id)?.grants;
        // Asked for again under the same name, the same grant is given again.
        let same = grants.iter().find(|known| known.name.is_some() && is_same(known, &grant));
        if let Some(known) = same {
            return Ok(json!({ "GrantId": known.id, "GrantToken": known.token }).into());
        }
        grants.push(grant);
        Ok(output.into())
    }

    pub(super) fn json_list_grants(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "ListGrants")?;
        let (wanted, grantee) = (input.text("GrantId")?, input.text("GranteePrincipal")?);
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let is_wanted = |grant: &&Grant| {
            wanted.as_ref().is_none_or(|id| *id == grant.id) && grantee.as_ref().is_none_or(|arn| *arn == grant.grantee)
        };
        let entries: Vec<Value> =
            key.grants.iter().filter(is_wanted).map(|grant| self.grant_entry(&id, grant)).collect();
        Ok(input.page("Grants", &entries, 50)?.into())
    }

    pub(super) fn json_list_retirable_grants(&self, input: &Input) -> Outcome {
        let principal = input.required("RetiringPrincipal")?;
        let all = self.state.keys.iter().flat_map(|(id, key)| key.grants.iter().map(move |grant| (id, grant)));
        let retirable = all.filter(|(_, grant)| grant.retiring.as_ref() == Some(&principal));
        let entries: Vec<Value> = retirable.map(|(id, grant)| self.grant_entry(id, grant)).collect();
        Ok(input.page("Grants", &entries, 50)?.into())
    }

    pub(super) fn json_retire_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let (key_id, grant) = self.grant_to_retire(call, input)?;
        if !grant.may_be_retired_by(&call.caller.arn()) {
            self.authorize(call, &key_id, Asked::of("RetireGrant"))?;
        }
        check_dry_run(input)?;
        self.changed_key(&key_id)?.grants.retain(|known| known.id != grant.id);
        Ok(json!({}).into())
    }

    pub(super) fn json_revoke_grant(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "RevokeGrant")?;
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
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        let grant = self.grant_of_id(&id, &input.required("GrantId")?)?;
        Ok((id, grant))
    }

    fn grant_of_id(&self, key_id: &str, id: &str) -> Result<Grant, KmsError> {
        let grants = self.state.keys.get(key_id).map(|key| key.grants.as_slice()).unwrap_or_default();
        let missing = || KmsError::not_found(format!("Grant ID {id} not found"));
        grants.iter().find(|grant| grant.id == id).cloned().ok_or_else(missing)
    }

    fn grant_of_token(&self, token: &str) -> Result<(String, Grant), KmsError> {
        let mut all = self.state.keys.iter().flat_map(|(id, key)| key.grants.iter().map(move |grant| (id, grant)));
        let found = all.find(|(_, grant)| grant.token == token);
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
    let constraints = input.value("Constraints").cloned().unwrap_or_else(|| json!({}));
    let constraints = serde_json::from_value(constraints).map_err(|_| {
        KmsError::validation("Constraints must be EncryptionContextSubset or EncryptionContextEquals, maps of strings.")
    })?;
    Ok(Grant {
        id: hex::encode(random::<32>()?),
        token: hex::encode(random::<64>()?),
        name: input.text("Name")?,
        grantee: input.required("GranteePrincipal")?,
        retiring: input.text("RetiringPrincipal")?,
        operations,
        constraints,
        created: call.now,
    })
}

fn is_same(one: &Grant, other: &Grant) -> bool {
    let content = |grant: &Grant| {
        let Grant { name, grantee, retiring, operations, constraints, .. } = grant.clone();
        (name, grantee, retiring, operations, constraints)
    };
    content(one) == content(other)
}
