//! What lies at rest is really encrypted, with a key of its own, and bound to its place.

use std::collections::HashSet;

use s3_storage_sim::store::Backend;

use crate::support::{Answer, BUCKET, Call, Client, KMS_KEY_ID, SEGMENT, SSE, scenario, text};

const KEY: [u8; 32] = [7; 32];

/// The modes of encryption at rest.
const MODES: [Mode; 3] = [Mode::S3, Mode::Kms, Mode::Customer];

#[derive(Debug, Clone, Copy)]
enum Mode {
    S3,
    Kms,
    Customer,
}

impl Mode {
    fn write(self, call: Call<'_>) -> Call<'_> {
        match self {
            Self::S3 => call.header(SSE, "AES256"),
            Self::Kms => call.header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents"),
            Self::Customer => call.customer_key(&KEY),
        }
    }

    fn read(self, call: Call<'_>) -> Call<'_> {
        if matches!(self, Self::Customer) { call.customer_key(&KEY) } else { call }
    }
}

/// All that the backend holds: records and blobs.
async fn everything(client: &Client) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for (name, record) in client.backend.records().await.unwrap() {
        all.extend([name.into_bytes(), record]);
    }
    for blob in client.backend.blobs().await.unwrap() {
        all.push(blob.clone().into_bytes());
        all.push(stored(client, &blob).await);
    }
    all
}

async fn stored(client: &Client, blob: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut index = 0;
    while let Some(chunk) = client.backend.chunk(blob, index).await.unwrap() {
        bytes.extend_from_slice(&chunk);
        index += 1;
    }
    bytes
}

async fn swap(client: &Client, one: &str, other: &str) {
    let [first, second] = [client.backend.chunk(one, 0), client.backend.chunk(other, 0)];
    let (first, second) = (first.await.unwrap().unwrap(), second.await.unwrap().unwrap());
    client.backend.put_chunk(one, 0, second).await.unwrap();
    client.backend.put_chunk(other, 0, first).await.unwrap();
}

fn assert_altered(answer: &Answer) {
    answer.assert_code(500, "InternalError");
    assert!(!String::from_utf8_lossy(&answer.body).contains("line 0"), "not a byte of content");
}

#[scenario]
async fn nothing_at_rest_contains_16_bytes_of_the_content_or_of_a_customer_key() {
    let content = text(3 * SEGMENT + 100);
    let secrets: HashSet<&[u8]> = content.windows(16).chain(KEY.windows(16)).collect();
    for mode in MODES {
        let client = Client::new().await;
        mode.write(client.put("demo/a")).body(content.clone()).send().await.assert_ok();
        let all = everything(&client).await;
        assert!(all.iter().map(Vec::len).sum::<usize>() > content.len(), "the content is somewhere");
        for bytes in all {
            let seen = bytes.windows(16).find(|window| secrets.contains(window));
            assert_eq!(seen, None, "{mode:?}");
            // Nor is the key there in the encodings that records use.
            let text = String::from_utf8_lossy(&bytes).into_owned();
            assert!(!text.contains("BwcHBwcHBwcHBwcH") && !text.contains("0707070707070707"), "{mode:?}");
        }
    }
}

#[scenario]
async fn nothing_at_rest_tells_names_metadata_etags_or_whose_keys_were_used() {
    let client = Client::new().await;
    for mode in MODES {
        let name = format!("salaries-{mode:?}.csv");
        let call = mode.write(client.put(&format!("demo/{name}"))).header("x-amz-meta-department", "human-resources");
        let put = call.header("content-type", "text/x-salaries").body("content").send().await;
        let put = put.assert_ok();
        let etag = put.etag().trim_matches('"').to_owned();
        let key = put.header(KMS_KEY_ID).unwrap_or("arn:aws:kms:").to_owned();
        let told = ["salaries", "demo", "department", "human-resources", "alias/documents", "SSE", &etag, &key];
        for bytes in everything(&client).await {
            let text = String::from_utf8_lossy(&bytes);
            assert_eq!(told.iter().find(|word| text.contains(**word)), None, "{mode:?}");
        }
    }
}

#[scenario]
async fn an_object_that_is_replaced_or_deleted_is_read_to_its_end_by_who_began() {
    let client = Client::new().await;
    let content = text(40 * SEGMENT);
    client.put("demo/a").body(content.clone()).send().await.assert_ok();
    let begun = client.get("demo/a").begin().await;
    let begun_later = client.get("demo/a").begin().await;
    client.put("demo/a").body("other").send().await.assert_ok();
    assert_eq!(client.get("demo/a").send().await.text(), "other");
    assert_eq!(client.delete("demo/a").send().await.status, 204);
    assert!(Answer::read(begun).await.body == content);
    client.storage.tidy().await;
    assert_eq!(client.backend.blobs().await.unwrap().len(), 2, "somebody is still reading");
    drop(begun_later);
    client.storage.tidy().await;
    assert!(client.backend.blobs().await.unwrap().is_empty());
}

#[scenario]
async fn the_same_content_is_different_at_rest_each_time() {
    for mode in MODES {
        let client = Client::new().await;
        let put = |path: &'static str| mode.write(client.put(path)).body(text(1000)).send();
        let [first, second] = [client.blob_made_by(put("demo/a")).await, client.blob_made_by(put("demo/b")).await];
        let (first, second) = (stored(&client, &first).await, stored(&client, &second).await);
        assert_eq!(first.len(), 1016, "content and one tag");
        let windows: HashSet<&[u8]> = first.windows(16).collect();
        assert!(!second.windows(16).any(|window| windows.contains(window)), "{mode:?}");
    }
}

#[scenario]
async fn stored_bytes_of_two_objects_cannot_be_swapped() {
    for mode in MODES {
        let client = Client::new().await;
        let put = |path: &'static str| mode.write(client.put(path)).body(text(1000)).send();
        let [first, second] = [client.blob_made_by(put("demo/a")).await, client.blob_made_by(put("demo/b")).await];
        swap(&client, &first, &second).await;
        for path in ["demo/a", "demo/b"] {
            assert_altered(&mode.read(client.get(path)).send().await);
        }
        swap(&client, &first, &second).await;
        assert_eq!(mode.read(client.get("demo/a")).send().await.body, text(1000));
    }
}

#[scenario]
async fn stored_bytes_of_two_parts_cannot_be_swapped() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").send().await.assert_ok();
    let id = create.element("UploadId").unwrap();
    let body = text(5 * 1024 * 1024);
    let mut blobs = Vec::new();
    let mut parts = String::new();
    for number in ["1", "2"] {
        let upload = client.put("demo/a").query("partNumber", number).query("uploadId", &id).body(body.clone());
        blobs.push(client.blob_made_by(upload.send()).await);
        let listed = client.get("demo/a").query("uploadId", &id).send().await;
        let etag = listed.elements("ETag").pop().unwrap();
        parts.push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"));
    }
    let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
    client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(client.get("demo/a").header("range", "bytes=0-9").send().await.body, &body[..10]);
    swap(&client, &blobs[0], &blobs[1]).await;
    assert_altered(&client.get("demo/a").header("range", "bytes=0-9").send().await);
}

