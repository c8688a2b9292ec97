//! The performance table of the README (`cargo bench --bench table`). Each figure is a ratio: the time or CPU of one record, divided by
//! that of one bare `verify_strict`, which the same run measures first on one core.
//!
//! | name | what is measured |
//! |---|---|
//! | `p1` | wall-clock time and CPU of the node per record: one record per POST from 64 connections, answered when it is durable |
//! | `p2` | the same with 1,000 records per request |
//! | `p5` | time to trace one lot back and forward in a graph of 10,000 events |
//! | `steps` | time of each step of a record sent in bulk, on one core |
//! | `p7` | CPU per record, memory and restart while the log grows to 1,000,000 records |
//!
//! A name after `--` picks one; `p7` takes minutes and runs only by its name. Clients and node share the machine. No figure is asserted:
//! machines differ, and one machine differs from hour to hour.
#![allow(clippy::expect_used)] // a bench that can't run says so by ending

#[path = "common/mod.rs"]
mod common;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use common::Signer;
use jejak::chain::quota::WHOLE_KEYS;
use jejak::chain::state::Scan;
use jejak::chain::{MemState, State, Table};
use jejak::gs1::LotId;
use jejak::ledger::{Ledger, Limits, Options};
use jejak::query;
use jejak::query::walk::{After, PageRequest};
use jejak::record::Record;
use jejak::record::registry::Role;
use jejak::server::{self, Config};

// the allocator of the `jejak` command
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keys of a village: so many have a whole day's quota each.
const KEYS: usize = WHOLE_KEYS as usize;
/// Records that each key signs: the rows of so many splits fit in a day's quota.
const PER_KEY: u64 = 4_000;
/// Records that a village signs, with all keys but the one that registered the others.
const PER_VILLAGE: u64 = PER_KEY * (KEYS as u64 - 1);

/// A lot of the first village.
fn lot(name: &str) -> LotId {
    common::lot(&common::village_gtin(0), name)
}

/// A village and the product that only it makes.
struct Village {
    signer: Signer,
    gtin: String,
}

impl Village {
    fn harvest(&mut self, name: &str, n: u64) -> Vec<u8> {
        let lot = common::lot(&self.gtin, name).uri();
        self.signer.event(&common::harvest(n).quantity("quantityList", &lot, "1000", "KGM"))
    }

    fn split(&mut self, from: &str, kilos: &str, to: [&str; 2], n: u64) -> Vec<u8> {
        let uri = |name: &str| common::lot(&self.gtin, name).uri();
        let mut event = common::process(n).quantity("inputQuantityList", &uri(from), kilos, "KGM");
        for name in to {
            event = event.quantity("outputQuantityList", &uri(name), "0.01", "KGM");
        }
        self.signer.event(&event)
    }
}

struct Bench {
    _dir: tempfile::TempDir,
    ledger: Ledger,
    villages: Vec<Village>,
}

/// A founded ledger with as many villages as it takes to sign `records` in a day, each with a product.
fn founded(records: u64) -> Bench {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = Limits { queue: 65_536, batch_records: 4_096, ..Limits::default() };
    let (ledger, mut authority) = common::found(&dir.path().join("ledger"), limits);
    let mut villages = Vec::new();
    for n in 0..records.div_ceil(PER_VILLAGE) {
        let gtin = common::village_gtin(n);
        let mut signer = Signer::new(&format!("urn:jejak:party:village-{n}"), ledger.id(), KEYS);
        signer.per_key = PER_KEY;
        common::enrol(&ledger, &mut authority, &mut signer, &[Role::Producer], &gtin);
        signer.next_key();
        villages.push(Village { signer, gtin });
    }
    Bench { _dir: dir, ledger, villages }
}

/// CPU seconds of this process and of the threads that live, by name without number (proc(5), `stat` fields 14 and 15).
#[derive(Default)]
struct Used {
    all: f64,
    by_thread: BTreeMap<String, f64>,
}

fn ticks(stat: &str) -> f64 {
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |i: usize| fields.get(i).and_then(|f| f.parse::<f64>().ok()).unwrap_or_default();
    // 100 ticks a second
    (ticks(11) + ticks(12)) / 100.0
}

fn used() -> Used {
    let mut used =
        Used { all: ticks(&std::fs::read_to_string("/proc/self/stat").unwrap_or_default()), ..Used::default() };
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let stat = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let name = stat.split_once('(').and_then(|(_, rest)| rest.split_once(')')).map_or("", |(name, _)| name);
        let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-').to_owned();
        *used.by_thread.entry(name).or_default() += ticks(&stat);
    }
    used
}

