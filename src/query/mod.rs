//! Queries about lots: the view of a lot, its trace and impact, and the records that prove them.
//!
//! Read-only, over any state: the node's index, or the replay of a proof bundle. What it is not: rules (`chain`).

mod closure;
#[cfg(any(test, feature = "node"))]
mod filtered;
#[cfg(feature = "node")]
pub mod folder;
mod journey;
#[cfg(any(test, feature = "node"))]
mod kit;
#[cfg(any(test, feature = "node"))]
mod lists;
mod lot;
mod parts;
#[cfg(feature = "node")]
mod path;
#[cfg(feature = "node")]
pub mod readiness;
#[cfg(feature = "node")]
mod region_facts;
#[cfg(feature = "node")]
mod regions;
#[cfg(feature = "node")]
pub mod registry;
#[cfg(any(test, feature = "node"))]
mod search;
#[cfg(any(test, feature = "node"))]
mod trace;
pub mod view;
pub mod walk;
#[cfg(any(test, feature = "node"))]
mod work;

pub use closure::{Most, closure, refusal_of};
#[cfg(any(test, feature = "node"))]
pub use filtered::{LotFilter, PartyFilter, accreditation_ends, filtered_lots, filtered_parties};
pub use journey::{FIRST_STEPS, LAST_STEPS, MOST_HOLDS, MOST_INSPECTIONS, MOST_OWN_CHECKS};
#[cfg(any(test, feature = "node"))]
pub use kit::{Counterpart, Kit, KitAccreditation, KitKey, KitPlace, OwnParty, kit};
#[cfg(test)]
pub(crate) use lists::lot_of_key;
#[cfg(any(test, feature = "node"))]
pub use lists::{
    LotBrief, LotPage, LotQuery, MOST_READ, Page, RecentLots, briefs, lots_numbered, newest_lots, recent_lots_of,
};
pub use lot::{MOST_CHILDREN, expired, lot_view};
#[cfg(any(test, feature = "node"))]
pub use lot::{container, looked_up, outermost, specifications, steps};
#[cfg(any(test, feature = "node"))]
pub use parts::{OfParty, specifications_of};
pub use parts::{party_view, place_view, product_view};
#[cfg(feature = "node")]
pub use path::{Good, MOST_LOTS as MOST_WAY_LOTS, Market, PartyWay, Wanted as WantedWay, party_way};
#[cfg(feature = "node")]
pub use region_facts::{
    Counts, MOST_LOTS, MOST_OPEN, Month, OpenLot, Producer, RegionFacts, RegionPlace, region_facts,
};
#[cfg(feature = "node")]
pub use regions::{Known, MOST_PARTIES, Overview, RegionRow, RegionView, known_regions, overview};
#[cfg(any(test, feature = "node"))]
pub use search::{Found, containers, search};
#[cfg(any(test, feature = "node"))]
pub use trace::{impact, trace};
#[cfg(any(test, feature = "node"))]
pub use work::{Coming, ComingLot, Holder, Work, WorkContainer, WorkLot, WorkSpecification, shipment, work};

#[cfg(test)]
mod tests;
