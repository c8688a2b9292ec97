//! What a record costs, counted in rows and bytes: never more for what is on the ledger already, and at most what `docs/rules.md` says.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::counted::{Cost, GLN_READS, PREFIX_READS};
use super::law::{op, play};
use super::statements::every_other_statement;
use super::{between, document, sale, sampling, seen, with_oil};
use crate::chain::clock::MAX_RESETS;
use crate::chain::event::common::MAX_CITED;
use crate::chain::event::correct::MAX_NAMED;
use crate::chain::event::hold::MAX_HOLDS;
use crate::chain::event::pack::MAX_LOAD;
use crate::chain::event::process::MAX_ANCESTORS;
use crate::chain::keys::{KEYS_A_DAY, MAX_KEYS};
use crate::chain::party::MAX_ACCREDITATIONS;
use crate::chain::quota::{DAY_RECORDS, EVENT_ROWS};
use crate::chain::rows::*;
use crate::chain::state::{Scan, encode, get};
use crate::chain::testing::*;
use crate::chain::{Act, MemState, Rule, State, Table, lineage, words};
use crate::gs1::{LotId, Sscc};
use crate::record::registry::{Accreditation, ClockReset, Purpose, Statement};
use crate::record::{Hash32, RecordId};

/// Rows that a record reads at most for each of its places, and for each record or document that it cites.
const READ: [u64; 2] = [12, 4];
/// Rows that a record writes at most, and more for each of its places; a finding writes one more for each of its lots. A lot that is shipped
/// to a buyer for a market writes eight: its own, two of holders, the shipment's part of it, its place in the entity index, its market, its
/// buyer, and what the party signed about it.
const WRITTEN: [u64; 2] = [8, 8];

/// What more an act reads.
#[derive(Debug, Clone, Copy)]
enum More {
    /// Rows for each lot of the lineage.
    Lineage,
    /// Rows for each lot above in the same form, of which the sample may be.
    Above,
    /// Rows for each of the descendants that are named, of which there are at most [`MAX_NAMED`].
    Descendants,
    /// Rows for each party that has to do with the lots.
    Sides,
    /// Rows for each failed inspection.
    Failed,
    /// Rows for each container of a lot that is sold.
    Containers,
    /// Rows for each hold that stands on the goods, or around them.
    Holds,
}

use More::{Above, Containers, Descendants, Failed, Holds, Lineage, Sides};

/// Rows that each act reads at most beside [`READ`].
const MOST: [(Act, u64, &[More]); 17] = [
    (Act::Harvest, 12, &[]),
    (Act::Process, 12, &[Lineage]),
    (Act::Adjust, 12, &[]),
    (Act::Sample, 12, &[Sides]),
    (Act::Monitor, 12, &[]),
    (Act::Inspect, 12, &[Sides, Lineage, Above, Failed]),
    (Act::Observe, 12, &[Sides]),
    (Act::Pack, 12, &[Holds]),
    (Act::Unpack, 12, &[]),
    (Act::Label, 12, &[]),
    (Act::Ship, 12, &[Lineage, Failed]),
    (Act::Receive, 12, &[]),
    (Act::DeliverOutside, 12, &[]),
    (Act::VoidShipment, 12, &[]),
    (Act::Trade, 12, &[Sides, Containers]),
    (Act::Hold, 12, &[Holds]),
    (Act::Correct, 12, &[Descendants]),
];

/// Rows that each statement of the registry reads and writes at most. One with names writes a row for each word and each look of
/// them more, old and new, and reads one for each look; one of a product reads one for each maker, and one of a specification one for each
/// that its party adopted for the commodity.
const STATEMENTS: [(&str, u64, u64); 15] = [
    ("Party", 10, 8),
    ("PartyStatus", 10, 6),
    ("Key", 11, 11),
    ("KeyRevocation", 11, 10),
    ("Accreditation", 11, 6),
    ("Mandate", 10, 6),
    ("Product", 8, 6),
    ("Place", 8, 6),
    ("Profile", 9, 7),
    ("Specification", 10, 7),
    ("Ruleset", 8, 6),
    ("LogKeys", 9, 6),
    ("Clock", 8, 5),
    ("ClockPermit", 8, 5),
    ("ClockReset", 8, 6),
];

