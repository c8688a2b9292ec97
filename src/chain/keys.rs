//! `Key`, `KeyRevocation` and the authority's rotation to its pre-committed successor.

use super::checks::{StatementContext, not_the_enroller};
use super::quota::day_of;
use super::rows::{DayUse, EnrolledRow, KeyRow, LedgerRow, PartyRow, enrolled_key, party_key};
use super::state::{Scan, get, rows};
use super::{
    Act, Outcome, Overlay, Refusal, Rejection, Rule, State, StateError, Table, authority, binding, clock, entity_index,
};
use crate::log::AnyVerifier;
use crate::record::registry::{Key, KeyRevocation, Purpose, Role, Statement};
use crate::record::{Payload, PublicKey, Record};

pub(super) fn admit(state: &mut Overlay<'_>, s: &Key, by: &StatementContext<'_>) -> Result<(), Refusal> {
    let party = authority::require_party(state, &s.party)?;
    key_by_whom(s, &party, by)?;
    admin_by_rotation(state, s, by)?;
    operator_key_role(s, &party)?;
    usable(state, s, by.ledger)?;
    too_many_keys(s, &party, by)?;
    put(state, s, by.index, by.record, by.ledger, by.signer.marked_since(by.ledger.clock), 0)?;
    let keys = party.keys.with_added(s.purpose, day_of(by.ledger.clock));
    state.put(Table::Party, s.party.as_bytes(), &PartyRow { keys, ..party })?;
    Ok(())
}

/// Most keys of a party in force: a company with a phone for each of its field officers.
pub const MAX_KEYS: u32 = 500;
/// Most keys that a party adds in a day of the ledger's clock.
pub const KEYS_A_DAY: u32 = 250;

/// Rule `too-many-keys`: a party has at most [`MAX_KEYS`] keys in force and adds at most [`KEYS_A_DAY`] a day, because each key has a
/// day's quota of its own. The first key, which its enroller signs, is always admitted: nobody is locked out by who took its phone.
fn too_many_keys(s: &Key, party: &PartyRow, by: &StatementContext<'_>) -> Result<(), Rejection> {
    let added = party.keys.added_on(day_of(by.ledger.clock));
    if party.keys.admins == 0 || (party.keys.in_force() < MAX_KEYS && added < KEYS_A_DAY) {
        return Ok(());
    }
    let detail = format!(
        "{} has {} keys in force and added {added} today; {MAX_KEYS} and {KEYS_A_DAY} at most: end keys, or go on tomorrow",
        s.party,
        party.keys.in_force()
    );
    Err(Rejection::new(Rule::TooManyKeys, detail)
        .arg("party", &s.party)
        .arg("most", MAX_KEYS)
        .arg("day", KEYS_A_DAY)
        .retryable())
}

/// Writes the row of a new key. `marked`: since when its enroller is marked as compromised; the new key is marked likewise.
fn put(
    state: &mut Overlay<'_>,
    s: &Key,
    index: u64,
    record: &Record,
    ledger: &LedgerRow,
    marked: Option<i64>,
    last_seq: u64,
) -> Result<(), Refusal> {
    let row = KeyRow {
        party: s.party.clone(),
        purpose: s.purpose,
        record: record.id,
        index,
        enrolled_by: record.kid,
        enrolled: ledger.clock,
        label: s.label.clone(),
        revoked: None,
        compromised_since: marked,
        last_seq,
        first: (last_seq > 0).then_some((record.id, ledger.clock)),
        used: DayUse::default(),
        urgent: DayUse::default(),
    };
    admitted(state, &s.key, &row)
}

/// Writes the row of a new key, and the rows it is found by.
pub(super) fn admitted(state: &mut Overlay<'_>, key: &PublicKey, row: &KeyRow) -> Result<(), Refusal> {
    state.put(Table::Key, &key.0, row)?;
    state.put(Table::PartyKey, &party_key(&row.party, false, &key.0), &())?;
    state.put(Table::Enrolled, &enrolled_key(&row.enrolled_by, &key.0), &EnrolledRow::Key)?;
    if row.compromised_since.is_some() {
        let ledger = LedgerRow { any_marked: true, ..authority::ledger(state)? };
        state.put(Table::Ledger, b"", &ledger)?;
    }
    Ok(())
}

