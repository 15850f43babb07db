//! The JSON maps inside metadata values: one object of string to string, nothing else.
//!
//! Strict on reading (a duplicate name is a contradiction, not a choice) and ASCII on writing, because S3 returns
//! values with other characters mangled.

use std::fmt::Write;

use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::keyring::MaterialsDescription;

/// Reads a map, or nothing where the text is anything but one.
pub(super) fn read(text: &str) -> Option<MaterialsDescription> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let map = deserializer.deserialize_map(StringMap).ok()?;
    deserializer.end().ok()?;
    Some(map)
}

/// Writes a map with its names in order and every character beyond ASCII as a `\u` escape.
pub(super) fn write(map: &MaterialsDescription) -> String {
    let entries: Vec<String> = map.iter().map(|(name, value)| format!("{}:{}", quote(name), quote(value))).collect();
    format!("{{{}}}", entries.join(","))
}

fn quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(byte @ (b'"' | b'\\')) => quoted.extend(['\\', char::from(byte)]),
            Ok(byte @ 0x20..=0x7e) => quoted.push(char::from(byte)),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(quoted, "\\u{unit:04x}");
            }
        }
    }
    quoted.push('"');
    quoted
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_one_map_of_strings_is_accepted() {
        for bad in ["", "null", "[]", "\"a\"", "{", "{}x", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":"b","a":"b"}"#] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read(" {} "), Some(MaterialsDescription::new()));
    }

    #[test]
    fn what_is_not_ascii_is_escaped_as_utf_16() {
        let map = [("ключ".to_owned(), "\u{1f511}\"\\\n".to_owned())].into();
        assert_eq!(write(&map), r#"{"\u043a\u043b\u044e\u0447":"\ud83d\udd11\"\\\u000a"}"#);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_and_is_printable_ascii(map: MaterialsDescription) {
            let text = write(&map);
            prop_assert!(text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
            prop_assert_eq!(read(&text), Some(map));
        }
    }
}
