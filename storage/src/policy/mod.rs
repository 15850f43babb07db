//! Policies in the language of AWS IAM: who may, or may not, do what to which resource, and when.
//!
//! One evaluator for all resource-based policies. Source: IAM User Guide, "IAM JSON policy element reference" and "Policy
//! evaluation logic".

mod actions;
pub mod bucket;
mod condition;
mod document;
mod stored;
mod text;

use std::collections::BTreeMap;

use serde::Deserialize;

pub use condition::ConditionContext;
use condition::Conditions;
use document::OneOrMany;
pub use stored::StoredPolicy;
use text::{Pattern, Text};

/// A policy document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// It is no JSON, or has an element that makes no sense; holds what.
    #[error("{0}")]
    Malformed(String),
    /// It has a variable that is none; holds the text that it is in.
    #[error("{0:?} has a variable that is none: write ${{key}} or ${{key, 'default'}}")]
    Variable(String),
}

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

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    effect: Effect,
    principal: Option<Principals>,
    not_principal: Option<Principals>,
    action: Option<Vec<String>>,
    not_action: Option<Vec<String>>,
    resource: Option<Vec<Text>>,
    not_resource: Option<Vec<Text>>,
    condition: Conditions,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Principals {
    Text(String),
    ByKind(BTreeMap<String, OneOrMany<String>>),
}

impl Policy {
    /// Reads a resource-based policy.
    ///
    /// # Errors
    /// Where the text is no JSON, has an element or a condition operator that the language does not know, a variable that is
    /// none, or a statement that lacks an element that it needs.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        document::read(text).map(|statements| Self { statements })
    }

    /// What the policy says of a request: a denial wins over everything, then what names the caller.
    #[must_use]
    pub fn evaluate(&self, access: &Access<'_>) -> Verdict {
        self.statements.iter().map(|statement| statement.verdict(access)).max().unwrap_or(Verdict::Silent)
    }
}

impl Statement {
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
        // A text whose variable has no value matches nothing.
        let is_resource =
            |text: &Text| text.resolved(access.context).is_some_and(|pattern| pattern.matches(access.resource));
        listed(self.action.as_deref(), self.not_action.as_deref(), is_action)
            && listed(self.resource.as_deref(), self.not_resource.as_deref(), is_resource)
    }
}

fn listed<T>(list: Option<&[T]>, other_than: Option<&[T]>, is_match: impl Fn(&T) -> bool) -> bool {
    match (list, other_than) {
        (Some(list), _) => list.iter().any(is_match),
        (None, Some(list)) => !list.iter().any(is_match),
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
    Pattern::of(pattern).matches(text)
}

#[cfg(test)]
mod tests;
