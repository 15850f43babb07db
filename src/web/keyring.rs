//! Keyrings for JavaScript: the AES keyring over bytes, and over a `CryptoKey` that never leaves `SubtleCrypto`.

use alloc::string::String;
use alloc::vec::Vec;

use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use web_sys::{AesGcmParams, CryptoKey, SubtleCrypto};
use zeroize::Zeroizing;

use super::metadata::ContentMetadata;
use super::object::policy_of;
use super::options;
use crate::error::EnvelopeError;
use crate::keyring::{
    self, AES_WRAPPING_IV_LENGTH, DataKey as CoreDataKey, Keyring, MaterialsDescription, WrappedDataKey,
    WrappingAlgorithm,
};
use crate::object::check_data_key;
use crate::suite::AlgorithmSuite;

/// A fresh data key for one object, in the clear and wrapped. Consumed by the session that uses it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct EncryptionMaterials {
    pub(super) inner: keyring::EncryptionMaterials,
}

/// The data key of one object that is being read. Consumed by the session that uses it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct DataKey {
    pub(super) inner: CoreDataKey,
}

#[wasm_bindgen]
impl DataKey {
    /// The data key that somebody beside this module unwrapped: 32 bytes, which are copied, or nothing where that failed.
    ///
    /// # Errors
    /// `WRONG_KEY` where there are not exactly 32: then what was unwrapped is no data key.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(bytes: Option<Vec<u8>>) -> Result<Self, EnvelopeError> {
        let bytes = Zeroizing::new(bytes.ok_or(EnvelopeError::WrongKey)?);
        Ok(Self { inner: CoreDataKey::from_bytes(&bytes)? })
    }

    /// The 32 bytes, for the module that reads content in CBC mode. The data key is consumed.
    #[wasm_bindgen(js_name = intoBytes)]
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.inner.as_bytes().to_vec()
    }
}

/// A data key that a keyring is to wrap. Consumed by the keyring that wraps it.
#[wasm_bindgen]
#[derive(Debug)]
pub struct KeyToWrap {
    pub(super) suite: AlgorithmSuite,
    pub(super) data_key: CoreDataKey,
}

#[wasm_bindgen]
impl KeyToWrap {
    /// A fresh one, for a new object under the commitment policy of that name.
    ///
    /// # Errors
    /// `INVALID_OPTION` for an unknown policy, `RANDOMNESS_UNAVAILABLE`.
    pub fn fresh(policy: Option<String>) -> Result<Self, EnvelopeError> {
        Ok(Self { suite: policy_of(policy)?.suite(), data_key: CoreDataKey::generate()? })
    }

    /// That of an object, unwrapped, to be wrapped anew. The data key is consumed.
    ///
    /// # Errors
    /// `WRONG_KEY` where the object commits to another.
    #[wasm_bindgen(js_name = ofObject)]
    pub fn of_object(metadata: &ContentMetadata, data_key: DataKey) -> Result<Self, EnvelopeError> {
        check_data_key(&metadata.inner, &data_key.inner)?;
        Ok(Self { suite: metadata.inner.suite(), data_key: data_key.inner })
    }

    pub(super) fn wrapped_as(self, wrapped: WrappedDataKey) -> EncryptionMaterials {
        let Self { suite, data_key } = self;
        EncryptionMaterials { inner: keyring::EncryptionMaterials { suite, data_key, wrapped } }
    }
}

/// Wraps data keys under 32 raw key bytes, which live in this module's memory until `free()`.
#[wasm_bindgen(js_name = RawAesKeyring)]
#[derive(Debug)]
pub struct RawAesKeyring {
    inner: keyring::AesKeyring,
}

#[wasm_bindgen(js_class = RawAesKeyring)]
impl RawAesKeyring {
    /// A keyring over 32 bytes, which are copied.
    ///
    /// # Errors
    /// `INVALID_KEY_LENGTH`, and `INVALID_OPTION` for a description that is no map of strings.
    #[wasm_bindgen(js_name = fromBytes)]
    pub fn from_bytes(key: &[u8], description: &JsValue) -> Result<Self, EnvelopeError> {
        let inner = keyring::AesKeyring::from_bytes(key)?;
        Ok(Self { inner: inner.with_description(materials_description(description)?) })
    }

