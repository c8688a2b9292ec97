//! What the field app must sign for the same input: events of every act with every option, registry statements, voids, and the records
//! made of them. Written to `target/app-vectors`, read by `tests/browser/app-records.test.mjs`.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use data_encoding::BASE64URL_NOPAD;
use ed25519_dalek::SigningKey;
use serde_json::{Map, Value, json};

use super::super::input::time;
use super::super::{record_options, record_void};
use super::{New, Word};
use crate::chain::acts::OBSERVE_STEPS;
use crate::chain::event::{GAINS, LOSSES};
use crate::epcis::documents::KINDS;
use crate::gs1::{check, exact_decimal};
use crate::record::{ContentType, PublicKey, RecordId, Seen, SignerClaims, sign};

mod statements;

/// Events of each act.
const EACH: usize = 150;
/// Statements of each kind.
const STATEMENTS: usize = 120;
/// Numbers at which an encoding changes its length, and the greatest.
const EDGES: [u64; 12] =
    [1, 2, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff, 0x1_0000_0000, (1 << 53) - 2, (1 << 53) - 1];
const DECIMALS: [&str; 14] = [
    "0",
    "1",
    "-1",
    "0.1",
    "24.60",
    "1040.50",
    "0.000001",
    "-0.0",
    "100000000000000000000",
    "999999999999.999999",
    "12345678901234567890.12345678901234567890",
    "1.10",
    "0.30000000000000004",
    "-273.15",
];
const NO_DECIMALS: [&str; 9] = ["<0.05", "absent", "tidak ada", "未检出", "007", ".5", "1.", "+5", "≤ 3 µg"];
const TEXTS: [&str; 12] = [
    "a",
    "BUM Desa Maju",
    "Kepiting \"bakau\" \\ hidup",
    "广藿香油 24.6 公斤",
    "Ñandú — ½ · ≤",
    "\u{1f980} dan \u{1f33f}",
    "\u{7f}\u{80}\u{2028}\u{2029}\u{ffff}",
    "line\nbreak\ttab\u{1}\u{1f}\u{8}\u{c}\r",
    "e\u{301} é",
    "'<&>' // $x",
    "ʻOkina 'Āina",
    "ẞ ﬀ İ ı",
];

/// Numbers that are the same in every run.
struct Chance {
    state: u64,
    /// Texts and numbers as a ledger takes them.
    sane: bool,
}

impl Chance {
    fn next(&mut self, below: usize) -> usize {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.state >> 33).unwrap() % below
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.next(of.len())]
    }

    /// A text for people, or a code.
    fn text(&mut self) -> &'static str {
        if self.sane { self.one(&["a-1", "bubu", "x.Y_z"]) } else { self.one(&TEXTS) }
    }

    /// An amount.
    fn amount(&mut self) -> &'static str {
        let amount = self.one(&DECIMALS).trim_start_matches('-');
        if exact_decimal(amount).is_ok() && !(self.sane && amount.len() > 12) { amount } else { "1040.50" }
    }

    fn often(&mut self) -> bool {
        self.next(5) < 2
    }

    fn hash(&mut self) -> RecordId {
        RecordId::of(&self.next(1 << 30).to_be_bytes())
    }

    /// Digits with their GS1 check digit.
    fn checked(&mut self, digits: usize) -> String {
        let mut text: String = (1..digits).map(|_| char::from(b'0' + u8::try_from(self.next(10)).unwrap())).collect();
        let digit = check::digit(&text).unwrap();
        text.push(char::from(b'0' + digit));
        text
    }

    fn lot(&mut self) -> String {
        let number = self.one(&["A-1", "DAUN-2611-07", "x.Y_z", "0", "BAKAU-2611-02"]);
        format!("https://id.gs1.org/01/0{}/10/{number}", self.checked(13))
    }

    fn party(&mut self) -> String {
        match self.next(2) {
            0 => format!("https://id.gs1.org/417/{}", self.checked(13)),
            _ => format!("urn:jejak:party:{}", self.one(&["farm", "lab-1", "bum-desa-maju"])),
        }
    }

    fn date(&mut self) -> String {
        format!("20{:02}-{:02}-{:02}", self.next(80), 1 + self.next(12), 1 + self.next(28))
    }

    fn time(&mut self) -> String {
        let (hour, minute, second) = (self.next(24), self.next(60), self.next(60));
        let offset = self.one(&["+08:00", "+07:00", "+09:00", "+00:00", "-03:30", "+05:45"]);
        format!("{}T{hour:02}:{minute:02}:{second:02}{offset}", self.date())
    }
}

