//! Which commodity profile an inspection is judged by, asked of a node (`GET /profiles`).
//!
//! What it is not: a verb, nor the judge. The ledger checks that the profile named was in force.

use serde::Deserialize;

use super::fail::{self, Failure};
use super::node::Node;

/// A profile as a node lists it.
#[derive(Debug, Clone, Deserialize)]
struct Listed {
    id: String,
    version: String,
    blake3: String,
    from: i64,
    until: Option<i64>,
    index: u64,
    forms: Vec<String>,
    decimals: Vec<String>,
}

impl Listed {
    fn name(&self) -> String {
        format!("{}@{}#{}", self.id, self.version, self.blake3)
    }

    /// The id is the commodity's, or one under it; `crab-meat` is not under `crab`.
    fn is_of(&self, commodity: &str) -> bool {
        self.id.strip_prefix(commodity).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The profile to name.
#[derive(Debug, Clone)]
pub struct Found {
    /// `ID@VERSION#BLAKE3`.
    pub name: String,
    /// Parameters whose value is a number.
    pub decimals: Vec<String>,
}

fn listed(node: &Node) -> Result<Vec<Listed>, Failure> {
    let body = node.get("/profiles", "application/json")?;
    serde_json::from_slice(&body).map_err(|e| Failure::unreachable("the node's profiles can't be read").why(e))
}

/// Those of a commodity in force at `at`; of each id the version that was put in force last.
fn of_commodity(all: Vec<Listed>, commodity: &str, at: i64) -> Vec<Listed> {
    let mut found: Vec<Listed> = Vec::new();
    for profile in all {
        if !profile.is_of(commodity) || profile.from > at || profile.until.is_some_and(|until| until <= at) {
            continue;
        }
        match found.iter_mut().find(|other| other.id == profile.id) {
            Some(other) if other.index < profile.index => *other = profile,
            Some(_) => {}
            None => found.push(profile),
        }
    }
    found
}

/// The profile that `named` names, or else the one in force at `at` for the commodity and form of the lot with this URI.
///
/// # Errors
/// [`Failure`] when the node knows no such profile, or several that may be meant.
pub fn in_force(node: &Node, lot: &str, named: Option<&str>, at: jiff::Timestamp) -> Result<Found, Failure> {
    let all = listed(node)?;
    let found = |profile: &Listed| Found { name: profile.name(), decimals: profile.decimals.clone() };
    if let Some(named) = named {
        let known = all.iter().find(|profile| profile.name() == named).map(found);
        return Ok(known.unwrap_or(Found { name: named.to_owned(), decimals: Vec::new() }));
    }
    let gtin = lot.trim_start_matches("https://id.gs1.org/01/").split('/').next().unwrap_or_default();
    let product = &node.get_json(&format!("/01/{gtin}"))?["jejak:product"];
    let text = |name: &str| product[name].as_str().unwrap_or_default().to_owned();
    let (commodity, form) = (text("commodity"), text("form"));
    let mut fit = of_commodity(all, &commodity, at.as_second());
    if fit.len() > 1 {
        fit.retain(|profile| profile.forms.contains(&form));
    }
    match fit.as_slice() {
        [only] => Ok(found(only)),
        [] => Err(Failure::usage(format!("{} has no profile in force for {commodity}, {form}", node.base()))
            .next("ask the authority to put one in force, or name one with --profile")),
        several => {
            let names: Vec<String> = several.iter().map(Listed::name).collect();
            Err(Failure::usage(format!("several profiles are in force for {commodity}, {form}"))
                .why(names.join(", "))
                .next("name one with --profile"))
        }
    }
}

/// Warns when the node knows no profile of a commodity, or none with this form: nothing of it could be inspected. A node that does
/// not answer is no reason to warn.
pub fn warn_unknown(node: &Node, commodity: &str, form: &str) {
    let Ok(all) = listed(node) else { return };
    let of_it: Vec<&Listed> = all.iter().filter(|profile| profile.is_of(commodity)).collect();
    if of_it.is_empty() {
        fail::warn(format!("{} has no profile of {commodity}: its lots can't be inspected yet", node.base()));
    } else if !of_it.iter().any(|profile| profile.forms.iter().any(|f| f == form)) {
        fail::warn(format!("no profile of {commodity} has the form {form}: is it spelled right?"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_in_force_last_is_meant() {
        let listed = |id: &str, version: &str, from, until, index| Listed {
            id: id.into(),
            version: version.into(),
            blake3: "x".into(),
            from,
            until,
            index,
            forms: vec![],
            decimals: vec![],
        };
        let all = vec![
            listed("crab", "1", 0, None, 1),
            listed("crab", "2", 100, None, 5),
            listed("crab", "3", 900, None, 6),
            listed("crab-meat", "1", 0, None, 2),
            listed("crab/live", "1", 0, Some(50), 3),
        ];
        let at = |at| of_commodity(all.clone(), "crab", at).iter().map(Listed::name).collect::<Vec<_>>();
        assert_eq!(at(20), ["crab@1#x", "crab/live@1#x"]);
        assert_eq!(at(200), ["crab@2#x"]);
    }
}
