//! What a request was, for the time after the protocol crate has taken it.

use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Uri};

use crate::encryption::Refusal;
use crate::signatures::text::parameter;

/// The header that names a KMS operation.
pub(crate) const KMS_TARGET: &str = "x-amz-target";

/// How the kind of a body begins that is a form.
const FORM: &[u8] = b"multipart/form-data";

/// Marks a request whose transport others can read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Insecure;

/// Marks a request for which S3 asks KMS for nothing, and says why: whatever a request says itself, the bucket's default, a
/// copy's source or an upload may be under a KMS key.
#[derive(Debug, Clone)]
pub(crate) struct KmsRefused(pub(crate) Refusal);

/// Marks the write that a signed form stands for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SignedForm {
    pub(crate) is_of_version_2: bool,
}

/// Whether a request is signed by Signature Version 2, in a header or in the URL.
pub(crate) fn is_signed_by_version_2(headers: &HeaderMap, uri: &Uri) -> bool {
    let in_header = headers.get(AUTHORIZATION).is_some_and(|text| text.as_bytes().starts_with(b"AWS "));
    in_header || parameter(uri, "AWSAccessKeyId").is_some()
}

/// A request without its body.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// The names of the headers that came in the URL's query.
    pub(crate) hoisted: Vec<String>,
    /// The bucket that the host names.
    pub(crate) host_bucket: Option<String>,
}

impl Asked {
    /// Whether this is `GetObjectAttributes`.
    pub(crate) fn is_for_attributes(&self) -> bool {
        let mut names = self.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
        self.method == Method::GET && names.any(|name| name == "attributes")
    }

    /// Whether this is for KMS, which is on the same endpoint.
    pub(crate) fn is_for_kms(&self) -> bool {
        self.method == Method::POST && self.uri.path() == "/" && self.headers.contains_key(KMS_TARGET)
    }

    /// Whether this is signed by Signature Version 2, in a header or in the URL.
    pub(crate) fn is_signed_by_version_2(&self) -> bool {
        is_signed_by_version_2(&self.headers, &self.uri)
    }

    /// Whether this is signed by Signature Version 4, in a header or in the URL.
    pub(crate) fn is_signed_by_version_4(&self) -> bool {
        let in_header = self.headers.get(AUTHORIZATION).is_some_and(|text| text.as_bytes().starts_with(b"AWS4-"));
        in_header || parameter(&self.uri, "X-Amz-Signature").is_some()
    }

    /// The bucket that this is for: in the host, or first in the path.
    pub(crate) fn bucket(&self) -> Option<&str> {
        let in_path = || self.uri.path().split('/').nth(1).filter(|bucket| !bucket.is_empty());
        self.host_bucket.as_deref().or_else(in_path)
    }

    /// Whether the body is a form, by any of the headers that say what it is. The protocol crate takes the signature of such a
    /// form for that of the whole request, and one without a signature for nobody's.
    pub(crate) fn has_form(&self) -> bool {
        let is_form = |kind: &http::HeaderValue| {
            let start = kind.as_bytes().trim_ascii().get(..FORM.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(FORM))
        };
        self.method == Method::POST && self.headers.get_all(CONTENT_TYPE).iter().any(is_form)
    }

    /// The bucket that a form is sent to: there is nothing else to POST to a bucket without a query.
    pub(crate) fn bucket_of_form(&self) -> Option<&str> {
        let is_bare = self.method == Method::POST && self.uri.query().is_none_or(str::is_empty) && !self.is_for_kms();
        let path = self.uri.path().strip_prefix('/')?;
        // Below a bucket in the host there are objects, also one that is called as the bucket.
        let is_buckets = match self.host_bucket {
            Some(_) => path.is_empty(),
            None => !path.strip_suffix('/').unwrap_or(path).contains('/'),
        };
        self.bucket().filter(|_| is_bare && is_buckets)
    }
}
