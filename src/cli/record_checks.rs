//! What `jejak record new` does with a node before it signs: checks against what the node has, questions, and the upload of documents.
//!
//! What it is not: the options (`record_needs`, `record_options`), nor the event (`record_new`).

use std::path::Path;

use super::before_signing::{Draft, Questions};
use super::client::Client;
use super::document::{Access, Document};
use super::failure::Failure;
use super::input::Time;
use super::output;
use super::profile::{Known, Measured};
use super::record_new::{New, portion, sscc};
use super::record_refs;
use super::signed;
use super::specification;
use crate::chain::Act;
use crate::gs1::{LotId, Sscc, Unit, exact_decimal};

impl New {
    /// Checks the event against the node, if one is named; results without a profile get the one in force.
    pub(super) fn check_with_node(&mut self, time: Time) -> Result<(), Failure> {
        let node = self.signing.node()?;
        if let (Act::Inspect, Some(node), Some(lot)) = (self.act.act(), &node, self.lots.first()) {
            let (lot, _) = portion(lot)?;
            specification::resolve(node, &lot, &mut self.requirements)?;
        }
        specification::require_records(&self.requirements)?;
        if matches!(self.act.act(), Act::Inspect | Act::Monitor) {
            self.with_profile_of_file(node.is_some())?;
        }
        self.ask(node.as_ref(), time)?;
        let Some(node) = node else { return Ok(()) };
        if let Some(void) = &self.replaces {
            record_refs::is_a_void(&node, void)?;
        }
        let known = Known::new(&node, self.force);
        match self.act.act() {
            Act::Harvest => self.place.map_or(Ok(()), |place| known.place(place)),
            Act::Ship => self.to.iter().try_for_each(|to| known.party("--to", to)),
            Act::Process => match (&self.process, self.outputs.first()) {
                (Some(process), Some(made)) => known.process(&portion(made)?.0, process, time.timestamp()),
                _ => Ok(()),
            },
            Act::Inspect => {
                let Some(lot) = self.lots.first() else { return Ok(()) };
                let (lot, _) = portion(lot)?;
                self.with_profile_of_node(&node, &known, Measured::Lot(&lot), time)
            }
            Act::Monitor => {
                self.place.map_or(Ok(()), |place| known.place(place))?;
                let commodity = self.commodity.clone().unwrap_or_default();
                if commodity.is_empty() && self.profile.is_none() {
                    return Err(Failure::usage("monitor needs --commodity ID, or --profile")
                        .because("it says what goods the place is monitored for"));
                }
                self.with_profile_of_node(&node, &known, Measured::Commodity(&commodity), time)
            }
            _ => Ok(()),
        }
    }

    /// Checks the results by the profile in force on the node, and names it.
    fn with_profile_of_node(
        &mut self,
        node: &Client,
        known: &Known<'_>,
        measured: Measured<'_>,
        time: Time,
    ) -> Result<(), Failure> {
        let found = super::profile::in_force(node, measured, self.profile.as_deref(), time.timestamp())?;
        if let Some(profile) = &found.profile {
            self.results = known.results(profile, &self.results, &self.requirements)?;
        }
        self.profile = Some(found.name);
        Ok(())
    }

    /// Checks the results by a profile that is given as a file, and names it. An inspection without a node needs a profile: without one
    /// the ledger would refuse it, days later, when the inspector is back.
    fn with_profile_of_file(&mut self, has_node: bool) -> Result<(), Failure> {
        match self.profile.as_deref() {
            Some(named) if named.contains('#') => {
                if !has_node {
                    output::warn("the results are not checked: only a profile that is given as a file can be read without a node");
                }
                Ok(())
            }
            Some(file) => {
                let found = super::profile::in_file(Path::new(file))?;
                if let Some(profile) = &found.profile {
                    self.results = Known::offline(self.force).results(profile, &self.results, &self.requirements)?;
                }
                self.profile = Some(found.name);
                Ok(())
            }
            None if has_node => Ok(()),
            None => Err(Failure::usage("results name the profile by which they are judged")
                .because("there is no --node to ask for the one in force, and without it the record would be refused later")
                .hint("while there is a network, keep it with `jejak profile show ID --out FILE`; then give --profile FILE")),
        }
    }

