//! What a party's phone keeps to work without a signal: its products and places, who it deals with, its accreditations and keys.
//!
//! Bounded: rows of the party's own things, its newest records, and one page of the parties. What it is not: the goods that it has
//! (`work`), or the profiles, whose files the server reads.

use std::collections::BTreeSet;

use serde::Serialize;

use super::filtered::{PartyFilter, filtered_parties};
use super::lists::MOST_READ;
use super::parts::{ViewCache, party_view, place_view};
use super::view::{PartyView, PlaceView, ProductView};
use crate::chain::checks::lies_in;
use crate::chain::entity_index::newest_records;
use crate::chain::keys::keys_of;
use crate::chain::rows::{AccreditationRow, KeyRow, LotRow, PartyRow, TransitRow, lot_key};
use crate::chain::state::{Scan, get, row};
use crate::chain::{Act, State, StateError, Table, words};
use crate::gs1::{Gln, Gtin};
use crate::record::PublicKey;
use crate::record::registry::{Names, Purpose, Region, Role};

/// Most products, places and parties of each kind in a kit.
pub const MOST: usize = 200;

/// Most keys of a party, those that have been ended among them, that are read to number those in force.
const MOST_KEYS_EVER: usize = 2_000;

/// Places of the enroller of a party that are looked at for those in the party's region.
const MOST_LOOKED_AT: usize = 1_000;

/// A party, as its own phone shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct OwnParty {
    /// URI.
    pub uri: String,
    /// Names.
    pub name: Names,
    /// Roles.
    pub roles: Vec<Role>,
    /// Country.
    pub country: String,
    /// Region.
    pub region: Option<Region>,
    /// Vouched prefixes.
    pub prefixes: Vec<String>,
    /// GLN.
    pub gln: Option<Gln>,
    /// Who enrolled it, and enrols its keys.
    pub enroller: Counterpart,
}

/// A party that others deal with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Counterpart {
    /// URI.
    pub party: String,
    /// Names.
    pub name: Names,
    /// Roles.
    pub roles: Vec<Role>,
    /// What it states for others to reach it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
}

/// A place, with its village where its region is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KitPlace {
    /// The place.
    #[serde(flatten)]
    pub place: PlaceView,
    /// Code of the village.
    pub village: Option<String>,
}

/// An accreditation of the party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KitAccreditation {
    /// Commodity ids it covers; `*` for all.
    pub scope: Vec<String>,
    /// Accreditation body.
    pub body: String,
    /// Its number.
    pub number: String,
    /// Unix seconds, inclusive.
    pub from: i64,
    /// Unix seconds, exclusive.
    pub until: i64,
}

impl From<AccreditationRow> for KitAccreditation {
    fn from(row: AccreditationRow) -> KitAccreditation {
        let AccreditationRow { scope, body, number, from, until, .. } = row;
        KitAccreditation { scope, body, number, from, until }
    }
}

/// A key of the party that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KitKey {
    /// The key.
    pub key: PublicKey,
    /// What it is for.
    pub purpose: Purpose,
    /// Its name for people.
    pub label: Option<String>,
    /// Since when it may sign, by the ledger's clock, Unix seconds.
    pub since: i64,
    /// Its number among all keys that the party ever had, in the order in which they were admitted, from 0: no other key ever has it. Phones
    /// number lots by it. Absent when the party had too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<usize>,
}

/// What a phone keeps of the rows of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Kit {
    /// The party.
    pub party: OwnParty,
    /// Products that it owns or may make, then those of the goods that it had last.
    pub products: Vec<ProductView>,
    /// Its places and those with a number of its prefixes, where its goods were made last, and those in its region that its enroller registered.
    pub places: Vec<KitPlace>,
    /// Parties: those it dealt with last, then others by URI.
    pub counterparts: Vec<Counterpart>,
    /// Accreditations of it.
    pub accreditations: Vec<KitAccreditation>,
    /// Its keys that are in force, in the order in which they were admitted: the phones that may sign for it.
    pub keys: Vec<KitKey>,
}

