//! A KMS key: its material, which never leaves, its state, and what is kept beside them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::grant::Grant;
use super::{KmsError, random};

/// A symmetric key.
#[derive(Serialize, Deserialize)]
pub(super) struct Key {
    /// Every material that the key ever had, the current one last: what the older ones wrapped still opens.
    materials: Vec<Material>,
    pub(super) state: KeyState,
    pub(super) manager: Manager,
    pub(super) description: String,
    /// When it was made, in Unix seconds.
    pub(super) created: u64,
    /// The key policy, as it was written.
    pub(super) policy: String,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) grants: Vec<Grant>,
    /// Automatic rotation, where it is on.
    pub(super) rotation: Option<Rotation>,
    pub(super) last_usage: Option<LastUsage>,
}

/// 32 secret bytes and where they come from. Wiped on drop, never printed.
#[derive(Serialize, Deserialize)]
pub(super) struct Material {
    /// Where they stay: a list of materials that grows leaves no copies of them behind.
    bytes: Box<[u8; 32]>,
    /// 32 random bytes in hex.
    pub(super) id: String,
    /// When and why it took over; nothing for a key's first material.
    pub(super) rotated: Option<(u64, RotationType)>,
}

/// Why a key was rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum RotationType {
    Automatic,
    OnDemand,
}

/// Automatic rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Rotation {
    pub(super) period_days: u32,
    /// When it is due next, in Unix seconds.
    pub(super) next: u64,
}

/// The last successful cryptographic use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LastUsage {
    pub(super) operation: String,
    pub(super) at: u64,
    pub(super) event_id: String,
    pub(super) request_id: String,
}

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

pub(super) const SECONDS_PER_DAY: u64 = 86_400;
/// How often a key may be rotated on demand. Source: AWS KMS Developer Guide, "Rotate AWS KMS keys".
pub(super) const MAX_ON_DEMAND_ROTATIONS: usize = 25;

impl Key {
    pub(super) fn generate(
        description: &str,
        manager: Manager,
        policy: String,
        created: u64,
    ) -> Result<Self, KmsError> {
        Ok(Self {
            materials: vec![Material::generate(None)?],
            state: KeyState::Enabled,
            manager,
            description: description.to_owned(),
            created,
            policy,
            tags: BTreeMap::new(),
            grants: Vec::new(),
            // Keys that AWS manages are rotated every year, whatever anybody says.
            rotation: (manager == Manager::Aws)
                .then_some(Rotation { period_days: 365, next: created + 365 * SECONDS_PER_DAY }),
            last_usage: None,
        })
    }

    /// The material that wraps.
    pub(super) fn current(&self) -> Result<&Material, KmsError> {
        self.materials.last().ok_or_else(KmsError::internal)
    }

    /// The material of an id, however old.
    pub(super) fn material(&self, id: &str) -> Option<&Material> {
        self.materials.iter().find(|material| material.id == id)
    }

    /// All materials, the current one last.
    pub(super) fn materials(&self) -> &[Material] {
        &self.materials
    }

    /// Why the key was rotated, each time.
    pub(super) fn rotations(&self) -> impl Iterator<Item = RotationType> {
        self.materials.iter().filter_map(|material| material.rotated.map(|(_, kind)| kind))
    }

    /// Rotates the key on demand; the caller has checked that it may be.
    pub(super) fn rotate_on_demand(&mut self, now: u64) -> Result<(), KmsError> {
        self.materials.push(Material::generate(Some((now, RotationType::OnDemand)))?);
        Ok(())
    }

    /// Makes up for automatic rotations that became due since; tells when the first one was, if there were any.
    pub(super) fn rotate_if_due(&mut self, now: u64) -> Result<Option<u64>, KmsError> {
        let Some(rotation) = &mut self.rotation else { return Ok(None) };
        if rotation.next > now || self.state != KeyState::Enabled {
            return Ok(None);
        }
        let at = rotation.next;
        let period = u64::from(rotation.period_days.max(1)) * SECONDS_PER_DAY;
        // However long nobody looked, one new material is as good as many.
        rotation.next += (now - at) / period * period + period;
        self.materials.push(Material::generate(Some((at, RotationType::Automatic)))?);
        Ok(Some(at))
    }
}

impl Material {
    fn generate(rotated: Option<(u64, RotationType)>) -> Result<Self, KmsError> {
        let mut material = Self { bytes: Box::new([0; 32]), id: hex::encode(random::<32>()?), rotated };
        getrandom::fill(&mut *material.bytes).map_err(|_| KmsError::internal())?;
        Ok(material)
    }

    pub(super) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl Drop for Material {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Key").field("state", &self.state).finish_non_exhaustive()
    }
}

impl RotationType {
    /// KMS's name of it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Automatic => "AUTOMATIC",
            Self::OnDemand => "ON_DEMAND",
        }
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
