//! How long content metadata can be: what is read, and so what may be written.

use super::{ContentMetadata, json, names};
use crate::error::EnvelopeError;

/// The longest value that is looked at, in bytes. S3 stores 2048 with an object; an instruction file may hold the longest
/// key that KMS wraps (6144 bytes), in base64.
const MAX_VALUE_LENGTH: usize = 16 * 1024;

/// The same of descriptions: the longest encryption context that KMS takes has 8192 characters, each of which can be six of
/// JSON.
pub(super) const MAX_DESCRIPTION_LENGTH: usize = 64 * 1024;

/// The most names that a map may have. No writer has a tenth as many; a storage could otherwise make a reader sort for long.
pub(super) const MAX_NAMES: usize = 1_000;

/// The longest instruction file that is read, in bytes: the longest description, each of whose characters can be two of
/// JSON once more, the longest key that KMS wraps, and room to spare.
pub const MAX_INSTRUCTION_FILE_LENGTH: usize = 192 * 1024;

/// The longest value of an entry that is looked at, in bytes.
pub(super) fn max_length_of(name: &str) -> usize {
    if names::DESCRIPTIONS.contains(&name) { MAX_DESCRIPTION_LENGTH } else { MAX_VALUE_LENGTH }
}

impl ContentMetadata {
    /// Checks, before anything is stored, that what is written can be read again.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidOption`] where the description, or the encryption context, is longer than that.
    pub fn check_limits(&self) -> Result<(), EnvelopeError> {
        let description = &self.wrapped.description;
        if description.len() <= MAX_NAMES && json::write(description).len() <= MAX_DESCRIPTION_LENGTH {
            return Ok(());
        }
        let option = if self.wrapped.algorithm.is_kms() { "encryptionContext" } else { "materialsDescription" };
        Err(EnvelopeError::InvalidOption { option, expected: "of at most 1000 names and 64 KiB of ASCII JSON" })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_INSTRUCTION_FILE_LENGTH, MessageFormat, join, split};
    use super::*;
    use crate::keyring::{MaterialsDescription, WrappedDataKey, WrappingAlgorithm};

    fn metadata(algorithm: WrappingAlgorithm, description: MaterialsDescription) -> ContentMetadata {
        let wrapped =
            WrappedDataKey { algorithm, ciphertext: vec![9; *algorithm.wrapped_lengths().end()], description };
        ContentMetadata { wrapped, format: MessageFormat::V3 { message_id: [4; 28], commitment: [5; 28] } }
    }

    /// A context whose one value is `character`, `count` times.
    fn context(character: char, count: usize) -> MaterialsDescription {
        [("a".to_owned(), String::from(character).repeat(count))].into()
    }

    #[test]
    fn the_longest_that_may_be_written_is_read_in_whatever_characters() {
        let frame = r#"{"a":""}"#.len();
        for (character, length) in [('a', 1), ('"', 2), ('\\', 2), ('é', 6), ('\u{1}', 6), ('\u{1f511}', 12)] {
            let count = (MAX_DESCRIPTION_LENGTH - frame) / length;
            for algorithm in [WrappingAlgorithm::KmsContext, WrappingAlgorithm::RsaOaepSha1] {
                let longest = metadata(algorithm, context(character, count));
                assert_eq!(longest.check_limits(), Ok(()));
                assert_eq!(ContentMetadata::parse(&longest.to_map()), Ok(longest.clone()), "{character}");
                let (object, file) = split(longest.to_map());
                assert!(file.len() <= MAX_INSTRUCTION_FILE_LENGTH, "{character}: {}", file.len());
                let joined = join(&object, file.as_bytes()).unwrap();
                assert_eq!(ContentMetadata::parse(&joined), Ok(longest));
            }
        }
    }

    #[test]
    fn what_kms_takes_may_be_written() {
        for character in ['a', '"', 'é', '\u{1f511}'] {
            let longest = metadata(WrappingAlgorithm::KmsContext, context(character, 8191 / character.len_utf16()));
            assert_eq!(longest.check_limits(), Ok(()));
        }
    }

    #[test]
    fn what_would_not_be_read_is_not_written() {
        let names = |count: u32| (0..count).map(|name| (name.to_string(), String::new())).collect();
        for (algorithm, option) in
            [(WrappingAlgorithm::KmsContext, "encryptionContext"), (WrappingAlgorithm::AesGcm, "materialsDescription")]
        {
            assert_eq!(metadata(algorithm, names(1000)).check_limits(), Ok(()));
            for description in [names(1001), context('é', 11_000), context('a', MAX_DESCRIPTION_LENGTH)] {
                let too_long = metadata(algorithm, description);
                assert!(ContentMetadata::parse(&too_long.to_map()).is_err());
                let error = too_long.check_limits().unwrap_err();
                assert_eq!(error.code(), "INVALID_OPTION");
                assert!(error.to_string().contains(option), "{error}");
            }
        }
    }
}
