//! The honest client, at 127.0.0.2: single records, each over a connection of its own, as phones send them; then every page and proof.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use jejak::epcis::EventBuilder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::common::{self, Signer};

/// How often it has a record to send.
const EVERY: Duration = Duration::from_millis(100);
/// When it gives up on an answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// How long its records took until they were durable.
#[derive(Default)]
pub struct Latencies {
    /// Records that were admitted.
    pub admitted: u64,
    /// Attempts that were refused, or not answered. The record is sent again.
    pub refused: u64,
    seconds: Vec<f64>,
}

impl Latencies {
    /// The time within which the share `q` of the records was admitted, in seconds, attempts that failed included.
    pub fn quantile(&self, q: f64) -> f64 {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = ((sorted.len() as f64 * q).ceil() as usize).clamp(1, sorted.len().max(1)) - 1;
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }
}

/// A harvest of one lot.
pub fn harvest(gtin: &str, name: &str, n: u64) -> EventBuilder {
    common::harvest(n).quantity("quantityList", &common::lot(gtin, name).uri(), "1000", "KGM")
}

/// A connection from `from` to the node.
pub async fn connect(from: [u8; 4], node: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((from, 0)))?;
    socket.connect(node).await
}

/// Sends a request, and reads the whole answer.
pub async fn exchange(from: [u8; 4], node: SocketAddr, head: &str, body: &[u8]) -> io::Result<Vec<u8>> {
    let whole = async {
        let mut stream = connect(from, node).await?;
        let length = if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
        let head = format!("{head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{length}");
        let kind = if body.is_empty() { "" } else { "Content-Type: application/cose\r\n" };
        stream.write_all(format!("{head}{kind}\r\n").as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(answer)
    };
    tokio::time::timeout(ANSWER_TIMEOUT, whole).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

const HONEST: [u8; 4] = [127, 0, 0, 2];

/// Submits records of new lots for `time`, one after the other. A refused record is sent again after a moment, and its time goes on.
pub async fn submit(node: SocketAddr, village: &mut Signer, gtin: &str, first: u64, time: Duration) -> Latencies {
    let mut result = Latencies::default();
    let began = Instant::now();
    while began.elapsed() < time {
        let n = first + result.admitted;
        let record = village.event(&harvest(gtin, &super::village_lot(n), n));
        let sent = Instant::now();
        loop {
            let answer = exchange(HONEST, node, "POST /entries", &record).await.unwrap_or_default();
            if answer.starts_with(b"HTTP/1.1 201") || answer.starts_with(b"HTTP/1.1 200") {
                break;
            }
            result.refused += 1;
            assert!(
                sent.elapsed() < time.max(ANSWER_TIMEOUT) * 2,
                "never admitted: {}",
                String::from_utf8_lossy(&answer)
            );
            tokio::time::sleep(EVERY).await;
        }
        result.seconds.push(sent.elapsed().as_secs_f64());
        result.admitted += 1;
        tokio::time::sleep(EVERY.saturating_sub(sent.elapsed())).await;
    }
    result
}

/// Fetches the page of every lot and all parts of its proof; answers with how many were asked for, and how many were not served. Of lots
/// that may not have been made (`maybe`) those are left out that the node does not know.
pub async fn read_all(node: SocketAddr, gtin: &str, lots: &[String], maybe: bool) -> (usize, usize) {
    let (mut asked, mut broken) = (0, 0);
    for lot in lots {
        let first = format!("/lots/{gtin}/{lot}/proof");
        let mut next = vec![first.clone(), format!("/01/{gtin}/10/{lot}")];
        if maybe && get(node, &format!("/lots/{gtin}/{lot}")).await.starts_with("HTTP/1.1 404") {
            continue;
        }
        while let Some(path) = next.pop() {
            let answer = get(node, &path).await;
            asked += 1;
            if !answer.starts_with("HTTP/1.1 200") {
                eprintln!("{path}: {}", answer.lines().next().unwrap_or("no answer"));
                broken += 1;
            }
            if path.starts_with(&first) {
                next.extend(next_part(&answer));
            }
        }
    }
    (asked, broken)
}

async fn get(node: SocketAddr, path: &str) -> String {
    let answer = exchange(HONEST, node, &format!("GET {path}"), b"").await.unwrap_or_default();
    String::from_utf8_lossy(&answer).into_owned()
}

/// The path in the `Link` header of a part of a proof: that of the next part.
fn next_part(answer: &str) -> Option<String> {
    let headers = answer.split("\r\n\r\n").next()?.to_ascii_lowercase();
    let at = headers.find("\r\nlink: <")? + "\r\nlink: <".len();
    let link = answer.get(at..)?.lines().next()?;
    let (path, relation) = link.split_once('>')?;
    relation.contains("rel=\"next\"").then(|| path.to_owned())
}

/// The number of entries under the newest checkpoint (C2SP tlog-checkpoint, second line).
pub async fn log_size(node: SocketAddr) -> u64 {
    let answer = exchange(HONEST, node, "GET /checkpoint", b"").await.unwrap_or_default();
    let text = String::from_utf8_lossy(&answer).into_owned();
    let note = text.split("\r\n\r\n").nth(1).unwrap_or_default();
    note.lines().nth(1).and_then(|size| size.parse().ok()).expect("a checkpoint")
}
