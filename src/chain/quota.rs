//! How much one key may put on the ledger in a day of the ledger's clock, and one party about one lot for ever.
//!
//! Everything on the ledger is read again by every auditor, for ever, so its amount is bounded by rules on the log. Each key and each
//! party has counts of its own: nobody can use up what another may write. Holds, recalls, voids and the end of keys and mandates have a second
//! count of the same size, so that a key whose day is used up can still warn. About one lot or container holds and recalls are counted
//! apart from the rest, and from each other; only voids are not, because each takes back one record that was counted.
//!
//! The limits are far above honest use: a collection point that signs a record every ten seconds for a whole working day has 3,000.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::acts::Act;
use super::authority::Signer;
use super::context::Context;
use super::entity_index::About;
use super::outcome::{Outcome, Rejection};
use super::overlay::Overlay;
use super::rows::{Counted, KeyRow, LotRow, container_use_key, lot_key, lot_use_key, place_use_key};
use super::rules::Rule;
use super::state::{StateError, get, row};
use super::usage::{DayUse, Documents, LotUse};
use super::{Refusal, Table};
use crate::epcis::Event;
use crate::gs1::LotId;
use crate::record::registry::{Role, Standing, Statement};
use crate::record::{Payload, Record};

/// Most records that a key signs in a day.
pub const DAY_RECORDS: u32 = 10_000;
/// Most bytes that a key signs in a day: 16 MiB.
pub const DAY_BYTES: u64 = 16 << 20;
/// Most places that the records of a key take in a day: a record has one for each lot, container and party that it is about, and for
/// each document that it names.
pub const DAY_PLACES: u32 = 30_000;
/// Most rows that the records of a key read and write in a day. A record of one lot takes some 25.
pub const DAY_ROWS: u64 = 400_000;
/// Most evidence blobs that the records of a key name in a day, and their bytes, as stated (2 GiB): blobs are kept for ever. One that the
/// party named before is not counted again.
pub const DAY_DOCUMENTS: Documents = Documents { files: 5_000, bytes: 2 << 30 };
/// So many keys of a party have a whole day's quota each. The keys of a party that has more share that of so many.
pub const WHOLE_KEYS: u32 = 20;
/// Most rows that an event reads.
pub const EVENT_ROWS: u64 = 20_000;
/// Most records of one kind ([`Counted`]) that a party signs about one lot, after the one that made it, or about one container.
pub const LOT_RECORDS: u32 = 512;
/// Most bytes of these records: 1 MiB.
pub const LOT_BYTES: u64 = 1 << 20;
/// Lifts go on beyond the limit of holds, up to so many times as much: no hold stays because its issuer has used up its count.
pub const LIFTS: u32 = 2;
/// Acts that move goods are counted apart, and may be so many times more: a lot may be packed into thousands of boxes, and only who has
/// the goods can do it.
pub const LOT_MOVES: u32 = 32;

/// The day of a clock, since 1970-01-01.
pub(super) fn day_of(clock: i64) -> i64 {
    clock.div_euclid(24 * 60 * 60)
}

/// Whether a key of a party that has so many keys that day has used up its share.
fn is_full(used: DayUse, keys: u32) -> bool {
    let parts = u64::from(keys.max(WHOLE_KEYS));
    let full = |used: u64, most: u64| used.saturating_mul(parts) >= most.saturating_mul(u64::from(WHOLE_KEYS));
    full(used.records.into(), DAY_RECORDS.into())
        || full(used.bytes, DAY_BYTES)
        || full(used.places.into(), DAY_PLACES.into())
        || full(used.rows, DAY_ROWS)
        || full(used.documents.files.into(), DAY_DOCUMENTS.files.into())
        || full(used.documents.bytes, DAY_DOCUMENTS.bytes)
}

/// Rule `too-much-to-read`: an event reads at most [`EVENT_ROWS`] rows.
pub(super) fn too_much_to_read() -> Rejection {
    let detail = format!("to check the event takes more than {EVENT_ROWS} rows: send it in parts");
    Rejection::new(Rule::TooMuchToRead, detail).arg("most", EVENT_ROWS)
}

/// Whether the record has the second count: it keeps goods or keys from being trusted, or takes back an earlier record.
fn is_urgent(record: &Record) -> bool {
    match &record.payload {
        Payload::Event(event) => {
            event.error.is_some() || matches!(Act::of_form(event), Some(Act::Hold | Act::VoidShipment))
        }
        Payload::Registry(statement) => match &**statement {
            // while the clock stands still, so does the day
            Statement::KeyRevocation(_) | Statement::ClockPermit(_) | Statement::ClockReset(_) => true,
            Statement::PartyStatus(s) => s.status == Standing::Suspended,
            Statement::Mandate(s) => s.acts.is_empty(),
            _ => false,
        },
    }
}

fn is_clock(record: &Record) -> bool {
    matches!(&record.payload, Payload::Registry(statement) if matches!(**statement, Statement::Clock(_)))
}

/// Rule `day-quota`: a key signs only so much in a day of the ledger's clock. Retryable: it goes on the next day. Checked before the
/// record's own rules, so that a refused record costs little; the record that reaches the limit is admitted. Not judged in a closure: what
/// it names first it may have named before in a record that is not there.
pub(super) fn day_quota(record: &Record, signer: &Signer, clock: i64, ctx: &Context<'_>) -> Result<(), Rejection> {
    let used = if is_urgent(record) { signer.key.urgent } else { signer.key.used };
    let day = day_of(clock);
    if is_clock(record) || ctx.partial || !is_full(used.of_day(day), signer.party.keys.on(day)) {
        return Ok(());
    }
    let detail = format!("the key {} has signed as much as a day allows; it goes on the next day (UTC)", record.kid);
    Err(Rejection::new(Rule::DayQuota, detail)
        .arg("key", record.kid)
        .arg("records", DAY_RECORDS)
        .arg("bytes", DAY_BYTES)
        .retryable())
}