/// The kit of a party; `None` when it is not enrolled.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn kit(state: &dyn State, uri: &str) -> Result<Option<Kit>, StateError> {
    let Some(own) = get::<PartyRow>(state, Table::Party, uri.as_bytes())? else { return Ok(None) };
    let recent = recent(state, uri)?;
    let accreditations: Vec<AccreditationRow> = get(state, Table::Accreditation, uri.as_bytes())?.unwrap_or_default();
    Ok(Some(Kit {
        products: products(state, uri, &recent.products)?,
        places: places(state, uri, &own, &recent.places)?,
        counterparts: counterparts(state, uri, &own, recent.parties)?,
        accreditations: accreditations.into_iter().map(KitAccreditation::from).collect(),
        keys: keys(state, uri)?,
        party: OwnParty {
            uri: uri.to_owned(),
            name: own.name,
            roles: own.roles.into_iter().collect(),
            country: own.country,
            region: own.region,
            prefixes: own.prefixes,
            gln: own.gln.or_else(|| Gln::from_party_uri(uri).ok()),
            enroller: counterpart(party_view(state, &own.enroller)?),
        },
    }))
}

/// What the newest records of a party name, the newest first.
#[derive(Default)]
struct Recent {
    products: Vec<Gtin>,
    places: Vec<Gln>,
    parties: Vec<String>,
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.len() < MOST && !list.contains(&item) {
        list.push(item);
    }
}

fn recent(state: &dyn State, uri: &str) -> Result<Recent, StateError> {
    let (mut recent, mut seen) = (Recent::default(), BTreeSet::new());
    for named in newest_records(state, uri, u64::MAX).take(MOST_READ) {
        let (entry, record) = named?;
        for lot in &record.lots {
            add(&mut recent.products, lot.gtin);
            if seen.len() < MOST
                && seen.insert(lot.clone())
                && let Some(made) = row::<LotRow>(state, Table::Lot, &lot_key(lot))?
            {
                made.place.into_iter().for_each(|place| add(&mut recent.places, place));
                add(&mut recent.parties, made.maker.clone());
            }
        }
        if entry.act == Act::Ship
            && let Some(transit) = row::<TransitRow>(state, Table::Transit, entry.record.as_bytes())?
        {
            add(&mut recent.parties, transit.to.clone());
            add(&mut recent.parties, transit.from.clone());
        }
        add(&mut recent.parties, record.party.clone());
        record.on_behalf.iter().for_each(|party| add(&mut recent.parties, party.clone()));
    }
    Ok(recent)
}

fn products(state: &dyn State, uri: &str, recent: &[Gtin]) -> Result<Vec<ProductView>, StateError> {
    let mut gtins = Vec::new();
    for gtin in words::products_of(state, uri).take(MOST) {
        gtins.push(gtin?);
    }
    recent.iter().for_each(|gtin| add(&mut gtins, *gtin));
    let mut found = Vec::with_capacity(gtins.len());
    for gtin in gtins {
        found.extend(super::product_view(state, gtin)?);
    }
    Ok(found)
}

/// At most `most` places of a party: those that it registered, and those that have a number of its own prefixes, whoever registered them.
pub(super) fn own_places(state: &dyn State, uri: &str, own: &PartyRow, most: usize) -> Result<Vec<Gln>, StateError> {
    let mut glns = Vec::new();
    for gln in words::places_of(state, uri).take(most) {
        glns.push(gln?);
    }
    for prefix in &own.prefixes {
        let (Some(first), Some(last)) = (filled(prefix, '0'), filled(prefix, '9')) else { continue };
        let before = first.saturating_sub(1).to_be_bytes();
        for place in state.scan(Table::Place, Scan { after: Some(&before), ..Scan::default() }) {
            let (key, _) = place?;
            let number = <[u8; 8]>::try_from(&*key).map(u64::from_be_bytes).unwrap_or(u64::MAX);
            if number > last || glns.len() >= most {
                break;
            }
            let gln: Gln = format!("{number:013}")
                .parse()
                .map_err(|_| StateError::new("a row of a place has another key than its number"))?;
            if !glns.contains(&gln) {
                glns.push(gln);
            }
        }
    }
    Ok(glns)
}

