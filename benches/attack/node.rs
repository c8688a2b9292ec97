//! The node under attack: a `jejak serve` of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

/// A running node.
pub struct Node {
    process: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

/// Runs the command to its end.
pub fn jejak(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jejak")).args(arguments).output().expect("the command runs")
}

/// The attackers hold thousands of connections.
pub fn raise_file_limit() {
    let most = getrlimit(Resource::Nofile).maximum;
    let _ = setrlimit(Resource::Nofile, Rlimit { current: most, maximum: most });
}

impl Node {
    /// Starts it, and waits until it takes records.
    pub fn start(dir: &Path) -> Node {
        let mut process = Command::new(env!("CARGO_BIN_EXE_jejak"))
            .args(["serve", "--listen", "127.0.0.1:0", "--json", "--dir"])
            .arg(dir)
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the node starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("its first line");
        let started: serde_json::Value = serde_json::from_str(&line).expect("its address as JSON");
        let address = started["listen"].as_str().and_then(|a| a.parse().ok()).expect("its address");
        while !healthy(address) {
            std::thread::sleep(Duration::from_millis(10));
        }
        Node { process, address }
    }

    /// Reads its memory until `stop`; answers with the most, in MiB.
    pub fn watch_memory(&self, stop: Arc<AtomicBool>) -> JoinHandle<u64> {
        let path = format!("/proc/{}/status", self.process.id());
        std::thread::spawn(move || {
            let mut most = 0;
            while !stop.load(Ordering::Relaxed) {
                let status = std::fs::read_to_string(&path).unwrap_or_default();
                let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
                most = line.trim().trim_end_matches(" kB").parse::<u64>().map_or(most, |kib| kib / 1024);
                std::thread::sleep(Duration::from_millis(200));
            }
            most
        })
    }

    /// Stops it as a supervisor does.
    pub fn stop(mut self) {
        let pid = i32::try_from(self.process.id()).ok().and_then(Pid::from_raw).expect("its process id");
        kill_process(pid, Signal::TERM).expect("it runs");
        let ended = self.process.wait().expect("it ends");
        assert!(ended.success(), "the node ended with {ended}");
    }
}

impl Drop for Node {
    /// A bench that fails leaves no node behind.
    fn drop(&mut self) {
        let _ = self.process.kill();
    }
}

fn healthy(address: SocketAddr) -> bool {
    let asked = || -> std::io::Result<bool> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer.starts_with(b"HTTP/1.1 200"))
    };
    asked().unwrap_or(false)
}
