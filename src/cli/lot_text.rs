//! A lot as text, from the JSON form that the HTTP interface and a verdict share.

use std::collections::BTreeMap;

use serde_json::Value;

use super::sentences;
use crate::gs1::exact_decimal;

pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A lot id in the JSON form, `{gtin, lot}`, or text.
pub(super) fn lot(value: &Value) -> String {
    match (&value["gtin"], &value["lot"]) {
        (Value::String(gtin), Value::String(lot)) => format!("(01){gtin}(10){lot}"),
        _ => text(value),
    }
}

pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// An amount in base units, formatted as on the page: from 1,000 grams or millilitres on in kilograms or litres.
pub(super) fn measured(amount: &Value, unit: &Value) -> String {
    let (digits, unit) = (text(amount), text(unit));
    let large = match unit.as_str() {
        "gram" => Some("kg"),
        "millilitre" => Some("L"),
        _ => None,
    };
    let thousand = rust_decimal::Decimal::ONE_THOUSAND;
    match (large, exact_decimal(&digits)) {
        (Some(large), Ok(number)) if number.abs() >= thousand => {
            // an amount has at most six decimals, so the division is exact
            number.checked_div(thousand).map_or(digits, |number| format!("{} {large}", number.normalize()))
        }
        _ => format!("{digits} {unit}"),
    }
}

/// The act of a step; recalls and lifts have their own word.
fn act(view: &Value, step: &Value) -> String {
    let same = |other: &Value| !other.is_null() && *other == step["record"];
    let holds = list(&view["holds"]);
    match step["act"].as_str() {
        Some("hold") if holds.iter().any(|hold| hold["recall"] == true && same(&hold["record"])) => "recall".to_owned(),
        Some("hold") if holds.iter().any(|hold| same(&hold["liftedBy"])) => "lift".to_owned(),
        _ => text(&step["act"]),
    }
}

/// The market that a lot is judged for, and what is lacking.
fn market(judged: &Value) -> String {
    let ids = |list_of: &Value| list(list_of).iter().map(text).collect::<Vec<_>>();
    let complete = &judged["completeness"];
    let what = match complete["state"].as_str() {
        Some("complete") if complete["advisory"] == true => "complete by a list that only advises".to_owned(),
        Some("complete") => "tests complete".to_owned(),
        Some("partly") => {
            let lacking = list(&complete["lacking"]).iter().map(|one| ids(&one["oneOf"]).join(" or "));
            format!("lacking {}", lacking.collect::<Vec<_>>().join(", "))
        }
        Some("noList") => "no list of what a complete test is".to_owned(),
        Some("closed") => "closed for these goods".to_owned(),
        Some("unknownMarket") => "a market that no requirement knows".to_owned(),
        _ => "no result counts yet".to_owned(),
    };
    match judged["market"].as_str() {
        Some(market) => format!("market     {market}: {what}\n"),
        None => String::new(),
    }
}

/// The specifications that gate a lot, or by which an inspection was judged: each with its version and whose it is.
fn specifications(list_of: &Value) -> Vec<String> {
    let one = |adopted: &Value| {
        let (id, version) = (text(&adopted["id"]), text(&adopted["version"]));
        format!("{id} {version} of {} (SPEC/{})", text(&adopted["party"]["name"]["en"]), text(&adopted["record"]))
    };
    list(list_of).iter().map(one).collect()
}

/// Who holds goods: the name of a party that signed a step, else its URI.
fn holder(view: &Value, uri: &Value) -> String {
    let named = list(&view["steps"]).iter().map(|step| &step["party"]).find(|party| party["party"] == *uri);
    named.map_or_else(|| text(uri), |party| text(&party["name"]["en"]))
}

