//! What a hostile participant can do to everyone else: an enrolled key that sends 1,000 records a second; an address that opens
//! 4,000 connections; both together; and a party that does what the key does with all keys that it can add in a day, beside an accredited
//! inspector that holds and observes the goods of others in the longest records there are, with all its keys. Each against a real
//! `jejak serve`, while an honest client at another address submits single records. Prints the table of `docs/reliability.md`
//! (`scripts/attack.sh` writes the page).
//!
//!     cargo bench --bench attack -- [SECONDS] [key|address|both|party]
//!
//! Attackers, honest client and node share the machine. No figure is asserted: machines drift.
#![allow(clippy::expect_used)] // a bench that can't run says so by ending

#[path = "../common/mod.rs"]
mod common;
mod honest;
mod hostile;
mod node;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::Signer;
use honest::Latencies;
use jejak::ledger::Limits;
use jejak::record::registry::Role;
use node::Node;

/// Product of the honest village, and of the hostile party.
const LEAF: &str = "09521321001015";
const WEEDS: &str = "09521321001084";
const VILLAGE: &str = "urn:jejak:party:village";
const HOSTILE: &str = "urn:jejak:party:hostile";
/// An inspector that is accredited for the goods of the village.
const INSPECTOR: &str = "urn:jejak:party:hostile-inspector";
/// Its own product, of which it makes nothing.
const NOTHING: &str = "09521321001091";
/// Lots of the village before the attack.
const LOTS: u64 = 200;

#[derive(Clone, Copy)]
struct Attack {
    name: &'static str,
    /// A hostile key sends records.
    key: bool,
    /// With it, all keys that its party can add, and those of an inspector.
    party: bool,
    address: bool,
}

const ATTACKS: [Attack; 4] = [
    Attack { name: "key", key: true, party: false, address: false },
    Attack { name: "address", key: false, party: false, address: true },
    Attack { name: "both", key: true, party: false, address: true },
    Attack { name: "party", key: true, party: true, address: false },
];

/// Records of each village of the control: within what a day allows its key.
const PER_VILLAGE: u64 = 5_000;

/// What one attack did.
struct Figures {
    attack: &'static str,
    honest: Latencies,
    resident: u64,
    sent: u64,
    entries: u64,
    audit: f64,
    control: f64,
    restart: f64,
    rebuild: f64,
    pages: usize,
    broken: usize,
}

fn village_lot(n: u64) -> String {
    format!("V{n}")
}

/// Seconds that `jejak audit` takes on the log in `dir`.
fn audited(dir: &std::path::Path) -> f64 {
    let started = Instant::now();
    let audit = node::jejak(&["audit", &dir.to_string_lossy()]);
    assert!(audit.status.success(), "the audit failed: {}", String::from_utf8_lossy(&audit.stdout));
    started.elapsed().as_secs_f64()
}

/// Seconds that an audit of `entries` records takes when honest villages signed them.
fn control(entries: u64) -> f64 {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("ledger");
    let (ledger, mut authority) = common::found(&at, Limits::default());
    let mut villages: Vec<Signer> = Vec::new();
    for n in 0..=entries / PER_VILLAGE {
        let mut village = Signer::new(&format!("{VILLAGE}-{n}"), ledger.id(), 1);
        common::enrol(&ledger, &mut authority, &mut village, &[Role::Producer], &common::village_gtin(n));
        villages.push(village);
    }
    let numbers: Vec<u64> = (ledger.size()..entries).collect();
    for part in numbers.chunks(1_000) {
        let records = part.iter().map(|n| {
            let by = n / PER_VILLAGE;
            villages[by as usize].event(&honest::harvest(&common::village_gtin(by), &village_lot(*n), *n)).into()
        });
        let outcomes = ledger.submit_many_blocking(records.collect());
        let refused = outcomes.iter().find_map(|outcome| outcome.as_ref().err());
        assert!(refused.is_none(), "an honest record was refused: {refused:?}");
    }
    ledger.shutdown();
    drop(ledger);
    audited(&at)
}

