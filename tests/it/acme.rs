//! Certificates by domain, of a real ACME server: Let's Encrypt's `pebble`, with its DNS server for tests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::common::command::{Served, code, jejak, ok, stderr};
use crate::common::files;

const DOMAIN: &str = "jejak.example";

/// A process that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Calls `attempt` until it returns something.
#[track_caller]
fn wait_for<T>(what: &str, mut attempt: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        if let Some(found) = attempt() {
            return found;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// `pebble` and its DNS server, and how they are reached.
struct Pebble {
    directory: String,
    management: SocketAddr,
    /// Of its own listeners.
    certificate: CertificateDer<'static>,
    processes: Vec<Running>,
}

/// Where `pebble` will listen, and the certificate that it will have, in `dir`.
fn prepare(dir: &Path) -> (u16, u16, CertificateDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let made = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    std::fs::write(dir.join("pebble.pem"), made.pem()).unwrap();
    std::fs::write(dir.join("pebble.key"), key.serialize_pem()).unwrap();
    (free_port(), free_port(), made.der().clone())
}

impl Pebble {
    /// Starts it; it checks names on the port `tls` of this machine, and its certificates are good for `seconds`.
    fn start(dir: &Path, prepared: (u16, u16, CertificateDer<'static>), tls: u16, seconds: u64) -> Pebble {
        let (port, management, certificate) = prepared;
        let config = serde_json::json!({ "pebble": {
            "listenAddress": format!("127.0.0.1:{port}"),
            "managementListenAddress": format!("127.0.0.1:{management}"),
            "certificate": dir.join("pebble.pem"),
            "privateKey": dir.join("pebble.key"),
            "httpPort": free_port(),
            "tlsPort": tls,
            "certificateValidityPeriod": seconds,
        }});
        let file = dir.join("pebble.json");
        std::fs::write(&file, config.to_string()).unwrap();
        let run = |command: &mut Command| {
            let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
            Running(child.expect("pebble is installed"))
        };
        let (names, desk) = (free_port(), free_port());
        let address = |port: u16| format!("127.0.0.1:{port}");
        let dns = run(Command::new("pebble-challtestsrv")
            .args([
                "-dns01",
                &address(names),
                "-management",
                &address(desk),
                "-defaultIPv4",
                "127.0.0.1",
                "-defaultIPv6",
                "",
            ])
            .args(["-http01", "", "-https01", "", "-tlsalpn01", ""]));
        let pebble = run(Command::new("pebble")
            .args(["-config", file.to_str().unwrap(), "-dnsserver", &address(names)])
            // no pauses, and every nonce is good
            .envs([("PEBBLE_VA_NOSLEEP", "1"), ("PEBBLE_WFE_NONCEREJECT", "0")]));
        let management = SocketAddr::from(([127, 0, 0, 1], management));
        let directory = format!("https://localhost:{port}/dir");
        Pebble { directory, management, certificate, processes: vec![pebble, dns] }
    }

    /// The root that its certificates lead to; a new one at each start.
    fn root(&self) -> CertificateDer<'static> {
        let config = trusting(self.certificate.clone(), &[]);
        let answer = wait_for("pebble answers", || {
            let mut stream = connect(self.management, "localhost", &config).ok()?;
            stream.write_all(b"GET /roots/0 HTTP/1.0\r\nHost: localhost\r\n\r\n").ok()?;
            let mut text = String::new();
            let _ = stream.read_to_string(&mut text);
            text.contains("END CERTIFICATE").then_some(text)
        });
        let pem = &answer[answer.find("-----BEGIN").unwrap()..];
        CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()
    }
}

fn trusting(root: CertificateDer<'static>, protocols: &[&[u8]]) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let mut config =
        builder.with_safe_default_protocol_versions().unwrap().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|protocol| protocol.to_vec()).collect();
    config.resumption = tokio_rustls::rustls::client::Resumption::disabled();
    Arc::new(config)
}

fn connect(
    at: SocketAddr,
    name: &str,
    config: &Arc<ClientConfig>,
) -> std::io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let connection = ClientConnection::new(config.clone(), name.to_owned().try_into().unwrap()).unwrap();
    let socket = TcpStream::connect(at)?;
    socket.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut stream = StreamOwned::new(connection, socket);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    Ok(stream)
}

