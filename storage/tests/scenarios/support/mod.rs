//! A client of the storage: it signs what it sends, by code of its own, and reads all of what comes back.

mod answer;
mod signer;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{Request, Response};
use md5::{Digest, Md5};
use s3_storage_sim::config::{Config, SseCDefault};
use s3_storage_sim::root_key::{RootKeyHolder, RootKeyInMemory};
use s3_storage_sim::store::{Backend, MemoryBackend, PlainRecord, SealedRecords};
use s3_storage_sim::{Storage, config::Credential};
use s3s::Body;

pub(crate) use answer::Answer;
use signer::Signer;

/// What a scenario is run by: the same table proves the same answers natively and in WebAssembly.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) use tokio::test as scenario;
#[cfg(target_arch = "wasm32")]
pub(crate) use wasm_bindgen_test::wasm_bindgen_test as scenario;

pub(crate) const BUCKET: &str = "demo";
pub(crate) const HOST: &str = "s3.us-east-1.storage.test";
/// A segment at rest, in bytes of content.
pub(crate) const SEGMENT: usize = 64 * 1024;
pub(crate) const SSE: &str = "x-amz-server-side-encryption";
pub(crate) const KMS_KEY_ID: &str = "x-amz-server-side-encryption-aws-kms-key-id";
pub(crate) const BUCKET_KEY: &str = "x-amz-server-side-encryption-bucket-key-enabled";
pub(crate) const CUSTOMER_ALGORITHM: &str = "x-amz-server-side-encryption-customer-algorithm";
pub(crate) const CUSTOMER_KEY: &str = "x-amz-server-side-encryption-customer-key";
pub(crate) const CUSTOMER_MD5: &str = "x-amz-server-side-encryption-customer-key-md5";

/// A storage, its backend, and who calls it.
pub(crate) struct Client {
    pub(crate) storage: Storage,
    pub(crate) backend: Arc<MemoryBackend>,
    pub(crate) root_key: Arc<RootKeyInMemory>,
    credential: Credential,
}

/// Two users of the account beside the one that scenarios usually call as; see [`Client::also_as`].
pub(crate) fn with_users(config: &mut Config) {
    for (name, access_key) in [("alice", ALICE), ("bob", BOB)] {
        let mut credential = config.credentials[0].clone();
        access_key.clone_into(&mut credential.access_key);
        name.clone_into(&mut credential.display_name);
        config.credentials.push(credential);
    }
}

/// The access keys of those users.
pub(crate) const ALICE: &str = "AKIAALICE";
pub(crate) const BOB: &str = "AKIABOB";

impl Client {
    /// A fresh storage with one bucket, which takes SSE-C.
    pub(crate) async fn new() -> Self {
        Self::with(|config| config.sse_c_default = SseCDefault::Allowed).await
    }

    /// As [`Client::new`], with settings of its own.
    pub(crate) async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let client = Self::over(Arc::default(), Arc::default(), set).await;
        assert_eq!(client.put(BUCKET).send().await.status, 200);
        client
    }

    /// The same store under a new service, as after a stop of the browser's service worker.
    pub(crate) async fn restarted(&self, set: impl FnOnce(&mut Config)) -> Self {
        Self::over(self.backend.clone(), self.root_key.clone(), set).await
    }

    async fn over(backend: Arc<MemoryBackend>, root_key: Arc<RootKeyInMemory>, set: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { kms_keys: vec!["alias/documents".to_owned()], ..Config::default() };
        set(&mut config);
        let credential = config.credentials[0].clone();
        let storage = Storage::open(config, backend.clone(), &*root_key).await.expect("the storage opens");
        Self { storage, backend, root_key, credential }
    }

    /// The records in plain, as whoever has the root key can read and change them.
    pub(crate) async fn records(&self) -> (SealedRecords, Vec<PlainRecord>) {
        let root_key = self.root_key.held().await.unwrap().expect("a root key");
        SealedRecords::open(self.backend.clone(), &root_key).await.unwrap()
    }

    /// The same storage, called with another access key.
    pub(crate) fn signing_as(mut self, access_key: &str) -> Self {
        access_key.clone_into(&mut self.credential.access_key);
        self
    }

    /// The same storage, called with a secret key that is not the caller's.
    pub(crate) fn signing_with(mut self, secret_key: &str) -> Self {
        secret_key.clone_into(&mut self.credential.secret_key);
        self
    }

    /// Another caller of the same storage, with another access key and the same secret.
    pub(crate) fn also_as(&self, access_key: &str) -> Self {
        let other = Self {
            storage: self.storage.clone(),
            backend: self.backend.clone(),
            root_key: self.root_key.clone(),
            credential: self.credential.clone(),
        };
        other.signing_as(access_key)
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.call("GET", path)
    }

    pub(crate) fn head(&self, path: &str) -> Call<'_> {
        self.call("HEAD", path)
    }

    pub(crate) fn put(&self, path: &str) -> Call<'_> {
        self.call("PUT", path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.call("POST", path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.call("DELETE", path)
    }

    /// A call of a method on a path below the S3 host, as yet unencoded.
    pub(crate) fn call(&self, method: &'static str, path: &str) -> Call<'_> {
        Call {
            client: self,
            method,
            path: format!("/{path}"),
            host: HOST.to_owned(),
            query: Vec::new(),
            headers: Vec::new(),
            unsigned: Vec::new(),
            body: Bytes::new(),
            altered: None,
            is_secure: true,
            clock: 0,
            authentication: Authentication::Headers("s3"),
        }
    }

    /// Asks KMS.
    pub(crate) async fn kms(&self, operation: &str, parameters: serde_json::Value) -> Answer {
        self.kms_call(operation, &parameters).send().await
    }

    /// A call of KMS.
    pub(crate) fn kms_call(&self, operation: &str, parameters: &serde_json::Value) -> Call<'_> {
        let call = self.post("").at("kms.us-east-1.storage.test").header("content-type", "application/x-amz-json-1.1");
        let call = call.header("x-amz-target", &format!("TrentService.{operation}")).body(parameters.to_string());
        call.for_kms()
    }

    /// The id of the one blob that appears while something is done.
    pub(crate) async fn blob_made_by(&self, work: impl Future<Output = Answer>) -> String {
        let before = self.backend.blobs().await.unwrap();
        assert_eq!(work.await.status, 200);
        let made: Vec<String> =
            self.backend.blobs().await.unwrap().into_iter().filter(|id| !before.contains(id)).collect();
        assert_eq!(made.len(), 1, "one blob for one body");
        made.into_iter().next().unwrap()
    }
}

