//! The platform's `SubtleCrypto` and the Rust engine give the same bytes: segments of random lengths at random places,
//! in a real browser.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

mod platform;

use js_sys::{Array, Function, Math, Object, Reflect, Uint8Array};
use platform::subtle;
use s3_envelope::web::keyring::{KeyToWrap, RawAesKeyring};
use s3_envelope::web::metadata::ContentMetadata;
use s3_envelope::web::object::{DecryptSession, EncryptSession};
use s3_envelope::web::subtle::{authentication_iv, subtle_self_test};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AesCtrParams, AesGcmParams, CryptoKey, SubtleCrypto};

wasm_bindgen_test_configure!(run_in_browser);

#[wasm_bindgen(inline_js = "
    // One that computes everything rightly but for the last bit of a tag.
    export const with_another_tag = () => ({
        importKey: (...a) => crypto.subtle.importKey(...a),
        decrypt: (...a) => crypto.subtle.decrypt(...a),
        encrypt: async (...a) => {
            const sealed = new Uint8Array(await crypto.subtle.encrypt(...a));
            sealed[sealed.length - 1] ^= 1;
            return sealed.buffer;
        },
    });
    export const refusing = () => ({ importKey: async () => { throw new Error('no'); } });
")]
extern "C" {
    fn with_another_tag() -> SubtleCrypto;
    fn refusing() -> SubtleCrypto;
}

const CASES: u32 = 200;
/// Where the last whole block of the longest message starts.
const LAST_BLOCK: f64 = 68_719_476_720.0 - 32.0;

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below the limit")]
fn random_bytes() -> Vec<u8> {
    // Often around the edges of blocks, and sometimes longer.
    let length = if Math::random() < 0.5 { Math::random() * 70.0 } else { Math::random() * 5000.0 };
    let mut bytes = vec![0; length as usize];
    getrandom(&mut bytes);
    bytes
}

fn getrandom(bytes: &mut [u8]) {
    let crypto = Reflect::get(&js_sys::global(), &"crypto".into()).unwrap();
    let fill: Function = Reflect::get(&crypto, &"getRandomValues".into()).unwrap().unchecked_into();
    let filled = fill.call1(&crypto, &Uint8Array::new_with_length(u32::try_from(bytes.len()).unwrap())).unwrap();
    filled.unchecked_into::<Uint8Array>().copy_to(bytes);
}

fn random_offset(length: usize) -> f64 {
    let room = LAST_BLOCK - f64::from(u32::try_from(length).unwrap());
    (Math::random() * room / 16.0).floor() * 16.0
}

async fn done(promise: Result<js_sys::Promise, JsValue>) -> Vec<u8> {
    Uint8Array::new(&JsFuture::from(promise.unwrap()).await.unwrap()).to_vec()
}

async fn gcm_encrypt(key: &CryptoKey, iv: &[u8], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(iv));
    parameters.set_additional_data_u8_array(&Uint8Array::from(aad));
    done(subtle().encrypt_with_object_and_u8_array(&parameters, key, plaintext)).await
}

fn sessions() -> (EncryptSession, DecryptSession) {
    let keyring = RawAesKeyring::from_bytes(&[7; 32], &JsValue::UNDEFINED).unwrap();
    let session = EncryptSession::new(keyring.wrap(KeyToWrap::fresh(None).unwrap()).unwrap(), None).unwrap();
    let metadata = ContentMetadata::parse(&Object::entries(&session.metadata(false)), None).unwrap();
    let data_key = keyring.unwrap_data_key(&metadata).unwrap();
    (session, DecryptSession::new(&metadata, data_key, None, None, None).unwrap())
}

async fn key_of(promise: Result<js_sys::Promise, s3_envelope::error::EnvelopeError>) -> CryptoKey {
    JsFuture::from(promise.unwrap()).await.unwrap().unchecked_into()
}

fn length_of(bytes: &[u8]) -> f64 {
    f64::from(u32::try_from(bytes.len()).unwrap())
}

#[wasm_bindgen_test]
async fn both_engines_encrypt_every_segment_alike() {
    for _ in 0..CASES {
        let (mut session, _) = sessions();
        let key = key_of(session.gcm_key(subtle())).await;
        let plaintext = random_bytes();
        let (offset, length) = (random_offset(plaintext.len()), length_of(&plaintext));
        let iv = session.delegate_segment(offset, length).unwrap();
        let sealed = gcm_encrypt(&key, &iv, &[], &plaintext).await;
        let (ciphertext, tag) = sealed.split_at(plaintext.len());
        let mut own = plaintext.clone();
        session.encrypt_segment(offset, &mut own).unwrap();
        assert_eq!(own, ciphertext);
        // The session knows the segment's share from Rust by now, and takes no other.
        session.record_delegated(offset, length, tag).unwrap();
    }
}

#[wasm_bindgen_test]
async fn both_engines_authenticate_and_decrypt_every_segment_alike() {
    for _ in 0..CASES {
        let (_, mut reader) = sessions();
        let (gcm, ctr) = (key_of(reader.gcm_key(subtle())).await, key_of(reader.ctr_key(subtle())).await);
        let ciphertext = random_bytes();
        let (offset, length) = (random_offset(ciphertext.len()), length_of(&ciphertext));
        reader.authenticate_segment(offset, &ciphertext).unwrap();
        let tag = gcm_encrypt(&gcm, &authentication_iv(), &ciphertext, &[]).await;
        reader.record_delegated(offset, length, &tag).unwrap();

        let mut delayed = reader.delay_authentication();
        let counter = delayed.first_counter(offset, length).unwrap();
        let parameters = AesCtrParams::new_with_u8_array("AES-CTR", &Uint8Array::from(&counter[..]), 32);
        let theirs = done(subtle().decrypt_with_object_and_u8_array(&parameters, &ctr, &ciphertext)).await;
        let mut own = ciphertext.clone();
        delayed.decrypt_segment(offset, &mut own).unwrap();
        assert_eq!(own, theirs);
    }
}

#[wasm_bindgen_test]
async fn keys_for_the_platform_cannot_be_extracted_and_do_one_thing() {
    let (session, reader) = sessions();
    for (key, usage) in [
        (key_of(session.gcm_key(subtle())).await, "encrypt"),
        (key_of(reader.gcm_key(subtle())).await, "encrypt"),
        (key_of(reader.ctr_key(subtle())).await, "decrypt"),
    ] {
        assert!(!key.extractable());
        let usages: Array = key.usages().unchecked_into();
        assert_eq!(usages.iter().collect::<Vec<_>>(), [JsValue::from(usage)]);
    }
}

#[wasm_bindgen_test]
async fn the_self_test_trusts_this_browser_and_no_liar() {
    assert!(subtle_self_test(subtle()).await);
    for liar in [with_another_tag(), refusing(), Object::new().unchecked_into()] {
        assert!(!subtle_self_test(liar).await);
    }
}
