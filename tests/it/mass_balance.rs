//! The mass balance of one transformation against the profiles that ship, and against one with additives and by-products.

use std::sync::{Arc, OnceLock};

use jejak::gs1::{Amount, BaseUnit};
use jejak::quality::Profile;
use jejak::quality::balance::{Added, Balance, Change, Portion, Profiles, Quantity, Transformation};
use proptest::prelude::*;

const OIL: &str = "essential-oil";

fn profiles() -> &'static Profiles {
    static READ: OnceLock<Profiles> = OnceLock::new();
    READ.get_or_init(|| {
        let shipped = jejak::quality::builtin().iter().map(|shipped| Arc::clone(&shipped.profile));
        let vanilla = Profile::from_json(include_bytes!("../testdata/vanilla.json")).unwrap().shared();
        shipped.chain([vanilla]).map(|profile| (profile.id.clone(), vec![profile])).collect()
    })
}

fn portion(commodity: &str, form: &str, unit: BaseUnit, amount: &str) -> Portion {
    Portion { commodity: commodity.into(), form: form.into(), unit, amount: amount.parse().unwrap() }
}

/// A form of oil or leaf, in grams; `ml` behind the amount for millilitres, `pcs` for pieces.
fn of(commodity: &str, (form, text): (&str, &str)) -> Portion {
    let units = [("ml", BaseUnit::Millilitre), ("pcs", BaseUnit::Piece)];
    let counted = units.iter().find_map(|(sign, unit)| Some((text.strip_suffix(sign)?, *unit)));
    let (amount, unit) = counted.unwrap_or((text, BaseUnit::Gram));
    portion(commodity, form, unit, amount)
}

fn stated(commodity: &str, process: &str, inputs: &[(&str, &str)], outputs: &[(&str, &str)]) -> Transformation {
    Transformation {
        process: (!process.is_empty()).then(|| process.to_owned()),
        inputs: inputs.iter().map(|part| of(commodity, *part)).collect(),
        outputs: outputs.iter().map(|part| of(commodity, *part)).collect(),
        additives: Vec::new(),
    }
}

fn oil(process: &str, inputs: &[(&str, &str)], outputs: &[(&str, &str)]) -> Balance {
    stated(OIL, process, inputs, outputs).balance(profiles())
}

/// Whether people see a warning; the rest are notices.
fn warns(balance: &Balance) -> bool {
    matches!(balance.change, Change::Unnamed | Change::Misnamed)
        || matches!(balance.quantity, Quantity::Unlike | Quantity::Exceeds(_) | Quantity::Outside { gained: true, .. })
}

const LEAF: &str = "patchouli-dried-leaf";
const NILAM: &str = "patchouli-oil";

#[test]
fn yields_are_compared_exactly() {
    let distilled = |out: &str| oil("steam-distillation", &[(LEAF, "1000")], &[(NILAM, out)]).quantity;
    assert_eq!(distilled("8"), Quantity::Fits);
    assert_eq!(distilled("40"), Quantity::Fits);
    for out in ["7.999999", "40.000001", "999"] {
        let Quantity::Outside { sums, gained: true } = distilled(out) else { panic!("{out}") };
        assert_eq!((sums.input.to_string(), sums.output.to_string().as_str()), ("1000".to_owned(), out));
    }
}

#[test]
fn change_of_form_without_the_process_that_leads_there_warns_whatever_is_named() {
    let made = |process: &str| oil(process, &[(LEAF, "10000")], &[(NILAM, "9990")]).change;
    assert_eq!(made(""), Change::Unnamed);
    assert_eq!(made("splitting"), Change::Unnamed, "no profile knows it");
    assert_eq!(made("bottling"), Change::Misnamed);
    assert_eq!(made("steam-distillation"), Change::Led);
    // one oil does not become another by being purified
    assert_eq!(oil("purification", &[(NILAM, "10")], &[("nutmeg-oil", "10")]).change, Change::Misnamed);
    // a blend of two forms, and two steps in one record
    assert_eq!(oil("blending", &[(NILAM, "5"), ("vetiver-oil", "5")], &[(NILAM, "10")]).change, Change::Misnamed);
    assert_eq!(oil("", &[(NILAM, "5"), ("vetiver-oil", "5")], &[(NILAM, "10")]).change, Change::Unnamed);
    let both = oil("steam-distillation", &[(LEAF, "1000"), (NILAM, "10")], &[(NILAM, "30")]);
    assert_eq!((both.change, both.cures.len()), (Change::Misnamed, 0));
    // forms that no profile knows
    assert_eq!(oil("steam-distillation", &[("ylang-flower", "100")], &[("ylang-oil", "2")]).change, Change::Misnamed);
    assert_eq!(oil("", &[("ylang-oil", "2")], &[("ylang-oil", "2")]).change, Change::Kept);
}

