//! Ciphertext blobs: they say which key and which of its materials open them, and are bound to their encryption context.
//!
//! One byte of version ‖ 36 bytes of key id ‖ 32 bytes of material id ‖ 12-byte nonce ‖ AES-256-GCM output. The additional
//! data is the context in one canonical form, and both ids. AWS publishes no format, so there is none to match.

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use zeroize::Zeroizing;

use super::key::{Key, Material};
use super::{Context, KmsError, random};

const VERSION: u8 = 2;
const ID_LENGTH: usize = 36;

/// The id of the key that a blob names.
pub(super) fn key_id(blob: &[u8]) -> Option<String> {
    let (version, rest) = blob.split_first()?;
    let id = rest.get(..ID_LENGTH)?;
    let id = std::str::from_utf8(id).ok()?;
    (*version == VERSION).then(|| id.to_owned())
}

/// The material that opens a blob, and what is behind its ids.
pub(super) fn material<'a, 'b>(key: &'a Key, blob: &'b [u8]) -> Option<(&'a Material, &'b [u8])> {
    let (id, rest) = blob.get(1 + ID_LENGTH..)?.split_first_chunk::<32>()?;
    Some((key.material(&hex::encode(id))?, rest))
}

pub(super) fn seal(id: &str, key: &Key, plaintext: &[u8], context: &Context) -> Result<Vec<u8>, KmsError> {
    let (nonce, material): ([u8; 12], _) = (random()?, key.current()?);
    let aad = binding(id, &material.id, context);
    let payload = Payload { msg: plaintext, aad: &aad };
    let sealed = Aes256Gcm::new(material.bytes().into())
        .encrypt(&Nonce::from(nonce), payload)
        .map_err(|_| KmsError::internal())?;
    let material_id = hex::decode(&material.id).map_err(|_| KmsError::internal())?;
    Ok([&[VERSION], id.as_bytes(), &material_id, &nonce, &sealed].concat())
}

pub(super) fn open(id: &str, key: &Key, blob: &[u8], context: &Context) -> Result<Zeroizing<Vec<u8>>, KmsError> {
    let (material, sealed) = material(key, blob).ok_or_else(KmsError::invalid_ciphertext)?;
    let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or_else(KmsError::invalid_ciphertext)?;
    let aad = binding(id, &material.id, context);
    let payload = Payload { msg: sealed, aad: &aad };
    let opened = Aes256Gcm::new(material.bytes().into()).decrypt(&Nonce::from(*nonce), payload);
    opened.map(Zeroizing::new).map_err(|_| KmsError::invalid_ciphertext())
}

/// The context, sorted and with lengths, so that no two contexts look alike; and both ids.
fn binding(id: &str, material_id: &str, context: &Context) -> Vec<u8> {
    let mut binding = Vec::new();
    for text in context.iter().flat_map(|(name, value)| [name.as_str(), value.as_str()]).chain([id, material_id]) {
        binding.extend_from_slice(&(text.len() as u64).to_be_bytes());
        binding.extend_from_slice(text.as_bytes());
    }
    binding
}