#[scenario]
async fn segments_of_one_object_cannot_be_moved_or_cut_off() {
    let client = Client::new().await;
    let content = text(2 * SEGMENT);
    let blob = client.blob_made_by(client.put("demo/a").body(content.clone()).send()).await;
    let original = client.backend.chunk(&blob, 0).await.unwrap().unwrap();
    let (first, second) = original.split_at(SEGMENT + 16);
    let replace = async |bytes: Vec<u8>| client.backend.put_chunk(&blob, 0, bytes.into()).await.unwrap();
    replace([second, first].concat()).await;
    assert_altered(&client.get("demo/a").send().await);
    replace([first, first].concat()).await;
    let repeated = client.get("demo/a").send().await;
    assert_eq!((repeated.is_broken, repeated.body == content[..SEGMENT]), (true, true));
    replace(first.to_vec()).await;
    let cut = client.get("demo/a").send().await;
    assert_eq!((cut.is_broken, cut.body == content[..SEGMENT]), (true, true));
}

#[scenario]
async fn a_flipped_stored_bit_is_refused_and_nothing_of_its_segment_is_released() {
    for mode in MODES {
        let client = Client::new().await;
        let content = text(3 * SEGMENT);
        mode.write(client.put("demo/a")).body(content.clone()).send().await.assert_ok();
        let offset = 2 * (SEGMENT as u64 + 16) + 5;
        assert!(client.storage.tamper_object(BUCKET, "a", offset).await);
        let got = mode.read(client.get("demo/a")).send().await;
        assert!(got.is_broken, "{mode:?}: the body must not end as if it were whole");
        assert!(got.body.len() <= 2 * SEGMENT && got.body == content[..got.body.len()], "{mode:?}");
        let intact = mode.read(client.get("demo/a")).header("range", "bytes=0-99").send().await;
        assert_eq!((intact.status, &intact.body[..]), (206, &content[..100]), "other segments still open");
        let range = format!("bytes={}-{}", 2 * SEGMENT, 2 * SEGMENT + 9);
        assert_altered(&mode.read(client.get("demo/a")).header("range", &range).send().await);
    }
}