/// Counts an admitted record.
///
/// # Errors
/// Rejection `lot-quota`.
pub(super) fn count(
    state: &mut Overlay<'_>,
    index: u64,
    record: &Record,
    signer: &Signer,
    outcome: &Outcome,
    clock: i64,
    about: &About,
) -> Result<(), Refusal> {
    if is_clock(record) {
        return Ok(());
    }
    if let Payload::Event(event) = &record.payload
        && let Some(counted) = counted(event, outcome.act)
        && !signer.has(Role::Authority)
    {
        let times = match counted {
            Counted::Moves => LOT_MOVES,
            Counted::Holds | Counted::Recalls if event.ext.lifts.is_some() => LIFTS,
            Counted::Remarks | Counted::Holds | Counted::Recalls => 1,
        };
        for lot in &about.lots {
            // making a lot is not counted: most lots have one record of their maker and need no row
            if row::<LotRow>(state, Table::Lot, &lot_key(lot))?.is_some_and(|row| row.created != index) {
                lot_quota(state, record, lot_use_key(lot, &record.claims.iss, counted), times, lot)?;
            }
        }
        for sscc in about.containers.iter().filter(|_| counted != Counted::Moves) {
            lot_quota(state, record, container_use_key(*sscc, &record.claims.iss, counted), times, sscc)?;
        }
    }
    if outcome.act == Act::Monitor
        && let Payload::Event(event) = &record.payload
        && let Some(place) = event.gln()
    {
        lot_quota(state, record, place_use_key(place, &record.claims.iss), 1, place)?;
    }
    // it stands on the pages of lots of which it gives up an inspection, and in their proofs with its own goods: a void or hold too, which
    // need not give up anything
    let given_up = outcome.findings.iter().filter(|finding| finding.rule == Rule::InspectionGivenUp);
    let given_up: BTreeSet<&LotId> = given_up.flat_map(|finding| &finding.lots).collect();
    let remarked =
        matches!(&record.payload, Payload::Event(event) if counted(event, outcome.act) == Some(Counted::Remarks));
    for lot in given_up.into_iter().filter(|lot| !(remarked && about.lots.contains(lot))) {
        lot_quota(state, record, lot_use_key(lot, &record.claims.iss, Counted::Remarks), 1, lot)?;
    }
    let urgent = is_urgent(record);
    let Some(key) = row::<KeyRow>(state, Table::Key, &record.kid.0)? else {
        return Err(StateError::new(format!("no row of key {}", record.kid)).into());
    };
    let mut key = KeyRow::clone(&key);
    let rows = state.rows();
    let used = if urgent { &mut key.urgent } else { &mut key.used };
    *used = used.of_day(day_of(clock));
    used.records = used.records.saturating_add(1);
    used.bytes = used.bytes.saturating_add(record.bytes.len() as u64);
    used.places = used.places.saturating_add(u32::try_from(about.places).unwrap_or(u32::MAX));
    used.rows = used.rows.saturating_add(rows);
    used.documents = used.documents.plus(about.documents);
    state.insert(Table::Key, record.kid.0.to_vec(), key);
    Ok(())
}

/// In which count of its party and goods a record is. A void has none: there is one for each record that was counted.
fn counted(event: &Event, act: Act) -> Option<Counted> {
    match act {
        Act::Correct => None,
        Act::Hold if states_recall(event) => Some(Counted::Recalls),
        Act::Hold => Some(Counted::Holds),
        // taken back and opened again it may go on for ever, as shipping may
        Act::VoidShipment => Some(Counted::Moves),
        _ if act.info().moves => Some(Counted::Moves),
        _ => Some(Counted::Remarks),
    }
}

/// Whether a hold is a recall, or a lift says that it lifts one.
pub(super) fn states_recall(event: &Event) -> bool {
    let stated = event.persistent.as_ref().map(|p| if event.ext.lifts.is_some() { &p.unset } else { &p.set });
    stated.is_some_and(|classes| classes.iter().any(|class| class == "recalled"))
}

/// Rule `lot-quota`: a party signs only so many records of one kind about a lot or container, with all its keys; the authority as many as
/// it must.
fn lot_quota(
    state: &mut Overlay<'_>,
    record: &Record,
    key: Vec<u8>,
    times: u32,
    goods: impl Display,
) -> Result<(), Refusal> {
    let party = &record.claims.iss;
    let (records, bytes) = (LOT_RECORDS * times, LOT_BYTES * u64::from(times));
    let mut used: LotUse = get(state, Table::LotUse, &key)?.unwrap_or_default();
    used.records = used.records.saturating_add(1);
    used.bytes = used.bytes.saturating_add(record.bytes.len() as u64);
    if used.records > records || used.bytes > bytes {
        let detail = format!("{party} has signed as many records about {goods} as one party may");
        return Err(Rejection::new(Rule::LotQuota, detail)
            .arg("party", party)
            .arg("goods", goods)
            .arg("records", records)
            .arg("bytes", bytes)
            .into());
    }
    Ok(state.put(Table::LotUse, &key, &used)?)
}
