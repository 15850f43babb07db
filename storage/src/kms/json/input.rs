//! The parameters of a request, read with KMS's own complaints.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::super::{Context, KmsError};
use super::shapes;

/// A request's parameters.
pub(super) struct Input(Map<String, Value>);

/// What CloudTrail leaves out: plaintexts and ciphertexts.
const UNRECORDED: [&str; 4] = ["Plaintext", "CiphertextBlob", "GrantToken", "Recipient"];

/// The longest encryption context, in bytes (AWS KMS Developer Guide, "Quotas").
const MAX_CONTEXT: usize = 8192;

impl Input {
    pub(super) fn parse(body: &[u8]) -> Result<Self, KmsError> {
        let body: &[u8] = if body.is_empty() { b"{}" } else { body };
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Self(map)),
            _ => Err(KmsError::new("SerializationException", "The request's body is not a JSON object.".to_owned())),
        }
    }

    /// The parameters as events have them.
    pub(super) fn recorded(&self) -> Value {
        let shown = self.0.iter().filter(|(name, _)| !UNRECORDED.contains(&name.as_str()));
        shown.map(|(name, value)| (camel_case(name), value.clone())).collect::<Map<_, _>>().into()
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<String>, KmsError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(KmsError::validation(&format!("{name} must be a string."))),
        }
    }

    pub(super) fn required(&self, name: &str) -> Result<String, KmsError> {
        self.text(name)?.ok_or_else(|| shapes::refusal("Value null", &camel_case(name), "Member must not be null"))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, KmsError> {
        self.value(name)
            .map(|value| value.as_i64().ok_or_else(|| KmsError::validation(&format!("{name} must be a number."))))
            .transpose()
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, KmsError> {
        let flag = self.value(name).map(|value| {
            value.as_bool().ok_or_else(|| KmsError::validation(&format!("{name} must be true or false.")))
        });
        Ok(flag.transpose()?.unwrap_or(false))
    }

    pub(super) fn bytes(&self, name: &str) -> Result<Vec<u8>, KmsError> {
        STANDARD.decode(self.required(name)?).map_err(|_| KmsError::validation(&format!("{name} must be base64.")))
    }

    pub(super) fn context(&self, name: &str) -> Result<Context, KmsError> {
        let value = self.value(name).cloned().unwrap_or_else(|| json!({}));
        let context: Context = serde_json::from_value(value)
            .map_err(|_| KmsError::validation(&format!("{name} must be a map of strings.")))?;
        let length: usize = context.iter().map(|(name, value)| name.len() + value.len()).sum();
        if length > MAX_CONTEXT {
            let message = format!("{name} must be of {MAX_CONTEXT} bytes at most, names and values together.");
            return Err(KmsError::validation(&message));
        }
        Ok(context)
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, KmsError> {
        let value = self.value(name).cloned().unwrap_or_else(|| json!([]));
        serde_json::from_value(value).map_err(|_| KmsError::validation(&format!("{name} must be a list of strings.")))
    }

    /// The answer to a list: as many items as are wanted, of which there is a usual and a highest number, from where the last
    /// answer ended.
    pub(super) fn page(&self, name: &str, items: &[Value], (usual, most): (i64, i64)) -> Result<Value, KmsError> {
        let limit = self.number("Limit")?.unwrap_or(usual);
        if limit > most {
            let constraint = format!("Member must have value less than or equal to {most}");
            return Err(shapes::refusal(&format!("Value '{limit}'"), "limit", &constraint));
        }
        let limit = usize::try_from(limit).map_err(|_| KmsError::internal())?;
        let invalid = || KmsError::new("InvalidMarkerException", "The marker is not one that KMS gave.".to_owned());
        let start = match self.text("Marker")? {
            None => 0,
            Some(marker) => {
                let decoded = STANDARD.decode(marker).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                decoded.and_then(|text| text.parse::<usize>().ok()).ok_or_else(invalid)?
            }
        };
        let end = start.saturating_add(limit).min(items.len());
        let page = items.get(start..end).ok_or_else(invalid)?;
        let mut answer = json!({ name: page, "Truncated": end < items.len() });
        if end < items.len() {
            answer["NextMarker"] = Value::from(STANDARD.encode(end.to_string()));
        }
        Ok(answer)
    }
}

/// An answer as events have it: its fields by CloudTrail's names, dates in words, and no secrets.
pub(super) fn recorded(output: &Value) -> Value {
    let Value::Object(fields) = output else { return output.clone() };
    let shown = fields.iter().filter(|(name, _)| !UNRECORDED.contains(&name.as_str()));
    let entry = |(name, value): (&String, &Value)| {
        let in_words = value.as_u64().filter(|_| name.ends_with("Date")).and_then(date_in_words).map(Value::from);
        (camel_case(name), in_words.unwrap_or_else(|| recorded(value)))
    };
    shown.map(entry).collect::<Map<_, _>>().into()
}

/// A time as CloudTrail writes it in answers: `Aug 10, 2022, 10:38:27 PM`.
fn date_in_words(seconds: u64) -> Option<String> {
    let format = time::macros::format_description!(
        "[month repr:short] [day padding:none], [year], [hour repr:12 padding:none]:[minute]:[second] [period]"
    );
    let time = time::OffsetDateTime::from_unix_timestamp(i64::try_from(seconds).ok()?).ok()?;
    time.format(format).ok()
}

/// Names as events and complaints have them.
pub(super) fn camel_case(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect()
}
