//! Keys: made, described, enabled and disabled, on their way to deletion.

use serde_json::{Value, json};

use super::super::authorize::{Asked, conditions, default_policy};
use super::super::key::{Key, KeyState, Manager, SECONDS_PER_DAY};
use super::super::{Call, Kms, KmsError};
use super::{Done, Input, Outcome, shapes, tags};

/// The specs that the API's model has, and those that Amazon named when its answers were recorded.
const KEY_SPECS: [&str; 20] = [
    "ECC_NIST_EDWARDS25519",
    "ECC_NIST_P256",
    "ECC_NIST_P384",
    "ECC_NIST_P521",
    "ECC_SECG_P256K1",
    "HMAC_224",
    "HMAC_256",
    "HMAC_384",
    "HMAC_512",
    "ML_DSA_44",
    "ML_DSA_65",
    "ML_DSA_87",
    "ML_KEM_512",
    "ML_KEM_768",
    "ML_KEM_1024",
    "RSA_2048",
    "RSA_3072",
    "RSA_4096",
    "SM2",
    "SYMMETRIC_DEFAULT",
];
const KEY_SPECS_SHOWN: &str = "RSA_2048, ECC_NIST_P384, ECC_NIST_P256, ECC_NIST_P521, HMAC_384, RSA_3072, ECC_SECG_P256K1, \
                               RSA_4096, SYMMETRIC_DEFAULT, HMAC_256, HMAC_224, HMAC_512";
/// As [`KEY_SPECS`], of usages.
const KEY_USAGES: [&str; 5] =
    ["ENCAPSULATE_DECAPSULATE", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT", "SIGN_VERIFY"];
const KEY_USAGES_SHOWN: &str = "ENCRYPT_DECRYPT, SIGN_VERIFY, GENERATE_VERIFY_MAC";

/// How long a key waits for its deletion where nobody says, in days.
const USUAL_WINDOW: i64 = 30;

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
        // There is one account, and so nothing that another shares with it.
        let owners = input.texts("ResourceOwners")?;
        let is_for_own = owners.is_empty() || owners.iter().any(|owner| owner == "SELF");
        let keys: Vec<Value> = self
            .state
            .keys
            .keys()
            .filter(|_| is_for_own)
            .map(|id| json!({ "KeyId": id, "KeyArn": self.arn(id) }))
            .collect();
        Ok(input.page("Keys", &keys, (100, 1000))?.into())
    }

    pub(super) fn json_set_state(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Outcome {
        let id = self.changeable_key(call, input, operation)?;
        self.changed_key(&id)?.state = if operation == "EnableKey" { KeyState::Enabled } else { KeyState::Disabled };
        Ok(json!({}).into())
    }

    pub(super) fn json_schedule_deletion(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        let days = input.number("PendingWindowInDays")?.unwrap_or(USUAL_WINDOW);
        let window_in_days = u32::try_from(days).map_err(|_| KmsError::internal())?;
        let window = conditions([("kms:ScheduleKeyDeletionPendingWindowInDays", days.to_string())]);
        let id = self.changeable_key(call, input, Asked::with("ScheduleKeyDeletion", &window))?;
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
    pub(super) fn asked_key<'a>(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        asked: impl Into<Asked<'a>>,
    ) -> Result<String, KmsError> {
        let (name, asked) = (input.required("KeyId")?, asked.into());
        let id = self.key_id_for(call, &name, asked.operation)?;
        self.authorize(call, &id, Asked { name: Some(&name), ..asked })?;
        self.rotate_if_due(&id, call.now)?;
        Ok(id)
    }

    /// As [`Kms::asked_key`], for changes that are not made while the key is pending deletion.
    pub(super) fn changeable_key<'a>(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        asked: impl Into<Asked<'a>>,
    ) -> Result<String, KmsError> {
        let id = self.asked_key(call, input, asked)?;
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
    if input.value("KeySpec").is_some() && input.value("CustomerMasterKeySpec").is_some() {
        let message = "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is \
                       deprecated.";
        return Err(KmsError::validation(message));
    }
    check_names(input)?;
    check_key_store(input)?;
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

/// Refuses kinds of keys that KMS does not have either, in Amazon's recorded words.
fn check_names(input: &Input) -> Result<(), KmsError> {
    let spec = input.text("KeySpec")?.or(input.text("CustomerMasterKeySpec")?);
    let usage = input.text("KeyUsage")?;
    for (name, value, known, shown) in
        [("keySpec", &spec, &KEY_SPECS[..], KEY_SPECS_SHOWN), ("keyUsage", &usage, &KEY_USAGES[..], KEY_USAGES_SHOWN)]
    {
        if let Some(value) = value.as_ref().filter(|value| !known.contains(&value.as_str())) {
            let constraint = format!("Member must satisfy enum value set: [{shown}]");
            return Err(shapes::refusal(&format!("Value '{value}'"), name, &constraint));
        }
    }
    if spec.is_some_and(|spec| spec != "SYMMETRIC_DEFAULT") && usage.is_none() {
        let message = "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.";
        return Err(KmsError::validation(message));
    }
    Ok(())
}

/// There are no key stores beside KMS's own.
pub(super) fn check_key_store(input: &Input) -> Result<(), KmsError> {
    match input.text("CustomKeyStoreId")? {
        Some(id) => {
            let message = format!("There is no custom key store {id}.");
            Err(KmsError::new("CustomKeyStoreNotFoundException", message))
        }
        None => Ok(()),
    }
}
