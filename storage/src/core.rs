//! What every operation stands on: the catalogue, the keys, the backend, the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_lock::{Mutex, RwLock};
use http::Extensions;
use s3s::auth::Credentials;
use s3s::{S3Error, S3Result, s3_error};

use crate::asked::KmsRefused;
use crate::bytes_at_rest::Extent;
use crate::caller::Caller;
use crate::config::{ACCOUNT_ID, Config};
use crate::encryption::sse_s3::RootKey;
use crate::encryption::{self, BlobCipher, BucketKeys, ObjectKeys, Place, add_elements};
use crate::faults::Faults;
use crate::kms::Kms;
use crate::model::{Bucket, Catalogue, ObjectName, StoredPart};
use crate::records;
use crate::root_key::{RootKeyError, RootKeyHolder};
use crate::store::{Backend, BackendError, Change, SealedError, SealedRecords};
use crate::under_way::UnderWay;
use crate::versions::{NULL, VersionIds};

/// The state of one simulated storage.
pub(crate) struct Core {
    pub(crate) config: Config,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) catalogue: RwLock<Catalogue>,
    pub(crate) under_way: Arc<UnderWay>,
    records: SealedRecords,
    /// Answers that fail on purpose.
    pub(crate) faults: Faults,
    kms: Mutex<Kms>,
    pub(crate) bucket_keys: BucketKeys,
    pub(crate) root: RootKey,
    version_ids: VersionIds,
    /// The sequence at which everything was removed last.
    cleared: AtomicU64,
}

/// Why a storage could not be opened or cleared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The backend failed, or holds what cannot be read.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// What is stored does not open.
    #[error(transparent)]
    Sealed(#[from] SealedError),
    /// The root key cannot be had.
    #[error(transparent)]
    RootKey(#[from] RootKeyError),
    /// There is something stored, and no root key to open it with.
    #[error(
        "something is stored, but its root key is missing: restore the key, or start with an empty store; nothing was changed"
    )]
    RootKeyMissing,
    /// KMS's state cannot be read, or a key could not be made.
    #[error("the simulated KMS cannot start: {0}")]
    Kms(String),
    /// The platform has no randomness.
    #[error(transparent)]
    Randomness(#[from] encryption::NoRandomness),
    /// A setting is not valid.
    #[error("the setting {0}")]
    Config(String),
}

impl Core {
    /// Opens what the backend holds, and clears away blobs that a crash left without a record. An empty backend gets a
    /// root key, unless there is one already.
    pub(crate) async fn open(
        config: Config,
        backend: Arc<dyn Backend>,
        holder: &dyn RootKeyHolder,
    ) -> Result<Self, StorageError> {
        let root = root_key(&*backend, holder).await?;
        let (records, stored) = SealedRecords::open(backend.clone(), &root).await?;
        let kms_record = stored.iter().find(|(name, _)| name == records::KMS).map(|(_, value)| value);
        let mut kms = match kms_record {
            Some(record) => Kms::read(&config.region, ACCOUNT_ID, record).map_err(|error| kms_start(&error))?,
            None => Kms::new(&config.region, ACCOUNT_ID),
        };
        kms.delete_due(now_seconds());
        for alias in &config.kms_keys {
            kms.create_key_with_alias(alias, now_seconds()).map_err(|error| kms_start(&error))?;
        }
        let catalogue = records::read(&stored)?;
        remove_orphans(&*backend, &catalogue).await?;
        let version_ids = VersionIds::new(&root, catalogue.latest_sequence());
        let (catalogue, kms) = (RwLock::new(catalogue), Mutex::new(kms));
        let (under_way, faults) = (Arc::default(), Faults::default());
        let bucket_keys = BucketKeys::default();
        let cleared = AtomicU64::new(0);
        let core = Self {
            config,
            backend,
            catalogue,
            under_way,
            records,
            faults,
            kms,
            bucket_keys,
            root,
            version_ids,
            cleared,
        };
        core.save_kms(&mut *core.kms.lock().await).await?;
        Ok(core)
    }

    /// Runs something with KMS and saves what changed.
    pub(crate) async fn with_kms<T>(&self, work: impl FnOnce(&mut Kms) -> T) -> S3Result<T> {
        let mut kms = self.kms.lock().await;
        let result = work(&mut kms);
        self.save_kms(&mut kms).await.map_err(S3Error::internal_error)?;
        Ok(result)
    }

