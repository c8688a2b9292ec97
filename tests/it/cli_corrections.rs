//! A wrong record is voided and entered anew for each act, by the real command alone; and numbers that a key gives up.

use crate::cli_new_user::{ADMIN, LAB, MINISTRY, PLACE, User, VILLAGE, enrol, fails, founded, json};
use serde_json::Value;

const BUYER: &str = "urn:jejak:party:buyer";
const BOX: &str = "095213210000000018";

fn lot(number: &str) -> String {
    format!("(01)09521321001015(10){number}")
}

fn id(answer: &Value) -> String {
    answer["id"].as_str().unwrap().to_owned()
}

/// A village, a laboratory and a buyer; the village has 100 kg of lot L-1.
fn with_goods() -> User {
    let (user, _) = founded();
    enrol(&user, VILLAGE, "producer", "village.pem");
    enrol(&user, LAB, "inspector", "lab.pem");
    enrol(&user, BUYER, "buyer", "buyer.pem");
    let accredit = ["party", "accredit", LAB, "--scope", "essential-oil", "--body", "KAN", "--number", "LP-1"];
    let until = ["--from", "2026-01-01T00:00:00Z", "--until", "2099-01-01T00:00:00Z"];
    user.done(MINISTRY, ADMIN, &[&accredit[..], &until[..]].concat());
    let named = ["product", "09521321001015", "--name", "Oil", "--unit", "gram", "--maker", VILLAGE];
    let oil = ["--commodity", "essential-oil", "--form", "patchouli-oil"];
    user.done(VILLAGE, "village.pem", &[&named[..], &oil[..]].concat());
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Field", "--kind", "village"]);
    let harvest = new("harvest", &["--lot", &format!("{}=100KGM", lot("L-1")), DAYS[0], DAYS[1], DAYS[2], DAYS[3]]);
    user.done(VILLAGE, "village.pem", &slices(&harvest));
    user
}

const DAYS: [&str; 4] = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];

fn new(act: &str, more: &[&str]) -> Vec<String> {
    let mut args = ["record", "new", act, "--at", PLACE].map(str::to_owned).to_vec();
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    args
}

fn slices(args: &[String]) -> Vec<&str> {
    args.iter().map(String::as_str).collect()
}

/// Enters an act, voids it, and enters it again as its replacement.
#[track_caller]
fn entered_anew(user: &User, (party, key): (&str, &str), act: &str, more: &[&str]) -> String {
    let args = new(act, more);
    let wrong = id(&user.done(party, key, &slices(&args)));
    let voiding = id(&user.done(party, key, &["record", "new", "void", &wrong]));
    let again = [slices(&args), vec!["--replaces", &voiding]].concat();
    let anew = id(&user.done(party, key, &again));
    let shown = json(&user.run(&["record", "show", &anew, "--json"]));
    assert_eq!(shown["payload"]["jejak:voids"], format!("urn:jejak:record:{voiding}"), "{act}");
    assert!(shown["payload"].get("errorDeclaration").is_none(), "{act}");
    // once, whatever the command line asks
    fails(&user.signed(party, key, &[&again[..], &["--force"]].concat()), 4, "replacement-unknown");
    anew
}

