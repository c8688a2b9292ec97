//! Checks the options of `jejak record new` before the record is signed: a record that can never be admitted would use up a sequence
//! number.
//!
//! What it is not: the rules (`chain`), nor checks against a node (`profile`).

use super::failure::Failure;
use super::input::Time;
use super::profile::nearest;
use super::record_new::{New, Word};
use crate::chain::Act;
use crate::chain::acts::{Need, OBSERVE_STEPS};
use crate::chain::event::{GAINS, LOSSES};

/// Business steps of an adjustment, for a loss and for a gain.
fn adjust_steps() -> (&'static [&'static str], &'static [&'static str]) {
    match Act::Adjust.info().forms {
        [loss, gain] => (loss.steps, gain.steps),
        _ => (&[], &[]),
    }
}

/// Help of `--step`.
pub fn step_help() -> String {
    let (loss, gain) = adjust_steps();
    format!(
        "Business step, if not the default of the act. Observe: {}. Adjust: {}, or for a gain {}",
        OBSERVE_STEPS.join(", "),
        loss.join(", "),
        gain.join(", ")
    )
}

/// Help of `--reason`.
pub fn reason_help() -> String {
    format!(
        "Reason code. Adjust: {}, or for a gain {}. Hold and recall: any code. Void: incorrect_data, did_not_occur",
        LOSSES.join(", "),
        GAINS.join(", ")
    )
}

/// Checks that `word` is one of `allowed`.
fn one_of(option: &str, word: &str, allowed: &[&str]) -> Result<(), Failure> {
    if allowed.contains(&word) {
        return Ok(());
    }
    let failure = Failure::usage(format!("{option} {word} is not allowed here"))
        .because(format!("allowed are {}", allowed.join(", ")));
    Err(match nearest(word, allowed) {
        Some(meant) => failure.hint(format!("did you mean {meant}?")),
        None => failure,
    })
}

fn day(option: &str, text: &str) -> Result<jiff::civil::Date, Failure> {
    let date = text.parse::<jiff::civil::Date>().ok().filter(|date| date.to_string() == text);
    date.ok_or_else(|| Failure::usage(format!("{option} {text} is not a date")).hint("write a date such as 2026-11-03"))
}

impl New {
    /// Checks the options that the act needs.
    ///
    /// # Errors
    /// [`Failure`] naming the option.
    pub(super) fn check_options(&self, time: Time) -> Result<(), Failure> {
        self.check_given()?;
        self.check_place()?;
        self.check_codes()?;
        if self.act.act() == Act::Harvest {
            self.harvest_days(time)?;
        }
        Ok(())
    }

    /// An event happened somewhere; only a trade document is of no place.
    fn check_place(&self) -> Result<(), Failure> {
        if self.place.is_some() || self.act.act() == Act::Trade {
            return Ok(());
        }
        Err(Failure::usage(format!("{} needs --at GLN", self.act.name()))
            .because("the place where it happened")
            .hint("`/search` of the node finds places; register one with `jejak place`"))
    }

