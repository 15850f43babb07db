//! Presigned URLs are those that botocore makes, for each operation and for awkward keys, headers and endpoints.
//!
//! The vectors are written by `vectors/sigv4/generate_botocore.py`.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::BTreeMap;

use s3_envelope::{
    presign::{Addressing, Credentials, Endpoint, PresignRequest, Presigner, SigningTime, kms_authorization},
    sse::{CustomerKey, SignedHeaders},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Vectors {
    access_key: String,
    secret_key: String,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    token: Option<String>,
    region: String,
    endpoint: Option<String>,
    addressing: String,
    amz_date: String,
    expires: u64,
    operation: String,
    bucket: String,
    key: String,
    upload_id: Option<String>,
    part_number: Option<u32>,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    customer_key: Option<String>,
    url: String,
}

#[test]
fn every_url_is_the_one_that_botocore_makes() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/sigv4/botocore.json")).unwrap();
    assert_eq!(vectors.cases.len(), 76);
    for case in &vectors.cases {
        let credentials = Credentials::new(&vectors.access_key, &vectors.secret_key, case.token.as_deref()).unwrap();
        let signer = Presigner::new(credentials, &case.region, endpoint(case)).unwrap();
        let time = SigningTime::from_amz_date(&case.amz_date).unwrap();
        let presigned = signer.presign(&request(case), time).unwrap();
        assert_eq!(parts(presigned.url()), parts(&without_default_port(&case.url)), "{}", case.name);
    }
}

#[test]
fn urls_that_browsers_would_change_are_known() {
    let vectors: Vectors = serde_json::from_str(include_str!("vectors/sigv4/botocore.json")).unwrap();
    let credentials = Credentials::new("a", "b", None).unwrap();
    for case in &vectors.cases {
        let signer = Presigner::new(credentials.clone(), &case.region, endpoint(case)).unwrap();
        let presigned = signer.presign(&request(case), SigningTime::from_unix(0).unwrap()).unwrap();
        assert_eq!(presigned.is_fetchable(), !["a/../b/./c", ".."].contains(&case.key.as_str()), "{}", case.name);
    }
}

#[derive(Deserialize)]
struct KmsVectors {
    access_key: String,
    secret_key: String,
    cases: Vec<KmsCase>,
}

#[derive(Deserialize)]
struct KmsCase {
    token: Option<String>,
    region: String,
    host: String,
    body: String,
    operation: String,
    headers: BTreeMap<String, String>,
}

#[test]
fn requests_to_kms_are_signed_as_botocore_signs_them() {
    let vectors: KmsVectors = serde_json::from_str(include_str!("vectors/sigv4/botocore-kms.json")).unwrap();
    assert_eq!(vectors.cases.len(), 24);
    let time = SigningTime::from_amz_date("20240229T235959Z").unwrap();
    for KmsCase { token, region, host, body, operation, headers } in &vectors.cases {
        let credentials = Credentials::new(&vectors.access_key, &vectors.secret_key, token.as_deref()).unwrap();
        let target = format!("TrentService.{operation}");
        let signed = kms_authorization(&credentials, region, host, &target, body.as_bytes(), time).unwrap();
        assert_eq!(signed, headers["authorization"], "{operation} {region} {body}");
        // What is sent beside it is just what is signed.
        assert_eq!((&target, headers.len()), (&headers["x-amz-target"], 4 + usize::from(token.is_some())));
    }
}

fn endpoint(case: &Case) -> Endpoint {
    let addressing = if case.addressing == "path" { Addressing::Path } else { Addressing::VirtualHost };
    match &case.endpoint {
        Some(origin) => Endpoint::new(origin, addressing).unwrap(),
        None => Endpoint::aws(&case.region).unwrap(),
    }
}

fn request(case: &Case) -> PresignRequest {
    let (bucket, key) = (case.bucket.as_str(), case.key.as_str());
    let upload_id = case.upload_id.as_deref().unwrap_or_default();
    let request = match case.operation.as_str() {
        "GetObject" => PresignRequest::get_object(bucket, key),
        "PutObject" => PresignRequest::put_object(bucket, key),
        "HeadObject" => PresignRequest::head_object(bucket, key),
        "DeleteObject" => PresignRequest::delete_object(bucket, key),
        "CreateMultipartUpload" => PresignRequest::create_multipart_upload(bucket, key),
        "UploadPart" => PresignRequest::upload_part(bucket, key, upload_id, case.part_number.unwrap()),
        "CompleteMultipartUpload" => PresignRequest::complete_multipart_upload(bucket, key, upload_id),
        "AbortMultipartUpload" => PresignRequest::abort_multipart_upload(bucket, key, upload_id),
        "ListParts" => PresignRequest::list_parts(bucket, key, upload_id),
        operation => panic!("{operation} is not presigned"),
    };
    let request = case.query.iter().fold(request, |request, (name, value)| request.query(name, value));
    let request = case.headers.iter().fold(request, |request, (name, value)| request.header(name, value));
    let request = match case.customer_key.as_deref() {
        None => request,
        Some("algorithm-only") => request.customer_key(SignedHeaders::AlgorithmOnly),
        Some(hexadecimal) => request.customer_key(SignedHeaders::All(&customer_key(hexadecimal))),
    };
    request.expires_in(case.expires)
}

fn customer_key(hexadecimal: &str) -> CustomerKey {
    let digits: Vec<char> = hexadecimal.chars().collect();
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap()).collect();
    CustomerKey::from_bytes(&bytes).unwrap()
}

/// Scheme, host and path word for word, and the query's pairs in an order of their own: botocore does not sort them.
fn parts(url: &str) -> (&str, Vec<&str>) {
    let (place, query) = url.split_once('?').unwrap();
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    (place, pairs)
}

/// botocore leaves the scheme's own port in the URL, though it signs the host without it, as browsers send it.
fn without_default_port(url: &str) -> String {
    url.replacen("https://storage.example:443/", "https://storage.example/", 1).replacen(
        "http://storage.example:80/",
        "http://storage.example/",
        1,
    )
}
