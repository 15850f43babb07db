//! Records as they lie at rest: sealed under the root key, their names too, and bound to each other.
//!
//! | stored under | stored bytes |
//! | --- | --- |
//! | HMAC-SHA256 of the record's name, hex | 32-byte salt ‖ AES-256-GCM of (length of the name ‖ name ‖ record) |
//! | `header` | the format's name, and an id of the root key, in plain |
//! | `manifest` | sealed as a record: how often was committed, and a hash of the set of all records |
//!
//! Each record has a key of its own, derived from the root key and the salt, so one nonce serves all. A store's names
//! tell nothing, a record cannot stand in for another, and the manifest, which every commit replaces in the same
//! transaction, tells records that were removed, or put back as they were before. What it cannot tell is the whole store
//! being put back: that is a restored backup.

use std::collections::HashMap;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use async_lock::Mutex;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Backend, BackendError, Change, Expected, PlainRecord, Record};
use crate::encryption::sse_s3::RootKey;
use crate::encryption::{NoRandomness, random};

const HEADER: &str = "header";
const MANIFEST: &str = "manifest";
/// 1 sealed the state of KMS once more, by itself.
const FORMAT: &str = "s3-storage-sim sealed records 2";
const SALT_LENGTH: usize = 32;
/// How often a commit is tried anew because another storage wrote in between.
const ATTEMPTS: usize = 100;

/// Why sealed records do not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealedError {
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// The platform has no randomness.
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    /// They were sealed under another root key.
    #[error(
        "what is stored was sealed under another root key: start with that one, or with an empty store; nothing was changed"
    )]
    OtherRootKey,
    /// They are not in this format.
    #[error("what is stored is in a format that this release does not read; nothing was changed")]
    OtherFormat,
    /// They are not those that were committed last.
    #[error("what is stored was altered: {0}; nothing was changed")]
    Altered(&'static str),
}

/// A hash that tells two sets of records apart: the sum, without carries, of a keyed hash of each.
type SetHash = [u8; 32];

/// The records of a backend, sealed.
pub struct SealedRecords {
    backend: Arc<dyn Backend>,
    keys: Keys,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    commits: u64,
    set: SetHash,
    /// The manifest as it is stored.
    manifest: Vec<u8>,
    /// What each stored record adds to the set's hash, by its stored name.
    elements: HashMap<String, SetHash>,
}

/// Changes before they are sealed. Wiped on drop: KMS's record has its keys.
struct PlainChanges(Vec<Change>);

impl Drop for PlainChanges {
    fn drop(&mut self) {
        for change in &mut self.0 {
            if let Change::Put(_, record) = change {
                record.zeroize();
            }
        }
    }
}

/// What a commit will change of the state, once it is durable.
struct Pending<'a> {
    state: &'a State,
    set: SetHash,
    changed: HashMap<String, Option<SetHash>>,
}

impl State {
    fn pending(&self) -> Pending<'_> {
        Pending { state: self, set: self.set, changed: HashMap::new() }
    }

    fn apply(&mut self, commits: u64, set: SetHash, manifest: Vec<u8>, changed: HashMap<String, Option<SetHash>>) {
        (self.commits, self.set, self.manifest) = (commits, set, manifest);
        for (stored_name, element) in changed {
            match element {
                Some(element) => self.elements.insert(stored_name, element),
                None => self.elements.remove(&stored_name),
            };
        }
    }
}

impl Pending<'_> {
    /// A record is written, or removed where it adds nothing.
    fn change(&mut self, stored_name: &str, element: Option<SetHash>) {
        let former = self.changed.get(stored_name).copied();
        let former = former.unwrap_or_else(|| self.state.elements.get(stored_name).copied());
        for one in [former, element].into_iter().flatten() {
            add(&mut self.set, &one);
        }
        self.changed.insert(stored_name.to_owned(), element);
    }
}

impl core::fmt::Debug for SealedRecords {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("SealedRecords").finish_non_exhaustive()
    }
}

impl SealedRecords {
    /// Opens what a backend holds under the root key, and gives its records in plain. An empty backend gets a header.
    ///
    /// # Errors
    /// Where the backend fails, and where what it holds is not what was committed last under this root key.
    pub async fn open(backend: Arc<dyn Backend>, root: &RootKey) -> Result<(Self, Vec<PlainRecord>), SealedError> {
        let keys = Keys::of(root);
        let stored = backend.records().await?;
        if stored.is_empty() {
            let records = Self { backend, keys, state: Mutex::default() };
            records.replace_all(Vec::new()).await?;
            return Ok((records, Vec::new()));
        }
        let (state, records) = keys.checked(&stored)?;
        Ok((Self { backend, keys, state: Mutex::new(state) }, records))
    }

