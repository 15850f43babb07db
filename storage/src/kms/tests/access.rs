//! Key policies and grants: who may, for themselves and through S3.

use super::*;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const BOB: &str = "arn:aws:iam::111122223333:user/bob";

fn code(answer: &Value) -> &str {
    answer["__type"].as_str().unwrap_or("none")
}

/// A key whose policy has these statements beside one that lets `admin` do everything; gives its id.
fn key_with(kms: &mut Kms, statements: &[Value]) -> String {
    let mut all = vec![json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:user/admin" },
        "Action": "kms:*", "Resource": "*",
    })];
    all.extend_from_slice(statements);
    let policy = json!({ "Version": "2012-10-17", "Statement": all }).to_string();
    let made = ask_as(kms, "admin", NOW, "CreateKey", &json!({ "Policy": policy }));
    made["KeyMetadata"]["KeyId"].as_str().expect("a key").to_owned()
}

fn allow(principal: &str, actions: &[&str], condition: &Value) -> Value {
    json!({
        "Effect": "Allow", "Principal": { "AWS": principal }, "Action": actions, "Resource": "*", "Condition": condition,
    })
}

fn data_key(kms: &mut Kms, name: &str, key: &str, context: &Value) -> Value {
    let input = json!({ "KeyId": key, "KeySpec": "AES_256", "EncryptionContext": context });
    ask_as(kms, name, NOW, "GenerateDataKey", &input)
}

#[test]
fn without_a_statement_for_the_account_the_policy_alone_counts() {
    let mut kms = kms();
    let key = key_with(&mut kms, &[allow(ALICE, &["kms:GenerateDataKey*"], &json!({}))]);
    let made = data_key(&mut kms, "alice", &key, &json!({}));
    assert!(made["Plaintext"].is_string(), "{made}");
    let refused = data_key(&mut kms, "bob", &key, &json!({}));
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{key}");
    assert_eq!(code(&refused), "AccessDeniedException");
    let because = "because no resource-based policy allows the kms:GenerateDataKey action";
    let text = format!("User: {BOB} is not authorized to perform: kms:GenerateDataKey on resource: {arn} {because}");
    assert_eq!(refused["Message"], json!(text));
    // Alice may wrap, and not unwrap what she wrapped.
    let decrypt = json!({ "CiphertextBlob": made["CiphertextBlob"] });
    assert_eq!(code(&ask_as(&mut kms, "alice", NOW, "Decrypt", &decrypt)), "AccessDeniedException");
    // Nobody gets around a key's policy by naming another key.
    let named = json!({ "CiphertextBlob": made["CiphertextBlob"], "KeyId": "alias/one" });
    assert_eq!(code(&ask_as(&mut kms, "bob", NOW, "Decrypt", &named)), "IncorrectKeyException");
    assert_eq!(ask_as(&mut kms, "admin", NOW, "Decrypt", &decrypt)["Plaintext"], made["Plaintext"]);
}

#[test]
fn conditions_see_the_context_and_the_service_in_between() {
    let mut kms = kms();
    let condition = json!({ "StringEquals": { "kms:EncryptionContext:team": "red" } });
    let key = key_with(&mut kms, &[allow("111122223333", &["kms:GenerateDataKey"], &condition)]);
    assert_eq!(code(&data_key(&mut kms, "bob", &key, &json!({ "team": "red" }))), "none");
    assert_eq!(code(&data_key(&mut kms, "bob", &key, &json!({ "team": "blue" }))), "AccessDeniedException");
    assert_eq!(code(&data_key(&mut kms, "bob", &key, &json!({}))), "AccessDeniedException");

    let condition = json!({ "StringEquals": { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } });
    let key = key_with(&mut kms, &[allow("*", &["kms:*"], &condition)]);
    assert_eq!(code(&data_key(&mut kms, "bob", &key, &json!({}))), "AccessDeniedException");
    assert!(with_call(|call| kms.generate_data_key(call, &key, &context(&[]))).is_ok(), "through S3");
    // As is the policy of the key that S3 makes for itself.
    kms.resolve("alias/aws/s3", NOW).unwrap();
    assert_eq!(code(&data_key(&mut kms, "bob", "alias/aws/s3", &json!({}))), "AccessDeniedException");
    assert!(with_call(|call| kms.generate_data_key(call, "alias/aws/s3", &context(&[]))).is_ok());
}

#[test]
fn a_denial_stands_against_account_and_grant() {
    let mut kms = kms();
    let deny =
        json!({ "Effect": "Deny", "Principal": { "AWS": BOB }, "Action": "kms:GenerateDataKey", "Resource": "*" });
    let key = key_with(&mut kms, &[allow("111122223333", &["kms:*"], &json!({})), deny]);
    let grant = json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["GenerateDataKey"] });
    assert_eq!(code(&ask_as(&mut kms, "admin", NOW, "CreateGrant", &grant)), "none");
    let refused = data_key(&mut kms, "bob", &key, &json!({}));
    assert!(refused["Message"].as_str().unwrap().ends_with("with an explicit deny in a resource-based policy"));
    assert_eq!(code(&data_key(&mut kms, "alice", &key, &json!({}))), "none");
}