#[test]
fn wrong_record_of_each_act_is_voided_and_entered_anew_from_the_command_line() {
    let user = with_goods();
    let (village, lab, buyer) = ((VILLAGE, "village.pem"), (LAB, "lab.pem"), (BUYER, "buyer.pem"));
    let of = |number: &str, kilos: &str| format!("{}={kilos}KGM", lot(number));
    let one = lot("L-1");

    entered_anew(&user, village, "harvest", &[&["--lot", &of("L-2", "50")], &DAYS[..]].concat());
    // what was made is made again under its number
    entered_anew(&user, village, "process", &["--input", &of("L-2", "50"), "--output", &of("L-3", "50")]);
    entered_anew(&user, village, "adjust", &["--lot", &of("L-1", "1"), "--reason", "drying"]);
    let drawn = of("L-1", "0.1");
    entered_anew(&user, lab, "sample", &["--lot", &drawn, "--sample", "S-1", "--holder", VILLAGE]);
    let result = ["--result", "acid-value=3.1,GK,0.1", "--requirement", "ID/SNI-06-2385-2006"];
    entered_anew(&user, lab, "inspect", &[&["--lot", &one], &result[..]].concat());
    let period = ["--commodity", "essential-oil", "--period", "2026-01-01/2026-01-31"];
    entered_anew(&user, lab, "monitor", &[&period[..], &result[..2]].concat());
    entered_anew(&user, village, "observe", &["--lot", &one]);
    entered_anew(&user, village, "pack", &["--container", BOX, "--lot", &of("L-1", "5")]);
    entered_anew(&user, village, "unpack", &["--container", BOX, "--lot", &of("L-1", "5")]);
    let sent = entered_anew(&user, village, "ship", &["--lot", &of("L-1", "10"), "--to", BUYER]);
    entered_anew(&user, buyer, "receive", &["--shipment", &sent, "--lot", &of("L-1", "10")]);
    let ship = new("ship", &["--lot", &of("L-1", "7"), "--to", BUYER]);
    let cancelled = id(&user.done(VILLAGE, "village.pem", &slices(&ship)));
    entered_anew(&user, village, "void-shipment", &["--shipment", &cancelled, "--lot", &one]);
    entered_anew(&user, village, "trade", &["--lot", &one, "--document", "inv=urn:jejak:doc:inv:7"]);
    let held = entered_anew(&user, village, "hold", &["--lot", &one, "--reason", "doubt"]);
    entered_anew(&user, village, "lift", &["--lot", &one, "--lifts", &held]);
    entered_anew(&user, village, "recall", &["--lot", &one, "--reason", "doubt"]);

    let shown = json(&user.run(&["lot", "show", &lot("L-3"), "--json"]));
    assert_eq!(shown["produced"], "50000");
}

#[test]
fn replacement_of_what_is_no_void_is_stopped_before_signing() {
    let user = with_goods();
    let lot = lot("L-1");
    let observe = new("observe", &["--lot", &lot]);
    let seen = id(&user.done(VILLAGE, "village.pem", &slices(&observe)));
    let again = [slices(&observe), vec!["--replaces", &seen]].concat();
    let refused = user.signed(VILLAGE, "village.pem", &again);
    fails(&refused, 2, "record new void");
    user.done(VILLAGE, "village.pem", &slices(&observe));
    let shown = json(&user.run(&["lot", "show", &lot, "--json"]));
    assert!(!shown["findings"].to_string().contains("sequence-gap"), "no number was used: {}", shown["findings"]);
}

#[test]
fn voided_lot_reads_withdrawn() {
    let user = with_goods();
    let lot = lot("L-9");
    let harvest = new("harvest", &["--lot", &format!("{lot}=9KGM"), DAYS[0], DAYS[1], DAYS[2], DAYS[3]]);
    let wrong = id(&user.done(VILLAGE, "village.pem", &slices(&harvest)));
    user.done(VILLAGE, "village.pem", &["record", "new", "void", &wrong]);
    let shown = json(&user.run(&["lot", "show", &lot, "--json"]));
    assert_eq!((&shown["headline"], shown["states"].as_array().unwrap().len()), (&"withdrawn".into(), 1));
}

