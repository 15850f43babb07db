//! The conditions of a statement, and what they ask about.
//!
//! Source: IAM User Guide, "IAM JSON policy elements: Condition operators".

use std::collections::BTreeMap;
use std::net::IpAddr;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::PolicyError;
use super::document::{OneOrMany, Scalar, WrittenConditions};
use super::text::{Language, Pattern, Text};

/// The keys whose fixed values keep a policy for everybody from being public (Amazon S3 User Guide, "The meaning of
/// public").
const NARROW_KEYS: [&str; 14] = [
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// Whether this is the name of a condition operator.
pub(super) fn is_operator(name: &str) -> bool {
    Operator::parse(name).is_some()
}

/// What a request says of itself, by condition key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConditionContext(BTreeMap<String, Vec<String>>);

impl ConditionContext {
    /// Adds a value of a key. Keys are the same in any case.
    pub fn add(&mut self, key: &str, value: impl Into<String>) {
        self.0.entry(key.to_ascii_lowercase()).or_default().push(value.into());
    }

    fn get(&self, key: &str) -> &[String] {
        self.0.get(&key.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The value of a key that has just one.
    pub(super) fn only(&self, key: &str) -> Option<&str> {
        if let [value] = self.get(key) { Some(value) } else { None }
    }
}

/// All of them have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Conditions(Vec<Condition>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Condition {
    operator: Operator,
    key: String,
    wanted: Vec<Text>,
}

impl Conditions {
    /// Reads conditions, or says what in them is none.
    pub(super) fn read(written: WrittenConditions, language: Language) -> Result<Self, PolicyError> {
        let mut conditions = Vec::new();
        for (name, keys) in written {
            let none = || PolicyError::Malformed(format!("{name} is not a condition operator"));
            let operator = Operator::parse(&name).ok_or_else(none)?;
            for (key, wanted) in keys {
                let texts = OneOrMany::into_vec(wanted).into_iter().map(Scalar::into_text);
                let wanted =
                    texts.map(|text| Text::read(text, operator.language(language))).collect::<Result<_, _>>()?;
                conditions.push(Condition { operator, key, wanted });
            }
        }
        Ok(Self(conditions))
    }

    /// The keys that are asked about.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> + Clone {
        self.0.iter().map(|condition| condition.key.as_str())
    }

    /// Whether one of them fixes who may come, or from where: with neither a pattern nor a variable, and not by saying who
    /// may not.
    pub(super) fn is_narrow(&self) -> bool {
        self.0.iter().any(|Condition { operator, key, wanted }| {
            // `ForAllValues` holds of who has no such value, as `IfExists` does.
            !(operator.is_negated || operator.if_exists || operator.of_many == Some(Quantifier::All))
                && NARROW_KEYS.contains(&key.to_ascii_lowercase().as_str())
                && wanted.iter().all(|wanted| !wanted.has_variables() && operator.base.is_fixed(wanted.written()))
        })
    }

    pub(super) fn hold(&self, context: &ConditionContext) -> bool {
        self.0.iter().all(|Condition { operator, key, wanted }| {
            // What has no value equals nothing, and nothing is like it.
            let wanted: Vec<Pattern> = wanted.iter().filter_map(|wanted| wanted.resolved(context)).collect();
            operator.holds(&wanted, context.get(key))
        })
    }
}

/// An operator with what stands before and behind its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Operator {
    /// Whether one value is enough, all are wanted, or there is but one.
    of_many: Option<Quantifier>,
    base: Base,
    is_negated: bool,
    if_exists: bool,
    /// Whether what it wants may have variables: string and ARN operators' may.
    takes_variables: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Equals,
    EqualsInAnyCase,
    Like,
    Numeric(Order),
    Date(Order),
    IpAddress,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Operator {
    fn parse(name: &str) -> Option<Self> {
        let (of_many, name) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Quantifier::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Quantifier::Any), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |rest| (rest, true));
        let (base, is_negated) = match name {
            "StringEquals" | "BinaryEquals" => (Base::Equals, false),
            "StringNotEquals" => (Base::Equals, true),
            "StringEqualsIgnoreCase" | "Bool" => (Base::EqualsInAnyCase, false),
            "StringNotEqualsIgnoreCase" => (Base::EqualsInAnyCase, true),
            "StringLike" | "ArnLike" | "ArnEquals" => (Base::Like, false),
            "StringNotLike" | "ArnNotLike" | "ArnNotEquals" => (Base::Like, true),
            "IpAddress" => (Base::IpAddress, false),
            "NotIpAddress" => (Base::IpAddress, true),
            "Null" if !if_exists => (Base::Null, false),
            _ => Self::ordered(name)?,
        };
        let takes_variables = name.starts_with("String") || name.starts_with("Arn");
        Some(Self { of_many, base, is_negated, if_exists, takes_variables })
    }

    /// The language that its wanted values are in.
    fn language(self, of_policy: Language) -> Language {
        if self.takes_variables { of_policy } else { Language::WithoutVariables }
    }

    fn ordered(name: &str) -> Option<(Base, bool)> {
        let (kind, order): (fn(Order) -> Base, &str) = match name.strip_prefix("Numeric") {
            Some(order) => (Base::Numeric, order),
            None => (Base::Date, name.strip_prefix("Date")?),
        };
        let order = match order {
            "NotEquals" => return Some((kind(Order::Equal), true)),
            "Equals" => Order::Equal,
            "LessThan" => Order::Less,
            "LessThanEquals" => Order::LessOrEqual,
            "GreaterThan" => Order::Greater,
            "GreaterThanEquals" => Order::GreaterOrEqual,
            _ => return None,
        };
        Some((kind(order), false))
    }

    fn holds(self, wanted: &[Pattern], actual: &[String]) -> bool {
        if self.base == Base::Null {
            return wanted.iter().any(|wanted| wanted.text() == if actual.is_empty() { "true" } else { "false" });
        }
        if actual.is_empty() {
            // What is not there equals nothing, so a negation holds of it.
            return self.if_exists
                || match self.of_many {
                    Some(Quantifier::All) => true,
                    Some(Quantifier::Any) => false,
                    None => self.is_negated,
                };
        }
        let is_fine =
            |actual: &String| wanted.iter().any(|wanted| self.base.matches(wanted, actual)) != self.is_negated;
        if self.of_many == Some(Quantifier::Any) { actual.iter().any(is_fine) } else { actual.iter().all(is_fine) }
    }
}

