//! The keys that rows of the state are found by, within their table.

use crate::gs1::{Gln, LotId, Sscc};
use crate::record::{Hash32, PublicKey, RecordId};

/// Key of a lot row: GTIN big-endian, then the lot's characters.
pub fn lot_key(lot: &LotId) -> Vec<u8> {
    let mut key = lot.gtin.number().to_be_bytes().to_vec();
    key.extend_from_slice(lot.lot.as_str().as_bytes());
    key
}

/// Key of something under a lot: the lot's key, a zero byte (no CSET 82 character), then the rest.
pub fn under_lot(lot: &LotId, rest: &[u8]) -> Vec<u8> {
    let mut key = lot_key(lot);
    key.push(0);
    key.extend_from_slice(rest);
    key
}

/// Key of what is kept about a lot for the record at `index`: rows of one kind are in the order of the log.
pub fn of_lot(lot: &LotId, index: u64) -> Vec<u8> {
    under_lot(lot, &index.to_be_bytes())
}

/// What the keys begin with of what was measured of a place for a commodity. The index of the record follows.
pub fn monitoring_key(place: Gln, commodity: &str) -> Vec<u8> {
    [&place.number().to_be_bytes()[..], commodity.as_bytes(), &[0]].concat()
}

/// Key of what the record at `index` measured of a place for a commodity: rows are in the order of the log.
pub fn of_monitoring(place: Gln, commodity: &str, index: u64) -> Vec<u8> {
    [monitoring_key(place, commodity), index.to_be_bytes().to_vec()].concat()
}

/// Key of what a party signed about a place. A lot has a character where this has the first zero byte, a container its count.
pub fn place_use_key(place: Gln, party: &str) -> Vec<u8> {
    [&place.number().to_be_bytes()[..], &[0, u8::MAX], party.as_bytes()].concat()
}

/// What holds some of a lot that is not loose at a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stowed {
    /// A container.
    Container(Sscc),
    /// An open shipment, which carries it loose.
    Shipment(RecordId),
}

impl Stowed {
    /// What a key of [`super::Table::Stowed`] says after the lot.
    pub fn of_key(rest: &[u8]) -> Option<Stowed> {
        match rest.split_first()? {
            (0, number) => {
                let number = u64::from_be_bytes(number.try_into().ok()?);
                format!("{number:018}").parse().ok().map(Stowed::Container)
            }
            (1, id) => Some(Stowed::Shipment(Hash32(id.try_into().ok()?))),
            _ => None,
        }
    }
}

/// Key of a part of a lot that is in a container or under way: the lot, then containers by number, then shipments by id.
pub fn stowed_key(lot: &LotId, what: Stowed) -> Vec<u8> {
    match what {
        Stowed::Container(sscc) => under_lot(lot, &[&[0][..], &sscc.number().to_be_bytes()].concat()),
        Stowed::Shipment(id) => under_lot(lot, &[&[1][..], id.as_bytes()].concat()),
    }
}

/// Bytes of an entity's name in the keys of the entity index.
pub const ENTITY: usize = 20;

/// Key of an entity row: 20 bytes of BLAKE3 over the entity's URI, then the index of the group's first record, big-endian. A URI may be
/// as long as its author likes and stands in many rows; of two with the same 20 bytes each would show the other's records.
pub fn entity_key(entity: &str, first: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(ENTITY + 8);
    key.extend_from_slice(&Hash32::tagged("entity", &[entity.as_bytes()]).as_bytes()[..ENTITY]);
    key.extend_from_slice(&first.to_be_bytes());
    key
}

/// Key of a mandate row: issuer, zero byte, mandated party.
pub fn mandate_key(issuer: &str, to: &str) -> Vec<u8> {
    let mut key = issuer.as_bytes().to_vec();
    key.push(0);
    key.extend_from_slice(to.as_bytes());
    key
}

/// Key of a name: 20 bytes of BLAKE3 over its look ([`crate::text::skeleton`]).
pub fn name_key(look: &str) -> [u8; ENTITY] {
    let mut key = [0; ENTITY];
    key.copy_from_slice(&Hash32::tagged("name", &[look.as_bytes()]).as_bytes()[..ENTITY]);
    key
}

/// Key of a GLN or company prefix: how many digits it has, then the digits.
pub fn company_key(digits: &str) -> Vec<u8> {
    let mut key = vec![u8::try_from(digits.len()).unwrap_or(u8::MAX)];
    key.extend_from_slice(digits.as_bytes());
    key
}

/// Key of a profile row: id, zero byte, version.
pub fn profile_key(id: &str, version: &str) -> Vec<u8> {
    mandate_key(id, version)
}

/// Key of a specification: party, zero byte, commodity, zero byte, then the index of the statement, big-endian. Without an index, what the
/// keys of all specifications of the party for the commodity begin with.
pub fn specifications_key(party: &str, commodity: &str, index: Option<u64>) -> Vec<u8> {
    let mut key = mandate_key(party, commodity);
    key.push(0);
    key.extend(index.iter().flat_map(|index| index.to_be_bytes()));
    key
}

/// Numbers of a key in one sequence row. A row of 32 record ids has about 1 kB.
pub const SEQ_GROUP: u64 = 32;

/// Key of a sequence row: the raw key, then `seq / SEQ_GROUP` big-endian.
pub fn seq_key(key: &PublicKey, seq: u64) -> Vec<u8> {
    let mut row = key.0.to_vec();
    row.extend_from_slice(&(seq / SEQ_GROUP).to_be_bytes());
    row
}

/// Key of an event row: the UUID of the eventID.
pub fn event_key(id: uuid::Uuid) -> [u8; 16] {
    id.into_bytes()
}