    /// Makes all changes or none, durably, and the manifest with them. To be run to its end: a future that is dropped
    /// leaves it open whether they were made.
    ///
    /// # Errors
    /// Where the backend fails: then none was made.
    pub async fn commit(&self, changes: Vec<Change>) -> Result<(), SealedError> {
        let changes = PlainChanges(changes);
        let mut state = self.state.lock().await;
        for _ in 0..ATTEMPTS {
            if self.try_commit(&mut state, &changes.0).await? {
                return Ok(());
            }
            // Another storage over the same database was first: see what it made of the set.
            *state = self.keys.checked(&self.backend.records().await?)?.0;
        }
        Err(BackendError("others write all the time".to_owned()).into())
    }

    async fn try_commit(&self, state: &mut State, changes: &[Change]) -> Result<bool, SealedError> {
        let mut pending = state.pending();
        let mut sealed = Vec::with_capacity(changes.len() + 1);
        for change in changes {
            sealed.push(self.sealed(change, &mut pending)?);
        }
        let Pending { set, changed, .. } = pending;
        let commits = state.commits + 1;
        let manifest = self.keys.manifest(commits, &set)?;
        sealed.push(Change::Put(MANIFEST.to_owned(), manifest.clone()));
        let expected = Expected { key: MANIFEST.to_owned(), value: state.manifest.clone() };
        let is_made = self.backend.commit(Some(expected), sealed).await?;
        if is_made {
            state.apply(commits, set, manifest, changed);
        }
        Ok(is_made)
    }

    /// Puts records in the place of all there are, and the header and the manifest with them: all in one transaction, so that
    /// there is no time at which the store cannot be opened. Whatever else lies there goes too.
    ///
    /// # Errors
    /// Where the backend fails: then nothing was changed.
    pub(crate) async fn replace_all(&self, records: Vec<Change>) -> Result<(), SealedError> {
        let records = PlainChanges(records);
        let mut state = self.state.lock().await;
        for _ in 0..ATTEMPTS {
            if self.try_replace_all(&mut state, &records.0).await? {
                return Ok(());
            }
        }
        Err(BackendError("others write all the time".to_owned()).into())
    }

    async fn try_replace_all(&self, state: &mut State, records: &[Change]) -> Result<bool, SealedError> {
        let stored = self.backend.records().await?;
        let found = find(&stored, MANIFEST).map(<[u8]>::to_vec);
        let expected = found.map(|value| Expected { key: MANIFEST.to_owned(), value });
        let mut changes: Vec<Change> = stored.into_iter().map(|(stored_name, _)| Change::Delete(stored_name)).collect();
        let mut next = State::default();
        let mut pending = next.pending();
        for record in records {
            changes.push(self.sealed(record, &mut pending)?);
        }
        let Pending { set, changed, .. } = pending;
        let commits = state.commits + 1;
        let manifest = self.keys.manifest(commits, &set)?;
        changes.push(Change::Put(HEADER.to_owned(), self.keys.header()));
        changes.push(Change::Put(MANIFEST.to_owned(), manifest.clone()));
        let is_made = self.backend.commit(expected, changes).await?;
        if is_made {
            next.apply(commits, set, manifest, changed);
            *state = next;
        }
        Ok(is_made)
    }

    fn sealed(&self, change: &Change, pending: &mut Pending<'_>) -> Result<Change, NoRandomness> {
        match change {
            Change::Put(name, record) => {
                let stored_name = self.keys.stored_name(name);
                let bytes = self.keys.seal(&stored_name, name, record)?;
                pending.change(&stored_name, Some(self.keys.element(&stored_name, &bytes)));
                Ok(Change::Put(stored_name, bytes))
            }
            Change::Delete(name) => {
                let stored_name = self.keys.stored_name(name);
                pending.change(&stored_name, None);
                Ok(Change::Delete(stored_name))
            }
        }
    }
}

/// The keys of records, all derived from the root key.
struct Keys {
    id: [u8; 16],
    names: Zeroizing<[u8; 32]>,
    contents: Zeroizing<[u8; 32]>,
    set: Zeroizing<[u8; 32]>,
}

impl Keys {
    fn of(root: &RootKey) -> Self {
        let derive = Hkdf::<Sha256>::new(Some(FORMAT.as_bytes()), root.bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&expand(&derive, b"id of the root key")[..16]);
        Self {
            id,
            names: expand(&derive, b"names"),
            contents: expand(&derive, b"contents"),
            set: expand(&derive, b"set"),
        }
    }

    fn header(&self) -> Vec<u8> {
        format!("{FORMAT}\n{}\n", hex::encode(self.id)).into_bytes()
    }

