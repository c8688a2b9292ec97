//! Lots as lines of a list.

use super::{Ctx, Shell, format, lot_path};
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::query::view::LotState;
use crate::record::registry::Names;
use crate::server::i18n::Lang;

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

/// The state of a lot and its word, for a chip.
pub(super) fn item_state(lang: Lang, state: LotState) -> (&'static str, String) {
    let name = state.name();
    (name, lang.text(&format!("state-{name}")))
}

pub(crate) fn row(ctx: &Ctx, shell: &mut Shell, line: &LotLine) -> Row {
    let words = ctx.glossary.words(&line.commodity, Some(&line.form));
    let (state, word) = item_state(ctx.lang, line.headline);
    Row {
        href: ctx.link(&lot_path(&line.lot)),
        pictogram: words.pictogram(&mut shell.symbols),
        name: ctx.lang.name(&line.product),
        lot: line.lot.lot.to_string(),
        maker: ctx.lang.name(&line.maker),
        amount: format::amount(words, ctx.lang, line.amount, line.unit),
        state,
        word,
    }
}
