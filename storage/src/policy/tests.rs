//! Statements, principals, patterns and every family of condition operators.

use super::*;

const USER: &str = "arn:aws:iam::111122223333:user/alice";

fn verdict(policy: &str, context: &[(&str, &str)]) -> Verdict {
    let mut conditions = ConditionContext::default();
    for (key, value) in context {
        conditions.add(key, *value);
    }
    let access = Access {
        principal: USER,
        account: "111122223333",
        action: "kms:Decrypt",
        resource: "arn:aws:kms:us-east-1:111122223333:key/1",
        context: &conditions,
    };
    Policy::parse(policy).unwrap().evaluate(&access)
}

fn statement(effect: &str, principal: &str, action: &str, condition: &str) -> String {
    format!(
        r#"{{"Effect":"{effect}","Principal":{principal},"Action":{action},"Resource":"*","Condition":{condition}}}"#
    )
}

fn policy(statements: &[String]) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

fn allowed_if(condition: &str, context: &[(&str, &str)]) -> bool {
    verdict(&policy(&[statement("Allow", r#""*""#, r#""kms:*""#, condition)]), context) == Verdict::Allowed
}

#[test]
fn a_denial_wins_and_a_name_says_more_than_an_account() {
    let root = statement("Allow", r#"{"AWS":"arn:aws:iam::111122223333:root"}"#, r#""kms:*""#, "{}");
    let alice = statement("Allow", &format!(r#"{{"AWS":["{USER}"]}}"#), r#"["kms:DECRYPT"]"#, "{}");
    let deny = statement("Deny", r#"{"AWS":"111122223333"}"#, r#""kms:D*""#, "{}");
    let other = statement("Allow", r#"{"AWS":"arn:aws:iam::444455556666:root"}"#, r#""kms:*""#, "{}");
    assert_eq!(verdict(&policy(std::slice::from_ref(&root)), &[]), Verdict::AccountAllowed);
    assert_eq!(verdict(&policy(&[root.clone(), alice.clone()]), &[]), Verdict::Allowed);
    assert_eq!(verdict(&policy(&[root, alice, deny]), &[]), Verdict::Denied);
    assert_eq!(verdict(&policy(&[other]), &[]), Verdict::Silent);
    let else_wise = r#"{"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/bob"},
        "NotAction":"kms:Encrypt","NotResource":"arn:x"}}"#;
    assert_eq!(verdict(else_wise, &[]), Verdict::Allowed);
}

#[test]
fn operators_compare_as_their_names_say() {
    let holds = |operator: &str, wanted: &str, actual: &str| {
        allowed_if(&format!(r#"{{"{operator}":{{"k":{wanted}}}}}"#), &[("K", actual)])
    };
    for (operator, wanted, yes, no) in [
        ("StringEquals", r#""a""#, "a", "A"),
        ("StringEqualsIgnoreCase", r#"["b","a"]"#, "A", "c"),
        ("StringNotEquals", r#"["a","b"]"#, "c", "b"),
        ("StringLike", r#""a*""#, "ab", "ba"),
        ("StringNotLike", r#""a*""#, "ba", "ab"),
        ("ArnLike", r#""arn:aws:s3:::b/*""#, "arn:aws:s3:::b/k", "arn:aws:s3:::c/k"),
        ("ArnNotEquals", r#""arn:a""#, "arn:b", "arn:a"),
        ("Bool", "false", "false", "true"),
        ("NumericLessThan", "10", "9", "10"),
        ("NumericGreaterThanEquals", r#""1.2""#, "1.2", "1.1"),
        ("NumericNotEquals", "1", "2", "1.0"),
        ("DateLessThan", r#""2026-01-01T00:00:00Z""#, "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z"),
        ("DateGreaterThan", "1000", "1970-01-01T01:00:00Z", "999"),
        ("IpAddress", r#"["192.0.2.0/24","2001:db8::/32"]"#, "2001:db8:1::1", "192.0.3.1"),
        ("NotIpAddress", r#""192.0.2.7""#, "192.0.2.8", "192.0.2.7"),
    ] {
        assert!(holds(operator, wanted, yes), "{operator} {yes}");
        assert!(!holds(operator, wanted, no), "{operator} {no}");
    }
}

#[test]
fn what_is_missing_fails_a_comparison_and_passes_its_negation() {
    for (condition, expected) in [
        (r#"{"StringEquals":{"k":"a"}}"#, false),
        (r#"{"StringNotEquals":{"k":"a"}}"#, true),
        (r#"{"StringEqualsIfExists":{"k":"a"}}"#, true),
        (r#"{"Null":{"k":"true"}}"#, true),
        (r#"{"Null":{"k":false}}"#, false),
        (r#"{"ForAllValues:StringEquals":{"k":"a"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"k":"a"}}"#, false),
    ] {
        assert_eq!(allowed_if(condition, &[]), expected, "{condition}");
    }
}

#[test]
fn keys_with_several_values_are_quantified_over() {
    let both = [("k", "a"), ("k", "b")];
    assert!(allowed_if(r#"{"ForAnyValue:StringEquals":{"k":"a"}}"#, &both));
    assert!(!allowed_if(r#"{"ForAllValues:StringEquals":{"k":"a"}}"#, &both));
    assert!(allowed_if(r#"{"ForAllValues:StringEquals":{"k":["a","b","c"]}}"#, &both));
}

#[test]
fn variables_are_the_requests_and_one_without_a_value_equals_nothing() {
    let context = [("k", "alice"), ("aws:username", "alice"), ("n", "3")];
    for (condition, expected) in [
        (r#"{"StringEquals":{"k":"${aws:username}"}}"#, true),
        (r#"{"StringLike":{"k":"${aws:username}*"}}"#, true),
        (r#"{"StringNotEquals":{"k":"${aws:username}"}}"#, false),
        (r#"{"StringEqualsIgnoreCaseIfExists":{"k":"${aws:username}"}}"#, true),
        (r#"{"ForAnyValue:StringEquals":{"k":["bob","${aws:username}"]}}"#, true),
        (r#"{"ArnLike":{"k":"${aws:PrincipalTag/a, 'al'}?ce"}}"#, true),
        (r#"{"StringEquals":{"k":"${aws:PrincipalTag/a}"}}"#, false),
        (r#"{"StringNotEquals":{"k":"${aws:PrincipalTag/a}"}}"#, true),
        (r#"{"StringNotLike":{"k":["${aws:PrincipalTag/a}","al*"]}}"#, false),
        // Other operators know none.
        (r#"{"NumericEquals":{"n":"${n}"}}"#, false),
        (r#"{"Null":{"none":"${aws:PrincipalTag/a, 'true'}"}}"#, false),
    ] {
        assert_eq!(allowed_if(condition, &context), expected, "{condition}");
    }
    let older = policy(&[statement("Allow", r#""*""#, r#""kms:*""#, r#"{"StringEquals":{"k":"${aws:username}"}}"#)]);
    let older = older.replace("2012-10-17", "2008-10-17");
    assert_eq!(verdict(&older, &context), Verdict::Silent);
    assert_eq!(verdict(&older, &[("k", "${aws:username}")]), Verdict::Allowed, "text like any other");
}

#[test]
fn a_resource_whose_variable_has_no_value_is_none() {
    let of = |element: &str, resource: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*","Action":"*","{element}":"{resource}"}}}}"#
        );
        verdict(&text, &[("aws:username", "1")])
    };
    let arn = "arn:aws:kms:us-east-1:111122223333:key/";
    assert_eq!(of("Resource", &format!("{arn}${{aws:username}}")), Verdict::Denied);
    assert_eq!(of("Resource", &format!("{arn}${{aws:PrincipalTag/a}}*")), Verdict::Silent);
    assert_eq!(of("NotResource", &format!("{arn}${{aws:username}}")), Verdict::Silent);
    assert_eq!(of("NotResource", &format!("{arn}${{aws:PrincipalTag/a}}*")), Verdict::Denied);
}

#[test]
fn what_is_no_policy_is_refused_with_the_reason() {
    for (text, reason) in [
        ("{", "EOF"),
        (r#"{"Statement":[]}"#, "no statement"),
        (r#"{"Version":"2020-01-01","Statement":[]}"#, "Version"),
        (r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#, "Principal"),
        (r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*","Colour":1}}"#, ""),
        (&policy(&[statement("Allow", r#""*""#, r#""*""#, r#"{"StringIs":{"a":"b"}}"#)]), "StringIs"),
        (&policy(&[statement("Allow", r#""*""#, r#""*""#, r#"{"StringEquals":{"a":"${aws:userid"}}"#)]), "variable"),
    ] {
        let error = Policy::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}
