//! The KMS keyring's part that asks nobody: encryption contexts. KMS binds a wrapped data key to its context, so that is
//! where the content's algorithm goes, under a reserved name.
//!
//! Source: the S3 Encryption Client specification, `materials/s3-kms-keyring.md`.

use alloc::borrow::ToOwned;

use super::{LegacyWrapping, MaterialsDescription, WrappedDataKey, WrappingAlgorithm};
use crate::error::EnvelopeError;
use crate::suite::AlgorithmSuite;

/// The reserved name of the content's algorithm.
const CONTENT_ALGORITHM: &str = "aws:x-amz-cek-alg";
/// The reserved name of the KMS key, of the first clients.
const CMK_ID: &str = "kms_cmk_id";

/// The whole context under which a data key for an object of `suite` is to be generated.
///
/// # Errors
/// [`EnvelopeError::ReservedContextName`] where `caller` has a name that is the client's own.
pub fn kms_context(
    caller: &MaterialsDescription,
    suite: AlgorithmSuite,
) -> Result<MaterialsDescription, EnvelopeError> {
    for name in [CONTENT_ALGORITHM, CMK_ID] {
        if caller.contains_key(name) {
            return Err(EnvelopeError::ReservedContextName { name });
        }
    }
    let mut context = caller.clone();
    context.insert(CONTENT_ALGORITHM.to_owned(), suite.wrapping_label().to_owned());
    Ok(context)
}

/// The checks that come before KMS is asked to unwrap: the stored context is the caller's and names the content's
/// algorithm. A legacy object has no context of the caller's: one that is given must not be dropped in silence.
///
/// # Errors
/// [`EnvelopeError::KeyringMismatch`] where KMS did not wrap the data key, [`EnvelopeError::ReservedContextName`], and
/// [`EnvelopeError::EncryptionContextMismatch`].
pub fn check_kms_applies(
    caller: &MaterialsDescription,
    wrapped: &WrappedDataKey,
    suite: AlgorithmSuite,
) -> Result<(), EnvelopeError> {
    let expected = kms_context(caller, suite)?;
    // Not `remove`, which weighs 1 KB of the WASM file, gzipped.
    let stored = wrapped.description.iter().filter(|(name, _)| *name != CMK_ID);
    let fits = match wrapped.algorithm {
        WrappingAlgorithm::KmsContext => stored.eq(expected.iter()),
        WrappingAlgorithm::Legacy(LegacyWrapping::Kms) => caller.is_empty(),
        other => return Err(EnvelopeError::KeyringMismatch { keyring: "a KMS keyring", object: other.v2_name() }),
    };
    if fits { Ok(()) } else { Err(EnvelopeError::EncryptionContextMismatch) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUITE: AlgorithmSuite = AlgorithmSuite::Aes256GcmHkdfSha512CommitKey;

    fn context(pairs: &[(&str, &str)]) -> MaterialsDescription {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn code(caller: &[(&str, &str)], algorithm: WrappingAlgorithm, stored: &[(&str, &str)]) -> &'static str {
        let wrapped = WrappedDataKey { algorithm, ciphertext: vec![1], description: context(stored) };
        check_kms_applies(&context(caller), &wrapped, SUITE).map_or_else(|error| error.code(), |()| "applies")
    }

    #[test]
    fn the_algorithm_joins_the_callers_context() {
        let whole = kms_context(&context(&[("tenant", "7")]), SUITE).unwrap();
        assert_eq!(whole, context(&[("tenant", "7"), ("aws:x-amz-cek-alg", "115")]));
        for name in ["aws:x-amz-cek-alg", "kms_cmk_id"] {
            let refused = kms_context(&context(&[(name, "115")]), SUITE);
            assert_eq!(refused, Err(EnvelopeError::ReservedContextName { name }));
        }
    }

    #[test]
    fn the_stored_context_must_be_the_callers_and_the_algorithms() {
        let kms = WrappingAlgorithm::KmsContext;
        let stored = [("tenant", "7"), ("aws:x-amz-cek-alg", "115")];
        assert_eq!(code(&[("tenant", "7")], kms, &stored), "applies");
        assert_eq!(code(&[("tenant", "7")], kms, &[stored[0], stored[1], ("kms_cmk_id", "k")]), "applies");
        assert_eq!(code(&[], kms, &stored), "ENCRYPTION_CONTEXT_MISMATCH");
        assert_eq!(code(&[("tenant", "8")], kms, &stored), "ENCRYPTION_CONTEXT_MISMATCH");
        assert_eq!(code(&[("tenant", "7")], kms, &stored[..1]), "ENCRYPTION_CONTEXT_MISMATCH");
        let downgraded = [("aws:x-amz-cek-alg", "AES/GCM/NoPadding")];
        assert_eq!(code(&[], kms, &downgraded), "ENCRYPTION_CONTEXT_MISMATCH");
        assert_eq!(code(&[("kms_cmk_id", "k")], kms, &stored), "RESERVED_CONTEXT_NAME");
        assert_eq!(code(&[], WrappingAlgorithm::AesGcm, &[]), "KEYRING_MISMATCH");
    }

    #[test]
    fn a_context_that_a_legacy_object_would_ignore_is_refused() {
        let legacy = WrappingAlgorithm::Legacy(LegacyWrapping::Kms);
        assert_eq!(code(&[], legacy, &[("kms_cmk_id", "k")]), "applies");
        assert_eq!(code(&[("tenant", "7")], legacy, &[("kms_cmk_id", "k")]), "ENCRYPTION_CONTEXT_MISMATCH");
    }
}
