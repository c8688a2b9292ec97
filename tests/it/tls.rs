//! HTTPS without a proxy, over real sockets with certificates made here: answers, slow and broken handshakes, and reloading.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jejak::server::{Certificates, Tls, TlsError};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::common::http::{Answer, COSE, Node, request};

/// A new certificate for the node's name, in `dir`, and a client that trusts only it.
fn renew(dir: &Path) -> Arc<ClientConfig> {
    let made = rcgen::generate_simple_self_signed(vec!["ledger.example".to_owned()]).unwrap();
    std::fs::write(dir.join("cert.pem"), made.cert.pem()).unwrap();
    std::fs::write(dir.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    client(made.cert.der().clone())
}

fn client(trusted: CertificateDer<'static>) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config =
        builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // each connection shakes hands anew
    config.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    Arc::new(config)
}

fn open(dir: &Path) -> Arc<Certificates> {
    Certificates::open(&dir.join("cert.pem"), &dir.join("key.pem")).unwrap()
}

fn node(certificates: &Arc<Certificates>, header_time: Duration) -> Node {
    Node::with(
        Duration::from_millis(10),
        |_| {},
        |config| {
            config.tls = Some(Tls::Files(certificates.clone()));
            config.limits.header_time = header_time;
        },
    )
}

type Stream = StreamOwned<ClientConnection, TcpStream>;

fn connect(node: &Node, config: &Arc<ClientConfig>) -> std::io::Result<Stream> {
    shake_hands(node.connect(), config)
}

fn shake_hands(socket: TcpStream, config: &Arc<ClientConfig>) -> std::io::Result<Stream> {
    let connection = ClientConnection::new(config.clone(), "ledger.example".try_into().unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

fn ask(stream: &mut Stream, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    stream.write_all(&request(method, path, headers, body)).unwrap();
    let mut bytes = Vec::new();
    // the end of a connection is no error here: the answer says how long it is
    let _ = stream.read_to_end(&mut bytes);
    Answer::parse(&bytes).unwrap()
}

fn get(node: &Node, config: &Arc<ClientConfig>, path: &str) -> std::io::Result<Answer> {
    Ok(ask(&mut connect(node, config)?, "GET", path, &[], b""))
}

#[test]
fn node_with_a_certificate_answers_over_tls_and_not_without() {
    let dir = tempfile::tempdir().unwrap();
    let trusted = renew(dir.path());
    let node = node(&open(dir.path()), Duration::from_secs(10));
    let mut stream = connect(&node, &trusted).unwrap();
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    let page = ask(&mut stream, "GET", "/app/", &[("Accept", "text/html")], b"");
    assert_eq!(page.status, 200);
    assert!(page.header("permissions-policy").contains("camera=(self)"));
    let record = node.author().record(1);
    let headers = [("Content-Type", COSE), ("Prefer", "wait=5")];
    let sent = ask(&mut connect(&node, &trusted).unwrap(), "POST", "/entries", &headers, &record);
    assert_eq!(sent.status, 201, "{}", sent.text());
    assert!(sent.json()["receipt"].is_object());
    // a large answer goes out whole
    let version = jejak::server::assets::version();
    let large = get(&node, &trusted, &format!("/static/{version}/page.css")).unwrap();
    assert_eq!(large.body, jejak::server::assets::file("page.css").unwrap().0);
    // who speaks no TLS gets no answer, and neither does one that breaks off
    let mut plain = node.connect();
    plain.write_all(&request("GET", "/healthz", &[], b"")).unwrap();
    let mut bytes = Vec::new();
    let _ = plain.read_to_end(&mut bytes);
    assert!(Answer::parse(&bytes).is_none(), "{:?}", String::from_utf8_lossy(&bytes));
    node.connect().write_all(b"\x16\x03\x01\x02").unwrap();
    assert_eq!(get(&node, &trusted, "/healthz").unwrap().status, 200);
    node.stop();
}

#[test]
fn slow_handshake_is_cut_like_slow_headers() {
    let dir = tempfile::tempdir().unwrap();
    let trusted = renew(dir.path());
    let node = node(&open(dir.path()), Duration::from_millis(300));
    for first in [&b""[..], b"\x16", b"\x16\x03\x01\x00\xff\x01"] {
        let mut stream = node.connect();
        stream.write_all(first).unwrap();
        let mut rest = Vec::new();
        // ended by the node, not by the time limit of this test
        match stream.read_to_end(&mut rest) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    // headers inside TLS have their time too
    let mut stream = connect(&node, &trusted).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: ledger.exa").unwrap();
    let mut rest = Vec::new();
    let ended = stream.read_to_end(&mut rest);
    assert!(ended.is_ok() || ended.is_err_and(|error| error.kind() != ErrorKind::WouldBlock));
    assert_eq!(get(&node, &trusted, "/healthz").unwrap().status, 200);
    node.stop();
}

#[test]
fn address_has_a_rate_of_handshakes_also_of_those_that_it_does_not_finish() {
    let dir = tempfile::tempdir().unwrap();
    let trusted = renew(dir.path());
    let certificates = open(dir.path());
    let node = Node::with(
        Duration::from_millis(10),
        |_| {},
        |config| {
            config.tls = Some(Tls::Files(certificates.clone()));
            config.limits.reads_per_second = 1.try_into().unwrap();
            config.limits.read_burst = 3.try_into().unwrap();
        },
    );
    for _ in 0..40 {
        drop(node.connect());
    }
    // another address has a rate of its own; its connection comes after those
    let mut other = shake_hands(node.connect_from([127, 0, 0, 9]), &trusted).unwrap();
    let metrics = ask(&mut other, "GET", "/metrics", &[], b"").text();
    let refused = metrics.lines().find_map(|line| line.strip_prefix("jejak_rate_limited_total ")).unwrap();
    assert_ne!(refused, "0", "those without a handshake are counted");
    assert!((0..40).any(|_| connect(&node, &trusted).is_err()));
    node.stop();
}

#[test]
fn certificate_is_replaced_without_a_restart_and_a_broken_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let first = renew(dir.path());
    let certificates = open(dir.path());
    let node = node(&certificates, Duration::from_secs(10));
    let mut open_before = connect(&node, &first).unwrap();
    assert!(!certificates.reload().unwrap(), "nothing changed");
    let second = renew(dir.path());
    assert!(certificates.reload().unwrap());
    assert_eq!(get(&node, &second, "/healthz").unwrap().status, 200);
    assert!(get(&node, &first, "/healthz").is_err(), "the old certificate is shown no more");
    assert_eq!(ask(&mut open_before, "GET", "/healthz", &[], b"").status, 200, "and open connections go on");
    // the certificate of another key, as between two writes; then no certificate; then none at all
    let other = rcgen::generate_simple_self_signed(vec!["ledger.example".to_owned()]).unwrap();
    std::fs::write(dir.path().join("cert.pem"), other.cert.pem()).unwrap();
    assert!(matches!(certificates.reload(), Err(TlsError::Pair(_))));
    std::fs::write(dir.path().join("cert.pem"), "no certificate").unwrap();
    assert!(certificates.reload().is_err());
    std::fs::remove_file(dir.path().join("cert.pem")).unwrap();
    assert!(matches!(certificates.reload(), Err(TlsError::File { .. })));
    assert_eq!(get(&node, &second, "/healthz").unwrap().status, 200);
    node.stop();
}
