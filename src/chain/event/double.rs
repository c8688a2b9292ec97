//! The same act entered twice, as when two people enter one page of a notebook, or one person presses twice.
//!
//! Two records do the same when they are for one party, of one form, about the same goods and amounts, at one place and on one day, and
//! name the same others ([`act_hash`]). Two catches of one weight on one day are possible, so that this is a warning and never a refusal; a
//! signer that names the first record in `jejak:after` knows it, and there is no warning. It is cleared when the one or the other is voided.
//!
//! Each such act has one row with at most [`MAX_LISTED`] records that did it. What it is not: the same record or event again, which is refused.

use super::tx::Tx;
use crate::chain::acts::Act;
use crate::chain::outcome::RECORD;
use crate::chain::repeats::act_hash;
use crate::chain::rows::{DoneRow, RecordRow};
use crate::chain::{Refusal, Rule, Table};
use crate::record::RecordId;

/// Most records that one row lists: the first that stands, and the newest. A finding names them all, and stands while one of them does.
pub const MAX_LISTED: usize = 2;

/// Finding `looks-like-entry`: the act was recorded before. Called after the act's own rules.
pub(super) fn looks_like_entry(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    if !repeats_count(tx.act) {
        return Ok(());
    }
    let holder = tx.on_behalf.clone().unwrap_or_else(|| tx.signer().to_owned());
    let Some(key) = act_hash(tx.event, &holder) else { return Ok(()) };
    let mut row: DoneRow = tx.latest(Table::Done, &key)?.unwrap_or_default();
    let event = tx.event;
    let known = |(_, id): &(u64, RecordId)| event.ext.after.iter().any(|after| *after == id.to_string());
    if let Some((entry, _)) = row.last()
        && !row.iter().any(known)
    {
        let mut args = vec![("entry", entry.to_string())];
        args.extend(row.iter().map(|(_, id)| (RECORD, id.to_string())));
        tx.finding(Rule::LooksLikeEntry, &[], &args);
    }
    row.push((tx.index, tx.record));
    // the first stays: it is the entry that later ones look like
    if row.len() > MAX_LISTED {
        row.remove(1);
    }
    Ok(tx.put(Table::Done, key.to_vec(), &row)?)
}

/// Whether an act moves or makes goods, or passes them on: doing it twice counts twice.
fn repeats_count(act: Act) -> bool {
    act.info().moves || act == Act::Trade
}

/// A voided record did nothing: the next one that does the same looks like no other.
pub(super) fn forget(tx: &mut Tx<'_>, voided: RecordId, original: &RecordRow) -> Result<(), Refusal> {
    if !repeats_count(original.act) {
        return Ok(());
    }
    let holder = original.on_behalf.as_ref().unwrap_or(&original.party);
    let Some(key) = act_hash(tx.event, holder) else { return Ok(()) };
    let mut row: DoneRow = tx.latest(Table::Done, &key)?.unwrap_or_default();
    row.retain(|(_, id)| *id != voided);
    if row.is_empty() {
        tx.remove(Table::Done, key.to_vec());
        return Ok(());
    }
    Ok(tx.put(Table::Done, key.to_vec(), &row)?)
}
