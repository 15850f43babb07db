//! The key of SSE-C: 32 bytes that the customer holds and S3 forgets.

use alloc::borrow::ToOwned;
use core::fmt;

use base64ct::{Base64, Encoding};
use md5::{Digest, Md5};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Header, names};
use crate::error::EnvelopeError;
use crate::secret::{Secret, wipe_stack};

const PURPOSE: &str = "the customer key";

/// A customer-provided key for SSE-C: 32 random bytes, wiped when dropped.
///
/// S3 keeps no copy (only a salted HMAC to recognise it): an object whose key is lost is lost.
///
/// Source: Amazon S3 User Guide, "Using server-side encryption with customer-provided keys (SSE-C)".
#[derive(Clone)]
pub struct CustomerKey(Secret);

impl CustomerKey {
    /// The length of a key, in bytes. S3 knows no algorithm for SSE-C but AES-256.
    pub const LENGTH: usize = 32;

    /// A new key from the system's secure random generator.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::RandomnessUnavailable`] where the system has no such generator.
    pub fn generate() -> Result<Self, EnvelopeError> {
        Ok(Self(Secret::random()?))
    }

    /// A key from its 32 raw bytes.
    ///
    /// Text is refused even where it happens to be 32 bytes long: tools differ in whether such text is the key or an
    /// encoding of the key, and an object written by one cannot be read by the other. Random bytes are never refused
    /// (32 of them are all printable with a probability below 10⁻¹³). Where such text really is the key, say so with
    /// [`CustomerKey::from_text`].
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::KeyIsText`] for base64, hexadecimal or other text, [`EnvelopeError::InvalidKeyLength`] for any
    /// other length than 32.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        if let Some(encoding) = text_encoding(bytes) {
            return Err(EnvelopeError::KeyIsText { purpose: PURPOSE, encoding });
        }
        Self::from_any_bytes(bytes)
    }

    /// A key that is text of 32 ASCII characters, as some tools make it, for objects that such a tool wrote.
    ///
    /// New keys come from [`CustomerKey::generate`]: text of that length has far less than 256 bits to guess.
    ///
    /// # Errors
    ///
    /// [`EnvelopeError::InvalidKeyLength`] where the text is not 32 bytes long.
    pub fn from_text(text: &str) -> Result<Self, EnvelopeError> {
        Self::from_any_bytes(text.as_bytes())
    }

    /// The raw key: hand it to nothing but storage that is as safe as the objects must be.
    #[must_use]
    pub const fn expose(&self) -> &[u8; Self::LENGTH] {
        self.0.expose()
    }

    /// The three headers that every request for an object under this key carries: algorithm, key (base64) and MD5
    /// (base64 of the MD5 over the raw bytes).
    #[must_use]
    pub fn headers(&self) -> [Header; 3] {
        self.triple(names::CUSTOMER)
    }

    /// The same for the source of a `CopyObject` or `UploadPartCopy`.
    #[must_use]
    pub fn copy_source_headers(&self) -> [Header; 3] {
        self.triple(names::COPY_SOURCE_CUSTOMER)
    }

    pub(super) fn md5(&self) -> Zeroizing<[u8; 16]> {
        let md5 = Zeroizing::new(md5_of(self.expose()));
        wipe_stack();
        md5
    }

    pub(super) fn from_any_bytes(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let length = bytes.len();
        Secret::copied(bytes).map(Self).ok_or(EnvelopeError::InvalidKeyLength { purpose: PURPOSE, length })
    }

    fn triple(&self, [algorithm, key, md5]: [&'static str; 3]) -> [Header; 3] {
        [
            Header::known(algorithm, "AES256".to_owned()),
            Header::known(key, Base64::encode_string(self.expose())),
            Header::known(md5, Base64::encode_string(self.md5().as_slice())),
        ]
    }
}

/// Has a frame of its own, which is wiped when it returned: MD5 works on a copy of the key there.
#[inline(never)]
fn md5_of(key: &[u8; CustomerKey::LENGTH]) -> [u8; 16] {
    Md5::digest(key).into()
}

impl fmt::Debug for CustomerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CustomerKey").finish_non_exhaustive()
    }
}

impl PartialEq for CustomerKey {
    /// Takes the same time wherever the keys differ.
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for CustomerKey {}

/// What kind of text a supposed key is, if it is text that a person could take for a key.
fn text_encoding(bytes: &[u8]) -> Option<&'static str> {
    let is_hexadecimal = bytes.iter().all(u8::is_ascii_hexdigit);
    let is_base64_alphabet = bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte));
    match bytes.len() {
        64 if is_hexadecimal => Some("64 hexadecimal digits"),
        32 if is_hexadecimal => Some("32 hexadecimal digits, which are only 16 bytes"),
        43 | 44 if is_base64_alphabet => Some("the base64 text of 32 bytes"),
        32 if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) => Some("32 characters of text"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> CustomerKey {
        CustomerKey::from_bytes(&core::array::from_fn::<u8, 32, _>(|i| i.try_into().unwrap())).unwrap()
    }

    #[test]
    fn headers_carry_the_base64_of_the_key_and_of_the_md5_over_its_raw_bytes() {
        // Computed with Python's hashlib and base64 over bytes(range(32)).
        let expected = [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="),
            ("x-amz-server-side-encryption-customer-key-md5", "tP/LI3N87DFaSk0aoqYgzg=="),
        ];
        assert_eq!(key().headers().each_ref().map(|h| (h.name(), h.value())), expected);
        let sources = key().copy_source_headers();
        for (source, (name, value)) in sources.iter().zip(expected) {
            assert_eq!(source.name(), name.replace("x-amz-", "x-amz-copy-source-"));
            assert_eq!(source.value(), value);
        }
    }

    #[test]
    fn a_wrong_length_is_refused_with_the_length_found() {
        for length in [0, 1, 16, 31, 33, 44, 64] {
            let error = CustomerKey::from_bytes(&vec![0x90; length]).unwrap_err();
            assert_eq!(error, EnvelopeError::InvalidKeyLength { purpose: PURPOSE, length });
        }
    }

    #[test]
    fn text_is_refused_as_text() {
        for text in [
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
            "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
            "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
            "000102030405060708090A0B0C0D0E0F",
            "a password of thirty-two letters",
        ] {
            let error = CustomerKey::from_bytes(text.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "KEY_IS_TEXT", "{text}");
            assert!(!error.to_string().contains(text));
        }
    }

    #[test]
    fn text_that_really_is_the_key_needs_to_be_called_so() {
        let key = CustomerKey::from_text("a password of thirty-two letters").unwrap();
        assert_eq!(key.expose(), b"a password of thirty-two letters");
        assert_eq!(CustomerKey::from_text("short").unwrap_err().code(), "INVALID_KEY_LENGTH");
    }

    #[test]
    fn generated_keys_differ_and_equal_themselves() {
        let (a, b) = (CustomerKey::generate().unwrap(), CustomerKey::generate().unwrap());
        assert_ne!(a, b);
        assert_eq!(a, a.clone());
        assert_eq!(CustomerKey::from_bytes(a.expose()).unwrap(), a);
    }

    #[test]
    fn debug_shows_neither_the_key_nor_its_md5() {
        let shown = format!("{:?} {:?}", key(), key().headers());
        assert!(!shown.contains("AAECAw"), "{shown}");
        assert!(!shown.contains("tP/LI3"), "{shown}");
        assert!(shown.contains("AES256"), "{shown}");
    }
}
