//! Whatever is asked, signed or not: the service answers, and never that it failed.

use proptest::prelude::*;

use crate::support::Client;

const METHODS: [&str; 6] = ["GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS"];
const QUERY: [&str; 25] = [
    "uploads",
    "uploadId",
    "partNumber",
    "attributes",
    "encryption",
    "cors",
    "delete",
    "list-type",
    "max-keys",
    "prefix",
    "delimiter",
    "marker",
    "continuation-token",
    "encoding-type",
    "versionId",
    "versioning",
    "versions",
    "key-marker",
    "version-id-marker",
    "policy",
    "policyStatus",
    "publicAccessBlock",
    "tagging",
    "response-content-type",
    "X-Amz-Signature",
];
const HEADERS: [&str; 26] = [
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "content-md5",
    "content-type",
    "content-encoding",
    "origin",
    "access-control-request-method",
    "x-amz-copy-source",
    "x-amz-copy-source-range",
    "x-amz-object-attributes",
    "x-amz-checksum-algorithm",
    "x-amz-checksum-type",
    "x-amz-checksum-crc32",
    "x-amz-checksum-mode",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-context",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-server-side-encryption-customer-key",
    "x-amz-server-side-encryption-customer-key-md5",
    "x-amz-meta-a",
    "x-amz-tagging",
    "x-amz-tagging-directive",
    "x-amz-decoded-content-length",
    "x-amz-mp-object-size",
];

/// Values: what headers and parameters really have, and anything else.
fn value() -> impl Strategy<Value = String> {
    let known = [
        "",
        "1",
        "-1",
        "0",
        "99999999999999999999",
        "bytes=0-",
        "bytes=5-2",
        "*",
        "\"a\"",
        "AES256",
        "aws:kms",
        "aws:kms:dsse",
        "demo/a",
        "/demo/",
        "url",
        "ETag,Checksum,ObjectParts",
        "CRC32",
        "COMPOSITE",
        "e30=",
        "multipart/form-data",
        "null",
        "demo/a?versionId=null",
        "a=b&c=d",
        "REPLACE",
    ];
    prop_oneof![proptest::sample::select(known.to_vec()).prop_map(str::to_owned), "[ -~]{0,24}"]
}

fn pairs(names: &'static [&'static str]) -> impl Strategy<Value = Vec<(&'static str, String)>> {
    // A repeated header is another request than the one that was signed.
    proptest::collection::btree_map(proptest::sample::select(names), value(), 0..5)
        .prop_map(|pairs| pairs.into_iter().collect())
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let documents = [
        "<Delete><Object><Key>a</Key></Object></Delete>",
        "<CompleteMultipartUpload/>",
        "<CompleteMultipartUpload><Part><PartNumber>0</PartNumber></Part></CompleteMultipartUpload>",
        "<ServerSideEncryptionConfiguration><Rule/></ServerSideEncryptionConfiguration>",
        "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>",
        "<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>",
        "<PublicAccessBlockConfiguration/>",
        r#"{"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::demo/*"}}"#,
        "<a><b></a>",
        "<",
        "{}",
    ];
    prop_oneof![
        proptest::sample::select(documents.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..200),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_request_has_an_answer(
        method in proptest::sample::select(METHODS.to_vec()),
        path in "(demo|none|)(/[ -~]{0,16})?",
        query in pairs(&QUERY),
        headers in pairs(&HEADERS),
        body in body(),
        (is_signed, is_secure) in any::<(bool, bool)>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(async {
            let client = Client::new().await;
            client.put("demo/a").body("content").send().await.assert_ok();
            let mut call = client.call(method, &path).body(body);
            for (name, value) in query {
                call = call.query(name, &value);
            }
            for (name, value) in headers {
                call = call.header(name, value.trim());
            }
            let call = if is_signed { call } else { call.anonymous() };
            let call = if is_secure { call } else { call.insecure() };
            call.send().await
        });
        prop_assert!(answer.status != 500, "{}", String::from_utf8_lossy(&answer.body));
    }
}
