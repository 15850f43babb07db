//! The end of a multipart upload: its parts become an object.

use std::collections::{BTreeMap, HashSet};

use http::{HeaderMap, HeaderName, HeaderValue};
use md5::{Digest, Md5};
use s3s::dto::{CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CompletedPart};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::multipart::{find_upload, part_number};
use super::versioning::newest;
use crate::answers::{self, EncryptionAnswer, set_checksums};
use crate::checksums;
use crate::conditions::Conditions;
use crate::core::Core;
use crate::encryption::{CustomerKey, KeyProtection, Refusal, request, sse_c};
use crate::model::{ObjectName, StoredObject, StoredPart, Upload};
use crate::profile::Profile;
use crate::records;

/// The shortest part but for the last, in bytes.
const MIN_PART_LENGTH: u64 = 5 * 1024 * 1024;

pub(super) async fn complete_multipart_upload(
    core: &Core,
    request: S3Request<CompleteMultipartUploadInput>,
) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
    let S3Request { input, headers, .. } = request;
    let customer_key = request::for_part(&headers, core.config.profile)?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let upload = core.with_upload(&name, &input.upload_id, Upload::clone).await?;
    check_key(&upload, customer_key.as_ref(), core.config.profile)?;
    let asked = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    let parts = chosen_parts(&upload, &asked)?;
    let checksum = checksums::of_object(upload.checksum.as_ref(), &parts);
    let told = (input.checksum_type.as_ref(), input.mpu_object_size);
    checksums::check_completion(upload.checksum.as_ref(), &checksum, &parts, told, &headers)?;
    // A default checksum is told of where nobody but S3 has to do with the key: so it was recorded.
    let is_told = matches!(upload.protection, KeyProtection::S3(_)) || has_chosen_checksum(&upload);
    let object = object(upload, parts, checksum);
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match, ..Default::default() };
    let answer = EncryptionAnswer::from(&object.protection);
    let mut output = CompleteMultipartUploadOutput {
        bucket: Some(name.bucket.clone()),
        key: Some(name.key.clone()),
        location: Some(format!("/{}/{}", name.bucket, name.key)),
        e_tag: answers::etag(&object.etag),
        server_side_encryption: answer.method,
        ssekms_key_id: answer.kms_key_id,
        bucket_key_enabled: answer.bucket_key,
        ..Default::default()
    };
    if is_told {
        set_checksums!(output, object.checksums);
        output.checksum_type = answers::checksum_type(&object);
    }
    output.version_id = core.finish_upload(&input.upload_id, name, object, &conditions).await?;
    let mut response = S3Response::new(output);
    if core.config.profile.completions_tell_of_customer_keys() {
        response.headers = customer_headers(answer.customer_key_md5.as_deref());
    }
    Ok(response)
}

/// A customer's key that is given has to be the upload's. It has to be given where the client chose a checksum; else S3 takes
/// a completion without one.
///
/// Source: Amazon S3 API Reference, `CompleteMultipartUpload`, `x-amz-server-side-encryption-customer-key`; without a checksum,
/// Amazon's recorded answers.
fn check_key(upload: &Upload, key: Option<&CustomerKey>, profile: Profile) -> Result<(), Refusal> {
    let is_needed = has_chosen_checksum(upload) || profile.completions_need_customer_keys();
    match (&upload.protection, key) {
        (KeyProtection::Customer(wrapped), Some(key)) => sse_c::check(key, wrapped).map_err(|_| Refusal::PartKey),
        (KeyProtection::Customer(_), None) if is_needed => Err(Refusal::PartParameters),
        _ => Ok(()),
    }
}

fn has_chosen_checksum(upload: &Upload) -> bool {
    upload.checksum.as_ref().is_some_and(|checksum| checksum.is_chosen)
}

/// The object that an upload becomes.
fn object(upload: Upload, parts: Vec<StoredPart>, checksums: BTreeMap<String, String>) -> StoredObject {
    StoredObject {
        version: upload.version,
        is_null: true,
        sequence: 0,
        tags: upload.tags,
        // An object's date is that of its upload's beginning (Amazon S3 User Guide, "System-defined object metadata").
        modified: upload.initiated,
        etag: multipart_etag(&parts),
        protection: upload.protection,
        headers: upload.headers,
        checksums,
        is_composite: upload.checksum.is_some_and(|checksum| checksum.is_composite),
        parts,
        is_multipart: true,
    }
}

