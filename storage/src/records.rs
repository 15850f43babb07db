//! The catalogue as records of a backend, and back.

use crate::model::{Bucket, Catalogue, ObjectName, StoredObject, StoredPart, Upload};
use crate::store::{BackendError, Change};

const BUCKET: &str = "bucket/";
const OBJECT: &str = "object/";
const UPLOAD: &str = "upload/";
const PART: &str = "part/";
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

/// Writes an upload, without its parts.
pub(crate) fn put_upload(id: &str, upload: &Upload) -> Result<Change, BackendError> {
    Ok(Change::Put(format!("{UPLOAD}{id}"), json(upload)?))
}

/// Writes a part of an upload.
pub(crate) fn put_part(id: &str, part: &StoredPart) -> Result<Change, BackendError> {
    Ok(Change::Put(part_key(id, part.number), json(part)?))
}

/// Removes an upload with its parts.
pub(crate) fn delete_upload(id: &str, upload: &Upload) -> Vec<Change> {
    let parts = upload.parts.keys().map(|number| Change::Delete(part_key(id, *number)));
    parts.chain([Change::Delete(format!("{UPLOAD}{id}"))]).collect()
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
    read_parts(records, &mut catalogue)?;
    Ok(catalogue)
}

/// Parts, once their uploads are there.
fn read_parts(records: &[(String, Vec<u8>)], catalogue: &mut Catalogue) -> Result<(), BackendError> {
    for (key, value) in records {
        let id = key.strip_prefix(PART).and_then(|rest| rest.split_once('/')).map(|(id, _)| id);
        if let Some(upload) = id.and_then(|id| catalogue.uploads.get_mut(id)) {
            let part: StoredPart = parsed(key, value)?;
            upload.parts.insert(part.number, part);
        }
    }
    Ok(())
}

fn part_key(id: &str, number: u32) -> String {
    format!("{PART}{id}/{number}")
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
