//! The catalogue as records of a backend, and back.

use crate::model::{Bucket, Catalogue, ObjectName, StoredObject, Upload};
use crate::store::{BackendError, Change};

const BUCKET: &str = "bucket/";
const OBJECT: &str = "object/";
const UPLOAD: &str = "upload/";
/// The record of the root key.
pub(crate) const ROOT_KEY: &str = "root-key";
/// The record of KMS's state, sealed under the root key.
pub(crate) const KMS: &str = "kms";

/// Writes a bucket's settings.
pub(crate) fn put_bucket(name: &str, bucket: &Bucket) -> Result<Change, BackendError> {
    Ok(Change::Put(format!("{BUCKET}{name}"), json(bucket)?))
}

/// Removes a bucket's settings.
pub(crate) fn delete_bucket(name: &str) -> Change {
    Change::Delete(format!("{BUCKET}{name}"))
}

/// Writes an object.
pub(crate) fn put_object(name: &ObjectName, object: &StoredObject) -> Result<Change, BackendError> {
    Ok(Change::Put(object_key(name), json(object)?))
}

/// Removes an object.
pub(crate) fn delete_object(name: &ObjectName) -> Change {
    Change::Delete(object_key(name))
}

/// Writes an upload with its parts.
pub(crate) fn put_upload(id: &str, upload: &Upload) -> Result<Change, BackendError> {
    Ok(Change::Put(format!("{UPLOAD}{id}"), json(upload)?))
}

/// Removes an upload.
pub(crate) fn delete_upload(id: &str) -> Change {
    Change::Delete(format!("{UPLOAD}{id}"))
}

/// Reads all records into a catalogue; those of keys are not its business.
pub(crate) fn read(records: &[(String, Vec<u8>)]) -> Result<Catalogue, BackendError> {
    let mut catalogue = Catalogue::default();
    for (key, value) in records {
        if let Some(name) = key.strip_prefix(BUCKET) {
            catalogue.buckets.insert(name.to_owned(), parsed(key, value)?);
        } else if let Some((bucket, name)) = key.strip_prefix(OBJECT).and_then(|rest| rest.split_once('/')) {
            let name = ObjectName { bucket: bucket.to_owned(), key: name.to_owned() };
            catalogue.objects.insert(name, parsed(key, value)?);
        } else if let Some(id) = key.strip_prefix(UPLOAD) {
            catalogue.uploads.insert(id.to_owned(), parsed(key, value)?);
        }
    }
    Ok(catalogue)
}

/// Bucket names have no slash, so the first one ends the bucket's.
fn object_key(name: &ObjectName) -> String {
    format!("{OBJECT}{}/{}", name.bucket, name.key)
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, BackendError> {
    serde_json::to_vec(value).map_err(|error| BackendError(error.to_string()))
}

fn parsed<T: serde::de::DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, BackendError> {
    serde_json::from_slice(value).map_err(|error| BackendError(format!("the record {key} cannot be read: {error}")))
}
