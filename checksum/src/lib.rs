//! The checksums that S3 verifies and keeps, computed as bytes pass: CRC-64/NVME, CRC-32C and SHA-256.
//!
//! It is a WebAssembly file of its own, which a page loads when an upload is to carry a checksum and never otherwise.
//!
//! A checksum travels in base64 of its bytes, most significant first. Source: Amazon S3 User Guide, "Checking object
//! integrity for data uploads in Amazon S3".

#[cfg(target_arch = "wasm32")]
pub mod web;

use std::sync::LazyLock;

use base64ct::{Base64, Encoding};
use crc::{CRC_32_ISCSI, CRC_64_NVME, Digest, Table};
use crc_fast::{CrcAlgorithm, checksum_combine};
use sha2::{Digest as _, Sha256};

/// Sixteen bytes at a time: the more tables, the faster, and 32 KiB are still near the processor.
type Tables = Table<16>;

static CRC64_NVME: LazyLock<crc::Crc<u64, Tables>> = LazyLock::new(|| crc::Crc::<u64, Tables>::new(&CRC_64_NVME));
static CRC32C: LazyLock<crc::Crc<u32, Tables>> = LazyLock::new(|| crc::Crc::<u32, Tables>::new(&CRC_32_ISCSI));

/// A failure of this crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChecksumError {
    /// There is no such algorithm here, or checksums of this one cannot be combined.
    #[error("the option checksum is not valid: it must be crc64nvme, crc32c or sha256")]
    UnknownAlgorithm,
    /// What is to be combined is no checksum of this algorithm.
    #[error("internal error: a checksum to combine is not one of its algorithm")]
    NotAChecksum,
}

impl ChecksumError {
    /// The stable code, as JavaScript sees it in `error.code`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UnknownAlgorithm => "INVALID_OPTION",
            Self::NotAChecksum => "INTERNAL",
        }
    }
}

/// One of the two CRCs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crc {
    /// CRC-64/NVME, 8 bytes.
    Crc64Nvme,
    /// CRC-32C (Castagnoli), 4 bytes.
    Crc32C,
}

impl Crc {
    fn from_name(name: &str) -> Result<Self, ChecksumError> {
        match name {
            "crc64nvme" => Ok(Self::Crc64Nvme),
            "crc32c" => Ok(Self::Crc32C),
            _ => Err(ChecksumError::UnknownAlgorithm),
        }
    }

    const fn algorithm(self) -> CrcAlgorithm {
        match self {
            Self::Crc64Nvme => CrcAlgorithm::Crc64Nvme,
            Self::Crc32C => CrcAlgorithm::Crc32Iscsi,
        }
    }

    const fn length(self) -> usize {
        match self {
            Self::Crc64Nvme => 8,
            Self::Crc32C => 4,
        }
    }

    fn text(self, value: u64) -> String {
        Base64::encode_string(&value.to_be_bytes()[8 - self.length()..])
    }

    fn value(self, text: &str) -> Result<u64, ChecksumError> {
        let mut bytes = [0; 8];
        let decoded = Base64::decode(text, &mut bytes[8 - self.length()..]).map_err(|_| ChecksumError::NotAChecksum)?;
        if decoded.len() == self.length() { Ok(u64::from_be_bytes(bytes)) } else { Err(ChecksumError::NotAChecksum) }
    }
}

/// A checksum of bytes that come in pieces.
pub struct Checksum(State);

