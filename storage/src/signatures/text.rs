//! Texts of URLs and of explanations, in the encodings that signatures are over.

use http::Uri;

/// The names and values of a query, as they were sent.
pub(crate) fn pairs(uri: &Uri) -> impl Iterator<Item = (&str, &str)> {
    let pairs = uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The first value of a query's parameter, decoded.
pub(crate) fn parameter(uri: &Uri, name: &str) -> Option<String> {
    let (_, value) = pairs(uri).find(|(found, _)| *found == name)?;
    String::from_utf8(decoded(value)).ok()
}

/// A text in the one encoding that signatures are over, whichever it came in.
pub(crate) fn recoded(text: &str, kept: &[u8]) -> String {
    encoded(&decoded(text), kept)
}

/// Bytes in the encoding of URLs that signatures are over, but for those that are `kept` as they are.
pub(crate) fn encoded(bytes: &[u8], kept: &[u8]) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || kept.contains(&byte);
    let byte = |byte: &u8| if is_kept(*byte) { char::from(*byte).to_string() } else { format!("%{byte:02X}") };
    bytes.iter().map(byte).collect()
}

/// The bytes that a part of a URL stands for.
pub(crate) fn decoded(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let escaped = behind.get(..2).filter(|_| first == b'%').and_then(|digits| hex::decode(digits).ok());
        rest = if escaped.is_some() { &behind[2..] } else { behind };
        bytes.push(escaped.and_then(|bytes| bytes.first().copied()).unwrap_or(first));
    }
    bytes
}

/// Bytes as Amazon's explanations have them.
pub(crate) fn spaced_hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ")
}
