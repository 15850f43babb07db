//! Keys: made, described, enabled and disabled, on their way to deletion.

use serde_json::{Value, json};

use super::super::authorize::{Asked, default_policy};
use super::super::key::{Key, KeyState, Manager, SECONDS_PER_DAY};
use super::super::{Call, Kms, KmsError};
use super::{Done, Input, Outcome, tags};

impl Kms {
    pub(super) fn json_create_key(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        check_kind(input)?;
        let description = input.text("Description")?.unwrap_or_default();
        let tags = tags::tags(input)?;
        let given = input.text("Policy")?;
        let policy = given.clone().unwrap_or_else(|| default_policy(&self.account_id));
        let id = self.create_key(&description, Manager::Customer, policy.clone(), call.now)?;
        let is_fine = given.map_or(Ok(()), |policy| self.check_new_policy(call, input, &id, &policy));
        if let Err(error) = is_fine {
            self.state.keys.remove(&id);
            return Err(error);
        }
        let key = self.changed_key(&id)?;
        key.tags = tags;
        Ok(Done { output: json!({ "KeyMetadata": self.metadata(&id)? }), used: vec![self.used_now(&id)?] })
    }

    pub(super) fn json_describe_key(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "DescribeKey")?;
        Ok(json!({ "KeyMetadata": self.metadata(&id)? }).into())
    }

    pub(super) fn json_list_keys(&self, input: &Input) -> Outcome {
        let keys: Vec<Value> =
            self.state.keys.keys().map(|id| json!({ "KeyId": id, "KeyArn": self.arn(id) })).collect();
        Ok(input.page("Keys", &keys, 100)?.into())
    }

    pub(super) fn json_set_state(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Outcome {
        let id = self.changeable_key(call, input, operation)?;
        self.changed_key(&id)?.state = if operation == "EnableKey" { KeyState::Enabled } else { KeyState::Disabled };
        Ok(json!({}).into())
    }

    pub(super) fn json_schedule_deletion(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let days = input.number_within("PendingWindowInDays", 7, 30)?.unwrap_or(30);
        let window_in_days = u32::try_from(days).map_err(|_| KmsError::internal())?;
        let id = self.changeable_key(call, input, "ScheduleKeyDeletion")?;
        let at = call.now + u64::from(window_in_days) * SECONDS_PER_DAY;
        self.changed_key(&id)?.state = KeyState::PendingDeletion { at, window_in_days };
        let arn = self.arn(&id);
        let output = json!({
            "KeyId": arn, "DeletionDate": at, "KeyState": "PendingDeletion", "PendingWindowInDays": window_in_days,
        });
        Ok(output.into())
    }

    pub(super) fn json_cancel_deletion(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "CancelKeyDeletion")?;
        let arn = self.arn(&id);
        let key = self.changed_key(&id)?;
        if !matches!(key.state, KeyState::PendingDeletion { .. }) {
            return Err(KmsError::new("KMSInvalidStateException", format!("{arn} is not pending deletion.")));
        }
        key.state = KeyState::Disabled;
        Ok(json!({ "KeyId": arn }).into())
    }

    pub(super) fn json_update_description(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let description = input.required("Description")?;
        let id = self.changeable_key(call, input, "UpdateKeyDescription")?;
        self.changed_key(&id)?.description = description;
        Ok(json!({}).into())
    }

    pub(super) fn json_last_usage(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let id = self.asked_key(call, input, "GetKeyLastUsage")?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        let usage = key.last_usage.as_ref().map_or_else(
            || json!({}),
            |usage| {
                json!({
                    "Operation": usage.operation, "Timestamp": usage.at,
                    "CloudTrailEventId": usage.event_id, "KmsRequestId": usage.request_id,
                })
            },
        );
        // Every key is watched from its first second on.
        let (created, arn) = (key.created, self.arn(&id));
        let output = json!({
            "KeyId": arn, "KeyLastUsage": usage, "TrackingStartDate": created, "KeyCreationDate": created,
        });
        Ok(output.into())
    }

    /// The key that `KeyId` names, for a caller who may do this with it.
    pub(super) fn asked_key(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Result<String, KmsError> {
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        self.authorize(call, &id, Asked::of(operation))?;
        self.rotate_if_due(&id, call.now)?;
        Ok(id)
    }

    /// As [`Kms::asked_key`], for changes: not while the key is pending deletion, and not to a key that AWS manages.
    pub(super) fn changeable_key(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        operation: &str,
    ) -> Result<String, KmsError> {
        let id = self.asked_key(call, input, operation)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        if matches!(key.state, KeyState::PendingDeletion { .. }) {
            self.check_state(&id, key)?;
        }
        Ok(id)
    }

    /// A key that is about to change.
    pub(super) fn changed_key(&mut self, id: &str) -> Result<&mut Key, KmsError> {
        self.is_changed = true;
        self.state.keys.get_mut(id).ok_or_else(KmsError::internal)
    }

    fn metadata(&self, id: &str) -> Result<Value, KmsError> {
        let key = self.state.keys.get(id).ok_or_else(KmsError::internal)?;
        let manager = if key.manager == Manager::Aws { "AWS" } else { "CUSTOMER" };
        let mut metadata = json!({
            "AWSAccountId": self.account_id,
            "KeyId": id,
            "Arn": self.arn(id),
            "CreationDate": key.created,
            "Enabled": key.state == KeyState::Enabled,
            "Description": key.description,
            "KeyUsage": "ENCRYPT_DECRYPT",
            "KeyState": key.state.name(),
            "Origin": "AWS_KMS",
            "KeyManager": manager,
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": false,
            "CurrentKeyMaterialId": key.current()?.id,
        });
        if let KeyState::PendingDeletion { at, window_in_days } = key.state {
            metadata["DeletionDate"] = Value::from(at);
            metadata["PendingDeletionWindowInDays"] = Value::from(window_in_days);
        }
        Ok(metadata)
    }
}

/// Symmetric keys that KMS makes itself are simulated; others are refused by name.
fn check_kind(input: &Input) -> Result<(), KmsError> {
    let only = [
        ("KeyUsage", "ENCRYPT_DECRYPT"),
        ("KeySpec", "SYMMETRIC_DEFAULT"),
        ("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"),
        ("Origin", "AWS_KMS"),
    ];
    for (name, only) in only {
        if input.text(name)?.is_some_and(|value| value != only) {
            let message = format!("The simulated KMS makes keys of {name} {only} only.");
            return Err(KmsError::new("UnsupportedOperationException", message));
        }
    }
    if input.flag("MultiRegion")? {
        let message = "The simulated KMS has one region, and no multi-region keys.".to_owned();
        return Err(KmsError::new("UnsupportedOperationException", message));
    }
    Ok(())
}
