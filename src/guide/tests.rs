//! The guides that ship, and what an answer must never say.

use std::collections::BTreeSet;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::condition::{
    Condition, Facts, Origin, OriginField, Paper, PartyField, PhoneField, ProductField, StatedField, Tests,
};
use super::file::{Class, GateStatus};
use super::path::{Way, before_trade, of_other_form, way};
use super::readiness::{Asked, readiness};
use super::view::{ItemState, ItemView, Outcome, Readiness, StepState, StepView};
use super::{Answers, COMMON, Guide, builtin};
use crate::names::Names;
use crate::quality::profile::Confidence;
use crate::record::Hash32;

const TODAY: Date = date(2026, 12, 1);
/// The markets of the guides, and one that has no rules of its own.
const MARKETS: [&str; 7] = ["AE", "CN", "EU", "JP", "SG", "US", "KR"];
/// The goods that were researched.
const GOODS: [(&str, &str); 5] = [
    ("crab", "live-mud-crab"),
    ("crab", "bsc-pasteurised-meat"),
    ("avocado", "fresh"),
    ("banana-flour", "banana-flour"),
    ("essential-oil", "patchouli-oil"),
];

fn guides() -> Vec<&'static Guide> {
    builtin().iter().map(|shipped| &*shipped.guide).collect()
}

fn answer(good: (&str, &str), market: &str, facts: &Facts, answers: &Answers) -> Readiness {
    let markets = [market.to_owned()];
    let (commodity, form) = good;
    let asked = Asked { commodity, form, markets: &markets, today: TODAY, answers };
    readiness(&guides(), &asked, facts)
}

fn way_of(good: (&str, &str), market: &str, party: &Facts, lots: &[Facts], answers: &Answers) -> Way {
    let markets = [market.to_owned()];
    let (commodity, form) = good;
    let asked = Asked { commodity, form, markets: &markets, today: TODAY, answers };
    way(&guides(), &asked, party, lots)
}

fn done(way: &Way) -> BTreeSet<&str> {
    way.answer.steps.iter().filter(|step| step.state == StepState::Done).map(|step| step.id.as_str()).collect()
}

fn items(answer: &Readiness) -> impl Iterator<Item = &ItemView> {
    answer.standing.iter().chain(&answer.documents)
}

fn paper(kind: &str, until: Option<Date>) -> Paper {
    Paper {
        kind: kind.into(),
        title: None,
        number: Some("7".into()),
        issuer: None,
        from: None,
        until,
        by: Names::english("Village"),
        record: Hash32([7; 32]),
    }
}

/// All that conditions may ask for.
fn all_facts() -> Facts {
    let mut facts = Facts {
        tests: Tests::Complete,
        party: BTreeSet::from([
            PartyField::Enrolled,
            PartyField::Key,
            PartyField::SecondPhone,
            PartyField::Product,
            PartyField::Place,
            PartyField::LegalForm,
            PartyField::Registration,
            PartyField::Region,
            PartyField::Gln,
        ]),
        phone: Some(BTreeSet::from([PhoneField::Installed])),
        product: BTreeSet::from([ProductField::Hs, ProductField::NetContent]),
        stated: BTreeSet::from([StatedField::Market, StatedField::BestBefore]),
        origins: vec![Origin {
            stated: BTreeSet::from([
                OriginField::Village,
                OriginField::Gear,
                OriginField::Dates,
                OriginField::Plots,
                OriginField::CatchCertificate,
            ]),
            gear: Some("trap".into()),
        }],
        specified: true,
        ..Facts::default()
    };
    for leaf in leaves() {
        match leaf {
            Condition::Act(act) => facts.acts.push((act, Hash32([1; 32]))),
            Condition::Parameters(list) => facts.passed.extend(list),
            Condition::Document(kind) => facts.documents.push(paper(&kind, None)),
            Condition::Certificate(kind) => facts.certificates.push(paper(&kind, None)),
            Condition::Mandate(act) => drop(facts.mandates.insert(act)),
            Condition::Claim(claim) => drop(facts.claims.insert(claim)),
            _ => {}
        }
    }
    facts
}

