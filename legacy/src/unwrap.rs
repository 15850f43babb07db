//! Data keys wrapped by the first clients' algorithms. None of these binds the key to the content's algorithm.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, KeyInit};
use aes_kw::KwAes256;
use rsa::pkcs8::DecodePrivateKey;
use rsa::{Oaep, Pkcs1v15Encrypt, PrivateKey};
use sha1::Sha1;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::LegacyError;
use crate::cbc::{BLOCK_LENGTH, unpadded_length};

/// The length of a data key, in bytes.
pub const KEY_LENGTH: usize = 32;

/// A data key, wiped on drop.
pub type DataKey = Zeroizing<[u8; KEY_LENGTH]>;

/// `AESWrap`: AES key wrap (RFC 3394) under a 32-byte key.
///
/// # Errors
/// [`LegacyError::WrongKey`].
pub fn aes_wrap(wrapping_key: &[u8; 32], wrapped: &[u8]) -> Result<DataKey, LegacyError> {
    let mut data_key = DataKey::default();
    let opened = KwAes256::new(wrapping_key.into()).unwrap_key(wrapped, &mut data_key[..]);
    let length = opened.map_err(|_| LegacyError::WrongKey)?.len();
    if length == KEY_LENGTH { Ok(data_key) } else { Err(LegacyError::WrongKey) }
}

/// `AES`: AES in ECB mode with PKCS #7 padding, under a 32-byte key.
///
/// # Errors
/// [`LegacyError::WrongKey`].
pub fn aes(wrapping_key: &[u8; 32], wrapped: &[u8]) -> Result<DataKey, LegacyError> {
    let cipher = Aes256::new(wrapping_key.into());
    let mut opened = Zeroizing::new(wrapped.to_vec());
    let (blocks, rest) = opened.as_chunks_mut::<BLOCK_LENGTH>();
    if !rest.is_empty() {
        return Err(LegacyError::WrongKey);
    }
    for block in blocks {
        cipher.decrypt_block(block.into());
    }
    let length = unpadded_length(&opened).ok_or(LegacyError::WrongKey)?;
    data_key(&opened[..length])
}

/// `RSA`: RSAES-PKCS1-v1_5 under the private key in PKCS #8 DER. Nobody is told of a padding that is wrong (implicit
/// rejection): what comes instead are other bytes, always the same for a key and a ciphertext, and of any length that a
/// message can have. Under another key one object in 246 (2048 bits; one in 118 of 1024) so gets 32 bytes that are not its
/// data key. Authenticated content shows it; content in CBC mode does not.
///
/// # Errors
/// [`LegacyError::InvalidRsaKey`], [`LegacyError::WrongKey`].
pub fn rsa(private_key: &[u8], wrapped: &[u8]) -> Result<DataKey, LegacyError> {
    let opened = private(private_key)?.decrypt(Pkcs1v15Encrypt, wrapped);
    data_key(&Zeroizing::new(opened.map_err(|_| LegacyError::WrongKey)?))
}

/// `RSA/ECB/OAEPWithSHA-256AndMGF1Padding`: what Java means by it, OAEP with SHA-256 and MGF1-SHA-1, under the private key
/// in PKCS #8 DER.
///
/// # Errors
/// [`LegacyError::InvalidRsaKey`], [`LegacyError::WrongKey`].
pub fn rsa_oaep_sha256(private_key: &[u8], wrapped: &[u8]) -> Result<DataKey, LegacyError> {
    let padding = Oaep::<Sha256, Sha1>::new_with_mgf_hash();
    let opened = private(private_key)?.decrypt(padding, wrapped);
    data_key(&Zeroizing::new(opened.map_err(|_| LegacyError::WrongKey)?))
}

fn private(der: &[u8]) -> Result<PrivateKey, LegacyError> {
    PrivateKey::from_pkcs8_der(der).map_err(|_| LegacyError::InvalidRsaKey)
}

fn data_key(bytes: &[u8]) -> Result<DataKey, LegacyError> {
    bytes.try_into().map(Zeroizing::new).map_err(|_| LegacyError::WrongKey)
}
