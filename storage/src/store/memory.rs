//! A backend in memory: for tests, and for servers that start empty each time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use super::{Backend, BackendError, Change, Expected, Record};

/// Keeps everything in memory, until it is dropped.
#[derive(Debug, Default)]
pub struct MemoryBackend {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    records: BTreeMap<String, Vec<u8>>,
    chunks: BTreeMap<(String, u32), Bytes>,
}

impl MemoryBackend {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each critical section below is a single step, so a panic in one leaves nothing half done.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Backend for MemoryBackend {
    async fn records(&self) -> Result<Vec<Record>, BackendError> {
        Ok(self.state().records.iter().map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    async fn commit(&self, expected: Option<Expected>, changes: Vec<Change>) -> Result<bool, BackendError> {
        let mut state = self.state();
        if expected.is_some_and(|Expected { key, value }| state.records.get(&key) != Some(&value)) {
            return Ok(false);
        }
        for change in changes {
            match change {
                Change::Put(key, value) => state.records.insert(key, value),
                Change::Delete(key) => state.records.remove(&key),
            };
        }
        Ok(true)
    }

    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError> {
        self.state().chunks.insert((blob.to_owned(), index), bytes);
        Ok(())
    }

    async fn finish_blob(&self, _: &str) -> Result<(), BackendError> {
        Ok(())
    }

    async fn chunk(&self, blob: &str, index: u32) -> Result<Option<Bytes>, BackendError> {
        Ok(self.state().chunks.get(&(blob.to_owned(), index)).cloned())
    }

    async fn delete_blob(&self, blob: &str) -> Result<(), BackendError> {
        self.state().chunks.retain(|(id, _), _| id != blob);
        Ok(())
    }

    async fn blobs(&self) -> Result<Vec<String>, BackendError> {
        let ids: BTreeSet<String> = self.state().chunks.keys().map(|(id, _)| id.clone()).collect();
        Ok(ids.into_iter().collect())
    }
}
