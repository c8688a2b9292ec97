//! The HTML pages: view models, and the askama templates in `web/pages` that they fill.
//!
//! What it is not: routing, negotiation or headers (`server`), nor judgement: verdicts come from
//! [`LotView`](crate::query::view::LotView) and from the checks of a proof. No page needs JavaScript; none has any inline.

mod app;
mod bars;
pub(crate) mod bidi;
mod container;
mod facts;
mod findings;
pub mod format;
mod glossary;
mod home;
mod journey;
mod lists;
mod lot;
mod lot_text;
mod map;
mod masterdata;
mod needs;
mod notice;
mod party;
mod path;
mod piece;
mod proof;
mod readiness;
mod reason;
mod record;
mod region;
mod regions;
mod rows;
mod scope;
mod shipment;
mod shipments;
mod state;

pub use self::app::{APP, DESK, Runs, render_app};
pub(crate) use self::bidi::plain;
pub use self::container::{ContainerInfo, render_container};
pub(crate) use self::findings::finding_text;
pub use self::glossary::{Glossary, Words};
pub use self::home::{Hit, HitKind, IndexInfo, render_index};
pub use self::lists::{LotsInfo, PartiesInfo, PartyLine, render_lots, render_parties};
pub use self::lot::render_lot;
pub use self::masterdata::{PlaceInfo, PlaceMonitored, ProductInfo, render_place, render_product};
pub use self::notice::{Notice, render_error, render_never_issued, render_notice};
pub use self::party::{KeyState, PartyInfo, render_party};
pub use self::path::{PathInfo, render_path};
use self::piece::Piece;
pub use self::proof::{CheckOutcome, Extras, PageCheck, PageProof, SerialScan, When};
pub use self::readiness::{ReadinessInfo, render_readiness};
pub use self::record::{OtherMember, RecordInfo, render_record};
pub use self::region::{RegionInfo, render_region};
pub use self::regions::{RegionsInfo, render_regions};
pub use self::rows::LotLine;
pub(super) use self::scope::open;
pub use self::shipment::{ShipmentInfo, render_shipment};
pub use self::shipments::render_shipments;
pub use self::state::PageState;
use crate::gs1::{Gln, Gtin, LotId, ai};
use crate::names::Names;
use crate::record::Hash32;
use crate::region::Code;
use crate::server::assets;
use crate::server::i18n::Lang;

/// The context of every page: the request and the node.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The reader's language.
    pub lang: Lang,
    /// Whether the address has `?lang=`: then the links of the page have it too.
    pub chosen: bool,
    /// Public URL of the node without a trailing slash, such as `https://jejak.example`.
    pub base_url: String,
    /// Path of this page, percent-encoded, with what of the query chooses its content: what the language switch links to.
    pub path: String,
    /// `urn:jejak:ledger:…`.
    pub ledger: String,
    /// The log's verifier key (C2SP vkey), with which the browser checks the checkpoint.
    pub log_key: String,
    /// Words from the commodity profiles of the log.
    pub glossary: Glossary,
    /// What the address says beside what it names.
    pub scanned: Scanned,
    /// Who answers, and up to when it knows.
    pub node: Node,
}

/// Who runs a node and who decides on its ledger, and as of when a page is.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// The party that runs the node: its URI and names.
    pub operator: Option<(String, Names)>,
    /// The authority of the ledger: its URI and names.
    pub authority: Option<(String, Names)>,
    /// The newest clock of the ledger, Unix seconds; 0 before the first.
    pub clock: i64,
}

impl Node {
    /// `As of 9 Nov 2026, 14:30 UTC`; nothing before the first clock.
    fn as_of(&self, lang: Lang) -> Option<String> {
        (self.clock > 0).then(|| lang.with("as-of-when", &[("when", &format::unix(lang, self.clock))]))
    }
}

/// What a Digital Link says beside what it names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scanned {
    /// Identifiers with their values, which the page does not use.
    pub beside: Vec<(String, String)>,
    /// Identifiers that could not be read, or have no meaning here.
    pub ignored: Vec<String>,
}

impl Scanned {
    /// Sentences on it for the foot of a page.
    fn notes(&self, lang: Lang) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.beside.is_empty() {
            let title = |code: &str| ai::find(code).map_or("", |ai| ai.title);
            let codes =
                self.beside.iter().map(|(code, value)| format!("({code}) {} {}", title(code), bidi::isolated(value)));
            notes.push(lang.with("link-beside", &[("codes", &format::list(lang, &codes.collect::<Vec<_>>()))]));
        }
        if !self.ignored.is_empty() {
            let codes: Vec<String> = self.ignored.iter().map(|code| format!("({code})")).collect();
            notes.push(lang.with("link-ignored", &[("codes", &codes.join(" "))]));
        }
        notes
    }
}

impl Ctx {
    /// A link within this node, in the language that the reader chose.
    pub fn link(&self, path: &str) -> String {
        let mark = if path.contains('?') { '&' } else { '?' };
        if self.chosen { format!("{path}{mark}lang={}", self.lang.code()) } else { path.to_owned() }
    }
}

