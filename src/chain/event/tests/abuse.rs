//! What one participant could make everyone do for ever, and power over goods that are none of its business.

use serde_json::{Value, json};

use super::{document, headline, sale, sampling, seen, with_oil};
use crate::chain::quota::{
    DAY_BYTES, DAY_DOCUMENTS, DAY_PLACES, DAY_RECORDS, DAY_ROWS, LIFTS, LOT_BYTES, LOT_MOVES, LOT_RECORDS,
};
use crate::chain::rows::{
    Counted, DayUse, Documents, EvidenceRow, KeyRow, LotUse, OwnerRow, container_use_key, evidence_key, lot_use_key,
};
use crate::chain::state::{Scan, get};
use crate::chain::testing::*;
use crate::chain::{Rule, State, Table};
use crate::gs1::{LotId, Sscc};
use crate::query::view::LotState;
use crate::record::{Hash32, RecordId};

fn naming(lot: &LotId, blob: &Hash32, access: &str) -> Value {
    let evidence = json!([{
        "jejak:blake3": blob.to_string(), "jejak:mediaType": "image/jpeg", "jejak:bytes": 1, "jejak:documentType": "photo",
        "jejak:title": "Photo", "jejak:access": access,
    }]);
    with(seen(lot), "jejak:evidence", evidence)
}

/// So many lots of leaf of the village.
fn with_leaves(count: usize) -> (World, Vec<LotId>) {
    let mut w = World::new();
    let lots: Vec<LotId> = (0..count).map(|n| leaf(&format!("D{n}"))).collect();
    for lot in &lots {
        w.ok(VILLAGE, harvest(lot, "10"));
    }
    (w, lots)
}

/// The lift of a hold of this class.
fn lift_of(held: RecordId, lot: &LotId, class: &str) -> Value {
    with(lift(held, lot), "persistentDisposition", json!({ "unset": [class] }))
}

fn rows(w: &World, table: Table) -> usize {
    w.state.scan(table, Scan::default()).count()
}

#[test]
fn buyer_can_not_sign_documents_about_lots_of_others() {
    let (mut w, lots) = with_leaves(5);
    w.refused(Rule::NotConcerned, BUYER, document("inv:1", &lots));
    w.refused(Rule::NotConcerned, FORWARDER, document("inv:1", &lots));
    w.refused(Rule::NotConcerned, BUYER, sale(VILLAGE, BUYER, "inv:1", &lots[0]));
    w.ok(VILLAGE, document("inv:1", &lots));
    // the seller offers one of them under one document: that one, and no other
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "inv:1", &lots[0]));
    w.refused(Rule::NotConcerned, BUYER, sale(VILLAGE, BUYER, "inv:2", &lots[0]));
    w.refused(Rule::NotConcerned, BUYER, sale(VILLAGE, BUYER, "inv:1", &lots[1]));
    // the buyer adds a document of its own
    let mut signed = sale(VILLAGE, BUYER, "inv:1", &lots[0]);
    let own = json!({ "type": "po", "bizTransaction": "po:of-the-buyer" });
    signed["bizTransactionList"].as_array_mut().unwrap().push(own);
    w.ok(BUYER, signed);
    let owner: Option<OwnerRow> = get(&w.state, Table::Owner, lots[0].uri().as_bytes()).unwrap();
    assert_eq!(owner.unwrap().owner, BUYER);
    // now it has to do with that lot
    w.ok(BUYER, document("inv:9", &lots[..1]));
}

#[test]
fn consignee_and_carrier_sign_documents_about_what_they_carry() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "10"));
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    w.ok(FORWARDER, ship(VILLAGE, BUYER, &[(&lot, "10")], &[]));
    w.mandate(VILLAGE, FORWARDER, &[]);
    w.ok(FORWARDER, document("bol:1", std::slice::from_ref(&lot)));
    w.ok(BUYER, document("pay:1", std::slice::from_ref(&lot)));
    w.refused(Rule::NotConcerned, MILL, document("bol:1", std::slice::from_ref(&lot)));
}

