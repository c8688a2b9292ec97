//! The way of a party to its first export: what the log has of the party and of its newest lots, for `guide::path`; and which goods and markets
//! the guides in force know.

use std::collections::BTreeSet;

use serde::Serialize;

use super::lists::MOST_READ;
use super::parts::{party_view, product_view};
use super::readiness::{gather, of_party_alone, with_groups};
use crate::chain::authority::shared_ledger;
use crate::chain::entity_index::{newest_entries, newest_records};
use crate::chain::rows::TransitRow;
use crate::chain::state::get;
use crate::chain::statements::profiles_in_force;
use crate::chain::{Act, RecordSource, State, StateError, Table, shipments, words};
use crate::gs1::{Gtin, LotId};
use crate::guide::condition::StatedField;
use crate::guide::file::GateStatus;
use crate::guide::path::{Way, before_shipping, before_trade, of_other_form, way};
use crate::guide::readiness::{Asked, gate_of};
use crate::guide::{Answers, COMMON, Facts, Guide};
use crate::names::Names;

/// Most lots of the good that are looked into: the newest. For each, all records of its lineage are read.
pub const MOST_LOTS: usize = 24;
/// Most lots of other forms of the commodity: they count with their harvest.
const MOST_OTHERS: usize = 4;
/// Most lots that its records name.
const MOST_SEEN: usize = 2_000;
/// Most products of a party that are looked at.
const MOST_PRODUCTS: usize = 200;
/// Newest records of a party whose goods are its own too.
const MOST_LATEST: usize = 100;

/// A good: a form of a commodity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Good {
    /// Commodity id.
    pub commodity: String,
    /// Form id.
    pub form: String,
    /// What the form is called.
    pub name: Names,
    /// What the commodity is called.
    pub commodity_name: Names,
    /// Whether the party makes it, or had it last.
    pub own: bool,
}

/// A market that the guides name, and whether a good may enter it, before anything is known of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Market {
    /// ISO 3166-1 alpha-2, or `EU`.
    pub market: String,
    /// The worst of its gates; unknown where none is written.
    pub gate: GateStatus,
}

/// What is asked for; what is `None` is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Commodity id.
    pub commodity: Option<String>,
    /// Form id.
    pub form: Option<String>,
    /// ISO 3166-1 alpha-2, or `EU`.
    pub market: Option<String>,
    /// What a person said.
    pub answers: Answers,
}

/// The way of a party, and what else could be asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct PartyWay {
    /// The good.
    pub good: Good,
    /// The goods that may be chosen: those of the party first.
    pub goods: Vec<Good>,
    /// The market.
    pub market: String,
    /// The markets that may be chosen.
    pub markets: Vec<Market>,
    /// Lots of the party that were looked into.
    pub lots: usize,
    /// Whether it has older ones.
    pub more: bool,
    /// The way.
    pub way: Way,
}

/// The way of a party, or of one that is not on the ledger yet; `None` when the guides know no good, or not the one asked for.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn party_way(
    state: &dyn State,
    source: &dyn RecordSource,
    party: Option<&str>,
    guides: &[&Guide],
    wanted: &Wanted,
    today: jiff::civil::Date,
) -> Result<Option<PartyWay>, StateError> {
    let goods = goods(state, source, party, guides)?;
    let fits = |good: &&Good| {
        wanted.commodity.as_ref().is_none_or(|id| *id == good.commodity)
            && wanted.form.as_ref().is_none_or(|id| *id == good.form)
    };
    let Some(good) = goods.iter().find(fits).cloned() else { return Ok(None) };
    let Good { commodity, form, .. } = &good;
    let mut markets = Vec::new();
    let named: BTreeSet<&String> = guides.iter().flat_map(|guide| &guide.markets).collect();
    for market in named.into_iter().chain(&wanted.market).collect::<BTreeSet<_>>() {
        let groups = with_groups(state, source, commodity, market)?;
        let asked = Asked { commodity, form, markets: &groups, today, answers: &wanted.answers };
        markets.push(Market { market: market.clone(), gate: gate_of(guides, &asked) });
    }
    // without a wish the first of those that may be entered most easily
    let best = markets.iter().min_by_key(|market| market.gate).map(|market| market.market.clone());
    let Some(market) = wanted.market.clone().or(best) else { return Ok(None) };
    let (mut facts, mut lots, mut more) = (Facts::default(), Vec::new(), false);
    if let Some(party) = party {
        facts = of_party_alone(state, party)?;
        (lots, more) = lots_of(state, source, party, &facts, &good, &market)?;
    }
    let groups = with_groups(state, source, commodity, &market)?;
    let asked = Asked { commodity, form, markets: &groups, today, answers: &wanted.answers };
    let way = way(guides, &asked, &facts, &lots);
    Ok(Some(PartyWay { lots: lots.len(), more, way, markets, market, goods, good }))
}

