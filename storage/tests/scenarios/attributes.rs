//! `GetObjectAttributes`, and checksums of objects that came in parts.

use crate::support::{Answer, Call, Client, scenario, text};

const KEY: [u8; 32] = [7; 32];
const MIB: usize = 1024 * 1024;

async fn attributes(call: Call<'_>, names: &str) -> Answer {
    call.query("attributes", "").header("x-amz-object-attributes", names).send().await
}

/// Uploads content in parts of 5 MiB, with their checksums by `algorithm` where one is given, and gives the answer to the
/// completion.
async fn upload(client: &Client, content: &[u8], create: &[(&str, &str)], algorithm: Option<&str>) -> Answer {
    let call = client.post("demo/parts").query("uploads", "");
    let created = create.iter().fold(call, |call, (name, value)| call.header(name, value)).send().await.assert_ok();
    let id = created.element("UploadId").unwrap();
    let mut document = "<CompleteMultipartUpload>".to_owned();
    for (number, part) in (1..).zip(content.chunks(5 * MIB)) {
        let number = number.to_string();
        let mut put = client.put("demo/parts").query("partNumber", &number).query("uploadId", &id).body(part);
        if let Some(algorithm) = algorithm {
            put = put.header("x-amz-sdk-checksum-algorithm", algorithm);
        }
        let sent = put.send().await.assert_ok();
        let checksum = algorithm.map_or(String::new(), |algorithm| {
            let value = sent.header(&format!("x-amz-checksum-{}", algorithm.to_lowercase())).unwrap();
            format!("<Checksum{algorithm}>{value}</Checksum{algorithm}>")
        });
        let etag = sent.etag();
        document += &format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{checksum}</Part>");
    }
    document += "</CompleteMultipartUpload>";
    client.post("demo/parts").query("uploadId", &id).body(document).send().await.assert_ok()
}

#[scenario]
async fn a_full_object_checksum_of_parts_is_that_of_the_whole() {
    let content = text(5 * MIB + 3);
    for (algorithm, element) in
        [("CRC32", "ChecksumCRC32"), ("CRC32C", "ChecksumCRC32C"), ("CRC64NVME", "ChecksumCRC64NVME")]
    {
        let client = Client::new().await;
        let header = format!("x-amz-checksum-{}", algorithm.to_lowercase());
        let put = client.put("demo/whole").header("x-amz-sdk-checksum-algorithm", algorithm).body(content.clone());
        let whole = put.send().await.assert_ok().header(&header).unwrap().to_owned();
        let create = [("x-amz-checksum-algorithm", algorithm), ("x-amz-checksum-type", "FULL_OBJECT")];
        let completed = upload(&client, &content, &create, None).await;
        assert_eq!(completed.element(element), Some(whole.clone()));
        let head = client.head("demo/parts").header("x-amz-checksum-mode", "ENABLED").send().await;
        assert_eq!(head.header(&header), Some(whole.as_str()));
        assert_eq!(head.header("x-amz-checksum-type"), Some("FULL_OBJECT"));
    }
}

#[scenario]
async fn an_upload_without_a_word_on_checksums_has_one_of_the_whole() {
    let client = Client::new().await;
    let content = text(5 * MIB + 3);
    let put = client.put("demo/whole").body(content.clone()).send().await.assert_ok();
    let completed = upload(&client, &content, &[], None).await;
    assert_eq!(completed.element("ChecksumCRC64NVME").as_deref(), put.header("x-amz-checksum-crc64nvme"));
}

#[scenario]
async fn a_composite_checksum_is_one_of_checksums_and_says_so() {
    for algorithm in ["SHA1", "SHA256", "CRC32"] {
        let client = Client::new().await;
        let create = [("x-amz-checksum-algorithm", algorithm)];
        let completed = upload(&client, &text(5 * MIB + 3), &create, Some(algorithm)).await;
        let checksum = completed.element(&format!("Checksum{algorithm}")).unwrap();
        assert!(checksum.ends_with("-2"), "{checksum}");
        assert_eq!(completed.element("ChecksumType").as_deref(), Some("COMPOSITE"));
        let asked = attributes(client.get("demo/parts"), "Checksum,ObjectParts").await.assert_ok();
        assert_eq!(asked.element(&format!("Checksum{algorithm}")), Some(checksum));
        assert_eq!(asked.elements("PartNumber"), ["1", "2"]);
    }
}

#[scenario]
async fn checksum_types_that_do_not_fit_their_algorithm_are_refused() {
    let client = Client::new().await;
    for (algorithm, kind) in [("SHA1", "FULL_OBJECT"), ("SHA256", "FULL_OBJECT"), ("CRC64NVME", "COMPOSITE")] {
        let call = client.post("demo/k").query("uploads", "").header("x-amz-checksum-algorithm", algorithm);
        call.header("x-amz-checksum-type", kind).send().await.assert_code(400, "InvalidRequest");
    }
}

#[scenario]
async fn attributes_are_those_that_were_asked_for() {
    let client = Client::new().await;
    let put = client.put("demo/a").body("content").send().await.assert_ok();
    let asked = attributes(client.get("demo/a"), "ETag,ObjectSize,StorageClass,Checksum").await.assert_ok();
    // The one answer whose ETag has no quotation marks.
    assert_eq!(asked.element("ETag"), Some(put.etag()));
    assert_eq!(
        (asked.element("ObjectSize").unwrap(), asked.element("StorageClass").unwrap()),
        ("7".into(), "STANDARD".into())
    );
    assert_eq!(asked.element("ChecksumCRC64NVME").as_deref(), put.header("x-amz-checksum-crc64nvme"));
    assert_eq!(attributes(client.get("demo/a"), "ETag").await.element("ObjectSize"), None);
    attributes(client.get("demo/a"), "Colour").await.assert_code(400, "InvalidArgument");
    attributes(client.get("demo/none"), "ETag").await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn attributes_of_an_object_under_a_customer_key_want_it() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").send().await.assert_ok();
    attributes(client.get("demo/a"), "ETag").await.assert_code(400, "InvalidRequest");
    attributes(client.get("demo/a").customer_key(&[9; 32]), "ETag").await.assert_code(403, "AccessDenied");
    let asked = attributes(client.get("demo/a").customer_key(&KEY), "ETag,ObjectSize").await.assert_ok();
    assert_eq!(asked.element("ObjectSize").as_deref(), Some("7"));
    assert_eq!(asked.header("x-amz-server-side-encryption-customer-algorithm"), None);
}