/// Prints where the CPU of `count` records went since `before`, without the `clients`' own.
fn spent(before: &Used, clients: f64, count: f64, verify: f64) {
    let now = used();
    let each = |seconds: f64| seconds / count / verify;
    println!("    server CPU per record: {:.2} x verify_strict", each(now.all - before.all - clients));
    let mut threads: Vec<(f64, String)> = now
        .by_thread
        .into_iter()
        .map(|(name, seconds)| (seconds - before.by_thread.get(&name).copied().unwrap_or_default(), name))
        .filter(|(seconds, _)| each(*seconds) >= 0.01)
        .collect();
    threads.sort_by(|a, b| b.0.total_cmp(&a.0));
    let threads: Vec<String> = threads.iter().map(|(seconds, name)| format!("{name} {:.2}", each(*seconds))).collect();
    println!("    of that by thread: {}", threads.join(", "));
}

/// Bare `verify_strict` on one core: seconds per record.
fn yardstick(records: &[Vec<u8>]) -> f64 {
    let decoded: Vec<Record> = records.iter().map(|r| Record::decode(r).expect("a record")).collect();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&decoded[0].kid.0).expect("a key");
    let started = Instant::now();
    for record in &decoded {
        record.verify_with(&key).expect("a signature");
    }
    started.elapsed().as_secs_f64() / decoded.len() as f64
}

/// Posts `records` one by one over one keep-alive connection; says how many seconds of CPU it used itself.
fn post_all(at: SocketAddr, records: &[Vec<u8>]) -> f64 {
    let mut stream = TcpStream::connect(at).expect("the server listens");
    stream.set_nodelay(true).expect("a socket option");
    let mut answer = [0u8; 8192];
    for record in records {
        let head = format!(
            "POST /entries HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\nContent-Length: {}\r\n\r\n",
            record.len()
        );
        stream.write_all(&[head.as_bytes(), record].concat()).expect("a request");
        let n = stream.read(&mut answer).expect("an answer");
        assert!(answer[..n].starts_with(b"HTTP/1.1 201"), "{}", String::from_utf8_lossy(&answer[..n]));
    }
    let own = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    own.tv_sec as f64 + own.tv_nsec as f64 / 1e9
}

fn p1(bench: &Bench, runtime: &Arc<tokio::runtime::Runtime>, records: &[Vec<u8>], verify: f64) {
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("an address");
    let at = listener.local_addr().expect("an address");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut config = Config { public_url: "http://localhost".into(), ..Config::default() };
    config.limits.writes_per_second = std::num::NonZeroU32::MAX;
    config.limits.write_burst = std::num::NonZeroU32::MAX;
    let served = runtime.spawn(server::serve(bench.ledger.clone(), config, listener, async {
        let _ = stopped.await;
    }));
    let (before, started) = (used(), Instant::now());
    let clients: f64 = std::thread::scope(|scope| {
        let parts = records.chunks(records.len() / 64);
        let clients: Vec<_> = parts.map(|part| scope.spawn(move || post_all(at, part))).collect();
        clients.into_iter().map(|client| client.join().expect("a client")).sum()
    });
    let took = started.elapsed().as_secs_f64();
    let count = records.len() as f64;
    println!("P1  one record per POST, 64 connections: {:.0}/s", count / took);
    spent(&before, clients, count, verify);
    let _ = stop.send(());
    runtime.block_on(served).expect("the server ends").expect("the server ends well");
}

fn p2(bench: &Bench, runtime: &Arc<tokio::runtime::Runtime>, records: &[Vec<u8>], verify: f64, cores: usize) {
    let requests: Vec<Vec<Bytes>> =
        records.chunks(1_000).map(|part| part.iter().map(|r| Bytes::from(r.clone())).collect()).collect();
    let (before, started) = (used(), Instant::now());
    let answers = runtime.block_on(async {
        let mut all = tokio::task::JoinSet::new();
        for request in requests {
            let ledger = bench.ledger.clone();
            all.spawn(async move { ledger.submit_many(request).await });
        }
        all.join_all().await
    });
    let took = started.elapsed().as_secs_f64();
    let refused = answers.iter().flatten().find_map(|answer| answer.as_ref().err());
    assert!(refused.is_none(), "a record was refused: {refused:?}");
    let rate = records.len() as f64 / took;
    let bare = cores as f64 / verify;
    println!("P2  1,000 records per request: {rate:.0}/s = {:.2} x bare verify_strict on all cores", rate / bare);
    spent(&before, 0.0, records.len() as f64, verify);
}

/// Memory of this process, by the kernel's account.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() / 1024
    };
    format!("resident {} MiB, at most {} MiB", field("VmRSS:"), field("VmHWM:"))
}

