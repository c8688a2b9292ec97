//! The sentence of a finding, with amounts and parties in the reader's language.

use super::bidi::isolated;
use super::{Words, format};
use crate::chain::outcome::Finding;
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::server::i18n::Lang;

/// A finding's sentence, with amounts and parties in the reader's language.
pub(crate) fn finding_text(
    words: Words<'_>,
    lang: Lang,
    finding: &Finding,
    amount: &dyn Fn(Amount, Option<BaseUnit>) -> String,
    name: &dyn Fn(&str) -> Option<String>,
) -> String {
    let unit = finding.args.iter().find(|(key, _)| key == "unit").and_then(|(_, name)| BaseUnit::from_name(name));
    let amount = |of| amount(of, unit);
    let shown: Vec<(String, String)> =
        finding.args.iter().map(|(k, v)| (k.clone(), argument(words, lang, k, v, &amount, name))).collect();
    let args: Vec<(&str, &str)> = shown.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    lang.with(finding.rule.sentence_key(), &args)
}

/// One value of a finding. Counts and sequence numbers are numbers; other plain decimals are quantities.
fn argument(
    words: Words<'_>,
    lang: Lang,
    key: &str,
    value: &str,
    amount: &dyn Fn(Amount) -> String,
    name: &dyn Fn(&str) -> Option<String>,
) -> String {
    if let Some(name) = name(value) {
        return name;
    }
    if let Ok(lot) = LotId::from_uri(value) {
        return lot.lot.to_string();
    }
    const QUANTITIES: [&str; 7] = ["amount", "difference", "input", "output", "received", "shipped", "short"];
    /// Codes, with commas between.
    const LISTS: [&str; 4] = ["additives", "from-forms", "parameters", "to-forms"];
    match value.parse::<Amount>() {
        Ok(parsed) if QUANTITIES.contains(&key) => amount(parsed),
        Ok(_) => format::number(lang, value),
        Err(_) if key == "parameter" => words.parameter(lang, value),
        Err(_) if key == "process" => words.process_name(lang, value),
        Err(_) if LISTS.contains(&key) => {
            let named = |code: &str| match key {
                "additives" => words.additive(lang, code),
                "from-forms" | "to-forms" => words.form(lang, code),
                _ => words.parameter(lang, code),
            };
            let names: Vec<String> = value.split(',').map(|code| named(code.trim())).collect();
            format::list(lang, &names)
        }
        Err(_) if key == "reason" => lang.find(&format!("reason-{value}"), &[]).unwrap_or_else(|| isolated(value)),
        Err(_) => isolated(value),
    }
}
