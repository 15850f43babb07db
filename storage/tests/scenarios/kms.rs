//! KMS: its JSON API, and what S3 asks of it.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{ALICE, BOB, BUCKET_KEY, Client, KMS_KEY_ID, SSE, scenario, with_users};

#[scenario]
async fn a_data_key_comes_back_from_its_blob_with_its_context_only() {
    let client = Client::new().await;
    let context = json!({ "b": "2", "a": "1" });
    let parameters = json!({ "KeyId": "alias/documents", "KeySpec": "AES_256", "EncryptionContext": context });
    let made = client.kms("GenerateDataKey", parameters).await.assert_ok().json();
    assert_eq!(STANDARD.decode(made["Plaintext"].as_str().unwrap()).unwrap().len(), 32);
    let decrypt = |context: serde_json::Value| {
        client.kms("Decrypt", json!({ "CiphertextBlob": made["CiphertextBlob"], "EncryptionContext": context }))
    };
    let opened = decrypt(json!({ "a": "1", "b": "2" })).await.assert_ok().json();
    assert_eq!((&opened["Plaintext"], &opened["KeyId"]), (&made["Plaintext"], &made["KeyId"]));
    for other in [json!({}), json!({ "a": "1" }), json!({ "a": "1", "b": "3" })] {
        let refused = decrypt(other).await;
        assert_eq!((refused.status, refused.json()["__type"].clone()), (400, json!("InvalidCiphertextException")));
    }
}

#[scenario]
async fn keys_and_aliases_are_made_found_and_listed() {
    let client = Client::new().await;
    let made = client.kms("CreateKey", json!({ "Description": "for tests" })).await.assert_ok().json();
    let id = made["KeyMetadata"]["KeyId"].as_str().unwrap().to_owned();
    assert_eq!(made["KeyMetadata"]["KeyState"], "Enabled");
    client.kms("CreateAlias", json!({ "AliasName": "alias/mine", "TargetKeyId": id })).await.assert_ok();
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/mine" })).await.assert_ok().json();
    assert_eq!(described["KeyMetadata"]["KeyId"], json!(id));
    let keys = client.kms("ListKeys", json!({})).await.assert_ok().json();
    assert!(keys["Keys"].as_array().unwrap().iter().any(|key| key["KeyId"] == json!(id)));
    let aliases = client.kms("ListAliases", json!({})).await.assert_ok().json();
    assert!(aliases["Aliases"].as_array().unwrap().iter().any(|alias| alias["AliasName"] == "alias/mine"));
    let refused = client.kms("CreateAlias", json!({ "AliasName": "mine", "TargetKeyId": id })).await;
    assert_eq!((refused.status, refused.json()["__type"].clone()), (400, json!("ValidationException")));
    let missing = client.kms("DescribeKey", json!({ "KeyId": "fake-key-id" })).await;
    assert_eq!((missing.status, missing.json()["__type"].clone()), (400, json!("NotFoundException")));
    assert_eq!(missing.json()["message"], "Invalid keyId 'fake-key-id'");
}

#[scenario]
async fn text_is_encrypted_and_decrypted() {
    let client = Client::new().await;
    let plaintext = STANDARD.encode("a secret");
    let encrypted = client.kms("Encrypt", json!({ "KeyId": "alias/documents", "Plaintext": plaintext })).await;
    let blob = encrypted.assert_ok().json()["CiphertextBlob"].clone();
    let bytes = STANDARD.decode(blob.as_str().unwrap()).unwrap();
    assert!(!bytes.windows(8).any(|window| window == b"a secret"));
    let decrypted = client.kms("Decrypt", json!({ "CiphertextBlob": blob })).await.assert_ok().json();
    assert_eq!(decrypted["Plaintext"], json!(plaintext));
    let mut altered = bytes;
    *altered.last_mut().unwrap() ^= 1;
    let refused = client.kms("Decrypt", json!({ "CiphertextBlob": STANDARD.encode(altered) })).await;
    assert_eq!(refused.json()["__type"], "InvalidCiphertextException");
}