impl More {
    /// How much, and of what, in `docs/rules.md`.
    fn words(self) -> (u64, &'static str) {
        match self {
            More::Lineage => (3, "a lot of the lineage"),
            More::Above => (3, "a lot above that the sample may be of"),
            More::Descendants => (4, "a descendant named"),
            More::Sides => (2, "a party to the lots"),
            More::Failed => (9, "a failed inspection"),
            More::Containers => (3, "a container sold"),
            More::Holds => (1, "a standing hold"),
        }
    }
}

/// What there is on the ledger that a record may have to do with, at most.
#[derive(Debug, Default)]
struct There {
    lineage: u64,
    below: u64,
    sides: u64,
    failed: u64,
    containers: u64,
    holds: u64,
    adopted: u64,
}

impl There {
    /// What a party adopted for the commodity of the tests.
    fn adopted_by(state: &MemState, party: &str) -> There {
        let key = specifications_key(party, "essential-oil", None);
        There { adopted: state.scan(Table::Specification, Scan::prefix(&key)).count() as u64, ..There::default() }
    }

    /// What lots have that a record is about; others do not count, however many they are.
    fn of(state: &MemState, lots: &[LotId]) -> There {
        let mut there = There::default();
        for lot in lots {
            let Some(row) = get::<LotRow>(state, Table::Lot, &lot_key(lot)).unwrap() else { continue };
            there.below += lineage::below(state, lot, MAX_NAMED).unwrap().len() as u64 - 1;
            there.lineage += u64::from(row.ancestors);
            there.sides += row.sides.iter().count() as u64;
            there.failed += u64::from(row.counts.failures);
            there.containers += u64::from(row.counts.containers);
            there.holds += row.holds.len() as u64;
        }
        there
    }

    fn count(&self, more: More) -> u64 {
        match more {
            More::Lineage | More::Above => self.lineage,
            More::Descendants => self.below,
            More::Sides => self.sides,
            More::Failed => self.failed,
            More::Containers => self.containers,
            More::Holds => self.holds,
        }
    }
}

/// Whether a record stays under the bound of its act or statement.
fn within(cost: &Cost, there: &There) -> bool {
    if let Some(statement) = cost.statement {
        let (_, reads, writes) = STATEMENTS.iter().find(|(name, ..)| *name == statement).unwrap();
        return cost.words <= 2 * words::MOST_WORDS as u64
            && cost.reads <= reads + cost.looks + cost.cited + there.adopted
            && cost.writes <= writes + cost.words + cost.looks + cost.companies;
    }
    let Some((_, own, more)) = MOST.iter().find(|(act, ..)| *act == cost.act) else { return false };
    let more: u64 = more.iter().map(|more| more.words().0 * there.count(*more)).sum();
    cost.reads <= own + READ[0] * cost.places + READ[1] * cost.cited + more
        && cost.writes <= WRITTEN[0] + WRITTEN[1] * cost.places + cost.findings
}

