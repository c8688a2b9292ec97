//! The way of a party to its first export: the same guides and the same engine as for a lot (`readiness`), over what the ledger has of the
//! party and of each of its lots.
//!
//! A step is done when it was done once: for the party, or for one of its lots. So one record more never takes a step back, whichever
//! lot it is of. What it is not: the checklist of a lot, which is that lot's alone.

use std::collections::BTreeMap;

use super::COMMON;
use super::condition::Facts;
use super::file::{GateStatus, Guide};
use super::readiness::{Asked, arrange, counted, outcome, readiness, settled};
use super::view::{GateView, ItemState, ItemView, Outcome, Readiness, StepState};

/// Acts that say how goods came to be and what they are, and not where they went.
const BEFORE_TRADE: [&str; 7] = ["harvest", "process", "adjust", "sample", "inspect", "pack", "label"];

/// The way, with how much of it is done.
#[derive(Debug, Clone, PartialEq)]
pub struct Way {
    /// All items and steps, each as it stands where it stands best.
    pub answer: Readiness,
    /// Steps that are done, of those that may not be left out.
    pub done: usize,
    /// All that may not be left out.
    pub of: usize,
}

/// What a lot that is not for the market asked for counts with: what it is, and not how it was traded.
pub fn before_trade(facts: Facts) -> Facts {
    Facts { documents: Vec::new(), stated: Default::default(), ..before_shipping(facts) }
}

/// What goods that went nowhere abroad count with: all but that they were sold and sent.
pub fn before_shipping(facts: Facts) -> Facts {
    let acts = facts.acts.into_iter().filter(|(act, _)| BEFORE_TRADE.contains(&act.as_str())).collect();
    Facts { acts, ..facts }
}

/// What a lot of another form of the commodity counts with: that it was harvested, and where.
pub fn of_other_form(facts: Facts) -> Facts {
    let acts = facts.acts.into_iter().filter(|(act, _)| act == "harvest").collect();
    Facts { acts, origins: facts.origins, certificates: facts.certificates, party: facts.party, ..Facts::default() }
}

/// The way by the guides: `party` is what the ledger has of the party, `lots` what it has of each of its lots, the newest first.
pub fn way(guides: &[&Guide], asked: &Asked<'_>, party: &Facts, lots: &[Facts]) -> Way {
    let phone = |facts: &Facts| Facts { phone: Some(facts.phone.clone().unwrap_or_default()), ..facts.clone() };
    let mut answer = readiness(guides, asked, &phone(party));
    let others: Vec<Readiness> = lots.iter().map(|lot| readiness(guides, asked, &phone(lot))).collect();
    for other in others.iter().rev() {
        merge(&mut answer.standing, &other.standing);
        merge(&mut answer.documents, &other.documents);
        if worst(&other.gates) < worst(&answer.gates) {
            answer.gates.clone_from(&other.gates);
        }
        for step in &other.steps {
            if step.state == StepState::Done
                && let Some(own) = answer.steps.iter_mut().find(|own| own.id == step.id)
            {
                own.state = StepState::Done;
            }
        }
    }
    let items: BTreeMap<&str, &ItemView> =
        answer.standing.iter().chain(&answer.documents).map(|item| (item.id.as_str(), item)).collect();
    for step in &mut answer.steps {
        if step.by_items && settled(&step.items, &items) {
            step.state = StepState::Done;
        }
    }
    arrange(&mut answer.steps);
    let open = |id: &String| items.get(id.as_str()).is_some_and(|item| item.state != ItemState::Done);
    answer.questions.retain(|question| question.items.iter().any(open));
    (answer.missing, answer.open) = counted(items.values().copied());
    answer.outcome = match answer.guides.iter().any(|used| used.id == COMMON) {
        true => outcome(&answer.gates, answer.missing, answer.open),
        false => Outcome::NotKnown,
    };
    let needed = || answer.steps.iter().filter(|step| !step.optional);
    let (done, of) = (needed().filter(|step| step.state == StepState::Done).count(), needed().count());
    Way { answer, done, of }
}

/// The status that counts of several gates.
fn worst(gates: &[GateView]) -> Option<GateStatus> {
    gates.iter().map(|gate| gate.status).max()
}

/// Each item as it stands best; of those that are nowhere done, as it stands with the newest lot.
fn merge(into: &mut [ItemView], from: &[ItemView]) {
    for item in from {
        let Some(own) = into.iter_mut().find(|own| own.id == item.id) else { continue };
        let done = |item: &ItemView| item.state == ItemState::Done;
        // of two that are done the one that lasts longer
        let lasts = |item: &ItemView| (item.expires.is_none(), item.expires);
        if !done(own) || (done(item) && lasts(item) >= lasts(own)) {
            own.clone_from(item);
        }
    }
}
