//! S3 Bucket Keys: keys that KMS makes for a bucket, and that S3 holds for a while to wrap the data keys of many objects
//! with, so that KMS is asked less often.
//!
//! A bucket key serves one requester, one KMS key and one encryption context, so that everybody's use of a key is on record
//! at least once. Source: Amazon S3 User Guide, "Reducing the cost of SSE-KMS with Amazon S3 Bucket Keys". How long they
//! live is not told there. They are held in memory only, and are of no use to anybody whom KMS would refuse now.

use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use super::{DataKey, EncryptionContext};
use crate::kms::{Call, Kms, KmsError};

/// How long a bucket key is used, in seconds.
const LIFETIME_SECONDS: u64 = 300;
/// How many are held: what clients ask for does not grow the storage without end.
const MAX_HELD: usize = 1000;

/// A bucket key, in the clear and wrapped.
#[derive(Clone)]
pub struct BucketKey {
    /// What wraps objects' data keys.
    pub key: DataKey,
    /// KMS's ciphertext blob.
    pub ciphertext_blob: Vec<u8>,
    /// The ARN of the KMS key.
    pub key_arn: String,
}

/// What a key was fetched for: to read what one wrote is a use of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Write,
    Read,
}

impl Purpose {
    /// The operation by which KMS gives the key.
    const fn operation(self) -> &'static str {
        match self {
            Self::Write => "GenerateDataKey",
            Self::Read => "Decrypt",
        }
    }
}

struct Held {
    purpose: Purpose,
    requester: String,
    context: EncryptionContext,
    bucket_key: BucketKey,
    until: u64,
}

/// The bucket keys that S3 holds.
#[derive(Default)]
pub struct BucketKeys(Mutex<Vec<Held>>);

impl BucketKeys {
    /// A bucket key to wrap the data keys of new objects with.
    ///
    /// # Errors
    /// Those of [`Kms::generate_data_key`].
    pub fn for_writing(
        &self,
        kms: &mut Kms,
        call: &Call<'_>,
        key_id: &str,
        context: &EncryptionContext,
    ) -> Result<BucketKey, KmsError> {
        // Where there is no such key, the call below says so, and is on record.
        if let Ok(key_arn) = kms.resolve(key_id, call.now) {
            let is_it = |bucket_key: &BucketKey| bucket_key.key_arn == key_arn;
            let held = self.held(call, (Purpose::Write, context), is_it);
            // By the name that the request has it by, which policies can ask about.
            if let Some(held) = held.filter(|_| kms.allows(call, Purpose::Write.operation(), key_id, context)) {
                return Ok(held);
            }
        }
        let made = kms.generate_data_key(call, key_id, context)?;
        let bucket_key =
            BucketKey { key: made.plaintext, ciphertext_blob: made.ciphertext_blob, key_arn: made.key_arn };
        self.hold(call, (Purpose::Write, context), &bucket_key);
        Ok(bucket_key)
    }

    /// The bucket key that wraps an object's data key.
    ///
    /// # Errors
    /// Those of [`Kms::decrypt`].
    pub fn for_reading(
        &self,
        kms: &mut Kms,
        call: &Call<'_>,
        ciphertext_blob: &[u8],
        context: &EncryptionContext,
    ) -> Result<BucketKey, KmsError> {
        let is_it = |bucket_key: &BucketKey| bucket_key.ciphertext_blob == ciphertext_blob;
        let held = self.held(call, (Purpose::Read, context), is_it);
        let is_allowed = |held: &BucketKey| kms.allows(call, Purpose::Read.operation(), &held.key_arn, context);
        if let Some(held) = held.filter(is_allowed) {
            return Ok(held);
        }
        let (key_arn, plaintext) = kms.decrypt(call, ciphertext_blob, context)?;
        let key = plaintext[..].try_into().map_err(|_| KmsError::invalid_ciphertext())?;
        let bucket_key = BucketKey { key: Zeroizing::new(key), ciphertext_blob: ciphertext_blob.to_vec(), key_arn };
        self.hold(call, (Purpose::Read, context), &bucket_key);
        Ok(bucket_key)
    }

    /// Lets go of all of them.
    pub fn clear(&self) {
        self.all().clear();
    }

    fn held(
        &self,
        call: &Call<'_>,
        (purpose, context): (Purpose, &EncryptionContext),
        is_it: impl Fn(&BucketKey) -> bool,
    ) -> Option<BucketKey> {
        let requester = call.caller.arn();
        self.all()
            .iter()
            .find(|held| {
                held.until > call.now
                    && held.purpose == purpose
                    && held.requester == requester
                    && held.context == *context
                    && is_it(&held.bucket_key)
            })
            .map(|held| held.bucket_key.clone())
    }

    fn hold(&self, call: &Call<'_>, (purpose, context): (Purpose, &EncryptionContext), bucket_key: &BucketKey) {
        let mut all = self.all();
        all.retain(|held| held.until > call.now);
        if all.len() == MAX_HELD {
            all.remove(0);
        }
        all.push(Held {
            purpose,
            requester: call.caller.arn(),
            context: context.clone(),
            bucket_key: bucket_key.clone(),
            until: call.now + LIFETIME_SECONDS,
        });
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl core::fmt::Debug for BucketKeys {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("BucketKeys").finish_non_exhaustive()
    }
}

impl core::fmt::Debug for BucketKey {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("BucketKey").field("key_arn", &self.key_arn).finish_non_exhaustive()
    }
}