/// An act's input for the app, and the same as arguments of the command line.
struct Input {
    members: Map<String, Value>,
    /// Each with the member that it is for.
    args: Vec<(String, String)>,
}

impl Input {
    fn arg(&mut self, member: &str, option: &str, text: impl Into<String>) {
        self.args.push((member.to_owned(), format!("--{option}={}", text.into())));
    }

    /// Only what the act reads.
    fn only_of(&mut self, act: Word) {
        let reads = |member: &str| {
            let mut option = String::new();
            for c in member.chars() {
                if c.is_ascii_uppercase() {
                    option.push('_');
                }
                option.push(c.to_ascii_lowercase());
            }
            record_options::reads(act, &option)
        };
        self.members.retain(|member, _| reads(member));
        self.args.retain(|(member, _)| reads(member));
    }

    fn set(&mut self, member: &str, option: &str, text: String) {
        self.members.insert(member.to_owned(), text.clone().into());
        self.arg(member, option, text);
    }

    fn push(&mut self, member: &str, value: Value) {
        if let Value::Array(list) = self.members.entry(member).or_insert_with(|| json!([])) {
            list.push(value);
        }
    }

    fn lots(&mut self, chance: &mut Chance, member: &str, option: &str) {
        for _ in 0..chance.next(4) {
            let lot = chance.lot();
            if chance.next(4) == 0 {
                self.arg(member, option, &lot);
                self.push(member, json!({ "lot": lot }));
                continue;
            }
            let amount = chance.amount();
            let unit = chance.one(&["KGM", "GRM", "H87", "MLT", "DTN"]);
            self.arg(member, option, format!("{lot}={amount}{unit}"));
            self.push(member, json!({ "lot": lot, "amount": amount, "unit": unit }));
        }
    }

    /// Everything that an event can have.
    fn all(chance: &mut Chance) -> Input {
        let mut input = Input { members: Map::new(), args: Vec::new() };
        input.goods(chance);
        input.words(chance);
        input.results(chance);
        input.forms(chance);
        input.references(chance);
        input
    }

    fn goods(&mut self, chance: &mut Chance) {
        for (member, option) in [("lots", "lot"), ("inputs", "input"), ("outputs", "output")] {
            self.lots(chance, member, option);
        }
        for _ in 0..chance.next(3) {
            let sscc = chance.checked(18);
            self.arg("containers", "container", &sscc);
            self.push("containers", format!("https://id.gs1.org/00/{sscc}").into());
        }
        if chance.often() {
            let amount = chance.one(&["1.50", "0.001", "12"]);
            self.arg("additives", "additive", format!("salt={amount}KGM"));
            self.push("additives", json!({ "substance": "salt", "amount": amount, "unit": "KGM" }));
        }
        if chance.often() {
            let (root, net) = (chance.hash().to_string(), chance.one(&["0.50", "250", "0.000001"]));
            let count = chance.one(&[1, 24, 256, 10_000, u32::MAX]);
            self.arg("serials", "serials", format!("{root},{count}={net}KGM"));
            self.members.insert(
                "serials".into(),
                json!({ "root": root, "count": count, "net": { "amount": net, "unit": "KGM" } }),
            );
        }
        if chance.often() {
            let gln = chance.checked(13);
            self.arg("place", "at", &gln);
            self.members.insert("place".into(), format!("https://id.gs1.org/414/{gln}").into());
        }
    }

