//! Listings of objects, by prefix and delimiter, page by page.

use s3s::dto::{
    CommonPrefix, EncodingType, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object,
    ObjectStorageClass, Owner,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::answers;
use crate::core::{Core, no_such_bucket};
use crate::model::{Catalogue, StoredObject};

/// The most entries of a page.
const MAX_KEYS: i32 = 1000;

/// One page of names.
struct Page {
    contents: Vec<(String, StoredObject)>,
    prefixes: Vec<String>,
    /// The last name or prefix of the page, where more follow.
    next: Option<String>,
}

/// Lists names after `after` that start with `prefix`; those with `delimiter` beyond it are rolled up into one entry.
fn page(catalogue: &Catalogue, bucket: &str, prefix: &str, delimiter: Option<&str>, after: &str, limit: usize) -> Page {
    let mut page = Page { contents: Vec::new(), prefixes: Vec::new(), next: None };
    let mut last: Option<String> = None;
    for (key, object) in catalogue.names(bucket, prefix) {
        let rolled = rolled_up(key, prefix, delimiter);
        let entry = rolled.unwrap_or(key);
        // A page that ended with a rolled-up prefix goes on behind all of its names.
        if entry <= after || last.as_deref() == Some(entry) {
            continue;
        }
        if page.contents.len() + page.prefixes.len() == limit {
            page.next = last;
            return page;
        }
        match rolled {
            Some(prefix) => page.prefixes.push(prefix.to_owned()),
            None => page.contents.push((key.to_owned(), object.clone())),
        }
        last = Some(entry.to_owned());
    }
    page
}

/// What a key is rolled up into, where the delimiter is in it beyond the prefix.
pub(super) fn rolled_up<'a>(key: &'a str, prefix: &str, delimiter: Option<&str>) -> Option<&'a str> {
    let delimiter = delimiter.filter(|delimiter| !delimiter.is_empty())?;
    let end = key.get(prefix.len()..)?.find(delimiter)? + prefix.len() + delimiter.len();
    key.get(..end)
}

pub(super) async fn list_objects_v2(
    core: &Core,
    request: S3Request<ListObjectsV2Input>,
) -> S3Result<S3Response<ListObjectsV2Output>> {
    let owner = core.owner(request.credentials.as_ref());
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let token = input.continuation_token.as_deref().map(from_token).transpose()?;
    let after = token.or_else(|| input.start_after.clone()).unwrap_or_default();
    let prefix = input.prefix.clone().unwrap_or_default();
    let owner = (input.fetch_owner == Some(true)).then_some(owner);
    let catalogue = core.catalogue.read().await;
    if !catalogue.buckets.contains_key(&input.bucket) {
        return Err(no_such_bucket(&input.bucket));
    }
    let found = page(&catalogue, &input.bucket, &prefix, input.delimiter.as_deref(), &after, limit);
    let text = encoder(input.encoding_type.as_ref());
    Ok(S3Response::new(ListObjectsV2Output {
        name: Some(input.bucket),
        key_count: i32::try_from(found.contents.len() + found.prefixes.len()).ok(),
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(found.next.is_some()),
        next_continuation_token: found.next.as_deref().map(to_token),
        continuation_token: input.continuation_token,
        start_after: input.start_after.map(&text),
        prefix: input.prefix.map(&text),
        delimiter: input.delimiter.map(&text),
        encoding_type: input.encoding_type,
        contents: Some(
            found.contents.iter().map(|(key, object)| entry(text(key.clone()), object, owner.clone())).collect(),
        ),
        common_prefixes: common_prefixes(found.prefixes, &text),
        ..Default::default()
    }))
}

pub(super) async fn list_objects(
    core: &Core,
    request: S3Request<ListObjectsInput>,
) -> S3Result<S3Response<ListObjectsOutput>> {
    let owner = Some(core.owner(request.credentials.as_ref()));
    let input = request.input;
    let limit = limit(input.max_keys)?;
    let prefix = input.prefix.clone().unwrap_or_default();
    let after = input.marker.clone().unwrap_or_default();
    let catalogue = core.catalogue.read().await;
    if !catalogue.buckets.contains_key(&input.bucket) {
        return Err(no_such_bucket(&input.bucket));
    }
    let found = page(&catalogue, &input.bucket, &prefix, input.delimiter.as_deref(), &after, limit);
    let text = encoder(input.encoding_type.as_ref());
    Ok(S3Response::new(ListObjectsOutput {
        name: Some(input.bucket),
        max_keys: i32::try_from(limit).ok(),
        is_truncated: Some(found.next.is_some()),
        // Without a delimiter, clients go on from the last key that they got.
        next_marker: found.next.filter(|_| input.delimiter.is_some()).map(&text),
        marker: Some(text(after)),
        prefix: Some(text(prefix)),
        delimiter: input.delimiter.map(&text),
        encoding_type: input.encoding_type,
        contents: Some(
            found.contents.iter().map(|(key, object)| entry(text(key.clone()), object, owner.clone())).collect(),
        ),
        common_prefixes: common_prefixes(found.prefixes, &text),
        ..Default::default()
    }))
}

pub(super) fn limit(asked: Option<i32>) -> S3Result<usize> {
    let asked = asked.unwrap_or(MAX_KEYS).min(MAX_KEYS);
    usize::try_from(asked)
        .map_err(|_| s3_error!(InvalidArgument, "Argument max-keys must be an integer between 0 and 2147483647"))
}

fn entry(key: String, object: &StoredObject, owner: Option<Owner>) -> Object {
    Object {
        key: Some(key),
        e_tag: answers::etag(&object.etag),
        last_modified: answers::timestamp(object.modified),
        size: i64::try_from(object.length()).ok(),
        storage_class: Some(ObjectStorageClass::from(object.headers.listed_class().to_owned())),
        checksum_algorithm: answers::checksum_algorithms(object),
        checksum_type: answers::checksum_type(object),
        owner,
        ..Default::default()
    }
}

pub(super) fn common_prefixes(prefixes: Vec<String>, text: &impl Fn(String) -> String) -> Option<Vec<CommonPrefix>> {
    let entries: Vec<CommonPrefix> =
        prefixes.into_iter().map(|prefix| CommonPrefix { prefix: Some(text(prefix)) }).collect();
    Some(entries).filter(|entries| !entries.is_empty())
}

/// Names as XML 1.0 can carry them: percent-encoded where the client asks for that.
pub(super) fn encoder(encoding: Option<&EncodingType>) -> impl Fn(String) -> String + use<> {
    let encodes = encoding.is_some_and(|encoding| encoding.as_str() == EncodingType::URL);
    move |name| if encodes { percent_encoded(&name) } else { name }
}

fn percent_encoded(name: &str) -> String {
    let is_kept = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.*/".contains(&byte);
    name.bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            byte if is_kept(byte) => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}

/// Tokens mean nothing to clients; here they are the name to go on after.
fn to_token(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(name)
}

fn from_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    let name = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    name.ok_or_else(|| s3_error!(InvalidArgument, "The continuation token provided is incorrect"))
}