#[test]
fn one_signature_under_a_document_does_not_read_or_write_the_others() {
    let (mut w, lots) = with_leaves(3);
    let largest =
        |w: &World| w.state.rows().filter(|((table, _), _)| **table == Table::Trade).map(|(_, row)| row.len()).max();
    let mut costs = Vec::new();
    w.ok(VILLAGE, sale(VILLAGE, BUYER, "inv:1", &lots[0]));
    let first = largest(&w);
    for n in 1..40 {
        w.ok(VILLAGE, sale(VILLAGE, BUYER, "inv:1", &lots[n % 3]));
        costs.push(w.costs[&(w.index - 1)]);
    }
    assert_eq!(largest(&w), first, "a row does not grow with the signatures");
    // from the seventh on each signs again what it signed twice before
    let (seventh, last) = (costs[5], costs[38]);
    assert_eq!((last.reads, last.writes), (seventh.reads, seventh.writes), "{seventh:?}, then {last:?}");
    assert!(last.bytes <= seventh.bytes + 64, "{seventh:?}, then {last:?}");
    assert_eq!(rows(&w, Table::Trade), 3, "one row for each lot that is sold");
    assert_eq!(rows(&w, Table::TradeSigner), 1);
}

#[test]
fn document_is_signed_only_so_many_times_by_one_party_and_by_others_all_the_same() {
    let mut w = World::new();
    let lot = leaf("D1");
    w.ok(VILLAGE, harvest(&lot, "10"));
    let key = crate::chain::rows::trade_signer_key("inv:1", VILLAGE);
    w.put(Table::TradeSigner, &key, &super::super::trade::MAX_SIGNATURES);
    w.refused(Rule::SignedTooOften, VILLAGE, document("inv:1", std::slice::from_ref(&lot)));
    w.ok(VILLAGE, document("inv:2", std::slice::from_ref(&lot)));
    w.ok(VILLAGE, ship(VILLAGE, BUYER, &[(&lot, "10")], &[]));
    w.ok(BUYER, document("inv:1", std::slice::from_ref(&lot)));
}

#[test]
fn evidence_named_again_and_again_leaves_one_row_for_each_party() {
    let (mut w, lot) = with_oil();
    let blob = Hash32([7; 32]);
    let first = w.ok(VILLAGE, naming(&lot, &blob, "restricted"));
    let public = w.ok(VILLAGE, naming(&lot, &blob, "public"));
    for _ in 0..10 {
        w.ok(VILLAGE, naming(&lot, &blob, "public"));
    }
    w.ok(LAB, naming(&lot, &blob, "restricted"));
    assert_eq!(rows(&w, Table::Evidence), 2);
    let row =
        |party: &str| get::<EvidenceRow>(&w.state, Table::Evidence, &evidence_key(&blob, party)).unwrap().unwrap();
    assert_eq!(row(VILLAGE), EvidenceRow { record: first, public: Some(public), bytes: 1 });
    assert_eq!(row(LAB).public, None, "each party answers for its own naming");
}

#[test]
fn evidence_that_nodes_keep_for_ever_is_counted_by_the_bytes_that_its_namings_state() {
    let (mut w, lot) = with_oil();
    let of_size = |n: u8, bytes: u64| {
        let mut event = naming(&lot, &Hash32([n; 32]), "public");
        event["jejak:evidence"][0]["jejak:bytes"] = json!(bytes);
        event
    };
    let counted = |w: &World, party: &str| {
        let day: Option<KeyRow> = get(&w.state, Table::Key, &key_of(party).0).unwrap();
        let ever: Option<Documents> = get(&w.state, Table::Named, party.as_bytes()).unwrap();
        (day.unwrap().used.documents, ever.unwrap_or_default())
    };
    let documents = |files: u32, bytes: u64| Documents { files, bytes };
    w.ok(VILLAGE, of_size(1, 700));
    for _ in 0..3 {
        w.ok(VILLAGE, of_size(1, 700));
    }
    assert_eq!(counted(&w, VILLAGE), (documents(1, 700), documents(1, 700)), "named again, it is the same document");
    // one that says afterwards that it is larger counts the rest
    w.ok(VILLAGE, of_size(1, 1_000));
    w.ok(VILLAGE, of_size(2, 50));
    assert_eq!(counted(&w, VILLAGE).0, documents(2, 1_050));
    w.ok(LAB, of_size(1, 10));
    assert_eq!(counted(&w, LAB), (documents(1, 10), documents(1, 10)), "each party answers for its own naming");
    w.ok(VILLAGE, of_size(3, u64::from(u32::MAX)));
    w.refused(Rule::DayQuota, VILLAGE, of_size(4, 1));
    w.refused(Rule::DayQuota, VILLAGE, harvest(&leaf("D2"), "10"));
    w.clock(T0 + 24 * 60 * 60);
    w.ok(VILLAGE, of_size(4, 1));
    assert_eq!(counted(&w, VILLAGE), (documents(1, 1), documents(4, 1_051 + u64::from(u32::MAX))));
}

