//! A measured value on the command line: `PARAMETER=VALUE[*UNITS][,UNIT[,UNCERTAINTY[,METHOD]]]`, and its check against the profile
//! before it is signed. Words are signed in the profile's one form, so that every reader understands them.
//!
//! What it is not: the verdict, which the ledger computes.

use super::failure::Failure;
use crate::gs1::exact_decimal;
use crate::quality::Profile;
use crate::quality::plan::MOST_UNITS;
use crate::quality::profile::{Limit, PARAMETER, Parameter, ParameterKind, Rule};

/// A result as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given<'a> {
    /// Id or URI of the parameter.
    pub(super) parameter: &'a str,
    /// The value.
    pub(super) value: &'a str,
    /// Units of the lot for which it stands.
    pub(super) units: Option<u32>,
    /// Unit, uncertainty and method, as they are written.
    rest: Option<&'a str>,
}

impl<'a> Given<'a> {
    /// Reads a result.
    ///
    /// # Errors
    /// [`Failure`] when it is none.
    pub(super) fn parse(text: &'a str) -> Result<Given<'a>, Failure> {
        let Some((parameter, written)) = text.split_once('=') else {
            return Err(Failure::usage(format!("{text} is not a result"))
                .hint("write PARAMETER=VALUE,UNIT, such as acid-value=3.1,GK"));
        };
        let (value, rest) = written.split_once(',').map_or((written, None), |(value, rest)| (value, Some(rest)));
        let (value, units) = match value.rsplit_once('*') {
            None => (value, None),
            Some((value, count)) => match count.trim().parse::<u32>() {
                Ok(units) if (1..=MOST_UNITS).contains(&units) => (value.trim_end(), Some(units)),
                _ => {
                    return Err(Failure::usage(format!("{count} is not a number of units"))
                        .because(format!("in {text}: what follows * is for how many units of the lot the value stands"))
                        .hint(format!("write a whole number, such as {parameter}=absent*5")));
                }
            },
        };
        Ok(Given { parameter, value, units, rest })
    }

    /// Id of the parameter.
    pub(super) fn id(&self) -> &'a str {
        self.parameter.strip_prefix(PARAMETER).unwrap_or(self.parameter)
    }

    /// Unit, uncertainty and method.
    pub(super) fn details(&self) -> [Option<&'a str>; 3] {
        let mut parts = self.rest.unwrap_or_default().splitn(3, ',');
        [(); 3].map(|()| parts.next().filter(|part| !part.is_empty()))
    }

    /// The result with another value.
    fn with(&self, value: &str) -> String {
        let units = self.units.map(|units| format!("*{units}")).unwrap_or_default();
        let rest = self.rest.map(|rest| format!(",{rest}")).unwrap_or_default();
        format!("{}={value}{units}{rest}", self.parameter)
    }
}

/// What is wrong with a value, and whether `--force` signs it all the same.
pub(super) struct Unfit {
    pub(super) failure: Failure,
    pub(super) may_be_forced: bool,
}

/// The result as it is to be signed: a word in the form of the profile, a number in the unit of its parameter.
pub(super) fn fitted(profile: &Profile, parameter: &Parameter, given: &Given<'_>) -> Result<String, Unfit> {
    let refused = |failure| Unfit { failure, may_be_forced: false };
    if let Some(word) = profile.word(parameter, given.value) {
        return Ok(given.with(&word.id));
    }
    if parameter.kind != ParameterKind::Decimal {
        return Err(refused(unknown_word(profile, parameter, given.value)));
    }
    let written = parameter.unit.as_ref().map(|unit| format!(",{unit}")).unwrap_or_default();
    let example = format!("write the number and its unit, such as {}=3.1{written}", parameter.id);
    let digits = given.value.strip_prefix('<').unwrap_or(given.value).trim_start();
    if exact_decimal(digits).is_err() {
        let failure = if profile.words_of(parameter).is_empty() {
            Failure::usage(format!("{} is not a value of {}", given.value, parameter.id))
                .because(format!("in profile {} {}, {} is a number", profile.id, profile.version, parameter.id))
        } else {
            unknown_word(profile, parameter, given.value)
        };
        return Err(refused(failure.hint(example)));
    }
    let [unit, ..] = given.details();
    if unit != parameter.unit.as_deref() {
        let (want, have) = (parameter.unit.as_deref().unwrap_or("no unit"), unit.unwrap_or("no unit"));
        let failure = Failure::usage(format!("{} is measured in {want}, not in {have}", parameter.id))
            .because(format!(
                "this is its unit in profile {} {}; a value in another unit can't be judged",
                profile.id, profile.version
            ))
            .hint(example);
        return Err(Unfit { failure, may_be_forced: true });
    }
    Ok(given.with(given.value))
}

