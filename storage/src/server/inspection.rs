//! The inspection view over HTTP, on an address of its own: JSON, and bytes as they lie at rest.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /objects?bucket=B` | the keys |
//! | `GET /object?bucket=B&key=K` | what is stored of an object; of one version with `&versionId=V` |
//! | `GET /stored-bytes?bucket=B&key=K&offset=0&length=4096` | stored bytes, as they are |
//! | `POST /tamper?bucket=B&key=K&offset=0` | flips a stored bit |
//! | `GET /kms-events` | what KMS was asked for |
//! | `POST /reset` | removes everything |
//! | `GET /faults` | the rules by which answers fail, each with how many answers it has seen |
//! | `PUT /faults` | a list of such rules in the place of those in force |

use std::collections::HashMap;
use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, ORIGIN};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3_storage_sim::Storage;
use tokio::net::TcpListener;

/// The most stored bytes that one answer gives.
const MAX_LENGTH: u64 = 16 * 1024 * 1024;
/// The longest list of rules, in bytes.
const MAX_RULES: usize = 64 * 1024;

/// Answers whoever connects, for ever.
pub(super) async fn serve(listener: TcpListener, storage: Storage) {
    loop {
        let (stream, _) = super::connections::accepted(&listener).await;
        let storage = storage.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let storage = storage.clone();
                async move { Ok::<_, Infallible>(answer(&storage, request).await) }
            });
            // A client that goes away in the middle is its own business.
            let _ = Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(storage: &Storage, request: Request<hyper::body::Incoming>) -> Response<Full<Bytes>> {
    // Web pages of other origins must not damage what is stored behind their reader's back.
    if request.headers().contains_key(ORIGIN) {
        return text(StatusCode::FORBIDDEN, "web pages may not use this");
    }
    let query: HashMap<String, String> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let value = |name: &str| query.get(name).map_or("", String::as_str);
    let number = |name: &str| value(name).parse::<u64>().unwrap_or(0);
    let (bucket, key) = (value("bucket"), value("key"));
    match (request.method(), request.uri().path()) {
        (&Method::GET, "/objects") => found(storage.objects(bucket).await),
        (&Method::GET, "/object") => found(match query.get("versionId") {
            None => storage.inspect_object(bucket, key).await,
            Some(version_id) => storage.inspect_version(bucket, key, version_id).await,
        }),
        (&Method::GET, "/stored-bytes") => {
            let length = number("length").min(MAX_LENGTH);
            storage.stored_bytes(bucket, key, number("offset"), length).await.map_or_else(not_found, |bytes| {
                with_type(StatusCode::OK, "application/octet-stream", Bytes::from(bytes))
            })
        }
        (&Method::GET, "/kms-events") => json(&storage.kms_events().await),
        (&Method::POST, "/tamper") => {
            if storage.tamper_object(bucket, key, number("offset")).await {
                json(&true)
            } else {
                not_found()
            }
        }
        (&Method::GET, "/faults") => json(&storage.faults()),
        (&Method::PUT, "/faults") => set_faults(storage, request.into_body()).await,
        (&Method::POST, "/reset") => reset(storage.clone()).await,
        _ => not_found(),
    }
}

/// Resets in a task of its own: a client that goes away must not stop it in the middle.
async fn reset(storage: Storage) -> Response<Full<Bytes>> {
    let failed = |error: &dyn std::fmt::Display| text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string());
    match tokio::spawn(async move { storage.reset().await }).await {
        Ok(Ok(())) => json(&true),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

async fn set_faults(storage: &Storage, body: hyper::body::Incoming) -> Response<Full<Bytes>> {
    let rules = Limited::new(body, MAX_RULES).collect().await.map_err(|error| error.to_string());
    let rules = rules.and_then(|rules| serde_json::from_slice(&rules.to_bytes()).map_err(|error| error.to_string()));
    match rules.and_then(|rules| storage.set_faults(rules).map_err(|error| error.to_string())) {
        Ok(()) => json(&storage.faults()),
        Err(error) => text(StatusCode::BAD_REQUEST, &error),
    }
}

fn found(value: Option<impl serde::Serialize>) -> Response<Full<Bytes>> {
    value.map_or_else(not_found, |value| json(&value))
}

fn json(value: &impl serde::Serialize) -> Response<Full<Bytes>> {
    match serde_json::to_vec(value) {
        Ok(bytes) => with_type(StatusCode::OK, "application/json", Bytes::from(bytes)),
        Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}

fn not_found() -> Response<Full<Bytes>> {
    text(StatusCode::NOT_FOUND, "there is no such thing at rest")
}

fn text(status: StatusCode, text: &str) -> Response<Full<Bytes>> {
    with_type(status, "text/plain; charset=utf-8", Bytes::from(text.to_owned()))
}

fn with_type(status: StatusCode, kind: &'static str, bytes: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(bytes));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, http::HeaderValue::from_static(kind));
    response
}
