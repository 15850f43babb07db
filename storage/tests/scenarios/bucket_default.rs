//! A bucket's default encryption, and what overrides it.

use s3_storage_sim::Profile;

use crate::support::{BUCKET_KEY, Client, KMS_KEY_ID, SSE, scenario};
use crate::version_2::{form, sent};

fn configuration(rules: &str) -> String {
    format!(
        "<ServerSideEncryptionConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{rules}\
         </ServerSideEncryptionConfiguration>"
    )
}

const KMS_RULE: &str = "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>\
                        <KMSMasterKeyID>alias/documents</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>\
                        <BucketKeyEnabled>true</BucketKeyEnabled></Rule>";

#[scenario]
async fn a_new_bucket_has_sse_s3_and_goes_back_to_it() {
    let client = Client::new().await;
    let fresh = client.get("demo").query("encryption", "").send().await.assert_ok();
    assert_eq!(fresh.element("SSEAlgorithm").as_deref(), Some("AES256"));
    assert_eq!(fresh.element("BucketKeyEnabled").as_deref(), Some("false"));
    client.put("demo").query("encryption", "").body(configuration(KMS_RULE)).send().await.assert_ok();
    let changed = client.get("demo").query("encryption", "").send().await.assert_ok();
    assert_eq!(changed.element("SSEAlgorithm").as_deref(), Some("aws:kms"));
    assert_eq!(changed.element("KMSMasterKeyID").as_deref(), Some("alias/documents"), "word for word");
    for _ in 0..2 {
        assert_eq!(client.delete("demo").query("encryption", "").send().await.status, 204);
    }
    let back = client.get("demo").query("encryption", "").send().await.assert_ok();
    assert_eq!(back.element("SSEAlgorithm").as_deref(), Some("AES256"));
}

#[scenario]
async fn objects_get_the_default_unless_their_request_says_otherwise() {
    let client = Client::new().await;
    client.put("demo/before").body("x").send().await.assert_ok();
    client.put("demo").query("encryption", "").body(configuration(KMS_RULE)).send().await.assert_ok();
    let defaulted = client.put("demo/a").body("x").send().await.assert_ok();
    assert_eq!((defaulted.header(SSE), defaulted.header(BUCKET_KEY)), (Some("aws:kms"), Some("true")));
    assert!(defaulted.header(KMS_KEY_ID).unwrap().starts_with("arn:aws:kms:us-east-1:"));
    let explicit = client.put("demo/b").header(SSE, "AES256").body("x").send().await.assert_ok();
    assert_eq!(
        (explicit.header(SSE), explicit.header(KMS_KEY_ID), explicit.header(BUCKET_KEY)),
        (Some("AES256"), None, None)
    );
    let customer = client.put("demo/c").customer_key(&[1; 32]).body("x").send().await.assert_ok();
    assert_eq!((customer.header(SSE), customer.header(KMS_KEY_ID)), (None, None));
    assert_eq!(client.head("demo/before").send().await.header(SSE), Some("AES256"), "what was there keeps its mode");
    let upload = client.post("demo/d").query("uploads", "").send().await.assert_ok();
    assert_eq!(upload.header(SSE), Some("aws:kms"));
}

#[scenario]
async fn a_chosen_default_lets_objects_be_copied_onto_themselves() {
    let client = Client::new().await;
    client.put("demo/a").header("x-amz-meta-a", "b").body("content").send().await.assert_ok();
    let copy = || client.put("demo/a").header("x-amz-copy-source", "demo/a").send();
    let set = |rule: String| client.put("demo").query("encryption", "").body(configuration(&rule)).send();
    copy().await.assert_code(400, "InvalidRequest");
    // A rule that names no default chooses none.
    let blocking = "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>";
    set(format!("<Rule>{blocking}</Rule>")).await.assert_ok();
    copy().await.assert_code(400, "InvalidRequest");
    // Choosing what the bucket has from the start is a choice too, and it lasts when only the rest changes.
    let sse_s3 = "<ApplyServerSideEncryptionByDefault><SSEAlgorithm>AES256</SSEAlgorithm>\
                  </ApplyServerSideEncryptionByDefault>";
    set(format!("<Rule>{sse_s3}</Rule>")).await.assert_ok();
    assert_eq!(copy().await.assert_ok().header(SSE), Some("AES256"));
    set(format!("<Rule>{blocking}</Rule>")).await.assert_ok();
    copy().await.assert_ok();
    set(KMS_RULE.to_owned()).await.assert_ok();
    let copied = copy().await.assert_ok();
    assert_eq!((copied.header(SSE), copied.header(BUCKET_KEY)), (Some("aws:kms"), Some("true")));
    let got = client.get("demo/a").send().await.assert_ok();
    assert_eq!((got.text(), got.header(SSE), got.header("x-amz-meta-a")), ("content", Some("aws:kms"), Some("b")));
    client.delete("demo").query("encryption", "").send().await;
    copy().await.assert_code(400, "InvalidRequest");
}

