//! `jejak serve`: serves a ledger until SIGTERM or Ctrl-C.

use std::io::{BufRead, IsTerminal, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::civil;
use serde_json::json;
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Runtime;

use super::failure::{Failure, Kind};
use super::tls::{TlsArgs, TlsSettings};
use super::{Out, output};
use crate::ledger::{ClockHold, Config, Ledger, Options, SeenHead, Waits, WitnessOptions, readable};
use crate::server;
use crate::server::settings::Settings;
use crate::server::{BLOCKING_THREADS, ClientHeader};

/// Serves a ledger.
#[derive(Debug, Args)]
pub struct Serve {
    /// The ledger's directory
    #[arg(long, value_name = "DIR", env = "JEJAK_DIR", default_value = "jejak-ledger")]
    pub dir: PathBuf,
    /// Address to listen on
    #[arg(long, value_name = "ADDR", env = "JEJAK_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Address in links and QR codes [default: public_url of config.toml]
    #[arg(long, value_name = "URL", env = "JEJAK_PUBLIC_URL")]
    pub public_url: Option<String>,
    /// HTTPS
    #[command(flatten)]
    pub tls: Box<TlsArgs>,
    /// Separate address to serve /metrics on [default: metrics of config.toml]
    #[arg(long, value_name = "ADDR", env = "JEJAK_METRICS")]
    pub metrics: Option<SocketAddr>,
    /// A checkpoint that a witness, a mirror or a reader has: the node does not start below it; repeatable
    #[arg(long = "seen", value_name = "FILE")]
    pub seen: Vec<PathBuf>,
    /// Reverse proxy whose forwarded client address is used, in addition to config.toml; repeatable
    #[arg(long = "trusted-proxy", value_name = "IP", env = "JEJAK_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<IpAddr>,
    /// Witness policy: the witnesses that are asked to cosign [default: witnesses.policy in the ledger's directory, if there is one]
    #[arg(long, value_name = "FILE", env = "JEJAK_WITNESS_POLICY")]
    pub witness_policy: Option<PathBuf>,
    /// Today's date, such as 2026-11-03: confirms the machine's clock after a long stop, where no terminal can ask
    #[arg(long, value_name = "DATE")]
    pub today: Option<civil::Date>,
    /// Header in which these proxies name their client, x-forwarded-for or forwarded [default: client_header of config.toml]
    #[arg(long, value_name = "HEADER", env = "JEJAK_CLIENT_HEADER")]
    pub client_header: Option<ClientHeader>,
}

impl Serve {
    /// Runs the verb.
    ///
    /// # Errors
    /// When the ledger cannot be opened or the address cannot be listened on.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        logging();
        let witnesses = witnesses(&self.dir, self.witness_policy.as_deref())?;
        let ledger = open(&self.dir, seen(&self.seen)?, witnesses)?;
        if let Some(hold) = ledger.clock_hold() {
            confirm_clock(&ledger, hold, self.today)?;
        }
        let mut settings = settings(&ledger, &self.dir)?;
        settings.public_url = self.public_url.filter(|url| !url.is_empty()).or(settings.public_url);
        settings.metrics = self.metrics.or(settings.metrics);
        settings.trusted_proxies.extend(self.trusted_proxies);
        settings.client_header = self.client_header.unwrap_or(settings.client_header);
        self.tls.override_settings(&mut settings);
        let tls = TlsSettings::take(&mut settings, &self.dir);
        let mut config = settings.config(&ledger.config().public_url).map_err(|why| {
            Failure::usage("the address for links and QR codes is not valid").because(why).hint(format!(
                "give --public-url, such as https://jejak.example, or correct public_url in {}",
                self.dir.join("config.toml").display()
            ))
        })?;
        config.tls = tls.open(&config.public_url)?;
        let reserved = reserved(ledger.config().limits.uploads_open);
        config.limits.connections = connections(config.limits.connections, file_descriptors(), reserved);
        let runtime = runtime()?;
        runtime.block_on(async {
            let _limit = file_size_limit();
            let listener = bind(self.listen).await?;
            let at = listener.local_addr().map_err(|e| Failure::usage("can't listen").because(e))?;
            let scheme = if config.tls.is_some() { "https" } else { "http" };
            let text = format!("serving {} at {scheme}://{at}, links use {}", ledger.id(), config.public_url);
            out.print(&text, &json!({ "ledger": ledger.id(), "listen": at, "publicUrl": config.public_url }));
            server::serve(ledger, config, listener, stopped()).await.map_err(|e| {
                let metrics = matches!(e, server::ServeError::Metrics { .. });
                let failure = Failure::usage("the server stopped").because(e);
                if metrics { failure.hint("choose another address with --metrics") } else { failure }
            })
        })
    }
}

