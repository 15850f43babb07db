//! Where requests go: the scheme and host of a store, and where the bucket's name stands in a URL.

use alloc::borrow::ToOwned;
use alloc::string::String;

use super::{canonical, invalid};
use crate::error::EnvelopeError;

/// Where the bucket's name stands in a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// `https://bucket.host/key`
    VirtualHost,
    /// `https://host/bucket/key`
    Path,
}

/// The endpoint of a store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    scheme: &'static str,
    /// Host, and port where it is not the scheme's own: what browsers send as the `Host` header.
    authority: String,
    addressing: Addressing,
    /// AWS's certificates cover one label before the host, so a bucket with dots in its name goes into the path.
    dots_go_to_path: bool,
}

impl Endpoint {
    /// Amazon S3 in `region`: `https://{bucket}.s3.{region}.amazonaws.com`, or the domain of the partition that the region is
    /// in.
    ///
    /// A bucket with a dot in its name is addressed in the path, as AWS's own SDKs do: the certificate would not fit.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] where the region is no name of a region.
    pub fn aws(region: &str) -> Result<Self, EnvelopeError> {
        let authority = aws_host("s3", region)?;
        Ok(Self { scheme: "https", authority, addressing: Addressing::VirtualHost, dots_go_to_path: true })
    }

    /// Any other store: `origin` is a scheme and a host, with a port if need be, such as `https://minio.example:9000`.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidPresignRequest`] where it is more or less than that, or where buckets should become
    /// subdomains of an IP address.
    pub fn new(origin: &str, addressing: Addressing) -> Result<Self, EnvelopeError> {
        let error = || {
            invalid(
                "endpoint",
                "must be http:// or https://, a host and at most a port, such as https://s3.example:9000",
            )
        };
        let (scheme, rest) = origin.split_once(':').ok_or_else(error)?;
        let rest = rest.strip_prefix("//").ok_or_else(error)?;
        let known = [("https", 443), ("http", 80)];
        let (scheme, default_port) =
            known.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(scheme)).ok_or_else(error)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest).to_ascii_lowercase();
        let (host, port) = split_port(&rest).ok_or_else(error)?;
        if !is_host(host) {
            return Err(error());
        }
        let is_address = host.starts_with('[') || is_ipv4(host);
        if is_address && addressing == Addressing::VirtualHost {
            return Err(invalid(
                "endpoint",
                "is an IP address, which has no subdomains for buckets; use path addressing",
            ));
        }
        let authority = match port {
            Some(port) if port != default_port => format!("{host}:{port}"),
            _ => host.to_owned(),
        };
        Ok(Self { scheme, authority, addressing, dots_go_to_path: false })
    }

    pub(super) const fn scheme(&self) -> &'static str {
        self.scheme
    }

    /// The `Host` header and the encoded path of an object.
    pub(super) fn locate(&self, bucket: &str, key: &str) -> (String, String) {
        let in_path = self.addressing == Addressing::Path || (self.dots_go_to_path && bucket.contains('.'));
        let key = canonical::encode_path(key);
        if in_path {
            (self.authority.clone(), format!("/{bucket}/{key}"))
        } else {
            (format!("{bucket}.{}", self.authority), format!("/{key}"))
        }
    }
}

/// The beginnings of regions whose partition has a domain of its own, and that domain.
///
/// Source: botocore's `partitions.json` (1.43), `regionRegex` and `dnsSuffix`.
const DOMAINS: [(&str, &str); 6] = [
    ("cn-", "amazonaws.com.cn"),
    ("eusc-", "amazonaws.eu"),
    ("us-iso-", "c2s.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov"),
    ("us-isof-", "csp.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk"),
];

/// The host of an AWS service, by its name there, in a region: `kms.eu-central-1.amazonaws.com`.
///
/// # Errors
///
/// [`EnvelopeError::InvalidPresignRequest`] where the region is no name of a region.
pub fn aws_host(service: &str, region: &str) -> Result<String, EnvelopeError> {
    check_region(region)?;
    let own = DOMAINS.iter().find(|(beginning, _)| region.starts_with(beginning));
    let domain = own.map_or("amazonaws.com", |(_, domain)| domain);
    Ok([service, region, domain].join("."))
}

/// Checks that a region is a word: it becomes a part of the credential scope and of AWS's host names.
pub(super) fn check_region(region: &str) -> Result<(), EnvelopeError> {
    let is_word = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if region.is_empty() || !is_word {
        return Err(invalid("region", "must be a word such as us-east-1"));
    }
    Ok(())
}

/// Checks a bucket's name by the rules of general purpose buckets.
///
/// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
pub(super) fn check_bucket(bucket: &str) -> Result<(), EnvelopeError> {
    let refuse = |reason| Err(invalid("bucket name", reason));
    if !(3..=63).contains(&bucket.len()) {
        return refuse("must have 3 to 63 characters");
    }
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = bucket.as_bytes();
    if !bytes.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(byte)) {
        return refuse("may hold only lower-case letters, digits, dots and hyphens");
    }
    if !edge(bytes.first()) || !edge(bytes.last()) || bytes.windows(2).any(|pair| pair == b"..") {
        return refuse("must start and end with a letter or digit and have no two dots in a row");
    }
    if is_ipv4(bucket) {
        return refuse("must not look like an IP address");
    }
    Ok(())
}

