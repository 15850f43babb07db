//! Policies of buckets: what S3 checks before it takes one, in its words, and whether one is public.
//!
//! Source: Amazon S3's own answers, as recorded and reported; Amazon S3 User Guide, "The meaning of public".

use serde_json::Value;

use super::actions::{self, Kind};
use super::text::Text;
use super::{Effect, Policy, PolicyError, Principals, Statement};

/// The longest policy, in bytes.
const MAX_LENGTH: usize = 20 * 1024;
/// What the ARNs of buckets and objects start with.
const RESOURCE: &str = "arn:aws:s3:::";

/// A policy that is none for this bucket, in S3's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct MalformedPolicy(String);

/// Who is there to be named.
#[derive(Debug, Clone, Copy)]
pub struct Account<'a> {
    /// Twelve digits.
    pub id: &'a str,
    /// The names of its users.
    pub users: &'a [&'a str],
}

/// Reads a policy that is to be a bucket's.
///
/// # Errors
/// Where S3 would refuse it.
pub fn parse(text: &str, bucket: &str, account: Account<'_>) -> Result<Policy, MalformedPolicy> {
    let malformed = |text: &str| Err(MalformedPolicy(text.to_owned()));
    if !text.starts_with('{') {
        return malformed("Policies must be valid JSON and the first byte must be '{'");
    }
    if text.len() > MAX_LENGTH {
        return malformed("Policy exceeds the maximum allowed document size.");
    }
    let Ok(document) = serde_json::from_str::<Value>(text) else {
        return malformed("This policy contains invalid Json");
    };
    check_elements(&document).map_err(MalformedPolicy)?;
    let policy = Policy::parse(text).map_err(|error| match error {
        // S3's words for it are not known.
        PolicyError::Variable(_) => MalformedPolicy(error.to_string()),
        PolicyError::Malformed(_) => MalformedPolicy("This policy contains invalid Json".to_owned()),
    })?;
    for statement in &policy.statements {
        check_statement(statement, bucket, account).map_err(|text| MalformedPolicy(text.to_owned()))?;
    }
    Ok(policy)
}

/// What a policy consists of, before what it means.
fn check_elements(document: &Value) -> Result<(), String> {
    let Some(document) = document.as_object() else { return Err("This policy contains invalid Json".to_owned()) };
    if let Some(unknown) = document.keys().find(|key| !["Version", "Id", "Statement"].contains(&key.as_str())) {
        return Err(format!("Unknown field {unknown}"));
    }
    let version = document.get("Version").map_or(Some("2008-10-17"), Value::as_str);
    if !version.is_some_and(|version| ["2012-10-17", "2008-10-17"].contains(&version)) {
        return Err("The policy must contain a valid version string".to_owned());
    }
    let statements = match document.get("Statement") {
        None => return Err("Missing required field Statement".to_owned()),
        Some(Value::Array(statements)) => statements.iter().collect(),
        Some(statement) => vec![statement],
    };
    if statements.is_empty() {
        return Err("Could not parse the policy: Statement is empty!".to_owned());
    }
    statements.into_iter().try_for_each(check_fields)
}

