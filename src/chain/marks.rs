//! Whether a record was signed with a key that was compromised then, or by a party that such a key had enrolled.

use super::clock::EVERY;
use super::rows::{KeyRow, LedgerRow, PartyRow, RecordRow};
use super::state::{get, row};
use super::{State, StateError, Table};

/// Whether the key, or the party that enrolled it, was compromised when a record was logged.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn marked(state: &dyn State, row: &RecordRow) -> Result<bool, StateError> {
    // it was logged between the clock before it and the next: when in doubt it is marked
    let since = |at: Option<i64>| at.is_some_and(|at| row.clock.saturating_add(EVERY) > at);
    let key: Option<KeyRow> = get(state, Table::Key, &row.kid.0)?;
    let party: Option<PartyRow> = get(state, Table::Party, row.party.as_bytes())?;
    Ok(since(key.and_then(|key| key.compromised_since)) || since(party.and_then(|party| party.marked_since)))
}

/// Whether any key or party is marked as compromised.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn any_marked(state: &dyn State) -> Result<bool, StateError> {
    Ok(row::<LedgerRow>(state, Table::Ledger, b"")?.is_some_and(|ledger| ledger.any_marked))
}
