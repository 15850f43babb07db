//! A bucket's policy as it was put, and what it means: read once, for all requests that it is asked about.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Policy, PolicyError};

/// A policy with its text, which is what is stored and given back. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StoredPolicy(Arc<(String, Policy)>);

impl StoredPolicy {
    /// A policy that was read from a text.
    #[must_use]
    pub fn new(text: String, policy: Policy) -> Self {
        Self(Arc::new((text, policy)))
    }

    /// The text, as it was put.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0.0
    }

    /// What it means.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.0.1
    }
}

impl TryFrom<String> for StoredPolicy {
    type Error = PolicyError;

    fn try_from(text: String) -> Result<Self, PolicyError> {
        let policy = Policy::parse(&text)?;
        Ok(Self::new(text, policy))
    }
}

impl From<StoredPolicy> for String {
    fn from(stored: StoredPolicy) -> Self {
        stored.text().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_the_text_and_it_is_read_once() {
        let text = r#"{ "Statement": {"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"} }"#;
        let stored: StoredPolicy = serde_json::from_value(text.into()).unwrap();
        assert_eq!(serde_json::to_value(&stored).unwrap(), text);
        assert_eq!(stored.policy(), &Policy::parse(text).unwrap());
        assert!(std::ptr::eq(stored.policy(), stored.clone().policy()));
        assert!(serde_json::from_value::<StoredPolicy>("{}".into()).is_err());
    }
}
