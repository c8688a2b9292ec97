//! Runs the real `jejak` command.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

pub const LOT: &str = "(01)09521321001015(10)DAUN-2611-07";
pub const PARTY: &str = "https://id.gs1.org/417/9521321000117";

/// Runs `jejak` in `dir`, without the environment's settings.
pub fn jejak(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jejak"))
        .args(args)
        .current_dir(dir)
        .env_remove("JEJAK_NODE")
        .env_remove("JEJAK_PASSPHRASE")
        .env("JEJAK_LEDGER", "urn:jejak:ledger:x")
        .env("JEJAK_PARTY", PARTY)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
pub fn ok(output: &Output) -> String {
    assert_eq!(code(output), 0, "{}", stderr(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Starts `jejak serve` on the ledger in `dir`, and returns it with its address.
pub fn serve(dir: &Path) -> (Child, String) {
    let mut server = Command::new(env!("CARGO_BIN_EXE_jejak"))
        .args(["serve", "--listen", "127.0.0.1:0", "--dir"])
        .arg(dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let at = line.split_whitespace().find_map(|word| word.strip_prefix("http://")).expect("prints its address");
    (server, format!("http://{}", at.trim_end_matches(',')))
}
