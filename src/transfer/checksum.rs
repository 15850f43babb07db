//! The checksums that S3 verifies and keeps: their names, and what a request says of them.
//!
//! They are of the bytes as sent: of the ciphertext, where the content is encrypted here. Source: Amazon S3 User Guide,
//! "Checking object integrity for data uploads in Amazon S3".

use crate::error::EnvelopeError;

/// An algorithm of checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the algorithms")]
pub enum ChecksumAlgorithm {
    Crc32C,
    Crc64Nvme,
    Sha256,
}

impl ChecksumAlgorithm {
    /// The algorithm of a name, as the end of its header spells it.
    ///
    /// # Errors
    /// [`EnvelopeError::InvalidOption`] for any other text.
    pub fn from_name(name: &str) -> Result<Self, EnvelopeError> {
        match name {
            "crc32c" => Ok(Self::Crc32C),
            "crc64nvme" => Ok(Self::Crc64Nvme),
            "sha256" => Ok(Self::Sha256),
            _ => Err(EnvelopeError::InvalidOption { option: "checksum", expected: "crc64nvme, crc32c or sha256" }),
        }
    }

    /// Whether the checksum of an object in parts is that of its bytes. S3 combines CRC-64/NVME in no other way; of the
    /// others an object in parts has a checksum of its parts' checksums ("composite"), which every storage knows.
    #[must_use]
    pub const fn is_full_object(self) -> bool {
        matches!(self, Self::Crc64Nvme)
    }

    /// The headers of `PutObject` or `UploadPart` with a body of this checksum, in base64.
    #[must_use]
    pub const fn body_headers(self, value: &str) -> [(&'static str, &str); 1] {
        [(self.header(), value)]
    }

    /// The headers of `CreateMultipartUpload`.
    #[must_use]
    pub const fn create_headers(self) -> [(&'static str, &'static str); 2] {
        [("x-amz-checksum-algorithm", self.id()), ("x-amz-checksum-type", self.kind())]
    }

    /// The headers of `CompleteMultipartUpload`, with the checksum of the whole in base64 where it is one of its bytes.
    #[must_use]
    pub const fn complete_headers(self, whole: &str) -> [(&'static str, &str); 2] {
        [("x-amz-checksum-type", self.kind()), (self.header(), whole)]
    }

    /// The name of a part's checksum in the body of `CompleteMultipartUpload`.
    #[must_use]
    pub const fn element(self) -> &'static str {
        match self {
            Self::Crc32C => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha256 => "ChecksumSHA256",
        }
    }

    const fn header(self) -> &'static str {
        match self {
            Self::Crc32C => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    const fn id(self) -> &'static str {
        match self {
            Self::Crc32C => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha256 => "SHA256",
        }
    }

    const fn kind(self) -> &'static str {
        if self.is_full_object() { "FULL_OBJECT" } else { "COMPOSITE" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_algorithm_is_known_by_the_end_of_its_header() {
        for name in ["crc32c", "crc64nvme", "sha256"] {
            let algorithm = ChecksumAlgorithm::from_name(name).unwrap();
            assert_eq!(algorithm.header().strip_prefix("x-amz-checksum-"), Some(name));
            assert_eq!(algorithm.id().to_lowercase(), name);
            assert_eq!(algorithm.element().strip_prefix("Checksum"), Some(algorithm.id()));
        }
        for name in ["", "CRC32C", "crc32", "md5"] {
            assert_eq!(ChecksumAlgorithm::from_name(name).unwrap_err().code(), "INVALID_OPTION", "{name}");
        }
    }

    #[test]
    fn only_crc64nvme_is_one_of_the_whole_object() {
        let kinds = [ChecksumAlgorithm::Crc32C, ChecksumAlgorithm::Crc64Nvme, ChecksumAlgorithm::Sha256]
            .map(|algorithm| algorithm.create_headers()[1].1);
        assert_eq!(kinds, ["COMPOSITE", "FULL_OBJECT", "COMPOSITE"]);
        assert_eq!(
            ChecksumAlgorithm::Crc64Nvme.complete_headers("AAAAAAAAAAA="),
            [("x-amz-checksum-type", "FULL_OBJECT"), ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA=")]
        );
    }
}
