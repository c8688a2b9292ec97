//! The mass balance of a process: its forms and quantities against the profiles that are in force on the log.
//!
//! Nothing is refused here. A distillery whose yield no profile knows must be able to record what it did; what can't be true, or can't be
//! judged, is a finding that people see. What it is not: the comparison itself (`quality::balance`).

use std::collections::BTreeSet;

use super::tx::Tx;
use crate::chain::statements::profiles_in_force;
use crate::chain::times::GRACE;
use crate::chain::{Refusal, Rejection, Rule, Severity, StateError};
use crate::gs1::{Amount, BaseUnit, LotId, Unit};
use crate::quality::balance::{Added, Change, Compared, Portion, Profiles, Quantity, Transformation};

/// The findings about what a process made of what it took. Returns the parameters that it cures.
pub(super) fn mass_balance(
    tx: &mut Tx<'_>,
    inputs: &[(LotId, Amount)],
    outputs: &[(LotId, Amount)],
) -> Result<Vec<String>, Refusal> {
    let stated = Transformation {
        process: tx.event.ext.process.clone(),
        inputs: portions(tx, inputs)?,
        outputs: portions(tx, outputs)?,
        additives: additives(tx)?,
    };
    let balance = stated.balance(&profiles(tx, &stated)?);
    let lots: Vec<LotId> = outputs.iter().map(|(lot, _)| lot.clone()).collect();
    change_of_form(tx, &stated, balance.change, &lots);
    quantities(tx, balance.quantity, &lots);
    additive_uncounted(tx, &balance.uncounted, &lots);
    Ok(balance.cures)
}

/// Finding `process-missing`: goods of one form were made of another, and no process is named that a profile in force knows. Finding
/// `process-misnamed`: the process named leads from other forms, or to others.
fn change_of_form(tx: &mut Tx<'_>, stated: &Transformation, change: Change, lots: &[LotId]) {
    let rule = match change {
        Change::Kept | Change::Led => return,
        Change::Unnamed => Rule::ProcessMissing,
        Change::Misnamed => Rule::ProcessMisnamed,
    };
    let forms = |portions: &[Portion]| {
        let forms: BTreeSet<&str> = portions.iter().map(|portion| portion.form.as_str()).collect();
        forms.into_iter().collect::<Vec<_>>().join(",")
    };
    let process = stated.process.clone().unwrap_or_default();
    tx.finding(
        rule,
        lots,
        &[("from-forms", forms(&stated.inputs)), ("to-forms", forms(&stated.outputs)), ("process", process)],
    );
}

/// Finding `yield-implausible`: outputs over inputs outside the yield that the profile gives for the process; a notice where the form
/// stays and no more came out than went in. Finding `output-exceeds-input`: more output than input, without a process that leads from
/// the one to the other. Finding `amounts-not-comparable`: the amounts are in units that cannot be compared.
fn quantities(tx: &mut Tx<'_>, quantity: Quantity, lots: &[LotId]) {
    let values = |sums: Compared| {
        let tenths = sums.output.micros().saturating_mul(1000).checked_div(sums.input.micros()).unwrap_or_default();
        [
            ("percent", format!("{}.{}", tenths / 10, tenths % 10)),
            ("input", sums.input.to_string()),
            ("output", sums.output.to_string()),
            ("unit", sums.unit.name().to_owned()),
        ]
    };
    match quantity {
        Quantity::Fits => {}
        Quantity::Unlike => tx.finding(Rule::AmountsNotComparable, lots, &[]),
        Quantity::Exceeds(sums) => tx.finding(Rule::OutputExceedsInput, lots, &values(sums)),
        Quantity::Outside { sums, gained } => {
            let severity = if gained { Severity::Warning } else { Severity::Notice };
            tx.finding_of(Rule::YieldImplausible, severity, lots, &values(sums));
        }
    }
}

/// Finding `additive-uncounted`: something was added that the profile does not list for the process, or more of it than it allows; the
/// balance does not count it.
fn additive_uncounted(tx: &mut Tx<'_>, uncounted: &[String], lots: &[LotId]) {
    if !uncounted.is_empty() {
        tx.finding(Rule::AdditiveUncounted, lots, &[("additives", uncounted.join(","))]);
    }
}

fn portions(tx: &mut Tx<'_>, list: &[(LotId, Amount)]) -> Result<Vec<Portion>, Refusal> {
    let portion = |(lot, amount): &(LotId, Amount)| {
        let product = tx.require_product(lot.gtin)?;
        let (commodity, form) = (product.commodity.clone(), product.form.clone());
        Ok(Portion { commodity, form, unit: product.unit, amount: *amount })
    };
    list.iter().map(portion).collect()
}

/// Rules `unit-unknown`, `quantity-exact` and `quantity-positive`: what was added is counted like goods.
fn additives(tx: &Tx<'_>) -> Result<Vec<Added>, Rejection> {
    let added = |additive: &crate::epcis::ext::Additive| {
        let (substance, code) = (&additive.substance, additive.uom.as_str());
        let Some(unit) = Unit::from_code(code) else {
            return Err(Rejection::new(Rule::UnitUnknown, format!("unit {code} is not known")).arg("unit", code));
        };
        let amount = unit.to_base(additive.value).map_err(|e| {
            Rejection::new(Rule::QuantityExact, format!("quantity of {substance}: {e}")).arg("quantity", additive.value)
        })?;
        if !amount.is_positive() {
            return Err(Rejection::new(Rule::QuantityPositive, format!("quantity of {substance} must be above zero"))
                .arg("quantity", amount));
        }
        Ok(Added { substance: substance.clone(), unit: unit.base().0, amount })
    };
    tx.event.ext.additives.iter().map(added).collect()
}

/// The profiles in force for the event, of the commodity that it makes: goods of another are no form of its processes, and reading those of
/// each would cost more than the event says. None are read where none can matter: in a split or merge in one unit.
fn profiles(tx: &Tx<'_>, stated: &Transformation) -> Result<Profiles, StateError> {
    let units: BTreeSet<BaseUnit> = stated.inputs.iter().chain(&stated.outputs).map(|portion| portion.unit).collect();
    if stated.process.is_none() && units.len() == 1 {
        return Ok(Profiles::new());
    }
    let Some(made) = stated.outputs.first() else { return Ok(Profiles::new()) };
    // the date is the signer's word: it reaches back only so far
    let at = tx.event.event_time.as_second().max(tx.clock.saturating_sub(GRACE));
    let profiles = profiles_in_force(tx.state, tx.ctx.profiles, &made.commodity, at)?;
    Ok(Profiles::from([(made.commodity.clone(), profiles)]))
}
