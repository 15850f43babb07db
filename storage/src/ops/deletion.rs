//! Deletions: of what a bucket without versions holds, of one version, or by a delete marker.
//!
//! Source: Amazon S3 User Guide, "Deleting object versions from a versioning-enabled bucket" and "… from
//! versioning-suspended buckets".

use s3s::dto::{
    DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETagCondition,
    ObjectIdentifier,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::lookup::no_such_version;
use crate::access::{Asking, Request, Resource};
use crate::conditions::Conditions;
use crate::core::{Core, no_such_bucket, now_millis};
use crate::model::ObjectName;
use crate::records;
use crate::versions::{DeleteMarker, NULL, Version, Versioning};

/// The most objects that are deleted at once.
const MAX_OBJECTS: usize = 1000;

/// What a deletion did.
#[derive(Debug, Default)]
struct Deletion {
    /// The version that it made or removed, where answers tell of it.
    version_id: Option<String>,
    /// Whether that is a delete marker.
    is_marker: bool,
}

pub(super) async fn delete_object(
    core: &Core,
    request: S3Request<DeleteObjectInput>,
) -> S3Result<S3Response<DeleteObjectOutput>> {
    let input = request.input;
    let conditions = Conditions { if_match: input.if_match, ..Default::default() };
    if let Some(id) = &input.version_id {
        core.bucket(&input.bucket).await?;
        core.check_version_id(id)?;
    }
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let deletion = core.delete(&name, input.version_id.as_deref(), &conditions).await?;
    Ok(S3Response::new(DeleteObjectOutput {
        delete_marker: deletion.is_marker.then_some(true),
        version_id: deletion.version_id,
        ..Default::default()
    }))
}

pub(super) async fn delete_objects(
    core: &Core,
    request: S3Request<DeleteObjectsInput>,
) -> S3Result<S3Response<DeleteObjectsOutput>> {
    let asking = core.asking(&Request::of_operation(&request, &request.headers)).await?;
    let input = request.input;
    let is_quiet = input.delete.quiet == Some(true);
    let (mut deleted, mut errors) = (Vec::new(), Vec::new());
    core.bucket(&input.bucket).await?;
    if !(1..=MAX_OBJECTS).contains(&input.delete.objects.len()) {
        return Err(s3_error!(MalformedXML));
    }
    for object in input.delete.objects {
        match delete_one_of_many(core, &asking, &input.bucket, &object).await {
            Ok(_) if is_quiet => {}
            Ok(deletion) => deleted.push(deleted_object(object, deletion)),
            Err(error) => errors.push(s3s::dto::Error {
                code: Some(error.code().as_str().to_owned()),
                key: Some(object.key),
                message: error.message().map(str::to_owned),
                version_id: object.version_id,
            }),
        }
    }
    Ok(S3Response::new(DeleteObjectsOutput {
        deleted: Some(deleted).filter(|list| !list.is_empty()),
        errors: Some(errors).filter(|list| !list.is_empty()),
        ..Default::default()
    }))
}

async fn delete_one_of_many(
    core: &Core,
    asking: &Asking,
    bucket: &str,
    object: &ObjectIdentifier,
) -> S3Result<Deletion> {
    let version_id = object.version_id.as_deref();
    let action = if version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    core.authorize(asking, action, Resource { bucket, key: Some(&object.key), version_id }).await?;
    if let Some(id) = object.version_id.as_deref().filter(|id| core.given_sequence(id).is_none()) {
        // Alone, such an id is an invalid argument.
        return Err(no_such_version(&object.key, id));
    }
    let name = ObjectName { bucket: bucket.to_owned(), key: object.key.clone() };
    let conditions = Conditions { if_match: object.e_tag.clone().map(ETagCondition::ETag), ..Default::default() };
    core.delete(&name, object.version_id.as_deref(), &conditions).await
}

fn deleted_object(object: ObjectIdentifier, deletion: Deletion) -> DeletedObject {
    DeletedObject {
        key: Some(object.key),
        version_id: object.version_id,
        delete_marker: deletion.is_marker.then_some(true),
        delete_marker_version_id: deletion.version_id.filter(|_| deletion.is_marker),
    }
}

impl Core {
    /// Deletes an object, or one version of it; neither need exist.
    async fn delete(&self, name: &ObjectName, version_id: Option<&str>, conditions: &Conditions) -> S3Result<Deletion> {
        let mut catalogue = self.catalogue.write().await;
        let bucket = catalogue.buckets.get(&name.bucket).ok_or_else(|| no_such_bucket(&name.bucket))?;
        let versioning = bucket.versioning;
        let target = match version_id {
            None => catalogue.object(name),
            Some(id) => catalogue.versions(name).and_then(|all| all.find(id)).and_then(Version::object),
        };
        conditions.check_write(target)?;
        let (removed, deletion) = match (version_id, versioning) {
            (None, Some(state)) => {
                let marker = self.new_marker(state)?;
                self.commit(vec![records::put_version(name, &marker)]).await?;
                let deletion = Deletion { version_id: Some(marker.id().to_owned()), is_marker: true };
                (catalogue.insert(name.clone(), marker), deletion)
            }
            (asked, _) => {
                let id = asked.unwrap_or(NULL);
                let told = asked.filter(|_| versioning.is_some()).map(str::to_owned);
                if catalogue.versions(name).and_then(|all| all.find(id)).is_none() {
                    return Ok(Deletion { version_id: told, is_marker: false });
                }
                self.commit(vec![Ok(records::delete_version(name, id))]).await?;
                let removed = catalogue.remove(name, id);
                let is_marker = matches!(removed, Some(Version::DeleteMarker(_)));
                (removed, Deletion { version_id: told, is_marker })
            }
        };
        drop(catalogue);
        self.discard_version(removed);
        Ok(deletion)
    }

    /// As [`Core::discard`], of a version that is no more.
    pub(crate) fn discard_version(&self, version: Option<Version>) {
        if let Some(Version::Object(object)) = version {
            self.discard(object.parts);
        }
    }

    fn new_marker(&self, state: Versioning) -> S3Result<Version> {
        let (version, is_null) = (self.new_version_id()?, state == Versioning::Suspended);
        let sequence = self.sequence(&version);
        Ok(Version::DeleteMarker(DeleteMarker { version, is_null, sequence, modified: now_millis() }))
    }
}
