//! `Product`: a GTIN, registered by its owner within a vouched prefix, with its makers.

use super::authority::{self, Signer};
use super::checks::{StatementContext, not_the_owner, require_current};
use super::rows::ProductRow;
use super::state::get;
use super::words::{self, Thing};
use super::{Overlay, Refusal, Rejection, Rule, Table};
use crate::record::registry::Product;

pub(super) fn state(state: &mut Overlay<'_>, s: &Product, by: &StatementContext<'_>) -> Result<(), Refusal> {
    gtin_outside_prefix(s, by.signer)?;
    for maker in &s.makers {
        authority::require_party(state, maker)?;
    }
    let key = s.gtin.number().to_be_bytes();
    let current: Option<ProductRow> = get(state, Table::Product, &key)?;
    require_current(s.replaces, current.as_ref().map(|row| row.record), &format!("product {}", s.gtin))?;
    if let Some(row) = &current {
        not_the_owner(&row.owner, by.signer, &s.gtin.to_string())?;
        product_fixed(s, row)?;
    }
    let row = ProductRow {
        record: by.record.id,
        owner: by.signer.iss.clone(),
        name: s.name.clone(),
        commodity: s.commodity.clone(),
        form: s.form.clone(),
        unit: s.unit,
        makers: s.makers.clone(),
        net_content: s.net_content,
        hs: s.hs.clone(),
        storage: s.storage.clone(),
    };
    state.put(Table::Product, &key, &row)?;
    // a proof is not searched
    if !by.ctx.partial {
        let before = current.as_ref().map(words::of_product);
        words::list(state, &Thing::Product(s.gtin), before, &words::of_product(&row))?;
    }
    Ok(())
}

/// Rule `gtin-outside-prefix`: a GTIN lies in a prefix vouched for its owner; the authority registers products of parties
/// that have none.
fn gtin_outside_prefix(s: &Product, signer: &Signer) -> Result<(), Rejection> {
    if signer.party.prefixes.iter().any(|prefix| s.gtin.in_prefix(prefix)) {
        return Ok(());
    }
    Err(Rejection::new(Rule::GtinOutsidePrefix, format!("no prefix vouched for {} covers {}", signer.iss, s.gtin))
        .arg("gtin", s.gtin)
        .arg("party", &signer.iss))
}

/// Rule `product-fixed`: unit, commodity, form and net content of a product never change, because its lots are counted in them.
fn product_fixed(s: &Product, row: &ProductRow) -> Result<(), Rejection> {
    let same =
        s.unit == row.unit && s.commodity == row.commodity && s.form == row.form && s.net_content == row.net_content;
    if same {
        return Ok(());
    }
    Err(Rejection::new(
        Rule::ProductFixed,
        "unit, commodity, form and net content of a product never change: a new pack is a new GTIN",
    )
    .arg("gtin", s.gtin)
    .conflicts(row.record))
}
