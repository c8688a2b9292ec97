//! The event rules: what each admits and what it refuses.

mod abuse;
mod balance;
mod cheats;
mod complete;
mod correct;
mod cost;
pub(crate) mod counted;
mod doubles;
mod folder;
mod goods;
mod judged;
pub(crate) mod law;
mod market;
mod measured;
mod monitored;
mod numbers;
mod samples;
mod shape;
mod sides;
mod specification;
mod statements;
mod sums;
mod times;
mod trade;
mod words;

use serde_json::{Value, json};

use crate::chain::lineage::Lineage;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::LotState;
use crate::record::RecordId;

fn headline(w: &World, lot: &LotId) -> LotState {
    Lineage::new(&w.state, w).of(lot).unwrap().unwrap().headline()
}

/// The replacement of what `voiding` voided.
fn citing(event: Value, voiding: RecordId) -> Value {
    with(event, "jejak:voids", json!(voiding.uri()))
}

/// Lots by name, without a quantity.
fn named(lots: &[LotId]) -> Value {
    json!(lots.iter().map(|lot| json!({ "epcClass": lot.uri() })).collect::<Vec<_>>())
}

/// A document about lots.
pub(crate) fn document(doc: &str, lots: &[LotId]) -> Value {
    json!({
        "type": "TransactionEvent", "action": "ADD",
        "bizTransactionList": [{ "type": "inv", "bizTransaction": doc }], "quantityList": named(lots),
    })
}

/// The transfer of a whole lot.
fn sale(from: &str, to: &str, doc: &str, lot: &LotId) -> Value {
    with(between(from, to, doc, lot), "jejak:transfer", json!(true))
}

/// A document about a whole lot that names its owner and another.
fn between(from: &str, to: &str, doc: &str, lot: &LotId) -> Value {
    let sold = with(
        document(doc, std::slice::from_ref(lot)),
        "sourceList",
        json!([{ "type": "owning_party", "source": from }]),
    );
    with(sold, "destinationList", json!([{ "type": "owning_party", "destination": to }]))
}

/// A sale that states quantities, and of containers.
fn sale_of(from: &str, to: &str, doc: &str, lots: &[(&LotId, &str)], boxes: &[u32]) -> Value {
    let sold = sale(from, to, doc, &leaf("X"));
    let sold = with(sold, "quantityList", lots.iter().map(|(lot, qty)| grams(lot, qty)).collect());
    with(sold, "epcList", json!(boxes.iter().map(|number| sscc(*number)).collect::<Vec<_>>()))
}

/// An observation of a lot.
fn seen(lot: &LotId) -> Value {
    seen_all(std::slice::from_ref(lot))
}

/// An observation of lots.
pub(crate) fn seen_all(lots: &[LotId]) -> Value {
    json!({ "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "storing", "quantityList": named(lots) })
}

/// A sample drawn from what `holder` has of a lot.
fn sampling(lot: &LotId, qty: &str, holder: &str) -> Value {
    json!({
        "type": "ObjectEvent", "action": "OBSERVE", "bizStep": "sampling", "quantityList": [grams(lot, qty)],
        "jejak:sample": { "jejak:id": "S-1", "jejak:holder": holder },
    })
}

/// The village's oil N1, 100 g, made of 1,000 g of leaf D1.
fn with_oil() -> (World, LotId) {
    let mut w = World::new();
    w.ok(VILLAGE, harvest(&leaf("D1"), "1000"));
    w.ok(VILLAGE, process(&[(&leaf("D1"), "1000")], &[(&oil("N1"), "100")]));
    (w, oil("N1"))
}
