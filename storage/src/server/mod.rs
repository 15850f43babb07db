//! The local server around the one service: the command line, sockets, TLS.

mod arguments;
mod connections;
mod inspection;
mod tls;
mod watched_body;

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use s3_storage_sim::root_key::RootKeyInMemory;
use s3_storage_sim::root_key::file::RootKeyFile;
use s3_storage_sim::store::MemoryBackend;
use s3_storage_sim::store::disk::DiskBackend;
use s3_storage_sim::{Config, Storage};
use tokio::net::{TcpListener, TcpSocket};

use arguments::Arguments;

/// A reason not to start, for a person.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {cause}")]
struct Failure {
    what: String,
    cause: String,
}

impl Failure {
    /// What could not be done, and why.
    fn new(what: &str, cause: &dyn std::fmt::Display) -> Self {
        Self { what: what.to_owned(), cause: cause.to_string() }
    }
}

/// Serves until it is told to stop.
pub(super) fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("the runtime could not be started", &error))
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("s3-storage-sim: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    let tls = arguments.tls().map(|(certificates, key)| tls::acceptor(certificates, key)).transpose()?;
    let demo = arguments.credentials.is_none().then(|| config.credentials.first().cloned()).flatten();
    let storage = opened(config, arguments).await?;
    let (listener, address) = bound(&arguments.listen).await?;
    if let Some(inspection_address) = &arguments.inspection {
        let (listener, address) = bound(inspection_address).await?;
        println!("inspection, which no real storage offers, on http://{address}");
        tokio::spawn(inspection::serve(listener, storage.clone()));
    }
    if let Some(demo) = demo {
        println!("access key {}, secret key {}", demo.access_key, demo.secret_key);
    }
    let scheme = if tls.is_some() { "https" } else { "http" };
    println!("listening on {scheme}://{address}");
    tokio::select! {
        () = connections::serve(listener, tls, storage) => Ok(()),
        stopped = tokio::signal::ctrl_c() => stopped.map_err(|error| Failure::new("signals cannot be awaited", &error)),
    }
}

/// The storage, over a folder or over memory.
async fn opened(config: Config, arguments: &Arguments) -> Result<Storage, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::new("the storage could not be started", error);
    let storage = match arguments.data() {
        Some((folder, root_key)) => {
            let backend = DiskBackend::open(folder).map_err(|error| failed(&error))?;
            Storage::open(config, Arc::new(backend), &RootKeyFile::new(root_key)).await
        }
        None => Storage::open(config, Arc::new(MemoryBackend::default()), &RootKeyInMemory::default()).await,
    };
    let storage = storage.map_err(|error| failed(&error))?;
    tokio::spawn(tidied(storage.clone()));
    Ok(storage)
}

/// Removes what the last requests before a quiet time left unread.
async fn tidied(storage: Storage) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        storage.tidy().await;
    }
}

/// How many connections may wait to be accepted. The default, 128, is too few for a thousand clients that come at once: the
/// system resets those that find no place.
const BACKLOG: u32 = 4096;

/// A socket, and its real address where port 0 was asked for.
async fn bound(address: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let failed = |error: std::io::Error| Failure::new(&format!("cannot listen on {address}"), &error);
    let mut outcome = Err(std::io::Error::new(std::io::ErrorKind::NotFound, "no such address"));
    for resolved in tokio::net::lookup_host(address).await.map_err(failed)? {
        outcome = listening(resolved);
        if outcome.is_ok() {
            break;
        }
    }
    let listener = outcome.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

fn listening(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart must not wait for the connections of the one before; on Windows this would share the port.
    if cfg!(unix) {
        socket.set_reuseaddr(true)?;
    }
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
