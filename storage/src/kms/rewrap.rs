//! Keys that are there already, wrapped under another key: encrypted, or re-encrypted, in which they do not leave KMS. The JSON
//! API has both for its own callers; these are for S3, which asks in Rust.

use super::authorize::{Asked, conditions};
use super::event::Recorded;
use super::{Call, Context, Kms, KmsError, Used, blob};
use crate::policy::ConditionContext;

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
        self.delete_due(call.now);
        let outcome = self.wrapped_under(call, Asked::under("Encrypt", context), key, plaintext);
        let parameters = serde_json::json!({
            "keyId": key, "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context,
        });
        let used: Vec<Used> =
            outcome.as_ref().map_or_else(|_| self.known(key), |(_, used)| Some(used.clone())).into_iter().collect();
        let (response, error) = (serde_json::Value::Null, outcome.as_ref().err());
        self.record_use(call, &Recorded { name: "Encrypt", parameters, response, used: &used, error });
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
        self.delete_due(call.now);
        let outcome = self.wrapped_anew(call, ciphertext_blob, key, (from, to));
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
        let (response, error) = (serde_json::Value::Null, outcome.as_ref().err());
        self.record_use(call, &Recorded { name: "ReEncrypt", parameters, response, used: &used, error });
        outcome.map(|(rewrapped, _)| rewrapped)
    }

    fn wrapped_anew(
        &mut self,
        call: &Call<'_>,
        ciphertext_blob: &[u8],
        key: &str,
        (from, to): (&Context, &Context),
    ) -> Result<(Rewrapped, Used), KmsError> {
        let target = self.key_id_for(call, key, "ReEncryptTo")?;
        let same = on_same_key(blob::key_id(ciphertext_blob).as_deref(), &target);
        let asked = |operation, context| Asked { further: Some(&same), ..Asked::under(operation, context) };
        let (_, plaintext) = self.open_blob(call, asked("ReEncryptFrom", from), ciphertext_blob)?;
        self.wrapped_under(call, asked("ReEncryptTo", to), key, &plaintext)
    }

    fn wrapped_under(
        &mut self,
        call: &Call<'_>,
        asked: Asked<'_>,
        key: &str,
        plaintext: &[u8],
    ) -> Result<(Rewrapped, Used), KmsError> {
        let id = self.usable_key(call, key, asked)?;
        let context = asked.context.ok_or_else(KmsError::internal)?;
        let ciphertext_blob = self.wrap(&id, plaintext, context)?;
        Ok((Rewrapped { key_arn: self.arn(&id), ciphertext_blob }, self.used_now(&id)?))
    }
}

/// What conditions can ask about the two keys of a re-encryption.
pub(super) fn on_same_key(source: Option<&str>, target: &str) -> ConditionContext {
    conditions([("kms:ReEncryptOnSameKey", (source == Some(target)).to_string())])
}
