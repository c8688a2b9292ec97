//! The command line reads what people write, asks before it signs, and says what a record did.

use serde_json::Value;

use crate::cli_new_user::{ADMIN, LAB, MINISTRY, PLACE, User, VILLAGE, enrol, fails, founded, json, stderr};

const LEAF: &str = "09521321001015";
const LOT: &str = "(01)09521321001015(10)NILAM-1";
const BUYER: &str = "https://id.gs1.org/417/9521321000315";

/// A ledger with a village that makes leaf, a laboratory and a buyer.
fn village() -> User {
    let (user, _) = founded();
    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "inspector", "lab.pem");
    enrol(&user, BUYER, "buyer", "buyer.pem");
    let named = ["product", LEAF, "--name", "Leaf", "--unit", "gram", "--maker", VILLAGE];
    let leaf = ["--commodity", "essential-oil", "--form", "patchouli-dried-leaf"];
    user.done(VILLAGE, "village.pem", &[&named[..], &leaf[..]].concat());
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Field", "--kind", "village"]);
    user
}

const DAYS: [&str; 4] = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];

fn harvest<'a>(lot: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["record", "new", "harvest", "--lot", lot, "--at", PLACE][..], &DAYS, more].concat()
}

#[test]
fn amount_with_two_meanings_is_not_signed_without_a_locale() {
    let user = village();
    let lot = format!("{LOT}=1.040 kg");
    let ambiguous = user.signed(VILLAGE, "village.pem", &harvest(&lot, &[]));
    fails(&ambiguous, 2, "--locale");
    assert!(stderr(&ambiguous).contains("1.040 or 1040"), "{}", stderr(&ambiguous));
    let read = user.signed(VILLAGE, "village.pem", &harvest(&lot, &["--locale", "id"]));
    json(&read);
    assert!(stderr(&read).contains("1 040 kg = 1 040 000 g"), "{}", stderr(&read));
    let more = format!("{LOT}=1,5 kuintal");
    let read = user.signed(VILLAGE, "village.pem", &harvest(&more, &["--locale", "id"]));
    json(&read);
    assert!(stderr(&read).contains("1,5 kuintal = 150 kg = 150 000 g"), "{}", stderr(&read));
    let lot = user.run(&["lot", "show", LOT, "--json"]);
    assert_eq!(json(&lot)["produced"], "1190000", "1,040 kg and 150 kg");
}

#[test]
fn acknowledgement_says_what_the_record_did() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    let args = harvest(&lot, &["--as", VILLAGE, "--key", "village.pem"]);
    let done = user.run(&args);
    let text = String::from_utf8_lossy(&done.stdout);
    for word in ["index", "Harvested", "Leaf", "24.6\u{a0}kg", "Not inspected", "Next:"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    // findings are sentences, not ids
    let early = format!("{LOT}=1 kg");
    let args = harvest(&early, &["--time", "2026-01-03T10:00:00+08:00", "--as", VILLAGE, "--key", "village.pem"]);
    let text = String::from_utf8_lossy(&user.run(&args).stdout).into_owned();
    assert!(text.contains("notice: ") || text.contains("warning: "), "{text}");
    assert!(!text.contains("late-sync") && !text.contains("event-early"), "{text}");
}

#[test]
fn same_event_again_is_asked_about() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    let first = user.done(VILLAGE, "village.pem", &harvest(&lot, &[]));
    fails(&user.signed(VILLAGE, "village.pem", &harvest(&lot, &[])), 2, "looks the same");
    let other = format!("{LOT}=24.7 kg");
    user.done(VILLAGE, "village.pem", &harvest(&other, &[]));
    // who names the first record knows it
    user.done(VILLAGE, "village.pem", &harvest(&lot, &["--after", first["id"].as_str().unwrap()]));
    let forced = user.signed(VILLAGE, "village.pem", &harvest(&lot, &["--force"]));
    json(&forced);
    assert!(stderr(&forced).contains("looks the same"), "{}", stderr(&forced));
}

#[test]
fn goods_on_hold_are_not_shipped_without_a_question() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    user.done(VILLAGE, "village.pem", &harvest(&lot, &[]));
    user.done(VILLAGE, "village.pem", &["record", "new", "hold", "--lot", LOT, "--reason", "documents", "--at", PLACE]);
    let ship = ["record", "new", "ship", "--lot", &lot, "--to", BUYER, "--at", PLACE];
    fails(&user.signed(VILLAGE, "village.pem", &ship), 2, "is on hold or recalled");
    let forced = user.signed(VILLAGE, "village.pem", &[&ship[..], &["--force"]].concat());
    let done = json(&forced);
    let findings = done["ack"]["effect"]["findings"].as_array().unwrap();
    assert!(findings.iter().any(|finding| finding["rule"] == "shipped-on-hold"), "{findings:?}");
}