/// A word that nobody would understand: names the parameter, its limits and the words that there are.
fn unknown_word(profile: &Profile, parameter: &Parameter, value: &str) -> Failure {
    let words = profile.words_of(parameter).iter().map(|word| {
        let names: Vec<&str> = word.names.iter().map(|(_, name)| name).filter(|name| *name != word.id).collect();
        if names.is_empty() { word.id.clone() } else { format!("{} ({})", word.id, names.join(", ")) }
    });
    let words = words.collect::<Vec<_>>().join("; ");
    let sets = profile.requirements.iter().filter_map(|set| {
        let of_it = |limit: &&Limit| limit.parameter == parameter.id && !limit.words.is_empty();
        let limit = set.rules.iter().flat_map(Rule::limits).find(of_it)?;
        Some(format!("{} accepts {}", set.id, limit.words.join(", ")))
    });
    let limits = sets.collect::<Vec<_>>().join("; ");
    let limits = if limits.is_empty() { "no limit judges it".to_owned() } else { limits };
    let spellings: Vec<&str> = profile.words_of(parameter).iter().flat_map(|word| word.spellings()).collect();
    let failure = Failure::usage(format!("{value} is not a word of {}", parameter.id))
        .because(format!("in profile {} {}: {limits}", profile.id, profile.version));
    match super::profile::nearest(value, &spellings) {
        Some(nearest) => failure.hint(format!("did you mean {nearest}? write one of {words}")),
        None => failure.hint(format!("write one of {words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quality::builtin;

    fn crab() -> &'static Profile {
        &builtin().iter().find(|shipped| shipped.profile.id == "crab").unwrap().profile
    }

    fn fit(text: &str) -> Result<String, String> {
        let given = Given::parse(text).map_err(|failure| failure.message)?;
        let parameter = crab().parameter(given.id()).unwrap();
        fitted(crab(), parameter, &given).map_err(|unfit| unfit.failure.message)
    }

    #[test]
    fn words_in_three_languages_are_signed_in_the_one_form_of_the_profile() {
        for (written, signed) in [
            ("listeria=negatif", "listeria=absent"),
            ("listeria=Tidak Terdeteksi*5,,,ISO 11290-1", "listeria=not-detected*5,,,ISO 11290-1"),
            ("listeria=阴性", "listeria=absent"),
            ("berried=none", "berried=no"),
            ("berried=TIDAK BERTELUR", "berried=no"),
            ("berried=抱卵", "berried=yes"),
            ("urn:jejak:param:berried=tidak", "urn:jejak:param:berried=no"),
            ("cap=not detected", "cap=not-detected"),
            ("cd=<0.05,NA", "cd=<0.05,NA"),
            ("cd=0.1*3,NA,0.01,ICP-MS, EN", "cd=0.1*3,NA,0.01,ICP-MS, EN"),
        ] {
            assert_eq!(fit(written).as_deref(), Ok(signed), "{written}");
        }
    }

    #[test]
    fn word_that_nobody_understands_is_refused_with_parameter_limit_and_accepted_words() {
        let given = Given::parse("listeria=negatiff").unwrap();
        let unfit = fitted(crab(), crab().parameter("listeria").unwrap(), &given).err().unwrap();
        let text = format!("{:?}", unfit.failure);
        assert!(!unfit.may_be_forced);
        for part in [
            "listeria",
            "EU/EC-2073/2005 accepts absent, not-detected",
            "tidak ada",
            "did you mean negatif?",
            "present",
        ] {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(fit("berried=maybe").is_err());
        assert!(fit("berried=").is_err());
        assert!(fit("cd=many,NA").is_err());
        assert!(fit("cd=0.1,KGM").is_err());
        assert!(fit("listeria=absent*0").is_err() && fit("listeria=absent*x").is_err());
        assert!(fit("listeria").is_err());
    }
}
