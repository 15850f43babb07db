//! Instruction files: content metadata in an S3 object of its own, whose key is the encrypted object's with a suffix.
//!
//! Source: the S3 Encryption Client specification, `data-format/metadata-strategy.md`. Formats V1 and V2 keep everything
//! there but the content's length. V3 keeps there what the data key is wrapped with; what belongs to the content (suite,
//! commitment, message id) stays with the object, so that the data key can be wrapped anew without touching it.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::limits::MAX_INSTRUCTION_FILE_LENGTH;
use super::{MetadataMap, json, names};
use crate::error::EnvelopeError;

/// The suffix of the file that every reader looks for.
pub const INSTRUCTION_FILE_SUFFIX: &str = ".instruction";

/// The suffix to use: the one given, or the usual one.
///
/// # Errors
/// [`EnvelopeError::InvalidOption`] where what is given would lead to the object itself.
pub fn instruction_file_suffix(given: Option<String>) -> Result<String, EnvelopeError> {
    let suffix = given.unwrap_or_else(|| INSTRUCTION_FILE_SUFFIX.to_owned());
    if !suffix.is_empty() {
        return Ok(suffix);
    }
    let expected = "at least one character, by custom a full stop and a name";
    Err(EnvelopeError::InvalidOption { option: "instructionFileSuffix", expected })
}

/// Content metadata as an object keeps it that has an instruction file, and the file's text.
#[must_use]
pub fn split(map: MetadataMap) -> (MetadataMap, String) {
    let (mut object, mut file) = (MetadataMap::new(), MetadataMap::new());
    for (name, value) in map {
        let half = if names::WITH_OBJECT.contains(&name.as_str()) { &mut object } else { &mut file };
        half.insert(name, value);
    }
    (object, json::write(&file))
}

/// Whether an object's user metadata leaves its wrapped data key to an instruction file. That holds for an object without
/// any content metadata too: those of V1 and V2 have none, but for a length that some writers leave there.
#[must_use]
pub fn needs_instruction_file(object: &MetadataMap) -> bool {
    let has_any = |names: &[&str]| names.iter().any(|name| object.contains_key(name));
    let is_whole = names::V3_IN_FILE.iter().chain(&names::BEFORE_V3).any(|name| {
        // Ruby's client writes the length beside the file.
        *name != names::V2_CONTENT_LENGTH && object.contains_key(name)
    });
    !is_whole && (has_any(&names::V3_WITH_OBJECT) || !has_any(&names::V3_ONLY))
}