#[test]
fn the_costs_in_the_manual_are_those_that_the_tests_hold() {
    let manual = include_str!("../../../../docs/rules.md");
    for (act, own, more) in MOST {
        let mut read = format!("{own} + {} a place + {} a citation", READ[0], READ[1]);
        for (count, what) in more.iter().map(|more| more.words()) {
            read += &format!(" + {count} {what}");
        }
        let written = format!("{} + {} a place + 1 a finding of a lot", WRITTEN[0], WRITTEN[1]);
        let row = format!("| {} | {read} | {written} |", act.name());
        assert!(manual.contains(&row), "docs/rules.md lacks\n{row}");
    }
    let party = format!(" + 1 a look + {PREFIX_READS} a company prefix + {GLN_READS} for a GLN");
    for (name, reads, writes) in STATEMENTS {
        let (read, written) = match name {
            "Product" => (" + 1 a maker", " + 1 a word"),
            "Party" => (party.as_str(), " + 1 a word, look, company prefix or GLN"),
            "Specification" => (" + 1 for each that its party adopted for the commodity", ""),
            "Place" => ("", " + 1 a word"),
            _ => ("", ""),
        };
        let row = format!("| `{name}` | {reads}{read} | {writes}{written} |");
        assert!(manual.contains(&row), "docs/rules.md lacks\n{row}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn random_histories_keep_each_act_within_its_cost(ops in proptest::collection::vec(op(), 30..90)) {
        let mut w = World::new();
        let mut done = Vec::new();
        for op in &ops {
            let (before, index) = (w.state.clone(), w.index);
            play(&mut w, op, &mut done);
            if let Some(cost) = w.costs.get(&index) {
                let record = w.log.last().unwrap().id;
                let row: RecordRow = get(&w.state, Table::Record, record.as_bytes()).unwrap().unwrap();
                let there = There::of(&before, &row.lots);
                prop_assert!(within(cost, &there), "{cost:?}, {there:?}");
            }
        }
    }
}

#[test]
fn statements_of_the_registry_cost_the_same_on_an_old_ledger() {
    let mut w = World::new();
    for n in 0..40 {
        w.event_key(MILL, &format!("phone {n}"));
        w.mandate(VILLAGE, MILL, &["ship"]);
        w.mandate(VILLAGE, FORWARDER, &["ship", "receive"]);
        w.clock(T0 + 60 * (n + 1));
    }
    w.end_key("phone 7");
    every_other_statement(&mut w);
    let (there, mut seen) = (There::default(), BTreeMap::new());
    for cost in w.costs.values() {
        assert!(within(cost, &there), "{cost:?}");
        let most: &mut (u64, u64) = seen.entry(cost.statement.unwrap()).or_default();
        let (reads, writes) = (
            cost.reads.saturating_sub(cost.looks + cost.cited),
            cost.writes.saturating_sub(cost.words + cost.looks + cost.companies),
        );
        *most = (reads.max(most.0), writes.max(most.1));
    }
    assert_eq!(w.costs.len() as u64, w.index);
    // each bound is that of its own statement: none is more than three rows above what it costs here
    let loose: Vec<_> = STATEMENTS
        .iter()
        .map(|(name, reads, writes)| (name, (reads, writes), seen[name]))
        .filter(|(_, bound, cost)| *bound.0 > cost.0 + 3 || *bound.1 > cost.1 + 3)
        .collect();
    assert!(loose.is_empty(), "{loose:#?}");
}

#[test]
fn many_specifications_of_a_buyer_make_no_test_and_no_document_dearer() {
    let (mut w, lot) = much_oil();
    let mut last = w.adopt(BUYER, SPECIFIED, None);
    for n in 1..=40 {
        let there = There::adopted_by(&w.state, BUYER);
        last = w.adopt(BUYER, if n % 2 == 0 { SPECIFIED } else { STRICTER }, Some(last));
        let cost = w.costs[&(w.index - 1)];
        assert!(there.adopted == n && within(&cost, &there), "{n}: {cost:?}, {there:?}");
    }
    let cost = |w: &mut World, party: &str, event: Value| {
        let there = There::of(&w.state, std::slice::from_ref(&lot));
        w.ok(party, event);
        let cost = w.costs[&(w.index - 1)];
        assert!(within(&cost, &there), "{cost:?}, {there:?}");
    };
    cost(&mut w, VILLAGE, between(VILLAGE, BUYER, "po:1", &lot));
    cost(&mut w, VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "1")], &[]));
    let mut named = inspect(&lot, "1", "1");
    named["jejak:profile"]["jejak:requirements"] = json!(["TEST", format!("SPEC/{last}")]);
    cost(&mut w, LAB, named);
}

