//! The acts of the ledger in one table: EPCIS form, signer, mandate, how it is voided, icon, and what a writer must give.
//!
//! An act is added by a row here, its rules in a file of `event/` and a line in that module's dispatch, its words in
//! `web/locales/` (`act-<name>`) and a row in `docs/rules.md`. What it is not: the rules of the acts.

use serde::{Deserialize, Serialize};

use crate::epcis::{Action, Event, EventType};

/// CBV steps that attach facts and evidence to goods without moving them, the usual one first.
pub const OBSERVE_STEPS: [&str; 14] = [
    "storing",
    "accepting",
    "arriving",
    "collecting",
    "departing",
    "entering_exiting",
    "loading",
    "other",
    "picking",
    "sensor_reporting",
    "staging_outbound",
    "stock_taking",
    "transporting",
    "unloading",
];

/// A row of the closed table of EPCIS forms: an event that matches none is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    /// The type of event.
    pub kind: EventType,
    /// Its action; transformations have none.
    pub action: Option<Action>,
    /// The business steps allowed, the usual one first; any, or none, when the list is empty.
    pub steps: &'static [&'static str],
    /// The disposition that the CLI writes.
    pub disposition: Option<&'static str>,
    /// It names no goods: it is about the place of its read point.
    pub of_place: bool,
}

/// Who may void a record of an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voidable {
    /// The party it was done for, or a party that acts for it by a mandate.
    ByParty,
    /// Only the party that signed it: nobody else can take back what it measured or observed.
    BySigner,
    /// Nobody.
    Never,
}

/// A group of members that a writer of an event must give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A lot.
    Lot,
    /// A lot and how much of it.
    Amount,
    /// A lot and how much of it, for each lot of the shipment.
    Counts,
    /// A lot, or a container.
    Goods,
    /// A lot and how much of it, or a container.
    AmountOrContainer,
    /// What a process consumes.
    Input,
    /// What a process makes.
    Output,
    /// First and last day of a harvest.
    HarvestDays,
    /// A reason code.
    Reason,
    /// Id and holder of a sample.
    Sample,
    /// Measured results.
    Results,
    /// A container, and what goes in or out of it.
    Packing,
    /// The party that takes over.
    Consignee,
    /// The shipment it is about.
    Shipment,
    /// A trade document.
    Document,
    /// First and last day on which a place was monitored.
    Period,
    /// The serials that labels have.
    Serials,
}

/// What is known of an act beside its rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActInfo {
    /// Stable name, kebab-case: in mandates, JSON and `web/locales` (`act-<name>`).
    pub name: &'static str,
    /// Its EPCIS forms; none when it is an event in the form of another act, or no event.
    pub forms: &'static [Form],
    /// Who may sign it, for people.
    pub signer: &'static str,
    /// A party may let another do it by a `Mandate`.
    pub mandate: bool,
    /// Who may void it.
    pub voidable: Voidable,
    /// It changes stock: it is the newest record of its holder and lot, and two on top of the same one are a fork.
    pub moves: bool,
    /// The goods are where the event is.
    pub on_site: bool,
    /// It only adds facts about goods: an implausible event time is a notice, not a warning.
    pub remark: bool,
    /// Icon of the pages, an id of the sprite in `web/pages/sprite.svg`.
    pub icon: &'static str,
    /// What a writer must give.
    pub needs: &'static [Need],
}

const fn form(
    kind: EventType,
    action: Option<Action>,
    steps: &'static [&'static str],
    disposition: Option<&'static str>,
) -> Form {
    Form { kind, action, steps, disposition, of_place: false }
}

const fn observe(steps: &'static [&'static str], disposition: Option<&'static str>) -> Form {
    form(EventType::Object, Some(Action::Observe), steps, disposition)
}

/// A registry statement; base of the rows below.
const STATEMENT: ActInfo = ActInfo {
    name: "registry",
    forms: &[],
    signer: "depends on the statement",
    mandate: false,
    voidable: Voidable::Never,
    moves: false,
    on_site: false,
    remark: false,
    icon: "i-doc",
    needs: &[],
};

/// An event about goods, where they are; base of the rows below.
const EVENT: ActInfo = ActInfo { name: "", signer: "holder", voidable: Voidable::ByParty, on_site: true, ..STATEMENT };

