//! `jejak party path`: the way of a party to its first export, step by step.

use clap::Args;
use serde_json::Value;

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::lot_text::{list, text};
use crate::gs1::link::encode_component;
use crate::server::i18n::Lang;

/// `party path`.
#[derive(Debug, Args)]
pub struct Way {
    /// The party's URI, or the last part of it [default: one that is not on the ledger yet]
    #[arg(value_name = "PARTY")]
    pub party: Option<String>,
    /// The commodity [default: that of its first product]
    #[arg(long, value_name = "COMMODITY")]
    pub commodity: Option<String>,
    /// The form of the commodity
    #[arg(long, value_name = "FORM")]
    pub form: Option<String>,
    /// The market: a country of two capital letters, or EU [default: the first that the goods may enter]
    #[arg(long, value_name = "CC")]
    pub market: Option<String>,
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

impl Way {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let listed = |ids: &[String]| (!ids.is_empty()).then(|| ids.join(","));
        let given = [
            ("commodity", self.commodity),
            ("form", self.form),
            ("market", self.market),
            ("yes", listed(&self.yes)),
            ("no", listed(&self.no)),
        ];
        let given = given.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let query: Vec<String> = given.map(|(name, value)| format!("{name}={}", encode_component(&value))).collect();
        let of = self.party.map(|party| format!("/parties/{}", encode_component(&party))).unwrap_or_default();
        let answer = Client::new(&self.node)?.get_json(&format!("{of}/path?{}", query.join("&")))?;
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
    let good = [("form", said(&answer["good"]["name"])), ("commodity", said(&answer["good"]["commodityName"]))];
    let good: Vec<(&str, &str)> = good.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let good = lang.with("way-good-name", &good);
    let title = lang.with("way-title", &[("good", &good), ("market", &market)]);
    let (done, of) = (answer["done"].to_string(), answer["of"].to_string());
    let mut out = format!("{title}\n{}\n", lang.with("way-count", &[("done", &done), ("of", &of)]));
    match text(&answer["outcome"]).as_str() {
        "closed" => out.push_str(&format!("{}\n", lang.with("way-closed-why", &[("market", &market)]))),
        "not-known" => out.push_str(&format!("{}\n", lang.with("way-not-known-why", &[("market", &market)]))),
        _ => {}
    }
    let items: Vec<&Value> = ["standing", "documents"].iter().flat_map(|part| list(&answer[*part])).collect();
    for step in list(&answer["steps"]) {
        let state = text(&step["state"]);
        let role = said(&answer["roles"][text(&step["who"])]);
        out.push_str(&format!("  [{}] {} ({role})\n", lang.text(&format!("step-{state}")), said(&step["text"])));
        if state != "next" {
            continue;
        }
        let open = |item: &&&Value| {
            list(&step["items"]).contains(&item["id"]) && item["state"] != "done" && item["state"] != "not-needed"
        };
        let bring: Vec<String> = items.iter().filter(open).flat_map(|item| list(&item["bring"])).map(&said).collect();
        if !bring.is_empty() {
            out.push_str(&format!("      {} {}\n", lang.text("readiness-bring"), bring.join(", ")));
        }
    }
    for question in list(&answer["questions"]).iter().filter(|question| question["answer"].is_null()) {
        out.push_str(&format!("  ? {} (--yes {id}, --no {id})\n", said(&question["text"]), id = text(&question["id"])));
    }
    out.push_str(&format!("\n{}\n", lang.text("readiness-no-advice")));
    out
}
