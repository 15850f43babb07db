//! Whether buckets keep versions, and the listing of versions.

use s3s::dto::{
    BucketVersioningStatus, DeleteMarkerEntry, GetBucketVersioningInput, GetBucketVersioningOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ObjectVersion, ObjectVersionStorageClass, Owner,
    PutBucketVersioningInput, PutBucketVersioningOutput,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::buckets::change;
use super::listing::{common_prefixes, encoder, limit, rolled_up};
use crate::answer_documents::{Entry, VersionOrder};
use crate::answers;
use crate::core::{Core, no_such_bucket};
use crate::encryption::add_elements;
use crate::model::{Catalogue, ObjectName, StoredObject};
use crate::versions::{NULL, Version, Versioning, Versions};

pub(super) async fn put_bucket_versioning(
    core: &Core,
    request: S3Request<PutBucketVersioningInput>,
) -> S3Result<S3Response<PutBucketVersioningOutput>> {
    let configuration = request.input.versioning_configuration;
    core.bucket(&request.input.bucket).await?;
    if configuration.mfa_delete.is_some_and(|mfa| mfa.as_str() != "Disabled") {
        return Err(s3_error!(NotImplemented, "MFA delete is not simulated."));
    }
    let state = match configuration.status.as_ref().map(BucketVersioningStatus::as_str) {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        Some(_) => return Err(s3_error!(MalformedXML)),
        None => {
            let text = "The Versioning element must be specified";
            return Err(s3_error!(IllegalVersioningConfigurationException, "{text}"));
        }
    };
    change(core, &request.input.bucket, |bucket| {
        bucket.versioning = Some(state);
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutBucketVersioningOutput::default()))
}

pub(super) async fn get_bucket_versioning(
    core: &Core,
    request: S3Request<GetBucketVersioningInput>,
) -> S3Result<S3Response<GetBucketVersioningOutput>> {
    let status = core.bucket(&request.input.bucket).await?.versioning.map(|state| match state {
        Versioning::Enabled => BucketVersioningStatus::ENABLED,
        Versioning::Suspended => BucketVersioningStatus::SUSPENDED,
    });
    let status = status.map(BucketVersioningStatus::from_static);
    Ok(S3Response::new(GetBucketVersioningOutput { status, ..Default::default() }))
}

/// An object as a version of its key: numbered where its bucket keeps versions, else the null version. Gives the id that the
/// answer to a write tells of.
///
/// Numbered versions are in the order in which their writes, or their uploads, were begun, as on S3.
pub(super) fn newest(
    core: &Core,
    catalogue: &Catalogue,
    name: &ObjectName,
    mut object: StoredObject,
) -> S3Result<(Version, Option<String>)> {
    core.check_still_there(catalogue, &name.bucket, &object.version)?;
    let bucket = catalogue.buckets.get(&name.bucket).ok_or_else(|| no_such_bucket(&name.bucket))?;
    let is_kept = bucket.versioning == Some(Versioning::Enabled);
    object.is_null = !is_kept;
    object.sequence = core.sequence(if is_kept { &object.version } else { NULL });
    let told = is_kept.then(|| object.version.clone());
    Ok((Version::Object(Box::new(object)), told))
}

/// Where a page ends: behind this key or prefix, or behind this version of the key.
type End = (String, Option<String>);

/// One page of versions.
#[derive(Default)]
struct Page {
    versions: Vec<ObjectVersion>,
    markers: Vec<DeleteMarkerEntry>,
    prefixes: Vec<String>,
    /// The order in which versions and delete markers are.
    order: VersionOrder,
    last: Option<End>,
    /// Whether there is more.
    is_truncated: bool,
}

/// What a page is of.
struct Asked<'a> {
    bucket: &'a str,
    prefix: &'a str,
    delimiter: Option<&'a str>,
    key_marker: &'a str,
    /// The sequence of the version of the marker's key that the page before ended with; 0 where it ended with the key.
    version_marker: u64,
    limit: usize,
    owner: Owner,
}