/// The goods of a party, then all that the guides have a gate for.
fn goods(
    state: &dyn State,
    source: &dyn RecordSource,
    party: Option<&str>,
    guides: &[&Guide],
) -> Result<Vec<Good>, StateError> {
    let mut own: Vec<(String, String)> = Vec::new();
    if let Some(party) = party {
        let mut gtins = words::products_of(state, party).take(MOST_PRODUCTS).collect::<Result<Vec<Gtin>, _>>()?;
        // who makes nothing leads the goods of others abroad
        for named in newest_records(state, party, u64::MAX).take(MOST_LATEST) {
            gtins.extend(named?.1.lots.iter().map(|lot| lot.gtin));
        }
        for gtin in gtins {
            let Some(product) = product_view(state, gtin)? else { continue };
            let known = guides.iter().any(|guide| guide.id == product.commodity);
            let good = (product.commodity, product.form);
            if known && !own.contains(&good) {
                own.push(good);
            }
        }
    }
    let gated = |(commodity, form): &(String, String)| {
        let of = guides.iter().filter(|guide| guide.id == *commodity);
        of.flat_map(|guide| &guide.gates).any(|gate| gate.forms.is_empty() || gate.forms.contains(form))
    };
    // what is grown comes after what is sold, if only that was looked into
    own.sort_by_key(|good| !gated(good));
    let mut all: Vec<(String, String, bool)> =
        own.into_iter().map(|(commodity, form)| (commodity, form, true)).collect();
    for guide in guides.iter().filter(|guide| guide.id != COMMON) {
        for form in guide.gates.iter().flat_map(|gate| &gate.forms) {
            if !all.iter().any(|(commodity, known, _)| *commodity == guide.id && known == form) {
                all.push((guide.id.clone(), form.clone(), false));
            }
        }
    }
    let clock = shared_ledger(state)?.clock;
    let mut found = Vec::with_capacity(all.len());
    for (commodity, form, own) in all {
        let profiles = profiles_in_force(state, source, &commodity, clock)?;
        let named = profiles.iter().flat_map(|profile| &profile.forms).find(|known| known.id == form);
        let name = named.map_or_else(|| Names::english(&form), |known| known.names.clone());
        let called = profiles.first().map(|profile| profile.names.clone());
        let commodity_name = called.unwrap_or_else(|| Names::english(&commodity));
        found.push(Good { commodity, form, name, commodity_name, own });
    }
    Ok(found)
}

/// What the log has of the newest lots of a party, as far as each counts for this good and market; and whether there are older ones. Lots
/// count by what the party signed itself, not by who names it; what it holds and may do is its own (`own`), not that of who made them.
fn lots_of(
    state: &dyn State,
    source: &dyn RecordSource,
    party: &str,
    own: &Facts,
    good: &Good,
    market: &str,
) -> Result<(Vec<Facts>, bool), StateError> {
    let (mut lots, mut seen): (Vec<Facts>, BTreeSet<LotId>) = (Vec::new(), BTreeSet::new());
    // a market that no profile knows is never stated of a lot (rule `market-unknown`): there one without a country counts
    let profiles = profiles_in_force(state, source, &good.commodity, shared_ledger(state)?.clock)?;
    let stated = profiles.iter().any(|profile| profile.market(market).is_some());
    let (mut of_good, mut others) = (0, 0);
    for (read, named) in newest_records(state, party, u64::MAX).enumerate() {
        let (_, record) = named?;
        if read == MOST_READ {
            return Ok((lots, true));
        }
        if record.on_behalf.as_deref().unwrap_or(&record.party) != party && record.party != party {
            continue;
        }
        for lot in &record.lots {
            if of_good == MOST_LOTS || seen.len() == MOST_SEEN {
                return Ok((lots, true));
            }
            if !seen.insert(lot.clone()) {
                continue;
            }
            let Some(product) = product_view(state, lot.gtin)? else { continue };
            if product.commodity != good.commodity {
                continue;
            }
            let is_good = product.form == good.form;
            if !is_good && others == MOST_OTHERS {
                continue;
            }
            let Some(mut gathered) = gather(state, source, lot, market)? else { continue };
            *(if is_good { &mut of_good } else { &mut others }) += 1;
            gathered.facts.party.clone_from(&own.party);
            gathered.facts.certificates.clone_from(&own.certificates);
            gathered.facts.mandates.clone_from(&own.mandates);
            let bound = with_groups(state, source, &good.commodity, &gathered.judged_for)?;
            let open = !gathered.facts.stated.contains(&StatedField::Market) || gathered.judged_for == "INT";
            lots.push(match is_good {
                false => of_other_form(gathered.facts),
                true if bound.iter().any(|bound| bound == market) => gathered.facts,
                true if open && !stated && went_abroad(state, lot)? => gathered.facts,
                true if open && !stated => before_shipping(gathered.facts),
                true => before_trade(gathered.facts),
            });
        }
    }
    Ok((lots, false))
}

/// Whether some of a lot was shipped to a party in another country than who sent it.
fn went_abroad(state: &dyn State, lot: &LotId) -> Result<bool, StateError> {
    for entry in newest_entries(state, &lot.uri(), u64::MAX).take(MOST_LATEST) {
        let entry = entry?;
        if entry.act != Act::Ship {
            continue;
        }
        let Some(transit) = get::<TransitRow>(state, Table::Transit, entry.record.as_bytes())? else { continue };
        if shipments::voided_by(state, &entry.record, &transit)?.is_some() {
            continue;
        }
        if party_view(state, &transit.from)?.country != party_view(state, &transit.to)?.country {
            return Ok(true);
        }
    }
    Ok(false)
}