/// Every condition of every guide that has no other in it.
fn leaves() -> Vec<Condition> {
    let mut found = Vec::new();
    for guide in guides() {
        let closes =
            guide.items().map(|item| &item.closes).chain(guide.steps.iter().filter_map(|step| step.closes.as_ref()));
        let opens = guide.gates.iter().filter_map(|gate| gate.opens.as_ref());
        found.extend(closes.chain(opens).flat_map(Condition::leaves).cloned());
    }
    found
}

#[test]
fn every_file_of_the_folder_ships() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/guides");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let guide =
            Guide::from_json(&std::fs::read(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        assert_eq!(path.file_stem().unwrap().to_str().unwrap(), guide.id);
        files += 1;
    }
    assert_eq!(builtin().len(), files);
}

#[test]
fn every_good_and_market_that_was_looked_at_has_a_gate_and_others_are_not_known() {
    for good in GOODS {
        for market in &MARKETS[..6] {
            let answer = answer(good, market, &all_facts(), &Answers::default());
            assert_eq!(answer.gates.len(), 1, "{good:?} {market}");
            assert_eq!(answer.outcome == Outcome::NotKnown, answer.gates[0].status == GateStatus::Unknown);
        }
        assert_eq!(answer(good, "KR", &all_facts(), &Answers::default()).outcome, Outcome::NotKnown);
    }
    assert_eq!(answer(("vanilla", "cured-beans"), "EU", &all_facts(), &Answers::default()).outcome, Outcome::NotKnown);
    assert_eq!(answer(("honey", "raw"), "EU", &all_facts(), &Answers::default()).outcome, Outcome::NotKnown);
}

#[test]
fn answer_without_what_every_good_needs_is_not_known() {
    let markets = ["EU".to_owned()];
    let (answers, facts) = (Answers::default(), all_facts());
    let asked =
        Asked { commodity: "essential-oil", form: "patchouli-oil", markets: &markets, today: TODAY, answers: &answers };
    assert_eq!(readiness(&guides(), &asked, &facts).outcome, Outcome::Ready);
    let own: Vec<&Guide> = guides().into_iter().filter(|guide| guide.id != COMMON).collect();
    assert_eq!(readiness(&own, &asked, &facts).outcome, Outcome::NotKnown);
    assert_eq!(readiness(&[], &asked, &facts).outcome, Outcome::NotKnown);
}

#[test]
fn named_ids_stand_in_the_same_guide_or_in_common() {
    let common = guides().into_iter().find(|guide| guide.id == COMMON).unwrap();
    for guide in guides() {
        let has = |id: &String| guide.items().chain(common.items()).any(|item| item.id == *id);
        let role = |role: &String| common.roles.contains_key(role) || guide.roles.contains_key(role);
        for item in guide.items() {
            assert!(item.after.iter().all(has), "{}: {} comes after {:?}", guide.id, item.id, item.after);
            assert!(role(&item.issuer), "{}: {} is issued by {}", guide.id, item.id, item.issuer);
        }
        for step in &guide.steps {
            let there = |id: &String| guide.steps.iter().chain(&common.steps).any(|step| step.id == *id);
            assert!(step.items.iter().all(has), "{}: {} {:?}", guide.id, step.id, step.items);
            assert!(step.after.iter().all(there), "{}: {} {:?}", guide.id, step.id, step.after);
            assert!(role(&step.who), "{}: {} by {}", guide.id, step.id, step.who);
            assert!(step.closes.is_some() || !step.items.is_empty(), "{}: nothing closes {}", guide.id, step.id);
        }
        for (id, list) in guide
            .misunderstandings
            .iter()
            .map(|row| (&row.id, &row.items))
            .chain(guide.refusals.iter().map(|row| (&row.id, &row.items)))
        {
            assert!(list.iter().all(has), "{}: {id} {list:?}", guide.id);
        }
    }
}