pub(super) async fn list_object_versions(
    core: &Core,
    request: S3Request<ListObjectVersionsInput>,
) -> S3Result<S3Response<ListObjectVersionsOutput>> {
    let owner = core.owner(request.credentials.as_ref());
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let version_marker = input.version_id_marker.as_deref().filter(|id| !id.is_empty());
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    if let (Some(id), "") = (version_marker, key_marker) {
        return Err(marker_refused("A version-id marker cannot be specified without a key marker.", id));
    }
    let catalogue = core.catalogue.read().await;
    if !catalogue.buckets.contains_key(&input.bucket) {
        return Err(no_such_bucket(&input.bucket));
    }
    let name = ObjectName { bucket: input.bucket.clone(), key: key_marker.to_owned() };
    let version_marker = version_marker.map_or(Ok(0), |id| marked_sequence(core, &catalogue, &name, id))?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.as_deref();
    let text = encoder(input.encoding_type.as_ref());
    let bucket = input.bucket.as_str();
    let asked = Asked { bucket, prefix: &prefix, delimiter, key_marker, version_marker, limit, owner };
    let page = page(&catalogue, &asked, &text);
    let next = page.last.filter(|_| page.is_truncated);
    let (next_key, next_version) = next.map_or((None, None), |(key, id)| (Some(text(key)), id));
    let mut response = S3Response::new(ListObjectVersionsOutput {
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(page.is_truncated && limit > 0),
        next_key_marker: next_key,
        next_version_id_marker: next_version,
        key_marker: Some(text(key_marker.to_owned())),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        prefix: Some(text(prefix.clone())),
        delimiter: input.delimiter.clone().map(&text),
        common_prefixes: common_prefixes(page.prefixes, &text),
        versions: Some(page.versions),
        delete_markers: Some(page.markers),
        encoding_type: input.encoding_type,
        name: Some(input.bucket.clone()),
        ..Default::default()
    });
    response.extensions.insert(page.order);
    Ok(response)
}

/// The sequence of the version that a page before ended with, which may have been removed since.
fn marked_sequence(core: &Core, catalogue: &Catalogue, name: &ObjectName, id: &str) -> S3Result<u64> {
    let found = catalogue.versions(name).and_then(|all| all.find(id)).map(Version::sequence);
    found.or_else(|| core.given_sequence(id)).ok_or_else(|| marker_refused("Invalid version id specified", id))
}

fn marker_refused(text: &str, id: &str) -> S3Error {
    let mut error = s3_error!(InvalidArgument, "{text}");
    add_elements(&mut error, [("ArgumentName", "version-id-marker".to_owned()), ("ArgumentValue", id.to_owned())]);
    error
}

/// Lists versions behind the markers, by key and then newest first; keys with the delimiter beyond the prefix are rolled up.
fn page(catalogue: &Catalogue, asked: &Asked<'_>, text: &impl Fn(String) -> String) -> Page {
    let mut page = Page::default();
    for (key, versions) in catalogue.keys(asked.bucket, asked.prefix) {
        match rolled_up(key, asked.prefix, asked.delimiter) {
            Some(prefix) => page.take_prefix(prefix, asked),
            None => page.take_versions(key, versions, asked, text),
        }
        if page.is_truncated {
            break;
        }
    }
    page
}

impl Page {
    /// Whether one more entry has room; else the page is known to be truncated.
    fn has_room(&mut self, limit: usize) -> bool {
        self.is_truncated = self.versions.len() + self.markers.len() + self.prefixes.len() == limit;
        !self.is_truncated
    }

    fn take_prefix(&mut self, prefix: &str, asked: &Asked<'_>) {
        let is_last = self.last.as_ref().is_some_and(|(entry, _)| entry == prefix);
        if prefix > asked.key_marker && !is_last && self.has_room(asked.limit) {
            self.prefixes.push(prefix.to_owned());
            self.last = Some((prefix.to_owned(), None));
        }
    }

    fn take_versions(&mut self, key: &str, versions: &Versions, asked: &Asked<'_>, text: &impl Fn(String) -> String) {
        if key < asked.key_marker {
            return;
        }
        // Of the marker's key, what is older than the marker's version, also where that was removed since.
        let before = if key == asked.key_marker { asked.version_marker } else { u64::MAX };
        for (index, version) in versions.iter().enumerate().filter(|(_, version)| version.sequence() < before) {
            if !self.has_room(asked.limit) {
                return;
            }
            self.push(text(key.to_owned()), version, index == 0, asked.owner.clone());
            self.last = Some((key.to_owned(), Some(version.id().to_owned())));
        }
    }

    fn push(&mut self, key: String, version: &Version, is_latest: bool, owner: Owner) {
        let (version_id, is_latest) = (Some(version.id().to_owned()), Some(is_latest));
        let (last_modified, owner) = (answers::timestamp(version.modified()), Some(owner));
        self.order.0.push(match version {
            Version::Object(_) => Entry::Version,
            Version::DeleteMarker(_) => Entry::DeleteMarker,
        });
        match version {
            Version::Object(object) => self.versions.push(ObjectVersion {
                key: Some(key),
                version_id,
                is_latest,
                last_modified,
                owner,
                e_tag: answers::etag(&object.etag),
                size: i64::try_from(object.length()).ok(),
                storage_class: Some(ObjectVersionStorageClass::from(object.headers.listed_class().to_owned())),
                checksum_algorithm: answers::checksum_algorithms(object),
                checksum_type: answers::checksum_type(object),
                ..Default::default()
            }),
            Version::DeleteMarker(_) => {
                self.markers.push(DeleteMarkerEntry { key: Some(key), version_id, is_latest, last_modified, owner });
            }
        }
    }
}
