//! The bindings to JavaScript.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use crate::cbc::{BLOCK_LENGTH, CbcReader as Reader};
use crate::{LegacyError, unwrap};

#[path = "../../src/web/error_object.rs"]
mod error_object;

impl From<LegacyError> for JsValue {
    fn from(error: LegacyError) -> Self {
        error_object::error_object(error.code(), &error.to_string())
    }
}

/// The data key that `algorithm` wrapped under `key`: 32 raw bytes for AES, PKCS #8 DER for RSA.
///
/// # Errors
/// `WRONG_KEY`, also where the algorithm does not go with the key; `INVALID_INPUT` for an RSA key that is none.
#[wasm_bindgen(js_name = unwrapDataKey)]
pub fn unwrap_data_key(algorithm: &str, key: Vec<u8>, wrapped: &[u8]) -> Result<Uint8Array, LegacyError> {
    let key = Zeroizing::new(key);
    let aes_key = || <&[u8; 32]>::try_from(&key[..]).map_err(|_| LegacyError::WrongKey);
    let data_key = match algorithm {
        "AESWrap" => unwrap::aes_wrap(aes_key()?, wrapped)?,
        "AES" => unwrap::aes(aes_key()?, wrapped)?,
        "RSA" => unwrap::rsa(&key, wrapped)?,
        "RSA/ECB/OAEPWithSHA-256AndMGF1Padding" => unwrap::rsa_oaep_sha256(&key, wrapped)?,
        _ => return Err(LegacyError::WrongKey),
    };
    // Straight into JavaScript's memory: a `Vec` would be freed in this module's, with the key in it.
    Ok(Uint8Array::from(&data_key[..]))
}

/// Decrypts content in CBC mode, in order and unauthenticated.
#[wasm_bindgen(js_name = CbcReader)]
#[derive(Debug)]
pub struct CbcReader {
    inner: Reader,
}

#[wasm_bindgen(js_class = CbcReader)]
impl CbcReader {
    /// A reader of one object's content.
    ///
    /// # Errors
    /// `WRONG_KEY` where the data key is not 32 bytes or the IV not 16.
    #[wasm_bindgen(constructor)]
    pub fn new(mut data_key: Vec<u8>, iv: &[u8]) -> Result<Self, LegacyError> {
        let key: Option<Zeroizing<[u8; 32]>> = data_key[..].try_into().ok().map(Zeroizing::new);
        data_key.zeroize();
        let iv: Option<&[u8; BLOCK_LENGTH]> = iv.try_into().ok();
        let (Some(key), Some(iv)) = (key, iv) else { return Err(LegacyError::WrongKey) };
        Ok(Self { inner: Reader::new(&key, iv) })
    }

    /// The plaintext of all whole blocks that are certainly not the last.
    #[must_use]
    pub fn update(&mut self, ciphertext: &[u8]) -> Uint8Array {
        handed_over(self.inner.update(ciphertext))
    }

    /// The rest of the plaintext. The reader is consumed.
    ///
    /// # Errors
    /// `LEGACY_CONTENT_INVALID`.
    pub fn finish(self) -> Result<Uint8Array, LegacyError> {
        self.inner.finish().map(handed_over)
    }
}

/// Plaintext in JavaScript's memory; in this module's nothing of it is left.
fn handed_over(mut plaintext: Vec<u8>) -> Uint8Array {
    let handed = Uint8Array::from(&plaintext[..]);
    // All at once: content is long, and keys are wiped byte by byte.
    plaintext.fill(0);
    core::hint::black_box(&plaintext);
    handed
}
