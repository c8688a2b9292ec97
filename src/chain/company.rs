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
/// Most longer prefixes of one length within a stated one that are looked at, the first by their digits: where the first 64 are all the
/// party's own, or lent to it, an overlap with one behind them is not found. A prefix of four digits reads 8 x 64 of them at most.
pub(super) const LOOKED_AT: usize = 64;

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
        if row == found {
            continue;
        }
        // a row without a party would only be in the way of those that are looked for
        if row == NameRow::default() {
            state.delete(Table::Company, &company_key(of));
        } else {
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

/// Another party with a prefix that holds `prefix`, is it, or lies in it; of those that lie in it at most [`LOOKED_AT`] of each length are
/// looked at.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::rows::RecordRow;
    use crate::chain::testing::*;
    use crate::names::Names;
    use crate::record::registry::{Purpose, Role, Statement};

    /// States the company prefixes of a party. Whether one of them was found to overlap with another's.
    fn overlaps(w: &mut World, uri: &str, prefixes: &[String]) -> bool {
        let known: Option<PartyRow> = get(&w.state, Table::Party, uri.as_bytes()).unwrap();
        let (prefixes, replaces) = (prefixes.to_vec(), known.map(|row| row.record));
        let stated = Party { prefixes, replaces, ..Party::new(uri, Names::english(uri), &[Role::Buyer], "ID") };
        let id = w.state(AUTHORITY, Statement::Party(stated));
        let row: RecordRow = get(&w.state, Table::Record, id.as_bytes()).unwrap().unwrap();
        row.findings == 1
    }

    fn prefixes(of: &[&str]) -> Vec<String> {
        of.iter().map(|prefix| (*prefix).to_owned()).collect()
    }

    const COMPANY: &str = "urn:jejak:party:company";
    const OTHER: &str = "urn:jejak:party:other-company";

    #[test]
    fn prefix_of_another_is_found_behind_those_of_the_party_itself() {
        let mut w = World::new();
        let mut own: Vec<String> = (0..7).map(|n| format!("899100{n}")).collect();
        assert!(!overlaps(&mut w, COMPANY, &own));
        assert!(!overlaps(&mut w, OTHER, &prefixes(&["8991007"])));
        own.push("8991".to_owned());
        assert!(overlaps(&mut w, COMPANY, &own));
    }

    #[test]
    fn prefix_that_was_given_up_leaves_no_row() {
        let mut w = World::new();
        w.enrol(COMPANY, &[Role::Buyer], "", &["8991001", "8991002"], Purpose::Admin);
        let rows = |w: &World| w.all::<NameRow>(Table::Company).len();
        let before = rows(&w);
        assert!(!overlaps(&mut w, COMPANY, &prefixes(&["8991002"])));
        assert_eq!(rows(&w), before - 1);
        assert!(!overlaps(&mut w, OTHER, &prefixes(&["8991001"])));
    }
}
