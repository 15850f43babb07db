//! Aliases: other names of keys, which can become other keys'.

use serde_json::{Value, json};

use super::super::names::{alias_in, check_alias};
use super::super::{Alias, Call, Kms, KmsError};
use super::{Input, Outcome};

/// How many aliases a key can have (AWS KMS Developer Guide, "Resource quotas").
const MAX_ALIASES: usize = 50;

impl Kms {
    pub(super) fn json_create_alias(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let alias = input.required("AliasName")?;
        check_alias(&alias)?;
        if self.state.aliases.contains_key(&alias) {
            let message = format!("An alias with the name {} already exists", self.alias_arn(&alias));
            return Err(KmsError::new("AlreadyExistsException", message));
        }
        let target = self.target_key(call, input, "CreateAlias")?;
        if self.state.aliases.values().filter(|alias| alias.target == target).count() >= MAX_ALIASES {
            let message = format!("{} has {MAX_ALIASES} aliases, as many as a key can have.", self.arn(&target));
            return Err(KmsError::new("LimitExceededException", message));
        }
        self.state.aliases.insert(alias, Alias { target, created: call.now, updated: call.now });
        self.is_changed = true;
        Ok(json!({}).into())
    }

    pub(super) fn json_update_alias(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let name = input.required("AliasName")?;
        check_alias(&name)?;
        let now = self.existing_alias(&name)?.target;
        self.authorize(call, &now, "UpdateAlias".into())?;
        let target = self.target_key(call, input, "UpdateAlias")?;
        let alias = self.state.aliases.get_mut(&name).ok_or_else(KmsError::internal)?;
        (alias.target, alias.updated) = (target, call.now);
        self.is_changed = true;
        Ok(json!({}).into())
    }

    pub(super) fn json_delete_alias(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let name = input.required("AliasName")?;
        check_alias(&name)?;
        let target = self.existing_alias(&name)?.target;
        self.authorize(call, &target, "DeleteAlias".into())?;
        self.state.aliases.remove(&name);
        self.is_changed = true;
        Ok(json!({}).into())
    }

    pub(super) fn json_list_aliases(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let of_key = input.text("KeyId")?.map(|key| self.key_id_for(call, &key, "ListAliases")).transpose()?;
        let wanted =
            self.state.aliases.iter().filter(|(_, alias)| of_key.as_ref().is_none_or(|id| *id == alias.target));
        let entries: Vec<Value> = wanted
            .map(|(name, alias)| {
                json!({
                    "AliasName": name, "AliasArn": self.alias_arn(name), "TargetKeyId": alias.target,
                    "CreationDate": alias.created, "LastUpdatedDate": alias.updated,
                })
            })
            .collect();
        Ok(input.page("Aliases", &entries, (50, 100))?.into())
    }

    fn existing_alias(&self, name: &str) -> Result<Alias, KmsError> {
        let missing = || KmsError::not_found(format!("Alias {} is not found.", self.alias_arn(name)));
        self.state.aliases.get(name).cloned().ok_or_else(missing)
    }

    /// The key that an alias is to be of: one that is not about to be deleted.
    fn target_key(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Result<String, KmsError> {
        let name = input.required("TargetKeyId")?;
        if alias_in(&name).is_some() {
            return Err(KmsError::validation("Aliases must refer to keys. Not aliases"));
        }
        let id = self.key_id_for(call, &name, operation)?;
        self.authorize(call, &id, operation.into())?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        if key.state.name() == "PendingDeletion" {
            self.check_state(&id, key)?;
        }
        Ok(id)
    }
}
