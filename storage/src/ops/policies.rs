//! Policies of buckets, and what blocks public access to them.

use s3s::dto::{
    DeleteBucketPolicyInput, DeleteBucketPolicyOutput, DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput,
    GetBucketPolicyInput, GetBucketPolicyOutput, GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput,
    GetPublicAccessBlockInput, GetPublicAccessBlockOutput, PolicyStatus, PublicAccessBlockConfiguration,
    PutBucketPolicyInput, PutBucketPolicyOutput, PutPublicAccessBlockInput, PutPublicAccessBlockOutput,
};
use s3s::{S3Error, S3ErrorCode, S3Request, S3Response, S3Result, s3_error};

use super::buckets::change;
use crate::access::public_policy_refused;
use crate::config::ACCOUNT_ID;
use crate::core::Core;
use crate::encryption::add_elements;
use crate::model::{Bucket, PublicAccessBlock};
use crate::policy::StoredPolicy;
use crate::policy::bucket::{Account, MalformedPolicy, is_public, parse};

pub(super) async fn put_bucket_policy(
    core: &Core,
    request: S3Request<PutBucketPolicyInput>,
) -> S3Result<S3Response<PutBucketPolicyOutput>> {
    let caller = core.caller(request.credentials.as_ref())?;
    let input = request.input;
    let users: Vec<&str> = core.config.credentials.iter().map(|known| known.display_name.as_str()).collect();
    let account = Account { id: ACCOUNT_ID, users: &users };
    let policy = parse(&input.policy, &input.bucket, account).map_err(|error| refused(&error))?;
    change(core, &input.bucket, |bucket| {
        if is_public(&policy) && bucket.public_access_block.as_ref().is_some_and(|block| block.block_public_policy) {
            return Err(public_policy_refused(&caller, &input.bucket));
        }
        bucket.policy = Some(StoredPolicy::new(input.policy, policy));
        Ok(())
    })
    .await?;
    Ok(S3Response::new(PutBucketPolicyOutput::default()))
}

pub(super) async fn get_bucket_policy(
    core: &Core,
    request: S3Request<GetBucketPolicyInput>,
) -> S3Result<S3Response<GetBucketPolicyOutput>> {
    let bucket = core.bucket(&request.input.bucket).await?;
    let policy = bucket.policy.ok_or_else(|| no_policy(request.input.bucket))?;
    let mut response = S3Response::new(GetBucketPolicyOutput { policy: Some(policy.text().to_owned()) });
    let json = http::HeaderValue::from_static("application/json");
    response.headers.insert(http::header::CONTENT_TYPE, json);
    Ok(response)
}

pub(super) async fn get_bucket_policy_status(
    core: &Core,
    request: S3Request<GetBucketPolicyStatusInput>,
) -> S3Result<S3Response<GetBucketPolicyStatusOutput>> {
    let bucket = core.bucket(&request.input.bucket).await?;
    let policy = bucket.policy.ok_or_else(|| no_policy(request.input.bucket))?;
    let policy_status = Some(PolicyStatus { is_public: Some(is_public(policy.policy())) });
    Ok(S3Response::new(GetBucketPolicyStatusOutput { policy_status }))
}

pub(super) async fn delete_bucket_policy(
    core: &Core,
    request: S3Request<DeleteBucketPolicyInput>,
) -> S3Result<S3Response<DeleteBucketPolicyOutput>> {
    set(core, &request.input.bucket, |bucket| bucket.policy = None).await?;
    Ok(S3Response::new(DeleteBucketPolicyOutput::default()))
}

pub(super) async fn put_public_access_block(
    core: &Core,
    request: S3Request<PutPublicAccessBlockInput>,
) -> S3Result<S3Response<PutPublicAccessBlockOutput>> {
    let asked = request.input.public_access_block_configuration;
    let block = PublicAccessBlock {
        block_public_acls: asked.block_public_acls.unwrap_or(false),
        ignore_public_acls: asked.ignore_public_acls.unwrap_or(false),
        block_public_policy: asked.block_public_policy.unwrap_or(false),
        restrict_public_buckets: asked.restrict_public_buckets.unwrap_or(false),
    };
    set(core, &request.input.bucket, |bucket| bucket.public_access_block = Some(block)).await?;
    Ok(S3Response::new(PutPublicAccessBlockOutput::default()))
}

pub(super) async fn get_public_access_block(
    core: &Core,
    request: S3Request<GetPublicAccessBlockInput>,
) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
    let Some(block) = core.bucket(&request.input.bucket).await?.public_access_block else {
        return Err(no_block(request.input.bucket));
    };
    let configuration = PublicAccessBlockConfiguration {
        block_public_acls: Some(block.block_public_acls),
        ignore_public_acls: Some(block.ignore_public_acls),
        block_public_policy: Some(block.block_public_policy),
        restrict_public_buckets: Some(block.restrict_public_buckets),
    };
    let public_access_block_configuration = Some(configuration);
    Ok(S3Response::new(GetPublicAccessBlockOutput { public_access_block_configuration }))
}

pub(super) async fn delete_public_access_block(
    core: &Core,
    request: S3Request<DeletePublicAccessBlockInput>,
) -> S3Result<S3Response<DeletePublicAccessBlockOutput>> {
    set(core, &request.input.bucket, |bucket| bucket.public_access_block = None).await?;
    Ok(S3Response::new(DeletePublicAccessBlockOutput::default()))
}

async fn set(core: &Core, bucket: &str, work: impl FnOnce(&mut Bucket) + Send) -> S3Result<()> {
    change(core, bucket, |bucket| {
        work(bucket);
        Ok(())
    })
    .await
}

fn refused(error: &MalformedPolicy) -> S3Error {
    S3Error::with_message(S3ErrorCode::MalformedPolicy, error.to_string())
}

fn no_policy(bucket: String) -> S3Error {
    let mut error = s3_error!(NoSuchBucketPolicy, "The bucket policy does not exist");
    add_elements(&mut error, [("BucketName", bucket)]);
    error
}

fn no_block(bucket: String) -> S3Error {
    let code = S3ErrorCode::Custom("NoSuchPublicAccessBlockConfiguration".into());
    let mut error = S3Error::with_message(code, "The public access block configuration was not found");
    error.set_status_code(http::StatusCode::NOT_FOUND);
    add_elements(&mut error, [("BucketName", bucket)]);
    error
}
