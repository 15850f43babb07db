//! Multipart uploads.

use md5::{Digest, Md5};

use crate::support::{Answer, CUSTOMER_ALGORITHM, CUSTOMER_MD5, Client, KMS_KEY_ID, SSE, completion, scenario, text};

const KEY: [u8; 32] = [7; 32];
const MIB: usize = 1024 * 1024;
const NEEDS_PARAMETERS: &str = "The multipart upload initiate requested encryption. Subsequent part requests must \
                                include the appropriate encryption parameters.";

async fn created(client: &Client) -> String {
    client.post("demo/a").query("uploads", "").send().await.assert_ok().element("UploadId").unwrap()
}

async fn part(client: &Client, id: &str, number: u32, body: &[u8]) -> Answer {
    let call = client.put("demo/a").query("partNumber", &number.to_string()).query("uploadId", id);
    call.body(body).send().await
}

async fn completed(client: &Client, id: &str, parts: &[(u32, &str)]) -> Answer {
    let part =
        |(number, etag): &(u32, &str)| format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>");
    let document: String = parts.iter().map(part).collect();
    let document = format!("<CompleteMultipartUpload>{document}</CompleteMultipartUpload>");
    client.post("demo/a").query("uploadId", id).body(document).send().await
}

#[scenario]
async fn parts_in_any_order_become_one_object() {
    let client = Client::new().await;
    let content = text(11 * MIB);
    let pieces = [&content[..5 * MIB], &content[5 * MIB..10 * MIB + 3], &content[10 * MIB + 3..]];
    let id = created(&client).await;
    let mut etags = vec![String::new(); 3];
    for index in [2, 0, 1] {
        let number = u32::try_from(index + 1).unwrap();
        etags[index] = part(&client, &id, number, pieces[index]).await.assert_ok().etag();
        assert_eq!(etags[index], hex::encode(Md5::digest(pieces[index])));
    }
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
    let done = completed(&client, &id, &[(1, &etags[0]), (2, &etags[1]), (3, &etags[2])]).await.assert_ok();
    let of_md5s = etags.iter().flat_map(|etag| hex::decode(etag).unwrap()).collect::<Vec<_>>();
    let expected = format!("\"{}-3\"", hex::encode(Md5::digest(of_md5s)));
    assert_eq!(done.element("ETag"), Some(expected.clone()));
    let got = client.get("demo/a").send().await.assert_ok();
    assert!(got.body == content && got.header("etag") == Some(&expected));
    let across = client.get("demo/a").header("range", &format!("bytes={}-{}", 5 * MIB - 2, 10 * MIB + 5)).send().await;
    assert!(across.status == 206 && across.body == content[5 * MIB - 2..10 * MIB + 6]);
    let second = client.get("demo/a").query("partNumber", "2").send().await;
    assert!(second.status == 206 && second.body == pieces[1]);
    assert_eq!(second.header("x-amz-mp-parts-count"), Some("3"));
    let beyond = client.get("demo/a").query("partNumber", "4").send().await;
    beyond.assert_code(416, "InvalidPartNumber");
    assert_eq!(beyond.element("ActualPartCount").as_deref(), Some("3"));
}

#[scenario]
async fn completions_that_do_not_fit_the_parts_are_refused_and_can_be_tried_again() {
    let client = Client::new().await;
    let id = created(&client).await;
    let first = part(&client, &id, 1, &text(5 * MIB)).await.assert_ok().etag();
    let second = part(&client, &id, 2, b"short").await.assert_ok().etag();
    let third = part(&client, &id, 3, b"shorter").await.assert_ok().etag();
    completed(&client, &id, &[(2, &second), (1, &first)]).await.assert_code(400, "InvalidPartOrder");
    completed(&client, &id, &[(1, &second)]).await.assert_code(400, "InvalidPart");
    completed(&client, &id, &[(1, &first), (9, &second)]).await.assert_code(400, "InvalidPart");
    completed(&client, &id, &[(1, &first), (2, &second), (3, &third)]).await.assert_code(400, "EntityTooSmall");
    completed(&client, &id, &[]).await.assert_code(400, "MalformedXML");
    completed(&client, &id, &[(1, &first), (3, &third)]).await.assert_ok();
    let length = client.head("demo/a").send().await.header("content-length").map(str::to_owned);
    assert_eq!(length, Some((5 * MIB + 7).to_string()), "a part that was not named is left out");
    completed(&client, &id, &[(1, &first)]).await.assert_code(404, "NoSuchUpload");
}

