//! S3's operations, as the protocol crate calls them: this file only says which function answers which operation.

mod attributes;
mod buckets;
mod completion;
mod copy;
mod deletion;
mod listing;
mod lookup;
mod multipart;
mod objects;
mod policies;
mod reencryption;
mod stored_headers;
mod tagging;
mod uploads;
mod versioning;

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CreateBucketInput, CreateBucketOutput, CreateMultipartUploadInput,
    CreateMultipartUploadOutput, DeleteBucketCorsInput, DeleteBucketCorsOutput, DeleteBucketEncryptionInput,
    DeleteBucketEncryptionOutput, DeleteBucketInput, DeleteBucketOutput, DeleteBucketPolicyInput,
    DeleteBucketPolicyOutput, DeleteBucketTaggingInput, DeleteBucketTaggingOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput, DeleteObjectsInput, DeleteObjectsOutput,
    DeletePublicAccessBlockInput, DeletePublicAccessBlockOutput, GetBucketCorsInput, GetBucketCorsOutput,
    GetBucketEncryptionInput, GetBucketEncryptionOutput, GetBucketLocationInput, GetBucketLocationOutput,
    GetBucketPolicyInput, GetBucketPolicyOutput, GetBucketPolicyStatusInput, GetBucketPolicyStatusOutput,
    GetBucketTaggingInput, GetBucketTaggingOutput, GetBucketVersioningInput, GetBucketVersioningOutput,
    GetObjectAttributesInput, GetObjectAttributesOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, GetPublicAccessBlockInput, GetPublicAccessBlockOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListMultipartUploadsInput,
    ListMultipartUploadsOutput, ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutBucketCorsInput, PutBucketCorsOutput,
    PutBucketEncryptionInput, PutBucketEncryptionOutput, PutBucketPolicyInput, PutBucketPolicyOutput,
    PutBucketTaggingInput, PutBucketTaggingOutput, PutBucketVersioningInput, PutBucketVersioningOutput, PutObjectInput,
    PutObjectOutput, PutObjectTaggingInput, PutObjectTaggingOutput, PutPublicAccessBlockInput,
    PutPublicAccessBlockOutput, UpdateObjectEncryptionInput, UpdateObjectEncryptionOutput, UploadPartCopyInput,
    UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Error, S3ErrorCode, S3Request, S3Response, S3Result};

use crate::core::Core;
use crate::encryption::Refusal;
use crate::faults::Fault;

/// The operations over one storage.
#[derive(Clone)]
pub(crate) struct Operations(pub(crate) Arc<Core>);

/// Hands each operation to the function that answers it.
macro_rules! operations {
    ($($name:ident($input:ident) -> $output:ident by $module:ident;)*) => {
        #[async_trait::async_trait]
        impl S3 for Operations {
            $(async fn $name(&self, request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                self.0.answered(stringify!($name), $module::$name(&self.0, request)).await
            })*
        }

        /// The names of all of them.
        pub(crate) const OPERATIONS: &[&str] = &[$(stringify!($name)),*];
    };
}

impl Core {
    /// The answer of an operation, or the fault that was set for it.
    pub(crate) async fn answered<T>(
        &self,
        operation: &str,
        work: impl Future<Output = S3Result<S3Response<T>>> + Send,
    ) -> S3Result<S3Response<T>> {
        let fault = self.faults.next(operation);
        if let Some(refusal) = fault.and_then(Fault::refusal) {
            return Err(refusal);
        }
        let mut response = work.await.map_err(|error| self.under_profile(error))?;
        if let Some(fault) = fault {
            response.extensions.insert(fault);
        }
        Ok(response)
    }

