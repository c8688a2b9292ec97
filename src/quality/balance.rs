//! Whether what a transformation made can come of what it took: the change of form against the process named, the quantities against
//! the yield, or against what went in.
//!
//! Quantities of one unit are compared as they are, but pieces of different forms, which cannot be compared. Quantities of
//! several units are compared by weight: millilitres through the density that the profile gives, a range. All comparisons are exact; a
//! range is judged in favour of who states it. What it is not: a rule. The chain turns a [`Balance`] into findings.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rust_decimal::Decimal;

use super::Profile;
use super::process::{Additive, Conversion, Density, Process};
use crate::gs1::{Amount, BaseUnit};

/// The profiles in force, by commodity.
pub type Profiles = BTreeMap<String, Vec<Arc<Profile>>>;

/// An amount of one lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Portion {
    /// Commodity of its product.
    pub commodity: String,
    /// Form of its product.
    pub form: String,
    /// Unit of its product.
    pub unit: BaseUnit,
    /// How much of it, above zero.
    pub amount: Amount,
}

/// An amount of something that is no lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Id of the additive.
    pub substance: String,
    /// Unit of the amount.
    pub unit: BaseUnit,
    /// How much of it.
    pub amount: Amount,
}

/// What a transformation states.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transformation {
    /// The process named.
    pub process: Option<String>,
    /// What it took.
    pub inputs: Vec<Portion>,
    /// What it made.
    pub outputs: Vec<Portion>,
    /// What was added.
    pub additives: Vec<Added>,
}

/// How the forms go together with the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// One form on both sides, and no process that a profile knows: a split, a merge or a relabelling.
    Kept,
    /// The process leads from the forms taken to the forms made.
    Led,
    /// Several forms, and no process that a profile knows.
    Unnamed,
    /// The process is known and leads elsewhere.
    Misnamed,
}

/// How the quantities go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// They can be true.
    Fits,
    /// They are in units that can't be compared.
    Unlike,
    /// More came out than went in, and no process makes it more.
    Exceeds(Compared),
    /// Outside the yield of the process.
    Outside {
        /// The sums.
        sums: Compared,
        /// Whether there may be goods now that there were not: the form changed, or more came out than went in. Else something was
        /// lost, which no rule would report if the process were not named.
        gained: bool,
    },
}

/// Two sums that were compared; of ranges those ends that are nearest to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compared {
    /// The unit of both.
    pub unit: BaseUnit,
    /// What went in, without additives.
    pub input: Amount,
    /// What came out.
    pub output: Amount,
}

/// What a transformation comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// The forms.
    pub change: Change,
    /// The quantities.
    pub quantity: Quantity,
    /// Additives that count for nothing, or not in full.
    pub uncounted: Vec<String>,
    /// URIs of the parameters whose failure the process cures.
    pub cures: Vec<String>,
}

/// A sum in millionths of a unit: a range.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    low: i128,
    high: i128,
}

impl Span {
    fn exact(amount: Amount) -> Span {
        Span { low: amount.micros(), high: amount.micros() }
    }

    // sums stay far from the ends of i128: see `FACTOR_SCALE`
    fn plus(self, other: Span) -> Span {
        Span { low: self.low.saturating_add(other.low), high: self.high.saturating_add(other.high) }
    }

    fn weighed(amount: Amount, density: &Density) -> Span {
        Span { low: share(amount.micros(), density.min, false), high: share(amount.micros(), density.max, true) }
    }
}

/// `factor` of `amount`, in whole millionths: rounded down, or up.
fn share(amount: i128, factor: Decimal, up: bool) -> i128 {
    let whole = 10i128.saturating_pow(factor.scale());
    let exact = factor.mantissa().saturating_mul(amount);
    exact.div_euclid(whole).saturating_add(i128::from(up && exact.rem_euclid(whole) != 0))
}

impl Transformation {
    /// Compares it with what the profiles say.
    pub fn balance(&self, profiles: &Profiles) -> Balance {
        let unit = self.unit();
        let (change, led) = self.change(profiles);
        let sum = |portions: &[Portion], of: &dyn Fn(&Portion) -> bool| {
            portions
                .iter()
                .filter(|portion| of(portion))
                .try_fold(Span::default(), |sum, p| Some(sum.plus(weigh(p, unit, profiles)?)))
        };
        let all = |_: &Portion| true;
        let main = |portion: &Portion| led.is_none_or(|(_, conversion)| conversion.is_main(&portion.form));
        let sums = (sum(&self.inputs, &all), sum(&self.outputs, &all), sum(&self.outputs, &main));
        let (Some(taken), Some(made), Some(main)) = sums else {
            let uncounted = self.additives.iter().map(|added| added.substance.clone()).collect();
            return Balance { change, quantity: Quantity::Unlike, uncounted, cures: cured(led) };
        };
        let (added, uncounted) = self.additives(led.map(|(process, _)| process), taken, unit.unwrap_or(BaseUnit::Gram));
        let compared = |input: i128, output: i128| Compared {
            unit: unit.unwrap_or(BaseUnit::Gram),
            input: Amount::from_micros(input),
            output: Amount::from_micros(output),
        };
        let most = |factor: Decimal| share(taken.high, factor, false).saturating_add(added.high);
        let grown = made.low > most(Decimal::ONE);
        let quantity = match led {
            None if grown => Quantity::Exceeds(compared(taken.high, made.low)),
            None => Quantity::Fits,
            Some((_, band)) => {
                let outside = if main.low > most(band.yield_max) {
                    Some(compared(taken.high, main.low))
                } else if made.low > most(band.yield_max.max(Decimal::ONE)) {
                    Some(compared(taken.high, made.low))
                } else if main.high < share(taken.low, band.yield_min, true) {
                    Some(compared(taken.low, main.high))
                } else {
                    None
                };
                let gained = grown || !self.keeps_form();
                outside.map_or(Quantity::Fits, |sums| Quantity::Outside { sums, gained })
            }
        };
        Balance { change, quantity, uncounted, cures: cured(led) }
    }

