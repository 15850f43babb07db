//! `GetObjectAttributes`: what is to be known of an object without its content.

use std::collections::HashSet;

use s3s::dto::{
    Checksum, GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectAttributesParts, ObjectPart, StorageClass,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::lookup::{Found, Wanted};
use crate::access::hidden;
use crate::answers::{self, set_checksums};
use crate::core::Core;
use crate::data_keys::check_customer_key;
use crate::encryption::request;
use crate::model::{ObjectName, StoredObject};

const KNOWN: [&str; 5] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];
/// The most parts of a page.
const MAX_PARTS: i32 = 1000;

pub(super) async fn get_object_attributes(
    core: &Core,
    request: S3Request<GetObjectAttributesInput>,
) -> S3Result<S3Response<GetObjectAttributesOutput>> {
    let customer_key = request::for_read(&request.headers)?;
    let input = request.input;
    // One header may name several.
    let asked: HashSet<&str> =
        input.object_attributes.iter().flat_map(|names| names.as_str().split(',')).map(str::trim).collect();
    if asked.is_empty() || asked.iter().any(|name| !KNOWN.contains(name)) {
        return Err(s3_error!(InvalidArgument, "Invalid attribute name specified."));
    }
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    let Found { object, version_id } =
        core.object(wanted, &request.method).await.map_err(|error| hidden(error, &request.extensions))?;
    check_customer_key(&object.protection, customer_key.as_ref())?;
    let last_modified = answers::timestamp(object.modified);
    let mut output = GetObjectAttributesOutput { last_modified, version_id, ..Default::default() };
    if asked.contains("ETag") {
        output.e_tag = answers::etag(&object.etag);
    }
    if asked.contains("ObjectSize") {
        output.object_size = i64::try_from(object.length()).ok();
    }
    if asked.contains("StorageClass") {
        output.storage_class = Some(StorageClass::from(object.headers.listed_class().to_owned()));
    }
    if asked.contains("Checksum") && !object.checksums.is_empty() {
        let mut checksum = Checksum { checksum_type: answers::checksum_type(&object), ..Default::default() };
        set_checksums!(checksum, object.checksums);
        output.checksum = Some(checksum);
    }
    if asked.contains("ObjectParts") && object.is_multipart {
        output.object_parts = Some(page_of_parts(&object, input.part_number_marker.unwrap_or(0), input.max_parts));
    }
    Ok(S3Response::new(output))
}

/// The parts after a number. Those without checksums are counted and not listed, as on S3.
fn page_of_parts(object: &StoredObject, after: i32, limit: Option<i32>) -> GetObjectAttributesParts {
    let limit = limit.unwrap_or(MAX_PARTS).clamp(0, MAX_PARTS);
    let numbered = (1_i32..).zip(&object.parts);
    let has_checksums = object.parts.iter().any(|part| !part.checksums.is_empty());
    let mut rest = numbered.filter(|(number, _)| has_checksums && *number > after);
    let entry = |(number, part): (i32, &crate::model::StoredPart)| {
        let size = i64::try_from(part.length).ok();
        let mut entry = ObjectPart { part_number: Some(number), size, ..Default::default() };
        set_checksums!(entry, part.checksums);
        entry
    };
    let page: Vec<ObjectPart> = rest.by_ref().take(usize::try_from(limit).unwrap_or(0)).map(entry).collect();
    let next = page.last().and_then(|part| part.part_number);
    GetObjectAttributesParts {
        is_truncated: has_checksums.then(|| rest.next().is_some()),
        max_parts: has_checksums.then_some(limit),
        next_part_number_marker: next,
        part_number_marker: has_checksums.then_some(after),
        parts: Some(page).filter(|page| !page.is_empty()),
        total_parts_count: i32::try_from(object.parts.len()).ok(),
    }
}