/// A round of acts on a lot of the village's: what each cost.
fn round(w: &mut World, lot: &LotId, n: u32) -> BTreeMap<&'static str, Cost> {
    let mut costs = BTreeMap::new();
    let mut act = |w: &mut World, name: &'static str, party: &str, event: Value| {
        let there = There::of(&w.state, std::slice::from_ref(lot));
        let id = w.ok(party, event);
        let cost = w.costs[&(w.index - 1)];
        assert!(within(&cost, &there), "{name}: {cost:?}, {there:?}");
        costs.insert(name, cost);
        id
    };
    let made = oil(&format!("P{n:06}"));
    let (one, two) = (100_000 + 2 * n, 100_001 + 2 * n);
    act(w, "pack", VILLAGE, pack(one, &[(lot, "3")], &[]));
    act(w, "pack, unpacked next", VILLAGE, pack(two, &[(lot, "2")], &[]));
    act(w, "unpack", VILLAGE, unpack(two, &[(lot, "2")], &[]));
    let shipped = act(w, "ship", VILLAGE, ship(VILLAGE, MILL, &[(lot, "4")], &[one]));
    act(w, "receive", MILL, receive(shipped, &[(lot, "7")], &[one]));
    act(w, "ship, under way", VILLAGE, ship(VILLAGE, MILL, &[(lot, "1")], &[]));
    act(w, "process", VILLAGE, process(&[(lot, "1")], &[(&made, "1")]));
    act(w, "adjust", VILLAGE, adjust(lot, "1", "drying"));
    act(w, "label", VILLAGE, label(lot, "1", 1, "1"));
    let failed = act(w, "inspect, failed", LAB, inspect(lot, "11", "1"));
    act(w, "retest", LAB, with(inspect(lot, "1", "1"), "jejak:retests", json!([failed.uri()])));
    act(w, "sample", LAB, sampling(lot, "1", VILLAGE));
    let held = act(w, "hold", VILLAGE, hold(lot, "recalled"));
    act(w, "lift", VILLAGE, lift(held, lot));
    act(w, "observe", VILLAGE, seen(lot));
    act(w, "trade", VILLAGE, document("inv:1", std::slice::from_ref(lot)));
    let lost = adjust(lot, "1", "spillage");
    let id = act(w, "adjust, voided next", VILLAGE, lost.clone());
    act(w, "void", VILLAGE, void(id, lost));
    costs
}

fn much_oil() -> (World, LotId) {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "1000000"));
    w.ok(VILLAGE, process(&[(&leaf("D1"), "1000000")], &[(&oil("N1"), "100000")]));
    (w, oil("N1"))
}

/// The same rows, and no more bytes than longer numbers take. What asks for failures reads three rows more for each
/// inspection that `failed` in between: what it failed, and the retest that cleared it.
#[track_caller]
fn assert_no_dearer(before: &BTreeMap<&str, Cost>, after: &BTreeMap<&str, Cost>, failed: u64) {
    for (name, first) in before {
        let last = &after[name];
        let more = if matches!(*name, "ship" | "ship, under way" | "retest") { 3 * failed } else { 0 };
        assert_eq!((last.reads, last.writes), (first.reads + more, first.writes), "{name}: {first:?}, then {last:?}");
        assert!(last.bytes <= first.bytes + 64, "{name}: {first:?}, then {last:?}");
    }
}

#[test]
fn long_history_of_one_lot_makes_no_act_dearer() {
    let (mut w, lot) = much_oil();
    round(&mut w, &lot, 0);
    round(&mut w, &lot, 1);
    let before = round(&mut w, &lot, 2);
    for n in 3..40 {
        round(&mut w, &lot, n);
    }
    let after = round(&mut w, &lot, 40);
    w.assert_conserved();
    // 38 rounds between them, with an inspection that failed in each
    assert_no_dearer(&before, &after, 38);
}

#[test]
fn hundred_thousand_receipts_on_one_lot_do_not_slow_the_next() {
    let (mut w, lot) = much_oil();
    round(&mut w, &lot, 0);
    round(&mut w, &lot, 1);
    let before = round(&mut w, &lot, 2);
    let many = 100_000u32;
    let mut row = w.lot(&lot);
    let mut write = |table: Table, key: Vec<u8>, value: Vec<u8>| w.state.write(table, key, Some(value.into()));
    let holding = HoldingRow { loose: amount("1"), ..HoldingRow::default() };
    let holding = encode(Table::Holding, &holding).unwrap();
    let one = encode(Table::Stowed, &amount("1")).unwrap();
    let used = encode(Table::Use, &row.made_in[0]).unwrap();
    for n in 0..many {
        write(Table::Holding, under_lot(&lot, format!("urn:jejak:party:buyer-{n}").as_bytes()), holding.clone());
        let shipment = Hash32::of(&n.to_be_bytes());
        write(Table::Stowed, stowed_key(&lot, Stowed::Shipment(shipment)), one.clone());
        write(Table::Use, of_lot(&lot, 1_000_000 + u64::from(n)), used.clone());
    }
    row.counts.holders += many;
    row.counts.shipments += many;
    row.counts.uses += many;
    w.put(Table::Lot, &lot_key(&lot), &row);
    let after = round(&mut w, &lot, 3);
    assert_no_dearer(&before, &after, 1);
}

