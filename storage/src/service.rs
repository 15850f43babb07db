//! The one service: an HTTP request in, an HTTP response out. It wraps the protocol crate with what that leaves open:
//! request ids, preflights, the refusal of keys over plain HTTP, S3's further error fields, and KMS on the same endpoint.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::host::MultiDomain;
use s3s::route::S3Route;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3Request, S3Response, S3Result, s3_error};
use sha2::{Digest, Sha256};

use crate::caller::AccessKeys;
use crate::config::Config;
use crate::core::{Core, StorageError, now_seconds, random_id};
use crate::cors;
use crate::encryption::{ELEMENT, Refusal, request};
use crate::forms;
use crate::kms::{self, Call};
use crate::ops::Operations;
use crate::signature_faults;
use crate::store::Backend;

/// A simulated Amazon S3 and KMS. Cheap to clone; all clones are one storage.
#[derive(Clone)]
pub struct Storage {
    pub(crate) core: Arc<Core>,
    protocol: S3Service,
}

impl core::fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Storage").finish_non_exhaustive()
    }
}

/// The header that names a KMS operation.
const KMS_TARGET: &str = "x-amz-target";
/// The header that S3's clients put their body's hash into.
const CONTENT_SHA256: &str = "x-amz-content-sha256";
/// The longest KMS request, in bytes: far more than any operation needs.
const MAX_KMS_BODY: usize = 64 * 1024;

impl Storage {
    /// Opens the storage that a backend holds, or starts an empty one.
    ///
    /// # Errors
    /// Where the backend fails, where what it holds does not open under its root key, and where a setting is not valid.
    pub async fn open(config: Config, backend: Arc<dyn Backend>) -> Result<Self, StorageError> {
        let host = format!("s3.{}.{}", config.region, config.base_domain);
        let local = ["localhost", "127.0.0.1"].map(str::to_owned);
        let hosts = MultiDomain::new(std::iter::once(host).chain(local))
            .map_err(|error| StorageError::Config(format!("baseDomain is not valid: {error}")))?;
        let core = Arc::new(Core::open(config, backend).await?);
        let mut builder = S3ServiceBuilder::new(Operations(core.clone()));
        builder.set_auth(AccessKeys(core.clone()));
        builder.set_host(hosts);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(protocol_config()))));
        builder.set_route(KmsRoute(core.clone()));
        Ok(Self { core, protocol: builder.build() })
    }

    /// Whether plain HTTP from this machine counts as if nobody could read along.
    #[must_use]
    pub fn trusts_loopback(&self) -> bool {
        !self.core.config.strict_tls
    }

    /// Answers a request. `secure` says whether nobody can have read along: TLS, or a loopback address where those are
    /// trusted ([`Storage::trusts_loopback`]).
    pub async fn handle(&self, request: Request<Body>, secure: bool) -> Response<Body> {
        let id = random_id().to_ascii_uppercase();
        let asked =
            Asked { method: request.method().clone(), uri: request.uri().clone(), headers: request.headers().clone() };
        let rules = self.cors_rules(&asked.uri, &asked.headers).await;
        let mut response = if cors::is_preflight(&asked.method, &asked.headers) {
            preflight_answer(&rules, &asked.headers)
        } else if let (false, Some(refusal)) = (secure, request::insecure(&asked.headers)) {
            error_answer(refusal.into())
        } else if let Some(error) = signature_faults::incomplete(&asked.uri) {
            error_answer(error)
        } else if let Some(bucket) = self.bucket_of_form(&asked) {
            self.answer_form(request, &bucket, secure).await
        } else {
            self.answer(request).await
        };
        if !secure && asked.method == Method::GET && request::asks_for_kms(response.headers()) {
            // Nothing of the content has left yet: bodies are streams.
            response = error_answer(Refusal::InsecureKms.into());
        }
        if asked.method == Method::HEAD && response.headers().contains_key(CONTENT_RANGE) {
            // The protocol crate knows this status for GET only.
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if asked.is_for_attributes() && response.status().is_success() {
            response = with_bare_etag(response).await;
        }
        if response.status().is_client_error() || response.status().is_server_error() {
            response = completed_error(response, &asked, &id[..16]).await;
        }
        response.headers_mut().extend(cors::answer(&rules, &asked.method, &asked.headers));
        if let Ok(id) = HeaderValue::from_str(&id[..16]) {
            response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
        }
        response
    }

    async fn answer(&self, request: Request<Body>) -> Response<Body> {
        let request = match with_payload_hash(request).await {
            Ok(request) => request,
            Err(error) => return error_answer(error),
        };
        match self.protocol.call(request).await {
            Ok(response) => response,
            Err(_) => error_answer(s3_error!(InternalError)),
        }
    }

    /// Answers an upload by a form as the write that it stands for.
    async fn answer_form(&self, request: Request<Body>, bucket: &str, secure: bool) -> Response<Body> {
        let (head, body) = request.into_parts();
        match forms::upload(&self.core, bucket, head, body, secure).await {
            Ok(upload) => upload.answer.to(self.answer(upload.put).await),
            Err(error) => error_answer(error),
        }
    }

    /// The bucket that a form is sent to: there is nothing else to POST to a bucket without a query.
    fn bucket_of_form(&self, asked: &Asked) -> Option<String> {
        let is_bare = asked.uri.query().is_none_or(str::is_empty) && !asked.headers.contains_key(KMS_TARGET);
        let bucket = self.bucket_of(&asked.uri, &asked.headers).filter(|_| is_bare && asked.method == Method::POST)?;
        let path = asked.uri.path().trim_matches('/');
        (path.is_empty() || path == bucket).then_some(bucket)
    }

    /// Removes everything but the root key.
    ///
    /// # Errors
    /// Where the backend fails.
    pub async fn reset(&self) -> Result<(), StorageError> {
        self.core.clear().await
    }

    async fn cors_rules(&self, uri: &Uri, headers: &HeaderMap) -> Vec<crate::model::CorsRule> {
        let Some(bucket) = self.bucket_of(uri, headers) else { return Vec::new() };
        let catalogue = self.core.catalogue.read().await;
        catalogue.buckets.get(&bucket).map(|bucket| bucket.cors.clone()).unwrap_or_default()
    }

    /// The bucket that a request is for: in the host, or first in the path.
    fn bucket_of(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.host())?;
        let name = host.split(':').next()?;
        let config = &self.core.config;
        for domain in [format!(".s3.{}.{}", config.region, config.base_domain), ".localhost".to_owned()] {
            if let Some(bucket) = name.strip_suffix(domain.as_str()) {
                return Some(bucket.to_owned());
            }
        }
        uri.path().split('/').nth(1).filter(|bucket| !bucket.is_empty()).map(str::to_owned)
    }
}

