//! The accept loop: bounded connections, timeouts for reading headers and writing answers, and a shutdown that answers every
//! waiting request and that slow peers can't delay.
//!
//! Every connection is accepted at once. When there are too many, the address that has the most gives one up, or the new one is
//! refused: a client that fills the node with connections keeps out itself, and nobody else.

use std::convert::Infallible;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::acme;
use super::answer;
use super::client::{self, Client};
use super::limits;
use super::pace::{Pace, Paced};
use super::problem::{Kind, Problem};
use super::shares::{Full, Hold, Owner, Yields};
use super::stream::{Progress, WriteTimeout};
use super::tls::Tls;
use crate::causes::causes;
use crate::ledger::Ledger;
use crate::server::{App, Config, checks, ops, router};

/// Longest time a shutdown waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(15);

/// How long a peer may be idle in the middle of a request or an answer once the node is closing.
const GRACE: Duration = Duration::from_secs(2);

/// The least that hyper takes for the buffer of a connection.
const LEAST_HEADER: usize = 8 << 10;

/// Time for the first read of new connections once the node is closing: hyper closes a connection that it has not read from,
/// even if a request is in its buffer.
const FIRST_READ: Duration = Duration::from_millis(500);

/// Bytes that the kernel keeps of what a client has not read, on each connection; it doubles the number. By default it would
/// grow to megabytes, and the reading of a slow client would be noticed too seldom to measure its rate.
const SEND_BUFFER: usize = 64 << 10;

/// A connection on which no bytes moved for this long gives way to a new one of its own client too.
const IDLE: Duration = Duration::from_secs(1);

/// The answer to a client that has all the connections it may have.
static REFUSED: LazyLock<String> = LazyLock::new(|| {
    let problem =
        Problem::new(Kind::Busy, "your network has as many connections as it may have; try again in a moment");
    let body = serde_json::to_string(&problem).unwrap_or_default();
    format!(
        "HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\ncache-control: no-store\r\n\
         content-type: application/problem+json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
});

/// Completes [`GRACE`] after the node began to close.
pub(super) async fn grace(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closing| *closing).await.is_ok() {
        tokio::time::sleep(GRACE).await;
    }
}

/// Why serving ended with an error.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener of the metrics cannot be bound.
    #[error("cannot listen on {at} for /metrics")]
    Metrics {
        /// Its address.
        at: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The ledger panicked while it shut down.
    #[error("the ledger did not shut down cleanly")]
    Shutdown(#[source] tokio::task::JoinError),
}

/// Serves `ledger` on `listener` until `shutdown` completes; then answers every waiting request, publishes what is
/// sequenced, and returns.
///
/// # Errors
/// [`ServeError`].
pub async fn serve(
    ledger: Ledger,
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    let metrics_at = config.metrics;
    let app = App::new(ledger.clone(), config);
    if let Some(at) = metrics_at {
        let metrics = TcpListener::bind(at).await.map_err(|source| ServeError::Metrics { at, source })?;
        let router = ops::metrics_router(app.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(metrics, router).await {
                tracing::error!(error = %causes(&error), "the metrics listener stopped");
            }
        });
    }
    if let Some(tls) = app.config.tls.clone() {
        tokio::spawn(tls.watch());
    }
    let forget = app.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(60));
        loop {
            tick.tick().await;
            forget.rates.forget_idle();
        }
    });
    tokio::spawn(checks::run(app.clone()));
    let router = router(app.clone());
    accept(&app, router, listener, shutdown).await;
    tokio::task::spawn_blocking(move || ledger.shutdown()).await.map_err(ServeError::Shutdown)
}