/// Key of a party's key: the party's URI, zero byte, whether the key has been ended, the raw key.
pub fn party_key(party: &str, ended: bool, key: &[u8]) -> Vec<u8> {
    [party.as_bytes(), &[0, u8::from(ended)], key].concat()
}

/// Key of an enrolment: the raw key that signed it, then what it enrolled: a raw key or a party URI. The row says which.
pub fn enrolled_key(by: &PublicKey, what: &[u8]) -> Vec<u8> {
    [&by.0[..], what].concat()
}

/// Key of a naming of a blob: its BLAKE3, then the URI of the party that names it.
pub fn evidence_key(blake3: &Hash32, party: &str) -> Vec<u8> {
    [blake3.as_bytes(), party.as_bytes()].concat()
}

/// The kinds of records that are counted apart for a party and its lot or container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Counted {
    /// Tests, samples, observations, documents.
    Remarks = 0,
    /// Acts that move goods.
    Moves = 1,
    /// Holds that are no recalls, and their lifts.
    Holds = 2,
    /// Recalls, and their lifts.
    Recalls = 3,
}

/// Key of what a party signed about a lot.
pub fn lot_use_key(lot: &LotId, party: &str, counted: Counted) -> Vec<u8> {
    under_lot(lot, &[&[counted as u8], party.as_bytes()].concat())
}

/// Key of what a party signed about a container. A lot has a character where this has the zero byte.
pub fn container_use_key(sscc: Sscc, party: &str, counted: Counted) -> Vec<u8> {
    [&sscc.number().to_be_bytes()[..], &[0, counted as u8], party.as_bytes()].concat()
}

/// What the keys of all samples of this id begin with: a sample's number is its drawer's choice, and lots may share one.
pub fn sample_key(id: &str) -> Vec<u8> {
    let mut key = id.as_bytes().to_vec();
    key.push(0);
    key
}

/// What the keys of the samples of this id begin with that were drawn of a lot. The index of the sampling record follows.
pub fn of_sample(id: &str, lot: &LotId) -> Vec<u8> {
    [sample_key(id), under_lot(lot, b"")].concat()
}

/// A lot number as people type it: search ignores the case of letters.
pub fn folded_number(number: &str) -> String {
    let letters: String = number.chars().filter(char::is_ascii_alphanumeric).collect();
    // a number of nothing but hyphens and points is itself
    if letters.is_empty() { number.to_owned() } else { letters.to_ascii_uppercase() }
}

/// Key of a lot by number: the number in upper case, zero byte, the lot's key.
pub fn lot_number_key(lot: &LotId) -> Vec<u8> {
    let mut key = folded_number(lot.lot.as_str()).into_bytes();
    key.push(0);
    key.extend(lot_key(lot));
    key
}

/// Key of the look of a lot number ([`crate::text::skeleton::of_code`]): its product's GTIN big-endian, then the look.
pub fn lot_look_key(lot: &LotId) -> Vec<u8> {
    let mut key = lot.gtin.number().to_be_bytes().to_vec();
    key.extend(crate::text::skeleton::of_code(lot.lot.as_str()).into_bytes());
    key
}

/// Key of a sale: 32 bytes of BLAKE3 over the document's id, then over the owner before, the owner after and the sorted URIs of
/// the goods. A transfer has another key than a document that moves nothing: no signature is taken for what it does not say.
pub fn trade_key(document: &str, transfer: bool, from: &str, to: &str, goods: &[String]) -> Vec<u8> {
    let mut terms: Vec<&[u8]> = Vec::with_capacity(5 + 2 * goods.len());
    terms.push(if transfer { &[1] } else { &[0] });
    // no URI has a zero byte: the parts can't run into each other
    for part in [from, to].into_iter().chain(goods.iter().map(String::as_str)) {
        terms.extend([part.as_bytes(), &[0]]);
    }
    let mut key = Hash32::tagged("trade-document", &[document.as_bytes()]).as_bytes().to_vec();
    key.extend_from_slice(Hash32::tagged("trade-terms", &terms).as_bytes());
    key
}

/// Key of a handover that waits for the other side: 32 bytes of BLAKE3 over its two sides and its shipment, then over the sorted goods. Its tag
/// is no document's.
pub fn handover_key(from: &str, to: &str, shipment: &str, goods: &[String]) -> Vec<u8> {
    let sides: [&[u8]; 5] = [from.as_bytes(), &[0], to.as_bytes(), &[0], shipment.as_bytes()];
    let terms: Vec<&[u8]> = goods.iter().flat_map(|one| [one.as_bytes(), &[0]]).collect();
    let mut key = Hash32::tagged("handover", &sides).as_bytes().to_vec();
    key.extend_from_slice(Hash32::tagged("handover-goods", &terms).as_bytes());
    key
}

/// Key of a party that took goods of a shipment over: the shipping record's id, then the party's URI.
pub fn carrier_key(shipment: &RecordId, party: &str) -> Vec<u8> {
    [shipment.as_bytes(), party.as_bytes()].concat()
}

/// Key of a naming of evidence for a shipment; with none the prefix of those by a party.
pub fn evidence_shipment_key(blake3: &Hash32, party: &str, shipment: Option<&RecordId>) -> Vec<u8> {
    let mut key = [blake3.as_bytes(), party.as_bytes(), &[0]].concat();
    key.extend(shipment.into_iter().flat_map(|id| *id.as_bytes()));
    key
}

/// Key of what a party signed under a document: 32 bytes of BLAKE3 over the document's id, then the party's URI.
pub fn trade_signer_key(document: &str, party: &str) -> Vec<u8> {
    let mut key = Hash32::tagged("trade-document", &[document.as_bytes()]).as_bytes().to_vec();
    key.extend_from_slice(party.as_bytes());
    key
}
