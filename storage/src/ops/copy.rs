//! Copies: decrypted as the source is kept, encrypted as the target asks; the target never inherits the source's mode.

use futures::StreamExt;
use http::HeaderMap;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CopySource, MetadataDirective,
    TaggingDirective, UploadPartCopyInput, UploadPartCopyOutput,
};
use s3s::{S3Request, S3Response, S3Result, StdError, s3_error};

use super::lookup::{Found, Wanted};
use super::multipart::{PartTarget, part_number, store_part};
use super::objects::{place_object, write_request};
use super::stored_headers::{stored_class, stored_headers};
use crate::answers::{self, set_checksums, set_encryption};
use crate::bytes_at_rest;
use crate::caller::Caller;
use crate::conditions::Conditions;
use crate::content::{self, Promise};
use crate::core::{Core, extents, now_millis};
use crate::data_keys::check_customer_key;
use crate::encryption::{CustomerKey, KeyProtection, Place, Requested, request};
use crate::model::{BucketEncryption, ObjectName, StoredHeaders, StoredObject};
use crate::tags;

/// The most that one request copies, in bytes: 5 GiB.
const MAX_LENGTH: u64 = 5 * 1024 * 1024 * 1024;

pub(super) async fn copy_object(
    core: &Core,
    request: S3Request<CopyObjectInput>,
) -> S3Result<S3Response<CopyObjectOutput>> {
    let S3Request { input, headers, credentials, extensions, .. } = request;
    let caller = core.sender(credentials.as_ref(), &extensions)?;
    let bucket = core.bucket(&input.bucket).await?;
    let requested = write_request(&bucket.encryption, &headers)?;
    let source_key = request::for_copy_source(&headers)?;
    let (source_name, source_version) = source_name(&input.copy_source)?;
    let wanted = Wanted { name: &source_name, version_id: source_version.as_deref() };
    let Found { object: source, version_id: copy_source_version_id } = core.copy_source(wanted).await?;
    check_customer_key(&source.protection, source_key.as_ref())?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    conditions.check_source(&source)?;
    let replaces_metadata =
        input.metadata_directive.as_ref().is_some_and(|one| one.as_str() == MetadataDirective::REPLACE);
    let replaces_tags = input.tagging_directive.as_ref().is_some_and(|one| one.as_str() == TaggingDirective::REPLACE);
    let tags = if replaces_tags { tags::of_header(input.tagging.as_deref())? } else { source.tags.clone() };
    let name = ObjectName { bucket: input.bucket, key: input.key };
    // A version that is named is another object, even where it is the newest.
    let is_onto_itself = name == source_name && source_version.is_none();
    // As with encryption, a class that is named counts, be it the one that the object has.
    let changes_class = input.storage_class.is_some();
    let is_changed = replaces_metadata || changes_class || changes_encryption(&source, &requested, &bucket.encryption);
    if is_onto_itself && !is_changed {
        let text = "This copy request is illegal because it is trying to copy an object to itself without changing the \
                    object's metadata, storage class, website redirect location or encryption attributes.";
        return Err(s3_error!(InvalidRequest, "{text}"));
    }
    let stored_headers = if replaces_metadata {
        stored_headers!(input)
    } else {
        // Of what the source has, its class alone is not copied.
        StoredHeaders { storage_class: stored_class(input.storage_class)?, ..source.headers.clone() }
    };

    let whole = (0, source.length());
    check_length(whole)?;
    let content = source_stream(core, &caller, &source_name, &source, source_key.as_ref(), whole).await?;
    let version = core.new_version_id()?;
    let place = Place { bucket: &name.bucket, key: &name.key, version: &version, part: 0 };
    let (data_key, protection) = core.protect(&caller, &bucket.encryption, requested, place).await?;
    let no_promise = HeaderMap::new();
    let promise =
        Promise { headers: &no_promise, trailers: None, default_checksum: Some("crc64nvme"), object_checksum: None };
    let has_md5_etag = protection.has_md5_etag();
    let part = content::store(core, &data_key, place, has_md5_etag, content, &promise).await?;
    let object = StoredObject {
        version,
        is_null: true,
        sequence: 0,
        tags,
        modified: now_millis(),
        etag: part.etag.clone(),
        protection,
        headers: stored_headers,
        checksums: part.checksums.clone(),
        parts: vec![part],
        is_multipart: false,
        is_composite: false,
    };
    let mut result = CopyObjectResult {
        e_tag: answers::etag(&object.etag),
        last_modified: answers::timestamp(object.modified),
        ..Default::default()
    };
    set_checksums!(result, object.checksums);
    result.checksum_type = answers::checksum_type(&object);
    let copy_object_result = Some(result);
    let mut output = CopyObjectOutput { copy_object_result, copy_source_version_id, ..Default::default() };
    set_encryption!(output, &object.protection);
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match, ..Default::default() };
    output.version_id = place_object(core, name, object, &conditions).await?;
    Ok(S3Response::new(output))
}

