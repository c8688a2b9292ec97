//! Which void entries follow from an earlier one. Each void entry is followed by what it lacks: the key, party, lot, record or stock that
//! its rule did not find. If an earlier void entry would have made that, or lacked it too, the two have one root, by whoever they are signed:
//! one fraud is named once, with the entries that need what is not there.
//!
//! Not a proof of a cause: an entry that breaks a rule which nothing missing can explain, such as a repeated number, is always a root.

use std::collections::BTreeMap;

use crate::chain::acts::Act;
use crate::chain::entity_index::{self, mandate_uri};
use crate::chain::{Broken, Rule, Void};
use crate::epcis::Event;
use crate::epcis::profile::is_party;
use crate::gs1::{Gln, Gtin, LotId, Sscc};
use crate::record::{Hash32, Payload, Record, Statement};

/// Most things of void entries that are remembered: bounds memory for a log full of them.
const MOST: usize = 100_000;
/// Following entries that are stored in all; the rest are counted.
const MOST_FOLLOWING: usize = 10_000;

/// The entries that follow from a root.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct Following {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub first: Vec<u64>,
}

/// What void entries lack and would have made, each with the first void entry that it goes back to.
#[derive(Default)]
pub(super) struct Roots {
    of: BTreeMap<String, u64>,
    following: BTreeMap<u64, Following>,
    stored: usize,
}

impl Roots {
    /// Takes the next void entry. Returns the entry that it follows from, if it is no root itself.
    pub(super) fn take(&mut self, void: &Void, record: &Record) -> Option<u64> {
        let lacks = lacks(void, record);
        let root = lacks.iter().find_map(|thing| self.of.get(thing).copied());
        if let Some(root) = root {
            let following = self.following.entry(root).or_default();
            following.count += 1;
            if self.stored < MOST_FOLLOWING {
                following.first.push(void.index);
                self.stored += 1;
            }
        }
        for thing in lacks.into_iter().chain(would_make(record)) {
            if self.of.len() < MOST {
                self.of.entry(thing).or_insert(root.unwrap_or(void.index));
            }
        }
        root
    }

    /// The entries that follow from each root.
    pub(super) fn following(self) -> BTreeMap<u64, Following> {
        self.following
    }
}

/// What a rule did not find.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// Something that a record makes: the rejection names it.
    Thing,
    /// Goods that the signer would have to hold or own.
    Stock,
    /// A role, mandate or accreditation of the signer, or its standing.
    Right,
    /// What the whole ledger needs: a ruleset, a permit of the clock.
    InForce,
    /// Nothing: the record breaks the rule whatever other records there are.
    Nothing,
}

/// What can be missing when a record breaks this rule.
fn absence(rule: Rule) -> Absence {
    match rule {
        Rule::KeyUnknown
        | Rule::PartyUnknown
        | Rule::RevokesUnknownKey
        | Rule::LotUnknown
        | Rule::ContainerUnknown
        | Rule::ParentUnknown
        | Rule::PlaceUnknown
        | Rule::ProductUnknown
        | Rule::ShipmentUnknown
        | Rule::HoldUnknown
        | Rule::RetestUnknown
        | Rule::VoidUnknown
        | Rule::RejectsUnknown
        | Rule::ConfirmsUnknown
        | Rule::ReplacementUnknown
        | Rule::ReplacesNotCurrent
        | Rule::ProfileNotInForce
        | Rule::SpecificationNotInForce
        | Rule::RequirementUnknown
        | Rule::SampleMissing => Absence::Thing,
        Rule::HoldsNone
        | Rule::MoreThanHeld
        | Rule::MoreThanPacked
        | Rule::DeficitBlocksOutflow
        | Rule::LabelsBeyondStock
        | Rule::LabelsExceedLot
        | Rule::SampleExceedsLot
        | Rule::LotsUncounted
        | Rule::LotsDiffer
        | Rule::GoodsNotOwned
        | Rule::SoldInPart
        | Rule::NotInShipment
        | Rule::NotConcerned
        | Rule::VoidOutOfOrder
        | Rule::ContainerElsewhere
        | Rule::ContainerEmpty
        | Rule::ContainerNotInside => Absence::Stock,
        Rule::NotMandated
        | Rule::NotAccredited
        | Rule::NotTheMaker
        | Rule::InspectorOnly
        | Rule::PartySuspended
        | Rule::EnrolmentNotAllowed
        | Rule::EnrolmentOutsidePrefix
        | Rule::GtinOutsidePrefix
        | Rule::GlnOutsidePrefix
        | Rule::SsccOutsidePrefix
        | Rule::KeyByWhom
        | Rule::OperatorKeyRole => Absence::Right,
        Rule::RulesetMissing | Rule::ClockNeedsPermit => Absence::InForce,
        _ => Absence::Nothing,
    }
}

fn stock(lot: &str, party: &str) -> String {
    format!("stock of {lot} of {party}")
}

/// Goods inside containers, which the event does not name.
fn contents(party: &str) -> String {
    format!("goods in containers of {party}")
}

/// A profile or specification.
fn criteria(id: &str) -> String {
    format!("criteria {id}")
}

/// A key or a record.
fn id(id: &str) -> String {
    format!("id {id}")
}

fn right(party: &str) -> String {
    format!("right of {party}")
}

