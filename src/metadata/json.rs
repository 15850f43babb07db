//! The JSON maps inside metadata values, and the one that an instruction file is: one object of string to string, nothing
//! else.
//!
//! Strict on reading (a duplicate name is a contradiction, not a choice) and ASCII on writing, because S3 returns
//! values with other characters mangled.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::str::Chars;

use super::limits::MAX_NAMES;
use crate::error::MetadataProblem;
use crate::keyring::MaterialsDescription;

/// Reads a map; where the text is anything but one, says what is wrong with it.
pub(super) fn read(text: &str) -> Result<MaterialsDescription, MetadataProblem> {
    read_with_numbers(text, &[])
}

/// The same of a map whose values of these names may be plain whole numbers: they become their digits.
pub(super) fn read_with_numbers(text: &str, numbers: &[&str]) -> Result<MaterialsDescription, MetadataProblem> {
    let mut reader = Reader { rest: text.chars(), numbers };
    let entries = reader.entries().ok_or(MetadataProblem::NotAMap)?;
    reader.skip_space();
    if !reader.rest.as_str().is_empty() {
        return Err(MetadataProblem::NotAMap);
    }
    if entries.len() > MAX_NAMES {
        return Err(MetadataProblem::TooLong);
    }
    let mut map = MaterialsDescription::new();
    for (name, value) in entries {
        if map.insert(name, value).is_some() {
            return Err(MetadataProblem::RepeatedName);
        }
    }
    Ok(map)
}

/// Writes a map with its names in order and every character beyond ASCII as a `\u` escape.
pub(super) fn write(map: &MaterialsDescription) -> String {
    let entries: Vec<String> = map.iter().map(|(name, value)| [quote(name), quote(value)].join(":")).collect();
    ["{", &entries.join(","), "}"].concat()
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => quoted.extend(['\\', char::from(byte)]),
            Ok(byte @ 0x20..=0x7e) => quoted.push(char::from(byte)),
            _ => {
                quoted.push_str("\\u");
                quoted.extend(
                    [12, 8, 4, 0].iter().filter_map(|shift| char::from_digit((u32::from(unit) >> shift) & 0xf, 16)),
                );
            }
        }
    }
    quoted.push('"');
    quoted
}

/// As much of JSON (RFC 8259) as such a map takes. A JSON library brings numbers, floating point included, and
/// nesting: 9 KB of the WASM file, gzipped.
struct Reader<'t> {
    rest: Chars<'t>,
    numbers: &'t [&'t str],
}