#[test]
fn conditions_name_parameters_and_forms_of_the_commodity() {
    for guide in guides() {
        let shipped = crate::quality::builtin().iter().find(|shipped| shipped.profile.id == guide.id);
        let Some(profile) = shipped.map(|shipped| &shipped.profile) else { continue };
        let forms = |list: &[String]| list.iter().all(|form| profile.forms.iter().any(|known| known.id == *form));
        for item in guide.items() {
            assert!(forms(&item.forms), "{}: {} {:?}", guide.id, item.id, item.forms);
            for leaf in item.closes.leaves() {
                if let Condition::Parameters(list) = leaf {
                    let known = |id: &String| profile.parameters.iter().any(|parameter| parameter.id == *id);
                    assert!(list.iter().all(known), "{}: {} {list:?}", guide.id, item.id);
                }
            }
        }
        assert!(guide.gates.iter().all(|gate| forms(&gate.forms)), "{}", guide.id);
        assert!(guide.steps.iter().all(|step| forms(&step.forms)), "{}", guide.id);
    }
}

#[test]
fn open_market_is_ready_once_all_is_there_and_misses_what_is_taken_away() {
    let yes = Answers::default();
    let mut open = 0;
    for good in GOODS {
        for market in MARKETS {
            let full = answer(good, market, &all_facts(), &yes);
            if full.gates.is_empty() || full.gates.iter().any(|gate| gate.status != GateStatus::Open) {
                continue;
            }
            open += 1;
            assert_eq!(full.outcome, Outcome::Ready, "{good:?} {market}: {:?}", blocking(&full));
            assert!(
                full.steps.iter().all(|step| step.state == StepState::Done),
                "{good:?} {market}: {:?}",
                full.steps.iter().find(|s| s.state != StepState::Done)
            );
            let empty = answer(good, market, &Facts::default(), &yes);
            assert!(matches!(empty.outcome, Outcome::Missing), "{good:?} {market}");
            assert!(empty.missing > 3);
        }
    }
    // by the research as it stands; a change of the files changes it
    assert_eq!(open, 12);
}

#[test]
fn way_begins_with_the_phone_and_ends_with_the_receipt() {
    let answers = Answers::default();
    for good in GOODS {
        for market in MARKETS {
            let empty = way_of(good, market, &Facts::default(), &[], &answers);
            assert_eq!(empty.answer.steps[0].id, "c.start", "{good:?} {market}");
            // whether the market is open is known without anybody
            let open = empty.answer.gates.first().is_some_and(|gate| gate.status == GateStatus::Open);
            assert_eq!(done(&empty), if open { BTreeSet::from(["c.gate"]) } else { BTreeSet::new() });
            let next: Vec<&str> =
                empty.answer.steps.iter().filter(|step| step.state == StepState::Next).map(|step| &*step.id).collect();
            assert_eq!(next, ["c.start"], "{good:?} {market}: nothing else may be done before there is a key");
            let full = way_of(good, market, &all_facts(), &[all_facts()], &answers);
            let open = full.answer.gates.iter().all(|gate| gate.status == GateStatus::Open);
            if open && !full.answer.gates.is_empty() {
                assert_eq!(full.done, full.of, "{good:?} {market}");
            }
        }
    }
}

#[test]
fn enrolled_village_is_led_to_its_papers_and_its_first_harvest() {
    let answers = Answers::default();
    let good = ("essential-oil", "patchouli-oil");
    let mut party = Facts { party: BTreeSet::from([PartyField::Enrolled, PartyField::Key]), ..Facts::default() };
    let next = |party: &Facts, lots: &[Facts]| {
        let way = way_of(good, "EU", party, lots, &answers);
        let next = way.answer.steps.into_iter().filter(|step| step.state == StepState::Next && !step.optional);
        next.map(|step| step.id).collect::<Vec<_>>()
    };
    // the market is open, which settles that step
    assert_eq!(next(&party, &[]), ["c.product", "c.place", "c.name"]);
    party.party.extend([PartyField::Product, PartyField::Place]);
    assert!(next(&party, &[]).contains(&"c.harvest".to_owned()));
    party.certificates.push(paper("legal-body", None));
    assert!(next(&party, &[]).contains(&"c.npwp".to_owned()));
    // the leaf was harvested: the oil was not
    let lot =
        Facts { acts: vec![("harvest".into(), Hash32([1; 32])), ("receive".into(), Hash32([2; 32]))], ..party.clone() };
    let other = of_other_form(lot.clone());
    assert_eq!(other.acts.len(), 1);
    assert!(!next(&party, &[other]).contains(&"c.harvest".to_owned()));
    // goods that were sold at home close nothing of a sale abroad
    let sold = Facts { documents: vec![paper("invoice", None)], ..lot };
    let at_home = before_trade(sold);
    assert!(at_home.documents.is_empty() && at_home.acts.iter().all(|(act, _)| act == "harvest"));
}

