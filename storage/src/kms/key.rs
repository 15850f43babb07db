//! A KMS key: its material, which never leaves, and its state.

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{KmsError, random};

/// A symmetric key.
#[derive(Serialize, Deserialize)]
pub(super) struct Key {
    material: Material,
    /// Names the material; changes when a key is rotated.
    pub(super) material_id: String,
    pub(super) state: KeyState,
    pub(super) manager: Manager,
    pub(super) description: String,
    /// When it was made, in Unix seconds.
    pub(super) created: u64,
}

/// 32 secret bytes. Wiped on drop, never printed.
#[derive(Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
struct Material([u8; 32]);

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyState {
    Enabled,
    Disabled,
    PendingDeletion {
        /// When it will be deleted, in Unix seconds.
        at: u64,
        /// The days that it was given.
        window_in_days: u32,
    },
}

/// Who manages a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Manager {
    Customer,
    Aws,
}

impl Key {
    pub(super) fn generate(description: &str, manager: Manager, now: u64) -> Result<Self, KmsError> {
        Ok(Self {
            material: Material(random()?),
            material_id: hex::encode(random::<32>()?),
            state: KeyState::Enabled,
            manager,
            description: description.to_owned(),
            created: now,
        })
    }

    pub(super) const fn material(&self) -> &[u8; 32] {
        &self.material.0
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Key").field("state", &self.state).finish_non_exhaustive()
    }
}

impl KeyState {
    /// KMS's name of the state.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion { .. } => "PendingDeletion",
        }
    }
}
