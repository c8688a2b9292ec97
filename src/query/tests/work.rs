//! What waits for a party: bounded lists that say when something is left out.

use serde_json::json;

use super::chain;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::LotState;
use crate::query::work::{MOST_CONTAINERS, MOST_LISTED, MOST_LOTS, MOST_SHIPMENTS, Work, shipment, work};

fn of(w: &World, party: &str) -> Work {
    work(&w.state, w, party).unwrap().unwrap()
}

fn containers(work: &Work) -> Vec<String> {
    work.containers.iter().map(|container| format!("https://id.gs1.org/00/{}", container.sscc)).collect()
}

#[test]
fn goods_in_a_container_within_another_are_where_the_outermost_is() {
    let mut w = World::new();
    let raw = oil("N1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, pack(1, &[(&raw, "600")], &[]));
    w.ok(VILLAGE, pack(2, &[(&raw, "100")], &[1]));
    assert_eq!(containers(&of(&w, VILLAGE)), [sscc(1), sscc(2)]);
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[], &[2]));
    assert_eq!(containers(&of(&w, VILLAGE)), [""; 0], "it kept some that is loose");
    w.ok(MILL, receive(sent, &[(&raw, "700")], &[2]));
    assert_eq!(containers(&of(&w, MILL)), [sscc(1), sscc(2)]);
    // a container of another party with the same goods is not the first's
    w.ok(VILLAGE, pack(3, &[(&raw, "50")], &[]));
    assert_eq!(containers(&of(&w, VILLAGE)), [sscc(3)]);
    let buyers = of(&chain(), BUYER);
    assert_eq!((containers(&buyers), buyers.more), (vec![sscc(1)], false));
}

#[test]
fn each_list_that_is_cut_says_that_there_is_more() {
    let raw = leaf("D1");
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&raw, "1000"));
    for (shipments, more) in [(MOST_SHIPMENTS, false), (1, true)] {
        for _ in 0..shipments {
            w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "1")], &[]));
        }
        let work = of(&w, VILLAGE);
        assert_eq!((work.outgoing.len(), work.more), (MOST_SHIPMENTS, more));
    }

    let mut w = World::new();
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let mut numbers = 1..;
    for (containers, more) in [(MOST_CONTAINERS, false), (1, true)] {
        for number in numbers.by_ref().take(containers) {
            w.ok(VILLAGE, pack(number, &[(&raw, "1")], &[]));
        }
        let work = of(&w, VILLAGE);
        assert_eq!((work.containers.len(), work.more), (MOST_CONTAINERS, more));
    }

    let mut w = World::new();
    let mut numbers = 1..;
    for (lots, more) in [(MOST_LOTS, false), (1, true)] {
        for number in numbers.by_ref().take(lots) {
            let lot = oil(&format!("N{number}"));
            w.ok(VILLAGE, harvest(&lot, "10"));
            w.ok(LAB, inspect(&lot, "99", "1"));
        }
        let work = of(&w, LAB);
        assert_eq!((work.failed.len(), work.more), (MOST_LOTS, more));
        let work = of(&w, VILLAGE);
        assert_eq!((work.held.len(), work.more), (MOST_LOTS, more));
    }
}

#[test]
fn lots_of_all_containers_and_shipments_have_one_room() {
    const IN_EACH: usize = 250;
    let mut w = World::new();
    let lots: Vec<LotId> = (0..IN_EACH).map(|n| oil(&format!("N{n}"))).collect();
    for lot in &lots {
        w.ok(VILLAGE, harvest(lot, "10"));
    }
    let some: Vec<(&LotId, &str)> = lots.iter().map(|lot| (lot, "1")).collect();
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &some, &[]));
    for container in 1..=2 {
        w.ok(VILLAGE, pack(container, &some, &[]));
    }
    let work = of(&w, VILLAGE);
    assert_eq!((work.outgoing[0].shipment, work.outgoing[0].lots.len(), work.outgoing[0].more), (sent, IN_EACH, false));
    let listed: Vec<(usize, bool)> = work.containers.iter().map(|c| (c.lots.len(), c.more)).collect();
    assert_eq!(listed, [(IN_EACH, false), (MOST_LISTED - 2 * IN_EACH, true)]);
    assert!(work.more);
}

#[test]
fn shipment_of_which_the_work_lists_a_part_is_whole_by_its_id() {
    const IN_EACH: usize = MOST_LISTED / 3 + 1;
    let mut w = World::new();
    let lots: Vec<LotId> = (0..IN_EACH).map(|n| oil(&format!("N{n}"))).collect();
    for lot in &lots {
        w.ok(VILLAGE, harvest(lot, "10"));
    }
    let some: Vec<(&LotId, &str)> = lots.iter().map(|lot| (lot, "1")).collect();
    let sent = [(); 3].map(|()| w.ok(VILLAGE, ship(VILLAGE, MILL, &some, &[])));
    let cut = of(&w, MILL).incoming.into_iter().find(|one| one.more).unwrap().shipment;
    for party in [MILL, VILLAGE] {
        let whole = shipment(&w.state, &w, party, cut).unwrap().unwrap();
        assert_eq!((whole.shipment, whole.lots.len(), whole.more), (cut, IN_EACH, false));
    }
    assert_eq!(shipment(&w.state, &w, BUYER, cut).unwrap(), None, "it is no shipment of another party");
    w.ok(MILL, receive(cut, &some, &[]));
    assert_eq!(shipment(&w.state, &w, MILL, cut).unwrap(), None, "it was received");
    assert!(sent.contains(&cut));
}

#[test]
fn lot_names_the_specifications_that_it_must_keep_to() {
    let mut w = World::new();
    let adopted = w.adopt(VILLAGE, SPECIFIED, None);
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, with(process(&[(&raw, "500")], &[(&made, "50")]), "jejak:market", json!("CN")));
    for lots in [of(&w, VILLAGE).held, of(&w, LAB).to_inspect] {
        let named = |lot: &LotId| {
            let entry = lots.iter().find(|entry| entry.lot == lot.uri()).unwrap();
            entry.specifications.iter().map(|one| (one.record, one.blake3)).collect::<Vec<_>>()
        };
        assert_eq!((named(&made), named(&raw)), (vec![(adopted, SPECIFIED)], vec![]), "of the form that it is for");
    }
}

#[test]
fn inspector_has_nothing_to_inspect_before_its_accreditation_begins() {
    let mut w = World::new();
    let raw = oil("N1");
    w.ok(VILLAGE, harvest(&raw, "10"));
    w.enrol_second_laboratory();
    w.accredit_for(SECOND_LAB, T0 + 1_000, T0 + 2_000, None);
    for (time, waits) in [(T0 + 900, 0), (T0 + 1_000, 1), (T0 + 1_900, 1), (T0 + 2_000, 0)] {
        w.clock(time);
        assert_eq!(of(&w, SECOND_LAB).to_inspect.len(), waits, "{time}");
    }
    assert_eq!(of(&w, LAB).to_inspect[0].state, LotState::NotInspected);
}
