//! The checks every record gets: the right ledger, a known key of the issuer, in force, for this purpose, in sequence.
//!
//! What it is not: the rules of each kind of statement (`party`, `keys`, `product`, ...).

use std::sync::Arc;

use super::rows::{KeyRow, LedgerRow, Numbered, PartyRow, SEQ_GROUP, SeqRow, event_key, seq_key};
use super::state::{get, row};
use super::{Context, Finding, Overlay, Refusal, Rejection, Rule, Severity, State, StateError, Table, given_up};
use crate::epcis::Event;
use crate::record::registry::{Purpose, Role, Standing, Statement};
use crate::record::{ContentType, Payload, PublicKey, Record, RecordId};

/// Who signed a record: checked to be known, in force and not suspended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The party's URI (`iss`).
    pub iss: String,
    /// Its row.
    pub party: Arc<PartyRow>,
    /// The key's row.
    pub key: Arc<KeyRow>,
}

impl Signer {
    /// Whether the party has this role.
    pub fn has(&self, role: Role) -> bool {
        self.party.roles.contains(&role)
    }

    /// Since when records that it signs at `clock` are marked: its key, or its enroller, was compromised.
    pub fn marked_since(&self, clock: i64) -> Option<i64> {
        self.key.compromised_since.filter(|since| clock >= *since).or(self.party.marked_since)
    }
}

/// The ledger's row.
///
/// # Errors
/// [`StateError`] when it can't be read or entry 0 was never applied.
pub fn ledger(state: &dyn State) -> Result<LedgerRow, StateError> {
    shared_ledger(state).map(Arc::unwrap_or_clone)
}

/// [`ledger`], to be read only.
///
/// # Errors
/// As for [`ledger`].
pub fn shared_ledger(state: &dyn State) -> Result<Arc<LedgerRow>, StateError> {
    row(state, Table::Ledger, b"")?.ok_or_else(|| StateError::new("no entry 0: the ledger has not been founded"))
}

/// The party's row, or `None`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn party(state: &dyn State, uri: &str) -> Result<Option<PartyRow>, StateError> {
    get(state, Table::Party, uri.as_bytes())
}

/// The party's row; rejects a party that is not enrolled.
///
/// # Errors
/// Rule `party-unknown`; retryable, since its enrolment may be on the way.
pub fn require_party(state: &dyn State, uri: &str) -> Result<PartyRow, Refusal> {
    enrolled(state, uri).map(Arc::unwrap_or_clone)
}

fn enrolled(state: &dyn State, uri: &str) -> Result<Arc<PartyRow>, Refusal> {
    row(state, Table::Party, uri.as_bytes())?.ok_or_else(|| {
        Rejection::new(Rule::PartyUnknown, format!("{uri} is not enrolled on this ledger"))
            .arg("party", uri)
            .retryable()
            .into()
    })
}

/// Rule `wrong-ledger`: the record is for this ledger.
///
/// # Errors
/// Rejection `wrong-ledger`.
pub fn wrong_ledger(record: &Record, ledger: &LedgerRow) -> Result<(), Rejection> {
    if record.claims.aud == ledger.ledger {
        return Ok(());
    }
    let detail = format!("the record is addressed to {}, this ledger is {}", record.claims.aud, ledger.ledger);
    Err(Rejection::new(Rule::WrongLedger, detail).arg("got", &record.claims.aud).arg("want", &ledger.ledger))
}

/// Rule `duplicate-record`: one record is one entry. A ledger answers a repeated submission with its first acknowledgement before it
/// comes here.
///
/// # Errors
/// Rejection `duplicate-record`.
pub fn duplicate_record(state: &dyn State, record: &Record) -> Result<(), Refusal> {
    // each record that was applied used its number: the numbers of a key that signs are read anyway, in the order of the log
    let used = number_used(state, &record.kid, record.claims.seq)?;
    if used.is_none_or(|used| used.record != record.id || used.given_up) {
        return Ok(());
    }
    Err(Rejection::new(Rule::DuplicateRecord, "this record is on the ledger already").conflicts(record.id).into())
}

/// Who has a number of a key.
fn number_used(state: &dyn State, key: &PublicKey, seq: u64) -> Result<Option<Numbered>, StateError> {
    let used = row::<SeqRow>(state, Table::Seq, &seq_key(key, seq))?;
    Ok(used.and_then(|used| used.iter().find(|used| u64::from(used.number) == seq % SEQ_GROUP).copied()))
}