/// The row of a key that ends at `index`, and the row it is found by.
fn end(state: &mut Overlay<'_>, key: &PublicKey, row: KeyRow, index: u64, reason: String) -> Result<(), StateError> {
    state.delete(Table::PartyKey, &party_key(&row.party, false, &key.0));
    state.put(Table::PartyKey, &party_key(&row.party, true, &key.0), &())?;
    state.put(Table::Key, &key.0, &KeyRow { revoked: Some((index, reason)), ..row })
}

/// At most `most` keys of a party: those in force by raw key, then those that have been ended.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn keys_of(state: &dyn State, party: &str, most: usize) -> Result<Vec<(PublicKey, KeyRow)>, StateError> {
    let mut keys = listed(state, party, false, most)?;
    keys.extend(listed(state, party, true, most - keys.len())?);
    Ok(keys)
}

fn listed(state: &dyn State, party: &str, ended: bool, most: usize) -> Result<Vec<(PublicKey, KeyRow)>, StateError> {
    let prefix = party_key(party, ended, b"");
    let mut found = Vec::new();
    for listed in rows::<()>(state, Table::PartyKey, Scan::prefix(&prefix)).take(most) {
        let (name, ()) = listed?;
        if let Some(raw) = name.get(prefix.len()..).and_then(|raw| <[u8; 32]>::try_from(raw).ok())
            && let Some(row) = get(state, Table::Key, &raw)?
        {
            found.push((PublicKey(raw), row));
        }
    }
    Ok(found)
}

/// The rules on the key itself, independent of who registers it.
fn usable(state: &Overlay<'_>, s: &Key, ledger: &LedgerRow) -> Result<(), Refusal> {
    key_refused(&s.key)?;
    binding::key_not_possessed(&ledger.ledger, s)?;
    key_taken(state, s)?;
    key_is_the_logs(s, ledger)?;
    Ok(())
}

/// Rule `key-by-whom`: a party's first key is an admin key, signed by its enroller; later keys are signed by its admin key.
fn key_by_whom(s: &Key, party: &PartyRow, by: &StatementContext<'_>) -> Result<(), Rejection> {
    if party.keys.admins > 0 {
        if by.signer.iss == s.party {
            return Ok(());
        }
    } else if s.purpose == Purpose::Admin || s.purpose == Purpose::Operator {
        return not_the_enroller(&s.party, party, by);
    }
    Err(Rejection::new(
        Rule::KeyByWhom,
        format!(
            "{}'s first key is an admin key signed by its enroller, later ones are signed by its admin key",
            s.party
        ),
    )
    .arg("party", &s.party)
    .arg("signer", &by.signer.iss))
}

/// Rule `admin-by-rotation`: the authority has at most two admin keys, and after that only the successor it committed to, so that a
/// stolen admin key can't add another.
fn admin_by_rotation(state: &Overlay<'_>, s: &Key, by: &StatementContext<'_>) -> Result<(), Refusal> {
    if s.party != by.ledger.authority || s.purpose != Purpose::Admin {
        return Ok(());
    }
    if authority::require_party(state, &by.ledger.authority)?.keys.admins_ever < 2 {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::AdminByRotation,
        "a new admin key of the authority is the successor it committed to, signed by itself",
    )
    .arg("key", s.key)
    .into())
}

/// Rule `operator-key-role`: an operator key belongs to an operator.
fn operator_key_role(s: &Key, party: &PartyRow) -> Result<(), Rejection> {
    if s.purpose != Purpose::Operator || party.roles.contains(&Role::Operator) {
        return Ok(());
    }
    Err(Rejection::new(Rule::OperatorKeyRole, format!("{} is not enrolled as an operator", s.party))
        .arg("party", &s.party))
}

/// Rule `key-refused`: the key is canonical, not weak and torsion-free.
fn key_refused(key: &PublicKey) -> Result<(), Rejection> {
    key.admit().map_err(|e| Rejection::new(Rule::KeyRefused, e.to_string()).arg("key", key))
}

/// Rule `key-taken`: one key belongs to one party for ever.
fn key_taken(state: &Overlay<'_>, s: &Key) -> Result<(), Refusal> {
    match get::<KeyRow>(state, Table::Key, &s.key.0)? {
        None => Ok(()),
        Some(row) => Err(Rejection::new(Rule::KeyTaken, format!("the key {} is registered already", s.key))
            .arg("key", s.key)
            .conflicts(row.record)
            .into()),
    }
}

