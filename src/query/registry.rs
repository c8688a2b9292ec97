//! What the registry has on a party, for those who enrol, accredit and give out numbers; and its products, places and accreditations, in
//! lists.
//!
//! Bounded as all reads: rows of one party, and pages in key order. What it is not: what a party's phone keeps (`kit`).

use std::str::FromStr;

use serde::Serialize;

use super::kit::KitAccreditation;
use super::lists::Page;
use super::parts::{of_party, of_place, of_product};
use super::view::{PartyView, PlaceView, ProductView};
use crate::chain::keys::keys_of;
use crate::chain::rows::{AccreditationRow, KeyRow, NameRow, PartyRow, PlaceRow, ProductRow, company_key};
use crate::chain::state::{Scan, get, rows};
use crate::chain::{State, StateError, Table};
use crate::gs1::{Gln, Gtin};
use crate::record::registry::Purpose;
use crate::record::{PublicKey, RecordId};

/// Most keys of a party: those in force come first.
pub const MOST_KEYS: usize = 100;
/// Most prefixes that are listed as lent.
pub const MOST_LENT: usize = 1_000;
/// Digits of the longest company prefix.
const LONGEST_PREFIX: usize = 12;

/// A party with all that its statements say, and what hangs on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartyRegistry {
    /// The party.
    #[serde(flatten)]
    pub party: PartyView,
    /// GS1 Company Prefixes that its enroller vouches for.
    pub prefixes: Vec<String>,
    /// Of a region: the prefixes within which it may enrol.
    pub enrols: Vec<String>,
    /// Who enrolled it.
    pub enroller: String,
    /// When, by the ledger's clock, Unix seconds.
    pub enrolled: i64,
    /// Its keys: those in force first. At most [`MOST_KEYS`].
    pub keys: Vec<RegisteredKey>,
    /// Its accreditations.
    pub accreditations: Vec<RegisteredAccreditation>,
    /// Prefixes of others that lie in its own, by their digits. At most [`MOST_LENT`].
    pub lent: Vec<Lent>,
}

/// A key of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredKey {
    /// The key.
    pub key: PublicKey,
    /// What it is for.
    pub purpose: Purpose,
    /// Its name for people.
    pub label: Option<String>,
    /// Since when, by the ledger's clock, Unix seconds.
    pub since: i64,
    /// Why it was ended; in force when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Since when it is not to be relied on, Unix seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compromised_since: Option<i64>,
}

/// An accreditation of a party, with the statement that one which replaces it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RegisteredAccreditation {
    /// The statement.
    pub record: RecordId,
    /// The accreditation.
    #[serde(flatten)]
    pub accreditation: KitAccreditation,
}

/// The accreditations of one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Accredited {
    /// The party.
    pub party: PartyView,
    /// Its accreditations.
    pub accreditations: Vec<RegisteredAccreditation>,
}

/// A prefix that lies in that of another party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Lent {
    /// The prefix.
    pub prefix: String,
    /// Whose it is.
    pub party: String,
}

/// A product, with who registered it and who may make it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredProduct {
    /// The product.
    #[serde(flatten)]
    pub product: ProductView,
    /// Who registered it.
    pub owner: String,
    /// Who may create its lots.
    pub makers: Vec<String>,
    /// The statement in force.
    pub record: RecordId,
}

/// A place, with who registered it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisteredPlace {
    /// The place.
    #[serde(flatten)]
    pub place: PlaceView,
    /// Who registered it.
    pub owner: String,
    /// The statement in force.
    pub record: RecordId,
}

fn accreditation(row: AccreditationRow) -> RegisteredAccreditation {
    RegisteredAccreditation { record: row.record, accreditation: row.into() }
}

fn key((key, row): (PublicKey, KeyRow)) -> RegisteredKey {
    RegisteredKey {
        key,
        purpose: row.purpose,
        label: row.label,
        since: row.enrolled,
        ended: row.revoked.map(|(_, reason)| reason),
        compromised_since: row.compromised_since,
    }
}

/// What the registry has on a party; `None` when it is not enrolled.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn party_registry(state: &dyn State, uri: &str) -> Result<Option<PartyRegistry>, StateError> {
    let Some(row) = get::<PartyRow>(state, Table::Party, uri.as_bytes())? else { return Ok(None) };
    let accreditations: Vec<AccreditationRow> = get(state, Table::Accreditation, uri.as_bytes())?.unwrap_or_default();
    Ok(Some(PartyRegistry {
        prefixes: row.prefixes.clone(),
        enrols: row.enrols.clone(),
        enroller: row.enroller.clone(),
        enrolled: row.enrolled,
        keys: keys_of(state, uri, MOST_KEYS)?.into_iter().map(key).collect(),
        accreditations: accreditations.into_iter().map(accreditation).collect(),
        lent: lent(state, uri, &row.prefixes)?,
        party: of_party(uri, row),
    }))
}

