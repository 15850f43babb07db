//! Policies as they are written: the language's JSON, and what of it makes no sense.
//!
//! Source: IAM User Guide, "IAM JSON policy element reference" and "Grammar of the IAM JSON policy language".

use std::collections::BTreeMap;

use serde::Deserialize;

use super::condition::Conditions;
use super::text::{Language, Text};
use super::{Effect, PolicyError, Principals, Statement};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(default)]
    version: Option<String>,
    #[serde(default, rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Written>,
}

/// A statement.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "Sid")]
    _sid: Option<String>,
    effect: Effect,
    #[serde(default)]
    principal: Option<Principals>,
    #[serde(default)]
    not_principal: Option<Principals>,
    #[serde(default)]
    action: Option<OneOrMany<String>>,
    #[serde(default)]
    not_action: Option<OneOrMany<String>>,
    #[serde(default)]
    resource: Option<OneOrMany<String>>,
    #[serde(default)]
    not_resource: Option<OneOrMany<String>>,
    #[serde(default)]
    condition: WrittenConditions,
}

/// Wanted values by key, by operator.
pub(super) type WrittenConditions = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>;

/// The language lets a list of one be written without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

/// A wanted value, which JSON may have as what it is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Flag(bool),
    Number(serde_json::Number),
}

impl<T> OneOrMany<T> {
    pub(super) fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    pub(super) fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Scalar {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Flag(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
        }
    }
}

/// The statements of a policy.
pub(super) fn read(text: &str) -> Result<Vec<Statement>, PolicyError> {
    let document: Document = serde_json::from_str(text).map_err(|error| PolicyError::Malformed(error.to_string()))?;
    let language = match document.version.as_deref() {
        Some("2012-10-17") => Language::WithVariables,
        Some("2008-10-17") | None => Language::WithoutVariables,
        Some(_) => return Err(PolicyError::Malformed("Version must be 2012-10-17 or 2008-10-17".to_owned())),
    };
    let statements = document.statement.into_vec();
    if statements.is_empty() {
        return Err(PolicyError::Malformed("there is no statement".to_owned()));
    }
    statements.into_iter().map(|statement| statement.read(language)).collect()
}

impl Written {
    fn read(self, language: Language) -> Result<Statement, PolicyError> {
        exactly_one("Principal", self.principal.is_some(), self.not_principal.is_some())?;
        exactly_one("Action", self.action.is_some(), self.not_action.is_some())?;
        exactly_one("Resource", self.resource.is_some(), self.not_resource.is_some())?;
        let texts = |written: OneOrMany<String>| {
            written.into_vec().into_iter().map(|text| Text::read(text, language)).collect::<Result<Vec<_>, _>>()
        };
        Ok(Statement {
            effect: self.effect,
            principal: self.principal,
            not_principal: self.not_principal,
            action: self.action.map(OneOrMany::into_vec),
            not_action: self.not_action.map(OneOrMany::into_vec),
            resource: self.resource.map(texts).transpose()?,
            not_resource: self.not_resource.map(texts).transpose()?,
            condition: Conditions::read(self.condition, language)?,
        })
    }
}

fn exactly_one(name: &str, one: bool, other: bool) -> Result<(), PolicyError> {
    if one == other {
        return Err(PolicyError::Malformed(format!("a statement has either {name} or Not{name}")));
    }
    Ok(())
}
