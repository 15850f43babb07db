//! Presigned URLs, with SSE-C both ways, and what they refuse.

use base64::{Engine, engine::general_purpose::STANDARD};
use md5::{Digest, Md5};

use crate::support::{
    CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_MD5, Call, Client, SSE, completion, scenario, signature_of,
};

const KEY: [u8; 32] = [7; 32];

/// The signer knows no key: it signs the algorithm, whoever uses the URL adds the rest.
fn with_unsigned_key<'a>(call: Call<'a>, key: &[u8]) -> Call<'a> {
    call.header(CUSTOMER_ALGORITHM, "AES256")
        .unsigned_header(CUSTOMER_KEY, &STANDARD.encode(key))
        .unsigned_header(CUSTOMER_MD5, &STANDARD.encode(Md5::digest(key)))
}

#[scenario]
async fn a_url_writes_reads_looks_and_deletes() {
    let client = Client::new().await;
    client.put("demo/a b/ü+c").body("content").presigned(60).send().await.assert_ok();
    assert_eq!(client.get("demo/a b/ü+c").presigned(60).send().await.assert_ok().text(), "content");
    assert_eq!(client.head("demo/a b/ü+c").presigned(60).send().await.status, 200);
    assert_eq!(client.delete("demo/a b/ü+c").presigned(60).send().await.status, 204);
    client.get("demo/a b/ü+c").presigned(60).send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn a_url_with_virtual_host_reaches_the_same_object() {
    let client = Client::new().await;
    let host = "demo.s3.us-east-1.storage.test";
    client.put("a").at(host).body("content").presigned(60).send().await.assert_ok();
    assert_eq!(client.get("demo/a").send().await.assert_ok().text(), "content");
    assert_eq!(client.get("a").at(host).send().await.assert_ok().text(), "content");
}

#[scenario]
async fn customer_keys_travel_with_all_three_headers_signed() {
    let client = Client::new().await;
    client.put("demo/a").customer_key(&KEY).body("content").presigned(60).send().await.assert_ok();
    let got = client.get("demo/a").customer_key(&KEY).presigned(60).send().await.assert_ok();
    assert_eq!(got.text(), "content");
}

#[scenario]
async fn customer_keys_travel_with_the_algorithm_alone_signed() {
    let client = Client::new().await;
    with_unsigned_key(client.put("demo/a"), &KEY).body("content").presigned(60).send().await.assert_ok();
    let got = with_unsigned_key(client.get("demo/a"), &KEY).presigned(60).send().await.assert_ok();
    assert_eq!(got.text(), "content");
    with_unsigned_key(client.get("demo/a"), &[8; 32]).presigned(60).send().await.assert_code(403, "AccessDenied");
    client.get("demo/a").presigned(60).send().await.assert_code(400, "InvalidRequest");
}

#[scenario]
async fn a_part_is_uploaded_through_a_url() {
    let client = Client::new().await;
    let create = client.post("demo/a").query("uploads", "").customer_key(&KEY).send().await.assert_ok();
    let id = create.element("UploadId").unwrap();
    let part = client.put("demo/a").query("partNumber", "1").query("uploadId", &id);
    let part = with_unsigned_key(part, &KEY).body("content").presigned(60).send().await.assert_ok();
    let document = completion(&part.etag());
    client.post("demo/a").query("uploadId", &id).body(document).send().await.assert_ok();
    assert_eq!(client.get("demo/a").customer_key(&KEY).send().await.assert_ok().text(), "content");
}

#[scenario]
async fn other_headers_that_were_not_signed_are_refused_by_name() {
    let client = Client::new().await;
    let put = client.put("demo/a").unsigned_header(SSE, "AES256").unsigned_header("x-amz-meta-a", "b");
    let refused = put.body("content").presigned(60).send().await;
    let text = "There were headers present in the request which were not signed";
    refused.assert_refused(403, "AccessDenied", text);
    assert_eq!(refused.element("HeadersNotSigned").as_deref(), Some("x-amz-meta-a, x-amz-server-side-encryption"));
    let algorithm = client.put("demo/a").unsigned_header(CUSTOMER_ALGORITHM, "AES256").body("content");
    algorithm.presigned(60).send().await.assert_code(403, "AccessDenied");
    client.get("demo/a").send().await.assert_code(404, "NoSuchKey");
}

#[scenario]
async fn a_signed_header_that_is_missing_or_changed_breaks_the_signature() {
    let client = Client::new().await;
    let put = client.put("demo/a").header(SSE, "aws:kms").body("content").presigned(60);
    assert_eq!(put.send().await.assert_ok().header(SSE), Some("aws:kms"));
    // The URL says that the header is signed; it comes with another value.
    let changed = client.put("demo/b").header(SSE, "aws:kms").unsigned_header(SSE, "AES256").body("content");
    changed.presigned(60).send().await.assert_code(403, "SignatureDoesNotMatch");
}

#[scenario]
async fn an_expired_url_is_refused() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    let url = client.get("demo/a").presigned(1).dated(-5);
    url.send().await.assert_refused(403, "AccessDenied", "Request has expired");
    client.get("demo/a").presigned(60).dated(-5).send().await.assert_ok();
    let future = client.get("demo/a").presigned(60).dated(3600).send().await;
    assert_eq!(future.status, 403, "{}", future.text());
    let too_long = client.get("demo/a").presigned(604_801).send().await;
    too_long.assert_code(400, "AuthorizationQueryParametersError");
}

