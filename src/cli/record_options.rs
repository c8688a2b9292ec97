//! Which options of `jejak record new` belong to which act: the help of an act shows its own, and one that it does not read is refused.

use clap::{Args, Command};

use super::failure::Failure;
use super::record_new::{New, Word};
use crate::chain::Act;

/// Options of every act, and of signing.
const ANY: &[&str] = &[
    "act",
    "place",
    "time",
    "after",
    "replaces",
    "gives_up",
    "evidence",
    "public",
    "force",
    "locale",
    "key",
    "signer",
    "ledger",
    "seq",
    "out",
    "node",
    "passphrase_file",
];

/// The options of one act, beside [`ANY`], as clap names them.
const fn own(act: Word) -> &'static [&'static str] {
    match act {
        Word::Lift => &["lots", "containers", "lifts", "reason"],
        Word::Recall => &["lots", "containers", "reason"],
        Word::Act(act) => match act {
            Act::Harvest => &[
                "lots",
                "commodity",
                "form",
                "harvest_start",
                "harvest_end",
                "village",
                "gear",
                "best_before",
                "mode",
                "market",
                "catch_certificate",
            ],
            Act::Process => {
                &["inputs", "outputs", "process", "additives", "commodity", "form", "best_before", "mode", "market"]
            }
            Act::Adjust => &["lots", "reason", "step"],
            Act::Sample => &["lots", "sample", "holder", "seal"],
            Act::Monitor => &["period", "results", "profile", "commodity"],
            Act::Inspect => &["lots", "results", "profile", "requirements", "failed", "sample", "retests"],
            Act::Observe => &[
                "lots",
                "containers",
                "step",
                "reason",
                "from",
                "to",
                "documents",
                "shipment",
                "visit",
                "advice",
                "checks",
                "leg",
                "leg_from",
                "leg_to",
                "handover",
                "confirms",
                "seal",
            ],
            Act::Pack | Act::Unpack => &["containers", "lots"],
            Act::Label => &["lots", "serials"],
            Act::Ship => &["lots", "containers", "from", "to", "market", "documents"],
            Act::Receive | Act::DeliverOutside => &["lots", "containers", "shipment", "from", "to", "documents"],
            Act::VoidShipment => &["lots", "containers", "shipment"],
            Act::Trade => &[
                "lots",
                "containers",
                "documents",
                "shipment",
                "from",
                "to",
                "transfer",
                "rejects",
                "reason",
                "milestone",
                "commitment",
                "market",
            ],
            Act::Hold => &["lots", "containers", "reason"],
            Act::Correct => &["voided", "reason"],
            Act::Registry | Act::Clock => &[],
        },
    }
}

/// Whether an act reads an option.
pub(super) fn reads(act: Word, option: &str) -> bool {
    ANY.contains(&option) || own(act).contains(&option)
}

/// The command of one act, for its help: only its own options are shown.
fn command(act: Word) -> Command {
    let name = format!("jejak record new {}", act.name());
    let all = New::augment_args(Command::new("new"));
    let shown: Vec<_> =
        all.get_arguments().filter(|arg| arg.get_id() != "act" && reads(act, arg.get_id().as_str())).cloned().collect();
    Command::new(act.name()).bin_name(name).about(act.about()).args(shown)
}

/// The help of an act, if that is what the arguments of the program ask for.
pub fn help(args: &[String]) -> Option<String> {
    let asks = |arg: &String| arg == "--help" || arg == "-h";
    let words: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--json").collect();
    let [_, "record", "new", word, rest @ ..] = words.as_slice() else { return None };
    if !rest.iter().any(|arg| asks(&(*arg).to_owned())) {
        return None;
    }
    let act = Word::all().iter().find(|act| act.name() == *word)?;
    let long = rest.contains(&"--help");
    let mut command = command(*act);
    Some(if long { command.render_long_help() } else { command.render_help() }.to_string())
}

