//! A party's page.

use askama::Template;

use super::bidi::isolated;
use super::needs::paper_line;
use super::piece::{Piece, around_all};
use super::rows::{LotLine, Row, row};
use super::{Ctx, PageError, Shell, Tr, format, party_path, record_path, region_path};
use crate::gs1::link::encode_component;
use crate::guide::Paper;
use crate::names::Names;
use crate::query::view::{PartyView, SpecificationView};
use crate::record::PublicKey;
use crate::record::registry::{Role, Standing};
use crate::region::Code;
use crate::server::i18n::Lang;

/// What a party's page shows.
#[derive(Debug, Clone)]
pub struct PartyInfo {
    /// The party.
    pub party: PartyView,
    /// Its keys, each with its label and whether it may be relied on.
    pub keys: Vec<(PublicKey, Option<String>, KeyState)>,
    /// Whether it has more.
    pub more_keys: bool,
    /// Accreditations: body, number, commodities (`*` for all), last second of validity (Unix).
    pub accreditations: Vec<(String, String, Vec<String>, i64)>,
    /// The specifications that it adopted, the newest first: for which commodity, and what it is.
    pub specifications: Vec<(String, SpecificationView, Option<i64>)>,
    /// Certificates of offices outside the ledger, each with what the guides call its kind.
    pub certificates: Vec<(Option<Names>, Paper)>,
    /// Why it is suspended, and by whom.
    pub suspended_for: Option<(String, PartyView)>,
    /// The region whose page it is on.
    pub region: Option<Code>,
    /// Lots of its newest records, newest first.
    pub lots: Vec<LotLine>,
    /// Whether it has older records, whose lots are not listed.
    pub more_lots: bool,
}

/// Whether a key may be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// It signs.
    Active,
    /// It signs no more; what it signed counts.
    Ended,
    /// It was reported stolen: what it signed since then is marked.
    Compromised,
}

/// A key, ready to show.
struct KeyLine {
    key: String,
    label: String,
    /// The language of the label.
    language: &'static str,
    state: KeyState,
}

/// A specification, ready to show.
struct SpecificationLine {
    text: String,
    /// When it ended, in words.
    ended: Option<String>,
    record: String,
    file: String,
}

/// A certificate, ready to show.
struct CertificateLine {
    kind: String,
    text: String,
    record: String,
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
    facts: Vec<Fact>,
    keys: Vec<KeyLine>,
    more_keys: bool,
    record: String,
    specifications: Vec<SpecificationLine>,
    certificates: Vec<CertificateLine>,
    rows: Vec<Row>,
    more_lots: bool,
    /// The address of its shipments.
    shipments: String,
    /// The address of the lots that it made, of a party that makes some.
    made: Option<String>,
    /// The address of its way to the first export, likewise.
    way: Option<String>,
}

/// A fact, ready to show.
struct Fact {
    title: String,
    text: String,
    url: Option<String>,
}

