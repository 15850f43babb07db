//! DSSE-KMS: two independent layers of AES-256. The inner layer's data key is made and wrapped by KMS, the outer layer's is
//! S3's own, wrapped by its root key; so neither key alone opens anything.
//!
//! Source: Amazon S3 User Guide, "Using dual-layer server-side encryption with AWS KMS keys".

use serde::{Deserialize, Serialize};

use super::{sse_kms, sse_s3};

/// What is kept of an object in two layers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wrapped {
    /// The inner layer's data key.
    pub inner: sse_kms::Wrapped,
    /// The outer layer's data key.
    pub outer: sse_s3::Wrapped,
}
