//! Checks of encryption headers that a caller brings himself, before S3 answers them with a bare 400 or 403.
//!
//! The order is the one S3 was seen to use: mutual exclusion, then which headers are there, then their values.

use alloc::vec::Vec;

use base64ct::{Base64, Encoding};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{CustomerKey, Operation, names};
use crate::error::EnvelopeError;

/// Checks the encryption headers among `headers` (name and value, names in any letter case); others are ignored.
///
/// # Errors
///
/// - [`EnvelopeError::ConflictingEncryptionHeaders`]: customer key headers beside SSE-S3 or SSE-KMS headers.
/// - [`EnvelopeError::IncompleteCustomerKeyHeaders`]: one or two of the three customer key headers.
/// - [`EnvelopeError::InvalidEncryptionHeader`]: a value that S3 would refuse, such as a key that is not the base64 of
///   32 bytes, a KMS key id without `aws:kms`, or a header given twice.
/// - [`EnvelopeError::CustomerKeyMd5Mismatch`]: an MD5 of something else than the raw key.
/// - [`EnvelopeError::InvalidKmsParameter`]: a bucket key with DSSE-KMS.
///
/// No message repeats a value.
pub fn check_headers<'h>(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Result<(), EnvelopeError> {
    Found::collect(headers)?.check()
}

/// Like [`check_headers`], and checks that S3 takes each header for `operation`.
///
/// # Errors
///
/// Those of [`check_headers`], and [`EnvelopeError::EncryptionHeaderNotAllowed`].
pub fn check_headers_for<'h>(
    operation: Operation<'_>,
    headers: impl IntoIterator<Item = (&'h str, &'h str)>,
) -> Result<(), EnvelopeError> {
    let found = Found::collect(headers)?;
    check_allowed(operation, &found.names())?;
    found.check()
}

/// Checks that S3 takes the encryption headers among `names` for `operation`.
pub(crate) fn check_allowed(operation: Operation<'_>, names: &[&str]) -> Result<(), EnvelopeError> {
    for header in names.iter().filter_map(|name| names::encryption_header(name)) {
        let allowed = if names::MANAGED.contains(&header) {
            operation.takes_managed_headers()
        } else if names::CUSTOMER.contains(&header) {
            operation.takes_customer_headers()
        } else {
            operation.takes_copy_source_headers()
        };
        if !allowed {
            return Err(EnvelopeError::EncryptionHeaderNotAllowed { header, operation: operation.name() });
        }
    }
    Ok(())
}

/// Checks that no customer key header stands beside an SSE-S3 or SSE-KMS header.
pub(crate) fn check_exclusive(names: &[&str]) -> Result<(), EnvelopeError> {
    let (mut customer, mut managed) = (None, None);
    for header in names.iter().filter_map(|name| names::encryption_header(name)) {
        if names::CUSTOMER.contains(&header) {
            customer.get_or_insert(header);
        } else if names::MANAGED.contains(&header) {
            managed.get_or_insert(header);
        }
    }
    match (customer, managed) {
        (Some(first), Some(second)) => Err(EnvelopeError::ConflictingEncryptionHeaders { first, second }),
        _ => Ok(()),
    }
}

/// The encryption headers among a request's headers, by their wire names.
struct Found<'h>(Vec<(&'static str, &'h str)>);

impl<'h> Found<'h> {
    fn collect(headers: impl IntoIterator<Item = (&'h str, &'h str)>) -> Result<Self, EnvelopeError> {
        let mut found = Self(Vec::new());
        for (name, value) in headers {
            found.add(name, value)?;
        }
        Ok(found)
    }

    fn add(&mut self, name: &str, value: &'h str) -> Result<(), EnvelopeError> {
        let Some(header) = names::encryption_header(name) else { return Ok(()) };
        if self.value(header).is_some() {
            return Err(invalid(header, "the header is given twice"));
        }
        self.0.push((header, value.trim_matches([' ', '\t'])));
        Ok(())
    }

