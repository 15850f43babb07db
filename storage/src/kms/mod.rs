//! The simulated AWS KMS: keys that never leave it, data keys wrapped under them, and a record of every use.
//!
//! No I/O and no clock: the caller says what time it is. Source: AWS KMS API Reference; codes and messages are Amazon's
//! own, as recorded from its answers.
//!
//! - [`Kms`]: keys and aliases, and the operations on them.
//! - `blob`: the ciphertext blobs that wrapped keys travel in.
//! - `authorize`, `grant`: who may do what with a key.
//! - [`Event`]: what CloudTrail would record.
//! - [`Kms::handle_json`]: the JSON 1.1 API that AWS's SDKs speak.

mod authorize;
mod blob;
mod error;
mod event;
mod former;
mod grant;
mod json;
mod key;
mod names;
mod rewrap;

pub use error::KmsError;
pub use event::Event;
pub use json::JsonAnswer;
pub use rewrap::Rewrapped;

use std::collections::{BTreeMap, VecDeque};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::caller::Caller;
use authorize::Asked;
use key::{Key, KeyState, LastUsage, Manager};
use names::check_alias;

/// An encryption context.
pub type Context = BTreeMap<String, String>;

/// How many events are kept.
const MAX_EVENTS: usize = 1000;

/// A simulated KMS in one region of one account.
#[derive(Debug)]
pub struct Kms {
    region: String,
    account_id: String,
    state: State,
    is_changed: bool,
}

/// All that is kept.
#[derive(Debug, Default, Serialize, Deserialize)]
struct State {
    keys: BTreeMap<String, Key>,
    /// By name, `alias/` included.
    aliases: BTreeMap<String, Alias>,
    events: VecDeque<Event>,
}

/// Another name of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Alias {
    /// The key's id.
    target: String,
    /// When it was made, in Unix seconds.
    created: u64,
    /// When it last became another key's, in Unix seconds.
    updated: u64,
}

/// A key and the material of it that was used.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Used {
    key_id: String,
    material_id: String,
}

/// A data key, before it is known how it is handed out.
struct MadeDataKey {
    used: Used,
    plaintext: Zeroizing<Vec<u8>>,
    ciphertext_blob: Vec<u8>,
}

/// Who calls, when, and on whose behalf.
#[derive(Debug)]
pub struct Call<'a> {
    /// The identity that is responsible.
    pub caller: &'a Caller,
    /// The time, in Unix seconds.
    pub now: u64,
    /// Whether S3 makes the call for the caller.
    pub via_s3: bool,
    /// The request's id.
    pub request_id: String,
}

/// A data key, in the clear and wrapped.
#[derive(Debug)]
pub struct GeneratedDataKey {
    /// The ARN of the key that wraps it.
    pub key_arn: String,
    /// The key itself.
    pub plaintext: Zeroizing<[u8; 32]>,
    /// The key, wrapped.
    pub ciphertext_blob: Vec<u8>,
}

impl Kms {
    /// A KMS without keys.
    #[must_use]
    pub fn new(region: &str, account_id: &str) -> Self {
        Self { region: region.to_owned(), account_id: account_id.to_owned(), state: State::default(), is_changed: true }
    }

    /// The whole state, sealed with AES-256-GCM under the service's root key: key material never lies in the open.
    ///
    /// # Errors
    /// Where the platform has no randomness.
    pub fn seal(&self, root: &[u8; 32]) -> Result<Vec<u8>, KmsError> {
        let json = Zeroizing::new(serde_json::to_vec(&self.state).map_err(|_| KmsError::internal())?);
        let nonce: [u8; 12] = random()?;
        let payload = Payload { msg: &json, aad: b"s3-storage-sim kms" };
        let sealed =
            Aes256Gcm::new(root.into()).encrypt(&Nonce::from(nonce), payload).map_err(|_| KmsError::internal())?;
        Ok([&nonce[..], &sealed].concat())
    }

