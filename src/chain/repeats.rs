//! Whether two events state the same: what a void has to repeat.
//!
//! The hash is kept in rows and decides whether a void is admitted, so that its bytes are spelled out here: they depend on no compiler, no
//! machine and no order of declaration. A test holds one such hash; with another encoding [`super::rows::VERSION`] goes up.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::Value;

use super::rows::ENTITY;
use crate::epcis::event::{
    BizTransaction, PersistentDisposition, Place, SensorElement, SensorMetadata, SensorReport, SourceDest,
};
use crate::epcis::ext::{
    Additive, Check, DocumentRef, Handover, IlmdExt, Leg, Period, ProfileRef, Sample, Serials, Visit,
};
use crate::epcis::{Action, Event, EventType, Ext, Mode, QuantityElement};
use crate::gs1::Unit;

/// 16 bytes of BLAKE3 over all that `event` states, but for what a void states for itself: its `eventID`, `errorDeclaration`,
/// `recordTime` and `@context`, and `jejak:voids`, `jejak:after`, `jejak:evidence` and `jejak:givenUp`. For rows only, never
/// for a format.
pub(super) fn statement_hash(event: &Event) -> [u8; 16] {
    let mut encoded = Encoded::new();
    event.encode(&mut encoded);
    let mut short = [0; 16];
    short.copy_from_slice(&encoded.hash().as_bytes()[..16]);
    short
}

/// 20 bytes of BLAKE3 over what an act does: for whom, its form, its goods with their amounts, its place, its day, the others that it
/// names, and the few members that make one act another. What else it states may differ, and so may the time of the day. `None` when it
/// names no goods. For rows only.
pub(super) fn act_hash(event: &Event, holder: &str) -> Option<[u8; ENTITY]> {
    let lists = [&event.quantities, &event.child_quantities, &event.inputs, &event.outputs];
    let items = [&event.epcs, &event.child_epcs, &event.input_epcs, &event.output_epcs];
    if !event.names_goods() {
        return None;
    }
    let mut encoded = Encoded::new();
    let to = &mut encoded;
    (event.kind, event.action, event.biz_step.as_ref()).encode(to);
    holder.encode(to);
    day(event).encode(to);
    for list in lists {
        let mut amounts: Vec<(&str, String)> =
            list.iter().map(|element| (element.epc_class.as_str(), measured(element))).collect();
        amounts.sort_unstable();
        to.begin(b'l', amounts.len());
        amounts.iter().for_each(|(class, amount)| {
            class.encode(to);
            amount.encode(to);
        });
    }
    for list in items {
        sorted(list).encode(to);
    }
    event.parent.encode(to);
    for place in [&event.read_point, &event.biz_location] {
        place.as_ref().map(|place| place.id.clone()).encode(to);
    }
    sorted(event.sources.iter().chain(&event.destinations).map(|end| &end.id)).encode(to);
    sorted(event.transactions.iter().map(|document| &document.id)).encode(to);
    let ext = &event.ext;
    (&ext.shipment, &ext.process, &ext.reason).encode(to);
    (ext.transfer, &ext.rejects).encode(to);
    (&ext.confirms, &ext.milestone).encode(to);
    ext.serials.as_ref().map(|serials| serials.root.clone()).encode(to);
    let ilmd = event.ilmd.as_ref();
    (ilmd.and_then(|ilmd| ilmd.harvest_start), ilmd.and_then(|ilmd| ilmd.harvest_end)).encode(to);
    encoded.hash().as_bytes()[..ENTITY].try_into().ok()
}

/// The day of an event where it happened.
fn day(event: &Event) -> String {
    offset(&event.offset).unwrap_or(jiff::tz::Offset::UTC).to_datetime(event.event_time).date().to_string()
}

/// `+08:00` as an offset.
fn offset(text: &str) -> Option<jiff::tz::Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let (hours, minutes) = digits.split_once(':')?;
    let seconds =
        hours.parse::<i32>().ok()?.checked_mul(3600)?.checked_add(minutes.parse::<i32>().ok()?.checked_mul(60)?)?;
    jiff::tz::Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

