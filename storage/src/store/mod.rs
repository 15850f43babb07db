//! Where the simulated storage keeps what it holds: small records, committed atomically, and blobs in chunks.
//!
//! Backends know nothing of S3. They get ciphertext and records, and lose nothing that they acknowledged: a blob's chunks
//! are written first and the record that makes them visible last, so a crash in between leaves garbage, never half an
//! object.

#[cfg(not(target_arch = "wasm32"))]
pub mod disk;
#[cfg(target_arch = "wasm32")]
pub mod indexed_db;
mod memory;
mod sealed;

pub use memory::MemoryBackend;
pub use sealed::{SealedError, SealedRecords};

use async_trait::async_trait;
use bytes::Bytes;

/// A failure of a backend, in words for the service's log. Clients are told `InternalError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the storage backend failed: {0}")]
pub struct BackendError(pub String);

/// A record: its key and its bytes.
pub type Record = (String, Vec<u8>);

/// A record in plain. Wiped on drop: KMS's has its keys.
pub type PlainRecord = (String, zeroize::Zeroizing<Vec<u8>>);

/// One change to the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a record, over an older one of the same key.
    Put(String, Vec<u8>),
    /// Removes a record; it need not exist.
    Delete(String),
}

/// What a record must still be for a commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The record's key.
    pub key: String,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// Keeps records and blobs.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// All records, as they were last committed.
    ///
    /// # Errors
    /// Where they cannot be read.
    async fn records(&self) -> Result<Vec<Record>, BackendError>;

    /// Makes all changes or none of them, durably; none where a record is not what is expected of it. Tells whether they
    /// were made.
    ///
    /// # Errors
    /// Where that failed: then none was made.
    async fn commit(&self, expected: Option<Expected>, changes: Vec<Change>) -> Result<bool, BackendError>;

    /// Writes a chunk of a blob. Ids are never used twice. Chunks come in their order, and all but the last are as long as
    /// the first.
    ///
    /// # Errors
    /// Where that failed.
    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError>;

    /// Makes a blob durable: called after its last chunk, before a record names it.
    ///
    /// # Errors
    /// Where that failed.
    async fn finish_blob(&self, blob: &str) -> Result<(), BackendError>;

    /// Reads a chunk of a blob, or nothing where there is none.
    ///
    /// # Errors
    /// Where that failed.
    async fn chunk(&self, blob: &str, index: u32) -> Result<Option<Bytes>, BackendError>;

    /// Removes all chunks of a blob; it need not exist.
    ///
    /// # Errors
    /// Where that failed.
    async fn delete_blob(&self, blob: &str) -> Result<(), BackendError>;

    /// The ids of all blobs, so that those which no record names can be removed at start.
    ///
    /// # Errors
    /// Where that failed.
    async fn blobs(&self) -> Result<Vec<String>, BackendError>;
}
