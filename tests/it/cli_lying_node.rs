//! Nodes that lie to the command line: answers without end, headers without end, redirects in a circle, lists that never end. Each
//! ends with an error that says so, after a bounded number of bytes.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::common::command::{code, jejak, stderr};

/// What lies between the node and the command line may take some more.
const BUFFERS: u64 = 16 << 20;

/// A server that answers every request with `lie`, and counts.
struct Liar {
    address: String,
    bytes: Arc<AtomicU64>,
    requests: Arc<AtomicU64>,
}

/// One connection of a [`Liar`], with the client at its other end.
struct Peer<'a> {
    stream: &'a mut TcpStream,
    bytes: &'a AtomicU64,
    path: String,
}

impl Peer<'_> {
    /// Whether the client still reads.
    fn send(&mut self, text: &[u8]) -> bool {
        let written = self.stream.write_all(text).is_ok();
        self.bytes.fetch_add(text.len() as u64, Ordering::Relaxed);
        written
    }

    /// Sends the same until the client has enough, or 1 GiB.
    fn send_without_end(&mut self, text: &[u8]) {
        for _ in 0..(1 << 30) / text.len() {
            if !self.send(text) {
                return;
            }
        }
    }
}

fn liar(lie: impl Fn(&mut Peer<'_>) + Send + Sync + 'static) -> Liar {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (bytes, requests) = (Arc::<AtomicU64>::default(), Arc::<AtomicU64>::default());
    let (counted, asked) = (bytes.clone(), requests.clone());
    // it ends with the process of the test
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|n| n > 2) {}
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            asked.fetch_add(1, Ordering::Relaxed);
            lie(&mut Peer { stream: &mut stream, bytes: &counted, path });
        }
    });
    Liar { address, bytes, requests }
}

