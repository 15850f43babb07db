//! State as it was kept before keys could be rotated: one material a key, no policies, aliases without dates. Browsers that
//! opened the demo then still have it.

use std::collections::{BTreeMap, VecDeque};

use serde::Deserialize;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::authorize::{default_policy, s3_policy};
use super::key::{Key, KeyState, Manager};
use super::{Alias, Event, KmsError, State};

#[derive(Deserialize)]
struct FormerState {
    keys: BTreeMap<String, FormerKey>,
    aliases: BTreeMap<String, String>,
    events: VecDeque<Event>,
}

#[derive(Deserialize)]
struct FormerKey {
    material: FormerMaterial,
    material_id: String,
    state: KeyState,
    manager: Manager,
    description: String,
    created: u64,
}

#[derive(Deserialize, Zeroize, ZeroizeOnDrop)]
struct FormerMaterial([u8; 32]);

/// Reads such a state, and gives its keys the policies that they would have been made with.
pub(super) fn read(json: &[u8], account_id: &str, region: &str) -> Result<State, KmsError> {
    let former: FormerState = serde_json::from_slice(json).map_err(|_| KmsError::internal())?;
    let key = |(id, former): (String, FormerKey)| {
        let policy = match former.manager {
            Manager::Customer => default_policy(account_id),
            Manager::Aws => s3_policy(account_id, region),
        };
        let mut key = Key::of_material(former.material.0, former.material_id, former.manager, policy, former.created);
        (key.state, key.description) = (former.state, former.description);
        (id, key)
    };
    let alias = |(name, target)| (name, Alias { target, created: 0, updated: 0 });
    Ok(State {
        keys: former.keys.into_iter().map(key).collect(),
        aliases: former.aliases.into_iter().map(alias).collect(),
        events: former.events,
    })
}