    fn words(&mut self, chance: &mut Chance) {
        for (member, option) in [("from", "from"), ("to", "to"), ("holder", "holder")] {
            if chance.often() {
                let party = chance.party();
                self.set(member, option, party);
            }
        }
        for (member, option) in
            [("harvestStart", "harvest-start"), ("harvestEnd", "harvest-end"), ("bestBefore", "best-before")]
        {
            if chance.often() {
                let date = chance.date();
                self.set(member, option, date);
            }
        }
        for (member, option) in [
            ("step", "step"),
            ("sample", "sample"),
            ("process", "process"),
            ("commodity", "commodity"),
            ("form", "form"),
            ("village", "village"),
            ("gear", "gear"),
            ("market", "market"),
            ("seal", "seal"),
            ("catchCertificate", "catch-certificate"),
        ] {
            if chance.next(4) == 0 {
                let text = match (member, chance.sane) {
                    ("market", true) => "ID",
                    ("village", true) => "74.12.05.2003",
                    ("step", true) => chance.one(&OBSERVE_STEPS),
                    _ => chance.text(),
                };
                self.set(member, option, text.to_owned());
            }
        }
        if chance.often() {
            let reasons = [&LOSSES[..], &GAINS[..]].concat();
            let reason = if chance.next(4) > 0 { chance.one(&reasons) } else { chance.text() };
            self.set("reason", "reason", reason.to_owned());
        }
        if chance.often() {
            let mode = chance.one(&["identity-preserved", "segregated", "mass-balance"]);
            self.set("mode", "mode", mode.to_owned());
        }
    }

    fn results(&mut self, chance: &mut Chance) {
        for _ in 0..chance.next(4) {
            let parameter = chance.one(&["acid-value", "urn:jejak:param:rd-20", "salmonella", "e-coli"]);
            let value = match chance.sane {
                true => chance.one(&["3.10", "<0.05", "absent", "-12", "0"]),
                false => chance.one(&[&DECIMALS[..], &NO_DECIMALS[..]].concat()),
            };
            let mut member = json!({ "parameter": parameter, "value": value });
            let mut text = format!("{parameter}={value}");
            if chance.often() {
                let units = 1 + chance.next(5);
                let _ = write!(text, "*{units}");
                member["units"] = units.into();
            }
            let unit = chance.one(&["KGM", "NA", ""]);
            let uncertainty = chance.one(&["0.2", "", "0.10"]);
            let method = chance.one(&["ISO 11290-1, EN", "", "SNI 06-2385-2006", "气相色谱法"]);
            let rest = [("unit", unit), ("uncertainty", uncertainty), ("method", method)];
            for (name, given) in rest.iter().take(chance.next(4)) {
                let _ = write!(text, ",{given}");
                if !given.is_empty() {
                    member[*name] = (*given).into();
                }
            }
            self.arg("results", "result", text);
            self.push("results", member);
        }
        if chance.often() {
            let hash = chance.hash().to_string();
            self.arg("profile", "profile", format!("essential-oil/patchouli@2.1#{hash}"));
            self.members
                .insert("profile".into(), json!({ "id": "essential-oil/patchouli", "version": "2.1", "blake3": hash }));
        }
        for _ in 0..chance.next(3) {
            let id = chance.one(&["ID/SNI-06-2385-2006", "EU/EC-2073/2005", "SPEC/abc"]);
            self.arg("requirements", "requirement", id);
            self.push("requirements", id.into());
        }
        if chance.next(4) == 0 {
            self.args.push(("failed".into(), "--failed".into()));
            self.members.insert("failed".into(), true.into());
        }
    }

