//! What KMS refuses although an SDK's model would send it, and in which order lists come.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{Client, scenario};

fn of_length(length: usize) -> String {
    STANDARD.encode(vec![7; length])
}

/// Asserts that KMS refuses something, by its code and the end of its message.
async fn assert_refused(client: &Client, operation: &str, input: Value, code: &str, end: &str) {
    let answer = client.kms(operation, input).await;
    let json = answer.json();
    assert_eq!((answer.status, &json["__type"]), (400, &json!(code)), "{operation}: {json}");
    let message = json["message"].as_str().unwrap();
    assert!(message.ends_with(end), "{operation}: {message}");
}

/// As [`assert_refused`], for what the model does not allow: Amazon says where, and what would be right.
async fn assert_invalid(client: &Client, operation: &str, input: Value, place: &str, constraint: &str) {
    let end = format!("at '{place}' failed to satisfy constraint: Member must {constraint}");
    assert_refused(client, operation, input, "ValidationException", &end).await;
}

async fn arn(client: &Client) -> String {
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/documents" })).await.assert_ok().json();
    described["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

#[scenario]
async fn texts_of_1_to_4096_bytes_are_encrypted() {
    let client = Client::new().await;
    let encrypt = |length: usize| json!({ "KeyId": "alias/documents", "Plaintext": of_length(length) });
    for length in [1, 4096] {
        let made = client.kms("Encrypt", encrypt(length)).await.assert_ok().json();
        let opened =
            client.kms("Decrypt", json!({ "CiphertextBlob": made["CiphertextBlob"] })).await.assert_ok().json();
        assert_eq!(opened["Plaintext"], of_length(length));
    }
    let whole =
        "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length ";
    let too_short = format!("{whole}greater than or equal to 1");
    assert_refused(&client, "Encrypt", encrypt(0), "ValidationException", &too_short).await;
    let too_long = format!("{whole}less than or equal to 4096");
    assert_refused(&client, "Encrypt", encrypt(4097), "ValidationException", &too_long).await;
    let long = json!({ "CiphertextBlob": of_length(6145) });
    assert_invalid(&client, "Decrypt", long, "ciphertextBlob", "have length less than or equal to 6144").await;
    let invalid = json!({ "CiphertextBlob": of_length(6144) });
    assert_refused(&client, "Decrypt", invalid, "InvalidCiphertextException", "").await;
}

#[scenario]
async fn a_context_is_of_8192_bytes_at_most() {
    let client = Client::new().await;
    // Two bytes for each ü, in a name and in a value.
    let context = |length: usize| json!({ "aü": "v".repeat(length - 6), "c": "ü" });
    let input = |length: usize| json!({ "KeyId": "alias/documents", "KeySpec": "AES_256", "EncryptionContext": context(length) });
    let made = client.kms("GenerateDataKey", input(8192)).await.assert_ok().json();
    let decrypt = json!({ "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context(8192) });
    client.kms("Decrypt", decrypt).await.assert_ok();
    let end = "EncryptionContext must be of 8192 bytes at most, names and values together.";
    assert_refused(&client, "GenerateDataKey", input(8193), "ValidationException", end).await;
}

#[scenario]
async fn data_keys_are_of_1_to_1024_bytes() {
    let client = Client::new().await;
    for operation in ["GenerateDataKey", "GenerateDataKeyWithoutPlaintext"] {
        let input = |length: i64| json!({ "KeyId": "alias/documents", "NumberOfBytes": length });
        for length in [1, 1024] {
            client.kms(operation, input(length)).await.assert_ok();
        }
        for (length, bound) in [(0, "greater than or equal to 1"), (1025, "less than or equal to 1024")] {
            assert_invalid(&client, operation, input(length), "numberOfBytes", &format!("have value {bound}")).await;
        }
        let spec = json!({ "KeyId": "alias/documents", "KeySpec": "AES_192" });
        assert_invalid(&client, operation, spec, "keySpec", "satisfy enum value set: [AES_256, AES_128]").await;
        let end = "Please specify either number of bytes or key spec.";
        for neither in [json!({}), json!({ "NumberOfBytes": 32, "KeySpec": "AES_256" })] {
            let mut input = neither;
            input["KeyId"] = json!("alias/documents");
            assert_refused(&client, operation, input, "ValidationException", end).await;
        }
    }
}

#[scenario]
async fn all_that_is_wrong_is_named_at_once() {
    let client = Client::new().await;
    let answer = client.kms("CreateAlias", json!({ "AliasName": "a b", "TargetKeyId": "x".repeat(2049) })).await;
    let expected = format!(
        "2 validation errors detected: Value 'a b' at 'aliasName' failed to satisfy constraint: Member must satisfy regular \
         expression pattern: ^[a-zA-Z0-9:/_-]+$; Value '{}' at 'targetKeyId' failed to satisfy constraint: Member must have \
         length less than or equal to 2048",
        "x".repeat(2049)
    );
    assert_eq!(answer.json()["message"], expected);
    let arn = arn(&client).await;
    for (tag, place, constraint) in [
        (json!({ "TagKey": "", "TagValue": "x" }), "tagKey", "have length greater than or equal to 1"),
        (json!({ "TagValue": "x" }), "tagKey", "not be null"),
        (json!({ "TagKey": "x" }), "tagValue", "not be null"),
    ] {
        let input = json!({ "KeyId": arn, "Tags": [{ "TagKey": "a", "TagValue": "" }, tag] });
        assert_invalid(&client, "TagResource", input, &format!("tags.2.member.{place}"), constraint).await;
    }
    for (operation, place) in [
        ("DescribeKey", "keyId"),
        ("Encrypt", "plaintext"),
        ("RevokeGrant", "grantId"),
        ("UntagResource", "tagKeys"),
        ("UpdateKeyDescription", "description"),
        ("PutKeyPolicy", "policy"),
        ("ReEncrypt", "destinationKeyId"),
        ("DeleteAlias", "aliasName"),
    ] {
        let key = json!({ "KeyId": (place != "keyId").then_some("x"), "CiphertextBlob": of_length(1) });
        assert_invalid(&client, operation, key, place, "not be null").await;
    }
}

#[scenario]
async fn aliases_are_taken_where_kms_takes_them() {
    let client = Client::new().await;
    let key = json!({ "KeyId": "alias/documents" });
    client.kms("DescribeKey", key.clone()).await.assert_ok();
    let end = "Key Aliases are not supported for this operation.";
    for operation in [
        "CancelKeyDeletion",
        "DisableKey",
        "EnableKey",
        "EnableKeyRotation",
        "GetKeyLastUsage",
        "GetKeyPolicy",
        "GetKeyRotationStatus",
        "ListAliases",
        "ListGrants",
        "ListKeyPolicies",
        "ListKeyRotations",
        "ListResourceTags",
        "RotateKeyOnDemand",
        "ScheduleKeyDeletion",
    ] {
        assert_refused(&client, operation, key.clone(), "InvalidArnException", end).await;
    }
    let alias = json!({ "AliasName": "alias/b", "TargetKeyId": "alias/documents" });
    assert_refused(&client, "CreateAlias", alias, "ValidationException", "Aliases must refer to keys. Not aliases")
        .await;
}

#[scenario]
async fn a_key_has_50_aliases_at_most_which_are_listed_page_by_page() {
    let client = Client::new().await;
    let arn = arn(&client).await;
    let alias = |number: usize| json!({ "AliasName": format!("alias/n{number:02}"), "TargetKeyId": arn });
    for number in 1..50 {
        client.kms("CreateAlias", alias(number)).await.assert_ok();
    }
    assert_refused(&client, "CreateAlias", alias(50), "LimitExceededException", "as many as a key can have.").await;
    let (mut names, mut marker) = (Vec::new(), Value::Null);
    for count in [20, 20, 10] {
        let page =
            client.kms("ListAliases", json!({ "KeyId": arn, "Limit": 20, "Marker": marker })).await.assert_ok().json();
        let aliases = page["Aliases"].as_array().unwrap();
        assert_eq!((aliases.len(), &page["Truncated"]), (count, &json!(count == 20)));
        names.extend(aliases.iter().map(|alias| alias["AliasName"].as_str().unwrap().to_owned()));
        marker = page["NextMarker"].clone();
    }
    assert_eq!(marker, Value::Null);
    names.dedup();
    assert_eq!(names.len(), 50);
}

#[scenario]
async fn lists_are_of_as_many_as_kms_gives() {
    let client = Client::new().await;
    let arn = arn(&client).await;
    for (operation, most) in [
        ("ListKeys", 1000),
        ("ListAliases", 100),
        ("ListGrants", 100),
        ("ListRetirableGrants", 100),
        ("ListKeyPolicies", 1000),
        ("ListKeyRotations", 1000),
        ("ListResourceTags", 50),
    ] {
        let input = |limit: i64| {
            let principal = "arn:aws:iam::111122223333:user/demo";
            json!({ "KeyId": arn, "RetiringPrincipal": principal, "Limit": limit })
        };
        client.kms(operation, input(most)).await.assert_ok();
        let too_many = format!("have value less than or equal to {most}");
        assert_invalid(&client, operation, input(most + 1), "limit", &too_many).await;
        assert_invalid(&client, operation, input(0), "limit", "have value greater than or equal to 1").await;
        let mut marked = input(1);
        marked["Marker"] = json!("none");
        assert_refused(&client, operation, marked, "InvalidMarkerException", "").await;
    }
    let others = client.kms("ListKeys", json!({ "ResourceOwners": ["OTHER_ACCOUNTS_VIA_RAM"] })).await.assert_ok();
    assert_eq!(others.json()["Keys"], json!([]));
}

#[scenario]
async fn dry_runs_ask_and_do_nothing() {
    let client = Client::new().await;
    let arn = arn(&client).await;
    let made = client.kms("Encrypt", json!({ "KeyId": arn, "Plaintext": of_length(1) })).await.assert_ok().json();
    let blob = &made["CiphertextBlob"];
    let principal = "arn:aws:iam::111122223333:user/demo";
    let grant = json!({ "KeyId": arn, "GranteePrincipal": principal, "RetiringPrincipal": principal, "Operations": ["Decrypt"] });
    let granted = client.kms("CreateGrant", grant.clone()).await.assert_ok().json();
    let end = "The request would have succeeded, but the DryRun option is set.";
    let ignoring = json!(["IGNORE_CIPHERTEXT"]);
    for (operation, mut input) in [
        ("GenerateDataKey", json!({ "KeyId": arn, "KeySpec": "AES_256" })),
        ("GenerateDataKeyWithoutPlaintext", json!({ "KeyId": arn, "KeySpec": "AES_256" })),
        ("Encrypt", json!({ "KeyId": arn, "Plaintext": of_length(1) })),
        ("Decrypt", json!({ "CiphertextBlob": blob })),
        ("Decrypt", json!({ "KeyId": arn, "DryRunModifiers": ignoring })),
        ("ReEncrypt", json!({ "CiphertextBlob": blob, "DestinationKeyId": arn })),
        ("ReEncrypt", json!({ "SourceKeyId": arn, "DestinationKeyId": arn, "DryRunModifiers": ignoring })),
        ("CreateGrant", grant),
        ("RetireGrant", json!({ "GrantToken": granted["GrantToken"] })),
        ("RevokeGrant", json!({ "KeyId": arn, "GrantId": granted["GrantId"] })),
    ] {
        input["DryRun"] = json!(true);
        assert_refused(&client, operation, input, "DryRunOperationException", end).await;
    }
    // What would fail fails.
    let altered = json!({ "CiphertextBlob": of_length(100), "DryRun": true });
    assert_refused(&client, "Decrypt", altered, "InvalidCiphertextException", "").await;
    // A ciphertext may be ignored in dry runs only.
    assert_invalid(
        &client,
        "Decrypt",
        json!({ "KeyId": arn, "DryRunModifiers": ignoring }),
        "ciphertextBlob",
        "not be null",
    )
    .await;
    let listed = client.kms("ListGrants", json!({ "KeyId": arn })).await.assert_ok().json();
    assert_eq!(listed["Grants"].as_array().unwrap().len(), 1);
    let used = client.kms("GetKeyLastUsage", json!({ "KeyId": arn })).await.assert_ok().json();
    assert_eq!(used["KeyLastUsage"]["Operation"], "Encrypt", "dry runs are no uses");
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    let dry = events.as_array().unwrap().iter().filter(|event| event["errorCode"] == "DryRunOperationException");
    assert_eq!(dry.count(), 10);
}

#[scenario]
async fn what_only_an_enclave_or_a_key_store_could_have_is_refused() {
    let client = Client::new().await;
    let made =
        client.kms("Encrypt", json!({ "KeyId": "alias/documents", "Plaintext": of_length(1) })).await.assert_ok();
    let recipient = json!({ "KeyEncryptionAlgorithm": "RSAES_OAEP_SHA_256", "AttestationDocument": of_length(100) });
    for (operation, mut input) in [
        ("Decrypt", json!({ "CiphertextBlob": made.json()["CiphertextBlob"] })),
        ("GenerateDataKey", json!({ "KeyId": "alias/documents", "KeySpec": "AES_256" })),
        ("GenerateRandom", json!({ "NumberOfBytes": 1 })),
    ] {
        input["Recipient"] = recipient.clone();
        let answer = client.kms(operation, input).await;
        assert_eq!((answer.status, &answer.json()["__type"]), (400, &json!("ValidationException")), "{operation}");
        assert!(!answer.text().contains("Plaintext"), "nothing is given in the clear instead");
    }
    for operation in ["GenerateRandom", "CreateKey"] {
        let input = json!({ "NumberOfBytes": 1, "CustomKeyStoreId": "cks-1" });
        assert_refused(&client, operation, input, "CustomKeyStoreNotFoundException", "").await;
    }
    let events = serde_json::to_string(&client.storage.kms_events().await).unwrap();
    assert!(!events.contains("attestationDocument") && !events.contains(&of_length(100)));
}

#[scenario]
async fn all_material_of_a_key_is_listed_where_that_is_asked_for() {
    let client = Client::new().await;
    let arn = arn(&client).await;
    client.kms("RotateKeyOnDemand", json!({ "KeyId": arn })).await.assert_ok();
    let listed =
        async |input: Value| client.kms("ListKeyRotations", input).await.assert_ok().json()["Rotations"].clone();
    let rotations = listed(json!({ "KeyId": arn })).await;
    assert_eq!((rotations.as_array().unwrap().len(), &rotations[0]["RotationType"]), (1, &json!("ON_DEMAND")));
    let all = listed(json!({ "KeyId": arn, "IncludeKeyMaterial": "ALL_KEY_MATERIAL" })).await;
    let states: Vec<&Value> = all.as_array().unwrap().iter().map(|entry| &entry["KeyMaterialState"]).collect();
    assert_eq!(states, ["NON_CURRENT", "CURRENT"]);
    assert_eq!((&all[1]["KeyMaterialId"], &all[0]["RotationDate"]), (&rotations[0]["KeyMaterialId"], &Value::Null));
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    let rotated = events.as_array().unwrap().iter().find(|event| event["eventName"] == "RotateKey").unwrap();
    assert_eq!(rotated["serviceEventDetails"], json!({ "keyId": arn, "rotationType": "ON_DEMAND" }));
}
