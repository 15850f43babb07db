//! A form's policy: what its fields and its file have to be like.
//!
//! Source: Amazon S3 API Reference, "POST policy"; the words as recorded from Amazon's answers, and in their manner where
//! none was recorded.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::StatusCode;
use s3s::{S3Error, S3ErrorCode, S3Result};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::fields::Form;
use crate::encryption::add_elements;
use crate::profile::Profile;

/// A policy.
#[derive(Debug)]
pub(super) struct Policy {
    expiration: OffsetDateTime,
    conditions: Vec<Condition>,
    limits: Option<Limits>,
}

/// What one field has to be.
#[derive(Debug)]
struct Condition {
    operator: Operator,
    /// The field, as the policy writes it: behind a `$`.
    name: String,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    StartsWith,
}

/// How long the file may be, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    least: u64,
    most: u64,
}

/// The fields that no condition has to name, beside those that start with [`IGNORED`].
const FREE: [&str; 5] = ["x-amz-signature", "signature", "awsaccesskeyid", "policy", "file"];
/// What the names of fields start with that are the page's own.
const IGNORED: &str = "x-ignore-";

impl Policy {
    /// Reads a policy as forms carry it.
    ///
    /// # Errors
    /// What is no policy: 400 `InvalidPolicyDocument`.
    pub(super) fn parse(encoded: &str) -> S3Result<Self> {
        let document = STANDARD.decode(encoded).ok().and_then(|json| serde_json::from_slice::<Value>(&json).ok());
        let document = document.ok_or_else(|| invalid("Invalid JSON."))?;
        let member = |name: &str| document.get(name).ok_or_else(|| invalid(&format!("Policy missing {name}.")));
        let expiration = member("expiration")?;
        let expiration = expiration.as_str().and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let expiration = expiration.ok_or_else(|| invalid("Invalid 'expiration' value."))?;
        let written = member("conditions")?.as_array().ok_or_else(|| invalid("Invalid 'conditions' value."))?;
        let mut policy = Self { expiration, conditions: Vec::new(), limits: None };
        for condition in written {
            policy.take(condition)?;
        }
        Ok(policy)
    }

    fn take(&mut self, condition: &Value) -> S3Result<()> {
        match condition {
            Value::Object(simple) => {
                let mut properties = simple.iter();
                let (Some((name, value)), None) = (properties.next(), properties.next()) else {
                    let text = "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.";
                    return Err(invalid(text));
                };
                let value = value.as_str();
                let value = value.ok_or_else(|| invalid("Invalid Simple-Condition: value must be a string."))?;
                let name = format!("${name}");
                self.conditions.push(Condition { operator: Operator::Equal, name, value: value.to_owned() });
            }
            Value::Array(members) => self.take_list(members)?,
            _ => return Err(invalid("Invalid Condition: a condition must be an object or an array.")),
        }
        Ok(())
    }

    fn take_list(&mut self, members: &[Value]) -> S3Result<()> {
        let [operator, first, second] = members else {
            return Err(invalid("Invalid Condition: wrong number of arguments."));
        };
        let operator = operator.as_str().unwrap_or_default().to_ascii_lowercase();
        let operator = match operator.as_str() {
            "eq" => Operator::Equal,
            "starts-with" => Operator::StartsWith,
            "content-length-range" => {
                let limits = number(first).zip(number(second)).map(|(least, most)| Limits { least, most });
                self.limits =
                    Some(limits.ok_or_else(|| invalid("Invalid content-length-range: its limits must be numbers."))?);
                return Ok(());
            }
            other => return Err(invalid(&format!("Invalid Condition: unknown operation '{other}'."))),
        };
        let (Some(name), Some(value)) = (first.as_str(), second.as_str()) else {
            return Err(invalid("Invalid Condition: its arguments must be strings."));
        };
        self.conditions.push(Condition { operator, name: name.to_owned(), value: value.to_owned() });
        Ok(())
    }

    /// Checks a form against the policy, but for the length of its file, whose limits it gives.
    ///
    /// # Errors
    /// A policy that is no longer valid, a condition that does not hold, a field that no condition names.
    pub(super) fn check(
        &self,
        form: &Form,
        bucket: &str,
        profile: Profile,
        now: OffsetDateTime,
    ) -> S3Result<Option<Limits>> {
        if now >= self.expiration {
            return Err(refused("Policy expired."));
        }
        if let Some(failed) = self.conditions.iter().find(|condition| !condition.holds(form, bucket, profile)) {
            return Err(refused(&format!("Policy Condition failed: {}", failed.text())));
        }
        let extra: Vec<String> = form
            .fields
            .iter()
            .map(|(name, _)| name.to_ascii_lowercase())
            .filter(|name| !FREE.contains(&name.as_str()) && !name.starts_with(IGNORED) && !self.names(name))
            .collect();
        if extra.is_empty() {
            Ok(self.limits)
        } else {
            Err(refused(&format!("Extra input fields: {}", extra.join(", "))))
        }
    }

    fn names(&self, field: &str) -> bool {
        self.conditions.iter().any(|condition| condition.field().is_some_and(|name| name.eq_ignore_ascii_case(field)))
    }
}

impl Condition {
    /// The field's name; none where the policy does not write it as one.
    fn field(&self) -> Option<&str> {
        self.name.strip_prefix('$')
    }