#[test]
fn key_on_a_second_device_goes_on_with_its_numbers() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    let first = user.done(VILLAGE, "village.pem", &harvest(&lot, &[]));
    let seq = first["seq"].as_u64().unwrap();
    std::fs::copy(user.path("village.pem"), user.path("phone.pem")).unwrap();
    let more = format!("{LOT}=3 kg");
    let second = user.done(VILLAGE, "phone.pem", &harvest(&more, &[]));
    assert_eq!(second["seq"].as_u64(), Some(seq + 1));
    // and back on the first device, whose counter is behind
    let again = format!("{LOT}=4 kg");
    let third = user.signed(VILLAGE, "village.pem", &harvest(&again, &[]));
    assert_eq!(json(&third)["seq"].as_u64(), Some(seq + 2));
    assert!(stderr(&third).contains("elsewhere"), "{}", stderr(&third));
}

#[test]
fn help_of_an_act_has_its_own_options_and_others_are_refused() {
    let user = village();
    let help = |act: &str| String::from_utf8_lossy(&user.run(&["record", "new", act, "--help"]).stdout).into_owned();
    let harvest = help("harvest");
    assert!(harvest.contains("--harvest-start") && !harvest.contains("--shipment"), "{harvest}");
    assert!(help("receive").contains("--shipment") && !help("receive").contains("--harvest-start"));
    let wrong = ["record", "new", "harvest", "--lot", "x", "--shipment", &"a".repeat(52), "--at", PLACE];
    fails(&user.signed(VILLAGE, "village.pem", &wrong), 2, "harvest has no --shipment");
}

#[test]
fn trade_document_needs_no_place_and_other_acts_name_the_option() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    user.done(VILLAGE, "village.pem", &harvest(&lot, &[]));
    let invoice = ["record", "new", "trade", "--lot", LOT, "--document", "inv=urn:jejak:doc:inv:1"];
    user.done(VILLAGE, "village.pem", &invoice);
    fails(&user.signed(VILLAGE, "village.pem", &["record", "new", "observe", "--lot", LOT]), 2, "--at GLN");
    let wrong = ["record", "new", "observe", "--container", "095213210000000019", "--at", PLACE];
    fails(&user.signed(VILLAGE, "village.pem", &wrong), 2, "8");
}

#[test]
fn inspection_without_signal_needs_a_profile_before_it_is_signed() {
    let user = village();
    let inspect =
        ["record", "new", "inspect", "--lot", LOT, "--at", PLACE, "--result", "iron=12 mg/kg", "--sample", "S-1"];
    let offline = |more: &[&str]| {
        let sign = ["--as", LAB, "--key", "lab.pem", "--out", "test.cose", "--node", ""];
        user.run(&[&inspect[..], more, &sign].concat())
    };
    fails(&offline(&[]), 2, "jejak profile show");
    assert!(!user.path("lab.pem.seq").exists(), "nothing was signed");
    json(&user.run(&["profile", "show", "essential-oil", "--out", "oil.json", "--json"]));
    fails(&offline(&["--profile", "oil.json", "--result", "acid-value=3,1"]), 2, "acid-value=3.1,GK");
    let signed = offline(&["--profile", "oil.json", "--result", "acid-value=3,1 g/kg"]);
    assert_eq!(signed.status.code(), Some(0), "{}", stderr(&signed));
    let shown = json(&user.run(&["record", "show", "test.cose", "--json"]));
    assert_eq!(shown["payload"]["jejak:profile"]["jejak:id"], "essential-oil");
}

#[test]
fn restricted_document_is_read_by_the_parties_of_its_record_only() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    user.done(VILLAGE, "village.pem", &harvest(&lot, &[]));
    std::fs::write(user.path("invoice.pdf"), b"%PDF-1.7 price 100").unwrap();
    let ship =
        ["record", "new", "ship", "--lot", &lot, "--to", BUYER, "--at", PLACE, "--evidence", "invoice=invoice.pdf"];
    let done = user.done(VILLAGE, "village.pem", &ship);
    let record = json(&user.run(&["record", "show", done["id"].as_str().unwrap(), "--json"]));
    let evidence = &record["payload"]["jejak:evidence"][0];
    assert_eq!(evidence["jejak:access"], "restricted", "an invoice is restricted unless its owner says otherwise");
    let hash = evidence["jejak:blake3"].as_str().unwrap();
    let get = |more: &[&str]| user.run(&[&["evidence", "get", hash, "--out", "-"][..], more].concat());
    fails(&get(&[]), 4, "sign the request with --key");
    fails(&get(&["--key", "lab.pem"]), 4, "or restricted");
    for key in ["village.pem", "buyer.pem", ADMIN] {
        let got = get(&["--key", key]);
        assert_eq!(got.stdout, b"%PDF-1.7 price 100", "{key}: {}", stderr(&got));
    }
    // a stranger that names the hash, which is on the log, reads nothing by it
    let named = format!(
        r#"{{"jejak:blake3":"{hash}","jejak:mediaType":"application/pdf","jejak:bytes":18,"jejak:documentType":"invoice","jejak:title":"x","jejak:access":"restricted"}}"#
    );
    let accredit = ["party", "accredit", LAB, "--scope", "essential-oil", "--body", "KAN", "--number", "LP-1"];
    user.done(MINISTRY, ADMIN, &[&accredit[..], &["--until", "2099-01-01T00:00:00Z"]].concat());
    user.done(LAB, "lab.pem", &["record", "new", "observe", "--lot", LOT, "--at", PLACE, "--evidence", &named]);
    fails(&get(&["--key", "lab.pem"]), 4, "or restricted");
    // unknown
    fails(&user.run(&["evidence", "get", &"a".repeat(52), "--key", "lab.pem"]), 4, "not handed in");
}