#[scenario]
async fn a_part_is_replaced_by_a_later_one_of_its_number() {
    let client = Client::new().await;
    let id = created(&client).await;
    let old = part(&client, &id, 1, b"old").await.assert_ok().etag();
    let new = part(&client, &id, 1, b"new").await.assert_ok().etag();
    let listed = client.get("demo/a").query("uploadId", &id).send().await.assert_ok();
    assert_eq!(listed.elements("ETag"), [format!("\"{new}\"")]);
    completed(&client, &id, &[(1, &old)]).await.assert_code(400, "InvalidPart");
    completed(&client, &id, &[(1, &new)]).await.assert_ok();
    assert_eq!(client.get("demo/a").send().await.text(), "new");
}

#[scenario]
async fn part_numbers_are_from_1_to_10000() {
    let client = Client::new().await;
    let id = created(&client).await;
    for number in [0, 10_001] {
        part(&client, &id, number, b"x").await.assert_code(400, "InvalidArgument");
    }
    part(&client, &id, 10_000, b"x").await.assert_ok();
    part(&client, "none", 1, b"x").await.assert_code(404, "NoSuchUpload");
}

#[scenario]
async fn an_aborted_upload_leaves_nothing() {
    use s3_storage_sim::store::Backend;
    let client = Client::new().await;
    let id = created(&client).await;
    part(&client, &id, 1, b"content").await.assert_ok();
    let listed = client.get("demo").query("uploads", "").send().await.assert_ok();
    assert_eq!((listed.elements("UploadId"), listed.elements("Key")), (vec![id.clone()], vec!["a".to_owned()]));
    assert_eq!(client.delete("demo/a").query("uploadId", &id).send().await.status, 204);
    part(&client, &id, 2, b"content").await.assert_code(404, "NoSuchUpload");
    let listed = client.get("demo").query("uploads", "").send().await.assert_ok();
    assert!(listed.elements("UploadId").is_empty());
    assert!(client.backend.blobs().await.unwrap().is_empty());
}

#[scenario]
async fn parts_are_listed_page_by_page() {
    let client = Client::new().await;
    let id = created(&client).await;
    for number in [1, 2, 5] {
        part(&client, &id, number, b"x").await.assert_ok();
    }
    let list = || client.get("demo/a").query("uploadId", &id).query("max-parts", "2");
    let first = list().send().await.assert_ok();
    assert_eq!(
        (first.elements("PartNumber"), first.element("IsTruncated").unwrap()),
        (vec!["1".into(), "2".into()], "true".into())
    );
    let marker = first.element("NextPartNumberMarker").unwrap();
    let second = list().query("part-number-marker", &marker).send().await.assert_ok();
    assert_eq!(
        (second.elements("PartNumber"), second.element("IsTruncated").unwrap()),
        (vec!["5".into()], "false".into())
    );
}

