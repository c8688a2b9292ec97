//! The shipments of a party as a page: where each stands, and what of it waits for the party.

use askama::Template;

use super::lot_text::country;
use super::{Ctx, PageError, Shell, Tr, format, party_path, shipment_path};
use crate::query::folder::{PartyShipments, ShipmentLine, ShipmentState, Waiting};
use crate::query::view::PartyView;

struct Line {
    state: &'static str,
    word: String,
    text: String,
    url: String,
    small: Vec<String>,
    waiting: Vec<String>,
}

#[derive(Template)]
#[template(path = "shipments.html")]
struct ShipmentsPage {
    shell: Shell,
    t: Tr,
    party: (String, String),
    lines: Vec<Line>,
    more: bool,
}

/// The state of a shipment as the lists of needs mark it, and its word.
pub(super) fn standing(ctx: &Ctx, state: ShipmentState, marked: bool) -> (&'static str, String) {
    let mark = match state {
        _ if marked => "bad",
        ShipmentState::UnderWay => "open",
        ShipmentState::Received | ShipmentState::DeliveredOutside => "done",
        ShipmentState::Refused | ShipmentState::Voided => "bad",
    };
    (mark, ctx.lang.text(&format!("shipment-{}", state.name())))
}

/// Draws the shipments of a party.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_shipments(ctx: &Ctx, party: &PartyView, list: &PartyShipments) -> Result<String, PageError> {
    let lang = ctx.lang;
    let name = lang.name(&party.name);
    let title = lang.with("shipments-title", &[("party", &name)]);
    let mut shell = Shell::new(ctx, title, lang.text("shipments-lead"));
    shell.demo = party.demo;
    let page = ShipmentsPage {
        shell,
        t: Tr(lang),
        party: (name, ctx.link(&party_path(&party.party))),
        lines: list.shipments.iter().map(|one| line(ctx, one)).collect(),
        more: list.more,
    };
    super::with_drawings(&page, &[])
}

fn line(ctx: &Ctx, one: &ShipmentLine) -> Line {
    let lang = ctx.lang;
    let (state, word) = standing(ctx, one.state, one.marked);
    let ends = [("from", lang.name(&one.from.name)), ("to", lang.name(&one.to.name))];
    let mut small = vec![
        format::day_of(lang, one.sent, "+00:00"),
        lang.count("shipments-lots", u64::try_from(one.lots).unwrap_or(u64::MAX)),
    ];
    small.extend(one.marked.then(|| lang.text("shipment-marked")));
    small.extend(one.market.as_ref().map(|market| country(lang, market)));
    // of papers and payments only their kind stands here: the page of the shipment has the rest
    let mut waiting: Vec<String> = one
        .waiting
        .iter()
        .map(|waiting| {
            lang.text(match waiting {
                Waiting::Goods => "shipments-waits-goods",
                Waiting::Handover { .. } => "shipments-waits-handover",
                Waiting::Payment { .. } => "shipments-waits-payment",
                Waiting::Receipt { .. } => "shipments-waits-receipt",
                Waiting::Due { .. } => "shipments-waits-due",
            })
        })
        .collect();
    waiting.dedup();
    Line {
        state,
        word,
        text: lang.with("shipment-title", &ends.each_ref().map(|(key, value)| (*key, value.as_str()))),
        url: ctx.link(&shipment_path(&one.shipment)),
        small,
        waiting,
    }
}