    fn names(&self) -> Vec<&'static str> {
        self.0.iter().map(|(name, _)| *name).collect()
    }

    fn value(&self, name: &str) -> Option<&'h str> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    fn check(&self) -> Result<(), EnvelopeError> {
        check_exclusive(&self.names())?;
        self.check_customer(names::CUSTOMER)?;
        self.check_customer(names::COPY_SOURCE_CUSTOMER)?;
        self.check_managed()
    }

    fn check_customer(&self, triple: [&'static str; 3]) -> Result<(), EnvelopeError> {
        let values = triple.map(|name| self.value(name));
        let [Some(algorithm), Some(key), Some(md5)] = values else {
            let missing =
                triple.iter().zip(values).find(|(_, value)| value.is_none()).map_or(triple[0], |(name, _)| name);
            let none_is_there = values.iter().all(Option::is_none);
            return if none_is_there { Ok(()) } else { Err(EnvelopeError::IncompleteCustomerKeyHeaders { missing }) };
        };
        if algorithm != "AES256" {
            return Err(invalid(triple[0], "SSE-C knows only AES256, in capital letters"));
        }
        let key = decode_key(triple[1], key)?;
        let given = Zeroizing::new(Base64::decode_vec(md5).unwrap_or_default());
        if bool::from(given.ct_eq(key.md5().as_slice())) {
            Ok(())
        } else {
            Err(EnvelopeError::CustomerKeyMd5Mismatch { header: triple[2] })
        }
    }

    fn check_managed(&self) -> Result<(), EnvelopeError> {
        let algorithm = self.value(names::ENCRYPTION);
        if let Some(algorithm) = algorithm
            && !["AES256", "aws:kms", "aws:kms:dsse", "aws:fsx"].contains(&algorithm)
        {
            return Err(invalid(names::ENCRYPTION, "it must be AES256, aws:kms or aws:kms:dsse"));
        }
        let is_kms = matches!(algorithm, Some("aws:kms" | "aws:kms:dsse"));
        for header in [names::KMS_KEY_ID, names::CONTEXT] {
            if self.value(header).is_some() && !is_kms {
                return Err(invalid(
                    header,
                    "it needs x-amz-server-side-encryption: aws:kms or aws:kms:dsse beside it",
                ));
            }
        }
        match self.value(names::BUCKET_KEY) {
            Some("true") if algorithm == Some("aws:kms:dsse") => Err(EnvelopeError::InvalidKmsParameter {
                parameter: "bucket key",
                reason: "DSSE-KMS knows no S3 Bucket Key; leave the header out or use aws:kms",
            }),
            None | Some("true" | "false") => Ok(()),
            Some(_) => Err(invalid(names::BUCKET_KEY, "it must be true or false")),
        }
    }
}

/// The key of a header value, which is the base64 of 32 bytes and nothing else.
fn decode_key(header: &'static str, value: &str) -> Result<CustomerKey, EnvelopeError> {
    // Where it fails as well, some of it may have been decoded.
    let mut buffer = Zeroizing::new(vec![0; value.len()]);
    let decoded = Base64::decode(value, &mut buffer).unwrap_or_default();
    if let Ok(key) = CustomerKey::from_any_bytes(decoded) {
        return Ok(key);
    }
    let is_hexadecimal = value.bytes().all(|byte| byte.is_ascii_hexdigit());
    Err(invalid(
        header,
        match (value.len(), decoded.len()) {
            (32, _) => "it is 32 characters of text; the header carries the base64 of the 32 raw key bytes",
            (64, _) if is_hexadecimal => "it is hexadecimal; the header carries the base64 of the 32 raw key bytes",
            (_, 44) => "it was encoded to base64 twice; encode the 32 raw key bytes once",
            (_, 0) => "it is not base64 with padding (standard alphabet)",
            _ => "it is not the base64 of exactly 32 bytes",
        },
    ))
}

