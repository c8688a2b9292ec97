//! The folder of a shipment, by the real command alone: papers with private files, a payment whose sum only its two sides open, a visit with
//! its list, the way, and a handover that both sides sign; as JSON, as text and as a page.

use std::io::Write as _;
use std::net::TcpStream;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::cli_new_user::{ADMIN, LAB, MINISTRY, PLACE, User, VILLAGE, enrol, fails, founded, json, stderr};
use crate::common::http::{Answer, request};

const OIL: &str = "09521321001015";
const LOT: &str = "(01)09521321001015(10)NILAM-1";
const BUYER: &str = "https://id.gs1.org/417/9521321000315";
const HAULIER: &str = "urn:jejak:party:haulier";

/// A village that shipped oil to a buyer; a haulier and a laboratory that have nothing to do with it.
fn shipped() -> (User, String) {
    let (user, _) = founded();
    for (party, role, key) in [
        (VILLAGE, "producer", "village.pem"),
        (LAB, "inspector", "lab.pem"),
        (BUYER, "buyer", "buyer.pem"),
        (HAULIER, "forwarder", "haulier.pem"),
    ] {
        enrol(&user, party, role, key);
    }
    let named = ["product", OIL, "--name", "Leaf", "--unit", "gram", "--maker", VILLAGE];
    let leaf = ["--commodity", "essential-oil", "--form", "patchouli-dried-leaf"];
    user.done(VILLAGE, "village.pem", &[&named[..], &leaf[..]].concat());
    user.done(VILLAGE, "village.pem", &["place", PLACE, "--name", "Port", "--kind", "port"]);
    let lot = format!("{LOT}=24.6 kg");
    let days = ["--harvest-start", "2026-01-01", "--harvest-end", "2026-01-02"];
    user.done(
        VILLAGE,
        "village.pem",
        &[&["record", "new", "harvest", "--lot", &lot, "--at", PLACE][..], &days].concat(),
    );
    let sent =
        user.done(VILLAGE, "village.pem", &["record", "new", "ship", "--lot", &lot, "--to", BUYER, "--at", PLACE]);
    let shipment = sent["id"].as_str().unwrap().to_owned();
    (user, shipment)
}

