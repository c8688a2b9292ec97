//! `Key`, `KeyRevocation` and the authority's rotation to its pre-committed successor.

use super::checks::{StatementContext, not_the_enroller};
use super::rows::{KeyRow, LedgerRow, PartyRow, seq_key};
use super::state::{decode, get};
use super::{Act, Outcome, Overlay, Refusal, Rejection, Rule, State, StateError, Table, authority, binding, touch};
use crate::record::registry::{Key, KeyRevocation, Purpose, Role, Statement};
use crate::record::{Payload, PublicKey, Record};

pub(super) fn admit(state: &mut Overlay<'_>, s: &Key, by: &StatementContext<'_>) -> Result<(), Refusal> {
    let party = authority::require_party(state, &s.party)?;
    key_by_whom(s, &party, by)?;
    admin_by_rotation(state, s, by)?;
    operator_key_role(s, &party)?;
    usable(state, s, by.ledger)?;
    put(state, s, by.index, by.record, by.ledger, by.signer.marked_since(by.ledger.clock))?;
    if s.purpose == Purpose::Admin && !party.has_admin {
        state.put(Table::Party, s.party.as_bytes(), &PartyRow { has_admin: true, ..party })?;
    }
    Ok(())
}

/// Writes the row of a new key. `marked`: since when its enroller is marked as compromised; the new key is marked likewise.
fn put(
    state: &mut Overlay<'_>,
    s: &Key,
    index: u64,
    record: &Record,
    ledger: &LedgerRow,
    marked: Option<i64>,
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
        last_seq: 0,
    };
    state.put(Table::Key, &s.key.0, &row)?;
    Ok(())
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
    if party.has_admin {
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
    let mut admins = 0;
    for (_, bytes) in state.scan(Table::Key, b"")? {
        let row: KeyRow = decode(Table::Key, &bytes)?;
        admins += u32::from(row.party == by.ledger.authority && row.purpose == Purpose::Admin);
    }
    if admins < 2 {
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

/// The raw key of a C2SP verifier key: `<name>+<key id>+<base64 of type byte and key>`.
pub(super) fn raw_key(vkey: &str) -> Option<[u8; 32]> {
    let (_, encoded) = vkey.rsplit_once('+')?;
    // standard base64 may hold a plus itself: the encoding of 33 bytes has 44 characters
    let encoded = if encoded.len() == 44 { encoded } else { vkey.get(vkey.len().checked_sub(44)?..)? };
    let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).ok()?;
    bytes.get(1..)?.try_into().ok()
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
    let revoked = row.revoked.clone().or_else(|| Some((by.index, s.reason.clone())));
    state.put(Table::Key, &s.key.0, &KeyRow { revoked, compromised_since: compromised, ..row })?;
    if let Some(since) = s.compromised_since {
        mark(state, &s.key, since)?;
    }
    reopen(state, &s.key)
}

/// Whether a party has a key in force that signs its events.
pub(super) fn signs(state: &dyn State, party: &str) -> Result<bool, StateError> {
    for (_, bytes) in state.scan(Table::Key, b"")? {
        let row: KeyRow = decode(Table::Key, &bytes)?;
        if row.party == party && row.purpose != Purpose::Operator && row.revoked.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A party whose last admin key was revoked may get a first key from its enroller again, such as a village that lost its phone.
fn reopen(state: &mut Overlay<'_>, ended: &PublicKey) -> Result<(), Refusal> {
    let Some(row) = get::<KeyRow>(state, Table::Key, &ended.0)? else { return Ok(()) };
    if row.purpose != Purpose::Admin {
        return Ok(());
    }
    for (_, bytes) in state.scan(Table::Key, b"")? {
        let other: KeyRow = decode(Table::Key, &bytes)?;
        if other.party == row.party && other.purpose == Purpose::Admin && other.revoked.is_none() {
            return Ok(());
        }
    }
    if let Some(party) = authority::party(state, &row.party)? {
        state.put(Table::Party, row.party.as_bytes(), &PartyRow { has_admin: false, ..party })?;
    }
    Ok(())
}

/// Rule `last-authority-key`: the authority does not revoke its last admin key while no successor is committed: no key could sign
/// for it any more.
fn last_authority_key(state: &Overlay<'_>, row: &KeyRow, by: &StatementContext<'_>) -> Result<(), Refusal> {
    if row.party != by.ledger.authority || row.purpose != Purpose::Admin || by.ledger.successor.is_some() {
        return Ok(());
    }
    let mut live = 0;
    for (_, bytes) in state.scan(Table::Key, b"")? {
        let other: KeyRow = decode(Table::Key, &bytes)?;
        live += u32::from(other.party == row.party && other.purpose == Purpose::Admin && other.revoked.is_none());
    }
    if live > 1 {
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

/// Marks what a compromised key enrolled since then: keys, parties, and what those enrolled in turn. It scans: revocations are rare.
fn mark(state: &mut Overlay<'_>, key: &PublicKey, since: i64) -> Result<(), Refusal> {
    let mut open = vec![*key];
    while let Some(by) = open.pop() {
        for (name, bytes) in state.scan(Table::Key, b"")? {
            let row: KeyRow = decode(Table::Key, &bytes)?;
            let Ok(raw) = <[u8; 32]>::try_from(name.as_slice()) else { continue };
            let earlier = row.compromised_since.is_some_and(|at| at <= since);
            if row.enrolled_by == by && raw != by.0 && row.enrolled >= since && !earlier {
                state.put(Table::Key, &raw, &KeyRow { compromised_since: Some(since), ..row })?;
                open.push(PublicKey(raw));
            }
        }
        for (name, bytes) in state.scan(Table::Party, b"")? {
            let row: PartyRow = decode(Table::Party, &bytes)?;
            let earlier = row.marked_since.is_some_and(|at| at <= since);
            if row.enrolled_by == by && row.enrolled >= since && !earlier && row.index > 0 {
                state.put(Table::Party, &name, &PartyRow { marked_since: Some(since), ..row })?;
                // then what the keys of that party enrolled
                for (raw, bytes) in state.scan(Table::Key, b"")? {
                    let key: KeyRow = decode(Table::Key, &bytes)?;
                    if let (true, Ok(raw)) = (key.party.as_bytes() == name, <[u8; 32]>::try_from(raw.as_slice())) {
                        open.push(PublicKey(raw));
                    }
                }
            }
        }
    }
    Ok(())
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
    for (name, bytes) in state.scan(Table::Key, b"")? {
        let row: KeyRow = decode(Table::Key, &bytes)?;
        // an operator key of the authority's own node stays, so that the clock goes on
        if row.party == ledger.authority && row.purpose != Purpose::Operator && row.revoked.is_none() {
            state.put(Table::Key, &name, &KeyRow { revoked: Some((index, "replaced".to_owned())), ..row })?;
        }
    }
    put(state, s, index, record, ledger, None)?;
    let row: Option<KeyRow> = get(state, Table::Key, &s.key.0)?;
    if let Some(row) = row {
        state.put(Table::Key, &s.key.0, &KeyRow { last_seq: record.claims.seq, ..row })?;
    }
    if let Some(party) = authority::party(state, &ledger.authority)? {
        state.put(Table::Party, ledger.authority.as_bytes(), &PartyRow { has_admin: true, ..party })?;
    }
    state.put(Table::Seq, &seq_key(&record.kid, record.claims.seq), &record.id)?;
    state.put(Table::Ledger, b"", &LedgerRow { successor: None, ..ledger.clone() })?;
    let outcome = Outcome { act: Act::Registry, findings: Vec::new() };
    touch::settle(state, index, record, ledger, &outcome, touch::Affected::default())?;
    Ok(true)
}
