//! Every entry of both formats, in every state that it can be wrong in.

use super::*;
use crate::keyring::WrappingAlgorithm;
use proptest::prelude::*;

fn v2(description: &[(&str, &str)]) -> ContentMetadata {
    let format = MessageFormat::V2 { iv: [3; 12], unencrypted_content_length: Some(12) };
    ContentMetadata { wrapped: wrapped(WrappingAlgorithm::AesGcm, description), format }
}

fn v3(algorithm: WrappingAlgorithm, description: &[(&str, &str)]) -> ContentMetadata {
    let format = MessageFormat::V3 { message_id: [4; 28], commitment: [5; 28] };
    ContentMetadata { wrapped: wrapped(algorithm, description), format }
}

fn wrapped(algorithm: WrappingAlgorithm, description: &[(&str, &str)]) -> WrappedDataKey {
    let description = description.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    WrappedDataKey { algorithm, ciphertext: vec![9; 60], description }
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
fn both_formats_read_back_as_written() {
    for metadata in [
        v2(&[]),
        v2(&[("a", "b"), ("ключ", "значение")]),
        v3(WrappingAlgorithm::AesGcm, &[]),
        v3(WrappingAlgorithm::RsaOaepSha1, &[("a", "b")]),
        v3(WrappingAlgorithm::KmsContext, &[("a", "\u{1f511}")]),
    ] {
        let map = metadata.to_map();
        assert!(map.values().all(|value| value.is_ascii()));
        assert_eq!(ContentMetadata::parse(&map), Ok(metadata));
    }
}

#[test]
fn the_entries_are_those_of_the_specification() {
    let names = |metadata: ContentMetadata| metadata.to_map().into_keys().collect::<Vec<_>>();
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
fn every_missing_entry_is_named() {
    let metadata = v2(&[]);
    for name in ["x-amz-key-v2", "x-amz-iv", "x-amz-wrap-alg", "x-amz-cek-alg", "x-amz-tag-len"] {
        assert_eq!(code_with(&metadata, name, None), "METADATA_MISSING", "{name}");
    }
    let metadata = v3(WrappingAlgorithm::AesGcm, &[]);
    for name in ["x-amz-c", "x-amz-w", "x-amz-d", "x-amz-i"] {
        assert_eq!(code_with(&metadata, name, None), "METADATA_MISSING", "{name}");
    }
    assert_eq!(code_with(&metadata, "x-amz-3", None), "UNSUPPORTED", "it may be in an instruction file");
}

#[test]
fn every_malformed_entry_is_refused() {
    let metadata = v2(&[]);
    for (name, value) in [
        ("x-amz-key-v2", "not base64!"),
        ("x-amz-key-v2", "QQ"),
        ("x-amz-key-v2", "QR=="),
        ("x-amz-iv", "AAAA"),
        ("x-amz-iv", "AwMDAwMDAwMDAwMDAwMDAw=="),
        ("x-amz-wrap-alg", "aes/gcm"),
        ("x-amz-wrap-alg", ""),
        ("x-amz-cek-alg", "AES/GCM"),
        ("x-amz-tag-len", "96"),
        ("x-amz-tag-len", "0128"),
        ("x-amz-matdesc", "[]"),
        ("x-amz-matdesc", r#"{"a":"b","a":"c"}"#),
        ("x-amz-unencrypted-content-length", "+12"),
        ("x-amz-unencrypted-content-length", "012"),
        ("x-amz-unencrypted-content-length", "18446744073709551616"),
    ] {
        assert_eq!(code_with(&metadata, name, Some(value)), "METADATA_INVALID", "{name}: {value}");
    }
    let metadata = v3(WrappingAlgorithm::AesGcm, &[]);
    for (name, value) in [
        ("x-amz-c", "114"),
        ("x-amz-c", "116"),
        ("x-amz-3", "===="),
        ("x-amz-w", "2"),
        ("x-amz-w", "01"),
        ("x-amz-d", "AAAA"),
        ("x-amz-i", "AAAA"),
        ("x-amz-m", "null"),
    ] {
        assert_eq!(code_with(&metadata, name, Some(value)), "METADATA_INVALID", "{name}: {value}");
    }
}

#[test]
fn legacy_kinds_are_named_and_not_read() {
    for (name, value) in
        [("x-amz-cek-alg", "AES/CBC/PKCS5Padding"), ("x-amz-wrap-alg", "AESWrap"), ("x-amz-wrap-alg", "kms")]
    {
        assert_eq!(code_with(&v2(&[]), name, Some(value)), "UNSUPPORTED", "{value}");
    }
    let v1 = [("x-amz-key", "QUJD"), ("x-amz-iv", "QUJD"), ("x-amz-matdesc", "{}")];
    let v1: MetadataMap = v1.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    assert_eq!(ContentMetadata::parse(&v1).unwrap_err().code(), "UNSUPPORTED");
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
