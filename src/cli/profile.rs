//! Checks with a node before signing: the commodity profile of an inspection (`GET /profiles`), and whether commodities, parties
//! and places exist.
//!
//! What it is not: a verb, nor the rules. The ledger checks that the profile was in force.

use std::cell::Cell;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;

use super::client::{Ask, Client};
use super::failure::{Cause, Failure, Kind};
use super::output;
use super::result::{Given, fitted};
use crate::chain::specification::record_of;
use crate::gs1::link::encode_component;
use crate::gs1::{Gln, LotId};
use crate::quality::Profile;
use crate::record::Hash32;

/// A profile as a node lists it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) version: String,
    pub(super) blake3: String,
    pub(super) from: i64,
    pub(super) until: Option<i64>,
    pub(super) index: u64,
    forms: Vec<String>,
}

impl Listed {
    fn name(&self) -> String {
        format!("{}@{}#{}", self.id, self.version, self.blake3)
    }

    /// Whether the id is the commodity's or begins with it and a slash: `crab-meat` is not a profile of `crab`.
    fn is_of(&self, commodity: &str) -> bool {
        self.id.strip_prefix(commodity).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The profile of an inspection.
#[derive(Debug, Clone)]
pub struct Found {
    /// `ID@VERSION#BLAKE3`.
    pub name: String,
    /// The profile; `None` when the node does not have it.
    pub profile: Option<Arc<Profile>>,
}

fn not_the_file(node: &Client, blake3: &str, cause: Cause) -> Failure {
    Failure::not_proven(format!("the response of {} is not profile {blake3}", node.base())).because(cause)
}

/// The bytes of a profile or specification, checked against their hash.
pub(super) fn fetched_bytes(node: &Client, blake3: &str) -> Result<Vec<u8>, Failure> {
    let bytes = node.get(&format!("/profiles/{blake3}"), "application/json", Ask::Profile)?;
    if Hash32::of(&bytes).to_string() == blake3 {
        return Ok(bytes);
    }
    Err(not_the_file(node, blake3, "its BLAKE3 hash is another".into()))
}

/// The bytes of a profile, checked against its hash, and the profile.
pub(super) fn fetched(node: &Client, blake3: &str) -> Result<(Vec<u8>, Arc<Profile>), Failure> {
    let bytes = fetched_bytes(node, blake3)?;
    let profile = Profile::from_json(&bytes).map_err(|e| not_the_file(node, blake3, e.into()))?.shared();
    Ok((bytes, profile))
}

/// The profiles of a commodity that are in force on the node now.
pub(super) fn of_commodity_now(node: &Client, commodity: &str) -> Result<Vec<Arc<Profile>>, Failure> {
    let all = of_commodity(listed(node)?, commodity, jiff::Timestamp::now().as_second());
    all.iter().map(|profile| Ok(fetched(node, &profile.blake3)?.1)).collect()
}

pub(super) fn listed(node: &Client) -> Result<Vec<Listed>, Failure> {
    node.get_list("/profiles")
}

/// The profiles of a commodity in force at `at`; of each id the version enacted last.
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

/// What a profile is looked for.
#[derive(Debug, Clone, Copy)]
pub enum Measured<'a> {
    /// The lot with this URI.
    Lot(&'a str),
    /// A place where goods of this commodity come from.
    Commodity(&'a str),
}

/// The profile `named`, else the one in force at `at` for what is measured.
///
/// # Errors
/// [`Failure`] when the node has no such profile, or several.
pub fn in_force(
    node: &Client,
    measured: Measured<'_>,
    named: Option<&str>,
    at: jiff::Timestamp,
) -> Result<Found, Failure> {
    let all = listed(node)?;
    let found = |listed: &Listed| {
        Ok::<_, Failure>(Found { name: listed.name(), profile: Some(fetched(node, &listed.blake3)?.1) })
    };
    if let Some(named) = named {
        return match all.iter().find(|profile| profile.name() == named) {
            Some(known) => found(known),
            None => Ok(Found { name: named.to_owned(), profile: None }),
        };
    }
    let (commodity, form) = match measured {
        Measured::Commodity(commodity) => (commodity.to_owned(), None),
        Measured::Lot(lot) => match product(node, lot)? {
            Some((commodity, form)) => (commodity, Some(form)),
            None => {
                return Err(Failure::usage(format!("{} has no product for {lot}", node.base()))
                    .hint("check the number, and that this is the right node"));
            }
        },
    };
    let mut fit = of_commodity(all, &commodity, at.as_second());
    if let Some(form) = form.as_ref().filter(|_| fit.len() > 1) {
        fit.retain(|profile| profile.forms.contains(form));
    }
    let of = form.map_or_else(|| commodity.clone(), |form| format!("{commodity}, {form}"));
    match fit.as_slice() {
        [only] => found(only),
        [] => Err(Failure::usage(format!("{} has no profile in force for {of}", node.base()))
            .hint("ask the authority to put one in force, or name one with --profile")),
        several => {
            let names: Vec<String> = several.iter().map(Listed::name).collect();
            Err(Failure::usage(format!("several profiles are in force for {of}"))
                .because(names.join(", "))
                .hint("name one with --profile"))
        }
    }
}

/// The profile in a file, as `jejak profile show` writes it: for an inspection without signal.
///
/// # Errors
/// [`Failure`] for a file that is no profile.
pub fn in_file(file: &Path) -> Result<Found, Failure> {
    let (bytes, profile) = super::profile_verbs::read(file)?;
    let name = format!("{}@{}#{}", profile.id, profile.version, Hash32::of(&bytes));
    Ok(Found { name, profile: Some(profile.shared()) })
}

/// Commodity and form of the product of the lot with this URI.
fn product(node: &Client, lot: &str) -> Result<Option<(String, String)>, Failure> {
    let Ok(lot) = LotId::from_uri(lot) else { return Ok(None) };
    let Some(found) = node.find_json(&format!("/01/{}", lot.gtin))? else { return Ok(None) };
    let product = &found["jejak:product"];
    let text = |name: &str| product[name].as_str().unwrap_or_default().to_owned();
    Ok(Some((text("commodity"), text("form"))))
}

/// Checks input with a node before it is signed: the ledger would admit a misspelt commodity, and it could never be removed.
pub struct Known<'a> {
    node: Option<&'a Client>,
    force: bool,
    gone: Cell<bool>,
}

impl<'a> Known<'a> {
    /// Checks with `node`; with `force`, input errors are only warnings.
    pub fn new(node: &'a Client, force: bool) -> Known<'a> {
        Known { node: Some(node), force, gone: Cell::new(false) }
    }

    /// Checks without a node: only what a profile says.
    pub fn offline(force: bool) -> Known<'a> {
        Known { node: None, force, gone: Cell::new(false) }
    }

    /// Returns `None`, with a warning, when the node does not answer: that must not prevent signing.
    fn ask<T>(&self, what: &str, answer: impl FnOnce(&Client) -> Result<T, Failure>) -> Option<T> {
        let node = self.node.filter(|_| !self.gone.get())?;
        answer(node)
            .map_err(|failure| {
                self.gone.set(failure.kind == Kind::Unreachable);
                output::warn(format!("could not check {what}: {}", failure.message));
            })
            .ok()
    }

    fn input_error(&self, failure: Failure) -> Result<(), Failure> {
        if self.force {
            output::warn(failure.message);
            return Ok(());
        }
        let next = failure.hint.clone().map(|next| format!("{next}; ")).unwrap_or_default();
        Err(failure.hint(format!("{next}if it is right, add --force")))
    }

    /// Checks that `given` is one of `known`.
    fn one_of(&self, what: &str, given: &str, known: &[&str]) -> Result<(), Failure> {
        if known.contains(&given) {
            return Ok(());
        }
        let failure = Failure::usage(format!("unknown {what} {given}"));
        let failure = match known {
            [] => failure.because("the node has none yet"),
            known => failure.because(format!("known: {}", known.join(", "))),
        };
        self.input_error(match nearest(given, known) {
            Some(nearest) => failure.hint(format!("did you mean {nearest}?")),
            None => failure,
        })
    }

    /// Checks that a profile lists the commodity and its form.
    ///
    /// # Errors
    /// [`Failure`] when none does: the product could not be inspected, and can't be changed.
    pub fn commodity(&self, commodity: &str, form: &str) -> Result<(), Failure> {
        let Some(all) = self.ask("commodity and form", listed) else { return Ok(()) };
        self.one_of("commodity", commodity, &commodities(&all))?;
        let of_it = all.iter().filter(|profile| profile.is_of(commodity));
        let forms: Vec<&str> = of_it.flat_map(|profile| profile.forms.iter().map(String::as_str)).collect();
        // an unknown commodity has no forms; it was reported above
        if forms.is_empty() { Ok(()) } else { self.one_of(&format!("form of {commodity}"), form, &forms) }
    }

    /// Checks that every commodity of the scope has a profile, or is `*`.
    ///
    /// # Errors
    /// [`Failure`] when one has none: its accreditation would have no effect.
    pub fn scope(&self, scope: &[String]) -> Result<(), Failure> {
        let Some(all) = self.ask("the scope", listed) else { return Ok(()) };
        let known = commodities(&all);
        scope.iter().filter(|of| *of != "*").try_for_each(|of| self.one_of("commodity", of, &known))
    }

    /// Checks that a profile in force for the commodity of the lot lists the process.
    ///
    /// # Errors
    /// [`Failure`] when none does.
    pub fn process(&self, lot: &str, process: &str, at: jiff::Timestamp) -> Result<(), Failure> {
        let asked = self.ask("the process", |node| {
            let Some((commodity, _)) = product(node, lot)? else { return Ok(Vec::new()) };
            let all = of_commodity(listed(node)?, &commodity, at.as_second());
            all.iter().map(|profile| fetched(node, &profile.blake3).map(|(_, profile)| profile)).collect()
        });
        let profiles = asked.unwrap_or_default();
        let known: Vec<&str> = profiles.iter().flat_map(|p| p.processes.iter().map(|p| p.id.as_str())).collect();
        if profiles.is_empty() { Ok(()) } else { self.one_of("process", process, &known) }
    }

    /// Checks that a party is enrolled.
    ///
    /// # Errors
    /// [`Failure`] when it is not.
    pub fn party(&self, option: &str, uri: &str) -> Result<(), Failure> {
        let path = format!("/parties/{}", encode_component(uri));
        match self.ask(&format!("the party of {option}"), |node| node.has(&path)) {
            Some(false) => self.input_error(
                Failure::usage(format!("{option}: {uri} is not a party of this ledger"))
                    .because("it is misspelt, or not enrolled yet")
                    .hint("`/parties` of the node lists the parties, page by page"),
            ),
            _ => Ok(()),
        }
    }

    /// Checks that a place is registered.
    ///
    /// # Errors
    /// [`Failure`] when it is not.
    pub fn place(&self, gln: Gln) -> Result<(), Failure> {
        match self.ask("the place", |node| node.has(&format!("/414/{gln}"))) {
            Some(false) => self.input_error(
                Failure::usage(format!("--at: {gln} is not a place of this ledger"))
                    .because("its page would show a number without a name")
                    .hint("register it with `jejak place`"),
            ),
            _ => Ok(()),
        }
    }

    /// Checks that the profile lists the results and requirements, and returns the results as they are to be signed.
    ///
    /// # Errors
    /// [`Failure`] naming what the profile lists.
    pub fn results(
        &self,
        profile: &Profile,
        results: &[String],
        requirements: &[String],
    ) -> Result<Vec<String>, Failure> {
        let named: Vec<&str> = profile.requirements.iter().map(|r| r.id.as_str()).collect();
        // specifications that parties adopted are named by their records, and are not in the profile
        let mut own = requirements.iter().filter(|id| record_of(id).is_none());
        own.try_for_each(|id| self.one_of("requirement", id, &named))?;
        let parameters: Vec<&str> = profile.parameters.iter().map(|p| p.id.as_str()).collect();
        let mut signed = Vec::new();
        for text in results {
            let given = Given::parse(text)?;
            let Some(known) = profile.parameter(given.id()) else {
                self.one_of("parameter", given.id(), &parameters)?;
                signed.push(text.clone());
                continue;
            };
            signed.push(match fitted(profile, known, &given) {
                Ok(fitted) => fitted,
                Err(unfit) if unfit.may_be_forced => {
                    self.input_error(unfit.failure)?;
                    text.clone()
                }
                Err(unfit) => return Err(unfit.failure),
            });
        }
        Ok(signed)
    }
}

/// The commodities of profiles: their ids, up to the first `/`.
fn commodities(all: &[Listed]) -> Vec<&str> {
    let mut known: Vec<&str> = all.iter().filter_map(|profile| profile.id.split('/').next()).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// The word in `known` that `given` is probably meant to be: by prefix, or by Levenshtein distance up to a third of its length.
pub fn nearest<'a>(given: &str, known: &[&'a str]) -> Option<&'a str> {
    let edits = |word: &str| {
        let mut row: Vec<usize> = (0..=word.len()).collect();
        for (i, a) in given.bytes().enumerate() {
            let (mut before, mut left) = (i, i + 1);
            for (b, above) in word.bytes().zip(row.iter_mut().skip(1)) {
                let now = (before + usize::from(a != b)).min(left + 1).min(*above + 1);
                (before, left, *above) = (*above, now, now);
            }
        }
        row.last().copied().unwrap_or_default()
    };
    // the prefix of exactly one word, else a few letters off
    let mut begun = known.iter().filter(|word| !given.is_empty() && word.starts_with(given));
    if let (Some(only), None) = (begun.next(), begun.next()) {
        return Some(only);
    }
    known.iter().map(|word| (edits(word), *word)).filter(|(edits, _)| *edits <= given.len() / 3).min().map(|(_, w)| w)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_the_misspelt_word_and_nothing_for_another() {
        let known = ["acid-value", "ester-value", "ester-value-ac", "patchoulol", "pb"];
        assert_eq!(nearest("acid", &known), Some("acid-value"));
        assert_eq!(nearest("acid-vlaue", &known), Some("acid-value"));
        assert_eq!(nearest("patchulol", &known), Some("patchoulol"));
        assert_eq!(nearest("durian", &known), None);
        assert_eq!(nearest("", &known), None);
    }

    #[test]
    fn requirements_are_those_of_the_profile_or_name_the_record_of_a_specification() {
        let profile = &crate::quality::builtin().first().unwrap().profile;
        let checked = |requirement: &str| Known::offline(false).results(profile, &[], &[requirement.to_owned()]);
        assert!(checked(&profile.requirements.first().unwrap().id).is_ok());
        assert!(checked(&format!("SPEC/{}", Hash32::of(b"adopted"))).is_ok());
        for unknown in ["SPEC/flour", "ID/NONE"] {
            let failure = checked(unknown).unwrap_err();
            assert!(failure.message.contains(unknown), "{failure:?}");
        }
    }

    #[test]
    fn of_two_versions_in_force_the_last_enacted_is_chosen() {
        let listed = |id: &str, version: &str, from, until, index| Listed {
            id: id.into(),
            version: version.into(),
            blake3: "x".into(),
            from,
            until,
            index,
            forms: vec![],
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
