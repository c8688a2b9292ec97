//! Laws over random acts: quantities are conserved, a refusal changes nothing, replay is deterministic.

use proptest::prelude::*;
use serde_json::Value;

use crate::chain::rows::{At, ContainerRow, ENTITY, EntityEntry, EntityRow, HoldingRow, LotRow, TransitRow, under_lot};
use crate::chain::state::{self, Scan};
use crate::chain::testing::*;
use crate::chain::{Context, MemState, Overlay, Table};
use crate::gs1::{Amount, LotId, Sscc};
use crate::record::{Hash32, RecordId};

/// One act, in numbers that pick from what is possible then.
#[derive(Debug, Clone)]
pub struct Op {
    kind: u8,
    pick: u16,
    /// Of what is there, in tenths: above ten is too much, and must be refused or found.
    tenths: u8,
    number: u8,
    seen: u8,
}

pub fn op() -> impl Strategy<Value = Op> {
    (0u8..20, any::<u16>(), 1u8..12, 1u8..9, 0u8..8).prop_map(|(kind, pick, tenths, number, seen)| Op {
        kind,
        pick,
        tenths,
        number,
        seen,
    })
}

/// Every lot there is.
pub fn lots(w: &World) -> Vec<LotId> {
    w.all::<LotRow>(Table::Lot).into_iter().map(|(key, _)| crate::query::lot_of_key(&key).unwrap()).collect()
}

/// Loose stock: lot, holder, amount.
fn stock(w: &World) -> Vec<(LotId, String, Amount)> {
    let mut found = Vec::new();
    for lot in lots(w) {
        for row in state::rows::<HoldingRow>(&w.state, Table::Holding, Scan::prefix(&under_lot(&lot, b""))) {
            let (key, holding) = row.unwrap();
            if holding.loose.is_zero() {
                continue;
            }
            let party = String::from_utf8(key[under_lot(&lot, b"").len()..].to_vec()).unwrap();
            found.push((lot.clone(), party, holding.loose));
        }
    }
    found
}

fn part(of: Amount, tenths: u8) -> String {
    Amount::from_micros((of.micros().abs() * i128::from(tenths) / 10).max(1)).to_string()
}

fn number_of(sscc: &Sscc) -> u32 {
    sscc.to_string()[8..17].parse().unwrap()
}

const PARTIES: [&str; 4] = [VILLAGE, MILL, FORWARDER, BUYER];

fn known(party: &str) -> &'static str {
    PARTIES.into_iter().find(|p| *p == party).unwrap_or(VILLAGE)
}

