//! The accept loop: bounded connections, a limit on the time headers may take, and a shutdown that answers everyone.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tower::ServiceExt;

use super::{App, Config, ops, router};
use crate::ledger::Ledger;

/// Longest time a shutdown waits for requests that are under way.
const DRAIN: Duration = Duration::from_secs(15);

/// Serves `ledger` on `listener` until `shutdown` completes; then answers every waiting request, publishes what is
/// sequenced, and returns.
///
/// # Errors
/// When the metrics listener can't be bound.
pub async fn serve(
    ledger: Ledger,
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let metrics_at = config.metrics;
    let app = App::new(ledger.clone(), config);
    if let Some(at) = metrics_at {
        let metrics = TcpListener::bind(at).await?;
        let router = ops::metrics_router(app.clone());
        tokio::spawn(async move {
            if let Err(error) = axum::serve(metrics, router).await {
                tracing::error!(%error, "the metrics listener stopped");
            }
        });
    }
    let forget = app.clone();
    tokio::spawn(async move {
        let mut tick = tokio::time::interval(Duration::from_secs(60));
        loop {
            tick.tick().await;
            forget.rates.forget_quiet();
        }
    });
    let router = router(app.clone());
    accept(&app, router, listener, shutdown).await;
    tokio::task::spawn_blocking(move || ledger.shutdown()).await.map_err(std::io::Error::other)
}

async fn accept(app: &Arc<App>, router: Router, listener: TcpListener, shutdown: impl Future<Output = ()>) {
    let slots = Arc::new(Semaphore::new(app.config.limits.connections));
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(app.config.limits.header_time);
    let graceful = GracefulShutdown::new();
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
                    // out of file descriptors and the like: those who are connected go on, newcomers wait
                    tracing::warn!(%error, "accept failed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // small answers must not wait for a peer's delayed acknowledgement
        let _ = stream.set_nodelay(true);
        let router = router.clone();
        let service =
            hyper::service::service_fn(move |request: Request<Incoming>| answer(router.clone(), request, peer));
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service).into_owned());
        tokio::spawn(async move {
            // a peer that hangs up or is too slow is no news
            let _ = connection.await;
            drop(slot);
        });
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = tokio::time::sleep(DRAIN) => tracing::warn!("some requests did not end in time"),
    }
}

async fn answer(
    router: Router,
    request: Request<Incoming>,
    peer: SocketAddr,
) -> Result<axum::response::Response, Infallible> {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(peer);
    router.oneshot(request).await
}
