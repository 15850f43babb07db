//! The one service: an HTTP request in, an HTTP response out. It wraps the protocol crate with what that leaves open:
//! request ids, preflights, the refusal of keys over plain HTTP, S3's further error fields, and KMS on the same endpoint.

use std::sync::Arc;

use http::header::{CONTENT_RANGE, HOST};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::BodyExt;
use s3s::service::S3Service;
use s3s::{Body, S3Error, S3Result, s3_error};
use sha2::{Digest, Sha256};

use crate::answer_documents::{with_bare_etag, with_version_order};
use crate::answers::Status;
use crate::asked::{Asked, Insecure, KMS_TARGET, KmsRefused};
use crate::config::Config;
use crate::core::{Core, StorageError, random_id};
use crate::cors;
use crate::encryption::{Refusal, request};
use crate::error_documents::{completed_error, error_answer};
use crate::faults::{Fault, FaultRule, FaultRuleError, FaultState};
use crate::forms;
use crate::hosts::Hosts;
use crate::limits;
use crate::profile::Profile;
use crate::protocol::Protocols;
use crate::root_key::RootKeyHolder;
use crate::signatures::{early, hoisted, kms as kms_signatures, version_2};
use crate::store::Backend;
use crate::under_way::{Running, RunningBody};

/// A simulated Amazon S3 and KMS. Cheap to clone; all clones are one storage.
#[derive(Clone)]
pub struct Storage {
    pub(crate) core: Arc<Core>,
    protocols: Arc<Protocols>,
    hosts: Hosts,
}

impl core::fmt::Debug for Storage {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("Storage").finish_non_exhaustive()
    }
}

/// The header that S3's clients put their body's hash into.
const CONTENT_SHA256: &str = "x-amz-content-sha256";
/// The longest KMS request, in bytes: far more than any operation needs.
const MAX_KMS_BODY: usize = 64 * 1024;

impl Storage {
    /// Opens the storage that a backend holds under the root key of `holder`, or starts an empty one.
    ///
    /// # Errors
    /// Where the backend fails, where what it holds does not open under the root key, or there is none to be had, and where
    /// a setting is not valid. Nothing is changed then.
    pub async fn open(
        config: Config,
        backend: Arc<dyn Backend>,
        holder: &dyn RootKeyHolder,
    ) -> Result<Self, StorageError> {
        let core = Arc::new(Core::open(config, backend, holder).await?);
        let (protocols, hosts) = (Arc::new(Protocols::new(core.clone())?), Hosts::new(&core.config)?);
        Ok(Self { core, protocols, hosts })
    }

    /// Whether plain HTTP from this machine counts as if nobody could read along.
    #[must_use]
    pub fn trusts_loopback(&self) -> bool {
        !self.core.config.strict_tls
    }

    /// Answers a request. `secure` says whether nobody can have read along: TLS, or a loopback address where those are
    /// trusted ([`Storage::trusts_loopback`]).
    ///
    /// The future is to be run to its end: one that is dropped while it writes may leave it open whether it wrote.
    pub async fn handle(&self, request: Request<Body>, secure: bool) -> Response<Body> {
        let running = self.core.under_way.begin();
        let response = kept_under_way(self.handled(request, secure).await, running);
        self.tidy().await;
        response
    }

    /// Removes bytes of objects that were replaced or deleted, as soon as no request can be reading them. Every request does
    /// it; a server may also do it in quiet times.
    pub async fn tidy(&self) {
        self.core.tidy().await;
    }

    async fn handled(&self, mut request: Request<Body>, secure: bool) -> Response<Body> {
        if !secure {
            request.extensions_mut().insert(Insecure);
        }
        let id = random_id().to_ascii_uppercase();
        let hoisted = hoisted::into_headers(&mut request);
        let (method, uri, headers) = (request.method().clone(), request.uri().clone(), request.headers().clone());
        let host_bucket = self.host_bucket(&uri, &headers);
        let asked = Asked { method, uri, headers, hoisted, host_bucket };
        let rules = self.cors_rules(&asked).await;
        let mut response = if cors::is_preflight(&asked.method, &asked.headers) {
            preflight_answer(&rules, &asked.headers)
        } else {
            self.answer(&asked, request, secure).await
        };
        if let Some(refusal) = kms_refusal(&asked, response.headers(), secure, self.core.config.profile) {
            // Nothing of the content has left yet: bodies are streams.
            response = error_answer(refusal.into());
        }
        if let Some(&Status(status)) = response.extensions().get() {
            *response.status_mut() = status;
        }
        if asked.method == Method::HEAD && response.headers().contains_key(CONTENT_RANGE) {
            // The protocol crate knows this status for GET only.
            *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        }
        if asked.is_for_attributes() && response.status().is_success() {
            response = with_bare_etag(response).await;
        }
        response = with_version_order(response).await;
        if response.status().is_client_error() || response.status().is_server_error() {
            response = completed_error(response, &asked, &id[..16]).await;
        }
        response.headers_mut().extend(cors::answer(&rules, &asked.method, &asked.headers));
        if let Ok(id) = HeaderValue::from_str(&id[..16]) {
            response.headers_mut().insert(HeaderName::from_static("x-amz-request-id"), id);
        }
        match response.extensions().get::<Fault>().copied() {
            Some(fault) => fault.applied(response),
            None => response,
        }
    }

