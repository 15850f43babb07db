//! Object bytes at rest: AES-256-GCM in segments of 64 KiB, so that a range is read without decrypting the rest.
//!
//! Each blob (an object's or a part's bytes) has a key of its own, derived from the object's data key and the blob's
//! random id, so counters can serve as nonces. What a segment may be is in its nonce and additional data: bucket, key,
//! version, part, its index and whether it is the last. So stored segments cannot be swapped, spliced, cut off or moved
//! to another object without being noticed.

use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

/// The length of a segment's plaintext, in bytes; the last one may be shorter.
pub const SEGMENT_LENGTH: u64 = 64 * 1024;

/// What the encryption adds to each segment, in bytes.
pub const TAG_LENGTH: u64 = 16;

/// The 32-byte key of one object.
pub type DataKey = Zeroizing<[u8; 32]>;

/// Where a blob belongs: bound to each of its segments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The bucket's name.
    pub bucket: &'a str,
    /// The object's key.
    pub key: &'a str,
    /// The object's version: random, new with every write.
    pub version: &'a str,
    /// The part's number; 0 for objects that were written at once.
    pub part: u32,
}

/// The cipher of one blob.
pub struct BlobCipher {
    cipher: Aes256Gcm,
    binding: Vec<u8>,
}

/// A stored segment is not what was stored there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored segment was altered")]
pub struct Altered;

impl BlobCipher {
    /// The cipher for the blob `id` at `place`, under the object's data key.
    ///
    /// # Panics
    /// Never: the key's length is a legal output length.
    #[must_use]
    #[expect(clippy::expect_used, reason = "32 bytes are a legal output length of HKDF-SHA256")]
    pub fn new(data_key: &DataKey, id: &str, place: Place<'_>) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(Some(id.as_bytes()), &data_key[..])
            .expand(b"s3-storage-sim blob", &mut key[..])
            .expect("a legal output length");
        Self { cipher: Aes256Gcm::new((&*key).into()), binding: binding(place) }
    }

    /// Encrypts a segment and gives it with its tag.
    ///
    /// # Panics
    /// Never: a segment is far below AES-GCM's limit.
    #[must_use]
    #[expect(clippy::expect_used, reason = "a segment is far below AES-GCM's limit")]
    pub fn seal(&self, index: u32, is_last: bool, segment: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(segment.len() + 16);
        sealed.extend_from_slice(segment);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce(index, is_last), &self.binding, sealed.as_mut_slice().into())
            .expect("a short segment");
        sealed.extend_from_slice(&tag);
        sealed
    }

    /// Decrypts a stored segment.
    ///
    /// # Errors
    /// [`Altered`] where it is not the segment that was stored at this place.
    pub fn open(&self, index: u32, is_last: bool, stored: &[u8]) -> Result<Vec<u8>, Altered> {
        let (ciphertext, tag) = stored.split_last_chunk::<16>().ok_or(Altered)?;
        let mut segment = ciphertext.to_vec();
        self.cipher
            .decrypt_inout_detached(
                &nonce(index, is_last),
                &self.binding,
                segment.as_mut_slice().into(),
                &Tag::from(*tag),
            )
            .map_err(|_| Altered)?;
        Ok(segment)
    }
}

impl core::fmt::Debug for BlobCipher {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("BlobCipher").finish_non_exhaustive()
    }
}

/// The number of segments of a blob of `length` bytes: at least one, so that an empty blob is authenticated too.
#[must_use]
pub fn segment_count(length: u64) -> u32 {
    // Blobs are parts: at most 5 GiB, 81,920 segments.
    u32::try_from(length.div_ceil(SEGMENT_LENGTH)).unwrap_or(u32::MAX).max(1)
}

/// The length of a blob as it is stored, in bytes.
#[must_use]
pub fn stored_length(length: u64) -> u64 {
    length + u64::from(segment_count(length)) * TAG_LENGTH
}

fn nonce(index: u32, is_last: bool) -> Nonce<aes_gcm::aead::consts::U12> {
    let mut nonce = [0; 12];
    nonce[0] = u8::from(is_last);
    nonce[8..].copy_from_slice(&index.to_be_bytes());
    nonce.into()
}

/// Every name with its length in front, so that no two places look alike.
fn binding(place: Place<'_>) -> Vec<u8> {
    let mut binding = Vec::new();
    for name in [place.bucket, place.key, place.version] {
        binding.extend_from_slice(&(name.len() as u64).to_be_bytes());
        binding.extend_from_slice(name.as_bytes());
    }
    binding.extend_from_slice(&place.part.to_be_bytes());
    binding
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { bucket: "b", key: "k", version: "v", part: 1 };

    fn cipher(id: &str, place: Place<'_>) -> BlobCipher {
        BlobCipher::new(&Zeroizing::new([7; 32]), id, place)
    }

    #[test]
    fn a_segment_opens_at_its_own_place_only() {
        let sealed = cipher("id", PLACE).seal(3, false, b"content");
        assert_eq!(cipher("id", PLACE).open(3, false, &sealed), Ok(b"content".to_vec()));
        assert_eq!(cipher("id", PLACE).open(4, false, &sealed), Err(Altered));
        assert_eq!(cipher("id", PLACE).open(3, true, &sealed), Err(Altered));
        for place in [
            Place { bucket: "c", ..PLACE },
            Place { key: "l", ..PLACE },
            Place { version: "w", ..PLACE },
            Place { part: 2, ..PLACE },
            Place { bucket: "bk", key: "", ..PLACE },
        ] {
            assert_eq!(cipher("id", place).open(3, false, &sealed), Err(Altered), "{place:?}");
        }
        assert_eq!(cipher("other", PLACE).open(3, false, &sealed), Err(Altered));
        let other_key = BlobCipher::new(&Zeroizing::new([8; 32]), "id", PLACE);
        assert_eq!(other_key.open(3, false, &sealed), Err(Altered));
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed() {
        let sealed = cipher("id", PLACE).seal(0, true, b"content");
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(cipher("id", PLACE).open(0, true, &altered), Err(Altered));
        }
        assert_eq!(cipher("id", PLACE).open(0, true, &sealed[1..]), Err(Altered));
        assert_eq!(cipher("id", PLACE).open(0, true, b""), Err(Altered));
    }

    #[test]
    fn lengths_count_the_tags_and_an_empty_blob_has_one() {
        assert_eq!([segment_count(0), segment_count(1), segment_count(65536), segment_count(65537)], [1, 1, 1, 2]);
        assert_eq!([stored_length(0), stored_length(65537)], [16, 65569]);
    }
}
