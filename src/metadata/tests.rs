//! Every entry of both formats, in every state that it can be wrong in.

use super::*;
use crate::keyring::{LegacyWrapping, WrappingAlgorithm};
use proptest::prelude::*;

fn v2(description: &[(&str, &str)]) -> ContentMetadata {
    let format = MessageFormat::V2 { iv: [3; 12], unencrypted_content_length: Some(12) };
    ContentMetadata { wrapped: wrapped(WrappingAlgorithm::AesGcm, description), format }
}

fn cbc(version: CbcVersion, algorithm: LegacyWrapping, description: &[(&str, &str)]) -> ContentMetadata {
    let format = MessageFormat::Cbc { version, iv: [6; 16], unencrypted_content_length: Some(12) };
    ContentMetadata { wrapped: wrapped(WrappingAlgorithm::Legacy(algorithm), description), format }
}

fn v3(algorithm: WrappingAlgorithm, description: &[(&str, &str)]) -> ContentMetadata {
    let format = MessageFormat::V3 { message_id: [4; 28], commitment: [5; 28] };
    ContentMetadata { wrapped: wrapped(algorithm, description), format }
}

fn wrapped(algorithm: WrappingAlgorithm, description: &[(&str, &str)]) -> WrappedDataKey {
    let description = description.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let length = if algorithm == WrappingAlgorithm::RsaOaepSha1 { 256 } else { *algorithm.wrapped_lengths().start() };
    WrappedDataKey { algorithm, ciphertext: vec![9; length], description }
}

/// The code that reading gives once `name` has `value`, or is gone.
fn code_with(metadata: &ContentMetadata, name: &str, value: Option<&str>) -> &'static str {
    let mut map = metadata.to_map();
    match value {
        Some(value) => map.insert(name.to_owned(), value.to_owned()),
        None => map.remove(name),
    };
    ContentMetadata::parse(&map).map_or_else(|error| error.code(), |_| "no error")
}

#[test]
fn all_formats_read_back_as_written() {
    for metadata in [
        cbc(CbcVersion::V1, LegacyWrapping::Aes, &[("a", "b")]),
        cbc(CbcVersion::V1, LegacyWrapping::Rsa, &[]),
        cbc(CbcVersion::V2, LegacyWrapping::Kms, &[("kms_cmk_id", "k")]),
        cbc(CbcVersion::V2, LegacyWrapping::AesWrap, &[]),
        cbc(CbcVersion::V2, LegacyWrapping::RsaOaepSha256, &[]),
        v2(&[]),
        v2(&[("a", "b"), ("ключ", "значение")]),
        v3(WrappingAlgorithm::AesGcm, &[]),
        v3(WrappingAlgorithm::RsaOaepSha1, &[("a", "b")]),
        v3(WrappingAlgorithm::KmsContext, &[("a", "\u{1f511}")]),
    ] {
        let map = metadata.to_map();
        assert!(map.iter().all(|(_, value)| value.is_ascii()));
        assert_eq!(ContentMetadata::parse(&map), Ok(metadata));
    }
}

#[test]
fn the_entries_are_those_of_the_specification() {
    let names = |metadata: ContentMetadata| metadata.to_map().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(v3(WrappingAlgorithm::AesGcm, &[])), ["x-amz-3", "x-amz-c", "x-amz-d", "x-amz-i", "x-amz-w"]);
    assert!(names(v3(WrappingAlgorithm::AesGcm, &[("a", "b")])).contains(&"x-amz-m".to_owned()));
    assert!(names(v3(WrappingAlgorithm::KmsContext, &[("a", "b")])).contains(&"x-amz-t".to_owned()));
    let map = v2(&[]).to_map();
    let value = |name: &str| map[name].as_str();
    assert_eq!(value("x-amz-cek-alg"), "AES/GCM/NoPadding");
    assert_eq!(value("x-amz-wrap-alg"), "AES/GCM");
    assert_eq!(value("x-amz-tag-len"), "128");
    assert_eq!(value("x-amz-matdesc"), "{}");
    assert_eq!(value("x-amz-unencrypted-content-length"), "12");
    assert_eq!(v3(WrappingAlgorithm::AesGcm, &[]).to_map()["x-amz-c"], "115");
}

#[test]
fn metadata_of_the_user_is_left_alone_and_alone_is_no_encryption() {
    let mut map = v2(&[]).to_map();
    map.insert("author".to_owned(), "somebody".to_owned());
    map.insert("x-amz-colour".to_owned(), "blue".to_owned());
    assert_eq!(ContentMetadata::parse(&map), Ok(v2(&[])));
    let user_only = [("author".to_owned(), "somebody".to_owned())].into();
    assert_eq!(ContentMetadata::parse(&user_only), Err(EnvelopeError::NotEncrypted));
    assert_eq!(ContentMetadata::parse(&MetadataMap::new()), Err(EnvelopeError::NotEncrypted));
}

