//! A backend in a folder on disk, which outlives the process and its crashes.
//!
//! | name in the folder | content |
//! | --- | --- |
//! | `records.redb` | the records: a database that commits atomically and durably, and that one process opens at a time |
//! | `blobs/ab/ab…` | a blob: the length of its first chunk (8 bytes, little-endian), then its chunks |
//!
//! A blob is synchronised before a record names it, so what was acknowledged survives a loss of power too.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use redb::{Database, DatabaseError, ReadableDatabase, ReadableTable, StorageError, Table, TableDefinition};

use super::{Backend, BackendError, Change, Expected, Record};
use crate::root_key::file::sync_directory;

const RECORDS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("records");
/// What the database may keep of itself in memory, in bytes; the catalogue is in memory anyway.
const CACHE: usize = 16 * 1024 * 1024;
/// The length of a blob's header, in bytes.
const HEADER: u64 = 8;

/// Keeps everything in one folder.
#[derive(Clone)]
pub struct DiskBackend {
    database: Arc<Database>,
    blobs: PathBuf,
}

impl core::fmt::Debug for DiskBackend {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("DiskBackend").field("blobs", &self.blobs).finish_non_exhaustive()
    }
}

impl DiskBackend {
    /// Opens a folder, and makes it where there is none.
    ///
    /// # Errors
    /// Where another process has it open, and where it cannot be read or written.
    pub fn open(directory: &Path) -> Result<Self, BackendError> {
        let failed = |error: &dyn core::fmt::Display| BackendError(format!("{}: {error}", directory.display()));
        let blobs = directory.join("blobs");
        fs::create_dir_all(&blobs).map_err(|error| failed(&error))?;
        // All folders are there from the start, so that a new blob's name is durable with one synchronisation.
        for first in 0..=u8::MAX {
            match fs::create_dir(blobs.join(hex::encode([first]))) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(&error)),
                _ => {}
            }
        }
        let database = Database::builder().set_cache_size(CACHE).create(directory.join("records.redb"));
        let database = database.map_err(|error| match error {
            DatabaseError::DatabaseAlreadyOpen => failed(&"another process has this folder open; stop it first"),
            error => failed(&error),
        })?;
        for folder in [&*blobs, directory] {
            sync_directory(folder).map_err(|error| failed(&error))?;
        }
        Ok(Self { database: Arc::new(database), blobs })
    }

    /// Runs what waits for the disk where it holds up nobody, to its end whether anybody waits or not.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, DiskError> + Send + 'static,
    ) -> Result<T, BackendError> {
        let backend = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&backend)).await;
        done.map_err(|error| BackendError(error.to_string()))?.map_err(|error| BackendError(error.to_string()))
    }

    /// The file of a blob. Ids become names of files, so nothing but letters, digits and hyphens may be in them.
    fn path(&self, blob: &str) -> Result<PathBuf, DiskError> {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        match blob.get(..2) {
            Some(first) if blob.bytes().all(is_name) && hex::decode(first).is_ok() => {
                Ok(self.blobs.join(first.to_ascii_lowercase()).join(blob))
            }
            _ => Err(DiskError::Blob("has an id that cannot be a file's name")),
        }
    }

    /// Changes the records in one transaction, which is durable. It tells what the change tells.
    fn write_records<T>(
        &self,
        change: impl FnOnce(&mut RecordTable<'_>) -> Result<T, StorageError>,
    ) -> Result<T, DiskError> {
        let transaction = self.database.begin_write().map_err(redb::Error::from)?;
        let mut table = transaction.open_table(RECORDS).map_err(redb::Error::from)?;
        let outcome = change(&mut table).map_err(redb::Error::from)?;
        drop(table);
        transaction.commit().map_err(redb::Error::from)?;
        Ok(outcome)
    }
}

