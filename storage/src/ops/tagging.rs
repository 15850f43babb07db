//! Tags of buckets, of objects, and of their versions.

use http::Method;
use s3s::dto::{
    DeleteBucketTaggingInput, DeleteBucketTaggingOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput,
    GetBucketTaggingInput, GetBucketTaggingOutput, GetObjectTaggingInput, GetObjectTaggingOutput,
    PutBucketTaggingInput, PutBucketTaggingOutput, PutObjectTaggingInput, PutObjectTaggingOutput,
};
use s3s::{S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::buckets::change;
use super::lookup::{Found, Wanted, is_delete_marker, no_such_key};
use crate::access::{Request, Resource};
use crate::answers::Status;
use crate::core::Core;
use crate::encryption::add_elements;
use crate::model::ObjectName;
use crate::records;
use crate::tags::{self, Tagged, Tags};
use crate::versions::Version;

pub(super) async fn put_bucket_tagging(
    core: &Core,
    request: S3Request<PutBucketTaggingInput>,
) -> S3Result<S3Response<PutBucketTaggingOutput>> {
    let tags = tags::of_document(request.input.tagging.tag_set, Tagged::Bucket);
    change(core, &request.input.bucket, |bucket| {
        bucket.tags = tags?;
        Ok(())
    })
    .await?;
    let mut response = S3Response::new(PutBucketTaggingOutput::default());
    response.extensions.insert(Status(http::StatusCode::NO_CONTENT));
    Ok(response)
}

pub(super) async fn get_bucket_tagging(
    core: &Core,
    request: S3Request<GetBucketTaggingInput>,
) -> S3Result<S3Response<GetBucketTaggingOutput>> {
    let tags = core.bucket(&request.input.bucket).await?.tags;
    if tags.is_empty() {
        let mut error = s3_error!(NoSuchTagSet, "The TagSet does not exist");
        add_elements(&mut error, [("BucketName", request.input.bucket)]);
        return Err(error);
    }
    Ok(S3Response::new(GetBucketTaggingOutput { tag_set: tags::to_document(tags) }))
}

pub(super) async fn delete_bucket_tagging(
    core: &Core,
    request: S3Request<DeleteBucketTaggingInput>,
) -> S3Result<S3Response<DeleteBucketTaggingOutput>> {
    change(core, &request.input.bucket, |bucket| {
        bucket.tags.clear();
        Ok(())
    })
    .await?;
    Ok(S3Response::new(DeleteBucketTaggingOutput::default()))
}

pub(super) async fn put_object_tagging(
    core: &Core,
    request: S3Request<PutObjectTaggingInput>,
) -> S3Result<S3Response<PutObjectTaggingOutput>> {
    let mut asking = core.asking(&Request::of_operation(&request, &request.headers)).await?;
    let S3Request { input, method, .. } = request;
    let tags = tags::of_document(input.tagging.tag_set, Tagged::Object)?;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    // Policies can ask about the tags too, which were not read yet when they were asked about other operations.
    asking.add_tags(&tags);
    let action = if wanted.version_id.is_some() { "s3:PutObjectVersionTagging" } else { "s3:PutObjectTagging" };
    let resource = Resource { bucket: &name.bucket, key: Some(&name.key), version_id: wanted.version_id };
    core.authorize(&asking, action, resource).await?;
    let version_id = core.tag(wanted, &method, tags).await?;
    Ok(S3Response::new(PutObjectTaggingOutput { version_id }))
}

pub(super) async fn get_object_tagging(
    core: &Core,
    request: S3Request<GetObjectTaggingInput>,
) -> S3Result<S3Response<GetObjectTaggingOutput>> {
    let S3Request { input, method, .. } = request;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    let Found { object, version_id } = core.tagged(wanted, &method).await.map_err(|error| match error.code() {
        // This one operation names the bucket too, as was recorded.
        S3ErrorCode::NoSuchKey => no_such_key(&format!("{}/{}", name.bucket, name.key)),
        _ => error,
    })?;
    Ok(S3Response::new(GetObjectTaggingOutput { tag_set: tags::to_document(object.tags), version_id }))
}

pub(super) async fn delete_object_tagging(
    core: &Core,
    request: S3Request<DeleteObjectTaggingInput>,
) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
    let S3Request { input, method, .. } = request;
    let name = ObjectName { bucket: input.bucket, key: input.key };
    let wanted = Wanted { name: &name, version_id: input.version_id.as_deref() };
    let version_id = core.tag(wanted, &method, Tags::new()).await?;
    Ok(S3Response::new(DeleteObjectTaggingOutput { version_id }))
}

impl Core {
    /// The object whose tags a request is for. A delete marker has none, be it named or just the newest version.
    async fn tagged(&self, wanted: Wanted<'_>, method: &Method) -> S3Result<Found> {
        match self.version(wanted).await? {
            (Version::Object(object), tells) => Ok(Found::new(*object, tells)),
            (marker, _) => Err(is_delete_marker(&marker, method)),
        }
    }

    /// Gives an object other tags, and gives the id of its version where answers tell of it.
    async fn tag(&self, wanted: Wanted<'_>, method: &Method, tags: Tags) -> S3Result<Option<String>> {
        let Found { object, version_id } = self.tagged(wanted, method).await?;
        let mut catalogue = self.catalogue.write().await;
        let now = catalogue.versions(wanted.name).and_then(|all| all.find(object.version_id()));
        // It may have been replaced or removed since it was looked for.
        let now = now.and_then(Version::object).filter(|now| now.version == object.version);
        let mut tagged = now.cloned().ok_or_else(|| no_such_key(&wanted.name.key))?;
        tagged.tags = tags;
        let version = Version::Object(Box::new(tagged));
        self.commit(vec![records::put_version(wanted.name, &version)]).await?;
        // Its bytes are the same: what it replaces is itself.
        catalogue.insert(wanted.name.clone(), version);
        Ok(version_id)
    }
}