#[scenario]
async fn an_altered_first_segment_tag_or_empty_object_is_refused_with_a_status() {
    let client = Client::new().await;
    for (path, key, content, offset) in
        [("demo/a", "a", text(100), 0), ("demo/b", "b", text(100), 115), ("demo/c", "c", Vec::new(), 3)]
    {
        client.put(path).body(content).send().await.assert_ok();
        assert!(client.storage.tamper_object(BUCKET, key, offset).await);
        assert_altered(&client.get(path).send().await);
        assert!(!client.storage.tamper_object(BUCKET, key, 10_000).await, "there is no such byte");
    }
}

#[scenario]
async fn an_altered_source_is_not_copied() {
    let client = Client::new().await;
    client.put("demo/a").body(text(100)).send().await.assert_ok();
    assert!(client.storage.tamper_object(BUCKET, "a", 1).await);
    client.put("demo/b").header("x-amz-copy-source", "/demo/a").send().await.assert_code(500, "InternalError");
    client.get("demo/b").send().await.assert_code(404, "NoSuchKey");
    assert_eq!(client.backend.blobs().await.unwrap().len(), 1, "nothing is left of the attempt");
}

#[scenario]
async fn the_inspection_shows_what_is_kept_of_an_object() {
    let client = Client::new().await;
    let content = text(SEGMENT + 1);
    for mode in MODES {
        mode.write(client.put("demo/a")).header("x-amz-meta-a", "b").body(content.clone()).send().await.assert_ok();
        let seen = client.storage.inspect_object(BUCKET, "a").await.unwrap();
        assert_eq!((seen.content_length, seen.stored_length), (SEGMENT as u64 + 1, SEGMENT as u64 + 1 + 32));
        assert_eq!(seen.user_metadata["a"], "b");
        let expected = match mode {
            Mode::S3 => ("SSE-S3", false, false),
            Mode::Kms => ("SSE-KMS", true, false),
            Mode::Customer => ("SSE-C", false, true),
        };
        assert_eq!((seen.mode, seen.kms_key_id.is_some(), seen.customer_key_hash.is_some()), expected);
        let bytes = client.storage.stored_bytes(BUCKET, "a", 0, u64::MAX).await.unwrap();
        assert_eq!(bytes.len() as u64, seen.stored_length);
        assert_eq!(client.storage.stored_bytes(BUCKET, "a", 10, 5).await.unwrap(), &bytes[10..15]);
    }
    assert!(client.storage.inspect_object(BUCKET, "b").await.is_none());
}
