//! Wrapping an object's data key anew: for another key, or for a further reader. The object itself stays as it is.

use super::{CbcVersion, ContentMetadata, INSTRUCTION_FILE_SUFFIX, MessageFormat};
use crate::error::EnvelopeError;
use crate::keyring::{WrappedDataKey, WrappingAlgorithm};

impl ContentMetadata {
    /// The same object's content metadata with its data key wrapped anew, for the instruction file of that suffix. Content
    /// in CBC mode becomes format V2, which names the new algorithm.
    ///
    /// # Errors
    /// What AWS's client for Java refuses too: [`EnvelopeError::MaterialsDescriptionUnchanged`] where nothing would tell a
    /// reader that another key is needed, and [`EnvelopeError::InvalidOption`] for a suffix of its own under an AES
    /// keyring: whoever has an AES key can write as well, so that a further reader is no lesser one. And those of
    /// [`ContentMetadata::check_limits`].
    pub fn rewrapped(&self, wrapped: WrappedDataKey, suffix: &str) -> Result<Self, EnvelopeError> {
        if wrapped.description == self.wrapped.description {
            return Err(EnvelopeError::MaterialsDescriptionUnchanged);
        }
        if wrapped.algorithm == WrappingAlgorithm::AesGcm && suffix != INSTRUCTION_FILE_SUFFIX {
            let expected = "left out with an AES keyring: further readers are for RSA keyrings";
            return Err(EnvelopeError::InvalidOption { option: "instructionFileSuffix", expected });
        }
        let mut format = self.format.clone();
        if let MessageFormat::Cbc { version, .. } = &mut format {
            *version = CbcVersion::V2;
        }
        let rewrapped = Self { wrapped, format };
        rewrapped.check_limits()?;
        Ok(rewrapped)
    }

    /// Whether only the content can show that an unwrapped data key is the object's own: unwrapping may have succeeded under
    /// another key, and the format commits to none. A data key that nobody has shown to be the one must not be wrapped anew:
    /// its new wrapping would stand in the place of the only one that opens the object.
    ///
    /// # Errors
    /// [`EnvelopeError::DataKeyUnproven`] for content in CBC mode, which shows nothing.
    pub const fn needs_content_proof(&self) -> Result<bool, EnvelopeError> {
        let (algorithm, suite) = (self.wrapped.algorithm, self.suite());
        if algorithm.refuses_other_keys() || suite.commits_to_key() {
            return Ok(false);
        }
        if suite.is_authenticated() { Ok(true) } else { Err(EnvelopeError::DataKeyUnproven) }
    }