/// An amount in its base unit, so that one ton and 1,000 kg are the same; else as stated.
pub(super) fn measured(element: &QuantityElement) -> String {
    let code = element.uom.as_deref().unwrap_or("H87");
    let unit = Unit::from_code(code);
    match (element.quantity, unit) {
        (Some(value), Some(unit)) => match unit.to_base(value) {
            Ok(amount) => format!("{amount} {}", unit.base().0.name()),
            Err(_) => format!("{value} {code}"),
        },
        (Some(value), None) => format!("{value} {code}"),
        (None, _) => String::new(),
    }
}

fn sorted<'s>(list: impl IntoIterator<Item = &'s String>) -> Vec<String> {
    let mut list: Vec<String> = list.into_iter().cloned().collect();
    list.sort_unstable();
    list
}

/// What was encoded so far: it is hashed at once, which costs less than to hash each of many short parts.
struct Encoded(Vec<u8>);

impl Encoded {
    fn new() -> Encoded {
        // an event of one lot has some 1,600
        Encoded(Vec::with_capacity(4_096))
    }

    /// BLAKE3, because the signer of an event chooses what is hashed.
    fn hash(&self) -> blake3::Hash {
        blake3::hash(&self.0)
    }

    /// A value of a kind, its length before it: eight bytes, the lowest first, like all numbers here.
    fn put(&mut self, kind: u8, bytes: &[u8]) {
        self.begin(kind, bytes.len());
        self.0.extend_from_slice(bytes);
    }

    /// A list of a kind and of so many items, which follow.
    fn begin(&mut self, kind: u8, items: usize) {
        self.0.push(kind);
        self.0.extend_from_slice(&(items as u64).to_le_bytes());
    }
}

/// What an event is made of. No value is encoded as the beginning of another.
trait Encode {
    fn encode(&self, to: &mut Encoded);
}

impl Encode for str {
    fn encode(&self, to: &mut Encoded) {
        to.put(b's', self.as_bytes());
    }
}

impl Encode for String {
    fn encode(&self, to: &mut Encoded) {
        self.as_str().encode(to);
    }
}

impl Encode for bool {
    fn encode(&self, to: &mut Encoded) {
        to.put(b'b', &[u8::from(*self)]);
    }
}

impl Encode for u32 {
    fn encode(&self, to: &mut Encoded) {
        to.put(b'u', &self.to_le_bytes());
    }
}

impl Encode for Decimal {
    /// 10 and 10.0 are one number.
    fn encode(&self, to: &mut Encoded) {
        let number = self.normalize();
        to.put(b'd', &[&number.mantissa().to_le_bytes()[..], &number.scale().to_le_bytes()].concat());
    }
}

impl Encode for Timestamp {
    fn encode(&self, to: &mut Encoded) {
        to.put(b't', &self.as_nanosecond().to_le_bytes());
    }
}

impl Encode for Date {
    fn encode(&self, to: &mut Encoded) {
        let [month, day] = [self.month(), self.day()].map(i8::to_le_bytes);
        to.put(b'y', &[&self.year().to_le_bytes()[..], &month, &day].concat());
    }
}

impl Encode for EventType {
    fn encode(&self, to: &mut Encoded) {
        self.name().encode(to);
    }
}

impl Encode for Action {
    fn encode(&self, to: &mut Encoded) {
        self.name().encode(to);
    }
}

impl Encode for Mode {
    fn encode(&self, to: &mut Encoded) {
        let name = match self {
            Mode::MassBalance => "mass-balance",
            Mode::Segregated => "segregated",
            Mode::IdentityPreserved => "identity-preserved",
        };
        name.encode(to);
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, to: &mut Encoded) {
        to.begin(b'o', usize::from(self.is_some()));
        self.iter().for_each(|value| value.encode(to));
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, to: &mut Encoded) {
        (**self).encode(to);
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, to: &mut Encoded) {
        self.0.encode(to);
        self.1.encode(to);
    }
}

impl<A: Encode, B: Encode, C: Encode> Encode for (A, B, C) {
    fn encode(&self, to: &mut Encoded) {
        self.0.encode(to);
        self.1.encode(to);
        self.2.encode(to);
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, to: &mut Encoded) {
        to.begin(b'l', self.len());
        self.iter().for_each(|item| item.encode(to));
    }
}

impl Encode for BTreeMap<String, Value> {
    fn encode(&self, to: &mut Encoded) {
        members(self.iter(), to);
    }
}