#[test]
fn goods_of_another_commodity_or_without_a_profile_are_no_form_of_the_process() {
    let mut mixed = stated(OIL, "blending", &[(NILAM, "5")], &[(NILAM, "10")]);
    mixed.inputs.push(of("crab", (NILAM, "5")));
    assert_eq!(mixed.balance(profiles()).change, Change::Misnamed, "the same word in another commodity");
    mixed.process = None;
    assert_eq!(mixed.balance(profiles()).change, Change::Unnamed);
    let unknown = stated("tea", "withering", &[("leaf", "10")], &[("tea", "2")]).balance(profiles());
    assert_eq!((unknown.change, unknown.quantity), (Change::Unnamed, Quantity::Fits));
}

#[test]
fn units_are_compared_by_density_or_reported() {
    let distilled = |out: &str| oil("steam-distillation", &[(LEAF, "1000")], &[(NILAM, out)]).quantity;
    // 40 g are 40.8 to 42.6 ml of 0.94 to 0.98 g/ml
    assert_eq!(distilled("42.5ml"), Quantity::Fits);
    assert!(matches!(distilled("42.6ml"), Quantity::Outside { gained: true, .. }));
    assert!(matches!(distilled("1000ml"), Quantity::Outside { gained: true, .. }), "a litre out of a kilogram of leaf");
    let moved = |from: &str, to: &str| oil("", &[(NILAM, from)], &[(NILAM, to)]).quantity;
    assert_eq!(moved("1000", "1063ml"), Quantity::Fits);
    assert!(matches!(moved("1000", "1064ml"), Quantity::Exceeds(_)));
    assert_eq!(moved("1000ml", "980"), Quantity::Fits);
    assert!(matches!(moved("1000ml", "980.000001"), Quantity::Exceeds(_)));
    assert_eq!(moved("1000", "10pcs"), Quantity::Unlike);
    let unknown = stated(OIL, "", &[("ylang-oil", "10")], &[("ylang-oil", "1000ml")]).balance(profiles());
    assert_eq!(unknown.quantity, Quantity::Unlike, "a form without a density");
    // a piece of one form says nothing of a piece of another; of one form they are counted
    let crabs = |to: &str, out: &str| {
        stated("crab", "pasteurisation", &[("live-bsc", "100pcs")], &[(to, out)]).balance(profiles())
    };
    assert_eq!(crabs("bsc-pasteurised-meat", "50pcs").quantity, Quantity::Unlike);
    let sold = |out: &str| stated("crab", "", &[("live-bsc", "100pcs")], &[("live-bsc", out)]).balance(profiles());
    assert_eq!(sold("100pcs").quantity, Quantity::Fits);
    assert!(matches!(sold("101pcs").quantity, Quantity::Exceeds(_)));
}

#[test]
fn loss_in_a_process_that_keeps_the_form_is_a_notice_and_a_gain_a_warning() {
    let bottled = |out: &str| oil("bottling", &[(NILAM, "1000")], &[(NILAM, out)]);
    assert!(matches!(bottled("900").quantity, Quantity::Outside { gained: false, .. }));
    assert!(!warns(&bottled("900")) && !warns(&bottled("1000")));
    assert!(warns(&bottled("1000.000001")));
}

#[test]
fn by_products_count_into_the_sum_and_not_into_the_yield() {
    let extracted = |process: &str, outputs: &[(&str, &str)], added: &[(&str, &str)]| {
        let mut stated = stated("vanilla", process, &[("cured-beans", "100")], outputs);
        stated.additives = added
            .iter()
            .map(|part| of("", *part))
            .map(|part| Added { substance: part.form, unit: part.unit, amount: part.amount })
            .collect();
        stated.balance(profiles())
    };
    let fits = |outputs: &[(&str, &str)]| extracted("extraction", outputs, &[]).quantity == Quantity::Fits;
    assert!(fits(&[("vanilla-extract", "60"), ("spent-beans", "40")]));
    assert!(!fits(&[("vanilla-extract", "60"), ("spent-beans", "40.000001")]), "the sum");
    assert!(!fits(&[("vanilla-extract", "49"), ("spent-beans", "51")]), "the yield of the main product");
    assert_eq!(
        extracted("extraction", &[("spent-beans", "90")], &[]).change,
        Change::Misnamed,
        "nothing but by-product"
    );

    // additives count as far as the process lists them: 400 g of ethanol, 500 ml of water
    let added = [("ethanol", "400"), ("water", "500ml")];
    let full = extracted("extraction", &[("vanilla-extract", "1000")], &added);
    assert_eq!((full.quantity, full.uncounted.len()), (Quantity::Fits, 0));
    assert!(warns(&extracted("extraction", &[("vanilla-extract", "1000.000001")], &added)));
    // more than eight times the beans, and what is not listed, count for nothing
    let flood = extracted("extraction", &[("vanilla-extract", "9000")], &[("water", "1000000ml")]);
    assert!(warns(&flood) && flood.uncounted == ["water"]);
    let other = extracted("extraction", &[("vanilla-extract", "1000")], &[("glycerol", "900")]);
    assert!(warns(&other) && other.uncounted == ["glycerol"]);
    let pieces = extracted("extraction", &[("vanilla-extract", "100")], &[("water", "5pcs")]);
    assert!(!warns(&pieces) && pieces.uncounted == ["water"]);
    // without the process nothing counts
    assert!(warns(&extracted("", &[("cured-beans", "101")], &[("water", "5")])));
}