/// P7: what a record costs as the log grows, then memory, the first page of the newest lots, and a restart.
fn p7(verify: f64, total: u64) {
    const STEP: u64 = 20_000;
    let mut bench = founded(total);
    // the index compacts in bursts, so the mean is taken over many batches
    const SPAN: u64 = 200_000;
    let (mut first, mut last, mut spent) = (0.0, 0.0, 0.0);
    for from in (0..total).step_by(STEP as usize) {
        let records: Vec<Bytes> = (from..from + STEP)
            .map(|n| bench.villages[(n / PER_VILLAGE) as usize].harvest(&format!("G{n}"), 5_000_000 + n).into())
            .collect();
        if from == 0 {
            println!("P7  before the first record: {}", resident());
        }
        let before = used().all;
        for part in records.chunks(1_000) {
            let answers = bench.ledger.submit_many_blocking(part.to_vec());
            let refused = answers.iter().find_map(|answer| answer.as_ref().err());
            assert!(refused.is_none(), "a record was refused: {refused:?}");
        }
        spent += used().all - before;
        if (from + STEP).is_multiple_of(SPAN) {
            last = std::mem::take(&mut spent) / SPAN as f64;
            first = if from < SPAN { last } else { first };
            println!(
                "P7  to {} records: CPU {:.2} x verify_strict a record, {}",
                from + STEP,
                last / verify,
                resident()
            );
        }
    }
    println!("    the last {SPAN} against the first: {:.2} x", last / first);
    let started = Instant::now();
    let wanted = query::LotQuery { most: 40, ..query::LotQuery::default() };
    let newest = bench.ledger.with_state(|s, _| query::newest_lots(s, wanted)).map_or(0, |page| page.lots.len());
    println!("    the {newest} newest lots: {:.1} ms", started.elapsed().as_secs_f64() * 1e3);
    println!("    {}, the records of one step included", resident());
    let at = bench._dir.path().join("ledger");
    let started = Instant::now();
    bench.ledger.shutdown();
    drop(bench.ledger);
    println!("    clean stop: {:.2} s", started.elapsed().as_secs_f64());
    let started = Instant::now();
    let ledger = Ledger::open(&at, &Options::default()).expect("the ledger opens");
    println!(
        "    restart: {:.2} s, {} entries replayed, {}",
        started.elapsed().as_secs_f64(),
        ledger.recovered().replayed,
        resident()
    );
    ledger.shutdown();
}

fn p5(verify: f64) {
    const EVENTS: u64 = 10_000;
    let mut bench = founded(EVENTS);
    let village = &mut bench.villages[0];
    let mut records = vec![village.harvest("T1", 900_000)];
    for i in 1..EVENTS {
        // node i of a binary tree is split into 2i and 2i+1, each taking a little
        let (from, left, right) = (format!("T{i}"), format!("T{}", 2 * i), format!("T{}", 2 * i + 1));
        records.push(village.split(&from, "0.001", [&left, &right], 900_000 + i));
    }
    for part in records.chunks(1_000) {
        let outcomes = bench.ledger.submit_many_blocking(part.iter().map(|r| Bytes::from(r.clone())).collect());
        if let Some(error) = outcomes.into_iter().find_map(Result::err) {
            println!("P5  not measured: {error}");
            return;
        }
    }
    let best = |what: &dyn Fn() -> usize| {
        let (mut best, mut found) = (Duration::MAX, 0);
        for _ in 0..5 {
            let started = Instant::now();
            found = what();
            best = best.min(started.elapsed());
        }
        (best.as_secs_f64(), found)
    };
    let nodes = |id: LotId, down: bool, part: &PageRequest| {
        bench.ledger.with_state(|s, r| {
            let answer = if down { query::impact(s, r, &id, part) } else { query::trace(s, r, &id, part) };
            answer.ok().flatten().map_or(0, |t| t.nodes.len())
        })
    };
    let (up, ups) = best(&|| nodes(lot("T16383"), false, &PageRequest::ALL));
    let (part, parts) = best(&|| nodes(lot("T1"), true, &PageRequest { after: None, most: 200 }));
    let whole = bench.ledger.with_state(|s, r| query::impact(s, r, &lot("T1"), &PageRequest::ALL)).ok().flatten();
    let nearly = whole.and_then(|all| all.nodes.into_iter().nth_back(200));
    let after = nearly.map(|node| After { depth: node.depth, lot: node.lot });
    let (last, lasts) = best(&|| nodes(lot("T1"), true, &PageRequest { after: after.clone(), most: 200 }));
    let (down, downs) = best(&|| nodes(lot("T1"), true, &PageRequest::ALL));
    println!(
        "P5  graph of 10,000 events: trace of a leaf ({ups} lots) {:.2} ms = {:.0} x verify_strict",
        up * 1e3,
        up / verify
    );
    for (what, took, lots) in
        [("its first part", part, parts), ("its last part", last, lasts), ("all at once", down, downs)]
    {
        println!(
            "    impact of the root, {what} ({lots} lots): {:.1} ms = {:.0} x verify_strict",
            took * 1e3,
            took / verify
        );
    }
}