#[test]
fn names_come_with_or_without_the_prefix_and_in_any_case_but_once() {
    let pairs = |names: &[&str]| names.iter().map(|name| ((*name).to_owned(), "v".to_owned())).collect::<Vec<_>>();
    let map = from_headers(pairs(&["X-Amz-Meta-X-Amz-I", "x-amz-d", "etag"])).unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), ["etag", "x-amz-d", "x-amz-i"]);
    let twice = from_headers(pairs(&["x-amz-meta-x-amz-i", "X-AMZ-I"]));
    assert_eq!(twice, Err(EnvelopeError::MetadataRepeated));
}

#[test]
fn an_entry_of_the_users_that_is_called_like_a_header_is_the_users() {
    let header = ("content-type".to_owned(), "application/octet-stream".to_owned());
    let entry = ("x-amz-meta-Content-Type".to_owned(), "image/png".to_owned());
    for pairs in [[header.clone(), entry.clone()], [entry.clone(), header.clone()]] {
        assert_eq!(from_headers(pairs), Ok([("content-type".to_owned(), entry.1.clone())].into()));
    }
    let content = v3(WrappingAlgorithm::AesGcm, &[]);
    let map = content.to_map();
    let own = map.iter().map(|(name, value)| (format!("x-amz-meta-{name}"), value.clone()));
    let map = from_headers(own.chain([header, entry])).unwrap();
    assert_eq!(ContentMetadata::parse(&map), Ok(content));
    for name in names::all() {
        let twice = [((*name).to_owned(), "a".to_owned()), (format!("x-amz-meta-{name}"), "b".to_owned())];
        assert_eq!(from_headers(twice), Err(EnvelopeError::MetadataRepeated), "{name}");
    }
}

#[test]
fn every_missing_entry_is_named() {
    let metadata = v2(&[]);
    for name in ["x-amz-key-v2", "x-amz-iv", "x-amz-wrap-alg", "x-amz-cek-alg", "x-amz-tag-len"] {
        assert_eq!(code_with(&metadata, name, None), "METADATA_MISSING", "{name}");
    }
    let metadata = v3(WrappingAlgorithm::AesGcm, &[]);
    for name in ["x-amz-3", "x-amz-c", "x-amz-w", "x-amz-d", "x-amz-i"] {
        assert_eq!(code_with(&metadata, name, None), "METADATA_MISSING", "{name}");
    }
}

