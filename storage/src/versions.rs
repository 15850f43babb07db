//! Versions: what a key has held, newest first, and the ids that tell its versions apart.
//!
//! Each version is encrypted under a data key of its own, and its bytes are bound to it. Source: Amazon S3 User Guide,
//! "Retaining multiple versions of objects with S3 Versioning", and Amazon's own answers.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::encryption::sse_s3::RootKey;
use crate::encryption::{NoRandomness, random};
use crate::model::StoredObject;

/// The id of the version that a key has where its bucket keeps none.
pub const NULL: &str = "null";

/// The random bytes of a version's id.
const SALT_LENGTH: usize = 8;
/// The bytes that show an id to be one that was given out.
const MARK_LENGTH: usize = 8;

/// Whether a bucket keeps versions. One that never did says neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Versioning {
    /// Each write and each deletion makes a version.
    Enabled,
    /// Versions stay, and new writes are the null version.
    Suspended,
}

/// One version of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Version {
    /// With content.
    Object(Box<StoredObject>),
    /// Without: what a deletion left.
    DeleteMarker(DeleteMarker),
}

/// What a deletion leaves where versions are kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMarker {
    /// The version's id, unless it is the null version.
    pub version: String,
    /// Whether this is the null version.
    pub is_null: bool,
    /// Its place among the versions: greater than that of all older ones.
    pub sequence: u64,
    /// When the deletion was, in Unix milliseconds.
    pub modified: u64,
}

impl Version {
    /// The id that clients know it by.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::Object(object) => object.version_id(),
            Self::DeleteMarker(marker) if marker.is_null => NULL,
            Self::DeleteMarker(marker) => &marker.version,
        }
    }

    /// Its content, if it has any.
    #[must_use]
    pub fn object(&self) -> Option<&StoredObject> {
        match self {
            Self::Object(object) => Some(object),
            Self::DeleteMarker(_) => None,
        }
    }

    /// When it was made, in Unix milliseconds.
    #[must_use]
    pub fn modified(&self) -> u64 {
        match self {
            Self::Object(object) => object.modified,
            Self::DeleteMarker(marker) => marker.modified,
        }
    }

    /// Its place among the versions.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        match self {
            Self::Object(object) => object.sequence,
            Self::DeleteMarker(marker) => marker.sequence,
        }
    }
}

/// The versions of one key, newest first; never none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Versions(Vec<Version>);

impl Versions {
    /// The newest one, be it a delete marker.
    #[must_use]
    pub fn latest(&self) -> Option<&Version> {
        self.0.first()
    }

