//! Data keys of objects: made, wrapped as the mode wants it, and unwrapped for those who may have them.

use s3s::{S3Error, S3Result, s3_error};

use crate::caller::Caller;
use crate::core::{Core, now_seconds, random_id};
use crate::encryption::{
    self, CustomerKey, DataKey, EncryptionContext, KeyProtection, ObjectKeys, Place, Refusal, Requested, dsse_kms,
    sse_c, sse_kms, sse_s3,
};
use crate::kms::{Call, Kms};
use crate::model::{BucketEncryption, DefaultEncryption};

impl Core {
    /// A data key for a new object, and how it is kept: as the request says, else as the bucket's default says.
    pub(crate) async fn protect(
        &self,
        caller: &Caller,
        bucket: &BucketEncryption,
        requested: Requested,
        place: Place<'_>,
    ) -> S3Result<(ObjectKeys, KeyProtection)> {
        match requested {
            Requested::Nothing => match &bucket.default {
                DefaultEncryption::S3 => self.protect_by_root_key(place),
                DefaultEncryption::Kms { key_id } => {
                    let context = EncryptionContext::new();
                    self.protect_by_kms(caller, place, key_id.as_deref(), context, bucket.bucket_key).await
                }
                DefaultEncryption::Dsse { key_id } => {
                    self.protect_twice(caller, place, key_id.as_deref(), EncryptionContext::new()).await
                }
            },
            Requested::S3 => self.protect_by_root_key(place),
            Requested::Kms { key_id: None, .. } if self.config.profile.kms_keys_have_to_be_named() => {
                Err(Refusal::KmsKeyId.into())
            }
            Requested::Kms { key_id, context, bucket_key } => {
                let bucket_key = bucket_key.unwrap_or(bucket.bucket_key);
                self.protect_by_kms(caller, place, key_id.as_deref(), context, bucket_key).await
            }
            Requested::Dsse { key_id, context } => self.protect_twice(caller, place, key_id.as_deref(), context).await,
            Requested::Customer(key) => {
                let data_key = encryption::generate_data_key().map_err(S3Error::internal_error)?;
                let wrapped = sse_c::wrap(&key, &data_key, place).map_err(S3Error::internal_error)?;
                Ok((data_key.into(), KeyProtection::Customer(wrapped)))
            }
        }
    }

    fn protect_by_root_key(&self, place: Place<'_>) -> S3Result<(ObjectKeys, KeyProtection)> {
        let (data_key, wrapped) = self.key_under_root_key(place)?;
        Ok((data_key.into(), KeyProtection::S3(wrapped)))
    }

    /// A fresh data key, and how the root key wraps it.
    fn key_under_root_key(&self, place: Place<'_>) -> S3Result<(DataKey, sse_s3::Wrapped)> {
        let data_key = encryption::generate_data_key().map_err(S3Error::internal_error)?;
        let wrapped = self.root.wrap(&data_key, place).map_err(S3Error::internal_error)?;
        Ok((data_key, wrapped))
    }

    async fn protect_by_kms(
        &self,
        caller: &Caller,
        place: Place<'_>,
        key_id: Option<&str>,
        context: EncryptionContext,
        bucket_key: bool,
    ) -> S3Result<(ObjectKeys, KeyProtection)> {
        let call = call_by_s3(caller)?;
        let (data_key, wrapped) = if bucket_key {
            let fetch =
                |kms: &mut Kms| sse_kms::bucket_key(kms, &call, &self.bucket_keys, place.bucket, key_id, &context);
            let by = self.with_kms(fetch).await??;
            sse_kms::under_bucket_key(by, place, context).map_err(S3Error::internal_error)?
        } else {
            let name = (place.bucket, place.key);
            self.with_kms(|kms| sse_kms::generate(kms, &call, name, key_id, context)).await??
        };
        Ok((data_key.into(), KeyProtection::Kms(wrapped)))
    }

    /// Two layers: a key of KMS for the inner one, a key of S3's own for the outer one.
    async fn protect_twice(
        &self,
        caller: &Caller,
        place: Place<'_>,
        key_id: Option<&str>,
        context: EncryptionContext,
    ) -> S3Result<(ObjectKeys, KeyProtection)> {
        let (name, call) = ((place.bucket, place.key), call_by_s3(caller)?);
        let (inner_key, inner) = self.with_kms(|kms| sse_kms::generate(kms, &call, name, key_id, context)).await??;
        let (outer_key, outer) = self.key_under_root_key(place)?;
        let keys = ObjectKeys { inner: inner_key, outer: Some(outer_key) };
        Ok((keys, KeyProtection::Dsse(dsse_kms::Wrapped { inner, outer })))
    }

