//! `tests/testdata/judge.jsonl`: values against the limits of every profile that ships, with the verdicts of this ledger. The check in the
//! browser (`web/static/judge.js`) is held to it by `tests/browser/judge.test.mjs`. `JEJAK_WRITE_EXAMPLES=1` writes the file.

use std::fmt::Write as _;
use std::path::Path;

use jejak::gs1::exact_decimal;
use jejak::quality::plan::LotSize;
use jejak::quality::profile::{Limit, PARAMETER, Parameter, Profile, Requirement};
use jejak::quality::{Judged, Measured, Occasion, Verdict, builtin};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Cases of each profile beside one for each limit.
const CASES: usize = 500;

/// Numbers that are the same on every run (xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

/// Texts that are no plain number, or an extreme one.
const ODD: [&str; 24] = [
    "",
    "0",
    "-0",
    "0.0",
    "-1",
    "01",
    "1.",
    ".5",
    "+1",
    "1e3",
    "1,5",
    " 5",
    "5 ",
    "\u{ff15}",
    "\u{0665}",
    "\u{2212}1",
    "<",
    "<-1",
    ">5",
    "n/a",
    "79228162514264337593543950335",
    "79228162514264337593543950336",
    "0.0000000000000000000000000001",
    "0.00000000000000000000000000001",
];

/// What stands between words, and what may stand around them.
const SPACES: [&str; 8] = [" ", "-", "_", "\u{a0}", "\u{3000}", "\u{85}", "\u{feff}", " _- "];

/// Numbers about a limit: it, and a little to each side.
fn near(limit: Decimal, dice: &mut Dice) -> String {
    let step = dice.pick(&["0", "0.1", "0.001", "0.0000000000000001", "1", "1000000"]);
    let step = exact_decimal(step).unwrap();
    let x = if dice.roll(2) == 0 { limit.checked_add(step) } else { limit.checked_sub(step) };
    x.unwrap_or(limit).to_string()
}

fn value(profile: &Profile, limit: &Limit, parameter: &Parameter, dice: &mut Dice) -> Measured {
    let bounds: Vec<Decimal> = [limit.min, limit.max, limit.reject_above].into_iter().flatten().collect();
    let spellings: Vec<&str> = profile.words_of(parameter).iter().flat_map(|word| word.spellings()).collect();
    let text = match dice.roll(12) {
        0 => dice.pick(&ODD).to_owned(),
        1 | 2 if !bounds.is_empty() => {
            format!("<{}{}", dice.pick(&["", "", " ", "\u{2003}"]), near(dice.pick(&bounds), dice))
        }
        3..=5 if !spellings.is_empty() => {
            let word = dice.pick(&spellings);
            let word = if dice.roll(3) == 0 { word.to_uppercase() } else { word.to_owned() };
            let word = word.replace(' ', dice.pick(&SPACES));
            match dice.roll(4) {
                0 => format!("{}{word}{}", dice.pick(&SPACES), dice.pick(&SPACES)),
                _ => word,
            }
        }
        6 if !spellings.is_empty() => format!("{}x", dice.pick(&spellings)),
        _ if !bounds.is_empty() => near(dice.pick(&bounds), dice),
        _ if !spellings.is_empty() => dice.pick(&spellings).to_owned(),
        _ => dice.pick(&ODD).to_owned(),
    };
    let uom = match dice.roll(12) {
        0 => None,
        1 => Some("KGM".to_owned()),
        _ => parameter.unit.clone(),
    };
    let uncertainties = ["0", "0.1", "0.001", "1", "-0.5", "10", "79228162514264337593543950335"];
    Measured {
        parameter: format!("{PARAMETER}{}", parameter.id),
        value: text,
        uom,
        uncertainty: (dice.roll(2) == 0).then(|| exact_decimal(dice.pick(&uncertainties)).unwrap()),
        loq: (dice.roll(4) == 0 && !bounds.is_empty()).then(|| dice.pick(&bounds)),
        method: None,
        units: if limit.plan.is_some() { dice.pick(&[1, 1, 1, 2, 5, 13, 200]) } else { 1 },
    }
}

fn letter(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "p",
        Verdict::NotEvaluated => "n",
        Verdict::Inconclusive => "i",
        Verdict::Fail => "f",
    }
}

fn result(judged: &Judged) -> Value {
    let bound = |side: &Option<(String, bool)>| {
        side.as_ref().map(|(text, within)| format!("{text}{}", if *within { "" } else { "!" }))
    };
    let set = judged.requirement.as_deref().unwrap_or_default();
    json!([letter(judged.verdict), judged.advisory, bound(&judged.min), bound(&judged.max), set])
}

