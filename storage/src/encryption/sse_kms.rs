//! SSE-KMS: data keys that KMS makes and wraps, bound to an encryption context.

use serde::{Deserialize, Serialize};

use super::bucket_keys::{BucketKey, BucketKeys};
use super::{DataKey, EncryptionContext, NoRandomness, Place, Refusal, base64_bytes, generate_data_key, sse_s3};
use crate::kms::{Call, GeneratedDataKey, Kms, KmsError, Rewrapped};

/// What is kept of an object under a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// KMS's ciphertext blob: of the data key, or of the bucket key.
    #[serde(with = "base64_bytes")]
    pub wrapped_data_key: Vec<u8>,
    /// The data key, wrapped by the bucket key, where one wraps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under_bucket_key: Option<sse_s3::Wrapped>,
    /// The key's ARN.
    pub key_arn: String,
    /// The context that the caller gave.
    pub context: EncryptionContext,
    /// Whether an S3 Bucket Key is in use.
    pub bucket_key: bool,
}

/// The name of what S3 adds to a context.
const OBJECT_ARN: &str = "aws:s3:arn";

/// The key that objects get where none is named.
pub const DEFAULT_KEY: &str = "alias/aws/s3";

/// Has KMS make a data key for the object.
///
/// # Errors
/// KMS's own, as S3 passes them on.
pub fn generate(
    kms: &mut Kms,
    call: &Call<'_>,
    (bucket, key): (&str, &str),
    key_id: Option<&str>,
    context: EncryptionContext,
) -> Result<(DataKey, Wrapped), Refusal> {
    let whole = whole_context(&context, bucket, key, false);
    let made = kms.generate_data_key(call, key_id.unwrap_or(DEFAULT_KEY), &whole).map_err(|error| refusal(&error))?;
    let GeneratedDataKey { key_arn, plaintext, ciphertext_blob: wrapped_data_key } = made;
    Ok((plaintext, Wrapped { wrapped_data_key, under_bucket_key: None, key_arn, context, bucket_key: false }))
}

/// A bucket key for a new object, from KMS where none is held.
///
/// # Errors
/// KMS's own, as S3 passes them on.
pub fn bucket_key(
    kms: &mut Kms,
    call: &Call<'_>,
    keys: &BucketKeys,
    bucket: &str,
    key_id: Option<&str>,
    context: &EncryptionContext,
) -> Result<BucketKey, Refusal> {
    let whole = whole_context(context, bucket, "", true);
    keys.for_writing(kms, call, key_id.unwrap_or(DEFAULT_KEY), &whole).map_err(|error| refusal(&error))
}

/// A data key for the object at `place`, wrapped by a bucket key.
///
/// # Errors
/// Where the platform has no randomness.
pub fn under_bucket_key(
    by: BucketKey,
    place: Place<'_>,
    context: EncryptionContext,
) -> Result<(DataKey, Wrapped), NoRandomness> {
    let data_key = generate_data_key()?;
    let wrapped_data_key = sse_s3::wrap(&by.key, &data_key, place)?;
    let under_bucket_key = Some(sse_s3::Wrapped { wrapped_data_key });
    let BucketKey { ciphertext_blob: wrapped_data_key, key_arn, .. } = by;
    Ok((data_key, Wrapped { wrapped_data_key, under_bucket_key, key_arn, context, bucket_key: true }))
}

/// Unwraps an object's data key: KMS does, or the bucket key that it unwraps where it is not held.
///
/// # Errors
/// KMS's own, as S3 passes them on. There is no data key where what the bucket key wrapped was altered.
pub fn unwrap(
    kms: &mut Kms,
    call: &Call<'_>,
    keys: &BucketKeys,
    place: Place<'_>,
    wrapped: &Wrapped,
) -> Result<Option<DataKey>, Refusal> {
    let whole = whole_context(&wrapped.context, place.bucket, place.key, wrapped.bucket_key);
    if let Some(object_key) = &wrapped.under_bucket_key {
        let by = keys.for_reading(kms, call, &wrapped.wrapped_data_key, &whole).map_err(|error| refusal(&error))?;
        return Ok(sse_s3::unwrap(&by.key, &object_key.wrapped_data_key, place));
    }
    let (_, plaintext) = kms.decrypt(call, &wrapped.wrapped_data_key, &whole).map_err(|error| refusal(&error))?;
    let bytes: [u8; 32] =
        plaintext[..].try_into().map_err(|_| Refusal::Kms("InvalidCiphertextException".to_owned(), String::new()))?;
    Ok(Some(DataKey::new(bytes)))
}

/// Has KMS wrap a data key that is there already. The context is S3's own.
///
/// # Errors
/// KMS's own, as S3 passes them on.
pub fn wrap(
    kms: &mut Kms,
    call: &Call<'_>,
    (bucket, key): (&str, &str),
    data_key: &DataKey,
    key_arn: &str,
    bucket_key: bool,
) -> Result<Wrapped, Refusal> {
    let context = whole_context(&EncryptionContext::new(), bucket, key, bucket_key);
    let made = kms.encrypt(call, key_arn, &data_key[..], &context).map_err(|error| refusal(&error))?;
    Ok(Wrapped::rewrapped(made, None, bucket_key))
}

/// Has KMS wrap under another key a data key that it wrapped, without giving it to anybody. The context is S3's own.
///
/// # Errors
/// KMS's own, as S3 passes them on.
pub fn rewrap(
    kms: &mut Kms,
    call: &Call<'_>,
    (bucket, key): (&str, &str),
    wrapped: &Wrapped,
    key_arn: &str,
    bucket_key: bool,
) -> Result<Wrapped, Refusal> {
    let from = whole_context(&wrapped.context, bucket, key, wrapped.bucket_key);
    let to = whole_context(&EncryptionContext::new(), bucket, key, bucket_key);
    let made = kms.re_encrypt(call, &wrapped.wrapped_data_key, key_arn, (&from, &to));
    // A bucket key that was wrapped is so again: it still wraps the object's data key.
    let object_key = wrapped.under_bucket_key.clone();
    Ok(Wrapped::rewrapped(made.map_err(|error| refusal(&error))?, object_key, bucket_key))
}

impl Wrapped {
    fn rewrapped(made: Rewrapped, under_bucket_key: Option<sse_s3::Wrapped>, bucket_key: bool) -> Self {
        let Rewrapped { key_arn, ciphertext_blob: wrapped_data_key } = made;
        Self { wrapped_data_key, under_bucket_key, key_arn, context: EncryptionContext::new(), bucket_key }
    }
}

/// S3 adds the object's ARN, or the bucket's where a bucket key serves all of its objects.
fn whole_context(context: &EncryptionContext, bucket: &str, key: &str, bucket_key: bool) -> EncryptionContext {
    let arn = if bucket_key { format!("arn:aws:s3:::{bucket}") } else { format!("arn:aws:s3:::{bucket}/{key}") };
    let mut whole = context.clone();
    whole.insert(OBJECT_ARN.to_owned(), arn);
    whole
}

fn refusal(error: &KmsError) -> Refusal {
    Refusal::Kms(error.code().to_owned(), error.message().to_owned())
}