#[scenario]
async fn every_part_of_an_sse_c_upload_brings_the_key() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").customer_key(&KEY).send().await.assert_ok();
    assert_eq!((create.header(CUSTOMER_ALGORITHM), create.header(SSE)), (Some("AES256"), None));
    let id = create.element("UploadId").unwrap();
    let upload = |number: &str| client.put("demo/a").query("partNumber", number).query("uploadId", &id).body("content");
    upload("1").send().await.assert_refused(400, "InvalidRequest", NEEDS_PARAMETERS);
    let text = "The provided encryption parameters did not match the ones used originally.";
    upload("1").customer_key(&[8; 32]).send().await.assert_refused(400, "InvalidRequest", text);
    let sent = upload("1").customer_key(&KEY).send().await.assert_ok();
    assert!(sent.header(CUSTOMER_MD5).is_some());
    assert_ne!(sent.etag(), hex::encode(Md5::digest("content")));
    // S3 takes a completion without the key, and answers without a word of SSE-C.
    let done = completed(&client, &id, &[(1, &sent.etag())]).await.assert_ok();
    assert_eq!((done.header(CUSTOMER_ALGORITHM), done.header(SSE)), (None, None));
    assert_eq!(client.get("demo/a").customer_key(&KEY).send().await.assert_ok().text(), "content");
    client.get("demo/a").send().await.assert_code(400, "InvalidRequest");
}

#[scenario]
async fn an_sse_c_upload_with_a_chosen_checksum_needs_the_key_to_its_end() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").header("x-amz-checksum-algorithm", "CRC32C");
    let id = create.customer_key(&KEY).send().await.assert_ok().element("UploadId").unwrap();
    let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).customer_key(&KEY).body("content");
    let sent = part.header("x-amz-sdk-checksum-algorithm", "CRC32C").send().await.assert_ok();
    let checksum = format!("<ChecksumCRC32C>{}</ChecksumCRC32C>", sent.header("x-amz-checksum-crc32c").unwrap());
    let document = completion(&sent.etag()).replace("</Part>", &format!("{checksum}</Part>"));
    let end = || client.post("demo/a").query("uploadId", &id).body(document.as_str());
    end().send().await.assert_refused(400, "InvalidRequest", NEEDS_PARAMETERS);
    let text = "The provided encryption parameters did not match the ones used originally.";
    end().customer_key(&[8; 32]).send().await.assert_refused(400, "InvalidRequest", text);
    let done = end().customer_key(&KEY).send().await.assert_ok();
    assert!(done.element("ChecksumCRC32C").is_some());
    assert_eq!(client.get("demo/a").customer_key(&KEY).send().await.assert_ok().text(), "content");
}

#[scenario]
async fn a_composite_checksum_needs_that_of_every_part_twice() {
    let client = Client::new().await;
    for (algorithm, other) in [("CRC32", "SHA256"), ("SHA1", "CRC32"), ("SHA256", "CRC32")] {
        let create = client.post("demo/a").query("uploads", "").header("x-amz-checksum-algorithm", algorithm);
        let id = create.send().await.assert_ok().element("UploadId").unwrap();
        let name = algorithm.to_lowercase();
        let mismatch = |actual: &str| {
            format!("Checksum Type mismatch occurred, expected checksum Type: {name}, actual checksum Type: {actual}")
        };
        part(&client, &id, 1, b"content").await.assert_refused(400, "InvalidRequest", &mismatch("null"));
        let put = || client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("content");
        let wrong = put().header("x-amz-sdk-checksum-algorithm", other).send().await;
        wrong.assert_refused(400, "InvalidRequest", &mismatch(&other.to_lowercase()));
        let sent = put().header("x-amz-sdk-checksum-algorithm", algorithm).send().await.assert_ok();
        let text = format!(
            "The upload was created using a {name} checksum. The complete request must include the checksum for each part. It \
             was missing for part 1 in the request."
        );
        completed(&client, &id, &[(1, &sent.etag())]).await.assert_refused(400, "InvalidRequest", &text);
        let value = sent.header(&format!("x-amz-checksum-{name}")).unwrap();
        let element = format!("<Checksum{algorithm}>{value}</Checksum{algorithm}></Part>");
        let document = completion(&sent.etag()).replace("</Part>", &element);
        client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    }
}

