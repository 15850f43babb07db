//! Content metadata and instruction files for JavaScript.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use js_sys::Object;
use wasm_bindgen::prelude::*;

use super::options::{metadata_pairs, pairs_object};
use super::wrapping::EncryptionMaterials;
use crate::error::EnvelopeError;
use crate::metadata::{self, MessageFormat};

/// Whether metadata, as for `ContentMetadata.parse`, leaves the wrapped data key to an instruction file.
///
/// # Errors
/// `METADATA_REPEATED`, `INVALID_OPTION`.
#[wasm_bindgen(js_name = needsInstructionFile)]
pub fn needs_instruction_file(pairs: &JsValue) -> Result<bool, EnvelopeError> {
    Ok(metadata::needs_instruction_file(&metadata::from_headers(metadata_pairs(pairs)?)?))
}

/// The content metadata of an object, parsed and checked.
#[wasm_bindgen(js_name = ContentMetadata)]
#[derive(Debug)]
pub struct ContentMetadata {
    pub(super) inner: metadata::ContentMetadata,
}

#[wasm_bindgen(js_class = ContentMetadata)]
impl ContentMetadata {
    /// Reads pairs of name and value, names in any case, with or without the prefix `x-amz-meta-`, and the instruction
    /// file, where there is one.
    ///
    /// # Errors
    /// `NOT_ENCRYPTED`, `METADATA_REPEATED`, one of the other `METADATA_` codes, `INSTRUCTION_FILE_MISSING`,
    /// `INSTRUCTION_FILE_INVALID`.
    pub fn parse(pairs: &JsValue, instruction_file: Option<Vec<u8>>) -> Result<Self, EnvelopeError> {
        let mut map = metadata::from_headers(metadata_pairs(pairs)?)?;
        if let Some(file) = instruction_file {
            map = metadata::join(&map, &file)?;
        }
        Ok(Self { inner: metadata::ContentMetadata::parse(&map)? })
    }

    /// The same object's content metadata with its data key wrapped anew. The materials are consumed.
    ///
    /// # Errors
    /// `MATERIALS_DESCRIPTION_UNCHANGED`, and `INVALID_OPTION` for a suffix that the keyring's kind cannot have, or a
    /// description that would not be read.
    #[expect(clippy::needless_pass_by_value, reason = "materials are used once: this call takes them away")]
    pub fn rewrapped(&self, materials: EncryptionMaterials, suffix: &str) -> Result<Self, EnvelopeError> {
        Ok(Self { inner: self.inner.rewrapped(materials.inner.wrapped.clone(), suffix)? })
    }

    /// The new wrapping under the old materials description: whoever unwraps it still has its key.
    #[wasm_bindgen(js_name = underDescriptionOf)]
    #[must_use]
    pub fn under_description_of(&self, earlier: &Self) -> Self {
        Self { inner: self.inner.under_description_of(&earlier.inner) }
    }

    /// The text of the instruction file.
    #[wasm_bindgen(js_name = instructionFile)]
    #[must_use]
    pub fn instruction_file(&self) -> String {
        metadata::split(self.inner.to_map()).1
    }

    /// How the data key is wrapped, by the name in message format V2.
    #[wasm_bindgen(getter, js_name = wrappingAlgorithm)]
    #[must_use]
    pub fn wrapping_algorithm(&self) -> String {
        self.inner.wrapped.algorithm.v2_name().to_owned()
    }

    /// Whether the data key is wrapped by a legacy algorithm.
    #[wasm_bindgen(getter, js_name = isLegacyWrapping)]
    #[must_use]
    pub fn is_legacy_wrapping(&self) -> bool {
        self.inner.wrapped.algorithm.is_legacy()
    }

    /// Whether only the key that wrapped the data key unwraps it; where not, what another one gives may look like one.
    #[wasm_bindgen(getter, js_name = refusesOtherKeys)]
    #[must_use]
    pub fn refuses_other_keys(&self) -> bool {
        self.inner.wrapped.algorithm.refuses_other_keys()
    }

    /// Whether a data key has to open the content before it is wrapped anew.
    ///
    /// # Errors
    /// `DATA_KEY_UNPROVEN` where the content could not show whose it is.
    #[wasm_bindgen(js_name = needsContentProof)]
    pub fn needs_content_proof(&self) -> Result<bool, EnvelopeError> {
        self.inner.needs_content_proof()
    }

    /// The wrapped data key.
    #[wasm_bindgen(js_name = wrappedKey)]
    #[must_use]
    pub fn wrapped_key(&self) -> Vec<u8> {
        self.inner.wrapped.ciphertext.clone()
    }

    /// The materials description or encryption context as it is stored.
    #[must_use]
    pub fn description(&self) -> Object {
        pairs_object(self.inner.wrapped.description.iter().map(|(name, value)| (name.as_str(), value.as_str())))
    }

    /// The IV of content in CBC mode; nothing for authenticated content.
    #[wasm_bindgen(js_name = cbcIv)]
    #[must_use]
    pub fn cbc_iv(&self) -> Option<Vec<u8>> {
        match &self.inner.format {
            MessageFormat::Cbc { iv, .. } => Some(iv.to_vec()),
            MessageFormat::V2 { .. } | MessageFormat::V3 { .. } => None,
        }
    }

    /// The length of content in CBC mode as its writer stored it, in bytes.
    #[wasm_bindgen(js_name = cbcContentLength)]
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a length beyond 2^53 is no length of an object: it differs anyway")]
    pub fn cbc_content_length(&self) -> Option<f64> {
        match &self.inner.format {
            MessageFormat::Cbc { unencrypted_content_length, .. } => {
                unencrypted_content_length.map(|length| length as f64)
            }
            MessageFormat::V2 { .. } | MessageFormat::V3 { .. } => None,
        }
    }
}
