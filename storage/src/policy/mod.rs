//! Policies in the language of AWS IAM: who may, or may not, do what to which resource, and when.
//!
//! One evaluator for all resource-based policies. Source: IAM User Guide, "IAM JSON policy element reference" and "Policy
//! evaluation logic".

mod actions;
pub mod bucket;
mod condition;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use condition::ConditionContext;
use condition::Conditions;

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PolicyError(String);

/// Who asks for what.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    /// The caller's ARN.
    pub principal: &'a str,
    /// The caller's account, twelve digits.
    pub account: &'a str,
    /// The action, such as `kms:Decrypt`.
    pub action: &'a str,
    /// The resource's ARN.
    pub resource: &'a str,
    /// What conditions can ask about.
    pub context: &'a ConditionContext,
}

/// What a resource's policy says of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Nothing.
    Silent,
    /// The caller's account may; what it lets its users do is for its own policies to say.
    AccountAllowed,
    /// The caller may.
    Allowed,
    /// The caller may not, whatever else says so.
    Denied,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Document {
    #[serde(default)]
    version: Option<String>,
    #[serde(default, rename = "Id")]
    _id: Option<String>,
    statement: OneOrMany<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
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
    condition: Conditions,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Principals {
    Text(String),
    ByKind(BTreeMap<String, OneOrMany<String>>),
}

/// The language lets a list of one be written without brackets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }

    fn into_vec(self) -> Vec<T> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl Policy {
    /// Reads a resource-based policy.
    ///
    /// # Errors
    /// Where the text is no JSON, has an element or a condition operator that the language does not know, or a statement
    /// lacks one that it needs.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let document: Document = serde_json::from_str(text).map_err(|error| PolicyError(error.to_string()))?;
        if document.version.is_some_and(|version| !["2012-10-17", "2008-10-17"].contains(&version.as_str())) {
            return Err(PolicyError("Version must be 2012-10-17 or 2008-10-17".to_owned()));
        }
        let statements = document.statement.into_vec();
        if statements.is_empty() {
            return Err(PolicyError("there is no statement".to_owned()));
        }
        for statement in &statements {
            statement.check()?;
        }
        Ok(Self { statements })
    }

    /// What the policy says of a request: a denial wins over everything, then what names the caller.
    #[must_use]
    pub fn evaluate(&self, access: &Access<'_>) -> Verdict {
        self.statements.iter().map(|statement| statement.verdict(access)).max().unwrap_or(Verdict::Silent)
    }
}

impl Statement {
    fn check(&self) -> Result<(), PolicyError> {
        let exactly_one = |name: &str, one: bool, other: bool| {
            if one == other {
                return Err(PolicyError(format!("a statement has either {name} or Not{name}")));
            }
            Ok(())
        };
        exactly_one("Principal", self.principal.is_some(), self.not_principal.is_some())?;
        exactly_one("Action", self.action.is_some(), self.not_action.is_some())?;
        exactly_one("Resource", self.resource.is_some(), self.not_resource.is_some())?;
        let texts = [&self.resource, &self.not_resource].into_iter().flatten().flat_map(OneOrMany::as_slice);
        if texts.into_iter().any(|text| text.contains("${")) || self.condition.has_variables() {
            return Err(PolicyError("policy variables (${...}) are not simulated".to_owned()));
        }
        self.condition.check().map_err(PolicyError)
    }

    fn verdict(&self, access: &Access<'_>) -> Verdict {
        if !self.is_about(access) || !self.condition.hold(access.context) {
            return Verdict::Silent;
        }
        let matched = match (&self.principal, &self.not_principal) {
            (Some(principals), _) => principals.matched(access),
            (_, Some(others)) if others.matched(access) == Verdict::Silent => Verdict::Allowed,
            _ => Verdict::Silent,
        };
        if matched > Verdict::Silent && self.effect == Effect::Deny { Verdict::Denied } else { matched }
    }

    fn is_about(&self, access: &Access<'_>) -> bool {
        // Actions are the same in any case; resources are not.
        let action = access.action.to_ascii_lowercase();
        let is_action = |pattern: &String| matches_pattern(&pattern.to_ascii_lowercase(), &action);
        let is_resource = |pattern: &String| matches_pattern(pattern, access.resource);
        listed(self.action.as_ref(), self.not_action.as_ref(), is_action)
            && listed(self.resource.as_ref(), self.not_resource.as_ref(), is_resource)
    }
}

fn listed(
    list: Option<&OneOrMany<String>>,
    other_than: Option<&OneOrMany<String>>,
    is_match: impl Fn(&String) -> bool,
) -> bool {
    match (list, other_than) {
        (Some(list), _) => list.as_slice().iter().any(is_match),
        (None, Some(list)) => !list.as_slice().iter().any(is_match),
        (None, None) => false,
    }
}

impl Principals {
    /// How they match a caller: by name, by its account, or not at all.
    fn matched(&self, access: &Access<'_>) -> Verdict {
        let names = match self {
            Self::Text(text) if text == "*" => return Verdict::Allowed,
            Self::Text(_) => return Verdict::Silent,
            Self::ByKind(kinds) => kinds.get("AWS").map(OneOrMany::as_slice).unwrap_or_default(),
        };
        let root = format!("arn:aws:iam::{}:root", access.account);
        let of_name = |name: &String| match name.as_str() {
            "*" => Verdict::Allowed,
            name if name == access.principal => Verdict::Allowed,
            name if !access.account.is_empty() && (name == root || name == access.account) => Verdict::AccountAllowed,
            _ => Verdict::Silent,
        };
        names.iter().map(of_name).max().unwrap_or(Verdict::Silent)
    }
}

/// Whether a text matches a pattern, in which `*` stands for any text and `?` for any one character.
pub(crate) fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut position) = (0, 0);
    // Where the last `*` was, and up to where it has taken text so far: enough to come back to.
    let mut star: Option<(usize, usize)> = None;
    while position < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, position));
                at += 1;
            }
            Some(&wanted) if wanted == '?' || Some(&wanted) == text.get(position) => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star_at, taken)) = star else { return false };
                star = Some((star_at, taken + 1));
                at = star_at + 1;
                position = taken + 1;
            }
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

#[cfg(test)]
mod tests;
