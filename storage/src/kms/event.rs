//! Events as CloudTrail records them: who used which key for what. Plaintexts and key material never appear.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail record contents"; AWS KMS Developer Guide, log entries.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::key::LastUsage;
use super::{Call, Kms, KmsError, MAX_EVENTS, Used};

/// One use of KMS, or what KMS did on its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the names are CloudTrail's")]
pub struct Event {
    event_version: String,
    user_identity: Value,
    event_time: String,
    event_source: String,
    event_name: String,
    aws_region: String,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: String,
    user_agent: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
    request_parameters: Value,
    response_elements: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    additional_event_data: Option<Value>,
    #[serde(rename = "requestID", skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    resources: Value,
    event_type: String,
    management_event: bool,
    recipient_account_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_event_details: Option<Value>,
    event_category: String,
}

/// What CloudTrail says of calls that a service makes for somebody.
const AWS_INTERNAL: &str = "AWS Internal";

/// A call, as it is put on record.
pub(super) struct Recorded<'a> {
    pub(super) name: &'a str,
    pub(super) parameters: Value,
    /// What was answered, without secrets; nothing of an operation that changes nothing.
    pub(super) response: Value,
    /// The keys that it was about.
    pub(super) used: &'a [Used],
    pub(super) error: Option<&'a KmsError>,
}

impl Event {
    fn of_call(call: &Call<'_>, recorded: &Recorded<'_>, key_arns: &[String], region: &str) -> Self {
        let agent = if call.via_s3 { AWS_INTERNAL } else { "s3-storage-sim" };
        let material_id = recorded.used.first().map(|used| &used.material_id);
        Self {
            user_identity: identity(call),
            source_ip_address: if call.via_s3 { AWS_INTERNAL } else { "127.0.0.1" }.to_owned(),
            user_agent: agent.to_owned(),
            error_code: recorded.error.map(|error| error.code().to_owned()),
            error_message: recorded.error.map(|error| error.message().to_owned()),
            request_parameters: recorded.parameters.clone(),
            response_elements: recorded.response.clone(),
            additional_event_data: material_id.map(|id| json!({ "keyMaterialId": id })),
            request_id: Some(call.request_id.clone()),
            read_only: is_read_only(recorded.name),
            event_type: "AwsApiCall".to_owned(),
            ..Self::of_service(recorded.name, call.now, "", &call.caller.account_id, region)
        }
        .about(key_arns, &call.caller.account_id)
    }

    /// What KMS did with a key on its own.
    pub(super) fn of_service(name: &str, at: u64, key_arn: &str, account: &str, region: &str) -> Self {
        Self {
            event_version: "1.11".to_owned(),
            user_identity: json!({ "accountId": account, "invokedBy": AWS_INTERNAL }),
            event_time: date(at),
            event_source: "kms.amazonaws.com".to_owned(),
            event_name: name.to_owned(),
            aws_region: region.to_owned(),
            source_ip_address: AWS_INTERNAL.to_owned(),
            user_agent: AWS_INTERNAL.to_owned(),
            error_code: None,
            error_message: None,
            request_parameters: Value::Null,
            response_elements: Value::Null,
            additional_event_data: None,
            request_id: None,
            event_id: super::uuid().unwrap_or_default(),
            read_only: false,
            resources: Value::Null,
            event_type: "AwsServiceEvent".to_owned(),
            management_event: true,
            recipient_account_id: account.to_owned(),
            service_event_details: None,
            event_category: "Management".to_owned(),
        }
        .about(&[key_arn.to_owned()], account)
    }

    fn about(mut self, key_arns: &[String], account: &str) -> Self {
        let resource = |arn: &String| json!({ "accountId": account, "type": "AWS::KMS::Key", "ARN": arn });
        self.resources = key_arns.iter().map(resource).collect();
        self
    }

    /// As [`Event::of_service`], with what it was done to.
    pub(super) fn with_response(self, response_elements: Value) -> Self {
        Self { response_elements, ..self }
    }

    /// As [`Event::of_service`], with what it did.
    pub(super) fn with_details(self, details: Value) -> Self {
        Self { service_event_details: Some(details), ..self }
    }

    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.event_name
    }

    /// KMS's code, where it refused.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref()
    }
}

impl Kms {
    /// Puts a call on record, and on the keys that it used, if it was a use.
    pub(super) fn record_use(&mut self, call: &Call<'_>, recorded: &Recorded<'_>) {
        let arns: Vec<String> = recorded.used.iter().map(|used| self.arn(&used.key_id)).collect();
        let event = Event::of_call(call, recorded, &arns, &self.region);
        if recorded.error.is_none() && is_cryptographic(recorded.name) {
            for used in recorded.used {
                if let Some(key) = self.state.keys.get_mut(&used.key_id) {
                    key.last_usage = Some(LastUsage {
                        operation: recorded.name.to_owned(),
                        at: call.now,
                        event_id: event.event_id.clone(),
                        request_id: call.request_id.clone(),
                    });
                }
            }
        }
        self.push_event(event);
    }

    /// Keeps an event, in the place of the oldest one where there are too many.
    pub(super) fn push_event(&mut self, event: Event) {
        if self.state.events.len() == MAX_EVENTS {
            self.state.events.pop_front();
        }
        self.state.events.push_back(event);
        self.is_changed = true;
    }
}

/// Whether an operation uses a key's material.
fn is_cryptographic(name: &str) -> bool {
    ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"].contains(&name)
}

/// Whether an operation changes nothing, as CloudTrail sees it.
pub(super) fn is_read_only(name: &str) -> bool {
    is_cryptographic(name)
        || name == "GenerateRandom"
        || ["Describe", "Get", "List"].iter().any(|prefix| name.starts_with(prefix))
}

fn identity(call: &Call<'_>) -> Value {
    let caller = call.caller;
    let mut identity = json!({
        "type": "IAMUser",
        "principalId": caller.user_id,
        "arn": caller.arn(),
        "accountId": caller.account_id,
        "accessKeyId": caller.access_key,
        "userName": caller.display_name,
    });
    if call.via_s3 {
        identity["invokedBy"] = Value::from(AWS_INTERNAL);
    }
    identity
}

fn date(seconds: u64) -> String {
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let time = time::OffsetDateTime::from_unix_timestamp(seconds).ok();
    time.and_then(|time| time.format(&time::format_description::well_known::Rfc3339).ok()).unwrap_or_default()
}