#[scenario]
async fn objects_under_a_disabled_key_are_neither_written_nor_read() {
    let client = Client::new().await;
    let put =
        || client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("content").send();
    put().await.assert_ok();
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/documents" })).await.json();
    let arn = described["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();
    client.kms("DisableKey", json!({ "KeyId": arn })).await.assert_ok();
    let text = format!("{arn} is disabled.");
    put().await.assert_refused(400, "KMS.DisabledException", &text);
    client.get("demo/a").send().await.assert_refused(400, "KMS.DisabledException", &text);
    client.kms("EnableKey", json!({ "KeyId": arn })).await.assert_ok();
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
}

#[scenario]
async fn every_use_that_s3_makes_of_a_key_is_on_record_with_the_objects_arn() {
    let client = Client::new().await;
    client
        .put("demo/a")
        .header(SSE, "aws:kms")
        .header(KMS_KEY_ID, "alias/documents")
        .body("x")
        .send()
        .await
        .assert_ok();
    client.get("demo/a").send().await.assert_ok();
    let bucket_key = client.put("demo/b").header(SSE, "aws:kms").header(BUCKET_KEY, "true").body("x").send().await;
    bucket_key.assert_ok();
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    let of = |name: &str, arn: &str| {
        let context = |event: &serde_json::Value| event["requestParameters"]["encryptionContext"]["aws:s3:arn"] == arn;
        events.as_array().unwrap().iter().filter(|event| event["eventName"] == name && context(event)).count()
    };
    assert_eq!(of("GenerateDataKey", "arn:aws:s3:::demo/a"), 1);
    assert_eq!(of("Decrypt", "arn:aws:s3:::demo/a"), 1);
    assert_eq!(of("GenerateDataKey", "arn:aws:s3:::demo"), 1);
    let event = &events.as_array().unwrap()[0];
    assert_eq!((&event["eventSource"], &event["awsRegion"]), (&json!("kms.amazonaws.com"), &json!("us-east-1")));
}

#[scenario]
async fn requests_that_nobody_signed_are_refused() {
    let client = Client::new().await;
    let call =
        client.post("").at("kms.us-east-1.storage.test").header("x-amz-target", "TrentService.ListKeys").body("{}");
    let refused = call.anonymous().send().await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(refused.json()["__type"], "MissingAuthenticationTokenException");
}

#[scenario]
async fn signatures_for_elsewhere_are_refused_with_all_that_is_wrong() {
    let client = Client::new().await;
    let refusal = async |client: &Client, credential: &str| {
        let fields = format!("Credential={credential}, SignedHeaders=host;x-amz-date, Signature={}", "0".repeat(64));
        let call = client.kms_call("ListKeys", &json!({})).anonymous();
        let call = call.unsigned_header("x-amz-date", "20261125T180000Z");
        let answer = call.unsigned_header("authorization", &format!("AWS4-HMAC-SHA256 {fields}")).send().await;
        assert_eq!(answer.status, 400, "{}", answer.text());
        (answer.json()["__type"].clone(), answer.json()["message"].as_str().unwrap().to_owned())
    };
    let region = "Credential should be scoped to a valid region.";
    let service = "Credential should be scoped to correct service: 'kms'.";
    let terminator = "Credential should be scoped with a valid terminator: 'aws4_request', not 'end'.";
    let date = "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20261124' != \
                '20261125', from '20261125T180000Z'.";
    for (scope, wrong) in [
        ("20261125/eu-west-1/kms/aws4_request", vec![region]),
        ("20261125/us-east-1/s3/aws4_request", vec![service]),
        ("20261125/us-east-1/kms/end", vec![terminator]),
        ("20261124/us-east-1/kms/aws4_request", vec![date]),
        ("20261124/eu-west-1/s3/end", vec![region, service, terminator, date]),
    ] {
        let expected = (json!("InvalidSignatureException"), wrong.join(" "));
        assert_eq!(refusal(&client, &format!("AKIAIOSFODNN7EXAMPLE/{scope}")).await, expected);
    }
    let (code, message) = refusal(&client, "AKIAIOSFODNN7EXAMPLE/20261125/us-east-1/kms").await;
    assert_eq!(code, "IncompleteSignatureException");
    assert!(message.starts_with("Credential must have exactly 5 slash-delimited elements"), "{message}");

    // What was signed well, and for the region of another server.
    let elsewhere = client.restarted(|config| "eu-west-1".clone_into(&mut config.region)).await;
    let answer = elsewhere.kms("ListKeys", json!({})).await;
    assert_eq!((answer.status, answer.json()["message"].clone()), (400, json!(region)));
}

#[scenario]
async fn s3_uses_a_key_with_the_rights_of_its_caller_and_no_more() {
    let admin = Client::with(with_users).await;
    let [alice, bob] = [ALICE, BOB].map(|access_key| admin.also_as(access_key));
    let allow = |name: &str, actions: &[&str]| {
        json!({
            "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::111122223333:user/{name}") },
            "Action": actions, "Resource": "*",
        })
    };
    let statements = [allow("demo", &["kms:*"]), allow("alice", &["kms:GenerateDataKey"])];
    let policy = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let made = admin.kms("CreateKey", json!({ "Policy": policy })).await.assert_ok().json();
    let arn = made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned();

    let put = async |client: &Client| {
        client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, &arn).body("x").send().await
    };
    put(&alice).await.assert_ok();
    let refusal = |name: &str, operation: &str| {
        format!(
            "User: arn:aws:iam::111122223333:user/{name} is not authorized to perform: kms:{operation} on resource: {arn} \
             because no resource-based policy allows the kms:{operation} action"
        )
    };
    put(&bob).await.assert_refused(403, "AccessDenied", &refusal("bob", "GenerateDataKey"));
    // Who may write need not be able to read, and a head asks for no key.
    alice.get("demo/a").send().await.assert_refused(403, "AccessDenied", &refusal("alice", "Decrypt"));
    assert_eq!(alice.head("demo/a").send().await.status, 200);
    assert_eq!(admin.get("demo/a").send().await.assert_ok().text(), "x");

    let subset = json!({ "EncryptionContextSubset": { "aws:s3:arn": "arn:aws:s3:::demo/a" } });
    let grant = json!({
        "KeyId": arn, "GranteePrincipal": "arn:aws:iam::111122223333:user/bob",
        "Operations": ["Decrypt"], "Constraints": subset,
    });
    let granted = admin.kms("CreateGrant", grant).await.assert_ok().json();
    assert_eq!(bob.get("demo/a").send().await.assert_ok().text(), "x");
    admin.put("demo/b").header(SSE, "aws:kms").header(KMS_KEY_ID, &arn).body("y").send().await.assert_ok();
    bob.get("demo/b").send().await.assert_refused(403, "AccessDenied", &refusal("bob", "Decrypt"));
    let revoke = json!({ "KeyId": arn, "GrantId": granted["GrantId"] });
    admin.kms("RevokeGrant", revoke).await.assert_ok();
    bob.get("demo/a").send().await.assert_refused(403, "AccessDenied", &refusal("bob", "Decrypt"));

    let events = serde_json::to_value(admin.storage.kms_events().await).unwrap();
    let is_refusal = |event: &&serde_json::Value| {
        event["errorCode"] == "AccessDeniedException" && event["userIdentity"]["userName"] == "bob"
    };
    assert_eq!(events.as_array().unwrap().iter().filter(is_refusal).count(), 3);
}

#[scenario]
async fn objects_outlive_the_rotation_of_their_key() {
    let client = Client::new().await;
    let put = |path: &'static str| {
        client.put(path).header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("content").send()
    };
    let arn = put("demo/old").await.assert_ok().header(KMS_KEY_ID).unwrap().to_owned();
    client.kms("RotateKeyOnDemand", json!({ "KeyId": arn })).await.assert_ok();
    put("demo/new").await.assert_ok();
    for path in ["demo/old", "demo/new"] {
        assert_eq!(client.get(path).send().await.assert_ok().text(), "content");
    }
    let usage = client.kms("GetKeyLastUsage", json!({ "KeyId": arn })).await.assert_ok().json();
    assert_eq!(usage["KeyLastUsage"]["Operation"], "Decrypt");
}
