//! Laws over random acts: quantities are conserved, a refusal changes nothing, replay is deterministic.

use proptest::prelude::*;
use serde_json::Value;

use crate::chain::testing::*;
use crate::chain::{Context, MemState, Overlay};
use crate::gs1::LotId;

#[derive(Debug, Clone)]
pub struct Op {
    kind: u8,
    party: u8,
    lot: u8,
    other: u8,
    qty: u16,
    number: u8,
}

pub fn op() -> impl Strategy<Value = Op> {
    (0u8..14, 0u8..3, 0u8..4, 0u8..4, 1u16..400, 1u8..5).prop_map(|(kind, party, lot, other, qty, number)| Op {
        kind,
        party,
        lot,
        other,
        qty,
        number,
    })
}

const PARTIES: [&str; 3] = [VILLAGE, MILL, FORWARDER];

pub fn lots() -> [LotId; 4] {
    [leaf("A"), leaf("B"), oil("A"), oil("B")]
}

/// Plays one act; most are admitted, many are refused, and both must keep the laws.
pub fn play(w: &mut World, op: &Op, done: &mut Vec<(String, crate::record::RecordId, Value)>) {
    let lots = lots();
    let party = PARTIES[usize::from(op.party)];
    let to = PARTIES[usize::from((op.party + 1) % 3)];
    let (lot, other) = (&lots[usize::from(op.lot)], &lots[usize::from(op.other)]);
    let qty = format!("{}.{}", op.qty, op.number);
    let sent = done.iter().rev().filter(|(_, _, e)| e["bizStep"] == "shipping").nth(usize::from(op.other % 2)).cloned();
    let number = u32::from(op.number);
    let (party, event) = match op.kind {
        0 | 1 => (VILLAGE, harvest(&lots[usize::from(op.lot % 2)], &qty)),
        2 => (party, process(&[(lot, &qty)], &[(&lots[2 + usize::from(op.other % 2)], "7.5")])),
        3 => (party, adjust(lot, &qty, "drying")),
        4 => (party, adjust(lot, &qty, "reweigh-gain")),
        5 => (party, pack(number, &[(lot, &qty)], &[])),
        6 => (party, pack(number + 10, &[], &[number])),
        7 => (party, unpack(number, &[(lot, &qty)], &[])),
        8 => (party, ship(party, to, &[(lot, &qty)], &[])),
        9 => (party, ship(party, to, &[(lot, &qty)], &[number])),
        10 | 11 => match sent {
            Some((_, id, event)) => {
                let to = event["destinationList"][0]["destination"].as_str().unwrap_or_default().to_owned();
                let to = PARTIES.into_iter().find(|p| *p == to).unwrap_or(VILLAGE);
                let containers: Vec<u32> =
                    if event["epcList"].as_array().is_some_and(|l| !l.is_empty()) { vec![number] } else { vec![] };
                let counted = if op.kind == 10 { qty } else { "0".to_owned() };
                let lots: Vec<(&LotId, &str)> =
                    if op.lot % 2 == 0 { vec![(lot, &counted)] } else { vec![(lot, &counted), (other, &counted)] };
                let event = receive(id, &lots, &containers);
                (to, if op.kind == 11 { with(event, "disposition", "returned".into()) } else { event })
            }
            None => (VILLAGE, harvest(lot, &qty)),
        },
        12 => match sent {
            Some((party, id, event)) => {
                let party = PARTIES.into_iter().find(|p| *p == party).unwrap_or(VILLAGE);
                let lot = event["quantityList"][0]["epcClass"].as_str().and_then(|u| LotId::from_uri(u).ok());
                (party, void_shipment(id, &lot.unwrap_or_else(|| leaf("A"))))
            }
            None => (VILLAGE, harvest(lot, &qty)),
        },
        _ => match done.get(usize::from(op.qty) % done.len().max(1)) {
            Some((party, id, event)) if event["jejak:voids"].is_null() => {
                let party = PARTIES.into_iter().find(|p| p == party).unwrap_or(VILLAGE);
                (party, void(*id, event.clone()))
            }
            _ => (VILLAGE, harvest(lot, &qty)),
        },
    };
    if let Ok((id, _)) = w.submit(party, event.clone()) {
        done.push((party.to_owned(), id, event));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn quantities_are_conserved_and_replay_is_deterministic(ops in proptest::collection::vec(op(), 1..60)) {
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
            let ctx = Context { profiles: &*w.profiles, partial: false };
            crate::chain::apply(&mut overlay, base + at as u64, record, &ctx).unwrap();
        }
        let changes = overlay.into_changes();
        let mut replayed: MemState = start;
        replayed.commit(changes);
        prop_assert!(replayed == w.state);
    }
}