/// An event about goods that moves stock and can be done by a mandate; base of the rows below.
const MOVE: ActInfo = ActInfo { mandate: true, moves: true, ..EVENT };

macro_rules! acts {
    ($(#[doc = $doc:literal] $act:ident => $info:expr;)*) => {
        /// The act a record performs: a row of the closed table of `docs/rules.md`, or a registry statement.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Act {
            $(#[doc = $doc] $act,)*
        }

        impl Act {
            /// All acts, in the order of `docs/rules.md`.
            pub const ALL: &[Act] = &[$(Act::$act,)*];

            /// What it is, in a phrase: the command line's help.
            pub fn about(self) -> &'static str {
                match self { $(Act::$act => $doc.trim().trim_end_matches('.'),)* }
            }

            /// Its row of the table.
            pub const fn info(self) -> &'static ActInfo {
                match self {
                    $(Act::$act => {
                        const INFO: ActInfo = $info;
                        &INFO
                    })*
                }
            }
        }
    };
}

acts! {
    /// A registry statement other than `Clock`.
    Registry => STATEMENT;
    /// The ledger's clock.
    Clock => ActInfo { name: "clock", signer: "operator", ..STATEMENT };
    /// Harvest, catch or landing: creates a lot or adds to it.
    Harvest => ActInfo {
        name: "harvest",
        forms: &[form(EventType::Object, Some(Action::Add), &["commissioning"], Some("active"))],
        signer: "maker",
        icon: "i-leaf",
        needs: &[Need::Amount, Need::HarvestDays],
        ..MOVE
    };
    /// Sort, cook, mill, distil, bottle, split, merge.
    Process => ActInfo {
        name: "process",
        forms: &[form(EventType::Transformation, None, &["commissioning"], None)],
        signer: "holder, maker of the output",
        icon: "i-kettle",
        needs: &[Need::Input, Need::Output],
        ..MOVE
    };
    /// Loss or gain of stock, with its reason.
    Adjust => ActInfo {
        name: "adjust",
        forms: &[
            form(EventType::Object, Some(Action::Delete), &["destroying", "decommissioning"], Some("destroyed")),
            form(EventType::Object, Some(Action::Add), &["stocking"], Some("active")),
        ],
        icon: "i-pen",
        needs: &[Need::Amount, Need::Reason],
        ..MOVE
    };
    /// Draw a sample from a lot.
    Sample => ActInfo {
        name: "sample",
        forms: &[observe(&["sampling"], None)],
        signer: "inspector; maker or holder, who sends it in",
        mandate: true,
        voidable: Voidable::BySigner,
        on_site: false,
        remark: true,
        icon: "i-flask",
        needs: &[Need::Amount, Need::Sample],
        ..EVENT
    };
    /// Results measured of a place over a period, such as residues or waters.
    Monitor => ActInfo {
        name: "monitor",
        forms: &[Form { of_place: true, ..observe(&["inspecting"], None) }],
        signer: "accredited inspector",
        voidable: Voidable::BySigner,
        icon: "i-flask",
        needs: &[Need::Period, Need::Results],
        ..EVENT
    };
    /// Measured results and their verdict.
    Inspect => ActInfo {
        name: "inspect",
        forms: &[observe(&["inspecting"], Some("conformant"))],
        signer: "accredited inspector",
        voidable: Voidable::BySigner,
        on_site: false,
        icon: "i-flask",
        needs: &[Need::Lot, Need::Results],
        ..EVENT
    };
    /// Loading, storage, transport or arrival: moves nothing.
    Observe => ActInfo {
        name: "observe",
        forms: &[observe(&OBSERVE_STEPS, Some("in_progress"))],
        signer: "who has to do with the goods; the region of one who has, an accredited inspector, the authority",
        voidable: Voidable::BySigner,
        remark: true,
        needs: &[Need::Goods],
        ..EVENT
    };
    /// Put goods into a container.
    Pack => ActInfo {
        name: "pack",
        forms: &[form(EventType::Aggregation, Some(Action::Add), &["packing"], Some("in_progress"))],
        icon: "i-box",
        needs: &[Need::Packing],
        ..MOVE
    };
    /// Take goods out of a container.
    Unpack => ActInfo {
        name: "unpack",
        forms: &[form(EventType::Aggregation, Some(Action::Delete), &["unpacking"], None)],
        icon: "i-box",
        needs: &[Need::Packing],
        ..MOVE
    };
    /// Serial labels issued.
    Label => ActInfo {
        name: "label",
        forms: &[observe(&["encoding"], None)],
        on_site: false,
        icon: "i-box",
        needs: &[Need::Amount, Need::Serials],
        ..MOVE
    };
    /// Send goods to another party.
    Ship => ActInfo {
        name: "ship",
        forms: &[observe(&["shipping"], Some("in_transit"))],
        icon: "i-truck",
        needs: &[Need::AmountOrContainer, Need::Consignee],
        ..MOVE
    };
    /// Receive goods of a shipment.
    Receive => ActInfo {
        name: "receive",
        forms: &[observe(&["receiving"], Some("in_progress"))],
        signer: "destination",
        icon: "i-truck",
        needs: &[Need::Shipment, Need::Counts],
        ..MOVE
    };
    /// Out of transit, for a destination that has no key: a receipt signed by the forwarder that shipped.
    DeliverOutside => ActInfo {
        name: "deliver-outside",
        signer: "the forwarder that shipped",
        icon: "i-truck",
        ..EVENT
    };
    /// Cancel a shipment that did not take place.
    VoidShipment => ActInfo {
        name: "void-shipment",
        forms: &[observe(&["void_shipping"], None)],
        signer: "source",
        moves: false,
        icon: "i-truck",
        needs: &[Need::Shipment],
        ..MOVE
    };
    /// A trade document, milestone or change of owner.
    Trade => ActInfo {
        name: "trade",
        forms: &[form(EventType::Transaction, Some(Action::Add), &[], None)],
        signer: "the owner, then the buyer it names; without a transfer who has to do with the goods",
        mandate: true,
        on_site: false,
        remark: true,
        needs: &[Need::Document],
        ..EVENT
    };
    /// Block a lot or container until the hold is lifted.
    Hold => ActInfo {
        name: "hold",
        forms: &[observe(&["holding"], Some("non_sellable_other"))],
        signer: "maker, holder of the whole lot, region, inspector, authority; a container also by its holder",
        mandate: true,
        voidable: Voidable::BySigner,
        on_site: false,
        icon: "i-hand",
        needs: &[Need::Goods],
        ..EVENT
    };
    /// Undo an earlier record that was wrong: the event again, with `errorDeclaration`.
    Correct => ActInfo {
        name: "correct",
        signer: "the party it was done for; an inspection, observation or hold only by its signer",
        mandate: true,
        voidable: Voidable::Never,
        on_site: false,
        icon: "i-pen",
        ..EVENT
    };
}