const fn invalid(header: &'static str, reason: &'static str) -> EnvelopeError {
    EnvelopeError::InvalidEncryptionHeader { header, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALGORITHM: &str = "X-Amz-Server-Side-Encryption-Customer-Algorithm";
    const KEY: &str = "X-Amz-Server-Side-Encryption-Customer-Key";
    const MD5: &str = "X-Amz-Server-Side-Encryption-Customer-Key-MD5";
    const GOOD_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    const GOOD_MD5: &str = "tP/LI3N87DFaSk0aoqYgzg==";

    fn refusal(headers: &[(&str, &str)]) -> EnvelopeError {
        let error = check_headers(headers.iter().copied()).unwrap_err();
        for (name, value) in headers {
            if names::is_secret(name) {
                assert!(!error.to_string().contains(value), "{error}");
            }
        }
        error
    }

    #[test]
    fn a_complete_triple_passes_in_any_letter_case() {
        check_headers([(ALGORITHM, "AES256"), (KEY, GOOD_KEY), (MD5, GOOD_MD5), ("content-type", "x/y")]).unwrap();
        check_headers([("content-type", "x/y")]).unwrap();
        check_headers([]).unwrap();
    }

    #[test]
    fn a_customer_key_beside_a_managed_mode_names_both_headers() {
        for (name, value) in [
            (names::ENCRYPTION, "AES256"),
            (names::KMS_KEY_ID, "k"),
            (names::CONTEXT, "e30="),
            (names::BUCKET_KEY, "true"),
        ] {
            let error = refusal(&[(name, value), (ALGORITHM, "AES256"), (KEY, GOOD_KEY), (MD5, GOOD_MD5)]);
            let expected =
                EnvelopeError::ConflictingEncryptionHeaders { first: names::CUSTOMER_ALGORITHM, second: name };
            assert_eq!(error, expected);
        }
    }

    #[test]
    fn the_key_of_a_copy_source_may_stand_beside_a_managed_mode() {
        let [algorithm, key, md5] = names::COPY_SOURCE_CUSTOMER;
        let headers = [(names::ENCRYPTION, "AES256"), (algorithm, "AES256"), (key, GOOD_KEY), (md5, GOOD_MD5)];
        check_headers(headers).unwrap();
        assert_eq!(refusal(&headers[..3]).code(), "INCOMPLETE_CUSTOMER_KEY_HEADERS");
        let error = check_headers_for(Operation::PutObject, headers).unwrap_err();
        assert_eq!(error, EnvelopeError::EncryptionHeaderNotAllowed { header: algorithm, operation: "PutObject" });
    }

    #[test]
    fn an_incomplete_triple_names_what_is_missing() {
        let all = [(ALGORITHM, "AES256"), (KEY, GOOD_KEY), (MD5, GOOD_MD5)];
        for (index, missing) in names::CUSTOMER.into_iter().enumerate() {
            let mut some = all.to_vec();
            some.remove(index);
            assert_eq!(refusal(&some), EnvelopeError::IncompleteCustomerKeyHeaders { missing });
            assert_eq!(refusal(&all[index..=index]).code(), "INCOMPLETE_CUSTOMER_KEY_HEADERS");
        }
    }

    #[test]
    fn only_aes256_is_an_algorithm() {
        for algorithm in ["aes256", "AES128", "aws:kms", ""] {
            let error = refusal(&[(ALGORITHM, algorithm), (KEY, GOOD_KEY), (MD5, GOOD_MD5)]);
            assert_eq!(error.code(), "INVALID_ENCRYPTION_HEADER");
        }
    }

    #[test]
    fn keys_that_are_not_base64_of_32_bytes_are_refused_and_the_mistake_is_named() {
        let twice = Base64::encode_string(GOOD_KEY.as_bytes());
        for (key, mistake) in [
            ("a password of thirty-two letters", "32 characters of text"),
            ("0123456789abcdef0123456789abcdef", "32 characters of text"),
            ("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "hexadecimal"),
            (twice.as_str(), "twice"),
            ("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "not base64 with padding"),
            ("AAECAw==", "exactly 32 bytes"),
            ("", "not base64"),
        ] {
            let error = check_headers([(ALGORITHM, "AES256"), (KEY, key), (MD5, GOOD_MD5)]).unwrap_err();
            assert_eq!(error.code(), "INVALID_ENCRYPTION_HEADER");
            assert!(error.to_string().contains(mistake), "{error}");
            assert!(key.is_empty() || !error.to_string().contains(key), "{error}");
        }
    }

    #[test]
    fn an_md5_of_the_text_or_in_hexadecimal_is_refused() {
        // MD5 over the base64 text of the key; the right MD5 in hexadecimal; nonsense.
        let over_text = "4H2UToTlOYIx0tQD9PWAIQ==";
        for md5 in [over_text, "b4ffcb23737cec315a4a4d1aa2a620ce", "", "AAAA"] {
            let error = refusal_of_md5(md5);
            assert_eq!(error, EnvelopeError::CustomerKeyMd5Mismatch { header: names::CUSTOMER_KEY_MD5 });
        }
    }

    fn refusal_of_md5(md5: &str) -> EnvelopeError {
        check_headers([(ALGORITHM, "AES256"), (KEY, GOOD_KEY), (MD5, md5)]).unwrap_err()
    }

    #[test]
    fn kms_headers_need_kms() {
        for header in [names::KMS_KEY_ID, names::CONTEXT] {
            assert_eq!(refusal(&[(header, "x")]).code(), "INVALID_ENCRYPTION_HEADER");
            assert_eq!(refusal(&[(header, "x"), (names::ENCRYPTION, "AES256")]).code(), "INVALID_ENCRYPTION_HEADER");
            check_headers([(header, "x"), (names::ENCRYPTION, "aws:kms")]).unwrap();
            check_headers([(header, "x"), (names::ENCRYPTION, "aws:kms:dsse")]).unwrap();
        }
        assert_eq!(refusal(&[(names::ENCRYPTION, "kms")]).code(), "INVALID_ENCRYPTION_HEADER");
    }

    #[test]
    fn dsse_knows_no_bucket_key() {
        let dsse = (names::ENCRYPTION, "aws:kms:dsse");
        assert_eq!(refusal(&[dsse, (names::BUCKET_KEY, "true")]).code(), "INVALID_KMS_PARAMETER");
        assert_eq!(refusal(&[dsse, (names::BUCKET_KEY, "yes")]).code(), "INVALID_ENCRYPTION_HEADER");
        check_headers([(names::ENCRYPTION, "aws:kms"), (names::BUCKET_KEY, "true")]).unwrap();
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        let error = refusal(&[(names::ENCRYPTION, "AES256"), ("X-AMZ-Server-Side-Encryption", "aws:kms")]);
        assert_eq!(error.code(), "INVALID_ENCRYPTION_HEADER");
    }

    #[test]
    fn managed_headers_are_refused_on_parts_and_reads() {
        let headers = [(names::ENCRYPTION, "AES256")];
        for operation in [
            Operation::UploadPart,
            Operation::CompleteMultipartUpload,
            Operation::GetObject,
            Operation::HeadObject,
            Operation::ListParts,
        ] {
            let error = check_headers_for(operation, headers).unwrap_err();
            assert_eq!(error.code(), "ENCRYPTION_HEADER_NOT_ALLOWED");
        }
        check_headers_for(Operation::CreateMultipartUpload, headers).unwrap();
    }
}
