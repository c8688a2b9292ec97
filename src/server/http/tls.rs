//! HTTPS without a proxy: TLS by rustls (RFC 8446, RFC 5246) over certificate files, which are read again when they change, or over a
//! certificate that the node asks for itself ([`super::acme`]).
//!
//! Phones sign only at an address with https. A handshake has the time limit of headers, and its connection counts against the limit of
//! connections from the first byte, so that slow handshakes take no more connections than slow headers. HTTP/1.1 is served inside, as
//! without TLS. What it is not: a listener on port 80.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};
use zeroize::{Zeroize, Zeroizing};

use super::acme::Acme;
use crate::causes::causes;
use crate::record::Hash32;

/// How often the files are compared with those in use.
const RELOAD: Duration = Duration::from_secs(10);

/// Why a certificate can't be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file can't be read.
    #[error("{} can't be read", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is no PEM, or has not what it must have.
    #[error("{} is no PEM file with {what}", file.display())]
    Pem {
        /// The file.
        file: PathBuf,
        /// What it must have.
        what: &'static str,
        /// Why.
        source: pem::Error,
    },
    /// A file without any certificate.
    #[error("{} has no certificate", file.display())]
    Empty {
        /// The file.
        file: PathBuf,
    },
    /// The chain is empty, or the key is not that of the certificate.
    #[error("the certificate and the key can't be used together")]
    Pair(#[source] rustls::Error),
}

/// The protocol inside, as it is named in a handshake (RFC 7301).
pub(super) const HTTP: &[u8] = b"http/1.1";

/// Where the certificate comes from.
#[derive(Debug, Clone)]
pub enum Tls {
    /// Files.
    Files(Arc<Certificates>),
    /// An ACME server.
    Acme(Arc<Acme>),
}

impl Tls {
    /// For the next handshake.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        match self {
            Tls::Files(files) => files.acceptor(),
            Tls::Acme(acme) => acme.acceptor(),
        }
    }

    /// Keeps the certificate fresh, for ever.
    pub(super) async fn watch(self) {
        match self {
            Tls::Files(files) => files.watch().await,
            Tls::Acme(acme) => acme.watch().await,
        }
    }
}

/// A certificate and its key in files, as they were read last.
pub struct Certificates {
    chain: PathBuf,
    key: PathBuf,
    current: Mutex<Current>,
}

struct Current {
    /// Of both files, to notice a change.
    hash: Hash32,
    config: Arc<ServerConfig>,
}

impl fmt::Debug for Certificates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificates").field("chain", &self.chain).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads the certificate chain in `chain` (the server's own certificate first) and its private key in `key`, both PEM.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(chain: &Path, key: &Path) -> Result<Arc<Certificates>, TlsError> {
        let current = Mutex::new(Files::read(chain, key)?.parsed(chain, key)?);
        Ok(Arc::new(Certificates { chain: chain.to_owned(), key: key.to_owned(), current }))
    }

    /// For the next handshake.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.current.lock().config.clone().into()
    }

    /// Reads the files again; whether they had changed. Connections that are open keep the certificate that they began with.
    ///
    /// # Errors
    /// [`TlsError`]; the certificate in use stays.
    pub fn reload(&self) -> Result<bool, TlsError> {
        let files = Files::read(&self.chain, &self.key)?;
        if files.hash() == self.current.lock().hash {
            return Ok(false);
        }
        let fresh = files.parsed(&self.chain, &self.key)?;
        *self.current.lock() = fresh;
        Ok(true)
    }

    /// Reads the files again every [`RELOAD`], for ever. While they are being replaced they may not fit together: then the certificate in
    /// use stays, and the log says so once.
    pub async fn watch(self: Arc<Self>) {
        let mut failing = false;
        loop {
            tokio::time::sleep(RELOAD).await;
            let files = self.clone();
            match tokio::task::spawn_blocking(move || files.reload()).await {
                Ok(Ok(changed)) => {
                    if changed {
                        tracing::info!("a new certificate is in use");
                    }
                    failing = false;
                }
                Ok(Err(error)) => {
                    if !failing {
                        tracing::warn!(error = %causes(&error), "the certificate was not read again; the one in use stays");
                    }
                    failing = true;
                }
                Err(error) => {
                    let error = causes(&error);
                    tracing::error!(%error, "reading the certificate ended the watch: a new one needs a restart");
                    return;
                }
            }
        }
    }
}

/// The bytes of both files.
struct Files {
    chain: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Files {
    fn read(chain: &Path, key: &Path) -> Result<Files, TlsError> {
        let file = |path: &Path| std::fs::read(path).map_err(|source| TlsError::File { file: path.to_owned(), source });
        Ok(Files { chain: file(chain)?, key: file(key).map(Zeroizing::new)? })
    }

    fn hash(&self) -> Hash32 {
        // part by part: put together they would be a second copy of the key
        let mut hasher = blake3::Hasher::new();
        hasher.update(Hash32::of(&self.chain).as_bytes()).update(&self.key);
        let hash = Hash32(*hasher.finalize().as_bytes());
        hasher.zeroize();
        hash
    }

    fn parsed(&self, chain: &Path, key: &Path) -> Result<Current, TlsError> {
        let wrong = |path: &Path, what, source| TlsError::Pem { file: path.to_owned(), what, source };
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&self.chain)
            .collect::<Result<_, _>>()
            .map_err(|source| wrong(chain, "certificates", source))?;
        let private = PrivateKeyDer::from_pem_slice(&self.key)
            .map_err(|source| wrong(key, "an unencrypted private key", source))?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(certificates, private));
        let mut config = config.map_err(TlsError::Pair)?;
        config.alpn_protocols = vec![HTTP.to_vec()];
        Ok(Current { hash: self.hash(), config: Arc::new(config) })
    }
}
