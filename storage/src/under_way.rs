//! Requests under way, and bytes that wait for them: what a request replaced or deleted, an earlier one may still be reading
//! to its client, who is to get it whole, as from S3.

use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use s3s::StdError;

/// The requests that are being answered, their bodies included.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    begun: u64,
    running: BTreeSet<u64>,
    /// Blobs that nothing refers to any more, each with the number of requests that had begun when that came about: they
    /// alone may know it.
    unreferenced: VecDeque<(u64, String)>,
}

/// One request under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    all: Arc<UnderWay>,
    number: u64,
}

impl UnderWay {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each critical section is a single step, so a panic in one leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>) -> Running {
        let mut state = self.state();
        let number = state.begun;
        state.begun += 1;
        state.running.insert(number);
        Running { all: Arc::clone(self), number }
    }

    /// Nothing refers to these blobs any more.
    pub(crate) fn unreferenced(&self, blobs: impl IntoIterator<Item = String>) {
        let mut state = self.state();
        let begun = state.begun;
        state.unreferenced.extend(blobs.into_iter().map(|blob| (begun, blob)));
    }

    /// The blobs that no request can be reading any more. They are given once.
    pub(crate) fn unread(&self) -> Vec<String> {
        let mut state = self.state();
        let oldest = state.running.first().copied().unwrap_or(u64::MAX);
        let count = state.unreferenced.iter().take_while(|(begun, _)| *begun <= oldest).count();
        state.unreferenced.drain(..count).map(|(_, blob)| blob).collect()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.all.state().running.remove(&self.number);
    }
}

/// The body of an answer, which keeps its request under way.
pub(crate) struct RunningBody {
    body: s3s::Body,
    running: Option<Running>,
}

impl RunningBody {
    pub(crate) const fn new(body: s3s::Body, running: Running) -> Self {
        Self { body, running: Some(running) }
    }
}

impl Body for RunningBody {
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(None) = frame {
            self.running = None;
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blobs_wait_for_the_requests_that_may_know_them_and_for_no_others() {
        let all = Arc::new(UnderWay::default());
        let (early, late) = (all.begin(), all.begin());
        all.unreferenced(["a".to_owned(), "b".to_owned()]);
        let later = all.begin();
        all.unreferenced(["c".to_owned()]);
        assert_eq!(all.unread(), [""; 0]);
        drop(early);
        assert_eq!(all.unread(), [""; 0], "the other may be reading it too");
        drop(late);
        assert_eq!(all.unread(), ["a", "b"], "the last request came after these were gone");
        assert_eq!(all.unread(), [""; 0], "once");
        drop(later);
        assert_eq!(all.unread(), ["c"]);
    }
}
