//! Uploads by HTML forms: a form's fields have the names of headers, and mean the same.
//!
//! Source: Amazon S3 API Reference, "POST Object", form fields.

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use s3s::S3Request;
use s3s::dto::PutObjectInput;

use crate::encryption::{Refusal, request};

/// Marks a request whose transport others can read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Insecure;

/// The headers of a request that writes an object, and of a form's fields those that are headers elsewhere.
///
/// # Errors
/// Keys in the fields of a form that others can read: the service looks at headers before it reads forms.
pub(super) fn headers(request: &S3Request<PutObjectInput>) -> Result<HeaderMap, Refusal> {
    let mut headers = request.headers.clone();
    if request.method != Method::POST {
        return Ok(headers);
    }
    // Of the form itself, these are not the object's.
    for name in [http::header::CONTENT_TYPE, http::header::CONTENT_ENCODING] {
        headers.remove(name);
    }
    for (name, value) in fields(&request.input) {
        // A field that cannot be a header is none that is looked for.
        if let (Some(value), name) = (value, HeaderName::from_static(name))
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            headers.insert(name, value);
        }
    }
    match request::insecure(&headers) {
        Some(refusal) if request.extensions.get::<Insecure>().is_some() => Err(refusal),
        _ => Ok(headers),
    }
}

fn fields(input: &PutObjectInput) -> [(&'static str, Option<String>); 14] {
    let bucket_key = input.bucket_key_enabled.map(|enabled| enabled.to_string());
    let method = input.server_side_encryption.as_ref().map(|method| method.as_str().to_owned());
    let algorithm = input.checksum_algorithm.as_ref().map(|algorithm| algorithm.as_str().to_owned());
    [
        ("x-amz-server-side-encryption", method),
        ("x-amz-server-side-encryption-aws-kms-key-id", input.ssekms_key_id.clone()),
        ("x-amz-server-side-encryption-context", input.ssekms_encryption_context.clone()),
        ("x-amz-server-side-encryption-bucket-key-enabled", bucket_key),
        ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.clone()),
        ("x-amz-server-side-encryption-customer-key", input.sse_customer_key.clone()),
        ("x-amz-server-side-encryption-customer-key-md5", input.sse_customer_key_md5.clone()),
        ("x-amz-checksum-algorithm", algorithm),
        ("x-amz-checksum-crc32", input.checksum_crc32.clone()),
        ("x-amz-checksum-crc32c", input.checksum_crc32c.clone()),
        ("x-amz-checksum-crc64nvme", input.checksum_crc64nvme.clone()),
        ("x-amz-checksum-sha1", input.checksum_sha1.clone()),
        ("x-amz-checksum-sha256", input.checksum_sha256.clone()),
        ("content-md5", input.content_md5.clone()),
    ]
}
