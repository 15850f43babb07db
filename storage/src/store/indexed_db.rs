//! A backend in the browser's IndexedDB, which pages, workers and service workers have, and which outlives them all.
//!
//! Three object stores: `sealed-records`, by key, `chunks`, by `[blob, index]`, and `keys`, where the root key is kept
//! ([`crate::root_key::browser`]). Each call is one transaction, and is answered
//! only when the browser says that the transaction is complete. Chunks are read one by one when they are wanted.

use std::future::Future;
use std::rc::Rc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::channel::oneshot;
use idb::{Database, KeyRange, ObjectStore, Query, Transaction, TransactionMode};
use js_sys::{Array, Uint8Array};
use send_wrapper::SendWrapper;
use wasm_bindgen::{JsCast, JsValue};

use super::{Backend, BackendError, Change, Expected, Record};

/// Version 1 kept records in plain and the root key among them; browsers that have it start anew.
const VERSION: u32 = 2;
const RECORDS: &str = "sealed-records";
const CHUNKS: &str = "chunks";
const KEYS: &str = "keys";

/// Where in `keys` the root key's entry is.
const ROOT_KEY: &str = "root-key";

/// Keeps everything in one IndexedDB database of the page's origin. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct IndexedDbBackend {
    /// One thread opens it and uses it; the wrapper would panic on another.
    database: SendWrapper<Rc<Database>>,
}

impl IndexedDbBackend {
    /// Opens a database, and makes it where there is none.
    ///
    /// # Errors
    /// Where the browser refuses: in some private windows, or where its storage is full.
    pub async fn open(name: &str) -> Result<Self, BackendError> {
        let builder = Database::builder(name)
            .version(VERSION)
            .add_object_store(ObjectStore::builder(RECORDS))
            .add_object_store(ObjectStore::builder(CHUNKS))
            .add_object_store(ObjectStore::builder(KEYS));
        let database = run(async move { Ok(SendWrapper::new(Rc::new(builder.build().await?))) }).await?;
        Ok(Self { database })
    }

    fn database(&self) -> Rc<Database> {
        Rc::clone(&self.database)
    }

    /// What is kept of the root key, or nothing.
    pub(crate) async fn root_key_entry(&self) -> Result<Option<SendWrapper<JsValue>>, BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[KEYS], TransactionMode::ReadOnly)?;
            let found = transaction.object_store(KEYS)?.get(JsValue::from_str(ROOT_KEY))?.await?;
            Ok(found.map(SendWrapper::new))
        })
        .await
    }

    /// Keeps something of the root key; there must be nothing yet.
    pub(crate) async fn add_root_key_entry(&self, entry: SendWrapper<JsValue>) -> Result<(), BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[KEYS], TransactionMode::ReadWrite)?;
            transaction.object_store(KEYS)?.add(&entry, Some(&JsValue::from_str(ROOT_KEY)))?.await?;
            complete(transaction).await
        })
        .await
    }
}

impl core::fmt::Debug for IndexedDbBackend {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("IndexedDbBackend").finish_non_exhaustive()
    }
}

