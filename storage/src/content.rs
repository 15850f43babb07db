//! Content on its way in: hashed, checked against what the client promised, encrypted.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::Stream;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use s3s::dto::Checksum;
use s3s::stream::aws_chunked_stream::AwsChunkedStreamError;
use s3s::stream::upload_stream::UploadStreamError;
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, TrailingHeaders, s3_error};

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::bytes_at_rest::{self, BytesError, Observer};
use crate::checksums::Algorithm;
use crate::core::{Core, now_millis, random_id};
use crate::encryption::{BlobCipher, ObjectKeys, Place};
use crate::model::StoredPart;

/// What a client says of the content it sends.
pub(crate) struct Promise<'a> {
    /// The request's headers: `Content-MD5`, `x-amz-checksum-*`, `x-amz-trailer`.
    pub(crate) headers: &'a HeaderMap,
    /// The headers after the body, there once it was read.
    pub(crate) trailers: Option<TrailingHeaders>,
    /// The algorithm to use where the client sent no checksum, if any.
    pub(crate) default_checksum: Option<&'static str>,
    /// The algorithm of the object's checksum, where this is a part of it.
    pub(crate) object_checksum: Option<&'static str>,
}

/// Writes content as one blob and gives what is to be known of it.
pub(crate) async fn store<S>(
    core: &Core,
    data_key: &ObjectKeys,
    place: Place<'_>,
    has_md5_etag: bool,
    content: S,
    promise: &Promise<'_>,
) -> S3Result<StoredPart>
where
    S: Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
{
    let blob = random_id();
    let cipher = BlobCipher::new(data_key, &blob, place);
    let mut hashes = Hashes::new(promise);
    let length = bytes_at_rest::write(&*core.backend, &cipher, &blob, content, &mut hashes).await?;
    match hashes.checked(promise) {
        Ok((md5, mut checksums)) => {
            // Where the key is not S3's own, the ETag says nothing of the content.
            let etag = if has_md5_etag { hex::encode(md5) } else { random_id() };
            let object_checksum = promise.object_checksum.and_then(|name| checksums.get(name).cloned());
            // What is computed for the object alone is not the part's to tell.
            checksums.retain(|name, _| promise.told().contains(&name.as_str()));
            let modified = now_millis();
            Ok(StoredPart { number: place.part, blob, length, etag, modified, checksums, object_checksum })
        }
        Err(error) => {
            let _ = core.backend.delete_blob(&blob).await;
            Err(error)
        }
    }
}

struct Hashes {
    md5: s3s::crypto::Md5,
    checksums: ChecksumHasher,
}

impl Observer for Hashes {
    fn observe(&mut self, bytes: &[u8]) {
        self.md5.update(bytes);
        self.checksums.update(bytes);
    }
}

impl Hashes {
    fn new(promise: &Promise<'_>) -> Self {
        let mut checksums = ChecksumHasher::default();
        for algorithm in promise.told().into_iter().chain(promise.object_checksum) {
            match algorithm {
                "crc32" => checksums.crc32 = Some(s3s::crypto::Crc32::new()),
                "crc32c" => checksums.crc32c = Some(s3s::crypto::Crc32c::new()),
                "crc64nvme" => checksums.crc64nvme = Some(s3s::crypto::Crc64Nvme::new()),
                "sha1" => checksums.sha1 = Some(s3s::crypto::Sha1::new()),
                _ => checksums.sha256 = Some(s3s::crypto::Sha256::new()),
            }
        }
        Self { md5: s3s::crypto::Md5::new(), checksums }
    }

    /// The MD5 and the checksums, if they are those that the client promised.
    fn checked(self, promise: &Promise<'_>) -> S3Result<([u8; 16], BTreeMap<String, String>)> {
        let md5: [u8; 16] = self.md5.finalize();
        if let Some(expected) = promise.headers.get("content-md5") {
            let expected = STANDARD.decode(expected.as_bytes()).ok().filter(|bytes| bytes.len() == 16);
            let expected =
                expected.ok_or_else(|| s3_error!(InvalidDigest, "The Content-MD5 you specified was invalid."))?;
            if expected != md5 {
                return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
            }
        }
        let computed = as_map(&self.checksums.finalize());
        for (algorithm, value) in &computed {
            if promise.value(algorithm).is_some_and(|expected| expected != *value) {
                let name = algorithm.to_ascii_uppercase();
                return Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."));
            }
        }
        Ok((md5, computed))
    }
}