/// What the answers to other writes tell of a customer's key, as headers: the operation's own answer has no fields for it.
fn customer_headers(md5: Option<&str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Some(md5) = md5.and_then(|md5| HeaderValue::from_str(md5).ok()) {
        let algorithm = HeaderName::from_static("x-amz-server-side-encryption-customer-algorithm");
        headers.insert(algorithm, HeaderValue::from_static("AES256"));
        headers.insert(HeaderName::from_static("x-amz-server-side-encryption-customer-key-md5"), md5);
    }
    headers
}

impl Core {
    /// Turns an upload into an object, and gives its version's id where the answer tells of it. A failure leaves the upload
    /// as it was, to be tried again.
    async fn finish_upload(
        &self,
        id: &str,
        name: ObjectName,
        object: StoredObject,
        conditions: &Conditions,
    ) -> S3Result<Option<String>> {
        let mut catalogue = self.catalogue.write().await;
        conditions.check_write(catalogue.object(&name))?;
        let upload = find_upload(&catalogue, &name, id)?;
        // A part may have been replaced since it was chosen, and its bytes be gone.
        if object.parts.iter().any(|part| upload.parts.get(&part.number) != Some(part)) {
            return Err(invalid_part());
        }
        let deleted = records::delete_upload(id, upload).into_iter().map(Ok);
        let used: HashSet<u32> = object.parts.iter().map(|part| part.number).collect();
        let (version, told) = newest(self, &catalogue, &name, object)?;
        self.commit(deleted.chain([records::put_version(&name, &version)]).collect()).await?;
        let uploaded = catalogue.uploads.remove(id).map(|upload| upload.parts).unwrap_or_default();
        let replaced = catalogue.insert(name, version);
        drop(catalogue);
        self.discard(uploaded.into_values().filter(|part| !used.contains(&part.number)));
        self.discard_version(replaced);
        Ok(told)
    }
}

/// The parts that a client names, in its order, if they are those that were uploaded.
fn chosen_parts(upload: &Upload, asked: &[CompletedPart]) -> S3Result<Vec<StoredPart>> {
    if asked.is_empty() {
        let text = "The XML you provided was not well-formed or did not validate against our published schema";
        return Err(s3_error!(MalformedXML, "{text}"));
    }
    let mut chosen: Vec<StoredPart> = Vec::with_capacity(asked.len());
    for part in asked {
        let number = part_number(part.part_number.unwrap_or(0))?;
        if chosen.last().is_some_and(|before| before.number >= number) {
            let text = "The list of parts was not in ascending order. Parts must be ordered by part number.";
            return Err(s3_error!(InvalidPartOrder, "{text}"));
        }
        checksums::check_is_given(upload.checksum.as_ref(), part, number)?;
        let stored = upload
            .parts
            .get(&number)
            .filter(|stored| part.e_tag.as_ref().is_some_and(|etag| etag.value().trim_matches('"') == stored.etag))
            .filter(|stored| checksums::agree(part, stored));
        chosen.push(stored.cloned().ok_or_else(invalid_part)?);
    }
    let all_but_last = &chosen[..chosen.len() - 1];
    if all_but_last.iter().any(|part| part.length < MIN_PART_LENGTH) {
        let text = "Your proposed upload is smaller than the minimum allowed size";
        return Err(s3_error!(EntityTooSmall, "{text}"));
    }
    Ok(chosen)
}

/// The MD5 of the parts' ETags, with their number.
fn multipart_etag(parts: &[StoredPart]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        // ETags of parts are hex, made here.
        md5.update(hex::decode(&part.etag).unwrap_or_default());
    }
    format!("{}-{}", hex::encode(md5.finalize()), parts.len())
}

fn invalid_part() -> s3s::S3Error {
    let text = "One or more of the specified parts could not be found. The part may not have been uploaded, or the \
                specified entity tag may not match the part's entity tag.";
    s3_error!(InvalidPart, "{text}")
}