/// Asks the operator whether the machine's clock is right. Without a terminal and without `--today` the node serves what it has, and takes
/// no records.
fn confirm_clock(ledger: &Ledger, hold: ClockHold, today: Option<civil::Date>) -> Result<(), Failure> {
    let (last, now) = (readable(hold.last), readable(hold.now));
    let wrong = |why: String| {
        Failure::usage("the node was not started: its machine's clock is not confirmed")
            .because(why)
            .hint("set the machine's clock, then start again")
    };
    let terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    let confirmed = match today {
        Some(date) if is_today(date, hold.now) => true,
        Some(date) => return Err(wrong(format!("--today says {date}, the machine says {now}"))),
        None if terminal => {
            eprint!("The last clock on the ledger is {last}, this machine says {now}. Is that right? [y/N] ");
            if !is_yes(&mut std::io::stdin().lock()) {
                return Err(wrong(format!("the last clock on the ledger is {last}, the machine says {now}")));
            }
            true
        }
        None => false,
    };
    let left = if confirmed { ledger.confirm_clock() } else { Some(hold) };
    let Some(left) = left else { return Ok(()) };
    output::warn(left);
    output::warn(match left.waits {
        Waits::Operator => "start the node in a terminal, which asks, or with --today and the date of today",
        Waits::Authority => {
            "the authority signs `jejak clock permit --until TIME` and submits it to this node; see docs/operations.md"
        }
    });
    Ok(())
}

/// Whether it is that date at `now`, in UTC or in the machine's time zone.
fn is_today(date: civil::Date, now: i64) -> bool {
    let zones = [jiff::tz::TimeZone::UTC, jiff::tz::TimeZone::system()];
    jiff::Timestamp::from_second(now).is_ok_and(|now| zones.iter().any(|zone| zone.to_datetime(now).date() == date))
}

/// Reads the answer to a question: only a yes is one.
fn is_yes(answers: &mut impl BufRead) -> bool {
    let mut answer = String::new();
    // an answer is short; a stream without end is none
    answers.take(64).read_line(&mut answer).is_ok()
        && matches!(answer.trim().to_lowercase().as_str(), "y" | "yes" | "ya")
}

/// The settings: `[server]` of config.toml, overridden by the environment.
fn settings(ledger: &Ledger, dir: &Path) -> Result<Settings, Failure> {
    Settings::read(&ledger.config().server, std::env::vars()).map_err(|why| {
        Failure::usage(format!("invalid settings in {}", dir.join("config.toml").display()))
            .because(why)
            .hint("docs/operations.md lists every setting, limit and variable")
    })
}

/// File descriptors reserved for the ledger: journal segments, tiles being written, the index, the listener.
const RESERVED: u64 = 256;

/// The same with those of the uploads on their way, of which each of four rooms takes `uploads_open`.
fn reserved(uploads_open: u64) -> u64 {
    RESERVED.saturating_add(uploads_open.saturating_mul(4))
}

/// Raises the limit on open files to the hard limit, and returns it.
fn file_descriptors() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // if it fails the old limit remains, which only means fewer connections
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

/// The number of concurrent connections: as configured, or fewer if there are too few file descriptors. Connections must not use up
/// those that the ledger needs.
fn connections(configured: usize, descriptors: u64, reserved: u64) -> usize {
    let room = descriptors.saturating_sub(reserved).max(descriptors / 4).max(1);
    let allowed = usize::try_from(room).map_or(configured, |room| configured.min(room));
    if allowed < configured {
        tracing::warn!(
            configured,
            allowed,
            descriptors,
            "fewer connections: the limit on open files is low (ulimit -n)"
        );
    }
    allowed
}

/// Logs structured lines to standard error; `RUST_LOG` sets the level.
pub(super) fn logging() {
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr);
    // a second call, in a test, has no effect
    let _ = lines.try_init();
}

