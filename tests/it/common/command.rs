//! Runs the real `jejak` command.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

pub const LOT: &str = "(01)09521321001015(10)DAUN-2611-07";
pub const PARTY: &str = "https://id.gs1.org/417/9521321000117";

/// `jejak` to be run in `dir`, without the environment's settings.
pub fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jejak"));
    command.args(args).current_dir(dir).stdin(Stdio::null());
    command.env_remove("JEJAK_NODE").env_remove("JEJAK_PASSPHRASE");
    command.env("JEJAK_LEDGER", "urn:jejak:ledger:x").env("JEJAK_PARTY", PARTY);
    command
}

/// Runs `jejak` in `dir`, without the environment's settings.
pub fn jejak(dir: &Path, args: &[&str]) -> Output {
    command(dir, args).output().unwrap()
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

/// A running `jejak serve`, killed when it is dropped.
pub struct Served {
    pub process: Child,
    pub url: String,
}

impl Served {
    /// Starts it on the ledger in `dir`.
    #[track_caller]
    pub fn start(dir: &Path, args: &[&str], stderr: Stdio) -> Served {
        Served::try_start(dir, args, stderr)
            .unwrap_or_else(|ended| panic!("it did not start: {}", self::stderr(&ended)))
    }

    /// [`Served::start`], or how it ended instead.
    pub fn try_start(dir: &Path, args: &[&str], stderr: Stdio) -> Result<Served, Output> {
        let mut process = command(Path::new("."), &["--json", "serve", "--listen", "127.0.0.1:0", "--dir"])
            .arg(dir)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(stderr)
            .spawn()
            .unwrap();
        let mut text = String::new();
        let mut lines = BufReader::new(process.stdout.take().unwrap());
        // the JSON of one answer, over several lines
        while serde_json::from_str::<Value>(&text).is_err() && lines.read_line(&mut text).unwrap() > 0 {}
        let Ok(started) = serde_json::from_str::<Value>(&text) else { return Err(process.wait_with_output().unwrap()) };
        Ok(Served { process, url: format!("http://{}", started["listen"].as_str().unwrap()) })
    }

    /// Kills it; what it printed to its standard error, if that was piped.
    pub fn kill(mut self) -> String {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let mut output = String::new();
        if let Some(mut stderr) = self.process.stderr.take() {
            stderr.read_to_string(&mut output).unwrap();
        }
        output
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
