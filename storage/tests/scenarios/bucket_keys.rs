//! S3 Bucket Keys: KMS is asked once for many objects, for each requester and each context, and no later than its key can be
//! used.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::json;

use crate::support::{ALICE, BUCKET_KEY, Client, KMS_KEY_ID, SSE, scenario, with_users};

const CONTEXT: &str = "x-amz-server-side-encryption-context";

async fn put(client: &Client, path: &str, context: Option<&str>) {
    let mut call = client
        .put(path)
        .header(SSE, "aws:kms")
        .header(KMS_KEY_ID, "alias/documents")
        .header(BUCKET_KEY, "true")
        .body(path.to_owned());
    if let Some(context) = context {
        call = call.header(CONTEXT, context);
    }
    call.send().await.assert_ok();
}

async fn get(client: &Client, path: &str) {
    assert_eq!(client.get(path).send().await.assert_ok().text(), path);
}

/// How often KMS was asked for something with the bucket's ARN as context.
async fn asked(client: &Client, operation: &str) -> usize {
    let events = serde_json::to_value(client.storage.kms_events().await).unwrap();
    let is_it = |event: &&serde_json::Value| {
        event["eventName"] == operation
            && event["requestParameters"]["encryptionContext"]["aws:s3:arn"] == "arn:aws:s3:::demo"
    };
    events.as_array().unwrap().iter().filter(is_it).count()
}

#[scenario]
async fn kms_is_asked_once_for_many_objects_and_for_each_requester() {
    let demo = Client::with(with_users).await;
    let alice = demo.also_as(ALICE);
    for path in ["demo/a", "demo/b", "demo/c"] {
        put(&demo, path, None).await;
    }
    assert_eq!((asked(&demo, "GenerateDataKey").await, asked(&demo, "Decrypt").await), (1, 0));
    for path in ["demo/a", "demo/b", "demo/c", "demo/a"] {
        get(&demo, path).await;
    }
    assert_eq!(asked(&demo, "Decrypt").await, 1, "to read what one wrote is on record too");
    get(&alice, "demo/a").await;
    put(&alice, "demo/d", None).await;
    get(&alice, "demo/b").await;
    assert_eq!((asked(&demo, "GenerateDataKey").await, asked(&demo, "Decrypt").await), (2, 2));
    get(&demo, "demo/d").await;
    assert_eq!(asked(&demo, "Decrypt").await, 3, "alice's writes have a key of their own");
}

#[scenario]
async fn contexts_do_not_share_a_bucket_key() {
    let client = Client::new().await;
    let context = STANDARD.encode(r#"{"department":"a"}"#);
    for path in ["demo/a", "demo/b"] {
        put(&client, path, Some(&context)).await;
        put(&client, &format!("{path}-plain"), None).await;
    }
    assert_eq!(asked(&client, "GenerateDataKey").await, 2);
    get(&client, "demo/a").await;
    get(&client, "demo/b-plain").await;
}

#[scenario]
async fn a_bucket_key_is_of_no_use_once_its_kms_key_is_disabled() {
    let client = Client::new().await;
    put(&client, "demo/a", None).await;
    get(&client, "demo/a").await;
    let documents = json!({ "KeyId": "alias/documents" });
    let described = client.kms("DescribeKey", documents).await.assert_ok().json();
    let key = json!({ "KeyId": described["KeyMetadata"]["Arn"] });
    client.kms("DisableKey", key.clone()).await.assert_ok();
    client.get("demo/a").send().await.assert_code(400, "KMS.DisabledException");
    let write = client.put("demo/b").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents");
    write.header(BUCKET_KEY, "true").body("x").send().await.assert_code(400, "KMS.DisabledException");
    client.kms("EnableKey", key).await.assert_ok();
    get(&client, "demo/a").await;
}

#[scenario]
async fn objects_under_a_bucket_key_outlive_a_restart() {
    let client = Client::new().await;
    put(&client, "demo/a", None).await;
    let restarted = client.restarted(|_| ()).await;
    get(&restarted, "demo/a").await;
    put(&restarted, "demo/b", None).await;
    assert_eq!(asked(&restarted, "GenerateDataKey").await, 2, "bucket keys are held in memory only");
}

#[scenario]
async fn an_object_under_a_bucket_key_is_taken_over_by_another_kms_key() {
    let client = Client::new().await;
    put(&client, "demo/a", None).await;
    let made = client.kms("CreateKey", json!({})).await.assert_ok().json();
    let arn = made["KeyMetadata"]["Arn"].as_str().unwrap();
    let document = format!(
        "<ObjectEncryption xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><SSE-KMS><KMSKeyArn>{arn}</KMSKeyArn>\
         </SSE-KMS></ObjectEncryption>"
    );
    client.put("demo/a").query("encryption", "").body(document).send().await.assert_ok();
    get(&client, "demo/a").await;
    assert_eq!(client.head("demo/a").send().await.header(KMS_KEY_ID), Some(arn));
}

#[scenario]
async fn a_bucket_key_is_of_no_use_by_a_name_that_the_kms_keys_policy_denies() {
    let client = Client::new().await;
    let described = client.kms("DescribeKey", json!({ "KeyId": "alias/documents" })).await.assert_ok().json();
    let arn = described["KeyMetadata"]["Arn"].clone();
    client.kms("CreateAlias", json!({ "AliasName": "alias/denied", "TargetKeyId": arn })).await.assert_ok();
    let policy = json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" }, "Action": "kms:*", "Resource": "*" },
        { "Effect": "Deny", "Principal": "*", "Action": "kms:GenerateDataKey", "Resource": "*",
          "Condition": { "StringEquals": { "kms:RequestAlias": "alias/denied" } } },
    ] });
    client.kms("PutKeyPolicy", json!({ "KeyId": arn, "Policy": policy.to_string() })).await.assert_ok();
    put(&client, "demo/a", None).await;
    let call =
        client.put("demo/b").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/denied").header(BUCKET_KEY, "true");
    call.body("x").send().await.assert_code(403, "AccessDenied");
    put(&client, "demo/c", None).await;
    assert_eq!(asked(&client, "GenerateDataKey").await, 2, "once for both objects, and once in vain");
}
