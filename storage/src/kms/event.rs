//! Events as CloudTrail records them: who used which key for what. Plaintexts and key material never appear.
//!
//! Source: AWS CloudTrail User Guide, "CloudTrail record contents"; AWS KMS Developer Guide, log entries.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, KmsError};

/// One use of KMS.
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
    #[serde(rename = "requestID")]
    request_id: String,
    #[serde(rename = "eventID")]
    event_id: String,
    read_only: bool,
    resources: Value,
    event_type: String,
    management_event: bool,
    recipient_account_id: String,
    event_category: String,
}

/// What CloudTrail says of calls that a service makes for somebody.
const AWS_INTERNAL: &str = "AWS Internal";

impl Event {
    pub(super) fn new(
        call: &Call<'_>,
        name: &str,
        parameters: Value,
        key_arns: &[String],
        material_id: Option<&str>,
        error: Option<&KmsError>,
        region: &str,
    ) -> Self {
        let agent = if call.via_s3 { AWS_INTERNAL } else { "s3-storage-sim" };
        let account = &call.caller.account_id;
        Self {
            event_version: "1.11".to_owned(),
            user_identity: identity(call),
            event_time: date(call.now),
            event_source: "kms.amazonaws.com".to_owned(),
            event_name: name.to_owned(),
            aws_region: region.to_owned(),
            source_ip_address: if call.via_s3 { AWS_INTERNAL } else { "127.0.0.1" }.to_owned(),
            user_agent: agent.to_owned(),
            error_code: error.map(|error| error.code().to_owned()),
            error_message: error.map(|error| error.message().to_owned()),
            request_parameters: parameters,
            response_elements: Value::Null,
            additional_event_data: material_id.map(|id| json!({ "keyMaterialId": id })),
            request_id: call.request_id.clone(),
            event_id: super::uuid().unwrap_or_default(),
            read_only: is_read_only(name),
            resources: key_arns
                .iter()
                .map(|arn| json!({ "accountId": account, "type": "AWS::KMS::Key", "ARN": arn }))
                .collect(),
            event_type: "AwsApiCall".to_owned(),
            management_event: true,
            recipient_account_id: account.clone(),
            event_category: "Management".to_owned(),
        }
    }

    /// The operation's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.event_name
    }

    /// The event's id.
    pub(super) fn id(&self) -> &str {
        &self.event_id
    }

    /// KMS's code, where it refused.
    #[must_use]
    pub fn error_code(&self) -> Option<&str> {
        self.error_code.as_deref()
    }
}

/// Whether an operation uses a key's material.
pub(super) fn is_cryptographic(name: &str) -> bool {
    ["Encrypt", "Decrypt", "ReEncrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext"].contains(&name)
}

/// Whether an operation changes nothing, as CloudTrail sees it.
fn is_read_only(name: &str) -> bool {
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
