//! KMS's API as AWS's SDKs speak it: JSON 1.1, the operation in a header.
//!
//! Source: AWS KMS API Reference. Blobs are base64, times are Unix seconds.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use zeroize::Zeroizing;

use super::key::{Key, KeyState, Manager};
use super::{Call, Context, Kms, KmsError, blob, check_alias, random};

/// The prefix of the operation's name in the header.
const TARGET_PREFIX: &str = "TrentService.";
const SECONDS_PER_DAY: u64 = 86_400;

/// An answer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON document.
    pub body: Vec<u8>,
}

/// A request's parameters.
struct Input(Map<String, Value>);

impl Kms {
    /// Answers a request of the JSON API. `target` is the header `X-Amz-Target`.
    #[must_use]
    pub fn handle_json(&mut self, call: &Call<'_>, target: &str, body: &[u8]) -> JsonAnswer {
        match self.answer(call, target, body) {
            Ok(output) => JsonAnswer { status: 200, body: output.to_string().into_bytes() },
            Err(error) => {
                let status = if error.code() == "KMSInternalException" { 500 } else { 400 };
                let body = json!({ "__type": error.code(), "message": error.message() });
                JsonAnswer { status, body: body.to_string().into_bytes() }
            }
        }
    }

    fn answer(&mut self, call: &Call<'_>, target: &str, body: &[u8]) -> Result<Value, KmsError> {
        let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
        let input = Input::parse(body)?;
        match operation {
            "CreateKey" => self.json_create_key(call, &input),
            "DescribeKey" => self.json_describe_key(call, &input),
            "ListKeys" => Ok(self.json_list_keys()),
            "ListAliases" => Ok(self.json_list_aliases()),
            "CreateAlias" => self.json_create_alias(call, &input),
            "DeleteAlias" => self.json_delete_alias(&input),
            "EnableKey" => self.json_set_state(call, &input, "EnableKey", KeyState::Enabled),
            "DisableKey" => self.json_set_state(call, &input, "DisableKey", KeyState::Disabled),
            "ScheduleKeyDeletion" => self.json_schedule_deletion(call, &input),
            "CancelKeyDeletion" => self.json_cancel_deletion(call, &input),
            "GenerateDataKey" => self.json_generate_data_key(call, &input, true),
            "GenerateDataKeyWithoutPlaintext" => self.json_generate_data_key(call, &input, false),
            "GenerateRandom" => json_generate_random(&input),
            "Encrypt" => self.json_encrypt(call, &input),
            "Decrypt" => self.json_decrypt(call, &input),
            "ReEncrypt" => self.json_re_encrypt(call, &input),
            _ => {
                let message = format!("{operation:?} is not an operation of the simulated KMS.");
                Err(KmsError::new("UnknownOperationException", message))
            }
        }
    }

    fn json_create_key(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        for (name, only) in [("KeyUsage", "ENCRYPT_DECRYPT"), ("KeySpec", "SYMMETRIC_DEFAULT")] {
            if input.text(name)?.is_some_and(|value| value != only) {
                let message = format!("The simulated KMS makes keys of {name} {only} only.");
                return Err(KmsError::new("UnsupportedOperationException", message));
            }
        }
        let description = input.text("Description")?.unwrap_or_default();
        let id = self.create_key(&description, Manager::Customer, call.now)?;
        self.record(call, "CreateKey", json!({ "description": description }), Some(&id), None);
        Ok(json!({ "KeyMetadata": self.metadata(&id) }))
    }

    fn json_describe_key(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        Ok(json!({ "KeyMetadata": self.metadata(&id) }))
    }

    fn json_list_keys(&self) -> Value {
        let keys: Vec<Value> =
            self.state.keys.keys().map(|id| json!({ "KeyId": id, "KeyArn": self.arn(id) })).collect();
        json!({ "Keys": keys, "Truncated": false })
    }

    fn json_list_aliases(&self) -> Value {
        let entry = |(alias, id): (&String, &String)| json!({ "AliasName": alias, "AliasArn": self.alias_arn(alias), "TargetKeyId": id });
        json!({ "Aliases": self.state.aliases.iter().map(entry).collect::<Vec<_>>(), "Truncated": false })
    }

    fn json_create_alias(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let alias = input.required("AliasName")?;
        check_alias(&alias)?;
        if self.state.aliases.contains_key(&alias) {
            let message = format!("An alias with the name {} already exists", self.alias_arn(&alias));
            return Err(KmsError::new("AlreadyExistsException", message));
        }
        let id = self.key_id(&input.required("TargetKeyId")?, call.now)?;
        self.record(call, "CreateAlias", json!({ "aliasName": alias, "targetKeyId": id }), Some(&id), None);
        self.state.aliases.insert(alias, id);
        Ok(json!({}))
    }

