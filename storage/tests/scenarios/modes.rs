//! Each operation in each mode: what it takes, what it gives back, and what its answer says of the encryption.

use crate::support::{Answer, CUSTOMER_ALGORITHM, Call, Client, KMS_KEY_ID, SSE, scenario, text};

const KEY: [u8; 32] = [7; 32];
const MODES: [&str; 4] = ["SSE-S3", "SSE-KMS", "DSSE-KMS", "SSE-C"];

fn written<'a>(call: Call<'a>, mode: &str) -> Call<'a> {
    match mode {
        "SSE-KMS" => call.header(SSE, "aws:kms").header(KMS_KEY_ID, "alias/documents"),
        "DSSE-KMS" => call.header(SSE, "aws:kms:dsse").header(KMS_KEY_ID, "alias/documents"),
        "SSE-C" => call.customer_key(&KEY),
        _ => call.header(SSE, "AES256"),
    }
}

/// Reads and parts bring nothing but a customer's key.
fn read<'a>(call: Call<'a>, mode: &str) -> Call<'a> {
    if mode == "SSE-C" { call.customer_key(&KEY) } else { call }
}

#[track_caller]
fn assert_told(answer: &Answer, mode: &str) {
    let (method, algorithm) = match mode {
        "SSE-KMS" => (Some("aws:kms"), None),
        "DSSE-KMS" => (Some("aws:kms:dsse"), None),
        "SSE-C" => (None, Some("AES256")),
        _ => (Some("AES256"), None),
    };
    assert_eq!((answer.header(SSE), answer.header(CUSTOMER_ALGORITHM)), (method, algorithm), "{mode}");
    assert_eq!(answer.header(KMS_KEY_ID).is_some(), mode.ends_with("KMS"), "{mode}");
}

#[track_caller]
fn assert_untold(answer: &Answer) {
    assert_eq!((answer.header(SSE), answer.header(CUSTOMER_ALGORITHM), answer.header(KMS_KEY_ID)), (None, None, None));
}

#[scenario]
async fn objects_are_written_read_looked_at_and_described() {
    for mode in MODES {
        let client = Client::new().await;
        let put = written(client.put("demo/a"), mode).body("content").send().await.assert_ok();
        assert_told(&put, mode);
        let get = read(client.get("demo/a"), mode).send().await.assert_ok();
        assert_told(&get, mode);
        assert_eq!((get.text(), get.etag()), ("content", put.etag()));
        let head = read(client.head("demo/a"), mode).send().await.assert_ok();
        assert_told(&head, mode);
        assert_eq!((head.etag(), head.header("content-length")), (put.etag(), Some("7")));
        let range = read(client.get("demo/a"), mode).header("range", "bytes=2-3").send().await;
        assert_told(&range, mode);
        assert_eq!((range.status, range.text()), (206, "nt"));
        let attributes =
            client.get("demo/a").query("attributes", "").header("x-amz-object-attributes", "ETag,ObjectSize");
        let attributes = read(attributes, mode).send().await.assert_ok();
        assert_untold(&attributes);
        assert_eq!(attributes.element("ETag"), Some(put.etag()));
    }
}

#[scenario]
async fn uploads_are_begun_filled_copied_into_listed_and_completed() {
    for mode in MODES {
        let client = Client::new().await;
        let first = text(5 * 1024 * 1024);
        client.put("demo/source").body("of a source").send().await.assert_ok();
        let created = written(client.post("demo/a").query("uploads", ""), mode).send().await.assert_ok();
        assert_told(&created, mode);
        let id = created.element("UploadId").unwrap();
        let part = |number: &str| read(client.put("demo/a").query("partNumber", number).query("uploadId", &id), mode);
        let put = part("1").body(first.clone()).send().await.assert_ok();
        assert_told(&put, mode);
        let copied = part("2").header("x-amz-copy-source", "demo/source").send().await.assert_ok();
        assert_told(&copied, mode);
        let listed = read(client.get("demo/a").query("uploadId", &id), mode).send().await.assert_ok();
        assert_untold(&listed);
        let etags = listed.elements("ETag");
        assert_eq!(etags, [format!("\"{}\"", put.etag()), copied.element("ETag").unwrap()]);
        let entry = |(number, etag)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>");
        let parts: String = (1..).zip(&etags).map(entry).collect();
        let document = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        let completed = client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
        // A completion says nothing of SSE-C.
        if mode == "SSE-C" {
            assert_untold(&completed);
        } else {
            assert_told(&completed, mode);
        }
        let second = read(client.get("demo/a").query("partNumber", "2"), mode).send().await;
        assert_told(&second, mode);
        assert_eq!((second.status, second.text()), (206, "of a source"));
        let whole = read(client.get("demo/a"), mode).send().await.assert_ok();
        assert!(whole.body == [&first[..], b"of a source"].concat(), "{mode}");
        assert!(whole.etag().ends_with("-2"));
    }
}

#[scenario]
async fn buckets_have_each_mode_but_a_customers_as_their_default() {
    for (mode, algorithm) in [("SSE-S3", "AES256"), ("SSE-KMS", "aws:kms"), ("DSSE-KMS", "aws:kms:dsse")] {
        let client = Client::new().await;
        let rule = format!(
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>{algorithm}\
             </SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        );
        client.put("demo").query("encryption", "").body(rule).send().await.assert_ok();
        assert_told(&client.put("demo/a").body("content").send().await.assert_ok(), mode);
        assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
    }
}
