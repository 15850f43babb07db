//! Presigned URLs against the example that AWS publishes, what may never be in a URL, and what is refused.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::prelude::*;
use s3_envelope::{
    presign::{Addressing, Credentials, Endpoint, MAX_EXPIRES, Method, PresignRequest, Presigner, SigningTime},
    sse::{CustomerKey, EncryptionContext, KmsKeyId, ServerSideEncryption, SignedHeaders, names},
};
use sha2::{Digest, Sha256};

/// The SHA-256 of nothing.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn signer() -> Presigner {
    let credentials =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None).unwrap();
    Presigner::new(credentials, "us-east-1", Endpoint::aws("us-east-1").unwrap()).unwrap()
}

fn time() -> SigningTime {
    SigningTime::from_amz_date("20130524T000000Z").unwrap()
}

fn code(request: &PresignRequest) -> &'static str {
    signer().presign(request, time()).unwrap_err().code()
}

fn get() -> PresignRequest {
    PresignRequest::get_object("examplebucket", "test.txt")
}

/// Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)", the example of
/// a presigned GET. The documentation's host is the global one, `examplebucket.s3.amazonaws.com`.
#[test]
fn the_presigned_get_of_the_s3_documentation() {
    let endpoint = Endpoint::new("https://s3.amazonaws.com", Addressing::VirtualHost).unwrap();
    let credentials =
        Credentials::new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", None).unwrap();
    let signer = Presigner::new(credentials, "us-east-1", endpoint).unwrap();
    let presigned = signer.presign(&get().expires_in(86400), time()).unwrap();

    let canonical_request = concat!(
        "GET\n",
        "/test.txt\n",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request",
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\n",
        "host:examplebucket.s3.amazonaws.com\n",
        "\n",
        "host\n",
        "UNSIGNED-PAYLOAD",
    );
    let hash = "3bfa292879f6447bbcda7001decf97f4a54dc650c8942174ae0a9121cf58ad04";
    assert_eq!(hexadecimal(&Sha256::digest(canonical_request)), hash);
    assert_eq!(
        presigned.string_to_sign(),
        format!("AWS4-HMAC-SHA256\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n{hash}")
    );
    assert_eq!(
        presigned.url(),
        concat!(
            "https://examplebucket.s3.amazonaws.com/test.txt",
            "?X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request",
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host",
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        )
    );
    assert_eq!(presigned.method(), Method::Get);
    assert_eq!(presigned.expires_at(), time().unix() + 86400);
    assert!(presigned.headers().is_empty() && presigned.unsigned_headers().is_empty());
}

#[test]
fn signing_the_algorithm_alone_tells_the_sender_what_to_add() {
    let presigned = signer()
        .presign(&PresignRequest::put_object("examplebucket", "k").customer_key(SignedHeaders::AlgorithmOnly), time())
        .unwrap();
    assert!(presigned.url().contains("X-Amz-SignedHeaders=host%3Bx-amz-server-side-encryption-customer-algorithm&"));
    let signed: Vec<_> = presigned.headers().iter().map(|header| (header.name(), header.value())).collect();
    assert_eq!(signed, [(names::CUSTOMER_ALGORITHM, "AES256")]);
    assert_eq!(presigned.unsigned_headers(), [names::CUSTOMER_KEY, names::CUSTOMER_KEY_MD5]);
}

#[test]
fn a_mode_signs_what_its_operation_carries_and_never_a_key() {
    let key = CustomerKey::generate().unwrap();
    let customer = ServerSideEncryption::Customer(key);
    let kms = ServerSideEncryption::Kms {
        key_id: Some(KmsKeyId::new("alias/k").unwrap()),
        context: EncryptionContext::new([("a", "b")]).unwrap(),
        bucket_key: Some(true),
    };
    let sign = |request: PresignRequest, mode: &ServerSideEncryption| {
        let presigned = signer().presign(&request.server_side_encryption(mode), time()).unwrap();
        presigned.headers().iter().map(|header| header.name().to_owned()).collect::<Vec<_>>()
    };
    let create = PresignRequest::create_multipart_upload("examplebucket", "k");
    let part = PresignRequest::upload_part("examplebucket", "k", "id", 1);
    let abort = PresignRequest::abort_multipart_upload("examplebucket", "k", "id");
    assert_eq!(sign(create.clone(), &kms), names::MANAGED);
    assert_eq!(sign(part.clone(), &kms), [] as [std::string::String; 0]);
    assert_eq!(sign(create, &customer), [names::CUSTOMER_ALGORITHM]);
    assert_eq!(sign(part, &customer), [names::CUSTOMER_ALGORITHM]);
    assert_eq!(sign(abort, &customer), [] as [std::string::String; 0]);
    assert_eq!(sign(PresignRequest::new(Method::Put, "examplebucket", "k"), &customer), [names::CUSTOMER_ALGORITHM]);
}

