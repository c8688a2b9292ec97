//! Fetches proofs and logs from a node, for `jejak verify` and `jejak audit`.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::audit::{ELSEWHERE, Hashing, Held, Source};
use super::before_signing::lot_path;
use super::client::{Ask, Client};
use super::failure::{Failure, Kind};
use crate::gs1::link::{DigitalLink, PrimaryKey};
use crate::proof::bundle::{MAX_PARTS, MEDIA_TYPE};
use crate::record::{Hash32, RecordId};

/// The longest pause between two attempts at a file of the log.
const MAX_PAUSE: Duration = Duration::from_secs(16);
/// The pauses between the attempts at a document.
const PAUSES: [Duration; 3] = [Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(4)];
/// Time that all documents together may cost in failed attempts and pauses; then the rest is not asked for.
const PATIENCE: Duration = Duration::from_secs(300);

/// Fetches the proof of a lot from the address on its label, or from its own address: one file, or all its parts.
///
/// # Errors
/// [`Failure`] for an address that is neither, and as [`Client::get`].
pub(super) fn proof(url: &str) -> Result<Vec<Vec<u8>>, Failure> {
    let Some((node, path)) = address(url) else {
        return Err(Failure::usage(format!("{url} is not the address of a lot or a proof")));
    };
    let client = Client::new(&node)?;
    match parts(&client, &path) {
        // the node kept the parts of a newer one instead
        Err((failure, fetched)) if fetched > 0 && failure.kind == Kind::Refused => parts(&client, &path),
        parts => parts,
    }
    .map_err(|(failure, _)| failure)
}

/// The parts of a proof, or why one was not fetched and how many were before it.
fn parts(client: &Client, path: &str) -> Result<Vec<Vec<u8>>, (Failure, usize)> {
    let (mut parts, mut next) = (Vec::new(), Some(path.to_owned()));
    while let Some(path) = next.filter(|_| parts.len() < MAX_PARTS as usize) {
        let part;
        (part, next) = client.get_page(&path, MEDIA_TYPE, Ask::Proof).map_err(|failure| (failure, parts.len()))?;
        parts.push(part);
    }
    Ok(parts)
}

/// Fetches a record by its id.
///
/// # Errors
/// As [`Client::get`].
pub(super) fn record(node: &str, id: &RecordId) -> Result<Vec<u8>, Failure> {
    Client::new(node)?.get(&format!("/entries/{id}"), "application/cose", Ask::Record)
}

/// Node and path of a lot's proof. Any other address is taken as that of a proof.
fn address(url: &str) -> Option<(String, String)> {
    if let Ok(link) = DigitalLink::parse(url)
        && let Ok(PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) = link.key()
    {
        let stem = &url[..url.rfind(&format!("/01/{}", lot.gtin))?];
        return Some((stem.to_owned(), format!("{}/proof", lot_path(&lot))));
    }
    let start = url.find("://")? + 3;
    let slash = url[start..].find('/')? + start;
    Some((url[..slash].to_owned(), url[slash..].to_owned()))
}

/// The log that a node publishes.
///
/// # Errors
/// As [`Client::new`].
pub(super) fn log(url: &str) -> Result<Box<dyn Source>, Failure> {
    Ok(Box::new(Node::new(Client::new(url)?)))
}

/// A node whose log is read.
struct Node {
    client: Client,
    pauses: [Duration; 3],
    /// What is left of [`PATIENCE`].
    patience: Mutex<Duration>,
}

impl Node {
    fn new(client: Client) -> Node {
        Node { client, pauses: PAUSES, patience: Mutex::new(PATIENCE) }
    }

    /// Takes so much time from what is left; what is left then.
    fn spend(&self, time: Duration) -> Duration {
        let mut left = self.patience.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *left = left.saturating_sub(time);
        *left
    }
}

impl Source for Node {
    fn checkpoint(&self) -> Result<Vec<u8>, Failure> {
        // no retry: a wrong address should fail at once
        self.client.get("/checkpoint", "*/*", Ask::Checkpoint)
    }

