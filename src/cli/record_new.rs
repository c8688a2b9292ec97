//! `jejak record new`: writes the EPCIS event of one act, in the form of the table in `docs/rules.md`, and signs it.
//!
//! The options are checked before signing (`record_needs`), and against the node if one is named (`profile`), so that a sequence number
//! is not used up by a record that would be refused. What it is not: the rules (`chain`), which the ledger applies.

use std::sync::LazyLock;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use serde_json::{Map, Value, json};

use super::Out;
use super::failure::{Cause, Failure};
use super::input::{Time, record_id, time as time_of};
use super::link;
use super::quantity::NumberOptions;
use super::record_forms::Forms;
use super::record_needs;
use super::record_refs;
use super::result::Given;
use super::signing::Signing;
use crate::chain::Act;
use crate::epcis::write::{EventBuilder, measured};
use crate::gs1::link::PrimaryKey;
use crate::gs1::{Gln, Sscc, exact_decimal, scan};
use crate::quality::profile::PARAMETER;
use crate::record::{ContentType, Payload, RecordId};

/// What can be recorded on the command line: an act of the ledger's table, or a word for one kind of hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// An act.
    Act(Act),
    /// A hold of a lot and everything made from it.
    Recall,
    /// The end of a hold or recall.
    Lift,
}

impl Word {
    /// The ledger's act for it.
    pub(super) const fn act(self) -> Act {
        match self {
            Word::Act(act) => act,
            Word::Recall | Word::Lift => Act::Hold,
        }
    }

    /// What a user writes.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Word::Act(Act::Correct) => "void",
            Word::Act(act) => act.name(),
            Word::Recall => "recall",
            Word::Lift => "lift",
        }
    }

    /// All of them.
    pub(super) fn all() -> &'static [Word] {
        &WORDS
    }

    /// What it is for.
    pub(super) fn about(self) -> &'static str {
        match self {
            Word::Act(Act::Correct) => "Undo an earlier record of yours that was wrong",
            Word::Act(act) => act.about(),
            Word::Recall => "Recall a lot and everything made from it",
            Word::Lift => "End a hold or recall",
        }
    }
}

/// Every act that needs nothing but options of this command.
static WORDS: LazyLock<Vec<Word>> = LazyLock::new(|| {
    let written = |act: &Act| *act == Act::Correct || !act.info().needs.is_empty();
    let words = Act::ALL.iter().copied().filter(written).flat_map(|act| match act {
        Act::Hold => vec![Word::Act(act), Word::Recall, Word::Lift],
        _ => vec![Word::Act(act)],
    });
    words.collect()
});

impl ValueEnum for Word {
    fn value_variants<'a>() -> &'a [Word] {
        &WORDS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about()))
    }
}

