//! Vectors for numbers, amounts, sampling plans and the eight words of the app (`app_vectors`).

use jejak::cli::numbers::{self, Locale, Reading};
use jejak::gs1::{Amount, AmountError, BaseUnit, Unit, exact_decimal};
use jejak::quality::builtin;
use jejak::quality::plan::{self, LotSize, Need, Plan};
use jejak::record::PublicKey;
use jejak::record::eight::{self, Language};
use serde_json::{Value, json};

use crate::app_vectors::{Dice, write};

fn reading(text: &str) -> Value {
    match numbers::read(text) {
        Ok(Reading::One(value)) => json!({ "text": text, "value": value }),
        Ok(two @ Reading::Two { .. }) => {
            let (point, comma) = (two.in_locale(Locale::Point).to_owned(), two.in_locale(Locale::Comma).to_owned());
            let Reading::Two { separator, decimal, grouped } = two else { unreachable!() };
            json!({ "text": text, "ambiguous": [decimal, grouped], "mark": separator, "point": point, "comma": comma })
        }
        Err(why) => {
            let why = why.to_string();
            let code = [
                ("write it in digits", "digits"),
                ("between thousands", "groups"),
                ("there is one", "two-signs"),
                ("digits are missing", "part-missing"),
            ];
            let (_, code) = code.iter().find(|(start, _)| why.starts_with(start)).unwrap_or_else(|| panic!("{why}"));
            json!({ "text": text, "error": code })
        }
    }
}

/// A number as people write it, or nearly.
fn written(dice: &mut Dice) -> String {
    if dice.chance(15) {
        let length = dice.below(16);
        return dice.of("-0123456789., '\u{a0}\u{202f}+e", length);
    }
    let mut out = dice.one(&["", "", "", "-", "\u{2212}", " ", "\t", "+", "--"]).to_owned();
    if dice.chance(15) {
        let before = 1 + dice.below(3);
        out.push_str(&format!("{}{}{}", dice.digits(before), dice.one(&[".", ","]), dice.digits(3)));
        return out;
    }
    let mark = dice.one(&["", ".", ",", " ", "\u{a0}", "\u{2009}", "\u{202f}", "'", "\u{2019}", ". "]);
    let first = 1 + dice.below(4);
    out.push_str(&dice.digits(first));
    for _ in 0..dice.below(5) {
        let length = if dice.chance(88) { 3 } else { dice.below(5) };
        out.push_str(mark);
        out.push_str(&dice.digits(length));
    }
    if dice.chance(50) {
        let length = dice.below(7);
        out.push_str(dice.one(&[".", ",", "."]));
        out.push_str(&dice.digits(length));
    }
    if dice.chance(5) {
        out.push_str(dice.one(&[" ", "kg", "\u{663}", "\u{ff11}", "\u{bd}", "\u{feff}", "\u{85}", "\n", "é"]));
    }
    out
}

/// A plain decimal, of up to the digits that can be counted and more.
fn decimal(dice: &mut Dice) -> String {
    let sign = dice.one(&["", "", "", "-", "+"]);
    let whole = match dice.below(6) {
        0 => "0".to_owned(),
        1 => {
            let length = 1 + dice.below(32);
            dice.digits(length)
        }
        _ => {
            let length = 1 + dice.below(12);
            let digits = dice.digits(length);
            digits.trim_start_matches('0').parse::<u64>().unwrap_or_default().to_string()
        }
    };
    let part = match dice.below(4) {
        0 => String::new(),
        1 => {
            let length = dice.below(32);
            format!(".{}", dice.digits(length))
        }
        _ => {
            let length = 1 + dice.below(8);
            format!(".{}{}", dice.digits(length), "0".repeat(dice.below(4)))
        }
    };
    format!("{sign}{whole}{part}")
}

fn amount_error(error: AmountError) -> &'static str {
    match error {
        AmountError::NotDecimal => "not-decimal",
        AmountError::TooFine => "too-fine",
        AmountError::TooLarge => "too-large",
    }
}

fn in_base(text: &str, code: &str) -> Value {
    let Some(unit) = Unit::from_code(code) else { return json!({ "text": text, "code": code, "error": "unit" }) };
    match exact_decimal(text).and_then(|value| unit.to_base(value)) {
        Ok(amount) => json!({ "text": text, "code": code, "value": amount.to_string(), "base": unit.base().0.name() }),
        Err(error) => json!({ "text": text, "code": code, "error": amount_error(error) }),
    }
}

