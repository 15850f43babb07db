//! Data keys, encryption, decryption, and randomness.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::authorize::Asked;
use super::super::{Call, Kms, KmsError, blob, random};
use super::{Done, Input, Outcome};

const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

impl Kms {
    pub(super) fn json_generate_data_key(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Outcome {
        let length = data_key_length(input)?;
        let (key, context) = (input.required("KeyId")?, input.context("EncryptionContext")?);
        let made = self.make_data_key(call, operation, &key, length, &context)?;
        check_dry_run(input)?;
        let mut output = json!({
            "KeyId": self.arn(&made.used.key_id),
            "CiphertextBlob": STANDARD.encode(&made.ciphertext_blob),
            "KeyMaterialId": made.used.material_id,
        });
        if operation == "GenerateDataKey" {
            output["Plaintext"] = Value::from(STANDARD.encode(&made.plaintext));
        }
        Ok(Done { output, used: vec![made.used] })
    }

    pub(super) fn json_encrypt(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        check_algorithm(input, "EncryptionAlgorithm")?;
        let plaintext = Zeroizing::new(input.bytes("Plaintext")?);
        if plaintext.is_empty() || plaintext.len() > 4096 {
            let bound = if plaintext.is_empty() { "greater than or equal to 1" } else { "less than or equal to 4096" };
            return Err(KmsError::validation(&format!(
                "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length \
                 {bound}"
            )));
        }
        let (key, context) = (input.required("KeyId")?, input.context("EncryptionContext")?);
        let id = self.usable_key(call, &key, Asked::under("Encrypt", &context))?;
        check_dry_run(input)?;
        let wrapped = self.wrap(&id, &plaintext, &context)?;
        let output = json!({
            "KeyId": self.arn(&id), "CiphertextBlob": STANDARD.encode(wrapped), "EncryptionAlgorithm": ALGORITHM,
        });
        Ok(Done { output, used: vec![self.used_now(&id)?] })
    }

    pub(super) fn json_decrypt(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        check_algorithm(input, "EncryptionAlgorithm")?;
        let wrapped = input.bytes("CiphertextBlob")?;
        self.check_named_key(call, input.text("KeyId")?, &wrapped)?;
        let context = input.context("EncryptionContext")?;
        let (used, plaintext) = self.open_blob(call, "Decrypt", &wrapped, &context)?;
        check_dry_run(input)?;
        let output = json!({
            "KeyId": self.arn(&used.key_id),
            "Plaintext": STANDARD.encode(&plaintext),
            "EncryptionAlgorithm": ALGORITHM,
            "KeyMaterialId": used.material_id,
        });
        Ok(Done { output, used: vec![used] })
    }

    pub(super) fn json_re_encrypt(&mut self, call: &Call<'_>, input: &Input) -> Outcome {
        check_algorithm(input, "SourceEncryptionAlgorithm")?;
        check_algorithm(input, "DestinationEncryptionAlgorithm")?;
        let wrapped = input.bytes("CiphertextBlob")?;
        self.check_named_key(call, input.text("SourceKeyId")?, &wrapped)?;
        let (from, to) = (input.context("SourceEncryptionContext")?, input.context("DestinationEncryptionContext")?);
        let (source, plaintext) = self.open_blob(call, "ReEncryptFrom", &wrapped, &from)?;
        let id = self.usable_key(call, &input.required("DestinationKeyId")?, Asked::under("ReEncryptTo", &to))?;
        check_dry_run(input)?;
        let (rewrapped, target) = (self.wrap(&id, &plaintext, &to)?, self.used_now(&id)?);
        let output = json!({
            "CiphertextBlob": STANDARD.encode(rewrapped),
            "SourceKeyId": self.arn(&source.key_id),
            "KeyId": self.arn(&id),
            "SourceEncryptionAlgorithm": ALGORITHM,
            "DestinationEncryptionAlgorithm": ALGORITHM,
            "SourceKeyMaterialId": source.material_id,
            "DestinationKeyMaterialId": target.material_id,
        });
        Ok(Done { output, used: vec![source, target] })
    }

    /// A key that the caller names must be the one in the blob.
    fn check_named_key(&mut self, call: &Call<'_>, named: Option<String>, wrapped: &[u8]) -> Result<(), KmsError> {
        let Some(named) = named else { return Ok(()) };
        let id = self.key_id(&named, call.now)?;
        if blob::key_id(wrapped).is_some_and(|in_blob| in_blob != id) {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(KmsError::new("IncorrectKeyException", message.to_owned()));
        }
        Ok(())
    }
}

pub(super) fn json_generate_random(input: &Input) -> Outcome {
    let Some(length) = input.number_within("NumberOfBytes", 1, 1024)? else {
        return Err(KmsError::validation("NumberOfBytes is required."));
    };
    let bytes = Zeroizing::new(random::<1024>()?);
    let length = usize::try_from(length).map_err(|_| KmsError::internal())?;
    Ok(json!({ "Plaintext": STANDARD.encode(&bytes[..length]) }).into())
}

/// What would have succeeded is refused, where the caller only wanted to know.
pub(super) fn check_dry_run(input: &Input) -> Result<(), KmsError> {
    if !input.flag("DryRun")? {
        return Ok(());
    }
    let message = "The request would have succeeded, but the DryRun option is set.";
    Err(KmsError::new("DryRunOperationException", message.to_owned()))
}

fn check_algorithm(input: &Input, name: &str) -> Result<(), KmsError> {
    match input.text(name)? {
        Some(other) if other != ALGORITHM => {
            let message = format!("Algorithm {other} is incompatible with key spec SYMMETRIC_DEFAULT.");
            Err(KmsError::new("InvalidKeyUsageException", message))
        }
        _ => Ok(()),
    }
}

/// A data key's length: by name or by number, not by both.
fn data_key_length(input: &Input) -> Result<usize, KmsError> {
    match (input.text("KeySpec")?.as_deref(), input.number_within("NumberOfBytes", 1, 1024)?) {
        (Some("AES_256"), None) => Ok(32),
        (Some("AES_128"), None) => Ok(16),
        (None, Some(length)) => usize::try_from(length).map_err(|_| KmsError::internal()),
        _ => Err(KmsError::validation("Please specify either number of bytes or key spec.")),
    }
}
