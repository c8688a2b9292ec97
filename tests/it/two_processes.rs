//! A second process on the same directory refuses to start; it starts once the first is dead.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;

use crate::common::{NOW, TestClock, child, init, numbered, options};
use jejak::ledger::{Ledger, OpenError};
use jejak::store::lock::LockError;

#[test]
#[ignore = "child process of the lock tests, not a test"]
fn process() {
    let dir = std::env::var("JEJAK_CHILD_DIR").expect("started by another test");
    match Ledger::open(Path::new(&dir), &options(&TestClock::at(NOW))) {
        Ok(ledger) => {
            println!("opened");
            if std::env::var("JEJAK_CHILD_STAY").is_ok() {
                std::thread::sleep(std::time::Duration::from_secs(60));
            }
            ledger.shutdown();
        }
        Err(error) => println!("refused: {error}"),
    }
}

fn start(dir: &Path) -> String {
    let output =
        child(module_path!(), &[("JEJAK_CHILD_DIR", dir.to_str().unwrap())]).stderr(Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn second_process_on_the_directory_refuses_to_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    let clock = TestClock::at(NOW);
    init(&path, &clock);
    let ledger = Ledger::open(&path, &options(&clock)).unwrap();
    let printed = start(&path);
    assert!(printed.contains("refused: another process"), "{printed}");
    assert!(printed.contains(&std::process::id().to_string()), "names who has it: {printed}");
    assert!(matches!(Ledger::open(&path, &options(&clock)), Err(OpenError::Lock(LockError::Held(_)))));
    ledger.submit_blocking(numbered(ledger.id(), 1)).unwrap();
    ledger.shutdown();
    drop(ledger);
    assert!(start(&path).contains("opened"));
}

#[test]
fn killed_process_leaves_no_lock() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ledger");
    init(&path, &TestClock::at(NOW));
    let vars = [("JEJAK_CHILD_DIR", path.to_str().unwrap()), ("JEJAK_CHILD_STAY", "1")];
    let mut process = child(module_path!(), &vars).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = process.stdout.take().unwrap();
    let (mut text, mut chunk) = (String::new(), [0; 256]);
    while !text.contains("opened") {
        let n = out.read(&mut chunk).unwrap();
        assert!(n > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&chunk[..n]));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    Ledger::open(&path, &options(&TestClock::at(NOW))).unwrap().shutdown();
}