impl Encode for Value {
    fn encode(&self, to: &mut Encoded) {
        match self {
            Value::Null => to.put(b'n', &[]),
            Value::Bool(value) => value.encode(to),
            // of another vocabulary, where nobody knows what a number means: as it is written
            Value::Number(number) => to.put(b'j', number.to_string().as_bytes()),
            Value::String(text) => text.encode(to),
            Value::Array(items) => items.encode(to),
            Value::Object(object) => members(object.iter(), to),
        }
    }
}

/// The members of an object, by name.
fn members<'m>(object: impl Iterator<Item = (&'m String, &'m Value)>, to: &mut Encoded) {
    let sorted: BTreeMap<&String, &Value> = object.collect();
    to.begin(b'm', sorted.len());
    for (name, value) in sorted {
        name.encode(to);
        value.encode(to);
    }
}

/// Encodes the members of a struct by their names, in the order given here. Each is named, or stands behind `but`, so that a new one is
/// decided on here.
macro_rules! encode {
    ($($type:ident { $($member:ident),* $(; but $($own:ident),*)? })*) => {$(
        impl Encode for $type {
            fn encode(&self, to: &mut Encoded) {
                let $type { $($member,)* $($($own: _,)*)? } = self;
                $(
                    stringify!($member).encode(to);
                    $member.encode(to);
                )*
            }
        }
    )*};
}

encode! {
    Event {
        kind, event_time, offset, action, biz_step, disposition, persistent, read_point, biz_location, epcs, quantities, parent,
        child_epcs, child_quantities, input_epcs, inputs, output_epcs, outputs, transformation_id, transactions, sources,
        destinations, sensors, certification, ilmd, ilmd_other, ext, other;
        but context, event_id, record_time, error
    }
    Ext {
        shipment, retests, lifts, process, additives, mode, reason, profile, sample, serials, market, milestone, commitment,
        claims, transfer, rejects, documents, visit, leg, handover, confirms, monitoring, close;
        but after, voids, evidence, given_up
    }
    IlmdExt { commodity, form, harvest_start, harvest_end, village, gear, plots, catch_certificate, best_before, claims }
    Place { id, other }
    QuantityElement { epc_class, quantity, uom }
    PersistentDisposition { set, unset }
    BizTransaction { kind, id }
    SourceDest { kind, id }
    SensorElement { metadata, reports, other }
    SensorMetadata { time, start_time, end_time, device_id, other }
    SensorReport {
        parameter, string_value, value, boolean_value, min_value, max_value, mean_value, uom, uncertainty, loq, method, units,
        other
    }
    ProfileRef { id, version, blake3, requirements }
    Sample { id, seal, plan, holder }
    Additive { substance, value, uom }
    Serials { count, root, net, net_uom }
    DocumentRef { document, kind, number, date, issuer, until }
    Visit { purpose, outcome, advice, checklist }
    Check { item, answer, note }
    Leg { mode, vehicle, from, to, seal }
    Handover { from, to, condition, seal }
    Period { from, until }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::chain::testing::{World, harvest, inspect, leaf, with};
    use crate::record::Payload;

    fn hash(members: Value) -> String {
        let record = World::new().record("urn:jejak:party:village", members);
        let Payload::Event(event) = &record.payload else { panic!("an event") };
        data_encoding::HEXLOWER.encode(&statement_hash(event))
    }

    #[test]
    fn hash_that_decides_about_voids_is_the_same_on_every_machine_and_with_every_compiler() {
        // these are in the rows of ledgers: if they must change, raise rows::VERSION
        let harvested =
            with(harvest(&leaf("D1"), "10.50"), "readPoint", json!({ "id": "https://id.gs1.org/414/9521321000131" }));
        assert_eq!(hash(harvested), "7029e0e69aa0793fc27edc9b6397a6d3");
        assert_eq!(hash(inspect(&leaf("D1"), "1", "2")), "9b6ab55566cfe0a329c8681a0ce40b93");
    }

    #[test]
    fn text_that_moves_from_one_item_to_the_next_changes_the_hash() {
        let mut seen: Vec<String> = [json!(["ab", "c"]), json!(["a", "bc"]), json!(["abc"]), json!([])]
            .into_iter()
            .map(|claims| {
                let mut event = harvest(&leaf("D1"), "10");
                event["ilmd"]["jejak:claims"] = claims;
                hash(event)
            })
            .collect();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 4);
        assert_eq!(hash(harvest(&leaf("D1"), "10")), hash(harvest(&leaf("D1"), "10.0")), "one number");
    }
}