#[async_trait]
impl Backend for IndexedDbBackend {
    async fn records(&self) -> Result<Vec<Record>, BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[RECORDS], TransactionMode::ReadOnly)?;
            let store = transaction.object_store(RECORDS)?;
            // Both are asked before either is awaited: in one transaction they see the same records.
            let (keys, values) = (store.get_all_keys(None, None)?, store.get_all(None, None)?);
            let (keys, values) = (keys.await?, values.await?);
            let record = |(key, value): (JsValue, JsValue)| Some((key.as_string()?, bytes_of(&value)?));
            keys.into_iter().zip(values).map(|pair| record(pair).ok_or(Fault::Foreign)).collect()
        })
        .await
    }

    async fn commit(&self, expected: Option<Expected>, changes: Vec<Change>) -> Result<bool, BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
            let store = transaction.object_store(RECORDS)?;
            if let Some(Expected { key, value }) = expected {
                let found = store.get(JsValue::from_str(&key))?.await?;
                if found.as_ref().and_then(bytes_of) != Some(value) {
                    return Ok(false);
                }
            }
            for change in &changes {
                match change {
                    Change::Put(key, value) => {
                        store.put(&Uint8Array::from(&value[..]), Some(&JsValue::from_str(key)))?;
                    }
                    Change::Delete(key) => {
                        store.delete(JsValue::from_str(key))?;
                    }
                }
            }
            complete(transaction).await.map(|()| true)
        })
        .await
    }

    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError> {
        let (database, key) = (self.database(), SendWrapper::new(chunk_key(blob, index)));
        run(async move {
            let transaction = database.transaction(&[CHUNKS], TransactionMode::ReadWrite)?;
            transaction.object_store(CHUNKS)?.put(&Uint8Array::from(&bytes[..]), Some(&key))?;
            complete(transaction).await
        })
        .await
    }

    /// Every chunk's transaction was complete.
    async fn finish_blob(&self, _: &str) -> Result<(), BackendError> {
        Ok(())
    }

    async fn chunk(&self, blob: &str, index: u32) -> Result<Option<Bytes>, BackendError> {
        let (database, key) = (self.database(), SendWrapper::new(chunk_key(blob, index)));
        run(async move {
            let transaction = database.transaction(&[CHUNKS], TransactionMode::ReadOnly)?;
            let found = transaction.object_store(CHUNKS)?.get(key.take())?.await?;
            found.map(|value| bytes_of(&value).map(Bytes::from).ok_or(Fault::Foreign)).transpose()
        })
        .await
    }

    async fn delete_blob(&self, blob: &str) -> Result<(), BackendError> {
        let (database, blob) = (self.database(), blob.to_owned());
        run(async move {
            let transaction = database.transaction(&[CHUNKS], TransactionMode::ReadWrite)?;
            transaction.object_store(CHUNKS)?.delete(all_chunks(&blob)?)?;
            complete(transaction).await
        })
        .await
    }

    async fn blobs(&self) -> Result<Vec<String>, BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[CHUNKS], TransactionMode::ReadOnly)?;
            let keys = transaction.object_store(CHUNKS)?.get_all_keys(None, None)?.await?;
            let mut ids: Vec<String> =
                keys.into_iter().filter_map(|key| key.dyn_into::<Array>().ok()?.get(0).as_string()).collect();
            // Keys come in their order, so a blob's are next to each other.
            ids.dedup();
            Ok(ids)
        })
        .await
    }
}

/// What can go wrong.
enum Fault {
    Idb(idb::Error),
    /// The browser undid a transaction, usually because its storage is full.
    Aborted,
    /// The database holds what this backend never wrote.
    Foreign,
}

impl From<idb::Error> for Fault {
    fn from(error: idb::Error) -> Self {
        Self::Idb(error)
    }
}

impl From<Fault> for BackendError {
    fn from(fault: Fault) -> Self {
        Self(match fault {
            Fault::Idb(error) => format!("IndexedDB: {error}"),
            Fault::Aborted => "IndexedDB aborted the transaction; the browser's storage may be full".to_owned(),
            Fault::Foreign => "IndexedDB holds something that was not written by this storage".to_owned(),
        })
    }
}

/// Runs a future of JavaScript's to its end, also where nobody waits for it any more: the callbacks of a transaction must
/// outlive it. What comes back may cross threads, so the caller's future is `Send`.
fn run<T: 'static>(
    future: impl Future<Output = Result<T, Fault>> + 'static,
) -> impl Future<Output = Result<T, BackendError>> + Send {
    let (sender, receiver) = oneshot::channel();
    wasm_bindgen_futures::spawn_local(async move {
        // Nobody may be waiting any more.
        let _ = sender.send(future.await.map_err(BackendError::from));
    });
    SendWrapper::new(async move {
        receiver.await.unwrap_or_else(|_| Err(BackendError("the worker is shutting down".to_owned())))
    })
}

/// Waits until a transaction is durable, as far as browsers say so.
async fn complete(transaction: Transaction) -> Result<(), Fault> {
    if transaction.commit()?.await?.is_committed() { Ok(()) } else { Err(Fault::Aborted) }
}

fn chunk_key(blob: &str, index: u32) -> JsValue {
    Array::of2(&JsValue::from_str(blob), &JsValue::from_f64(f64::from(index))).into()
}

/// From `[blob]`, which is before all of its chunks, to `[blob, []]`: arrays come after numbers.
fn all_chunks(blob: &str) -> Result<Query, Fault> {
    let blob = JsValue::from_str(blob);
    let (first, last) = (Array::of1(&blob), Array::of2(&blob, &Array::new()));
    Ok(KeyRange::bound(&first, &last, None, None)?.into())
}

fn bytes_of(value: &JsValue) -> Option<Vec<u8>> {
    value.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec)
}