fn check_fields(statement: &Value) -> Result<(), String> {
    const KNOWN: [&str; 9] =
        ["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
    let Some(fields) = statement.as_object() else { return Err("This policy contains invalid Json".to_owned()) };
    if let Some(unknown) = fields.keys().find(|key| !KNOWN.contains(&key.as_str())) {
        return Err(format!("Unknown field {unknown}"));
    }
    let effect = fields.get("Effect").ok_or_else(|| "Missing required field Effect".to_owned())?;
    if effect != "Allow" && effect != "Deny" {
        return Err(format!("Invalid effect: {}", effect.as_str().unwrap_or_default()));
    }
    for field in ["Principal", "Action", "Resource"] {
        let other = format!("Not{field}");
        match (fields.contains_key(field), fields.contains_key(&other)) {
            (false, false) => return Err(format!("Missing required field {field}")),
            (true, true) => return Err(format!("{field} and {other} cannot both be specified in a statement")),
            _ => {}
        }
    }
    let operators = fields.get("Condition").and_then(Value::as_object).into_iter().flatten();
    for (operator, keys) in operators {
        if !super::condition::is_operator(operator) {
            return Err(format!("Invalid Condition type : {operator}"));
        }
        let mut keys = keys.as_object().into_iter().flat_map(serde_json::Map::keys);
        if keys.any(|key| !actions::is_condition_key(key)) {
            return Err("Policy has an invalid condition key".to_owned());
        }
    }
    Ok(())
}

fn check_statement(statement: &Statement, bucket: &str, account: Account<'_>) -> Result<(), &'static str> {
    let principals = statement.principal.as_ref().or(statement.not_principal.as_ref());
    if !principals.is_some_and(|principals| are_valid(principals, account)) {
        return Err("Invalid principal in policy");
    }
    let named = statement.action.as_deref().or(statement.not_action.as_deref()).unwrap_or_default();
    let matching: Vec<_> = named.iter().map(|pattern| actions::matching(pattern)).collect();
    if matching.is_empty() || matching.iter().any(Vec::is_empty) {
        return Err("Policy has invalid action");
    }
    let resources = statement.resource.as_deref().or(statement.not_resource.as_deref()).unwrap_or_default();
    // A variable may stand for a key, not for the bucket.
    let resources: Vec<&str> = resources.iter().map(Text::written).collect();
    if resources.is_empty() || !resources.iter().all(|resource| is_within(resource, bucket)) {
        return Err("Policy has invalid resource");
    }
    if statement.action.is_none() || statement.resource.is_none() {
        return Ok(());
    }
    let keys = statement.condition.keys();
    for actions in matching {
        let applies = |(_, kind): &&(&str, Kind)| resources.iter().any(|resource| is_of(resource, *kind));
        let applicable: Vec<&(&str, Kind)> = actions.iter().filter(applies).collect();
        if applicable.is_empty() {
            return Err("Action does not apply to any resource(s) in statement");
        }
        if !keys.clone().all(|key| applicable.iter().any(|(action, _)| actions::knows(action, key))) {
            return Err("Conditions do not apply to combination of actions and resources in statement");
        }
    }
    Ok(())
}

/// Whether a resource is this bucket, or in it.
fn is_within(resource: &str, bucket: &str) -> bool {
    let Some(path) = resource.strip_prefix(RESOURCE) else { return false };
    let name = path.split_once('/').map_or(path, |(name, _)| name);
    super::matches_pattern(name, bucket)
}

fn is_of(resource: &str, kind: Kind) -> bool {
    let path = resource.strip_prefix(RESOURCE).unwrap_or_default();
    match path.split_once('/') {
        Some(_) => kind == Kind::Object,
        // A star stands for slashes too.
        None => kind == Kind::Bucket || path.contains('*'),
    }
}

fn are_valid(principals: &Principals, account: Account<'_>) -> bool {
    let kinds = match principals {
        Principals::Text(text) => return text == "*",
        Principals::ByKind(kinds) => kinds,
    };
    !kinds.is_empty()
        && kinds.iter().all(|(kind, names)| {
            let names = names.as_slice();
            !names.is_empty()
                && match kind.as_str() {
                    "AWS" => names.iter().all(|name| is_aws_principal(name, account)),
                    "CanonicalUser" | "Federated" => names.iter().all(|name| !name.is_empty()),
                    "Service" => names.iter().all(|name| name == "*" || name.contains(".amazonaws.com")),
                    _ => false,
                }
        })
}

/// Everybody, an account, or somebody in one; users of this account have to be there.
fn is_aws_principal(name: &str, account: Account<'_>) -> bool {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if name == "*" || is_account(name) {
        return true;
    }
    let fields: Vec<&str> = name.splitn(6, ':').collect();
    let ["arn", "aws", service, "", id, resource] = fields[..] else { return false };
    if id == "cloudfront" && resource.starts_with("user/CloudFront Origin Access Identity ") {
        return true;
    }
    if !is_account(id) {
        return false;
    }
    match (service, resource.split_once('/')) {
        ("iam", None) => resource == "root",
        ("iam", Some(("user", user))) => id != account.id || account.users.contains(&user),
        ("iam", Some(("role", role))) => !role.is_empty() && !role.contains('*'),
        ("sts", Some(("assumed-role" | "federated-user", session))) => !session.is_empty() && !session.contains('*'),
        _ => false,
    }
}

/// Whether a policy lets anybody in: an `Allow` for everybody that no condition narrows down to fixed values.
#[must_use]
pub fn is_public(policy: &Policy) -> bool {
    policy.statements.iter().any(|statement| {
        let is_for_everybody = match &statement.principal {
            Some(Principals::Text(text)) => text == "*",
            Some(Principals::ByKind(kinds)) => {
                kinds.get("AWS").is_some_and(|names| names.as_slice().iter().any(|name| name == "*"))
            }
            None => true,
        };
        statement.effect == Effect::Allow && is_for_everybody && !statement.condition.is_narrow()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: Account<'static> = Account { id: "111122223333", users: &["alice"] };

    fn refusal(text: &str) -> String {
        match parse(text, "demo", ACCOUNT) {
            Err(MalformedPolicy(text)) => text,
            Ok(_) => panic!("taken: {text}"),
        }
    }

    fn statement(principal: &str, action: &str, resource: &str, condition: &str) -> String {
        format!(
            r#"{{"Statement":{{"Effect":"Allow","Principal":{principal},"Action":{action},"Resource":{resource},
                "Condition":{condition}}}}}"#
        )
    }

    const EVERYBODY: &str = r#""*""#;
    const OBJECTS: &str = r#""arn:aws:s3:::demo/*""#;
    const BUCKET: &str = r#""arn:aws:s3:::demo""#;

    #[test]
    fn what_is_no_policy_is_refused_in_s3s_words() {
        for (text, words) in [
            ("", "Policies must be valid JSON and the first byte must be '{'"),
            ("[]", "Policies must be valid JSON and the first byte must be '{'"),
            ("{", "This policy contains invalid Json"),
            ("{}", "Missing required field Statement"),
            (r#"{"Statement":[]}"#, "Could not parse the policy: Statement is empty!"),
            (r#"{"Version":"2020","Statement":[]}"#, "The policy must contain a valid version string"),
            (r#"{"Statement":{}}"#, "Missing required field Effect"),
            (r#"{"Statement":{"Effect":"allow"}}"#, "Invalid effect: allow"),
            (r#"{"Statement":{"Effect":"Allow"}}"#, "Missing required field Principal"),
            (r#"{"Statement":{"Effect":"Allow","Principal":"*"}}"#, "Missing required field Action"),
            (r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*"}}"#, "Missing required field Resource"),
            (r#"{"Statement":{"Effect":"Allow","Colour":"red"}}"#, "Unknown field Colour"),
        ] {
            assert_eq!(refusal(text), words, "{text}");
        }
    }

    #[test]
    fn statements_have_to_make_sense_for_the_bucket() {
        let get = r#""s3:GetObject""#;
        for (principal, action, resource, condition, words) in [
            (r#""alice""#, get, OBJECTS, "{}", "Invalid principal in policy"),
            (r#"{"AWS":"arn:aws:iam::111122223333:user/bob"}"#, get, OBJECTS, "{}", "Invalid principal in policy"),
            (r#"{"AWS":"arn:aws:iam::111122223333:user/*"}"#, get, OBJECTS, "{}", "Invalid principal in policy"),
            (EVERYBODY, r#""s3:GetObjects""#, OBJECTS, "{}", "Policy has invalid action"),
            (EVERYBODY, r#""kms:Decrypt""#, OBJECTS, "{}", "Policy has invalid action"),
            (EVERYBODY, get, r#""arn:aws:s3:::other/*""#, "{}", "Policy has invalid resource"),
            (EVERYBODY, get, r#""demo/*""#, "{}", "Policy has invalid resource"),
            (EVERYBODY, get, BUCKET, "{}", "Action does not apply to any resource(s) in statement"),
            (
                EVERYBODY,
                r#"["s3:GetObject","s3:ListBucket"]"#,
                OBJECTS,
                "{}",
                "Action does not apply to any resource(s) in statement",
            ),
            (EVERYBODY, get, OBJECTS, r#"{"StringIs":{"aws:username":"a"}}"#, "Invalid Condition type : StringIs"),
            (EVERYBODY, get, OBJECTS, r#"{"StringEquals":{"s3:colour":"a"}}"#, "Policy has an invalid condition key"),
            (
                EVERYBODY,
                get,
                OBJECTS,
                r#"{"StringEquals":{"s3:x-amz-server-side-encryption":"a"}}"#,
                "Conditions do not apply to combination of actions and resources in statement",
            ),
        ] {
            assert_eq!(refusal(&statement(principal, action, resource, condition)), words, "{principal} {action}");
        }
        for (principal, action, resource, condition) in [
            (r#"{"AWS":["arn:aws:iam::111122223333:user/alice","444455556666"]}"#, get, OBJECTS, "{}"),
            (r#"{"AWS":"arn:aws:iam::444455556666:user/anybody"}"#, get, OBJECTS, "{}"),
            (
                r#"{"AWS":"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E127EXAMPLE"}"#,
                get,
                OBJECTS,
                "{}",
            ),
            (
                r#"{"Service":"cloudfront.amazonaws.com"}"#,
                get,
                OBJECTS,
                r#"{"StringEquals":{"AWS:SourceArn":"arn:aws:cloudfront::111122223333:distribution/E1"}}"#,
            ),
            (EVERYBODY, r#""s3:*""#, r#"["arn:aws:s3:::demo","arn:aws:s3:::demo/*"]"#, "{}"),
            (EVERYBODY, r#""s3:*""#, r#""arn:aws:s3:::demo*""#, r#"{"Bool":{"aws:SecureTransport":"false"}}"#),
            (EVERYBODY, r#""s3:PutObject""#, OBJECTS, r#"{"Null":{"s3:x-amz-server-side-encryption":"true"}}"#),
            (EVERYBODY, get, OBJECTS, r#"{"StringEquals":{"s3:ExistingObjectTag/a":"b"}}"#),
            (EVERYBODY, r#""s3:List*""#, BUCKET, r#"{"StringLike":{"s3:prefix":"a/*"}}"#),
        ] {
            let text = statement(principal, action, resource, condition);
            assert!(parse(&text, "demo", ACCOUNT).is_ok(), "{}", refusal(&text));
        }
    }

    /// As [`statement`], in the language that knows variables.
    fn with_variables(resource: &str, condition: &str) -> String {
        statement(EVERYBODY, r#""s3:GetObject""#, resource, condition).replacen('{', r#"{"Version":"2012-10-17","#, 1)
    }

    #[test]
    fn variables_stand_for_keys_and_not_for_buckets() {
        for resource in
            [r#""arn:aws:s3:::demo/${aws:username}/*""#, r#""arn:aws:s3:::demo/${aws:PrincipalTag/a, 'b'}""#]
        {
            assert!(parse(&with_variables(resource, "{}"), "demo", ACCOUNT).is_ok(), "{resource}");
        }
        for resource in [r#""arn:aws:s3:::${aws:username}/*""#, r#""arn:aws:s3:::${aws:PrincipalTag/a, 'demo'}/*""#] {
            assert_eq!(refusal(&with_variables(resource, "{}")), "Policy has invalid resource");
        }
        let unclosed = r#""arn:aws:s3:::demo/${aws:username""#;
        assert!(refusal(&with_variables(unclosed, "{}")).contains("variable"));
        let as_text = statement(EVERYBODY, r#""s3:GetObject""#, unclosed, "{}");
        assert!(parse(&as_text, "demo", ACCOUNT).is_ok());
    }

    #[test]
    fn variables_fix_nobody() {
        for (value, expected) in [("111122223333", false), ("${aws:PrincipalAccount}", true)] {
            let condition = format!(r#"{{"StringEquals":{{"aws:PrincipalAccount":"{value}"}}}}"#);
            let policy = parse(&with_variables(OBJECTS, &condition), "demo", ACCOUNT).unwrap();
            assert_eq!(is_public(&policy), expected, "{value}");
        }
    }

    #[test]
    fn a_policy_for_everybody_is_public_unless_a_condition_fixes_for_whom() {
        let get = r#""s3:GetObject""#;
        for (principal, condition, expected) in [
            (EVERYBODY, "{}", true),
            (r#"{"AWS":"*"}"#, "{}", true),
            (r#"{"AWS":"111122223333"}"#, "{}", false),
            (EVERYBODY, r#"{"StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#, false),
            (EVERYBODY, r#"{"StringLike":{"aws:PrincipalAccount":"1111*"}}"#, true),
            (EVERYBODY, r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#, true),
            (EVERYBODY, r#"{"ForAnyValue:StringEquals":{"aws:PrincipalOrgPaths":"o-1/r-1/"}}"#, false),
            // Holds of who has no such value, and so of anybody.
            (EVERYBODY, r#"{"ForAllValues:StringEquals":{"aws:PrincipalAccount":"111122223333"}}"#, true),
            (EVERYBODY, r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}}"#, false),
            (EVERYBODY, r#"{"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}}"#, true),
            (EVERYBODY, r#"{"Bool":{"aws:SecureTransport":"true"}}"#, true),
        ] {
            let text = statement(principal, get, OBJECTS, condition);
            let policy = parse(&text, "demo", ACCOUNT).unwrap();
            assert_eq!(is_public(&policy), expected, "{principal} {condition}");
            let denial = parse(&text.replace("Allow", "Deny"), "demo", ACCOUNT).unwrap();
            assert!(!is_public(&denial));
        }
    }
}
