//! S3's double encoding of metadata values, undone.
//!
//! S3 hands a value with characters beyond ASCII back as encoded words (RFC 2047), whose content is UTF-8 that was taken
//! for Latin-1 and encoded as UTF-8 once more. Source: the S3 Encryption Client specification, `metadata-strategy.md`.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

/// How an encoded word begins. Nothing else of a map's JSON can begin so.
const WORD_START: &str = "=?";
const WORD_END: &str = "?=";

/// The value as its writer gave it; one that was not encoded stays as it is. Nothing where the encoding is broken.
pub(super) fn undo(value: &str) -> Option<Cow<'_, str>> {
    if !value.starts_with(WORD_START) {
        return Some(Cow::Borrowed(value));
    }
    let once = String::from_utf8(words(value)?).ok()?;
    // Storages that encode once only are understood too: their text is no UTF-8 when it is taken for Latin-1.
    let twice = once.chars().map(|character| u8::try_from(character).ok()).collect::<Option<Vec<u8>>>();
    Some(Cow::Owned(twice.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or(once)))
}

/// The bytes of all words. White space between two words is no part of the text (RFC 2047, section 6.2).
fn words(mut value: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    while !value.is_empty() {
        let (word, rest) = word(value)?;
        bytes.extend(word);
        value = rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }
    Some(bytes)
}

/// The bytes of the first word (`=?charset?encoding?text?=`), and what follows it.
fn word(value: &str) -> Option<(Vec<u8>, &str)> {
    let (charset, rest) = value.strip_prefix(WORD_START)?.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (text, rest) = rest.split_once(WORD_END)?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let bytes = match encoding {
        "B" | "b" => Base64::decode_vec(text).ok()?,
        "Q" | "q" => quoted(text)?,
        _ => return None,
    };
    Some((bytes, rest))
}

/// The encoding "Q" (RFC 2047, section 4.2): `_` is a space, `=` begins a byte in hexadecimal.
fn quoted(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'_' => b' ',
            b'=' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            b'!'..=b'~' => byte,
            _ => return None,
        });
    }
    Some(bytes)
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What S3 makes of a value: UTF-8, taken for Latin-1, as UTF-8 once more.
    fn twice(text: &str) -> Vec<u8> {
        text.bytes().map(char::from).collect::<String>().into_bytes()
    }

    fn base64_word(bytes: &[u8]) -> String {
        format!("=?UTF-8?B?{}?=", Base64::encode_string(bytes))
    }

    fn quoted_word(bytes: &[u8]) -> String {
        let text: String = bytes
            .iter()
            .map(|byte| match byte {
                b' ' => "_".to_owned(),
                b'a'..=b'z' | b'{' | b'}' | b'"' | b':' => char::from(*byte).to_string(),
                _ => format!("={byte:02X}"),
            })
            .collect();
        format!("=?UTF-8?Q?{text}?=")
    }

    #[test]
    fn a_value_as_s3_gave_it_back() {
        // The example of the Amazon S3 User Guide, "Working with object metadata".
        assert_eq!(undo("=?UTF-8?B?w4PChE3Dg8KEWsODwpXDg8KRIFMz?=").unwrap(), "ÄMÄZÕÑ S3");
        assert_eq!(undo("=?UTF-8?Q?=C3=83=C2=84_S3?=").unwrap(), "Ä S3");
    }

    #[test]
    fn a_value_that_was_encoded_once_is_understood() {
        assert_eq!(undo("=?UTF-8?B?w4Q=?=").unwrap(), "Ä");
        assert_eq!(undo(&base64_word("ключ".as_bytes())).unwrap(), "ключ");
    }

    #[test]
    fn broken_words_are_nothing() {
        for broken in [
            "=?",
            "=?UTF-8?B?w4Q=",
            "=?UTF-8?B?w4Q?=",
            "=?UTF-8?X?w4Q=?=",
            "=?ISO-8859-1?Q?=C4?=",
            "=?UTF-8?Q?=C?=",
            "=?UTF-8?Q?=GG?=",
            "=?UTF-8?Q?a b?=",
            "=?UTF-8?B?/w==?=",
            "=?UTF-8?B?w4Q=?= and more",
        ] {
            assert_eq!(undo(broken), None, "{broken}");
        }
    }

    proptest! {
        #[test]
        fn whatever_s3_makes_of_a_map_is_undone(text in "[{]\"\\PC{0,20}é\\PC{0,20}\"[}]", cut in 0..40_usize) {
            prop_assert_eq!(undo(&text).unwrap(), text.as_str());
            let bytes = twice(&text);
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            for words in [
                base64_word(&bytes),
                quoted_word(&bytes),
                format!("{} {}", base64_word(first), quoted_word(second)),
                format!("{}\r\n\t{}", quoted_word(first), base64_word(second)),
            ] {
                prop_assert_eq!(undo(&words).unwrap(), text.as_str());
            }
        }
    }
}