    /// The one with an id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<&Version> {
        self.0.iter().find(|version| version.id() == id)
    }

    /// All of them, newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Version> {
        self.0.iter()
    }

    /// Adds a version where its sequence puts it, and gives back the one of the same id, which it replaces.
    pub fn insert(&mut self, version: Version) -> Option<Version> {
        let replaced = self.remove(version.id());
        let place = self.0.partition_point(|other| other.sequence() > version.sequence());
        self.0.insert(place, version);
        replaced
    }

    /// Takes the one with an id out.
    pub fn remove(&mut self, id: &str) -> Option<Version> {
        let place = self.0.iter().position(|version| version.id() == id)?;
        Some(self.0.remove(place))
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Makes the ids of versions, and tells which were made.
///
/// As on S3, an id shows whether it was ever given out: its end is a mark that only the service can make. And it holds when
/// it was made, so that a listing goes on behind a version that was removed since.
pub(crate) struct VersionIds {
    key: Zeroizing<[u8; 32]>,
    latest: AtomicU64,
}

impl VersionIds {
    /// For a storage whose newest version has this sequence.
    #[expect(clippy::expect_used, reason = "32 bytes are a legal output length of HKDF-SHA256")]
    pub(crate) fn new(root: &RootKey, latest: u64) -> Self {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, root.bytes())
            .expand(b"s3-storage-sim version ids", &mut key[..])
            .expect("a legal output length");
        Self { key, latest: AtomicU64::new(latest) }
    }

    /// A sequence that is greater than all before: the time in microseconds, or one more than the last.
    pub(crate) fn next_sequence(&self, now: Duration) -> u64 {
        let now = u64::try_from(now.as_micros()).unwrap_or(u64::MAX);
        let next = |latest: u64| latest.saturating_add(1).max(now);
        next(self.latest.update(Ordering::SeqCst, Ordering::SeqCst, next))
    }

    /// A fresh id.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub(crate) fn fresh(&self, now: Duration) -> Result<String, NoRandomness> {
        let salt: [u8; SALT_LENGTH] = random()?;
        let content = [&self.next_sequence(now).to_be_bytes()[..], &salt].concat();
        let mark = self.marker(&content).finalize().into_bytes();
        Ok(URL_SAFE_NO_PAD.encode([&content[..], &mark[..MARK_LENGTH]].concat()))
    }

    /// The sequence that an id was made with; nothing where it was not made here.
    pub(crate) fn sequence_of(&self, id: &str) -> Option<u64> {
        let bytes = URL_SAFE_NO_PAD.decode(id).ok()?;
        let (content, mark) = bytes.split_last_chunk::<MARK_LENGTH>()?;
        let (sequence, salt) = content.split_first_chunk()?;
        self.marker(content).verify_truncated_left(mark).ok()?;
        (salt.len() == SALT_LENGTH).then(|| u64::from_be_bytes(*sequence))
    }

    #[expect(clippy::expect_used, reason = "any length is a legal key of HMAC")]
    fn marker(&self, content: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key[..]).expect("any length");
        mac.update(content);
        mac
    }
}

impl core::fmt::Debug for VersionIds {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("VersionIds").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker_of(version: &str, is_null: bool, sequence: u64) -> Version {
        Version::DeleteMarker(DeleteMarker { version: version.to_owned(), is_null, sequence, modified: 0 })
    }

    #[test]
    fn an_id_shows_whether_it_was_given_out_and_when() {
        let root = RootKey::generate().unwrap();
        let ids = VersionIds::new(&root, 0);
        let id = ids.fresh(Duration::from_micros(7)).unwrap();
        assert_eq!((id.len(), ids.sequence_of(&id)), (32, Some(7)));
        let altered = format!("{}ABCD", &id[..28]);
        for other in [altered.as_str(), "HPniJFCxqTsMuIH9KX8K8wEjNUgmABCD", "", "null", "?", &id[..31]] {
            assert_eq!(ids.sequence_of(other), None, "{other}");
        }
        assert_eq!(VersionIds::new(&RootKey::generate().unwrap(), 0).sequence_of(&id), None);
        assert_eq!(VersionIds::new(&root, 9).sequence_of(&id), Some(7), "also after a restart");
    }

    #[test]
    fn a_sequence_only_grows_also_where_the_clock_does_not() {
        let ids = VersionIds::new(&RootKey::generate().unwrap(), 10);
        let now = Duration::from_micros;
        let sequences = [now(3), now(20), now(20), now(5)].map(|now| ids.next_sequence(now));
        assert_eq!(sequences, [11, 20, 21, 22]);
    }

    #[test]
    fn versions_are_in_order_and_there_is_one_null_version() {
        let mut versions = Versions::default();
        assert_eq!(versions.insert(marker_of("a", false, 1)), None);
        assert_eq!(versions.insert(marker_of("b", true, 2)), None);
        assert_eq!(versions.insert(marker_of("c", false, 0)), None, "as read from records");
        assert_eq!(versions.insert(marker_of("d", true, 3)), Some(marker_of("b", true, 2)));
        assert_eq!(versions.iter().map(Version::id).collect::<Vec<_>>(), ["null", "a", "c"]);
        assert_eq!(versions.remove("null"), Some(marker_of("d", true, 3)));
        assert_eq!(versions.latest().map(Version::id), Some("a"));
    }
}
