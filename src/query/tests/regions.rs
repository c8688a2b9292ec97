//! Regions and lists with filters: what counts, and that what is left unread is said.

use jiff::civil::date;

use crate::chain::rows::PartyRow;
use crate::chain::state::get;
use crate::chain::testing::*;
use crate::chain::{Overlay, Table};
use crate::query::lists::MOST_READ;
use crate::query::view::LotState;
use crate::query::{
    LotFilter, MOST_LOTS, MOST_OPEN, PartyFilter, RegionFacts, filtered_lots, filtered_parties, known_regions,
    overview, region_facts,
};
use crate::record::registry::Role;
use crate::region::Code;

fn code(text: &str) -> Code {
    text.parse().unwrap()
}

fn facts(w: &World, region: &str) -> RegionFacts {
    let known = known_regions(&w.state).unwrap();
    region_facts(&w.state, w, (&known, &code(region)), None, date(2026, 11, 3)).unwrap()
}

#[test]
fn region_counts_what_stands_of_its_own_producers() {
    let mut w = World::new();
    let (tested, wrong, sent) = (oil("N1"), oil("N2"), oil("N3"));
    w.ok(VILLAGE, harvest(&tested, "1000"));
    let mistake = w.ok(VILLAGE, harvest(&wrong, "10"));
    w.ok(VILLAGE, void(mistake, harvest(&wrong, "10")));
    w.ok(VILLAGE, harvest(&sent, "100"));
    w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&sent, "100")], &[]));
    w.ok(LAB, inspect(&tested, "1", "1"));
    let mistake = w.ok(LAB, inspect(&tested, "99", "1"));
    w.ok(LAB, void(mistake, inspect(&tested, "99", "1")));
    w.ok(LAB, inspect(&tested, "99", "2"));
    let held = w.ok(VILLAGE, hold(&tested, "recalled"));
    w.ok(VILLAGE, lift(held, &tested));
    w.ok(LAB, hold(&tested, "recalled"));

    let own = facts(&w, "74.12");
    let counts = own.counts;
    assert_eq!((counts.lots, counts.passed, counts.failed, counts.shipments), (2, 1, 1, 1), "{counts:?}");
    assert_eq!((counts.recalls, counts.holds, own.recalled, own.held), (2, 0, 1, 0));
    assert_eq!(own.states.get(&LotState::Recalled), Some(&1));
    let open: Vec<String> = own.open.iter().map(|open| open.brief.lot.lot.to_string()).collect();
    assert_eq!(open, ["N1"], "what was shipped is not there any more");
    assert_eq!(own.months.last().map(|month| (month.month, month.counts)), Some((date(2026, 11, 1), counts)));
    assert!(!own.more);
    // the mill has what was sent, and made none of it
    assert_eq!((facts(&w, "74.71").counts.lots, facts(&w, "74").counts.lots), (0, 2));

    let known = known_regions(&w.state).unwrap();
    let all = overview(&w.state, &w, &known).unwrap();
    let row = |region: &str| all.rows.iter().find(|row| row.region.code == code(region)).unwrap();
    assert_eq!((row("74.12").lots, row("74.12").held, row("74.12").region.offices.len()), (2, 1, 1));
    assert_eq!((row("74.71").producers, row("74.71").region.listed), (1, false), "a region without a government");
    assert_eq!(known.holder(&code("74.12.05.2003")).map(|region| region.code.clone()), Some(code("74.12")));
    assert!(known.find(&code("74")).is_some() && known.find(&code("75")).is_none());
}

#[test]
fn region_with_more_lots_than_are_read_says_so() {
    let mut w = World::new();
    for n in 0..=MOST_LOTS {
        w.ok(VILLAGE, harvest(&leaf(&format!("D{n}")), "1"));
    }
    let facts = facts(&w, "74.12");
    assert_eq!((facts.counts.lots, facts.open.len(), facts.more), (MOST_LOTS, MOST_OPEN, true));
    let newest = &facts.newest.first().unwrap().lot;
    assert_eq!(newest.lot.to_string(), format!("D{MOST_LOTS}"));
}

#[test]
fn filter_that_fits_little_reads_a_bounded_part_and_goes_on() {
    let w = World::new();
    let base = w.state.clone();
    let other: PartyRow = get(&base, Table::Party, VILLAGE.as_bytes()).unwrap().unwrap();
    let mut overlay = Overlay::new(&base);
    for n in 0..MOST_READ {
        overlay.put(Table::Party, format!("urn:jejak:party:a-{n:05}").as_bytes(), &other).unwrap();
    }
    let mut state = base.clone();
    state.commit(overlay.into_changes()).unwrap();
    let buyers = PartyFilter { role: Some(Role::Buyer), ..PartyFilter::default() };
    let first = filtered_parties(&state, &buyers, None, 10).unwrap();
    assert_eq!(
        (first.items.len(), first.next.as_deref()),
        (0, Some(format!("urn:jejak:party:a-{:05}", MOST_READ - 1)).as_deref())
    );
    let second = filtered_parties(&state, &buyers, first.next.as_deref(), 10).unwrap();
    assert_eq!(second.items.iter().map(|party| party.party.as_str()).collect::<Vec<_>>(), [BUYER]);
    assert_eq!(second.next, None);
}

#[test]
fn lots_that_are_remade_or_voided_are_listed_as_they_stand() {
    let mut w = World::new();
    let (raw, made) = (leaf("D1"), oil("N1"));
    w.ok(VILLAGE, harvest(&raw, "1000"));
    w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&raw, "900")], &[]));
    let sent = w.log.last().unwrap().id;
    w.ok(MILL, receive(sent, &[(&raw, "900")], &[]));
    let process = w.ok(MILL, process(&[(&raw, "900")], &[(&made, "20")]));
    let lots = |w: &World, filter: LotFilter| -> Vec<String> {
        let (lots, next) = filtered_lots(&w.state, w, &filter, None, 10).unwrap();
        assert_eq!(next, None);
        lots.into_iter().map(|brief| brief.lot.lot.to_string()).collect()
    };
    let of_mill = || LotFilter { maker: Some(MILL.into()), ..LotFilter::default() };
    assert_eq!(lots(&w, of_mill()), ["N1"], "its records are about the leaf too, which it did not make");
    assert_eq!(lots(&w, LotFilter { region: Some(code("74.12")), ..LotFilter::default() }), ["D1"]);
    w.ok(MILL, void(process, crate::chain::testing::process(&[(&raw, "900")], &[(&made, "20")])));
    let withdrawn = LotFilter { state: Some(LotState::Withdrawn), ..LotFilter::default() };
    assert_eq!(lots(&w, withdrawn), lots(&w, of_mill()));
}
