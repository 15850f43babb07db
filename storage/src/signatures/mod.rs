//! Signatures: what is refused before the protocol crate looks at a signature, because S3 says more of what is wrong; what
//! S3 adds to a refusal; headers that a URL carries in its query; and KMS's form of all that. Whether a signature is right
//! is the protocol crate's to say.
//!
//! Source: Amazon S3's own answers, as recorded; Amazon S3 API Reference, "Authenticating requests (AWS Signature Version
//! 4)"; Amazon S3 User Guide, "Signing and authenticating REST requests" (Signature Version 2).

pub(crate) mod authorization;
pub(crate) mod early;
pub(crate) mod explained;
pub(crate) mod hoisted;
pub(crate) mod kms;
pub(crate) mod text;
pub(crate) mod version_2;

/// S3's words for a signature that is not the request's.
pub(crate) const MISMATCH: &str =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";

/// The one algorithm of Signature Version 4 that is taken.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";
