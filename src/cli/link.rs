//! `jejak link`: explains a GS1 Digital Link or element string.

use clap::Args;
use serde_json::json;

use super::Out;
use super::failure::Failure;
use crate::gs1::link::{DigitalLink, PrimaryKey};
use crate::gs1::{LotId, ai, element};

/// Explains a GS1 Digital Link or element string.
#[derive(Debug, Args)]
pub struct Link {
    /// Such as https://example.org/01/09521321001015/10/DAUN-2611-07 or '(01)09521321001015(10)DAUN-2611-07'
    pub text: String,
}

/// Reads a Digital Link or an element string.
///
/// # Errors
/// [`Failure`] naming the identifier that is wrong.
pub fn parse(text: &str) -> Result<DigitalLink, Failure> {
    let text = text.trim();
    let is_uri = text.get(..4).is_some_and(|t| t.eq_ignore_ascii_case("http"));
    let read =
        if is_uri { DigitalLink::parse(text) } else { element::parse(text).and_then(DigitalLink::from_elements) };
    read.map_err(|error| {
        Failure::usage(format!("{text} is not a GS1 {}", if is_uri { "Digital Link" } else { "element string" }))
            .because(error)
            .hint("copy it from the label again, with the application identifiers in brackets: (01)…(10)…")
    })
}

/// The lot that a Digital Link or element string names.
///
/// # Errors
/// [`Failure`] when it names something else.
pub fn lot(text: &str) -> Result<LotId, Failure> {
    match parse(text)?.key() {
        Ok(PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) => Ok(lot),
        _ => Err(Failure::usage(format!("{text} does not identify a lot"))
            .because("a lot is identified by GTIN (01) and lot number (10)")
            .hint("give both, such as '(01)09521321001015(10)DAUN-2611-07'")),
    }
}

const fn kind(key: &PrimaryKey) -> &'static str {
    match key {
        PrimaryKey::Gtin(_) => "product",
        PrimaryKey::Lot(_) => "lot",
        PrimaryKey::Item(..) => "item",
        PrimaryKey::Serial(..) => "item without lot",
        PrimaryKey::Sscc(_) => "container",
        PrimaryKey::Place(_) => "place",
        PrimaryKey::Party(_) => "party",
    }
}

impl Link {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`] for text that is neither.
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let link = parse(&self.text)?;
        let key = link.key();
        let names = key.as_ref().map_or("unsupported key", kind);
        let title = |code: &str| ai::find(code).map_or("", |a| a.title);
        let mut text = format!("names      {names}\n");
        for (code, value) in &link.elements {
            text.push_str(&format!("{:<10} {:<18} {value}\n", format!("({code})"), title(code)));
        }
        text.push_str(&format!("canonical  {}\n", link.canonical()));
        text.push_str(&format!("readable   {link}\n"));
        text.push_str(&format!("scanner    {}", element::unbracketed_text(&link.elements)));
        let elements: Vec<_> = link
            .elements
            .iter()
            .map(|(code, value)| json!({ "ai": code, "title": title(code), "value": value }))
            .collect();
        let value = json!({
            "names": names,
            "elements": elements,
            "canonical": link.canonical(),
            "readable": link.to_string(),
            "scanner": element::unbracketed_text(&link.elements),
        });
        out.print(&text, &value);
        Ok(())
    }
}