    fn forms(&mut self, chance: &mut Chance) {
        for _ in 0..chance.next(3) {
            let kind = match chance.next(4) {
                0 => "po",
                1 => "letter-of-origin",
                _ => chance.one(&KINDS).0,
            };
            let uri = format!("urn:jejak:doc:{}", chance.next(100));
            let mut text = format!("{kind}={uri}");
            let mut member = json!({ "kind": kind, "document": uri });
            if chance.often() {
                let number = chance.one(&["INV-7", "", "发票 7"]);
                let _ = write!(text, ",{number}");
                member["number"] = number.into();
                if chance.often() {
                    let date = chance.date();
                    let _ = write!(text, ",{date}");
                    member["date"] = date.into();
                    if chance.often() {
                        let _ = write!(text, ",2099-12-31,Balai Karantina, 检疫");
                        member["until"] = "2099-12-31".into();
                        member["issuer"] = "Balai Karantina, 检疫".into();
                    }
                }
            }
            self.arg("documents", "document", text);
            self.push("documents", member);
        }
        if chance.next(4) == 0 {
            self.args.push(("transfer".into(), "--transfer".into()));
            self.members.insert("transfer".into(), true.into());
        }
        if chance.often() {
            self.set("milestone", "milestone", "container-loaded".into());
            let hash = chance.hash().to_string();
            self.set("commitment", "commitment", hash);
        }
        if chance.often() {
            self.arg("visit", "visit", "quality-supervision=advice");
            let mut visit = json!({ "purpose": "quality-supervision", "outcome": "advice" });
            if chance.often() {
                let advice = if chance.sane { "air kotor: 清洗" } else { chance.text() };
                self.arg("visit", "advice", advice);
                visit["advice"] = advice.into();
            }
            for item in ["scales-checked", "water:clean"].into_iter().take(chance.next(3)) {
                let answer = chance.one(&["yes", "no", "not-applicable"]);
                let mut check = json!({ "item": item, "answer": answer });
                let mut text = format!("{item}={answer}");
                if chance.often() {
                    text.push_str(",tidak ada, 无");
                    check["note"] = "tidak ada, 无".into();
                }
                self.arg("visit", "check", text);
                match &mut visit["checklist"] {
                    Value::Array(list) => list.push(check),
                    none => *none = json!([check]),
                }
            }
            self.members.insert("visit".into(), visit);
        }
        if chance.often() {
            let mut leg = json!({ "mode": "road" });
            let mut text = "road".to_owned();
            if chance.often() {
                text.push_str(",DD-8123-XY, 2");
                leg["vehicle"] = "DD-8123-XY, 2".into();
            }
            self.arg("leg", "leg", text);
            for (member, option) in [("from", "leg-from"), ("to", "leg-to")] {
                if chance.often() {
                    let gln = chance.checked(13);
                    self.arg("leg", option, &gln);
                    leg[member] = format!("https://id.gs1.org/414/{gln}").into();
                }
            }
            self.members.insert("leg".into(), leg);
        }
        if chance.often() {
            let (from, to) = (chance.party(), chance.party());
            let mut handover = json!({ "from": from, "to": to });
            let mut text = format!("{from},{to}");
            if chance.often() {
                text.push_str(",utuh é");
                handover["condition"] = "utuh é".into();
            }
            self.arg("handover", "handover", text);
            self.members.insert("handover".into(), handover);
            if chance.often() {
                let uri = chance.hash().uri();
                self.arg("handover", "confirms", &uri);
                self.members.insert("confirms".into(), uri.into());
            }
        }
        if chance.often() {
            self.arg("period", "period", "2026-06-01/2026-06-30");
            self.members.insert("period".into(), json!({ "from": "2026-06-01", "until": "2026-06-30" }));
        }
    }

    fn references(&mut self, chance: &mut Chance) {
        for (member, option) in
            [("shipment", "shipment"), ("lifts", "lifts"), ("replaces", "replaces"), ("rejects", "rejects")]
        {
            if chance.often() {
                let uri = chance.hash().uri();
                self.set(member, option, uri);
            }
        }
        for (member, option) in [("retests", "retests"), ("after", "after")] {
            for _ in 0..chance.next(3) {
                let uri = chance.hash().uri();
                self.arg(member, option, &uri);
                self.push(member, uri.into());
            }
        }
        if chance.often() {
            let seq = chance.one(&EDGES);
            let record = chance.hash().uri();
            let reason = chance.one(&["refused", "mistake", "lost"]);
            let mut member = json!({ "seq": seq, "record": record, "reason": reason });
            let mut text = format!("{seq},{record},{reason}");
            if chance.often() {
                text.push_str(",inspect");
                member["act"] = "inspect".into();
                let lots: Vec<String> = (0..chance.next(3)).map(|_| chance.lot()).collect();
                lots.iter().for_each(|lot| text.push_str(&format!(",{lot}")));
                if !lots.is_empty() {
                    member["lots"] = lots.into();
                }
            }
            self.arg("givesUp", "gives-up", text);
            self.push("givesUp", member);
        }
        for _ in 0..chance.next(3) {
            let member = json!({
                "blake3": chance.hash().to_string(),
                "mediaType": "image/jpeg",
                "bytes": chance.one(&EDGES),
                "documentType": "photo",
                "title": if chance.sane { "foto é 照片" } else { chance.text() },
                "access": "public",
            });
            let named: Map<String, Value> = member
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (format!("jejak:{name}"), value.clone()))
                .collect();
            self.arg("evidence", "evidence", Value::Object(named).to_string());
            self.push("evidence", member);
        }
    }
}