    /// Uploads the documents that are given as files, signed if there is a key, and replaces them by the JSON that names them. This comes
    /// before the record is signed: a record that names a document which the node refuses would promise it for ever.
    pub(super) fn upload_documents(&mut self) -> Result<(), Failure> {
        // a document of trade names prices or terms, whatever it is called
        let by_act = if self.act.act() == Act::Trade { Access::Restricted } else { Access::ByType };
        let (node, access) = (self.signing.node()?, if self.public { Access::Public } else { by_act });
        for text in self.evidence.iter_mut().filter(|text| !text.trim_start().starts_with('{')) {
            let is_type = |kind: &str| {
                !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            };
            let (kind, file) =
                text.split_once('=').filter(|(kind, _)| is_type(kind)).unwrap_or(("document", text.as_str()));
            let document = Document::read(Path::new(file), None, kind, access)?;
            match (&node, &self.signing.key) {
                (Some(node), Some(key)) => {
                    let (key, ledger) = ((key.as_path(), &self.signing.passphrase), self.signing.ledger.as_deref());
                    signed::upload(node, Some(key), ledger, &document.path(), document.media, &document.bytes)?;
                }
                _ => output::warn(format!(
                    "{file} is not uploaded: without a node the record promises it; run `jejak evidence add {file} --key KEY --node URL`"
                )),
            }
            *text = document.member.to_string();
        }
        Ok(())
    }

    /// Asks what there is to ask before the event is signed.
    fn ask(&self, node: Option<&Client>, time: Time) -> Result<(), Failure> {
        let mut goods = Vec::new();
        for text in self.lots.iter().chain(&self.inputs).chain(&self.outputs) {
            let (lot, amount) = portion(text)?;
            let base =
                amount.and_then(|(digits, unit)| Unit::from_code(unit)?.to_base(exact_decimal(digits).ok()?).ok());
            goods.extend(LotId::from_uri(&lot).ok().map(|lot| (lot, base)));
        }
        let containers: Vec<Sscc> =
            self.containers.iter().filter_map(|text| Sscc::from_uri(&sscc(text).ok()?).ok()).collect();
        let given_up: Vec<&str> = self.gives_up.iter().filter_map(|text| text.split(',').nth(1)).collect();
        let draft = Draft {
            act: self.act.act(),
            party: self.signing.party.as_deref().unwrap_or_default(),
            goods: &goods,
            containers: &containers,
            time: time.timestamp(),
            after: &self.after,
            given_up: &given_up,
        };
        Questions { node, force: self.force }.about(&draft)
    }
}

#[cfg(test)]
mod tests {
    use clap::{Args, Command, FromArgMatches};

    use super::*;
    use crate::quality::builtin;
    use crate::record::RecordId;

    /// An inspection without a node, by the profile in this file and this requirement.
    fn inspection(profile: &str, requirement: &str) -> New {
        let lot = "(01)09521321001022(10)A";
        let args = ["row", "inspect", "--lot", lot, "--profile", profile, "--requirement", requirement];
        let matches = New::augment_args(Command::new("row")).try_get_matches_from(args).unwrap();
        let mut new = New::from_arg_matches(&matches).unwrap();
        // the environment of the test may name one
        new.signing.node = None;
        new
    }

    #[test]
    fn specification_is_named_by_its_record_where_no_node_can_look_it_up() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("profile.json");
        let shipped = builtin().iter().find(|shipped| shipped.profile.id == "banana-flour").unwrap();
        std::fs::write(&file, &shipped.bytes).unwrap();
        let in_file = file.to_str().unwrap();
        let by_record = format!("SPEC/{}", RecordId::of(b"adopted"));
        // a profile that is named by its hash can't be read without a node
        for profile in [in_file, "banana-flour@1#x"] {
            let checked = |requirement: &str, force: bool| {
                let mut new = inspection(profile, requirement);
                new.force = force;
                new.check_with_node(Time::now()).map(|()| new.requirements)
            };
            assert_eq!(checked(&by_record, false).unwrap(), std::slice::from_ref(&by_record));
            for force in [false, true] {
                let failure = checked("SPEC/mill-24/flour", force).unwrap_err();
                assert!(failure.message.contains("SPEC/mill-24/flour"), "{failure:?}");
            }
        }
    }
}
