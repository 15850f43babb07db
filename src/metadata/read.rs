//! User metadata to content metadata, strictly.

use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use super::limits::max_length_of;
use super::{
    CbcVersion, ContentMetadata, MessageFormat, MetadataMap, double_encoding, json, names, needs_instruction_file,
};
use crate::decimal::decimal;
use crate::error::{EnvelopeError, MetadataProblem};
use crate::keyring::{LegacyWrapping, MaterialsDescription, WrappedDataKey, WrappingAlgorithm};

/// Up to this length, in bytes, a wrapped data key of V1 is wrapped by AES, beyond it by RSA: 32 bytes and padding.
const V1_LONGEST_AES: usize = 48;

impl ContentMetadata {
    /// Reads an object's content metadata from its user metadata, by lower-case name without `x-amz-meta-`.
    /// Entries that are not the S3 Encryption Client's are passed over.
    ///
    /// # Errors
    /// [`EnvelopeError::NotEncrypted`] where there is none, [`EnvelopeError::InstructionFileMissing`] where the wrapped
    /// data key is in an instruction file (see [`join`](super::join)), and [`EnvelopeError::MetadataMissing`],
    /// [`EnvelopeError::MetadataInvalid`] or [`EnvelopeError::MetadataContradictory`] with the entry's name where it is
    /// malformed.
    pub fn parse(map: &MetadataMap) -> Result<Self, EnvelopeError> {
        let entries = Entries(map);
        entries.check_lengths()?;
        if needs_instruction_file(map) {
            return Err(entries.without_file());
        }
        match entries.version()? {
            Version::V1 => entries.v1(),
            Version::V2 => entries.v2(),
            Version::V3 => entries.v3(),
        }
    }
}

#[derive(Clone, Copy)]
enum Version {
    V1,
    V2,
    V3,
}

struct Entries<'a>(&'a MetadataMap);

impl<'a> Entries<'a> {
    fn check_lengths(&self) -> Result<(), EnvelopeError> {
        let is_too_long = |name: &str| self.0.get(name).is_some_and(|value| value.len() > max_length_of(name));
        names::all().find(|name| is_too_long(name)).map_or(Ok(()), |name| Err(invalid(name, MetadataProblem::TooLong)))
    }

    /// What an object is without the instruction file that would say more.
    fn without_file(&self) -> EnvelopeError {
        let has_any = self.first_of(&names::BEFORE_V3).or_else(|| self.first_of(&names::V3_ONLY)).is_some();
        if has_any { EnvelopeError::InstructionFileMissing } else { EnvelopeError::NotEncrypted }
    }

    /// The version whose entries are there; entries of two versions together are a contradiction.
    fn version(&self) -> Result<Version, EnvelopeError> {
        let before_v3 = self.first_of(&names::BEFORE_V3);
        match (self.first_of(&names::V3_ONLY), before_v3) {
            (Some(one), Some(other)) => Err(EnvelopeError::MetadataContradictory { one, other }),
            (Some(_), None) => Ok(Version::V3),
            (None, Some(_)) => self.version_before_v3(),
            (None, None) => Err(EnvelopeError::NotEncrypted),
        }
    }

    fn version_before_v3(&self) -> Result<Version, EnvelopeError> {
        match (self.optional(names::V1_KEY), self.first_of(&names::V2_ONLY)) {
            (Some(_), Some(other)) => Err(EnvelopeError::MetadataContradictory { one: names::V1_KEY, other }),
            (Some(_), None) => Ok(Version::V1),
            (None, _) => Ok(Version::V2),
        }
    }

    fn v1(&self) -> Result<ContentMetadata, EnvelopeError> {
        let length = self.base64(names::V1_KEY)?.len();
        let legacy = if length <= V1_LONGEST_AES { LegacyWrapping::Aes } else { LegacyWrapping::Rsa };
        let wrapped = self.wrapped(names::V1_KEY, WrappingAlgorithm::Legacy(legacy), names::V2_DESCRIPTION)?;
        Ok(ContentMetadata { wrapped, format: self.cbc(CbcVersion::V1)? })
    }

    fn v2(&self) -> Result<ContentMetadata, EnvelopeError> {
        let algorithm = WrappingAlgorithm::from_v2_name(self.required(names::V2_WRAP_ALGORITHM)?)
            .ok_or(invalid(names::V2_WRAP_ALGORITHM, MetadataProblem::UnknownValue))?;
        let wrapped = self.wrapped(names::V2_KEY, algorithm, names::V2_DESCRIPTION)?;
        let format = match self.required(names::V2_CONTENT_ALGORITHM)? {
            names::AES_GCM => self.v2_gcm()?,
            names::AES_CBC => self.v2_cbc()?,
            _ => return Err(invalid(names::V2_CONTENT_ALGORITHM, MetadataProblem::UnknownValue)),
        };
        Ok(ContentMetadata { wrapped, format })
    }

