//! The simulated AWS KMS: keys that never leave it, data keys wrapped under them, and a record of every use.
//!
//! No I/O and no clock: the caller says what time it is. Source: AWS KMS API Reference; codes and messages are Amazon's
//! own, as recorded from its answers.
//!
//! - [`Kms`]: keys and aliases, and the operations on them.
//! - `blob`: the ciphertext blobs that wrapped keys travel in.
//! - [`Event`]: what CloudTrail would record.
//! - [`Kms::handle_json`]: the JSON 1.1 API that AWS's SDKs speak.

mod blob;
mod error;
mod event;
mod json;
mod key;

pub use error::KmsError;
pub use event::Event;
pub use json::JsonAnswer;

use std::collections::{BTreeMap, VecDeque};

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::caller::Caller;
use key::{Key, KeyState, Manager};

/// An encryption context.
pub type Context = BTreeMap<String, String>;

/// How many events are kept.
const MAX_EVENTS: usize = 1000;
/// The alias of the key that S3 makes for itself on first use.
const S3_ALIAS: &str = "alias/aws/s3";

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
    /// Key ids by alias, `alias/` included.
    aliases: BTreeMap<String, String>,
    events: VecDeque<Event>,
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
        let state = serde_json::from_slice(&json).map_err(|_| KmsError::internal())?;
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
        let outcome = self.usable_key(key, call.now).and_then(|id| {
            let plaintext = Zeroizing::new(random::<32>()?);
            let ciphertext_blob = self.wrap(&id, &plaintext[..], context)?;
            Ok((id, plaintext, ciphertext_blob))
        });
        let parameters = serde_json::json!({ "keyId": key, "keySpec": "AES_256", "encryptionContext": context });
        let id = outcome.as_ref().ok().map(|(id, ..)| id.clone());
        self.record(call, "GenerateDataKey", parameters, id.as_deref(), outcome.as_ref().err());
        let (id, plaintext, ciphertext_blob) = outcome?;
        Ok(GeneratedDataKey { key_arn: self.arn(&id), plaintext, ciphertext_blob })
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
        let id = blob::key_id(ciphertext_blob);
        let outcome = self.unwrap(id.as_deref(), ciphertext_blob, context);
        let parameters =
            serde_json::json!({ "encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context });
        let known = id.filter(|id| self.state.keys.contains_key(id));
        self.record(call, "Decrypt", parameters, known.as_deref(), outcome.as_ref().err());
        let (id, plaintext) = outcome?;
        Ok((self.arn(&id), plaintext))
    }

    fn wrap(&self, id: &str, plaintext: &[u8], context: &Context) -> Result<Vec<u8>, KmsError> {
        let key = self.state.keys.get(id).ok_or_else(KmsError::internal)?;
        blob::seal(id, key, plaintext, context)
    }

    fn unwrap(
        &self,
        id: Option<&str>,
        ciphertext_blob: &[u8],
        context: &Context,
    ) -> Result<(String, Zeroizing<Vec<u8>>), KmsError> {
        let id = id.ok_or_else(KmsError::invalid_ciphertext)?;
        let key = self.state.keys.get(id).ok_or_else(KmsError::invalid_ciphertext)?;
        self.check_state(id, key)?;
        Ok((id.to_owned(), blob::open(id, key, ciphertext_blob, context)?))
    }

    /// The id of a key that may be used.
    fn usable_key(&mut self, key: &str, now: u64) -> Result<String, KmsError> {
        let id = self.key_id(key, now)?;
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

    fn key_id(&mut self, key: &str, now: u64) -> Result<String, KmsError> {
        if let Some(rest) = key.strip_prefix("arn:aws:kms:") {
            let mut fields = rest.splitn(3, ':');
            let (region, _account, resource) = (fields.next(), fields.next(), fields.next());
            if region != Some(self.region.as_str()) {
                return Err(KmsError::not_found(format!("Invalid arn {}", region.unwrap_or_default())));
            }
            let resource = resource.unwrap_or_default();
            let name = resource.strip_prefix("key/").unwrap_or(resource).to_owned();
            return self.key_id_of_name(&name, key, now);
        }
        self.key_id_of_name(key, key, now)
    }

    fn key_id_of_name(&mut self, name: &str, asked: &str, now: u64) -> Result<String, KmsError> {
        if name == S3_ALIAS && !self.state.aliases.contains_key(name) {
            let description = "Default key that protects my S3 objects when no other key is defined";
            self.key_of_alias(S3_ALIAS.to_owned(), Manager::Aws, description, now)?;
        }
        if name.starts_with("alias/") {
            let missing = || KmsError::not_found(format!("Alias {} is not found.", self.alias_arn(name)));
            return self.state.aliases.get(name).cloned().ok_or_else(missing);
        }
        if self.state.keys.contains_key(name) {
            return Ok(name.to_owned());
        }
        if is_uuid(name) {
            return Err(KmsError::not_found(format!("Key '{}' does not exist", self.arn(name))));
        }
        Err(KmsError::not_found(format!("Invalid keyId '{asked}'")))
    }

    fn key_of_alias(
        &mut self,
        alias: String,
        manager: Manager,
        description: &str,
        now: u64,
    ) -> Result<String, KmsError> {
        if let Some(id) = self.state.aliases.get(&alias) {
            return Ok(self.arn(id));
        }
        let id = self.create_key(description, manager, now)?;
        let arn = self.arn(&id);
        self.state.aliases.insert(alias, id);
        Ok(arn)
    }

    fn create_key(&mut self, description: &str, manager: Manager, now: u64) -> Result<String, KmsError> {
        let id = uuid()?;
        self.state.keys.insert(id.clone(), Key::generate(description, manager, now)?);
        self.is_changed = true;
        Ok(id)
    }

    fn arn(&self, id: &str) -> String {
        format!("arn:aws:kms:{}:{}:key/{id}", self.region, self.account_id)
    }

    fn alias_arn(&self, alias: &str) -> String {
        format!("arn:aws:kms:{}:{}:{alias}", self.region, self.account_id)
    }

    fn record(
        &mut self,
        call: &Call<'_>,
        name: &'static str,
        parameters: serde_json::Value,
        key_id: Option<&str>,
        error: Option<&KmsError>,
    ) {
        let arn = key_id.map(|id| self.arn(id));
        let material = key_id.and_then(|id| self.state.keys.get(id)).map(|key| key.material_id.clone());
        let event = Event::new(call, name, parameters, arn.as_deref(), material.as_deref(), error, &self.region);
        if self.state.events.len() == MAX_EVENTS {
            self.state.events.pop_front();
        }
        self.state.events.push_back(event);
        self.is_changed = true;
    }
}

fn check_alias(alias: &str) -> Result<(), KmsError> {
    let name = alias.strip_prefix("alias/").ok_or_else(|| {
        KmsError::validation(
            "Alias must start with the prefix \"alias/\". Please see \
             https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html",
        )
    })?;
    if name.starts_with("aws/") {
        return Err(KmsError::new("NotAuthorizedException", String::new()));
    }
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/_-".contains(&byte);
    if name.is_empty() || name.len() > 250 || !name.bytes().all(is_allowed) {
        return Err(KmsError::new("InvalidAliasNameException", "Alias contains invalid characters.".to_owned()));
    }
    Ok(())
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

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests;
