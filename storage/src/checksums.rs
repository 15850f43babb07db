//! Checksums of objects that came in parts: made of the parts' checksums (composite), or of the whole content (full object),
//! which CRCs can be combined to without reading anything again.
//!
//! Source: Amazon S3 User Guide, "Checking object integrity for data uploads", tables of algorithms and types.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
use s3s::crypto::Checksum as _;
use s3s::dto::{ChecksumAlgorithm, ChecksumType, CompletedPart};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};

use crate::encryption::KeyProtection;
use crate::model::{StoredPart, UploadChecksum};

/// An algorithm that S3 takes checksums by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// CRC-32 of ISO-HDLC.
    Crc32,
    /// CRC-32 of Castagnoli.
    Crc32c,
    /// CRC-64 of the `NVMe` specification: the default.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub(crate) const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64Nvme, Self::Sha1, Self::Sha256];

    /// The suffix of its header.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64Nvme => "crc64nvme",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name().eq_ignore_ascii_case(name))
    }

    const fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Sha1 | Self::Sha256 => None,
        }
    }

    fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Crc32 => s3s::crypto::Crc32::checksum(bytes).to_vec(),
            Self::Crc32c => s3s::crypto::Crc32c::checksum(bytes).to_vec(),
            Self::Crc64Nvme => s3s::crypto::Crc64Nvme::checksum(bytes).to_vec(),
            Self::Sha1 => s3s::crypto::Sha1::checksum(bytes).to_vec(),
            Self::Sha256 => s3s::crypto::Sha256::checksum(bytes).to_vec(),
        }
    }
}

