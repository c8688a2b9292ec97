//! A container's page.

use askama::Template;

use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, party_path, shipment_path};
use crate::gs1::Sscc;
use crate::query::view::{PartyView, PlaceView};
use crate::record::RecordId;

/// What a container's page shows.
#[derive(Debug, Clone)]
pub struct ContainerInfo {
    /// The container.
    pub sscc: Sscc,
    /// Who has it, or the consignee while in transit; nobody once it is empty or gone.
    pub holder: Option<PartyView>,
    /// The shipment it is in transit in.
    pub shipment: Option<RecordId>,
    /// Where it was last seen.
    pub place: Option<PlaceView>,
    /// The container it is nested in.
    pub parent: Option<Sscc>,
    /// Containers nested in it.
    pub children: Vec<Sscc>,
    /// Lots in it, directly.
    pub contents: Vec<LotLine>,
    /// Whether a hold or recall is on it.
    pub held: bool,
}

#[derive(Template)]
#[template(path = "container.html")]
struct ContainerPage {
    shell: Shell,
    t: Tr,
    sscc: String,
    held: bool,
    where_now: String,
    holder_url: Option<String>,
    shipment: Option<String>,
    place: Option<String>,
    parent: Option<(String, String)>,
    children: Vec<(String, String)>,
    rows: Vec<Row>,
}

/// Draws a container's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_container(ctx: &Ctx, info: &ContainerInfo) -> Result<String, PageError> {
    let lang = ctx.lang;
    let sscc = info.sscc.to_string();
    let title = lang.with("container-title", &[("sscc", &sscc)]);
    let mut shell = Shell::new(ctx, title.clone(), title);
    shell.demo = info.holder.as_ref().is_some_and(|p| p.demo);
    let link = |sscc: Sscc| (ctx.link(&format!("/00/{sscc}")), sscc.to_string());
    let holder = info.holder.as_ref().map(|p| lang.name(&p.name));
    let where_now = match (&holder, &info.shipment) {
        (Some(name), Some(_)) => lang.with("container-under-way", &[("party", name)]),
        (Some(name), None) => lang.with("container-held", &[("party", name)]),
        (None, _) => lang.text("container-gone"),
    };
    let page = ContainerPage {
        t: Tr(lang),
        sscc,
        held: info.held,
        where_now,
        holder_url: info.holder.as_ref().map(|p| ctx.link(&party_path(&p.party))),
        shipment: info.shipment.as_ref().map(|id| ctx.link(&shipment_path(id))),
        // in transit it is no longer where it was last seen
        place: info.place.as_ref().filter(|_| info.shipment.is_none()).map(|p| lang.name(&p.name)),
        parent: info.parent.map(link),
        children: info.children.iter().map(|c| link(*c)).collect(),
        rows: info.contents.iter().map(|l| row(ctx, &mut shell, l)).collect(),
        shell,
    };
    super::with_drawings(&page, &[])
}
