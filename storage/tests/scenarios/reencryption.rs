//! `UpdateObjectEncryption`: another key for an object, and not a byte of it moved.

use s3_storage_sim::store::Backend;
use serde_json::{Value, json};

use crate::support::{Answer, BUCKET_KEY, Client, KMS_KEY_ID, SEGMENT, SSE, completion, scenario, text};

const KEY: [u8; 32] = [7; 32];

/// A fresh key's ARN.
async fn key(client: &Client) -> String {
    let made = client.kms("CreateKey", json!({})).await.assert_ok().json();
    made["KeyMetadata"]["Arn"].as_str().unwrap().to_owned()
}

fn document(arn: &str, further: &str) -> String {
    format!(
        "<ObjectEncryption xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><SSE-KMS><KMSKeyArn>{arn}</KMSKeyArn>\
         {further}</SSE-KMS></ObjectEncryption>"
    )
}

async fn update(client: &Client, path: &str, arn: &str) -> Answer {
    client.put(path).query("encryption", "").body(document(arn, "")).send().await
}

/// All that is stored of content, by blob.
async fn bytes(client: &Client) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for id in client.backend.blobs().await.unwrap() {
        let mut bytes = Vec::new();
        for index in 0.. {
            let Some(chunk) = client.backend.chunk(&id, index).await.unwrap() else { break };
            bytes.extend_from_slice(&chunk);
        }
        all.push((id, bytes));
    }
    all.sort();
    all
}

#[scenario]
async fn an_object_goes_from_sse_s3_to_a_kms_key_and_on_to_another_without_a_byte_moved() {
    let client = Client::new().await;
    let (first, second) = (key(&client).await, key(&client).await);
    let content = text(2 * SEGMENT + 7);
    client.put("demo/a").header("x-amz-meta-a", "b").body(content.clone()).send().await.assert_ok();
    let (before, stored) = (client.head("demo/a").send().await, bytes(&client).await);
    assert_eq!(before.header(SSE), Some("AES256"));
    let done = update(&client, "demo/a", &first).await.assert_ok();
    assert_eq!((done.text(), done.header(SSE)), ("", None));
    let kept = ["etag", "last-modified", "content-length", "x-amz-meta-a"];
    for (arn, further) in [(&first, ""), (&second, "<BucketKeyEnabled>true</BucketKeyEnabled>")] {
        let call = client.put("demo/a").query("encryption", "").body(document(arn, further));
        call.send().await.assert_ok();
        let now = client.head("demo/a").send().await;
        assert_eq!((now.header(SSE), now.header(KMS_KEY_ID)), (Some("aws:kms"), Some(arn.as_str())));
        assert_eq!(now.header(BUCKET_KEY), (!further.is_empty()).then_some("true"));
        assert_eq!(kept.map(|name| now.header(name)), kept.map(|name| before.header(name)));
        assert!(client.get("demo/a").send().await.assert_ok().body == content);
        assert!(bytes(&client).await == stored);
    }
    let range = client.get("demo/a").header("range", "bytes=65530-65545").send().await;
    assert!(range.body == content[65530..=65545]);
    // Only the key that has it now can take it away, also after a restart.
    client.kms("DisableKey", json!({ "KeyId": first })).await.assert_ok();
    let client = client.restarted(|_| {}).await;
    assert!(client.get("demo/a").send().await.assert_ok().body == content);
    client.kms("DisableKey", json!({ "KeyId": second })).await.assert_ok();
    client.get("demo/a").send().await.assert_code(400, "KMS.DisabledException");
}

#[scenario]
async fn kms_sees_one_encryption_and_one_re_encryption_and_no_data_key_made() {
    let client = Client::new().await;
    let (first, second) = (key(&client).await, key(&client).await);
    client.put("demo/a").body("content").send().await.assert_ok();
    let before = client.storage.kms_events().await.len();
    for arn in [&first, &second] {
        update(&client, "demo/a", arn).await.assert_ok();
    }
    let events: Vec<Value> = client.storage.kms_events().await[before..].iter().map(|it| json!(it)).collect();
    let names: Vec<&Value> = events.iter().map(|event| &event["eventName"]).collect();
    assert_eq!(names, ["Encrypt", "ReEncrypt"]);
    assert_eq!(events[0]["requestParameters"]["encryptionContext"], json!({ "aws:s3:arn": "arn:aws:s3:::demo/a" }));
    let arns = [&events[1]["resources"][0]["ARN"], &events[1]["resources"][1]["ARN"]];
    assert_eq!(arns, [&first, &second]);
    assert_eq!(events[1]["userIdentity"]["invokedBy"], "AWS Internal");
}