    fn check_given(&self) -> Result<(), Failure> {
        let needs: &[Need] = match self.act {
            // in the ledger a lift is a hold with `jejak:lifts`
            Word::Lift => &[],
            word => word.act().info().needs,
        };
        let mut all: Vec<(bool, &str)> = needs.iter().flat_map(|need| self.given(*need)).collect();
        if self.act == Word::Lift {
            all.push((self.lifts.is_some(), "--lifts RECORD"));
        }
        let missing: Vec<&str> = all.iter().filter(|(given, _)| !given).map(|(_, option)| *option).collect();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Failure::usage(format!("{} needs {}", self.act.name(), missing.join("; and ")))
            .because("without it the record would be refused, so nothing was signed")
            .hint(format!("see `jejak record new {} --help`", self.act.name())))
    }

    /// The options for a need of an act, and whether they were given.
    fn given(&self, need: Need) -> Vec<(bool, &'static str)> {
        let lots = !self.lots.is_empty();
        let goods = lots || !self.containers.is_empty();
        match need {
            Need::Lot => vec![(lots, "--lot LOT")],
            Need::Amount => vec![(lots, "--lot LOT=AMOUNT")],
            Need::Counts => vec![(lots, "--lot LOT=AMOUNT for each lot of the shipment")],
            Need::Goods => vec![(goods, "--lot LOT, or --container SSCC")],
            Need::AmountOrContainer => vec![(goods, "--lot LOT=AMOUNT, or --container SSCC")],
            Need::Input => vec![(!self.inputs.is_empty(), "--input LOT=AMOUNT")],
            Need::Output => vec![(!self.outputs.is_empty(), "--output LOT=AMOUNT")],
            Need::HarvestDays => vec![
                (self.harvest_start.is_some(), "--harvest-start DATE"),
                (self.harvest_end.is_some(), "--harvest-end DATE"),
            ],
            Need::Reason => vec![(self.reason.is_some(), "--reason CODE")],
            Need::Sample => vec![(self.sample.is_some(), "--sample ID"), (self.holder.is_some(), "--holder PARTY")],
            Need::Results => vec![(!self.results.is_empty(), "--result PARAMETER=VALUE,UNIT")],
            Need::Packing => vec![
                (!self.containers.is_empty(), "--container SSCC"),
                (lots || self.containers.len() > 1, "the content: --lot LOT=AMOUNT, or a second --container"),
            ],
            Need::Consignee => vec![(self.to.is_some(), "--to PARTY")],
            Need::Shipment => vec![(self.shipment.is_some(), "--shipment RECORD")],
            Need::Period => vec![(self.forms.period.is_some(), "--period DATE/DATE")],
            Need::Serials => vec![(self.serials.is_some(), "--serials ROOT,COUNT=NET")],
            Need::Document => vec![(!self.forms.documents.is_empty(), "--document KIND=URI")],
        }
    }

    /// Whether the reason is one of a gain.
    pub(super) fn is_gain(&self) -> bool {
        self.reason.as_deref().is_some_and(|reason| GAINS.contains(&reason))
    }

    fn check_codes(&self) -> Result<(), Failure> {
        if let (Act::Adjust, Some(reason)) = (self.act.act(), &self.reason) {
            one_of("--reason", reason, &[&LOSSES[..], &GAINS[..]].concat())?;
        }
        let Some(step) = &self.step else { return Ok(()) };
        let (loss, gain) = adjust_steps();
        match self.act.act() {
            Act::Observe => one_of("--step", step, &OBSERVE_STEPS),
            Act::Adjust => one_of("--step", step, if self.is_gain() { gain } else { loss }),
            _ => Err(Failure::usage(format!("--step {step} is not allowed here"))
                .because("only observe and adjust have more than one business step")
                .hint("leave it out")),
        }
    }

    fn harvest_days(&self, time: Time) -> Result<(), Failure> {
        let (Some(start), Some(end)) = (&self.harvest_start, &self.harvest_end) else { return Ok(()) };
        let (first, last) = (day("--harvest-start", start)?, day("--harvest-end", end)?);
        if last < first {
            return Err(Failure::usage(format!("--harvest-end {end} is before --harvest-start {start}"))
                .hint("swap or correct the two dates"));
        }
        // the ledger allows one day more
        let event = jiff::tz::Offset::UTC.to_datetime(time.timestamp()).date();
        if event.tomorrow().is_ok_and(|most| last > most) {
            return Err(Failure::usage(format!("--harvest-end {end} is after the day of the event, {event}"))
                .because("a harvest is recorded after it is finished")
                .hint("correct --harvest-end, or give the event's --time"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_codes_list_the_allowed_ones() {
        assert!(one_of("--reason", "spill", &LOSSES).unwrap_err().hint.unwrap().contains("spillage"));
        assert!(one_of("--step", "foo", &OBSERVE_STEPS).unwrap_err().causes[0].contains("arriving"));
        assert!(day("--harvest-end", "2026-13-01").is_err() && day("--harvest-end", "2026-1-1").is_err());
    }
}