#[test]
fn every_malformed_entry_is_refused_by_what_is_wrong_with_it() {
    let too_long = "A".repeat(16 * 1024 + 4);
    let too_long_a_map = format!(r#"{{"a":"{}"}}"#, "A".repeat(64 * 1024));
    let metadata = v2(&[]);
    for (name, value, code) in [
        ("x-amz-key-v2", "not base64!", "METADATA_NOT_BASE64"),
        ("x-amz-key-v2", "QQ", "METADATA_NOT_BASE64"),
        ("x-amz-key-v2", "QR==", "METADATA_NOT_BASE64"),
        ("x-amz-key-v2", "QUJD", "METADATA_WRONG_LENGTH"),
        ("x-amz-key-v2", &too_long, "METADATA_TOO_LONG"),
        ("x-amz-iv", "AAAA", "METADATA_WRONG_LENGTH"),
        ("x-amz-iv", "AwMDAwMDAwMDAwMDAwMDAw==", "METADATA_WRONG_LENGTH"),
        ("x-amz-wrap-alg", "aes/gcm", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-wrap-alg", "", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-cek-alg", "AES/GCM", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-tag-len", "96", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-tag-len", "0128", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-matdesc", "[]", "METADATA_NOT_A_MAP"),
        ("x-amz-matdesc", &too_long_a_map, "METADATA_TOO_LONG"),
        ("x-amz-matdesc", r#"{"a":1}"#, "METADATA_NOT_A_MAP"),
        ("x-amz-matdesc", "=?UTF-8?B?e30?=", "METADATA_NOT_A_MAP"),
        ("x-amz-matdesc", r#"{"a":"b","a":"c"}"#, "METADATA_REPEATED_NAME"),
        ("x-amz-unencrypted-content-length", "+12", "METADATA_NOT_A_NUMBER"),
        ("x-amz-unencrypted-content-length", "012", "METADATA_NOT_A_NUMBER"),
        ("x-amz-unencrypted-content-length", "18446744073709551616", "METADATA_NOT_A_NUMBER"),
    ] {
        assert_eq!(code_with(&metadata, name, Some(value)), code, "{name}: {value}");
    }
    let metadata = v3(WrappingAlgorithm::AesGcm, &[]);
    for (name, value, code) in [
        ("x-amz-c", "114", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-c", "116", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-3", "====", "METADATA_NOT_BASE64"),
        ("x-amz-3", "QUJD", "METADATA_WRONG_LENGTH"),
        ("x-amz-w", "2", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-w", "01", "METADATA_UNKNOWN_VALUE"),
        ("x-amz-d", "AAAA", "METADATA_WRONG_LENGTH"),
        ("x-amz-i", "AAAA", "METADATA_WRONG_LENGTH"),
        ("x-amz-m", "null", "METADATA_NOT_A_MAP"),
    ] {
        assert_eq!(code_with(&metadata, name, Some(value)), code, "{name}: {value}");
    }
    let metadata = cbc(CbcVersion::V1, LegacyWrapping::Aes, &[]);
    for (name, value, code) in [
        ("x-amz-key", Some("QUJD"), "METADATA_WRONG_LENGTH"),
        ("x-amz-iv", Some("AwMDAwMDAwMDAwMD"), "METADATA_WRONG_LENGTH"),
        ("x-amz-iv", None, "METADATA_MISSING"),
    ] {
        assert_eq!(code_with(&metadata, name, value), code, "{name}: {value:?}");
    }
    let metadata = cbc(CbcVersion::V2, LegacyWrapping::AesWrap, &[]);
    for length in ["128", "00", ""] {
        assert_eq!(code_with(&metadata, "x-amz-tag-len", Some(length)), "METADATA_CONTRADICTORY", "{length}");
    }
    // AWS's client for C++ writes the length of the tag that content in CBC mode has not.
    assert_eq!(code_with(&metadata, "x-amz-tag-len", Some("0")), "no error");
    assert_eq!(code_with(&v2(&[]), "x-amz-tag-len", Some("0")), "METADATA_UNKNOWN_VALUE");
    assert_eq!(code_with(&metadata, "x-amz-wrap-alg", Some("AES")), "METADATA_WRONG_LENGTH");
}

#[test]
fn a_description_that_s3_encoded_twice_is_read() {
    let mut map = v3(WrappingAlgorithm::AesGcm, &[]).to_map();
    // The Amazon S3 User Guide's example, in a map.
    map.insert("x-amz-m".to_owned(), "=?UTF-8?Q?{\"a\":\"=C3=83=C2=84\"}?=".to_owned());
    let metadata = ContentMetadata::parse(&map).unwrap();
    assert_eq!(metadata.wrapped.description, [("a".to_owned(), "Ä".to_owned())].into());
}

#[test]
fn a_wrapped_key_of_v1_is_of_aes_or_of_rsa_by_its_length() {
    for (algorithm, name) in [(LegacyWrapping::Aes, "AES"), (LegacyWrapping::Rsa, "RSA")] {
        let read = ContentMetadata::parse(&cbc(CbcVersion::V1, algorithm, &[]).to_map()).unwrap();
        assert_eq!(read.wrapped.algorithm.v2_name(), name);
    }
}

#[test]
fn entries_of_two_formats_contradict_each_other() {
    for name in names::BEFORE_V3 {
        let code = code_with(&v3(WrappingAlgorithm::AesGcm, &[]), name, Some("x"));
        assert_eq!(code, "METADATA_CONTRADICTORY", "{name} in V3");
    }
    for name in names::V3_ONLY {
        assert_eq!(code_with(&v2(&[]), name, Some("x")), "METADATA_CONTRADICTORY", "{name} in V2");
    }
    assert_eq!(code_with(&v2(&[]), "x-amz-key", Some("x")), "METADATA_CONTRADICTORY");
    let aes = v3(WrappingAlgorithm::AesGcm, &[]);
    assert_eq!(code_with(&aes, "x-amz-t", Some("{}")), "METADATA_CONTRADICTORY");
    let kms = v3(WrappingAlgorithm::KmsContext, &[]);
    assert_eq!(code_with(&kms, "x-amz-m", Some("{}")), "METADATA_CONTRADICTORY");
}

proptest! {
    #[test]
    fn base64_is_as_strict_as_another_library_is(
        text in "[A-Za-z0-9+/]{0,6}={0,3}|[A-Za-z0-9+/]{4}{0,3}[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Z=_ \n-]{0,8}",
    ) {
        use base64::{Engine, engine::general_purpose::STANDARD};
        use base64ct::{Base64, Encoding};
        prop_assert_eq!(Base64::decode_vec(&text).ok(), STANDARD.decode(&text).ok());
    }

    #[test]
    fn any_map_is_read_or_refused_without_a_panic(
        map in proptest::collection::btree_map(
            proptest::sample::select([&names::BEFORE_V3[..], &names::V3_ONLY[..]].concat()),
            "[ -~]{0,40}|115|128|02|AES/GCM|AES/GCM/NoPadding|[{][}]",
            0..9,
        )
    ) {
        let map: MetadataMap = map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        if let Ok(metadata) = ContentMetadata::parse(&map) {
            // Whatever is read is written the same way again, but for the spelling of JSON.
            prop_assert_eq!(ContentMetadata::parse(&metadata.to_map()), Ok(metadata));
        }
    }
}
