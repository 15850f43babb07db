//! Connections: accepted, decrypted where TLS is on, answered by the service.

use std::net::SocketAddr;
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Version};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use s3_storage_sim::Storage;
use s3_storage_sim::faults::Fault;
use s3s::Body;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::watched_body::WatchedBody;

/// How long a connection may wait for a request's headers, the first or the next.
const HEADERS_TIMEOUT: Duration = Duration::from_secs(75);

/// Answers whoever connects, for ever.
pub(super) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, storage: Storage) {
    loop {
        let (stream, peer) = accepted(&listener).await;
        tokio::spawn(connection(stream, peer, tls.clone(), storage.clone()));
    }
}

/// The next connection. Running out of descriptors is waited out, not died of.
pub(super) async fn accepted(listener: &TcpListener) -> (TcpStream, SocketAddr) {
    loop {
        match listener.accept().await {
            Ok(connection) => return connection,
            Err(error) => {
                eprintln!("s3-storage-sim: a connection could not be accepted: {error}");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, tls: Option<TlsAcceptor>, storage: Storage) {
    // Small answers should not wait for more to come; where that cannot be set, they do.
    let _ = stream.set_nodelay(true);
    match tls {
        None => {
            let secure = storage.trusts_loopback() && peer.ip().to_canonical().is_loopback();
            answer(stream, secure, storage).await;
        }
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => answer(stream, true, storage).await,
            Err(error) => eprintln!("s3-storage-sim: no TLS with {peer}: {error}"),
        },
    }
}

/// Answers the requests of one connection. `secure` says whether nobody can read along.
async fn answer<S>(stream: S, secure: bool, storage: Storage)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let storage = storage.clone();
        async move { answer_one(&storage, request, secure).await }
    });
    // A client that goes away in the middle is its own business.
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADERS_TIMEOUT);
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// Answers a request. A refusal may come before the body was read, and HTTP/1 has no way to skip it: the connection ends,
/// and the client is told, or it would send its next request just when that happens. An answer that was to fail as a whole
/// ends the connection, or does not come.
async fn answer_one(
    storage: &Storage,
    request: hyper::Request<Incoming>,
    secure: bool,
) -> Result<hyper::Response<Body>, ResetOnPurpose> {
    let is_http_1 = request.version() <= Version::HTTP_11;
    let (head, body) = request.into_parts();
    let (body, watch) = WatchedBody::new(body);
    let request = hyper::Request::from_parts(head, Body::http_body(body));
    let storage = storage.clone();
    // A task of its own: a client that goes away must not stop it between two writes.
    let answered = tokio::spawn(async move { storage.handle(request, secure).await });
    let mut response = answered.await.unwrap_or_else(|_| {
        let mut failed = hyper::Response::new(Body::empty());
        *failed.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
        failed
    });
    match response.extensions().get::<Fault>() {
        Some(Fault::Reset) => return Err(ResetOnPurpose),
        // Until the client goes away, which drops this.
        Some(Fault::Stall) => std::future::pending().await,
        _ => {}
    }
    if is_http_1 && !watch.is_read() {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// The end of a connection without an answer.
#[derive(Debug, thiserror::Error)]
#[error("the connection was to be reset")]
struct ResetOnPurpose;