/// The 13 digits that begin with a prefix and go on with this one.
fn filled(prefix: &str, digit: char) -> Option<u64> {
    let more = std::iter::repeat_n(digit, 13_usize.saturating_sub(prefix.len()));
    prefix.chars().chain(more).collect::<String>().parse().ok()
}

/// At most `most` places that who enrolled a party registered in the party's region.
pub(super) fn enrollers_places(
    state: &dyn State,
    uri: &str,
    own: &PartyRow,
    most: usize,
) -> Result<Vec<Gln>, StateError> {
    let mut glns = Vec::new();
    let Some(region) = own.region.as_ref().filter(|_| own.enroller != uri) else { return Ok(glns) };
    for gln in words::places_of(state, &own.enroller).take(MOST_LOOKED_AT) {
        let gln = gln?;
        let near = place_view(state, gln)?.and_then(|place| place.region);
        if glns.len() < most && near.is_some_and(|near| lies_in(&near, region)) {
            glns.push(gln);
        }
    }
    Ok(glns)
}

fn places(state: &dyn State, uri: &str, own: &PartyRow, recent: &[Gln]) -> Result<Vec<KitPlace>, StateError> {
    let mut parts = ViewCache::new(state);
    let mut glns = own_places(state, uri, own, MOST)?;
    own.gln.iter().chain(recent).for_each(|gln| add(&mut glns, *gln));
    enrollers_places(state, uri, own, MOST)?.into_iter().for_each(|gln| add(&mut glns, gln));
    let mut found = Vec::with_capacity(glns.len());
    for gln in glns {
        let place = parts.place_at(gln)?;
        found.extend(place.map(|place| KitPlace { village: village(&place), place }));
    }
    Ok(found)
}

fn keys(state: &dyn State, uri: &str) -> Result<Vec<KitKey>, StateError> {
    // those that have been ended come last
    let mut all = keys_of(state, uri, MOST_KEYS_EVER)?;
    let is_whole = all.len() < MOST_KEYS_EVER;
    all.sort_by_key(|(_, row)| row.index);
    let in_force = all.into_iter().enumerate().filter(|(_, (_, row))| row.revoked.is_none()).take(MOST);
    let shown = |(number, (key, row)): (usize, (PublicKey, KeyRow))| KitKey {
        key,
        purpose: row.purpose,
        label: row.label,
        since: row.enrolled,
        number: is_whole.then_some(number),
    };
    Ok(in_force.map(shown).collect())
}

/// The code of a village: province, regency, district, village.
fn village(place: &PlaceView) -> Option<String> {
    let code = &place.region.as_ref()?.code;
    (code.split('.').count() == 4).then(|| code.clone())
}

fn counterparts(
    state: &dyn State,
    uri: &str,
    own: &PartyRow,
    recent: Vec<String>,
) -> Result<Vec<Counterpart>, StateError> {
    let mut found: Vec<Counterpart> = Vec::new();
    for party in recent.iter().chain([&own.enroller]).filter(|party| *party != uri) {
        if !found.iter().any(|known| known.party == *party) {
            found.push(counterpart(party_view(state, party)?));
        }
    }
    for view in filtered_parties(state, &PartyFilter::default(), None, MOST)?.items {
        if found.len() < MOST && view.party != uri && !found.iter().any(|known| known.party == view.party) {
            found.push(counterpart(view));
        }
    }
    Ok(found)
}

fn counterpart(view: PartyView) -> Counterpart {
    Counterpart { party: view.party, name: view.name, roles: view.roles, contact: view.contact }
}
