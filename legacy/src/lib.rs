//! Reads what the first S3 encryption clients wrote: data keys wrapped by legacy algorithms, and content in CBC mode.
//!
//! It is a WebAssembly file of its own, which a page loads when it meets such an object and never otherwise. It only
//! reads: nothing here can wrap or encrypt. Whether an object may be read at all is for the toolkit to say.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`unwrap`] | data keys out of `AESWrap`, `AES`, `RSA` and `RSA/ECB/OAEPWithSHA-256AndMGF1Padding` |
//! | [`cbc`] | content in AES-256-CBC, piece by piece |

pub mod cbc;
pub mod unwrap;

#[cfg(target_arch = "wasm32")]
pub mod web;

/// A failure of this crate. It never says which of several checks on secret data failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LegacyError {
    /// The data key could not be unwrapped.
    #[error(
        "the object does not open with this key: it was encrypted under another key, or its metadata was altered; \
         nothing was decrypted"
    )]
    WrongKey,
    /// An RSA key is none, or has no private half.
    #[error("the RSA key cannot be used: give the private key as PKCS #8 DER, of 1024 to 16384 bits")]
    InvalidRsaKey,
    /// The content is not what CBC mode leaves.
    #[error(
        "the content in CBC mode has a length or padding that such content cannot have: the key is another one, or the \
         object was altered; throw away what was read of it"
    )]
    ContentInvalid,
}

impl LegacyError {
    /// The stable code, as JavaScript sees it in `error.code`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::WrongKey => "WRONG_KEY",
            Self::InvalidRsaKey => "INVALID_INPUT",
            Self::ContentInvalid => "LEGACY_CONTENT_INVALID",
        }
    }
}