impl New {
    /// Refuses options that the act does not read: the user meant something by them.
    ///
    /// # Errors
    /// [`Failure`] naming the option.
    pub(super) fn check_unread(&self) -> Result<(), Failure> {
        let forms = &self.forms;
        let given = [
            ("lots", !self.lots.is_empty()),
            ("inputs", !self.inputs.is_empty()),
            ("outputs", !self.outputs.is_empty()),
            ("containers", !self.containers.is_empty()),
            ("step", self.step.is_some()),
            ("from", self.from.is_some()),
            ("to", self.to.is_some()),
            ("holder", self.holder.is_some()),
            ("sample", self.sample.is_some()),
            ("process", self.process.is_some()),
            ("additives", !self.additives.is_empty()),
            ("serials", self.serials.is_some()),
            ("commodity", self.commodity.is_some()),
            ("form", self.form.is_some()),
            ("harvest_start", self.harvest_start.is_some()),
            ("harvest_end", self.harvest_end.is_some()),
            ("village", self.village.is_some()),
            ("gear", self.gear.is_some()),
            ("best_before", self.best_before.is_some()),
            ("mode", self.mode.is_some()),
            ("results", !self.results.is_empty()),
            ("requirements", !self.requirements.is_empty()),
            ("failed", self.failed),
            ("shipment", self.shipment.is_some()),
            ("lifts", self.lifts.is_some()),
            ("reason", self.reason.is_some()),
            ("market", self.market.is_some()),
            ("profile", self.profile.is_some()),
            ("retests", !self.retests.is_empty()),
            ("transfer", forms.transfer),
            ("rejects", forms.rejects.is_some()),
            ("documents", !forms.documents.is_empty()),
            ("milestone", forms.milestone.is_some()),
            ("commitment", forms.commitment.is_some()),
            ("visit", forms.visit.is_some()),
            ("advice", forms.advice.is_some()),
            ("checks", !forms.checks.is_empty()),
            ("leg", forms.leg.is_some()),
            ("leg_from", forms.leg_from.is_some()),
            ("leg_to", forms.leg_to.is_some()),
            ("handover", forms.handover.is_some()),
            ("confirms", forms.confirms.is_some()),
            ("seal", forms.seal.is_some()),
            ("period", forms.period.is_some()),
            ("catch_certificate", forms.catch_certificate.is_some()),
        ];
        let Some((option, _)) = given.into_iter().find(|(option, given)| *given && !reads(self.act, option)) else {
            return Ok(());
        };
        let all = New::augment_args(Command::new("new"));
        let long = all.get_arguments().find(|arg| arg.get_id() == option).and_then(|arg| arg.get_long());
        Err(Failure::usage(format!("{} has no --{}", self.act.name(), long.unwrap_or(option)))
            .hint(format!("see `jejak record new {} --help`", self.act.name())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_option_belongs_to_an_act_and_every_name_is_an_option() {
        let all = New::augment_args(Command::new("new"));
        let ids: Vec<&str> = all.get_arguments().map(|arg| arg.get_id().as_str()).collect();
        for id in &ids {
            assert!(Word::all().iter().any(|act| reads(*act, id)), "{id} belongs to no act");
        }
        for act in Word::all() {
            for name in ANY.iter().chain(own(*act)) {
                assert!(ids.contains(name), "{}: {name} is no option", act.name());
            }
        }
    }

    #[test]
    fn help_of_an_act_shows_its_own_options() {
        let help = |words: &[&str]| super::help(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        let harvest = help(&["jejak", "record", "new", "harvest", "--help"]).unwrap();
        assert!(
            harvest.contains("--harvest-start") && harvest.contains("--lot") && harvest.contains("--key"),
            "{harvest}"
        );
        assert!(!harvest.contains("--shipment") && !harvest.contains("--retests"), "{harvest}");
        assert!(help(&["jejak", "record", "new", "receive", "-h"]).unwrap().contains("--shipment"));
        assert_eq!(help(&["jejak", "record", "new", "--help"]), None);
        assert_eq!(help(&["jejak", "record", "new", "harvest", "--lot", "x"]), None);
    }
}