/// The prefixes of others that lie in these prefixes of a party, the first [`MOST_LENT`] by their digits.
fn lent(state: &dyn State, own: &str, prefixes: &[String]) -> Result<Vec<Lent>, StateError> {
    let mut found = Vec::new();
    for prefix in prefixes {
        for length in prefix.len() + 1..=LONGEST_PREFIX {
            let mut begins = company_key(prefix);
            begins[0] = u8::try_from(length).unwrap_or(u8::MAX);
            for row in rows::<NameRow>(state, Table::Company, Scan::prefix(&begins)).take(MOST_LENT - found.len()) {
                let (key, row) = row?;
                let prefix = String::from_utf8_lossy(key.get(1..).unwrap_or_default()).into_owned();
                let others = row.bearers.into_iter().map(|(party, _)| party).filter(|party| party != own);
                found.extend(others.map(|party| Lent { prefix: prefix.clone(), party }));
            }
        }
    }
    found.sort_unstable_by(|a, b| a.prefix.cmp(&b.prefix));
    found.truncate(MOST_LENT);
    Ok(found)
}

/// At most `most` parties with accreditations, by URI, after `after`.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn accredited(state: &dyn State, after: Option<&str>, most: usize) -> Result<Page<Accredited>, StateError> {
    let scan = Scan { after: after.map(str::as_bytes), ..Scan::default() };
    let found = rows::<Vec<AccreditationRow>>(state, Table::Accreditation, scan);
    page(found, most, |(key, list)| {
        let uri = String::from_utf8_lossy(&key).into_owned();
        let party = super::party_view(state, &uri)?;
        Ok((uri, Some(Accredited { party, accreditations: list.into_iter().map(accreditation).collect() })))
    })
}

/// At most `most` products by GTIN, after `after`; those of `prefix` only.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn products(
    state: &dyn State,
    prefix: Option<&str>,
    after: Option<Gtin>,
    most: usize,
) -> Result<Page<RegisteredProduct>, StateError> {
    let begin = after.map(|gtin| gtin.number().to_be_bytes());
    let scan = Scan { after: begin.as_ref().map(<[u8; 8]>::as_slice), ..Scan::default() };
    let found = rows::<ProductRow>(state, Table::Product, scan);
    page(found, most, |(key, row)| {
        let gtin: Gtin = numbered(&key, 14)?;
        let wanted = prefix.is_none_or(|prefix| gtin.in_prefix(prefix)).then(|| RegisteredProduct {
            owner: row.owner.clone(),
            makers: row.makers.clone(),
            record: row.record,
            product: of_product(gtin, row),
        });
        Ok((gtin.to_string(), wanted))
    })
}

/// At most `most` places by GLN, after `after`; those of `prefix` only.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn places(
    state: &dyn State,
    prefix: Option<&str>,
    after: Option<Gln>,
    most: usize,
) -> Result<Page<RegisteredPlace>, StateError> {
    let begin = after.map(|gln| gln.number().to_be_bytes());
    let scan = Scan { after: begin.as_ref().map(<[u8; 8]>::as_slice), ..Scan::default() };
    let found = rows::<PlaceRow>(state, Table::Place, scan);
    page(found, most, |(key, row)| {
        let gln: Gln = numbered(&key, 13)?;
        let wanted = prefix.is_none_or(|prefix| gln.in_prefix(prefix)).then(|| RegisteredPlace {
            owner: row.owner.clone(),
            record: row.record,
            place: of_place(gln, row),
        });
        Ok((gln.to_string(), wanted))
    })
}

/// The GS1 key of so many digits that a row is found by.
fn numbered<K: FromStr>(key: &[u8], digits: usize) -> Result<K, StateError> {
    let number = key.try_into().ok().map(u64::from_be_bytes);
    let found = number.and_then(|number| format!("{number:0digits$}").parse().ok());
    found.ok_or_else(|| StateError::new("a row of a product or place has another key than its number"))
}

/// Most rows that are read for one page.
const MOST_ROWS: usize = 20_000;

/// A page of the rows that `item` wants, each with its name, after which the next page begins. It may be short, even empty, and still lead to
/// a next one, when [`MOST_ROWS`] were read before it was full.
fn page<R, T>(
    found: impl Iterator<Item = Result<R, StateError>>,
    most: usize,
    mut item: impl FnMut(R) -> Result<(String, Option<T>), StateError>,
) -> Result<Page<T>, StateError> {
    let mut page = Page { items: Vec::new(), next: None };
    let mut last = None;
    for (read, row) in found.enumerate() {
        if read == MOST_ROWS || page.items.len() == most {
            page.next = last;
            break;
        }
        let (name, wanted) = item(row?)?;
        page.items.extend(wanted);
        last = Some(name);
    }
    Ok(page)
}