impl Promise<'_> {
    /// The algorithms whose checksums answers tell of: those that the client named, or the default.
    fn told(&self) -> Vec<&'static str> {
        let named = self.named();
        if named.is_empty() { self.default_checksum.into_iter().collect() } else { named }
    }

    /// The algorithms that the client named, by the suffixes of their headers.
    pub(crate) fn named(&self) -> Vec<&'static str> {
        Algorithm::ALL.iter().map(|one| one.name()).filter(|name| self.names(name)).collect()
    }

    fn names(&self, algorithm: &str) -> bool {
        let header = format!("x-amz-checksum-{algorithm}");
        let in_trailer = |list: &http::HeaderValue| {
            list.to_str().is_ok_and(|list| list.split(',').any(|name| name.trim().eq_ignore_ascii_case(&header)))
        };
        let is_wanted = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(algorithm.as_bytes());
        self.headers.contains_key(&header)
            || self.headers.get_all("x-amz-trailer").iter().any(in_trailer)
            || ["x-amz-sdk-checksum-algorithm", "x-amz-checksum-algorithm"]
                .iter()
                .any(|name| self.headers.get(*name).is_some_and(is_wanted))
    }

    /// The value that the client gave, in a header or behind the body.
    fn value(&self, algorithm: &str) -> Option<String> {
        let header = format!("x-amz-checksum-{algorithm}");
        let text = |headers: &HeaderMap| headers.get(&header)?.to_str().ok().map(str::to_owned);
        text(self.headers).or_else(|| self.trailers.as_ref()?.read(text).flatten())
    }
}

/// Checksums by the suffix of their header.
fn as_map(checksum: &Checksum) -> BTreeMap<String, String> {
    let all = [
        ("crc32", &checksum.checksum_crc32),
        ("crc32c", &checksum.checksum_crc32c),
        ("crc64nvme", &checksum.checksum_crc64nvme),
        ("sha1", &checksum.checksum_sha1),
        ("sha256", &checksum.checksum_sha256),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect()
}

/// The stream of a request's body, or an empty one.
pub(crate) fn body_stream(
    body: Option<s3s::dto::StreamingBlob>,
) -> std::pin::Pin<Box<dyn Stream<Item = Result<Bytes, StdError>> + Send>> {
    match body {
        Some(body) => Box::pin(body),
        None => Box::pin(futures::stream::empty()),
    }
}

/// Stored content as a stream for a body: its first bytes are decrypted before the answer begins, so that what was
/// altered is refused with a status and not only by a connection that breaks.
pub(crate) async fn checked_stream<S>(stream: S) -> S3Result<s3s::dto::StreamingBlob>
where
    S: Stream<Item = Result<Bytes, bytes_at_rest::BytesError>> + Send + 'static,
{
    use futures::StreamExt;
    let mut stream = Box::pin(stream);
    let first = stream.next().await.transpose().map_err(S3Error::from)?;
    let whole = futures::stream::iter(first.map(Ok)).chain(stream);
    Ok(s3s::dto::StreamingBlob::wrap(sync_wrapper::SyncStream::new(whole)))
}

impl From<BytesError> for S3Error {
    fn from(error: BytesError) -> Self {
        match error {
            // A limit that the protocol crate enforces within the stream.
            BytesError::Body(cause) if cause.is::<s3s::BodySizeLimitExceeded>() => s3_error!(EntityTooLarge),
            BytesError::Body(cause) if matches!(cause.downcast_ref(), Some(UploadStreamError::Sha256Mismatch)) => {
                let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
                let code = s3s::S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into());
                let mut error = Self::with_message(code, text);
                error.set_status_code(http::StatusCode::BAD_REQUEST);
                error
            }
            BytesError::Body(cause) => of_a_body(cause),
            error => Self::internal_error(error),
        }
    }
}

/// What S3 answers where a body broke off, is not as long as was said, or has a chunk with a signature that is not its own.
fn of_a_body(cause: s3s::StdError) -> S3Error {
    match cause.downcast::<S3Error>() {
        Ok(error) => *error,
        Err(cause) => {
            let cause = match cause.downcast::<AwsChunkedStreamError>().map(|error| *error) {
                Ok(AwsChunkedStreamError::Underlying(cause)) => return of_a_body(cause),
                Ok(error) => error.into(),
                Err(cause) => cause,
            };
            match cause.downcast_ref::<AwsChunkedStreamError>().map(AwsChunkedStreamError::to_s3_error_code) {
                Some(S3ErrorCode::SignatureDoesNotMatch) => {
                    S3Error::with_message(S3ErrorCode::SignatureDoesNotMatch, crate::signatures::MISMATCH)
                }
                Some(S3ErrorCode::EntityTooLarge) => s3_error!(EntityTooLarge),
                _ => {
                    let text = "You did not provide the number of bytes specified by the Content-Length HTTP header";
                    S3Error::with_message(S3ErrorCode::IncompleteBody, text)
                }
            }
        }
    }
}
