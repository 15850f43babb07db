//! The protocol crate, set up over a storage: who may sign, what answers, and KMS on the same endpoint.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use http_body_util::BodyExt;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::route::S3Route;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3Request, S3Response, S3Result, s3_error};

use crate::access::BucketPolicies;
use crate::asked::{Insecure, KMS_TARGET};
use crate::caller::{AccessKeys, Caller};
use crate::core::{Core, StorageError, now_seconds, random_id};
use crate::faults::KMS_PREFIX;
use crate::hosts::Hosts;
use crate::kms::{self, Call};
use crate::ops::Operations;

/// How many lists of hoisted headers are remembered: far more than the SDKs of one app come with.
const MAX_REMEMBERED: usize = 64;

/// The protocol crate over one storage. The list of headers that a signature need not cover is part of its setting, and differs
/// with the headers that a URL carries in its query: there is one for each list, made when it is first needed.
pub(crate) struct Protocols {
    core: Arc<Core>,
    plain: S3Service,
    with_hoisted: Mutex<HashMap<Vec<String>, S3Service>>,
}

impl Protocols {
    /// # Errors
    /// A base domain that is none.
    pub(crate) fn new(core: Arc<Core>) -> Result<Self, StorageError> {
        let plain = protocol(&core, &[])?;
        Ok(Self { core, plain, with_hoisted: Mutex::default() })
    }

    /// The one for requests that carry all of their headers as headers.
    pub(crate) const fn plain(&self) -> &S3Service {
        &self.plain
    }

    /// The one for URLs that carry headers of these names in their query, where the signature covers them.
    pub(crate) fn with_hoisted(&self, names: &[String]) -> Result<S3Service, StorageError> {
        if names.is_empty() {
            return Ok(self.plain.clone());
        }
        let mut names = names.to_vec();
        names.sort_unstable();
        let mut remembered = self.with_hoisted.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = remembered.get(&names) {
            return Ok(known.clone());
        }
        let made = protocol(&self.core, &names)?;
        // Clients choose the names of metadata: what they send does not grow the storage without end.
        if remembered.len() == MAX_REMEMBERED {
            remembered.clear();
        }
        remembered.insert(names, made.clone());
        Ok(made)
    }
}

/// The `x-amz-` headers that a signature need not cover, so that a signer need not know the key: it signs the algorithm, the
/// client sends all three (Amazon S3 User Guide, "Specifying server-side encryption with customer-provided keys", presigned
/// URLs).
pub(crate) const UNSIGNED_HEADERS: [&str; 2] =
    ["x-amz-server-side-encryption-customer-key", "x-amz-server-side-encryption-customer-key-md5"];

/// The protocol crate over a storage, with further headers that a signature need not cover.
fn protocol(core: &Arc<Core>, hoisted: &[String]) -> Result<S3Service, StorageError> {
    let mut config = S3Config::default();
    config.enable_sig_v2 = true;
    config.sig_v4_allowed_services.push("kms".to_owned());
    config.unsigned_amz_header_allowlist = UNSIGNED_HEADERS.map(str::to_owned).into();
    config.unsigned_amz_header_allowlist.extend_from_slice(hoisted);
    let mut builder = S3ServiceBuilder::new(Operations(core.clone()));
    builder.set_auth(AccessKeys(core.clone()));
    builder.set_access(BucketPolicies(core.clone()));
    builder.set_host(Hosts::new(&core.config)?);
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.set_route(KmsRoute(core.clone()));
    Ok(builder.build())
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
        let operation = format!("{KMS_PREFIX}{}", target.rsplit('.').next().unwrap_or_default());
        let is_secure = request.extensions.get::<Insecure>().is_none();
        self.0.answered(&operation, self.answer(&caller, target, request.input, is_secure)).await
    }
}

impl KmsRoute {
    async fn answer(&self, caller: &Caller, target: &str, body: Body, is_secure: bool) -> S3Result<S3Response<Body>> {
        let body = body.collect().await.map_err(|_| s3_error!(IncompleteBody))?.to_bytes();
        let call = Call { caller, now: now_seconds(), via_s3: false, is_secure, request_id: random_id() };
        let kms::JsonAnswer { status, body } = self.0.with_kms(|kms| kms.handle_json(&call, target, &body)).await?;
        let mut response = S3Response::new(Body::from(body));
        response.status = StatusCode::from_u16(status).ok();
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        Ok(response)
    }
}

// Async tests are run natively.
#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::root_key::RootKeyInMemory;
    use crate::store::MemoryBackend;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[tokio::test]
    async fn lists_of_headers_are_remembered_in_any_order_and_not_without_end() {
        let (config, holder) = (crate::Config::default(), RootKeyInMemory::default());
        let core = Core::open(config, Arc::new(MemoryBackend::default()), &holder).await.unwrap();
        let protocols = Protocols::new(Arc::new(core)).unwrap();
        let remembered = || protocols.with_hoisted.lock().unwrap().len();
        protocols.with_hoisted(&[]).unwrap();
        assert_eq!(remembered(), 0);
        for list in [["x-amz-acl", "x-amz-tagging"], ["x-amz-tagging", "x-amz-acl"]] {
            protocols.with_hoisted(&names(&list)).unwrap();
        }
        assert_eq!(remembered(), 1);
        for number in 0..2 * MAX_REMEMBERED {
            protocols.with_hoisted(&[format!("x-amz-meta-{number}")]).unwrap();
        }
        assert!((1..=MAX_REMEMBERED).contains(&remembered()));
    }
}
