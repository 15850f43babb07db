//! The root key in a browser: wrapped by a key that the browser made, keeps, and gives nobody, this code included.
//!
//! The object store `keys` holds one entry: a non-extractable AES-GCM `CryptoKey`, and the root key encrypted under it. So
//! whoever copies the database's entries has no key that opens them; scripts of the page's origin can still use it.

use async_trait::async_trait;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AesGcmParams, AesKeyGenParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::{RootKeyError, RootKeyHolder};
use crate::encryption::random;
use crate::encryption::sse_s3::RootKey;
use crate::store::indexed_db::IndexedDbBackend;

/// The length of a nonce, in bytes.
const NONCE_LENGTH: usize = 12;
/// The properties of the entry.
const WRAPPING_KEY: &str = "wrappingKey";
const WRAPPED: &str = "wrapped";

#[wasm_bindgen]
extern "C" {
    /// Pages over plain HTTP have none.
    #[wasm_bindgen(thread_local_v2, js_namespace = crypto, js_name = subtle)]
    static SUBTLE: Option<SubtleCrypto>;
}

/// Keeps the key in the database of a backend.
#[derive(Debug)]
pub struct RootKeyInBrowser(IndexedDbBackend);

impl RootKeyInBrowser {
    /// The holder of the key in a backend's database.
    #[must_use]
    pub const fn new(backend: IndexedDbBackend) -> Self {
        Self(backend)
    }
}

#[async_trait]
impl RootKeyHolder for RootKeyInBrowser {
    async fn held(&self) -> Result<Option<RootKey>, RootKeyError> {
        let Some(entry) = self.0.root_key_entry().await.map_err(unreadable)? else { return Ok(None) };
        SendWrapper::new(async move { unwrapped(&entry).await.map(Some) }).await
    }

    async fn hold(&self, key: &RootKey) -> Result<(), RootKeyError> {
        let entry = SendWrapper::new(wrapped(key)).await?;
        // An entry that another storage made meanwhile is not replaced.
        self.0.add_root_key_entry(entry).await.map_err(|error| RootKeyError(format!("cannot be kept: {error}")))
    }
}

/// The entry for a root key, under a fresh wrapping key.
async fn wrapped(key: &RootKey) -> Result<SendWrapper<JsValue>, RootKeyError> {
    let subtle = subtle()?;
    let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
    let algorithm = AesKeyGenParams::new("AES-GCM", 256);
    let wrapping_key: CryptoKey = finish(subtle.generate_key_with_object(&algorithm, false, &usages)).await?.into();
    let nonce: [u8; NONCE_LENGTH] = random().map_err(unreadable)?;
    let plain = Zeroizing::new(*key.bytes());
    let sealing = subtle.encrypt_with_object_and_u8_array(&parameters(nonce), &wrapping_key, &plain[..]);
    let sealed = Uint8Array::new(&finish(sealing).await?).to_vec();
    let bytes = Uint8Array::from(&[&nonce[..], &sealed].concat()[..]);
    let entry = Object::new();
    for (name, value) in [(WRAPPING_KEY, JsValue::from(wrapping_key)), (WRAPPED, bytes.into())] {
        Reflect::set(&entry, &name.into(), &value).map_err(|_| refused())?;
    }
    Ok(SendWrapper::new(entry.into()))
}

/// The root key of an entry.
async fn unwrapped(entry: &JsValue) -> Result<RootKey, RootKeyError> {
    let damaged = || RootKeyError("is damaged; delete the site's data to start anew".to_owned());
    let property = |name: &str| Reflect::get(entry, &name.into()).map_err(|_| damaged());
    let wrapping_key: CryptoKey = property(WRAPPING_KEY)?.dyn_into().map_err(|_| damaged())?;
    let bytes = property(WRAPPED)?.dyn_into::<Uint8Array>().map_err(|_| damaged())?.to_vec();
    let (nonce, sealed) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let opening = subtle()?.decrypt_with_object_and_u8_array(&parameters(*nonce), &wrapping_key, sealed);
    let opened = Uint8Array::new(&finish(opening).await.map_err(|_| damaged())?);
    let plain = Zeroizing::new(opened.to_vec());
    // What JavaScript still holds of it is overwritten; the copy above is wiped on drop.
    opened.fill(0, 0, opened.length());
    let bytes = Zeroizing::new(<[u8; 32]>::try_from(&plain[..]).map_err(|_| damaged())?);
    Ok(RootKey::from_bytes(*bytes))
}

fn subtle() -> Result<SubtleCrypto, RootKeyError> {
    let missing = "needs SubtleCrypto, which browsers offer to pages over https and on this machine only";
    SUBTLE.with(Clone::clone).ok_or_else(|| RootKeyError(missing.to_owned()))
}

fn parameters(nonce: [u8; NONCE_LENGTH]) -> AesGcmParams {
    AesGcmParams::new_with_u8_array("AES-GCM", &Uint8Array::from(&nonce[..]))
}

/// What a `SubtleCrypto` call yields; its errors say nothing that anybody could use.
async fn finish(call: Result<Promise, JsValue>) -> Result<JsValue, RootKeyError> {
    JsFuture::from(call.map_err(|_| refused())?).await.map_err(|_| refused())
}

fn refused() -> RootKeyError {
    RootKeyError("was refused by SubtleCrypto".to_owned())
}

fn unreadable(error: impl core::fmt::Display) -> RootKeyError {
    RootKeyError(format!("cannot be had: {error}"))
}