    fn json_delete_alias(&mut self, input: &Input) -> Result<Value, KmsError> {
        let alias = input.required("AliasName")?;
        check_alias(&alias)?;
        if self.state.aliases.remove(&alias).is_none() {
            return Err(KmsError::not_found(format!("Alias {} is not found.", self.alias_arn(&alias))));
        }
        self.is_changed = true;
        Ok(json!({}))
    }

    fn json_set_state(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        name: &'static str,
        state: KeyState,
    ) -> Result<Value, KmsError> {
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        let arn = self.arn(&id);
        let key = self.state.keys.get_mut(&id).ok_or_else(KmsError::internal)?;
        if matches!(key.state, KeyState::PendingDeletion { .. }) {
            return Err(KmsError::new("KMSInvalidStateException", format!("{arn} is pending deletion.")));
        }
        key.state = state;
        self.record(call, name, json!({ "keyId": id }), Some(&id), None);
        Ok(json!({}))
    }

    fn json_schedule_deletion(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let days = input.number("PendingWindowInDays")?.unwrap_or(30);
        let window_in_days = u32::try_from(days).ok().filter(|days| (7..=30).contains(days));
        let window_in_days = window_in_days
            .ok_or_else(|| KmsError::validation("PendingWindowInDays must be between 7 and 30 (inclusive)."))?;
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        let arn = self.arn(&id);
        let at = call.now + u64::from(window_in_days) * SECONDS_PER_DAY;
        let key = self.state.keys.get_mut(&id).ok_or_else(KmsError::internal)?;
        if matches!(key.state, KeyState::PendingDeletion { .. }) {
            return Err(KmsError::new("KMSInvalidStateException", format!("{arn} is pending deletion.")));
        }
        key.state = KeyState::PendingDeletion { at, window_in_days };
        self.record(call, "ScheduleKeyDeletion", json!({ "keyId": id }), Some(&id), None);
        Ok(json!({
            "KeyId": arn, "DeletionDate": at, "KeyState": "PendingDeletion", "PendingWindowInDays": window_in_days,
        }))
    }

    fn json_cancel_deletion(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let id = self.key_id(&input.required("KeyId")?, call.now)?;
        let arn = self.arn(&id);
        let key = self.state.keys.get_mut(&id).ok_or_else(KmsError::internal)?;
        if !matches!(key.state, KeyState::PendingDeletion { .. }) {
            return Err(KmsError::new("KMSInvalidStateException", format!("{arn} is not pending deletion.")));
        }
        key.state = KeyState::Disabled;
        self.record(call, "CancelKeyDeletion", json!({ "keyId": id }), Some(&id), None);
        Ok(json!({ "KeyId": arn }))
    }

    fn json_generate_data_key(
        &mut self,
        call: &Call<'_>,
        input: &Input,
        with_plaintext: bool,
    ) -> Result<Value, KmsError> {
        let length = data_key_length(input)?;
        let (key, context) = (input.required("KeyId")?, input.context("EncryptionContext")?);
        let id = self.usable_key(&key, call.now)?;
        let mut plaintext = Zeroizing::new(vec![0; length]);
        getrandom::fill(&mut plaintext).map_err(|_| KmsError::internal())?;
        let wrapped = self.wrap(&id, &plaintext, &context)?;
        let parameters = json!({ "keyId": key, "numberOfBytes": length, "encryptionContext": context });
        self.record(call, "GenerateDataKey", parameters, Some(&id), None);
        let mut output = json!({
            "KeyId": self.arn(&id),
            "CiphertextBlob": STANDARD.encode(wrapped),
            "KeyMaterialId": self.material_id(&id),
        });
        if with_plaintext {
            output["Plaintext"] = Value::from(STANDARD.encode(&plaintext));
        }
        Ok(output)
    }