async fn accept(app: &Arc<App>, router: Router, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let limits = &app.config.limits;
    // inherited by the connections
    if let Err(error) = socket2::SockRef::from(&listener).set_send_buffer_size(SEND_BUFFER) {
        tracing::warn!(%error, "the kernel's buffers for answers are not bounded");
    }
    let least = usize::try_from(limits.least_rate.saturating_mul(limits.write_time.as_secs())).unwrap_or(usize::MAX);
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        // what hyper holds of one connection: headers being read, and frames being written
        .max_buf_size(limits.header.max(LEAST_HEADER));
    let http = Arc::new(http);
    let graceful = GracefulShutdown::new();
    let begin = |stream: TcpStream, peer: SocketAddr| {
        // Nagle's algorithm would delay small answers until the peer acknowledges
        let _ = stream.set_nodelay(true);
        let progress = Progress::new();
        let acceptor = app.config.tls.as_ref().map(Tls::acceptor);
        // no answer can be read before a handshake
        if acceptor.is_some() && !limits::may_shake_hands(app, &Client::of_peer(peer)) {
            return;
        }
        let Ok(mut hold) = admit(app, peer, &progress) else {
            return if acceptor.is_none() {
                refuse(stream)
            };
        };
        let stream = WriteTimeout::new(stream, limits.write_time, least.max(1), progress.clone());
        let connection = Connection {
            app: app.clone(),
            router: router.clone(),
            http: http.clone(),
            watcher: graceful.watcher(),
            peer,
            progress: progress.clone(),
        };
        let (mut closing, handshake) = (app.closing.subscribe(), limits.header_time);
        tokio::spawn(async move {
            let served = async {
                match acceptor {
                    None => connection.serve(stream).await,
                    // a handshake that fails or takes too long ends the connection, as slow headers do
                    Some(acceptor) => {
                        if let Ok(Ok(stream)) = tokio::time::timeout(handshake, acceptor.accept(stream)).await
                            // the handshake alone was the challenge
                            && stream.get_ref().1.alpn_protocol() != Some(acme::CHALLENGE)
                        {
                            connection.serve(stream).await;
                        }
                    }
                }
            };
            tokio::select! {
                () = served => {}
                () = idle_while_closing(&mut closing, &progress) => {}
                () = hold.given_way() => {}
            }
            drop(hold);
        });
    };
    tokio::pin!(shutdown);
    loop {
        let (stream, peer) = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // for example no file descriptor is left: existing connections continue, new ones wait
                    tracing::warn!(error = %causes(&error), "accept failed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        begin(stream, peer);
    }
    // serve connections in the accept queue too: closing the listener would reset them
    let end = tokio::time::Instant::now() + FIRST_READ;
    while let Ok(Ok((stream, peer))) = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await {
        begin(stream, peer);
        // one client that connects again and again must not hold up the stop
        if tokio::time::Instant::now() >= end {
            break;
        }
    }
    drop(listener);
    if graceful.count() > 0 {
        tokio::time::sleep(FIRST_READ).await;
    }
    app.closing.send_replace(true);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not end in time"),
    }
}

/// A connection that was accepted.
struct Connection {
    app: Arc<App>,
    router: Router,
    http: Arc<auto::Builder<TokioExecutor>>,
    watcher: Watcher,
    peer: SocketAddr,
    progress: Arc<Progress>,
}

impl Connection {
    /// Serves its requests. Errors are not logged: the peer closed the connection or was too slow.
    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let Connection { app, router, http, watcher, peer, progress } = self;
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            serve_request(app.clone(), router.clone(), request, peer, progress.clone())
        });
        let connection = http.serve_connection(TokioIo::new(stream), service).into_owned();
        let _ = watcher.watch(connection).await;
    }
}

/// A place for a connection from `peer`.
fn admit(app: &App, peer: SocketAddr, progress: &Arc<Progress>) -> Result<Hold, Full> {
    let client = Client::of_peer(peer);
    let owner = match client.is_one_of(&app.config.trusted_proxies) {
        true => Owner::Proxy,
        false => Owner::Address(client.share()),
    };
    let progress = progress.clone();
    let yields = move || match progress.is_working() {
        true => Yields::Last,
        false if progress.is_idle(IDLE) => Yields::Idle,
        false => Yields::First,
    };
    app.connections.take(owner, 1, yields)
}

/// Answers without reading anything, and closes.
fn refuse(stream: TcpStream) {
    // a fresh connection has room for it, and where the answer can't be sent the connection is closed all the same
    if let Ok(mut stream) = stream.into_std() {
        let _ = stream.write(REFUSED.as_bytes());
    }
}

/// Completes when the node is closing, the connection is idle, and no handler works on it.
async fn idle_while_closing(closing: &mut watch::Receiver<bool>, progress: &Progress) {
    if closing.wait_for(|closing| *closing).await.is_err() {
        return std::future::pending().await;
    }
    while !progress.is_idle(GRACE) {
        tokio::time::sleep(GRACE / 8).await;
    }
}

async fn serve_request(
    app: Arc<App>,
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
    progress: Arc<Progress>,
) -> Result<axum::response::Response, Infallible> {
    let pace = Pace { rate: app.config.limits.least_rate, grace: app.config.limits.header_time };
    let (head, body) = request.into_parts();
    let (body, clock) = Paced::new(body, pace, progress.clone());
    let _in_flight = InFlight::count(progress);
    let mut request = Request::from_parts(head, Body::new(body));
    request.extensions_mut().insert(clock.clone());
    let config = &app.config;
    let client = Client::of(&config.trusted_proxies, config.client_header, peer, request.headers());
    request.extensions_mut().insert(client);
    let mut response = client::on_shares_of(Owner::Address(client.share()), answer::answer(app, router, request)).await;
    if clock.is_cut() {
        // hyper closes the connection unless the rest of the body is already in its buffer. Without this header a client would send its
        // next request on the closing connection, and get no answer (RFC 9112, section 9.6)
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(response)
}

/// Counts a request in flight, until it is answered or dropped.
struct InFlight(Arc<Progress>);

impl InFlight {
    fn count(progress: Arc<Progress>) -> InFlight {
        progress.answering.fetch_add(1, Ordering::Relaxed);
        InFlight(progress)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
    }
}