fn run(attack: Attack, seconds: u64, runtime: &tokio::runtime::Runtime) -> Figures {
    let dir = tempfile::tempdir().expect("a directory");
    let at = dir.path().join("ledger");
    let (ledger, mut authority) = common::found(&at, Limits::default());
    let mut village = Signer::new(VILLAGE, ledger.id(), 1);
    common::enrol(&ledger, &mut authority, &mut village, &[Role::Producer], LEAF);
    let mut hostile = Signer::new(HOSTILE, ledger.id(), 1);
    let roles = [Role::Producer, Role::Inspector, Role::Forwarder, Role::Buyer];
    common::enrol(&ledger, &mut authority, &mut hostile, &roles, WEEDS);
    let mut inspector = Signer::new(INSPECTOR, ledger.id(), 1);
    common::enrol(&ledger, &mut authority, &mut inspector, &[Role::Inspector], NOTHING);
    let accredited = authority.statement(&common::accreditation(INSPECTOR));
    ledger.submit_blocking(accredited).expect("an accreditation");
    for n in 0..LOTS {
        let record = village.event(&honest::harvest(LEAF, &village_lot(n), n));
        ledger.submit_blocking(record.into()).expect("an honest record");
    }
    ledger.shutdown();
    drop(ledger);

    let node = Node::start(&at);
    let stop = Arc::new(AtomicBool::new(false));
    let mut attackers = Vec::new();
    if attack.address {
        let (at, stop) = (node.address, stop.clone());
        attackers.push(
            runtime.spawn(async move { hostile::Sent { records: hostile::connections(at, stop).await, own: 0 } }),
        );
    }
    if attack.key {
        let victims: Vec<String> = (0..LOTS).map(|n| common::lot(LEAF, &village_lot(n)).uri()).collect();
        let (hostile, inspector) = (hostile::party(&hostile), hostile::party(&inspector));
        if attack.party {
            attackers.push(runtime.spawn(hostile::inspections(node.address, inspector, victims.clone(), stop.clone())));
        }
        let whole = attack.party;
        attackers.push(runtime.spawn(hostile::records(node.address, hostile, whole, WEEDS, victims, stop.clone())));
    }
    let watch = node.watch_memory(stop.clone());
    let honest = runtime.block_on(honest::submit(node.address, &mut village, LEAF, LOTS, Duration::from_secs(seconds)));
    stop.store(true, Ordering::Relaxed);
    let (sent, own) = runtime.block_on(async {
        let mut sum = (0, 0);
        for attacker in attackers {
            let sent = attacker.await.expect("an attacker ends");
            sum = (sum.0 + sent.records, sum.1 + sent.own);
        }
        sum
    });
    let resident = watch.join().expect("the watch ends");
    let lots: Vec<String> = (0..LOTS + honest.admitted).map(village_lot).collect();
    let (pages, broken) = runtime.block_on(async {
        let of_village = honest::read_all(node.address, LEAF, &lots, false).await;
        let of_hostile = honest::read_all(node.address, WEEDS, &hostile::own_lots(own), true).await;
        (of_village.0 + of_hostile.0, of_village.1 + of_hostile.1)
    });
    let entries = runtime.block_on(honest::log_size(node.address));
    node.stop();

    let started = Instant::now();
    let node = Node::start(&at);
    let restart = started.elapsed().as_secs_f64();
    node.stop();
    std::fs::remove_dir_all(at.join("index")).expect("an index");
    let started = Instant::now();
    let node = Node::start(&at);
    let rebuild = started.elapsed().as_secs_f64();
    node.stop();
    let (audit, control) = (audited(&at), control(entries));
    Figures { attack: attack.name, honest, resident, sent, entries, audit, control, restart, rebuild, pages, broken }
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let seconds = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(60);
    let chosen = |attack: &Attack| {
        let named: Vec<&String> = arguments.iter().filter(|a| a.parse::<u64>().is_err()).collect();
        named.is_empty() || named.iter().any(|a| *a == attack.name)
    };
    node::raise_file_limit();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    println!(
        "| attack, {seconds} s | honest records | refused or unanswered | median | p99 | slowest | most resident memory | hostile requests | entries | audit, against as many honest entries | restart | with rebuilt index | pages and proofs served |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|---|---|");
    for attack in ATTACKS.into_iter().filter(chosen) {
        let f = run(attack, seconds, &runtime);
        println!(
            "| {} | {} | {} | {:.3} s | {:.3} s | {:.3} s | {} MiB | {} | {} | {:.2} x | {:.1} s | {:.1} s | {} of {} |",
            f.attack,
            f.honest.admitted,
            f.honest.refused,
            f.honest.quantile(0.5),
            f.honest.quantile(0.99),
            f.honest.quantile(1.0),
            f.resident,
            f.sent,
            f.entries,
            f.audit / f.control,
            f.restart,
            f.rebuild,
            f.pages - f.broken,
            f.pages,
        );
    }
}
