//! KMS's API as AWS's SDKs speak it: JSON 1.1, the operation in a header.
//!
//! Source: AWS KMS API Reference. Blobs are base64, times are Unix seconds. This file hands each operation to the function
//! that answers it and puts the call on record, whatever came of it.

mod aliases;
mod crypto;
mod grants;
mod input;
mod keys;
mod policies;
mod rotation;
mod shapes;
mod tags;
mod unfit;

use serde_json::{Value, json};

use super::event::{self, Recorded};
use super::{Call, Kms, KmsError, Used};
use input::Input;

/// The prefix of the operation's name in the header.
const TARGET_PREFIX: &str = "TrentService.";

/// An answer of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The JSON document.
    pub body: Vec<u8>,
}

/// What an operation did.
struct Done {
    output: Value,
    /// The keys that it was about.
    used: Vec<Used>,
}

type Outcome = Result<Done, KmsError>;

impl From<Value> for Done {
    fn from(output: Value) -> Self {
        Self { output, used: Vec::new() }
    }
}

impl Kms {
    /// Answers a request of the JSON API. `target` is the header `X-Amz-Target`.
    #[must_use]
    pub fn handle_json(&mut self, call: &Call<'_>, target: &str, body: &[u8]) -> JsonAnswer {
        let operation = target.strip_prefix(TARGET_PREFIX).unwrap_or_default();
        self.delete_due(call.now);
        let outcome = Input::parse(body).and_then(|input| {
            let outcome = shapes::check(operation, &input)
                .and_then(|()| self.check_grant_tokens(operation, &input))
                .and_then(|()| self.perform(call, operation, &input));
            self.record_call(call, operation, &input, &outcome);
            outcome
        });
        match outcome {
            Ok(done) => JsonAnswer { status: 200, body: done.output.to_string().into_bytes() },
            Err(error) => {
                let status = if error.code() == "KMSInternalException" { 500 } else { 400 };
                // As KMS does: refusals by a policy have a capital.
                let name = if error.code() == "AccessDeniedException" { "Message" } else { "message" };
                let body = json!({ "__type": error.code(), name: error.message() });
                JsonAnswer { status, body: body.to_string().into_bytes() }
            }
        }
    }

    fn record_call(&mut self, call: &Call<'_>, operation: &str, input: &Input, outcome: &Outcome) {
        let error = outcome.as_ref().err();
        // What is no operation is no event either; a dry run was refused on purpose.
        if error.is_some_and(|error| error.code() == "UnknownOperationException") {
            return;
        }
        let named = ["KeyId", "TargetKeyId", "SourceKeyId"].iter().find_map(|name| input.text(name).ok()?);
        let used = match outcome {
            Ok(done) if !done.used.is_empty() => done.used.clone(),
            _ => named.and_then(|key| self.known(&key)).into_iter().collect(),
        };
        let response = outcome.as_ref().map_or(Value::Null, |done| self.response_elements(operation, done, &used));
        let parameters = input.recorded();
        self.record_use(call, &Recorded { name: operation, parameters, response, used: &used, error });
    }

    /// What CloudTrail shows of an answer: nothing where nothing was changed, else the answer without secrets, and the key's
    /// ARN also where the answer has none.
    fn response_elements(&self, operation: &str, done: &Done, used: &[Used]) -> Value {
        if event::is_read_only(operation) {
            return Value::Null;
        }
        let mut elements = input::recorded(&done.output);
        if let ([used], Value::Object(fields)) = (used, &mut elements) {
            fields.entry("keyId").or_insert_with(|| self.arn(&used.key_id).into());
        }
        elements
    }

    fn perform(&mut self, call: &Call<'_>, operation: &str, input: &Input) -> Outcome {
        match operation {
            "CreateKey" => self.json_create_key(call, input),
            "DescribeKey" => self.json_describe_key(call, input),
            "ListKeys" => self.json_list_keys(input),
            "EnableKey" | "DisableKey" => self.json_set_state(call, input, operation),
            "ScheduleKeyDeletion" => self.json_schedule_deletion(call, input),
            "CancelKeyDeletion" => self.json_cancel_deletion(call, input),
            "UpdateKeyDescription" => self.json_update_description(call, input),
            "GetKeyLastUsage" => self.json_last_usage(call, input),
            "CreateAlias" => self.json_create_alias(call, input),
            "UpdateAlias" => self.json_update_alias(call, input),
            "DeleteAlias" => self.json_delete_alias(call, input),
            "ListAliases" => self.json_list_aliases(call, input),
            "TagResource" => self.json_tag(call, input),
            "UntagResource" => self.json_untag(call, input),
            "ListResourceTags" => self.json_list_tags(call, input),
            "GetKeyPolicy" => self.json_get_policy(call, input),
            "PutKeyPolicy" => self.json_put_policy(call, input),
            "ListKeyPolicies" => self.json_list_policies(call, input),
            "CreateGrant" => self.json_create_grant(call, input),
            "ListGrants" => self.json_list_grants(call, input),
            "ListRetirableGrants" => self.json_list_retirable_grants(input),
            "RetireGrant" => self.json_retire_grant(call, input),
            "RevokeGrant" => self.json_revoke_grant(call, input),
            "EnableKeyRotation" => self.json_enable_rotation(call, input),
            "DisableKeyRotation" => self.json_disable_rotation(call, input),
            "GetKeyRotationStatus" => self.json_rotation_status(call, input),
            "RotateKeyOnDemand" => self.json_rotate(call, input),
            "ListKeyRotations" => self.json_list_rotations(call, input),
            "GenerateDataKey" | "GenerateDataKeyWithoutPlaintext" => {
                self.json_generate_data_key(call, input, operation)
            }
            "GenerateRandom" => crypto::json_generate_random(input),
            "Encrypt" => self.json_encrypt(call, input),
            "Decrypt" => self.json_decrypt(call, input),
            "ReEncrypt" => self.json_re_encrypt(call, input),
            _ if unfit::is_operation(operation) => self.json_refuse(call, input, operation),
            _ => {
                let message = format!("{operation:?} is not an operation of the simulated KMS.");
                Err(KmsError::new("UnknownOperationException", message))
            }
        }
    }
}
