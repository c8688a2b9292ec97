//! The pages people see: view models, and the askama templates of `web/pages` they fill.
//!
//! What it is not: routing, negotiation or headers (`server`), nor any judgement: every word of a verdict comes from
//! [`LotView`] and from the checks of a proof that ran. No page needs JavaScript; none carries any inline.

mod bars;
mod directory;
mod facts;
pub mod format;
mod journey;
mod lot;
mod map;
mod masterdata;
mod notice;
mod piece;
mod reason;
mod record;
mod state;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rust_embed::RustEmbed;

pub use self::directory::{ContainerInfo, IndexInfo, LotLine, PartyInfo, render_container, render_index, render_party};
pub use self::lot::{render_lot, render_lot_with};
pub use self::masterdata::{PlaceInfo, ProductInfo, render_place, render_product};
pub use self::notice::{Notice, render_error, render_never_issued, render_notice};
pub use self::record::{RecordInfo, render_record};
pub use self::state::PageState;
use crate::chain::view::LotView;
use crate::gs1::LotId;
use crate::quality::profile::PARAMETER;
use crate::record::Hash32;
use crate::record::registry::Names;
use crate::server::i18n::Lang;

/// What every page needs to know about the request and the node.
#[derive(Debug, Clone)]
pub struct Ctx {
    /// The reader's language.
    pub lang: Lang,
    /// Whether the address asked for it (`?lang=`): then the links of the page do too.
    pub chosen: bool,
    /// Public URL of the node without a trailing slash, such as `https://jejak.example`.
    pub base_url: String,
    /// Path of this page, percent-encoded, without query: what the language switch links to.
    pub path: String,
    /// `urn:jejak:ledger:…`.
    pub ledger: String,
    /// The log's verifier key (C2SP vkey), against which the phone checks the checkpoint.
    pub log_key: String,
    /// Names of parameters, processes and requirements from the commodity profiles.
    pub glossary: Glossary,
}

impl Ctx {
    /// A link within this node, in the language that the reader chose.
    pub fn link(&self, path: &str) -> String {
        if self.chosen { format!("{path}?lang={}", self.lang.code()) } else { path.to_owned() }
    }
}

/// Names that come with the commodity profiles, so that a new commodity needs no new sentence here.
#[derive(Debug, Clone, Default)]
pub struct Glossary {
    /// By parameter URI.
    pub parameters: BTreeMap<String, Names>,
    /// By process id, form id or requirement id; the standard of a requirement.
    pub terms: BTreeMap<String, Names>,
}

impl Glossary {
    /// The name of a parameter: our own, else that of a profile, else words made of its id.
    pub fn parameter(&self, lang: Lang, uri: &str) -> String {
        let own = uri.strip_prefix(PARAMETER).and_then(|id| lang.find(&format!("parameter-{id}"), &[]));
        own.or_else(|| self.parameters.get(uri).map(|n| lang.pick(n).to_owned())).unwrap_or_else(|| format::words(uri))
    }

    /// The name of a requirement set: our own, else the standard as its profile cites it, else as the id cites it, without
    /// who issued it.
    pub fn requirement(&self, lang: Lang, id: &str) -> String {
        let parts: Vec<&str> = id.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let own = lang.find(&format!("requirement-{}", parts.join("-")), &[]);
        own.or_else(|| self.terms.get(id).map(|n| lang.pick(n).to_owned()))
            .unwrap_or_else(|| id.split_once('/').map_or(id, |(_, cited)| cited).replacen('-', " ", 1))
    }

    /// The name of a process or form.
    pub fn term(&self, lang: Lang, id: &str) -> String {
        self.terms.get(id).map_or_else(|| format::words(id), |n| lang.pick(n).to_owned())
    }
}

/// How a check of a proof came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckOutcome {
    /// It ran and holds.
    Passed,
    /// It ran and does not hold.
    Failed,
    /// It did not run; the detail says why.
    NotChecked,
}

/// One check of a proof, as the page lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageCheck {
    /// Stable name; the sentence is `check-<name>`.
    pub name: String,
    /// How it came out.
    pub outcome: CheckOutcome,
    /// What was found, or why it did not run.
    pub detail: String,
}

/// What a proof of the lot came to on this server.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PageProof {
    /// Tree size of the checkpoint it was checked under.
    pub size: u64,
    /// When it was checked.
    pub time: Option<Timestamp>,
    /// Each check.
    pub checks: Vec<PageCheck>,
}

impl PageProof {
    /// How many checks passed, and how many ran.
    pub fn tally(&self) -> (usize, usize) {
        let count = |outcome| self.checks.iter().filter(|c| c.outcome == outcome).count();
        let passed = count(CheckOutcome::Passed);
        (passed, passed + count(CheckOutcome::Failed))
    }

    /// How many checks did not run.
    pub fn open(&self) -> usize {
        self.checks.iter().filter(|c| c.outcome == CheckOutcome::NotChecked).count()
    }

