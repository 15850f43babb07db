//! The same service in a browser: behind a service worker's `fetch` event, or called by a test in Node.
//!
//! A service worker sees neither `Host` nor `Origin` headers, so the host is taken from the URL; and browsers make no
//! preflight for what a service worker answers, so CORS shows on the native server only.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use http::header::{CONTENT_LENGTH, HOST};
use http::uri::Scheme;
use http::{HeaderValue, Method, Uri};
use http_body_util::BodyExt;
use js_sys::{Array, Object, Reflect, Uint8Array};
use serde::Serialize;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

use crate::faults::Fault;
use crate::root_key::RootKeyInMemory;
use crate::root_key::browser::RootKeyInBrowser;
use crate::store::MemoryBackend;
use crate::store::indexed_db::IndexedDbBackend;
use crate::{Config, Storage};

/// The private header that tells JavaScript of a fault of the whole answer.
const FAULT: &str = "x-sim-fault";
/// The name of the option that is not the service's own.
const DATABASE_NAME: &str = "databaseName";

/// A simulated storage in JavaScript's hands.
#[wasm_bindgen]
#[derive(Debug)]
pub struct StorageWorker {
    inner: Storage,
}

#[wasm_bindgen]
impl StorageWorker {
    /// Opens a storage with the settings of [`Config`], and `databaseName`: the IndexedDB database to keep everything in,
    /// or in memory without one.
    ///
    /// # Errors
    /// An `Error` that names the setting, or what the backend said.
    pub async fn open(options: JsValue) -> Result<StorageWorker, JsError> {
        let (config, database) = settings(&options)?;
        let inner = match database {
            Some(name) => {
                let backend = IndexedDbBackend::open(&name).await?;
                Storage::open(config, Arc::new(backend.clone()), &RootKeyInBrowser::new(backend)).await?
            }
            None => Storage::open(config, Arc::new(MemoryBackend::default()), &RootKeyInMemory::default()).await?,
        };
        Ok(Self { inner })
    }

    /// Answers a request. Its body is read whole (a part of an upload), the answer's is streamed.
    ///
    /// # Errors
    /// Where the request's body cannot be read.
    pub async fn handle(&self, request: web_sys::Request) -> Result<web_sys::Response, JsValue> {
        let (request, secure) = from_js(&request, self.inner.trusts_loopback()).await?;
        let has_no_body = request.method() == Method::HEAD;
        let response = self.inner.handle(request, secure).await;
        to_js(response, has_no_body)
    }

    /// What is stored of an object, or `undefined`.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(js_name = inspectObject)]
    pub async fn inspect_object(&self, bucket: String, key: String) -> Result<JsValue, JsError> {
        self.inner.inspect_object(&bucket, &key).await.map_or(Ok(JsValue::UNDEFINED), |found| plain(&found))
    }

    /// Bytes of what is stored of an object, or `undefined`.
    #[wasm_bindgen(js_name = storedBytes)]
    pub async fn stored_bytes(&self, bucket: String, key: String, offset: f64, length: f64) -> Option<Vec<u8>> {
        self.inner.stored_bytes(&bucket, &key, whole(offset), whole(length)).await
    }

    /// Flips one bit of what is stored of an object; tells whether it was there.
    #[wasm_bindgen(js_name = tamperObject)]
    pub async fn tamper_object(&self, bucket: String, key: String, offset: f64) -> bool {
        self.inner.tamper_object(&bucket, &key, whole(offset)).await
    }

    /// The keys of a bucket's objects, or `undefined`.
    ///
    /// # Errors
    /// None in practice.
    pub async fn objects(&self, bucket: String) -> Result<JsValue, JsError> {
        self.inner.objects(&bucket).await.map_or(Ok(JsValue::UNDEFINED), |found| plain(&found))
    }

    /// What KMS was asked for, newest last.
    ///
    /// # Errors
    /// None in practice.
    #[wasm_bindgen(js_name = kmsEvents)]
    pub async fn kms_events(&self) -> Result<JsValue, JsError> {
        plain(&self.inner.kms_events().await)
    }

    /// Has answers fail, by a list of rules that takes the place of the one in force.
    ///
    /// # Errors
    /// An `Error` that says what is wrong with a rule; those in force stay.
    #[wasm_bindgen(js_name = setFaults)]
    pub fn set_faults(&self, rules: &JsValue) -> Result<(), JsError> {
        let rules = from_json(rules)?;
        Ok(self.inner.set_faults(rules)?)
    }

    /// The rules in force.
    ///
    /// # Errors
    /// None in practice.
    pub fn faults(&self) -> Result<JsValue, JsError> {
        plain(&self.inner.faults())
    }