    fn file(&self, path: &str) -> Result<Vec<u8>, Failure> {
        persistent(&self.client, &format!("/{path}"), "*/*", Ask::Entries)
    }

    fn profile(&self, hash: &Hash32) -> Result<Vec<u8>, Failure> {
        persistent(&self.client, &format!("/profiles/{hash}"), "application/json", Ask::Profile)
    }

    fn evidence(&self, hash: &Hash32, public: bool, fetch: bool) -> Held {
        if !(fetch && public) || self.spend(Duration::ZERO).is_zero() {
            return Held::Unasked;
        }
        let path = format!("/evidence/{hash}");
        let mut pauses = self.pauses.iter();
        loop {
            let (began, mut hashing) = (Instant::now(), Hashing::default());
            match self.client.find_in_parts(&path, "*/*", Ask::Blob, &mut |part| hashing.take(part)) {
                Ok(true) => return hashing.held(hash),
                Ok(false) => return Held::Absent,
                Err(failure) if failure.kind == Kind::Unreachable => {
                    let left = self.spend(began.elapsed());
                    match pauses.next() {
                        Some(pause) if *pause < left => {
                            std::thread::sleep(*pause);
                            self.spend(*pause);
                        }
                        _ => return Held::NotServed(Box::new(failure)),
                    }
                }
                Err(failure) => return Held::Unreadable(Box::new(failure)),
            }
        }
    }
}