#[test]
fn step_that_only_the_phone_knows_is_asked_of_no_lot_and_holds_nothing_up() {
    let good = ("avocado", "fresh");
    let of_lot = answer(good, "SG", &Facts::default(), &Answers::default());
    assert!(of_lot.steps.iter().all(|step| step.id != "c.install"));
    let way = way_of(good, "SG", &Facts::default(), &[], &Answers::default());
    let step = way.answer.steps.iter().find(|step| step.id == "c.install").unwrap();
    assert!(step.optional && step.state == StepState::Later);
    for guide in guides() {
        for step in &guide.steps {
            let phone = step.closes.iter().flat_map(Condition::leaves).any(|leaf| matches!(leaf, Condition::Phone(_)));
            assert!(!phone || step.optional, "{}: the log never closes {}", guide.id, step.id);
        }
    }
}

fn blocking(answer: &Readiness) -> Vec<&str> {
    items(answer).filter(|item| item.blocks).map(|item| item.id.as_str()).collect()
}

#[test]
fn one_gill_net_lot_in_a_blend_closes_the_united_states() {
    let good = ("crab", "bsc-pasteurised-meat");
    let mut facts = all_facts();
    assert_eq!(answer(good, "US", &facts, &Answers::default()).outcome, Outcome::Ready);
    facts.origins.push(Origin { gear: Some("gillnet".into()), ..facts.origins[0].clone() });
    let blended = answer(good, "US", &facts, &Answers::default());
    assert_eq!(blended.outcome, Outcome::Closed);
    assert!(blended.gates[0].decided_by_lot);
    facts.origins.pop();
    facts.origins.push(Origin::default());
    assert_eq!(answer(good, "US", &facts, &Answers::default()).outcome, Outcome::Missing, "gear that nobody states");
}

#[test]
fn document_that_ends_before_the_shipment_is_missing_again() {
    let good = ("crab", "live-mud-crab");
    let mut facts = all_facts();
    facts.certificates.retain(|paper| paper.kind != "gacc-registration");
    facts.documents.retain(|paper| paper.kind != "gacc-registration");
    facts.certificates.push(paper("gacc-registration", Some(date(2026, 12, 10))));
    assert_eq!(answer(good, "CN", &facts, &Answers::default()).outcome, Outcome::Ready);
    let answers = Answers { shipment: Some(date(2026, 12, 11)), ..Answers::default() };
    let late = answer(good, "CN", &facts, &answers);
    assert_eq!((late.outcome, late.missing), (Outcome::Missing, 1));
    assert!(items(&late).any(|item| item.lapses && item.expires == Some(date(2026, 12, 10))));
    // another one that lasts longer
    facts.certificates.push(paper("gacc-registration", Some(date(2027, 12, 10))));
    assert_eq!(answer(good, "CN", &facts, &answers).outcome, Outcome::Ready);
}

#[test]
fn uncertain_rows_and_advice_never_block() {
    for good in GOODS {
        for market in MARKETS {
            let answer = answer(good, market, &Facts::default(), &Answers::default());
            for item in items(&answer).filter(|item| item.blocks) {
                assert_ne!(item.confidence, Confidence::Low, "{}", item.id);
                assert!(matches!(item.class, Class::Must | Class::Conditional), "{}", item.id);
            }
        }
    }
}