#[test]
fn document_that_is_too_large_is_reported_as_that() {
    let user = village();
    let lot = format!("{LOT}=24.6 kg");
    std::fs::write(user.path("large.bin"), vec![7; (20 << 20) + 1]).unwrap();
    std::fs::write(user.path("photo.txt"), "kering").unwrap();
    let large = harvest(&lot, &["--evidence", "photo=large.bin"]);
    fails(&user.signed(VILLAGE, "village.pem", &large), 4, "20971520");
    assert_eq!(json(&user.run(&["evidence", "add", "photo.txt", "--node", "", "--json"]))["jejak:access"], "public");
    let unsigned = user.run(&["evidence", "add", "large.bin"]);
    fails(&unsigned, 4, "20971520");
}

fn table(user: &User, text: &str, more: &[&str]) -> std::process::Output {
    std::fs::write(user.path("panen.csv"), text).unwrap();
    user.signed(
        VILLAGE,
        "village.pem",
        &[&["import", "panen.csv", "--at", PLACE, "--product", LEAF][..], more].concat(),
    )
}

#[test]
fn table_with_an_error_signs_nothing_and_names_each_row() {
    let user = village();
    let before = user.seq("village.pem");
    let text = "Lot;Jumlah;Satuan;Tanggal\nA;1,5;kg;2026-01-02\nB;dua;kg;2026-01-02\nC;1.040;kg;2026-01-03\nA;1,5;kg;2026-01-02\nD;3;;2026-01-03\nE;3;kg;3/4/2026\n";
    let refused = table(&user, text, &["--sign"]);
    assert_eq!(refused.status.code(), Some(2));
    let listed: Value = serde_json::from_slice(&refused.stdout).unwrap();
    let errors: Vec<(u64, bool)> = listed["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| (r["rows"][0].as_u64().unwrap(), r["error"].is_string()))
        .collect();
    assert_eq!(errors, [(2, false), (3, true), (4, true), (5, true), (6, true), (7, true)], "{listed}");
    assert_eq!(user.seq("village.pem"), before, "nothing was signed");
    let unknown = table(&user, "lot;jumlha\nA;1 kg\n", &[]);
    fails(&unknown, 2, "did you mean");
}

#[test]
fn comma_that_divides_a_number_in_two_cells_is_found() {
    let user = village();
    for row in ["A,1.952,23", "A,1,500 kg", "A,1,952", "A,1,5", "A,1,-5", "A,1,.5 kg"] {
        let refused = table(&user, &format!("lot,jumlah,satuan\n{row}\n"), &["--locale", "id"]);
        assert_eq!(refused.status.code(), Some(2), "{row}");
        let listed: Value = serde_json::from_slice(&refused.stdout).unwrap();
        let why = listed["records"][0]["error"].as_str().unwrap();
        assert!(why.contains("begins with a number"), "{row}: {why}");
    }
    // two units are one too many
    let refused = table(&user, "lot,jumlah,satuan\nA,\"1,5 kg\",g\n", &["--locale", "id"]);
    let listed: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert!(listed["records"][0]["error"].as_str().unwrap().contains("the unit g"), "{listed}");
    let clear = "lot,jumlah,satuan,tanggal\nA,\"1.952,23\",kg,2026-01-02\nB,\"1,5 kg\",KGM,2026-01-02\n";
    assert_eq!(json(&table(&user, clear, &["--locale", "id"]))["errors"], 0);
}

#[test]
fn clear_table_is_shown_first_and_signed_on_request() {
    let user = village();
    let before = user.seq("village.pem");
    let text = "Lot,Jumlah,Tanggal,Desa,Catatan\nA,\"1,5 kg\",2026-01-02,74.12.05.2003,kering\nB,1.040 kg,3/1/2026,,\n";
    let shown = json(&table(&user, text, &["--locale", "id"]));
    assert_eq!((shown["errors"].as_u64(), shown["signed"].as_u64()), (Some(0), Some(0)), "{shown}");
    assert_eq!(user.seq("village.pem"), before, "a preview signs nothing");
    let signed = json(&table(&user, text, &["--locale", "id", "--sign"]));
    assert_eq!(signed["signed"], 2, "{signed}");
    let produced =
        |lot: &str| json(&user.run(&["lot", "show", &format!("(01){LEAF}(10){lot}"), "--json"]))["produced"].clone();
    assert_eq!((produced("A"), produced("B")), ("1500".into(), "1040000".into()));
    // the same table again
    let again = table(&user, text, &["--locale", "id", "--sign"]);
    assert_eq!(again.status.code(), Some(2));
    let listed: Value = serde_json::from_slice(&again.stdout).unwrap();
    assert!(listed["records"][0]["error"].as_str().unwrap().contains("looks the same"), "{listed}");
}