    /// Opens a sealed state.
    ///
    /// # Errors
    /// Where it was sealed under another root key, or altered.
    pub fn open(region: &str, account_id: &str, root: &[u8; 32], sealed: &[u8]) -> Result<Self, KmsError> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or_else(KmsError::internal)?;
        let payload = Payload { msg: sealed, aad: b"s3-storage-sim kms" };
        let opened = Aes256Gcm::new(root.into()).decrypt(&Nonce::from(*nonce), payload);
        let json = Zeroizing::new(opened.map_err(|_| KmsError::internal())?);
        let state = serde_json::from_slice(&json).or_else(|_| former::read(&json, account_id, region))?;
        Ok(Self { region: region.to_owned(), account_id: account_id.to_owned(), state, is_changed: false })
    }

    /// Whether the state changed since this was last asked: then it wants to be sealed again.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    /// What was done, newest last.
    #[must_use]
    pub fn events(&self) -> &VecDeque<Event> {
        &self.state.events
    }

    /// Makes a key under an alias, with or without `alias/`, unless there is one; gives its ARN.
    ///
    /// # Errors
    /// Where the alias is not valid, and where the platform has no randomness.
    pub fn create_key_with_alias(&mut self, alias: &str, now: u64) -> Result<String, KmsError> {
        let alias = if alias.starts_with("alias/") { alias.to_owned() } else { format!("alias/{alias}") };
        check_alias(&alias)?;
        self.key_of_alias(alias, Manager::Customer, "", now)
    }

    /// The ARN of a key that is named by id, alias, key ARN or alias ARN. S3's own key is made when first asked for.
    ///
    /// # Errors
    /// `NotFoundException`, in KMS's words for each way in which a key is not there.
    pub fn resolve(&mut self, key: &str, now: u64) -> Result<String, KmsError> {
        let id = self.key_id(key, now)?;
        Ok(self.arn(&id))
    }

    /// Makes a data key and wraps it.
    ///
    /// # Errors
    /// Those of [`Kms::resolve`], `DisabledException`, `KMSInvalidStateException`.
    pub fn generate_data_key(
        &mut self,
        call: &Call<'_>,
        key: &str,
        context: &Context,
    ) -> Result<GeneratedDataKey, KmsError> {
        let outcome = self.make_data_key(call, "GenerateDataKey", key, 32, context);
        let parameters = serde_json::json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context });
        let used =
            outcome.as_ref().map_or_else(|_| self.known(key).into_iter().collect(), |made| vec![made.used.clone()]);
        self.record(call, "GenerateDataKey", parameters, &used, outcome.as_ref().err());
        let made = outcome?;
        let plaintext = made.plaintext[..].try_into().map_err(|_| KmsError::internal())?;
        let key_arn = self.arn(&made.used.key_id);
        Ok(GeneratedDataKey { key_arn, plaintext: Zeroizing::new(plaintext), ciphertext_blob: made.ciphertext_blob })
    }

    /// Unwraps what a key wrapped; the blob names the key.
    ///
    /// # Errors
    /// `InvalidCiphertextException` for anything that is not what was wrapped under this context,
    /// `DisabledException`, `KMSInvalidStateException`.
    pub fn decrypt(
        &mut self,
        call: &Call<'_>,
        ciphertext_blob: &[u8],
        context: &Context,
    ) -> Result<(String, Zeroizing<Vec<u8>>), KmsError> {
        let outcome = self.open_blob(call, "Decrypt", ciphertext_blob, context);
        let parameters =
            serde_json::json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context });
        let used: Vec<Used> = self.named_in(ciphertext_blob).into_iter().collect();
        self.record(call, "Decrypt", parameters, &used, outcome.as_ref().err());
        let (used, plaintext) = outcome?;
        Ok((self.arn(&used.key_id), plaintext))
    }

    /// Makes a data key of a length, for an operation that policies know by its name.
    fn make_data_key(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        key: &str,
        length: usize,
        context: &Context,
    ) -> Result<MadeDataKey, KmsError> {
        let id = self.usable_key(call, key, Asked::under(operation, context))?;
        let mut plaintext = Zeroizing::new(vec![0; length]);
        getrandom::fill(&mut plaintext).map_err(|_| KmsError::internal())?;
        let ciphertext_blob = self.wrap(&id, &plaintext, context)?;
        Ok(MadeDataKey { used: self.used_now(&id)?, plaintext, ciphertext_blob })
    }

    fn wrap(&self, id: &str, plaintext: &[u8], context: &Context) -> Result<Vec<u8>, KmsError> {
        let key = self.state.keys.get(id).ok_or_else(KmsError::internal)?;
        blob::seal(id, key, plaintext, context)
    }

    /// Opens a blob. Who may is a question of the key that the blob names, not of one that the caller names.
    fn open_blob(
        &mut self,
        call: &Call<'_>,
        operation: &str,
        ciphertext_blob: &[u8],
        context: &Context,
    ) -> Result<(Used, Zeroizing<Vec<u8>>), KmsError> {
        let used = self.named_in(ciphertext_blob).ok_or_else(KmsError::invalid_ciphertext)?;
        self.authorize(call, &used.key_id, Asked::under(operation, context))?;
        let key = self.state.keys.get(&used.key_id).ok_or_else(KmsError::invalid_ciphertext)?;
        self.check_state(&used.key_id, key)?;
        let plaintext = blob::open(&used.key_id, key, ciphertext_blob, context)?;
        Ok((used, plaintext))
    }

    /// The key and the material that a blob names, where there are such.
    fn named_in(&self, ciphertext_blob: &[u8]) -> Option<Used> {
        let key_id = blob::key_id(ciphertext_blob)?;
        let (material, _) = blob::material(self.state.keys.get(&key_id)?, ciphertext_blob)?;
        let material_id = material.id.clone();
        Some(Used { key_id, material_id })
    }

    /// A key with its current material.
    fn used_now(&self, id: &str) -> Result<Used, KmsError> {
        let key = self.state.keys.get(id).ok_or_else(KmsError::internal)?;
        Ok(Used { key_id: id.to_owned(), material_id: key.current()?.id.clone() })
    }

    /// The id of a key that may be used, by this caller and in this state; rotated first where that is due.
    fn usable_key(&mut self, call: &Call<'_>, key: &str, asked: Asked<'_>) -> Result<String, KmsError> {
        let id = self.key_id(key, call.now)?;
        self.authorize(call, &id, asked)?;
        let key = self.state.keys.get_mut(&id).ok_or_else(KmsError::internal)?;
        self.is_changed |= key.rotate_if_due(call.now)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        self.check_state(&id, key)?;
        Ok(id)
    }

    fn check_state(&self, id: &str, key: &Key) -> Result<(), KmsError> {
        match key.state {
            KeyState::Enabled => Ok(()),
            KeyState::Disabled => Err(KmsError::new("DisabledException", format!("{} is disabled.", self.arn(id)))),
            KeyState::PendingDeletion { .. } => {
                let message = format!("{} is pending deletion.", self.arn(id));
                Err(KmsError::new("KMSInvalidStateException", message))
            }
        }
    }

    fn create_key(
        &mut self,
        description: &str,
        manager: Manager,
        policy: String,
        now: u64,
    ) -> Result<String, KmsError> {
        let id = uuid()?;
        self.state.keys.insert(id.clone(), Key::generate(description, manager, policy, now)?);
        self.is_changed = true;
        Ok(id)
    }

    /// Puts a call on record, and on the keys that it used, if it was a use.
    fn record(
        &mut self,
        call: &Call<'_>,
        name: &str,
        parameters: serde_json::Value,
        used: &[Used],
        error: Option<&KmsError>,
    ) {
        let arns: Vec<String> = used.iter().map(|used| self.arn(&used.key_id)).collect();
        let material = used.first().map(|used| used.material_id.as_str());
        let event = Event::new(call, name, parameters, &arns, material, error, &self.region);
        if error.is_none() && event::is_cryptographic(name) {
            for used in used {
                if let Some(key) = self.state.keys.get_mut(&used.key_id) {
                    key.last_usage = Some(LastUsage {
                        operation: name.to_owned(),
                        at: call.now,
                        event_id: event.id().to_owned(),
                        request_id: call.request_id.clone(),
                    });
                }
            }
        }
        if self.state.events.len() == MAX_EVENTS {
            self.state.events.pop_front();
        }
        self.state.events.push_back(event);
        self.is_changed = true;
    }
}

fn random<const N: usize>() -> Result<[u8; N], KmsError> {
    crate::encryption::random().map_err(|_| KmsError::internal())
}

/// A random UUID (RFC 9562, version 4).
fn uuid() -> Result<String, KmsError> {
    let mut bytes: [u8; 16] = random()?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    Ok(format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]))
}

#[cfg(test)]
mod tests;
