//! Keys that are there already, wrapped under another key: encrypted, or re-encrypted, in which they do not leave KMS. The JSON
//! API has both for its own callers; these are for S3, which asks in Rust.

use super::authorize::Asked;
use super::{Call, Context, Kms, KmsError, Used};

/// What a key was wrapped to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewrapped {
    /// The ARN of the wrapping key.
    pub key_arn: String,
    /// What wraps the key, to be stored.
    pub ciphertext_blob: Vec<u8>,
}

impl Kms {
    /// Encrypts under a key (`kms:Encrypt`).
    ///
    /// # Errors
    /// Those of [`Kms::resolve`], `AccessDeniedException`, `DisabledException`, `KMSInvalidStateException`.
    pub fn encrypt(
        &mut self,
        call: &Call<'_>,
        key: &str,
        plaintext: &[u8],
        context: &Context,
    ) -> Result<Rewrapped, KmsError> {
        let outcome = self.wrapped_under(call, "Encrypt", key, plaintext, context);
        let parameters = serde_json::json!({
            "keyId": key, "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context,
        });
        let used =
            outcome.as_ref().map_or_else(|_| self.known(key).into_iter().collect(), |(_, used)| vec![used.clone()]);
        self.record(call, "Encrypt", parameters, &used, outcome.as_ref().err());
        outcome.map(|(rewrapped, _)| rewrapped)
    }

    /// Wraps under a key what another key wrapped (`kms:ReEncryptFrom`, `kms:ReEncryptTo`). The contexts are the one that it was
    /// wrapped under and the one that it is to be.
    ///
    /// # Errors
    /// Those of [`Kms::decrypt`] and of [`Kms::encrypt`].
    pub fn re_encrypt(
        &mut self,
        call: &Call<'_>,
        ciphertext_blob: &[u8],
        key: &str,
        (from, to): (&Context, &Context),
    ) -> Result<Rewrapped, KmsError> {
        let outcome = self
            .open_blob(call, "ReEncryptFrom", ciphertext_blob, from)
            .and_then(|(_, plaintext)| self.wrapped_under(call, "ReEncryptTo", key, &plaintext, to));
        let source = self.named_in(ciphertext_blob);
        let parameters = serde_json::json!({
            "destinationKeyId": key,
            "sourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "sourceEncryptionContext": from,
            "destinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
            "destinationEncryptionContext": to,
        });
        let target = outcome.as_ref().map_or_else(|_| self.known(key), |(_, used)| Some(used.clone()));
        let used: Vec<Used> = source.into_iter().chain(target).collect();
        self.record(call, "ReEncrypt", parameters, &used, outcome.as_ref().err());
        outcome.map(|(rewrapped, _)| rewrapped)
    }

    /// Wraps under a key, for an operation that policies know by its name.
    fn wrapped_under(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        key: &str,
        plaintext: &[u8],
        context: &Context,
    ) -> Result<(Rewrapped, Used), KmsError> {
        let id = self.usable_key(call, key, Asked::under(operation, context))?;
        let ciphertext_blob = self.wrap(&id, plaintext, context)?;
        Ok((Rewrapped { key_arn: self.arn(&id), ciphertext_blob }, self.used_now(&id)?))
    }
}
