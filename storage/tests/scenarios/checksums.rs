//! What clients promise of the content they send is checked; nothing is stored where it does not hold.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};
use s3_storage_sim::store::Backend;
use sha2::Sha256;

use crate::support::{CUSTOMER_ALGORITHM, Client, scenario};

/// Of the nine bytes `123456789`: the check values of the catalogue of CRCs, big-endian.
const CHECKS: [(&str, &str); 3] = [("crc32", "y/Q5Jg=="), ("crc32c", "4waSgw=="), ("crc64nvme", "rosUhgp5mIg=")];

#[scenario]
async fn checksums_that_hold_are_stored_and_told() {
    let client = Client::new().await;
    let sha256 = STANDARD.encode(Sha256::digest("123456789"));
    for (algorithm, value) in CHECKS.into_iter().chain([("sha256", sha256.as_str())]) {
        let header = format!("x-amz-checksum-{algorithm}");
        let put = client.put("demo/a").header(&header, value).body("123456789").send().await.assert_ok();
        assert_eq!(put.header(&header), Some(value));
        let head = client.head("demo/a").header("x-amz-checksum-mode", "ENABLED").send().await.assert_ok();
        assert_eq!(head.header(&header), Some(value));
        assert_eq!(client.head("demo/a").send().await.header(&header), None, "told only where asked for");
    }
}

#[scenario]
async fn checksums_that_do_not_hold_are_refused() {
    let client = Client::new().await;
    for (algorithm, value) in CHECKS {
        let header = format!("x-amz-checksum-{algorithm}");
        let put = client.put("demo/a").header(&header, value).body("123456780").send().await;
        put.assert_code(400, "BadDigest");
    }
    let md5 = STANDARD.encode(Md5::digest("content"));
    client.put("demo/a").header("content-md5", &md5).body("contenT").send().await.assert_code(400, "BadDigest");
    client.put("demo/a").header("content-md5", "x").body("content").send().await.assert_code(400, "InvalidDigest");
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
    assert!(client.backend.blobs().await.unwrap().is_empty(), "nothing is left of what was refused");
    client.put("demo/a").header("content-md5", &md5).body("content").send().await.assert_ok();
}

#[scenario]
async fn an_upload_without_a_checksum_gets_crc64nvme_of_the_plaintext_in_every_mode() {
    let client = Client::new().await;
    client.put("demo/a").body("123456789").send().await.assert_ok();
    let head = client.head("demo/a").header("x-amz-checksum-mode", "ENABLED").send().await.assert_ok();
    assert_eq!(head.header("x-amz-checksum-crc64nvme"), Some("rosUhgp5mIg="));
    client.put("demo/a").customer_key(&[7; 32]).body("123456789").send().await.assert_ok();
    let head = client.head("demo/a").customer_key(&[7; 32]).header("x-amz-checksum-mode", "ENABLED").send().await;
    let seen = (head.header("x-amz-checksum-crc64nvme"), head.header(CUSTOMER_ALGORITHM));
    assert_eq!(seen, (Some("rosUhgp5mIg="), Some("AES256")));
}

#[scenario]
async fn a_body_that_is_not_what_was_signed_is_refused() {
    let client = Client::new().await;
    let put = client.put("demo/a").body("content").body_on_the_way("contenT").send().await;
    put.assert_code(400, "XAmzContentSHA256Mismatch");
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
}