/// Rule `key-is-the-logs`: keys of the log and of witnesses sign no records.
fn key_is_the_logs(s: &Key, ledger: &LedgerRow) -> Result<(), Rejection> {
    if ledger.log_keys.iter().chain(&ledger.witnesses).any(|vkey| raw_key(vkey) == Some(s.key.0)) {
        return Err(
            Rejection::new(Rule::KeyIsTheLogs, "a key of the log or of a witness signs no records").arg("key", s.key)
        );
    }
    Ok(())
}

/// The raw key of a verifier key that is an Ed25519 key, of a log (type 1) or a cosigner (type 4).
pub(super) fn raw_key(vkey: &str) -> Option<[u8; 32]> {
    Some(*vkey.parse::<AnyVerifier>().ok()?.known()?.public_key())
}

pub(super) fn revoke(state: &mut Overlay<'_>, s: &KeyRevocation, by: &StatementContext<'_>) -> Result<(), Refusal> {
    let row = get::<KeyRow>(state, Table::Key, &s.key.0)?.ok_or_else(|| {
        Rejection::new(Rule::RevokesUnknownKey, format!("no party has registered the key {}", s.key))
            .arg("key", s.key)
            .retryable()
    })?;
    revocation_not_allowed(state, s, &row, by)?;
    last_authority_key(state, &row, by)?;
    let compromised = row.compromised_since.into_iter().chain(s.compromised_since).min();
    let row = KeyRow { compromised_since: compromised, ..row };
    if row.revoked.is_some() {
        state.put(Table::Key, &s.key.0, &row)?;
    } else {
        // a party without an admin key may get a first key from its enroller again, such as a village that lost its phone
        let party = authority::require_party(state, &row.party)?;
        let keys = party.keys.with_ended(row.purpose, day_of(by.ledger.clock));
        state.put(Table::Party, row.party.as_bytes(), &PartyRow { keys, ..party })?;
        end(state, &s.key, row, by.index, s.reason.clone())?;
    }
    match s.compromised_since {
        Some(since) => mark(state, &s.key, since),
        None => Ok(()),
    }
}

/// Rule `last-authority-key`: the authority does not revoke its last admin key while no successor is committed: no key could sign
/// for it any more.
fn last_authority_key(state: &Overlay<'_>, row: &KeyRow, by: &StatementContext<'_>) -> Result<(), Refusal> {
    if row.party != by.ledger.authority || row.purpose != Purpose::Admin || by.ledger.successor.is_some() {
        return Ok(());
    }
    if authority::require_party(state, &row.party)?.keys.admins > 1 {
        return Ok(());
    }
    Err(Rejection::new(Rule::LastAuthorityKey, "this is the authority's last admin key, and no successor is committed")
        .into())
}

/// Rule `revocation-not-allowed`: a key is revoked by its party, its party's enroller, or the authority.
fn revocation_not_allowed(
    state: &Overlay<'_>,
    s: &KeyRevocation,
    row: &KeyRow,
    by: &StatementContext<'_>,
) -> Result<(), Refusal> {
    if row.party == by.signer.iss || by.signer.has(Role::Authority) {
        return Ok(());
    }
    if by.signer.has(Role::Region)
        && authority::party(state, &row.party)?.is_some_and(|party| party.enroller == by.signer.iss)
    {
        return Ok(());
    }
    Err(Rejection::new(Rule::RevocationNotAllowed, format!("{} may not revoke the key {}", by.signer.iss, s.key))
        .arg("key", s.key)
        .arg("party", &by.signer.iss)
        .into())
}

/// Marks what a compromised key enrolled since then: keys, parties, and what those enrolled in turn.
fn mark(state: &mut Overlay<'_>, key: &PublicKey, since: i64) -> Result<(), Refusal> {
    let ledger = LedgerRow { any_marked: true, ..authority::ledger(state)? };
    state.put(Table::Ledger, b"", &ledger)?;
    let mut open = vec![*key];
    while let Some(by) = open.pop() {
        let prefix = enrolled_key(&by, b"");
        let enrolled: Vec<_> =
            rows::<EnrolledRow>(state, Table::Enrolled, Scan::prefix(&prefix)).collect::<Result<_, _>>()?;
        for (name, what) in enrolled {
            let Some(name) = name.get(prefix.len()..) else { continue };
            match what {
                EnrolledRow::Key => open.extend(mark_key(state, &by, name, since)?),
                EnrolledRow::Party => open.extend(mark_party(state, name, since)?),
            }
        }
    }
    Ok(())
}

