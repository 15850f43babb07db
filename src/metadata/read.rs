//! User metadata to content metadata, strictly.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use super::{ContentMetadata, MessageFormat, MetadataMap, json, names};
use crate::error::{EnvelopeError, UnsupportedFeature};
use crate::keyring::{MaterialsDescription, WrappedDataKey, WrappingAlgorithm};

impl ContentMetadata {
    /// Reads an object's content metadata from its user metadata, by lower-case name without `x-amz-meta-`.
    /// Entries that are not the S3 Encryption Client's are passed over.
    ///
    /// # Errors
    /// [`EnvelopeError::NotEncrypted`] where there is none, [`EnvelopeError::MetadataMissing`],
    /// [`EnvelopeError::MetadataInvalid`] and [`EnvelopeError::MetadataContradictory`] with the entry's name where
    /// it is malformed, and [`EnvelopeError::Unsupported`] where it is of a kind that this version does not read.
    pub fn parse(map: &MetadataMap) -> Result<Self, EnvelopeError> {
        let entries = Entries(map);
        match entries.version()? {
            Version::V2 => entries.v2(),
            Version::V3 => entries.v3(),
        }
    }
}

#[derive(Clone, Copy)]
enum Version {
    V2,
    V3,
}

struct Entries<'a>(&'a MetadataMap);

impl<'a> Entries<'a> {
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
            (Some(_), None) => Err(EnvelopeError::Unsupported(UnsupportedFeature::MessageFormatV1)),
            (None, _) => Ok(Version::V2),
        }
    }

    fn v2(&self) -> Result<ContentMetadata, EnvelopeError> {
        match self.required(names::V2_CONTENT_ALGORITHM)? {
            names::AES_GCM => {}
            "AES/CBC/PKCS5Padding" => return Err(EnvelopeError::Unsupported(UnsupportedFeature::CbcContent)),
            _ => return Err(invalid(names::V2_CONTENT_ALGORITHM)),
        }
        if self.required(names::V2_TAG_LENGTH)? != names::TAG_BITS {
            return Err(invalid(names::V2_TAG_LENGTH));
        }
        let wrapped = WrappedDataKey {
            algorithm: self.v2_wrapping_algorithm()?,
            ciphertext: self.base64(names::V2_KEY)?,
            description: self.description(names::V2_DESCRIPTION)?,
        };
        let unencrypted_content_length = self.decimal(names::V2_CONTENT_LENGTH)?;
        let iv = self.bytes(names::IV)?;
        Ok(ContentMetadata { wrapped, format: MessageFormat::V2 { iv, unencrypted_content_length } })
    }

    fn v2_wrapping_algorithm(&self) -> Result<WrappingAlgorithm, EnvelopeError> {
        let name = self.required(names::V2_WRAP_ALGORITHM)?;
        if matches!(name, "AESWrap" | "AES" | "RSA" | "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" | "kms") {
            return Err(EnvelopeError::Unsupported(UnsupportedFeature::LegacyWrapping));
        }
        WrappingAlgorithm::from_v2_name(name).ok_or(invalid(names::V2_WRAP_ALGORITHM))
    }

    fn v3(&self) -> Result<ContentMetadata, EnvelopeError> {
        if self.optional(names::V3_KEY).is_none() && self.optional(names::V3_MESSAGE_ID).is_some() {
            return Err(EnvelopeError::Unsupported(UnsupportedFeature::InstructionFile));
        }
        if self.required(names::V3_SUITE)? != "115" {
            return Err(invalid(names::V3_SUITE));
        }
        let algorithm = WrappingAlgorithm::from_v3_code(self.required(names::V3_WRAP_ALGORITHM)?)
            .ok_or(invalid(names::V3_WRAP_ALGORITHM))?;
        let wrapped = WrappedDataKey {
            algorithm,
            ciphertext: self.base64(names::V3_KEY)?,
            description: self.v3_description(algorithm)?,
        };
        let format = MessageFormat::V3 {
            message_id: self.bytes(names::V3_MESSAGE_ID)?,
            commitment: self.bytes(names::V3_COMMITMENT)?,
        };
        Ok(ContentMetadata { wrapped, format })
    }

    /// KMS keeps its encryption context in one entry, raw keyrings their materials description in another.
    fn v3_description(&self, algorithm: WrappingAlgorithm) -> Result<MaterialsDescription, EnvelopeError> {
        let (name, other) = match algorithm {
            WrappingAlgorithm::KmsContext => (names::V3_CONTEXT, names::V3_DESCRIPTION),
            WrappingAlgorithm::AesGcm | WrappingAlgorithm::RsaOaepSha1 => (names::V3_DESCRIPTION, names::V3_CONTEXT),
        };
        if self.optional(other).is_some() {
            return Err(EnvelopeError::MetadataContradictory { one: names::V3_WRAP_ALGORITHM, other });
        }
        self.description(name)
    }

    fn first_of(&self, candidates: &[&'static str]) -> Option<&'static str> {
        candidates.iter().copied().find(|name| self.0.contains_key(*name))
    }

    fn optional(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &'static str) -> Result<&'a str, EnvelopeError> {
        self.optional(name).ok_or(EnvelopeError::MetadataMissing { name })
    }

    /// Canonical base64 only: the same bytes must not have two spellings.
    fn base64(&self, name: &'static str) -> Result<Vec<u8>, EnvelopeError> {
        Base64::decode_vec(self.required(name)?).map_err(|_| invalid(name))
    }

    fn bytes<const N: usize>(&self, name: &'static str) -> Result<[u8; N], EnvelopeError> {
        self.base64(name)?.try_into().map_err(|_| invalid(name))
    }

    fn decimal(&self, name: &'static str) -> Result<Option<u64>, EnvelopeError> {
        let Some(text) = self.optional(name) else { return Ok(None) };
        // Canonical decimal only: u64's own parser would take a plus sign and leading zeros.
        let number: u64 = text.parse().map_err(|_| invalid(name))?;
        if number.to_string() == text { Ok(Some(number)) } else { Err(invalid(name)) }
    }

    fn description(&self, name: &'static str) -> Result<MaterialsDescription, EnvelopeError> {
        self.optional(name).map_or(Ok(MaterialsDescription::new()), |text| json::read(text).ok_or(invalid(name)))
    }
}

const fn invalid(name: &'static str) -> EnvelopeError {
    EnvelopeError::MetadataInvalid { name }
}