    /// A refusal as the profile has it.
    fn under_profile(&self, mut error: S3Error) -> S3Error {
        let is_wrong_key = || error.message() == S3Error::from(Refusal::WrongKey).message();
        if self.config.profile.wrong_customer_keys_are_bad_requests() && is_wrong_key() {
            error.set_code(S3ErrorCode::InvalidRequest);
            error.set_status_code(http::StatusCode::BAD_REQUEST);
        }
        if self.config.profile.unknown_parts_are_bad_requests() && error.code().as_str() == "InvalidPartNumber" {
            error.set_code(S3ErrorCode::InvalidPart);
            error.set_status_code(http::StatusCode::BAD_REQUEST);
        }
        error
    }
}

operations! {
    create_bucket(CreateBucketInput) -> CreateBucketOutput by buckets;
    head_bucket(HeadBucketInput) -> HeadBucketOutput by buckets;
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput by buckets;
    list_buckets(ListBucketsInput) -> ListBucketsOutput by buckets;
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput by buckets;
    put_bucket_encryption(PutBucketEncryptionInput) -> PutBucketEncryptionOutput by buckets;
    get_bucket_encryption(GetBucketEncryptionInput) -> GetBucketEncryptionOutput by buckets;
    delete_bucket_encryption(DeleteBucketEncryptionInput) -> DeleteBucketEncryptionOutput by buckets;
    put_bucket_cors(PutBucketCorsInput) -> PutBucketCorsOutput by buckets;
    get_bucket_cors(GetBucketCorsInput) -> GetBucketCorsOutput by buckets;
    delete_bucket_cors(DeleteBucketCorsInput) -> DeleteBucketCorsOutput by buckets;
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput by versioning;
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput by versioning;
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput by versioning;
    put_bucket_tagging(PutBucketTaggingInput) -> PutBucketTaggingOutput by tagging;
    get_bucket_tagging(GetBucketTaggingInput) -> GetBucketTaggingOutput by tagging;
    delete_bucket_tagging(DeleteBucketTaggingInput) -> DeleteBucketTaggingOutput by tagging;
    put_object_tagging(PutObjectTaggingInput) -> PutObjectTaggingOutput by tagging;
    get_object_tagging(GetObjectTaggingInput) -> GetObjectTaggingOutput by tagging;
    delete_object_tagging(DeleteObjectTaggingInput) -> DeleteObjectTaggingOutput by tagging;
    put_bucket_policy(PutBucketPolicyInput) -> PutBucketPolicyOutput by policies;
    get_bucket_policy(GetBucketPolicyInput) -> GetBucketPolicyOutput by policies;
    get_bucket_policy_status(GetBucketPolicyStatusInput) -> GetBucketPolicyStatusOutput by policies;
    delete_bucket_policy(DeleteBucketPolicyInput) -> DeleteBucketPolicyOutput by policies;
    put_public_access_block(PutPublicAccessBlockInput) -> PutPublicAccessBlockOutput by policies;
    get_public_access_block(GetPublicAccessBlockInput) -> GetPublicAccessBlockOutput by policies;
    delete_public_access_block(DeletePublicAccessBlockInput) -> DeletePublicAccessBlockOutput by policies;
    put_object(PutObjectInput) -> PutObjectOutput by objects;
    get_object(GetObjectInput) -> GetObjectOutput by objects;
    get_object_attributes(GetObjectAttributesInput) -> GetObjectAttributesOutput by attributes;
    head_object(HeadObjectInput) -> HeadObjectOutput by objects;
    delete_object(DeleteObjectInput) -> DeleteObjectOutput by deletion;
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput by deletion;
    copy_object(CopyObjectInput) -> CopyObjectOutput by copy;
    upload_part_copy(UploadPartCopyInput) -> UploadPartCopyOutput by copy;
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput by multipart;
    upload_part(UploadPartInput) -> UploadPartOutput by multipart;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput by completion;
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput by multipart;
    update_object_encryption(UpdateObjectEncryptionInput) -> UpdateObjectEncryptionOutput by reencryption;
    list_parts(ListPartsInput) -> ListPartsOutput by multipart;
    list_multipart_uploads(ListMultipartUploadsInput) -> ListMultipartUploadsOutput by uploads;
    list_objects(ListObjectsInput) -> ListObjectsOutput by listing;
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output by listing;
}
