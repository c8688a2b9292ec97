//! Queries about lots, and the main property of the closure: replayed alone, in order, it gives the same view.

mod closures;
mod kit;
#[cfg(feature = "node")]
mod regions;
mod work;

use proptest::prelude::*;
use serde_json::json;

use super::view::{LotState, Trace};
use super::walk::PageRequest;
use super::*;
use crate::chain::entity_index::ALL_LOTS;
use crate::chain::event::tests::counted::Counting;
use crate::chain::event::tests::law::{Op, lots as law_lots, op, play};
use crate::chain::rows::{AccreditationRow, EntityEntry, EntityRow, HoldingRow, entity_key, under_lot};
use crate::chain::state::encode;
use crate::chain::testing::*;
use crate::chain::{Act, Context, MemState, Overlay, Rule, State, StateError, Table};
use crate::gs1::LotId;
use crate::record::RecordId;

/// Replays the closure of `lot` alone and compares the view.
fn assert_closed(w: &World, lot: &LotId) {
    let whole = lot_view(&w.state, w, lot).unwrap();
    let indices = closure(&w.state, w, lot, Most::ALL).unwrap().unwrap();
    assert!(indices.windows(2).all(|pair| pair[0] < pair[1]));
    let mut state = MemState::new();
    for index in &indices {
        let record = &w.log[usize::try_from(*index).unwrap()];
        let mut overlay = Overlay::new(&state);
        overlay.mark();
        let ctx = Context::closure(&*w.profiles);
        crate::chain::apply(&mut overlay, *index, record, &ctx)
            .unwrap_or_else(|error| panic!("record {index} of the closure of {lot}: {error}"));
        let changes = overlay.into_changes();
        state.commit(changes).unwrap();
    }
    assert_eq!(refusal_of(&state, lot).unwrap(), None, "{lot}");
    assert_eq!(closure(&state, w, lot, Most::ALL).unwrap().unwrap(), indices, "the closure of the closure of {lot}");
    let part = lot_view(&state, w, lot).unwrap();
    if part != whole {
        let (part, whole) = (serde_json::to_value(&part).unwrap(), serde_json::to_value(&whole).unwrap());
        for (name, value) in whole.as_object().unwrap() {
            assert_eq!(&part[name], value, "{name} of {lot} differs; closure {indices:?}");
        }
    }
}

fn chain() -> World {
    let mut w = World::new();
    let (raw, made, filled) = (leaf("D1"), oil("N1"), bottle("B1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "1000")], &[]));
    w.clock(T0 + 120);
    w.ok(MILL, receive(sent, &[(&raw, "990")], &[]));
    w.ok(MILL, with(process(&[(&raw, "990")], &[(&made, "20")]), "jejak:process", json!("steam-distillation")));
    w.ok(LAB, inspect(&made, "1", "1"));
    w.ok(MILL, with(process(&[(&made, "10")], &[(&filled, "10")]), "jejak:process", json!("bottling")));
    w.ok(MILL, pack(1, &[(&filled, "6")], &[]));
    w.ok(MILL, pack(2, &[], &[1]));
    w.clock(T0 + 240);
    let out = w.ok(MILL, with(ship(MILL, BUYER, &[(&filled, "2")], &[2]), "jejak:market", json!("DE")));
    w.ok(BUYER, receive(out, &[(&filled, "8")], &[2]));
    w
}

#[test]
fn closure_shows_whether_a_sample_is_of_another_lot_or_of_none() {
    let mut w = World::new();
    let (one, two) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&one, "10"));
    w.ok(VILLAGE, harvest(&two, "10"));
    w.ok(LAB, draw("A", &[&one], VILLAGE));
    w.ok(LAB, analyse(&two, "5", Some("A")));
    w.ok(LAB, analyse(&two, "5", Some("B")));
    assert_closed(&w, &one);
    assert_closed(&w, &two);
    let view = lot_view(&w.state, &w, &two).unwrap().unwrap();
    let rules: Vec<Rule> = view.findings.iter().map(|finding| finding.rule).collect();
    assert_eq!(rules[..2], [Rule::SampleOfAnotherLot, Rule::SampleUnknown]);
}

