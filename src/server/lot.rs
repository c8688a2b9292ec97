//! A lot's verification page, drawn from the verdict on its own proof bundle, so that every word on it is the result of a check
//! that ran here a moment ago.

use std::sync::Arc;

use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;

use super::App;
use super::home::RECENT;
use super::http::Problem;
use super::http::memo::Verdict;
use super::http::page::{ctx, html};
use super::pages::{self, CheckOutcome, Extras, Notice, PageCheck, PageProof};
use crate::gs1::LotId;
use crate::ledger::EvidenceError;
use crate::proof::{self, Outcome, Trust};
use crate::query;
use crate::query::view::LotView;
use crate::record::Hash32;

/// What the ledger says of a lot, and the verdict on the lot's own bundle, as the page lists it.
fn proven(app: &App, lot: &LotId) -> Result<Option<Verdict>, Problem> {
    let key = (lot.clone(), app.ledger.checkpoint().map_or(0, |head| head.size), app.ledger.size());
    app.memo.verdict(key, || Ok(prove(app, lot)?.map(Arc::new)))
}

fn prove(app: &App, lot: &LotId) -> Result<Option<(LotView, PageProof)>, Problem> {
    let view = app.ledger.with_state(|s, r| query::lot_view(s, r, lot)).map_err(|e| Problem::internal(&e))?;
    let Some(mut view) = view else { return Ok(None) };
    let Some(bundle) = app.ledger.bundle(lot).map_err(|e| Problem::internal(&e))? else {
        // acknowledged a moment ago: no head covers it yet, and the page says that nothing was checked
        return Ok(Some((view, PageProof::default())));
    };
    let trust = Trust::pinned(app.ledger.id(), app.ledger.verifier().map_err(|e| Problem::internal(&e))?);
    let verdict = proof::verify(&bundle, &trust);
    let checks = verdict
        .checks
        .iter()
        .map(|check| PageCheck {
            name: check.name.to_owned(),
            outcome: match check.outcome {
                Outcome::Passed => CheckOutcome::Passed,
                Outcome::Failed => CheckOutcome::Failed,
                Outcome::NotChecked => CheckOutcome::NotChecked,
            },
            detail: check.detail.clone(),
        })
        .collect();
    let page = PageProof { size: verdict.size, time: Some(jiff::Timestamp::now()), checks };
    // the state is newer, and knows the gaps that a closure can't show; where the proof is worse, the proof decides
    if let Some(proven) = verdict.lot.filter(|proven| proven.headline > view.headline) {
        view.headline = proven.headline;
        view.states = proven.states;
    }
    Ok(Some((view, page)))
}

/// The page of a lot.
pub(super) async fn page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    lot: &LotId,
    extras: Extras,
) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let (shared, wanted) = (app.clone(), lot.clone());
    let found = shared.blocking(move |app| proven(app, &wanted)).await?;
    let Some(found) = found else {
        let wanted = lot.clone();
        let near = app.blocking(move |app| app.lots_numbered(wanted.lot.as_str(), RECENT)).await?;
        let near = near
            .into_iter()
            .map(|(_, near)| near)
            .find(|near| near.gtin == lot.gtin && near.lot.as_str().eq_ignore_ascii_case(lot.lot.as_str()));
        let page = pages::render_notice(&ctx, &Notice::UnknownLot(lot.clone(), near))?;
        return Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page));
    };
    let documents: Vec<Hash32> =
        found.0.steps.iter().flat_map(|s| &s.evidence).filter(|d| d.public).map(|d| d.blake3).collect();
    let (drawn, page) = shared
        .blocking(move |app| {
            let extras = documents_missing(app, extras, documents)?;
            let (view, proof) = &*found;
            Ok((pages::render_lot_with(&ctx, view, proof, &extras)?, ctx))
        })
        .await?;
    Ok(html(headers, StatusCode::OK, &page, drawn))
}

/// Which of the documents are not there to be fetched.
fn documents_missing(app: &App, mut extras: Extras, documents: Vec<Hash32>) -> Result<Extras, EvidenceError> {
    for hash in documents {
        if app.ledger.evidence_taken_down(&hash)? {
            extras.withdrawn.insert(hash);
            continue;
        }
        if app.memo.whole(&hash) {
            continue;
        }
        match app.ledger.evidence_get(&hash) {
            Ok(Some(_)) => app.memo.found_whole(hash),
            // damaged bytes are as good as none: doctor names them, and a new upload mends them
            Ok(None) | Err(EvidenceError::Damaged(_)) => {
                extras.awaited.insert(hash);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(extras)
}