#[scenario]
async fn an_object_in_parts_and_an_older_version_are_updated_too() {
    let client = Client::new().await;
    let arn = key(&client).await;
    let configuration = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>";
    client.put("demo").query("versioning", "").body(configuration).send().await.assert_ok();
    let begun = client.post("demo/a").query("uploads", "").header(SSE, "aws:kms").send().await.assert_ok();
    let id = begun.element("UploadId").unwrap();
    let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("older").send().await;
    let end = client.post("demo/a").query("uploadId", &id).body(completion(&part.assert_ok().etag()));
    let older = end.send().await.assert_ok().header("x-amz-version-id").unwrap().to_owned();
    client.put("demo/a").body("newer").send().await.assert_ok();
    let call = client.put("demo/a").query("encryption", "").query("versionId", &older).body(document(&arn, ""));
    call.send().await.assert_ok();
    let of_older = client.get("demo/a").query("versionId", &older).send().await.assert_ok();
    assert_eq!((of_older.text(), of_older.header(KMS_KEY_ID)), ("older", Some(arn.as_str())));
    let of_newer = client.get("demo/a").send().await.assert_ok();
    assert_eq!((of_newer.text(), of_newer.header(SSE)), ("newer", Some("AES256")));
    let marker = client.delete("demo/a").send().await.header("x-amz-version-id").unwrap().to_owned();
    update(&client, "demo/a", &arn).await.assert_code(404, "NoSuchKey");
    let call = client.put("demo/a").query("encryption", "").query("versionId", &marker).body(document(&arn, ""));
    call.send().await.assert_code(405, "MethodNotAllowed");
}

#[scenario]
async fn objects_under_two_layers_or_a_customers_key_are_not_updated() {
    let client = Client::new().await;
    let arn = key(&client).await;
    client.put("demo/dsse").header(SSE, "aws:kms:dsse").body("content").send().await.assert_ok();
    client.put("demo/customer").customer_key(&KEY).body("content").send().await.assert_ok();
    let text = "The UpdateObjectEncryption operation doesn't support source objects with the encryption type DSSE-KMS or \
                SSE-C. Only source objects encrypted with SSE-S3 or SSE-KMS are supported.";
    for path in ["demo/dsse", "demo/customer"] {
        update(&client, path, &arn).await.assert_refused(400, "InvalidRequest", text);
    }
    client.get("demo/customer").customer_key(&KEY).send().await.assert_ok();
    assert_eq!(client.head("demo/dsse").send().await.header(SSE), Some("aws:kms:dsse"));
}

#[scenario]
async fn keys_are_named_by_arns_of_keys_that_the_account_has() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let arn = key(&client).await;
    let id = arn.rsplit('/').next().unwrap();
    for (name, status, code) in [
        ("", 400, "InvalidRequest"),
        (id, 400, "InvalidRequest"),
        ("alias/documents", 400, "InvalidRequest"),
        (&arn.replace("111122223333", "444455556666"), 403, "AccessDenied"),
        (&arn.replace("us-east-1", "eu-west-1"), 400, "KMS.NotFoundException"),
        (&arn.replace(id, "1234abcd-12ab-34cd-56ef-1234567890ab"), 400, "KMS.NotFoundException"),
    ] {
        update(&client, "demo/a", name).await.assert_code(status, code);
    }
    for body in ["<ObjectEncryption><SSE-S3/></ObjectEncryption>", "<ObjectEncryption/>", "none"] {
        let answer = client.put("demo/a").query("encryption", "").body(body).send().await;
        answer.assert_code(400, "MalformedXML");
    }
    update(&client, "demo/none", &arn).await.assert_code(404, "NoSuchKey");
    let insecure = client.put("demo/a").query("encryption", "").body(document(&arn, "")).insecure().send().await;
    insecure.assert_code(400, "InvalidArgument");
    let disabled = client.kms("DisableKey", json!({ "KeyId": arn })).await;
    disabled.assert_ok();
    update(&client, "demo/a", &arn).await.assert_code(400, "KMS.DisabledException");
    assert_eq!(client.head("demo/a").send().await.header(SSE), Some("AES256"));
}

#[scenario]
async fn both_the_buckets_policy_and_the_keys_say_who_may() {
    let client = Client::new().await;
    let (first, second) = (key(&client).await, key(&client).await);
    client.put("demo/a").body("content").send().await.assert_ok();
    let condition = json!({ "ArnNotEquals": { "s3:x-amz-server-side-encryption-aws-kms-key-id": first } });
    let deny = json!({
        "Effect": "Deny", "Principal": "*", "Action": "s3:UpdateObjectEncryption", "Resource": "arn:aws:s3:::demo/*",
        "Condition": condition
    });
    let policy = json!({ "Version": "2012-10-17", "Statement": [deny] }).to_string();
    assert_eq!(client.put("demo").query("policy", "").body(policy).send().await.status, 204);
    update(&client, "demo/a", &second).await.assert_code(403, "AccessDenied");
    update(&client, "demo/a", &first).await.assert_ok();
    assert_eq!(client.delete("demo").query("policy", "").send().await.status, 204);
    // A key policy that lets its caller do all but hand the data key on to another key.
    let allow = |action: Value| {
        json!({ "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:root" },
        "Action": action, "Resource": "*" })
    };
    let but = json!({ "Effect": "Deny", "Principal": "*", "Action": "kms:ReEncryptFrom", "Resource": "*" });
    let policy = json!({ "Version": "2012-10-17", "Statement": [allow(json!("kms:*")), but] }).to_string();
    client.kms("PutKeyPolicy", json!({ "KeyId": first, "Policy": policy })).await.assert_ok();
    update(&client, "demo/a", &second).await.assert_code(403, "AccessDenied");
    let now = client.get("demo/a").send().await.assert_ok();
    assert_eq!((now.text(), now.header(KMS_KEY_ID)), ("content", Some(first.as_str())));
}