#[test]
fn closure_shows_that_a_key_was_at_work_before_an_accreditation_expired() {
    const DAY: i64 = 24 * 60 * 60;
    let mut w = World::new();
    let (one, two) = (leaf("D1"), leaf("D2"));
    w.ok(VILLAGE, harvest(&one, "10"));
    w.ok(VILLAGE, harvest(&two, "10"));
    // the statements, so that the closure has them too
    let whole = w.all::<Vec<AccreditationRow>>(Table::Accreditation)[0].1[0].record;
    w.accredit_for(LAB, T0 - 2 * DAY, T0 - DAY, Some(whole));
    w.accredit_for(LAB, T0 - DAY / 2, T0 + DAY, None);
    w.ok(LAB, draw("A", &[&one], VILLAGE));
    w.clock(T0 + 5 * DAY);
    assert_eq!(w.found(LAB, inspect(&two, "1", "1")), [Rule::LateSync]);
    assert_closed(&w, &two);
    assert_eq!(lot_view(&w.state, &w, &two).unwrap().unwrap().headline, LotState::Verified);
}

#[test]
fn lot_view_has_every_record_of_the_journey() {
    let w = chain();
    let filled = bottle("B1");
    let view = lot_view(&w.state, &w, &filled).unwrap().unwrap();
    assert_eq!(view.headline, LotState::Findings);
    assert_eq!(view.states, [LotState::Findings]);
    assert_eq!(
        view.findings.iter().map(|f| f.rule).collect::<Vec<_>>(),
        [Rule::ShippedUninspected, Rule::ReceivedShort]
    );
    assert_eq!(view.steps.len(), 10);
    assert_eq!(view.origins.len(), 1);
    assert_eq!(view.origins[0].harvest_start.as_deref(), Some("2026-11-01"));
    assert_eq!(view.inspections.len(), 1);
    let held: Vec<_> =
        view.held.iter().map(|h| (h.party.as_str(), h.container.is_some(), h.amount.to_string())).collect();
    assert_eq!(held, [(BUYER, false, "2".to_owned()), (MILL, false, "2".to_owned()), (BUYER, true, "6".to_owned())]);
    assert!(lot_view(&w.state, &w, &leaf("none")).unwrap().is_none());
}

