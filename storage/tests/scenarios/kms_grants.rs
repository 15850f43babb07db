//! Grants of KMS, and the tokens that tell of them.

use serde_json::{Value, json};

use crate::support::{self, Answer, Client, scenario, with_users};

const BOB: &str = "arn:aws:iam::111122223333:user/bob";

/// A client that may do everything with a key, one that may nothing, and the key's ARN.
async fn admin_bob_and_key() -> (Client, Client, String) {
    let admin = Client::with(with_users).await;
    let bob = admin.also_as(support::BOB);
    let statement = json!({
        "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:user/demo" }, "Action": "kms:*", "Resource": "*",
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
    let made = admin.kms("CreateKey", json!({ "Policy": policy })).await.assert_ok().json();
    let arn = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    (admin, bob, arn)
}

async fn granted(admin: &Client, arn: &str) -> Value {
    let grant = json!({ "KeyId": arn, "GranteePrincipal": BOB, "Operations": ["GenerateDataKey", "DescribeKey"] });
    admin.kms("CreateGrant", grant).await.assert_ok().json()
}

fn code(answer: &Answer) -> Value {
    answer.json()["__type"].clone()
}

#[scenario]
async fn a_token_is_taken_along_by_every_operation_that_knows_it() {
    let (admin, bob, arn) = admin_bob_and_key().await;
    let token = granted(&admin, &arn).await["GrantToken"].clone();
    let generate = json!({ "KeyId": arn, "KeySpec": "AES_256", "GrantTokens": [token] });
    let made = bob.kms("GenerateDataKey", generate).await.assert_ok().json();
    bob.kms("DescribeKey", json!({ "KeyId": arn, "GrantTokens": [token] })).await.assert_ok();
    // It is of a grant for other operations, and gives no more than those.
    let decrypt = json!({ "CiphertextBlob": made["CiphertextBlob"], "GrantTokens": [token] });
    assert_eq!(code(&bob.kms("Decrypt", decrypt.clone()).await), "AccessDeniedException");
    // Whoever sends tokens to all keys alike may: they need not be of this key.
    admin.kms("Decrypt", decrypt).await.assert_ok();
    let elsewhere = json!({ "KeyId": "alias/documents", "KeySpec": "AES_256", "GrantTokens": [token] });
    admin.kms("GenerateDataKey", elsewhere).await.assert_ok();
}

#[scenario]
async fn what_is_no_token_of_a_grant_is_refused() {
    let (admin, bob, arn) = admin_bob_and_key().await;
    let made = granted(&admin, &arn).await;
    let token = made["GrantToken"].as_str().unwrap().to_owned();
    let (other_admin, _, other_arn) = admin_bob_and_key().await;
    let foreign = granted(&other_admin, &other_arn).await["GrantToken"].as_str().unwrap().to_owned();
    for wrong in [foreign.as_str(), "none", &token[1..], made["GrantId"].as_str().unwrap()] {
        for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "DescribeKey", "CreateGrant"] {
            let input = json!({
                "KeyId": arn, "KeySpec": "AES_256", "GrantTokens": [token, wrong],
                "GranteePrincipal": BOB, "Operations": ["Decrypt"],
            });
            let refused = admin.kms(operation, input).await;
            assert_eq!(
                (refused.status, code(&refused)),
                (400, json!("InvalidGrantTokenException")),
                "{operation} {wrong}"
            );
        }
    }
    // With its grant a token goes, too.
    admin.kms("RevokeGrant", json!({ "KeyId": arn, "GrantId": made["GrantId"] })).await.assert_ok();
    let late = bob.kms("DescribeKey", json!({ "KeyId": arn, "GrantTokens": [token] })).await;
    assert_eq!(code(&late), "InvalidGrantTokenException");
    let events = serde_json::to_value(admin.storage.kms_events().await).unwrap();
    let refused = events.as_array().unwrap().iter().filter(|event| event["errorCode"] == "InvalidGrantTokenException");
    assert_eq!(refused.count(), 17);
}

