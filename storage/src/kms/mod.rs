//! The simulated AWS KMS: keys that never leave it, data keys wrapped under them, and a record of every use.
//!
//! No I/O and no clock: the caller says what time it is. Source: AWS KMS API Reference; codes and messages are Amazon's
//! own, as recorded from its answers.
//!
//! - [`Kms`]: keys and aliases, and the operations on them.
//! - `blob`: the ciphertext blobs that wrapped keys travel in.
//! - `state`: what is kept, and as what.
//! - `authorize`, `grant`, `grant_token`: who may do what with a key.
//! - `deletion`: what becomes of keys whose time is over.
//! - [`Event`]: what CloudTrail would record.
//! - [`Kms::handle_json`]: the JSON 1.1 API that AWS's SDKs speak.

mod authorize;
mod blob;
mod deletion;
mod error;
mod event;
mod grant;
mod grant_token;
mod json;
mod key;
mod names;
mod rewrap;
mod state;

pub use error::KmsError;
pub use event::Event;
pub use json::JsonAnswer;
pub use rewrap::Rewrapped;

use std::collections::{BTreeMap, VecDeque};

use zeroize::Zeroizing;

use crate::caller::Caller;
use authorize::Asked;
use event::Recorded;
use key::{Key, KeyState, Manager, RotationType};
use names::check_alias;
use state::{Alias, State};

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
    /// Whether nobody can have read along.
    pub is_secure: bool,
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
        self.delete_due(now);
        self.key_of_alias(alias, Manager::Customer, "", now)
    }

    /// The ARN of a key that is named by id, alias, key ARN or alias ARN. S3's own key is made when first asked for.
    ///
    /// # Errors
    /// `NotFoundException`, in KMS's words for each way in which a key is not there.
    pub fn resolve(&mut self, key: &str, now: u64) -> Result<String, KmsError> {
        self.delete_due(now);
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
        self.delete_due(call.now);
        let outcome = self.make_data_key(call, "GenerateDataKey", key, 32, context);
        let parameters = serde_json::json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context });
        let used =
            outcome.as_ref().map_or_else(|_| self.known(key).into_iter().collect(), |made| vec![made.used.clone()]);
        let error = outcome.as_ref().err();
        let response = serde_json::Value::Null;
        self.record_use(call, &Recorded { name: "GenerateDataKey", parameters, response, used: &used, error });
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
        self.delete_due(call.now);
        let outcome = self.open_blob(call, Asked::under("Decrypt", context), ciphertext_blob);
        let parameters =
            serde_json::json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context });
        let used: Vec<Used> = self.named_in(ciphertext_blob).into_iter().collect();
        let (response, error) = (serde_json::Value::Null, outcome.as_ref().err());
        self.record_use(call, &Recorded { name: "Decrypt", parameters, response, used: &used, error });
        let (used, plaintext) = outcome?;
        Ok((self.arn(&used.key_id), plaintext))
    }

    /// Whether KMS would do an operation with a key now, for one who asked before and was given what it gives: nothing is on
    /// record of the question.
    pub fn allows(&mut self, call: &Call<'_>, operation: &str, key: &str, context: &Context) -> bool {
        self.delete_due(call.now);
        self.usable_key(call, key, Asked::under(operation, context)).is_ok()
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
        asked: Asked<'_>,
        ciphertext_blob: &[u8],
    ) -> Result<(Used, Zeroizing<Vec<u8>>), KmsError> {
        let used = self.named_in(ciphertext_blob).ok_or_else(|| self.no_key_for(call, ciphertext_blob))?;
        self.authorize(call, &used.key_id, asked)?;
        let key = self.state.keys.get(&used.key_id).ok_or_else(KmsError::invalid_ciphertext)?;
        self.check_state(&used.key_id, key)?;
        let context = asked.context.ok_or_else(KmsError::internal)?;
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
        let id = self.key_id_for(call, key, asked.operation)?;
        self.authorize(call, &id, asked.by_name(Some(key)))?;
        self.rotate_if_due(&id, call.now)?;
        let key = self.state.keys.get(&id).ok_or_else(KmsError::internal)?;
        self.check_state(&id, key)?;
        Ok(id)
    }

    /// Makes up for automatic rotations that became due since a key was last asked for.
    fn rotate_if_due(&mut self, id: &str, now: u64) -> Result<(), KmsError> {
        let key = self.state.keys.get_mut(id).ok_or_else(KmsError::internal)?;
        if let Some(at) = key.rotate_if_due(now)? {
            self.record_rotation(id, at, RotationType::Automatic);
        }
        Ok(())
    }

    /// Puts a rotation that KMS made on record.
    fn record_rotation(&mut self, id: &str, at: u64, kind: RotationType) {
        let arn = self.arn(id);
        let event = Event::of_service("RotateKey", at, &arn, &self.account_id, &self.region);
        self.push_event(event.with_details(serde_json::json!({ "keyId": arn, "rotationType": kind.name() })));
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
