//! KMS's refusals, by its own codes and in its own words.

/// A refusal. The code is KMS's, such as `NotFoundException`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct KmsError {
    code: &'static str,
    message: String,
}

impl KmsError {
    pub(super) const fn new(code: &'static str, message: String) -> Self {
        Self { code, message }
    }

    pub(super) const fn not_found(message: String) -> Self {
        Self::new("NotFoundException", message)
    }

    pub(super) fn validation(message: &str) -> Self {
        Self::new("ValidationException", message.to_owned())
    }

    /// KMS does not say what is wrong with a ciphertext.
    pub(crate) const fn invalid_ciphertext() -> Self {
        Self::new("InvalidCiphertextException", String::new())
    }

    pub(super) fn internal() -> Self {
        Self::new("KMSInternalException", "the simulated KMS failed, or its state was altered".to_owned())
    }

    /// KMS's code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// KMS's message; it may be empty.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }
}
