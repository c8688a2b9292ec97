//! The attackers. Each holds nothing back, and answers with how many requests or records it sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

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
/// Records of the hostile inspector in each tenth of a second.
const INSPECTING: u64 = 10;
/// Event keys that a party can add on the day on which its first key was added.
const KEYS: usize = 249;
/// Records for which one hostile key has numbers: more than any day admits.
const PER_KEY: u64 = 1 << 32;
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

/// The signer of a hostile party: its admin key, which alone is registered as yet, and the event keys that [`add_keys`] adds.
pub fn party(admin: &Signer) -> Signer {
    let all = Signer::new(&admin.party, &admin.ledger, 1 + KEYS);
    Signer { per_key: PER_KEY, signed: admin.signed, ..all }
}

/// Adds as many keys as a day allows: the day of its first key counts as that of twenty.
async fn add_keys(party: &mut Signer, node: SocketAddr) {
    let mut statements = Vec::new();
    for key in 1..=KEYS {
        let statement = party.register(key, Purpose::Event);
        statements.extend(party.statement(&statement));
    }
    let answer = post(node, &statements).await.unwrap_or_default();
    eprintln!("{} added {} keys", party.party, answer.matches("\"duplicate\":").count());
}

/// Goes on with the next key once the day of the present one is used up.
fn use_next_key_after_quota(party: &mut Signer, answer: &str) {
    if answer.contains("day-quota") {
        party.next_key();
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
    mut hostile: Signer,
    whole: bool,
    gtin: &'static str,
    victims: Vec<String>,
    stop: Arc<AtomicBool>,
) -> Sent {
    let mut sent = Sent::default();
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let mut refused = false;
    if whole {
        add_keys(&mut hostile, node).await;
    }
    while !stop.load(Ordering::Relaxed) {
        every.tick().await;
        let n = sent.own;
        let before = hostile.signed;
        let body: Vec<u8> = (n..n + COSTLY).flat_map(|n| costly(&mut hostile, gtin, n)).collect();
        let answer = post(node, &body).await.unwrap_or_default();
        let admitted = answer.matches("\"duplicate\":").count() as u64;
        if admitted < COSTLY && !refused {
            refused = true;
            let rule = answer.split("\"rule\":").nth(1).and_then(|rest| rest.split(',').next());
            eprintln!("the hostile key was refused first after {} records: {rule:?}", before + admitted);
        }
        sent.own += admitted;
        hostile.signed = before + admitted;
        let body: Vec<u8> = (0..MEDDLING).flat_map(|n| meddling(&mut hostile, &victims, n)).collect();
        let _ = post(node, &body).await;
        hostile.signed = before + admitted;
        if whole {
            use_next_key_after_quota(&mut hostile, &answer);
        }
        sent.records += COSTLY + MEDDLING;
    }
    sent
}

/// Record number `n` of an accredited inspector, about the goods of others and close to the largest size of a record. Of every three
/// records the first puts one lot on hold, the second lifts that hold (`held`), and the third observes all lots at once.
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

/// Sends ten records of some 60 kB in each tenth of a second: holds of the goods of others, the lifts of these holds, and observations.
pub async fn inspections(node: SocketAddr, mut inspector: Signer, victims: Vec<String>, stop: Arc<AtomicBool>) -> Sent {
    let mut sent = Sent::default();
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let mut held = None;
    add_keys(&mut inspector, node).await;
    while !stop.load(Ordering::Relaxed) {
        every.tick().await;
        let first = sent.records;
        let body: Vec<u8> =
            (first..first + INSPECTING).flat_map(|n| inspecting(&mut inspector, &victims, n, &mut held)).collect();
        let answer = post(node, &body).await.unwrap_or_default();
        use_next_key_after_quota(&mut inspector, &answer);
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