    /// What KMS was asked for, newest last.
    pub(crate) async fn kms_events(&self) -> Vec<crate::kms::Event> {
        self.kms.lock().await.events().iter().cloned().collect()
    }

    /// Removes everything but the root key, and makes the keys of the settings anew. First what names bytes, in one step, and
    /// the bytes then: those that cannot be removed are at the next start.
    ///
    /// # Errors
    /// Where the backend fails. Where it fails to remove bytes, nothing names them any more.
    pub(crate) async fn clear(&self) -> Result<(), StorageError> {
        let mut catalogue = self.catalogue.write().await;
        let mut kms = self.kms.lock().await;
        let mut fresh = Kms::new(&self.config.region, ACCOUNT_ID);
        for alias in &self.config.kms_keys {
            fresh.create_key_with_alias(alias, now_seconds()).map_err(|error| kms_start(&error))?;
        }
        let record = fresh.record().map_err(|error| kms_start(&error))?;
        self.records.replace_all(vec![Change::Put(records::KMS.to_owned(), record)]).await?;
        fresh.take_changed();
        *kms = fresh;
        *catalogue = Catalogue::default();
        self.bucket_keys.clear();
        let removed = remove_orphans(&*self.backend, &catalogue).await;
        self.cleared.store(self.version_ids.next_sequence(now()), Ordering::SeqCst);
        Ok(removed?)
    }

    /// Refuses what was begun before everything was removed, or is for a bucket that is gone: its bytes or its key may be too,
    /// also where there is another bucket of that name by now. To be asked with the catalogue held that is to show it.
    ///
    /// # Errors
    /// `NoSuchBucket`.
    pub(crate) fn check_still_there(&self, catalogue: &Catalogue, bucket: &str, version: &str) -> S3Result<()> {
        let is_of_now = self.sequence(version) > self.cleared.load(Ordering::SeqCst);
        if is_of_now && catalogue.buckets.contains_key(bucket) { Ok(()) } else { Err(no_such_bucket(bucket)) }
    }

    async fn save_kms(&self, kms: &mut Kms) -> Result<(), StorageError> {
        if kms.take_changed() {
            let record = kms.record().map_err(|error| kms_start(&error))?;
            let saved = self.records.commit(vec![Change::Put(records::KMS.to_owned(), record)]).await;
            return saved.map_err(|error| {
                kms.set_changed();
                error.into()
            });
        }
        Ok(())
    }

    /// Makes changes durable. Call it before the catalogue shows them.
    pub(crate) async fn commit(&self, changes: Vec<Result<Change, BackendError>>) -> S3Result<()> {
        let changes: Vec<Change> = changes.into_iter().collect::<Result<_, _>>().map_err(S3Error::internal_error)?;
        self.records.commit(changes).await.map_err(S3Error::internal_error)
    }

    /// Removes blobs that nothing refers to any more, once no request can be reading them.
    pub(crate) fn discard(&self, parts: impl IntoIterator<Item = StoredPart>) {
        self.under_way.unreferenced(parts.into_iter().map(|part| part.blob));
    }

    /// Removes the blobs that were discarded and that nobody reads, and the keys whose time is over. What fails is tried again
    /// later, the blobs at the next start.
    pub(crate) async fn tidy(&self) {
        self.delete_due_keys().await;
        for blob in self.under_way.unread() {
            let _ = self.backend.delete_blob(&blob).await;
        }
    }

    /// Deletes keys on their day also where nobody asks KMS for anything; whoever is asking it deletes them as well.
    async fn delete_due_keys(&self) {
        if let Some(mut kms) = self.kms.try_lock() {
            kms.delete_due(now_seconds());
            let _ = self.save_kms(&mut kms).await;
        }
    }

    /// A fresh id of a version.
    pub(crate) fn new_version_id(&self) -> S3Result<String> {
        self.version_ids.fresh(now()).map_err(S3Error::internal_error)
    }

    /// The sequence of a version: the one that is in its id, or for the null version the next one.
    pub(crate) fn sequence(&self, id: &str) -> u64 {
        self.version_ids.sequence_of(id).unwrap_or_else(|| self.version_ids.next_sequence(now()))
    }

    /// The sequence of a version's id; nothing where this storage cannot have given it out. That of the null version is in
    /// no id.
    pub(crate) fn given_sequence(&self, id: &str) -> Option<u64> {
        if id == NULL { Some(u64::MAX) } else { self.version_ids.sequence_of(id) }
    }

