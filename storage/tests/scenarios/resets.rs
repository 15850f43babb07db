//! Resets that meet other requests, are broken off, or fail: what is there afterwards is all there, and can be worked with.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::join;
use s3_storage_sim::store::{Backend, BackendError, Change, Expected, MemoryBackend, Record};
use s3_storage_sim::{Config, Storage};

use crate::support::{BUCKET, Client, SEGMENT, SSE, scenario, text};

/// A backend that is as slow as a disk: every call is waited for. Its blobs may stick.
struct Slow {
    inner: Arc<MemoryBackend>,
    blobs_stick: AtomicBool,
}

/// Gives way once.
async fn pause() {
    let mut has_paused = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_paused, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[async_trait]
impl Backend for Slow {
    async fn records(&self) -> Result<Vec<Record>, BackendError> {
        pause().await;
        self.inner.records().await
    }

    async fn commit(&self, expected: Option<Expected>, changes: Vec<Change>) -> Result<bool, BackendError> {
        pause().await;
        let made = self.inner.commit(expected, changes).await;
        pause().await;
        made
    }

    async fn put_chunk(&self, blob: &str, index: u32, bytes: Bytes) -> Result<(), BackendError> {
        pause().await;
        self.inner.put_chunk(blob, index, bytes).await
    }

    async fn finish_blob(&self, blob: &str) -> Result<(), BackendError> {
        pause().await;
        self.inner.finish_blob(blob).await
    }

    async fn chunk(&self, blob: &str, index: u32) -> Result<Option<Bytes>, BackendError> {
        pause().await;
        self.inner.chunk(blob, index).await
    }

    async fn delete_blob(&self, blob: &str) -> Result<(), BackendError> {
        pause().await;
        if self.blobs_stick.load(Ordering::SeqCst) {
            return Err(BackendError("the blob sticks".to_owned()));
        }
        self.inner.delete_blob(blob).await
    }

    async fn blobs(&self) -> Result<Vec<String>, BackendError> {
        pause().await;
        self.inner.blobs().await
    }
}

/// A client of a storage over such a backend, with one bucket and one object.
async fn slow() -> (Client, Arc<Slow>) {
    let mut client = Client::new().await;
    let slow = Arc::new(Slow { inner: client.backend.clone(), blobs_stick: AtomicBool::new(false) });
    client.storage = Storage::open(Config::default(), slow.clone(), &*client.root_key).await.unwrap();
    client.put("demo/a").body("content").send().await.assert_ok();
    (client, slow)
}

/// Goes on with something a number of times, and tells whether it came to its end.
fn went_on(work: &mut (impl Future + Unpin), times: usize) -> bool {
    (0..times).any(|_| work.now_or_never().is_some())
}

/// Whether a storage takes changes, and opens again with them.
async fn assert_works(client: &Client) {
    client.put("another-bucket").send().await.assert_ok();
    client.put("another-bucket/b").body("later").send().await.assert_ok();
    let again = client.restarted(|_| {}).await;
    assert_eq!(again.get("another-bucket/b").send().await.assert_ok().text(), "later");
}

#[scenario]
async fn a_reset_that_is_broken_off_leaves_a_store_that_takes_changes() {
    for times in 1..40 {
        let (client, _) = slow().await;
        let is_done = {
            let mut reset = Box::pin(client.storage.reset());
            went_on(&mut reset, times)
        };
        assert_works(&client).await;
        if is_done {
            assert!(times > 3, "it was broken off in between");
            return;
        }
    }
    panic!("a reset has an end");
}

#[scenario]
async fn a_reset_that_cannot_remove_bytes_has_removed_what_names_them() {
    let (client, slow) = slow().await;
    slow.blobs_stick.store(true, Ordering::SeqCst);
    let refused = client.storage.reset().await.unwrap_err().to_string();
    assert!(refused.contains("the blob sticks"), "{refused}");
    client.get("demo/a").send().await.assert_code(404, "NoSuchBucket");
    assert_works(&client).await;
    slow.blobs_stick.store(false, Ordering::SeqCst);
    client.storage.reset().await.unwrap();
    assert_eq!(client.backend.blobs().await.unwrap().len(), 0);
}

#[scenario]
async fn a_write_that_a_reset_overtakes_is_not_acknowledged_as_if_it_were_there() {
    // Three chunks of the backend, each of which is waited for.
    let content = text(40 * SEGMENT);
    let mut refused = 0;
    for times in 1..30 {
        let (client, _) = slow().await;
        let mut put = pin!(client.put("demo/b").body(content.clone()).send());
        if went_on(&mut put, times) {
            break;
        }
        let reset = async {
            client.storage.reset().await.unwrap();
            client.put(BUCKET).send().await.assert_ok();
        };
        let (put, ()) = join(put, reset).await;
        let got = client.get("demo/b").send().await;
        if put.status == 200 {
            // Before the reset, or after it.
            assert!(got.status == 404 || got.body == content, "{times}: {}", got.status);
        } else {
            put.assert_code(404, "NoSuchBucket");
            got.assert_code(404, "NoSuchKey");
            refused += 1;
        }
    }
    assert!(refused > 1, "{refused}");
}

#[scenario]
async fn an_upload_is_not_begun_in_a_bucket_that_is_gone_meanwhile() {
    let mut refused = 0;
    for times in 1..30 {
        let (client, _) = slow().await;
        client.delete("demo/a").send().await;
        let mut create = pin!(client.post("demo/b").query("uploads", "").header(SSE, "aws:kms").send());
        if went_on(&mut create, times) {
            break;
        }
        let remake = async {
            assert_eq!(client.delete(BUCKET).send().await.status, 204);
        };
        let (create, ()) = join(create, remake).await;
        client.put(BUCKET).send().await.assert_ok();
        let listed = client.get("demo").query("uploads", "").send().await.assert_ok();
        assert_eq!(listed.elements("UploadId").len(), 0, "{times}");
        if create.status != 200 {
            create.assert_code(404, "NoSuchBucket");
            refused += 1;
        }
    }
    assert!(refused > 0);
}
