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
        let (Found { things, containers, lots }, number) = found(s.state, s.records, &q, &scan)?;
        let hits = hits(s.state, &things, &containers)?;
        // the whole number of one lot, whatever else is found by it
        let mut exact = lots.iter().filter(|(_, lot)| folded_number(lot.lot.as_str()) == folded_number(&number));
        if let (Some((_, only)), None) = (exact.next(), exact.next()) {
            return to(&PrimaryKey::Lot(only.clone()).path());
        }
        match (hits.as_slice(), lots.as_slice()) {
            ([], []) => index(s, &reader, Shown::NothingFound { q, why: scan.error }),
            ([], [(_, only)]) => to(&PrimaryKey::Lot(only.clone()).path()),
            ([only], _) if lots.is_empty() || !is_lot_number(&lots, &number) => to(&only.path),
            _ => index(s, &reader, Shown::Found { q, hits, lots }),
        }
    })
    .await
}

/// Whether one of the lots was found by its number, rather than with its product.
fn is_lot_number(lots: &[(u64, LotId)], number: &str) -> bool {
    let folded = folded_number(number);
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

/// What is found by number or words, and the number or words that found it. Words for a kind of thing, in any language, choose the kind.
fn found(
    state: &dyn ChainState,
    source: &dyn RecordSource,
    q: &str,
    scan: &Scan,
) -> Result<(Found, String), StateError> {
    let numbered = |number: &str| {
        let lots = query::lots_numbered(state, number, RECENT)?;
        Ok::<_, StateError>((Found { lots, ..Found::default() }, number.to_owned()))
    };
    // a lot number in a code that names no product
    if let Some(lot) = scan.lot.as_ref().filter(|_| scan.certain) {
        return numbered(lot.as_str());
    }
    let (kind, rest) = kind_of(q);
    if kind == Some(HitKind::Container) && rest.is_empty() {
        return Ok((Found { containers: query::containers(state)?, ..Found::default() }, rest));
    }
    if kind == Some(HitKind::Lot) {
        // a number that begins with such a word itself, else the number behind it
        for number in [q, &rest].into_iter().filter(|number| !number.is_empty()) {
            let by_number = numbered(number)?;
            if !by_number.0.is_empty() {
                return Ok(by_number);
            }
        }
    }
    let mut found = (query::search(state, source, q, RECENT)?, q.to_owned());
    if found.0.is_empty() && kind.is_some() && !rest.is_empty() {
        found = (query::search(state, source, &rest, RECENT)?, rest.clone());
    }
    if found.0.is_empty()
        && let Some(lot) = &scan.lot
    {
        found = numbered(lot.as_str())?;
    }
    if let Some(kind) = kind.filter(|_| !rest.is_empty()) {
        only(kind, &mut found.0);
    }
    Ok(found)
}

/// Leaves what is of this kind, if anything is.
fn only(kind: HitKind, found: &mut Found) {
    let of_kind = |thing: &Thing| {
        matches!(
            (kind, thing),
            (HitKind::Product, Thing::Product(_))
                | (HitKind::Party, Thing::Party(_))
                | (HitKind::Place, Thing::Place(_))
        )
    };
    match kind {
        HitKind::Lot if !found.lots.is_empty() => {
            found.things.clear();
            found.containers.clear();
        }
        HitKind::Container if !found.containers.is_empty() => {
            found.things.clear();
            found.lots.clear();
        }
        // the lots are those of what was found
        _ if found.things.iter().any(of_kind) => found.things.retain(of_kind),
        _ => {}
    }
}

/// The kind of thing that a word of the query is for, and the query without that word and those for "number" around it.
fn kind_of(q: &str) -> (Option<HitKind>, String) {
    let spaced: String = q.chars().map(|c| if matches!(c, '：' | '　') { ' ' } else { c }).collect();
    let numbers = words_for("number");
    for kind in HitKind::ALL {
        let names = words_for(kind.name());
        let mut words = Words::of(&spaced);
        if words.take(&names) {
            words.take(&numbers);
            return (Some(kind), words.rest());
        }
        // Chinese has no space between words
        for name in names.iter().filter(|name| !name.is_ascii()) {
            let rest = spaced.trim().strip_prefix(name.as_str()).or_else(|| spaced.trim().strip_suffix(name.as_str()));
            if let Some(rest) = rest {
                let numbers = numbers.iter().filter(|number| !number.is_ascii());
                let rest = numbers.into_iter().find_map(|number| rest.strip_prefix(number.as_str())).unwrap_or(rest);
                return (Some(kind), rest.trim_matches(is_mark).to_owned());
            }
        }
    }
    (None, q.to_owned())
}

/// The words of the locales for a kind of thing, or for "number".
fn words_for(name: &str) -> Vec<String> {
    let key = format!("search-words-{name}");
    let split = |text: String| text.split([',', '、']).map(|word| word.trim().to_owned()).collect::<Vec<_>>();
    Lang::all().flat_map(|lang| split(lang.text(&key))).filter(|word| !word.is_empty()).collect()
}

/// What people write between a word and its number.
fn is_mark(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '=' | '#' | '.' | '№')
}

/// The words of a query.
struct Words<'q>(Vec<&'q str>);

impl<'q> Words<'q> {
    fn of(q: &'q str) -> Words<'q> {
        Words(q.split_whitespace().collect())
    }

    /// Removes the words that are one of these, with or without marks around them or before what follows; whether there was one.
    fn take(&mut self, names: &[String]) -> bool {
        let is_name = |word: &str| names.iter().any(|name| word.to_lowercase() == name.to_lowercase());
        let before = self.0.clone();
        self.0 = before
            .iter()
            .copied()
            .filter_map(|word| match word.split_once([':', '=', '#']) {
                _ if is_name(word.trim_matches(is_mark)) => None,
                Some((name, rest)) if is_name(name.trim_matches(is_mark)) => Some(rest),
                _ => Some(word),
            })
            .collect();
        self.0 != before
    }

    fn rest(&self) -> String {
        self.0.join(" ").trim_matches(is_mark).to_owned()
    }
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
            ("Nomor lot: BAKAU 2611", Some(HitKind::Lot), "BAKAU 2611"),
            ("LOT#A-7", Some(HitKind::Lot), "A-7"),
            ("batch no. A-7", Some(HitKind::Lot), "A-7"),
            ("bets:A-7", Some(HitKind::Lot), "A-7"),
            ("批号：A-7", Some(HitKind::Lot), "A-7"),
            ("A-7批次", Some(HitKind::Lot), "A-7"),
            ("批次号 A-7", Some(HitKind::Lot), "A-7"),
            ("lot", Some(HitKind::Lot), ""),
            ("lotus A", None, "lotus A"),
            ("产品 蟹", Some(HitKind::Product), "蟹"),
            ("minyak nilam", None, "minyak nilam"),
        ] {
            assert_eq!(kind_of(q), (kind, rest.to_owned()), "{q}");
        }
    }
}