    /// The new wrapping under the old name: what a keyring unwraps of it, it unwraps because its key is still the one, and
    /// not because of what the materials description says.
    #[must_use]
    pub fn under_description_of(&self, earlier: &Self) -> Self {
        let description = earlier.wrapped.description.clone();
        let wrapped = WrappedDataKey { description, ..self.wrapped.clone() };
        Self { wrapped, format: self.format.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keyring::{AesKeyring, DataKey, Keyring, LegacyWrapping, MaterialsDescription};

    fn description(value: &str) -> MaterialsDescription {
        [("key".to_owned(), value.to_owned())].into()
    }

    fn keyring(byte: u8, name: &str) -> AesKeyring {
        AesKeyring::from_bytes(&[byte; 32]).unwrap().with_description(description(name))
    }

    fn object(format: MessageFormat, by: &AesKeyring) -> ContentMetadata {
        let wrapped = WrappedDataKey {
            algorithm: WrappingAlgorithm::AesGcm,
            ciphertext: Vec::new(),
            description: MaterialsDescription::new(),
        };
        let empty = ContentMetadata { wrapped, format };
        let wrapped = by.wrap(&DataKey::from_bytes(&[9; 32]).unwrap(), empty.suite()).unwrap();
        ContentMetadata { wrapped, ..empty }
    }

    const V3: MessageFormat = MessageFormat::V3 { message_id: [4; 28], commitment: [5; 28] };

    #[test]
    fn a_new_key_reads_and_the_old_one_does_not() {
        let (old, new) = (keyring(1, "2025"), keyring(2, "2026"));
        let before = object(V3, &old);
        let wrapped = new.wrap(&old.unwrap(&before.wrapped, before.suite()).unwrap(), before.suite()).unwrap();
        let after = before.rewrapped(wrapped, ".instruction").unwrap();
        assert_eq!(after.format, before.format);
        assert_eq!(new.unwrap(&after.wrapped, after.suite()).unwrap().as_bytes(), &[9; 32]);
        let trial = after.under_description_of(&before);
        assert_eq!(old.unwrap(&trial.wrapped, trial.suite()).unwrap_err(), EnvelopeError::WrongKey);
    }

    #[test]
    fn the_same_key_under_a_new_name_is_found_out() {
        let before = object(V3, &keyring(1, "2025"));
        let wrapped = object(V3, &keyring(1, "2026")).wrapped;
        let after = before.rewrapped(wrapped, ".instruction").unwrap();
        assert!(keyring(1, "2025").unwrap(&after.wrapped, after.suite()).is_err(), "by the name alone");
        let trial = after.under_description_of(&before);
        assert!(keyring(1, "2025").unwrap(&trial.wrapped, trial.suite()).is_ok());
    }

    #[test]
    fn what_java_refuses_is_refused() {
        let before = object(V3, &keyring(1, "2025"));
        let same = object(V3, &keyring(2, "2025")).wrapped;
        assert_eq!(before.rewrapped(same, ".instruction"), Err(EnvelopeError::MaterialsDescriptionUnchanged));
        let aes = object(V3, &keyring(2, "2026")).wrapped;
        assert_eq!(before.rewrapped(aes.clone(), ".reader").unwrap_err().code(), "INVALID_OPTION");
        let rsa = WrappedDataKey { algorithm: WrappingAlgorithm::RsaOaepSha1, ..aes };
        assert!(before.rewrapped(rsa, ".reader").is_ok());
        let long = object(V3, &keyring(2, &"n".repeat(70_000))).wrapped;
        assert_eq!(before.rewrapped(long, ".instruction").unwrap_err().code(), "INVALID_OPTION");
    }

    #[test]
    fn an_answer_of_pkcs_1_v1_5_is_proven_by_the_content_alone() {
        let cbc = MessageFormat::Cbc { version: CbcVersion::V2, iv: [6; 16], unencrypted_content_length: None };
        let v2 = MessageFormat::V2 { iv: [6; 12], unencrypted_content_length: None };
        for (format, of_rsa) in [(V3, Ok(false)), (v2, Ok(true)), (cbc, Err(EnvelopeError::DataKeyUnproven))] {
            let mut before = object(format, &keyring(1, "2025"));
            assert_eq!(before.needs_content_proof(), Ok(false));
            before.wrapped.algorithm = WrappingAlgorithm::Legacy(LegacyWrapping::RsaOaepSha256);
            assert_eq!(before.needs_content_proof(), Ok(false));
            before.wrapped.algorithm = WrappingAlgorithm::Legacy(LegacyWrapping::Rsa);
            assert_eq!(before.needs_content_proof(), of_rsa);
        }
    }

    #[test]
    fn a_legacy_wrapping_becomes_one_that_v2_names() {
        let format = MessageFormat::Cbc { version: CbcVersion::V1, iv: [6; 16], unencrypted_content_length: Some(3) };
        let mut before = object(format, &keyring(1, "2025"));
        let wrapped = object(before.format.clone(), &keyring(2, "2026")).wrapped;
        before.wrapped.algorithm = WrappingAlgorithm::Legacy(LegacyWrapping::Aes);
        let after = before.rewrapped(wrapped, ".instruction").unwrap();
        let read = ContentMetadata::parse(&after.to_map()).unwrap();
        assert_eq!(read, after);
        assert_eq!(after.to_map()["x-amz-wrap-alg"], "AES/GCM");
        assert_eq!(after.to_map()["x-amz-cek-alg"], "AES/CBC/PKCS5Padding");
    }
}