/// The rows that the rules read here.
fn copy_of(state: &dyn State) -> MemState {
    let tables = [Table::Ledger, Table::Party, Table::Key, Table::Seq, Table::Record, Table::Product, Table::PartyKey];
    let mut copy = MemState::new();
    for table in tables {
        for row in state.scan(table, Scan::default()) {
            let (key, value) = row.expect("rows");
            copy.write(table, key.to_vec(), Some(value));
        }
    }
    copy
}

/// Where the time of a bulk record goes, each step on one core: seconds per record.
fn steps(bench: &Bench, records: &[Vec<u8>], verify: f64) {
    let timed = |name: &str, work: &mut dyn FnMut()| {
        let started = Instant::now();
        work();
        let each = started.elapsed().as_secs_f64() / records.len() as f64;
        println!("    {name:<52} {:>6.1} us = {:.2} x verify_strict", each * 1e6, each / verify);
    };
    let mut decoded = Vec::new();
    timed("decode (CBOR, strict JSON, types, subject)", &mut || {
        decoded = records.iter().map(|r| Record::decode(r).expect("a record")).collect();
    });
    let mut changes = Vec::new();
    timed("rules, on rows in memory", &mut || {
        let size = bench.ledger.size();
        bench.ledger.with_state(|state, _| {
            let mut state = copy_of(state);
            for (part, from) in decoded.chunks(1_000).zip((size..).step_by(1_000)) {
                let mut overlay = jejak::chain::Overlay::new(&state);
                for (record, index) in part.iter().zip(from..) {
                    overlay.mark();
                    let context = jejak::chain::Context::replay(&jejak::chain::NoProfiles);
                    jejak::chain::apply(&mut overlay, index, record, &context).expect("admitted");
                }
                let made = overlay.into_changes();
                state.commit(made.clone()).expect("rows that can be encoded");
                changes.push(made);
            }
        });
    });
    let mut writes = Vec::new();
    timed("encode rows", &mut || {
        for change in changes.iter().flatten() {
            let row = jejak::store::row_key(change.table, &change.key, <[u8]>::to_vec);
            let value = change.value.as_ref().map(|value| value.encoded(change.table).expect("a row"));
            writes.push(jejak::store::Write { row, value });
        }
    });
    let bytes: usize = writes.iter().map(|w| w.row.len() + w.value.as_ref().map_or(0, Bytes::len)).sum();
    println!(
        "    rows: {:.1} a record, {:.0} bytes",
        writes.len() as f64 / records.len() as f64,
        bytes as f64 / records.len() as f64
    );
    let dir = tempfile::tempdir().expect("a directory");
    let index = jejak::store::fjall::Fjall::open(&dir.path().join("index"), 32 << 20).expect("an index").index;
    let cursor = jejak::ledger::index::cursor(&jejak::log::Frontier::new());
    let mut writes = writes.into_iter();
    timed("index rows into fjall (this thread)", &mut || {
        for changes in &changes {
            let batch = writes.by_ref().take(changes.len()).collect();
            jejak::store::Index::apply(&index, batch, &cursor).expect("rows");
        }
    });
}

fn main() {
    const SINGLES: u64 = 12_800;
    const BULK: u64 = 20_000;
    let only: Option<String> = std::env::args().skip(1).find(|a| !a.starts_with('-'));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut bench = founded(SINGLES + BULK);
    let mut harvests = |tag: &str, from: u64, count: u64| -> Vec<Vec<u8>> {
        (0..count).map(|i| bench.villages[0].harvest(&format!("{tag}{i}"), from + i)).collect()
    };
    let singles = harvests("S", 0, SINGLES);
    let verify = yardstick(&singles[..PER_KEY as usize]);
    println!("{cores} cores; bare verify_strict: {:.1} us per record on one core", verify * 1e6);
    // minutes: only by its name
    if only.as_deref() == Some("p7") {
        drop((singles, bench));
        p7(verify, 1_000_000);
        return;
    }
    let bulk = harvests("B", 100_000, BULK);
    let runtime = Arc::new(tokio::runtime::Runtime::new().expect("a runtime"));
    let wanted = |name: &str| only.as_deref().is_none_or(|o| o == name);
    if wanted("steps") {
        steps(&bench, &bulk, verify);
    }
    if wanted("p2") {
        p2(&bench, &runtime, &bulk, verify, cores);
    }
    if wanted("p1") {
        p1(&bench, &runtime, &singles, verify);
    }
    drop(bench);
    if wanted("p5") {
        p5(verify);
    }
}