type RecordTable<'a> = Table<'a, &'static str, &'static [u8]>;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
enum DiskError {
    #[error("the disk: {0}")]
    Io(#[from] io::Error),
    #[error("the database of records: {0}")]
    Database(#[from] redb::Error),
    #[error("a blob {0}")]
    Blob(&'static str),
}

#[async_trait]
impl Backend for DiskBackend {
    async fn records(&self) -> Result<Vec<Record>, BackendError> {
        self.run(|backend| {
            let transaction = backend.database.begin_read().map_err(redb::Error::from)?;
            let table = match transaction.open_table(RECORDS) {
                Ok(table) => table,
                Err(redb::TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                Err(error) => return Err(redb::Error::from(error).into()),
            };
            let mut records = Vec::new();
            for entry in table.iter().map_err(redb::Error::from)? {
                let (key, value) = entry.map_err(redb::Error::from)?;
                records.push((key.value().to_owned(), value.value().to_vec()));
            }
            Ok(records)
        })
        .await
    }

    async fn commit(&self, expected: Option<Expected>, changes: Vec<Change>) -> Result<bool, BackendError> {
        self.run(move |backend| {
            backend.write_records(|table| {
                if let Some(Expected { key, value }) = &expected
                    && table.get(key.as_str())?.is_none_or(|found| found.value() != value)
                {
                    return Ok(false);
                }
                for change in &changes {
                    match change {
                        Change::Put(key, value) => table.insert(key.as_str(), &value[..])?,
                        Change::Delete(key) => table.remove(key.as_str())?,
                    };
                }
                Ok(true)
            })
        })
        .await
    }

    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError> {
        let blob = blob.to_owned();
        self.run(move |backend| write_chunk(&backend.path(&blob)?, index, &bytes)).await
    }

    async fn finish_blob(&self, blob: &str) -> Result<(), BackendError> {
        let blob = blob.to_owned();
        self.run(move |backend| {
            let path = backend.path(&blob)?;
            File::open(&path)?.sync_all()?;
            Ok(path.parent().map_or(Ok(()), sync_directory)?)
        })
        .await
    }

    async fn chunk(&self, blob: &str, index: u32) -> Result<Option<Bytes>, BackendError> {
        let blob = blob.to_owned();
        self.run(move |backend| read_chunk(&backend.path(&blob)?, index)).await
    }

    async fn delete_blob(&self, blob: &str) -> Result<(), BackendError> {
        let blob = blob.to_owned();
        self.run(move |backend| match fs::remove_file(backend.path(&blob)?) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        })
        .await
    }

    async fn blobs(&self) -> Result<Vec<String>, BackendError> {
        self.run(|backend| {
            let mut blobs = Vec::new();
            for folder in fs::read_dir(&backend.blobs)? {
                for file in fs::read_dir(folder?.path())? {
                    blobs.extend(file?.file_name().into_string().ok());
                }
            }
            blobs.sort_unstable();
            Ok(blobs)
        })
        .await
    }
}

fn write_chunk(path: &Path, index: u32, bytes: &[u8]) -> Result<(), DiskError> {
    let mut file = OpenOptions::new().read(true).write(true).create(index == 0).truncate(false).open(path)?;
    let length = file.metadata()?.len();
    let stride = if length == 0 {
        file.write_all(&(bytes.len() as u64).to_le_bytes())?;
        bytes.len() as u64
    } else {
        stride(&mut file)?
    };
    let start = HEADER + u64::from(index) * stride;
    let end = start + bytes.len() as u64;
    if bytes.len() as u64 > stride || start > length.max(HEADER) {
        return Err(DiskError::Blob("got a chunk that is longer than its first, or out of order"));
    }
    file.seek(SeekFrom::Start(start))?;
    file.write_all(bytes)?;
    if end < length && (bytes.len() as u64) < stride {
        file.set_len(end)?;
    }
    Ok(())
}

fn read_chunk(path: &Path, index: u32) -> Result<Option<Bytes>, DiskError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let stride = stride(&mut file)?;
    let start = HEADER + u64::from(index) * stride;
    let length = file.metadata()?.len().saturating_sub(start).min(stride);
    if length == 0 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = vec![0; usize::try_from(length).map_err(|_| DiskError::Blob("has a chunk that is too long"))?];
    file.read_exact(&mut bytes)?;
    Ok(Some(bytes.into()))
}

/// The length of a blob's first chunk, in bytes.
fn stride(file: &mut File) -> Result<u64, DiskError> {
    let mut header = [0; 8];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut header)?;
    let stride = u64::from_le_bytes(header);
    if stride == 0 || stride > file.metadata()?.len() {
        Err(DiskError::Blob("has a damaged header"))
    } else {
        Ok(stride)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend() -> (tempfile::TempDir, DiskBackend) {
        let directory = tempfile::tempdir().unwrap();
        let backend = DiskBackend::open(directory.path()).unwrap();
        (directory, backend)
    }

    async fn chunks(backend: &DiskBackend, blob: &str) -> Vec<Bytes> {
        let mut chunks = Vec::new();
        while let Some(chunk) = backend.chunk(blob, u32::try_from(chunks.len()).unwrap()).await.unwrap() {
            chunks.push(chunk);
        }
        chunks
    }

    #[tokio::test]
    async fn records_and_blobs_are_there_again_after_a_restart() {
        let (directory, backend) = backend();
        assert_eq!(backend.records().await.unwrap(), []);
        let put = |key: &str, value: &[u8]| Change::Put(key.to_owned(), value.to_vec());
        backend.commit(None, vec![put("a", b"1"), put("b", b"2"), Change::Delete("a".to_owned())]).await.unwrap();
        for (index, chunk) in ["first", "other", "las"].iter().enumerate() {
            let index = u32::try_from(index).unwrap();
            backend.put_chunk("ab12", index, Bytes::from_static(chunk.as_bytes())).await.unwrap();
        }
        backend.finish_blob("ab12").await.unwrap();
        drop(backend);
        let backend = DiskBackend::open(directory.path()).unwrap();
        assert_eq!(backend.records().await.unwrap(), [("b".to_owned(), b"2".to_vec())]);
        assert_eq!(backend.blobs().await.unwrap(), ["ab12"]);
        assert_eq!(chunks(&backend, "ab12").await, ["first", "other", "las"]);
        backend.delete_blob("ab12").await.unwrap();
        backend.delete_blob("ab12").await.unwrap();
        assert_eq!(backend.chunk("ab12", 0).await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_chunk_can_be_written_over() {
        let (_directory, backend) = backend();
        let put = async |index, bytes| backend.put_chunk("00", index, Bytes::from_static(bytes)).await;
        put(0, b"aaaa").await.unwrap();
        put(1, b"bbbb").await.unwrap();
        put(0, b"cccc").await.unwrap();
        assert_eq!(chunks(&backend, "00").await, ["cccc", "bbbb"]);
        put(1, b"d").await.unwrap();
        assert_eq!(chunks(&backend, "00").await, ["cccc", "d"]);
        assert!(put(3, b"eeee").await.is_err(), "out of order");
        assert!(put(1, b"fffff").await.is_err(), "too long");
        assert_eq!(chunks(&backend, "00").await, ["cccc", "d"]);
    }

    #[tokio::test]
    async fn an_id_that_is_no_files_name_is_refused() {
        let (_directory, backend) = backend();
        for id in ["", "a", "zz", "ab/../../x", "../ab", "ab\0"] {
            let error = backend.put_chunk(id, 0, Bytes::from_static(b"x")).await.unwrap_err().to_string();
            assert!(error.contains("cannot be a file's name"), "{id:?}: {error}");
        }
    }

    #[tokio::test]
    async fn one_process_at_a_time_has_a_folder_open() {
        let (directory, backend) = backend();
        let error = DiskBackend::open(directory.path()).unwrap_err().to_string();
        assert!(error.contains("another process"), "{error}");
        drop(backend);
        DiskBackend::open(directory.path()).unwrap();
    }

    #[tokio::test]
    async fn a_commit_is_made_only_where_its_expectation_holds() {
        let (_directory, backend) = backend();
        let commit = async |expected: &[u8], value: &[u8]| {
            let expected = Expected { key: "a".to_owned(), value: expected.to_vec() };
            backend.commit(Some(expected), vec![Change::Put("a".to_owned(), value.to_vec())]).await.unwrap()
        };
        assert!(!commit(b"", b"1").await, "there is none yet");
        assert!(backend.commit(None, vec![Change::Put("a".to_owned(), b"1".to_vec())]).await.unwrap());
        assert!(commit(b"1", b"2").await);
        assert!(!commit(b"1", b"3").await);
        assert_eq!(backend.records().await.unwrap(), [("a".to_owned(), b"2".to_vec())]);
    }
}
