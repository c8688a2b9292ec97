//! Lots as lines of a list.

use super::{Ctx, Shell, format, lot_path};
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::query::view::LotState;
use crate::record::registry::Names;

/// A lot as a line of a list.
#[derive(Debug, Clone)]
pub struct LotLine {
    /// The lot.
    pub lot: LotId,
    /// The product's names.
    pub product: Names,
    /// Its commodity id.
    pub commodity: String,
    /// Its form id.
    pub form: String,
    /// Its base unit.
    pub unit: BaseUnit,
    /// How much: made, or in the container that is listed.
    pub amount: Amount,
    /// Who made it.
    pub maker: Names,
    /// The worst state that applies.
    pub headline: LotState,
}

/// A list line, ready to show.
pub(crate) struct Row {
    pub(super) href: String,
    pub(super) pictogram: String,
    pub(super) name: String,
    pub(super) lot: String,
    pub(super) maker: String,
    pub(super) amount: String,
    pub(super) state: &'static str,
    pub(super) word: String,
}

pub(crate) fn row(ctx: &Ctx, shell: &mut Shell, line: &LotLine) -> Row {
    let words = ctx.glossary.words(&line.commodity, Some(&line.form));
    let state = line.headline.name();
    Row {
        href: ctx.link(&lot_path(&line.lot)),
        pictogram: words.pictogram(&mut shell.symbols),
        name: ctx.lang.name(&line.product),
        lot: line.lot.lot.to_string(),
        maker: ctx.lang.name(&line.maker),
        amount: format::amount(words, ctx.lang, line.amount, line.unit),
        state,
        word: ctx.lang.text(&format!("state-{state}")),
    }
}