fn micros(range: std::ops::Range<i128>) -> impl Strategy<Value = Amount> {
    range.prop_map(Amount::from_micros)
}

/// Parts of at most `whole`, each above zero.
fn parts(whole: i128, cuts: &[u16]) -> Vec<Amount> {
    let mut left = whole;
    let mut parts = Vec::new();
    for cut in cuts {
        let part = (left * i128::from(*cut) / 70_000).max(1).min(left);
        if part > 0 {
            parts.push(Amount::from_micros(part));
            left -= part;
        }
    }
    parts
}

fn same_form(unit: BaseUnit, amounts: &[Amount]) -> Vec<Portion> {
    amounts.iter().map(|amount| Portion { amount: *amount, ..portion(OIL, NILAM, unit, "1") }).collect()
}

const UNITS: [BaseUnit; 3] = [BaseUnit::Gram, BaseUnit::Millilitre, BaseUnit::Piece];
/// Processes of the profile of oil, one that it does not know, and none.
const NAMES: [&str; 6] = ["", "splitting", "steam-distillation", "purification", "bottling", "blending"];
const FORMS: [&str; 5] = [LEAF, NILAM, "vetiver-oil", "nutmeg-seed", "ylang-oil"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn parts_of_one_form_never_warn_unless_they_grow(
        unit in 0..3usize,
        taken in proptest::collection::vec(micros(1..1_000_000_000_000), 1..6),
        cuts in proptest::collection::vec(any::<u16>(), 1..6),
        gain in 1..1_000_000_000_000i128,
    ) {
        let unit = UNITS[unit];
        let whole: i128 = taken.iter().map(|amount| amount.micros()).sum();
        let mut stated = Transformation {
            inputs: same_form(unit, &taken),
            outputs: same_form(unit, &parts(whole, &cuts)),
            ..Transformation::default()
        };
        prop_assert!(!warns(&stated.balance(profiles())));
        let made: i128 = stated.outputs.iter().map(|portion| portion.amount.micros()).sum();
        stated.outputs.extend(same_form(unit, &[Amount::from_micros(whole - made + gain)]));
        let grown = stated.balance(profiles());
        prop_assert!(matches!(grown.quantity, Quantity::Exceeds(_)) && warns(&grown));
    }

    /// Whatever a record that names a process which leads there is warned of, it is warned of under every other name and without one.
    #[test]
    fn renaming_or_omitting_the_process_never_removes_a_warning(
        inputs in proptest::collection::vec((0..5usize, 0..2usize, micros(1..1_000_000_000)), 1..4),
        outputs in proptest::collection::vec((0..5usize, 0..2usize, micros(1..1_000_000_000)), 1..4),
        added in proptest::option::of(micros(1..1_000_000_000)),
    ) {
        let portions = |list: &[(usize, usize, Amount)]| {
            list.iter()
                .map(|(form, unit, amount)| Portion { amount: *amount, ..portion(OIL, FORMS[*form], UNITS[*unit], "1") })
                .collect()
        };
        let added = added.map(|amount| Added { substance: "water".into(), unit: BaseUnit::Gram, amount });
        let mut stated = Transformation {
            process: None,
            inputs: portions(&inputs),
            outputs: portions(&outputs),
            additives: added.into_iter().collect(),
        };
        let mut named = |process: &str| {
            stated.process = (!process.is_empty()).then(|| process.to_owned());
            stated.balance(profiles())
        };
        let balances: Vec<Balance> = NAMES.iter().map(|process| named(process)).collect();
        if balances.iter().any(|balance| balance.change == Change::Led && warns(balance)) {
            prop_assert!(balances.iter().all(warns));
        }
        // and none of them is silent about another form than what went in
        let kept = balances[0].change == Change::Kept;
        prop_assert!(kept || balances.iter().all(|balance| warns(balance) || balance.change == Change::Led));
    }
}