pub(super) fn shown(view: &Value) -> String {
    let unit = &view["product"]["unit"];
    let mut out = format!(
        "{}\n{}\nstate      {}\nmade by    {}\nproduced   {}\n",
        lot(&view["lot"]),
        text(&view["product"]["name"]["en"]),
        list(&view["states"]).iter().map(text).collect::<Vec<_>>().join(", "),
        text(&view["maker"]["name"]["en"]),
        measured(&view["produced"], unit),
    );
    out.push_str(&market(&view["judged"]));
    for adopted in specifications(&view["judged"]["specifications"]) {
        out.push_str(&format!("contract   {adopted}\n"));
    }
    for record in list(&view["judged"]["monitoring"]) {
        let days = format!("{} to {}", text(&record["from"]), text(&record["until"]));
        let by = text(&record["by"]["name"]["en"]);
        for (ids, word) in [("covers", "monitored "), ("failed", "OUTSIDE   ")] {
            let ids: Vec<String> = list(&record[ids]).iter().map(text).collect();
            if !ids.is_empty() {
                out.push_str(&format!("{word} {} by {by}, {days}\n", ids.join(", ")));
            }
        }
    }
    if let Some(best) = view["bestBefore"].as_str() {
        let today = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::now()).date();
        let passed = best.parse::<jiff::civil::Date>().is_ok_and(|best| best < today);
        out.push_str(&format!("best until {best}{}\n", if passed { " (PASSED)" } else { "" }));
    }
    for held in list(&view["held"]) {
        let place = [("in container", "container"), ("in shipment", "shipment")]
            .iter()
            .filter(|(_, name)| !held[*name].is_null())
            .map(|(words, name)| format!(", {words} {}", text(&held[*name])))
            .collect::<String>();
        out.push_str(&format!(
            "held       {} by {}{place}\n",
            measured(&held["amount"], unit),
            holder(view, &held["party"])
        ));
    }
    for i in list(&view["inspections"]) {
        let (profile, verdict) = (text(&i["profile"][0]), text(&i["verdict"]));
        // results of ancestors are listed too
        let of = if i["lot"] == view["lot"] { String::new() } else { format!(", on {}", lot(&i["lot"])) };
        let void = if i["voidedBy"].is_null() { "" } else { ", voided" };
        let later: String = [("inspect", ", a retest passed"), ("process", ", a process cured it")]
            .into_iter()
            .filter(|(act, _)| list(&i["clearedBy"]).iter().any(|cleared| cleared["act"] == *act))
            .map(|(_, words)| words)
            .collect();
        let by = text(&i["inspector"]["name"]["en"]);
        out.push_str(&format!("inspected  {verdict} by {by}, {profile}{of}{void}{later}\n"));
    }
    for hold in list(&view["holds"]) {
        let kind = if hold["recall"] == true { "RECALL" } else { "hold" };
        let lifted = if hold["liftedBy"].is_null() { "" } else { " (lifted)" };
        out.push_str(&format!("{kind:<10} {}{lifted}\n", text(&hold["reason"])));
    }
    let mut findings: BTreeMap<(String, String), usize> = BTreeMap::new();
    for finding in list(&view["findings"]) {
        *findings.entry((text(&finding["severity"]), sentences::finding(finding))).or_default() += 1;
    }
    for ((severity, sentence), times) in findings.iter().rev() {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        out.push_str(&format!("{severity:<10} {sentence}{times}\n"));
    }
    for step in list(&view["steps"]) {
        let at = text(&step["eventTime"]);
        out.push_str(&format!("{at}  {:<12} {}\n", act(view, step), text(&step["party"]["name"]["en"])));
    }
    for (list, name) in [
        ("steps", "records"),
        ("inspections", "inspections"),
        ("holds", "holds"),
        ("warnings", "warnings"),
        ("notices", "notices"),
        ("origins", "harvests"),
        ("held", "places"),
        ("documents", "documents"),
        ("specifications", "specifications"),
    ] {
        if let Some(count) = view["omitted"][list].as_u64() {
            out.push_str(&format!("not shown  {count} more {name}\n"));
        }
    }
    if view["demo"] == true {
        out.push_str("This is a demonstration: its people and numbers are invented.\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{measured, shown};

    #[test]
    fn amounts_are_formatted_as_on_the_page() {
        for (amount, unit, words) in [
            ("100123.4567", "gram", "100.1234567 kg"),
            ("1000", "gram", "1 kg"),
            ("999.5", "gram", "999.5 gram"),
            ("2250", "millilitre", "2.25 L"),
            ("2250", "piece", "2250 piece"),
            ("-1500", "gram", "-1.5 kg"),
        ] {
            assert_eq!(measured(&json!(amount), &json!(unit)), words);
        }
    }

    #[test]
    fn goods_are_held_by_a_name_where_the_lot_has_one() {
        let party = json!({ "party": "urn:a", "name": { "en": "Hanse Aroma" } });
        let held = |uri: &str| json!({ "amount": "1000", "party": uri });
        let text = shown(&json!({
            "product": { "unit": "gram" },
            "steps": [{ "act": "receive", "record": "a", "party": party }],
            "held": [held("urn:a"), held("urn:b")],
        }));
        assert!(text.contains("held       1 kg by Hanse Aroma\n"), "{text}");
        assert!(text.contains("held       1 kg by urn:b\n"), "{text}");
    }

    #[test]
    fn recalls_and_lifts_are_not_listed_as_holds() {
        let step = |record: &str| json!({ "act": "hold", "record": record });
        let hold =
            |record: &str, recall: bool, lifted| json!({ "record": record, "recall": recall, "liftedBy": lifted });
        let text = shown(&json!({
            "steps": [step("a"), step("b"), step("c"), { "act": "harvest", "record": "d" }],
            "holds": [hold("a", true, json!(null)), hold("b", false, json!("c"))],
        }));
        let acts: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("-  ")?.split(' ').next()).collect();
        assert_eq!(acts, ["recall", "hold", "lift", "harvest"]);
    }

    #[test]
    fn a_cleared_failure_names_what_cleared_it() {
        let inspected = |cleared: &[&str]| {
            let by: Vec<_> = cleared.iter().map(|act| json!({ "record": "a", "act": act })).collect();
            let text = shown(&json!({ "inspections": [{ "verdict": "fail", "clearedBy": by }] }));
            text.lines().find(|line| line.starts_with("inspected")).unwrap().to_owned()
        };
        assert!(!inspected(&[]).contains("passed") && !inspected(&[]).contains("cured"));
        assert!(inspected(&["process"]).ends_with(", a process cured it"));
        assert!(inspected(&["inspect"]).ends_with(", a retest passed"));
        assert!(inspected(&["process", "inspect"]).ends_with(", a retest passed, a process cured it"));
    }

    #[test]
    fn monitoring_of_the_place_is_shown_with_what_it_covers_and_what_was_outside() {
        let record = json!({
            "by": { "name": { "en": "Laboratory" } }, "from": "2026-06-01", "until": "2026-06-30",
            "covers": ["chlorpyrifos", "residue-default"], "failed": ["cd"],
        });
        let text = shown(&json!({ "judged": { "market": "NL", "monitoring": [record] } }));
        let days = "by Laboratory, 2026-06-01 to 2026-06-30";
        assert!(text.contains(&format!("\nmonitored  chlorpyrifos, residue-default {days}\n")), "{text}");
        assert!(text.contains(&format!("\nOUTSIDE    cd {days}\n")), "{text}");
    }
}