#[test]
fn flood_of_tests_and_holds_hides_no_open_failure_and_no_recall() {
    let mut w = World::new();
    let raw = oil("N1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let failed = w.ok(LAB, inspect(&raw, "99", "1"));
    let recalled = w.ok(VILLAGE, hold(&raw, "recalled"));
    for _ in 0..MOST_HOLDS + 5 {
        w.ok(LAB, inspect(&raw, "1", "1"));
        w.ok(LAB, hold(&raw, "non_sellable_other"));
    }
    let view = lot_view(&w.state, &w, &raw).unwrap().unwrap();
    assert!(view.states.contains(&LotState::Failed) && view.states.contains(&LotState::Recalled));
    assert_eq!((view.inspections.len(), view.omitted.inspections), (MOST_INSPECTIONS, 6));
    assert!(view.inspections.iter().any(|test| test.record == failed));
    assert_eq!((view.holds.len(), view.omitted.holds), (MOST_HOLDS, 6));
    assert!(view.holds.iter().any(|hold| hold.record == recalled));
    assert!([failed, recalled].iter().all(|id| view.steps.iter().any(|step| step.record == *id)));
}

#[test]
fn view_of_a_lot_with_many_records_keeps_its_tests_and_holds_and_counts_what_it_leaves_out() {
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let busy = |w: &mut World, records: usize| {
        for _ in 0..records {
            w.ok(VILLAGE, adjust(&leaf("D1"), "1", "drying"));
        }
    };
    busy(&mut w, FIRST_STEPS + 20);
    let tested = w.ok(LAB, inspect(&raw, "1", "1"));
    let held = w.ok(VILLAGE, hold(&raw, "recalled"));
    busy(&mut w, LAST_STEPS + 20);
    for _ in 0..MOST_INSPECTIONS {
        w.ok(LAB, inspect(&raw, "1", "1"));
    }
    let view = lot_view(&w.state, &w, &raw).unwrap().unwrap();
    assert_eq!(view.holds.iter().map(|hold| hold.record).collect::<Vec<_>>(), [held]);
    assert!(view.steps.iter().any(|step| step.record == held));
    assert_eq!((view.inspections.len(), view.omitted.inspections), (MOST_INSPECTIONS, 1), "the oldest is left out");
    assert!(view.inspections.iter().all(|test| test.record != tested));
    let all = 1 + 2 * 20 + FIRST_STEPS + LAST_STEPS + 2 + MOST_INSPECTIONS;
    // the newest tests are among the last steps
    assert_eq!((view.steps.len(), view.steps.len() + view.omitted.steps), (FIRST_STEPS + LAST_STEPS + 1, all));
    assert!(view.steps.windows(2).all(|pair| pair[0].index < pair[1].index));
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = steps(&w.state, &w, &raw, after, 100).unwrap().unwrap();
        assert!(page.len() <= 100);
        read.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(read.len(), all);
    assert!(view.steps.iter().all(|step| read.contains(step)));
    assert_eq!(view.present, amount(&(1000 - 40 - FIRST_STEPS - LAST_STEPS).to_string()));
    assert!(steps(&w.state, &w, &leaf("none"), None, 9).unwrap().is_none());
}

#[test]
fn trace_lists_ancestors_and_impact_descendants_with_quantities() {
    let mut w = chain();
    let up = trace(&w.state, &w, &bottle("B1"), &PageRequest::ALL).unwrap().unwrap();
    assert_eq!(
        up.nodes.iter().map(|n| (n.lot.clone(), n.depth)).collect::<Vec<_>>(),
        [(bottle("B1"), 0), (oil("N1"), 1), (leaf("D1"), 2)]
    );
    assert_eq!(up.edges.len(), 2);
    let down = impact(&w.state, &w, &leaf("D1"), &PageRequest::ALL).unwrap().unwrap();
    assert_eq!(down.nodes.len(), 3);
    assert_eq!(down.shipments.len(), 2);
    let abroad = &down.shipments[1];
    assert_eq!(abroad.to.party, BUYER);
    assert_eq!(abroad.shipped, [(bottle("B1"), amount("8"))]);
    assert_eq!(abroad.received.as_deref(), Some(&[(bottle("B1"), amount("8"))][..]));
    assert!(up.next.is_none() && down.next.is_none());
    // pages of any size together have the same content, each lot, shipment and process once
    let walks: [(Walk, LotId, Trace); 2] = [(impact, leaf("D1"), down), (trace, bottle("B1"), up)];
    for (walk, lot, whole) in walks {
        for most in 1..4 {
            let parts = all_pages(&mut w, walk, &lot, most, |_| {});
            assert_eq!(parts.len(), 3usize.div_ceil(most));
            assert!(parts.iter().all(|part| part.nodes.len() <= most));
            assert!(parts.iter().flat_map(|t| &t.nodes).eq(&whole.nodes));
            assert!(parts.iter().flat_map(|t| &t.shipments).eq(&whole.shipments));
            let edges: Vec<_> = parts.iter().flat_map(|t| &t.edges).collect();
            assert!(edges.len() == 2 && edges.iter().all(|edge| whole.edges.contains(edge)));
        }
    }
}

type Walk = fn(&dyn State, &dyn crate::chain::RecordSource, &LotId, &PageRequest) -> Result<Option<Trace>, StateError>;

/// Reads all pages; calls `then` after the first.
fn all_pages(w: &mut World, walk: Walk, lot: &LotId, most: usize, then: impl Fn(&mut World)) -> Vec<Trace> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = walk(&w.state, &*w, lot, &PageRequest { after, most }).unwrap().unwrap();
        after = part.next.clone();
        found.push(part);
        if found.len() == 1 {
            then(w);
        }
        if after.is_none() {
            return found;
        }
    }
}