/// Writes the event of one act, and signs it.
#[derive(Debug, Args)]
pub struct New {
    /// The act
    #[arg(value_enum)]
    pub act: Word,
    /// The record to void (void)
    #[arg(value_name = "RECORD", value_parser = record_id)]
    pub voided: Option<RecordId>,
    /// Lot and amount, such as '(01)09521321001015(10)DAUN-2611-07=1040 kg'; repeatable
    #[arg(long = "lot", value_name = "LOT[=AMOUNT]")]
    pub lots: Vec<String>,
    /// Lot and amount that a process consumes; repeatable
    #[arg(long = "input", value_name = "LOT=AMOUNT")]
    pub inputs: Vec<String>,
    /// Lot and amount that a process makes; repeatable
    #[arg(long = "output", value_name = "LOT=AMOUNT")]
    pub outputs: Vec<String>,
    /// SSCC of a container; repeatable
    #[arg(long = "container", value_name = "SSCC")]
    pub containers: Vec<String>,
    /// GLN of the place
    #[arg(long = "at", value_name = "GLN")]
    pub place: Option<Gln>,
    /// Time of the event, with offset, such as 2026-11-03T16:20:00+08:00 [default: now]
    #[arg(long, value_name = "TIME")]
    pub time: Option<String>,
    /// Business step, if not the default of the act
    #[arg(long, value_name = "STEP", help = record_needs::step_help())]
    pub step: Option<String>,
    /// Party that hands over [default for a shipment: the party that signs]
    #[arg(long, value_name = "PARTY")]
    pub from: Option<String>,
    /// Party that takes over
    #[arg(long, value_name = "PARTY")]
    pub to: Option<String>,
    /// Party that holds the sampled lot
    #[arg(long, value_name = "PARTY")]
    pub holder: Option<String>,
    /// Sample id
    #[arg(long, value_name = "ID")]
    pub sample: Option<String>,
    /// Process, by its id in the profile, such as steam-distillation
    #[arg(long, value_name = "ID")]
    pub process: Option<String>,
    /// What a process took that is no lot, such as 'salt=1.5 kg'; repeatable
    #[arg(long = "additive", value_name = "SUBSTANCE=AMOUNT")]
    pub additives: Vec<String>,
    /// Serial labels issued: ROOT,COUNT=NET, such as 7i4bws5k...,120=0.5 kg: the commitment to their serials (docs/formats.md), how many they
    /// are, and what one pack holds (label)
    #[arg(long, value_name = "ROOT,COUNT=NET")]
    pub serials: Option<String>,
    /// Commodity of the lots made, or that a place is monitored for, such as essential-oil
    #[arg(long, value_name = "ID")]
    pub commodity: Option<String>,
    /// Form of the lots made, such as patchouli-oil
    #[arg(long, value_name = "ID")]
    pub form: Option<String>,
    /// First day of the harvest
    #[arg(long, value_name = "DATE")]
    pub harvest_start: Option<String>,
    /// Last day of the harvest
    #[arg(long, value_name = "DATE")]
    pub harvest_end: Option<String>,
    /// Village code
    #[arg(long, value_name = "CODE")]
    pub village: Option<String>,
    /// Fishing gear
    #[arg(long, value_name = "CODE")]
    pub gear: Option<String>,
    /// Best-before date
    #[arg(long, value_name = "DATE")]
    pub best_before: Option<String>,
    /// Chain-of-custody mode
    #[arg(long, value_parser = ["identity-preserved", "segregated", "mass-balance"])]
    pub mode: Option<String>,
    /// A measured value: PARAMETER=VALUE[*UNITS][,UNIT[,UNCERTAINTY[,METHOD]]], such as acid-value=3.1,GK,0.2, or salmonella=absent*5 for
    /// five units of the lot; with semicolons where a comma would have two meanings; repeatable
    #[arg(long = "result", value_name = "RESULT")]
    pub results: Vec<String>,
    /// Profile by which the results are judged: a file, or ID@VERSION#BLAKE3 [default: the one in force on the node]
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
    /// Requirement to judge by, such as ID/SNI-06-2385-2006, or SPEC/flour for a specification of who makes or buys the lot (without
    /// a node SPEC/RECORD); repeatable
    #[arg(long = "requirement", value_name = "ID")]
    pub requirements: Vec<String>,
    /// The results do not conform
    #[arg(long)]
    pub failed: bool,
    /// Record of the shipment that is received or cancelled, or that a document, payment or observation is about
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub shipment: Option<RecordId>,
    /// Record of the hold to lift
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub lifts: Option<RecordId>,
    /// Record of a failed inspection that this one repeats; repeatable
    #[arg(long = "retests", value_name = "RECORD", value_parser = record_id)]
    pub retests: Vec<RecordId>,
    /// Newest known record of these lots; repeatable
    #[arg(long = "after", value_name = "RECORD", value_parser = record_id)]
    pub after: Vec<RecordId>,
    /// The void after which this event is entered anew, as `record new void` printed it
    #[arg(long, value_name = "RECORD", value_parser = record_id)]
    pub replaces: Option<RecordId>,
    /// A record of this key that will never be handed in: SEQ,RECORD,REASON, and of an inspection its lots, such as
    /// 44,RECORD,refused,inspect,LOT; repeatable. REASON: refused, mistake, lost
    #[arg(long = "gives-up", value_name = "SEQ,RECORD,REASON")]
    pub gives_up: Vec<String>,
    /// Reason code
    #[arg(long, value_name = "CODE", help = record_needs::reason_help())]
    pub reason: Option<String>,
    /// Market that the goods are for: two capital letters, EU, or INT for international standards
    #[arg(long, value_name = "CC")]
    pub market: Option<String>,
    /// Document or photo that proves it, such as certificate-of-analysis=lab.pdf: it is uploaded, signed; or the JSON that
    /// `jejak evidence add --json` prints; repeatable
    #[arg(long = "evidence", value_name = "[TYPE=]FILE")]
    pub evidence: Vec<String>,
    /// The documents are for everybody [default: commercial ones are for the parties only]
    #[arg(long)]
    pub public: bool,
    /// Forms of trade, supervision and transport
    #[command(flatten)]
    pub forms: Forms,
    /// Sign even if the node does not know the place, a party, process, parameter or requirement, or expects another unit
    #[arg(long)]
    pub force: bool,
    /// How numbers are written
    #[command(flatten)]
    pub numbers: NumberOptions,
    /// Signing options
    #[command(flatten)]
    pub signing: Signing,
}

