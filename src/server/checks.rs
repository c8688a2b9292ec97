//! Checks of proofs, as the pages show them. A usual proof is checked while its page is made. One of thousands of records is checked
//! later: one at a time, with rests, so that a lot that somebody signs record after record about takes no time from others. Its
//! page shows the newest result, and the size of the log that it is of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use quick_cache::sync::Cache;
use tokio::sync::Notify;

use super::App;
use super::http::Problem;
use super::pages::{CheckOutcome, PageCheck, PageProof};
use crate::gs1::LotId;
use crate::ledger::{Planned, QueryError};
use crate::proof::bundle::PART_RECORDS;
use crate::proof::{self, Bundle, Outcome, Trust};
use crate::query::view::{LotState, LotView};

/// Most parts of a proof that is checked here: verifying one takes some six times its bytes of memory.
const MOST_PARTS: usize = 6;
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
        let proof = PageProof { size, time, checks: checks.collect(), later: false };
        Ok(Checked { proof, states: verdict.lot.map(|lot| lot.states).unwrap_or_default() })
    }

    /// Shows the proven state if it is worse. The view is newer, and knows sequence gaps that a bundle can't show.
    pub fn show(&self, view: &mut LotView) {
        if let Some(proven) = self.states.first().filter(|proven| **proven > view.headline) {
            view.headline = *proven;
            view.states.clone_from(&self.states);
        }
    }
}

/// The checks of large proofs.
pub struct Checks {
    wanted: Mutex<BTreeSet<LotId>>,
    added: Notify,
    done: Cache<LotId, Arc<Checked>>,
}

impl Default for Checks {
    fn default() -> Checks {
        Checks { wanted: Mutex::default(), added: Notify::new(), done: Cache::new(KEPT) }
    }
}

impl Checks {
    /// The newest result for a lot. If there is none of a tree of `published` records, a check is made when there is time.
    pub fn newest(&self, lot: &LotId, published: u64) -> Option<Arc<Checked>> {
        let known = self.done.get(lot);
        if known.as_ref().is_none_or(|checked| checked.proof.size < published) {
            let mut wanted = self.wanted.lock();
            if wanted.len() < WAITING {
                wanted.insert(lot.clone());
            }
            drop(wanted);
            self.added.notify_one();
        }
        known
    }

    async fn next(&self) -> LotId {
        loop {
            let first = self.wanted.lock().pop_first();
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
            if let Err(problem) = app.offload(move |app| check(app, lot)).await {
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

fn check(app: &App, lot: LotId) -> Result<(), Problem> {
    let Some(head) = app.ledger.checkpoint() else { return Ok(()) };
    let most = MOST_PARTS * PART_RECORDS;
    let planned =
        app.ledger.with_state(|state, records| app.ledger.plan_proof_in(state, records, &head, &lot, most))?;
    let plan = match planned {
        Planned::Whole(plan) if plan.parts() <= MOST_PARTS => plan,
        _ => return Ok(()),
    };
    let parts = (1..=plan.parts()).map(|number| app.ledger.proof_part(&plan, number));
    let parts = parts.filter_map(Result::transpose).collect::<Result<_, _>>()?;
    let bundle = Bundle::join(parts).map_err(|e| Problem::internal(&e))?;
    app.checks.done.insert(lot, Arc::new(Checked::of(app, &bundle)?));
    Ok(())
}