#[test]
fn a_grant_gives_its_operations_under_its_constraint_until_it_is_taken_back() {
    let mut kms = kms();
    let key = key_with(&mut kms, &[]);
    let grant = |constraints: Value| {
        json!({
            "KeyId": key, "GranteePrincipal": BOB, "RetiringPrincipal": ALICE, "Name": "n",
            "Operations": ["GenerateDataKey", "DescribeKey"], "Constraints": constraints,
        })
    };
    let subset = grant(json!({ "EncryptionContextSubset": { "a": "1" } }));
    let made = ask_as(&mut kms, "admin", NOW, "CreateGrant", &subset);
    let again = ask_as(&mut kms, "admin", NOW, "CreateGrant", &subset);
    assert_eq!(again["GrantId"], made["GrantId"], "the same grant, by its name");
    assert_ne!(again["GrantToken"], made["GrantToken"], "by a token of its own");
    let outcomes = |kms: &mut Kms| {
        [json!({ "a": "1" }), json!({ "a": "1", "b": "2" }), json!({ "a": "2" }), json!({})]
            .map(|context| code(&data_key(kms, "bob", &key, &context)) == "none")
    };
    assert_eq!(outcomes(&mut kms), [true, true, false, false]);
    assert_eq!(code(&ask_as(&mut kms, "bob", NOW, "DescribeKey", &json!({ "KeyId": key }))), "none");
    assert_eq!(code(&ask_as(&mut kms, "bob", NOW, "DisableKey", &json!({ "KeyId": key }))), "AccessDeniedException");

    let listed = ask_as(&mut kms, "admin", NOW, "ListGrants", &json!({ "KeyId": key }));
    assert_eq!(listed["Grants"][0]["GrantId"], made["GrantId"]);
    assert_eq!(listed["Grants"][0]["Constraints"]["EncryptionContextSubset"]["a"], "1");
    let retirable = ask_as(&mut kms, "alice", NOW, "ListRetirableGrants", &json!({ "RetiringPrincipal": ALICE }));
    assert_eq!(retirable["Grants"].as_array().unwrap().len(), 1);

    let token = json!({ "GrantToken": made["GrantToken"] });
    assert_eq!(code(&ask_as(&mut kms, "bob", NOW, "RetireGrant", &token)), "AccessDeniedException");
    assert_eq!(code(&ask_as(&mut kms, "alice", NOW, "RetireGrant", &token)), "none");
    assert_eq!(outcomes(&mut kms), [false; 4]);

    let equals = grant(json!({ "EncryptionContextEquals": { "a": "1" } }));
    let made = ask_as(&mut kms, "admin", NOW, "CreateGrant", &equals);
    assert_eq!(outcomes(&mut kms), [true, false, false, false]);
    let revoke = json!({ "KeyId": key, "GrantId": made["GrantId"] });
    assert_eq!(code(&ask_as(&mut kms, "alice", NOW, "RevokeGrant", &revoke)), "AccessDeniedException");
    assert_eq!(code(&ask_as(&mut kms, "admin", NOW, "RevokeGrant", &revoke)), "none");
    assert_eq!(outcomes(&mut kms), [false; 4]);
    assert_eq!(code(&ask_as(&mut kms, "admin", NOW, "RevokeGrant", &revoke)), "NotFoundException");
    let unknown = json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["Dance"] });
    assert_eq!(code(&ask_as(&mut kms, "admin", NOW, "CreateGrant", &unknown)), "ValidationException");
}

#[test]
fn wrapping_anew_asks_for_both_keys() {
    let mut kms = kms();
    let source = key_with(&mut kms, &[allow(ALICE, &["kms:Encrypt", "kms:ReEncryptFrom"], &json!({}))]);
    let target = key_with(&mut kms, &[]);
    let input = json!({ "KeyId": source, "Plaintext": STANDARD.encode("x") });
    let blob = ask_as(&mut kms, "alice", NOW, "Encrypt", &input)["CiphertextBlob"].clone();
    let again = json!({ "CiphertextBlob": blob, "DestinationKeyId": target });
    let refused = ask_as(&mut kms, "alice", NOW, "ReEncrypt", &again);
    assert!(refused["Message"].as_str().unwrap().contains("kms:ReEncryptTo"), "{refused}");
    let grant = json!({ "KeyId": target, "GranteePrincipal": ALICE, "Operations": ["ReEncryptTo"] });
    ask_as(&mut kms, "admin", NOW, "CreateGrant", &grant);
    assert_eq!(code(&ask_as(&mut kms, "alice", NOW, "ReEncrypt", &again)), "none");
}

