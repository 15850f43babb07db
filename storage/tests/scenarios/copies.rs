//! Copies between modes: the target never inherits the source's.

use md5::{Digest, Md5};

use s3_storage_sim::store::Change;

use crate::support::{CUSTOMER_ALGORITHM, Call, Client, KMS_KEY_ID, SEGMENT, SSE, completion, scenario, text};

const KEY: [u8; 32] = [7; 32];
const TARGET_KEY: [u8; 32] = [9; 32];
const MODES: [&str; 4] = ["SSE-S3", "SSE-KMS", "DSSE-KMS", "SSE-C"];

fn under<'a>(call: Call<'a>, mode: &str, key: &[u8]) -> Call<'a> {
    match mode {
        "SSE-KMS" => call.header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents"),
        "DSSE-KMS" => call.header(SSE, "aws:kms:dsse").header(KMS_KEY_ID, "alias/documents"),
        "SSE-C" => call.customer_key(key),
        _ => call.header(SSE, "AES256"),
    }
}

fn read<'a>(call: Call<'a>, mode: &str, key: &[u8]) -> Call<'a> {
    if mode == "SSE-C" { call.customer_key(key) } else { call }
}

#[scenario]
async fn every_mode_is_copied_into_every_mode() {
    let content = text(SEGMENT + 10);
    for from in MODES {
        for to in MODES {
            let client = Client::new().await;
            under(client.put("demo/a"), from, &KEY)
                .header("x-amz-meta-a", "b")
                .body(content.clone())
                .send()
                .await
                .assert_ok();
            let copy = under(client.put("demo/b"), to, &TARGET_KEY).header("x-amz-copy-source", "/demo/a");
            let copy = if from == "SSE-C" { copy.source_key(&KEY) } else { copy };
            copy.send().await.assert_ok();
            let got = read(client.get("demo/b"), to, &TARGET_KEY).send().await.assert_ok();
            assert!(got.body == content, "{from} to {to}");
            assert_eq!(got.header("x-amz-meta-a"), Some("b"));
            assert_eq!(client.storage.inspect_object("demo", "b").await.unwrap().mode, to);
        }
    }
}

#[scenario]
async fn a_copy_without_a_word_on_encryption_gets_the_buckets_default() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    let copy = client.put("demo/b").header("x-amz-copy-source", "demo/a").source_key(&KEY).send().await.assert_ok();
    assert_eq!((copy.header(SSE), copy.header(CUSTOMER_ALGORITHM)), (Some("AES256"), None));
    let expected = format!("\"{}\"", hex::encode(Md5::digest("content")));
    assert_eq!(copy.element("ETag"), Some(expected));
    assert_eq!(client.get("demo/b").send().await.text(), "content");
}

#[scenario]
async fn a_source_under_a_customer_key_wants_it() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    let copy = || client.put("demo/b").header("x-amz-copy-source", "demo/a");
    copy().send().await.assert_code(400, "InvalidRequest");
    copy().source_key(&TARGET_KEY).send().await.assert_code(403, "AccessDenied");
    // The key of the target is not the key of the source.
    copy().customer_key(&KEY).send().await.assert_code(400, "InvalidRequest");
    client.put("demo/c").body("plain").send().await.assert_ok();
    let copy = client.put("demo/b").header("x-amz-copy-source", "demo/c").source_key(&KEY).send().await;
    copy.assert_code(400, "InvalidRequest");
    client.get("demo/b").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn an_object_is_copied_onto_itself_only_with_a_change() {
    let client = Client::new().await;
    client.put("demo/a").header("x-amz-meta-a", "old").body("content").send().await.assert_ok();
    let copy = || client.put("demo/a").header("x-amz-copy-source", "demo/a");
    copy().send().await.assert_code(400, "InvalidRequest");
    copy().header(SSE, "aws:kms").send().await.assert_ok();
    assert_eq!(client.head("demo/a").send().await.header(SSE), Some("aws:kms"));
    copy().header("x-amz-metadata-directive", "REPLACE").header("x-amz-meta-a", "new").send().await.assert_ok();
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!((got.text(), got.header("x-amz-meta-a"), got.header(SSE)), ("content", Some("new"), Some("AES256")));
}