fn protocol_config() -> S3Config {
    let mut config = S3Config::default();
    config.sig_v4_allowed_services.push("kms".to_owned());
    // So that a signer need not know the key: it signs the algorithm, the client sends all three (Amazon S3 User Guide,
    // "Specifying server-side encryption with customer-provided keys", presigned URLs).
    config.unsigned_amz_header_allowlist =
        ["x-amz-server-side-encryption-customer-key", "x-amz-server-side-encryption-customer-key-md5"]
            .map(str::to_owned)
            .into();
    config
}

/// KMS's JSON API, on the same endpoint.
#[derive(Clone)]
struct KmsRoute(Arc<Core>);

#[async_trait::async_trait]
impl S3Route for KmsRoute {
    fn is_match(&self, method: &Method, uri: &Uri, headers: &HeaderMap, _: &mut http::Extensions) -> bool {
        method == Method::POST && uri.path() == "/" && headers.contains_key(KMS_TARGET)
    }

    async fn call(&self, request: S3Request<Body>) -> S3Result<S3Response<Body>> {
        let caller = self.0.caller(request.credentials.as_ref())?;
        let target = request.headers.get(KMS_TARGET).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let body = request.input.collect().await.map_err(|_| s3_error!(IncompleteBody))?.to_bytes();
        let call = Call { caller: &caller, now: now_seconds(), via_s3: false, request_id: random_id() };
        let kms::JsonAnswer { status, body } = self.0.with_kms(|kms| kms.handle_json(&call, target, &body)).await?;
        let mut response = S3Response::new(Body::from(body));
        response.status = StatusCode::from_u16(status).ok();
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        Ok(response)
    }
}

/// KMS's clients sign the hash of their body without sending it, S3's send it: the protocol crate is told it either way.
async fn with_payload_hash(request: Request<Body>) -> S3Result<Request<Body>> {
    if !request.headers().contains_key(KMS_TARGET) || request.headers().contains_key(CONTENT_SHA256) {
        return Ok(request);
    }
    let (mut head, body) = request.into_parts();
    let limited = http_body_util::Limited::new(body, MAX_KMS_BODY);
    let bytes = limited.collect().await.map_err(|_| s3_error!(EntityTooLarge))?.to_bytes();
    let hash = hex::encode(Sha256::digest(&bytes));
    let hash = HeaderValue::from_str(&hash).map_err(S3Error::internal_error)?;
    head.headers.insert(HeaderName::from_static(CONTENT_SHA256), hash);
    Ok(Request::from_parts(head, Body::from(bytes)))
}

fn preflight_answer(rules: &[crate::model::CorsRule], headers: &HeaderMap) -> Response<Body> {
    if let Some(headers) = cors::preflight(rules, headers) {
        let mut response = Response::new(Body::empty());
        *response.headers_mut() = headers;
        return response;
    }
    // The spelling is Amazon's own.
    let text = "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request \
                method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
                resource's CORS spec.";
    let mut error = S3Error::with_message(s3s::S3ErrorCode::Custom("AccessForbidden".into()), text);
    error.set_status_code(StatusCode::FORBIDDEN);
    error_answer(error)
}