/// The URI of a lot, and its amount: digits and unit.
type Portion<'a> = (String, Option<(&'a str, &'a str)>);

/// `24.6KGM` as digits and unit, as [`NumberOptions::portion`] writes it.
fn amount(text: &str) -> Option<(&str, &str)> {
    let (digits, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic())?);
    exact_decimal(digits).is_ok().then_some((digits, unit))
}

/// `salt=1.5KGM` as an element of `jejak:additives`.
fn additive(text: &str) -> Result<Value, Failure> {
    let parts = text.split_once('=').and_then(|(substance, quantity)| Some((substance, amount(quantity)?)));
    let Some((substance, (digits, unit))) = parts else {
        return Err(Failure::usage(format!("{text} is not a substance with an amount"))
            .hint("write its id in the profile, the amount and the unit, such as salt=1.5KGM"));
    };
    Ok(json!({ "jejak:substance": substance, "jejak:value": digits, "jejak:uom": unit }))
}

/// `ROOT,120=0.5KGM` as `jejak:serials`.
fn serials(text: &str) -> Result<Value, Failure> {
    let parts = text.split_once('=').and_then(|(issue, net)| Some((issue.split_once(',')?, amount(net)?)));
    let read = parts.and_then(|((root, count), net)| Some((root, count.parse::<u32>().ok()?, net)));
    let Some((root, count, (digits, unit))) = read else {
        return Err(Failure::usage(format!("{text} is no issue of serial labels"))
            .hint("write the root, how many, and what one pack holds, such as ROOT,120=0.5KGM"));
    };
    Ok(json!({ "jejak:root": root, "jejak:count": count, "jejak:net": { "jejak:value": digits, "jejak:uom": unit } }))
}

/// `LOT=24.6KGM`, split at the last `=`: a lot number may have one too.
pub(super) fn portion(text: &str) -> Result<Portion<'_>, Failure> {
    let wrong = |cause: Cause| {
        Failure::usage(format!("{text} is not a lot with an amount"))
            .because(cause)
            .hint("write the amount with its unit, such as '(01)09521321001015(10)DAUN-2611-07=1040 kg'")
    };
    match text.rsplit_once('=').map(|(lot, quantity)| (lot, quantity, amount(quantity))) {
        Some((lot, _, Some((digits, unit)))) => Ok((link::lot(lot)?.uri(), Some((digits, unit)))),
        Some((_, quantity, None)) if quantity.starts_with(|c: char| c.is_ascii_digit()) => {
            Err(wrong(format!("{quantity} is not a number and a unit").into()))
        }
        _ => Ok((link::lot(text)?.uri(), None)),
    }
}