#[test]
fn numbers_and_amounts_are_written_for_the_app() {
    let mut dice = Dice(2);
    let known = [
        "1.040",
        "1,040",
        "1.040,5",
        "1 040,5",
        "",
        " ",
        "-",
        ".",
        ",",
        "1.",
        "1..5",
        "1.5.2",
        "-0",
        "0",
        "007",
        ".5",
        ",5",
        "0.500.000",
        "NaN",
        "1e3",
        "\u{bd}",
        "999.999",
        "-1.500",
        "1 040.500.000",
        "000.040",
        "0,000",
    ];
    let read: Vec<Value> =
        known.iter().map(|text| reading(text)).chain((0..4_000).map(|_| reading(&written(&mut dice)))).collect();
    let shown: Vec<Value> = (0..1_000)
        .map(|_| decimal(&mut dice))
        .filter(|text| exact_decimal(text).is_ok())
        .map(|text| json!({ "exact": text, "point": Locale::Point.shown(&text), "comma": Locale::Comma.shown(&text) }))
        .collect();
    let codes = ["MGM", "GRM", "KGM", "TNE", "MLT", "LTR", "MTQ", "H87", "EA", "kgm", "LBR", "toString"];
    let mut base: Vec<Value> = (0..4_000).map(|_| in_base(&decimal(&mut dice), dice.one(&codes))).collect();
    let edges = [
        "999999999999.999999",
        "999999999999.9999999",
        "1000000000000",
        "-999999999999",
        "0.000001",
        "0.0000001",
        "79228162514264337593543950335",
        "79228162514264337593543950336",
        "0.0000000000000000000000000001",
        "0.00000000000000000000000000001",
        "1.0000000000000000000000000000",
        "1.00000000000000000000000000000",
        "00",
        "01",
        "-0",
        "-0.0",
        "1.",
        ".1",
        "",
    ];
    base.extend(edges.iter().flat_map(|text| codes.iter().map(|code| in_base(text, code))));
    let tags = [
        "id",
        "ID",
        "id_ID.UTF-8",
        "in_ID",
        "jv",
        "su-ID",
        "en",
        "en-ZA",
        "en_US.UTF-8@euro",
        "zh-Hans",
        "zh_CN.GB18030",
        "de",
        "C",
        "",
        "_",
        "idn",
        " en-GB ",
    ];
    let locales: Vec<Value> = tags
        .iter()
        .map(|tag| {
            let mark = tag.parse().ok().map(|locale: Locale| if locale == Locale::Comma { "," } else { "." });
            json!({ "tag": tag, "mark": mark })
        })
        .collect();
    let two = read.iter().filter(|one| one.get("ambiguous").is_some()).count();
    assert!(two > 200 && shown.len() > 500, "{two} with two meanings, {} shown", shown.len());
    write("numbers.json", &json!({ "read": read, "shown": shown, "base": base, "locales": locales }));
}

fn size(dice: &mut Dice) -> (LotSize, Value) {
    let mut of = |most: u64| match dice.below(6) {
        0 => None,
        1 => Some(u64::MAX - dice.roll() % 3),
        2 => Some(u64::from(u32::MAX) + dice.roll() % 3 - 1),
        _ => Some(dice.roll() % most),
    };
    let size = LotSize { pieces: of(20_000), grams: of(1_000_000) };
    // as text: JavaScript's numbers are too short
    let text = |n: Option<u64>| n.map(|n| n.to_string());
    (size, json!({ "pieces": text(size.pieces), "grams": text(size.grams) }))
}

fn need(need: Option<Need>) -> Value {
    need.map_or(Value::Null, |need| json!({ "n": need.n, "c": need.c }))
}

fn random_plan(dice: &mut Dice) -> Value {
    let (mut up, mut steps) = (0, Vec::new());
    for _ in 0..dice.below(6) {
        up += 1 + dice.below(5_000);
        steps.push(json!({ "upTo": up, "n": dice.below(2_000), "c": dice.below(22) }));
    }
    if dice.chance(80) {
        steps.push(json!({ "n": 1 + dice.below(2_000) }));
    }
    let of = dice.one(&["pieces", "grams", "packages"]);
    match dice.below(4) {
        0 => json!({ "units": { "n": 1 + dice.below(60), "c": dice.below(5) } }),
        1 => json!({ "composite": { "of": of, "steps": steps, "grams": 1_000 } }),
        _ => json!({ "lotSize": { "of": of, "steps": steps } }),
    }
}