    /// A keyring over a fresh random key.
    ///
    /// # Errors
    /// `RANDOMNESS_UNAVAILABLE`, and `INVALID_OPTION` for a description that is no map of strings.
    pub fn generate(description: &JsValue) -> Result<Self, EnvelopeError> {
        let inner = keyring::AesKeyring::generate()?;
        Ok(Self { inner: inner.with_description(materials_description(description)?) })
    }

    /// A copy of the wrapping key, for the user to keep.
    #[wasm_bindgen(js_name = exportKey)]
    #[must_use]
    pub fn export_key(&self) -> Vec<u8> {
        self.inner.wrapping_key().to_vec()
    }

    /// A data key in the clear and wrapped.
    ///
    /// # Errors
    /// `RANDOMNESS_UNAVAILABLE`.
    pub fn wrap(&self, key: KeyToWrap) -> Result<EncryptionMaterials, EnvelopeError> {
        let wrapped = self.inner.wrap(&key.data_key, key.suite)?;
        Ok(key.wrapped_as(wrapped))
    }

    /// Checks an object's materials description, for whoever unwraps beside this module.
    ///
    /// # Errors
    /// `MATERIALS_DESCRIPTION_MISMATCH`.
    #[wasm_bindgen(js_name = checkDescription)]
    pub fn check_description(&self, metadata: &ContentMetadata) -> Result<(), EnvelopeError> {
        keyring::check_description(self.inner.description(), &metadata.inner.wrapped)
    }

    /// The data key of an object.
    ///
    /// # Errors
    /// `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`, `WRONG_KEY`.
    #[wasm_bindgen(js_name = unwrapDataKey)]
    pub fn unwrap_data_key(&self, metadata: &ContentMetadata) -> Result<DataKey, EnvelopeError> {
        let metadata = &metadata.inner;
        Ok(DataKey { inner: self.inner.unwrap(&metadata.wrapped, metadata.suite())? })
    }
}

/// Wraps data keys under an AES-256-GCM `CryptoKey`, which may be non-extractable: this module never sees the key. Each
/// way takes two calls, with JavaScript waiting for `SubtleCrypto` in between.
#[wasm_bindgen(js_name = CryptoKeyAesKeyring)]
#[derive(Debug)]
pub struct CryptoKeyAesKeyring {
    subtle: SubtleCrypto,
    key: CryptoKey,
    description: MaterialsDescription,
}

/// A wrapping under way. Consumed by the keyring when its promise is kept.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Sealing {
    iv: [u8; AES_WRAPPING_IV_LENGTH],
    promise: Promise,
}

#[wasm_bindgen]
impl Sealing {
    /// The promise of the wrapped data key.
    #[wasm_bindgen(getter, unchecked_return_type = "Promise<ArrayBuffer>")]
    pub fn promise(&self) -> Promise {
        self.promise.clone()
    }
}

const REFUSED_TO_WRAP: EnvelopeError = EnvelopeError::Internal { what: "SubtleCrypto refused to wrap" };

#[wasm_bindgen(js_class = CryptoKeyAesKeyring)]
impl CryptoKeyAesKeyring {
    /// A keyring over a key of algorithm AES-GCM and length 256.
    ///
    /// # Errors
    /// `INVALID_OPTION` where the key is of another kind, or a description is no map of strings.
    #[wasm_bindgen(constructor)]
    pub fn new(subtle: SubtleCrypto, key: CryptoKey, description: &JsValue) -> Result<Self, EnvelopeError> {
        let property = |name: &str| Reflect::get(&key.algorithm().unwrap_or_else(|_| Object::new()), &name.into()).ok();
        let is_aes_gcm = property("name").and_then(|name| name.as_string()).as_deref() == Some("AES-GCM");
        let is_256_bits = property("length").and_then(|length| length.as_f64()) == Some(256.0);
        if !is_aes_gcm || !is_256_bits {
            let expected = "a CryptoKey of algorithm AES-GCM and length 256";
            return Err(EnvelopeError::InvalidOption { option: "key", expected });
        }
        Ok(Self { subtle, key, description: materials_description(description)? })
    }