impl Reader<'_> {
    fn entries(&mut self) -> Option<Vec<(String, String)>> {
        let mut entries = Vec::new();
        self.expect('{')?;
        if self.take('}') {
            return Some(entries);
        }
        loop {
            let name = self.string()?;
            self.expect(':')?;
            let value = self.value(&name)?;
            entries.push((name, value));
            if self.take('}') {
                return Some(entries);
            }
            self.expect(',')?;
        }
    }

    fn value(&mut self, name: &str) -> Option<String> {
        if !self.numbers.contains(&name) {
            return self.string();
        }
        self.skip_space();
        let text = self.rest.as_str();
        let after = text.trim_start_matches(|character: char| character.is_ascii_digit());
        let digits = &text[..text.len() - after.len()];
        if digits.is_empty() {
            return self.string();
        }
        self.rest = after.chars();
        Some(digits.to_owned())
    }

    fn string(&mut self) -> Option<String> {
        self.expect('"')?;
        let mut text = String::new();
        loop {
            text.push(match self.rest.next()? {
                '"' => return Some(text),
                '\\' => self.escaped()?,
                '\0'..'\x20' => return None,
                plain => plain,
            });
        }
    }

    fn escaped(&mut self) -> Option<char> {
        Some(match self.rest.next()? {
            itself @ ('"' | '\\' | '/') => itself,
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => return self.utf_16(),
            _ => return None,
        })
    }

    /// One character from one escaped unit of UTF-16, or from two that are a surrogate pair. Half a pair is no text.
    fn utf_16(&mut self) -> Option<char> {
        let first = self.unit()?;
        if !(0xd800..0xdc00).contains(&first) {
            return char::from_u32(first);
        }
        let has_second = self.rest.next() == Some('\\') && self.rest.next() == Some('u');
        let second = if has_second { self.unit()? } else { return None };
        let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
        char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)
    }

    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | self.rest.next()?.to_digit(16)?;
        }
        Some(unit)
    }

    fn expect(&mut self, mark: char) -> Option<()> {
        self.take(mark).then_some(())
    }

    /// Whether `mark` comes next, behind white space; it is then behind us.
    fn take(&mut self, mark: char) -> bool {
        self.skip_space();
        let is_next = self.rest.as_str().starts_with(mark);
        if is_next {
            self.rest.next();
        }
        is_next
    }

    fn skip_space(&mut self) {
        while self.rest.as_str().starts_with([' ', '\t', '\n', '\r']) {
            self.rest.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::{Deserializer, Error, MapAccess, Visitor};
    use std::collections::BTreeMap;

    /// What `serde_json` makes of the same text, duplicate names being refused.
    fn read_by_serde(text: &str) -> Option<MaterialsDescription> {
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let map = deserializer.deserialize_map(StringMap).ok()?;
        deserializer.end().ok()?;
        Some(map)
    }

    struct StringMap;

    impl<'de> Visitor<'de> for StringMap {
        type Value = MaterialsDescription;

        fn expecting(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
            formatter.write_str("a map of strings")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Self::Value, A::Error> {
            let mut map = MaterialsDescription::new();
            while let Some((name, value)) = access.next_entry()? {
                if map.insert(name, value).is_some() {
                    return Err(A::Error::custom("a duplicate name"));
                }
            }
            Ok(map)
        }
    }

    /// Pieces of which texts come about that are nearly JSON.
    const PIECES: [&str; 34] = [
        "{",
        "}",
        "\"",
        "\"",
        ":",
        ",",
        "{\"a\":\"",
        "\"}",
        "\",\"b\":\"",
        "\\",
        "\\u",
        "\\ud83d",
        "\\uDD11",
        "\\u0041",
        "\\n",
        "\\b",
        "\\f",
        "\\/",
        "\\\"",
        "\\\\",
        "\\x",
        "dd11",
        "a",
        "b",
        "1",
        "null",
        "[]",
        " ",
        "\t\r\n",
        "\u{1f}",
        "\u{7f}",
        "\u{a0}",
        "é",
        "\u{1f511}",
    ];

    #[test]
    fn only_one_map_of_strings_is_accepted() {
        for bad in ["", "null", "[]", "\"a\"", "{", "{}x", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":{}}"#] {
            assert_eq!(read(bad), Err(MetadataProblem::NotAMap), "{bad}");
        }
        assert_eq!(read(r#"{"a":"b","a":"b"}"#), Err(MetadataProblem::RepeatedName));
        assert_eq!(read(" {} "), Ok(MaterialsDescription::new()));
    }

    #[test]
    fn what_is_not_ascii_is_escaped_as_utf_16() {
        let map = [("ключ".to_owned(), "\u{1f511}\"\\\n".to_owned())].into();
        assert_eq!(write(&map), r#"{"\u043a\u043b\u044e\u0447":"\ud83d\udd11\"\\\u000a"}"#);
    }

    #[test]
    fn escapes_are_those_of_json() {
        let read_value = |text: &str| read(&format!(r#"{{"a":"{text}"}}"#)).map(|map| map["a"].clone()).ok();
        assert_eq!(read_value(r#"\"\\\/\b\f\n\r\t\u00e9\u00E9"#).as_deref(), Some("\"\\/\x08\x0c\n\r\téé"));
        assert_eq!(read_value(r"\ud83d\udd11\uffff").as_deref(), Some("\u{1f511}\u{ffff}"));
        for bad in
            [r"\ud83d", r"\ud83da", r"\ud83d\n", r"\ud83d\ud83d", r"\udd11", r"\ud83d\udc0", r"\u+041", r"\a", "\n"]
        {
            assert_eq!(read_value(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_plain_number_is_its_digits_where_one_may_stand() {
        let read = |text: &str| read_with_numbers(text, &["n"]);
        for (text, value) in [
            (r#"{"n":128}"#, "128"),
            (r#"{ "n" : 0 , "a" : "1" }"#, "0"),
            (r#"{"a":"","n":12}"#, "12"),
            (r#"{"n":"7"}"#, "7"),
        ] {
            assert_eq!(read(text).unwrap()["n"], value, "{text}");
        }
        for bad in ["-1", "+1", "1.0", "1e3", "0x10", "1 2", "\"1\"2", "1\"", "true", "null", "", "٣"] {
            assert_eq!(read(&format!("{{\"n\":{bad}}}")), Err(MetadataProblem::NotAMap), "{bad}");
        }
        assert_eq!(read(r#"{"n":1,"a":1}"#), Err(MetadataProblem::NotAMap));
        assert_eq!(read(r#"{"n":1,"n":"1"}"#), Err(MetadataProblem::RepeatedName));
    }

    #[test]
    fn a_map_of_more_names_than_anybody_writes_is_refused() {
        let of = |names: usize| {
            let entries: Vec<_> = (0..names).rev().map(|number| format!("\"{number}\":\"\"")).collect();
            read(&format!("{{{}}}", entries.join(",")))
        };
        assert_eq!(of(MAX_NAMES).unwrap().len(), MAX_NAMES);
        assert_eq!(of(MAX_NAMES + 1), Err(MetadataProblem::TooLong));
    }

    proptest! {
        #[test]
        fn any_text_is_read_as_serde_json_reads_it(
            pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..12),
            text in "\\PC{0,40}",
        ) {
            let pieces = pieces.concat();
            let entries = [&pieces, &text].map(|value| format!("{{\"a\":\"{value}\" , \"b\":\"\"}}"));
            for text in entries.iter().chain([&pieces, &text]) {
                prop_assert_eq!(read(text).ok(), read_by_serde(text), "{}", text);
            }
        }

        #[test]
        fn what_serde_json_writes_is_read(map: BTreeMap<String, String>) {
            for text in [serde_json::to_string(&map), serde_json::to_string_pretty(&map)] {
                prop_assert_eq!(read(&text.unwrap()), Ok(map.clone().into_iter().collect()));
            }
        }

        #[test]
        fn what_is_written_reads_back_and_is_printable_ascii(map: BTreeMap<String, String>) {
            let map: MaterialsDescription = map.into_iter().collect();
            let text = write(&map);
            prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(read(&text), Ok(map));
        }
    }
}