/// The signer of a record, after the rules on keys and parties.
///
/// # Errors
/// Rejections `key-unknown`, `key-not-of-issuer`, `key-revoked`, `party-suspended`.
pub fn signer(state: &dyn State, record: &Record) -> Result<Signer, Refusal> {
    let key = require_key(state, &record.kid)?;
    key_not_of_issuer(record, &key)?;
    key_revoked(&record.kid, &key)?;
    let party = enrolled(state, &record.claims.iss)?;
    party_suspended(&record.claims.iss, &party)?;
    Ok(Signer { iss: record.claims.iss.clone(), party, key })
}

/// Who signs a request to a node with `kid`, after the rules on keys and parties. An operator key signs the clock and nothing else.
///
/// # Errors
/// Rejections `key-unknown`, `key-revoked`, `key-purpose`, `party-suspended`.
pub fn request_signer(state: &dyn State, kid: &PublicKey) -> Result<Signer, Refusal> {
    let key = require_key(state, kid)?;
    key_revoked(kid, &key)?;
    if key.purpose == Purpose::Operator {
        let detail = format!("the key {kid} is an operator key and signs no requests");
        return Err(Rejection::new(Rule::KeyPurpose, detail).arg("key", kid).arg("purpose", "operator").into());
    }
    let party = enrolled(state, &key.party)?;
    party_suspended(&key.party, &party)?;
    Ok(Signer { iss: key.party.clone(), party, key })
}

/// Rule `key-unknown`: the key is registered. Retryable: its registration may be on the way.
fn require_key(state: &dyn State, kid: &PublicKey) -> Result<Arc<KeyRow>, Refusal> {
    row(state, Table::Key, &kid.0)?.ok_or_else(|| {
        Rejection::new(Rule::KeyUnknown, format!("no party has registered the key {kid}"))
            .arg("key", kid)
            .retryable()
            .into()
    })
}

/// Rule `key-not-of-issuer`: the key belongs to the party that the record names as its issuer.
fn key_not_of_issuer(record: &Record, key: &KeyRow) -> Result<(), Rejection> {
    if key.party == record.claims.iss {
        return Ok(());
    }
    let detail = format!("the key {} does not belong to {}", record.kid, record.claims.iss);
    Err(Rejection::new(Rule::KeyNotOfIssuer, detail).arg("key", record.kid).arg("party", &record.claims.iss))
}

/// Rule `key-revoked`: a revoked key signs nothing more.
fn key_revoked(kid: &PublicKey, key: &KeyRow) -> Result<(), Rejection> {
    match &key.revoked {
        None => Ok(()),
        Some((index, reason)) => {
            Err(Rejection::new(Rule::KeyRevoked, format!("the key {kid} was revoked at entry {index}: {reason}"))
                .arg("key", kid)
                .arg("index", index)
                .arg("reason", reason))
        }
    }
}

/// Rule `party-suspended`: a suspended party signs nothing.
fn party_suspended(uri: &str, party: &PartyRow) -> Result<(), Rejection> {
    match party.standing {
        Standing::Active => Ok(()),
        Standing::Suspended => {
            Err(Rejection::new(Rule::PartySuspended, format!("{uri} is suspended and may not write")).arg("party", uri))
        }
    }
}

/// Rule `key-purpose`: an admin key signs all records of its party but the clock, an event key events, an operator key the clock.
///
/// # Errors
/// Rejection `key-purpose`.
pub fn key_purpose(record: &Record, signer: &Signer) -> Result<(), Rejection> {
    let clock = matches!(&record.payload, Payload::Registry(s) if matches!(**s, Statement::Clock(_)));
    let allowed = match signer.key.purpose {
        Purpose::Admin => !clock,
        Purpose::Event => record.content_type == ContentType::Event,
        Purpose::Operator => clock,
    };
    if allowed {
        return Ok(());
    }
    let purpose = match signer.key.purpose {
        Purpose::Admin => "admin",
        Purpose::Event => "event",
        Purpose::Operator => "operator",
    };
    let detail = format!("the key {} is an {purpose} key and may not sign this", record.kid);
    Err(Rejection::new(Rule::KeyPurpose, detail).arg("key", record.kid).arg("purpose", purpose))
}

/// The rules on a key's running number, and the number's row. `clock`: the last clock, Unix seconds.
///
/// # Errors
/// Rejections `sequence-zero`, `sequence-repeated`.
pub fn sequence(
    state: &mut Overlay<'_>,
    record: &Record,
    signer: &Signer,
    clock: i64,
    ctx: &Context<'_>,
) -> Result<Vec<Finding>, Refusal> {
    sequence_zero(record)?;
    sequence_repeated(state, record)?;
    let seq = record.claims.seq;
    let found = if ctx.partial { None } else { sequence_gap(record, signer.key.last_seq) };
    use_number(state, record)?;
    given_up::keep(state, record)?;
    if seq > signer.key.last_seq {
        let first = signer.key.first.or(Some((record.id, clock)));
        let key = KeyRow { last_seq: seq, first, ..KeyRow::clone(&signer.key) };
        state.insert(Table::Key, record.kid.0.to_vec(), key);
    }
    Ok(found.into_iter().collect())
}