/// The checkpoints in these files.
pub(super) fn seen(files: &[PathBuf]) -> Result<Vec<SeenHead>, Failure> {
    let read = |path: &PathBuf| {
        let note = std::fs::read_to_string(path).map_err(|e| Failure::file("read", path, e))?;
        Ok(SeenHead { by: path.display().to_string(), note })
    };
    files.iter().map(read).collect()
}

/// The witnesses that the ledger in `dir` asks. A directory that is no ledger is reported when it is opened.
fn witnesses(dir: &Path, policy: Option<&Path>) -> Result<Option<WitnessOptions>, Failure> {
    match Config::load(dir) {
        Ok(config) => super::witness::options(policy, dir, &config.log_key),
        Err(_) => Ok(None),
    }
}

/// Opens the ledger. When its storage fails later, the process exits: after a failed fsync only a restart shows what is durable.
pub(super) fn open(dir: &Path, seen: Vec<SeenHead>, witnesses: Option<WitnessOptions>) -> Result<Ledger, Failure> {
    let options = Options {
        on_fatal: Arc::new(|why| {
            output::error_line(format_args!(
                "error: storage failed: {why}\nhint: check the disk and its free space, then start again"
            ));
            std::process::exit(i32::from(Kind::Unreachable.code()));
        }),
        seen,
        witnesses,
        ..Options::default()
    };
    Ledger::open(dir, &options)
        .map_err(|error| super::opening::failed(format!("cannot open the ledger in {}", dir.display()), dir, error))
}

pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|e| Failure::usage("can't start the server's threads").because(e))
}

/// Connections that wait to be accepted. When a hostile address opens 4,000 at once, a shorter queue overflows: the kernel drops the
/// first packet of honest clients too, who try again a second later. Linux cuts it to `net.core.somaxconn`, 4,096 by default.
const BACKLOG: u32 = 4_096;

pub(super) async fn bind(at: SocketAddr) -> Result<TcpListener, Failure> {
    let listen = || {
        let socket = if at.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // as `TcpListener::bind` does: a node that was stopped starts again at once
        socket.set_reuseaddr(true)?;
        socket.bind(at)?;
        socket.listen(BACKLOG)
    };
    listen().map_err(|error: std::io::Error| {
        Failure::usage(format!("can't listen on {at}")).because(error).hint("choose another address with --listen")
    })
}

/// With a handler, a write beyond the process's limit on the size of a file (`RLIMIT_FSIZE`) fails like one on a full disk: without it, it
/// would end the process. Keep what it returns.
fn file_size_limit() -> Option<tokio::signal::unix::Signal> {
    use tokio::signal::unix::{SignalKind, signal};
    signal(SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw())).ok()
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
    fn only_a_yes_confirms_the_clock() {
        let yes = |text: &str| is_yes(&mut text.as_bytes());
        assert!(yes("y\n") && yes("Yes\n") && yes(" ya \n"));
        assert!(!yes("") && !yes("\n") && !yes("n\n") && !yes("no\n") && !yes("yesterday\n"));
    }

    #[test]
    fn date_of_another_day_does_not_confirm_the_clock() {
        // noon in UTC: the same date in most time zones
        let noon = 1_793_707_200;
        assert!(is_today("2026-11-03".parse().unwrap(), noon));
        for date in ["2026-11-01", "2026-11-05", "2035-11-03"] {
            assert!(!is_today(date.parse().unwrap(), noon), "{date}");
        }
    }

    #[test]
    fn connections_leave_file_descriptors_for_the_ledger() {
        assert_eq!(connections(4_096, 1_048_576, RESERVED), 4_096);
        assert_eq!(connections(4_096, 1_024, RESERVED), 768);
        assert_eq!(connections(4_096, 64, RESERVED), 16, "a quarter is always allowed");
        assert_eq!(connections(10, 1_024, RESERVED), 10);
        assert!(file_descriptors() >= 64);
    }

    #[test]
    fn uploads_at_once_do_not_use_up_the_file_descriptors_of_the_ledger() {
        // each upload holds its temporary file
        for uploads in [0, 1, 64, 1_000] {
            let left = 10_000 - connections(100_000, 10_000, reserved(uploads)) as u64 - 4 * uploads;
            assert_eq!(left, RESERVED, "{uploads} uploads");
        }
        assert_eq!(connections(4_096, 1_024, reserved(64)), 512);
        assert_eq!(connections(4_096, 1_024, reserved(u64::MAX)), 256);
    }
}
