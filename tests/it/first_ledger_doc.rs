//! Runs every command of `docs/first-ledger.md`; only the port is changed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const DOC: &str = include_str!("../../docs/first-ledger.md");

/// The blocks of the document, with the language that each names.
fn blocks() -> Vec<(&'static str, &'static str)> {
    let mut parts = DOC.split("```");
    parts.next();
    let mut found = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        found.push(block.split_once('\n').unwrap());
    }
    found
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn bash(dir: &Path, script: &str) -> Command {
    let bin = Path::new(env!("CARGO_BIN_EXE_jejak")).parent().unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.args(["-euc", script]).current_dir(dir).env("PATH", path).stdin(Stdio::null());
    for variable in ["JEJAK_NODE", "JEJAK_LEDGER", "JEJAK_PARTY", "JEJAK_TRUST", "JEJAK_DIR", "JEJAK_PUBLIC_URL"] {
        command.env_remove(variable);
    }
    command
}

#[test]
fn every_command_of_first_ledger_doc_runs() {
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let (mut script, mut server) = (String::new(), None);
    let run = |script: &str| {
        let output = bash(dir.path(), script).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{stderr}");
        assert!(!stderr.contains("warning"), "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    for (language, text) in blocks() {
        let text = text.replace("8080", &port);
        match language {
            "serve" => {
                run(&script);
                script.clear();
                let text = format!("exec {} --json --listen 127.0.0.1:{port}", text.trim());
                let mut child = bash(dir.path(), &text).stdout(Stdio::piped()).spawn().unwrap();
                // its first line says that it listens
                BufReader::new(child.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
                server = Some(Server(child));
            }
            "sh" => script.push_str(&text),
            other => panic!("a block in {other:?}"),
        }
    }
    let shown = run(&script);
    assert!(shown.contains("inspected  pass"), "{shown}");
    assert_eq!(shown.matches("PROVEN: as of size").count(), 2, "{shown}");
    assert!(shown.contains("state      verified") && !shown.contains("warning"), "{shown}");
    assert!(std::fs::read(dir.path().join("labels.pdf")).unwrap().starts_with(b"%PDF-"));
    drop(server);
    let readme = include_str!("../../README.md");
    assert!(readme.contains("docs/first-ledger.md"));
}
