//! What was acknowledged is there after a restart; what a crash left half done is not.

use std::sync::Arc;

use bytes::Bytes;
use s3_storage_sim::config::SseCDefault;
use s3_storage_sim::store::Backend;

use crate::support::{BUCKET, Client, KMS_KEY_ID, SSE, text};

/// The same backend under a new service, as after a stop of the browser's service worker.
async fn restarted(client: &Client) -> Client {
    Client::over(client.backend.clone(), |config| config.sse_c_default = SseCDefault::Allowed).await
}

#[tokio::test]
async fn objects_buckets_uploads_and_keys_survive() {
    let client = Client::new().await;
    let content = text(100_000);
    client.put("demo/s3").body(content.clone()).send().await.assert_ok();
    let kms = client.put("demo/kms").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("kms");
    let arn = kms.send().await.assert_ok().header(KMS_KEY_ID).unwrap().to_owned();
    client.put("demo/c").customer_key(&[7; 32]).body("customer").send().await.assert_ok();
    let create = client.post("demo/m").query("uploads", "").send().await.assert_ok();
    let id = create.element("UploadId").unwrap();
    let part = client.put("demo/m").query("partNumber", "1").query("uploadId", &id).body("part").send().await;
    let etag = part.assert_ok().etag();

    let client = restarted(&client).await;
    assert!(client.get("demo/s3").send().await.assert_ok().body == content);
    let got = client.get("demo/kms").send().await.assert_ok();
    assert_eq!((got.text(), got.header(KMS_KEY_ID)), ("kms", Some(arn.as_str())));
    assert_eq!(client.get("demo/c").customer_key(&[7; 32]).send().await.assert_ok().text(), "customer");
    let document = format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    );
    client.post("demo/m").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(client.get("demo/m").send().await.text(), "part");
    let again = client.put("demo/kms2").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("x");
    assert_eq!(again.send().await.assert_ok().header(KMS_KEY_ID), Some(arn.as_str()), "the alias is still that key's");
}

#[tokio::test]
async fn bytes_that_a_crash_left_without_a_record_are_cleared_away() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    client.backend.put_chunk("half-written", 0, Bytes::from_static(b"x")).await.unwrap();
    let client = restarted(&client).await;
    assert_eq!(client.backend.blobs().await.unwrap().len(), 1);
    assert_eq!(client.get("demo/a").send().await.text(), "content");
}

#[tokio::test]
async fn replaced_and_deleted_objects_leave_no_bytes() {
    let client = Client::new().await;
    for _ in 0..3 {
        client.put("demo/a").body("content").send().await.assert_ok();
        assert_eq!(client.backend.blobs().await.unwrap().len(), 1);
    }
    assert_eq!(client.delete("demo/a").send().await.status, 204);
    assert!(client.backend.blobs().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_reset_removes_everything_but_the_aliases_of_the_configuration() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    client.storage.reset().await.unwrap();
    client.get("demo/a").send().await.assert_code(404, "NoSuchBucket");
    assert!(client.backend.blobs().await.unwrap().is_empty());
    client.put(BUCKET).send().await.assert_ok();
    let put = client.put("demo/a").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("x").send().await;
    put.assert_ok();
}

#[tokio::test]
async fn a_storage_whose_root_key_was_replaced_does_not_start() {
    let client = Client::new().await;
    client.kms("CreateKey", serde_json::json!({})).await.assert_ok();
    let records = client.backend.records().await.unwrap();
    let (name, bytes) = records.into_iter().find(|(name, _)| name == "root-key").unwrap();
    let other = bytes.iter().map(|byte| byte ^ 1).collect();
    client.backend.commit(vec![s3_storage_sim::store::Change::Put(name, other)]).await.unwrap();
    let backend: Arc<dyn Backend> = client.backend.clone();
    let opened = s3_storage_sim::Storage::open(s3_storage_sim::Config::default(), backend).await;
    let error = opened.expect_err("a refusal").to_string();
    assert!(error.contains("KMS"), "{error}");
}
