//! Certificates by domain: an ACME client (RFC 8555) that proves control of the name on the listener itself (`tls-alpn-01`, RFC 8737),
//! so no port but that of https is needed.
//!
//! The account's key and the certificate with its key are kept in files of the ledger's directory, readable by the node alone: a restart
//! asks for nothing. A certificate is renewed when a third of its time is left. The crate's client has no time limit, and its timers
//! run by the time that passes: so the work begins anew every [`ANEW`], from the files, while the certificate in use stays.
//!
//! What it is not: a listener on port 80, or a way to names with wildcards (those take a record in DNS).

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use parking_lot::Mutex;
use rustls_acme::{
    AccountCache, AcmeConfig, AcmeState, CertCache, EventOk, ResolvesServerCertAcme, is_tls_alpn_challenge,
};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};

use super::tls::{HTTP, TlsError};
use crate::causes::causes;
use crate::record::Hash32;
use crate::store::files;

/// The protocol of a handshake that proves control of the name (RFC 8737, section 4).
pub const CHALLENGE: &[u8] = b"acme-tls/1";

/// How often the work begins anew from the files.
const ANEW: Duration = Duration::from_secs(24 * 60 * 60);

/// The directory of Let's Encrypt.
pub const LETS_ENCRYPT: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// What is asked of an ACME server, and where it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcmeOptions {
    /// Names that the certificate is for.
    pub domains: Vec<String>,
    /// E-mail addresses of the operator.
    pub contact: Vec<String>,
    /// The server's directory (RFC 8555, section 7.1.1).
    pub directory: String,
    /// Certificates (PEM) by which an ACME server of one's own is known, instead of those of the public web.
    pub roots: Option<PathBuf>,
    /// The folder that keeps keys and certificate.
    pub folder: PathBuf,
}

/// A certificate that is asked for, kept and renewed.
pub struct Acme {
    options: AcmeOptions,
    client: Arc<ClientConfig>,
    current: Arc<Current>,
    config: Arc<ServerConfig>,
    /// The work that `watch` takes up first.
    first: Mutex<Option<State>>,
}

type State = AcmeState<io::Error, io::Error>;

impl fmt::Debug for Acme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acme").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Acme {
    /// Reads the roots and makes the folder; nothing is asked of the server before [`Acme::watch`].
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn open(options: AcmeOptions) -> Result<Arc<Acme>, TlsError> {
        let folder = |source| TlsError::File { file: options.folder.clone(), source };
        files::create_dirs(&options.folder).map_err(folder)?;
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&options.folder, private).map_err(folder)?;
        let client = Arc::new(client(options.roots.as_deref())?);
        let first = begin(&options, &client);
        let current =
            Arc::new(Current(Mutex::new(Resolvers { asking: first.resolver(), certified: first.resolver() })));
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Pair)?;
        let mut config = config.with_no_client_auth().with_cert_resolver(current.clone());
        config.alpn_protocols = vec![HTTP.to_vec(), CHALLENGE.to_vec()];
        Ok(Arc::new(Acme { options, client, current, config: Arc::new(config), first: Mutex::new(Some(first)) }))
    }

    /// For the next handshake.
    pub fn acceptor(&self) -> TlsAcceptor {
        self.config.clone().into()
    }

    /// Asks for the certificate and renews it, for ever. When the server refuses or can't be reached it is asked again, later each time,
    /// and the log says why.
    pub async fn watch(self: Arc<Self>) {
        let first = self.first.lock().take();
        let mut state = first.unwrap_or_else(|| begin(&self.options, &self.client));
        loop {
            let resolver = state.resolver();
            self.current.0.lock().asking = resolver.clone();
            let work = async {
                while let Some(event) = state.next().await {
                    match event {
                        Ok(EventOk::DeployedCachedCert) => self.current.0.lock().certified = resolver.clone(),
                        Ok(EventOk::DeployedNewCert) => {
                            self.current.0.lock().certified = resolver.clone();
                            tracing::info!(domains = ?self.options.domains, "a new certificate is in use");
                        }
                        Ok(EventOk::CertCacheStore | EventOk::AccountCacheStore) => {}
                        Err(error) => {
                            tracing::warn!(error = %causes(&error), "no certificate from the ACME server; the node asks again");
                        }
                    }
                }
            };
            // also when a server that takes no end holds it up
            let _ = tokio::time::timeout(ANEW, work).await;
            state = begin(&self.options, &self.client);
        }
    }
}