#[test]
fn a_customer_key_header_as_a_query_parameter_is_refused_in_any_letter_case() {
    for header in names::CUSTOMER.into_iter().chain(names::COPY_SOURCE_CUSTOMER) {
        for name in
            [header.to_owned(), header.to_ascii_uppercase(), header.replace("x-amz", "X-Amz"), format!(" {header}\t")]
        {
            assert_eq!(code(&get().query(&name, "x")), "SECRET_HEADER_IN_URL", "{name}");
        }
    }
}

#[test]
fn the_value_of_a_signed_key_is_refused_in_the_query() {
    let key = CustomerKey::generate().unwrap();
    let value = format!("attachment; filename={}", key.headers()[1].value());
    let request = get().customer_key(SignedHeaders::All(&key)).query("response-content-disposition", &value);
    assert_eq!(code(&request), "SECRET_HEADER_IN_URL");
}

#[test]
fn encryption_headers_that_contradict_each_other_or_the_operation_are_refused() {
    let put = || PresignRequest::put_object("examplebucket", "k");
    let both = put().customer_key(SignedHeaders::AlgorithmOnly).header(names::ENCRYPTION, "AES256");
    assert_eq!(code(&both), "CONFLICTING_ENCRYPTION_HEADERS");
    let hoisted = put().customer_key(SignedHeaders::AlgorithmOnly).query("X-Amz-Server-Side-Encryption", "AES256");
    assert_eq!(code(&hoisted), "CONFLICTING_ENCRYPTION_HEADERS");
    assert_eq!(code(&get().header(names::ENCRYPTION, "AES256")), "ENCRYPTION_HEADER_NOT_ALLOWED");
    let part = PresignRequest::upload_part("examplebucket", "k", "id", 1);
    assert_eq!(code(&part.header(names::ENCRYPTION, "aws:kms")), "ENCRYPTION_HEADER_NOT_ALLOWED");
    let delete = PresignRequest::delete_object("examplebucket", "k").customer_key(SignedHeaders::AlgorithmOnly);
    assert_eq!(code(&delete), "ENCRYPTION_HEADER_NOT_ALLOWED");
    assert_eq!(code(&put().header(names::CUSTOMER_KEY, "x")), "INCOMPLETE_CUSTOMER_KEY_HEADERS");
    assert_eq!(code(&put().header(names::KMS_KEY_ID, "k")), "INVALID_ENCRYPTION_HEADER");
}

#[test]
fn headers_that_cannot_be_sent_are_refused() {
    for (name, value) in [
        ("", "x"),
        ("a b", "x"),
        ("a:b", "x"),
        ("ü", "x"),
        ("a\r\n", "x"),
        ("x-amz-meta-a", "x\r\nx-amz-acl: public-read"),
        ("x-amz-meta-a", "x\n"),
        ("x-amz-meta-a", "\u{0}"),
        ("x-amz-meta-a", "ü"),
        ("Host", "evil.example"),
        ("authorization", "x"),
        ("X-Amz-Content-Sha256", EMPTY_SHA256),
        ("x-amz-content-sha256", "unsigned-payload"),
    ] {
        assert_eq!(code(&get().header(name, value)), "INVALID_PRESIGN_REQUEST", "{name:?} {value:?}");
    }
    assert_eq!(code(&get().header("x-amz-meta-a", "1").header("X-Amz-Meta-A", "2")), "INVALID_PRESIGN_REQUEST");
}

#[test]
fn no_url_is_for_one_payload_alone() {
    for name in ["X-Amz-Content-Sha256", "x-amz-content-sha256"] {
        assert_eq!(code(&get().query(name, EMPTY_SHA256)), "INVALID_PRESIGN_REQUEST", "{name}");
        for request in [get().query(name, "UNSIGNED-PAYLOAD"), get().header(name, "UNSIGNED-PAYLOAD")] {
            assert!(signer().presign(&request, time()).is_ok());
        }
    }
}

#[test]
fn queries_that_would_break_the_signature_or_the_operation_are_refused() {
    for name in ["X-Amz-Signature", "x-amz-expires", "X-AMZ-DATE", "X-Amz-Security-Token", "", " "] {
        assert_eq!(code(&get().query(name, "x")), "INVALID_PRESIGN_REQUEST", "{name:?}");
    }
    for part_number in [0, 10_001] {
        let part = PresignRequest::upload_part("examplebucket", "k", "id", part_number);
        assert_eq!(code(&part), "INVALID_PRESIGN_REQUEST");
    }
    assert_eq!(code(&PresignRequest::list_parts("examplebucket", "k", "")), "INVALID_PRESIGN_REQUEST");
}

