//! What KMS keeps, and the record that it is kept as.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::key::Key;
use super::{Event, Kms, KmsError};

/// All that is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) keys: BTreeMap<String, Key>,
    /// By name, `alias/` included.
    pub(super) aliases: BTreeMap<String, Alias>,
    /// The ids of keys that are gone.
    pub(super) deleted: BTreeSet<String>,
    pub(super) events: VecDeque<Event>,
}

/// Another name of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alias {
    /// The key's id.
    pub(super) target: String,
    /// When it was made, in Unix seconds.
    pub(super) created: u64,
    /// When it last became another key's, in Unix seconds.
    pub(super) updated: u64,
}

impl Kms {
    /// The whole state as a record of the store, which seals it under the service's root key. It has the keys' material in
    /// the clear: hand it to nothing else.
    ///
    /// # Errors
    /// None that can be had with this state.
    pub(crate) fn record(&self) -> Result<Vec<u8>, KmsError> {
        let mut length = Length(0);
        serde_json::to_writer(&mut length, &self.state).map_err(|_| KmsError::internal())?;
        // In one piece: a buffer that grows would leave copies of key material behind.
        let mut record = Vec::with_capacity(length.0);
        serde_json::to_writer(&mut record, &self.state).map_err(|_| KmsError::internal())?;
        Ok(record)
    }

    /// Reads the record of a state.
    ///
    /// # Errors
    /// Where it is none.
    pub(crate) fn read(region: &str, account_id: &str, record: &[u8]) -> Result<Self, KmsError> {
        let state = serde_json::from_slice(record).map_err(|_| KmsError::internal())?;
        Ok(Self { region: region.to_owned(), account_id: account_id.to_owned(), state, is_changed: false })
    }

    /// Whether the state changed since this was last asked: then it wants to be kept again.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// Says that the state was not kept after all.
    pub(crate) const fn set_changed(&mut self) {
        self.is_changed = true;
    }
}

/// Takes what is written for its length.
struct Length(usize);

impl std::io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