pub(super) async fn upload_part_copy(
    core: &Core,
    request: S3Request<UploadPartCopyInput>,
) -> S3Result<S3Response<UploadPartCopyOutput>> {
    let S3Request { input, headers, credentials, extensions, .. } = request;
    let caller = core.sender(credentials.as_ref(), &extensions)?;
    let customer_key = request::for_part(&headers, core.config.profile)?;
    let source_key = request::for_copy_source(&headers)?;
    let (source_name, source_version) = source_name(&input.copy_source)?;
    let wanted = Wanted { name: &source_name, version_id: source_version.as_deref() };
    let Found { object: source, version_id: copy_source_version_id } = core.copy_source(wanted).await?;
    check_customer_key(&source.protection, source_key.as_ref())?;
    let conditions = Conditions {
        if_match: input.copy_source_if_match,
        if_none_match: input.copy_source_if_none_match,
        if_modified_since: input.copy_source_if_modified_since,
        if_unmodified_since: input.copy_source_if_unmodified_since,
    };
    conditions.check_source(&source)?;
    let wanted = source_range(input.copy_source_range.as_deref(), source.length())?;
    check_length(wanted)?;
    let content = source_stream(core, &caller, &source_name, &source, source_key.as_ref(), wanted).await?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let number = part_number(input.part_number)?;
    let no_promise = HeaderMap::new();
    let promise = Promise { headers: &no_promise, trailers: None, default_checksum: None, object_checksum: None };
    let target = PartTarget { name: &name, upload_id: &input.upload_id, number, customer_key: customer_key.as_ref() };
    let (part, protection) = store_part(core, &caller, target, content, promise).await?;
    let mut result = CopyPartResult {
        e_tag: answers::etag(&part.etag),
        last_modified: answers::timestamp(part.modified),
        ..Default::default()
    };
    set_checksums!(result, part.checksums);
    let copy_part_result = Some(result);
    let mut output = UploadPartCopyOutput { copy_part_result, copy_source_version_id, ..Default::default() };
    set_encryption!(output, &protection);
    Ok(S3Response::new(output))
}

/// Whether a copy of an object onto itself counts as one to another encryption. What a request asks for counts, and what
/// somebody chose for the bucket, even where it comes to the same; and no copy keeps its source's customer key by itself.
const fn changes_encryption(source: &StoredObject, requested: &Requested, bucket: &BucketEncryption) -> bool {
    !matches!(requested, Requested::Nothing)
        || bucket.is_chosen
        || matches!(source.protection, KeyProtection::Customer(_))
}

type SourceStream = std::pin::Pin<Box<dyn futures::Stream<Item = Result<bytes::Bytes, StdError>> + Send>>;

/// The bytes of a copy's source, decrypted.
async fn source_stream(
    core: &Core,
    caller: &Caller,
    name: &ObjectName,
    source: &StoredObject,
    key: Option<&CustomerKey>,
    wanted: (u64, u64),
) -> S3Result<SourceStream> {
    let place = Place { bucket: &name.bucket, key: &name.key, version: &source.version, part: 0 };
    let data_key = core.data_key(caller, &source.protection, key, place).await?;
    let runs = extents(&data_key, name, &source.version, &source.parts, wanted);
    let stream = bytes_at_rest::read(core.backend.clone(), runs);
    // A source that was altered at rest is the storage's fault, not that of the client's body.
    Ok(Box::pin(stream.map(|item| item.map_err(|error| StdError::from(s3s::S3Error::from(error))))))
}

/// The source's name, and the id of its version where that is named.
fn source_name(source: &CopySource) -> S3Result<(ObjectName, Option<String>)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => {
            let name = ObjectName { bucket: bucket.to_string(), key: key.to_string() };
            Ok((name, version_id.as_ref().map(ToString::to_string)))
        }
        _ => Err(s3_error!(NotImplemented, "Copies from access points are not simulated.")),
    }
}

/// Refuses to copy more than S3 copies by one request.
///
/// # Errors
/// `InvalidRequest`.
fn check_length((start, end): (u64, u64)) -> S3Result<()> {
    if end - start <= MAX_LENGTH {
        return Ok(());
    }
    let text = "The specified copy source is larger than the maximum allowable size for a copy source";
    Err(s3_error!(InvalidRequest, "{text}: {MAX_LENGTH}"))
}

/// `bytes=first-last`: S3 takes both ends here, and no others.
fn source_range(range: Option<&str>, length: u64) -> S3Result<(u64, u64)> {
    let Some(range) = range else { return Ok((0, length)) };
    let ends = range.strip_prefix("bytes=").and_then(|range| range.split_once('-'));
    let parsed = ends.and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    match parsed {
        Some((first, last)) if first <= last && last < length => Ok((first, last + 1)),
        Some(_) => Err(s3_error!(InvalidArgument, "Range specified is not valid for source object of size: {length}")),
        None => Err(s3_error!(
            InvalidArgument,
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the \
             zero-based offsets of the first and last bytes to copy"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_range_has_two_ends_within_the_object() {
        assert_eq!(source_range(None, 10).unwrap(), (0, 10));
        assert_eq!(source_range(Some("bytes=2-9"), 10).unwrap(), (2, 10));
        for bad in ["bytes=2-10", "bytes=3-2", "bytes=2-", "bytes=-2", "2-3", "bytes=a-b"] {
            let code = source_range(Some(bad), 10).unwrap_err();
            assert_eq!(code.code().as_str(), "InvalidArgument", "{bad}");
        }
    }
}
