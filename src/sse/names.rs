//! The wire names of S3's encryption headers, in the lower case that HTTP/2 and browsers send.

/// `AES256`, `aws:kms` or `aws:kms:dsse`.
pub const ENCRYPTION: &str = "x-amz-server-side-encryption";
/// The KMS key: an id, an alias or an ARN.
pub const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
/// The KMS encryption context: base64 of a JSON object.
pub const CONTEXT: &str = "x-amz-server-side-encryption-context";
/// `true` or `false`.
pub const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
/// SSE-C: `AES256`.
pub const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
/// SSE-C: base64 of the 32 key bytes. A secret.
pub const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
/// SSE-C: base64 of the MD5 over the 32 key bytes. Treated as a secret, for it confirms a guessed key.
pub const CUSTOMER_KEY_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";
/// The source of a copy under SSE-C: `AES256`.
pub const COPY_SOURCE_CUSTOMER_ALGORITHM: &str = "x-amz-copy-source-server-side-encryption-customer-algorithm";
/// The source of a copy under SSE-C: base64 of its key. A secret.
pub const COPY_SOURCE_CUSTOMER_KEY: &str = "x-amz-copy-source-server-side-encryption-customer-key";
/// The source of a copy under SSE-C: base64 of the MD5 of its key. Treated as a secret.
pub const COPY_SOURCE_CUSTOMER_KEY_MD5: &str = "x-amz-copy-source-server-side-encryption-customer-key-md5";

/// The three customer key headers: algorithm, key, MD5.
pub const CUSTOMER: [&str; 3] = [CUSTOMER_ALGORITHM, CUSTOMER_KEY, CUSTOMER_KEY_MD5];
/// The three customer key headers of a copy's source: algorithm, key, MD5.
pub const COPY_SOURCE_CUSTOMER: [&str; 3] =
    [COPY_SOURCE_CUSTOMER_ALGORITHM, COPY_SOURCE_CUSTOMER_KEY, COPY_SOURCE_CUSTOMER_KEY_MD5];
/// The headers of SSE-S3, SSE-KMS and DSSE-KMS, which belong only where an object is created.
pub const MANAGED: [&str; 4] = [ENCRYPTION, KMS_KEY_ID, CONTEXT, BUCKET_KEY];

/// The wire name of a customer key header, in whatever letter case it was written; `None` for other headers.
#[must_use]
pub fn customer_header(name: &str) -> Option<&'static str> {
    find(&CUSTOMER, name).or_else(|| find(&COPY_SOURCE_CUSTOMER, name))
}

/// Whether a header's value is a customer key or the MD5 of one.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    find(&[CUSTOMER_KEY, CUSTOMER_KEY_MD5, COPY_SOURCE_CUSTOMER_KEY, COPY_SOURCE_CUSTOMER_KEY_MD5], name).is_some()
}

pub(super) fn encryption_header(name: &str) -> Option<&'static str> {
    find(&MANAGED, name).or_else(|| customer_header(name))
}

fn find(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().copied().find(|known| known.eq_ignore_ascii_case(name.trim()))
}
