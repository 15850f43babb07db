//! Presigned URLs: AWS Signature Version 4 in the query string, for Amazon S3's object operations. Beside them, and by the
//! same signer, requests to KMS that are signed in a header.
//!
//! Everything here is a pure function of its input: there is no clock and no network, so the same code signs on a
//! backend, in a worker and in a test. A customer key (SSE-C) never becomes a part of a URL: naming one of its headers
//! as a query parameter is an error, and the recommended way signs the algorithm header alone, so that the signer never
//! sees the key.
//!
//! Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".

mod canonical;
mod credentials;
mod endpoint;
mod header;
mod request;
mod signer;
mod time;

pub use credentials::Credentials;
pub use endpoint::{Addressing, Endpoint, aws_host};
pub use header::kms_authorization;
pub use request::{Method, PresignRequest};
pub use signer::{PresignedRequest, Presigner};
pub use time::SigningTime;

use crate::error::EnvelopeError;

/// The longest life of a presigned URL, in seconds: seven days.
pub const MAX_EXPIRES: u64 = 604_800;

/// S3 lets a URL be signed before its body exists.
const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";

const fn invalid(what: &'static str, reason: &'static str) -> EnvelopeError {
    EnvelopeError::InvalidPresignRequest { what, reason }
}
