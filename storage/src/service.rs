//! The one service: an HTTP request in, an HTTP response out. It wraps the protocol crate with what that leaves open:
//! request ids, preflights, the refusal of keys over plain HTTP, S3's further error fields, and KMS on the same endpoint.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use s3s::auth::SimpleAuth;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::host::MultiDomain;
use s3s::route::S3Route;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::config::Config;
use crate::core::{Core, StorageError, now_seconds, random_id};
use crate::cors;
use crate::encryption::{ARGUMENT_NAME, ARGUMENT_VALUE, Refusal, request};
use crate::kms::{self, Call};
use crate::ops::Operations;
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

impl Storage {
    /// Opens the storage that a backend holds, or starts an empty one.
    ///
    /// # Errors
    /// Where the backend fails, where what it holds does not open under its root key, and where a setting is not valid.
    pub async fn open(config: Config, backend: Arc<dyn Backend>) -> Result<Self, StorageError> {
        let mut auth = SimpleAuth::new();
        for credential in &config.credentials {
            auth.register(credential.access_key.clone(), credential.secret_key.clone().into());
        }
        let host = format!("s3.{}.{}", config.region, config.base_domain);
        let local = ["localhost", "127.0.0.1"].map(str::to_owned);
        let hosts = MultiDomain::new(std::iter::once(host).chain(local))
            .map_err(|error| StorageError::Config(format!("baseDomain is not valid: {error}")))?;
        let core = Arc::new(Core::open(config, backend).await?);
        let mut builder = S3ServiceBuilder::new(Operations(core.clone()));
        builder.set_auth(auth);
        builder.set_host(hosts);
        builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(protocol_config()))));
        builder.set_route(KmsRoute(core.clone()));
        Ok(Self { core, protocol: builder.build() })
    }

    /// Answers a request. `secure` says whether nobody can have read along: TLS, or a loopback address.
    pub async fn handle(&self, request: Request<Body>, secure: bool) -> Response<Body> {
        let id = random_id().to_ascii_uppercase();
        let (method, headers) = (request.method().clone(), request.headers().clone());
        let rules = self.cors_rules(request.uri(), &headers).await;
        let mut response = if cors::is_preflight(&method, &headers) {
            preflight_answer(&rules, &headers)
        } else if !secure && request::has_any_customer_key(&headers) {
            error_answer(Refusal::Insecure.into())
        } else {
            match self.protocol.call(request).await {
                Ok(response) => response,
                Err(_) => error_answer(s3_error!(InternalError)),
            }
        };
        if response.status().is_client_error() || response.status().is_server_error() {
            response = completed_error(response, &method, &id[..16]).await;
        }
        response.headers_mut().extend(cors::answer(&rules, &method, &headers));
        if let Ok(id) = HeaderValue::from_str(&id[..16]) {
            response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
        }
        response
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

fn preflight_answer(rules: &[crate::model::CorsRule], headers: &HeaderMap) -> Response<Body> {
    match cors::preflight(rules, headers) {
        Some(headers) => {
            let mut response = Response::new(Body::empty());
            *response.headers_mut() = headers;
            response
        }
        None => error_answer(s3_error!(
            AccessDenied,
            "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request \
             method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the \
             resource's CORS spec."
        )),
    }
}

fn error_answer(error: S3Error) -> Response<Body> {
    error.to_http_response().unwrap_or_else(|_| {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response
    })
}

/// Adds what S3's error documents have beyond code and message, and takes the private headers out.
async fn completed_error(response: Response<Body>, method: &Method, request_id: &str) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let argument = |headers: &mut HeaderMap, name: &str| {
        headers.remove(name).and_then(|value| String::from_utf8(value.as_bytes().to_vec()).ok())
    };
    let name = argument(&mut head.headers, ARGUMENT_NAME);
    let value = argument(&mut head.headers, ARGUMENT_VALUE);
    if method == Method::HEAD {
        head.headers.remove(CONTENT_LENGTH);
        return Response::from_parts(head, Body::empty());
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let document = match with_elements(&bytes, name.as_deref(), value.as_deref(), request_id) {
        Some(document) => Bytes::from(document),
        None => bytes,
    };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(document))
}

/// An error document with further elements at its end; nothing where it is no error document.
fn with_elements(document: &[u8], name: Option<&str>, value: Option<&str>, request_id: &str) -> Option<String> {
    let text = std::str::from_utf8(document).ok()?;
    let start = text.strip_suffix("</Error>")?;
    let mut completed = start.to_owned();
    let mut element = |name: &str, content: &str| {
        let escaped = content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        completed.extend(["<", name, ">", &escaped, "</", name, ">"]);
    };
    if let Some(name) = name {
        element("ArgumentName", name);
        // S3 says `null` where there is no value to tell.
        element("ArgumentValue", value.unwrap_or("null"));
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
        assert_eq!(
            with_elements(document, Some("x-amz-a"), Some("<b>"), "ID").unwrap(),
            "<?xml version=\"1.0\"?><Error><Code>A</Code><ArgumentName>x-amz-a</ArgumentName>\
             <ArgumentValue>&lt;b&gt;</ArgumentValue><RequestId>ID</RequestId></Error>"
        );
        assert_eq!(with_elements(b"{\"__type\":\"x\"}", None, None, "ID"), None);
    }
}
