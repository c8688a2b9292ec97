//! Operations: health, metrics, and the node's description of itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeLabelValue};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use serde::Serialize;

use super::App;
use super::http::Problem;
use super::http::problem::Kind;
use super::http::shares::Usage;
use super::http::turns::Waiting;
use crate::chain::authority;
use crate::ledger::{Ack, Stats, SubmitError, Waits, WitnessReport};
use crate::record::RecordId;

/// Outcome of a submitted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EncodeLabelValue)]
enum Fate {
    Acknowledged,
    Duplicate,
    Malformed,
    Rejected,
    Busy,
    Failed,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FateLabel {
    outcome: Fate,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StatusLabel {
    status: u16,
}

/// One of the budgets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BudgetLabel {
    budget: &'static str,
}

/// Budgets and queues that clients share.
#[derive(Default)]
struct Shared {
    used: Family<BudgetLabel, Gauge>,
    most: Family<BudgetLabel, Gauge>,
    gave_way: Family<BudgetLabel, Counter>,
    refused: Family<BudgetLabel, Counter>,
}

impl Shared {
    fn register(&self, registry: &mut Registry) {
        let used = "Units of a budget in use: connections, bytes, requests that wait for a turn";
        registry.register("budget_used", used, self.used.clone());
        registry.register("budget_most", "The most units of a budget that were in use", self.most.clone());
        let gave_way = "Connections, bodies and answers that gave way to another client";
        registry.register("budget_gave_way", gave_way, self.gave_way.clone());
        registry.register("budget_refused", "Requests refused because a budget was used up", self.refused.clone());
    }

    fn set(&self, budget: &'static str, usage: Usage) {
        let label = BudgetLabel { budget };
        self.used.get_or_create(&label).set(gauge(usage.used));
        self.most.get_or_create(&label).set(gauge(usage.most));
        self.gave_way.get_or_create(&label).inner().store(usage.gave_way, Ordering::Relaxed);
        self.refused.get_or_create(&label).inner().store(usage.refused, Ordering::Relaxed);
    }

    fn set_waits(&self, budget: &'static str, waits: Waiting) {
        let label = BudgetLabel { budget };
        self.used.get_or_create(&label).set(gauge(waits.waiting as u64));
        self.refused.get_or_create(&label).inner().store(waits.refused, Ordering::Relaxed);
    }