#[test]
fn sampling_plans_are_written_for_the_app() {
    let mut dice = Dice(3);
    let mut plans: Vec<(Value, Plan)> = Vec::new();
    for shipped in builtin() {
        let json: Value = serde_json::from_slice(
            &std::fs::read(format!("{}/schemas/commodities/{}.json", env!("CARGO_MANIFEST_DIR"), shipped.profile.id))
                .unwrap(),
        )
        .unwrap();
        let own = json["samplingPlans"].as_array().cloned().unwrap_or_default();
        plans.extend(own.into_iter().map(|plan| (plan["kind"].clone(), serde_json::from_value(plan).unwrap())));
    }
    assert!(plans.len() > 10);
    for _ in 0..300 {
        let kind = random_plan(&mut dice);
        let whole = json!({
            "id": "p", "names": { "en": "p" }, "kind": kind, "standard": "s", "confidence": "high", "provenance": "read",
        });
        plans.push((kind, serde_json::from_value(whole).unwrap()));
    }
    let mut needs = Vec::new();
    for (kind, plan) in &plans {
        for _ in 0..12 {
            let (size, text) = size(&mut dice);
            let any = plan.of_any_size();
            needs.push(json!({
                "kind": kind, "size": text, "need": need(plan.need(size)), "any": need(Some(any)), "tolerates": plan.tolerates(),
            }));
        }
    }
    let units = [
        ("within", plan::Unit::Within),
        ("marginal", plan::Unit::Marginal),
        ("beyond", plan::Unit::Beyond),
        ("unclear", plan::Unit::Unclear),
    ];
    let verdicts: Vec<Value> = (0..2_000)
        .map(|_| {
            let need = Need { n: u32::try_from(dice.below(12)).unwrap(), c: u32::try_from(dice.below(4)).unwrap() };
            let found: Vec<(usize, u32)> = (0..dice.below(6))
                .map(|_| {
                    let count = if dice.chance(5) { u32::MAX } else { u32::try_from(dice.below(6)).unwrap() };
                    // most are within
                    (if dice.chance(60) { 0 } else { dice.below(4) }, count)
                })
                .collect();
            let verdict = plan::verdict(need, found.iter().map(|(unit, count)| (units[*unit].1, *count)));
            let found: Vec<Value> = found.iter().map(|(unit, count)| json!([units[*unit].0, count])).collect();
            json!({ "n": need.n, "c": need.c, "units": found, "verdict": serde_json::to_value(verdict).unwrap() })
        })
        .collect();
    let bases = [BaseUnit::Gram, BaseUnit::Millilitre, BaseUnit::Piece];
    let amount = |dice: &mut Dice| -> Amount {
        let most = if dice.chance(10) { 60 } else { 38 };
        let micros = i128::from(dice.roll() >> (64 - most)) * if dice.chance(5) { -1 } else { 1 };
        Amount::from_micros(micros)
    };
    let sizes: Vec<Value> = (0..2_000)
        .map(|at| {
            let base = bases[at % 3];
            let own = amount(&mut dice);
            let net = dice.chance(50).then(|| if dice.chance(5) { Amount::ZERO } else { amount(&mut dice) });
            let size = LotSize::of(base, own, net);
            let text = |n: Option<u64>| n.map(|n| n.to_string());
            json!({ "base": base.name(), "amount": own, "net": net, "pieces": text(size.pieces), "grams": text(size.grams) })
        })
        .collect();
    write("plan.json", &json!({ "needs": needs, "verdicts": verdicts, "sizes": sizes }));
}

#[test]
fn eight_words_are_written_for_the_app() {
    let mut dice = Dice(4);
    let text = |dice: &mut Dice| {
        let length = dice.below(80);
        dice.of("abcdefghijklmnopqrstuvwxyz0123456789:+/-.é中𝟙", length)
    };
    let mut all = Vec::new();
    for _ in 0..1_500 {
        let (ledger, log, party) = (text(&mut dice), text(&mut dice), text(&mut dice));
        let key = PublicKey(std::array::from_fn(|_| u8::try_from(dice.below(256)).unwrap()));
        let in_language = |language| eight::words(&ledger, &log, &party, &key, language);
        all.push(json!({
            "ledger": ledger, "log": log, "party": party, "key": key, "numbers": eight::numbers(&ledger, &log, &party, &key),
            "id": in_language(Language::Indonesian), "en": in_language(Language::English), "zh": in_language(Language::Chinese),
        }));
    }
    write("eight.json", &Value::Array(all));
}
