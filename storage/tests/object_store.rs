//! `object_store`, by which many Rust programs reach S3, against the server: every mode, by what such programs do.
#![cfg(not(target_arch = "wasm32"))]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed step is the test failing")]
#![allow(clippy::manual_assert_eq, reason = "megabytes of content are not to be printed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use futures::TryStreamExt;
use http::Method;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::signer::Signer;
use object_store::{Error, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};

const BUCKET: &str = "demo";
const KMS_KEY: &str = "alias/documents";
/// The smallest part but for the last, in bytes.
const PART: usize = 5 * 1024 * 1024;

/// A server of its own, which ends with the test.
struct Server {
    process: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_s3-storage-sim"))
            .args(["--listen", "127.0.0.1:0", "--sse-c-default", "allowed", "--kms-key", KMS_KEY])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let line = lines.find(|line| line.starts_with("listening on ")).expect("an address");
        let address = line.trim_start_matches("listening on ").trim_start_matches("http://").to_owned();
        Self { process, address }
    }

    /// A client of one bucket, which asks for a mode.
    fn client(&self, mode: impl FnOnce(AmazonS3Builder) -> AmazonS3Builder) -> AmazonS3 {
        let builder = AmazonS3Builder::new()
            .with_endpoint(format!("http://{}", self.address))
            .with_allow_http(true)
            .with_region("us-east-1")
            .with_bucket_name(BUCKET)
            .with_access_key_id("AKIAIOSFODNN7EXAMPLE")
            .with_secret_access_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
        mode(builder).build().unwrap()
    }

    /// Makes the bucket, which the client has no call for.
    async fn make_bucket(&self) {
        let answer = self.answer(Method::PUT, &Path::default()).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    /// The answer to what the client has no call for or does not tell, asked for by a URL that it signs.
    async fn answer(&self, method: Method, path: &Path) -> String {
        let store = self.client(|builder| builder);
        let url = store.signed_url(method.clone(), path, Duration::from_mins(1)).await.unwrap();
        let (path, query, host) = (url.path(), url.query().unwrap(), &self.address);
        let mut stream = TcpStream::connect(host).unwrap();
        let head = format!("{method} {path}?{query} HTTP/1.1\r\nhost: {host}\r\n");
        write!(stream, "{head}content-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which the test then has told.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn content(length: usize) -> Vec<u8> {
    b"line of a document that nobody else should read; ".iter().copied().cycle().take(length).collect()
}

async fn keys(store: &AmazonS3) -> Vec<String> {
    let listed: Vec<_> = store.list(None).try_collect().await.unwrap();
    listed.into_iter().map(|object| object.location.to_string()).collect()
}

/// Puts, looks, reads, copies, lists and deletes.
async fn objects(store: &AmazonS3) {
    let (path, copied, content) = (Path::from("folder/a b.txt"), Path::from("copied"), content(200_000));
    let put = store.put(&path, PutPayload::from(content.clone())).await.unwrap();
    let head = store.head(&path).await.unwrap();
    assert_eq!((head.size, head.e_tag), (200_000, put.e_tag));
    assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == content);
    let ranges = store.get_ranges(&path, &[0..9, 65_530..65_545, 199_990..200_000]).await.unwrap();
    assert_eq!(ranges, [&content[0..9], &content[65_530..65_545], &content[199_990..]]);
    store.copy(&path, &copied).await.unwrap();
    assert!(store.get(&copied).await.unwrap().bytes().await.unwrap() == content);
    assert_eq!(keys(store).await, ["copied", "folder/a b.txt"]);
    for path in [path, copied] {
        store.delete(&path).await.unwrap();
        assert!(matches!(store.get(&path).await, Err(Error::NotFound { .. })));
    }
}

/// Uploads in three parts, and gives up another upload.
async fn uploads(store: &AmazonS3) {
    let (path, content) = (Path::from("long"), content(2 * PART + 5));
    let mut upload = store.put_multipart(&path).await.unwrap();
    for part in content.chunks(PART) {
        upload.put_part(PutPayload::from(part.to_vec())).await.unwrap();
    }
    upload.complete().await.unwrap();
    assert!(store.get(&path).await.unwrap().bytes().await.unwrap() == content);
    let edge = (PART - 9) as u64..(PART + 9) as u64;
    assert!(store.get_range(&path, edge).await.unwrap() == content[PART - 9..PART + 9]);
    store.delete(&path).await.unwrap();
    let mut given_up = store.put_multipart(&path).await.unwrap();
    given_up.put_part(PutPayload::from_static(b"part")).await.unwrap();
    given_up.abort().await.unwrap();
    assert_eq!(keys(store).await, Vec::<String>::new());
}

#[tokio::test]
async fn every_mode_is_written_read_copied_listed_and_deleted() {
    let server = Server::start();
    server.make_bucket().await;
    let key = STANDARD.encode([7; 32]);
    let stores = [
        ("200 OK", "AES256", server.client(|builder| builder)),
        ("200 OK", "aws:kms", server.client(|builder| builder.with_sse_kms_encryption(KMS_KEY).with_bucket_key(true))),
        ("200 OK", "aws:kms:dsse", server.client(|builder| builder.with_dsse_kms_encryption(KMS_KEY))),
        // Whoever has no key is not told the mode either.
        ("400 Bad Request", "", server.client(|builder| builder.with_ssec_encryption(key))),
    ];
    for (status, mode, store) in &stores {
        objects(store).await;
        uploads(store).await;
        let path = Path::from("mode");
        store.put(&path, PutPayload::from_static(b"content")).await.unwrap();
        let head = server.answer(Method::HEAD, &path).await;
        assert!(head.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{head}");
        let said = head.lines().find_map(|line| line.strip_prefix("x-amz-server-side-encryption: "));
        assert_eq!(said.unwrap_or_default(), *mode, "{head}");
        store.delete(&path).await.unwrap();
    }
}

#[tokio::test]
async fn a_customers_object_is_not_read_without_its_key() {
    let server = Server::start();
    server.make_bucket().await;
    let with = |key: [u8; 32]| server.client(move |builder| builder.with_ssec_encryption(STANDARD.encode(key)));
    let path = Path::from("a");
    with([7; 32]).put(&path, PutPayload::from_static(b"content")).await.unwrap();
    assert_eq!(with([7; 32]).get(&path).await.unwrap().bytes().await.unwrap(), "content");
    assert!(matches!(with([8; 32]).get(&path).await, Err(Error::PermissionDenied { .. })));
    assert!(server.client(|builder| builder).get(&path).await.is_err());
}
