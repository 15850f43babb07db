//! DSSE-KMS: two layers, each under a key of its own.

use md5::{Digest, Md5};
use s3_storage_sim::store::{Change, PlainRecord};

use crate::support::{BUCKET_KEY, Call, Client, KMS_KEY_ID, SEGMENT, SSE, scenario, text};

fn twice(call: Call<'_>) -> Call<'_> {
    call.header(SSE, "aws:kms:dsse").header(KMS_KEY_ID, "alias/documents")
}

#[scenario]
async fn an_object_in_two_layers_comes_back_whole_and_in_ranges() {
    let client = Client::new().await;
    let content = text(20 * SEGMENT + 5);
    let put = twice(client.put("demo/a")).body(content.clone()).send().await.assert_ok();
    assert_eq!(put.header(SSE), Some("aws:kms:dsse"));
    assert!(put.header(KMS_KEY_ID).unwrap().contains(":key/"));
    assert_ne!(put.etag(), hex::encode(Md5::digest(&content)));
    let got = client.get("demo/a").send().await.assert_ok();
    assert!(got.body == content);
    assert_eq!((got.header(SSE), got.header(BUCKET_KEY)), (Some("aws:kms:dsse"), None));
    for (from, to) in
        [(0, 0), (SEGMENT - 1, SEGMENT), (16 * SEGMENT - 3, 17 * SEGMENT + 3), (20 * SEGMENT, 20 * SEGMENT + 4)]
    {
        let range = client.get("demo/a").header("range", &format!("bytes={from}-{to}")).send().await;
        assert_eq!(range.status, 206);
        assert!(range.body == content[from..=to], "{from}-{to}");
    }
    assert_eq!(client.head("demo/a").send().await.header(SSE), Some("aws:kms:dsse"));
}

#[scenario]
async fn what_is_stored_has_two_tags_a_segment_and_no_plaintext() {
    let client = Client::new().await;
    let content = text(2 * SEGMENT + 7);
    twice(client.put("demo/a")).body(content.clone()).send().await.assert_ok();
    let found = client.storage.inspect_object("demo", "a").await.unwrap();
    assert_eq!((found.mode, found.stored_length), ("DSSE-KMS", content.len() as u64 + 3 * 32));
    let stored = client.storage.stored_bytes("demo", "a", 0, u64::MAX).await.unwrap();
    assert_eq!(stored.len() as u64, found.stored_length);
    assert!(!stored.windows(16).any(|window| window == b"of a document th"));
    for offset in [0, found.stored_length / 2, found.stored_length - 1] {
        assert!(client.storage.tamper_object("demo", "a", offset).await);
        let got = client.get("demo/a").send().await;
        assert!(got.status == 500 || got.is_broken, "a flipped bit at {offset} was not noticed");
        assert!(client.storage.tamper_object("demo", "a", offset).await);
    }
    assert!(client.get("demo/a").send().await.assert_ok().body == content);
}

#[scenario]
async fn neither_layers_key_alone_opens_anything() {
    let client = Client::new().await;
    twice(client.put("demo/a")).body("content").send().await.assert_ok();
    twice(client.put("demo/b")).body("another").send().await.assert_ok();
    let record = |records: &[PlainRecord], key: &str| -> serde_json::Value {
        let (_, bytes) = records.iter().find(|(name, _)| name == key).unwrap();
        serde_json::from_slice(bytes).unwrap()
    };
    for layer in ["inner", "outer"] {
        let (sealed, records) = client.records().await;
        let (mut altered, other) = (record(&records, "object/demo/a"), record(&records, "object/demo/b"));
        altered["protection"][layer] = other["protection"][layer].clone();
        let before = serde_json::to_vec(&record(&records, "object/demo/a")).unwrap();
        let change = Change::Put("object/demo/a".to_owned(), serde_json::to_vec(&altered).unwrap());
        sealed.commit(vec![change]).await.unwrap();
        let reopened = client.restarted(|_| {}).await;
        let got = reopened.get("demo/a").send().await;
        assert!(got.status >= 400, "the object opened with another {layer} key");
        sealed.commit(vec![Change::Put("object/demo/a".to_owned(), before)]).await.unwrap();
    }
    let reopened = client.restarted(|_| {}).await;
    assert_eq!(reopened.get("demo/a").send().await.assert_ok().text(), "content");
}

#[scenario]
async fn parts_are_stored_in_two_layers_too() {
    let client = Client::new().await;
    let created = twice(client.post("demo/a").query("uploads", "")).send().await.assert_ok();
    assert_eq!(created.header(SSE), Some("aws:kms:dsse"));
    let id = created.element("UploadId").unwrap();
    let contents = [text(80 * SEGMENT), text(SEGMENT + 1)];
    let mut document = "<CompleteMultipartUpload>".to_owned();
    for (number, content) in (1..).zip(&contents) {
        let number = number.to_string();
        let call = client.put("demo/a").query("partNumber", &number).query("uploadId", &id).body(content.clone());
        let part = call.send().await.assert_ok();
        assert_eq!(part.header(SSE), Some("aws:kms:dsse"));
        document += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{}</ETag></Part>", part.etag());
    }
    document += "</CompleteMultipartUpload>";
    let completed = client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(completed.header(SSE), Some("aws:kms:dsse"));
    let second = client.get("demo/a").query("partNumber", "2").send().await;
    assert!((second.status, second.body) == (206, contents[1].clone()));
    assert!(client.get("demo/a").send().await.assert_ok().body == contents.concat());
}

#[scenario]
async fn a_bucket_can_have_it_as_its_default_and_no_bucket_key_goes_with_it() {
    let client = Client::new().await;
    let rule = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>\
                <SSEAlgorithm>aws:kms:dsse</SSEAlgorithm><KMSMasterKeyID>alias/documents</KMSMasterKeyID>\
                </ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>";
    client.put("demo").query("encryption", "").body(rule).send().await.assert_ok();
    let kept = client.get("demo").query("encryption", "").send().await.assert_ok();
    assert_eq!(kept.element("SSEAlgorithm").as_deref(), Some("aws:kms:dsse"));
    assert_eq!(client.put("demo/a").body("x").send().await.assert_ok().header(SSE), Some("aws:kms:dsse"));
    let both = twice(client.put("demo/b")).header(BUCKET_KEY, "true").body("x").send().await;
    both.assert_code(400, "InvalidArgument");
}

#[scenario]
async fn it_does_not_go_over_plain_http_and_stops_with_its_key() {
    let client = Client::new().await;
    twice(client.put("demo/a")).insecure().body("x").send().await.assert_code(400, "InvalidArgument");
    let put = twice(client.put("demo/a")).body("x").send().await.assert_ok();
    client.get("demo/a").insecure().send().await.assert_code(400, "InvalidArgument");
    client.kms("DisableKey", serde_json::json!({ "KeyId": put.header(KMS_KEY_ID) })).await.assert_ok();
    client.get("demo/a").send().await.assert_code(400, "KMS.DisabledException");
    twice(client.put("demo/b")).body("x").send().await.assert_code(400, "KMS.DisabledException");
}