    fn unwrap_by_root_key(&self, wrapped: &sse_s3::Wrapped, place: Place<'_>) -> S3Result<DataKey> {
        self.root.unwrap(wrapped, place).ok_or_else(altered)
    }

    async fn unwrap_by_kms(&self, caller: &Caller, wrapped: &sse_kms::Wrapped, place: Place<'_>) -> S3Result<DataKey> {
        let call = call_by_s3(caller)?;
        let unwrapped = self.with_kms(|kms| sse_kms::unwrap(kms, &call, &self.bucket_keys, place, wrapped)).await??;
        unwrapped.ok_or_else(altered)
    }

    /// How an object's data key is kept once a KMS key has taken it over from S3's own key or from another one of KMS's; nothing
    /// where the object's key is neither's alone. The data key stays the same, and so do the bytes under it.
    pub(crate) async fn kept_by(
        &self,
        caller: &Caller,
        protection: &KeyProtection,
        key_arn: &str,
        bucket_key: bool,
        place: Place<'_>,
    ) -> S3Result<Option<KeyProtection>> {
        let (name, call) = ((place.bucket, place.key), call_by_s3(caller)?);
        let wrapped = match protection {
            KeyProtection::S3(wrapped) => {
                let data_key = self.unwrap_by_root_key(wrapped, place)?;
                self.with_kms(|kms| sse_kms::wrap(kms, &call, name, &data_key, key_arn, bucket_key)).await??
            }
            KeyProtection::Kms(wrapped) => {
                self.with_kms(|kms| sse_kms::rewrap(kms, &call, name, wrapped, key_arn, bucket_key)).await??
            }
            KeyProtection::Dsse(_) | KeyProtection::Customer(_) => return Ok(None),
        };
        Ok(Some(KeyProtection::Kms(wrapped)))
    }

    /// An object's data keys, for one who may have them.
    pub(crate) async fn data_key(
        &self,
        caller: &Caller,
        protection: &KeyProtection,
        customer_key: Option<&CustomerKey>,
        place: Place<'_>,
    ) -> S3Result<ObjectKeys> {
        check_customer_key(protection, customer_key)?;
        match protection {
            KeyProtection::S3(wrapped) => self.unwrap_by_root_key(wrapped, place).map(ObjectKeys::from),
            KeyProtection::Dsse(wrapped) => {
                let inner = self.unwrap_by_kms(caller, &wrapped.inner, place).await?;
                Ok(ObjectKeys { inner, outer: Some(self.unwrap_by_root_key(&wrapped.outer, place)?) })
            }
            KeyProtection::Kms(wrapped) => Ok(self.unwrap_by_kms(caller, wrapped, place).await?.into()),
            KeyProtection::Customer(wrapped) => {
                let key = customer_key.ok_or(Refusal::KeyRequired)?;
                Ok(sse_c::unwrap(key, wrapped, place)?.into())
            }
        }
    }
}

fn altered() -> S3Error {
    s3_error!(InternalError, "The stored data key was altered.")
}

/// Checks that a request brings a customer key just where the object is under one, and the right one.
pub(crate) fn check_customer_key(protection: &KeyProtection, key: Option<&CustomerKey>) -> Result<(), Refusal> {
    match (protection, key) {
        (KeyProtection::Customer(wrapped), Some(key)) => sse_c::check(key, wrapped),
        (KeyProtection::Customer(_), None) => Err(Refusal::KeyRequired),
        (_, Some(_)) => Err(Refusal::KeyNotApplicable),
        (_, None) => Ok(()),
    }
}

/// A call that S3 makes to KMS for a caller, who has to be somebody, and to have asked as is safe enough for KMS.
fn call_by_s3(caller: &Caller) -> Result<Call<'_>, Refusal> {
    if let Some(refusal) = &caller.kms_refused {
        return Err(refusal.clone());
    }
    Ok(Call { caller, now: now_seconds(), via_s3: true, is_secure: true, request_id: random_id() })
}
