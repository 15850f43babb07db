//! Streams of content into encrypted blobs and back: chunks of sixteen segments, so that neither end holds a whole object.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use s3s::StdError;

use crate::encryption::blob::TAG_LENGTH;
use crate::encryption::{BlobCipher, SEGMENT_LENGTH, segment_count};
use crate::store::{Backend, BackendError};

/// How many segments make a chunk of the backend: one MiB of content.
const SEGMENTS_PER_CHUNK: u32 = 16;

/// A failure while bytes are written or read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BytesError {
    /// The client's stream failed.
    #[error("the request's body failed: {0}")]
    Body(StdError),
    /// The backend failed.
    #[error(transparent)]
    Backend(#[from] BackendError),
    /// What is stored is not what was stored.
    #[error("the stored bytes of blob {0} were altered, or are missing")]
    Altered(String),
}

/// Looks at content as it passes: hashes.
pub(crate) trait Observer {
    /// Takes the next bytes.
    fn observe(&mut self, bytes: &[u8]);
}

/// Encrypts a stream into the blob `id` and gives its length. On failure the blob is removed.
pub(crate) async fn write<S, O>(
    backend: &dyn Backend,
    cipher: &BlobCipher,
    id: &str,
    content: S,
    observer: &mut O,
) -> Result<u64, BytesError>
where
    S: Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
    O: Observer + Send,
{
    let outcome = Writer::new(backend, cipher, id).write_all(content, observer).await;
    if outcome.is_err() {
        // The failure is what counts; what cannot be removed now is removed at the next start.
        let _ = backend.delete_blob(id).await;
    }
    outcome
}

struct Writer<'a> {
    backend: &'a dyn Backend,
    cipher: &'a BlobCipher,
    id: &'a str,
    /// Content that is not encrypted yet: at most a segment, which may turn out to be the last.
    segment: Vec<u8>,
    segments: u32,
    chunk: Vec<u8>,
    chunks: u32,
    length: u64,
}

impl<'a> Writer<'a> {
    fn new(backend: &'a dyn Backend, cipher: &'a BlobCipher, id: &'a str) -> Self {
        Self { backend, cipher, id, segment: Vec::new(), segments: 0, chunk: Vec::new(), chunks: 0, length: 0 }
    }

    async fn write_all<S, O>(mut self, mut content: S, observer: &mut O) -> Result<u64, BytesError>
    where
        S: Stream<Item = Result<Bytes, StdError>> + Send + Unpin,
        O: Observer + Send,
    {
        while let Some(bytes) = content.next().await {
            let bytes = bytes.map_err(BytesError::Body)?;
            observer.observe(&bytes);
            self.take(&bytes).await?;
        }
        self.seal_segment(true);
        self.flush().await?;
        self.backend.finish_blob(self.id).await?;
        Ok(self.length)
    }

    async fn take(&mut self, mut bytes: &[u8]) -> Result<(), BytesError> {
        self.length += bytes.len() as u64;
        while !bytes.is_empty() {
            if self.segment.len() as u64 == SEGMENT_LENGTH {
                self.seal_segment(false);
                if self.segments.is_multiple_of(SEGMENTS_PER_CHUNK) {
                    self.flush().await?;
                }
            }
            let room = usize::try_from(SEGMENT_LENGTH).unwrap_or(usize::MAX) - self.segment.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.segment.extend_from_slice(now);
            bytes = later;
        }
        Ok(())
    }

    fn seal_segment(&mut self, is_last: bool) {
        self.chunk.extend(self.cipher.seal(self.segments, is_last, &self.segment));
        self.segment.clear();
        self.segments += 1;
    }

    async fn flush(&mut self) -> Result<(), BytesError> {
        if !self.chunk.is_empty() {
            let chunk = Bytes::from(std::mem::take(&mut self.chunk));
            self.backend.put_chunk(self.id, self.chunks, chunk).await?;
            self.chunks += 1;
        }
        Ok(())
    }
}