enum State {
    Crc64Nvme(Digest<'static, u64, Tables>),
    Crc32C(Digest<'static, u32, Tables>),
    Sha256(Sha256),
}

impl Checksum {
    /// One of no bytes yet, by `crc64nvme`, `crc32c` or `sha256`.
    ///
    /// # Errors
    /// [`ChecksumError::UnknownAlgorithm`].
    pub fn new(algorithm: &str) -> Result<Self, ChecksumError> {
        if algorithm == "sha256" {
            return Ok(Self(State::Sha256(Sha256::new())));
        }
        Ok(Self(match Crc::from_name(algorithm)? {
            Crc::Crc64Nvme => State::Crc64Nvme(CRC64_NVME.digest()),
            Crc::Crc32C => State::Crc32C(CRC32C.digest()),
        }))
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            State::Crc64Nvme(digest) => digest.update(bytes),
            State::Crc32C(digest) => digest.update(bytes),
            State::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The checksum in base64.
    #[must_use]
    pub fn finish(self) -> String {
        match self.0 {
            State::Crc64Nvme(digest) => Crc::Crc64Nvme.text(digest.finalize()),
            State::Crc32C(digest) => Crc::Crc32C.text(digest.finalize().into()),
            State::Sha256(digest) => Base64::encode_string(&digest.finalize()),
        }
    }
}

impl core::fmt::Debug for Checksum {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Checksum").finish_non_exhaustive()
    }
}

/// A piece of a whole: its CRC in base64, and its length in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// The CRC in base64.
    pub checksum: String,
    /// The length of the piece, in bytes.
    pub length: u64,
}

/// The CRC of pieces one after the other, in base64, from the CRCs of each.
///
/// # Errors
/// [`ChecksumError::UnknownAlgorithm`] for anything but the two CRCs, [`ChecksumError::NotAChecksum`].
pub fn combine(algorithm: &str, pieces: &[Piece]) -> Result<String, ChecksumError> {
    let crc = Crc::from_name(algorithm)?;
    // Both are zero of no bytes at all.
    let mut whole = 0;
    for piece in pieces {
        whole = checksum_combine(crc.algorithm(), whole, crc.value(&piece.checksum)?, piece.length);
    }
    Ok(crc.text(whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(algorithm: &str, bytes: &[u8]) -> String {
        let mut checksum = Checksum::new(algorithm).unwrap();
        checksum.update(bytes);
        checksum.finish()
    }

    #[test]
    fn the_check_values_of_the_catalogue_are_met() {
        // The CRC RevEng catalogue's check values, over "123456789": ae8b14860a799888 and e3069283. FIPS 180-2, B.1: "abc".
        assert_eq!(of("crc64nvme", b"123456789"), "rosUhgp5mIg=");
        assert_eq!(of("crc32c", b"123456789"), "4waSgw==");
        assert_eq!(of("sha256", b"abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
        assert_eq!(of("crc64nvme", b""), "AAAAAAAAAAA=");
    }

    #[test]
    fn other_algorithms_are_refused() {
        for name in ["", "crc32", "CRC64NVME", "md5"] {
            assert_eq!(Checksum::new(name).unwrap_err().code(), "INVALID_OPTION", "{name}");
        }
        assert_eq!(combine("sha256", &[]).unwrap_err(), ChecksumError::UnknownAlgorithm);
    }

    #[test]
    fn what_is_no_checksum_is_not_combined() {
        for text in ["", "AAAA", "4waSgw==", "AAAAAAAAAAAA", "rosUhgp5mIh", "rosUhgp5mI?="] {
            let piece = Piece { checksum: text.to_owned(), length: 1 };
            assert_eq!(combine("crc64nvme", &[piece]).unwrap_err(), ChecksumError::NotAChecksum, "{text}");
        }
    }

    #[test]
    fn a_whole_longer_than_32_bits_combines() {
        // 2^33 zeros, once as one piece by combining halves again and again, and once as two.
        let mut length = 1 << 20;
        let mut zeros = of("crc64nvme", &vec![0; 1 << 20]);
        while length < 1 << 33 {
            let half = Piece { checksum: zeros, length };
            zeros = combine("crc64nvme", &[half.clone(), half]).unwrap();
            length *= 2;
        }
        let empty = Piece { checksum: of("crc64nvme", b""), length: 0 };
        let whole = Piece { checksum: zeros.clone(), length };
        assert_eq!(combine("crc64nvme", &[empty.clone(), whole, empty]).unwrap(), zeros);
    }

    proptest! {
        #[test]
        fn pieces_combine_to_the_checksum_of_the_whole(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5),
        ) {
            let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            places.extend([0, bytes.len()]);
            places.sort_unstable();
            for algorithm in ["crc64nvme", "crc32c"] {
                let pieces: Vec<Piece> = places
                    .windows(2)
                    .map(|place| &bytes[place[0]..place[1]])
                    .map(|piece| Piece { checksum: of(algorithm, piece), length: piece.len() as u64 })
                    .collect();
                prop_assert_eq!(combine(algorithm, &pieces).unwrap(), of(algorithm, &bytes));
            }
        }

        #[test]
        fn bytes_may_come_in_any_pieces(
            bytes in proptest::collection::vec(any::<u8>(), 0..3000),
            cut in any::<prop::sample::Index>(),
        ) {
            let (first, second) = bytes.split_at(cut.index(bytes.len() + 1));
            for algorithm in ["crc64nvme", "crc32c", "sha256"] {
                let mut checksum = Checksum::new(algorithm).unwrap();
                checksum.update(first);
                checksum.update(second);
                prop_assert_eq!(checksum.finish(), of(algorithm, &bytes));
            }
        }
    }
}
