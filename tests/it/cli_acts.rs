//! What `jejak record new` checks before it signs: missing values are named by their options, and no sequence number is used.

use crate::common::command::{LOT, PARTY, jejak, ok, stderr};
use serde_json::Value;

#[test]
fn missing_arguments_of_an_act_are_reported_before_signing() {
    let dir = tempfile::tempdir().unwrap();
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let kg = format!("{LOT}=1040.5KGM");
    let oil = "(01)09521321001022(10)NILAM-2611-03=24.6KGM";
    let buyer = "https://id.gs1.org/417/9521321000315";
    // a shipment is the signer's, where nobody else is named
    let ship = ["record", "new", "ship", "--lot", oil, "--to", buyer, "--at", "9521321000124"];
    let event: Value = serde_json::from_str(&ok(&jejak(dir.path(), &ship))).unwrap();
    assert_eq!(event["sourceList"][0]["source"], PARTY);
    // missing values are named by their options, and no number is used
    let later = ["--harvest-start", "2026-01-01", "--harvest-end", "2099-01-02"];
    let turned = ["--harvest-start", "2026-01-02", "--harvest-end", "2026-01-01"];
    for (act, words) in [
        (&["harvest", "--lot", &kg][..], &["--harvest-start", "--harvest-end"][..]),
        (&[&["harvest", "--lot", &kg], &later[..]].concat(), &["2099-01-02", "after the day of the event"]),
        (&[&["harvest", "--lot", &kg], &turned[..]].concat(), &["--harvest-end 2026-01-01 is before"]),
        (&["receive", "--lot", oil], &["--shipment"]),
        (&["void-shipment"], &["--shipment"]),
        (&["ship", "--lot", oil], &["--to"]),
        (&["lift", "--lot", LOT], &["--lifts"]),
        (&["trade", "--lot", oil], &["--document"]),
        (&["process", "--input", &kg], &["--output"]),
        (&["sample", "--lot", oil], &["--sample", "--holder"]),
        (&["inspect", "--lot", oil], &["--result"]),
        (&["adjust", "--lot", oil], &["--reason"]),
        (&["adjust", "--lot", oil, "--reason", "spill"], &["spillage", "drying", "reweigh-gain"]),
        (&["observe", "--lot", oil, "--step", "foo"], &["arriving", "storing"]),
        (&["hold", "--lot", LOT, "--step", "arriving"], &["hold has no --step"]),
        (&["observe", "--lot", "(01)09521321001015(10)A=100kgg"], &["did you mean kg?"]),
    ] {
        let at = ["--at", "9521321000124", "--key", "key.pem", "--out", "bad.cose"];
        let bad = jejak(dir.path(), &[&["record", "new"], act, &at[..]].concat());
        assert_eq!(bad.status.code(), Some(2), "{act:?}");
        words.iter().for_each(|word| assert!(stderr(&bad).contains(word), "{act:?} {word}: {}", stderr(&bad)));
    }
    assert!(!dir.path().join("bad.cose").exists());
    assert!(!dir.path().join("key.pem.seq").exists(), "no number was used up");
    let help = ok(&jejak(dir.path(), &["record", "new", "--help"]));
    assert!(help.contains("spillage") && help.contains("arriving") && help.contains("acid-value=3.1,GK"), "{help}");
}

#[test]
fn unchecked_and_unsent_records_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    ok(&jejak(dir.path(), &["key", "new", "key.pem", "--no-passphrase"]));
    let kg = format!("{LOT}=1KGM");
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    let harvest = ["record", "new", "harvest", "--lot", &kg, "--at", "9521321000124"];
    // an unreachable node does not prevent signing
    let gone = ["--node", "http://127.0.0.1:9", "--key", "key.pem"];
    let away = jejak(dir.path(), &[&harvest[..], &days[..], &gone[..]].concat());
    assert_eq!(away.status.code(), Some(3));
    assert!(stderr(&away).contains("could not check the place"), "{}", stderr(&away));
    assert!(stderr(&away).contains("record submit") && !stderr(&away).contains("record drop"), "{}", stderr(&away));
    // printed for another device, and not sent
    let printed =
        ["party", "urn:jejak:party:village", "--name", "x", "--role", "producer", "--node", "http://127.0.0.1:9"];
    let printed = jejak(dir.path(), &printed);
    assert!(ok(&printed).contains("Party") && stderr(&printed).contains("--key"), "{}", stderr(&printed));
    let url = ["--url", "https://jejak.example", "--format", "svg"];
    for odd in [["--count", "3"], ["--line", "x"], ["--stock", "2x7"], ["--dpi", "300"], ["--lang", "zh"]] {
        let label = jejak(dir.path(), &[&["label", LOT], &url[..], &odd[..]].concat());
        assert_eq!(label.status.code(), Some(2), "{odd:?}: {}", stderr(&label));
        assert!(stderr(&label).contains(odd[0]), "{}", stderr(&label));
    }
}