#[scenario]
async fn no_more_than_ten_tokens_are_taken() {
    let (admin, bob, arn) = admin_bob_and_key().await;
    let token = granted(&admin, &arn).await["GrantToken"].clone();
    let describe =
        |count: usize| bob.kms("DescribeKey", json!({ "KeyId": arn, "GrantTokens": vec![token.clone(); count] }));
    describe(10).await.assert_ok();
    let refused = describe(11).await;
    assert_eq!(code(&refused), "ValidationException");
    let message = refused.json()["message"].as_str().unwrap().to_owned();
    assert!(
        message.ends_with(
            "at 'grantTokens' failed to satisfy constraint: Member must have length less than or equal to 10"
        )
    );
}

#[scenario]
async fn grants_that_kms_would_not_make_are_refused() {
    let (admin, _, arn) = admin_bob_and_key().await;
    let whole = json!({ "KeyId": arn, "GranteePrincipal": BOB, "Operations": ["Decrypt"] });
    for (name, value, expected) in [
        ("Operations", json!(["CreateGrant"]), "ValidationException"),
        ("Operations", json!(["Decrypt", "Sign"]), "ValidationException"),
        ("Operations", json!([]), "ValidationException"),
        ("GranteePrincipal", json!("arn:aws:iam::1:user/bob"), "InvalidArnException"),
        ("GranteePrincipal", json!("bob"), "InvalidArnException"),
        ("GranteePrincipal", json!("b b"), "ValidationException"),
        ("RetiringPrincipal", json!("arn:aws:s3:::demo"), "InvalidArnException"),
        ("Name", json!("a b"), "ValidationException"),
        ("Constraints", json!({ "SourceArn": "arn:aws:s3:::demo" }), "ValidationException"),
        ("KeyId", json!("alias/documents"), "InvalidArnException"),
    ] {
        let mut grant = whole.clone();
        grant[name] = value;
        let refused = admin.kms("CreateGrant", grant).await;
        assert_eq!((refused.status, code(&refused)), (400, json!(expected)), "{name}: {}", refused.text());
    }
    for (id, expected) in [("none".to_owned(), "InvalidGrantIdException"), ("ab".repeat(32), "NotFoundException")] {
        let refused = admin.kms("RevokeGrant", json!({ "KeyId": arn, "GrantId": id })).await;
        assert_eq!(code(&refused), expected);
    }
    let listed = admin.kms("ListGrants", json!({ "KeyId": arn, "GrantId": "none" })).await;
    assert_eq!(code(&listed), "InvalidGrantIdException");
    let listed = admin.kms("ListGrants", json!({ "KeyId": arn })).await.assert_ok().json();
    assert_eq!(listed["Grants"], json!([]));
    let made = granted(&admin, &arn).await;
    let events = serde_json::to_value(admin.storage.kms_events().await).unwrap();
    let recorded = events.as_array().unwrap().last().unwrap();
    assert_eq!(recorded["responseElements"], json!({ "grantId": made["GrantId"], "keyId": arn }));
}

#[scenario]
async fn who_may_give_grants_by_a_grant_gives_no_more_than_they_have() {
    let (admin, bob, arn) = admin_bob_and_key().await;
    let grant = |grantee: &str, operations: &[&str], constraints: Value| json!({ "KeyId": arn, "GranteePrincipal": grantee, "Operations": operations, "Constraints": constraints });
    let subset = |context: Value| json!({ "EncryptionContextSubset": context });
    let whole = grant(BOB, &["CreateGrant", "Decrypt", "Encrypt"], subset(json!({ "team": "red" })));
    admin.kms("CreateGrant", whole).await.assert_ok();
    let carol = "arn:aws:iam::111122223333:user/carol";
    for (operations, constraints, is_allowed) in [
        (&["Decrypt"][..], subset(json!({ "team": "red" })), true),
        (&["Decrypt"], subset(json!({ "team": "red", "stage": "test" })), true),
        (&["Decrypt"], json!({ "EncryptionContextEquals": { "team": "red" } }), true),
        (&["Decrypt"], subset(json!({ "stage": "test" })), false),
        (&["Decrypt"], json!({ "EncryptionContextEquals": { "team": "blue" } }), false),
        (&["Decrypt"], json!({}), false),
        (&["Decrypt", "GenerateDataKey"], subset(json!({ "team": "red" })), false),
    ] {
        let answer = bob.kms("CreateGrant", grant(carol, operations, constraints.clone())).await;
        assert_eq!(answer.status == 200, is_allowed, "{operations:?} {constraints}: {}", answer.text());
        assert!(is_allowed || code(&answer) == "AccessDeniedException");
    }
}
