//! GLNs and GS1 Company Prefixes of parties: whose they are, as far as the log says.
//!
//! Each has one row, by its digits. A GLN is one party's (GLN Allocation Rules): a second one is refused. Company prefixes
//! may lie within each other where the authority lends a part of its own; any other overlap is a notice, since only the authority states
//! prefixes and may have to mend them. A region takes no number of a prefix that is another party's. What it is not: a look-up at GS1.

use std::collections::BTreeSet;

use super::checks::StatementContext;
use super::lookalike::list;
use super::outcome::{Finding, Rejection, Severity};
use super::rows::{NameRow, PartyRow, company_key};
use super::state::{Scan, get, rows};
use super::{Overlay, Refusal, Rule, StateError, Table};
use crate::gs1::Gln;
use crate::record::registry::Party;

/// Digits of the shortest and of the longest company prefix.
const PREFIX: std::ops::RangeInclusive<usize> = 4..=12;
/// Rows that are looked at for the longer prefixes of one length within a prefix.
const LOOKED_AT: usize = 2;

/// The digits of the prefixes and of the GLN.
fn digits(prefixes: &[String], gln: Option<Gln>) -> BTreeSet<String> {
    prefixes.iter().cloned().chain(gln.map(|gln| gln.to_string())).collect()
}

/// The parties that have these digits.
fn bearers(state: &Overlay<'_>, digits: &str) -> Result<NameRow, StateError> {
    Ok(get(state, Table::Company, &company_key(digits))?.unwrap_or_default())
}

/// Takes the GLN and the prefixes of a statement into the rows, those that it gives up out of them. Returns a prefix of the statement that
/// overlaps with one of another party, and that party; `lenders` lend parts of their own.
///
/// # Errors
/// Rejection `gln-taken`.
pub(super) fn state(
    state: &mut Overlay<'_>,
    s: &Party,
    gln: Option<Gln>,
    before: Option<(&PartyRow, Option<Gln>)>,
    lenders: &[&str],
) -> Result<Option<(String, String)>, Refusal> {
    let now = digits(&s.prefixes, gln);
    let before = before.map(|(row, gln)| digits(&row.prefixes, gln)).unwrap_or_default();
    if let Some(gln) = gln {
        gln_taken(state, s, gln)?;
    }
    let mut overlap = None;
    for prefix in now.difference(&before).filter(|digits| PREFIX.contains(&digits.len())) {
        if overlap.is_none() {
            overlap = overlapping(state, s, prefix, lenders)?.map(|other| (prefix.clone(), other));
        }
    }
    for of in now.symmetric_difference(&before) {
        let found = bearers(state, of)?;
        let mut row = found.clone();
        list(&mut row, &s.party, now.contains(of).then_some(false));
        if row != found {
            state.put(Table::Company, &company_key(of), &row)?;
        }
    }
    Ok(overlap)
}

/// Rule `gln-taken`: a GLN is one party's.
fn gln_taken(state: &Overlay<'_>, s: &Party, gln: Gln) -> Result<(), Refusal> {
    let row = bearers(state, &gln.to_string())?;
    match row.bearers.iter().find(|(party, _)| *party != s.party) {
        Some((other, _)) => {
            Err(Rejection::new(Rule::GlnTaken, format!("{gln} is the GLN of {other}: a GLN is one party's"))
                .arg("gln", gln)
                .arg("other", other)
                .into())
        }
        None => Ok(()),
    }
}

/// Another party with a prefix that holds `prefix`, is it, or lies in it.
fn overlapping(state: &Overlay<'_>, s: &Party, prefix: &str, lenders: &[&str]) -> Result<Option<String>, StateError> {
    let other = |row: NameRow| {
        let foreign = |party: &String| *party != s.party && !lenders.contains(&party.as_str());
        row.bearers.into_iter().map(|(party, _)| party).find(foreign)
    };
    for length in *PREFIX.start()..=prefix.len() {
        if let Some(party) = prefix.get(..length).map(|shorter| bearers(state, shorter)).transpose()?.and_then(other) {
            return Ok(Some(party));
        }
    }
    for length in prefix.len() + 1..=*PREFIX.end() {
        let mut begins = company_key(prefix);
        begins[0] = u8::try_from(length).unwrap_or_default();
        for row in rows::<NameRow>(state, Table::Company, Scan::prefix(&begins)).take(LOOKED_AT) {
            if let Some(party) = other(row?.1) {
                return Ok(Some(party));
            }
        }
    }
    Ok(None)
}

/// The party that has a company prefix in which the GLN lies, if it is none of `own`.
pub(super) fn holder(state: &Overlay<'_>, gln: Gln, own: &[&str]) -> Result<Option<String>, StateError> {
    let digits = gln.to_string();
    for prefix in PREFIX.filter_map(|length| digits.get(..length)) {
        let row = bearers(state, prefix)?;
        if let Some((other, _)) = row.bearers.into_iter().find(|(party, _)| !own.contains(&party.as_str())) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}

/// Finding `prefix-overlaps`: a company prefix of a party overlaps with that of another, which does not lend it.
pub(super) fn finding(s: &Party, (prefix, other): (String, String), by: &StatementContext<'_>) -> Finding {
    Finding {
        rule: Rule::PrefixOverlaps,
        severity: Severity::Notice,
        lots: Vec::new(),
        record: by.record.id,
        args: vec![("party".to_owned(), s.party.clone()), ("prefix".to_owned(), prefix), ("other".to_owned(), other)],
    }
}
