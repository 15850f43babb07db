//! SSE-C: data keys wrapped by a key that each request brings along. The service keeps a salt and an HMAC of the key, to
//! recognise it, and the MD5 that answers repeat; never the key.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{CustomerKey, DataKey, NoRandomness, Place, Refusal, base64_bytes, random, sse_s3};

/// What is kept of an object under a customer key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// The data key, wrapped under a key derived from the customer's.
    #[serde(with = "base64_bytes")]
    pub wrapped_data_key: Vec<u8>,
    /// 32 random bytes.
    #[serde(with = "base64_bytes")]
    pub salt: Vec<u8>,
    /// HMAC-SHA256 of the customer key under the salt.
    #[serde(with = "base64_bytes")]
    pub key_hash: Vec<u8>,
    /// The base64 of the key's MD5.
    pub key_md5: String,
}

/// Wraps a data key for the object at `place` under the customer's key.
///
/// # Errors
/// Where the platform has no randomness.
pub fn wrap(key: &CustomerKey, data_key: &DataKey, place: Place<'_>) -> Result<Wrapped, NoRandomness> {
    let salt: [u8; 32] = random()?;
    Ok(Wrapped {
        wrapped_data_key: sse_s3::wrap(&wrapping_key(key, &salt), data_key, place)?,
        salt: salt.to_vec(),
        key_hash: key_hash(key, &salt),
        key_md5: key.md5().to_owned(),
    })
}

/// Checks that this is the object's key.
///
/// # Errors
/// [`Refusal::WrongKey`] where it is not.
pub fn check(key: &CustomerKey, wrapped: &Wrapped) -> Result<(), Refusal> {
    if key_hash(key, &wrapped.salt).ct_eq(&wrapped.key_hash).into() { Ok(()) } else { Err(Refusal::WrongKey) }
}

/// Unwraps a data key with the customer's key.
///
/// # Errors
/// [`Refusal::WrongKey`] where it is not the object's key.
pub fn unwrap(key: &CustomerKey, wrapped: &Wrapped, place: Place<'_>) -> Result<DataKey, Refusal> {
    check(key, wrapped)?;
    sse_s3::unwrap(&wrapping_key(key, &wrapped.salt), &wrapped.wrapped_data_key, place).ok_or(Refusal::WrongKey)
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn key_hash(key: &CustomerKey, salt: &[u8]) -> Vec<u8> {
    let mut hmac = Hmac::<Sha256>::new_from_slice(salt).expect("any length");
    hmac.update(key.bytes());
    hmac.finalize().into_bytes().to_vec()
}

#[expect(clippy::expect_used, reason = "32 bytes are a legal output length of HKDF-SHA256")]
fn wrapping_key(key: &CustomerKey, salt: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut wrapping_key = Zeroizing::new([0; 32]);
    Hkdf::<Sha256>::new(Some(salt), key.bytes())
        .expand(b"s3-storage-sim customer key", &mut wrapping_key[..])
        .expect("a legal output length");
    wrapping_key
}