    /// The first check that does not hold.
    pub fn broken(&self) -> Option<&PageCheck> {
        self.checks.iter().find(|c| c.outcome == CheckOutcome::Failed)
    }
}

/// What is known beside the ledger when a lot's page is drawn.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The serial that was scanned, when the link named one.
    pub serial: Option<SerialScan>,
    /// The serial that the link named, when there is no register of serials to check it by.
    pub unchecked_serial: Option<String>,
    /// Identifiers of the link that the lot was found without.
    pub aside: Vec<String>,
    /// Evidence that a record names and nobody has uploaded yet.
    pub awaited: BTreeSet<Hash32>,
    /// Evidence that was taken down: its hash stays.
    pub withdrawn: BTreeSet<Hash32>,
}

/// A serial that was issued, and how often it was scanned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialScan {
    /// The serial.
    pub serial: String,
    /// How many labels the issue had.
    pub issued: u64,
    /// How often its page was opened.
    pub scans: u64,
    /// When it was first opened.
    pub first: Option<Timestamp>,
    /// Whether that is more often than one pack explains.
    pub suspicious: bool,
}

/// A page could not be drawn.
#[derive(Debug, thiserror::Error)]
#[error("page: {0}")]
pub struct PageError(#[from] askama::Error);

/// The part every page has: title, language switch, links to style and script.
pub(crate) struct Shell {
    pub(crate) t: Tr,
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) canonical: String,
    pub(crate) languages: Vec<Language>,
    pub(crate) assets: String,
    /// Whether the phone's checks run on it.
    pub(crate) checks: bool,
    /// schema.org JSON-LD, ready to stand in a `<script>` data block.
    pub(crate) json_ld: Option<String>,
    pub(crate) demo: bool,
}

pub(crate) struct Language {
    pub(crate) label: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// The sentences of one language, as the templates call them.
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
        let languages = Lang::ALL
            .iter()
            .map(|&lang| Language {
                label: lang.label(),
                tag: lang.tag(),
                href: format!("{}?lang={}", ctx.path, lang.code()),
                current: lang == ctx.lang,
            })
            .collect();
        Shell {
            t: Tr(ctx.lang),
            title,
            description,
            canonical: format!("{}{}", ctx.base_url, ctx.path),
            languages,
            assets: format!("/static/{}", asset_version()),
            checks: false,
            json_ld: None,
            demo: false,
        }
    }
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

/// Path of a record's page.
pub fn record_path(id: &Hash32) -> String {
    format!("/entries/{id}")
}

#[derive(RustEmbed)]
#[folder = "web/static"]
#[include = "*.css"]
#[include = "*.js"]
#[include = "*.svg"]
struct Static;

/// A file of `web/static`: its bytes and media type.
pub fn asset(name: &str) -> Option<(Vec<u8>, &'static str)> {
    let file = Static::get(name)?;
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => return None,
    };
    Some((file.data.into_owned(), kind))
}

/// A name for this build's set of static files: they are served under `/static/<version>/<name>` and never change there.
/// The modules import each other by relative name, so they stay within one version.
pub fn asset_version() -> &'static str {
    static VERSION: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    VERSION.get_or_init(|| {
        let mut names: Vec<_> = Static::iter().collect();
        names.sort();
        let mut hasher = blake3::Hasher::new();
        for name in names {
            if let Some(file) = Static::get(&name) {
                hasher.update(name.as_bytes()).update(&[0]).update(&file.metadata.sha256_hash());
            }
        }
        Hash32(*hasher.finalize().as_bytes()).to_string().chars().take(12).collect()
    })
}

/// Escapes a JSON text so that it can stand in a `<script>` data block: no `<` is left to end it.
pub(crate) fn json_for_script(value: &serde_json::Value) -> String {
    value.to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Pictogram of a commodity: the id of a symbol of `sprite.svg`.
pub(crate) fn pictogram(commodity: &str) -> &'static str {
    match commodity {
        c if c.contains("crab") => "p-crab",
        c if c.contains("avocado") => "p-avocado",
        c if c.contains("banana") => "p-banana",
        c if c.contains("oil") => "p-oil",
        _ => "p-parcel",
    }
}

/// Whether pieces of this commodity are animals.
pub(crate) fn animals(commodity: &str) -> bool {
    commodity.contains("crab")
}

/// Every party the view names, by URI.
pub(crate) fn parties(view: &LotView) -> BTreeMap<&str, &crate::chain::view::PartyView> {
    let mut found = BTreeMap::new();
    let all = std::iter::once(&view.maker)
        .chain(view.origins.iter().map(|o| &o.producer))
        .chain(view.inspections.iter().map(|i| &i.inspector))
        .chain(view.holds.iter().map(|h| &h.issuer))
        .chain(
            view.steps.iter().flat_map(|s| [Some(&s.party), s.on_behalf.as_ref(), s.counterparty.as_ref()]).flatten(),
        );
    for party in all {
        found.entry(party.party.as_str()).or_insert(party);
    }
    found
}