#[test]
fn lots_added_or_removed_between_two_pages_hide_no_other_lot() {
    let raw = leaf("D1");
    let split = |to: &str| process(&[(&raw, "10")], &[(&oil(to), "1")]);
    let lots = |then: &dyn Fn(&mut World, RecordId)| -> Vec<String> {
        let mut w = World::new();
        w.ok(VILLAGE, harvest(&raw, "1000"));
        let first = w.ok(VILLAGE, split("B"));
        for to in ["E", "F", "G", "H"] {
            w.ok(VILLAGE, split(to));
        }
        let parts = all_pages(&mut w, impact, &raw, 3, |w| then(w, first));
        parts.iter().flat_map(|t| &t.nodes).map(|n| n.lot.lot.to_string()).collect()
    };
    let all = ["D1", "B", "E", "F", "G", "H"];
    assert_eq!(lots(&|_, _| {}), all);
    assert_eq!(lots(&|w, _| _ = w.ok(VILLAGE, split("A"))), all, "one that came before is not found");
    assert_eq!(lots(&|w, first| _ = w.ok(VILLAGE, void(first, split("B")))), all, "one that went hides no other");
}

#[test]
fn closure_of_a_chain_replays_without_the_rest_of_the_log() {
    let mut w = chain();
    w.ok(REGION, hold(&leaf("D1"), "recalled"));
    for lot in [bottle("B1"), oil("N1"), leaf("D1")] {
        assert_closed(&w, &lot);
    }
    assert!(closure(&w.state, &w, &leaf("none"), Most::ALL).unwrap().unwrap().is_empty());
}

#[test]
fn closure_leaves_out_unrelated_records() {
    let mut w = chain();
    let before = closure(&w.state, &w, &bottle("B1"), Most::ALL).unwrap().unwrap();
    for n in 0..20 {
        w.ok(VILLAGE, harvest(&leaf(&format!("other{n}")), "10"));
    }
    assert_eq!(closure(&w.state, &w, &bottle("B1"), Most::ALL).unwrap().unwrap(), before);
}

#[test]
fn lots_of_a_buyer_are_those_it_received() {
    let w = chain();
    let newest = newest_lots(&w.state, LotQuery { most: 9, ..LotQuery::default() }).unwrap();
    assert_eq!(
        newest.lots.iter().map(|(_, lot)| lot.clone()).collect::<Vec<_>>(),
        [bottle("B1"), oil("N1"), leaf("D1")]
    );
    let of_buyer = recent_lots_of(&w.state, &w, BUYER, 9).unwrap();
    assert_eq!(of_buyer.lots.iter().map(|b| b.lot.clone()).collect::<Vec<_>>(), [bottle("B1")]);
    assert!(!of_buyer.more);
    assert_eq!(filtered_parties(&w.state, &PartyFilter::default(), None, 99).unwrap().items.len(), 8);
}

#[test]
fn parties_that_had_some_of_a_lot_before_are_not_read_for_where_it_is() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, process(&[(&raw, "100")], &[(&made, "25")]));
    for n in 0..50 {
        let party = format!("urn:jejak:party:z{n}");
        for lot in [&raw, &made] {
            w.put(Table::Holding, &under_lot(lot, party.as_bytes()), &HoldingRow::default());
        }
    }
    let counted = Counting::new(&w.state);
    assert!(lot_view(&counted, &w, &raw).unwrap().unwrap().held.is_empty());
    assert_eq!(counted.take(Table::Holding), 0, "it is nowhere");
    assert_eq!(lot_view(&counted, &w, &made).unwrap().unwrap().held.len(), 1);
    assert_eq!(counted.take(Table::Holding), 1);
}

#[test]
fn view_of_a_lot_that_much_was_made_of_lists_the_first_and_that_there_are_more() {
    const MADE: usize = MOST_CHILDREN + 20;
    let mut w = World::new();
    let raw = leaf("D1");
    w.ok(VILLAGE, harvest(&raw, "1000"));
    let made = |n: usize| oil(&format!("N{n:03}"));
    for n in 0..MADE {
        w.ok(VILLAGE, process(&[(&raw, "1")], &[(&made(n), "1")]));
    }
    w.ok(VILLAGE, process(&[(&made(0), "1")], &[(&oil("M1"), "1")]));
    let counted = Counting::new(&w.state);
    let view = lot_view(&counted, &w, &raw).unwrap().unwrap();
    assert_eq!(view.children, (0..MOST_CHILDREN).map(made).collect::<Vec<_>>());
    assert!(view.more_children);
    assert_eq!(counted.take(Table::Use), MOST_CHILDREN as u64, "the first use is in the lot's row");
    let view = lot_view(&counted, &w, &made(0)).unwrap().unwrap();
    assert_eq!((view.children, view.more_children), (vec![oil("M1")], false));
    // a page of descendants that ends within a level reads nothing of the next
    counted.take(Table::Transformation);
    let page = walk::descendants_page(&counted, &raw, &PageRequest { after: None, most: 3 }).unwrap();
    assert!(page.more && page.lots.len() == 3);
    assert_eq!(counted.take(Table::Transformation), MADE as u64);
    let all = walk::descendants_page(&counted, &raw, &PageRequest::ALL).unwrap();
    assert!(!all.more && all.lots.len() == MADE + 2);
    assert_eq!(counted.take(Table::Transformation), MADE as u64 + 1);
}

