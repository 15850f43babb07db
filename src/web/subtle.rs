//! What `SubtleCrypto` is asked to do: it gets the content key as a `CryptoKey` that nobody can export, and has to
//! prove on a known answer that it computes segments as NIST SP 800-38D says, before it is trusted with any.

use alloc::vec::Vec;

use js_sys::{Array, Object, Promise, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesCtrParams, AesGcmParams, CryptoKey, SubtleCrypto};

use crate::error::EnvelopeError;
use crate::gcm::{GcmMessage, IV_LENGTH, ShareLedger, Span, TAG_LENGTH};

/// The IV under which ciphertext is authenticated as additional data.
#[wasm_bindgen(js_name = authenticationIv)]
#[must_use]
pub fn authentication_iv() -> Vec<u8> {
    GcmMessage::authentication_iv().to_vec()
}

/// Whether this `SubtleCrypto` encrypts, authenticates and decrypts segments rightly. Anything but the known answer,
/// a failure included, is a no.
#[wasm_bindgen(js_name = subtleSelfTest)]
pub async fn subtle_self_test(subtle: SubtleCrypto) -> bool {
    KnownAnswer::new(subtle).is_met().await.unwrap_or(false)
}

/// A non-extractable key for AES-GCM (to encrypt, or to authenticate) or for AES-CTR (to decrypt).
pub(super) fn import(subtle: &SubtleCrypto, key: &[u8; 32], cipher: Cipher) -> Result<Promise, EnvelopeError> {
    let bytes = Uint8Array::from(&key[..]);
    let (algorithm, usage) = match cipher {
        Cipher::Gcm => ("AES-GCM", "encrypt"),
        Cipher::Ctr => ("AES-CTR", "decrypt"),
    };
    let imported = subtle.import_key_with_str("raw", &bytes, algorithm, false, &Array::of1(&usage.into()));
    // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
    bytes.fill(0, 0, bytes.length());
    imported.map_err(|_| EnvelopeError::Internal { what: "SubtleCrypto refused the content key" })
}

/// What a key is imported for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cipher {
    Gcm,
    Ctr,
}

/// Test case 16 of "The Galois/Counter Mode of Operation" (`McGrew`, Viega), in two segments.
struct KnownAnswer {
    subtle: SubtleCrypto,
    message: GcmMessage,
}

const KEY_HALF: [u8; 16] = 0xfeff_e992_8665_731c_6d6a_8f94_6730_8308_u128.to_be_bytes();
const IV: [u8; IV_LENGTH] = [0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88];
const AAD: &[u8] = b"\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
const PLAINTEXT: &[u8; 60] = b"\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5\x26\x9a\
\x86\xa7\xa9\x53\x15\x34\xf7\xda\x2e\x4c\x30\x3d\x8a\x31\x8a\x72\x1c\x3c\x0c\x95\x95\x68\x09\x53\x2f\xcf\x0e\x24\
\x49\xa6\xb5\x25\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39";
const CIPHERTEXT: &[u8; 60] = b"\x52\x2d\xc1\xf0\x99\x56\x7d\x07\xf4\x7f\x37\xa3\x2a\x84\x42\x7d\
\x64\x3a\x8c\xdc\xbf\xe5\xc0\xc9\x75\x98\xa2\xbd\x25\x55\xd1\xaa\x8c\xb0\x8e\x48\x59\x0d\xbb\x3d\xa7\xb0\x8b\x10\
\x56\x82\x88\x38\xc5\xf6\x1e\x63\x93\xba\x7a\x0a\xbc\xc9\xf6\x62";
const TAG: [u8; TAG_LENGTH] = 0x76fc_6ece_0f4e_1768_cddf_8853_bb2d_551b_u128.to_be_bytes();
const SEGMENT: usize = 32;

impl KnownAnswer {
    fn new(subtle: SubtleCrypto) -> Self {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&KEY_HALF);
        key[16..].copy_from_slice(&KEY_HALF);
        Self { subtle, message: GcmMessage::new(&key, IV, AAD) }
    }

    async fn is_met(&self) -> Result<bool, JsValue> {
        let gcm = self.key(Cipher::Gcm).await?;
        let ctr = self.key(Cipher::Ctr).await?;
        Ok(self.encrypts(&gcm).await? && self.authenticates(&gcm).await? && self.decrypts(&ctr).await?)
    }

    async fn encrypts(&self, key: &CryptoKey) -> Result<bool, JsValue> {
        let mut shares = ShareLedger::default();
        let mut ciphertext = Vec::new();
        for (span, plaintext) in segments(PLAINTEXT)? {
            let iv = Uint8Array::from(&self.message.delegated_iv(span).as_bytes()[..]);
            let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &iv);
            let sealed = finish(self.subtle.encrypt_with_object_and_u8_array(&parameters, key, plaintext)).await?;
            let Some((segment, tag)) = sealed.split_last_chunk() else { return Ok(false) };
            shares.record(span, self.message.share_of_encrypted(span, tag))?;
            ciphertext.extend_from_slice(segment);
        }
        Ok(ciphertext == CIPHERTEXT && self.message.tag(&shares)? == TAG)
    }

    async fn authenticates(&self, key: &CryptoKey) -> Result<bool, JsValue> {
        let mut shares = ShareLedger::default();
        for (span, ciphertext) in segments(CIPHERTEXT)? {
            let iv = Uint8Array::from(&GcmMessage::authentication_iv()[..]);
            let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &iv);
            parameters.set_additional_data_u8_array(&Uint8Array::from(ciphertext));
            let tag = finish(self.subtle.encrypt_with_object_and_u8_array(&parameters, key, &[])).await?;
            let Ok(tag) = tag[..].try_into() else { return Ok(false) };
            shares.record(span, self.message.share_of_authenticated(span.length(), tag))?;
        }
        Ok(self.message.tag(&shares)? == TAG)
    }

    async fn decrypts(&self, key: &CryptoKey) -> Result<bool, JsValue> {
        let mut plaintext = Vec::new();
        for (span, ciphertext) in segments(CIPHERTEXT)? {
            let counter = Uint8Array::from(&self.message.first_counter(span)[..]);
            let parameters = AesCtrParams::new_with_u8_array("AES-CTR", &counter, 32);
            plaintext.extend(finish(self.subtle.decrypt_with_object_and_u8_array(&parameters, key, ciphertext)).await?);
        }
        Ok(plaintext == PLAINTEXT)
    }

    async fn key(&self, cipher: Cipher) -> Result<CryptoKey, JsValue> {
        JsFuture::from(import(&self.subtle, self.message.key(), cipher)?).await.map(JsCast::unchecked_into)
    }
}

fn segments(message: &[u8]) -> Result<impl Iterator<Item = (Span, &[u8])>, EnvelopeError> {
    let (first, second) = message.split_at(SEGMENT);
    Ok([(Span::of(0, first)?, first), (Span::of(SEGMENT as u64, second)?, second)].into_iter())
}

async fn finish(call: Result<Promise, JsValue>) -> Result<Vec<u8>, JsValue> {
    Ok(Uint8Array::new(&JsFuture::from(call?).await?.unchecked_into::<Object>()).to_vec())
}
