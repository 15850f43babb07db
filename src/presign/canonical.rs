//! Signature Version 4's canonical forms, by S3's rules: everything is encoded once, and no path is normalised.
//!
//! Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header", Task 1.

use alloc::string::String;
use alloc::vec::Vec;

use zeroize::Zeroizing;

/// A path with everything encoded but unreserved characters and `/`. Empty segments, `.` and `..` stay as they are.
pub(super) fn encode_path(path: &str) -> String {
    encode(path, b"-._~/")
}

/// A name or value of a query with everything encoded but unreserved characters.
pub(super) fn encode_query(text: &str) -> String {
    encode(text, b"-._~")
}

/// The canonical query: pairs sorted by encoded name, then by encoded value. `name=` where there is no value.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut sorted: Vec<(String, String)> = Vec::with_capacity(pairs.len());
    for (name, value) in pairs {
        insert_sorted(&mut sorted, (encode_query(name), encode_query(value)));
    }
    let joined: Vec<String> = sorted.iter().map(|(name, value)| [name, "=", value].concat()).collect();
    joined.join("&")
}

/// Inserts at its place in the order. There are a dozen items at most, for which the standard library's sorting would
/// add 10 KB to the WASM file.
pub(super) fn insert_sorted<T: Ord>(sorted: &mut Vec<T>, item: T) {
    let place = sorted.partition_point(|earlier| *earlier <= item);
    sorted.insert(place, item);
}

/// A header's value without white space at its ends, and with one space for each run of it.
pub(super) fn header_value(value: &str) -> Zeroizing<String> {
    let mut canonical = Zeroizing::new(String::with_capacity(value.len()));
    for word in value.split_ascii_whitespace() {
        if !canonical.is_empty() {
            canonical.push(' ');
        }
        canonical.push_str(word);
    }
    canonical
}

/// The canonical request. `headers` are lower-case names, sorted, with their values. It is wiped, since it holds the
/// values of signed headers, of which a customer key may be one.
pub(super) fn request(
    method: &str,
    path: &str,
    query: &str,
    headers: &[(&str, &str)],
    payload: &str,
) -> Zeroizing<String> {
    let signed = signed_headers(headers);
    // Enough for all of it: growing would leave copies of values in freed memory.
    let length: usize = headers.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
    let length = length + method.len() + path.len() + query.len() + signed.len() + payload.len() + 5;
    let mut text = Zeroizing::new(String::with_capacity(length));
    for part in [method, "\n", path, "\n", query, "\n"] {
        text.push_str(part);
    }
    for (name, value) in headers {
        text.push_str(name);
        text.push(':');
        text.push_str(&header_value(value));
        text.push('\n');
    }
    for part in ["\n", &signed, "\n", payload] {
        text.push_str(part);
    }
    text
}

/// The names of signed headers, as the canonical request and the query list them.
pub(super) fn signed_headers(headers: &[(&str, &str)]) -> String {
    headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";")
}

fn encode(text: &str, bare: &[u8]) -> String {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || bare.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_encoded_once_and_not_normalised() {
        for (key, encoded) in [
            ("photos/Jan/sample.jpg", "photos/Jan/sample.jpg"),
            ("a b+c~d", "a%20b%2Bc~d"),
            ("a//b/../c/./", "a//b/../c/./"),
            ("%20", "%2520"),
            ("ü/日本", "%C3%BC/%E6%97%A5%E6%9C%AC"),
            ("!'()*:@&=$,;?#[]\\\n\0", "%21%27%28%29%2A%3A%40%26%3D%24%2C%3B%3F%23%5B%5D%5C%0A%00"),
        ] {
            assert_eq!(encode_path(key), encoded);
        }
        assert_eq!(encode_query("a/b"), "a%2Fb");
    }

    #[test]
    fn the_query_is_sorted_by_encoded_name_then_value() {
        let pairs = [("b", "2"), ("a", "z"), ("a", "b"), ("B", ""), ("é", "1"), ("a-", "1"), ("a b", "/")];
        assert_eq!(query(&pairs), "%C3%A9=1&B=&a=b&a=z&a%20b=%2F&a-=1&b=2");
    }

    #[test]
    fn header_values_lose_outer_and_repeated_white_space() {
        assert_eq!(header_value("  a \t b  \"c   d\" ").as_str(), "a b \"c d\"");
        assert_eq!(header_value("").as_str(), "");
    }
}