/// A run of bytes of one blob, to be read.
pub(crate) struct Extent {
    /// The blob.
    pub(crate) id: String,
    /// Its cipher.
    pub(crate) cipher: BlobCipher,
    /// The length of all its content, in bytes.
    pub(crate) length: u64,
    /// The first byte wanted.
    pub(crate) start: u64,
    /// The byte after the last one wanted.
    pub(crate) end: u64,
}

/// Decrypts runs of bytes, one after the other, segment by segment. A segment that was altered ends the stream with an
/// error, and nothing of it is given.
pub(crate) fn read(
    backend: Arc<dyn Backend>,
    extents: Vec<Extent>,
) -> impl Stream<Item = Result<Bytes, BytesError>> + Send {
    stream::iter(extents).flat_map(move |extent| read_extent(backend.clone(), extent))
}

fn read_extent(backend: Arc<dyn Backend>, extent: Extent) -> impl Stream<Item = Result<Bytes, BytesError>> + Send {
    let first = u32::try_from(extent.start / SEGMENT_LENGTH).unwrap_or(u32::MAX);
    let reader = Reader { backend, extent, index: first, chunk: None };
    stream::try_unfold(
        reader,
        |mut reader| async move { Ok(reader.next_segment().await?.map(|bytes| (bytes, reader))) },
    )
}

struct Reader {
    backend: Arc<dyn Backend>,
    extent: Extent,
    index: u32,
    /// The chunk at hand, with its index.
    chunk: Option<(u32, Bytes)>,
}

impl Reader {
    async fn next_segment(&mut self) -> Result<Option<Bytes>, BytesError> {
        let offset = u64::from(self.index) * SEGMENT_LENGTH;
        let is_behind = offset >= self.extent.end && self.extent.length > 0;
        if is_behind || self.index >= segment_count(self.extent.length) {
            return Ok(None);
        }
        let stored = self.stored_segment().await?;
        let is_last = self.index + 1 == segment_count(self.extent.length);
        let opened = self.extent.cipher.open(self.index, is_last, &stored).map_err(|_| self.altered())?;
        self.index += 1;
        let from = self.extent.start.saturating_sub(offset).min(opened.len() as u64);
        let to = (self.extent.end - offset).min(opened.len() as u64);
        let within = |position| usize::try_from(position).unwrap_or(usize::MAX);
        Ok(Some(Bytes::from(opened).slice(within(from)..within(to))))
    }

    async fn stored_segment(&mut self) -> Result<Bytes, BytesError> {
        let (chunk_index, within_chunk) = (self.index / SEGMENTS_PER_CHUNK, self.index % SEGMENTS_PER_CHUNK);
        let chunk = match &self.chunk {
            Some((index, chunk)) if *index == chunk_index => chunk.clone(),
            _ => {
                let chunk = self.backend.chunk(&self.extent.id, chunk_index).await?.ok_or_else(|| self.altered())?;
                self.chunk = Some((chunk_index, chunk.clone()));
                chunk
            }
        };
        let stride = usize::try_from(SEGMENT_LENGTH + self.extent.cipher.layers() * TAG_LENGTH).unwrap_or(usize::MAX);
        let start = within_chunk as usize * stride;
        let end = (start + stride).min(chunk.len());
        if start >= end {
            return Err(self.altered());
        }
        Ok(chunk.slice(start..end))
    }

    fn altered(&self) -> BytesError {
        BytesError::Altered(self.extent.id.clone())
    }
}

/// Where byte `offset` of a blob stored in so many layers is: the chunk, and the offset in it.
pub(crate) fn chunk_of(offset: u64, layers: u64) -> (u32, usize) {
    let chunk_length = u64::from(SEGMENTS_PER_CHUNK) * (SEGMENT_LENGTH + layers * TAG_LENGTH);
    let index = u32::try_from(offset / chunk_length).unwrap_or(u32::MAX);
    (index, usize::try_from(offset % chunk_length).unwrap_or(usize::MAX))
}
