//! A backend in the browser's IndexedDB, which pages, workers and service workers have, and which outlives them all.
//!
//! Two object stores: `records`, by key, and `chunks`, by `[blob, index]`. Each call is one transaction, and is answered
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

use super::{Backend, BackendError, Change};

const VERSION: u32 = 1;
const RECORDS: &str = "records";
const CHUNKS: &str = "chunks";

/// Keeps everything in one IndexedDB database of the page's origin.
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
            .add_object_store(ObjectStore::builder(CHUNKS));
        let database = run(async move { Ok(SendWrapper::new(Rc::new(builder.build().await?))) }).await?;
        Ok(Self { database })
    }

    fn database(&self) -> Rc<Database> {
        Rc::clone(&self.database)
    }
}

impl core::fmt::Debug for IndexedDbBackend {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.debug_struct("IndexedDbBackend").finish_non_exhaustive()
    }
}

#[async_trait]
impl Backend for IndexedDbBackend {
    async fn records(&self) -> Result<Vec<(String, Vec<u8>)>, BackendError> {
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

    async fn commit(&self, changes: Vec<Change>) -> Result<(), BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[RECORDS], TransactionMode::ReadWrite)?;
            let store = transaction.object_store(RECORDS)?;
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
            complete(transaction).await
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

    async fn clear(&self) -> Result<(), BackendError> {
        let database = self.database();
        run(async move {
            let transaction = database.transaction(&[RECORDS, CHUNKS], TransactionMode::ReadWrite)?;
            transaction.object_store(RECORDS)?.clear()?;
            transaction.object_store(CHUNKS)?.clear()?;
            complete(transaction).await
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