#[test]
fn cost_of_an_event_grows_with_its_goods_and_not_with_their_square() {
    let mut w = World::new();
    let raw: Vec<LotId> = (0..240).map(|n| leaf(&format!("D{n}"))).collect();
    let made: Vec<LotId> = (0..240).map(|n| oil(&format!("N{n}"))).collect();
    let take = |lots: &[LotId]| lots.iter().map(|lot| grams(lot, "10")).collect::<Vec<_>>();
    let list = |lots: &[LotId]| json!(take(lots));
    let cost = |w: &mut World, party: &str, event: Value| {
        w.ok(party, event);
        w.costs[&(w.index - 1)]
    };
    // dated so that every lot gets a finding
    let late = |event: Value| with(event, "eventTime", json!("2026-10-03T08:20:00Z"));
    let ilmd = json!({ "jejak:harvestStart": "2026-10-01", "jejak:harvestEnd": "2026-10-03" });
    let mut at_once = |count: std::ops::Range<usize>| {
        let harvested =
            with(with(harvest(&raw[0], "1"), "quantityList", list(&raw[count.clone()])), "ilmd", ilmd.clone());
        let first = cost(&mut w, VILLAGE, late(harvested));
        let mut split = process(&[(&raw[0], "1")], &[(&made[0], "1")]);
        split["inputQuantityList"] = list(&raw[count.clone()]);
        split["outputQuantityList"] = list(&made[count.clone()]);
        let second = cost(&mut w, VILLAGE, late(split));
        let mut sent = ship(VILLAGE, MILL, &[(&made[0], "10")], &[]);
        sent["quantityList"] = list(&made[count]);
        [first, second, cost(&mut w, VILLAGE, late(sent))]
    };
    let (few, many) = (at_once(0..20), at_once(20..220));
    for (few, many) in few.iter().zip(&many) {
        assert!(
            many.reads <= 10 * few.reads && many.writes <= 10 * few.writes,
            "{few:?}, ten times the goods: {many:?}"
        );
        assert!(many.bytes <= 11 * few.bytes, "{few:?}, ten times the goods: {many:?}");
        assert!(within(many, &There::default()), "{many:?}");
    }
}

#[test]
fn lineage_beyond_what_can_be_shipped_is_refused_before_it_is_made() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "100000"));
    w.ok(VILLAGE, process(&[(&leaf("D1"), "100000")], &[(&oil("M0"), "100000")]));
    let mut refused = None;
    for n in 0..20 {
        let parts: Vec<LotId> = (0..250).map(|k| oil(&format!("S{n}-{k}"))).collect();
        let outputs: Vec<(&LotId, &str)> = parts.iter().map(|lot| (lot, "400")).collect();
        w.ok(VILLAGE, process(&[(&oil(&format!("M{n}")), "100000")], &outputs));
        let merged = process(&outputs, &[(&oil(&format!("M{}", n + 1)), "100000")]);
        if let Err(rejection) = w.submit(VILLAGE, merged) {
            assert_eq!(rejection.rule, Rule::LineageTooLong);
            refused = Some((n, parts));
            break;
        }
    }
    let (rounds, parts) = refused.expect("a lineage without end");
    // a round has 251 lots and 250 links
    assert!((13..16).contains(&rounds), "{rounds} rounds");
    w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&parts[0], "400")], &[]));
    let cost = w.costs[&(w.index - 1)];
    let lineage = w.lot(&parts[0]).ancestors;
    assert!(lineage <= MAX_ANCESTORS && lineage > MAX_ANCESTORS / 2, "{lineage} ancestors");
    assert!(within(&cost, &There { lineage: lineage.into(), ..There::default() }), "{cost:?}");
}

#[test]
fn event_that_takes_too_much_to_check_is_refused_and_other_events_are_not() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    let one: Sscc = Sscc::from_uri(&sscc(1)).unwrap();
    let row: ContainerRow = get(&w.state, Table::Container, &one.number().to_be_bytes()).unwrap().unwrap();
    let (row, gram) = (encode(Table::Container, &row).unwrap(), encode(Table::Stowed, &amount("1")).unwrap());
    for n in 0..EVENT_ROWS / 3 {
        let number = Sscc::from_uri(&sscc(1_000 + n as u32)).unwrap();
        w.state.write(Table::Container, number.number().to_be_bytes().to_vec(), Some(row.clone().into()));
        w.state.write(Table::Stowed, stowed_key(&lot, Stowed::Container(number)), Some(gram.clone().into()));
    }
    w.refused(Rule::TooMuchToRead, VILLAGE, sale(VILLAGE, BUYER, "inv:1", &lot));
    w.ok(VILLAGE, adjust(&lot, "1", "drying"));
    w.ok(VILLAGE, hold(&lot, "recalled"));
}