fn is_ipv4(host: &str) -> bool {
    let is_number = |label: &str| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit());
    host.split('.').count() == 4 && host.split('.').all(is_number)
}

/// Host and port; a bracketed IPv6 address keeps its colons.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    let end_of_host = authority.rfind(']').map_or(0, |bracket| bracket + 1);
    match authority[end_of_host..].find(':') {
        None => Some((authority, None)),
        Some(colon) => {
            let (host, port) = authority.split_at(end_of_host + colon);
            let digits = &port[1..];
            let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| digits.parse().ok()).flatten().map(|port| (host, Some(port)))
        }
    }
}

fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        let is_part = |byte: u8| byte.is_ascii_hexdigit() || b":.".contains(&byte);
        return address.strip_suffix(']').is_some_and(|address| address.len() >= 2 && address.bytes().all(is_part));
    }
    let is_label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locate(endpoint: &Endpoint, bucket: &str) -> (String, String) {
        endpoint.locate(bucket, "a b/c")
    }

    fn owned(host: &str, path: &str) -> (String, String) {
        (host.to_owned(), path.to_owned())
    }

    #[test]
    fn aws_addresses_the_bucket_in_the_host_unless_it_has_dots() {
        let aws = Endpoint::aws("eu-central-1").unwrap();
        assert_eq!(locate(&aws, "bucket"), owned("bucket.s3.eu-central-1.amazonaws.com", "/a%20b/c"));
        assert_eq!(locate(&aws, "my.bucket"), owned("s3.eu-central-1.amazonaws.com", "/my.bucket/a%20b/c"));
    }

    #[test]
    fn each_partition_has_its_domain() {
        for (region, domain) in [
            ("us-east-1", "amazonaws.com"),
            ("us-gov-west-1", "amazonaws.com"),
            ("cn-north-1", "amazonaws.com.cn"),
            ("eusc-de-east-1", "amazonaws.eu"),
            ("us-iso-east-1", "c2s.ic.gov"),
            ("us-isob-east-1", "sc2s.sgov.gov"),
            ("us-isof-south-1", "csp.hci.ic.gov"),
            ("eu-isoe-west-1", "cloud.adc-e.uk"),
        ] {
            let aws = Endpoint::aws(region).unwrap();
            assert_eq!(locate(&aws, "bucket").0, format!("bucket.s3.{region}.{domain}"));
            assert_eq!(aws_host("kms", region).unwrap(), format!("kms.{region}.{domain}"));
        }
        assert_eq!(aws_host("kms", "us.east").unwrap_err().code(), "INVALID_PRESIGN_REQUEST");
    }

    #[test]
    fn the_host_is_what_a_browser_sends() {
        for (origin, host) in [
            ("http://127.0.0.1:9000", "127.0.0.1:9000"),
            ("http://localhost:80", "localhost"),
            ("https://S3.Example:443/", "s3.example"),
            ("https://s3.example:80", "s3.example:80"),
            ("HTTPS://s3.example", "s3.example"),
            ("http://[::1]:9000", "[::1]:9000"),
            ("http://[::1]", "[::1]"),
        ] {
            let endpoint = Endpoint::new(origin, Addressing::Path).unwrap();
            assert_eq!(locate(&endpoint, "bucket"), owned(host, "/bucket/a%20b/c"), "{origin}");
        }
        let virtual_host = Endpoint::new("https://s3.example:9000", Addressing::VirtualHost).unwrap();
        assert_eq!(locate(&virtual_host, "my.bucket"), owned("my.bucket.s3.example:9000", "/a%20b/c"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for origin in [
            "",
            "s3.example",
            "ftp://s3.example",
            "https://",
            "https://s3.example/path",
            "https://user@s3.example",
            "https://s3.example?x",
            "https://s3.example#x",
            "https://s3..example",
            "https://s3.example:",
            "https://s3.example:x",
            "https://s3.example:+1",
            "https://s3.example:65536",
            "https://s3 .example",
            "https://s3.exämple",
            "https://[::1",
            "https://[zz]",
            "https://a\r\nb",
        ] {
            let error = Endpoint::new(origin, Addressing::Path).unwrap_err();
            assert_eq!(error.code(), "INVALID_PRESIGN_REQUEST", "{origin}");
        }
        for origin in ["http://127.0.0.1:9000", "http://[::1]:9000"] {
            assert_eq!(Endpoint::new(origin, Addressing::VirtualHost).unwrap_err().code(), "INVALID_PRESIGN_REQUEST");
        }
        for region in ["", "us east", "us/east", "us-east-1\n", "ü"] {
            assert_eq!(Endpoint::aws(region).unwrap_err().code(), "INVALID_PRESIGN_REQUEST");
        }
    }

    #[test]
    fn bucket_names_follow_s3s_rules() {
        for bucket in ["abc", "a-b.c1", "examplebucket", &"a".repeat(63), "1.2.3", "my-access-point-s3alias"] {
            check_bucket(bucket).unwrap();
        }
        for bucket in [
            "",
            "ab",
            &"a".repeat(64),
            "Bucket",
            "a_b",
            "a/b",
            "a b",
            "-abc",
            "abc-",
            ".abc",
            "a..b",
            "192.168.5.4",
            "bücket",
            "arn:aws:s3:::x",
            "abc\r\n",
        ] {
            assert_eq!(check_bucket(bucket).unwrap_err().code(), "INVALID_PRESIGN_REQUEST", "{bucket}");
        }
    }
}
