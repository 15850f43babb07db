//! The platform's `SubtleCrypto` and the Rust engine give the same bytes: segments of random lengths at random places,
//! in a real browser.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

mod platform;

use js_sys::{Array, Function, Math, Object, Reflect, Uint8Array};
use platform::subtle;
use s3_envelope::web::decrypt::DecryptSession;
use s3_envelope::web::encrypt::EncryptSession;
use s3_envelope::web::metadata::ContentMetadata;
use s3_envelope::web::subtle::authentication_iv;
use s3_envelope::web::wrapping::{KeyToWrap, RawAesKeyring};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::{AesCtrParams, AesGcmParams, CryptoKey};

wasm_bindgen_test_configure!(run_in_browser);

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
    let keyring = RawAesKeyring::from_bytes(vec![7; 32], &JsValue::UNDEFINED).unwrap();
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
        let sealed = gcm_encrypt(&key, &iv.to_vec(), &[], &plaintext).await;
        let (ciphertext, tag) = sealed.split_at(plaintext.len());
        let mut own = plaintext.clone();
        session.encrypt_segment(offset, &mut own).unwrap();
        assert_eq!(own, ciphertext);
        // The session knows the segment's share from Rust by now, and takes no other.
        session.record_delegated(offset, length, tag.to_vec()).unwrap();
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
        reader.record_delegated(offset, length, tag).unwrap();

        let mut delayed = reader.delay_authentication();
        let counter = delayed.first_counter(offset, length).unwrap();
        let parameters = AesCtrParams::new_with_u8_array("AES-CTR", &Uint8Array::from(&counter[..]), 32);
        let theirs = done(subtle().decrypt_with_object_and_u8_array(&parameters, &ctr, &ciphertext)).await;
        let own = Uint8Array::from(&ciphertext[..]);
        delayed.decrypt_segment(offset, &own).unwrap();
        assert_eq!(own.to_vec(), theirs);
    }
}

#[wasm_bindgen_test]
async fn an_authenticated_segment_is_decrypted_by_the_platform_if_it_is_still_the_same() {
    for _ in 0..CASES {
        let (mut session, mut reader) = sessions();
        let key = key_of(reader.gcm_key(subtle())).await;
        let plaintext = [random_bytes(), vec![7]].concat();
        let length = length_of(&plaintext);
        let mut ciphertext = plaintext.clone();
        session.encrypt_segment(0.0, &mut ciphertext).unwrap();
        reader.authenticate_segment(0.0, &ciphertext).unwrap();
        let verified = reader.verify(&session.finish().unwrap()).unwrap();

        let parameters = verified.delegate_segment(0.0, length).unwrap().to_vec();
        let (iv, tag) = parameters.split_at(16);
        let gcm = AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(iv));
        let open = |body: &[u8]| {
            subtle().decrypt_with_object_and_u8_array(&gcm, &key, &[body, tag].concat()).map(JsFuture::from).unwrap()
        };
        let opened = Uint8Array::new(&open(&ciphertext).await.unwrap()).to_vec();
        assert_eq!(opened, plaintext);
        ciphertext[0] ^= 1;
        assert!(open(&ciphertext).await.is_err());
        assert_eq!(verified.refuse_segment(0.0).unwrap_err().code(), "SEGMENT_CHANGED");
    }
}

#[wasm_bindgen_test]
async fn keys_for_the_platform_cannot_be_extracted_and_do_no_more_than_they_must() {
    let (session, reader) = sessions();
    for (key, expected) in [
        (key_of(session.gcm_key(subtle())).await, &["encrypt"][..]),
        (key_of(reader.gcm_key(subtle())).await, &["encrypt", "decrypt"]),
        (key_of(reader.ctr_key(subtle())).await, &["decrypt"]),
    ] {
        assert!(!key.extractable());
        let usages: Array = key.usages().unchecked_into();
        let usages: Vec<_> = usages.iter().map(|usage| usage.as_string().unwrap()).collect();
        assert_eq!(usages, expected);
    }
}
