//! A request's body that tells whether all of it was read, and that does not wait for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use s3_storage_sim::limits::request_timeout;
use s3s::StdError;
use tokio::time::Sleep;

/// How long a client may send nothing of a body that is waited for; S3 gives up after about as long.
const IDLE: Duration = Duration::from_secs(20);

/// The body of a request.
pub(super) struct WatchedBody<B> {
    body: B,
    is_read: Arc<AtomicBool>,
    /// Runs while the client is waited for.
    idle: Option<Pin<Box<Sleep>>>,
}

/// Whether the body was read to its end.
pub(super) struct Watch(Arc<AtomicBool>);

impl<B: Body> WatchedBody<B> {
    /// Watches over a body. One that is empty counts as read.
    pub(super) fn new(body: B) -> (Self, Watch) {
        let is_read = Arc::new(AtomicBool::new(body.is_end_stream()));
        (Self { body, is_read: Arc::clone(&is_read), idle: None }, Watch(is_read))
    }
}

impl Watch {
    /// Whether the end was seen.
    pub(super) fn is_read(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl<B> Body for WatchedBody<B>
where
    B: Body<Data = Bytes, Error: Into<StdError>> + Unpin,
{
    type Data = Bytes;
    type Error = StdError;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, StdError>>> {
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) else {
            let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(IDLE)));
            ready!(idle.as_mut().poll(context));
            return Poll::Ready(Some(Err(request_timeout().into())));
        };
        self.idle = None;
        // A reader that counts bytes does not ask again after the last of them.
        if frame.is_none() || self.body.is_end_stream() {
            self.is_read.store(true, Ordering::Relaxed);
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
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
    use http_body_util::{BodyExt, StreamBody};
    use s3s::S3Error;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_sends_nothing_for_too_long_is_given_up() {
        let pieces = futures::stream::unfold(0, |sent| async move {
            // Slow, but alive; and then silent.
            let pause = if sent < 5 { IDLE / 2 } else { IDLE * 1000 };
            tokio::time::sleep(pause).await;
            Some((Ok::<_, StdError>(Frame::data(Bytes::from_static(b"piece"))), sent + 1))
        });
        let (mut body, watch) = WatchedBody::new(StreamBody::new(Box::pin(pieces)));
        for _ in 0..5 {
            body.frame().await.unwrap().unwrap();
        }
        // A reader may take its time: what counts is how long it waits.
        tokio::time::sleep(IDLE * 2).await;
        let silent_since = tokio::time::Instant::now();
        let error = body.frame().await.unwrap().unwrap_err().downcast::<S3Error>().unwrap();
        assert_eq!((error.code().as_str(), silent_since.elapsed()), ("RequestTimeout", IDLE));
        assert!(!watch.is_read());
    }
}
