//! What lies at rest: the view behind the curtain, to show and to prove encryption. No part of S3; nobody reaches it
//! through S3's host.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Serialize;

use crate::bytes_at_rest::chunk_of;
use crate::encryption::{EncryptionContext, KeyProtection, SEGMENT_LENGTH, stored_length};
use crate::kms;
use crate::model::{ObjectName, StoredHeaders, StoredObject, StoredPart};
use crate::service::Storage;

/// What is stored of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspection {
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// The version's id; `null` where its bucket keeps no versions.
    pub version_id: String,
    /// The mode of encryption at rest.
    pub mode: &'static str,
    /// The length of the content, in bytes.
    pub content_length: u64,
    /// The length of what is stored of it, in bytes.
    pub stored_length: u64,
    /// The length of a segment of content, in bytes.
    pub segment_length: u64,
    /// The ETag, without quotation marks.
    pub etag: String,
    /// The object's blobs, in order.
    pub parts: Vec<InspectedPart>,
    /// The wrapped data key, base64: all that is stored of the key.
    pub wrapped_data_key: String,
    /// Who can unwrap the data key.
    pub unwrapped_by: &'static str,
    /// SSE-KMS: the key's ARN.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kms_key_id: Option<String>,
    /// SSE-KMS: the encryption context that the caller gave.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encryption_context: Option<EncryptionContext>,
    /// SSE-C: how the key is recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer_key_hash: Option<CustomerKeyHash>,
    /// The user metadata, as stored: in the clear.
    pub user_metadata: std::collections::BTreeMap<String, String>,
}

/// A blob of an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedPart {
    /// The part's number; 0 for an object that was written at once.
    pub number: u32,
    /// The length of its content, in bytes.
    pub content_length: u64,
    /// The length of what is stored of it, in bytes.
    pub stored_length: u64,
}

/// All that is stored of a customer's key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerKeyHash {
    /// 32 random bytes, base64.
    pub salt: String,
    /// HMAC-SHA256 of the key under the salt, base64.
    pub hmac: String,
}

impl Storage {
    /// What is stored of an object.
    pub async fn inspect_object(&self, bucket: &str, key: &str) -> Option<Inspection> {
        let name = ObjectName { bucket: bucket.to_owned(), key: key.to_owned() };
        let catalogue = self.core.catalogue.read().await;
        catalogue.object(&name).map(|object| inspection(&name, object))
    }

    /// What is stored of one version of an object; a delete marker has nothing.
    pub async fn inspect_version(&self, bucket: &str, key: &str, version_id: &str) -> Option<Inspection> {
        let name = ObjectName { bucket: bucket.to_owned(), key: key.to_owned() };
        let catalogue = self.core.catalogue.read().await;
        let object = catalogue.versions(&name)?.find(version_id)?.object()?;
        Some(inspection(&name, object))
    }

    /// Bytes of what is stored of an object, its blobs one after the other.
    pub async fn stored_bytes(&self, bucket: &str, key: &str, offset: u64, length: u64) -> Option<Vec<u8>> {
        let (parts, layers) = self.parts(bucket, key).await?;
        let mut bytes = Vec::new();
        let mut position = offset;
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        while bytes.len() < wanted {
            let Some((_, _, chunk, within)) = self.locate(&parts, layers, position).await else { break };
            let piece = &chunk[within..chunk.len().min(within + wanted - bytes.len())];
            bytes.extend_from_slice(piece);
            position += piece.len() as u64;
        }
        Some(bytes)
    }

    /// Flips one bit of what is stored of an object, as a failing disk or an intruder would. Tells whether it was there.
    pub async fn tamper_object(&self, bucket: &str, key: &str, offset: u64) -> bool {
        let Some((parts, layers)) = self.parts(bucket, key).await else { return false };
        let Some((blob, index, chunk, within)) = self.locate(&parts, layers, offset).await else { return false };
        let mut altered = chunk.to_vec();
        altered[within] ^= 1;
        self.core.backend.put_chunk(&blob, index, Bytes::from(altered)).await.is_ok()
    }

    /// The keys of a bucket's objects.
    pub async fn objects(&self, bucket: &str) -> Option<Vec<String>> {
        let catalogue = self.core.catalogue.read().await;
        catalogue.buckets.get(bucket)?;
        Some(catalogue.names(bucket, "").map(|(key, _)| key.to_owned()).collect())
    }

    /// What KMS was asked for, newest last.
    pub async fn kms_events(&self) -> Vec<kms::Event> {
        self.core.kms_events().await
    }

    async fn parts(&self, bucket: &str, key: &str) -> Option<(Vec<StoredPart>, u64)> {
        let name = ObjectName { bucket: bucket.to_owned(), key: key.to_owned() };
        let catalogue = self.core.catalogue.read().await;
        catalogue.object(&name).map(|object| (object.parts.clone(), object.protection.layers()))
    }

    /// The blob, the chunk's index, the chunk, and the offset in it of a stored byte.
    async fn locate(&self, parts: &[StoredPart], layers: u64, mut offset: u64) -> Option<(String, u32, Bytes, usize)> {
        for part in parts {
            let length = stored_length(part.length, layers);
            if offset < length {
                let (index, within) = chunk_of(offset, layers);
                let chunk = self.core.backend.chunk(&part.blob, index).await.ok()??;
                return (within < chunk.len()).then(|| (part.blob.clone(), index, chunk, within));
            }
            offset -= length;
        }
        None
    }
}

fn inspection(name: &ObjectName, object: &StoredObject) -> Inspection {
    let StoredHeaders { metadata, .. } = &object.headers;
    let (mode, unwrapped_by, wrapped) = match &object.protection {
        KeyProtection::S3(wrapped) => ("SSE-S3", "the service's root key", &wrapped.wrapped_data_key),
        KeyProtection::Kms(wrapped) => ("SSE-KMS", "the KMS key", &wrapped.wrapped_data_key),
        KeyProtection::Dsse(wrapped) => {
            ("DSSE-KMS", "the KMS key, and the service's root key for the outer layer", &wrapped.inner.wrapped_data_key)
        }
        KeyProtection::Customer(wrapped) => {
            ("SSE-C", "the customer's key, which is not stored", &wrapped.wrapped_data_key)
        }
    };
    let kms = match &object.protection {
        KeyProtection::Kms(wrapped) => Some(wrapped),
        KeyProtection::Dsse(wrapped) => Some(&wrapped.inner),
        _ => None,
    };
    let customer_key_hash = match &object.protection {
        KeyProtection::Customer(wrapped) => {
            Some(CustomerKeyHash { salt: STANDARD.encode(&wrapped.salt), hmac: STANDARD.encode(&wrapped.key_hash) })
        }
        _ => None,
    };
    let parts: Vec<InspectedPart> = object
        .parts
        .iter()
        .map(|part| InspectedPart {
            number: part.number,
            content_length: part.length,
            stored_length: stored_length(part.length, object.protection.layers()),
        })
        .collect();
    Inspection {
        bucket: name.bucket.clone(),
        key: name.key.clone(),
        version_id: object.version_id().to_owned(),
        mode,
        content_length: object.length(),
        stored_length: parts.iter().map(|part| part.stored_length).sum(),
        segment_length: SEGMENT_LENGTH,
        etag: object.etag.clone(),
        parts,
        wrapped_data_key: STANDARD.encode(wrapped),
        unwrapped_by,
        kms_key_id: kms.map(|kms| kms.key_arn.clone()),
        encryption_context: kms.map(|kms| kms.context.clone()),
        customer_key_hash,
        user_metadata: metadata.clone(),
    }
}