#[scenario]
async fn another_storage_class_is_a_change_too() {
    let client = Client::new().await;
    client.put("demo/a").header("x-amz-meta-a", "b").body("content").send().await.assert_ok();
    let copy = |class: &str| {
        client.put("demo/a").header("x-amz-copy-source", "demo/a").header("x-amz-storage-class", class).send()
    };
    copy("STANDARD_IA").await.assert_ok();
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!(got.header("x-amz-storage-class"), Some("STANDARD_IA"));
    assert_eq!((got.text(), got.header("x-amz-meta-a")), ("content", Some("b")));
    copy("STANDARD").await.assert_ok();
    assert_eq!(client.head("demo/a").send().await.header("x-amz-storage-class"), None);
    copy("COLD").await.assert_code(400, "InvalidStorageClass");
}

#[scenario]
async fn no_more_than_5_gib_are_copied_at_once() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let (records, stored) = client.records().await;
    let (name, object) = stored.into_iter().find(|(name, _)| name == "object/demo/a").expect("the object's record");
    // One byte more than goes, of which nobody has to have all.
    let longer = String::from_utf8(object.to_vec()).unwrap().replacen("\"length\":7,", "\"length\":5368709121,", 1);
    records.commit(vec![Change::Put(name, longer.into_bytes())]).await.unwrap();
    let client = client.restarted(|_| {}).await;
    let text = "The specified copy source is larger than the maximum allowable size for a copy source: 5368709120";
    let copy = client.put("demo/b").header("x-amz-copy-source", "demo/a").send().await;
    copy.assert_refused(400, "InvalidRequest", text);
    let id = client.post("demo/b").query("uploads", "").send().await.assert_ok().element("UploadId").unwrap();
    let part = || {
        let call = client.put("demo/b").query("partNumber", "1").query("uploadId", &id);
        call.header("x-amz-copy-source", "demo/a")
    };
    part().send().await.assert_refused(400, "InvalidRequest", text);
    let whole = part().header("x-amz-copy-source-range", "bytes=0-5368709120").send().await;
    whole.assert_refused(400, "InvalidRequest", text);
    // A part of it goes as far as its bytes are there.
    let less = part().header("x-amz-copy-source-range", "bytes=1-5368709120").send().await;
    less.assert_code(500, "InternalError");
}

#[scenario]
async fn a_copy_onto_itself_leaves_the_customers_key_behind() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    let copy = || client.put("demo/a").header("x-amz-copy-source", "demo/a");
    assert_eq!(copy().source_key(&KEY).send().await.assert_ok().header(SSE), Some("AES256"));
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
    copy().send().await.assert_code(400, "InvalidRequest");
}

#[scenario]
async fn copies_can_insist_on_what_the_source_is() {
    let client = Client::new().await;
    let etag = client.put("demo/a").body("content").send().await.assert_ok().header("etag").unwrap().to_owned();
    let copy = |name: &'static str, value: &str| {
        client.put("demo/b").header("x-amz-copy-source", "demo/a").header(name, value).send()
    };
    copy("x-amz-copy-source-if-match", "\"other\"").await.assert_code(412, "PreconditionFailed");
    copy("x-amz-copy-source-if-none-match", &etag).await.assert_code(412, "PreconditionFailed");
    copy("x-amz-copy-source-if-match", &etag).await.assert_ok();
    let missing = client.put("demo/b").header("x-amz-copy-source", "demo/none").send().await;
    missing.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn parts_are_copied_from_ranges_of_objects_under_other_keys() {
    let client = Client::new().await;
    let content = text(2 * SEGMENT);
    client.put("demo/a").customer_key(&KEY).body(content.clone()).send().await.assert_ok();
    let create = client.post("demo/b").query("uploads", "").customer_key(&TARGET_KEY).send().await.assert_ok();
    let id = create.element("UploadId").unwrap();
    let copy = |range: &str| {
        let call = client.put("demo/b").query("partNumber", "1").query("uploadId", &id).customer_key(&TARGET_KEY);
        call.header("x-amz-copy-source", "demo/a").header("x-amz-copy-source-range", range).source_key(&KEY).send()
    };
    copy(&format!("bytes=0-{}", content.len())).await.assert_code(400, "InvalidArgument");
    let part = copy(&format!("bytes={}-{}", SEGMENT - 3, SEGMENT + 3)).await.assert_ok();
    let etag = part.element("ETag").unwrap();
    let document = completion(&etag);
    client.post("demo/b").query("uploadId", &id).body(document).send().await.assert_ok();
    let got = client.get("demo/b").customer_key(&TARGET_KEY).send().await.assert_ok();
    assert_eq!(got.body, &content[SEGMENT - 3..=SEGMENT + 3]);
}