#[scenario]
async fn a_request_without_signature_is_refused() {
    let client = Client::new().await;
    client.put("demo/a").body("content").send().await.assert_ok();
    for call in [client.get("demo/a"), client.put("demo/b"), client.get("demo"), client.delete("demo/a")] {
        call.anonymous().send().await.assert_code(403, "AccessDenied");
    }
}

#[scenario]
async fn an_access_key_that_nobody_has_is_refused_by_its_name() {
    let client = Client::new().await.signing_as("AKIANOBODY");
    for call in [client.get("demo/a"), client.get("demo/a").presigned(60)] {
        let refused = call.send().await;
        let text = "The AWS Access Key Id you provided does not exist in our records.";
        refused.assert_refused(403, "InvalidAccessKeyId", text);
        assert_eq!(refused.element("AWSAccessKeyId").as_deref(), Some("AKIANOBODY"));
    }
}

/// Recorded from Amazon S3: `test_presigned_url_signature_authentication[s3v4]` (`LocalStack`'s snapshots of AWS).
#[scenario]
async fn a_signature_that_does_not_match_is_told_what_it_should_have_been_over() {
    let client = Client::new().await.signing_with("another secret");
    let path = "demo/a b/ü+c";
    for call in [
        client.get(path).query("partNumber", "1").presigned(60),
        client.put(path).header(SSE, "AES256").body("content").presigned(60),
        client.put(path).header("x-amz-meta-a", "b").body("content"),
    ] {
        let refused = call.send().await;
        let text = "The request signature we calculated does not match the signature you provided. Check your key and \
                    signing method.";
        refused.assert_refused(403, "SignatureDoesNotMatch", text);
        let element = |name: &str| refused.element(name).unwrap();
        assert_eq!(element("AWSAccessKeyId"), "AKIAIOSFODNN7EXAMPLE");
        // The signer signed the same string, with the secret that it has.
        assert_eq!(signature_of("another secret", &element("StringToSign")), element("SignatureProvided"));
        let bytes = |text: String| text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        for name in ["StringToSign", "CanonicalRequest"] {
            assert_eq!(element(&format!("{name}Bytes")), bytes(element(name)), "{name}");
        }
    }
}

/// Recorded from Amazon S3: `test_presigned_url_signature_authentication_expired[s3v4]`.
#[scenario]
async fn an_expired_url_is_told_when_it_expired() {
    let client = Client::new().await;
    let refused = client.get("demo/a").presigned(1).dated(-100).send().await;
    refused.assert_refused(403, "AccessDenied", "Request has expired");
    assert_eq!(refused.element("X-Amz-Expires").as_deref(), Some("1"));
    let date = |name: &str| {
        let text = refused.element(name).unwrap();
        time::OffsetDateTime::parse(&text, &time::format_description::well_known::Rfc3339).unwrap()
    };
    // From one call to the next the clock goes on, but not by minutes.
    assert!((98..=160).contains(&(date("ServerTime") - date("Expires")).whole_seconds()));
}

/// Recorded from Amazon S3: `test_s3_put_presigned_url_missing_sig_param[s3v4]`.
#[scenario]
async fn a_url_that_lacks_a_parameter_of_its_signature_is_refused_with_the_list_of_them() {
    let client = Client::new().await;
    let text = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, \
                X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.";
    let parameters = [
        ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
        ("X-Amz-Credential", "AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request"),
        ("X-Amz-Date", "20260101T000000Z"),
        ("X-Amz-Expires", "60"),
        ("X-Amz-SignedHeaders", "host"),
        ("X-Amz-Signature", "00"),
    ];
    for (missing, _) in parameters {
        let kept = parameters.iter().filter(|(name, _)| *name != missing);
        let call = kept.fold(client.put("demo/a"), |call, (name, value)| call.query(name, value));
        call.anonymous().send().await.assert_refused(400, "AuthorizationQueryParametersError", text);
    }
}
