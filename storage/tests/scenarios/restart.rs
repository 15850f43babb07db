//! What was acknowledged is there after a restart; what a crash left half done is not.

use bytes::Bytes;
use s3_storage_sim::config::SseCDefault;
use s3_storage_sim::encryption::sse_s3::RootKey;
use s3_storage_sim::root_key::RootKeyInMemory;
use s3_storage_sim::store::{Backend, Change};
use s3_storage_sim::{Config, Storage};

use crate::support::{BUCKET, Client, KMS_KEY_ID, SSE, completion, scenario, text};

/// A client of the same store, started anew with the settings of [`Client::new`].
async fn restarted(client: &Client) -> Client {
    client.restarted(|config| config.sse_c_default = SseCDefault::Allowed).await
}

#[scenario]
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
    let document = completion(&etag);
    client.post("demo/m").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(client.get("demo/m").send().await.text(), "part");
    let again = client.put("demo/kms2").header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents").body("x");
    assert_eq!(again.send().await.assert_ok().header(KMS_KEY_ID), Some(arn.as_str()), "the alias is still that key's");
}

#[scenario]
async fn bytes_that_a_crash_left_without_a_record_are_cleared_away() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    client.backend.put_chunk("half-written", 0, Bytes::from_static(b"x")).await.unwrap();
    let client = restarted(&client).await;
    assert_eq!(client.backend.blobs().await.unwrap().len(), 1);
    assert_eq!(client.get("demo/a").send().await.text(), "content");
}

#[scenario]
async fn replaced_and_deleted_objects_leave_no_bytes() {
    let client = Client::new().await;
    for _ in 0..3 {
        client.put("demo/a").body("content").send().await.assert_ok();
        assert_eq!(client.backend.blobs().await.unwrap().len(), 1);
    }
    assert_eq!(client.delete("demo/a").send().await.status, 204);
    assert!(client.backend.blobs().await.unwrap().is_empty());
}

#[scenario]
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

/// What opening a client's backend under a root key fails with.
async fn refusal(client: &Client, root_key: &RootKeyInMemory) -> String {
    let before = client.backend.records().await.unwrap();
    let opened = Storage::open(Config::default(), client.backend.clone(), root_key).await;
    let refusal = opened.expect_err("a refusal").to_string();
    assert!(client.backend.records().await.unwrap() == before, "nothing was changed");
    refusal
}

#[scenario]
async fn a_store_is_not_started_under_another_root_key_nor_under_none() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let other = RootKeyInMemory::of(RootKey::generate().unwrap());
    let text = refusal(&client, &other).await;
    assert!(text.contains("another root key") && text.contains("start with that one"), "{text}");
    let text = refusal(&client, &RootKeyInMemory::default()).await;
    assert!(text.contains("its root key is missing"), "{text}");
    assert_eq!(restarted(&client).await.get("demo/a").send().await.text(), "content");
}

#[scenario]
async fn records_that_were_altered_swapped_removed_or_put_back_are_refused() {
    let client = Client::new().await;
    client.put("demo/a").body("first").send().await.assert_ok();
    client.put("demo/b").body("other").send().await.assert_ok();
    let early = client.backend.records().await.unwrap();
    client.put("demo/a").body("second").send().await.assert_ok();
    let now = client.backend.records().await.unwrap();
    let put = |(name, bytes): &(String, Vec<u8>)| Change::Put(name.clone(), bytes.clone());
    let mut attacks = Vec::new();
    for (index, (name, bytes)) in now.iter().enumerate() {
        let mut flipped = bytes.clone();
        *flipped.last_mut().unwrap() ^= 1;
        attacks.push(("altered", vec![Change::Put(name.clone(), flipped)]));
        attacks.push(("removed", vec![Change::Delete(name.clone())]));
        let (next, _) = &now[(index + 1) % now.len()];
        attacks.push(("moved", vec![Change::Put(next.clone(), bytes.clone())]));
    }
    let differ: Vec<_> = early.iter().filter(|record| !now.contains(record)).collect();
    assert_eq!(differ.len(), 2, "the object's record and the manifest");
    attacks.extend(differ.into_iter().map(|record| ("put back", vec![put(record)])));
    for (what, changes) in attacks {
        client.backend.commit(None, changes).await.unwrap();
        let opened = Storage::open(Config::default(), client.backend.clone(), &*client.root_key).await;
        let text = opened.expect_err(what).to_string();
        assert!(["altered", "another root key", "a format"].iter().any(|told| text.contains(told)), "{what}: {text}");
        let added = client.backend.records().await.unwrap().into_iter().map(|(name, _)| Change::Delete(name));
        client.backend.commit(None, added.chain(now.iter().map(put)).collect()).await.unwrap();
    }
    assert_eq!(restarted(&client).await.get("demo/a").send().await.text(), "second");
}

#[scenario]
async fn two_storages_over_one_backend_lose_nothing_of_each_other() {
    let one = Client::new().await;
    let other = restarted(&one).await;
    for (index, client) in [&one, &other, &one, &other].into_iter().enumerate() {
        client.put(&format!("demo/{index}")).body(index.to_string()).send().await.assert_ok();
    }
    other.put("demo/0").body("from the other").send().await.assert_ok();
    one.put("demo/1").body("from the one").send().await.assert_ok();
    let both = restarted(&one).await;
    for (index, content) in ["from the other", "from the one", "2", "3"].iter().enumerate() {
        assert_eq!(both.get(&format!("demo/{index}")).send().await.text(), *content);
    }
}