/// What a void entry lacks, the most specific first. Names are those that [`would_make`] uses.
fn lacks(void: &Void, record: &Record) -> Vec<String> {
    let Broken::Rule(rule) = void.rule else { return Vec::new() };
    let absence = absence(rule);
    let iss = record.claims.iss.as_str();
    let named =
        |name: &'static str| void.args.iter().filter(move |(key, _)| *key == name).map(|(_, value)| value.as_str());
    match absence {
        Absence::Nothing => Vec::new(),
        Absence::InForce => vec![rule.id().to_owned()],
        Absence::Right => {
            let parties = named("party").chain([iss]);
            let mut found: Vec<String> = parties.map(right).collect();
            found.extend(named("party").map(|party| mandate_uri(party, iss)));
            found.extend(named("gtin").chain(named("lot")).filter_map(product_of));
            found
        }
        Absence::Thing | Absence::Stock => {
            let mut found: Vec<String> = void.args.iter().filter_map(|(_, value)| thing(value)).collect();
            found.extend(named("profile").chain(named("requirement")).map(criteria));
            if rule == Rule::ReplacesNotCurrent {
                found.extend(entity_index::entities(record).iter().filter_map(|entity| thing(entity)));
                found.retain(|entity| entity.starts_with("id "));
            }
            if absence == Absence::Stock {
                let lots: Vec<String> = found.iter().filter(|thing| thing.starts_with("lot ")).cloned().collect();
                let parties: Vec<&str> = named("party").chain([iss]).collect();
                let of_lots = lots.iter().flat_map(|lot| parties.iter().map(|party| stock(lot, party)));
                let mut specific: Vec<String> = of_lots.collect();
                specific.append(&mut found);
                specific.extend(parties.iter().map(|party| contents(party)));
                found = specific;
            }
            found
        }
    }
}

/// What a record would have made, had it been admitted. An event that only states something about goods makes none of them.
fn would_make(record: &Record) -> Vec<String> {
    let mut made = vec![id(&record.id.to_string())];
    match &record.payload {
        Payload::Registry(statement) => match &**statement {
            Statement::Party(s) => made.extend([s.party.clone(), right(&s.party)]),
            Statement::PartyStatus(s) => made.push(right(&s.party)),
            Statement::Accreditation(s) => made.push(right(&s.party)),
            Statement::Mandate(s) => made.push(mandate_uri(&record.claims.iss, &s.to)),
            Statement::Key(s) => made.push(id(&s.key.to_string())),
            Statement::Product(s) => made.push(format!("product {}", s.gtin)),
            Statement::Place(s) => made.push(format!("place {}", s.gln)),
            Statement::Profile(s) => made.push(criteria(&s.id)),
            Statement::Specification(s) => made.push(criteria(&s.id)),
            Statement::Ruleset(_) => made.push(Rule::RulesetMissing.id().to_owned()),
            Statement::ClockPermit(_) => made.push(Rule::ClockNeedsPermit.id().to_owned()),
            // nothing is judged by a guide or a certificate
            Statement::Guide(_) | Statement::Certificate(_) => {}
            Statement::KeyRevocation(_) | Statement::LogKeys(_) | Statement::Clock(_) | Statement::ClockReset(_) => {}
        },
        Payload::Event(event) if moves(event) => {
            let goods = goods(record);
            let ends = event.sources.iter().chain(&event.destinations).map(|end| end.id.as_str());
            for party in ends.chain([record.claims.iss.as_str()]) {
                made.extend(goods.iter().map(|thing| stock(thing, party)));
                if goods.iter().any(|thing| thing.starts_with("container ")) {
                    made.push(contents(party));
                }
            }
            made.extend(goods);
        }
        // who confirmed a handover has to do with the goods from then on
        Payload::Event(event) if event.ext.confirms.is_some() => {
            made.extend(goods(record).iter().map(|thing| stock(thing, &record.claims.iss)));
            made.push(contents(&record.claims.iss));
        }
        Payload::Event(_) => {}
    }
    made
}

/// The lots and containers that a record names.
fn goods(record: &Record) -> Vec<String> {
    let named = entity_index::entities(record);
    let named = named.iter().filter_map(|entity| thing(entity));
    named.filter(|thing| thing.starts_with("lot ") || thing.starts_with("container ")).collect()
}

/// Whether an event moves or makes goods, or is the void of one.
fn moves(event: &Event) -> bool {
    !Act::only_remarks(event) && Act::of_form(event).is_none_or(|act| act.info().moves || !act.info().remark)
}

/// The product of a GTIN or lot, as an entity.
fn product_of(value: &str) -> Option<String> {
    thing(value).map(|thing| match thing.strip_prefix("lot (01)").and_then(|rest| rest.get(..14)) {
        Some(gtin) => format!("product {gtin}"),
        None => thing,
    })
}

/// An entity by one name, whether a rejection names it for people or a record by its URI. What no record makes has none.
fn thing(text: &str) -> Option<String> {
    if is_party(text) {
        return Some(text.to_owned());
    }
    // a key and a record id are written alike; nobody can choose one to be the other
    let bare = text.strip_prefix(crate::record::id::RECORD_URI).unwrap_or(text);
    if bare.parse::<Hash32>().is_ok() {
        return Some(id(bare));
    }
    if let Some(lot) = lot(text) {
        return Some(format!("lot {lot}"));
    }
    if let Ok(sscc) = Sscc::from_uri(text).or_else(|_| text.parse::<Sscc>()) {
        return Some(format!("container {sscc}"));
    }
    if let Ok(gtin) = Gtin::from_uri(text).or_else(|_| text.parse::<Gtin>()) {
        return Some(format!("product {gtin}"));
    }
    Gln::from_uri(text).or_else(|_| text.parse::<Gln>()).ok().map(|gln| format!("place {gln}"))
}

/// A lot as a URI or as people read it.
fn lot(text: &str) -> Option<LotId> {
    if let Ok(lot) = LotId::from_uri(text.split_once("/21/").map_or(text, |(lot, _)| lot)) {
        return Some(lot);
    }
    let (gtin, lot) = text.strip_prefix("(01)")?.split_once("(10)")?;
    LotId::from_uri(&format!("https://id.gs1.org/01/{gtin}/10/{lot}")).ok()
}
