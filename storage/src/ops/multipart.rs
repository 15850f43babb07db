//! Multipart uploads under way: begun, filled, listed and given up. What ends one is in [`completion`](super::completion).

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput,
    ListPartsInput, ListPartsOutput, Part, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::objects::write_request;
use super::stored_headers::stored_headers;
use crate::answers::{self, set_checksums, set_encryption};
use crate::checksums;
use crate::content::{self, Promise};
use crate::core::{Core, now_millis};
use crate::encryption::{CustomerKey, KeyProtection, Place, Refusal, request, sse_c};
use crate::model::{Catalogue, ObjectName, StoredPart, Upload};
use crate::records;
use crate::tags;

const MAX_PARTS: u32 = 10_000;

pub(super) async fn create_multipart_upload(
    core: &Core,
    request: S3Request<CreateMultipartUploadInput>,
) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
    let S3Request { input, headers, credentials, extensions, .. } = request;
    let caller = core.sender(credentials.as_ref(), &extensions)?;
    let bucket = core.bucket(&input.bucket).await?;
    let requested = write_request(&bucket.encryption, &headers)?;
    let tags = tags::of_header(input.tagging.as_deref())?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let version = core.new_version_id()?;
    let place = Place { bucket: &name.bucket, key: &name.key, version: &version, part: 0 };
    // The data key itself is not needed yet: parts unwrap it.
    let (_, protection) = core.protect(&caller, &bucket.encryption, requested, place).await?;
    let asked = (input.checksum_algorithm.as_ref(), input.checksum_type.as_ref());
    let checksum = checksums::for_upload(asked, &protection)?;
    let upload = Upload {
        name: name.clone(),
        version,
        initiated: now_millis(),
        protection,
        headers: stored_headers!(input),
        checksum,
        tags,
        parts: std::collections::BTreeMap::new(),
    };
    let chosen = upload.checksum.as_ref().filter(|checksum| checksum.is_chosen);
    // As the ids of versions, it tells when it was made.
    let id = core.new_version_id()?;
    let mut output = CreateMultipartUploadOutput {
        bucket: Some(name.bucket),
        key: Some(name.key),
        upload_id: Some(id.clone()),
        checksum_algorithm: input.checksum_algorithm,
        checksum_type: chosen.map(|chosen| answers::kind_of_checksum(chosen.is_composite)),
        ..Default::default()
    };
    set_encryption!(output, &upload.protection);
    let mut catalogue = core.catalogue.write().await;
    core.check_still_there(&catalogue, &upload.name.bucket, &upload.version)?;
    core.commit(vec![records::put_upload(&id, &upload)]).await?;
    catalogue.uploads.insert(id, upload);
    Ok(S3Response::new(output))
}

pub(super) async fn upload_part(
    core: &Core,
    request: S3Request<UploadPartInput>,
) -> S3Result<S3Response<UploadPartOutput>> {
    let S3Request { input, headers, credentials, trailing_headers, extensions, .. } = request;
    let caller = core.sender(credentials.as_ref(), &extensions)?;
    let customer_key = request::for_part(&headers, core.config.profile)?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let number = part_number(input.part_number)?;
    let promise =
        Promise { headers: &headers, trailers: trailing_headers, default_checksum: None, object_checksum: None };
    let content = content::body_stream(input.body);
    let target = PartTarget { name: &name, upload_id: &input.upload_id, number, customer_key: customer_key.as_ref() };
    let checksum = core.with_upload(&name, &input.upload_id, |upload| upload.checksum.clone()).await?;
    checksums::check_part(checksum.as_ref(), &promise.named())?;
    let (part, protection) = store_part(core, &caller, target, content, promise).await?;
    let mut output = UploadPartOutput { e_tag: answers::etag(&part.etag), ..Default::default() };
    set_encryption!(output, &protection);
    set_checksums!(output, part.checksums);
    Ok(S3Response::new(output))
}

/// Where a part goes.
pub(super) struct PartTarget<'a> {
    pub(super) name: &'a ObjectName,
    pub(super) upload_id: &'a str,
    pub(super) number: u32,
    pub(super) customer_key: Option<&'a CustomerKey>,
}

/// Stores a part, in place of an older one of the same number.
pub(super) async fn store_part<S>(
    core: &Core,
    caller: &crate::caller::Caller,
    target: PartTarget<'_>,
    content: S,
    mut promise: Promise<'_>,
) -> S3Result<(StoredPart, KeyProtection)>
where
    S: futures::Stream<Item = Result<bytes::Bytes, s3s::StdError>> + Send + Unpin,
{
    let needed = |upload: &Upload| (upload.version.clone(), upload.protection.clone(), upload.checksum.clone());
    let (version, protection, checksum) = core.with_upload(target.name, target.upload_id, needed).await?;
    check_part_key(&protection, target.customer_key)?;
    if let Some(checksum) = checksum {
        promise.object_checksum = Some(checksum.algorithm.name());
        promise.default_checksum = checksum.is_chosen.then(|| checksum.algorithm.name());
    }
    let ObjectName { bucket, key } = target.name;
    let place = Place { bucket, key, version: &version, part: 0 };
    let data_key = core.data_key(caller, &protection, target.customer_key, place).await?;
    let place = Place { part: target.number, ..place };
    let has_md5_etag = protection.has_md5_etag();
    let part = content::store(core, &data_key, place, has_md5_etag, content, &promise).await?;
    core.place_part(target.upload_id, part.clone()).await?;
    Ok((part, protection))
}