/// Reads from a node, with retries, because an audit takes long. A file of the log that the node refuses to serve is a failed
/// verification.
fn persistent(node: &Client, path: &str, accept: &str, ask: Ask) -> Result<Vec<u8>, Failure> {
    let mut pause = Duration::from_secs(1);
    loop {
        match node.get(path, accept, ask) {
            Err(failure) if failure.kind == Kind::Unreachable && pause <= MAX_PAUSE => {
                std::thread::sleep(pause);
                pause *= 2;
            }
            Err(failure) if failure.kind == Kind::Refused => {
                let what = format!("{}{path} is part of the log, but the node does not serve it", node.base());
                return Err(Failure::not_proven(what)
                    .because(failure.causes.into_iter().next().unwrap_or(failure.message))
                    .hint(ELSEWHERE));
            }
            answer => return answer,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A node that is asked without long pauses, whose answer to the request of each number `answer` writes, and how often it was asked.
    fn node(answer: impl Fn(usize, &mut TcpStream) + Send + 'static) -> (Node, Arc<AtomicUsize>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<AtomicUsize> = Arc::default();
        let count = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 1024]);
                answer(count.fetch_add(1, Ordering::SeqCst), &mut stream);
            }
        });
        let client = Client::with_timeout(&base, Duration::from_millis(300)).unwrap();
        (Node { pauses: [Duration::from_millis(5); 3], ..Node::new(client) }, asked)
    }

    fn says(stream: &mut TcpStream, status: &str, body: &[u8]) {
        let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    }

    #[test]
    fn document_that_a_node_does_not_serve_now_is_asked_for_again_and_is_not_absent() {
        let hash = Hash32::of(b"document");
        let held = |node: &Node| node.evidence(&hash, true, true);
        for busy in ["429 Too Many Requests", "503 Service Unavailable", "500 Internal Server Error"] {
            let (later, asked) = node(move |n, stream| match n {
                0 | 1 => says(stream, busy, b"{}"),
                _ => says(stream, "200 OK", b"document"),
            });
            assert_eq!((held(&later), asked.load(Ordering::SeqCst)), (Held::Sound, 3), "{busy}");
            let (never, asked) = node(move |_, stream| says(stream, busy, b"{}"));
            let Held::NotServed(why) = held(&never) else { panic!("{busy}") };
            assert_eq!((why.kind, asked.load(Ordering::SeqCst)), (Kind::Unreachable, 4));
        }
        let (silent, asked) = node(|_, _| {});
        assert!(matches!(held(&silent), Held::NotServed(_)) && asked.load(Ordering::SeqCst) >= 4);
        for (status, body, want) in [
            ("404 Not Found", &b"{}"[..], Held::Absent),
            ("200 OK", b"other bytes", Held::Damaged),
            ("200 OK", b"document", Held::Sound),
        ] {
            let (node, asked) = node(move |_, stream| says(stream, status, body));
            assert_eq!((held(&node), asked.load(Ordering::SeqCst)), (want, 1));
            assert_eq!(
                (node.evidence(&hash, false, true), node.evidence(&hash, true, false)),
                (Held::Unasked, Held::Unasked)
            );
        }
        let (refusing, asked) = node(|_, stream| says(stream, "403 Forbidden", b"{}"));
        assert!(matches!(held(&refusing), Held::Unreadable(_)) && asked.load(Ordering::SeqCst) == 1);
    }

    #[test]
    fn node_that_serves_no_document_is_given_up_after_a_bounded_time() {
        let (busy, asked) = node(|_, stream| says(stream, "503 Service Unavailable", b"{}"));
        *busy.patience.lock().unwrap() = Duration::from_millis(30);
        let held: Vec<Held> = (0..1_000u32).map(|n| busy.evidence(&Hash32::of(&n.to_be_bytes()), true, true)).collect();
        assert!(matches!(held[0], Held::NotServed(_)) && held[999] == Held::Unasked);
        assert!(asked.load(Ordering::SeqCst) < 100);
    }

    /// Answers that never end.
    fn babble(stream: &mut TcpStream, first: &[u8], again: &[u8], pause: Duration) {
        let mut sent = stream.write_all(first);
        while sent.is_ok() {
            std::thread::sleep(pause);
            sent = stream.write_all(again);
        }
    }

    #[test]
    fn babbling_node_ends_no_wait_of_the_audit_only_with_the_process() {
        let fast = Duration::ZERO;
        let hash = Hash32::of(b"document");
        let began = Instant::now();
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let chunk = [b"4000\r\n", &vec![b'x'; 0x4000][..], b"\r\n"].concat();
        for (first, again, pause) in [
            // a header without end, in one line and in many
            (&b"HTTP/1.1 200 OK\r\nX: "[..], vec![b'x'; 1024], fast),
            (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n".to_vec(), fast),
            // a status line without end, and no HTTP at all
            (b"HTTP/1.1 200 ", vec![b'x'; 1024], fast),
            (b"SSH-2.0-OpenSSH_9.2\r\n", vec![b'x'; 1024], fast),
            // answers before the answer
            (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), fast),
            // a body without end
            (chunked, chunk.clone(), fast),
        ] {
            let named = String::from_utf8_lossy(first).into_owned();
            let of_document = (first.to_vec(), again.clone());
            let (first, again) = of_document;
            let (node, _) = node(move |_, stream| babble(stream, &first, &again, pause));
            assert!(node.checkpoint().is_err(), "{named}");
            let held = node.evidence(&hash, true, true);
            assert!(matches!(held, Held::NotServed(_) | Held::Unreadable(_)), "{named}: {held:?}");
        }
        assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    }

    #[test]
    fn the_address_on_a_label_leads_to_the_proof() {
        let at = |url: &str| address(url).map(|(node, path)| format!("{node} {path}"));
        let proof = "/lots/09521321001015/DAUN-2611-07/proof";
        for url in [
            "https://jejak.example/01/09521321001015/10/DAUN-2611-07",
            "https://jejak.example/01/09521321001015/10/DAUN-2611-07/21/ABC?linkType=all",
        ] {
            assert_eq!(at(url).unwrap(), format!("https://jejak.example {proof}"));
        }
        assert_eq!(
            at("https://x.example/shop/01/09521321001015/10/DAUN-2611-07").unwrap(),
            format!("https://x.example/shop {proof}")
        );
        assert_eq!(at("https://jejak.example/proofs/a.jejak").unwrap(), "https://jejak.example /proofs/a.jejak");
        assert_eq!(at("https://jejak.example"), None);
    }
}