    fn of(&self, app: &App) {
        let [small, large] = app.bodies.usage();
        self.set("connections", app.connections.usage());
        self.set("small-bodies", small);
        self.set("large-bodies", large);
        self.set("answers", app.answers.usage());
        self.set_waits("reads-waiting", app.reads.waits());
        self.set_waits("records-waiting", app.admissions.waits());
    }
}

fn gauge(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Counters of the node. No global registry: a test reads its own.
pub struct Metrics {
    registry: Registry,
    records: Family<FateLabel, Counter>,
    answers: Family<StatusLabel, Counter>,
    seconds: Histogram,
    size: Gauge,
    published: Gauge,
    waiting: Gauge,
    publish_failures: Gauge,
    clock_held: Gauge,
    index_failures: Gauge,
    witness_quorum: Gauge,
    witnesses_failing: Gauge,
    batches: Counter,
    snapshots: Counter,
    shared: Shared,
    /// Requests and TLS connections refused because of the client's rate.
    pub rate_limited: Counter,
    /// Slots taken to read storage for an answer.
    pub turns: Counter,
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Metrics {
        let mut registry = Registry::with_prefix("jejak");
        let records = Family::<FateLabel, Counter>::default();
        let answers = Family::<StatusLabel, Counter>::default();
        // 50 us to 1.6 s
        let seconds = Histogram::new(exponential_buckets(0.000_05, 2.0, 16));
        let (size, published) = (Gauge::default(), Gauge::default());
        let (waiting, publish_failures, index_failures) = (Gauge::default(), Gauge::default(), Gauge::default());
        let clock_held = Gauge::default();
        let (witness_quorum, witnesses_failing) = (Gauge::default(), Gauge::default());
        let (rate_limited, turns) = (Counter::default(), Counter::default());
        let (batches, snapshots) = (Counter::default(), Counter::default());
        registry.register("records", "Submitted records by outcome", records.clone());
        registry.register("http_answers", "Answers by status", answers.clone());
        registry.register("http_seconds", "Time to answer, in seconds", seconds.clone());
        registry.register("log_size", "Records sequenced", size.clone());
        registry.register("published_size", "Size of the newest published checkpoint", published.clone());
        registry.register("waiting", "Records that wait to be sequenced", waiting.clone());
        let failures = "Failures to publish since the last success";
        registry.register("publish_failures", failures, publish_failures.clone());
        registry.register("clock_held", "1 while the ledger's clock waits for someone", clock_held.clone());
        let behind = "Failures to bring the index up to date since the last success";
        registry.register("index_failures", behind, index_failures.clone());
        let quorum = "1 when as many witnesses cosigned the newest head as the policy asks for; 0 without a policy";
        registry.register("witness_quorum", quorum, witness_quorum.clone());
        let failing = "Witnesses whose last answer was no cosignature";
        registry.register("witnesses_failing", failing, witnesses_failing.clone());
        registry.register("batches", "Journal frames written", batches.clone());
        registry.register("snapshots", "Snapshots of the index that were read", snapshots.clone());
        registry.register("rate_limited", "Requests and TLS connections above a client's rate", rate_limited.clone());
        registry.register("read_turns", "Turns taken to read storage for an answer", turns.clone());
        let shared = Shared::default();
        shared.register(&mut registry);
        Metrics {
            registry,
            shared,
            records,
            answers,
            seconds,
            size,
            published,
            waiting,
            publish_failures,
            clock_held,
            index_failures,
            witness_quorum,
            witnesses_failing,
            batches,
            snapshots,
            rate_limited,
            turns,
        }
    }

    /// Takes over the numbers of the ledger.
    fn of_ledger(&self, stats: Stats) {
        self.size.set(gauge(stats.size));
        self.published.set(gauge(stats.published));
        self.waiting.set(gauge(stats.waiting as u64));
        self.publish_failures.set(gauge(stats.publish_failures));
        self.clock_held.set(i64::from(stats.clock_held));
        self.index_failures.set(gauge(stats.index_failures));
        self.batches.inner().store(stats.batches, Ordering::Relaxed);
        self.snapshots.inner().store(stats.snapshots, Ordering::Relaxed);
    }

    /// Takes over what the witnesses did.
    fn of_witnesses(&self, report: Option<WitnessReport>) {
        let failing = |report: &WitnessReport| report.witnesses.iter().filter(|w| w.failures > 0).count();
        self.witness_quorum.set(report.as_ref().map_or(0, |report| i64::from(report.quorum)));
        self.witnesses_failing.set(report.as_ref().map_or(0, |report| gauge(failing(report) as u64)));
    }

    /// Counts one submitted record.
    pub fn submitted(&self, outcome: &Result<Ack, SubmitError>) {
        let outcome = match outcome {
            Ok(ack) if ack.duplicate => Fate::Duplicate,
            Ok(_) => Fate::Acknowledged,
            Err(SubmitError::Record(_)) => Fate::Malformed,
            Err(SubmitError::Rejected(_)) => Fate::Rejected,
            Err(SubmitError::Busy | SubmitError::Closed | SubmitError::Clock(_) | SubmitError::ClockAhead { .. }) => {
                Fate::Busy
            }
            Err(SubmitError::NoRoom | SubmitError::Storage) => Fate::Failed,
        };
        self.records.get_or_create(&FateLabel { outcome }).inc();
    }

    /// Counts one answer.
    pub fn answered(&self, status: StatusCode, took: Duration) {
        self.answers.get_or_create(&StatusLabel { status: status.as_u16() }).inc();
        self.seconds.observe(took.as_secs_f64());
    }
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

/// `GET /healthz`: 200 while the node takes records.
pub async fn health(State(app): State<Arc<App>>) -> Response {
    if app.ledger.failure().is_none() {
        ([(header::CACHE_CONTROL, "no-store")], "ok\n").into_response()
    } else {
        Problem::new(Kind::Closing, "the node does not take records").into_response()
    }
}

/// `GET /metrics` in OpenMetrics text.
pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    app.metrics.of_ledger(app.ledger.stats());
    app.metrics.shared.of(&app);
    // cosignatures are verified once for each head. No turn is taken: a busy node answers how busy it is
    let text = app.offload(|app| {
        app.metrics.of_witnesses(app.ledger.witnesses());
        let mut text = String::new();
        encode(&mut text, &app.metrics.registry).map_err(|e| Problem::internal(&e))?;
        Ok(text)
    });
    let text = text.await?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}

/// The metrics on a listener of their own.
pub fn metrics_router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics)).route("/healthz", get(health)).with_state(app)
}

/// The ledger's clock now.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ClockNow {
    /// Unix seconds; 0 before the first.
    pub time: i64,
    /// The record that set it, which a permit or reset names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    /// For whom it waits, while no records are taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
}

/// What a client needs to verify this node's log.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct WellKnown {
    /// Origin of the checkpoints.
    pub origin: String,
    /// Ledger id: every record's `aud`.
    pub ledger: String,
    /// The public address, which a signed request is for whatever address it is sent to.
    pub public_url: String,
    /// The log's verifier keys (C2SP signed-note).
    pub log_keys: Vec<String>,
    /// The witnesses' verifier keys.
    pub witness_keys: Vec<String>,
    /// The `LogKeys` statement that states them.
    pub log_keys_record: Option<RecordId>,
    /// Fingerprint of the authority: the record id of entry 0, which binds its key.
    pub authority_fingerprint: String,
    /// The ledger's clock.
    pub clock: ClockNow,
    /// Version of the software.
    pub version: &'static str,
    /// Version of the formats.
    pub format_version: u32,
}

/// `GET /.well-known/jejak`.
pub async fn well_known(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let (row, founder) = app.read(|s| Ok((authority::ledger(s.state)?, s.app.ledger.record_at(0)?))).await?;
    let mut log_keys = row.log_keys;
    if log_keys.is_empty() {
        log_keys.push(app.ledger.verifier()?.to_string());
    }
    let about = WellKnown {
        origin: app.ledger.config().origin.clone(),
        ledger: app.ledger.id().to_owned(),
        public_url: app.config.public_url.clone(),
        log_keys,
        witness_keys: row.witnesses,
        log_keys_record: row.log_keys_record,
        authority_fingerprint: founder.map(|r| r.id.to_string()).unwrap_or_default(),
        clock: ClockNow {
            time: row.clock,
            record: row.clock_record,
            waits: app.ledger.clock_hold().map(|hold| hold.waits),
        },
        version: env!("CARGO_PKG_VERSION"),
        format_version: 1,
    };
    Ok(Json(about).into_response())
}
