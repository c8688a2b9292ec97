//! The accept loop: bounded connections, timeouts for reading headers and writing answers, and a shutdown that answers every
//! waiting request and that slow peers can't delay.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::answer;
use super::client::Client;
use super::stream::{Progress, WriteTimeout};
use crate::causes::causes;
use crate::ledger::Ledger;
use crate::server::{App, Config, ops, router};

/// Longest time a shutdown waits for requests in flight.
const DRAIN: Duration = Duration::from_secs(15);

/// How long a peer may be idle in the middle of a request or an answer once the node is closing.
const GRACE: Duration = Duration::from_secs(2);

/// Time for the first read of new connections once the node is closing: hyper closes a connection that it has not read from,
/// even if a request is in its buffer.
const FIRST_READ: Duration = Duration::from_millis(500);

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
    let forget = app.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(60));
        loop {
            tick.tick().await;
            forget.rates.forget_idle();
        }
    });
    let router = router(app.clone());
    accept(&app, router, listener, shutdown).await;
    tokio::task::spawn_blocking(move || ledger.shutdown()).await.map_err(ServeError::Shutdown)
}

async fn accept(app: &Arc<App>, router: Router, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(app.config.limits.connections));
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(app.config.limits.header_time);
    let graceful = GracefulShutdown::new();
    let begin = |stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit| {
        // Nagle's algorithm would delay small answers until the peer acknowledges
        let _ = stream.set_nodelay(true);
        let progress = Progress::new();
        let stream = WriteTimeout::new(stream, app.config.limits.write_time, progress.clone());
        let (app_of, router, working) = (app.clone(), router.clone(), progress.clone());
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            serve_request(app_of.clone(), router.clone(), request, peer, working.clone())
        });
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service).into_owned());
        let mut closing = app.closing.subscribe();
        tokio::spawn(async move {
            // errors are not logged: the peer closed the connection or was too slow
            tokio::select! {
                _ = connection => {}
                () = idle_while_closing(&mut closing, &progress) => {}
            }
            drop(slot);
        });
    };
    tokio::pin!(shutdown);
    loop {
        let slot = tokio::select! {
            () = &mut shutdown => break,
            slot = slots.clone().acquire_owned() => slot,
        };
        let Ok(slot) = slot else { break };
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
        begin(stream, peer, slot);
    }
    // serve connections in the accept queue too: closing the listener would reset them
    while let Ok(slot) = slots.clone().try_acquire_owned() {
        let waiting = tokio::time::timeout(Duration::from_millis(1), listener.accept()).await;
        let Ok(Ok((stream, peer))) = waiting else { break };
        begin(stream, peer, slot);
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
    let _in_flight = InFlight::count(progress);
    let mut request = request.map(Body::new);
    let config = &app.config;
    let client = Client::of(&config.trusted_proxies, config.client_header, peer, request.headers());
    request.extensions_mut().insert(client);
    Ok(answer::answer(app, router, request).await)
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