/// The certificate that the node at `at` shows, when it is good for the domain and leads to the root.
fn shown(at: SocketAddr, config: &Arc<ClientConfig>) -> Option<Vec<u8>> {
    let mut stream = connect(at, DOMAIN, config).ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: jejak.example\r\nConnection: close\r\n\r\n").ok()?;
    let mut text = String::new();
    let _ = stream.read_to_string(&mut text);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    Some(stream.conn.peer_certificates()?.first()?.to_vec())
}

fn ledger(dir: &Path) {
    ok(&jejak(
        dir,
        &[
            "init",
            "--no-passphrase",
            "--origin",
            "jejak.example/log",
            "--public-url",
            "https://jejak.example",
            "--authority",
            "urn:jejak:party:ministry",
            "--name",
            "Ministry",
            "--prefix",
            "952132100",
            "--dir",
            "ledger",
            "--keys",
            "keys",
        ],
    ));
}

#[test]
#[ignore = "needs pebble, which scripts/test.sh installs"]
fn node_gets_a_certificate_by_acme_keeps_it_over_a_restart_and_renews_it() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    ledger(dir);
    let prepared = prepare(dir);
    let directory = format!("https://localhost:{}/dir", prepared.0);
    let roots = dir.join("pebble.pem");
    let roots = roots.to_str().unwrap();
    let options = [
        "--acme-domain",
        DOMAIN,
        "--acme-contact",
        "a@jejak.example",
        "--acme-directory",
        &directory,
        "--acme-roots",
        roots,
    ];
    let at = |served: &Served| served.url.strip_prefix("http://").unwrap().parse::<SocketAddr>().unwrap();

    // the server can't be reached yet: the node runs, and asks again
    let served = Served::start(&dir.join("ledger"), &options, Stdio::null());
    let pebble = Pebble::start(dir, prepared, at(&served).port(), 45);
    assert_eq!(pebble.directory, directory);
    let client = trusting(pebble.root(), &[b"http/1.1"]);
    let first = wait_for("a certificate", || shown(at(&served), &client));

    // a handshake of the challenge gets no page, also when nothing is asked
    let challenge = trusting(pebble.root(), &[b"acme-tls/1"]);
    assert!(connect(at(&served), DOMAIN, &challenge).is_err());

    // stored after it is used
    let folder = dir.join("ledger/acme");
    let is_whole = |file: &PathBuf| !file.to_string_lossy().starts_with('.');
    let kept = || files(&folder).into_iter().filter(is_whole).map(|file| folder.join(file)).collect::<Vec<_>>();
    for file in wait_for("its files", || Some(kept()).filter(|kept| kept.len() == 2)) {
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{}", file.display());
    }

    // renewed when a third of its 45 seconds is left
    let second = wait_for("a renewed certificate", || shown(at(&served), &client).filter(|now| *now != first));

    // without the server, from the file
    let root = pebble.root();
    drop(pebble.processes);
    served.kill();
    let served = Served::start(&dir.join("ledger"), &options, Stdio::null());
    let client = trusting(root, &[b"http/1.1"]);
    let third = wait_for("the certificate that was kept", || shown(at(&served), &client));
    assert!(third == second, "another certificate");
}

#[test]
fn what_acme_can_not_do_is_said_before_the_node_starts() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    ledger(dir);
    std::fs::write(dir.join("empty.pem"), "").unwrap();
    for (options, words) in [
        (&["--acme-domain", "other.example"][..], "no certificate would be asked for jejak.example"),
        (&["--acme-domain", "*.jejak.example"], "no domain that a certificate can be asked for"),
        (&["--acme-domain", DOMAIN, "--acme-directory", "http://localhost/dir"], "an address with https"),
        (&["--acme-domain", DOMAIN, "--acme-contact", "mailto:a@b.example"], "no e-mail address"),
        (&["--acme-domain", DOMAIN, "--acme-roots", "none.pem"], "none.pem can't be read"),
        (&["--acme-domain", DOMAIN, "--acme-roots", "empty.pem"], "empty.pem has no certificate"),
        (&["--acme-domain", DOMAIN, "--tls-cert", "a", "--tls-key", "b"], "exclude each other"),
    ] {
        let serve = ["serve", "--dir", "ledger", "--listen", "127.0.0.1:0"];
        let output = jejak(dir, &[&serve[..], options].concat());
        assert_eq!(code(&output), 2, "{options:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{options:?}: {}", stderr(&output));
    }
}
