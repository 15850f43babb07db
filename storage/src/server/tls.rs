//! TLS for the local server.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::Failure;

/// Reads a certificate chain and its key.
pub(super) fn acceptor(certificates: &Path, key: &Path) -> Result<TlsAcceptor, Failure> {
    let of = |path: &Path| format!("{} cannot be used", path.display());
    let chain = CertificateDer::pem_file_iter(certificates)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| Failure::new(&of(certificates), &error))?;
    let private_key = PrivateKeyDer::from_pem_file(key).map_err(|error| Failure::new(&of(key), &error))?;
    // Named here, so that another crate's choice of provider changes nothing.
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::new("TLS cannot be set up", &error))?
        .with_no_client_auth()
        .with_single_cert(chain, private_key)
        .map_err(|error| Failure::new(&of(certificates), &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