    /// Removes everything but the root key.
    ///
    /// # Errors
    /// Where the backend fails.
    pub async fn reset(&self) -> Result<(), JsError> {
        Ok(self.inner.reset().await?)
    }
}

/// The service's settings, and the database's name. Settings that nobody knows are refused.
fn settings(options: &JsValue) -> Result<(Config, Option<String>), JsError> {
    if options.is_undefined() {
        return Ok((Config::default(), None));
    }
    let known = Object::assign(&Object::new(), options.unchecked_ref());
    let name = Reflect::get(&known, &DATABASE_NAME.into()).ok().and_then(|name| name.as_string());
    // A property of a fresh, ordinary object can be removed.
    let _ = Reflect::delete_property(&known, &DATABASE_NAME.into());
    Ok((from_json(&known)?, name))
}

/// A plain value of JavaScript; JSON is on the way because it tells of members that nobody knows.
fn from_json<T: serde::de::DeserializeOwned>(value: &JsValue) -> Result<T, JsError> {
    let json = js_sys::JSON::stringify(value).map_err(|_| JsError::new("what was given is no plain object"))?;
    serde_json::from_str(&String::from(json)).map_err(|error| JsError::new(&error.to_string()))
}

/// The request as the service takes it, and whether nobody can have read along.
async fn from_js(
    request: &web_sys::Request,
    trusts_loopback: bool,
) -> Result<(http::Request<s3s::Body>, bool), JsValue> {
    let uri: Uri = request.url().parse().map_err(|_| JsError::new("the URL is not one that S3 could be asked at"))?;
    let mut builder = http::Request::builder().method(request.method().as_str()).uri(uri.clone());
    for entry in request.headers().entries() {
        let pair: Array = entry?.unchecked_into();
        let (name, value) = (pair.get(0).as_string().unwrap_or_default(), pair.get(1).as_string().unwrap_or_default());
        builder = builder.header(name, value);
    }
    let authority = uri.authority().map(http::uri::Authority::as_str).unwrap_or_default();
    let body = Uint8Array::new(&JsFuture::from(request.array_buffer()?).await?).to_vec();
    builder = builder.header(HOST, authority);
    if !body.is_empty() || [Method::PUT.as_str(), Method::POST.as_str()].contains(&request.method().as_str()) {
        builder = builder.header(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    let made = builder.body(s3s::Body::from(Bytes::from(body)));
    let secure = uri.scheme() == Some(&Scheme::HTTPS) || trusts_loopback && is_loopback(uri.host().unwrap_or_default());
    Ok((made.map_err(|error| JsError::new(&error.to_string()))?, secure))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost") || host == "127.0.0.1" || host == "[::1]"
}

/// The answer as JavaScript takes it, its body as a stream.
fn to_js(response: http::Response<s3s::Body>, has_no_body: bool) -> Result<web_sys::Response, JsValue> {
    let (head, body) = response.into_parts();
    let headers = web_sys::Headers::new()?;
    for (name, value) in &head.headers {
        headers.append(name.as_str(), &String::from_utf8_lossy(value.as_bytes()))?;
    }
    // Only whoever asked can be left without an answer.
    match head.extensions.get::<Fault>() {
        Some(Fault::Reset) => headers.append(FAULT, "reset")?,
        Some(Fault::Stall) => headers.append(FAULT, "stall")?,
        _ => {}
    }
    let init = web_sys::ResponseInit::new();
    init.set_status(head.status.as_u16());
    init.set_headers(&headers);
    // The constructor refuses a body, even an empty one, under these statuses.
    if has_no_body || matches!(head.status.as_u16(), 101 | 204 | 205 | 304) {
        return web_sys::Response::new_with_opt_readable_stream_and_init(None, &init);
    }
    let chunks = body.into_data_stream().map(|chunk| match chunk {
        Ok(bytes) => Ok(JsValue::from(Uint8Array::from(&bytes[..]))),
        Err(error) => Err(JsValue::from(JsError::new(&error.to_string()))),
    });
    let stream = wasm_streams::ReadableStream::from_stream(chunks).into_raw();
    web_sys::Response::new_with_opt_readable_stream_and_init(Some(&stream), &init)
}

fn plain<T: Serialize>(value: &T) -> Result<JsValue, JsError> {
    Ok(value.serialize(&serde_wasm_bindgen::Serializer::json_compatible())?)
}

/// A JavaScript number as an offset or a length; what is none counts as 0.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "Rust's conversion saturates")]
const fn whole(number: f64) -> u64 {
    number as u64
}