#[test]
fn a_policy_is_read_back_and_one_that_locks_its_author_out_is_refused() {
    let mut kms = kms();
    let arn = kms.resolve("alias/one", NOW).unwrap();
    let get = json!({ "KeyId": arn });
    let policy = ask_as(&mut kms, "user", NOW, "GetKeyPolicy", &get);
    assert_eq!(policy["PolicyName"], "default");
    assert!(policy["Policy"].as_str().unwrap().contains("arn:aws:iam::111122223333:root"));
    let listed = ask_as(&mut kms, "user", NOW, "ListKeyPolicies", &get);
    assert_eq!(listed["PolicyNames"], json!(["default"]));

    let only_alice = json!({ "Statement": [allow(ALICE, &["kms:*"], &json!({}))] }).to_string();
    let mut put = json!({ "KeyId": arn, "PolicyName": "default", "Policy": only_alice });
    let refused = ask_as(&mut kms, "user", NOW, "PutKeyPolicy", &put);
    assert_eq!(code(&refused), "MalformedPolicyDocumentException");
    assert_eq!(code(&data_key(&mut kms, "user", "alias/one", &json!({}))), "none", "nothing changed");
    put["BypassPolicyLockoutSafetyCheck"] = json!(true);
    assert_eq!(code(&ask_as(&mut kms, "user", NOW, "PutKeyPolicy", &put)), "none");
    assert_eq!(code(&data_key(&mut kms, "user", "alias/one", &json!({}))), "AccessDeniedException");
    put["Policy"] = json!("{}");
    assert_eq!(code(&ask_as(&mut kms, "alice", NOW, "PutKeyPolicy", &put)), "MalformedPolicyDocumentException");
}

#[test]
fn aliases_become_another_keys_and_lists_come_in_pages() {
    let mut kms = kms();
    let other = ask_as(&mut kms, "user", NOW, "CreateKey", &json!({}))["KeyMetadata"]["KeyId"].clone();
    let update = json!({ "AliasName": "alias/one", "TargetKeyId": other });
    assert_eq!(code(&ask_as(&mut kms, "user", NOW + 5, "UpdateAlias", &update)), "none");
    let listed = ask_as(&mut kms, "user", NOW, "ListAliases", &json!({ "KeyId": other }));
    assert_eq!(listed["Aliases"][0]["LastUpdatedDate"], json!(NOW + 5));
    let missing = json!({ "AliasName": "alias/two", "TargetKeyId": other });
    assert_eq!(code(&ask_as(&mut kms, "user", NOW, "UpdateAlias", &missing)), "NotFoundException");

    let first = ask_as(&mut kms, "user", NOW, "ListKeys", &json!({ "Limit": 1 }));
    assert_eq!((&first["Truncated"], first["Keys"].as_array().unwrap().len()), (&json!(true), 1));
    let second = ask_as(&mut kms, "user", NOW, "ListKeys", &json!({ "Limit": 1, "Marker": first["NextMarker"] }));
    assert_eq!((&second["Truncated"], second["Keys"].as_array().unwrap().len()), (&json!(false), 1));
    assert_ne!(first["Keys"], second["Keys"]);
    let wrong = ask_as(&mut kms, "user", NOW, "ListKeys", &json!({ "Marker": "x" }));
    assert_eq!(code(&wrong), "InvalidMarkerException");
}

#[test]
fn refusals_are_on_record_too() {
    let mut kms = kms();
    let key = key_with(&mut kms, &[]);
    let secret = STANDARD.encode("a secret text");
    ask_as(&mut kms, "bob", NOW, "Encrypt", &json!({ "KeyId": key, "Plaintext": secret }));
    let event = serde_json::to_value(kms.events().back().unwrap()).unwrap();
    assert_eq!((&event["eventName"], &event["errorCode"]), (&json!("Encrypt"), &json!("AccessDeniedException")));
    assert_eq!(event["userIdentity"]["arn"], BOB);
    assert_eq!(event["requestParameters"]["keyId"], key.as_str());
    assert!(event["resources"][0]["ARN"].as_str().unwrap().ends_with(&key));
    assert!(!event.to_string().contains(&secret));
}

#[test]
fn a_token_is_of_one_grant_and_altered_nowhere() {
    let mut kms = kms();
    let key = key_with(&mut kms, &[]);
    let grant = json!({ "KeyId": key, "GranteePrincipal": BOB, "Operations": ["GenerateDataKey"] });
    let [one, other] = [(); 2]
        .map(|()| ask_as(&mut kms, "admin", NOW, "CreateGrant", &grant)["GrantToken"].as_str().unwrap().to_owned());
    let mut asked = |token: &str| {
        let input = json!({ "KeyId": key, "KeySpec": "AES_256", "GrantTokens": [token] });
        code(&ask_as(&mut kms, "bob", NOW, "GenerateDataKey", &input)).to_owned()
    };
    assert_eq!(asked(&one), "none");
    let bytes = |token: &str| STANDARD.decode(token).unwrap();
    for position in 0..bytes(&one).len() {
        let mut altered = bytes(&one);
        altered[position] ^= 1;
        assert_eq!(asked(&STANDARD.encode(altered)), "InvalidGrantTokenException", "byte {position}");
    }
    let spliced = [&bytes(&one)[..32], &bytes(&other)[32..]].concat();
    assert_eq!(asked(&STANDARD.encode(spliced)), "InvalidGrantTokenException");
    assert_eq!(asked(&one[..40]), "InvalidGrantTokenException");
}
