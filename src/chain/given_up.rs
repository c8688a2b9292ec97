//! Numbers that a key gives up by name (`jejak:givenUp`), so that they are no gap.
//!
//! A record that a rule refused, or that was signed by mistake, never arrives: a later record of its key states its number, its id and
//! why. From then on neither that record nor another with its number is admitted, and nothing waits for it. Its signer could drop a test that
//! failed this way, so that an inspection is given up with its lots, and their pages say so. What it is not: a proof of what the record was, nor
//! of whose: anyone who knows the id of a record that is not on the ledger may say that its own key gave it up, and so keep others from waiting.

use super::outcome::Finding;
use super::rows::{Numbered, SEQ_GROUP, SeqRow, seq_key};
use super::state::{State, StateError, get, row};
use super::{Overlay, Table};
use crate::epcis::ext::GivenUp;
use crate::record::{Payload, PublicKey, Record, RecordId};

/// What a record gives up.
fn named(record: &Record) -> &[GivenUp] {
    match &record.payload {
        Payload::Event(event) => &event.ext.given_up,
        Payload::Registry(_) => &[],
    }
}

/// Whether numbers are missing between `last` and the record's own that it does not give up.
pub(super) fn leaves_a_gap(record: &Record, last: u64) -> bool {
    let given = named(record);
    let mut missing = last.saturating_add(1)..record.claims.seq;
    // a record names few numbers: a longer gap is one
    if missing.end.saturating_sub(missing.start) > given.len() as u64 {
        return true;
    }
    missing.any(|number| given.iter().all(|given| given.seq != number))
}

/// Takes the numbers and the ids that a record gives up. A number that is used already, or that comes after the record's own, is left as it
/// is: the record arrived after all, and nobody's next record waits for the reason. An id whose number another record has never arrives.
pub(super) fn keep(state: &mut Overlay<'_>, record: &Record) -> Result<(), StateError> {
    for given in named(record).iter().filter(|given| given.seq < record.claims.seq) {
        let Ok(id) = given.record.parse::<RecordId>() else { continue };
        let key = seq_key(&record.kid, given.seq);
        let mut used: SeqRow = get(state, Table::Seq, &key)?.unwrap_or_default();
        // below SEQ_GROUP, which is 32
        let number = (given.seq % SEQ_GROUP) as u8;
        match used.iter().find(|used| used.number == number) {
            Some(arrived) if arrived.record == id => continue,
            Some(_) => {}
            None => {
                used.push(Numbered { number, record: id, given_up: true });
                state.put(Table::Seq, &key, &used)?;
            }
        }
        state.put(Table::GivenUp, id.as_bytes(), &record.id)?;
    }
    Ok(())
}

/// The record on the log by which the record of this id was given up; whose it was the ledger can't check.
///
/// # Errors
/// [`StateError`] when storage fails.
pub(super) fn by(state: &dyn State, id: &RecordId) -> Result<Option<RecordId>, StateError> {
    get(state, Table::GivenUp, id.as_bytes())
}

/// Most numbers of one gap that are looked up; a longer one stays shown.
const MOST_LOOKED_UP: u64 = 1_024;

/// Whether a number of the gap of this finding is still missing: its record did not arrive, and was not given up.
///
/// # Errors
/// [`StateError`] when storage fails.
pub(super) fn is_open(state: &dyn State, gap: &Finding) -> Result<bool, StateError> {
    let value = |name: &str| gap.args.iter().find(|(arg, _)| arg == name).map(|(_, value)| value.as_str());
    let number = |name| value(name).and_then(|text| text.parse::<u64>().ok());
    let key = value("key").and_then(|key| key.parse::<PublicKey>().ok());
    let (Some(key), Some(last), Some(seq)) = (key, number("last"), number("seq")) else { return Ok(true) };
    if seq.saturating_sub(last) > MOST_LOOKED_UP {
        return Ok(true);
    }
    let mut group = None;
    for missing in last.saturating_add(1)..seq {
        let at = missing / SEQ_GROUP;
        if group.as_ref().is_none_or(|(known, _)| *known != at) {
            group = Some((at, row::<SeqRow>(state, Table::Seq, &seq_key(&key, missing))?));
        }
        let used = group.as_ref().and_then(|(_, row)| row.as_ref());
        if !used.is_some_and(|used| used.iter().any(|used| u64::from(used.number) == missing % SEQ_GROUP)) {
            return Ok(true);
        }
    }
    Ok(false)
}