#[test]
fn container_that_could_not_be_shipped_or_counted_is_full() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    w.ok(VILLAGE, pack(2, &[(&lot, "1")], &[]));
    let one = Sscc::from_uri(&sscc(1)).unwrap().number().to_be_bytes();
    let row: ContainerRow = get(&w.state, Table::Container, &one).unwrap().unwrap();
    w.put(Table::Container, &one, &ContainerRow { load: MAX_LOAD - 1, ..row.clone() });
    // the container and the lot in it
    w.refused(Rule::ContainerFull, VILLAGE, pack(1, &[], &[2]));
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    w.put(Table::Container, &one, &row);
    w.ok(VILLAGE, pack(1, &[], &[2]));
}

#[test]
fn void_puts_no_more_into_a_container_than_fits_beside_what_was_packed_meanwhile() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, pack(2, &[(&lot, "1")], &[]));
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[2]));
    let taken = w.ok(VILLAGE, unpack(1, &[], &[2]));
    let one = Sscc::from_uri(&sscc(1)).unwrap().number().to_be_bytes();
    let row: ContainerRow = get(&w.state, Table::Container, &one).unwrap().unwrap();
    w.put(Table::Container, &one, &ContainerRow { load: MAX_LOAD - 1, ..row.clone() });
    w.refused(Rule::ContainerFull, VILLAGE, void(taken, unpack(1, &[], &[2])));
    w.put(Table::Container, &one, &row);
    w.ok(VILLAGE, void(taken, unpack(1, &[], &[2])));
    w.assert_conserved();
}

#[test]
fn one_party_holds_goods_only_so_often_and_keeps_nobody_from_a_recall() {
    let (mut w, lot) = with_oil();
    let first = w.ok(VILLAGE, hold(&lot, "damaged"));
    for _ in 1..MAX_HOLDS {
        w.ok(VILLAGE, hold(&lot, "damaged"));
    }
    let there = There::of(&w.state, std::slice::from_ref(&lot));
    w.refused(Rule::HeldTooOften, VILLAGE, hold(&lot, "recalled"));
    w.ok(LAB, hold(&lot, "recalled"));
    let cost = w.costs[&(w.index - 1)];
    assert!(within(&cost, &there), "{cost:?}");
    w.ok(AUTHORITY, hold(&lot, "recalled"));
    w.ok(VILLAGE, lift(first, &lot));
    w.ok(VILLAGE, hold(&lot, "recalled"));
}

#[test]
fn event_that_cites_a_thousand_records_is_refused() {
    let (mut w, lot) = with_oil();
    let ids: Vec<RecordId> = (0..=MAX_CITED as u8).map(|n| Hash32([n; 32])).collect();
    let uris = |ids: &[RecordId]| json!(ids.iter().map(|id| id.uri()).collect::<Vec<_>>());
    let too_many = with(adjust(&lot, "1", "drying"), "jejak:after", uris(&ids));
    // before any of them is looked for: no later submission would help
    let refused = w.submit(VILLAGE, too_many.clone()).unwrap_err();
    assert!(refused.rule == Rule::TooManyCited && !refused.retryable);
    w.refused.0.extend(ids.iter().copied());
    w.refused(Rule::TooManyCited, VILLAGE, too_many);
    w.ok(VILLAGE, with(adjust(&lot, "1", "drying"), "jejak:after", uris(&ids[1..])));
}

