//! A lot's verification page, drawn from the verdict on its own proof bundle, so that it shows only results of checks that ran
//! here.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::Response;

use super::checks::{AT_ONCE, Checked, Known};
use super::home::RECENT;
use super::http::Problem;
use super::http::blocking::Snapshot;
use super::http::memo::Verdict;
use super::http::page::Reader;
use super::pages::{self, Extras, Notice, PageProof, When};
use crate::chain::rows::folded_number;
use crate::gs1::LotId;
use crate::ledger::{EvidenceError, Planned};
use crate::query;
use crate::query::view::LotView;
use crate::record::Hash32;

/// The page of a lot; `extras` is what else the scanned link says.
pub(super) fn page(s: &Snapshot<'_>, reader: &Reader, lot: &LotId, extras: Extras) -> Result<Response, Problem> {
    let Some(found) = verdict(s, lot)? else {
        let numbered = query::lots_numbered(s.state, lot.lot.as_str(), RECENT)?;
        let near = numbered
            .into_iter()
            .map(|(_, near)| near)
            .find(|near| near.gtin == lot.gtin && folded_number(near.lot.as_str()) == folded_number(lot.lot.as_str()));
        return reader.missing(s.app, &Notice::UnknownLot(lot.clone(), near));
    };
    let (mut view, mut proof) = (Cow::Borrowed(&found.view), Cow::Borrowed(&found.proof));
    if proof.when == When::Later {
        match s.app.checks.newest(lot, s.head.as_ref().map_or(0, |head| head.size)) {
            Some(Known::Checked(checked)) => {
                // an older result does not overrule what was recorded since
                if checked.covers(&view) {
                    checked.show(view.to_mut());
                }
                proof = Cow::Owned(PageProof { when: When::Later, ..checked.proof.clone() });
            }
            Some(Known::TooLarge) => proof = Cow::Owned(PageProof { when: When::Never, ..PageProof::default() }),
            None => {}
        }
    }
    let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
    let extras = Extras { today: Some(today), ..with_documents(s, extras, &view)? };
    let ctx = reader.ctx(s)?;
    let page = pages::render_lot(&ctx, &view, &proof, &extras)?;
    Ok(reader.html(StatusCode::OK, &ctx, page))
}

/// What the ledger knows of a lot, and the verdict on its bundle under the newest published checkpoint.
fn verdict(s: &Snapshot<'_>, lot: &LotId) -> Result<Option<Arc<Verdict>>, Problem> {
    let published = s.head.as_ref().map_or(0, |head| head.size);
    s.app.memo.verdict(&(lot.clone(), published, s.size), || {
        let Some(mut view) = query::lot_view(s.state, s.records, lot)? else { return Ok(None) };
        let proof = prove(s, lot, &mut view)?;
        Ok(Some(Verdict::new(view, proof)))
    })
}

fn prove(s: &Snapshot<'_>, lot: &LotId, view: &mut LotView) -> Result<PageProof, Problem> {
    // no head covers it yet: the page says that nothing was checked
    let Some(head) = &s.head else { return Ok(PageProof::default()) };
    let plan = match s.app.ledger.plan_proof_in(s.state, s.records, head, lot, AT_ONCE)? {
        Planned::Whole(plan) if plan.parts() == 1 => plan,
        Planned::Unknown | Planned::NotYet => return Ok(PageProof::default()),
        Planned::Whole(_) | Planned::TooLarge => return Ok(PageProof { when: When::Later, ..PageProof::default() }),
    };
    let Some(bundle) = s.app.ledger.proof_part(&plan, 1)? else { return Ok(PageProof::default()) };
    let checked = Checked::of(s.app, &bundle)?;
    checked.show(view);
    Ok(checked.proof)
}

/// Adds to `extras` the documents of the lot that can't be fetched.
fn with_documents(s: &Snapshot<'_>, mut extras: Extras, view: &LotView) -> Result<Extras, EvidenceError> {
    let public = view.steps.iter().flat_map(|step| &step.evidence).filter(|document| document.public);
    for hash in public.map(|document| document.blake3).collect::<std::collections::BTreeSet<Hash32>>() {
        if s.app.ledger.evidence_taken_down(&hash)? {
            extras.withdrawn.insert(hash);
            continue;
        }
        // named as public by someone who did not hand it in: whether the bytes are here is nobody's business
        if s.app.ledger.evidence_public(s.state, &hash)?.is_none() {
            extras.awaited.insert(hash);
            continue;
        }
        if s.app.memo.is_verified(&hash) {
            continue;
        }
        match s.app.ledger.evidence_file(s.state, &hash) {
            Ok(Some(_)) => s.app.memo.set_verified(hash),
            // damaged bytes count as missing: doctor reports them, and a new upload replaces them
            Ok(None) | Err(EvidenceError::Damaged(_)) => {
                extras.awaited.insert(hash);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(extras)
}
