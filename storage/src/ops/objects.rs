//! Objects: written at once, read whole or in ranges, deleted.

use std::collections::BTreeMap;
use std::ops::Range;

use http::HeaderMap;
use s3s::dto::{
    ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput, PutObjectOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::lookup::{Found, Wanted};
use super::stored_headers::stored_headers;
use super::versioning::newest;
use crate::access::hidden;
use crate::answers::{self, set_checksums, set_description, set_encryption};
use crate::bytes_at_rest;
use crate::caller::Caller;
use crate::conditions::Conditions;
use crate::content::{self, Promise};
use crate::core::{Core, extents, now_millis};
use crate::data_keys::check_customer_key;
use crate::encryption::{CustomerKey, Place, Refusal, add_elements, request};
use crate::model::{BucketEncryption, ObjectName, StoredObject};
use crate::records;
use crate::tags;

pub(super) async fn put_object(
    core: &Core,
    request: S3Request<PutObjectInput>,
) -> S3Result<S3Response<PutObjectOutput>> {
    let S3Request { input, headers, credentials, trailing_headers, extensions, .. } = request;
    let caller = core.sender(credentials.as_ref(), &extensions)?;
    let bucket = core.bucket(&input.bucket).await?;
    let requested = write_request(&bucket.encryption, &headers)?;
    let kept = stored_headers!(input);
    let conditions = Conditions { if_match: input.if_match, if_none_match: input.if_none_match, ..Default::default() };
    let tags = tags::of_header(input.tagging.as_deref())?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    conditions.check_write(core.catalogue.read().await.object(&name))?;
    let version = core.new_version_id()?;
    let place = Place { bucket: &name.bucket, key: &name.key, version: &version, part: 0 };
    let (data_key, protection) = core.protect(&caller, &bucket.encryption, requested, place).await?;
    let promise = Promise {
        headers: &headers,
        trailers: trailing_headers,
        default_checksum: Some("crc64nvme"),
        object_checksum: None,
    };
    let has_md5_etag = protection.has_md5_etag();
    let content = content::body_stream(input.body);
    let part = content::store(core, &data_key, place, has_md5_etag, content, &promise).await?;
    let object = StoredObject {
        version,
        is_null: true,
        sequence: 0,
        tags,
        modified: now_millis(),
        etag: part.etag.clone(),
        protection,
        headers: kept,
        checksums: part.checksums.clone(),
        parts: vec![part],
        is_multipart: false,
        is_composite: false,
    };
    let mut output = PutObjectOutput { e_tag: answers::etag(&object.etag), ..Default::default() };
    set_encryption!(output, &object.protection);
    set_checksums!(output, object.checksums);
    output.checksum_type = answers::checksum_type(&object);
    output.version_id = place_object(core, name, object, &conditions).await?;
    Ok(S3Response::new(output))
}

/// Makes an object visible in place of an older one, if the conditions still hold; else its bytes are removed. Gives the
/// version's id, where the answer tells of it.
pub(super) async fn place_object(
    core: &Core,
    name: ObjectName,
    object: StoredObject,
    conditions: &Conditions,
) -> S3Result<Option<String>> {
    let mut catalogue = core.catalogue.write().await;
    let parts = object.parts.clone();
    let placed = async {
        let (version, told) = newest(core, &catalogue, &name, object)?;
        conditions.check_write(catalogue.object(&name))?;
        core.commit(vec![records::put_version(&name, &version)]).await?;
        S3Result::Ok((version, told))
    }
    .await;
    match placed {
        Ok((version, told)) => {
            let replaced = catalogue.insert(name, version);
            drop(catalogue);
            core.discard_version(replaced);
            Ok(told)
        }
        Err(error) => {
            drop(catalogue);
            core.discard(parts);
            Err(error)
        }
    }
}

pub(super) async fn get_object(
    core: &Core,
    request: S3Request<GetObjectInput>,
) -> S3Result<S3Response<GetObjectOutput>> {
    let caller = core.sender(request.credentials.as_ref(), &request.extensions)?;
    let customer_key = request::for_read(&request.headers)?;
    let overridden = s3s_overrides(&request, &caller)?;
    let input = request.input;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    let Found { object, version_id } =
        core.object(wanted, &request.method).await.map_err(|error| hidden(error, &request.extensions))?;
    check_readable(core, &object, input.part_number, customer_key.as_ref())?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check_read(&object).map_err(|error| with_validators(error, &object))?;
    let wanted = wanted_range(&object, input.range, input.part_number)?;
    let is_asked = input.checksum_mode.is_some();
    let place = Place { bucket: &name.bucket, key: &name.key, version: &object.version, part: 0 };
    let data_key = core.data_key(&caller, &object.protection, customer_key.as_ref(), place).await?;
    let bytes = wanted.clone().unwrap_or(0..object.length());
    let runs = extents(&data_key, &name, &object.version, &object.parts, (bytes.start, bytes.end));
    let body = content::checked_stream(bytes_at_rest::read(core.backend.clone(), runs)).await?;

    let mut output = GetObjectOutput { body: Some(body), ..Default::default() };
    output.accept_ranges = Some("bytes".to_owned());
    output.content_length = i64::try_from(bytes.end - bytes.start).ok();
    output.content_range = wanted.as_ref().map(|range| content_range(range, object.length()));
    output.parts_count = parts_count(&object, input.part_number);
    set_description!(output, object);
    output.version_id = version_id;
    output.tag_count = tags::count(&object.tags);
    set_encryption!(output, &object.protection);
    if let (Some(checksums), true) = (told_checksums(&object, wanted.as_ref(), input.part_number), is_asked) {
        set_checksums!(output, checksums);
        output.checksum_type = answers::checksum_type(&object).filter(|_| !checksums.is_empty());
    }
    let mut response = S3Response::new(output);
    response.headers = overridden;
    if wanted.is_some() {
        response.status = Some(http::StatusCode::PARTIAL_CONTENT);
    }
    Ok(response)
}

pub(super) async fn head_object(
    core: &Core,
    request: S3Request<HeadObjectInput>,
) -> S3Result<S3Response<HeadObjectOutput>> {
    let caller = core.sender(request.credentials.as_ref(), &request.extensions)?;
    let customer_key = request::for_read(&request.headers)?;
    let input = request.input;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    let Found { object, version_id } =
        core.object(wanted, &request.method).await.map_err(|error| hidden(error, &request.extensions))?;
    check_readable(core, &object, input.part_number, customer_key.as_ref())?;
    let conditions = Conditions {
        if_match: input.if_match,
        if_none_match: input.if_none_match,
        if_modified_since: input.if_modified_since,
        if_unmodified_since: input.if_unmodified_since,
    };
    conditions.check_read(&object).map_err(|error| with_validators(error, &object))?;
    let wanted = wanted_range(&object, input.range, input.part_number)?;
    let is_asked = input.checksum_mode.is_some();
    if is_asked && !object.checksums.is_empty() {
        // A checksum tells of the content: it is for those who may read that.
        let place = Place { bucket: &name.bucket, key: &name.key, version: &object.version, part: 0 };
        core.data_key(&caller, &object.protection, customer_key.as_ref(), place).await?;
    }
    let bytes = wanted.clone().unwrap_or(0..object.length());

    let mut output = HeadObjectOutput { accept_ranges: Some("bytes".to_owned()), ..Default::default() };
    output.content_length = i64::try_from(bytes.end - bytes.start).ok();
    output.content_range = wanted.as_ref().map(|range| content_range(range, object.length()));
    output.parts_count = parts_count(&object, input.part_number);
    set_description!(output, object);
    output.version_id = version_id;
    output.tag_count = tags::count(&object.tags);
    set_encryption!(output, &object.protection);
    if let (Some(checksums), true) = (told_checksums(&object, wanted.as_ref(), input.part_number), is_asked) {
        set_checksums!(output, checksums);
        output.checksum_type = answers::checksum_type(&object).filter(|_| !checksums.is_empty());
    }
    let mut response = S3Response::new(output);
    if wanted.is_some() {
        response.status = Some(http::StatusCode::PARTIAL_CONTENT);
    }
    Ok(response)
}

/// What a write asks for; whether the bucket takes SSE-C comes before whether the headers are right.
pub(super) fn write_request(bucket: &BucketEncryption, headers: &HeaderMap) -> Result<request::Requested, Refusal> {
    if bucket.blocks_customer_keys && request::has_customer_headers(headers) {
        return Err(Refusal::CustomerKeysBlocked);
    }
    request::for_write(headers)
}

/// Whether the request has the object's key; behind whether there is such a part, where the profile has that first.
fn check_readable(
    core: &Core,
    object: &StoredObject,
    part_number: Option<i32>,
    customer_key: Option<&CustomerKey>,
) -> S3Result<()> {
    if let Some(number) = part_number.filter(|_| core.config.profile.unknown_parts_are_bad_requests()) {
        part_range(object, number)?;
    }
    Ok(check_customer_key(&object.protection, customer_key)?)
}

/// The bytes that a request is for, where it is not for all.
fn wanted_range(
    object: &StoredObject,
    range: Option<s3s::dto::Range>,
    part_number: Option<i32>,
) -> S3Result<Option<Range<u64>>> {
    match (range, part_number) {
        (Some(_), Some(_)) => {
            Err(s3_error!(InvalidRequest, "Cannot specify both Range header and partNumber query parameter"))
        }
        (Some(range), None) => {
            let unsatisfiable = |_| s3_error!(InvalidRange, "The requested range is not satisfiable");
            range.check(object.length()).map(Some).map_err(unsatisfiable)
        }
        (None, Some(number)) => part_range(object, number).map(Some),
        (None, None) => Ok(None),
    }
}

/// The bytes of a part; an object that was written at once has one.
fn part_range(object: &StoredObject, number: i32) -> S3Result<Range<u64>> {
    let mut offset = 0;
    for (index, part) in object.parts.iter().enumerate() {
        if i32::try_from(index + 1) == Ok(number) {
            return Ok(offset..offset + part.length);
        }
        offset += part.length;
    }
    let code = S3ErrorCode::Custom("InvalidPartNumber".into());
    let mut error = S3Error::with_message(code, "The requested partnumber is not satisfiable");
    error.set_status_code(http::StatusCode::RANGE_NOT_SATISFIABLE);
    let counts = [("ActualPartCount", object.parts.len().to_string()), ("PartNumberRequested", number.to_string())];
    add_elements(&mut error, counts);
    Err(error)
}

/// The checksums that an answer tells of: those of the whole, or of the part that was asked for by its number.
fn told_checksums(
    object: &StoredObject,
    wanted: Option<&Range<u64>>,
    part_number: Option<i32>,
) -> Option<BTreeMap<String, String>> {
    match (wanted, part_number) {
        (None, _) => Some(object.checksums.clone()),
        (Some(_), Some(_)) if !object.is_multipart => Some(object.checksums.clone()),
        (Some(_), Some(number)) => {
            let part = object.parts.get(usize::try_from(number).ok()?.checked_sub(1)?)?;
            let is_objects = |(name, _): &(&String, &String)| object.checksums.contains_key(*name);
            Some(part.checksums.iter().filter(is_objects).map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        (Some(_), None) => None,
    }
}

fn parts_count(object: &StoredObject, asked: Option<i32>) -> Option<i32> {
    asked.filter(|_| object.is_multipart).and_then(|_| i32::try_from(object.parts.len()).ok())
}

fn content_range(range: &Range<u64>, length: u64) -> String {
    format!("bytes {}-{}/{length}", range.start, range.end.saturating_sub(1))
}

/// 304 repeats what the client compares with.
fn with_validators(mut error: S3Error, object: &StoredObject) -> S3Error {
    if *error.code() == S3ErrorCode::NotModified {
        let mut headers = HeaderMap::new();
        if let Ok(value) = ETag::Strong(object.etag.clone()).to_http_header() {
            headers.insert(http::header::ETAG, value);
        }
        error.set_headers(headers);
    }
    error
}

/// The headers that a URL may set for its answer (`response-content-type` and its like).
///
/// # Errors
/// Any of them from one who did not sign: whoever made the link would decide what the bucket's owner seems to serve.
fn s3s_overrides(request: &S3Request<GetObjectInput>, caller: &Caller) -> S3Result<HeaderMap> {
    let input = &request.input;
    let texts = [
        (http::header::CACHE_CONTROL, &input.response_cache_control),
        (http::header::CONTENT_DISPOSITION, &input.response_content_disposition),
        (http::header::CONTENT_ENCODING, &input.response_content_encoding),
        (http::header::CONTENT_LANGUAGE, &input.response_content_language),
        (http::header::CONTENT_TYPE, &input.response_content_type),
    ];
    let is_any = input.response_expires.is_some() || texts.iter().any(|(_, value)| value.is_some());
    if is_any && caller.is_anonymous() {
        let text = "Request specific response headers cannot be used for anonymous GET requests.";
        return Err(s3_error!(InvalidRequest, "{text}"));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in texts {
        if let Some(value) = value {
            headers.insert(name.clone(), latin_1(name.as_str(), value)?);
        }
    }
    Ok(headers)
}

/// The header that a URL sets for its answer, in the one encoding that headers have.
fn latin_1(name: &str, value: &str) -> S3Result<http::HeaderValue> {
    let bytes: Option<Vec<u8>> = value.chars().map(|character| u8::try_from(u32::from(character)).ok()).collect();
    bytes.and_then(|bytes| http::HeaderValue::from_bytes(&bytes).ok()).ok_or_else(|| {
        let mut error = s3_error!(InvalidArgument, "Header value cannot be represented using ISO-8859-1.");
        let argument = [("ArgumentName", format!("response-{name}")), ("ArgumentValue", value.to_owned())];
        add_elements(&mut error, argument);
        error
    })
}
