//! Data keys, encryption, decryption, and randomness.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::super::authorize::Asked;
use super::super::rewrap::on_same_key;
use super::super::{Call, Kms, KmsError, blob, random};
use super::keys::check_key_store;
use super::{Done, Input, Outcome};

const ALGORITHM: &str = "SYMMETRIC_DEFAULT";

impl Kms {
    pub(super) fn json_generate_data_key(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Outcome {
        let length = data_key_length(input)?;
        check_recipient(input)?;
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
        check_recipient(input)?;
        let (named, context) = (input.text("KeyId")?, input.context("EncryptionContext")?);
        let asked = Asked::under("Decrypt", &context).by_name(named.as_deref());
        if ignores_ciphertext(input)? {
            self.usable_key(call, &input.required("KeyId")?, asked)?;
            return Err(dry_run());
        }
        let wrapped = input.bytes("CiphertextBlob")?;
        self.check_named_key(call, asked, &wrapped)?;
        let (used, plaintext) = self.open_blob(call, asked, &wrapped)?;
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
        let (from, to) = (input.context("SourceEncryptionContext")?, input.context("DestinationEncryptionContext")?);
        let (named, destination) = (input.text("SourceKeyId")?, input.required("DestinationKeyId")?);
        let wrapped = if ignores_ciphertext(input)? { None } else { Some(input.bytes("CiphertextBlob")?) };
        let target_id = self.key_id_for(call, &destination, "ReEncryptTo")?;
        let source_id = match &wrapped {
            Some(wrapped) => blob::key_id(wrapped),
            None => Some(self.key_id_for(call, &input.required("SourceKeyId")?, "ReEncryptFrom")?),
        };
        let same = on_same_key(source_id.as_deref(), &target_id);
        let asked = |operation, context| Asked { further: Some(&same), ..Asked::under(operation, context) };
        let asked_from = asked("ReEncryptFrom", &from).by_name(named.as_deref());
        let Some(wrapped) = wrapped else {
            self.usable_key(call, &input.required("SourceKeyId")?, asked_from)?;
            self.usable_key(call, &destination, asked("ReEncryptTo", &to))?;
            return Err(dry_run());
        };
        self.check_named_key(call, asked_from, &wrapped)?;
        let (source, plaintext) = self.open_blob(call, asked_from, &wrapped)?;
        let id = self.usable_key(call, &destination, asked("ReEncryptTo", &to))?;
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
    fn check_named_key(&mut self, call: &Call<'_>, asked: Asked<'_>, wrapped: &[u8]) -> Result<(), KmsError> {
        let Some(named) = asked.name else { return Ok(()) };
        let id = self.key_id_for(call, named, asked.operation)?;
        if blob::key_id(wrapped).is_some_and(|in_blob| in_blob != id) {
            let message = "The key ID in the request does not identify a CMK that can perform this operation.";
            return Err(KmsError::new("IncorrectKeyException", message.to_owned()));
        }
        Ok(())
    }
}

pub(super) fn json_generate_random(input: &Input) -> Outcome {
    check_key_store(input)?;
    check_recipient(input)?;
    let Some(length) = input.number("NumberOfBytes")? else {
        return Err(KmsError::validation("NumberOfBytes is required."));
    };
    let bytes = Zeroizing::new(random::<1024>()?);
    let length = usize::try_from(length).map_err(|_| KmsError::internal())?;
    Ok(json!({ "Plaintext": STANDARD.encode(&bytes[..length]) }).into())
}

/// What would have succeeded is refused, where the caller only wanted to know.
pub(super) fn check_dry_run(input: &Input) -> Result<(), KmsError> {
    if input.flag("DryRun")? { Err(dry_run()) } else { Ok(()) }
}

fn dry_run() -> KmsError {
    let message = "The request would have succeeded, but the DryRun option is set.";
    KmsError::new("DryRunOperationException", message.to_owned())
}

/// Whether a dry run is to ask for permissions only, without a ciphertext.
fn ignores_ciphertext(input: &Input) -> Result<bool, KmsError> {
    let modifiers = input.texts("DryRunModifiers")?;
    Ok(input.flag("DryRun")? && modifiers.iter().any(|modifier| modifier == "IGNORE_CIPHERTEXT"))
}

/// Answers for an enclave are wrapped under a key that its attestation document proves, by a signature of AWS's own hardware.
/// Nothing else can sign one, so none is right here.
fn check_recipient(input: &Input) -> Result<(), KmsError> {
    match input.value("Recipient") {
        Some(_) => Err(KmsError::validation("The attestation document is not one that a Nitro enclave of AWS signed.")),
        None => Ok(()),
    }
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
    match (input.text("KeySpec")?.as_deref(), input.number("NumberOfBytes")?) {
        (Some("AES_256"), None) => Ok(32),
        (Some("AES_128"), None) => Ok(16),
        (None, Some(length)) => usize::try_from(length).map_err(|_| KmsError::internal()),
        _ => Err(KmsError::validation("Please specify either number of bytes or key spec.")),
    }
}