/// One line: profile, form, sets, day, size of the lot, values, and what they come to.
fn case(profile: &Profile, form: &str, sets: &[String], values: &[Measured], occasion: Occasion) -> String {
    let judgement = profile.judge(form, sets, values, occasion);
    let written = values.iter().map(|v| {
        let mut value = json!({ "p": v.parameter.strip_prefix(PARAMETER), "v": v.value });
        let more = [
            ("u", v.uom.clone().map(Value::from)),
            ("d", v.uncertainty.map(|u| u.to_string().into())),
            ("l", v.loq.map(|loq| loq.to_string().into())),
            ("n", (v.units != 1).then(|| v.units.into())),
        ];
        for (name, stated) in more {
            if let Some(stated) = stated {
                value[name] = stated;
            }
        }
        value
    });
    let size = json!({ "pieces": occasion.size.pieces, "grams": occasion.size.grams });
    let day = occasion.day.to_string();
    let values: Vec<Value> = written.collect();
    let results: Vec<Value> = judgement.results.iter().map(result).collect();
    json!([profile.id, form, sets, day, size, values, letter(judgement.verdict), results]).to_string()
}

fn occasion(limit: &Limit, dice: &mut Dice) -> Occasion {
    let days = [limit.from, limit.until, Some(jiff::civil::date(2026, 11, 9))];
    let days: Vec<_> = days.into_iter().flatten().collect();
    let day = dice.pick(&days);
    let day = match dice.roll(3) {
        0 => day.yesterday().unwrap(),
        _ => day,
    };
    let sizes = [0, 1, 5, 8, 9, 50, 150, 151, 1_200, 35_000, 4_000_000];
    let mut size = || (dice.roll(3) > 0).then(|| dice.pick(&sizes));
    Occasion { day, size: LotSize { pieces: size(), grams: size() } }
}

fn vectors() -> String {
    let mut out = String::new();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for shipped in builtin() {
        let profile = &shipped.profile;
        let limits = |set: &Requirement| set.rules.iter().flat_map(|rule| rule.limits()).cloned().collect::<Vec<_>>();
        let all: Vec<(&Requirement, Limit)> = profile
            .requirements
            .iter()
            .flat_map(|set| limits(set).into_iter().map(move |limit| (set, limit)))
            .collect();
        let mut one = |first: &(&Requirement, Limit), count: usize| {
            let (set, limit) = first;
            let mut sets = vec![set.id.clone()];
            let mut measured = vec![limit.clone()];
            for _ in 1..count {
                if dice.roll(3) == 0 {
                    let (other, limit) = &all[dice.roll(all.len())];
                    sets.push(other.id.clone());
                    measured.push(limit.clone());
                } else {
                    let own = limits(set);
                    measured.push(own[dice.roll(own.len())].clone());
                }
            }
            if dice.roll(20) == 0 {
                sets.push("XX/none".to_owned());
            }
            sets.dedup();
            let forms: Vec<&String> = match dice.roll(4) {
                0 => profile.forms.iter().map(|form| &form.id).collect(),
                _ => profile.forms.iter().map(|form| &form.id).filter(|form| limit.is_for(set, form)).collect(),
            };
            let form = forms
                .get(dice.roll(forms.len().max(1)))
                .map_or_else(|| profile.forms[0].id.clone(), |id| (*id).clone());
            let mut values = Vec::new();
            for limit in &measured {
                let Some(parameter) = profile.parameter(&limit.parameter) else { continue };
                let repeats = if limit.plan.is_some() { 1 + dice.roll(3) } else { 1 };
                for _ in 0..repeats {
                    values.push(value(profile, limit, parameter, &mut dice));
                }
            }
            writeln!(out, "{}", case(profile, &form, &sets, &values, occasion(limit, &mut dice))).unwrap();
        };
        for limit in &all {
            one(limit, 1);
        }
        for n in 0..CASES {
            one(&all[n * 7919 % all.len()], 2 + n % 3);
        }
    }
    out
}

#[test]
fn vectors_of_the_browsers_judge_are_those_of_this_ledger() {
    let made = vectors();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testdata/judge.jsonl");
    if std::env::var_os("JEJAK_WRITE_EXAMPLES").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(made.lines().count() > 2_000);
    for (line, (made, kept)) in made.lines().zip(kept.lines()).enumerate() {
        assert_eq!(made, kept, "line {}", line + 1);
    }
    assert_eq!(made.len(), kept.len());
}