/// Facts of which each part of all that may be asked for is there or not.
fn some_facts() -> impl Strategy<Value = Facts> {
    prop::collection::vec(any::<bool>(), 400).prop_map(|there| {
        let mut bits = there.into_iter().cycle();
        let mut keep = move || bits.next().unwrap_or_default();
        let mut facts = all_facts();
        facts.acts.retain(|_| keep());
        facts.documents.retain(|_| keep());
        facts.certificates.retain(|_| keep());
        facts.passed.retain(|_| keep());
        facts.party.retain(|_| keep());
        facts.product.retain(|_| keep());
        facts.stated.retain(|_| keep());
        facts.mandates.retain(|_| keep());
        facts.origins.retain(|_| keep());
        facts.specified = keep();
        facts.tests = if keep() { Tests::Complete } else { Tests::Lacking };
        facts
    })
}

fn some_answers() -> impl Strategy<Value = Answers> {
    let ids: Vec<String> =
        guides().iter().flat_map(|guide| &guide.questions).map(|question| question.id.clone()).collect();
    prop::collection::vec(0_u8..3, ids.len()).prop_map(move |said| {
        let mut answers = Answers::default();
        for (id, said) in ids.iter().zip(said) {
            match said {
                1 => drop(answers.yes.insert(id.clone())),
                2 => drop(answers.no.insert(id.clone())),
                _ => {}
            }
        }
        answers
    })
}

#[test]
fn table_in_the_readme_of_the_schemas_is_that_of_the_guides() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schemas/README.md")).unwrap();
    let mut rows = Vec::new();
    for good in GOODS {
        for market in &MARKETS[..6] {
            let answer = answer(good, market, &Facts::default(), &Answers::default());
            let count = |wanted: &dyn Fn(&ItemView) -> bool| items(&answer).filter(|item| wanted(item)).count();
            let sure = |item: &ItemView| item.confidence != Confidence::Low;
            let must = count(&|item| sure(item) && item.class == Class::Must);
            let asked = count(&|item| sure(item) && item.class == Class::Conditional);
            let all = items(&answer).count();
            let bare = count(&|item| item.sources.is_empty());
            let status = serde_json::to_value(answer.gates[0].status).unwrap();
            rows.push(format!(
                "| {} | {market} | {} | {must} | {asked} | {} | {bare} |\n",
                good.1,
                status.as_str().unwrap(),
                all - must - asked
            ));
        }
    }
    let table = rows.concat();
    assert!(readme.contains(&table), "the table should be:\n{table}");
}

/// One of the pairs of good and market.
fn a_pair() -> impl Strategy<Value = ((&'static str, &'static str), &'static str)> {
    (prop::sample::select(GOODS.to_vec()), prop::sample::select(MARKETS.to_vec()))
}

