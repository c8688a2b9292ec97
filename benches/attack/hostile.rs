//! The attackers. Each holds nothing back, and answers with how many requests or records it sent.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use jejak::epcis::EventBuilder;
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
        2 | 3 => EventBuilder::new("ObjectEvent", &common::event_id(id), "2026-11-05T08:00:00+08:00")
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
    let event = EventBuilder::new("TransactionEvent", &common::event_id((2 << 40) + n), "2026-11-05T08:00:00+08:00")
        .set("action", "ADD")
        .transaction("inv", "inv:1");
    hostile.event(&victims.iter().fold(event, |e, lot| e.quantity("quantityList", lot, "1", "KGM")))
}

/// Sends 1,000 records a second. What is admitted counts up the key's number, what is refused does not.
pub async fn records(
    node: SocketAddr,
    mut hostile: Signer,
    gtin: &'static str,
    victims: Vec<String>,
    stop: Arc<AtomicBool>,
) -> u64 {
    let (mut sent, mut n) = (0, 0);
    let mut every = tokio::time::interval(Duration::from_millis(100));
    let mut refusal = None;
    while !stop.load(Ordering::Relaxed) {
        every.tick().await;
        let before = hostile.signed;
        let body: Vec<u8> = (n..n + COSTLY).flat_map(|n| costly(&mut hostile, gtin, n)).collect();
        let answer = post(node, &body).await.unwrap_or_default();
        let admitted = answer.matches("\"duplicate\":").count() as u64;
        if admitted < COSTLY && refusal.is_none() {
            refusal = answer.split("\"rule\":").nth(1).and_then(|rest| rest.split(',').next()).map(str::to_owned);
            eprintln!(
                "the hostile key was refused first after {} records: {refusal:?}",
                hostile.signed - COSTLY + admitted
            );
        }
        n += admitted;
        hostile.signed = before + admitted;
        let body: Vec<u8> = (0..MEDDLING).flat_map(|n| meddling(&mut hostile, &victims, n)).collect();
        let _ = post(node, &body).await;
        hostile.signed = before + admitted;
        sent += COSTLY + MEDDLING;
    }
    sent
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