fn error_answer(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Adds what S3's error documents have beyond code and message, and takes the private headers out.
async fn completed_error(response: Response<Body>, asked: &Asked, request_id: &str) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let mut elements: Vec<(String, String)> = head
        .headers
        .get_all(ELEMENT)
        .iter()
        .filter_map(|element| std::str::from_utf8(element.as_bytes()).ok()?.split_once('='))
        .map(|(name, content)| (name.to_owned(), content.to_owned()))
        .collect();
    head.headers.remove(ELEMENT);
    head.headers.remove(CONTENT_LENGTH);
    if asked.method == Method::HEAD {
        return Response::from_parts(head, Body::empty());
    }
    let mut bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let code = code_of(&bytes);
    if code == Some("SignatureDoesNotMatch") {
        elements.extend(signature_faults::mismatch(&asked.method, &asked.uri, &asked.headers));
        let message = signature_faults::MISMATCH;
        bytes = format!("<Error><Code>SignatureDoesNotMatch</Code><Message>{message}</Message></Error>").into();
    } else if std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(EXPIRED)) {
        elements.extend(signature_faults::expiry(&asked.uri, time::OffsetDateTime::now_utc()));
    }
    if std::str::from_utf8(&bytes).is_ok_and(|text| text.contains(NOT_SIGNED)) {
        elements.push(("HeadersNotSigned".to_owned(), asked.unsigned_headers().join(", ")));
    }
    let document = with_elements(&bytes, &elements, request_id).map_or(bytes, Bytes::from);
    Response::from_parts(head, Body::from(document))
}

/// S3's words for a URL that is no longer valid.
const EXPIRED: &str = "<Message>Request has expired</Message>";

/// The code of an error document.
fn code_of(document: &[u8]) -> Option<&str> {
    let (_, rest) = std::str::from_utf8(document).ok()?.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0)
}

/// S3's words for headers that a presigned URL does not cover.
const NOT_SIGNED: &str = "There were headers present in the request which were not signed";

/// What a request was, once the protocol crate has taken it.
struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    /// Whether this is `GetObjectAttributes`.
    fn is_for_attributes(&self) -> bool {
        let mut names = self.uri.query().unwrap_or_default().split('&').filter_map(|pair| pair.split('=').next());
        self.method == Method::GET && names.any(|name| name == "attributes")
    }

    /// The `x-amz-` headers that the URL's signature does not cover.
    fn unsigned_headers(&self) -> Vec<&str> {
        let query = self.uri.query().unwrap_or_default().to_ascii_lowercase();
        let signed = query.split('&').find_map(|pair| pair.strip_prefix("x-amz-signedheaders=")).unwrap_or_default();
        let signed: Vec<&str> = signed.split("%3b").flat_map(|names| names.split(';')).collect();
        let names = self.headers.keys().map(HeaderName::as_str);
        let mut unsigned: Vec<&str> =
            names.filter(|name| name.starts_with("x-amz-") && !signed.contains(name)).collect();
        unsigned.sort_unstable();
        unsigned
    }
}

/// `GetObjectAttributes` is the one operation whose `ETag` has no quotation marks; the protocol crate gives them to all.
async fn with_bare_etag(response: Response<Body>) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replacen("<ETag>\"", "<ETag>", 1).replacen("\"</ETag>", "</ETag>", 1);
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text))
}

/// Amazon's message in place of the protocol crate's.
fn in_amazons_words(document: &str) -> String {
    let message = document.split_once("<Message>").and_then(|(_, rest)| rest.split_once("</Message>"));
    let words = match (code_of(document.as_bytes()), message) {
        (Some("MalformedXML"), _) => {
            "The XML you provided was not well-formed or did not validate against our published schema"
        }
        (Some("AccessDenied"), Some(("Signature is required", _))) => "Access Denied",
        _ => return document.to_owned(),
    };
    match message {
        Some((message, _)) => document.replacen(&format!("<Message>{message}<"), &format!("<Message>{words}<"), 1),
        None => document.replacen("</Code>", &format!("</Code><Message>{words}</Message>"), 1),
    }
}

/// An error document with further elements at its end; nothing where it is no error document.
fn with_elements(document: &[u8], elements: &[(String, String)], request_id: &str) -> Option<String> {
    let text = std::str::from_utf8(document).ok()?;
    let start = text.strip_suffix("</Error>")?;
    let mut completed = in_amazons_words(start);
    let mut element = |name: &str, content: &str| {
        let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        completed.extend(["<", name, ">", &escaped, "</", name, ">"]);
    };
    for (name, content) in elements {
        element(name, content);
    }
    if !text.contains("<RequestId>") {
        element("RequestId", request_id);
    }
    completed.push_str("</Error>");
    Some(completed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_documents_get_their_further_elements() {
        let document = b"<?xml version=\"1.0\"?><Error><Code>A</Code></Error>";
        let elements = [("ArgumentName", "x-amz-a"), ("ArgumentValue", "<b>")]
            .map(|(name, content)| (name.to_owned(), content.to_owned()));
        assert_eq!(
            with_elements(document, &elements, "ID").unwrap(),
            "<?xml version=\"1.0\"?><Error><Code>A</Code><ArgumentName>x-amz-a</ArgumentName>\
             <ArgumentValue>&lt;b&gt;</ArgumentValue><RequestId>ID</RequestId></Error>"
        );
        assert_eq!(with_elements(b"{\"__type\":\"x\"}", &[], "ID"), None);
    }
}
