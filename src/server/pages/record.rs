//! A record's page: who stated what, when it was logged, and the exact statement that was signed.

use askama::Template;
use jiff::Timestamp;

use super::bidi::{is_direction, isolated};
use super::findings::finding_text;
use super::{Ctx, PageError, Shell, Tr, Words, format, lot_path, party_path, record_path, shipment_path};
use crate::chain::outcome::{Act, Finding, Severity};
use crate::gs1::{Amount, BaseUnit, LotId};
use crate::query::view::PartyView;
use crate::record::{PublicKey, RecordId};
use crate::server::i18n::Lang;

/// What a record's page shows.
#[derive(Debug, Clone)]
pub struct RecordInfo {
    /// Record id.
    pub id: RecordId,
    /// Index in the log.
    pub index: u64,
    /// The last `Clock` before it, Unix seconds.
    pub clock: i64,
    /// Whether the authority reset the clock afterwards, because it was wrong.
    pub clock_wrong: bool,
    /// What it did.
    pub act: Act,
    /// The shipment that it is, or names.
    pub shipment: Option<RecordId>,
    /// Who signed, if known.
    pub party: Option<PartyView>,
    /// The key.
    pub key: PublicKey,
    /// Event time and its offset, for events.
    pub event_time: Option<(Timestamp, String)>,
    /// The country of the place it happened at, when that is registered.
    pub country: Option<String>,
    /// Lots named.
    pub lots: Vec<LotId>,
    /// The payload, byte for byte.
    pub payload: String,
    /// Findings it caused.
    pub findings: Vec<Finding>,
    /// Members of other vocabularies.
    pub others: Vec<OtherMember>,
    /// Voided by.
    pub voided_by: Option<RecordId>,
}

/// A member of another vocabulary, which no rule reads.
#[derive(Debug, Clone)]
pub struct OtherMember {
    /// Where it stands and its name.
    pub name: String,
    /// The vocabulary, if its context ships with the program.
    pub vocabulary: Option<&'static str>,
    /// Its value, as JSON unless it is a text.
    pub value: String,
}

#[derive(Template)]
#[template(path = "record.html")]
struct RecordPage {
    shell: Shell,
    t: Tr,
    title: String,
    id: String,
    index: String,
    logged: String,
    when: Option<String>,
    who: Option<(String, String)>,
    key: String,
    lots: Vec<(String, String)>,
    payload: String,
    /// Each with whether it is a warning.
    findings: Vec<(bool, String)>,
    others: Vec<OtherMember>,
    shipment: Option<String>,
    voided_by: Option<String>,
}

/// Draws a record's page.
///
/// # Errors
/// [`PageError`] when the template can't be written out.
pub fn render_record(ctx: &Ctx, info: &RecordInfo) -> Result<String, PageError> {
    let (lang, words) = (ctx.lang, ctx.glossary.any());
    let title = lang.text(&format!("act-{}", info.act.name()));
    let mut shell = Shell::new(ctx, lang.with("record-title", &[("act", &title)]), lang.text("record-lead"));
    shell.demo = info.party.as_ref().is_some_and(|p| p.demo);
    let page = RecordPage {
        shell,
        t: Tr(lang),
        id: info.id.to_string(),
        index: format::number(lang, &info.index.to_string()),
        logged: logged(lang, info),
        when: info.event_time.as_ref().map(|(at, offset)| format::moment(lang, *at, offset, info.country.as_deref())),
        who: info.party.as_ref().map(|p| (ctx.link(&party_path(&p.party)), lang.name(&p.name))),
        key: info.key.to_string(),
        lots: info.lots.iter().map(|l| (ctx.link(&lot_path(l)), l.to_string())).collect(),
        payload: isolated(&pretty(&info.payload)),
        findings: info
            .findings
            .iter()
            .map(|f| {
                let text = finding_text(words, lang, f, &|amount, unit| quantity(words, lang, amount, unit), &|_| None);
                (f.severity == Severity::Warning, text)
            })
            .collect(),
        others: info
            .others
            .iter()
            .map(|other| OtherMember { name: isolated(&other.name), value: isolated(&other.value), ..other.clone() })
            .collect(),
        shipment: info.shipment.as_ref().map(|id| ctx.link(&shipment_path(id))),
        voided_by: info.voided_by.map(|id| ctx.link(&record_path(&id))),
        title,
    };
    super::with_drawings(&page, &[])
}

/// When it was logged, as far as the ledger's clock says.
fn logged(lang: Lang, info: &RecordInfo) -> String {
    if info.clock == 0 {
        return lang.text("record-before-clock");
    }
    let time = format::unix(lang, info.clock);
    if info.clock_wrong { lang.with("record-clock-wrong", &[("time", &time)]) } else { time }
}

/// A quantity of a finding.
fn quantity(words: Words<'_>, lang: Lang, amount: Amount, unit: Option<BaseUnit>) -> String {
    match unit {
        Some(unit) => format::amount(words, lang, amount, unit),
        None => format::number(lang, &amount.to_string()),
    }
}

/// Indents JSON; other text is returned unchanged. Characters that set a direction are written as JSON escapes.
fn pretty(payload: &str) -> String {
    let text = serde_json::from_str::<serde_json::Value>(payload)
        .and_then(|value| serde_json::to_string_pretty(&value))
        .unwrap_or_else(|_| payload.to_owned());
    let escaped = |c: char| if is_direction(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() };
    if text.contains(is_direction) { text.chars().map(escaped).collect() } else { text }
}