#[test]
fn observer_without_a_tie_is_refused_and_a_first_visit_is_not() {
    let (mut w, lot) = with_oil();
    w.refused(Rule::NotConcerned, FORWARDER, seen(&lot));
    w.refused(Rule::NotConcerned, BUYER, seen(&lot));
    // an accredited inspector, the region of the village and the authority may come for the first time
    for party in [LAB, REGION, AUTHORITY, VILLAGE] {
        w.ok(party, seen(&lot));
    }
    w.mandate(VILLAGE, FORWARDER, &["ship"]);
    w.ok(FORWARDER, seen(&lot));
    w.mandate(VILLAGE, FORWARDER, &[]);
    w.refused(Rule::NotConcerned, FORWARDER, seen(&lot));
    // who carried the goods once, or what they were made from, is no outsider
    let shipped = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "100")], &[]));
    w.ok(MILL, receive(shipped, &[(&lot, "100")], &[]));
    let second = oil("N2");
    w.ok(MILL, process(&[(&lot, "100")], &[(&second, "100")]));
    w.ok(VILLAGE, seen(&second));
    w.ok(REGION, seen(&second));
    w.put(Table::Accreditation, LAB.as_bytes(), &Vec::<crate::chain::rows::AccreditationRow>::new());
    w.refused(Rule::NotConcerned, LAB, seen(&lot));
    // a container that holds no lot has its packer and its holder, and no tie to anyone else
    w.ok(MILL, pack(1, &[(&second, "1")], &[]));
    w.ok(MILL, pack(2, &[], &[1]));
    w.ok(MILL, unpack(1, &[(&second, "1")], &[]));
    let of_box = || {
        let mut event = with(seen(&lot), "epcList", json!([sscc(2)]));
        event.as_object_mut().unwrap().remove("quantityList");
        event
    };
    for party in [FORWARDER, BUYER, VILLAGE, LAB, REGION] {
        w.refused(Rule::NotConcerned, party, of_box());
    }
    w.ok(MILL, of_box());
    w.ok(AUTHORITY, of_box());
}

#[test]
fn buyer_consignee_and_maker_of_the_raw_material_can_only_check_for_themselves() {
    type Side = fn(&mut World, &LotId);
    let ways: [(&str, Side); 3] = [
        ("buyer", |w, lot| {
            w.ok(VILLAGE, sale(VILLAGE, LAB, "inv:1", lot));
            w.ok(LAB, sale(VILLAGE, LAB, "inv:1", lot));
        }),
        ("consignee of goods under way", |w, lot| {
            w.ok(VILLAGE, ship(VILLAGE, LAB, &[(lot, "100")], &[]));
        }),
        ("mandate of a party to the raw material", |w, _| w.mandate(VILLAGE, LAB, &["harvest"])),
    ];
    for (what, side) in ways {
        let (mut w, lot) = with_oil();
        side(&mut w, &lot);
        assert_eq!(w.found(LAB, inspect(&lot, "1", "1")), [Rule::OwnCheck], "{what}");
        assert_eq!(headline(&w, &lot), LotState::NotInspected, "an own check makes nothing green: {what}");
        let failed = w.ok(LAB, inspect(&lot, "11", "1"));
        assert_eq!(headline(&w, &lot), LotState::Failed, "its failures count: {what}");
        w.ok(LAB, with(inspect(&lot, "1", "1"), "jejak:retests", json!([failed.uri()])));
        assert_eq!(headline(&w, &lot), LotState::Failed, "and it clears none: {what}");
    }
}

#[test]
fn laboratory_that_only_drew_the_sample_is_independent() {
    let (mut w, lot) = with_oil();
    w.ok(LAB, sampling(&lot, "1", VILLAGE));
    assert!(w.found(LAB, inspect(&lot, "1", "1")).is_empty());
    assert_eq!(headline(&w, &lot), LotState::Verified);
}

#[test]
fn void_that_states_another_quantity_is_refused() {
    let mut w = World::new();
    let lot = leaf("D1");
    let id = w.ok(VILLAGE, harvest(&lot, "10"));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(id, harvest(&lot, "3")));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(id, with(harvest(&lot, "10"), "jejak:mode", json!("segregated"))));
    w.refused(Rule::VoidRepeatsEvent, VILLAGE, void(id, with(harvest(&lot, "10"), "jejak:close", json!(true))));
    // the same number, written otherwise, and a document that explains the void
    let explained = with(harvest(&lot, "10.0"), "jejak:after", json!([id.uri()]));
    w.ok(VILLAGE, void(id, explained));
}