#[scenario]
async fn configurations_that_make_no_sense_are_refused() {
    let client = Client::new().await;
    let put = |document: String| client.put("demo").query("encryption", "").body(document).send();
    put(configuration("")).await.assert_code(400, "MalformedXML");
    put(configuration(&KMS_RULE.repeat(2))).await.assert_code(400, "MalformedXML");
    let key_with_aes = KMS_RULE.replace("aws:kms<", "AES256<");
    let refused = put(configuration(&key_with_aes)).await;
    let text = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse";
    refused.assert_refused(400, "InvalidArgument", text);
    assert_eq!(refused.element("ArgumentName").as_deref(), Some("ApplyServerSideEncryptionByDefault"));
    client.get("none").query("encryption", "").send().await.assert_code(404, "NoSuchBucket");
}

#[scenario]
async fn a_default_key_that_does_not_exist_fails_the_first_write_and_not_the_configuration() {
    let client = Client::new().await;
    let rule = KMS_RULE.replace("alias/documents", "alias/nowhere");
    client.put("demo").query("encryption", "").body(configuration(&rule)).send().await.assert_ok();
    client.put("demo/a").body("x").send().await.assert_code(400, "KMS.NotFoundException");
    client.put("demo/a").header(SSE, "AES256").body("x").send().await.assert_ok();
}

#[scenario]
async fn a_default_of_kms_is_asked_for_as_safely_as_kms_by_name() {
    let client = Client::new().await;
    let text =
        "Requests specifying Server Side Encryption with AWS KMS managed keys must be made over a secure connection.";
    client.put("demo/s3").body("x").send().await.assert_ok();
    for mode in ["aws:kms", "aws:kms:dsse"] {
        let rule = KMS_RULE.replace("aws:kms<", &format!("{mode}<"));
        let rule = if mode == "aws:kms" { rule } else { rule.replace(">true<", ">false<") };
        client.put("demo").query("encryption", "").body(configuration(&rule)).send().await.assert_ok();
        let source = client.put("demo/source").body("x").send().await.assert_ok();
        assert_eq!(source.header(SSE), Some(mode));
        for call in [
            client.put("demo/a").body("x"),
            client.put("demo/a").header("x-amz-copy-source", "demo/s3"),
            client.post("demo/a").query("uploads", ""),
            // Its source is under KMS.
            client.put("demo/a").header(SSE, "AES256").header("x-amz-copy-source", "demo/source"),
        ] {
            call.insecure().send().await.assert_refused(400, "InvalidArgument", text);
        }
        let id = client.post("demo/a").query("uploads", "").send().await.assert_ok().element("UploadId").unwrap();
        let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id).body("x");
        part.insecure().send().await.assert_refused(400, "InvalidArgument", text);
        sent(client.put("demo/a"), "PUT", "/demo/a").await.assert_code(400, "InvalidArgument");
        form(&client, r#"["starts-with", "$x-amz-meta-a", ""]"#, &[("x-amz-meta-a", "b")])
            .await
            .assert_code(400, "InvalidArgument");
        assert_eq!(client.get("demo").query("list-type", "2").send().await.elements("Key"), ["s3", "source"]);
    }
    client.put("demo/a").header(SSE, "AES256").body("x").insecure().send().await.assert_ok();
    let ceph = client.restarted(|config| config.profile = Profile::Ceph).await;
    sent(ceph.put("demo/a"), "PUT", "/demo/a").await.assert_ok();
}