    fn json_encrypt(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let plaintext = Zeroizing::new(input.bytes("Plaintext")?);
        if plaintext.is_empty() || plaintext.len() > 4096 {
            return Err(KmsError::validation("Plaintext must have 1 to 4096 bytes."));
        }
        let (key, context) = (input.required("KeyId")?, input.context("EncryptionContext")?);
        let id = self.usable_key(&key, call.now)?;
        let wrapped = self.wrap(&id, &plaintext, &context)?;
        let parameters = json!({ "keyId": key, "encryptionContext": context });
        self.record(call, "Encrypt", parameters, Some(&id), None);
        Ok(json!({
            "KeyId": self.arn(&id),
            "CiphertextBlob": STANDARD.encode(wrapped),
            "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn json_decrypt(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let wrapped = input.bytes("CiphertextBlob")?;
        self.check_named_key(call, input.text("KeyId")?, &wrapped)?;
        let (arn, plaintext) = self.decrypt(call, &wrapped, &input.context("EncryptionContext")?)?;
        Ok(json!({
            "KeyId": arn, "Plaintext": STANDARD.encode(&plaintext), "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        }))
    }

    fn json_re_encrypt(&mut self, call: &Call<'_>, input: &Input) -> Result<Value, KmsError> {
        let wrapped = input.bytes("CiphertextBlob")?;
        self.check_named_key(call, input.text("SourceKeyId")?, &wrapped)?;
        let target = self.usable_key(&input.required("DestinationKeyId")?, call.now)?;
        let (source, plaintext) = self.decrypt(call, &wrapped, &input.context("SourceEncryptionContext")?)?;
        let rewrapped = self.wrap(&target, &plaintext, &input.context("DestinationEncryptionContext")?)?;
        Ok(json!({
            "CiphertextBlob": STANDARD.encode(rewrapped), "SourceKeyId": source, "KeyId": self.arn(&target),
        }))
    }

    /// A key that the caller names must be the one in the blob.
    fn check_named_key(&mut self, call: &Call<'_>, named: Option<String>, wrapped: &[u8]) -> Result<(), KmsError> {
        let Some(named) = named else { return Ok(()) };
        let id = self.key_id(&named, call.now)?;
        if blob::key_id(wrapped).is_some_and(|in_blob| in_blob != id) {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(KmsError::new("IncorrectKeyException", message.to_owned()));
        }
        Ok(())
    }

    fn material_id(&self, id: &str) -> Option<&str> {
        self.state.keys.get(id).map(|key| key.material_id.as_str())
    }

    fn metadata(&self, id: &str) -> Value {
        let Some(key) = self.state.keys.get(id) else { return Value::Null };
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
            "KeyManager": manager(key),
            "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
            "KeySpec": "SYMMETRIC_DEFAULT",
            "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
            "MultiRegion": false,
            "CurrentKeyMaterialId": key.material_id,
        });
        if let KeyState::PendingDeletion { at, window_in_days } = key.state {
            metadata["DeletionDate"] = Value::from(at);
            metadata["PendingDeletionWindowInDays"] = Value::from(window_in_days);
        }
        metadata
    }
}

const fn manager(key: &Key) -> &'static str {
    match key.manager {
        Manager::Customer => "CUSTOMER",
        Manager::Aws => "AWS",
    }
}

fn json_generate_random(input: &Input) -> Result<Value, KmsError> {
    let Some(length) = input.number("NumberOfBytes")? else {
        return Err(KmsError::validation("NumberOfBytes is required."));
    };
    let out_of_range = |bound: &str| {
        KmsError::validation(&format!(
            "1 validation error detected: Value '{length}' at 'numberOfBytes' failed to satisfy constraint: Member must \
             have value {bound}"
        ))
    };
    match length {
        ..=0 => Err(out_of_range("greater than or equal to 1")),
        1..=1024 => {
            let bytes: [u8; 1024] = random()?;
            let length = usize::try_from(length).map_err(|_| KmsError::internal())?;
            Ok(json!({ "Plaintext": STANDARD.encode(&bytes[..length]) }))
        }
        _ => Err(out_of_range("less than or equal to 1024")),
    }
}

/// A data key's length: by name or by number, not by both.
fn data_key_length(input: &Input) -> Result<usize, KmsError> {
    match (input.text("KeySpec")?.as_deref(), input.number("NumberOfBytes")?) {
        (Some("AES_256"), None) => Ok(32),
        (Some("AES_128"), None) => Ok(16),
        (None, Some(length @ 1..=1024)) => usize::try_from(length).map_err(|_| KmsError::internal()),
        _ => Err(KmsError::validation("Please specify either number of bytes (1 to 1024) or key spec.")),
    }
}

impl Input {
    fn parse(body: &[u8]) -> Result<Self, KmsError> {
        let body: &[u8] = if body.is_empty() { b"{}" } else { body };
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(KmsError::new("SerializationException", "The request's body is not a JSON object.".to_owned())),
        }
    }

    fn text(&self, name: &str) -> Result<Option<String>, KmsError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(KmsError::validation(&format!("{name} must be a string."))),
        }
    }

    fn required(&self, name: &str) -> Result<String, KmsError> {
        self.text(name)?.ok_or_else(|| KmsError::validation(&format!("{name} is required.")))
    }

    fn number(&self, name: &str) -> Result<Option<i64>, KmsError> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                let number =
                    value.as_i64().ok_or_else(|| KmsError::validation(&format!("{name} must be a number.")))?;
                Ok(Some(number))
            }
        }
    }

    fn bytes(&self, name: &str) -> Result<Vec<u8>, KmsError> {
        STANDARD.decode(self.required(name)?).map_err(|_| KmsError::validation(&format!("{name} must be base64.")))
    }

    fn context(&self, name: &str) -> Result<Context, KmsError> {
        let value = self.0.get(name).cloned().unwrap_or_else(|| json!({}));
        serde_json::from_value(value).map_err(|_| KmsError::validation(&format!("{name} must be a map of strings.")))
    }
}