#[test]
fn buckets_and_keys_that_s3_does_not_have_are_refused() {
    assert_eq!(code(&PresignRequest::get_object("Example_Bucket", "k")), "INVALID_PRESIGN_REQUEST");
    assert_eq!(code(&PresignRequest::get_object("examplebucket", "")), "INVALID_PRESIGN_REQUEST");
    assert_eq!(code(&PresignRequest::get_object("examplebucket", &"ü".repeat(513))), "INVALID_PRESIGN_REQUEST");
    signer().presign(&PresignRequest::get_object("examplebucket", &"ü".repeat(512)), time()).unwrap();
}

#[test]
fn lifetimes_end_at_one_second_and_at_a_week() {
    for seconds in [1, MAX_EXPIRES] {
        let presigned = signer().presign(&get().expires_in(seconds), time()).unwrap();
        assert_eq!(presigned.expires_at(), time().unix() + seconds);
    }
    for seconds in [0, MAX_EXPIRES + 1, u64::MAX] {
        assert_eq!(code(&get().expires_in(seconds)), "INVALID_EXPIRY");
    }
}

#[test]
fn debug_shows_neither_signature_nor_token() {
    let credentials = Credentials::new("AKID", "SECRETKEY", Some("SESSIONTOKEN")).unwrap();
    let signer = Presigner::new(credentials, "us-east-1", Endpoint::aws("us-east-1").unwrap()).unwrap();
    let presigned = signer.presign(&get(), time()).unwrap();
    let shown = format!("{signer:?} {presigned:?}");
    for secret in ["SECRETKEY", "SESSIONTOKEN", "Signature"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(presigned.url().contains("X-Amz-Security-Token=SESSIONTOKEN"));
}

proptest! {
    #[test]
    fn any_lifetime_within_a_week_is_signed_and_any_other_refused(seconds in prop_oneof![any::<u64>(), 0..=2 * MAX_EXPIRES]) {
        let result = signer().presign(&get().expires_in(seconds), time());
        if (1..=MAX_EXPIRES).contains(&seconds) {
            let expected = format!("&X-Amz-Expires={seconds}&");
            prop_assert!(result.unwrap().url().contains(&expected));
        } else {
            prop_assert_eq!(result.unwrap_err().code(), "INVALID_EXPIRY");
        }
    }

    #[test]
    fn the_path_of_a_url_decodes_to_the_key(key in "\\PC{1,80}|[ -~\n/.%+~]{1,200}", path_style: bool) {
        let addressing = if path_style { Addressing::Path } else { Addressing::VirtualHost };
        let endpoint = Endpoint::new("https://s3.example:9000", addressing).unwrap();
        let signer = Presigner::new(Credentials::new("a", "b", None).unwrap(), "r", endpoint).unwrap();
        let presigned = signer.presign(&PresignRequest::get_object("bucket", &key), time()).unwrap();
        let (place, _) = presigned.url().split_once('?').unwrap();
        let prefix = if path_style { "https://s3.example:9000/bucket/" } else { "https://bucket.s3.example:9000/" };
        prop_assert_eq!(percent_decoded(place.strip_prefix(prefix).unwrap()), key.as_bytes());
        prop_assert!(presigned.url().bytes().all(|byte| byte.is_ascii_graphic()));
    }

    #[test]
    fn no_url_holds_a_customer_key(
        bytes: [u8; 32], all: bool, operation in 0..7_usize, key in "[a-z/]{1,20}", query in "[a-z]{1,5}",
    ) {
        let customer_key = CustomerKey::from_bytes(&bytes).unwrap();
        let signed = if all { SignedHeaders::All(&customer_key) } else { SignedHeaders::AlgorithmOnly };
        let bucket = "bucket";
        let request = [
            PresignRequest::get_object(bucket, &key),
            PresignRequest::head_object(bucket, &key),
            PresignRequest::put_object(bucket, &key),
            PresignRequest::create_multipart_upload(bucket, &key),
            PresignRequest::upload_part(bucket, &key, "id", 7),
            PresignRequest::complete_multipart_upload(bucket, &key, "id"),
            PresignRequest::list_parts(bucket, &key, "id"),
        ][operation].clone();
        let presigned = signer().presign(&request.query(&query, "x").customer_key(signed), time()).unwrap();

        let url = String::from_utf8(percent_decoded(presigned.url())).unwrap().to_ascii_lowercase();
        prop_assert!(!url.contains(&hexadecimal(&bytes)));
        for secret in [STANDARD.encode(bytes), customer_key.headers()[2].value().to_owned()] {
            prop_assert!(!url.contains(&secret.to_ascii_lowercase()));
        }
        let parameters = presigned.url().split_once('?').unwrap().1.split('&');
        for name in parameters.map(|pair| pair.split('=').next().unwrap()) {
            prop_assert!(names::customer_header(name).is_none());
        }
        // Signed alone, the algorithm is the only one of the three that is even named.
        prop_assert_eq!(url.contains("customer-key"), all);
    }
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next().unwrap(), bytes.next().unwrap()];
            decoded.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
        } else {
            decoded.push(byte);
        }
    }
    decoded
}

fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from_digit(digit.into(), 16).unwrap()).collect()
}