#[test]
fn lists_read_a_bounded_number_of_records_however_many_are_about_a_few_lots() {
    const ENTRIES: u64 = 3 * MOST_READ as u64;
    let mut w = World::new();
    let made = w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    // many more entries of the party and of the list of all lots, none of which made a lot that is still there
    for entity in [VILLAGE, ALL_LOTS] {
        for index in 1_000_000..1_000_000 + ENTRIES {
            let row: EntityRow = vec![EntityEntry { index, record: made, act: Act::Harvest }];
            let row = encode(Table::Entity, &row).unwrap();
            w.state.write(Table::Entity, entity_key(entity, index), Some(row.into()));
        }
    }
    let counted = Counting::new(&w.state);
    let recent = recent_lots_of(&counted, &w, VILLAGE, 40).unwrap();
    assert!(recent.more && recent.lots.len() == 1, "{recent:?}");
    let one_list = MOST_READ as u64..MOST_READ as u64 + 20;
    assert!(one_list.contains(&counted.take(Table::Record)));
    // each page is bounded, and the next one goes on where it ended
    let (mut before, mut found, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = newest_lots(&counted, LotQuery { before, most: 40, product: None }).unwrap();
        assert!(counted.take(Table::Record) <= one_list.end);
        found.extend(page.lots);
        pages += 1;
        match page.next {
            Some(next) => before = Some(next),
            None => break,
        }
    }
    assert_eq!(pages, 4, "three that hold nothing, and the last");
    assert_eq!(found.into_iter().map(|(_, lot)| lot).collect::<Vec<_>>(), [leaf("D1")]);
}

