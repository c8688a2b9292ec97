//! A node's acknowledgement as text: where the record stands, what it did, what was found, and what usually follows.

use serde_json::Value;

use super::lot_text::{list, text};

/// The language in which the node describes what a record did: that of `JEJAK_LOCALE`, else of the environment (POSIX, XBD 8.2), else
/// English.
pub fn language() -> String {
    let names = ["JEJAK_LOCALE", "LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.iter().filter_map(|name| std::env::var(name).ok()).find(|value| !value.is_empty());
    let tag: String =
        set.unwrap_or_default().chars().take_while(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '-')).collect();
    // `C` and `POSIX` are no languages
    if tag.split(['_', '-']).next().is_some_and(|primary| (2..=3).contains(&primary.len())) {
        tag.replace('_', "-")
    } else {
        "en".to_owned()
    }
}

/// What the acknowledgement says, line by line. An answer of a node that does not describe it has the index only.
pub fn lines(ack: &Value) -> String {
    let again = if ack["duplicate"] == true { " (already on the ledger)" } else { "" };
    let mut out = format!("index    {}{again}\n", text(&ack["index"]));
    let effect = &ack["effect"];
    if !effect.is_object() {
        return out;
    }
    out.push_str(&format!("\n{}\n", text(&effect["title"])));
    for lot in list(&effect["lots"]) {
        let amount = lot["amount"].as_str().map(|amount| format!(", {amount}")).unwrap_or_default();
        out.push_str(&format!("  {} {}{amount}: {}\n", text(&lot["lot"]), text(&lot["name"]), text(&lot["word"])));
        out.extend(lot["open"].as_str().map(|open| format!("    {open}\n")));
    }
    if let Some(more) = effect["moreLots"].as_u64() {
        out.push_str(&format!("  and {more} more lots\n"));
    }
    for finding in list(&effect["findings"]) {
        out.push_str(&format!("  {}: {}\n", text(&finding["severity"]), text(&finding["sentence"])));
    }
    if let Some(next) = effect["next"].as_str() {
        out.push_str(&format!("{next}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::lines;

    #[test]
    fn acknowledgement_names_goods_findings_and_what_follows() {
        let ack = json!({
            "index": 17, "duplicate": false,
            "effect": {
                "title": "Harvested", "lots": [{ "lot": "L", "name": "Leaf", "amount": "24.6 kg", "word": "Partly tested", "open": "Lacking: iron." }],
                "findings": [{ "severity": "warning", "sentence": "Dated ahead." }], "next": "Next: a test."
            }
        });
        assert_eq!(
            lines(&ack),
            "index    17\n\nHarvested\n  L Leaf, 24.6 kg: Partly tested\n    Lacking: iron.\n  warning: Dated ahead.\nNext: a test.\n"
        );
        assert_eq!(lines(&json!({ "index": 3, "duplicate": true })), "index    3 (already on the ledger)\n");
    }
}
