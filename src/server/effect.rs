//! What a record did, in the sender's language: its goods, what was found, where its lots stand now, and the next step. Part of the
//! answer to `POST /entries` with `Prefer: return=representation` (RFC 7240 section 4.2).

use std::collections::BTreeMap;

use axum::http::{HeaderMap, header};
use serde::Serialize;

use super::http::Problem;
use super::http::blocking::Snapshot;
use super::i18n::Lang;
use super::pages::{finding_text, format, open, plain};
use super::profiles;
use crate::chain::outcome::Severity;
use crate::chain::rows::{RecordRow, under_lot};
use crate::chain::state::Scan;
use crate::chain::{Act, Finding, StateError, Table, cleared, state};
use crate::epcis::{Event, QuantityElement};
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::query;
use crate::query::view::LotState;
use crate::record::{Payload, RecordId};

/// The preference that asks for it.
pub const PREFERENCE: &str = "return=representation";

/// Most lots that are listed; the others are on the record's page.
const MOST_LOTS: usize = 20;

/// Most findings that are listed.
const MOST_FINDINGS: usize = 50;

/// What a record did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Effect {
    /// The act, by its name in `docs/rules.md`.
    act: &'static str,
    /// The act in the sender's language.
    title: String,
    /// What was found.
    findings: Vec<Raised>,
    /// The lots that it is about, the first 20.
    lots: Vec<LotNow>,
    /// Lots that are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    more_lots: usize,
    /// What usually follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A finding of the record.
#[derive(Debug, Serialize)]
struct Raised {
    rule: &'static str,
    severity: Severity,
    sentence: String,
    /// The lots that it is about.
    lots: Vec<LotId>,
    /// The values of the sentence, such as the other record of a fork.
    args: Vec<(String, String)>,
}

/// A lot as it is now.
#[derive(Debug, Serialize)]
struct LotNow {
    lot: String,
    /// Its product.
    name: String,
    /// How much of it the record is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    amount: Option<String>,
    headline: LotState,
    /// The headline in the sender's language.
    word: String,
    /// What its market asks for and no test that counts has shown, by all records that are on the ledger now.
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // the signature that serde asks for
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Whether the sender wants to know what the record did.
pub fn is_preferred(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split([',', ';'])).any(|part| part.trim() == PREFERENCE)
}

/// The language of the sender.
pub fn language(headers: &HeaderMap) -> Lang {
    Lang::negotiate(None, headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()))
}

/// The findings of a record. One about several lots is one: its key is its number.
///
/// # Errors
/// [`StateError`] when storage fails.
pub(super) fn findings(s: &Snapshot<'_>, row: &RecordRow) -> Result<Vec<Finding>, StateError> {
    let mut findings: BTreeMap<Vec<u8>, Finding> = BTreeMap::new();
    for lot in &row.lots {
        let prefix = under_lot(lot, &row.index.to_be_bytes());
        for finding in state::rows::<Finding>(s.state, Table::Finding, Scan::prefix(&prefix)) {
            let (key, finding) = finding?;
            if !cleared::still_true(s.state, &finding)? {
                continue;
            }
            let number = key.get(prefix.len()..).unwrap_or_default().to_vec();
            match findings.get_mut(&number) {
                Some(known) => known.lots.extend(finding.lots),
                None => drop(findings.insert(number, finding)),
            }
        }
    }
    let mut findings: Vec<Finding> = findings.into_values().collect();
    // what a test lacks is looked up: a sample may arrive later
    if row.act == Act::Inspect && row.voided_by.is_none() {
        findings.extend(query::looked_up(s.state, s.records, row)?);
    }
    Ok(findings)
}

/// What a record on the ledger did; `None` when it is not there.
///
/// # Errors
/// `internal` when storage fails.
pub fn effect(s: &Snapshot<'_>, id: &RecordId, lang: Lang) -> Result<Option<Effect>, Problem> {
    let Some(row) = state::get::<RecordRow>(s.state, Table::Record, id.as_bytes())? else { return Ok(None) };
    let glossary = profiles::glossary(s)?;
    let amount = |amount: Amount, unit: Option<BaseUnit>| match unit {
        Some(unit) => format::amount(glossary.any(), lang, amount, unit),
        None => format::number(lang, &amount.to_string()),
    };
    let raised = |finding: &Finding| Raised {
        rule: finding.rule.id(),
        severity: finding.severity,
        sentence: plain(&finding_text(glossary.any(), lang, finding, &amount, &|_| None)),
        lots: finding.lots.clone(),
        args: finding.args.clone(),
    };
    let findings = findings(s, &row)?.iter().take(MOST_FINDINGS).map(raised).collect();
    let record = s.records.record(id)?;
    let event = record.as_deref().and_then(|record| match &record.payload {
        Payload::Event(event) => Some(&**event),
        Payload::Registry(_) => None,
    });
    let (shown, more) = row.lots.split_at(row.lots.len().min(MOST_LOTS));
    let now = |brief: query::LotBrief| LotNow {
        open: open(glossary.any(), lang, &brief.market, brief.completeness.as_ref()).map(|text| plain(&text)),
        lot: brief.lot.to_string(),
        name: brief.product.best(lang.tag()).1.to_owned(),
        amount: stated(event, &brief.lot).map(|amount| format::amount(glossary.any(), lang, amount, brief.unit)),
        headline: brief.headline,
        word: lang.text(&format!("state-{}", brief.headline.name())),
    };
    let lots: Vec<LotNow> = query::briefs(s.state, s.records, shown.to_vec())?.into_iter().map(now).collect();
    let act = row.act.name();
    Ok(Some(Effect {
        act,
        title: lang.text(&format!("act-{act}")),
        findings,
        next: next(lang, act, &lots),
        lots,
        more_lots: more.len(),
    }))
}

/// How much of a lot an event states, in the lot's base unit; all of its lists together.
fn stated(event: Option<&Event>, lot: &LotId) -> Option<Amount> {
    let event = event?;
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let uri = lot.uri();
    let amounts = lists.into_iter().flatten().filter(|part| part.epc_class == uri).filter_map(QuantityElement::amount);
    amounts.reduce(|sum, amount| sum.checked_add(amount).unwrap_or(sum))
}

/// What usually follows: for goods that are not in order that comes first.
fn next(lang: Lang, act: &str, lots: &[LotNow]) -> Option<String> {
    let worst = |state: LotState| lots.iter().any(|lot| lot.headline == state);
    let key = match act {
        _ if worst(LotState::Recalled) || worst(LotState::Held) => "held",
        _ if worst(LotState::Failed) => "failed",
        act => act,
    };
    lang.find(&format!("next-{key}"), &[])
}
