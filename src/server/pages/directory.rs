//! The pages that lead to lots: home, party, container.

use askama::Template;

use super::lot::party_path;
use super::piece::{Piece, around_all, tongue};
use super::{Ctx, PageError, PageState, Shell, Tr, animals, format, lot_path, pictogram, record_path};
use crate::chain::view::{LotState, PartyView, PlaceView};
use crate::gs1::{Amount, BaseUnit, LotId, Sscc};
use crate::record::registry::{Names, Role, Standing};
use crate::record::{PublicKey, RecordId};
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
    /// Its base unit.
    pub unit: BaseUnit,
    /// How much: made, or in the container that is listed.
    pub amount: Amount,
    /// Who made it.
    pub maker: Names,
    /// The worst that is true.
    pub headline: LotState,
}

/// What the home page shows.
#[derive(Debug, Clone, Default)]
pub struct IndexInfo {
    /// Newest lots.
    pub lots: Vec<LotLine>,
    /// Records in the published tree.
    pub size: u64,
    /// What the reader searched for, when a search found nothing.
    pub missed: Option<String>,
    /// What the reader searched for, when the lots are what was found.
    pub found: Option<String>,
    /// Whether this ledger is a demonstration.
    pub demo: bool,
}

/// What a party's page shows.
#[derive(Debug, Clone)]
pub struct PartyInfo {
    /// The party.
    pub party: PartyView,
    /// Its keys: the key, a name for people, and whether it still signs.
    pub keys: Vec<(PublicKey, Option<String>, bool)>,
    /// Accreditations: body, number, commodities (`*` for all), last second of validity (Unix).
    pub accreditations: Vec<(String, String, Vec<String>, i64)>,
    /// Why it is suspended, and who said so.
    pub suspended_for: Option<(String, PartyView)>,
    /// Lots it made, newest first.
    pub lots: Vec<LotLine>,
}

/// What a container's page shows.
#[derive(Debug, Clone)]
pub struct ContainerInfo {
    /// The container.
    pub sscc: Sscc,
    /// Who has it, or the consignee while under way; nobody once emptied or gone.
    pub holder: Option<PartyView>,
    /// The shipment it is under way in.
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

/// A list line, ready to show.
pub(crate) struct Row {
    pub(super) href: String,
    pub(super) pictogram: &'static str,
    pub(super) name: String,
    pub(super) lot: String,
    pub(super) maker: String,
    pub(super) amount: String,
    pub(super) state: &'static str,
    pub(super) word: String,
}

pub(crate) fn row(ctx: &Ctx, line: &LotLine) -> Row {
    let state = PageState::of(line.headline);
    Row {
        href: ctx.link(&lot_path(&line.lot)),
        pictogram: pictogram(&line.commodity),
        name: ctx.lang.pick(&line.product).to_owned(),
        lot: line.lot.lot.to_string(),
        maker: ctx.lang.pick(&line.maker).to_owned(),
        amount: format::amount(ctx.lang, line.amount, line.unit, animals(&line.commodity)),
        state: state.name(),
        word: ctx.lang.text(&format!("state-{}", state.name())),
    }
}

#[derive(Template)]
#[template(path = "index.html")]
struct IndexPage {
    shell: Shell,
    t: Tr,
    rows: Vec<Row>,
    size: String,
    ledger: String,
    log_key: String,
    missed: Option<String>,
    found: Option<String>,
}

/// Draws the home page: search by lot, and the newest lots.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_index(ctx: &Ctx, info: &IndexInfo) -> Result<String, PageError> {
    let mut shell = Shell::new(ctx, ctx.lang.text("home-title"), ctx.lang.text("home-lead"));
    shell.demo = info.demo;
    let page = IndexPage {
        t: Tr(ctx.lang),
        rows: info.lots.iter().map(|l| row(ctx, l)).collect(),
        size: format::number(ctx.lang, &info.size.to_string()),
        ledger: ctx.ledger.clone(),
        log_key: ctx.log_key.clone(),
        missed: info.missed.clone(),
        found: info.found.clone(),
        shell,
    };
    Ok(page.render()?)
}

/// A key, ready to show.
struct KeyLine {
    key: String,
    label: String,
    /// The language of the label.
    tongue: &'static str,
    active: bool,
}