impl Form {
    fn matches(&self, event: &Event) -> bool {
        self.kind == event.kind
            && self.action == event.action
            && (self.steps.is_empty() || event.biz_step.as_deref().is_some_and(|step| self.steps.contains(&step)))
            && (!self.of_place || !event.names_goods())
    }
}

impl Act {
    /// Its stable name, kebab-case.
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// The acts that a mandate may name.
    pub fn in_mandates() -> impl Iterator<Item = Act> {
        Act::ALL.iter().copied().filter(|act| act.info().mandate)
    }

    /// Whether an event only states something about goods, or holds them, and moves none: an observation, a sample, a hold, a document without
    /// a transfer, and the void of one. What it does to one lot does not depend on the others that it names, so that the proof of one lot
    /// need not hold the others (`query::closure`).
    pub fn only_remarks(event: &Event) -> bool {
        match Act::of_form(event) {
            Some(Act::Observe | Act::Sample | Act::Hold) => true,
            Some(Act::Trade) => !event.ext.transfer,
            _ => false,
        }
    }

    /// The act whose form `event` has, whether or not it is the event again with an `errorDeclaration`.
    pub fn of_form(event: &Event) -> Option<Act> {
        Act::ALL.iter().copied().find(|act| act.info().forms.iter().any(|form| form.matches(event)))
    }
}
