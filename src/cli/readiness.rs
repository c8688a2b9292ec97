//! `jejak lot readiness`: what is still missing before a lot may go to a market.

use clap::Args;
use jiff::civil::Date;
use serde_json::Value;

use super::Out;
use super::before_signing::lot_path;
use super::client::Client;
use super::failure::Failure;
use super::link;
use super::lot_text::{list, text};
use crate::gs1::link::encode_component;
use crate::server::i18n::Lang;

/// `lot readiness`.
#[derive(Debug, Args)]
pub struct Readiness {
    /// Digital Link or element string of the lot
    #[arg(value_name = "LOT")]
    pub lot: String,
    /// The market: a country of two capital letters, or EU [default: that for which the lot is judged]
    #[arg(long, value_name = "CC")]
    pub market: Option<String>,
    /// Day of the planned shipment: what is no longer valid then is missing
    #[arg(long, value_name = "DAY")]
    pub shipment: Option<Date>,
    /// A question that is answered with yes, by its id; repeatable
    #[arg(long, value_name = "QUESTION")]
    pub yes: Vec<String>,
    /// A question that is answered with no; repeatable
    #[arg(long, value_name = "QUESTION")]
    pub no: Vec<String>,
    /// Language of the sentences
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "id", "zh"])]
    pub lang: String,
    /// The node to ask
    #[arg(long, value_name = "URL", env = "JEJAK_NODE")]
    pub node: String,
}

impl Readiness {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let lot = link::lot(&self.lot)?;
        let mut query = Vec::new();
        query.extend(self.market.as_ref().map(|market| ("market", market.clone())));
        query.extend(self.shipment.map(|day| ("shipment", day.to_string())));
        for (name, ids) in [("yes", &self.yes), ("no", &self.no)] {
            if !ids.is_empty() {
                query.push((name, ids.join(",")));
            }
        }
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", encode_component(value))).collect();
        let path = format!("{}/readiness?{}", lot_path(&lot), query.join("&"));
        let answer = Client::new(&self.node)?.get_json(&path)?;
        out.print(&shown(&answer, Lang::of(&self.lang)), &answer);
        Ok(())
    }
}

fn shown(answer: &Value, lang: Lang) -> String {
    let said = |value: &Value| {
        let best = value.get(lang.code()).or_else(|| value.get("en"));
        best.and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let market = text(&answer["market"]);
    let market = lang.find(&format!("country-{market}"), &[]).unwrap_or(market);
    let counts = [("missing", "n"), ("open", "q")].map(|(member, name)| (name, answer[member].to_string()));
    let mut values: Vec<(&str, &str)> = counts.iter().map(|(name, value)| (*name, value.as_str())).collect();
    values.push(("market", &market));
    let outcome = text(&answer["outcome"]);
    let title = [("product", said(&answer["product"]["name"])), ("market", market.clone())];
    let title: Vec<(&str, &str)> = title.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut out = format!(
        "{}\n{} {}\n",
        lang.with("readiness-title", &title),
        lang.text(&format!("readiness-{outcome}")),
        lang.with(&format!("readiness-{outcome}-why"), &values)
    );
    out.push_str(&format!("\n{}\n", lang.text("readiness-gate")));
    for gate in list(&answer["gates"]) {
        let word = lang.text(&format!("gate-{}", text(&gate["status"])));
        out.push_str(&format!("  [{word}] {}\n", said(&gate["text"])));
    }
    if list(&answer["gates"]).is_empty() {
        out.push_str(&format!("  {}\n", lang.text("gate-none")));
    }
    for (member, title) in [("standing", "readiness-standing"), ("documents", "readiness-documents")] {
        out.push_str(&format!("\n{}\n", lang.text(title)));
        for item in list(&answer[member]) {
            out.push_str(&format!("  [{}] {}\n", state(item, lang), sentence(item, &said)));
        }
    }
    if !list(&answer["questions"]).is_empty() {
        out.push_str(&format!("\n{} (--yes ID, --no ID)\n", lang.text("readiness-questions-title")));
    }
    for question in list(&answer["questions"]) {
        let given = match question["answer"].as_bool() {
            Some(true) => lang.text("answer-yes"),
            Some(false) => lang.text("answer-no"),
            None => "?".to_owned(),
        };
        out.push_str(&format!("  {}: {} {given}\n", text(&question["id"]), said(&question["text"])));
    }
    let next = list(&answer["steps"]).iter().filter(|step| step["state"] == "next");
    let next: Vec<String> = next.map(|step| format!("  {}\n", said(&step["text"]))).collect();
    if !next.is_empty() {
        out.push_str(&format!("\n{}\n{}", lang.text("step-next"), next.concat()));
    }
    out.push_str(&format!("\n{}\n", lang.text("readiness-no-advice")));
    out
}

fn state(item: &Value, lang: Lang) -> String {
    let state = text(&item["state"]);
    let blocks = item["blocks"] == true;
    lang.text(match state.as_str() {
        "done" if item["lapses"] == true => "item-lapses",
        "done" => "item-done",
        "not-needed" => "item-not-needed",
        "asked" => "item-asked",
        "failed" => "item-failed",
        "lapsed" => "item-lapsed",
        _ if blocks => "item-missing",
        _ => "item-advised",
    })
}

/// What is missing; of what is there its name, and the number of the document.
fn sentence(item: &Value, said: &impl Fn(&Value) -> String) -> String {
    if item["state"] != "done" && item["state"] != "not-needed" {
        return said(&item["text"]);
    }
    let numbers = list(&item["papers"]).iter().filter_map(|paper| paper["number"].as_str());
    let numbers: Vec<&str> = numbers.collect();
    let name = said(&item["name"]);
    if numbers.is_empty() { name } else { format!("{name} ({})", numbers.join(", ")) }
}
