//! The real server over a real socket, for the tests that talk to it. The client writes bytes to a TCP stream, so that it can
//! send malformed requests.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use ed25519_dalek::SigningKey;
use jejak::httpsig::{self, Params, Target};
use jejak::ledger::Ledger;
use jejak::record::PublicKey;
use jejak::server::{Config, Limits, serve};
use serde_json::Value;
use tokio::sync::oneshot;

use super::{Author, NOW, TestClock, healthy, init_options, options};

pub const COSE: &str = "application/cose";
pub const SEQ: &str = "application/cbor-seq";

/// A served ledger in a directory of its own.
pub struct Node {
    pub addr: SocketAddr,
    pub ledger: Ledger,
    pub clock: TestClock,
    pub stop: Option<oneshot::Sender<()>>,
    pub thread: Option<JoinHandle<()>>,
    pub dir: tempfile::TempDir,
}

impl Node {
    pub fn start(change: impl FnOnce(&mut Limits)) -> Node {
        Node::publishing(Duration::from_millis(10), change)
    }

    pub fn publishing(every: Duration, change: impl FnOnce(&mut Limits)) -> Node {
        Node::with(every, |_| {}, |config| change(&mut config.limits))
    }

    /// With settings of the ledger and of the server as they are changed here.
    pub fn with(
        every: Duration,
        ledgers: impl FnOnce(&mut jejak::ledger::Limits),
        servers: impl FnOnce(&mut Config),
    ) -> Node {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ledger");
        let clock = TestClock::at(NOW);
        let mut founding = init_options();
        ledgers(&mut founding.limits);
        Ledger::init(&path, &founding, &options(&clock)).unwrap();
        let mut options = options(&clock);
        options.publish_every = Some(every);
        let ledger = Ledger::open(&path, &options).unwrap();
        let mut config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
        servers(&mut config);
        Node::serving(dir, ledger, clock, config)
    }

