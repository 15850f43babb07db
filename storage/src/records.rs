//! The catalogue as records of a backend, and back.

use crate::model::{Bucket, Catalogue, ObjectName, StoredPart, Upload};
use crate::store::{BackendError, Change};
use crate::versions::{NULL, Version};

const BUCKET: &str = "bucket/";
/// Null versions, as which all objects were kept before there were others.
const OBJECT: &str = "object/";
const VERSION: &str = "version/";
const UPLOAD: &str = "upload/";
const PART: &str = "part/";
/// The record of KMS's state.
pub(crate) const KMS: &str = "kms";

/// Writes a bucket's settings.
pub(crate) fn put_bucket(name: &str, bucket: &Bucket) -> Result<Change, BackendError> {
    Ok(Change::Put(format!("{BUCKET}{name}"), json(bucket)?))
}

/// Removes a bucket's settings.
pub(crate) fn delete_bucket(name: &str) -> Change {
    Change::Delete(format!("{BUCKET}{name}"))
}

/// Writes a version of an object, over an older one of the same id.
pub(crate) fn put_version(name: &ObjectName, version: &Version) -> Result<Change, BackendError> {
    Ok(Change::Put(version_key(name, version.id()), json(version)?))
}

/// Removes a version of an object.
pub(crate) fn delete_version(name: &ObjectName, id: &str) -> Change {
    Change::Delete(version_key(name, id))
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
pub(crate) fn read<T: AsRef<[u8]>>(records: &[(String, T)]) -> Result<Catalogue, BackendError> {
    let mut catalogue = Catalogue::default();
    for (key, value) in records {
        let value = value.as_ref();
        if let Some(name) = key.strip_prefix(BUCKET) {
            catalogue.buckets.insert(name.to_owned(), parsed(key, value)?);
        } else if let Some((bucket, name)) = key.strip_prefix(OBJECT).and_then(|rest| rest.split_once('/')) {
            let name = ObjectName { bucket: bucket.to_owned(), key: name.to_owned() };
            catalogue.insert(name, parsed(key, value)?);
        } else if let Some((bucket, name)) = key.strip_prefix(VERSION).and_then(|rest| rest.split_once('/')) {
            let (_, name) = name.split_once('/').ok_or_else(|| BackendError(format!("the record {key} has no id")))?;
            let name = ObjectName { bucket: bucket.to_owned(), key: name.to_owned() };
            catalogue.insert(name, parsed(key, value)?);
        } else if let Some(id) = key.strip_prefix(UPLOAD) {
            catalogue.uploads.insert(id.to_owned(), parsed(key, value)?);
        }
    }
    read_parts(records, &mut catalogue)?;
    Ok(catalogue)
}

/// Parts, once their uploads are there.
fn read_parts<T: AsRef<[u8]>>(records: &[(String, T)], catalogue: &mut Catalogue) -> Result<(), BackendError> {
    for (key, value) in records {
        let id = key.strip_prefix(PART).and_then(|rest| rest.split_once('/')).map(|(id, _)| id);
        if let Some(upload) = id.and_then(|id| catalogue.uploads.get_mut(id)) {
            let part: StoredPart = parsed(key, value.as_ref())?;
            upload.parts.insert(part.number, part);
        }
    }
    Ok(())
}

fn part_key(id: &str, number: u32) -> String {
    format!("{PART}{id}/{number}")
}

/// Bucket names and ids have no slash, so the first ones end them.
fn version_key(name: &ObjectName, id: &str) -> String {
    let ObjectName { bucket, key } = name;
    if id == NULL { format!("{OBJECT}{bucket}/{key}") } else { format!("{VERSION}{bucket}/{id}/{key}") }
}

fn json<T: serde::Serialize>(value: &T) -> Result<Vec<u8>, BackendError> {
    serde_json::to_vec(value).map_err(|error| BackendError(error.to_string()))
}

fn parsed<T: serde::de::DeserializeOwned>(key: &str, value: &[u8]) -> Result<T, BackendError> {
    serde_json::from_slice(value).map_err(|error| BackendError(format!("the record {key} cannot be read: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoredObject;
    use crate::versions::DeleteMarker;

    /// As they were written before buckets kept versions.
    const OLD: [(&str, &str); 2] = [
        (
            "bucket/demo",
            r#"{"created":1,"encryption":{"default":"S3","bucket_key":false,"blocks_customer_keys":true},"cors":[]}"#,
        ),
        (
            "object/demo/a/b",
            r#"{"version":"0f","modified":1,"etag":"e","protection":{"mode":"SSE-S3","wrapped_data_key":"AA=="},
                "headers":{"metadata":{}},"parts":[],"is_multipart":false,"checksums":{}}"#,
        ),
    ];

    fn name() -> ObjectName {
        ObjectName { bucket: "demo".to_owned(), key: "a/b".to_owned() }
    }

    fn old() -> Vec<(String, Vec<u8>)> {
        OLD.map(|(key, value)| (key.to_owned(), value.as_bytes().to_vec())).to_vec()
    }

    #[test]
    fn what_was_stored_before_there_were_versions_is_the_null_version() {
        let catalogue = read(&old()).unwrap();
        let object = catalogue.object(&name()).unwrap();
        assert_eq!((object.version_id(), object.version.as_str(), object.sequence), (NULL, "0f", 0));
        assert_eq!(catalogue.buckets["demo"].versioning, None);
    }

    #[test]
    fn versions_are_records_of_their_own_and_come_back_in_order() {
        let object: StoredObject = serde_json::from_str(OLD[1].1).unwrap();
        let numbered = StoredObject { version: "1f".to_owned(), is_null: false, sequence: 1, ..object };
        let marker = DeleteMarker { version: "2f".to_owned(), is_null: false, sequence: 2, modified: 0 };
        let versions = [Version::DeleteMarker(marker), Version::Object(Box::new(numbered))];
        let mut records = old();
        for version in &versions {
            let Ok(Change::Put(key, value)) = put_version(&name(), version) else { panic!("a record") };
            assert_eq!(key, format!("version/demo/{}/a/b", version.id()));
            records.push((key, value));
        }
        let catalogue = read(&records).unwrap();
        let ids: Vec<&str> = catalogue.versions(&name()).unwrap().iter().map(Version::id).collect();
        assert_eq!((ids, catalogue.latest_sequence()), (vec!["2f", "1f", "null"], 2));
        assert!(catalogue.object(&name()).is_none(), "a delete marker hides it");
    }
}
