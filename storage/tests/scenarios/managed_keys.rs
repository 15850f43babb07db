//! SSE-S3 and SSE-KMS: what is asked for, what is answered.

use md5::{Digest, Md5};

use crate::support::{BUCKET_KEY, Client, KMS_KEY_ID, SSE, scenario};

#[scenario]
async fn an_object_without_a_word_on_encryption_is_under_sse_s3() {
    let client = Client::new().await;
    let put = client.put("demo/a").body("content").send().await.assert_ok();
    assert_eq!(put.header(SSE), Some("AES256"));
    assert_eq!(put.etag(), hex::encode(Md5::digest("content")));
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!((got.text(), got.header(SSE)), ("content", Some("AES256")));
    assert_eq!(got.header("accept-ranges"), Some("bytes"));
    let head = client.head("demo/a").send().await.assert_ok();
    assert_eq!((head.header(SSE), head.header("content-length"), head.body.len()), (Some("AES256"), Some("7"), 0));
}

#[scenario]
async fn sse_kms_answers_with_the_key_arn_whatever_way_the_key_was_named() {
    let client = Client::new().await;
    let described = client.kms("DescribeKey", serde_json::json!({ "KeyId": "alias/documents" })).await;
    let key = described.json();
    let [id, arn] = ["KeyId", "Arn"].map(|name| key["KeyMetadata"][name].as_str().unwrap().to_owned());
    for name in ["alias/documents", &id, &arn] {
        let put = client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, name).body("content").send().await;
        let put = put.assert_ok();
        assert_eq!((put.header(SSE), put.header(KMS_KEY_ID)), (Some("aws:kms"), Some(arn.as_str())), "{name}");
        assert_eq!(put.header(BUCKET_KEY), None);
        assert_ne!(put.etag(), hex::encode(Md5::digest("content")), "the ETag tells nothing of the content");
    }
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!((got.text(), got.header(KMS_KEY_ID)), ("content", Some(arn.as_str())));
}

#[scenario]
async fn sse_kms_without_a_key_makes_the_accounts_own() {
    let client = Client::new().await;
    client.put("demo/a").header(SSE, "aws:kms").body("content").send().await.assert_ok();
    let described = client.kms("DescribeKey", serde_json::json!({ "KeyId": "alias/aws/s3" })).await.json();
    assert_eq!(described["KeyMetadata"]["KeyManager"], "AWS");
    assert_eq!(client.get("demo/a").send().await.text(), "content");
}

#[scenario]
async fn a_bucket_key_is_said_only_where_there_is_one() {
    let client = Client::new().await;
    let put = client.put("demo/a").header(SSE, "aws:kms").header(BUCKET_KEY, "true").body("x").send().await;
    assert_eq!(put.assert_ok().header(BUCKET_KEY), Some("true"));
    assert_eq!(client.head("demo/a").send().await.header(BUCKET_KEY), Some("true"));
}

#[scenario]
async fn kms_keys_that_are_not_there_are_named_in_the_refusal() {
    let client = Client::new().await;
    let put = |key: &'static str| client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, key).body("x").send();
    put("fake-key-id").await.assert_refused(400, "KMS.NotFoundException", "Invalid keyId 'fake-key-id'");
    let id = "134f2428-cec1-4b25-a1ae-9048164dba47";
    let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
    put(id).await.assert_refused(400, "KMS.NotFoundException", &format!("Key '{arn}' does not exist"));
    let elsewhere = "arn:aws:kms:eu-west-1:111122223333:key/134f2428-cec1-4b25-a1ae-9048164dba47";
    put(elsewhere).await.assert_refused(400, "KMS.NotFoundException", "Invalid arn eu-west-1");
}

#[scenario]
async fn headers_that_contradict_each_other_are_refused() {
    let client = Client::new().await;
    let unknown = client.put("demo/a").header(SSE, "ROT13").body("x").send().await;
    unknown.assert_code(400, "InvalidArgument");
    assert_eq!(unknown.element("ArgumentValue").as_deref(), Some("ROT13"));
    let no_method = client.put("demo/a").header(KMS_KEY_ID, "alias/documents").body("x").send().await;
    no_method.assert_code(400, "InvalidArgument");
    let context = client.put("demo/a").header(SSE, "aws:kms").header(&format!("{SSE}-context"), "e30x").body("x");
    context.send().await.assert_code(400, "InvalidArgument");
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn a_kms_key_where_others_can_read_along_is_refused() {
    let client = Client::new().await;
    let put = || client.put("demo/a").header(SSE, "aws:kms").body("x");
    put().insecure().send().await.assert_code(400, "InvalidArgument");
    put().send().await.assert_ok();
    client.get("demo/a").insecure().send().await.assert_code(400, "InvalidArgument");
}

#[scenario]
async fn the_method_of_encryption_is_not_for_reads() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let get = client.get("demo/a").header(SSE, "AES256").send().await;
    get.assert_code(400, "InvalidArgument");
    assert_eq!(get.element("ArgumentName").as_deref(), Some(SSE));
    assert_eq!(get.element("ArgumentValue").as_deref(), Some("AES256"));
    let head = client.head("demo/a").header(SSE, "AES256").send().await;
    assert_eq!((head.status, head.body.len()), (400, 0));
}