    /// Commodities and forms on both sides.
    fn forms(&self) -> BTreeSet<(&str, &str)> {
        self.inputs.iter().chain(&self.outputs).map(|p| (p.commodity.as_str(), p.form.as_str())).collect()
    }

    fn keeps_form(&self) -> bool {
        self.forms().len() == 1
    }

    /// The one unit that all is in; `None` where it must be weighed.
    fn unit(&self) -> Option<BaseUnit> {
        let mut all = self.inputs.iter().chain(&self.outputs).map(|portion| portion.unit);
        let first = all.next()?;
        let alike = all.all(|unit| unit == first) && (first != BaseUnit::Piece || self.keeps_form());
        alike.then_some(first)
    }

    /// How the forms go with the process, and the conversion that leads from one to the other.
    fn change<'p>(&self, profiles: &'p Profiles) -> (Change, Option<(&'p Process, &'p Conversion)>) {
        let commodity = self.outputs.first().map(|portion| portion.commodity.as_str()).unwrap_or_default();
        let named = |process: &String| {
            let known = profiles.get(commodity).into_iter().flatten();
            known.filter_map(|profile| profile.process(process)).collect::<Vec<_>>()
        };
        let known = self.process.as_ref().map(named).unwrap_or_default();
        if known.is_empty() {
            return (if self.keeps_form() { Change::Kept } else { Change::Unnamed }, None);
        }
        // forms of another commodity are no forms of its profiles
        if !self.inputs.iter().chain(&self.outputs).all(|portion| portion.commodity == commodity) {
            return (Change::Misnamed, None);
        }
        let of = |portions: &'_ [Portion]| portions.iter().map(|p| p.form.clone()).collect::<BTreeSet<String>>();
        let (from, to) = (of(&self.inputs), of(&self.outputs));
        let (from, to): (Vec<&str>, Vec<&str>) =
            (from.iter().map(String::as_str).collect(), to.iter().map(String::as_str).collect());
        let led = known.into_iter().find_map(|process| Some((process, process.conversion(&from, &to)?)));
        (if led.is_some() { Change::Led } else { Change::Misnamed }, led)
    }

    /// How much the additives count, and the names of those that do not, or not in full: a process counts only what its profile lists,
    /// up to the share given there, or water would make any yield plausible.
    fn additives(&self, process: Option<&Process>, taken: Span, unit: BaseUnit) -> (Span, Vec<String>) {
        let mut stated: BTreeMap<&str, Option<Span>> = BTreeMap::new();
        for added in &self.additives {
            let known = process.and_then(|process| process.additive(&added.substance));
            let amount = known.and_then(|known| known.weigh(added, unit));
            let sum = stated.entry(&added.substance).or_insert_with(|| Some(Span::default()));
            *sum = sum.and_then(|sum| Some(sum.plus(amount?)));
        }
        let (mut counted, mut uncounted) = (Span::default(), Vec::new());
        for (substance, sum) in stated {
            let known = process.and_then(|process| process.additive(substance));
            let (Some(sum), Some(known)) = (sum, known) else {
                uncounted.push(substance.to_owned());
                continue;
            };
            let most = share(taken.high, known.most, false);
            if sum.low > most {
                uncounted.push(substance.to_owned());
            }
            counted = counted.plus(Span { low: sum.low.min(most), high: sum.high.min(most) });
        }
        (counted, uncounted)
    }
}

fn cured(led: Option<(&Process, &Conversion)>) -> Vec<String> {
    led.map(|(process, _)| process.cured()).unwrap_or_default()
}

impl Additive {
    fn weigh(&self, added: &Added, unit: BaseUnit) -> Option<Span> {
        match (added.unit, &self.density) {
            (of, _) if of == unit => Some(Span::exact(added.amount)),
            (BaseUnit::Millilitre, Some(density)) if unit == BaseUnit::Gram => {
                Some(Span::weighed(added.amount, density))
            }
            _ => None,
        }
    }
}

/// An amount in `unit`, or its weight; `None` when nothing says what it weighs.
fn weigh(portion: &Portion, unit: Option<BaseUnit>, profiles: &Profiles) -> Option<Span> {
    if unit.is_some() || portion.unit == BaseUnit::Gram {
        return Some(Span::exact(portion.amount));
    }
    if portion.unit != BaseUnit::Millilitre {
        return None;
    }
    let mut known = profiles.get(&portion.commodity).into_iter().flatten();
    let density = known.find_map(|profile| profile.form(&portion.form)?.density.as_ref())?;
    Some(Span::weighed(portion.amount, density))
}