/// A document or certificate that a guide asks for, with or without a last day.
fn some_paper() -> impl Strategy<Value = Facts> {
    let is_paper = |leaf: &Condition| matches!(leaf, Condition::Document(_) | Condition::Certificate(_));
    let papers: Vec<Condition> = leaves().into_iter().filter(is_paper).collect();
    (prop::sample::select(papers), prop::option::of(-400_i32..400)).prop_map(|(leaf, days)| {
        let until = days.map(|days| TODAY.saturating_add(jiff::Span::new().days(days)));
        let mut facts = Facts::default();
        match leaf {
            Condition::Document(kind) => facts.documents.push(paper(&kind, until)),
            Condition::Certificate(kind) => facts.certificates.push(paper(&kind, until)),
            _ => {}
        }
        facts
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_document_more_never_makes_anything_missing(
        facts in some_facts(), answers in some_answers(), one in some_paper(), (good, market) in a_pair(),
    ) {
        let mut more = facts.clone();
        more.documents.extend(one.documents);
        more.certificates.extend(one.certificates);
        let (before, after) = (answer(good, market, &facts, &answers), answer(good, market, &more, &answers));
        let before: BTreeSet<&str> = blocking(&before).into_iter().collect();
        let after: BTreeSet<&str> = blocking(&after).into_iter().collect();
        prop_assert!(after.is_subset(&before), "{good:?} {market}: {:?}", after.difference(&before));
    }

    #[test]
    fn a_document_or_a_lot_more_never_makes_a_step_of_the_way_undone(
        party in some_facts(), lots in prop::collection::vec(some_facts(), 0..3), more in some_facts(),
        answers in some_answers(), one in some_paper(), at in 0_usize..4, (good, market) in a_pair(),
    ) {
        let before = way_of(good, market, &party, &lots, &answers);
        let (mut owner, mut own) = (party.clone(), lots.clone());
        let with = |facts: &mut Facts| {
            facts.documents.extend(one.documents.iter().cloned());
            facts.certificates.extend(one.certificates.iter().cloned());
        };
        match own.get_mut(at) {
            Some(lot) => with(lot),
            None => with(&mut owner),
        }
        let after = way_of(good, market, &owner, &own, &answers);
        prop_assert!(done(&before).is_subset(&done(&after)), "{good:?} {market}: {:?}", done(&before).difference(&done(&after)));
        own.insert(0, more);
        let later = way_of(good, market, &owner, &own, &answers);
        prop_assert!(done(&after).is_subset(&done(&later)), "{good:?} {market}: {:?}", done(&after).difference(&done(&later)));
        prop_assert!(before.done <= after.done && after.done <= later.done && later.done <= later.of);
        // and the order holds
        for (at, step) in later.answer.steps.iter().enumerate() {
            prop_assert!(!later.answer.steps[at..].iter().any(|other| step.after.contains(&other.id)), "{}", step.id);
            let passed = |other: &StepView| other.optional || other.state == StepState::Done;
            let before = |id: &String| later.answer.steps.iter().any(|other| other.id == *id && passed(other));
            prop_assert!(step.state != StepState::Next || step.after.iter().all(before), "{} is next", step.id);
        }
    }

    #[test]
    fn closed_or_unknown_gate_is_never_ready(facts in some_facts(), answers in some_answers(), (good, market) in a_pair()) {
        let answer = answer(good, market, &facts, &answers);
        match answer.gates.iter().map(|gate| gate.status).max().unwrap_or(GateStatus::Unknown) {
            GateStatus::Closed => prop_assert_eq!(answer.outcome, Outcome::Closed),
            GateStatus::Unknown => prop_assert_eq!(answer.outcome, Outcome::NotKnown),
            GateStatus::Conditional => prop_assert_eq!(answer.outcome, Outcome::Missing),
            GateStatus::Open => {
                prop_assert_eq!(answer.outcome == Outcome::Ready, answer.missing == 0 && answer.open == 0);
            }
        }
    }

    #[test]
    fn order_follows_what_comes_after_what(facts in some_facts(), answers in some_answers(), (good, market) in a_pair()) {
        let answer = answer(good, market, &facts, &answers);
        for list in [&answer.standing, &answer.documents] {
            for (at, item) in list.iter().enumerate() {
                let later = list[at..].iter().find(|later| item.after.contains(&later.id));
                prop_assert!(later.is_none(), "{} stands before {:?}", item.id, later.map(|later| &later.id));
            }
        }
        for (at, step) in answer.steps.iter().enumerate() {
            prop_assert!(!answer.steps[at..].iter().any(|later| step.after.contains(&later.id)), "{}", step.id);
            let passed = |step: &StepView| step.optional || step.state == StepState::Done;
            let done = |id: &String| answer.steps.iter().any(|other| other.id == *id && passed(other));
            prop_assert!(step.state != StepState::Next || step.after.iter().all(done), "{} is next", step.id);
        }
    }

    #[test]
    fn question_that_is_answered_with_no_never_blocks(facts in some_facts(), (good, market) in a_pair()) {
        let questions = guides().into_iter().flat_map(|guide| &guide.questions);
        let no = Answers { no: questions.map(|question| question.id.clone()).collect(), ..Answers::default() };
        let answer = answer(good, market, &facts, &no);
        prop_assert_eq!(answer.open, 0);
        let settled = |item: &ItemView| matches!(item.state, ItemState::Done | ItemState::NotNeeded);
        prop_assert!(items(&answer).all(|item| item.class != Class::Conditional || settled(item)));
    }
}