/// The work from the files on: without a certificate there the server is asked.
fn begin(options: &AcmeOptions, client: &Arc<ClientConfig>) -> State {
    AcmeConfig::new_with_client_config(&options.domains, client.clone())
        .contact(options.contact.iter().map(|address| format!("mailto:{address}")))
        .directory(&options.directory)
        .cache(Folder(options.folder.clone()))
        .state()
}

fn client(roots: Option<&Path>) -> Result<ClientConfig, TlsError> {
    let mut trusted = RootCertStore::empty();
    match roots {
        None => trusted.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(file) => {
            let bytes = std::fs::read(file).map_err(|source| TlsError::File { file: file.to_owned(), source })?;
            for certificate in CertificateDer::pem_slice_iter(&bytes) {
                let wrong = |source| TlsError::Pem { file: file.to_owned(), what: "certificates", source };
                trusted.add(certificate.map_err(wrong)?).map_err(TlsError::Pair)?;
            }
            if trusted.is_empty() {
                return Err(TlsError::Empty { file: file.to_owned() });
            }
        }
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(TlsError::Pair)?;
    Ok(builder.with_root_certificates(trusted).with_no_client_auth())
}

/// Which certificate a handshake gets.
#[derive(Debug)]
struct Current(Mutex<Resolvers>);

#[derive(Debug)]
struct Resolvers {
    /// Of the work that goes on: it answers the server's challenges.
    asking: Arc<ResolvesServerCertAcme>,
    /// Of the work that had a certificate last.
    certified: Arc<ResolvesServerCertAcme>,
}

impl ResolvesServerCert for Current {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let resolvers = self.0.lock();
        let resolver = if is_tls_alpn_challenge(&hello) { &resolvers.asking } else { &resolvers.certified };
        let resolver = resolver.clone();
        drop(resolvers);
        resolver.resolve(hello)
    }
}

/// The account's key and the certificate in files of a folder. Names depend on what they were made for, so that another
/// server, domain or contact finds nothing.
struct Folder(PathBuf);

/// The certificate chain after its private key.
const CERTIFICATE: (&str, &str) = ("certificate", "pem");
/// The account's private key, PKCS#8 in DER.
const ACCOUNT: (&str, &str) = ("account", "key");

impl Folder {
    /// The file of `kind`, which is `(name, extension)`.
    fn file(&self, (name, extension): (&str, &str), names: &[String], directory: &str) -> PathBuf {
        let parts = names.iter().map(String::as_str).chain([directory]);
        let joined = parts.collect::<Vec<_>>().join("\0");
        let hash = Hash32::tagged("acme", &[joined.as_bytes()]).to_string();
        self.0.join(format!("{name}-{}.{extension}", &hash[..16]))
    }

    async fn read(file: PathBuf) -> io::Result<Option<Vec<u8>>> {
        match blocking(move || std::fs::read(file)).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => read.map(Some),
        }
    }

    async fn write(file: PathBuf, bytes: &[u8]) -> io::Result<()> {
        let bytes = zeroize::Zeroizing::new(bytes.to_vec());
        blocking(move || files::write_durably(&file, &bytes, 0o600)).await
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[async_trait::async_trait]
impl CertCache for Folder {
    type EC = io::Error;

    async fn load_cert(&self, domains: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        Folder::read(self.file(CERTIFICATE, domains, directory)).await
    }

    async fn store_cert(&self, domains: &[String], directory: &str, cert: &[u8]) -> io::Result<()> {
        Folder::write(self.file(CERTIFICATE, domains, directory), cert).await
    }
}

#[async_trait::async_trait]
impl AccountCache for Folder {
    type EA = io::Error;

    async fn load_account(&self, contact: &[String], directory: &str) -> io::Result<Option<Vec<u8>>> {
        Folder::read(self.file(ACCOUNT, contact, directory)).await
    }

    async fn store_account(&self, contact: &[String], directory: &str, account: &[u8]) -> io::Result<()> {
        Folder::write(self.file(ACCOUNT, contact, directory), account).await
    }
}
