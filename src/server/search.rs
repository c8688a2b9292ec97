//! `GET /search`: what a reader scanned or typed. A code leads to what it names; a number or words lead to what is found by them.
//!
//! What exists on this ledger decides between the readings of a code. What it is not: the reading of codes (`gs1::scan`), nor the index
//! (`query::search`).

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::home::{RECENT, Shown, index};
use super::http::Problem;
use super::http::arguments::{About, Described};
use super::http::page::Reader;
use super::i18n::Lang;
use super::pages::{Hit, HitKind};
use super::{App, resolver};
use crate::chain::rows::folded_number;
use crate::chain::words::Thing;
use crate::chain::{RecordSource, State as ChainState, StateError};
use crate::gs1::scan::{self, Scan};
use crate::gs1::{LotId, PrimaryKey, Reading, Sscc};
use crate::query::{self, Found};

/// What a reader searches for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    q: String,
}

impl Described for Search {
    fn about(field: &str) -> Option<About> {
        let what = "what a scanner read or a person typed: a Digital Link, an element string, a number, or words";
        (field == "q").then(|| (json!({ "type": "string" }), what))
    }
}

/// `GET /search?q=`.
pub async fn search(
    State(app): State<Arc<App>>,
    Query(search): Query<Search>,
    reader: Reader,
) -> Result<Response, Problem> {
    let q = search.q.trim().to_owned();
    app.read(move |s| {
        if q.is_empty() {
            return index(s, &reader, Shown::Newest);
        }
        let to = |path: &str| Ok(Redirect::to(&reader.ctx_without_words(s.app)?.link(path)).into_response());
        let scan = scan::read(&q);
        match choose(s.state, s.records, &scan)? {
            Choice::One(address) => return to(&address),
            Choice::Several(lots) => return index(s, &reader, Shown::Found { q, hits: Vec::new(), lots }),
            Choice::None => {}
        }
        // a code that names nothing here: its page says what was read
        if let Some(reading) = scan.readings.first().filter(|_| scan.certain) {
            return to(&reading.address());
        }
        let Found { things, containers, lots } = found(s.state, s.records, &q)?;
        let hits = hits(s.state, &things, &containers)?;
        // the whole number of one lot, whatever else is found by it
        let mut exact = lots.iter().filter(|(_, lot)| folded_number(lot.lot.as_str()) == folded_number(&q));
        if let (Some((_, only)), None) = (exact.next(), exact.next()) {
            return to(&PrimaryKey::Lot(only.clone()).path());
        }
        match (hits.as_slice(), lots.as_slice()) {
            ([], []) => index(s, &reader, Shown::NothingFound { q, why: scan.error }),
            ([], [(_, only)]) => to(&PrimaryKey::Lot(only.clone()).path()),
            ([only], _) if lots.is_empty() || !is_lot_number(&lots, &q) => to(&only.path),
            _ => index(s, &reader, Shown::Found { q, hits, lots }),
        }
    })
    .await
}

/// Whether one of the lots was found by its number, rather than with its product.
fn is_lot_number(lots: &[(u64, LotId)], q: &str) -> bool {
    let folded = folded_number(q);
    lots.iter().any(|(_, lot)| folded_number(lot.lot.as_str()).starts_with(&folded))
}

/// Which readings of a code are on the ledger.
enum Choice {
    /// The address of the one that is, or of the most likely of several kinds.
    One(String),
    /// Lots that it may name.
    Several(Vec<(u64, LotId)>),
    /// None.
    None,
}

/// What a code names here. A lot whose number differs in case and in what stands between its letters and digits counts when none is
/// exactly so.
fn choose(state: &dyn ChainState, source: &dyn RecordSource, scan: &Scan) -> Result<Choice, StateError> {
    let mut known: Vec<&Reading> = Vec::new();
    for reading in &scan.readings {
        if resolver::exists(state, &reading.key)? {
            known.push(reading);
        }
    }
    let lot = |reading: &Reading| match &reading.key {
        PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) => Some(lot.clone()),
        _ => None,
    };
    if let Some(first) =
        known.first().filter(|reading| !matches!(reading.key, PrimaryKey::Gtin(_) | PrimaryKey::Serial(..)))
    {
        let mut lots: Vec<LotId> = known.iter().filter_map(|reading| lot(reading)).collect();
        lots.dedup();
        // a container with its contents is one thing; two ends of a lot number are two
        if lot(first).is_none() || lots.len() == 1 {
            return Ok(Choice::One(first.address()));
        }
        let created = query::briefs(state, source, lots)?.into_iter().map(|brief| (brief.created, brief.lot)).collect();
        return Ok(Choice::Several(created));
    }
    for reading in &scan.readings {
        let Some(wanted) = lot(reading) else { continue };
        let number = folded_number(wanted.lot.as_str());
        let mut near = query::lots_numbered(state, wanted.lot.as_str(), RECENT)?;
        near.retain(|(_, near)| near.gtin == wanted.gtin && folded_number(near.lot.as_str()) == number);
        match near.as_slice() {
            [] => {}
            [(_, only)] => {
                let key = PrimaryKey::Lot(only.clone());
                return Ok(Choice::One(Reading { key, ..reading.clone() }.address()));
            }
            _ => return Ok(Choice::Several(near)),
        }
    }
    // the product alone, when the code names a lot that is not here, is no answer
    let product = known.first().filter(|_| !scan.readings.iter().any(|reading| lot(reading).is_some()));
    Ok(product.map_or(Choice::None, |reading| Choice::One(reading.address())))
}

