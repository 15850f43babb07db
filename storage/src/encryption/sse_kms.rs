//! SSE-KMS: data keys that KMS makes and wraps, bound to an encryption context.

use serde::{Deserialize, Serialize};

use super::{DataKey, EncryptionContext, Refusal, base64_bytes};
use crate::kms::{Call, Kms, KmsError, Rewrapped};

/// What is kept of an object under a KMS key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// KMS's ciphertext blob.
    #[serde(with = "base64_bytes")]
    pub wrapped_data_key: Vec<u8>,
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
    bucket_key: bool,
) -> Result<(DataKey, Wrapped), Refusal> {
    let whole = whole_context(&context, bucket, key, bucket_key);
    let made = kms.generate_data_key(call, key_id.unwrap_or(DEFAULT_KEY), &whole).map_err(|error| refusal(&error))?;
    let wrapped = Wrapped { wrapped_data_key: made.ciphertext_blob, key_arn: made.key_arn, context, bucket_key };
    Ok((made.plaintext, wrapped))
}

/// Has KMS unwrap an object's data key.
///
/// # Errors
/// KMS's own, as S3 passes them on.
pub fn unwrap(
    kms: &mut Kms,
    call: &Call<'_>,
    (bucket, key): (&str, &str),
    wrapped: &Wrapped,
) -> Result<DataKey, Refusal> {
    let whole = whole_context(&wrapped.context, bucket, key, wrapped.bucket_key);
    let (_, plaintext) = kms.decrypt(call, &wrapped.wrapped_data_key, &whole).map_err(|error| refusal(&error))?;
    let bytes: [u8; 32] =
        plaintext[..].try_into().map_err(|_| Refusal::Kms("InvalidCiphertextException".to_owned(), String::new()))?;
    Ok(DataKey::new(bytes))
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
    Ok(Wrapped::rewrapped(made, bucket_key))
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
    Ok(Wrapped::rewrapped(made.map_err(|error| refusal(&error))?, bucket_key))
}

impl Wrapped {
    fn rewrapped(made: Rewrapped, bucket_key: bool) -> Self {
        let Rewrapped { key_arn, ciphertext_blob: wrapped_data_key } = made;
        Self { wrapped_data_key, key_arn, context: EncryptionContext::new(), bucket_key }
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