#[test]
fn key_that_signed_its_day_can_still_hold_and_void_and_goes_on_tomorrow() {
    let mut w = World::new();
    let lot = leaf("D1");
    let id = w.ok(VILLAGE, harvest(&lot, "10"));
    let key = key_of(VILLAGE);
    let row: KeyRow = get(&w.state, Table::Key, &key.0).unwrap().unwrap();
    assert!(row.used.records > 0 && row.used.bytes > 0 && row.used.places > 0, "{:?}", row.used);
    let full = [
        DayUse { records: DAY_RECORDS, ..row.used },
        DayUse { bytes: DAY_BYTES, ..row.used },
        DayUse { places: DAY_PLACES, ..row.used },
        DayUse { rows: DAY_ROWS, ..row.used },
        DayUse { documents: Documents { files: DAY_DOCUMENTS.files, bytes: 0 }, ..row.used },
        DayUse { documents: Documents { files: 0, bytes: DAY_DOCUMENTS.bytes }, ..row.used },
    ];
    for used in full {
        w.put(Table::Key, &key.0, &KeyRow { used, ..row.clone() });
        w.refused(Rule::DayQuota, VILLAGE, harvest(&leaf("D2"), "10"));
    }
    w.ok(VILLAGE, hold(&lot, "recalled"));
    w.ok(VILLAGE, void(id, harvest(&lot, "10")));
    w.ok(MILL, harvest_by_mill());
    w.clock(T0 + 24 * 60 * 60);
    w.ok(VILLAGE, harvest(&leaf("D2"), "10"));
    let row: KeyRow = get(&w.state, Table::Key, &key.0).unwrap().unwrap();
    assert_eq!(row.used.records, 1, "a new day has a new count");
}

fn harvest_by_mill() -> Value {
    harvest(&oil("M1"), "10")
}

#[test]
fn one_party_says_only_so_much_about_a_lot_with_all_its_keys_and_exhausts_nobody_else() {
    let (mut w, lot) = with_oil();
    w.event_key(VILLAGE, "a phone of the village");
    w.ok(VILLAGE, seen(&lot));
    let key = lot_use_key(&lot, VILLAGE, Counted::Remarks);
    let used: LotUse = get(&w.state, Table::LotUse, &key).unwrap().unwrap();
    assert_eq!(used.records, 1, "making the lot is not counted");
    for full in [LotUse { records: LOT_RECORDS, ..used }, LotUse { bytes: LOT_BYTES, ..used }] {
        w.put(Table::LotUse, &key, &full);
        w.refused(Rule::LotQuota, VILLAGE, seen(&lot));
        let by_phone = w.submit_by("a phone of the village", VILLAGE, seen(&lot)).unwrap_err();
        assert_eq!(by_phone.rule, Rule::LotQuota, "another key of the party");
        w.ok(VILLAGE, seen(&leaf("D1")));
        w.ok(LAB, inspect(&lot, "1", "1"));
        let held = w.ok(VILLAGE, hold(&lot, "recalled"));
        w.ok(VILLAGE, lift(held, &lot));
        // who has the goods goes on moving them
        w.ok(VILLAGE, adjust(&lot, "1", "drying"));
    }
    let moved = lot_use_key(&lot, VILLAGE, Counted::Moves);
    w.put(Table::LotUse, &moved, &LotUse { records: LOT_MOVES * LOT_RECORDS, bytes: 0 });
    w.refused(Rule::LotQuota, VILLAGE, adjust(&lot, "1", "drying"));
}

#[test]
fn laboratory_that_gives_up_tests_of_a_lot_without_end_writes_no_more_on_its_page_than_others() {
    let (mut w, lot) = with_oil();
    let other = leaf("D2");
    w.ok(VILLAGE, harvest(&other, "10"));
    let giving_up = |event: Value, seq: u64| {
        let given = json!([{
            "jejak:seq": seq, "jejak:record": Hash32::of(&seq.to_be_bytes()).uri(), "jejak:reason": "mistake",
            "jejak:act": "inspect", "jejak:lots": [lot.uri()],
        }]);
        with(event, "jejak:givenUp", given)
    };
    w.skip(LAB, 8);
    w.ok(LAB, giving_up(inspect(&other, "1", "1"), 1));
    let key = lot_use_key(&lot, LAB, Counted::Remarks);
    let used: LotUse = get(&w.state, Table::LotUse, &key).unwrap().unwrap();
    assert_eq!(used.records, 1, "the record is about another lot");
    // named twice in one record, once as what it is about, it counts once
    w.ok(LAB, giving_up(inspect(&lot, "1", "1"), 2));
    let used: LotUse = get(&w.state, Table::LotUse, &key).unwrap().unwrap();
    assert_eq!(used.records, 2);
    let held = w.ok(LAB, hold(&other, "recalled"));
    w.put(Table::LotUse, &key, &LotUse { records: LOT_RECORDS, ..used });
    w.refused(Rule::LotQuota, LAB, giving_up(inspect(&other, "1", "1"), 3));
    // acts that are not counted by lot are no way around it, and need not give up anything
    w.refused(Rule::LotQuota, LAB, giving_up(lift(held, &other), 3));
    w.ok(LAB, lift(held, &other));
}