/// A page could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("a page could not be written")]
pub struct PageError(#[from] askama::Error);

/// The common part of every page: title, language switch, links to style and script.
pub(crate) struct Shell {
    pub(crate) t: Tr,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) canonical: String,
    pub(crate) languages: Vec<Language>,
    pub(crate) assets: String,
    /// Whether the checks in the browser run on it.
    pub(crate) checks: bool,
    /// The modules of these checks, which a browser fetches ahead, all at once.
    pub(crate) modules: Vec<String>,
    /// schema.org JSON-LD, escaped for a `<script>` data block.
    pub(crate) json_ld: Option<String>,
    pub(crate) demo: bool,
    /// Drawings of the commodities on the page.
    pub(crate) symbols: Vec<glossary::Symbol>,
    /// What the scanned code says beside.
    pub(crate) scanned: Vec<String>,
    /// As of when the page is, and who runs the node.
    pub(crate) stands: Vec<Vec<Piece>>,
}

pub(crate) struct Language {
    pub(crate) label: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// The sentences of one language, for the templates.
#[derive(Clone, Copy)]
pub(crate) struct Tr(pub(crate) Lang);

impl Tr {
    pub(crate) fn of(self, key: &str) -> String {
        self.0.text(key)
    }

    /// `label: value` as the language punctuates it.
    pub(crate) fn pair(self, label: impl AsRef<str>, value: impl AsRef<str>) -> String {
        self.0.with("pair", &[("label", label.as_ref()), ("value", value.as_ref())])
    }

    pub(crate) fn tag(self) -> &'static str {
        self.0.tag()
    }

    pub(crate) fn code(self) -> &'static str {
        self.0.code()
    }
}

impl Shell {
    pub(crate) fn new(ctx: &Ctx, title: String, description: String) -> Shell {
        let mark = if ctx.path.contains('?') { '&' } else { '?' };
        let languages = Lang::all()
            .map(|lang| Language {
                label: lang.label(),
                tag: lang.tag(),
                href: format!("{}{mark}lang={}", ctx.path, lang.code()),
                current: lang == ctx.lang,
            })
            .collect();
        Shell {
            t: Tr(ctx.lang),
            title,
            description,
            canonical: format!("{}{}", ctx.base_url, ctx.path),
            languages,
            assets: format!("/static/{}", assets::version()),
            checks: false,
            modules: Vec::new(),
            json_ld: None,
            demo: false,
            symbols: Vec::new(),
            scanned: ctx.scanned.notes(ctx.lang),
            stands: ctx
                .node
                .as_of(ctx.lang)
                .map(|as_of| vec![Piece::plain(as_of)])
                .into_iter()
                .chain(operator(ctx))
                .collect(),
        }
    }
}

/// Who runs the node.
fn operator(ctx: &Ctx) -> Option<Vec<Piece>> {
    ctx.node.operator.as_ref().map(|party| stated(ctx, "node-operator", party))
}

/// The sentence `key` about a party, with a link to its page.
fn stated(ctx: &Ctx, key: &str, (uri, name): &(String, Names)) -> Vec<Piece> {
    let named = Piece::plain(ctx.lang.name(name)).at(ctx.link(&party_path(uri)));
    piece::around(ctx.lang, key, "party", named)
}

/// Path of a lot's page.
pub fn lot_path(lot: &LotId) -> String {
    lot.uri().trim_start_matches("https://id.gs1.org").to_owned()
}

/// Path of a lot's JSON, under which are `/proof`, `/trace` and `/impact`.
pub fn lot_api(lot: &LotId) -> String {
    let path = lot_path(lot);
    let mut parts = path.split('/').skip(2).step_by(2);
    format!("/lots/{}/{}", parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}

/// Path of a lot in the field app.
pub(crate) fn lot_in_app(lot: &LotId) -> String {
    format!("{}#{}", super::app::START, lot_api(lot).replacen("/lots/", "/lot/", 1))
}

/// Path of a party's page.
pub(crate) fn party_path(uri: &str) -> String {
    format!("/parties/{}", uri.rsplit([':', '/']).next().unwrap_or_default())
}

/// Path of a place's page.
pub(crate) fn place_path(gln: Gln) -> String {
    format!("/414/{gln}")
}

/// Path of a region's page.
pub(crate) fn region_path(code: &Code) -> String {
    format!("/regions/{code}")
}

/// Path of a product's page.
pub(crate) fn product_path(gtin: Gtin) -> String {
    format!("/01/{gtin}")
}

/// Path of a record's page.
pub fn record_path(id: &Hash32) -> String {
    format!("/entries/{id}")
}

/// Path of a shipment's page.
pub fn shipment_path(id: &Hash32) -> String {
    format!("/shipments/{id}")
}

/// Drawings of states, steps and verdicts, one to a line.
const SPRITE: &str = include_str!("../../../web/pages/sprite.svg");

/// The page, with the drawings that it shows, and those that its script may show.
fn with_drawings(page: &impl askama::Template, by_script: &[&str]) -> Result<String, PageError> {
    let mut html = page.render()?;
    let is_used = |line: &&str| {
        let id = line.split_once("id=\"").and_then(|(_, rest)| rest.split('"').next());
        id.is_none_or(|id| by_script.contains(&id) || html.contains(&format!("href=\"#{id}\"")))
    };
    let drawings: Vec<&str> = SPRITE.lines().filter(is_used).collect();
    let end = html.rfind("</body>").unwrap_or(html.len());
    html.insert_str(end, &format!("{}\n", drawings.join("\n")));
    Ok(html)
}

/// Escapes a JSON text for a `<script>` data block: no `<` remains that could end it.
pub(crate) fn json_for_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests;