/// Random acts, with inspections, holds, clocks and labels between them.
fn acts_and_statements() -> impl Strategy<Value = (Op, u8, u8)> {
    (op(), 0u8..12, any::<u8>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn replay_of_any_closure_gives_the_same_view(ops in proptest::collection::vec(acts_and_statements(), 1..50)) {
        let mut w = World::new();
        let mut done = Vec::new();
        let mut failed = None;
        let mut held = None;
        w.mandate(VILLAGE, FORWARDER, &["harvest", "ship", "correct"]);
        for (at, (op, word, lot)) in ops.iter().enumerate() {
            play(&mut w, op, &mut done);
            let there = law_lots(&w);
            let new = leaf("A");
            let lot = there.get(usize::from(*lot) % there.len().max(1)).unwrap_or(&new);
            match word {
                0 => failed = w.submit(LAB, inspect(lot, "12", "3")).ok().map(|(id, _)| id).or(failed),
                1 => drop(w.submit(LAB, inspect(lot, "2", "3"))),
                2 => {
                    if let Some(id) = failed {
                        let retest = with(inspect(lot, "2", "3"), "jejak:retests", json!([id.uri()]));
                        drop(w.submit(LAB, retest));
                    }
                }
                3 => held = w.submit(AUTHORITY, hold(lot, "recalled")).ok().map(|(id, _)| (id, lot.clone())).or(held),
                4 => {
                    if let Some((id, lot)) = &held {
                        drop(w.submit(AUTHORITY, lift(*id, lot)));
                    }
                }
                5 => w.clock(T0 + 1_000 + 60 * i64::try_from(at).unwrap()),
                6 => {
                    let event = with(harvest(lot, "50"), "sourceList", json!([{ "type": "possessing_party", "source": VILLAGE }]));
                    drop(w.submit(FORWARDER, event));
                }
                7 => drop(w.submit(VILLAGE, label(lot, "10", 1, "5"))),
                _ => {}
            }
        }
        for lot in law_lots(&w) {
            assert_closed(&w, &lot);
        }
    }
}

#[test]
fn closure_of_a_lot_renamed_by_a_replacement_replays() {
    let mut w = World::new();
    let first = w.ok(VILLAGE, harvest(&leaf("D9"), "10"));
    let voiding = w.ok(VILLAGE, void(first, harvest(&leaf("D9"), "10")));
    w.ok(VILLAGE, with(harvest(&leaf("D1"), "10"), "jejak:voids", serde_json::json!(voiding.uri())));
    assert_closed(&w, &leaf("D1"));
}

#[test]
fn record_after_a_refused_one_has_the_same_findings_on_replay() {
    let mut w = chain();
    let filled = bottle("B1");
    let refused = w.record(MILL, adjust(&filled, "99", "spillage")).id;
    w.refused(Rule::MoreThanHeld, MILL, adjust(&filled, "99", "spillage"));
    w.refused.0.insert(refused);
    let elsewhere = w.ok(VILLAGE, harvest(&leaf("other"), "10"));
    let known = w.log.iter().rev().find(|r| crate::chain::entity_index::lots(r).contains(&filled)).unwrap().id;
    for after in [refused, elsewhere, known] {
        // an act that moves goods, and one that only names them
        w.ok(MILL, with(adjust(&filled, "0.1", "spillage"), "jejak:after", json!([after.uri()])));
        w.ok(LAB, with(inspect(&filled, "1", "1"), "jejak:after", json!([after.uri()])));
    }
    let view = lot_view(&w.state, &w, &filled).unwrap().unwrap();
    let found = view.findings.iter().filter(|f| f.rule == Rule::AfterRefused).count();
    assert_eq!(found, 4, "{:?}", view.findings);
    for lot in [filled, oil("N1"), leaf("D1"), leaf("other")] {
        assert_closed(&w, &lot);
    }
}

#[test]
fn lot_view_names_the_record_that_cleared_a_failure() {
    let mut w = World::new();
    let (raw, first, second) = (leaf("D1"), oil("N1"), oil("N2"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, process(&[(&raw, "1000")], &[(&first, "100")]));
    // iron and acid value fail; purification cures iron alone
    let failed = w.ok(LAB, inspect(&first, "11", "9"));
    let purify = with(process(&[(&first, "50")], &[(&second, "50")]), "jejak:process", json!("purification"));
    let cured = w.ok(VILLAGE, purify);
    let found = |w: &World, lot: &LotId| {
        let view = lot_view(&w.state, w, lot).unwrap().unwrap();
        let inspection = view.inspections.into_iter().find(|i| i.record == failed).unwrap();
        let by: Vec<_> = inspection.cleared_by.iter().map(|c| (c.record, c.act)).collect();
        (inspection.superseded_by, by)
    };
    assert_eq!(found(&w, &second), (None, vec![]), "one of the two is open");
    let retest = w.ok(LAB, with(inspect(&second, "1", "1"), "jejak:retests", json!([failed.uri()])));
    let (last, by) = found(&w, &second);
    assert!(by.contains(&(cured, Act::Process)) && by.contains(&(retest, Act::Inspect)) && by.len() == 2, "{by:?}");
    assert!(by.iter().any(|(record, _)| Some(*record) == last));
    assert_eq!(found(&w, &first), (None, vec![]), "what it was made of stays failed");
    assert_closed(&w, &second);
}

#[test]
fn closure_with_a_carton_emptied_on_its_pallet_replays() {
    let mut w = World::new();
    let (a, b) = (leaf("A"), leaf("B"));
    w.ok(VILLAGE, harvest(&a, "5"));
    w.ok(VILLAGE, harvest(&b, "5"));
    w.ok(VILLAGE, pack(1, &[(&b, "5")], &[]));
    w.ok(VILLAGE, pack(2, &[], &[1]));
    w.ok(VILLAGE, unpack(1, &[(&b, "5")], &[]));
    w.ok(VILLAGE, pack(2, &[(&a, "5")], &[]));
    let out = w.ok(VILLAGE, ship(VILLAGE, MILL, &[], &[2]));
    w.ok(MILL, receive(out, &[(&a, "5")], &[2]));
    assert_closed(&w, &a);
    assert_closed(&w, &b);
}

#[test]
fn closure_with_a_lift_that_names_no_container_replays() {
    let mut w = World::new();
    let (a, b) = (leaf("A"), leaf("B"));
    w.ok(VILLAGE, harvest(&a, "5"));
    w.ok(VILLAGE, harvest(&b, "5"));
    w.ok(VILLAGE, pack(1, &[(&b, "5")], &[]));
    let held = w.ok(
        AUTHORITY,
        json!({
            "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "holding", "epcList": [sscc(1)],
            "persistentDisposition": { "set": ["recalled"] },
        }),
    );
    w.ok(AUTHORITY, lift(held, &b));
    w.ok(VILLAGE, pack(1, &[(&a, "5")], &[]));
    assert_closed(&w, &a);
}

#[test]
fn void_that_would_nest_containers_in_a_cycle_is_refused() {
    let mut w = World::new();
    let raw = leaf("A");
    w.ok(VILLAGE, harvest(&raw, "5"));
    w.ok(VILLAGE, pack(1, &[(&raw, "1")], &[]));
    w.ok(VILLAGE, pack(2, &[(&raw, "1")], &[]));
    w.ok(VILLAGE, pack(2, &[], &[1]));
    let out = w.ok(VILLAGE, unpack(2, &[], &[1]));
    w.ok(VILLAGE, pack(1, &[], &[2]));
    w.refused(Rule::ContainerCycle, VILLAGE, void(out, unpack(2, &[], &[1])));
}

#[test]
fn void_of_an_addition_removes_its_provenance() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "100"));
    let before = lot_view(&w.state, &w, &raw).unwrap().unwrap();
    let mut addition = harvest(&raw, "20");
    addition["ilmd"] = json!({
        "jejak:harvestStart": "2026-09-01", "jejak:harvestEnd": "2026-09-02", "jejak:bestBefore": "2026-12-01",
    });
    addition["jejak:mode"] = json!("mass-balance");
    let added = w.ok(VILLAGE, addition.clone());
    // another with the same content as the first
    let same = w.ok(VILLAGE, harvest(&raw, "5"));
    w.ok(VILLAGE, process(&[(&raw, "50")], &[(&made, "1")]));
    let mixed = lot_view(&w.state, &w, &made).unwrap().unwrap();
    assert_eq!((mixed.origins.len(), mixed.claims.len()), (2, 0));
    assert!(mixed.mode < before.mode);
    w.ok(VILLAGE, void(added, addition));
    w.ok(VILLAGE, void(same, harvest(&raw, "5")));
    let after = lot_view(&w.state, &w, &raw).unwrap().unwrap();
    assert_eq!(
        (&after.origins, &after.claims, after.mode, &after.best_before),
        (&before.origins, &before.claims, before.mode, &before.best_before)
    );
    let below = lot_view(&w.state, &w, &made).unwrap().unwrap();
    assert_eq!((&below.origins, &below.claims), (&before.origins, &before.claims));
    assert_closed(&w, &made);
}

#[test]
fn replacement_of_a_harvest_changes_origins_and_claims_downstream() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    let first = w.ok(VILLAGE, harvest(&raw, "100"));
    w.ok(VILLAGE, process(&[(&raw, "100")], &[(&made, "2")]));
    let voiding = w.ok(VILLAGE, void(first, harvest(&raw, "100")));
    let mut again = with(harvest(&raw, "100"), "jejak:voids", json!(voiding.uri()));
    again["ilmd"] = json!({ "jejak:harvestStart": "2026-09-01", "jejak:harvestEnd": "2026-09-02" });
    w.ok(VILLAGE, again);
    let view = lot_view(&w.state, &w, &made).unwrap().unwrap();
    assert_eq!(view.origins[0].harvest_start.as_deref(), Some("2026-09-01"));
    assert!(view.claims.is_empty(), "organic was withdrawn");
    assert_closed(&w, &made);
}
