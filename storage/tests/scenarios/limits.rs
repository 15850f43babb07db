//! What S3 refuses because there is too much of it.

use crate::support::{Answer, Client, scenario};

fn assert_too_large(answer: &Answer, code: &str, size: usize, limit: usize) {
    answer.assert_code(400, code);
    assert_eq!(answer.element("Size"), Some(size.to_string()));
    assert_eq!(answer.element("MaxSizeAllowed"), Some(limit.to_string()));
}

#[scenario]
async fn user_metadata_has_two_kilobytes() {
    let client = Client::new().await;
    let (fits, too_long) = ("v".repeat(2048 - 4), "v".repeat(2048 - 3));
    let put = |value: &str| client.put("demo/a").header("x-amz-meta-name", value).body("content").send();
    put(&fits).await.assert_ok();
    assert_too_large(&put(&too_long).await, "MetadataTooLarge", 2049, 2048);
    let create = client.post("demo/b").query("uploads", "").header("x-amz-meta-name", &too_long).send().await;
    assert_too_large(&create, "MetadataTooLarge", 2049, 2048);
    let copy = client.put("demo/b").header("x-amz-copy-source", "/demo/a");
    let copy = copy.header("x-amz-metadata-directive", "REPLACE").header("x-amz-meta-name", &too_long).send().await;
    assert_too_large(&copy, "MetadataTooLarge", 2049, 2048);
    client.get("demo/b").send().await.assert_code(404, "NoSuchKey");
    assert_eq!(client.get("demo/a").send().await.header("x-amz-meta-name"), Some(fits.as_str()));
}

#[scenario]
async fn headers_have_eight_kilobytes() {
    let client = Client::new().await;
    let put = |length: usize| client.put("demo/a").header("x-padding", &"v".repeat(length)).body("content").send();
    put(7000).await.assert_ok();
    let refused = put(8192).await;
    refused.assert_code(400, "RequestHeaderSectionTooLarge");
    assert_eq!(refused.element("MaxSizeAllowed").as_deref(), Some("8192"));
}

#[scenario]
async fn keys_have_1024_bytes() {
    let client = Client::new().await;
    client.put(&format!("demo/{}", "k".repeat(1024))).body("content").send().await.assert_ok();
    let refused = client.put(&format!("demo/{}", "k".repeat(1025))).body("content").send().await;
    refused.assert_code(400, "KeyTooLongError");
}
