//! The event rules: what each admits and what it refuses.

mod abuse;
mod balance;
mod cheats;
mod correct;
mod cost;
pub(crate) mod counted;
mod goods;
mod judged;
pub(crate) mod law;
mod shape;
mod sums;
mod words;

use crate::chain::lineage::Lineage;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::LotState;

fn headline(w: &World, lot: &LotId) -> LotState {
    Lineage::new(&w.state).of(lot).unwrap().unwrap().headline()
}

/// The village's oil N1, 100 g, made of 1,000 g of leaf D1.
fn with_oil() -> (World, LotId) {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    w.ok(VILLAGE, process(&[(&leaf("D1"), "1000")], &[(&oil("N1"), "100")]));
    (w, oil("N1"))
}