    /// Serves a ledger that is in `dir`.
    pub fn serving(dir: tempfile::TempDir, ledger: Ledger, clock: TestClock, config: Config) -> Node {
        let (stop, stopped) = oneshot::channel::<()>();
        let (bound, address) = std::sync::mpsc::channel();
        let served = ledger.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                serve(served, config, listener, async {
                    let _ = stopped.await;
                })
                .await
                .unwrap();
            });
        });
        Node { addr: address.recv().unwrap(), ledger, clock, stop: Some(stop), thread: Some(thread), dir }
    }

    pub fn author(&self) -> Author {
        Author::new(self.ledger.id())
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send("GET", path, headers, b"")
    }

    pub fn post(&self, kind: &str, body: &[u8]) -> Answer {
        self.send("POST", "/entries", &[("Content-Type", kind)], body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        // a server may answer a body that is too large before it has read it
        let _ = stream.write_all(&request(method, path, headers, body));
        Answer::read(&mut stream)
    }

    /// The headers of a request that `key` signs for this node, with parameters changed by `change`.
    pub fn signed_headers(
        &self,
        key: &SigningKey,
        method: &str,
        path: &str,
        digest: &str,
        change: impl FnOnce(&mut Params),
    ) -> Vec<(&'static str, String)> {
        static NONCE: AtomicU64 = AtomicU64::new(0);
        let mut params = Params {
            created: NOW,
            expires: NOW + 60,
            nonce: format!("{:016}", NONCE.fetch_add(1, Ordering::Relaxed)),
            key: PublicKey(key.verifying_key().to_bytes()),
            ledger: self.ledger.id().into(),
        };
        change(&mut params);
        let uri = format!("https://ledger.example{path}");
        let fields = httpsig::sign(key, &params, &Target { method, uri: &uri, digest }).unwrap();
        vec![("content-digest", digest.into()), ("signature-input", fields.input), ("signature", fields.signature)]
    }

    /// `PUT`, signed.
    pub fn put_signed(&self, key: &SigningKey, path: &str, body: &[u8], change: impl FnOnce(&mut Params)) -> Answer {
        let headers = self.signed_headers(key, "PUT", path, &httpsig::digest::of(body), change);
        let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        self.send("PUT", path, &headers, body)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.addr).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// A connection from another address of this machine; the kernel keeps little of what it does not read.
    pub fn connect_from(&self, address: [u8; 4]) -> TcpStream {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.set_recv_buffer_size(4 << 10).unwrap();
        socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
        socket.connect(&self.addr.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// [`Node::send`] from another address of this machine.
    pub fn send_from(
        &self,
        address: [u8; 4],
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let mut stream = self.connect_from(address);
        let _ = stream.write_all(&request(method, path, headers, body));
        Answer::read(&mut stream)
    }

    /// The value of a line of `/metrics`, read from an address that nothing else comes from.
    pub fn metric(&self, name: &str) -> u64 {
        let metrics = self.send_from([127, 9, 9, 9], "GET", "/metrics", &[], b"").text();
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no line {name}:\n{metrics}")).parse().unwrap()
    }

    /// One of the numbers of a budget that clients share: `used`, `most`, `gave_way` or `refused`.
    pub fn budget(&self, number: &str, budget: &str) -> u64 {
        let total = if number == "used" || number == "most" { "" } else { "_total" };
        self.metric(&format!("jejak_budget_{number}{total}{{budget=\"{budget}\"}}"))
    }

    /// How many files there are in this folder of the uploads.
    pub fn stored(&self, folder: &str) -> usize {
        std::fs::read_dir(self.dir.path().join("ledger/objects").join(folder)).map_or(0, Iterator::count)
    }

    /// Stops the server and checks that the ledger it leaves is undamaged.
    pub fn stop(mut self) {
        let _ = self.stop.take().unwrap().send(());
        self.thread.take().unwrap().join().unwrap();
        healthy(&self.dir.path().join("ledger"));
    }
}

pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut out = format!("{method} {path} HTTP/1.1\r\nHost: ledger.example\r\nConnection: close\r\n");
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    if method != "GET" {
        out.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    out.push_str("\r\n");
    [out.as_bytes(), body].concat()
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: BTreeMap<String, String>,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        // the server may reset the connection after its response when it did not read the whole body
        let _ = stream.read_to_end(&mut bytes);
        Answer::parse(&bytes).unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(&bytes)))
    }

    pub fn parse(bytes: &[u8]) -> Option<Answer> {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: BTreeMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut body = bytes[end + 4..].to_vec();
        if headers.get("transfer-encoding").is_some_and(|v| v == "chunked") {
            body = dechunk(&body)?;
        }
        Some(Answer { status, headers, body })
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// A problem document of this kind, with everything it must have and nothing it must not.
    #[track_caller]
    pub fn problem(&self, status: u16, kind: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.header("cache-control"), "no-store");
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:jejak:problem:{kind}"), "{problem}");
        assert_eq!(problem["status"], status);
        assert!(!problem["title"].as_str().unwrap().is_empty() && !problem["detail"].as_str().unwrap().is_empty());
        assert_eq!(problem["requestId"].as_str().unwrap(), self.header("x-request-id"));
        for word in ["panicked", "src/", "No such file", "sled", "/tmp"] {
            assert!(!self.text().contains(word), "reveals internals: {}", self.text());
        }
        problem
    }
}

fn dechunk(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    loop {
        let end = rest.windows(2).position(|w| w == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).ok()?, 16).ok()?;
        if size == 0 {
            return Some(out);
        }
        out.extend_from_slice(rest.get(end + 2..end + 2 + size)?);
        rest = rest.get(end + 4 + size..)?;
    }
}

/// The address of the next page, from the `Link` header.
pub fn next_page(page: &Answer) -> Option<String> {
    let (path, _) = page.header("link").strip_prefix('<')?.split_once(">; rel=\"next\"")?;
    Some(path.to_owned())
}