    async fn answer(&self, asked: &Asked, mut request: Request<Body>, secure: bool) -> Response<Body> {
        if let Err(error) = limits::check_headers(&asked.headers) {
            return error_answer(error);
        }
        if let (false, Some(refusal)) = (secure, request::insecure(&asked.headers)) {
            return error_answer(refusal.into());
        }
        let is_of_version_2 =
            asked.is_signed_by_version_2() && !self.core.config.profile.kms_takes_signature_version_2();
        if is_of_version_2 && request::asks_for_kms(&asked.headers) {
            return error_answer(Refusal::KmsWithoutVersion4.into());
        }
        if !secure {
            request.extensions_mut().insert(KmsRefused(Refusal::InsecureKms));
        } else if is_of_version_2 {
            request.extensions_mut().insert(KmsRefused(Refusal::KmsWithoutVersion4));
        }
        let region = self.core.config.only_region();
        if asked.is_for_kms() {
            return match kms_signatures::check(asked, region, time::OffsetDateTime::now_utc()) {
                Ok(()) => answer_by(self.protocols.plain(), request).await,
                Err(refusal) => refusal.answer(),
            };
        }
        if let Err(error) = early::check(asked, &self.core.config) {
            return error_answer(error);
        }
        if let Some(bucket) = asked.bucket_of_form() {
            return self.answer_form(request, bucket, secure).await;
        }
        if asked.has_form() {
            return error_answer(s3_error!(
                MethodNotAllowed,
                "The specified method is not allowed against this resource."
            ));
        }
        let request = version_2::with_signed_path(request, asked, &self.core.config);
        match self.protocols.with_hoisted(&asked.hoisted) {
            Ok(protocol) => answer_by(&protocol, request).await,
            Err(error) => error_answer(S3Error::internal_error(error)),
        }
    }

    /// Answers an upload by a form as the write that it stands for.
    async fn answer_form(&self, request: Request<Body>, bucket: &str, secure: bool) -> Response<Body> {
        let (head, body) = request.into_parts();
        match forms::upload(&self.core, bucket, head, body, secure).await {
            Ok(upload) => upload.answer.to(answer_by(self.protocols.plain(), upload.put).await),
            Err(error) => error_answer(error),
        }
    }

    /// Has answers fail, by rules that take the place of those in force; none ends it.
    ///
    /// A [`Fault`] that ends a whole answer ([`Fault::Reset`], [`Fault::Stall`]) is an extension of the response that
    /// [`Storage::handle`] gives, for whoever holds the connection.
    ///
    /// # Errors
    /// A rule that can hit nothing; those in force stay.
    pub fn set_faults(&self, rules: Vec<FaultRule>) -> Result<(), FaultRuleError> {
        self.core.faults.set(rules)
    }

    /// The rules in force, with what has come of them.
    #[must_use]
    pub fn faults(&self) -> Vec<FaultState> {
        self.core.faults.states()
    }

    /// Removes everything but the root key. Writes that are under way are refused.
    ///
    /// The future is to be run to its end: one that is dropped may leave it open whether everything was removed.
    ///
    /// # Errors
    /// Where the backend fails. Where it fails to remove bytes of objects, nothing names them any more.
    pub async fn reset(&self) -> Result<(), StorageError> {
        self.core.clear().await
    }

    async fn cors_rules(&self, asked: &Asked) -> Vec<crate::model::CorsRule> {
        let Some(bucket) = asked.bucket() else { return Vec::new() };
        let catalogue = self.core.catalogue.read().await;
        catalogue.buckets.get(bucket).map(|bucket| bucket.cors.clone()).unwrap_or_default()
    }

    /// The bucket that a host names.
    fn host_bucket(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        let host = headers.get(HOST).and_then(|host| host.to_str().ok()).or_else(|| uri.host())?;
        self.hosts.bucket(host)
    }
}

/// A request whose answer is a stream is under way until that ends: it reads what is stored.
fn kept_under_way(response: Response<Body>, running: Running) -> Response<Body> {
    let (head, body) = response.into_parts();
    let is_at_hand = body.bytes().is_some() || http_body::Body::is_end_stream(&body);
    let body = if is_at_hand { body } else { Body::http_body_unsync(RunningBody::new(body, running)) };
    Response::from_parts(head, body)
}

async fn answer_by(protocol: &S3Service, request: Request<Body>) -> Response<Body> {
    let request = match with_payload_hash(request).await {
        Ok(request) => request,
        Err(error) => return error_answer(error),
    };
    protocol.call(request).await.unwrap_or_else(|_| error_answer(s3_error!(InternalError)))
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

/// Why an answer that tells of SSE-KMS may not leave, if it may not.
fn kms_refusal(asked: &Asked, answer: &HeaderMap, secure: bool, profile: Profile) -> Option<Refusal> {
    let is_signed =
        asked.is_signed_by_version_4() || (asked.is_signed_by_version_2() && profile.kms_takes_signature_version_2());
    let is_read = [Method::GET, Method::HEAD].contains(&asked.method) && request::asks_for_kms(answer);
    match is_read {
        true if !secure && asked.method == Method::GET => Some(Refusal::InsecureKms),
        // By Signature Version 2, or by nobody, where a policy lets anybody read.
        true if !is_signed => Some(Refusal::KmsWithoutVersion4),
        _ => None,
    }
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