/// The content metadata of an object and of its instruction file together.
///
/// # Errors
/// [`EnvelopeError::InstructionFileInvalid`] where the file is no map of the entries that such a file can have, or the
/// object needs none, and [`EnvelopeError::MetadataRepeated`] where both say one thing differently.
pub fn join(object: &MetadataMap, file: &[u8]) -> Result<MetadataMap, EnvelopeError> {
    let invalid = |reason| EnvelopeError::InstructionFileInvalid { reason };
    if !needs_instruction_file(object) {
        return Err(invalid("is not wanted: the object's own metadata has a wrapped data key"));
    }
    if file.len() > MAX_INSTRUCTION_FILE_LENGTH {
        return Err(invalid("is longer than any writer makes it"));
    }
    let text = core::str::from_utf8(file).map_err(|_| invalid("is not UTF-8"))?;
    let mut joined = object.clone();
    let entries = json::read_with_numbers(text, &names::NUMBERS).map_err(|problem| invalid(problem.text()))?;
    for (name, value) in entries {
        let known = names::in_file(&name).ok_or_else(|| invalid("has an entry that is not for instruction files"))?;
        let name = known.to_owned();
        if joined.get(&name).is_some_and(|beside| *beside != value) {
            return Err(EnvelopeError::MetadataRepeated);
        }
        joined.insert(name, value);
    }
    Ok(joined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::ContentMetadata;

    fn map(pairs: &[(&str, &str)]) -> MetadataMap {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    const V2: [(&str, &str); 6] = [
        ("x-amz-cek-alg", "AES/GCM/NoPadding"),
        ("x-amz-iv", "AwMDAwMDAwMDAwMD"),
        ("x-amz-key-v2", "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB"),
        ("x-amz-matdesc", "{\"a\":\"\\u00e4\"}"),
        ("x-amz-tag-len", "128"),
        ("x-amz-wrap-alg", "AES/GCM"),
    ];

    fn v3() -> MetadataMap {
        map(&[
            ("x-amz-3", V2[2].1),
            ("x-amz-c", "115"),
            ("x-amz-d", "BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQ=="),
            ("x-amz-i", "BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBA=="),
            ("x-amz-m", "{\"a\":\"b\"}"),
            ("x-amz-w", "02"),
        ])
    }

    fn code(result: Result<MetadataMap, EnvelopeError>) -> &'static str {
        result.and_then(|map| ContentMetadata::parse(&map)).map_or_else(|error| error.code(), |_| "read")
    }

    #[test]
    fn v3_leaves_with_the_object_what_belongs_to_its_content() {
        let (object, file) = split(v3());
        assert_eq!(object.keys().collect::<Vec<_>>(), ["x-amz-c", "x-amz-d", "x-amz-i"]);
        assert_eq!(json::read(&file).unwrap().keys().collect::<Vec<_>>(), ["x-amz-3", "x-amz-m", "x-amz-w"]);
        assert!(needs_instruction_file(&object) && !needs_instruction_file(&v3()));
        assert_eq!(join(&object, file.as_bytes()), Ok(v3()));
    }

    #[test]
    fn v2_leaves_nothing_but_the_length_with_the_object() {
        let (object, file) = split(map(&V2));
        assert!(object.is_empty() && file.is_ascii());
        assert_eq!(join(&object, file.as_bytes()), Ok(map(&V2)));
        let mut whole = map(&V2);
        whole.insert("x-amz-unencrypted-content-length".to_owned(), "12".to_owned());
        let (object, same) = split(whole.clone());
        assert_eq!((object.len(), same.as_str()), (1, file.as_str()));
        assert_eq!(join(&object, file.as_bytes()), Ok(whole));
    }

    #[test]
    fn a_file_is_needed_where_the_wrapped_key_is_nowhere_else() {
        let user = [("author", "somebody")];
        let length = ("x-amz-unencrypted-content-length", "12");
        for (needs, object) in [
            (true, map(&[])),
            (true, map(&user)),
            (true, map(&[length])),
            (true, map(&[("x-amz-c", "115"), ("x-amz-d", "A"), ("x-amz-i", "A")])),
            (false, map(&V2)),
            (false, map(&[("x-amz-key", "A"), ("x-amz-iv", "A"), length])),
            // Half of an envelope is a damaged one, not one that is elsewhere.
            (false, map(&[("x-amz-iv", "A")])),
            (false, map(&[("x-amz-w", "02"), ("x-amz-c", "115")])),
            (false, map(&[("x-amz-c", "115"), ("x-amz-iv", "A")])),
        ] {
            assert_eq!(needs_instruction_file(&object), needs, "{object:?}");
        }
    }

    #[test]
    fn without_its_file_an_object_is_told_from_one_that_was_never_encrypted() {
        let (object, _) = split(v3());
        assert_eq!(code(Ok(object)), "INSTRUCTION_FILE_MISSING");
        assert_eq!(code(Ok(map(&[("x-amz-unencrypted-content-length", "12")]))), "INSTRUCTION_FILE_MISSING");
        assert_eq!(code(Ok(map(&[("author", "somebody")]))), "NOT_ENCRYPTED");
    }

    #[test]
    fn the_length_may_stand_beside_the_file_or_in_it_but_only_once_or_alike() {
        let object = map(&[("x-amz-unencrypted-content-length", "12")]);
        let (_, file) = split(map(&V2));
        assert_eq!(code(join(&object, file.as_bytes())), "read");
        let file_with = |length: &str| {
            let entry = format!("{{\"x-amz-unencrypted-content-length\":\"{length}\",");
            file.replacen('{', &entry, 1).into_bytes()
        };
        assert_eq!(code(join(&object, &file_with("12"))), "read");
        assert_eq!(code(join(&object, &file_with("13"))), "METADATA_REPEATED");
    }

    #[test]
    fn what_phps_client_writes_as_numbers_is_read_and_nothing_else_as_a_number() {
        let (object, file) = split(map(&V2));
        let file = file.replace(r#""x-amz-tag-len":"128""#, r#""x-amz-tag-len":128"#);
        let with_length = file.replacen('{', r#"{"x-amz-unencrypted-content-length":12,"#, 1);
        for file in [&file, &with_length] {
            assert_eq!(code(join(&object, file.as_bytes())), "read", "{file}");
        }
        let joined = join(&object, with_length.as_bytes()).unwrap();
        assert_eq!(
            (joined["x-amz-tag-len"].as_str(), joined["x-amz-unencrypted-content-length"].as_str()),
            ("128", "12")
        );
        let beside = map(&[("x-amz-unencrypted-content-length", "12")]);
        assert_eq!(code(join(&beside, with_length.as_bytes())), "read");
        let (object, file) = split(v3());
        let file = file.replace(r#""x-amz-w":"02""#, r#""x-amz-w":2"#);
        assert_eq!(code(join(&object, file.as_bytes())), "INSTRUCTION_FILE_INVALID");
    }

    #[test]
    fn the_first_client_for_dot_net_has_names_of_its_own() {
        let key = "QUFB".repeat(16);
        let iv = "BgYGBgYGBgYGBgYGBgYGBg==";
        let file = format!(r#"{{"EncryptedEnvelopeKey":"{key}","IV":"{iv}"}}"#);
        let joined = join(&MetadataMap::new(), file.as_bytes()).unwrap();
        assert_eq!(joined, map(&[("x-amz-key", &key), ("x-amz-iv", iv)]));
        assert_eq!(ContentMetadata::parse(&joined).unwrap().wrapped.algorithm.v2_name(), "AES");
        let other = format!(r#"{{"EncryptedEnvelopeKey":"{key}","IV":"{iv}","x-amz-iv":"AAAA"}}"#);
        assert_eq!(code(join(&MetadataMap::new(), other.as_bytes())), "METADATA_REPEATED");
    }

    #[test]
    fn whatever_is_not_such_a_file_is_refused() {
        let (object, file) = split(v3());
        let with = |entry: &str| file.replacen('{', &format!("{{{entry},"), 1).into_bytes();
        let long = with(&format!("\"x-amz-t\":\"{}\"", "a".repeat(MAX_INSTRUCTION_FILE_LENGTH)));
        for (bad, code_of_it) in [
            (Vec::new(), "INSTRUCTION_FILE_INVALID"),
            (b"[]".to_vec(), "INSTRUCTION_FILE_INVALID"),
            (b"{\"x-amz-3\":1}".to_vec(), "INSTRUCTION_FILE_INVALID"),
            (b"{\"x-amz-3\":\"\xff\"}".to_vec(), "INSTRUCTION_FILE_INVALID"),
            (with("\"x-amz-w\":\"02\""), "INSTRUCTION_FILE_INVALID"),
            (with("\"author\":\"somebody\""), "INSTRUCTION_FILE_INVALID"),
            (with("\"X-Amz-T\":\"{}\""), "INSTRUCTION_FILE_INVALID"),
            (with("\"x-amz-c\":\"115\""), "INSTRUCTION_FILE_INVALID"),
            (with("\"x-amz-i\":\"AAAA\""), "INSTRUCTION_FILE_INVALID"),
            (long, "INSTRUCTION_FILE_INVALID"),
            (with("\"x-amz-iv\":\"AAAA\""), "METADATA_CONTRADICTORY"),
            (with("\"x-amz-t\":\"{}\""), "METADATA_CONTRADICTORY"),
            (b"{}".to_vec(), "INSTRUCTION_FILE_MISSING"),
        ] {
            let text = String::from_utf8_lossy(&bad[..bad.len().min(60)]).into_owned();
            assert_eq!(code(join(&object, &bad)), code_of_it, "{text}");
        }
        assert_eq!(code(join(&v3(), file.as_bytes())), "INSTRUCTION_FILE_INVALID");
    }

    #[test]
    fn a_suffix_leads_to_another_object() {
        assert_eq!(instruction_file_suffix(None).unwrap(), ".instruction");
        assert_eq!(instruction_file_suffix(Some(".reader-2".to_owned())).unwrap(), ".reader-2");
        assert_eq!(instruction_file_suffix(Some(String::new())).unwrap_err().code(), "INVALID_OPTION");
    }
}