pub(super) async fn abort_multipart_upload(
    core: &Core,
    request: S3Request<AbortMultipartUploadInput>,
) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
    let input = request.input;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    core.bucket(&name.bucket).await?;
    let mut catalogue = core.catalogue.write().await;
    let upload = find_upload(&catalogue, &name, &input.upload_id)?;
    let deleted = records::delete_upload(&input.upload_id, upload);
    core.commit(deleted.into_iter().map(Ok).collect()).await?;
    let removed = catalogue.uploads.remove(&input.upload_id);
    drop(catalogue);
    core.discard(removed.into_iter().flat_map(|upload| upload.parts.into_values()));
    Ok(S3Response::new(AbortMultipartUploadOutput::default()))
}

pub(super) async fn list_parts(
    core: &Core,
    request: S3Request<ListPartsInput>,
) -> S3Result<S3Response<ListPartsOutput>> {
    let input = request.input;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let upload = core.with_upload(&name, &input.upload_id, Upload::clone).await?;
    let after = u32::try_from(input.part_number_marker.unwrap_or(0)).unwrap_or(0);
    let limit = usize::try_from(input.max_parts.unwrap_or(1000).clamp(0, 1000)).unwrap_or(0);
    let mut rest = upload.parts.values().filter(|part| part.number > after);
    let page: Vec<&StoredPart> = rest.by_ref().take(limit).collect();
    // Without a part there is nothing to go on behind.
    let is_truncated = limit > 0 && rest.next().is_some();
    let number = |part: &StoredPart| i32::try_from(part.number).ok();
    let entry = |part: &&StoredPart| {
        let mut entry = Part {
            e_tag: answers::etag(&part.etag),
            last_modified: answers::timestamp(part.modified),
            part_number: number(part),
            size: i64::try_from(part.length).ok(),
            ..Default::default()
        };
        set_checksums!(entry, part.checksums);
        entry
    };
    Ok(S3Response::new(ListPartsOutput {
        bucket: Some(name.bucket),
        key: Some(name.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(is_truncated),
        max_parts: i32::try_from(limit).ok(),
        part_number_marker: i32::try_from(after).ok(),
        next_part_number_marker: page.last().and_then(|part| number(part)).filter(|_| is_truncated),
        parts: Some(page.iter().map(entry).collect()),
        ..Default::default()
    }))
}

impl Core {
    /// What is to be known of an upload under way.
    pub(super) async fn with_upload<T>(
        &self,
        name: &ObjectName,
        id: &str,
        read: impl FnOnce(&Upload) -> T + Send,
    ) -> S3Result<T> {
        self.bucket(&name.bucket).await?;
        find_upload(&*self.catalogue.read().await, name, id).map(read)
    }

    async fn place_part(&self, id: &str, part: StoredPart) -> S3Result<()> {
        let mut catalogue = self.catalogue.write().await;
        // The upload may have been aborted or completed while the part arrived.
        let outcome = match catalogue.uploads.get_mut(id) {
            None => Err(no_such_upload()),
            Some(upload) => self
                .commit(vec![records::put_part(id, &part)])
                .await
                .map(|()| upload.parts.insert(part.number, part.clone())),
        };
        drop(catalogue);
        match outcome {
            Ok(older) => {
                self.discard(older);
                Ok(())
            }
            Err(error) => {
                self.discard([part]);
                Err(error)
            }
        }
    }
}

pub(super) fn find_upload<'a>(catalogue: &'a Catalogue, name: &ObjectName, id: &str) -> S3Result<&'a Upload> {
    catalogue.uploads.get(id).filter(|upload| upload.name == *name).ok_or_else(no_such_upload)
}

/// A part's key must be just its upload's: S3 has words of its own for each way in which it is not.
fn check_part_key(protection: &KeyProtection, key: Option<&CustomerKey>) -> Result<(), Refusal> {
    match (protection, key) {
        (KeyProtection::Customer(wrapped), Some(key)) => sse_c::check(key, wrapped).map_err(|_| Refusal::PartKey),
        (KeyProtection::Customer(_), None) | (_, Some(_)) => Err(Refusal::PartParameters),
        (_, None) => Ok(()),
    }
}

pub(super) fn part_number(number: i32) -> S3Result<u32> {
    let number = u32::try_from(number).ok().filter(|number| (1..=MAX_PARTS).contains(number));
    number.ok_or_else(|| s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"))
}

fn no_such_upload() -> s3s::S3Error {
    let text = "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted \
                or completed.";
    s3_error!(NoSuchUpload, "{text}")
}