enum Authentication {
    /// `Authorization`, for a service.
    Headers(&'static str),
    /// A presigned URL, valid for so many seconds.
    Url(u32),
    Nothing,
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    client: &'a Client,
    method: &'static str,
    path: String,
    host: String,
    query: Vec<(String, String)>,
    headers: Vec<(String, String)>,
    unsigned: Vec<(String, String)>,
    body: Bytes,
    /// The body that arrives, where it is not the one that was signed.
    altered: Option<Bytes>,
    is_secure: bool,
    /// How far the clock of the signer is from the service's, in seconds.
    clock: i64,
    authentication: Authentication,
}

impl Call<'_> {
    pub(crate) fn at(mut self, host: &str) -> Self {
        host.clone_into(&mut self.host);
        self
    }

    pub(crate) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header that is signed.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds a header that is not signed.
    pub(crate) fn unsigned_header(mut self, name: &str, value: &str) -> Self {
        self.unsigned.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds the three headers of a customer key.
    pub(crate) fn customer_key(self, key: &[u8]) -> Self {
        self.header(CUSTOMER_ALGORITHM, "AES256")
            .header(CUSTOMER_KEY, &STANDARD.encode(key))
            .header(CUSTOMER_MD5, &STANDARD.encode(Md5::digest(key)))
    }

    /// Adds the three headers of the customer key of a copy's source.
    pub(crate) fn source_key(self, key: &[u8]) -> Self {
        let prefix = "x-amz-copy-source-server-side-encryption-customer";
        self.header(&format!("{prefix}-algorithm"), "AES256")
            .header(&format!("{prefix}-key"), &STANDARD.encode(key))
            .header(&format!("{prefix}-key-md5"), &STANDARD.encode(Md5::digest(key)))
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Bytes::from(body.into());
        self
    }

    /// Replaces the body after it was signed.
    pub(crate) fn body_on_the_way(mut self, body: &'static str) -> Self {
        self.altered = Some(Bytes::from(body));
        self
    }

    /// Sends it where others can read along.
    pub(crate) fn insecure(mut self) -> Self {
        self.is_secure = false;
        self
    }

    pub(crate) fn presigned(mut self, seconds: u32) -> Self {
        self.authentication = Authentication::Url(seconds);
        self
    }

    /// Signs as by a clock that is so many seconds ahead.
    pub(crate) fn dated(mut self, seconds: i64) -> Self {
        self.clock = seconds;
        self
    }

    /// Signs it for KMS.
    pub(crate) fn for_kms(mut self) -> Self {
        self.authentication = Authentication::Headers("kms");
        self
    }

    pub(crate) fn anonymous(mut self) -> Self {
        self.authentication = Authentication::Nothing;
        self
    }

    pub(crate) async fn send(self) -> Answer {
        Answer::read(self.begin().await).await
    }

    /// Sends it, and leaves the answer's body unread.
    pub(crate) async fn begin(mut self) -> Response<Body> {
        let signer = Signer {
            credential: &self.client.credential,
            method: self.method,
            host: &self.host,
            path: &self.path,
            now: signer::date(self.clock),
        };
        match self.authentication {
            Authentication::Headers(service) => {
                let signed = signer.in_headers(service, &self.query, &self.headers, &self.body);
                self.headers.extend(signed);
            }
            Authentication::Url(seconds) => {
                let signed = signer.in_query(seconds, &self.query, &self.headers);
                self.query.extend(signed);
            }
            Authentication::Nothing => {}
        }
        self.body = self.altered.unwrap_or(self.body);
        let query = signer::canonical_query(&self.query);
        let uri = format!("https://{}{}?{query}", self.host, signer::encoded(&self.path, b"/"));
        let mut request = Request::builder().method(self.method).uri(uri).header("host", &self.host);
        if !self.body.is_empty() || matches!(self.method, "PUT" | "POST") {
            request = request.header("content-length", self.body.len());
        }
        for (name, value) in self.headers.iter().chain(&self.unsigned) {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(self.body)).expect("a request");
        self.client.storage.handle(request, self.is_secure).await
    }
}

/// The `Content-MD5` of a body.
pub(crate) fn digest(body: &[u8]) -> String {
    STANDARD.encode(Md5::digest(body))
}

/// The signature of a string to sign, which names the date, the region and the service that it is for.
pub(crate) fn signature_of(secret_key: &str, string_to_sign: &str) -> String {
    signer::signature_of(secret_key, string_to_sign)
}

/// The document that completes an upload of one part.
pub(crate) fn completion(etag: &str) -> String {
    format!(
        "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{etag}</ETag></Part></CompleteMultipartUpload>"
    )
}

/// A text that differs from segment to segment, of a given length.
pub(crate) fn text(length: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(length + 64);
    let mut line = 0_u64;
    while text.len() < length {
        text.extend_from_slice(format!("line {line:010} of a document that nobody else should read\n").as_bytes());
        line += 1;
    }
    text.truncate(length);
    text
}