/// Marks the key `name` that `by` enrolled; what it enrolled in turn is marked next.
fn mark_key(state: &mut Overlay<'_>, by: &PublicKey, name: &[u8], since: i64) -> Result<Option<PublicKey>, Refusal> {
    let (Some(row), Ok(raw)) = (get::<KeyRow>(state, Table::Key, name)?, <[u8; 32]>::try_from(name)) else {
        return Ok(None);
    };
    if raw == by.0 || row.enrolled < since || row.compromised_since.is_some_and(|at| at <= since) {
        return Ok(None);
    }
    state.put(Table::Key, &raw, &KeyRow { compromised_since: Some(since), ..row })?;
    Ok(Some(PublicKey(raw)))
}

/// Marks a party; what its own keys enrolled in turn is marked next.
fn mark_party(state: &mut Overlay<'_>, name: &[u8], since: i64) -> Result<Vec<PublicKey>, Refusal> {
    let Some(row) = get::<PartyRow>(state, Table::Party, name)? else { return Ok(Vec::new()) };
    if row.index == 0 || row.enrolled < since || row.marked_since.is_some_and(|at| at <= since) {
        return Ok(Vec::new());
    }
    state.put(Table::Party, name, &PartyRow { marked_since: Some(since), ..row })?;
    let party = String::from_utf8_lossy(name);
    Ok(keys_of(state, &party, usize::MAX)?.into_iter().map(|(key, _)| key).collect())
}

/// The authority's rotation: a `Key` statement of the authority signed by the new key itself, which is the successor that
/// was committed to. Ends every other key of the authority. Whether the record was one.
pub(super) fn rotate_by_successor(
    state: &mut Overlay<'_>,
    index: u64,
    record: &Record,
    ledger: &LedgerRow,
) -> Result<bool, Refusal> {
    let (Some(commitment), Payload::Registry(statement)) = (&ledger.successor, &record.payload) else {
        return Ok(false);
    };
    let Statement::Key(s) = &**statement else { return Ok(false) };
    let is_rotation = s.party == ledger.authority
        && record.claims.iss == ledger.authority
        && s.key == record.kid
        && s.purpose == Purpose::Admin
        && record.claims.seq == 1
        && binding::is_successor(commitment, &s.key);
    if !is_rotation {
        return Ok(false);
    }
    usable(state, s, ledger)?;
    let day = day_of(ledger.clock);
    let party = authority::require_party(state, &ledger.authority)?;
    let mut counts = party.keys;
    for (key, row) in listed(state, &ledger.authority, false, usize::MAX)? {
        // an operator key of the authority's own node stays, so that the clock goes on
        if row.purpose != Purpose::Operator {
            counts = counts.with_ended(row.purpose, day);
            end(state, &key, row, index, "replaced".to_owned())?;
        }
    }
    let keys = counts.with_added(Purpose::Admin, day);
    state.put(Table::Party, ledger.authority.as_bytes(), &PartyRow { keys, ..party })?;
    put(state, s, index, record, ledger, None, record.claims.seq)?;
    authority::use_number(state, record)?;
    state.put(Table::Ledger, b"", &LedgerRow { successor: None, ..ledger.clone() })?;
    clock::confirmed(state)?;
    let outcome = Outcome { act: Act::Registry, findings: Vec::new() };
    entity_index::settle(state, index, record, ledger, &outcome, entity_index::Affected::default())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chain::clock::STEP;
    use crate::chain::testing::{AUTHORITY, T0, World};

    #[test]
    fn rotation_of_the_authoritys_key_confirms_the_clock() {
        let mut w = World::new();
        for steps in 1..=4 {
            w.clock(T0 + steps * STEP);
        }
        let successor = w.key_of_seed(AUTHORITY, "successor", Purpose::Admin);
        let record = w.signed_by("successor", AUTHORITY, &successor);
        let key = record.kid;
        w.admitted("successor", record);
        let ledger = authority::ledger(&w.state).unwrap();
        assert_eq!((ledger.confirmed, ledger.successor), (T0 + 4 * STEP, None));
        let row: KeyRow = get(&w.state, Table::Key, &key.0).unwrap().unwrap();
        assert_eq!(row.last_seq, 1);
        w.clock(T0 + 5 * STEP);
    }
}