#[test]
fn accreditations_that_every_inspection_reads_are_bounded() {
    let mut w = World::new();
    let rows: Vec<AccreditationRow> = get(&w.state, Table::Accreditation, LAB.as_bytes()).unwrap().unwrap();
    w.put(Table::Accreditation, LAB.as_bytes(), &vec![rows[0].clone(); MAX_ACCREDITATIONS]);
    let mut another = Accreditation {
        party: LAB.to_owned(),
        scope: vec!["tea".to_owned()],
        body: "KAN".to_owned(),
        number: "LP-2".to_owned(),
        from: T0,
        until: T0 + 100,
        replaces: None,
    };
    w.refuses(Rule::TooManyInForce, AUTHORITY, &Statement::Accreditation(another.clone()));
    another.replaces = Some(rows[0].record);
    w.state(AUTHORITY, Statement::Accreditation(another));
}

#[test]
fn clock_resets_that_every_page_looks_through_are_bounded() {
    let mut w = World::new();
    let ledger: LedgerRow = get(&w.state, Table::Ledger, b"").unwrap().unwrap();
    let resets = vec![(1, 2); MAX_RESETS];
    w.put(Table::Ledger, b"", &LedgerRow { resets, ..ledger.clone() });
    let reset = ClockReset { time: T0, after: ledger.clock_record, since: Some(3) };
    w.refuses(Rule::TooManyInForce, AUTHORITY, &Statement::ClockReset(reset));
    // the clock can be set all the same
    w.state(AUTHORITY, Statement::ClockReset(ClockReset { since: None, ..reset }));
}

fn with_keys(w: &mut World, party: &str, change: impl FnOnce(&mut KeyCounts)) {
    let mut row: PartyRow = get(&w.state, Table::Party, party.as_bytes()).unwrap().unwrap();
    change(&mut row.keys);
    w.put(Table::Party, party.as_bytes(), &row);
}

#[test]
fn party_can_not_add_keys_without_end_and_is_not_locked_out_by_who_does() {
    let mut w = World::new();
    let day = T0.div_euclid(86_400);
    with_keys(&mut w, MILL, |keys| keys.events = MAX_KEYS - 2);
    w.event_key(MILL, "phone of the mill");
    let one_more = w.key_of_seed(MILL, "another phone", Purpose::Event);
    w.refuses(Rule::TooManyKeys, MILL, &one_more);
    // an ended key makes room
    w.end_key("phone of the mill");
    w.state(MILL, one_more);
    // and only so many a day, whatever was ended
    with_keys(&mut w, MILL, |keys| (keys.events, keys.day, keys.added) = (1, day, KEYS_A_DAY));
    let next = w.key_of_seed(MILL, "the next phone", Purpose::Event);
    w.refuses(Rule::TooManyKeys, MILL, &next);
    // the enroller gives a first key at once, when the admin key was stolen and ended
    w.end_key(MILL);
    let first = w.key_of_seed(MILL, "a new admin key", Purpose::Admin);
    w.state(AUTHORITY, first);
    // other parties have counts of their own, and a new day has a new count
    w.event_key(BUYER, "phone of the buyer");
    w.clock(T0 + 24 * 60 * 60);
    let next = w.key_of_seed(MILL, "the next phone", Purpose::Event);
    let record = w.signed_by("a new admin key", MILL, &next);
    w.admitted("a new admin key", record);
}

#[test]
fn keys_of_one_party_share_a_day_and_a_company_with_200_phones_goes_on() {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "10"));
    let key = key_of(VILLAGE);
    let row: KeyRow = get(&w.state, Table::Key, &key.0).unwrap().unwrap();
    let used = |records: u32| KeyRow { used: DayUse { records, ..row.used }, ..row.clone() };
    with_keys(&mut w, VILLAGE, |keys| keys.events = 199);
    w.put(Table::Key, &key.0, &used(DAY_RECORDS / 10 - 1));
    w.ok(VILLAGE, harvest(&leaf("D2"), "10"));
    let row: KeyRow = get(&w.state, Table::Key, &key.0).unwrap().unwrap();
    assert_eq!(row.used.records, DAY_RECORDS / 10);
    w.refused(Rule::DayQuota, VILLAGE, harvest(&leaf("D3"), "10"));
    // keys that were ended today had their share
    with_keys(&mut w, VILLAGE, |keys| (keys.events, keys.ended) = (0, 199));
    w.refused(Rule::DayQuota, VILLAGE, harvest(&leaf("D3"), "10"));
    with_keys(&mut w, VILLAGE, |keys| keys.ended = 19);
    w.ok(VILLAGE, harvest(&leaf("D3"), "10"));
}