/// What is found by number or words. Words for a kind of thing, in any language, choose the kind.
fn found(state: &dyn ChainState, source: &dyn RecordSource, q: &str) -> Result<Found, StateError> {
    let (kind, rest) = kind_of(q);
    let mut found = match (kind, rest.is_empty()) {
        (Some(HitKind::Container), true) => Found { containers: query::containers(state)?, ..Found::default() },
        (_, true) => query::search(state, source, q, RECENT)?,
        (Some(_), false) => {
            let whole = query::search(state, source, q, RECENT)?;
            if whole.is_empty() { query::search(state, source, &rest, RECENT)? } else { whole }
        }
        (None, false) => query::search(state, source, q, RECENT)?,
    };
    match kind.filter(|_| !rest.is_empty()) {
        Some(HitKind::Container) if !found.containers.is_empty() => {
            found.things.clear();
            found.lots.clear();
        }
        Some(HitKind::Product) if found.things.iter().any(|thing| matches!(thing, Thing::Product(_))) => {
            found.things.retain(|thing| matches!(thing, Thing::Product(_)));
        }
        _ => {}
    }
    Ok(found)
}

/// The kind of thing that a word of the query is for, and the query without that word.
fn kind_of(q: &str) -> (Option<HitKind>, String) {
    for kind in HitKind::ALL {
        for lang in Lang::all() {
            let names = lang.text(&format!("search-words-{}", kind.name()));
            for name in names.split([',', '、']).map(str::trim).filter(|name| !name.is_empty()) {
                let rest: Vec<&str> = q.split_whitespace().filter(|word| !word.eq_ignore_ascii_case(name)).collect();
                if rest.len() < q.split_whitespace().count() {
                    return (Some(kind), rest.join(" "));
                }
                // Chinese has no space after it
                if let Some(rest) = q.strip_prefix(name).filter(|_| !name.is_ascii()) {
                    return (Some(kind), rest.trim().to_owned());
                }
            }
        }
    }
    (None, q.to_owned())
}

/// Things and containers as lines of a list.
fn hits(state: &dyn ChainState, things: &[Thing], containers: &[Sscc]) -> Result<Vec<Hit>, StateError> {
    let mut hits = Vec::new();
    for thing in things {
        let (kind, names, key) = match thing {
            Thing::Product(gtin) => {
                let view = query::product_view(state, *gtin)?;
                (HitKind::Product, view.map(|view| view.name), PrimaryKey::Gtin(*gtin).path())
            }
            Thing::Party(uri) => {
                (HitKind::Party, Some(query::party_view(state, uri)?.name), super::pages::party_path(uri))
            }
            Thing::Place(gln) => {
                let view = query::place_view(state, *gln)?;
                (HitKind::Place, view.map(|view| view.name), PrimaryKey::Place(*gln).path())
            }
        };
        hits.push(Hit { kind, names, path: key });
    }
    let container = |sscc: &Sscc| Hit { kind: HitKind::Container, names: None, path: PrimaryKey::Sscc(*sscc).path() };
    hits.extend(containers.iter().map(container));
    Ok(hits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_a_kind_are_known_in_three_languages() {
        for (q, kind, rest) in [
            ("kontainer nilam", Some(HitKind::Container), "nilam"),
            ("Container", Some(HitKind::Container), ""),
            ("集装箱广藿香", Some(HitKind::Container), "广藿香"),
            ("lot BAKAU 2611", Some(HitKind::Lot), "BAKAU 2611"),
            ("产品 蟹", Some(HitKind::Product), "蟹"),
            ("minyak nilam", None, "minyak nilam"),
        ] {
            assert_eq!(kind_of(q), (kind, rest.to_owned()), "{q}");
        }
    }
}