/// Plays one act; most are admitted, some are refused, and both must keep the laws.
pub fn play(w: &mut World, op: &Op, done: &mut Vec<(String, RecordId, Value)>) {
    let pick = usize::from(op.pick);
    let fresh = LotId { gtin: oil("X").gtin, lot: format!("P{}", w.index).parse().unwrap() };
    let stock = stock(w);
    let number = u32::from(op.number);
    let harvested =
        harvest(&leaf(if op.number.is_multiple_of(2) { "A" } else { "B" }), &part(amount("1000"), op.tenths));
    let mut act = (VILLAGE, harvested);
    if let Some((lot, party, held)) = stock.get(pick % stock.len().max(1)) {
        let party = known(party);
        let qty = part(*held, op.tenths);
        let to = PARTIES[(pick / 7) % 4];
        match op.kind {
            0..=3 => {
                let also = stock.iter().find(|(other, holder, _)| holder == party && other != lot);
                let mut inputs: Vec<(&LotId, &str)> = vec![(lot, &qty)];
                if let (true, Some((other, _, _))) = (op.number > 5, also) {
                    inputs.push((other, "0.5"));
                }
                act = (party, process(&inputs, &[(&fresh, "7.5")]));
            }
            4 => act = (party, adjust(lot, &qty, "drying")),
            5 => act = (party, adjust(lot, &qty, "reweigh-gain")),
            6 | 7 => act = (party, pack(number, &[(lot, &qty)], &[])),
            8 => act = (party, pack(number + 10, &[], &[number])),
            9 | 10 => act = (party, ship(party, to, &[(lot, &qty)], &[])),
            _ => {}
        }
    }
    let containers: Vec<(Sscc, ContainerRow)> = w
        .all::<ContainerRow>(Table::Container)
        .into_iter()
        .map(|(key, row)| (sscc_of(&key), row))
        .filter(|(_, row)| row.at != At::Gone)
        .collect();
    if let Some((sscc, row)) = containers.get(pick % containers.len().max(1)) {
        let party = match &row.at {
            At::Party(party) => known(party),
            _ => VILLAGE,
        };
        let this = number_of(sscc);
        match (op.kind, row.contents.first()) {
            (11 | 12, _) => act = (party, ship(party, PARTIES[(pick / 7) % 4], &[], &[this])),
            (13, Some((lot, held))) => act = (party, unpack(this, &[(lot, &part(*held, op.tenths))], &[])),
            (13, None) => {
                let children: Vec<u32> = row.children.iter().map(number_of).collect();
                act = (party, unpack(this, &[], &children));
            }
            _ => {}
        }
    }
    let open: Vec<(Vec<u8>, TransitRow)> =
        w.all::<TransitRow>(Table::Transit).into_iter().filter(|(_, row)| row.closed.is_none()).collect();
    if let Some((key, row)) = open.get(pick % open.len().max(1)) {
        let id = RecordId::from(Hash32(key.as_slice().try_into().unwrap()));
        let counted: Vec<(LotId, String)> = row
            .shipped
            .iter()
            .map(|(lot, sent)| (lot.clone(), part(*sent, if op.number > 3 { 10 } else { op.tenths })))
            .collect();
        let mut arrived: Vec<u32> = row.containers.iter().map(number_of).collect();
        if op.number == 8 {
            arrived.clear();
        }
        let lists: Vec<(&LotId, &str)> = counted.iter().map(|(lot, qty)| (lot, qty.as_str())).collect();
        match op.kind {
            14..=16 => act = (known(&row.to), receive(id, &lists, &arrived)),
            17 if op.number > 4 => {
                let none: Vec<(&LotId, &str)> = counted.iter().map(|(lot, _)| (lot, "0")).collect();
                act = (known(&row.to), with(receive(id, &none, &[]), "disposition", "returned".into()));
            }
            17 => act = (known(&row.from), void_shipment(id, &row.shipped[0].0)),
            _ => {}
        }
    }
    if op.kind >= 18
        && let Some((party, id, event)) = done.get(pick % done.len().max(1))
    {
        // a void, or the replacement of one
        let (party, id, event) = (known(party), *id, event.clone());
        act = if event["errorDeclaration"].is_null() {
            (party, void(id, event))
        } else {
            let mut again = event;
            again.as_object_mut().unwrap().remove("errorDeclaration");
            (party, with(again, "jejak:voids", id.uri().into()))
        };
    }
    let (party, mut event) = act;
    if op.seen < 4 && !done.is_empty() {
        let (_, seen, _) = &done[(pick + usize::from(op.seen)) % done.len()];
        event["jejak:after"] = serde_json::json!([seen.uri()]);
    }
    if let Ok((id, _)) = w.submit(party, event.clone()) {
        done.push((party.to_owned(), id, event));
    }
}

fn sscc_of(key: &[u8]) -> Sscc {
    format!("{:018}", u64::from_be_bytes(key.try_into().unwrap())).parse().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn random_acts_conserve_quantities_and_replay_deterministically(ops in proptest::collection::vec(op(), 1..60)) {
        let mut w = World::new();
        let (start, first, base) = (w.state.clone(), w.log.len(), w.index);
        let mut done = Vec::new();
        for op in &ops {
            play(&mut w, op, &mut done);
            w.assert_conserved();
        }
        // the same records in one batch on the same start come to the same rows
        let mut overlay = Overlay::new(&start);
        for (at, record) in w.log[first..].iter().enumerate() {
            overlay.mark();
            let ctx = Context::replay(&*w.profiles);
            crate::chain::apply(&mut overlay, base + at as u64, record, &ctx).unwrap();
        }
        let changes = overlay.into_changes();
        let mut replayed: MemState = start;
        replayed.commit(changes).unwrap();
        prop_assert!(ungrouped(&replayed) == ungrouped(&w.state));
    }
}

/// The rows of a state, with the entries of the entity index one by one: how they share rows follows the batches.
pub fn ungrouped(state: &MemState) -> (MemState, Vec<(Vec<u8>, EntityEntry)>) {
    let (mut others, mut entries) = (MemState::new(), Vec::new());
    for ((table, key), value) in state.rows() {
        if *table == Table::Entity {
            let group: EntityRow = state::decode(Table::Entity, value).unwrap();
            entries.extend(group.into_iter().map(|entry| (key[..ENTITY].to_vec(), entry)));
        } else {
            others.write(*table, key.clone(), Some(value.clone()));
        }
    }
    (others, entries)
}