/// Draws a party's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_party(ctx: &Ctx, info: &PartyInfo) -> Result<String, PageError> {
    let lang = ctx.lang;
    let party = &info.party;
    let name = lang.name(&party.name);
    let mut shell = Shell::new(ctx, name.clone(), lang.with("party-description", &[("party", &name)]));
    shell.demo = party.demo;
    let roles: Vec<String> = party.roles.iter().map(|r| lang.text(&format!("role-{}", r.name()))).collect();
    let fact = |key: &str, text: String| Fact { title: lang.text(key), text, url: None };
    let region = party.region.as_ref().map(|region| Fact {
        url: info.region.as_ref().map(|code| ctx.link(&region_path(code))),
        ..fact("party-region", format::coded_region(lang, region))
    });
    let mut facts = vec![fact("party-roles", format::list(lang, &roles))];
    let mut add = |key: &str, value: Option<String>| facts.extend(value.map(|value| fact(key, value)));
    add("party-form", party.legal_form.as_deref().map(isolated));
    facts.extend(region);
    let mut add = |key: &str, value: Option<String>| facts.extend(value.map(|value| fact(key, value)));
    add("party-registration", party.registration.as_deref().map(isolated));
    // the number alone would look as if GS1 had been asked
    let number = if party.gln_verified == Some(true) { "party-gln" } else { "party-gln-unverified" };
    add("party-gln-title", party.gln.map(|gln| lang.with(number, &[("gln", &gln.to_string())])));
    let like = party.looks_like.as_ref();
    add("party-looks-like", like.map(|other| lang.with("party-looks-like-whom", &[("other", &isolated(other))])));
    add("party-contact", party.contact.as_deref().map(isolated));
    for (body, number, scope, until) in &info.accreditations {
        let until = format::unix_day(lang, *until);
        let scope: Vec<String> = scope.iter().map(|id| commodity(ctx, id)).collect();
        let scope = format::list(lang, &scope);
        add(
            "party-accreditation",
            Some(lang.with(
                "accredited-until",
                &[("body", &isolated(body)), ("number", &isolated(number)), ("scope", &scope), ("until", &until)],
            )),
        );
    }
    let makes = party.roles.iter().any(|role| matches!(role, Role::Producer | Role::Processor));
    let page = PartyPage {
        t: Tr(lang),
        uri: party.party.clone(),
        suspended: party.standing == Standing::Suspended,
        why: info.suspended_for.as_ref().map(|(why, by)| {
            around_all(
                lang,
                "party-suspended-why",
                "why",
                &[("party", &lang.name(&by.name))],
                vec![Piece::written(why, by)],
            )
        }),
        facts,
        keys: info
            .keys
            .iter()
            .map(|(key, label, state)| key_line(lang, party, key, label.as_deref(), *state))
            .collect(),
        more_keys: info.more_keys,
        record: ctx.link(&record_path(&party.record)),
        specifications: info.specifications.iter().map(|(of, adopted, until)| line(ctx, of, adopted, *until)).collect(),
        certificates: info
            .certificates
            .iter()
            .map(|(name, paper)| CertificateLine {
                kind: name.as_ref().map_or_else(|| isolated(&paper.kind), |name| lang.name(name)),
                text: paper_line(lang, paper),
                record: ctx.link(&record_path(&paper.record)),
            })
            .collect(),
        rows: info.lots.iter().map(|l| row(ctx, &mut shell, l)).collect(),
        more_lots: info.more_lots,
        shipments: ctx.link(&format!("{}/shipments", party_path(&info.party.party))),
        made: makes.then(|| ctx.link(&format!("/lots?maker={}", encode_component(&party.party)))),
        way: makes.then(|| ctx.link(&format!("{}/path", party_path(&party.party)))),
        name,
        shell,
    };
    super::with_drawings(&page, &[])
}

/// A specification with what it is for, and where its statement and its file are.
fn line(ctx: &Ctx, of: &str, adopted: &SpecificationView, until: Option<i64>) -> SpecificationLine {
    let (lang, version) = (ctx.lang, isolated(&adopted.version));
    let (name, of) = (lang.name(&adopted.name), commodity(ctx, of));
    SpecificationLine {
        text: lang.with("specification-for", &[("name", &name), ("version", &version), ("commodity", &of)]),
        ended: until.map(|at| lang.with("specification-ended", &[("when", &format::unix_day(lang, at))])),
        record: ctx.link(&record_path(&adopted.record)),
        file: format!("/profiles/{}", adopted.blake3),
    }
}

/// A key with its label: labels of this program are translated, others are shown as written.
fn key_line(lang: Lang, party: &PartyView, key: &PublicKey, label: Option<&str>, state: KeyState) -> KeyLine {
    let own = label.and_then(|label| lang.find(&format!("key-label-{}", label.replace(' ', "-")), &[]));
    let language = Lang::of_country(&party.country).filter(|_| own.is_none() && label.is_some()).unwrap_or(lang).tag();
    let label = own.or_else(|| label.map(isolated)).unwrap_or_else(|| lang.text("key"));
    KeyLine { key: key.to_string(), label, language, state }
}

/// What an accreditation covers.
fn commodity(ctx: &Ctx, id: &str) -> String {
    if id == "*" { ctx.lang.text("accredited-all") } else { ctx.glossary.any().commodity(ctx.lang, id) }
}
