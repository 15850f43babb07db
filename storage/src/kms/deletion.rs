//! Deletion: a key whose waiting period is over is gone, with its material, its aliases and its grants. What it wrapped opens
//! never again.
//!
//! Source: AWS KMS Developer Guide, "Delete an AWS KMS key". KMS deletes on its own; here, whoever asks next finds it done.

use super::event::Event;
use super::key::KeyState;
use super::{Call, Kms, KmsError, blob};

impl Kms {
    /// Deletes the keys whose date has passed. Their material is wiped, and is not in what is kept from then on.
    pub fn delete_due(&mut self, now: u64) {
        let due: Vec<(String, u64)> = self
            .state
            .keys
            .iter()
            .filter_map(|(id, key)| match key.state {
                KeyState::PendingDeletion { at, .. } if at <= now => Some((id.clone(), at)),
                _ => None,
            })
            .collect();
        for (id, at) in due {
            self.delete(id, at);
        }
    }

    /// Deletes a key; its id is remembered, so that what names it is told from what no key ever wrapped.
    fn delete(&mut self, id: String, at: u64) {
        self.state.keys.remove(&id);
        self.state.aliases.retain(|_, alias| alias.target != id);
        let arn = self.arn(&id);
        let event = Event::of_service("DeleteKey", at, &arn, &self.account_id, &self.region);
        self.push_event(event.with_response(serde_json::json!({ "keyId": arn })));
        self.state.deleted.insert(id);
    }

    /// Why a blob does not open that names none of the keys: S3 names the key that an object is under, others who name none
    /// are told no more than that they cannot have it.
    pub(super) fn no_key_for(&self, call: &Call<'_>, ciphertext_blob: &[u8]) -> KmsError {
        match blob::key_id(ciphertext_blob).filter(|id| self.state.deleted.contains(id)) {
            Some(id) if call.via_s3 => KmsError::not_found(format!("Key '{}' does not exist", self.arn(&id))),
            Some(_) => {
                let message = "The ciphertext refers to a customer master key that does not exist, does not exist in this \
                               region, or you are not allowed to access.";
                KmsError::new("AccessDeniedException", message.to_owned())
            }
            None => KmsError::invalid_ciphertext(),
        }
    }
}
