//! Where the simulated storage keeps what it holds: small records, committed atomically, and blobs in chunks.
//!
//! Backends know nothing of S3. They get ciphertext and records, and lose nothing that they acknowledged: a blob's chunks
//! are written first and the record that makes them visible last, so a crash in between leaves garbage, never half an
//! object.

#[cfg(target_arch = "wasm32")]
pub mod indexed_db;
mod memory;

pub use memory::MemoryBackend;

use async_trait::async_trait;
use bytes::Bytes;

/// A failure of a backend, in words for the service's log. Clients are told `InternalError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the storage backend failed: {0}")]
pub struct BackendError(pub String);

/// One change to the records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Writes a record, over an older one of the same key.
    Put(String, Vec<u8>),
    /// Removes a record; it need not exist.
    Delete(String),
}

/// Keeps records and blobs.
#[async_trait]
pub trait Backend: Send + Sync + 'static {
    /// All records, as they were last committed.
    ///
    /// # Errors
    /// Where they cannot be read.
    async fn records(&self) -> Result<Vec<(String, Vec<u8>)>, BackendError>;

    /// Makes all changes or none of them, durably.
    ///
    /// # Errors
    /// Where that failed: then none was made.
    async fn commit(&self, changes: Vec<Change>) -> Result<(), BackendError>;

    /// Writes a chunk of a blob. Ids are never used twice.
    ///
    /// # Errors
    /// Where that failed.
    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError>;

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

    /// Removes everything.
    ///
    /// # Errors
    /// Where that failed.
    async fn clear(&self) -> Result<(), BackendError>;
}