/// Signs with claims of all lengths; what the format refuses has no record.
fn record(chance: &mut Chance, kind: ContentType, payload: &str) -> Value {
    let seed = u8::try_from(1 + chance.next(200)).unwrap();
    let key = SigningKey::from_bytes(&[seed; 32]);
    let seen = chance.often().then(|| Seen { size: chance.one(&EDGES[1..]), root: *chance.hash().as_bytes() });
    let iat = i64::try_from(chance.one(&EDGES)).unwrap() - 1;
    let (iss, aud) = (chance.party(), format!("urn:jejak:ledger:{}", chance.hash()));
    let claims = SignerClaims { iss: &iss, aud: &aud, iat, seq: chance.one(&EDGES), seen };
    let signed = sign(&key, &claims, kind, payload.as_bytes());
    let seen = seen.map(|seen| json!({ "size": seen.size, "root": BASE64URL_NOPAD.encode(&seen.root) }));
    json!({
        "type": kind.media_type(),
        "seed": seed,
        "kid": PublicKey(key.verifying_key().to_bytes()),
        "iss": iss,
        "aud": aud,
        "iat": iat,
        "seq": claims.seq,
        "seen": seen,
        "record": signed.as_ref().ok().map(|bytes| BASE64URL_NOPAD.encode(bytes)),
        "id": signed.as_ref().ok().map(|bytes| RecordId::of(bytes)),
    })
}

fn folder() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    // target/debug/deps/jejak-…
    program.ancestors().nth(3).unwrap().join("app-vectors")
}

#[test]
fn vectors_for_the_field_app_are_written() {
    let chance = &mut Chance { state: 1, sane: false };
    let mut command = New::augment_args(Command::new("new").no_binary_name(true));
    let mut lines = String::new();
    let mut signed = 0;
    let mut put = |value: &Value| {
        signed += usize::from(value["claims"]["id"].is_string());
        lines.push_str(&format!("{value}\n"));
    };
    for word in Word::all().iter().filter(|word| word.name() != "void") {
        for i in 0..EACH {
            chance.sane = i % 2 == 0;
            let mut input = Input::all(chance);
            if chance.sane {
                input.only_of(*word);
            }
            let args = [word.name().to_owned()].into_iter().chain(input.args.iter().map(|(_, arg)| arg.clone()));
            let matches: ArgMatches = command.try_get_matches_from_mut(args).unwrap();
            let new = New::from_arg_matches(&matches).unwrap();
            let (id, at) = (format!("urn:uuid:{}", uuid::Uuid::now_v7()), chance.time());
            let event = new.event(&id, time(&at).unwrap()).unwrap();
            let claims = record(chance, ContentType::Event, &event);
            put(
                &json!({ "act": word.name(), "input": input.members, "id": id, "time": at, "text": event, "claims": claims }),
            );
            // it again, as its void
            let (id, at, reason) = (format!("urn:uuid:{}", uuid::Uuid::now_v7()), chance.time(), "did_not_occur");
            let voids = chance.hash();
            let void = record_void::event(event.as_bytes(), &id, &at, reason, &voids).unwrap().to_string();
            let claims = record(chance, ContentType::Event, &void);
            put(&json!({
                "voided": event, "id": id, "time": at, "reason": reason, "voids": voids.uri(), "text": void, "claims": claims
            }));
        }
    }
    for _ in 0..STATEMENTS {
        for (kind, statement) in statements::all(chance) {
            let text = statement.to_json().unwrap();
            let mut members: Map<String, Value> = serde_json::from_str(&text).unwrap();
            members.remove("type");
            let claims = record(chance, ContentType::Registry, &text);
            put(&json!({ "statement": kind, "members": members, "text": text, "claims": claims }));
        }
    }
    assert!(signed > 1_000, "only {signed} of the vectors are records");
    std::fs::create_dir_all(folder()).unwrap();
    std::fs::write(folder().join("records.jsonl"), lines).unwrap();
}