    /// A bucket's settings.
    pub(crate) async fn bucket(&self, name: &str) -> S3Result<Bucket> {
        self.catalogue.read().await.buckets.get(name).cloned().ok_or_else(|| no_such_bucket(name))
    }

    /// Who signed a request. What one may do who did not is for the bucket's policy to say.
    pub(crate) fn caller(&self, credentials: Option<&Credentials>) -> S3Result<Caller> {
        let Some(credentials) = credentials else { return Ok(Caller::anonymous()) };
        let known = self.config.credential(&credentials.access_key).ok_or_else(|| s3_error!(AccessDenied))?;
        Ok(Caller {
            access_key: known.access_key.clone(),
            user_id: known.user_id.clone(),
            display_name: known.display_name.clone(),
            account_id: ACCOUNT_ID.to_owned(),
            kms_refused: None,
        })
    }

    /// Who sent a request, and whether S3 asks KMS in their name.
    pub(crate) fn sender(&self, credentials: Option<&Credentials>, extensions: &Extensions) -> S3Result<Caller> {
        let mut caller = self.caller(credentials)?;
        if let Some(KmsRefused(refusal)) = extensions.get() {
            caller.kms_refused = Some(refusal.clone());
        }
        Ok(caller)
    }
}

/// The bytes from `start` to `end` of an object, as runs of its blobs.
pub(crate) fn extents(
    data_key: &ObjectKeys,
    name: &ObjectName,
    version: &str,
    parts: &[StoredPart],
    (start, end): (u64, u64),
) -> Vec<Extent> {
    let mut offset = 0;
    let mut extents = Vec::new();
    for part in parts {
        let (from, to) = (start.max(offset), end.min(offset + part.length));
        // An empty blob has no byte to give, but a tag to check.
        if from < to || part.length == 0 {
            let place = Place { bucket: &name.bucket, key: &name.key, version, part: part.number };
            let cipher = BlobCipher::new(data_key, &part.blob, place);
            // An empty blob may be behind the end.
            let (start, end) = if part.length == 0 { (0, 0) } else { (from - offset, to - offset) };
            extents.push(Extent { id: part.blob.clone(), cipher, length: part.length, start, end });
        }
        offset += part.length;
    }
    extents
}

pub(crate) fn no_such_bucket(name: &str) -> S3Error {
    let mut error = s3_error!(NoSuchBucket, "The specified bucket does not exist");
    add_elements(&mut error, [("BucketName", name.to_owned())]);
    error
}

/// 128 random bits in hex: request ids, versions, blobs, uploads. None of them is a secret; where the platform has no
/// randomness nothing can be encrypted, and so nothing gets this far.
pub(crate) fn random_id() -> String {
    encryption::random::<16>().map(hex::encode).unwrap_or_default()
}

/// The time since 1970.
pub(crate) fn now() -> Duration {
    let now = time::OffsetDateTime::now_utc() - time::OffsetDateTime::UNIX_EPOCH;
    Duration::try_from(now).unwrap_or_default()
}

pub(crate) fn now_seconds() -> u64 {
    now().as_secs()
}

pub(crate) fn now_millis() -> u64 {
    u64::try_from(now().as_millis()).unwrap_or(u64::MAX)
}

/// The root key, which is made where nothing is stored yet. It is kept before anything is sealed under it.
async fn root_key(backend: &dyn Backend, holder: &dyn RootKeyHolder) -> Result<RootKey, StorageError> {
    if let Some(root) = holder.held().await? {
        return Ok(root);
    }
    if !backend.records().await?.is_empty() {
        return Err(StorageError::RootKeyMissing);
    }
    let root = RootKey::generate()?;
    holder.hold(&root).await?;
    Ok(root)
}

fn kms_start(error: &crate::kms::KmsError) -> StorageError {
    StorageError::Kms(error.to_string())
}

/// Removes the blobs that nothing names; one that cannot be keeps none of the others.
async fn remove_orphans(backend: &dyn Backend, catalogue: &Catalogue) -> Result<(), BackendError> {
    let known: std::collections::HashSet<&str> = catalogue.blobs().collect();
    let mut outcome = Ok(());
    for blob in backend.blobs().await? {
        if !known.contains(blob.as_str()) {
            outcome = outcome.and(backend.delete_blob(&blob).await);
        }
    }
    outcome
}