pub(super) fn sscc(text: &str) -> Result<String, Failure> {
    let error = match text.parse::<Sscc>() {
        Ok(sscc) => return Ok(sscc.uri()),
        Err(error) => error,
    };
    match link::parse(text).ok().and_then(|link| link.key().ok()) {
        Some(PrimaryKey::Sscc(sscc)) => Ok(sscc.uri()),
        // either error names the right check digit
        _ => {
            let failure = Failure::usage(format!("{text} is not an SSCC")).hint("an SSCC has 18 digits");
            let is_code = !text.bytes().all(|b| b.is_ascii_digit());
            Err(match scan::read(text).error.filter(|_| is_code) {
                Some(of_code) => failure.because(of_code),
                None => failure.because(error),
            })
        }
    }
}

impl New {
    /// Runs the verb.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn run(mut self, out: Out) -> Result<(), Failure> {
        let time = match &self.time {
            Some(text) => time_of(text)?,
            None => Time::now(),
        };
        if let Some(voided) = self.voided {
            return super::record_void::run(self.act, &voided, self.reason.as_deref(), &self.signing, out);
        }
        if self.act == Word::Act(Act::Correct) {
            return Err(Failure::usage("void needs the record to void").hint("run `jejak record new void RECORD`"));
        }
        let event = self.prepared(time)?;
        self.signing.payload(ContentType::Event, event.as_bytes(), out)
    }

    /// The event's JSON, once all that can be checked before signing is.
    ///
    /// # Errors
    /// [`Failure`]; nothing was signed.
    pub(super) fn prepared(&mut self, time: Time) -> Result<String, Failure> {
        self.check_unread()?;
        self.check_options(time)?;
        self.read_numbers()?;
        if self.act.act() == Act::Ship && self.from.is_none() {
            self.from.clone_from(&self.signing.party);
        }
        self.check_with_node(time)?;
        self.upload_documents()?;
        let event = self.event(&format!("urn:uuid:{}", uuid::Uuid::now_v7()), time)?;
        Payload::read(ContentType::Event, event.as_bytes()).map_err(|e| {
            Failure::usage("the event is not valid")
                .because(e)
                .hint(format!("see `jejak record new {} --help`", self.act.name()))
        })?;
        Ok(event)
    }

    /// Replaces amounts and results, which are given as people write them, by their exact form.
    fn read_numbers(&mut self) -> Result<(), Failure> {
        let portions = [&mut self.lots, &mut self.inputs, &mut self.outputs, &mut self.additives];
        let mut portions = portions.into_iter().flatten().chain(&mut self.serials);
        portions.try_for_each(|text| self.numbers.portion(text))?;
        self.results.iter_mut().try_for_each(|text| self.numbers.result(text))
    }

    /// The event's JSON.
    fn event(&self, id: &str, time: Time) -> Result<String, Failure> {
        let forms = self.act.act().info().forms;
        // an adjustment has a second form for gains
        let form = if self.is_gain() { forms.last() } else { forms.first() };
        let form = form.ok_or_else(|| Failure::usage("a void is made from the record it voids"))?;
        let mut event = EventBuilder::new(form.kind.name(), id, &time.to_string());
        if let Some(action) = form.action {
            event = event.set("action", action.name());
        }
        let step = form.steps.first().copied().unwrap_or_default();
        let disposition = if self.act == Word::Recall { Some("recalled") } else { form.disposition };
        let step = self.step.as_deref().unwrap_or(step);
        if !step.is_empty() {
            event = event.set("bizStep", step);
        }
        let disposition = if self.failed { Some("non_conformant") } else { disposition };
        if let Some(disposition) = disposition {
            event = event.set("disposition", disposition);
        }
        if let Some(place) = self.place {
            event = event.at(&place.uri());
        }
        event = self.objects(event)?;
        event = self.ends(event)?;
        event = self.results(event, time)?;
        event = self.references(event)?;
        Ok(self.made(event).build())
    }

    fn objects(&self, mut event: EventBuilder) -> Result<EventBuilder, Failure> {
        let packs = matches!(self.act.act(), Act::Pack | Act::Unpack);
        for (list, portions) in [
            (if packs { "childQuantityList" } else { "quantityList" }, &self.lots),
            ("inputQuantityList", &self.inputs),
            ("outputQuantityList", &self.outputs),
        ] {
            for text in portions {
                event = match portion(text)? {
                    (lot, Some((amount, unit))) => event.quantity(list, &lot, amount, unit),
                    (lot, None) => event.quantity(list, &lot, "", ""),
                };
            }
        }
        if !self.additives.is_empty() {
            let added = self.additives.iter().map(|text| additive(text)).collect::<Result<Vec<Value>, Failure>>()?;
            event = event.set("jejak:additives", added);
        }
        if let Some(text) = &self.serials {
            event = event.set("jejak:serials", serials(text)?);
        }
        for (i, text) in self.containers.iter().enumerate() {
            let uri = sscc(text)?;
            event = match (packs, i) {
                (true, 0) => event.set("parentID", uri),
                (true, _) => event.epc("childEPCs", &uri),
                (false, _) => event.epc("epcList", &uri),
            };
        }
        Ok(event)
    }

    fn ends(&self, mut event: EventBuilder) -> Result<EventBuilder, Failure> {
        // a trade transfers ownership, a shipment possession
        let what = if self.act.act() == Act::Trade { "owning_party" } else { "possessing_party" };
        if let Some(from) = &self.from {
            event = event.from(what, from);
        }
        if let Some(to) = &self.to {
            event = event.to(what, to);
        }
        self.forms.write(event)
    }

    fn results(&self, mut event: EventBuilder, time: Time) -> Result<EventBuilder, Failure> {
        let mut reports = Vec::new();
        for result in &self.results {
            let given = Given::parse(result)?;
            let uri = format!("{PARAMETER}{}", given.id());
            let uri = if given.parameter.contains(':') { given.parameter } else { &uri };
            let [unit, uncertainty, method] = given.details();
            let mut report = measured(uri, given.value, unit, uncertainty, method);
            if let Some(units) = given.units {
                report["jejak:units"] = units.into();
            }
            reports.push(report);
        }
        if !reports.is_empty() {
            event = event.sensed(&time.to_string(), reports);
        }
        if let Some(profile) = &self.profile {
            let parts = profile.split_once('#').and_then(|(name, hash)| Some((name.rsplit_once('@')?, hash)));
            let Some(((id, version), blake3)) = parts else {
                return Err(Failure::usage(format!("{profile} is not a profile")).hint("write ID@VERSION#BLAKE3"));
            };
            let profile = json!({
                "jejak:id": id,
                "jejak:version": version,
                "jejak:blake3": blake3,
                "jejak:requirements": self.requirements,
            });
            event = event.set("jejak:profile", profile);
        }
        if let Some(sample) = &self.sample {
            let mut member = Map::new();
            member.insert("jejak:id".into(), sample.as_str().into());
            for (name, value) in [("jejak:holder", &self.holder), ("jejak:seal", &self.forms.seal)] {
                if let Some(value) = value {
                    member.insert(name.into(), value.as_str().into());
                }
            }
            let kind = if self.act.act() == Act::Sample { "testprd" } else { "testres" };
            event = event.transaction(kind, &format!("urn:jejak:sample:{sample}"));
            event = event.set("jejak:sample", Value::Object(member));
        }
        Ok(event)
    }

    fn references(&self, mut event: EventBuilder) -> Result<EventBuilder, Failure> {
        if !self.gives_up.is_empty() {
            let given = self.gives_up.iter().map(|text| record_refs::given_up(text)).collect::<Result<Vec<_>, _>>()?;
            event = event.set("jejak:givenUp", given);
        }
        let cited = [("jejak:shipment", self.shipment), ("jejak:lifts", self.lifts), ("jejak:voids", self.replaces)];
        for (member, id) in cited {
            if let Some(id) = id {
                event = event.set(member, id.uri());
            }
        }
        for (list, ids) in [("jejak:retests", &self.retests), ("jejak:after", &self.after)] {
            for id in ids {
                event = event.record(list, &id.uri());
            }
        }
        let mut evidence = Vec::new();
        for text in &self.evidence {
            evidence.push(serde_json::from_str::<Value>(text).map_err(|e| {
                Failure::usage("--evidence is not the JSON of a document")
                    .because(e)
                    .hint("paste what `jejak evidence add FILE --json` prints, or give a file")
            })?);
        }
        if !evidence.is_empty() {
            event = event.set("jejak:evidence", evidence);
        }
        Ok(event)
    }

    /// Master data of the lots made, and members without a structure.
    fn made(&self, mut event: EventBuilder) -> EventBuilder {
        let mut ilmd = Map::new();
        // of monitoring the commodity only says which profile is looked for
        let commodity = if self.act.act() == Act::Monitor { &None } else { &self.commodity };
        for (name, value) in [
            ("jejak:commodity", commodity),
            ("jejak:form", &self.form),
            ("jejak:harvestStart", &self.harvest_start),
            ("jejak:harvestEnd", &self.harvest_end),
            ("jejak:village", &self.village),
            ("jejak:gear", &self.gear),
            ("jejak:catchCertificate", &self.forms.catch_certificate),
            ("jejak:bestBefore", &self.best_before),
        ] {
            if let Some(text) = value {
                ilmd.insert(name.to_owned(), text.as_str().into());
            }
        }
        if !ilmd.is_empty() {
            event = event.set("ilmd", Value::Object(ilmd));
        }
        let flag = |word: &str, on: &str| json!({ on: [word] });
        match self.act {
            Word::Act(Act::Hold) => event = event.set("persistentDisposition", flag("non_sellable_other", "set")),
            Word::Recall => event = event.set("persistentDisposition", flag("recalled", "set")),
            Word::Lift => event = event.set("persistentDisposition", flag("non_sellable_other", "unset")),
            _ => {}
        }
        for (name, value) in [
            ("jejak:process", &self.process),
            ("jejak:mode", &self.mode),
            ("jejak:reason", &self.reason),
            ("jejak:market", &self.market),
        ] {
            if let Some(text) = value {
                event = event.set(name, text.as_str());
            }
        }
        event
    }
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{additive, portion};

    #[test]
    fn portions_are_lots_with_exact_amounts() {
        let lot = "(01)09521321001015(10)DAUN-2611-07";
        let uri = "https://id.gs1.org/01/09521321001015/10/DAUN-2611-07";
        assert_eq!(portion(&format!("{lot}=1040.50KGM")).unwrap(), (uri.to_owned(), Some(("1040.50", "KGM"))));
        assert_eq!(portion(&format!("{uri}=244H87")).unwrap(), (uri.to_owned(), Some(("244", "H87"))));
        assert_eq!(portion(lot).unwrap(), (uri.to_owned(), None));
        // a lot number may have an equals sign
        assert!(portion("(01)09521321001015(10)A=B").unwrap().0.ends_with("/10/A%3DB"));
        for wrong in
            ["=1KGM", "(01)09521321001015(10)A=1,5KGM", "(01)09521321001015(10)A=12", "(01)09521321001016(10)A=1KGM"]
        {
            assert!(portion(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn additives_are_substances_with_exact_amounts() {
        let salt = additive("salt=1.50KGM").unwrap();
        assert_eq!(salt, json!({ "jejak:substance": "salt", "jejak:value": "1.50", "jejak:uom": "KGM" }));
        for wrong in ["salt", "salt=1.5", "salt=KGM", "salt=1,5KGM"] {
            assert!(additive(wrong).is_err(), "{wrong}");
        }
    }
}