    fn v2_gcm(&self) -> Result<MessageFormat, EnvelopeError> {
        if self.required(names::V2_TAG_LENGTH)? != names::TAG_BITS {
            return Err(invalid(names::V2_TAG_LENGTH, MetadataProblem::UnknownValue));
        }
        let unencrypted_content_length = self.decimal(names::V2_CONTENT_LENGTH)?;
        Ok(MessageFormat::V2 { iv: self.bytes(names::IV)?, unencrypted_content_length })
    }

    /// Content without a tag has no tag's length, or one of 0: AWS's client for C++ writes it so.
    fn v2_cbc(&self) -> Result<MessageFormat, EnvelopeError> {
        match self.optional(names::V2_TAG_LENGTH) {
            None | Some(names::NO_TAG_BITS) => self.cbc(CbcVersion::V2),
            Some(_) => Err(EnvelopeError::MetadataContradictory {
                one: names::V2_CONTENT_ALGORITHM,
                other: names::V2_TAG_LENGTH,
            }),
        }
    }

    fn cbc(&self, version: CbcVersion) -> Result<MessageFormat, EnvelopeError> {
        let unencrypted_content_length = self.decimal(names::V2_CONTENT_LENGTH)?;
        Ok(MessageFormat::Cbc { version, iv: self.bytes(names::IV)?, unencrypted_content_length })
    }

    fn v3(&self) -> Result<ContentMetadata, EnvelopeError> {
        if self.required(names::V3_SUITE)? != "115" {
            return Err(invalid(names::V3_SUITE, MetadataProblem::UnknownValue));
        }
        let algorithm = WrappingAlgorithm::from_v3_code(self.required(names::V3_WRAP_ALGORITHM)?)
            .ok_or(invalid(names::V3_WRAP_ALGORITHM, MetadataProblem::UnknownValue))?;
        let wrapped = self.wrapped(names::V3_KEY, algorithm, self.v3_description_name(algorithm)?)?;
        let format = MessageFormat::V3 {
            message_id: self.bytes(names::V3_MESSAGE_ID)?,
            commitment: self.bytes(names::V3_COMMITMENT)?,
        };
        Ok(ContentMetadata { wrapped, format })
    }

    /// KMS keeps its encryption context in one entry, raw keyrings their materials description in another.
    fn v3_description_name(&self, algorithm: WrappingAlgorithm) -> Result<&'static str, EnvelopeError> {
        let (name, other) = if algorithm.is_kms() {
            (names::V3_CONTEXT, names::V3_DESCRIPTION)
        } else {
            (names::V3_DESCRIPTION, names::V3_CONTEXT)
        };
        match self.optional(other) {
            Some(_) => Err(EnvelopeError::MetadataContradictory { one: names::V3_WRAP_ALGORITHM, other }),
            None => Ok(name),
        }
    }

    fn wrapped(
        &self,
        key: &'static str,
        algorithm: WrappingAlgorithm,
        description: &'static str,
    ) -> Result<WrappedDataKey, EnvelopeError> {
        let ciphertext = self.base64(key)?;
        if !algorithm.wrapped_lengths().contains(&ciphertext.len()) {
            return Err(invalid(key, MetadataProblem::WrongLength));
        }
        Ok(WrappedDataKey { algorithm, ciphertext, description: self.description(description)? })
    }

    fn first_of(&self, candidates: &[&'static str]) -> Option<&'static str> {
        candidates.iter().copied().find(|name| self.0.contains_key(name))
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &'static str) -> Result<&'a str, EnvelopeError> {
        self.optional(name).ok_or(EnvelopeError::MetadataMissing { name })
    }

    /// Canonical base64 only: the same bytes must not have two spellings.
    fn base64(&self, name: &'static str) -> Result<Vec<u8>, EnvelopeError> {
        Base64::decode_vec(self.required(name)?).map_err(|_| invalid(name, MetadataProblem::NotBase64))
    }

    fn bytes<const N: usize>(&self, name: &'static str) -> Result<[u8; N], EnvelopeError> {
        self.base64(name)?.try_into().map_err(|_| invalid(name, MetadataProblem::WrongLength))
    }

    fn decimal(&self, name: &'static str) -> Result<Option<u64>, EnvelopeError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        // Canonical decimal only: u64's own parser would take a plus sign and leading zeros.
        let number = text.parse().ok().filter(|number: &u64| decimal(*number) == text);
        number.map(Some).ok_or(invalid(name, MetadataProblem::NotANumber))
    }

    fn description(&self, name: &'static str) -> Result<MaterialsDescription, EnvelopeError> {
        let Some(value) = self.optional(name) else { return Ok(MaterialsDescription::new()) };
        let text = double_encoding::undo(value).ok_or(invalid(name, MetadataProblem::NotAMap))?;
        json::read(&text).map_err(|problem| invalid(name, problem))
    }
}

const fn invalid(name: &'static str, problem: MetadataProblem) -> EnvelopeError {
    EnvelopeError::MetadataInvalid { name, problem }
}
