//! Whose answers are given where servers differ: Amazon's, of this year or the last, or those that a public suite expects,
//! which describes the server it was written for. Every difference is a switch with a name, and all are here.

use std::str::FromStr;

use serde::Deserialize;

/// A set of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[non_exhaustive]
pub enum Profile {
    /// Amazon S3 since April 2026.
    #[default]
    #[serde(rename = "aws-2026")]
    Aws2026,
    /// Amazon S3 as it was recorded in February 2026.
    #[serde(rename = "aws-2025")]
    Aws2025,
    /// What Ceph's `s3-tests` expect.
    #[serde(rename = "ceph")]
    Ceph,
}

/// A name that no profile has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no profile {0:?}; there are aws-2026, aws-2025 and ceph")]
pub struct UnknownProfile(String);

impl FromStr for Profile {
    type Err = UnknownProfile;

    fn from_str(name: &str) -> Result<Self, UnknownProfile> {
        match name {
            "aws-2026" => Ok(Self::Aws2026),
            "aws-2025" => Ok(Self::Aws2025),
            "ceph" => Ok(Self::Ceph),
            other => Err(UnknownProfile(other.to_owned())),
        }
    }
}

impl Profile {
    /// Whether new buckets refuse writes with SSE-C.
    ///
    /// Evidence: Amazon S3 User Guide, "Blocking or unblocking SSE-C", for buckets made since April 2026.
    #[must_use]
    pub const fn new_buckets_block_customer_keys(self) -> bool {
        matches!(self, Self::Aws2026)
    }

    /// Whether a customer key that is not the object's is a bad request (400) and not denied (403).
    ///
    /// Evidence: 403 in Amazon's recorded answers; 400 in `s3-tests`, `test_encryption_sse_c_other_key`.
    #[must_use]
    pub const fn wrong_customer_keys_are_bad_requests(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether SSE-KMS has to name its key, there being no key of the service's own.
    ///
    /// Evidence: `aws/s3` is used in Amazon's recorded answers; 400 in `s3-tests`, `test_sse_kms_no_key`.
    #[must_use]
    pub const fn kms_keys_have_to_be_named(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether a bucket has no encryption configuration (404) until it is given one.
    ///
    /// Evidence: SSE-S3 in Amazon's recorded answers; `ServerSideEncryptionConfigurationNotFoundError` in `s3-tests`,
    /// `test_get_bucket_encryption_s3`.
    #[must_use]
    pub const fn buckets_start_without_a_configuration(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether requests that fill or end an upload may say how it is encrypted, which changes nothing.
    ///
    /// Evidence: 400 from Amazon S3, as `minio-py` notes in pull request 700; 200 in `s3-tests`, `test_sse_kms_multipart_upload`
    /// and `test_sse_kms_multipart_invalid_chunks_1`, `…_2`.
    #[must_use]
    pub const fn parts_may_name_a_method(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether the end of an upload under a customer key is answered with the key's MD5, as its parts are.
    ///
    /// Evidence: Amazon S3 API Reference, `CompleteMultipartUpload`, has no such fields; `s3-tests`, `test_copy_part_enc`, asks
    /// for them.
    #[must_use]
    pub const fn completions_tell_of_customer_keys(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether the end of every upload under a customer key needs the key again, and not only where a checksum was chosen.
    ///
    /// Evidence: 200 in Amazon's recorded answers; 400 in `s3-tests`, `test_copy_part_enc`, though Ceph's own gateway
    /// takes it since its pull request 71241.
    #[must_use]
    pub const fn completions_need_customer_keys(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether a part to read that there is not is a bad request (400), whatever the customer key, and not unsatisfiable (416).
    ///
    /// Evidence: 416 in Amazon's recorded answers; 400 `InvalidPart` in `s3-tests`, `test_multipart_sse_c_get_part` and
    /// `test_non_multipart_sse_c_get_part`.
    #[must_use]
    pub const fn unknown_parts_are_bad_requests(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether SSE-KMS goes with Signature Version 2.
    ///
    /// Evidence: Amazon S3 User Guide, "Using server-side encryption with AWS KMS keys", has Version 4 only; 204 in `s3-tests`,
    /// `test_sse_kms_post_object_authenticated_request`, whose form is signed by Version 2.
    #[must_use]
    pub const fn kms_takes_signature_version_2(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether a field that a form does not have starts with nothing, as its policy may allow.
    ///
    /// Evidence: 204 in `s3-tests`, `test_sse_s3_default_post_object_authenticated_request` and `test_sse_kms_default_…`.
    #[must_use]
    pub const fn absent_fields_start_with_nothing(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether a presigned URL with a lifetime below zero or above a week is denied (403) and not malformed (400).
    ///
    /// Evidence: 403 in `s3-tests`, `test_object_raw_get_x_amz_expires_out_max_range` and `…_out_positive_range`.
    #[must_use]
    pub const fn impossible_lifetimes_are_denied(self) -> bool {
        matches!(self, Self::Ceph)
    }

    /// Whether a signature has to be for the server's region.
    ///
    /// Evidence: Amazon S3 API Reference, "Error responses", `AuthorizationHeaderMalformed`; a Ceph gateway takes any.
    #[must_use]
    pub const fn regions_are_checked(self) -> bool {
        !matches!(self, Self::Ceph)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_have_one_name_each() {
        for (name, profile) in [("aws-2026", Profile::Aws2026), ("aws-2025", Profile::Aws2025), ("ceph", Profile::Ceph)]
        {
            assert_eq!(name.parse(), Ok(profile));
            assert_eq!(serde_json::from_str::<Profile>(&format!("\"{name}\"")).unwrap(), profile);
        }
        assert!("aws".parse::<Profile>().unwrap_err().to_string().contains("aws-2026, aws-2025 and ceph"));
    }
}
