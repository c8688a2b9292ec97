//! Rules and findings as sentences, in the language of the person at the terminal. A build without the feature `node` has no locales and
//! shows their ids.

use serde_json::Value;

use super::lot_text::text;

/// The sentence of a finding in the JSON form.
#[cfg(feature = "node")]
pub fn finding(finding: &Value) -> String {
    use crate::chain::Finding;
    use crate::gs1::{Amount, BaseUnit};
    use crate::server::pages::{Glossary, finding_text, plain};

    let Ok(known) = serde_json::from_value::<Finding>(finding.clone()) else { return text(&finding["rule"]) };
    let amount = |amount: Amount, unit: Option<BaseUnit>| match unit.map(|unit| unit.written(amount)) {
        Some((digits, sign)) => format!("{digits} {sign}"),
        None => amount.to_string(),
    };
    plain(&finding_text(Glossary::default().any(), language(), &known, &amount, &|_| None))
}

/// The sentence of a finding in the JSON form.
#[cfg(not(feature = "node"))]
pub fn finding(finding: &Value) -> String {
    text(&finding["rule"])
}

/// The sentence of a rule that refused a record; `None` for one that this program does not know.
#[cfg(feature = "node")]
pub fn refusal(rule: &str) -> Option<String> {
    language().find(&format!("rule-{rule}"), &[])
}

#[cfg(feature = "node")]
fn language() -> crate::server::i18n::Lang {
    crate::server::i18n::Lang::of(&super::acknowledged::language())
}

#[cfg(all(test, feature = "node"))]
mod tests {
    use serde_json::json;

    #[test]
    fn findings_and_refusals_are_sentences() {
        let finding = json!({ "rule": "late-sync", "severity": "notice", "lots": [], "record": "a".repeat(52), "args": [["days", "3"]] });
        let sentence = super::finding(&finding);
        assert!(sentence.contains('3') && !sentence.contains("late-sync"), "{sentence}");
        assert_eq!(super::finding(&json!({ "rule": "of-a-later-version" })), "of-a-later-version");
        assert!(super::refusal("more-than-held").is_some() && super::refusal("of-a-later-version").is_none());
    }
}
