//! Content metadata to user metadata.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use base64ct::{Base64, Encoding};

use crate::decimal::decimal;

use super::{CbcVersion, ContentMetadata, MessageFormat, MetadataMap, json, names};

impl ContentMetadata {
    /// The entries to store with the object, by name without the prefix `x-amz-meta-`. All values are ASCII.
    #[must_use]
    pub fn to_map(&self) -> MetadataMap {
        let entries = match &self.format {
            MessageFormat::Cbc { version: CbcVersion::V1, iv, unencrypted_content_length } => {
                self.shared_entries(names::V1_KEY, iv, *unencrypted_content_length)
            }
            MessageFormat::Cbc { version: CbcVersion::V2, iv, unencrypted_content_length } => {
                self.v2_entries(iv, names::AES_CBC, *unencrypted_content_length)
            }
            MessageFormat::V2 { iv, unencrypted_content_length } => {
                let mut entries = self.v2_entries(iv, names::AES_GCM, *unencrypted_content_length);
                entries.push((names::V2_TAG_LENGTH, names::TAG_BITS.to_owned()));
                entries
            }
            MessageFormat::V3 { message_id, commitment } => self.v3_entries(message_id, commitment),
        };
        let mut map = MetadataMap::new();
        // Not `collect`, which sorts first, by a sorting that weighs more than all of this module.
        map.extend(entries.into_iter().map(|(name, value)| (name.to_owned(), value)));
        map
    }

    /// What V1 and V2 have in common.
    fn shared_entries(&self, key: &'static str, iv: &[u8], content_length: Option<u64>) -> Vec<(&'static str, String)> {
        let mut entries = vec![
            (key, Base64::encode_string(&self.wrapped.ciphertext)),
            (names::IV, Base64::encode_string(iv)),
            (names::V2_DESCRIPTION, json::write(&self.wrapped.description)),
        ];
        entries.extend(content_length.map(|length| (names::V2_CONTENT_LENGTH, decimal(length))));
        entries
    }

    fn v2_entries(&self, iv: &[u8], algorithm: &str, content_length: Option<u64>) -> Vec<(&'static str, String)> {
        let mut entries = self.shared_entries(names::V2_KEY, iv, content_length);
        entries.push((names::V2_WRAP_ALGORITHM, self.wrapped.algorithm.v2_name().to_owned()));
        entries.push((names::V2_CONTENT_ALGORITHM, algorithm.to_owned()));
        entries
    }

    fn v3_entries(&self, message_id: &[u8], commitment: &[u8]) -> Vec<(&'static str, String)> {
        let mut entries = vec![
            (names::V3_SUITE, decimal(self.suite().id().into())),
            (names::V3_KEY, Base64::encode_string(&self.wrapped.ciphertext)),
            // Nothing that writes V3 wraps by a legacy algorithm, which has no code.
            (names::V3_WRAP_ALGORITHM, self.wrapped.algorithm.v3_code().unwrap_or_default().to_owned()),
            (names::V3_COMMITMENT, Base64::encode_string(commitment)),
            (names::V3_MESSAGE_ID, Base64::encode_string(message_id)),
        ];
        if !self.wrapped.description.is_empty() {
            let name = if self.wrapped.algorithm.is_kms() { names::V3_CONTEXT } else { names::V3_DESCRIPTION };
            entries.push((name, json::write(&self.wrapped.description)));
        }
        entries
    }
}