impl Liar {
    /// Runs the command with this node's address in place of `NODE`; it fails with `why` in its message.
    #[track_caller]
    fn fails(&self, args: &[&str], exit: i32, why: &str) {
        let dir = tempfile::tempdir().unwrap();
        let args: Vec<String> = args.iter().map(|arg| arg.replace("NODE", &self.address)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = jejak(dir.path(), &args);
        assert_eq!(code(&output), exit, "{}", stderr(&output));
        assert!(stderr(&output).contains(why) && stderr(&output).contains("hint: "), "{}", stderr(&output));
    }

    #[track_caller]
    fn sent_at_most(&self, most: u64) {
        let sent = self.bytes.load(Ordering::Relaxed);
        assert!(sent <= most + BUFFERS, "{sent} bytes");
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\n";
const PROOF: &str = "NODE/lots/09521321001015/A/proof";

#[test]
fn answer_without_end_is_cut_by_what_was_asked_for() {
    let endless = || {
        liar(|peer| {
            if peer.send(OK) && peer.send(b"\r\n") {
                peer.send_without_end(&[b' '; 65_536]);
            }
        })
    };
    let node = endless();
    node.fails(&["verify", PROOF], 1, "sends more than it was asked for");
    node.sent_at_most(64 << 20);
    let node = endless();
    node.fails(&["audit", "NODE"], 1, "at most 65536 bytes");
    node.sent_at_most(64 << 10);
    let node = endless();
    node.fails(&["lot", "show", "(01)09521321001015(10)A", "--node", "NODE"], 1, "sends more than it was asked for");
    node.sent_at_most(32 << 20);
    assert_eq!(node.requests.load(Ordering::Relaxed), 1, "it is not asked again");
}

#[test]
fn log_that_claims_more_entries_than_there_can_be_is_read_no_further_than_its_first_lies() {
    let node = liar(|peer| {
        let body = match peer.path.as_str() {
            "/checkpoint" => {
                let (root, signature) = ("A".repeat(43) + "=", "A".repeat(92));
                format!("liar.example\n{}\n{root}\n\n\u{2014} liar.example {signature}\n", 1u64 << 50).into_bytes()
            }
            // 256 entries of no bytes
            _ => vec![0; 512],
        };
        peer.send(OK);
        peer.send(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        peer.send(&body);
    });
    node.fails(&["audit", "NODE"], 1, "entries were not read");
    assert!(node.requests.load(Ordering::Relaxed) < 40, "a thousand entries are five bundles");
}

#[test]
fn answer_that_announces_too_much_is_not_read() {
    let node = liar(|peer| {
        if peer.send(OK) && peer.send(b"Content-Length: 10000000000\r\n\r\n") {
            peer.send_without_end(&[b' '; 65_536]);
        }
    });
    node.fails(&["verify", PROOF], 1, "sends more than it was asked for");
    node.sent_at_most(0);
}

#[test]
fn packed_answer_is_cut_by_what_it_unpacks_to() {
    let packed = |bytes: usize| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&vec![b' '; bytes]).unwrap();
        encoder.finish().unwrap()
    };
    let (bomb, nothing) = (packed(40 << 20), packed(0));
    assert!(bomb.len() < 64 << 10, "{}", bomb.len());
    let gzip = b"Content-Encoding: gzip\r\n\r\n";
    let node = liar(move |peer| {
        if peer.send(OK) && peer.send(gzip) {
            peer.send(&bomb);
        }
    });
    node.fails(&["audit", "NODE"], 1, "at most 65536 bytes");
    let node = liar(move |peer| {
        if peer.send(OK) && peer.send(gzip) {
            peer.send_without_end(&nothing.repeat(1_000));
        }
    });
    node.fails(&["audit", "NODE"], 1, "at most 65536 bytes");
    node.sent_at_most(1 << 20);
    let node = liar(|peer| {
        if peer.send(OK) && peer.send(gzip) {
            peer.send(b"not packed at all, whatever it says");
        }
    });
    node.fails(&["audit", "NODE"], 1, "can't be unpacked");
}

#[test]
fn problem_without_end_is_cut() {
    let node = liar(|peer| {
        if peer.send(b"HTTP/1.1 422 Unprocessable Content\r\nConnection: close\r\n\r\n") {
            peer.send_without_end(&[b' '; 65_536]);
        }
    });
    node.fails(&["verify", PROOF], 1, "at most 65536 bytes");
    node.sent_at_most(64 << 10);
}

#[test]
fn headers_without_end_are_cut() {
    let node = liar(|peer| {
        if peer.send(OK) {
            peer.send(b"X-Lie: ");
            peer.send_without_end(&[b'a'; 4_096]);
        }
    });
    node.fails(&["verify", PROOF], 1, "headers without end");
    node.sent_at_most(16 << 10);
    let node = liar(|peer| {
        if peer.send(OK) {
            peer.send_without_end(&b"X-Lie: a\r\n".repeat(100));
        }
    });
    node.fails(&["verify", PROOF], 1, "too many headers");
    node.sent_at_most(16 << 10);
}

#[test]
fn redirects_in_a_circle_end_after_a_few() {
    let node = liar(|peer| {
        peer.send(
            b"HTTP/1.1 307 Temporary Redirect\r\nConnection: close\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n",
        );
    });
    node.fails(&["verify", PROOF], 1, "from address to address");
    assert!(node.requests.load(Ordering::Relaxed) <= 4);
}

#[test]
fn list_whose_pages_never_end_is_cut() {
    let node = liar(|peer| {
        let padding = " ".repeat(1 << 20);
        let page = format!("{{\"lots\": [], \"next\": \"{}\"{padding}}}", peer.path.len());
        peer.send(OK);
        peer.send(format!("Content-Length: {}\r\n\r\n{page}", page.len()).as_bytes());
    });
    node.fails(&["lot", "trace", "(01)09521321001015(10)A", "--node", "NODE"], 1, "a list without end");
    assert!(node.requests.load(Ordering::Relaxed) <= 65);
}