/// The checksum of an object that will come in parts, as its upload is begun. Without a word of the client it is a
/// CRC-64/NVMe of the whole, and none under a customer's key: so it was recorded.
pub(crate) fn for_upload(
    (algorithm, kind): (Option<&ChecksumAlgorithm>, Option<&ChecksumType>),
    protection: &KeyProtection,
) -> S3Result<Option<UploadChecksum>> {
    let Some(asked) = algorithm else {
        if kind.is_some() {
            let text = "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.";
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        let default = UploadChecksum { algorithm: Algorithm::Crc64Nvme, is_composite: false, is_chosen: false };
        return Ok((!matches!(protection, KeyProtection::Customer(_))).then_some(default));
    };
    let unsupported = || {
        let text = "Checksum algorithm provided is unsupported. Please try again with any of the valid types: \
                    [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]";
        s3_error!(InvalidRequest, "{text}")
    };
    let algorithm = Algorithm::of_name(asked.as_str()).ok_or_else(unsupported)?;
    let is_composite = match kind.map(ChecksumType::as_str) {
        None => algorithm != Algorithm::Crc64Nvme,
        Some(ChecksumType::COMPOSITE) if algorithm != Algorithm::Crc64Nvme => true,
        Some(ChecksumType::FULL_OBJECT) if algorithm.crc().is_some() => false,
        Some(kind @ (ChecksumType::COMPOSITE | ChecksumType::FULL_OBJECT)) => {
            let name = algorithm.name();
            let text = format!("The {kind} checksum type cannot be used with the {name} checksum algorithm.");
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
        Some(_) => return Err(s3_error!(InvalidRequest, "Value for x-amz-checksum-type header is invalid.")),
    };
    Ok(Some(UploadChecksum { algorithm, is_composite, is_chosen: true }))
}

/// The object's checksum, of its parts'.
pub(crate) fn of_object(checksum: Option<&UploadChecksum>, parts: &[StoredPart]) -> BTreeMap<String, String> {
    let Some(UploadChecksum { algorithm, is_composite, .. }) = checksum else { return BTreeMap::new() };
    let digest = |part: &StoredPart| STANDARD.decode(part.object_checksum.as_ref()?).ok();
    let digests: Option<Vec<Vec<u8>>> = parts.iter().map(digest).collect();
    // Parts that an earlier version stored have none.
    let Some(digests) = digests else { return BTreeMap::new() };
    let value = match (is_composite, algorithm.crc()) {
        (false, Some(crc)) => STANDARD.encode(combined(crc, &digests, parts)),
        _ => format!("{}-{}", STANDARD.encode(algorithm.digest(&digests.concat())), parts.len()),
    };
    BTreeMap::from([(algorithm.name().to_owned(), value)])
}

fn combined(crc: CrcAlgorithm, digests: &[Vec<u8>], parts: &[StoredPart]) -> Vec<u8> {
    let number = |digest: &[u8]| digest.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    let mut pairs = digests.iter().zip(parts);
    let first = pairs.next().map_or(0, |(digest, _)| number(digest));
    let whole =
        pairs.fold(first, |sum, (digest, part)| crc_fast::checksum_combine(crc, sum, number(digest), part.length));
    let bytes = whole.to_be_bytes();
    bytes[bytes.len() - digests.first().map_or(0, Vec::len)..].to_vec()
}

/// Checks by which algorithms a client names checksums of a part against what the part's upload was begun with. A composite
/// checksum that somebody chose is made of those that clients give.
///
/// Source: answers of S3 that others noted (versity/versitygw#1342, floci-io/floci#3093).
pub(crate) fn check_part(checksum: Option<&UploadChecksum>, named: &[&str]) -> S3Result<()> {
    let Some(expected) = by_parts(checksum).map(Algorithm::name) else { return Ok(()) };
    if named.contains(&expected) {
        return Ok(());
    }
    let actual = named.first().unwrap_or(&"null");
    let text =
        format!("Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}");
    Err(s3_error!(InvalidRequest, "{text}"))
}

/// Checks that a completion gives the checksum of a part where the object's is made of them.
///
/// Source: answers of S3 that others noted (aws/aws-sdk-php#2648, apache/opendal#4580).
pub(crate) fn check_is_given(checksum: Option<&UploadChecksum>, part: &CompletedPart, number: u32) -> S3Result<()> {
    let Some(algorithm) = by_parts(checksum) else { return Ok(()) };
    if given(part).into_iter().any(|(one, value)| one == algorithm && value.is_some()) {
        return Ok(());
    }
    let name = algorithm.name();
    let text = format!(
        "The upload was created using a {name} checksum. The complete request must include the checksum for each part. It \
         was missing for part {number} in the request."
    );
    Err(s3_error!(InvalidRequest, "{text}"))
}

/// The algorithm of a composite checksum that the client chose.
fn by_parts(checksum: Option<&UploadChecksum>) -> Option<Algorithm> {
    checksum.filter(|checksum| checksum.is_chosen && checksum.is_composite).map(|checksum| checksum.algorithm)
}

/// Checks what a completion says of the object against what it is.
pub(crate) fn check_completion(
    checksum: Option<&UploadChecksum>,
    computed: &BTreeMap<String, String>,
    parts: &[StoredPart],
    (kind, size): (Option<&ChecksumType>, Option<i64>),
    headers: &HeaderMap,
) -> S3Result<()> {
    if let (Some(checksum), Some(kind)) = (checksum.filter(|checksum| checksum.is_chosen), kind) {
        let expected = crate::answers::kind_of_checksum(checksum.is_composite);
        if kind.as_str() != expected.as_str() {
            let expected = expected.as_str();
            let text = format!(
                "The upload was created using the {expected} checksum mode. The complete request must use the same \
                 checksum mode."
            );
            return Err(s3_error!(InvalidRequest, "{text}"));
        }
    }
    let length: u64 = parts.iter().map(|part| part.length).sum();
    if let Some(size) = size.filter(|size| u64::try_from(*size) != Ok(length)) {
        let text = format!(
            "The provided 'x-amz-mp-object-size' header value {size} does not match what was computed: {length}"
        );
        return Err(s3_error!(InvalidRequest, "{text}"));
    }
    for algorithm in Algorithm::ALL {
        check_promise(algorithm, computed, headers)?;
    }
    Ok(())
}

fn check_promise(algorithm: Algorithm, computed: &BTreeMap<String, String>, headers: &HeaderMap) -> S3Result<()> {
    let name = algorithm.name();
    let Some(promised) = headers.get(format!("x-amz-checksum-{name}")) else { return Ok(()) };
    let promised = promised.to_str().unwrap_or_default();
    // Clients give a composite checksum with or without the number of parts.
    let fits = |value: &String| value == promised || value.split('-').next() == Some(promised);
    if computed.get(name).is_some_and(fits) { Ok(()) } else { Err(bad_digest(name)) }
}

fn bad_digest(name: &str) -> S3Error {
    s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum.")
}

/// The checksums that a completion gives of a part.
fn given(part: &CompletedPart) -> [(Algorithm, Option<&String>); 5] {
    [
        (Algorithm::Crc32, part.checksum_crc32.as_ref()),
        (Algorithm::Crc32c, part.checksum_crc32c.as_ref()),
        (Algorithm::Crc64Nvme, part.checksum_crc64nvme.as_ref()),
        (Algorithm::Sha1, part.checksum_sha1.as_ref()),
        (Algorithm::Sha256, part.checksum_sha256.as_ref()),
    ]
}

/// Whether the checksums that a completion gives of a part are the part's.
pub(crate) fn agree(part: &CompletedPart, stored: &StoredPart) -> bool {
    given(part).into_iter().all(|(algorithm, value)| match (value, stored.checksums.get(algorithm.name())) {
        (Some(value), Some(stored)) => value == stored,
        (Some(_), None) => false,
        (None, _) => true,
    })
}
