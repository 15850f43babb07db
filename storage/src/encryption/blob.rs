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

/// What an object's bytes are encrypted under: one key, or two for two layers.
pub struct ObjectKeys {
    /// The key of the inner layer, which is the only one in most modes.
    pub inner: DataKey,
    /// The key of the outer layer, where there is one.
    pub outer: Option<DataKey>,
}

impl From<DataKey> for ObjectKeys {
    fn from(inner: DataKey) -> Self {
        Self { inner, outer: None }
    }
}

impl core::fmt::Debug for ObjectKeys {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("ObjectKeys").finish_non_exhaustive()
    }
}

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
    inner: Aes256Gcm,
    outer: Option<Aes256Gcm>,
    binding: Vec<u8>,
}

/// A stored segment is not what was stored there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a stored segment was altered")]
pub struct Altered;

impl BlobCipher {
    /// The cipher for the blob `id` at `place`, under the object's keys.
    #[must_use]
    pub fn new(keys: &ObjectKeys, id: &str, place: Place<'_>) -> Self {
        let outer = keys.outer.as_ref().map(|key| layer(key, id, b"s3-storage-sim outer layer"));
        Self { inner: layer(&keys.inner, id, b"s3-storage-sim blob"), outer, binding: binding(place) }
    }

    /// The number of layers: each adds a tag to every segment.
    #[must_use]
    pub const fn layers(&self) -> u64 {
        if self.outer.is_some() { 2 } else { 1 }
    }

    /// Encrypts a segment and gives it with its tag, or tags.
    #[must_use]
    pub fn seal(&self, index: u32, is_last: bool, segment: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::with_capacity(segment.len() + 32);
        sealed.extend_from_slice(segment);
        for cipher in [Some(&self.inner), self.outer.as_ref()].into_iter().flatten() {
            seal_layer(cipher, &nonce(index, is_last), &self.binding, &mut sealed);
        }
        sealed
    }

    /// Decrypts a stored segment.
    ///
    /// # Errors
    /// [`Altered`] where it is not the segment that was stored at this place.
    pub fn open(&self, index: u32, is_last: bool, stored: &[u8]) -> Result<Vec<u8>, Altered> {
        let mut segment = stored.to_vec();
        for cipher in [self.outer.as_ref(), Some(&self.inner)].into_iter().flatten() {
            open_layer(cipher, &nonce(index, is_last), &self.binding, &mut segment)?;
        }
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

/// The length of a blob as it is stored in so many layers, in bytes.
#[must_use]
pub fn stored_length(length: u64, layers: u64) -> u64 {
    length + u64::from(segment_count(length)) * TAG_LENGTH * layers
}

type SegmentNonce = Nonce<aes_gcm::aead::consts::U12>;

/// The cipher of one layer of a blob. Each layer and each blob has a key of its own.
#[expect(clippy::expect_used, reason = "32 bytes are a legal output length of HKDF-SHA256")]
fn layer(data_key: &DataKey, id: &str, purpose: &[u8]) -> Aes256Gcm {
    let mut key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(id.as_bytes()), &data_key[..])
        .expand(purpose, &mut key[..])
        .expect("a legal output length");
    Aes256Gcm::new((&*key).into())
}

#[expect(clippy::expect_used, reason = "a segment is far below AES-GCM's limit")]
fn seal_layer(cipher: &Aes256Gcm, nonce: &SegmentNonce, binding: &[u8], segment: &mut Vec<u8>) {
    let tag = cipher.encrypt_inout_detached(nonce, binding, segment.as_mut_slice().into()).expect("a short segment");
    segment.extend_from_slice(&tag);
}

fn open_layer(cipher: &Aes256Gcm, nonce: &SegmentNonce, binding: &[u8], segment: &mut Vec<u8>) -> Result<(), Altered> {
    let (_, tag) = segment.split_last_chunk::<16>().ok_or(Altered)?;
    let tag = Tag::from(*tag);
    segment.truncate(segment.len() - tag.len());
    cipher.decrypt_inout_detached(nonce, binding, segment.as_mut_slice().into(), &tag).map_err(|_| Altered)
}

fn nonce(index: u32, is_last: bool) -> SegmentNonce {
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
        BlobCipher::new(&Zeroizing::new([7; 32]).into(), id, place)
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
        let other_key = BlobCipher::new(&Zeroizing::new([8; 32]).into(), "id", PLACE);
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
    fn two_layers_open_under_both_keys_only() {
        let keys = |inner, outer: Option<u8>| ObjectKeys {
            inner: Zeroizing::new([inner; 32]),
            outer: outer.map(|byte| Zeroizing::new([byte; 32])),
        };
        let open = |keys: &ObjectKeys, sealed: &[u8]| BlobCipher::new(keys, "id", PLACE).open(0, true, sealed);
        let sealed = BlobCipher::new(&keys(1, Some(2)), "id", PLACE).seal(0, true, b"content");
        assert_eq!(sealed.len(), 7 + 32);
        assert_eq!(open(&keys(1, Some(2)), &sealed), Ok(b"content".to_vec()));
        for wrong in [keys(1, None), keys(2, None), keys(3, Some(2)), keys(1, Some(3)), keys(2, Some(1))] {
            assert_eq!(open(&wrong, &sealed), Err(Altered));
        }
        // Under the outer layer alone there is ciphertext still, of the inner one.
        let outer = layer(&Zeroizing::new([2; 32]), "id", b"s3-storage-sim outer layer");
        let mut within = sealed.clone();
        open_layer(&outer, &nonce(0, true), &binding(PLACE), &mut within).unwrap();
        assert_eq!(within, BlobCipher::new(&keys(1, None), "id", PLACE).seal(0, true, b"content"));
        for position in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[position] ^= 1;
            assert_eq!(open(&keys(1, Some(2)), &altered), Err(Altered));
        }
    }

    #[test]
    fn lengths_count_the_tags_and_an_empty_blob_has_one() {
        assert_eq!([segment_count(0), segment_count(1), segment_count(65536), segment_count(65537)], [1, 1, 1, 2]);
        assert_eq!([stored_length(0, 1), stored_length(65537, 1), stored_length(65537, 2)], [16, 65569, 65601]);
    }
}