#[scenario]
async fn a_checksum_of_the_whole_needs_none_of_its_parts() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").header("x-amz-checksum-algorithm", "CRC32");
    let created = create.header("x-amz-checksum-type", "FULL_OBJECT").send().await.assert_ok();
    let id = created.element("UploadId").unwrap();
    let sent = part(&client, &id, 1, b"content").await.assert_ok();
    completed(&client, &id, &[(1, &sent.etag())]).await.assert_ok();
}

#[scenario]
async fn a_part_that_is_copied_tells_the_checksum_that_its_completion_needs() {
    let client = Client::new().await;
    client.put("demo/source").body("content").send().await.assert_ok();
    let create = client.post("demo/a").query("uploads", "").header("x-amz-checksum-algorithm", "SHA256");
    let id = create.send().await.assert_ok().element("UploadId").unwrap();
    let copy = client.put("demo/a").query("partNumber", "1").query("uploadId", &id);
    let copied = copy.header("x-amz-copy-source", "/demo/source").send().await.assert_ok();
    let (etag, value) = (copied.element("ETag").unwrap(), copied.element("ChecksumSHA256").unwrap());
    let document = completion(etag.trim_matches('"'))
        .replace("</Part>", &format!("<ChecksumSHA256>{value}</ChecksumSHA256></Part>"));
    client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
}

#[scenario]
async fn a_list_of_no_parts_ends() {
    let client = Client::new().await;
    let id = created(&client).await;
    part(&client, &id, 1, b"content").await.assert_ok();
    let list = client.get("demo/a").query("uploadId", &id).query("max-parts", "0").send().await.assert_ok();
    assert_eq!(list.element("IsTruncated").as_deref(), Some("false"));
    assert_eq!((list.elements("PartNumber"), list.element("NextPartNumberMarker")), (vec![], None));
}

#[scenario]
async fn an_upload_without_a_customer_key_takes_no_part_with_one() {
    let client = Client::new().await;
    let id = created(&client).await;
    let call = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).customer_key(&KEY).body("x");
    call.send().await.assert_refused(400, "InvalidRequest", NEEDS_PARAMETERS);
    let method = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).header(SSE, "AES256").body("x");
    method.send().await.assert_code(400, "InvalidArgument");
}

#[scenario]
async fn an_sse_kms_upload_names_its_key_at_every_step() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").header(SSE, "aws:kms");
    let create = create.header(KMS_KEY_ID, "alias/documents").send().await.assert_ok();
    let arn = create.header(KMS_KEY_ID).unwrap().to_owned();
    let id = create.element("UploadId").unwrap();
    let sent = part(&client, &id, 1, b"content").await.assert_ok();
    assert_eq!((sent.header(SSE), sent.header(KMS_KEY_ID)), (Some("aws:kms"), Some(arn.as_str())));
    let done = completed(&client, &id, &[(1, &sent.etag())]).await.assert_ok();
    assert_eq!((done.header(SSE), done.header(KMS_KEY_ID)), (Some("aws:kms"), Some(arn.as_str())));
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!((got.text(), got.header(KMS_KEY_ID)), ("content", Some(arn.as_str())));
}

#[scenario]
async fn a_range_before_an_empty_last_part_gives_just_its_bytes() {
    let client = Client::new().await;
    let content = text(5 * MIB);
    let id = created(&client).await;
    let first = part(&client, &id, 1, &content).await.assert_ok().etag();
    let last = part(&client, &id, 2, b"").await.assert_ok().etag();
    completed(&client, &id, &[(1, &first), (2, &last)]).await.assert_ok();
    for range in ["bytes=0-0", "bytes=7-9"] {
        let got = client.get("demo/a").header("range", range).send().await;
        let length = if range == "bytes=0-0" { "1" } else { "3" };
        assert_eq!((got.status, got.header("content-length"), got.is_broken), (206, Some(length), false), "{range}");
    }
    assert!(client.get("demo/a").send().await.assert_ok().body == content);
}
