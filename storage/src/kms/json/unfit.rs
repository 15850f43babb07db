//! Operations that are for keys of other kinds: KMS refuses them of a symmetric key of its own, and so does this.
//!
//! Source: Amazon's recorded answers, and the AWS KMS API Reference.

use super::super::{Call, Kms, KmsError};
use super::{Input, Outcome};

/// Why an operation is not for a symmetric key.
enum Unfit {
    Usage,
    Origin,
    SingleRegion,
}

fn unfit(operation: &str) -> Option<Unfit> {
    match operation {
        "DeriveSharedSecret" | "GenerateMac" | "Sign" | "Verify" | "VerifyMac" => Some(Unfit::Usage),
        "DeleteImportedKeyMaterial" | "GetParametersForImport" | "ImportKeyMaterial" => Some(Unfit::Origin),
        "ReplicateKey" | "UpdatePrimaryRegion" => Some(Unfit::SingleRegion),
        _ => None,
    }
}

/// Whether this is an operation that no symmetric key is for.
pub(super) fn is_operation(operation: &str) -> bool {
    unfit(operation).is_some()
}

impl Kms {
    pub(super) fn json_refuse(&mut self, call: &Call<'_>, input: &Input, operation: &str) -> Outcome {
        let id = self.asked_key(call, input, operation)?;
        let arn = self.arn(&id);
        let (code, message) = match unfit(operation) {
            Some(Unfit::Usage) => (
                "InvalidKeyUsageException",
                format!("{arn} key usage is ENCRYPT_DECRYPT which is not valid for {operation}."),
            ),
            Some(Unfit::Origin) => (
                "UnsupportedOperationException",
                format!("{arn} origin is AWS_KMS which is not valid for this operation."),
            ),
            _ => ("UnsupportedOperationException", format!("{arn} is not a multi-region primary key.")),
        };
        Err(KmsError::new(code, message))
    }
}