impl Base {
    fn matches(self, pattern: &Pattern, actual: &str) -> bool {
        let wanted = pattern.text();
        match self {
            Self::Equals => wanted == actual,
            Self::EqualsInAnyCase => wanted.eq_ignore_ascii_case(actual),
            Self::Like => pattern.matches(actual),
            Self::Numeric(order) => {
                let (wanted, actual) = (wanted.parse::<f64>(), actual.parse::<f64>());
                wanted.ok().zip(actual.ok()).is_some_and(|(wanted, actual)| order.holds(actual.partial_cmp(&wanted)))
            }
            Self::Date(order) => {
                date(&wanted).zip(date(actual)).is_some_and(|(wanted, actual)| order.holds(Some(actual.cmp(&wanted))))
            }
            Self::IpAddress => in_network(&wanted, actual),
            Self::Null => false,
        }
    }
}

impl Base {
    /// Whether a wanted value is one value, or a network of moderate size.
    fn is_fixed(self, wanted: &str) -> bool {
        match self {
            Self::Equals | Self::EqualsInAnyCase => !wanted.contains(['*', '?']),
            // An ARN may have a pattern behind the account.
            Self::Like => !wanted.splitn(6, ':').take(5).any(|field| field.contains(['*', '?'])),
            Self::IpAddress => {
                let smallest = if wanted.contains(':') { 32 } else { 8 };
                wanted
                    .split_once('/')
                    .is_none_or(|(_, length)| length.parse().is_ok_and(|length: u32| length >= smallest))
            }
            Self::Numeric(_) | Self::Date(_) | Self::Null => false,
        }
    }
}

impl Order {
    fn holds(self, order: Option<std::cmp::Ordering>) -> bool {
        order.is_some_and(|order| match self {
            Self::Equal => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        })
    }
}

/// A date, as ISO 8601 or in Unix seconds.
fn date(text: &str) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| OffsetDateTime::from_unix_timestamp(text.parse().ok()?).ok())
}

/// Whether an address is in a network, `192.0.2.0/24` or one address.
fn in_network(network: &str, address: &str) -> bool {
    let (base, length) = network.split_once('/').map_or((network, None), |(base, length)| (base, Some(length)));
    let (Ok(base), Ok(address)) = (base.parse::<IpAddr>(), address.parse::<IpAddr>()) else { return false };
    let (base, address, width) = match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => (base.to_bits().into(), address.to_bits().into(), 32),
        (IpAddr::V6(base), IpAddr::V6(address)) => (base.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let length = length.map_or(Ok(width), str::parse::<u32>);
    length.is_ok_and(|length| length <= width && differing_bits(base, address) <= width - length)
}

/// How many bits from the end on two addresses may differ in.
fn differing_bits(one: u128, other: u128) -> u32 {
    u128::BITS - (one ^ other).leading_zeros()
}
