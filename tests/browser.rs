//! The bindings, in a real browser: what only a browser's own `SubtleCrypto`, memory and `Error` can prove.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a failed step is the test failing")]

mod platform;

use js_sys::{Array, Error, Object, Promise, Reflect, Uint8Array};
use platform::subtle;
use s3_envelope::web::decrypt::DecryptSession;
use s3_envelope::web::encrypt::EncryptSession;
use s3_envelope::web::metadata::ContentMetadata;
use s3_envelope::web::unwrapping::{DataKey, open_by_aes};
use s3_envelope::web::wrapping::{EncryptionMaterials, KeyToWrap, RawAesKeyring, seal_by_aes};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::CryptoKey;

wasm_bindgen_test_configure!(run_in_browser);

const PLAINTEXT: &[u8] = b"The quick brown fox jumps over the lazy dog";

async fn import_key(usages: &[&str]) -> CryptoKey {
    let key = Uint8Array::from(&[7; 32][..]);
    let usages: Array = usages.iter().map(|usage| JsValue::from(*usage)).collect();
    let promise: Promise = subtle().import_key_with_str("raw", &key, "AES-GCM", false, &usages).unwrap();
    JsFuture::from(promise).await.unwrap().unchecked_into()
}

fn encrypt(materials: EncryptionMaterials) -> (ContentMetadata, Vec<u8>) {
    let mut session = EncryptSession::new(materials, None).unwrap();
    let metadata = ContentMetadata::parse(&Object::entries(&session.metadata(false)), None).unwrap();
    let mut body = PLAINTEXT.to_vec();
    session.encrypt_segment(0.0, &mut body).unwrap();
    body.extend(session.finish().unwrap());
    (metadata, body)
}

fn decrypt(mut session: DecryptSession, body: &[u8]) -> Vec<u8> {
    let (ciphertext, tag) = body.split_at(PLAINTEXT.len());
    session.authenticate_segment(0.0, ciphertext).unwrap();
    let verified = session.verify(tag).unwrap();
    let plaintext = Uint8Array::from(ciphertext);
    verified.decrypt_segment(0.0, &plaintext).unwrap();
    plaintext.to_vec()
}

fn open(key: CryptoKey, metadata: &ContentMetadata) -> Promise {
    open_by_aes(subtle(), key, metadata, &JsValue::UNDEFINED).unwrap()
}

/// What `SubtleCrypto` promised, or nothing where it refused.
async fn kept(promise: Promise) -> Option<Vec<u8>> {
    Some(Uint8Array::new(&JsFuture::from(promise).await.ok()?).to_vec())
}

#[wasm_bindgen_test]
async fn a_crypto_key_and_the_same_raw_key_open_each_others_objects() {
    let hardware = import_key(&["encrypt", "decrypt"]).await;
    let raw = RawAesKeyring::from_bytes(vec![7; 32], &JsValue::UNDEFINED).unwrap();

    let key = KeyToWrap::fresh(None).unwrap();
    let sealing = seal_by_aes(subtle(), hardware.clone(), &key).unwrap();
    let sealed = kept(sealing.promise()).await;
    let (metadata, body) = encrypt(sealing.wrapped(key, sealed, &JsValue::UNDEFINED).unwrap());
    let data_key = raw.unwrap_data_key(&metadata).unwrap();
    assert_eq!(decrypt(DecryptSession::new(&metadata, data_key, None, None, None).unwrap(), &body), PLAINTEXT);

    let (metadata, body) = encrypt(raw.wrap(KeyToWrap::fresh(None).unwrap()).unwrap());
    let data_key = DataKey::from_bytes(kept(open(hardware, &metadata)).await).unwrap();
    assert_eq!(decrypt(DecryptSession::new(&metadata, data_key, None, None, None).unwrap(), &body), PLAINTEXT);
}

#[wasm_bindgen_test]
async fn a_crypto_key_of_another_key_is_a_wrong_key() {
    let other = RawAesKeyring::from_bytes(vec![8; 32], &JsValue::UNDEFINED).unwrap();
    let (metadata, _) = encrypt(other.wrap(KeyToWrap::fresh(None).unwrap()).unwrap());
    let opened = kept(open(import_key(&["decrypt"]).await, &metadata)).await;
    assert_eq!(DataKey::from_bytes(opened).unwrap_err().code(), "WRONG_KEY");
}

#[wasm_bindgen_test]
fn errors_are_javascript_errors_with_a_code() {
    let error = JsValue::from(RawAesKeyring::from_bytes(vec![0; 31], &JsValue::UNDEFINED).unwrap_err());
    assert!(error.is_instance_of::<Error>());
    assert_eq!(Reflect::get(&error, &"code".into()).unwrap(), "INVALID_KEY_LENGTH");
}

#[wasm_bindgen_test]
fn lengths_that_are_no_whole_numbers_are_refused() {
    let raw = RawAesKeyring::from_bytes(vec![7; 32], &JsValue::UNDEFINED).unwrap();
    for length in [-1.0, 0.5, f64::NAN, f64::INFINITY, 2_f64.powi(53)] {
        let refused =
            EncryptSession::new(raw.wrap(KeyToWrap::fresh(None).unwrap()).unwrap(), Some(length)).unwrap_err();
        assert_eq!(refused.code(), "INVALID_OPTION", "{length}");
    }
    let too_long =
        EncryptSession::new(raw.wrap(KeyToWrap::fresh(None).unwrap()).unwrap(), Some(2_f64.powi(36))).unwrap_err();
    assert_eq!(too_long.code(), "MESSAGE_TOO_LONG");
}
