//! Where the root key is kept: apart from what is sealed under it, so that whoever finds the store alone can read nothing.
//!
//! Real S3 keeps it in hardware. Here it is a file of its own, a key that the browser holds and gives nobody, or memory.

#[cfg(target_arch = "wasm32")]
pub mod browser;
#[cfg(not(target_arch = "wasm32"))]
pub mod file;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::encryption::sse_s3::RootKey;

/// Why a root key cannot be had, in words for who starts the service. It never quotes the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the root key {0}")]
pub struct RootKeyError(pub String);

/// Keeps the root key of one storage.
#[async_trait]
pub trait RootKeyHolder: Send + Sync + 'static {
    /// The key, or nothing where none was kept yet.
    ///
    /// # Errors
    /// Where there is one that cannot be read: it must not be mistaken for none.
    async fn held(&self) -> Result<Option<RootKey>, RootKeyError>;

    /// Keeps a key durably. There is none yet.
    ///
    /// # Errors
    /// Where that failed, or where there is one after all.
    async fn hold(&self, key: &RootKey) -> Result<(), RootKeyError>;
}

/// Keeps the key in memory, as long as the process lives.
#[derive(Debug, Default)]
pub struct RootKeyInMemory(Mutex<Option<RootKey>>);

impl RootKeyInMemory {
    /// A holder of a key that is known already.
    #[must_use]
    pub fn of(key: RootKey) -> Self {
        Self(Mutex::new(Some(key)))
    }
}

#[async_trait]
impl RootKeyHolder for RootKeyInMemory {
    async fn held(&self) -> Result<Option<RootKey>, RootKeyError> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    async fn hold(&self, key: &RootKey) -> Result<(), RootKeyError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(key.clone());
        Ok(())
    }
}