    /// Has `SubtleCrypto` wrap a data key under a fresh IV: its promise, and the IV.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a key whose usages lack "encrypt", `RANDOMNESS_UNAVAILABLE`.
    pub fn seal(&self, key: &KeyToWrap) -> Result<Sealing, EnvelopeError> {
        self.check_usage("encrypt")?;
        let mut iv = [0; AES_WRAPPING_IV_LENGTH];
        getrandom::fill(&mut iv).map_err(|_| EnvelopeError::RandomnessUnavailable)?;
        let plain = Uint8Array::from(&key.data_key.as_bytes()[..]);
        let sealing = self.subtle.encrypt_with_object_and_js_u8_array(&parameters(&iv, key.suite), &self.key, &plain);
        // SubtleCrypto has taken its copy: this one, in JavaScript's memory, has served.
        plain.fill(0, 0, plain.length());
        Ok(Sealing { iv, promise: sealing.map_err(|_| REFUSED_TO_WRAP)? })
    }

    /// A data key in the clear and wrapped, by what came of `seal`: nothing where the promise failed. The key to wrap is
    /// consumed.
    ///
    /// # Errors
    /// `INTERNAL` where `SubtleCrypto` refused.
    #[expect(clippy::needless_pass_by_value, reason = "one IV for one data key: this call takes both away")]
    pub fn wrapped(
        &self,
        key: KeyToWrap,
        sealing: Sealing,
        sealed: Option<Vec<u8>>,
    ) -> Result<EncryptionMaterials, EnvelopeError> {
        let ciphertext = [&sealing.iv[..], &sealed.ok_or(REFUSED_TO_WRAP)?].concat();
        let description = self.description.clone();
        Ok(key.wrapped_as(WrappedDataKey { algorithm: WrappingAlgorithm::AesGcm, ciphertext, description }))
    }

    /// Has `SubtleCrypto` unwrap an object's data key: its promise.
    ///
    /// # Errors
    /// `INVALID_OPTION` for a key whose usages lack "decrypt", `KEYRING_MISMATCH`, `MATERIALS_DESCRIPTION_MISMATCH`,
    /// `WRONG_KEY`.
    #[wasm_bindgen(unchecked_return_type = "Promise<ArrayBuffer>")]
    pub fn open(&self, metadata: &ContentMetadata) -> Result<Promise, EnvelopeError> {
        let wrapped = &metadata.inner.wrapped;
        keyring::AesKeyring::check_applies(&self.description, wrapped)?;
        self.check_usage("decrypt")?;
        let (iv, sealed) =
            wrapped.ciphertext.split_first_chunk::<AES_WRAPPING_IV_LENGTH>().ok_or(EnvelopeError::WrongKey)?;
        let parameters = parameters(iv, metadata.inner.suite());
        let opening = self.subtle.decrypt_with_object_and_u8_array(&parameters, &self.key, sealed);
        opening.map_err(|_| EnvelopeError::WrongKey)
    }

    fn check_usage(&self, usage: &str) -> Result<(), EnvelopeError> {
        let usages: Array = self.key.usages().unchecked_into();
        if usages.includes(&usage.into(), 0) {
            return Ok(());
        }
        let expected = "a CryptoKey with the usages \"encrypt\" (to write) and \"decrypt\" (to read)";
        Err(EnvelopeError::InvalidOption { option: "key", expected })
    }
}

fn parameters(iv: &[u8; AES_WRAPPING_IV_LENGTH], suite: AlgorithmSuite) -> AesGcmParams {
    let iv = Uint8Array::from(&iv[..]);
    let parameters = AesGcmParams::new_with_u8_array("AES-GCM", &iv);
    parameters.set_additional_data_u8_array(&Uint8Array::from(suite.wrapping_label().as_bytes()));
    parameters
}

/// A materials description from `undefined` or an object of strings.
pub(super) fn materials_description(value: &JsValue) -> Result<MaterialsDescription, EnvelopeError> {
    if value.is_undefined() {
        return Ok(MaterialsDescription::new());
    }
    let pairs = options::pairs(value).map_err(|_| EnvelopeError::InvalidOption {
        option: "materialsDescription",
        expected: "an object whose values are strings",
    })?;
    let mut description = MaterialsDescription::new();
    description.extend(pairs);
    Ok(description)
}