#[test]
fn holds_and_lifts_again_and_again_end_before_they_take_a_lot_its_proof_and_leave_it_its_recalls() {
    let (mut w, lot) = with_oil();
    let held = w.ok(LAB, hold(&lot, "damaged"));
    w.ok(LAB, lift_of(held, &lot, "damaged"));
    let key = lot_use_key(&lot, LAB, Counted::Holds);
    let used: LotUse = get(&w.state, Table::LotUse, &key).unwrap().unwrap();
    assert_eq!(used.records, 2, "the lift counts as the hold does");
    for full in [LotUse { records: LOT_RECORDS, ..used }, LotUse { bytes: LOT_BYTES, ..used }] {
        w.put(Table::LotUse, &key, &LotUse::default());
        let held = w.ok(LAB, hold(&lot, "damaged"));
        w.put(Table::LotUse, &key, &full);
        w.refused(Rule::LotQuota, LAB, hold(&lot, "damaged"));
        // what stands is lifted all the same, other parties hold, and a recall has a count of its own
        w.ok(LAB, lift_of(held, &lot, "damaged"));
        w.ok(VILLAGE, hold(&lot, "damaged"));
        let recalled = w.ok(LAB, hold(&lot, "recalled"));
        w.ok(LAB, lift(recalled, &lot));
        w.ok(LAB, inspect(&lot, "1", "1"));
    }
    let recalls = lot_use_key(&lot, LAB, Counted::Recalls);
    w.put(Table::LotUse, &recalls, &LotUse { records: LOT_RECORDS - 1, bytes: 0 });
    let recalled = w.ok(LAB, hold(&lot, "recalled"));
    w.refused(Rule::LotQuota, LAB, hold(&lot, "recalled"));
    // lifting, taking the lift back and lifting again has an end too
    w.put(Table::LotUse, &recalls, &LotUse { records: LIFTS * LOT_RECORDS - 1, bytes: 0 });
    let lifted = w.ok(LAB, lift(recalled, &lot));
    w.ok(LAB, void(lifted, lift(recalled, &lot)));
    w.refused(Rule::LotQuota, LAB, lift(recalled, &lot));
    w.ok(AUTHORITY, lift(recalled, &lot));
    for counted in [Counted::Remarks, Counted::Moves, Counted::Holds, Counted::Recalls] {
        let full = LotUse { records: u32::MAX, bytes: u64::MAX };
        w.put(Table::LotUse, &lot_use_key(&lot, AUTHORITY, counted), &full);
    }
    w.ok(AUTHORITY, hold(&lot, "recalled"));
    w.ok(AUTHORITY, hold(&lot, "damaged"));
}

#[test]
fn holds_of_an_empty_container_are_counted_too() {
    let (mut w, lot) = with_oil();
    w.ok(VILLAGE, pack(1, &[(&lot, "1")], &[]));
    w.ok(VILLAGE, pack(2, &[], &[1]));
    w.ok(VILLAGE, unpack(1, &[(&lot, "1")], &[]));
    let of_box = |class: &str| {
        let mut event = hold(&lot, class);
        event.as_object_mut().unwrap().remove("quantityList");
        with(event, "epcList", json!([sscc(2)]))
    };
    w.ok(VILLAGE, of_box("damaged"));
    let key = container_use_key(Sscc::from_uri(&sscc(2)).unwrap(), VILLAGE, Counted::Holds);
    w.put(Table::LotUse, &key, &LotUse { records: LOT_RECORDS, bytes: 0 });
    w.refused(Rule::LotQuota, VILLAGE, of_box("damaged"));
    w.ok(VILLAGE, of_box("recalled"));
    w.ok(VILLAGE, hold(&lot, "damaged"));
}

#[test]
fn shipment_that_is_taken_back_and_opened_again_without_end_is_counted() {
    let (mut w, lot) = with_oil();
    let shipped = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "1")], &[]));
    let back = w.ok(VILLAGE, void_shipment(shipped, &lot));
    w.ok(VILLAGE, void(back, void_shipment(shipped, &lot)));
    let key = lot_use_key(&lot, VILLAGE, Counted::Moves);
    w.put(Table::LotUse, &key, &LotUse { records: LOT_MOVES * LOT_RECORDS, bytes: 0 });
    w.refused(Rule::LotQuota, VILLAGE, void_shipment(shipped, &lot));
}
