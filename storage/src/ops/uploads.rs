//! The listing of uploads under way: by key, and then in the order in which they were begun.
//!
//! Source: Amazon S3 API Reference, `ListMultipartUploads`, and Amazon's own answers where those differ from it.

use s3s::dto::{
    Initiator, ListMultipartUploadsInput, ListMultipartUploadsOutput, MultipartUpload, Owner, StorageClass,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};

use super::listing::{common_prefixes, encoder, limit, rolled_up};
use crate::answers;
use crate::core::{Core, no_such_bucket};
use crate::encryption::add_elements;
use crate::model::{Catalogue, Upload};

/// Where an upload is among those of its key: when it was begun, and its id, as older ids do not tell that.
type Place<'a> = (u64, &'a str);

/// What a page is of.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    key_marker: &'a str,
    /// The upload of the marker's key that the page before ended with.
    upload_marker: Option<Place<'a>>,
    limit: usize,
}

/// One page of uploads.
#[derive(Default)]
struct Page<'a> {
    uploads: Vec<(&'a str, &'a Upload)>,
    prefixes: Vec<String>,
    is_truncated: bool,
}

pub(super) async fn list_multipart_uploads(
    core: &Core,
    request: S3Request<ListMultipartUploadsInput>,
) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
    let owner = core.owner(request.credentials.as_ref());
    let input = request.input;
    let limit = limit(input.max_uploads)?;
    let catalogue = core.catalogue.read().await;
    if !catalogue.buckets.contains_key(&input.bucket) {
        return Err(no_such_bucket(&input.bucket));
    }
    let key_marker = input.key_marker.as_deref().unwrap_or_default();
    // Without a key, an upload's id says nothing.
    let id_marker = input.upload_id_marker.as_deref().filter(|id| !id.is_empty() && !key_marker.is_empty());
    let upload_marker = id_marker.map(|id| marked_place(core, &catalogue, key_marker, id)).transpose()?;
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let asked = Asked { prefix, delimiter: input.delimiter.as_deref(), key_marker, upload_marker, limit };
    let page = page(core, &catalogue, &input.bucket, &asked);
    let text = encoder(input.encoding_type.as_ref());
    // Of the last upload, be there more or not; a prefix at the end is no marker.
    let last = page.uploads.last().copied();
    let uploads = page.uploads.iter().map(|(id, upload)| entry(id, upload, &owner, &text)).collect();
    Ok(S3Response::new(ListMultipartUploadsOutput {
        max_uploads: i32::try_from(limit).ok(),
        is_truncated: Some(page.is_truncated),
        key_marker: Some(text(key_marker.to_owned())),
        upload_id_marker: Some(id_marker.unwrap_or_default().to_owned()),
        next_key_marker: Some(text(last.map_or_else(String::new, |(_, upload)| upload.name.key.clone()))),
        next_upload_id_marker: Some(last.map_or_else(String::new, |(id, _)| id.to_owned())),
        uploads: Some(uploads),
        common_prefixes: common_prefixes(page.prefixes, &text),
        prefix: input.prefix.clone().map(&text),
        delimiter: input.delimiter.clone().map(&text),
        encoding_type: input.encoding_type,
        bucket: Some(input.bucket.clone()),
        ..Default::default()
    }))
}

/// Lists uploads behind the markers; keys with the delimiter beyond the prefix are rolled up.
fn page<'a>(core: &Core, catalogue: &'a Catalogue, bucket: &str, asked: &Asked<'_>) -> Page<'a> {
    let in_bucket = |(_, upload): &(&String, &Upload)| upload.name.bucket == bucket;
    let mut all: Vec<(&str, Place<'a>, &Upload)> = catalogue
        .uploads
        .iter()
        .filter(in_bucket)
        .map(|(id, upload)| (upload.name.key.as_str(), place(core, id), upload))
        .filter(|(key, place, _)| key.starts_with(asked.prefix) && asked.is_before(key, *place))
        .collect();
    all.sort_by_key(|(key, place, _)| (*key, *place));
    let mut page = Page::default();
    for (key, (_, id), upload) in all {
        let rolled = rolled_up(key, asked.prefix, asked.delimiter);
        let is_seen = rolled.is_some_and(|prefix| {
            prefix <= asked.key_marker || page.prefixes.last().is_some_and(|last| last == prefix)
        });
        if is_seen {
            continue;
        }
        if page.uploads.len() + page.prefixes.len() == asked.limit {
            page.is_truncated = asked.limit > 0;
            break;
        }
        match rolled {
            Some(prefix) => page.prefixes.push(prefix.to_owned()),
            None => page.uploads.push((id, upload)),
        }
    }
    page
}

impl Asked<'_> {
    /// Whether the markers are before an upload.
    fn is_before(&self, key: &str, place: Place<'_>) -> bool {
        key > self.key_marker || key == self.key_marker && self.upload_marker.is_some_and(|marker| place > marker)
    }
}

fn place<'a>(core: &Core, id: &'a str) -> Place<'a> {
    (core.given_sequence(id).unwrap_or(0), id)
}

/// The place of the upload that a page before ended with, which may have been completed or aborted since.
fn marked_place<'a>(core: &Core, catalogue: &Catalogue, key: &str, id: &'a str) -> S3Result<Place<'a>> {
    let is_of_key = match catalogue.uploads.get(id) {
        Some(upload) => upload.name.key == key,
        None => core.given_sequence(id).is_some(),
    };
    if is_of_key { Ok(place(core, id)) } else { Err(marker_refused(id)) }
}

fn marker_refused(id: &str) -> S3Error {
    let mut error = s3_error!(InvalidArgument, "Invalid uploadId marker");
    add_elements(&mut error, [("ArgumentName", "upload-id-marker".to_owned()), ("ArgumentValue", id.to_owned())]);
    error
}

fn entry(id: &str, upload: &Upload, owner: &Owner, text: &impl Fn(String) -> String) -> MultipartUpload {
    MultipartUpload {
        key: Some(text(upload.name.key.clone())),
        upload_id: Some(id.to_owned()),
        initiated: answers::timestamp(upload.initiated),
        initiator: Some(Initiator { display_name: owner.display_name.clone(), id: owner.id.clone() }),
        owner: Some(owner.clone()),
        storage_class: Some(StorageClass::from(upload.headers.listed_class().to_owned())),
        ..Default::default()
    }
}
