//! The last check before a customer key leaves: the URL that somebody else signed must neither hold the key nor lead
//! over a connection that anybody can read.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::names;
use crate::error::EnvelopeError;

/// Checks a presigned URL before it is used. `carries_key` says that the request has customer key headers.
///
/// # Errors
///
/// - [`EnvelopeError::SecretHeaderInUrl`]: the signer moved a customer key header into the query, as some SDKs do for
///   copies. The key is then in logs and histories, and must not be used any more.
/// - [`EnvelopeError::InsecureTransport`]: a customer key would travel over plain HTTP to another machine. S3 refuses
///   that, but the key would have been readable on the way.
pub fn check_url(url: &str, carries_key: bool) -> Result<(), EnvelopeError> {
    let (location, query) = url.split_once('?').unwrap_or((url, ""));
    for pair in query.split('&') {
        let name = decoded(pair.split('=').next().unwrap_or_default());
        if names::is_secret(&name)
            && let Some(header) = names::customer_header(&name)
        {
            return Err(EnvelopeError::SecretHeaderInUrl { header });
        }
    }
    if carries_key && !is_private(location) {
        return Err(EnvelopeError::InsecureTransport);
    }
    Ok(())
}

/// A parameter's name with its percent-encoding undone. What is no encoding stays as it is; no name we look for has
/// anything beyond ASCII.
fn decoded(name: &str) -> String {
    let mut pieces = name.split('%');
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(char::from(byte));
                decoded.push_str(&piece[2..]);
            }
            None => decoded.push_str(piece),
        }
    }
    decoded
}

/// Whether nobody else reads along: HTTPS, or a loopback address, which does not leave the machine.
fn is_private(location: &str) -> bool {
    let lower = location.to_ascii_lowercase();
    if lower.starts_with("https://") {
        return true;
    }
    let Some(rest) = lower.strip_prefix("http://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    // What stands before an @ is no part of the host, and a backslash is a slash to browsers alone. No store has either.
    if authority.contains(['@', '\\']) {
        return false;
    }
    let host = if authority.starts_with('[') {
        authority.split_inclusive(']').next().unwrap_or_default()
    } else {
        authority.split(':').next().unwrap_or_default()
    };
    let is_loopback_address = host.parse::<core::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
    is_loopback_address || host == "[::1]" || host == "localhost" || host.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY_PARAMETER: &str = "X-Amz-Copy-Source-Server-Side-Encryption-Customer-Key";

    #[test]
    fn a_key_in_the_query_is_refused_in_any_letter_case() {
        for name in [KEY_PARAMETER, names::CUSTOMER_KEY, names::CUSTOMER_KEY_MD5] {
            let url = format!("https://b.s3.amazonaws.com/k?X-Amz-Date=1&{name}=AAAA");
            assert_eq!(check_url(&url, false).unwrap_err().code(), "SECRET_HEADER_IN_URL");
            let encoded = format!("https://b.s3.amazonaws.com/k?{}=AAAA", name.replace('-', "%2d"));
            assert_eq!(check_url(&encoded, false).unwrap_err().code(), "SECRET_HEADER_IN_URL");
        }
    }

    #[test]
    fn the_names_of_signed_headers_are_no_secret() {
        let url = format!("https://b.s3.amazonaws.com/k?X-Amz-SignedHeaders=host%3B{}&a=b", names::CUSTOMER_KEY);
        assert_eq!(check_url(&url, true), Ok(()));
        assert_eq!(check_url(&format!("https://s3/k?{}=AES256", names::CUSTOMER_ALGORITHM), true), Ok(()));
        assert_eq!(check_url("https://s3/k?a%=1&%zz=2&%e4%", true), Ok(()));
    }

    #[test]
    fn a_key_goes_over_https_or_loopback_only() {
        for url in [
            "https://s3.example/k",
            "HTTPS://s3.example/k?a=b",
            "http://127.0.0.1:9000/b/k?a=b",
            "http://127.8.9.10/k",
            "http://localhost:9000/k",
            "http://b.localhost:9000/k",
            "http://[::1]:9000/k",
        ] {
            assert_eq!(check_url(url, true), Ok(()), "{url}");
        }
        for url in [
            "http://s3.example/k",
            "http://127.0.0.1.example/k",
            "http://localhost.example/k",
            "http://localhost:x@s3.example/k",
            "http://s3.example@localhost/k",
            "http://s3.example\\@localhost/k",
            "http://s3.example#@localhost/k",
            "http://s3.example?@localhost/k",
            "http://[::1]@s3.example/k",
            "http://localhost\\@s3.example/k",
            "http://s3.example\\.localhost/k",
            "http://s3.example#.localhost/k",
            "http://[::2]/k",
            "ftp://localhost/k",
            "//s3.example/k",
            "",
        ] {
            assert_eq!(check_url(url, true), Err(EnvelopeError::InsecureTransport), "{url}");
            assert_eq!(check_url(url, false), Ok(()), "{url}");
        }
    }
}