    fn manifest(&self, commits: u64, set: &SetHash) -> Result<Vec<u8>, NoRandomness> {
        self.seal(MANIFEST, MANIFEST, &[&commits.to_be_bytes()[..], set].concat())
    }

    /// Stored records in plain, if they are all that was committed last.
    fn checked(&self, stored: &[Record]) -> Result<(State, Vec<PlainRecord>), SealedError> {
        self.check_header(find(stored, HEADER))?;
        let mut state = State::default();
        let mut pending = state.pending();
        let mut records = Vec::new();
        for (stored_name, sealed) in stored {
            if [HEADER, MANIFEST].contains(&stored_name.as_str()) {
                continue;
            }
            records.push(self.unseal(stored_name, sealed).ok_or(SealedError::Altered("a record"))?);
            pending.change(stored_name, Some(self.element(stored_name, sealed)));
        }
        let Pending { set, changed, .. } = pending;
        let manifest = find(stored, MANIFEST).ok_or(SealedError::Altered("the manifest is missing"))?;
        let commits = self.check_manifest(manifest, &set)?;
        state.apply(commits, set, manifest.to_vec(), changed);
        Ok((state, records))
    }

    fn check_header(&self, header: Option<&[u8]>) -> Result<(), SealedError> {
        match header {
            Some(header) if header == self.header() => Ok(()),
            Some(header) if header.starts_with(FORMAT.as_bytes()) => Err(SealedError::OtherRootKey),
            _ => Err(SealedError::OtherFormat),
        }
    }

    /// How often was committed, if the manifest is that of this set of records.
    fn check_manifest(&self, manifest: &[u8], set: &SetHash) -> Result<u64, SealedError> {
        let (_, content) = self.unseal(MANIFEST, manifest).ok_or(SealedError::Altered("the manifest"))?;
        let (commits, hash) = content.split_first_chunk::<8>().ok_or(SealedError::Altered("the manifest"))?;
        if bool::from(hash.ct_eq(set)) {
            Ok(u64::from_be_bytes(*commits))
        } else {
            Err(SealedError::Altered("records are missing, or are older than the rest"))
        }
    }

    fn stored_name(&self, name: &str) -> String {
        hex::encode(mac(&self.names, &[name.as_bytes()]))
    }

    fn element(&self, stored_name: &str, sealed: &[u8]) -> SetHash {
        mac(&self.set, &[stored_name.as_bytes(), &[0], sealed])
    }

    fn seal(&self, stored_name: &str, name: &str, record: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let salt: [u8; SALT_LENGTH] = random()?;
        let length = u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes();
        let content = Zeroizing::new([&length[..], name.as_bytes(), record].concat());
        let payload = Payload { msg: &content, aad: stored_name.as_bytes() };
        // Records are far below AES-GCM's limit; the platform's randomness is the only thing that can be missing.
        let sealed = self.cipher(&salt).encrypt(&Nonce::default(), payload).map_err(|_| NoRandomness)?;
        Ok([&salt[..], &sealed].concat())
    }

    /// The name and the content of a stored record, if it is what was stored under this name.
    fn unseal(&self, stored_name: &str, sealed: &[u8]) -> Option<PlainRecord> {
        let (salt, sealed) = sealed.split_first_chunk::<SALT_LENGTH>()?;
        let payload = Payload { msg: sealed, aad: stored_name.as_bytes() };
        let content = Zeroizing::new(self.cipher(salt).decrypt(&Nonce::default(), payload).ok()?);
        let (length, rest) = content.split_first_chunk::<4>()?;
        let (name, record) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        let name = std::str::from_utf8(name).ok()?.to_owned();
        Some((name, Zeroizing::new(record.to_vec())))
    }

    fn cipher(&self, salt: &[u8; SALT_LENGTH]) -> Aes256Gcm {
        let key = expand(&Hkdf::<Sha256>::new(Some(salt), &self.contents[..]), b"record");
        Aes256Gcm::new((&*key).into())
    }
}

#[expect(clippy::expect_used, reason = "32 bytes are a legal output length of HKDF-SHA256")]
fn expand(derive: &Hkdf<Sha256>, purpose: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    derive.expand(purpose, &mut key[..]).expect("a legal output length");
    key
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key of any length");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn add(sum: &mut SetHash, element: &SetHash) {
    for (byte, other) in sum.iter_mut().zip(element) {
        *byte ^= other;
    }
}

fn find<'a>(stored: &'a [Record], name: &str) -> Option<&'a [u8]> {
    stored.iter().find(|(stored_name, _)| stored_name == name).map(|(_, bytes)| &bytes[..])
}