/// Notes that the record's key used its number.
pub(super) fn use_number(state: &mut Overlay<'_>, record: &Record) -> Result<(), Refusal> {
    let seq = record.claims.seq;
    let key = seq_key(&record.kid, seq);
    let before = row::<SeqRow>(state, Table::Seq, &key)?;
    let before = before.as_ref().map_or(&[][..], |before| before.as_slice());
    let mut used = SeqRow::with_capacity(before.len() + 1);
    used.extend_from_slice(before);
    // below SEQ_GROUP, which is 32
    used.push(Numbered { number: (seq % SEQ_GROUP) as u8, record: record.id, given_up: false });
    state.insert(Table::Seq, key, used);
    Ok(())
}

/// Rule `sequence-zero`: a key numbers its records from 1.
fn sequence_zero(record: &Record) -> Result<(), Rejection> {
    if record.claims.seq > 0 {
        return Ok(());
    }
    Err(Rejection::new(Rule::SequenceZero, "a key numbers its records from 1"))
}

/// Rules `sequence-repeated` and `number-given-up`: a key uses each number once, and none that it gave up.
fn sequence_repeated(state: &dyn State, record: &Record) -> Result<(), Refusal> {
    let seq = record.claims.seq;
    let used = number_used(state, &record.kid, seq)?;
    let Some(Numbered { record: first, given_up, .. }) = used else { return Ok(()) };
    if given_up {
        let detail = format!("the key gave up its number {seq}: sign the event again, with the next number");
        return Err(Rejection::new(Rule::NumberGivenUp, detail).arg("seq", seq).into());
    }
    let detail = format!("the key already signed another record with number {}: {}", record.claims.seq, first.uri());
    Err(Rejection::new(Rule::SequenceRepeated, detail).arg("seq", record.claims.seq).conflicts(first).into())
}

/// Finding `sequence-gap`: a number is missing before this one, and the record does not give it up by name: a record was lost, held back or
/// refused. The finding is shown until the gap is filled ([`given_up::is_open`]).
fn sequence_gap(record: &Record, last: u64) -> Option<Finding> {
    let seq = record.claims.seq;
    given_up::leaves_a_gap(record, last).then(|| Finding {
        rule: Rule::SequenceGap,
        severity: Severity::Notice,
        lots: super::entity_index::lots(record),
        record: record.id,
        args: vec![
            ("key".to_owned(), record.kid.to_string()),
            ("last".to_owned(), last.to_string()),
            ("seq".to_owned(), seq.to_string()),
        ],
    })
}

/// Rule `ruleset-missing`: events come after the authority put a ruleset in force.
///
/// # Errors
/// Rejection `ruleset-missing`.
pub fn ruleset_missing(ledger: &LedgerRow) -> Result<(), Rejection> {
    if ledger.ruleset > 0 {
        return Ok(());
    }
    Err(Rejection::new(Rule::RulesetMissing, "the authority has put no ruleset in force yet").retryable())
}

/// Rule `event-id-taken`: an `eventID` is used once on the ledger; a retry that was signed again is not a second entry.
///
/// # Errors
/// Rejections `event-id-missing`, `event-id-taken`.
pub fn claim_event_id(state: &mut Overlay<'_>, record: &Record, event: &Event) -> Result<(), Refusal> {
    let (id, uuid) = require_event_id(event)?;
    let key = event_key(uuid);
    if let Some(first) = row::<RecordId>(state, Table::Event, &key)? {
        let detail = format!("{id} is the eventID of another record: {}", first.uri());
        return Err(Rejection::new(Rule::EventIdTaken, detail).arg("event", id).conflicts(*first).into());
    }
    state.put(Table::Event, &key, &record.id)?;
    Ok(())
}

/// Rule `event-id-missing`: an event has an `eventID` in canonical form.
fn require_event_id(event: &Event) -> Result<(&str, uuid::Uuid), Rejection> {
    let id = event.event_id.as_deref().unwrap_or_default();
    let text = id.strip_prefix("urn:uuid:").unwrap_or_default();
    let mut canonical = uuid::Uuid::encode_buffer();
    if let Ok(uuid) = uuid::Uuid::try_parse(text)
        && uuid.hyphenated().encode_lower(&mut canonical) == text
        && matches!(uuid.get_version_num(), 4 | 7)
    {
        return Ok((id, uuid));
    }
    Err(Rejection::new(Rule::EventIdMissing, "eventID must be urn:uuid: and a lower-case UUID of version 4 or 7"))
}