#[test]
fn dropped_inspection_is_given_up_by_name_from_the_command_line() {
    let user = with_goods();
    let lot = lot("L-1");
    let inspect =
        new("inspect", &["--lot", &lot, "--result", "acid-value=3.1,GK,0.1", "--requirement", "ID/SNI-06-2385-2006"]);
    let first = id(&user.done(LAB, "lab.pem", &slices(&inspect)));
    let profile = json(&user.run(&["record", "show", &first, "--json"]))["payload"]["jejak:profile"].clone();
    let text = |name: &str| profile[name].as_str().unwrap();
    let named = format!("{}@{}#{}", text("jejak:id"), text("jejak:version"), text("jejak:blake3"));
    let kept = ["--out", "kept.cose", "--node", "", "--profile", &named];
    let dropped = user.done(LAB, "lab.pem", &[slices(&inspect), kept.to_vec()].concat());
    let given = format!("{},{},mistake,inspect,{lot}", dropped["seq"], id(&dropped));
    user.done(LAB, "lab.pem", &[slices(&inspect), vec!["--gives-up", &given]].concat());
    let shown = json(&user.run(&["lot", "show", &lot, "--json"]));
    let rules: Vec<&str> = shown["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap()).collect();
    assert!(rules.contains(&"inspection-given-up") && !rules.contains(&"sequence-gap"), "{rules:?}");
    fails(&user.run(&["record", "submit", "kept.cose"]), 4, "number-given-up");
}

#[test]
fn each_form_of_trade_supervision_and_transport_is_written_from_the_command_line() {
    let user = with_goods();
    let lot = lot("L-1");
    let (village, buyer) = ((VILLAGE, "village.pem"), (BUYER, "buyer.pem"));
    let write = |(party, key): (&str, &str), act: &str, more: &[&str]| {
        id(&user.done(party, key, &slices(&new(act, &[&["--lot", &lot], more].concat()))))
    };
    let order = ["--from", VILLAGE, "--to", BUYER, "--document", "order=urn:jejak:doc:po:31,PO-31,2026-11-01"];
    write(village, "trade", &order);
    write(buyer, "trade", &order);
    let invoice = "invoice=urn:jejak:doc:inv:7,INV-7,2026-11-03";
    let offer = ["--from", VILLAGE, "--to", BUYER, "--document", invoice, "--transfer"];
    let offered = write(village, "trade", &offer);
    write(buyer, "trade", &[&offer[..], &["--rejects", &offered, "--reason", "price of another day"]].concat());
    write(village, "trade", &offer);
    write(buyer, "trade", &offer);
    let commitment = "a".repeat(52);
    let paid = ["--document", "payment=urn:bank:9,TRF-9,2026-11-20", "--milestone", "payment-paid"];
    let paid = [&["--from", VILLAGE, "--to", BUYER], &paid[..]].concat();
    write(buyer, "trade", &[&paid[..], &["--commitment", &commitment]].concat());
    let visit = ["--step", "other", "--visit", "quality-supervision=advice", "--advice", "dry two days longer"];
    write((LAB, "lab.pem"), "observe", &visit);
    let leg = ["--step", "departing", "--leg", "road,DD 8123 XY", "--leg-from", PLACE, "--seal", "SGL-42"];
    write(village, "observe", &leg);
    let handed = format!("{VILLAGE},{BUYER},intact");
    write(village, "observe", &["--step", "transporting", "--handover", &handed, "--seal", "SGL-42"]);
    let caught = [&["--catch-certificate", "SHTI 0042/2026", "--gear", "pot"], &DAYS[..]].concat();
    let harvest = new("harvest", &[&["--lot", "(01)09521321001015(10)L-8=5KGM"], &caught[..]].concat());
    user.done(VILLAGE, "village.pem", &slices(&harvest));

    let shown = json(&user.run(&["lot", "show", &lot, "--json"]));
    let steps = shown["steps"].as_array().unwrap();
    let documents: Vec<&str> = steps
        .iter()
        .filter_map(|step| step["trade"].as_array())
        .flatten()
        .map(|document| document["kind"].as_str().unwrap())
        .collect();
    assert_eq!(documents, ["order", "order", "invoice", "invoice", "invoice", "invoice", "payment"]);
    assert_eq!(shown["findings"].to_string().matches("\"rejected\"").count(), 1, "{}", shown["findings"]);
    let caught = json(&user.run(&["lot", "show", "(01)09521321001015(10)L-8", "--json"]));
    assert_eq!(caught["origins"][0]["catchCertificate"], "SHTI 0042/2026");
    // what is not understood is said before anything is signed
    for (more, word) in [
        (&["--leg", "horse"][..], "on-foot"),
        (&["--visit", "supervision"], "PURPOSE=OUTCOME"),
        (&["--handover", VILLAGE], "FROM,TO"),
        (&["--commitment", &commitment], "milestone"),
    ] {
        let args = new("observe", &[&["--lot", &lot], more].concat());
        fails(&user.signed(VILLAGE, "village.pem", &slices(&args)), 2, word);
    }
}

#[test]
fn acknowledgement_of_a_fork_names_the_other_record_and_its_lot() {
    let user = with_goods();
    let harvest = new("harvest", &[&["--lot", &format!("{}=50KGM", lot("L-9"))], &DAYS[..]].concat());
    let parent = id(&user.done(VILLAGE, "village.pem", &slices(&harvest)));
    let dried = |kilos: &str| {
        let of = format!("{}={kilos}KGM", lot("L-9"));
        let args = new("adjust", &["--lot", &of, "--reason", "drying", "--after", &parent]);
        user.done(VILLAGE, "village.pem", &slices(&args))
    };
    let first = id(&dried("1"));
    let second = dried("2");
    let findings = second["ack"]["effect"]["findings"].as_array().unwrap();
    let fork = findings.iter().find(|finding| finding["rule"] == "fork").unwrap();
    assert_eq!(fork["args"], serde_json::json!([["other", first]]));
    assert_eq!(fork["lots"], serde_json::json!([{ "gtin": "09521321001015", "lot": "L-9" }]));
}

#[test]
fn acknowledgement_of_a_partial_test_names_what_is_open_after_it() {
    let user = with_goods();
    let lot = lot("L-1");
    let drawn = new("sample", &["--lot", &format!("{lot}=0.1KGM"), "--sample", "S-1", "--holder", VILLAGE]);
    user.done(LAB, "lab.pem", &slices(&drawn));
    let effect = |results: &[&str]| {
        let mut args = new("inspect", &["--lot", &lot, "--sample", "S-1", "--requirement", "ID/SNI-06-2385-2006"]);
        args.extend(results.iter().flat_map(|result| ["--result".to_owned(), (*result).to_owned()]));
        user.done(LAB, "lab.pem", &slices(&args))["ack"]["effect"].clone()
    };
    let first = effect(&["acid-value=3.1,GK,0.1", "ester-value=5,GK,0.1"]);
    let open = first["lots"][0]["open"].as_str().unwrap();
    assert!(open.contains("Iron") && open.contains("Colour") && !open.contains("Acid"), "{open}");
    let more = effect(&[
        "colour=yellow",
        "rd-25=0.96,C62,0.01",
        "ri-20=1.51,C62,0.01",
        "miscibility=5,C62,0.1",
        "opt-rot=-55,DD,0.1",
        "patchoulol=31,P1,0.1",
        "alpha-copaene=0.3,P1,0.1",
    ]);
    // what the first test showed is not open, though this one left it out
    let open = more["lots"][0]["open"].as_str().unwrap();
    assert!(open.contains("Iron") && !open.contains("Colour") && !open.contains("Acid"), "{open}");
    let incomplete = |effect: &Value| {
        let findings = effect["findings"].as_array().unwrap();
        let found = findings.iter().find(|finding| finding["rule"] == "requirement-incomplete");
        found.map(|finding| finding["sentence"].as_str().unwrap().to_owned())
    };
    let left = incomplete(&more).unwrap();
    assert!(left.contains("Iron") && !left.contains("Acid"), "{left}");
    let last = effect(&["iron=12,NA,1"]);
    assert_eq!((last["lots"][0]["open"].as_str(), incomplete(&last)), (None, None), "{last}");
    assert_eq!(last["lots"][0]["headline"], "verified", "{last}");
}
