//! `jejak serve`: opens a ledger and serves it until SIGTERM or Ctrl-C.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use super::Out;
use super::fail::{Failure, Kind};
use crate::ledger::{Ledger, Options};
use crate::server;
use crate::server::settings::Settings;
use crate::server::{BLOCKING_THREADS, ServeError};

/// Serves a ledger.
#[derive(Debug, Args)]
pub struct Serve {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "JEJAK_DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// What QR codes and links show; else `public_url` under `[server]` of config.toml, else the ledger's
    #[arg(long, value_name = "URL", env = "JEJAK_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// Listener of its own for /metrics; else `metrics` under `[server]` of config.toml
    #[arg(long, value_name = "ADDR", env = "JEJAK_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// A reverse proxy whose X-Forwarded-For is believed, beside those of config.toml; may be given more than once
    #[arg(long = "trusted-proxy", value_name = "IP", env = "JEJAK_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,
}

impl Serve {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the ledger can't be opened or the address can't be listened on.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        logging();
        let ledger = open(&self.dir)?;
        let mut settings = settings(&ledger, &self.dir)?;
        settings.public_url = self.public_url.filter(|url| !url.is_empty()).or(settings.public_url);
        settings.metrics = self.metrics.or(settings.metrics);
        settings.trusted_proxies.extend(self.trusted_proxies);
        let mut config = settings.config(&ledger.config().public_url).map_err(|why| {
            Failure::usage("the address that links and QR codes show is none").why(why).next(format!(
                "give --public-url such as https://jejak.example, or put public_url right in {}",
                self.dir.join("config.toml").display()
            ))
        })?;
        config.limits.connections = connections(config.limits.connections, file_descriptors());
        let runtime = runtime()?;
        runtime.block_on(async {
            let listener = bind(self.listen).await?;
            let at = listener.local_addr().map_err(|e| Failure::usage("can't listen").why(e))?;
            let text = format!("serving {} at http://{at}, links show {}", ledger.id(), config.public_url);
            out.print(&text, &json!({ "ledger": ledger.id(), "listen": at, "publicUrl": config.public_url }));
            server::serve(ledger, config, listener, stopped()).await.map_err(|e| {
                let failure = Failure::usage("the server stopped").why(&e);
                match e {
                    ServeError::Metrics { .. } => failure.next("choose another address with --metrics"),
                    ServeError::Close(_) => failure,
                }
            })
        })
    }
}

/// How the ledger is to be served: `[server]` of its config.toml, the environment over it.
pub(super) fn settings(ledger: &Ledger, dir: &Path) -> Result<Settings, Failure> {
    Settings::read(&ledger.config().server, std::env::vars()).map_err(|why| {
        Failure::usage(format!("can't serve by the settings in {}", dir.join("config.toml").display()))
            .why(why)
            .next("docs/operations.md lists every setting, limit and variable")
    })
}

/// Descriptors that are not for connections: segments, tiles being written, sled, the listener.
const RESERVED: u64 = 256;

/// Raises the limit on open files to what the system allows this process, and says what it is.
fn file_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // refused, the old limit holds: it only means fewer connections
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

/// Connections at once: what was wished for, as far as the descriptors go. Idle ones must not keep the ledger from
/// opening its own files.
fn connections(wished: usize, descriptors: u64) -> usize {
    let room = descriptors.saturating_sub(RESERVED).max(descriptors / 4).max(1);
    let most = usize::try_from(room).map_or(wished, |room| wished.min(room));
    if most < wished {
        tracing::warn!(wished, most, descriptors, "fewer connections: the limit on open files is low (ulimit -n)");
    }
    most
}

/// One structured line per request on standard error; `RUST_LOG` overrides the level.
pub(super) fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr);
    // a second call, in a test, keeps the first
    let _ = lines.try_init();
}

/// Opens the ledger; when its storage fails later, the process ends: after a failed fsync only a new start tells what is
/// durable.
pub(super) fn open(dir: &Path) -> Result<Ledger, Failure> {
    let options = Options {
        on_fatal: Arc::new(|why| {
            eprintln!("jejak: storage failed: {why}\n  next: find out why, make room, then start again");
            std::process::exit(i32::from(Kind::Unreachable.code()));
        }),
        ..Options::default()
    };
    Ledger::open(dir, &options)
        .map_err(|error| super::opening::failed(format!("can't open the ledger in {}", dir.display()), dir, &error))
}

pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|e| Failure::usage("can't start the server's threads").why(e))
}

pub(super) async fn bind(at: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(at).await.map_err(|error| {
        Failure::usage(format!("can't listen on {at}")).why(error).next("choose another address with --listen")
    })
}

/// Completes on SIGTERM or Ctrl-C.
pub(super) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
        }
        Err(_) => {
            let _ = tokio::signal::ctrl_c().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_descriptors_for_the_ledger() {
        assert_eq!(connections(4_096, 1_048_576), 4_096);
        assert_eq!(connections(4_096, 1_024), 768);
        assert_eq!(connections(4_096, 64), 16, "and a few are always there");
        assert_eq!(connections(10, 1_024), 10);
        assert!(file_descriptors() >= 64);
    }
}
