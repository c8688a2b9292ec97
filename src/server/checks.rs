//! Checks of proofs, as the pages show them. A usual proof is checked while its page is made. One of thousands of records is checked
//! later: one at a time, with rests, so that a lot that somebody signs record after record about takes no time from others. Its
//! page shows the newest result, and the size of the log that it is of. A proof that is too large for that is never checked here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::App;
use super::http::Problem;
use super::pages::{CheckOutcome, PageCheck, PageProof, When};
use crate::gs1::LotId;
use crate::ledger::{Planned, QueryError};
use crate::proof::bundle::{PART_BYTES, PART_RECORDS};
use crate::proof::{self, Bundle, Outcome, Trust};
use crate::query::Most;
use crate::query::view::{LotState, LotView};

/// The largest proof that is checked while a page is made: one part.
pub const AT_ONCE: Most = Most { records: PART_RECORDS, bytes: PART_BYTES };
/// The largest that is checked later: verifying one takes some six times its bytes of memory.
const LATER: Most = Most { records: 6 * PART_RECORDS, bytes: 6 * PART_BYTES };
/// How long a check waits until the lot's newest records are published.
const PUBLISHED_WITHIN: Duration = Duration::from_secs(10);
/// Lots that wait; more are forgotten, and wait when somebody reads their page again.
const WAITING: usize = 64;
/// Results kept.
const KEPT: usize = 256;
/// The pause after a check, as a multiple of the time that it took.
const REST: u32 = 9;

/// The result of a check.
#[derive(Debug, Clone)]
pub struct Checked {
    /// Check by check.
    pub proof: PageProof,
    /// The lot's states, worst first, as they are proven.
    states: Vec<LotState>,
}

impl Checked {
    /// Verifies a bundle.
    ///
    /// # Errors
    /// [`QueryError`] when the ledger's name can't be that of a key.
    pub fn of(app: &App, bundle: &Bundle) -> Result<Checked, QueryError> {
        let verdict = proof::verify(bundle, &Trust::pinned(app.ledger.id(), app.ledger.verifier()?));
        let checks = verdict.checks.iter().map(|check| PageCheck {
            name: check.name.to_owned(),
            outcome: match check.outcome {
                Outcome::Passed => CheckOutcome::Passed,
                Outcome::Failed => CheckOutcome::Failed,
                Outcome::NotChecked => CheckOutcome::NotChecked,
            },
            detail: check.detail.clone(),
        });
        let (size, time) = (verdict.size, Some(jiff::Timestamp::now()));
        let proof = PageProof {
            size,
            time,
            checks: checks.collect(),
            when: When::WithThePage,
            witnesses: cosigners(&bundle.checkpoint),
            seen: verdict.seen.map(|seen| (seen.keys, seen.parties, seen.size)),
            profiles: bundle.profiles.iter().map(|profile| profile.blake3).collect(),
        };
        Ok(Checked { proof, states: verdict.lot.map(|lot| lot.states).unwrap_or_default() })
    }

    /// Whether it is of all records that the view shows.
    pub fn covers(&self, view: &LotView) -> bool {
        view.steps.last().is_none_or(|newest| newest.index < self.proof.size)
    }

    /// Shows the proven state if it is worse. The view knows sequence gaps that a bundle can't show.
    pub fn show(&self, view: &mut LotView) {
        if let Some(proven) = self.states.first().filter(|proven| **proven > view.headline) {
            view.headline = *proven;
            view.states.clone_from(&self.states);
        }
    }
}

/// The names of who signed a checkpoint beside the log. The node keeps no cosignature that does not hold.
fn cosigners(checkpoint: &str) -> Vec<String> {
    let origin = checkpoint.lines().next().unwrap_or_default();
    let signers = checkpoint.lines().filter_map(|line| line.strip_prefix("\u{2014} ")?.split(' ').next());
    let mut names: Vec<String> = signers.filter(|name| *name != origin).map(str::to_owned).collect();
    names.dedup();
    names
}

/// What is known of a large proof.
#[derive(Debug, Clone)]
pub enum Known {
    /// The newest result.
    Checked(Arc<Checked>),
    /// It is too large to be checked here, and only grows.
    TooLarge,
}

/// The checks of large proofs.
pub struct Checks {
    /// Lots that wait, the longest first.
    wanted: Mutex<VecDeque<LotId>>,
    added: Notify,
    done: Cache<LotId, Known>,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks { wanted: Mutex::default(), added: Notify::new(), done: Cache::new(KEPT) }
    }
}

impl Checks {
    /// What is known of a lot's proof. If there is no result of a tree of `published` records, a check is made when there is time.
    pub fn newest(&self, lot: &LotId, published: u64) -> Option<Known> {
        let known = self.done.get(lot);
        let is_newest = match &known {
            Some(Known::Checked(checked)) => checked.proof.size >= published,
            Some(Known::TooLarge) => true,
            None => false,
        };
        if !is_newest {
            let mut wanted = self.wanted.lock();
            if wanted.len() < WAITING && !wanted.contains(lot) {
                wanted.push_back(lot.clone());
            }
            drop(wanted);
            self.added.notify_one();
        }
        known
    }

    async fn next(&self) -> LotId {
        loop {
            let first = self.wanted.lock().pop_front();
            match first {
                Some(lot) => return lot,
                None => self.added.notified().await,
            }
        }
    }
}

/// Makes the checks that pages wait for, until the node closes.
pub async fn run(app: Arc<App>) {
    let mut closing = app.closing.subscribe();
    let work = async {
        loop {
            let lot = app.checks.next().await;
            let began = Instant::now();
            if let Err(problem) = made(&app, &lot).await {
                tracing::warn!(detail = %problem.detail, "a large proof was not checked");
            }
            tokio::time::sleep(began.elapsed() * REST).await;
        }
    };
    tokio::select! {
        () = work => {}
        _ = closing.wait_for(|closing| *closing) => {}
    }
}

/// Makes a check; once more when a record was published too late for the first.
async fn made(app: &Arc<App>, lot: &LotId) -> Result<(), Problem> {
    for _ in 0..2 {
        app.ledger.wait_published(app.ledger.size().saturating_sub(1), PUBLISHED_WITHIN).await;
        let of = lot.clone();
        if let Some(known) = app.offload(move |app| check(app, &of)).await? {
            app.checks.done.insert(lot.clone(), known);
            break;
        }
    }
    Ok(())
}

/// Checks a proof; `None` when a record that it needs is not published yet.
fn check(app: &App, lot: &LotId) -> Result<Option<Known>, Problem> {
    let Some(head) = app.ledger.checkpoint() else { return Ok(None) };
    let planned =
        app.ledger.with_state(|state, records| app.ledger.plan_proof_in(state, records, &head, lot, LATER))?;
    let plan = match planned {
        Planned::Whole(plan) => plan,
        Planned::TooLarge => return Ok(Some(Known::TooLarge)),
        Planned::Unknown | Planned::NotYet => return Ok(None),
    };
    let parts = (1..=plan.parts()).map(|number| app.ledger.proof_part(&plan, number));
    let parts = parts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let bundle = Bundle::join(parts).map_err(|e| Problem::internal(&e))?;
    Ok(Some(Known::Checked(Arc::new(Checked::of(app, &bundle)?))))
}