#[derive(Template)]
#[template(path = "party.html")]
struct PartyPage {
    shell: Shell,
    t: Tr,
    name: String,
    uri: String,
    suspended: bool,
    why: Option<Vec<Piece>>,
    facts: Vec<(String, String)>,
    keys: Vec<KeyLine>,
    record: String,
    rows: Vec<Row>,
}

/// Draws a party's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_party(ctx: &Ctx, info: &PartyInfo) -> Result<String, PageError> {
    let lang = ctx.lang;
    let party = &info.party;
    let name = lang.pick(&party.name).to_owned();
    let mut shell = Shell::new(ctx, name.clone(), lang.with("party-description", &[("party", &name)]));
    shell.demo = party.demo;
    let roles: Vec<String> = party.roles.iter().map(|r| lang.text(&format!("role-{}", role(*r)))).collect();
    let mut facts = vec![(lang.text("party-roles"), format::list(lang, &roles))];
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value {
            facts.push((lang.text(key), value));
        }
    };
    add("party-form", party.legal_form.clone());
    add(
        "party-region",
        party.region.as_ref().map(|r| format!("{} ({} {})", format::region(lang, &r.name), r.authority, r.code)),
    );
    add("party-registration", party.registration.clone());
    add("party-contact", party.contact.clone());
    for (body, number, scope, until) in &info.accreditations {
        let until = format::unix_day(lang, *until);
        let scope: Vec<String> = scope.iter().map(|id| commodity(ctx, id)).collect();
        let scope = format::list(lang, &scope);
        add(
            "party-accreditation",
            Some(
                lang.with(
                    "accredited-until",
                    &[("body", body), ("number", number), ("scope", &scope), ("until", &until)],
                ),
            ),
        );
    }
    let page = PartyPage {
        t: Tr(lang),
        uri: party.party.clone(),
        suspended: party.standing == Standing::Suspended,
        why: info.suspended_for.as_ref().map(|(why, by)| {
            around_all(
                lang,
                "party-suspended-why",
                "why",
                &[("party", lang.pick(&by.name))],
                vec![Piece::written(why, by)],
            )
        }),
        facts,
        keys: info
            .keys
            .iter()
            .map(|(key, label, active)| key_line(lang, party, key, label.as_deref(), *active))
            .collect(),
        record: ctx.link(&record_path(&party.record)),
        rows: info.lots.iter().map(|l| row(ctx, l)).collect(),
        name,
        shell,
    };
    Ok(page.render()?)
}

/// A key with its label: those that this program itself gives are translated, others are as the party wrote them.
fn key_line(lang: Lang, party: &PartyView, key: &PublicKey, label: Option<&str>, active: bool) -> KeyLine {
    let own = label.and_then(|label| lang.find(&format!("key-label-{}", label.replace(' ', "-")), &[]));
    let tongue = tongue(party).filter(|_| own.is_none() && label.is_some()).unwrap_or(lang).tag();
    let label = own.or_else(|| label.map(ToOwned::to_owned)).unwrap_or_else(|| lang.text("key"));
    KeyLine { key: key.to_string(), label, tongue, active }
}

/// What an accreditation covers.
fn commodity(ctx: &Ctx, id: &str) -> String {
    if id == "*" { ctx.lang.text("accredited-all") } else { ctx.glossary.term(ctx.lang, id) }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Authority => "authority",
        Role::Region => "region",
        Role::Operator => "operator",
        Role::Producer => "producer",
        Role::Processor => "processor",
        Role::Inspector => "inspector",
        Role::Forwarder => "forwarder",
        Role::Buyer => "buyer",
        Role::Auditor => "auditor",
    }
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
    let holder = info.holder.as_ref().map(|p| lang.pick(&p.name).to_owned());
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
        shipment: info.shipment.as_ref().map(|id| ctx.link(&record_path(id))),
        // on its way it is no longer where it was seen last
        place: info.place.as_ref().filter(|_| info.shipment.is_none()).map(|p| lang.pick(&p.name).to_owned()),
        parent: info.parent.map(link),
        children: info.children.iter().map(|c| link(*c)).collect(),
        rows: info.contents.iter().map(|l| row(ctx, l)).collect(),
        shell,
    };
    Ok(page.render()?)
}