/// The same with `input` on standard input.
fn with_input(user: &User, args: &[&str], input: &str) -> Output {
    let mut child =
        user.command(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// A page as a browser gets it.
fn page(user: &User, path: &str) -> String {
    let mut stream = TcpStream::connect(user.node.strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(&request("GET", path, &[("accept", "text/html")], b"")).unwrap();
    Answer::read(&mut stream).text()
}

fn folder(user: &User, shipment: &str) -> Value {
    json(&user.run(&["shipment", "show", shipment, "--json"]))
}

#[test]
fn papers_of_a_shipment_are_listed_once_and_private_files_open_for_its_parties() {
    let (user, shipment) = shipped();
    std::fs::write(user.path("invoice.pdf"), b"%PDF-1.7 price 100").unwrap();
    let about = ["record", "new", "trade", "--lot", LOT, "--shipment", &shipment];
    let between = ["--from", VILLAGE, "--to", BUYER];
    let invoice = ["--document", "invoice=urn:jejak:doc:inv:7,INV-7,2026-01-03"];
    let signed = [&about[..], &between, &invoice].concat();
    user.done(VILLAGE, "village.pem", &[&signed[..], &["--evidence", "invoice=invoice.pdf"]].concat());
    user.done(BUYER, "buyer.pem", &signed);
    let health = "health-certificate=urn:jejak:doc:hc:9,HC-9,2026-01-03,2026-06-30,Balai Karantina, Jayapura";
    user.done(VILLAGE, "village.pem", &[&about[..], &["--document", health]].concat());
    // one that has nothing to do with it
    fails(&user.signed(LAB, "lab.pem", &[&about[..], &["--document", health]].concat()), 4, "nothing to do with");
    let found = folder(&user, &shipment);
    let papers = found["documents"].as_array().unwrap();
    assert_eq!(papers.len(), 2, "{papers:?}");
    assert_eq!(
        (&papers[0]["kind"], &papers[0]["number"], &papers[0]["date"], papers[0]["signed"].as_array().unwrap().len()),
        (&"invoice".into(), &"INV-7".into(), &"2026-01-03".into(), 2)
    );
    assert_eq!(
        (&papers[1]["kind"], &papers[1]["issuer"], &papers[1]["until"]),
        (&"health-certificate".into(), &"Balai Karantina, Jayapura".into(), &"2026-06-30".into())
    );
    let file = &papers[0]["files"][0];
    assert_eq!(file["public"], false);
    let get = |key: &str| user.run(&["evidence", "get", file["blake3"].as_str().unwrap(), "--out", "-", "--key", key]);
    for key in ["village.pem", "buyer.pem", ADMIN] {
        assert_eq!(get(key).stdout, b"%PDF-1.7 price 100", "{key}: {}", stderr(&get(key)));
    }
    for key in ["lab.pem", "haulier.pem"] {
        fails(&get(key), 4, "or restricted");
    }
    // a file that was named before the shipment opens to its parties once it is named for it
    std::fs::write(user.path("offer.pdf"), b"%PDF-1.7 offer").unwrap();
    let offer = ["record", "new", "trade", "--lot", LOT, "--document", "order-confirmation=urn:jejak:doc:offer:1,O-1"];
    let attached = ["--evidence", "order-confirmation=offer.pdf"];
    user.done(VILLAGE, "village.pem", &[&offer[..], &attached].concat());
    let hash = jejak::record::Hash32::of(b"%PDF-1.7 offer").to_string();
    let read = |key: &str| user.run(&["evidence", "get", &hash, "--out", "-", "--key", key]);
    fails(&read("buyer.pem"), 4, "or restricted");
    user.done(VILLAGE, "village.pem", &[&offer[..], &attached, &["--shipment", &shipment]].concat());
    assert_eq!(read("buyer.pem").stdout, b"%PDF-1.7 offer", "{}", stderr(&read("buyer.pem")));
    fails(&read("haulier.pem"), 4, "or restricted");
    // rejected by the buyer before it signed, then signed anew
    let contract = ["--document", "contract=urn:jejak:doc:con:1,C-1"];
    let offered = user.done(VILLAGE, "village.pem", &[&about[..], &between, &contract].concat());
    let rejects = ["--rejects", offered["id"].as_str().unwrap(), "--reason", "wrong-terms"];
    user.done(BUYER, "buyer.pem", &[&about[..], &between, &contract, &rejects].concat());
    let rejected = |user: &User| {
        let found = folder(user, &shipment);
        let papers = found["documents"].as_array().unwrap();
        papers.iter().find(|paper| paper["kind"] == "contract").unwrap()["rejected"].clone()
    };
    assert_eq!(rejected(&user), true);
    user.done(VILLAGE, "village.pem", &[&about[..], &between, &contract].concat());
    assert_eq!(rejected(&user), false);
}

#[test]
fn sum_of_a_payment_is_opened_by_its_two_sides_and_both_say_that_it_took_place() {
    let (user, shipment) = shipped();
    for wrong in ["12500", "USD 12,500", ""] {
        fails(&with_input(&user, &["shipment", "seal", "--out", "wrong.json"], wrong), 2, "a currency");
    }
    let sealed = with_input(&user, &["shipment", "seal", "--out", "sum.json", "--json"], "USD 12500.00\n");
    let commitment = json(&sealed)["commitment"].as_str().unwrap().to_owned();
    fails(&with_input(&user, &["shipment", "seal", "--out", "sum.json"], "USD 1"), 2, "sum.json");
    let pay = |milestone: &'static str, day: &'static str, sum: &str| -> Vec<String> {
        let document = format!("payment=urn:jejak:doc:pay:1,P-1,{day}");
        let args = ["record", "new", "trade", "--lot", LOT, "--shipment", &shipment, "--from", VILLAGE, "--to", BUYER];
        let more = ["--document", &document, "--milestone", milestone, "--commitment", sum];
        args.iter().chain(&more).map(|arg| (*arg).to_owned()).collect()
    };
    let sign = |party: &str, key: &str, args: &[String], more: &[&str]| {
        let args: Vec<&str> = args.iter().map(String::as_str).chain(more.iter().copied()).collect();
        user.signed(party, key, &args)
    };
    let agreed = pay("payment-agreed", "2026-02-01", &commitment);
    json(&sign(VILLAGE, "village.pem", &agreed, &["--evidence", "payment-opening=sum.json"]));
    let waiting =
        |party: &str| json(&user.run(&["shipment", "list", party, "--json"]))["shipments"][0]["waiting"].clone();
    let what = |party: &str| {
        let found = waiting(party);
        found.as_array().unwrap().iter().map(|one| one["what"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(what(BUYER), ["goods", "payment"]);
    assert!(what(VILLAGE).is_empty());
    // the buyer reads the sum, compares it, and signs the same
    let found = folder(&user, &shipment);
    let stage = &found["payments"][0]["stages"][0];
    let got =
        user.run(&["evidence", "get", stage["opening"].as_str().unwrap(), "--out", "got.json", "--key", "buyer.pem"]);
    assert!(got.status.success(), "{}", stderr(&got));
    fails(
        &user.run(&["evidence", "get", stage["opening"].as_str().unwrap(), "--out", "-", "--key", "haulier.pem"]),
        4,
        "or restricted",
    );
    let opened =
        user.run(&["shipment", "open", "got.json", "--commitment", stage["commitment"].as_str().unwrap(), "--json"]);
    assert_eq!(json(&opened)["sum"], "USD 12500.00");
    fails(&user.run(&["shipment", "open", "got.json", "--commitment", &"a".repeat(52)]), 1, "another commitment");
    json(&sign(BUYER, "buyer.pem", &agreed, &[]));
    let payment = |user: &User| folder(user, &shipment)["payments"][0].clone();
    let now = payment(&user);
    assert_eq!(
        (&now["agreed"], &now["sameAmount"], &now["status"], &now["date"]),
        (&"both".into(), &true.into(), &"agreed".into(), &"2026-02-01".into())
    );
    json(&sign(VILLAGE, "village.pem", &pay("payment-due", "2026-02-10", &commitment), &[]));
    assert_eq!(what(BUYER), ["goods", "due"]);
    fails(&sign(VILLAGE, "village.pem", &pay("payment-paid", "2026-02-09", &commitment), &[]), 4, "payment");
    json(&sign(BUYER, "buyer.pem", &pay("payment-paid", "2026-02-09", &commitment), &[]));
    assert_eq!((what(BUYER), what(VILLAGE)), (vec!["goods".to_owned()], vec!["receipt".to_owned()]));
    assert_eq!(payment(&user)["confirmed"], false);
    json(&sign(VILLAGE, "village.pem", &pay("payment-received", "2026-02-10", &commitment), &[]));
    let now = payment(&user);
    assert_eq!(
        (&now["confirmed"], &now["status"], &now["date"]),
        (&true.into(), &"received".into(), &"2026-02-10".into())
    );
    assert!(what(VILLAGE).is_empty());
    // a side that binds to another sum is seen
    json(&sign(BUYER, "buyer.pem", &pay("payment-paid", "2026-02-09", &"b".repeat(52)), &[]));
    assert_eq!(payment(&user)["sameAmount"], false);
}

#[test]
fn visit_with_its_list_way_and_handover_by_both_stand_in_the_folder_and_on_its_page() {
    let (user, shipment) = shipped();
    let about = ["record", "new", "observe", "--lot", LOT, "--at", PLACE];
    let of = ["--shipment", shipment.as_str()];
    let visit = [
        "--step",
        "other",
        "--visit",
        "quality-supervision=in-order",
        "--check",
        "scales-checked=no,no weight at hand",
    ];
    let contradicts = user.signed(MINISTRY, ADMIN, &[&about[..], &visit].concat());
    fails(&contradicts, 2, "scales-checked");
    let visit = [
        "--step",
        "other",
        "--visit",
        "quality-supervision=advice",
        "--check",
        "scales-checked=no,no weight at hand",
        "--check",
        "goods-dry=yes",
    ];
    user.done(MINISTRY, ADMIN, &[&about[..], &visit].concat());
    let leg = ["--step", "departing", "--leg", "sea,KM Bahari 7", "--seal", "S-9"];
    user.done(VILLAGE, "village.pem", &[&about[..], &of, &leg].concat());
    let handover = format!("{VILLAGE},{HAULIER},intact");
    let handing = ["--step", "transporting", "--handover", &handover, "--seal", "S-9"];
    fails(&user.signed(HAULIER, "haulier.pem", &[&about[..], &of, &leg].concat()), 4, "nothing to do with");
    let first = user.done(VILLAGE, "village.pem", &[&about[..], &of, &handing].concat());
    let listed = json(&user.run(&["shipment", "list", "haulier", "--json"]));
    assert_eq!(listed["shipments"][0]["waiting"][0]["record"], first["id"], "{listed}");
    let confirms = ["--confirms", first["id"].as_str().unwrap()];
    user.done(HAULIER, "haulier.pem", &[&about[..], &of, &handing, &confirms].concat());
    // it has to do with the goods from now on
    user.done(HAULIER, "haulier.pem", &[&about[..], &of, &["--step", "arriving", "--leg", "sea,KM Bahari 7"]].concat());
    let found = folder(&user, &shipment);
    let visit = &found["visits"][0];
    assert_eq!((&visit["outcome"], &visit["checklist"][0]["note"]), (&"advice".into(), &"no weight at hand".into()));
    let steps: Vec<&str> =
        found["travel"].as_array().unwrap().iter().map(|leg| leg["step"].as_str().unwrap()).collect();
    assert_eq!(steps, ["departing", "arriving"]);
    assert_eq!(found["handovers"][0]["confirmed"]["party"], HAULIER, "{found}");
    let text = String::from_utf8(user.run(&["shipment", "show", &shipment]).stdout).unwrap();
    for part in
        ["under way", "signed by both", "departing at Port", "quality-supervision: advice, 2 points, 1 answered no"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    for (lang, words) in [("en", "Signed by both"), ("id", "Ditandatangani keduanya"), ("zh", "双方已签名")] {
        let page = page(&user, &format!("/shipments/{shipment}?lang={lang}"));
        assert!(page.contains(words) && page.contains("KM Bahari 7"), "{lang}: {page}");
    }
    fails(&user.run(&["shipment", "show", first["id"].as_str().unwrap()]), 4, "no shipment");
    fails(&user.run(&["shipment", "list", "nobody"]), 4, "no party");
    // received: closed, with what arrived
    user.done(
        BUYER,
        "buyer.pem",
        &["record", "new", "receive", "--shipment", &shipment, "--lot", &format!("{LOT}=24 kg"), "--at", PLACE],
    );
    let found = folder(&user, &shipment);
    assert_eq!((&found["state"], &found["lots"][0]["received"]), (&"received".into(), &"24000".into()));
}
