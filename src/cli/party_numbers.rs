//! `jejak party numbers`: gives a party a range of the authority's own GS1 Company Prefix, so that it can number products, places and cartons
//! without one of its own from GS1.
//!
//! The range is a longer prefix, which the party's statement gets beside those that it has. What it is not: a licence; how a prefix may be
//! shared is a matter between its holder and GS1.

use clap::Args;
use serde_json::Value;

use super::Out;
use super::client::Client;
use super::failure::Failure;
use super::signing::Signing;
use crate::gs1::link::encode_component;
use crate::record::Statement;
use crate::record::registry::Party;

/// Digits of a GS1 number without its check digit, of GTIN-13 and GLN alike (GS1 General Specifications, section 1.4).
const DIGITS: usize = 12;

/// `party numbers`.
#[derive(Debug, Args)]
pub struct Numbers {
    /// The URI of the party that gets the range
    #[arg(value_name = "PARTY")]
    pub uri: String,
    /// How many products and places it has room for
    #[arg(long, value_name = "N", default_value = "100", value_parser = ["10", "100", "1000", "10000"])]
    pub room: String,
    /// Signing options: by the authority, whose prefix it is, with --node
    #[command(flatten)]
    pub signing: Signing,
}

/// A list of texts in an answer of the node.
fn texts(value: &Value, member: &str) -> Vec<String> {
    let list = value[member].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

fn registry(node: &Client, party: &str) -> Result<Value, Failure> {
    node.find_json(&format!("/parties/{}/registry", encode_component(party)))?.ok_or_else(|| {
        Failure::usage(format!("{party} is not on this ledger"))
            .hint("enrol it first, or check its URI: jejak party --help")
    })
}

/// The last range of so many more digits in `prefix` that overlaps with none of `lent` and holds none of `used`, numbers without their
/// check digit. From the end, so that the numbers that the holder uses itself stay together at the beginning.
fn free_range(prefix: &str, more: usize, lent: &[String], used: &[String]) -> Option<String> {
    let ranges = (0..10_usize.checked_pow(u32::try_from(more).ok()?)?).rev();
    let free = |range: &String| {
        !lent.iter().any(|other| other.starts_with(range.as_str()) || range.starts_with(other.as_str()))
            && !used.iter().any(|number| number.starts_with(range.as_str()))
    };
    ranges.map(|n| format!("{prefix}{n:0more$}")).find(free)
}

/// The numbers of a list of the node without their check digit.
fn used(node: &Client, list: &str, member: &str, prefix: &str) -> Result<Vec<String>, Failure> {
    let all: Vec<Value> = node.get_list(&format!("/{list}?prefix={prefix}"))?;
    let digits = |number: &str| Some(number.get(number.len().checked_sub(DIGITS + 1)?..number.len() - 1)?.to_owned());
    Ok(all.iter().filter_map(|one| digits(one[member].as_str()?)).collect())
}

impl Numbers {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(self, out: Out) -> Result<(), Failure> {
        let Some(node) = self.signing.node()? else {
            return Err(Failure::usage("numbers are given out on a node, which knows those that are taken")
                .hint("give its address with --node"));
        };
        let Some(own) = self.signing.party.as_deref() else {
            return Err(Failure::usage("whose prefix is it?").hint("name the party that signs with --as"));
        };
        let (own, party) = (registry(&node, own)?, registry(&node, &self.uri)?);
        let prefixes = texts(&own, "prefixes");
        let lent: Vec<String> = own["lent"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .filter_map(|one| one["prefix"].as_str().map(str::to_owned))
            .collect();
        let room = self.room.len() - 1;
        let mut range = None;
        for prefix in &prefixes {
            let Some(more) = (DIGITS - room).checked_sub(prefix.len()).filter(|more| *more > 0) else { continue };
            let taken = [used(&node, "products", "gtin", prefix)?, used(&node, "places", "gln", prefix)?].concat();
            range = free_range(prefix, more, &lent, &taken);
            if range.is_some() {
                break;
            }
        }
        let Some(range) = range else {
            return Err(Failure::usage(format!("no range for {} products and places is left", self.room)).because(
                match prefixes.len() {
                    0 => "the party that signs has no GS1 Company Prefix".to_owned(),
                    _ => format!("of the prefixes {}", prefixes.join(", ")),
                },
            ));
        };
        self.signing.statement(&Statement::Party(stated(&party, range)?), out)
    }
}

/// The statement of a party as the registry has it, with one prefix more.
fn stated(party: &Value, range: String) -> Result<Party, Failure> {
    let keep = |name: &str| party[name].clone();
    let mut stated = serde_json::Map::new();
    for name in
        ["party", "name", "legalForm", "roles", "country", "region", "registration", "contact", "enrols", "demo"]
    {
        stated.insert(name.to_owned(), keep(name));
    }
    // a GLN in the URI is not stated beside it
    if party["party"].as_str().is_some_and(|uri| uri.starts_with("urn:")) {
        stated.insert("gln".to_owned(), keep("gln"));
    }
    let mut prefixes = texts(party, "prefixes");
    prefixes.push(range);
    stated.insert("prefixes".to_owned(), prefixes.into());
    stated.insert("replaces".to_owned(), keep("record"));
    stated.retain(|_, value| !value.is_null());
    serde_json::from_value(Value::Object(stated))
        .map_err(|e| Failure::unreachable("the node's answer about the party can't be read").because(e))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(of: &[&str]) -> Vec<String> {
        of.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn range_overlaps_with_none_that_is_given_and_holds_no_number() {
        assert_eq!(free_range("9521321", 3, &[], &[]).as_deref(), Some("9521321999"));
        // one that is given, one within a longer one, one that holds a product
        let lent = all(&["9521321999", "95213219", "9521321789"]);
        assert_eq!(free_range("9521321", 3, &lent, &all(&["952132189912"])).as_deref(), Some("9521321898"));
        assert_eq!(free_range("9521321", 1, &all(&["9521321"]), &[]), None);
        let full: Vec<String> = (0..10).map(|n| format!("9521321{n}0000")).collect();
        assert_eq!(free_range("9521321", 1, &[], &full), None);
    }
}
