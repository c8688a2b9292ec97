//! The attackers. Each holds nothing back, and answers with how many requests or records it sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jejak::epcis::EventBuilder;
use jejak::record::registry::Purpose;
use jejak::record::{Record, RecordId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::common::{self, Signer};
use super::honest::connect;

/// Connections that the hostile address keeps open.
const CONNECTIONS: u64 = 4_000;
const ADDRESS: [u8; 4] = [127, 0, 0, 66];
/// Where the hostile key sends from.
const KEY_ADDRESS: [u8; 4] = [127, 0, 0, 67];
/// Records of the hostile key in each tenth of a second: costly ones of its own goods, and some about the goods of others.
const COSTLY: u64 = 90;
const MEDDLING: u64 = 10;
/// Those of the hostile inspector.
const INSPECTING: u64 = 10;
/// Event keys that a party can add on the day on which its first key was added.
const KEYS: usize = 249;
const EVENT_TIME: &str = "2026-11-05T08:00:00+08:00";

/// Opens 4,000 connections from one address, and another for each that the node closes. Each does one of five things for ever.
pub async fn connections(node: SocketAddr, stop: Arc<AtomicBool>) -> u64 {
    let requests = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..CONNECTIONS {
        let (stop, requests) = (stop.clone(), requests.clone());
        tasks.spawn(async move {
            // not all in the same moment: the kernel's queue of the listener is short
            tokio::time::sleep(Duration::from_millis(n)).await;
            while !stop.load(Ordering::Relaxed) {
                if let Ok(stream) = connect(ADDRESS, node).await {
                    requests.fetch_add(1, Ordering::Relaxed);
                    let misuse = misuse(stream, n, &stop);
                    // the task ends with the attack, whatever the node does
                    let _ = tokio::select! {
                        done = misuse => done,
                        () = ended(&stop) => Ok(()),
                    };
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    requests.load(Ordering::Relaxed)
}

async fn ended(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn misuse(mut stream: TcpStream, n: u64, stop: &AtomicBool) -> std::io::Result<()> {
    match n % 5 {
        // headers without end
        0 => {
            stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await?;
            for header in 0.. {
                stream.write_all(format!("X-{header}: {}\r\n", "a".repeat(1_000)).as_bytes()).await?;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        // a record whose last bytes never come
        1 => {
            let head = "POST /entries HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/cose\r\nContent-Length: 65000\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&[0x82; 64_990]).await?;
            stream.read_u8().await?;
        }
        // many answers that nobody takes
        2 => {
            for _ in 0..64 {
                stream.write_all(b"GET /static/0/style.css HTTP/1.1\r\nHost: localhost\r\n\r\nGET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n").await?;
            }
            ended(stop).await;
        }
        // pages, as fast as they come
        3 => {
            let mut answer = vec![0; 1 << 16];
            for n in 0.. {
                let head =
                    format!("GET /01/{}/10/V{} HTTP/1.1\r\nHost: localhost\r\n\r\n", super::LEAF, n % super::LOTS);
                stream.write_all(head.as_bytes()).await?;
                if stream.read(&mut answer).await? == 0 {
                    break;
                }
            }
        }
        // an upload that does not arrive
        _ => {
            let head = format!(
                "PUT /evidence/{} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/pdf\r\nContent-Length: 20000000\r\n\r\n",
                jejak::record::Hash32::of(&n.to_be_bytes())
            );
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&[0; 100]).await?;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }
    Ok(())
}

/// The next record of the hostile key that the rules admit: costly ones, of its own goods.
fn costly(hostile: &mut Signer, gtin: &str, n: u64) -> Vec<u8> {
    let own = |name: String| common::lot(gtin, &name).uri();
    // the last harvest of many lots
    let last = n - n % 8;
    // event ids apart from those of the village
    let id = (1 << 40) + n;
    let event = match n % 8 {
        0 => (0..100)
            .fold(common::harvest(id), |e, i| e.quantity("quantityList", &own(format!("H{n}-{i}")), "1000", "KGM")),
        // all to all
        1 => {
            let taken = (0..50).fold(common::process(id), |e, i| {
                e.quantity("inputQuantityList", &own(format!("H{last}-{i}")), "1", "KGM")
            });
            (0..50).fold(taken, |e, i| e.quantity("outputQuantityList", &own(format!("P{n}-{i}")), "1", "KGM"))
        }
        // observations that name documents, the same few again and again
        2 | 3 => EventBuilder::new("ObjectEvent", &common::event_id(id), EVENT_TIME)
            .act("OBSERVE", "storing")
            .set("quantityList", serde_json::json!([{ "epcClass": own(format!("H{last}-60")) }]))
            .set("jejak:evidence", documents(n)),
        // taking from one lot again and again
        4 | 5 => common::process(id).quantity("inputQuantityList", &own("H0-99".into()), "0.001", "KGM").quantity(
            "outputQuantityList",
            &own(format!("Q{n}")),
            "0.001",
            "KGM",
        ),
        _ => common::harvest(id).quantity("quantityList", &own(format!("S{n}")), "1000", "KGM"),
    };
    hostile.event(&event)
}

fn documents(n: u64) -> serde_json::Value {
    let document = |i: u64| {
        serde_json::json!({
            "jejak:blake3": jejak::record::Hash32::of(&(n % 3 + i).to_be_bytes()),
            "jejak:mediaType": "application/pdf",
            "jejak:bytes": 1_000,
            "jejak:documentType": "certificate-of-analysis",
            "jejak:title": "t".repeat(100),
            "jejak:access": "public",
        })
    };
    (0..4).map(document).collect()
}

/// A record about the goods of others, which the rules refuse.
fn meddling(hostile: &mut Signer, victims: &[String], n: u64) -> Vec<u8> {
    let event = EventBuilder::new("TransactionEvent", &common::event_id((2 << 40) + n), EVENT_TIME)
        .set("action", "ADD")
        .transaction("inv", "inv:1");
    hostile.event(&victims.iter().fold(event, |e, lot| e.quantity("quantityList", lot, "1", "KGM")))
}

/// A hostile party: its admin key, and the event keys that it adds, each used until its day is used up.
pub struct Party {
    keys: Vec<Signer>,
    at: usize,
    /// Its keys were added by the admin key.
    added: bool,
}

impl Party {
    /// The party of `admin`, which signs with one key as yet.
    pub fn new(admin: Signer) -> Party {
        let all = Signer::new(&admin.party, &admin.ledger, 1 + KEYS);
        let alone = |key: &SigningKey| Signer {
            keys: vec![key.clone()],
            per_key: u64::MAX,
            signed: 0,
            party: all.party.clone(),
            ledger: all.ledger.clone(),
        };
        let added: Vec<Signer> = all.keys.iter().skip(1).map(alone).collect();
        let admin = Signer { per_key: u64::MAX, ..admin };
        Party { keys: [admin].into_iter().chain(added).collect(), at: 0, added: false }
    }

    /// Adds as many keys as a day allows: the day of its first key counts as that of twenty.
    async fn add_keys(&mut self, node: SocketAddr) {
        let all = Signer::new(&self.keys[0].party, &self.keys[0].ledger, 1 + KEYS);
        let statements: Vec<u8> =
            (1..=KEYS).flat_map(|key| self.keys[0].statement(&all.register(key, Purpose::Event))).collect();
        let answer = post(node, &statements).await.unwrap_or_default();
        eprintln!("{} added {} keys", self.keys[0].party, answer.matches("\"duplicate\":").count());
        self.added = true;
    }

    fn key(&mut self) -> &mut Signer {
        &mut self.keys[self.at]
    }

    /// The next key, once the day of this one is used up.
    fn go_on(&mut self, answer: &str) {
        if answer.contains("day-quota") && self.at + 1 < self.keys.len() {
            self.at += 1;
        }
    }
}

/// What a hostile party did.
#[derive(Default)]
pub struct Sent {
    /// Records that it sent.
    pub records: u64,
    /// Up to this number, records about goods of its own were admitted.
    pub own: u64,
}

/// Sends 1,000 records a second, with one key or (`whole`) with all that its party can add. What is admitted counts up the key's number,
/// what is refused does not.
pub async fn records(
    node: SocketAddr,
    mut hostile: Party,
    whole: bool,
    gtin: &'static str,
    victims: Vec<String>,
    stop: Arc<AtomicBool>,
) -> Sent {
    let mut sent = Sent::default();
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let mut refused = false;
    while !stop.load(Ordering::Relaxed) {
        every.tick().await;
        if whole && !hostile.added {
            hostile.add_keys(node).await;
        }
        let n = sent.own;
        let before = hostile.key().signed;
        let body: Vec<u8> = (n..n + COSTLY).flat_map(|n| costly(hostile.key(), gtin, n)).collect();
        let answer = post(node, &body).await.unwrap_or_default();
        let admitted = answer.matches("\"duplicate\":").count() as u64;
        if admitted < COSTLY && !refused {
            refused = true;
            let rule = answer.split("\"rule\":").nth(1).and_then(|rest| rest.split(',').next());
            eprintln!("the hostile key was refused first after {} records: {rule:?}", before + admitted);
        }
        sent.own += admitted;
        hostile.key().signed = before + admitted;
        let body: Vec<u8> = (0..MEDDLING).flat_map(|n| meddling(hostile.key(), &victims, n)).collect();
        let _ = post(node, &body).await;
        hostile.key().signed = before + admitted;
        if whole {
            hostile.go_on(&answer);
        }
        sent.records += COSTLY + MEDDLING;
    }
    sent
}

/// A record of an accredited inspector about the goods of others: as long as a record may be. A hold, its lift, an observation of one
/// lot beside all others.
fn inspecting(inspector: &mut Signer, victims: &[String], n: u64, held: &mut Option<RecordId>) -> Vec<u8> {
    let victim = &victims[(n / 3) as usize % victims.len()];
    let observed = |step: &str| {
        EventBuilder::new("ObjectEvent", &common::event_id((3 << 40) + n), EVENT_TIME).act("OBSERVE", step)
    };
    let of = |lots: &[String]| -> serde_json::Value {
        lots.iter().map(|lot| serde_json::json!({ "epcClass": lot })).collect()
    };
    // a member that no rule reads: those that a rule reads have a smaller limit
    let long = |event: EventBuilder, length: usize| {
        event.set("https://hostile.example/note", serde_json::json!("x".repeat(length)))
    };
    let one = std::slice::from_ref(victim);
    let event = match (n % 3, *held) {
        (1, Some(id)) => long(observed("holding").set("quantityList", of(one)), 60_000)
            .set("persistentDisposition", serde_json::json!({ "unset": ["damaged"] }))
            .set("jejak:lifts", serde_json::json!(id.uri())),
        (2, _) => long(observed("storing").set("quantityList", of(victims)), 40_000),
        _ => long(observed("holding").set("quantityList", of(one)), 60_000)
            .set("persistentDisposition", serde_json::json!({ "set": ["damaged"] })),
    };
    let record = inspector.event(&event);
    if n.is_multiple_of(3) {
        *held = Record::decode(&record).ok().map(|record| record.id);
    }
    record
}

/// Holds goods of others, lifts the holds, and observes the goods, ten times in each tenth of a second, each record of some 60 kB.
pub async fn inspections(node: SocketAddr, mut inspector: Party, victims: Vec<String>, stop: Arc<AtomicBool>) -> Sent {
    let mut sent = Sent::default();
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let mut held = None;
    while !stop.load(Ordering::Relaxed) {
        every.tick().await;
        if !inspector.added {
            inspector.add_keys(node).await;
        }
        let first = sent.records;
        let body: Vec<u8> =
            (first..first + INSPECTING).flat_map(|n| inspecting(inspector.key(), &victims, n, &mut held)).collect();
        let answer = post(node, &body).await.unwrap_or_default();
        inspector.go_on(&answer);
        sent.records += INSPECTING;
    }
    sent
}

/// Lots of the hostile party's own, of those that it made up to record `last`: the most costly of each kind, and some of all the time.
pub fn own_lots(last: u64) -> Vec<String> {
    let mut lots = vec!["H0-99".to_owned()];
    let step = (last / 25).max(8);
    for n in (0..last).step_by(step as usize) {
        let n = n - n % 8;
        lots.extend([
            format!("H{n}-0"),
            format!("H{n}-60"),
            format!("P{}-0", n + 1),
            format!("Q{}", n + 4),
            format!("S{}", n + 6),
        ]);
    }
    lots
}

async fn post(node: SocketAddr, body: &[u8]) -> std::io::Result<String> {
    let mut stream = connect(KEY_ADDRESS, node).await?;
    let head = format!(
        "POST /entries HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/cbor-seq\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut answer))
        .await
        .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