    fn holds(&self, form: &Form, bucket: &str, profile: Profile) -> bool {
        let Some(field) = self.field() else { return false };
        // The bucket is the one that the form is sent to, whatever the form says.
        let found = if field.eq_ignore_ascii_case("bucket") { Some(bucket) } else { form.field(field) };
        let Some(found) = found else {
            let allows_nothing = self.operator == Operator::StartsWith && self.value.is_empty();
            return allows_nothing && profile.absent_fields_start_with_nothing();
        };
        if field.eq_ignore_ascii_case("key") {
            return self.holds_for(&with_filename(found, &form.filename));
        }
        // A list of types is as good as the least of them.
        let is_list = self.operator == Operator::StartsWith && field.eq_ignore_ascii_case("content-type");
        if is_list { found.split(',').all(|one| self.holds_for(one.trim())) } else { self.holds_for(found) }
    }

    fn holds_for(&self, found: &str) -> bool {
        match self.operator {
            Operator::Equal => found == self.value,
            Operator::StartsWith => found.starts_with(&self.value),
        }
    }

    /// The condition as answers repeat it.
    fn text(&self) -> String {
        let operator = match self.operator {
            Operator::Equal => "eq",
            Operator::StartsWith => "starts-with",
        };
        let quoted = |text: &str| Value::from(text).to_string();
        format!("[{}, {}, {}]", quoted(operator), quoted(&self.name), quoted(&self.value))
    }
}

impl Limits {
    /// Whether a file that has got this long is too long.
    pub(super) fn are_exceeded_by(&self, length: u64) -> bool {
        length > self.most
    }

    /// Checks the length of a whole file.
    ///
    /// # Errors
    /// A file that is too short or too long.
    pub(super) fn check(self, length: u64) -> S3Result<()> {
        let (code, word, limit) = if length > self.most {
            (S3ErrorCode::EntityTooLarge, "exceeds the maximum allowed size", ("MaxSizeAllowed", self.most))
        } else if length < self.least {
            let text = "is smaller than the minimum allowed size";
            (S3ErrorCode::EntityTooSmall, text, ("MinSizeAllowed", self.least))
        } else {
            return Ok(());
        };
        let mut error = S3Error::with_message(code, format!("Your proposed upload {word}"));
        error.set_status_code(StatusCode::BAD_REQUEST);
        add_elements(&mut error, [("ProposedSize", length.to_string()), (limit.0, limit.1.to_string())]);
        Err(error)
    }
}

/// A key with the file's own name in it, without the directories that some browsers send.
pub(super) fn with_filename(key: &str, filename: &str) -> String {
    let name = filename.rsplit(['/', '\\']).next().unwrap_or_default();
    key.replace("${filename}", name)
}

/// A limit of `content-length-range`, which policies also write as a string.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn invalid(text: &str) -> S3Error {
    let mut error = S3Error::with_message(S3ErrorCode::InvalidPolicyDocument, format!("Invalid Policy: {text}"));
    error.set_status_code(StatusCode::BAD_REQUEST);
    error
}

fn refused(text: &str) -> S3Error {
    S3Error::with_message(S3ErrorCode::AccessDenied, format!("Invalid according to Policy: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(conditions: &str) -> S3Result<Policy> {
        let json = format!(r#"{{"expiration": "2030-01-01T00:00:00.000Z", "conditions": {conditions}}}"#);
        Policy::parse(&STANDARD.encode(json))
    }

    fn message(result: S3Result<impl Sized>) -> String {
        result.err().and_then(|error| error.message().map(str::to_owned)).unwrap_or_default()
    }

    fn held(condition: &str, value: &str) -> bool {
        parsed(&format!("[{condition}]")).unwrap().conditions[0].holds_for(value)
    }

    #[test]
    fn conditions_compare_whole_values_or_their_beginning() {
        assert!(held(r#"["eq", "$a", "x"]"#, "x") && !held(r#"["eq", "$a", "x"]"#, "xy"));
        assert!(held(r#"["starts-with", "$a", "x"]"#, "xy") && !held(r#"["starts-with", "$a", "x"]"#, "X"));
        assert!(held(r#"["starts-with", "$a", ""]"#, "anything") && held(r#"{"a": "x"}"#, "x"));
    }

    #[test]
    fn what_is_no_policy_is_refused_with_what_is_wrong() {
        assert_eq!(message(Policy::parse("e30=")), "Invalid Policy: Policy missing expiration.");
        assert_eq!(message(Policy::parse("no base64!")), "Invalid Policy: Invalid JSON.");
        for conditions in
            [r#"[["eq", "$a"]]"#, r#"[["le", "$a", "b"]]"#, r#"[["eq", 1, 2]]"#, "[7]", "{}", r#"[{"a": 1}]"#]
        {
            assert!(message(parsed(conditions)).starts_with("Invalid Policy: Invalid "), "{conditions}");
        }
    }

    #[test]
    fn lengths_are_within_their_range_bounds_included() {
        let limits = parsed(r#"[["content-length-range", "2", 3]]"#).unwrap().limits.unwrap();
        assert!(limits.check(2).is_ok() && limits.check(3).is_ok());
        assert_eq!(*limits.check(1).unwrap_err().code(), S3ErrorCode::EntityTooSmall);
        assert_eq!(*limits.check(4).unwrap_err().code(), S3ErrorCode::EntityTooLarge);
        assert!(parsed(r#"[["content-length-range", -1, 3]]"#).is_err());
    }

    #[test]
    fn a_files_name_goes_into_its_key_without_its_directories() {
        assert_eq!(with_filename("user/${filename}", r"C:\images\cat.png"), "user/cat.png");
    }
}
