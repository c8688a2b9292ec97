//! The pages behind the resolver: a lot's verification page is drawn from the verdict on its own proof bundle, so that every
//! word on it is the result of a check that ran here a moment ago.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::App;
use super::entries::known;
use super::i18n::Lang;
use super::lots::read;
use super::masterdata;
use super::memo::Verdict;
use super::pages::{
    self, CheckOutcome, ContainerInfo, Ctx, Extras, Glossary, LotLine, Notice, PageCheck, PageError, PageProof,
    PartyInfo, RecordInfo,
};
use super::problem::Problem;
use crate::chain::query::{self, LotBrief};
use crate::chain::rows::{AccreditationRow, At, ContainerRow, KeyRow, RecordRow, TransitRow};
use crate::chain::view::{LotView, PartyView, PlaceView};
use crate::chain::{Act, RecordSource, State as ChainState, StateError, Table, lineage, state, touch};
use crate::epcis::Place;
use crate::gs1::{Amount, Gln, LinkError, LotId, PrimaryKey, Sscc};
use crate::ledger::EvidenceError;
use crate::proof::{self, Outcome, Trust};
use crate::quality::{self, Profile};
use crate::record::registry::{Names, Standing, Statement};
use crate::record::{Hash32, Payload, PublicKey, Record};

/// Newest lots on the home page.
pub(super) const RECENT: usize = 40;

impl From<PageError> for Problem {
    fn from(error: PageError) -> Problem {
        Problem::internal(&error)
    }
}

pub(super) fn glossary() -> &'static Glossary {
    static CELL: OnceLock<Glossary> = OnceLock::new();
    CELL.get_or_init(|| {
        let mut glossary = Glossary::default();
        let names =
            |n: &quality::profile::Names| Names { id: Some(n.id.clone()), en: n.en.clone(), zh: Some(n.zh.clone()) };
        for (_, _, bytes) in quality::builtin() {
            let Ok(profile) = Profile::from_json(bytes) else { continue };
            glossary.terms.insert(profile.id.clone(), names(&profile.names));
            for p in &profile.parameters {
                glossary.parameters.insert(format!("{}{}", quality::profile::PARAMETER, p.id), names(&p.names));
            }
            for p in &profile.processes {
                glossary.terms.insert(p.id.clone(), names(&p.names));
            }
            for r in &profile.requirements {
                let cited = r.standard.clone();
                let cited = Names { id: Some(cited.clone()), en: cited.clone(), zh: Some(cited) };
                glossary.terms.insert(r.id.clone(), cited);
            }
            for f in &profile.forms {
                glossary.terms.insert(f.id.clone(), names(&f.names));
            }
        }
        glossary
    })
}

/// What a page needs to know of the request.
pub(super) fn ctx(app: &App, headers: &HeaderMap, uri: &Uri) -> Result<Ctx, Problem> {
    let asked = uri.query().and_then(|q| q.split('&').find_map(|p| p.strip_prefix("lang=")));
    let chosen = asked.and_then(Lang::from_tag).is_some();
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|v| v.to_str().ok());
    Ok(Ctx {
        lang: Lang::negotiate(asked, accept),
        chosen,
        base_url: app.config.public_url.clone(),
        path: uri.path().to_owned(),
        ledger: app.ledger.id().to_owned(),
        log_key: app.ledger.verifier().map_err(|e| Problem::internal(&e))?.to_string(),
        glossary: glossary().clone(),
    })
}

pub(super) fn html(request: &HeaderMap, status: StatusCode, ctx: &Ctx, page: String) -> Response {
    let etag = format!("W/\"{}\"", Hash32::of(page.as_bytes()));
    let mut response = match status {
        StatusCode::OK if known(request, &etag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => (status, page).into_response(),
    };
    let headers = response.headers_mut();
    if let (StatusCode::OK, Ok(etag)) = (status, HeaderValue::from_str(&etag)) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(ctx.lang.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    response
}

fn line(s: &dyn ChainState, brief: LotBrief) -> Result<LotLine, StateError> {
    Ok(LotLine {
        commodity: query::product_view(s, brief.lot.gtin)?.map(|p| p.commodity).unwrap_or_default(),
        maker: query::party_view(s, &brief.maker)?.name,
        lot: brief.lot,
        product: brief.product,
        unit: brief.unit,
        amount: brief.produced,
        headline: brief.headline,
    })
}

/// Lots as list lines.
pub(super) fn lines(s: &dyn ChainState, lots: Vec<LotBrief>) -> Result<Vec<LotLine>, StateError> {
    lots.into_iter().map(|l| line(s, l)).collect()
}

/// The page of a key of the resolver; `aside` are identifiers of the link that it was found without.
pub async fn page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    key: &PrimaryKey,
    aside: Vec<String>,
) -> Result<Response, Problem> {
    match key {
        PrimaryKey::Lot(lot) => lot_page(app, headers, uri, lot, Extras { aside, ..Extras::default() }).await,
        PrimaryKey::Item(lot, serial) => {
            let ctx = ctx(app, headers, uri)?;
            let wanted = lot.clone();
            let issued =
                read(app, move |s, _| s.scan(Table::Issue, &crate::chain::rows::under_lot(&wanted, b""))).await?;
            let wanted = lot.clone();
            let known =
                read(app, move |s, _| s.get(Table::Lot, &crate::chain::rows::lot_key(&wanted))).await?.is_some();
            if known && issued.is_empty() {
                let page = pages::render_never_issued(&ctx, lot, serial.as_str())?;
                return Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page));
            }
            // which serials an issue holds is known to its issuer until the serial register comes: the lot's page is
            // true of every pack of it, and says that the serial was not checked
            let extras = Extras { unchecked_serial: Some(serial.to_string()), aside, ..Extras::default() };
            lot_page(app, headers, uri, lot, extras).await
        }
        PrimaryKey::Sscc(sscc) => container_page(app, headers, uri, *sscc).await,
        PrimaryKey::Party(gln) => party_page(app, headers, uri, &gln.party_uri()).await,
        PrimaryKey::Gtin(gtin) => masterdata::product_page(app, headers, uri, *gtin, None).await,
        PrimaryKey::Serial(gtin, serial) => masterdata::product_page(app, headers, uri, *gtin, Some(serial)).await,
        PrimaryKey::Place(gln) => masterdata::place_page(app, headers, uri, *gln).await,
    }
}

/// The page for an address that is no Digital Link.
pub fn bad_link(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, what: &LinkError) -> Result<Response, Problem> {
    let wants_page = headers.get(header::ACCEPT).is_some_and(|v| v.as_bytes().windows(9).any(|w| w == b"text/html"));
    if !wants_page {
        return Err(Problem::new("malformed-request", what.to_string()));
    }
    let ctx = ctx(app, headers, uri)?;
    let page = pages::render_notice(&ctx, &Notice::BadLink(what.clone()))?;
    Ok(html(headers, StatusCode::BAD_REQUEST, &ctx, page))
}

/// A problem as a page, for people.
///
/// # Errors
/// The problem that the page could not be drawn.
pub fn problem(app: &App, headers: &HeaderMap, uri: &Uri, problem: &Problem) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let kind = match problem.status {
        404 => "missing",
        410 => "gone",
        408 | 424 | 429 | 503 => "busy",
        500.. => "internal",
        _ => "malformed",
    };
    let (title, why) = (ctx.lang.text(&format!("error-{kind}")), ctx.lang.text(&format!("error-{kind}-why")));
    let page = pages::render_error(&ctx, &title, &why, problem.request_id.as_deref())?;
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = html(headers, status, &ctx, page);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(seconds) = problem.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    Ok(response)
}

/// What the ledger says of a lot, and the verdict on the lot's own bundle, as the page lists it.
fn proven(app: &App, lot: &LotId) -> Result<Option<Verdict>, Problem> {
    let key = (lot.clone(), app.ledger.checkpoint().map_or(0, |head| head.size), app.ledger.size());
    app.memo.verdict(key, || Ok(prove(app, lot)?.map(Arc::new)))
}

fn prove(app: &App, lot: &LotId) -> Result<Option<(LotView, PageProof)>, Problem> {
    let view = app.ledger.with_state(|s, r| query::lot_view(s, r, lot)).map_err(|e| Problem::internal(&e))?;
    let Some(mut view) = view else { return Ok(None) };
    let Some(bundle) = app.ledger.bundle(lot).map_err(|e| Problem::internal(&e))? else {
        // acknowledged a moment ago: no head covers it yet, and the page says that nothing was checked
        return Ok(Some((view, PageProof::default())));
    };
    let trust = Trust::pinned(app.ledger.id(), app.ledger.verifier().map_err(|e| Problem::internal(&e))?);
    let verdict = proof::verify(&bundle, &trust);
    let checks = verdict
        .checks
        .iter()
        .map(|check| PageCheck {
            name: check.name.to_owned(),
            outcome: match check.outcome {
                Outcome::Passed => CheckOutcome::Passed,
                Outcome::Failed => CheckOutcome::Failed,
                Outcome::NotChecked => CheckOutcome::NotChecked,
            },
            detail: check.detail.clone(),
        })
        .collect();
    let page = PageProof { size: verdict.size, time: Some(jiff::Timestamp::now()), checks };
    // the state is newer, and knows the gaps that a closure can't show; where the proof is worse, the proof decides
    if let Some(proven) = verdict.lot.filter(|proven| proven.headline > view.headline) {
        view.headline = proven.headline;
        view.states = proven.states;
    }
    Ok(Some((view, page)))
}

async fn lot_page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    lot: &LotId,
    extras: Extras,
) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let (shared, wanted) = (app.clone(), lot.clone());
    let found = shared.blocking(move |app| proven(app, &wanted)).await?;
    let Some(found) = found else {
        let wanted = lot.clone();
        let near = app.blocking(move |app| app.lots_numbered(wanted.lot.as_str(), RECENT)).await?;
        let near = near
            .into_iter()
            .map(|(_, near)| near)
            .find(|near| near.gtin == lot.gtin && near.lot.as_str().eq_ignore_ascii_case(lot.lot.as_str()));
        let page = pages::render_notice(&ctx, &Notice::UnknownLot(lot.clone(), near))?;
        return Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page));
    };
    let documents: Vec<Hash32> =
        found.0.steps.iter().flat_map(|s| &s.evidence).filter(|d| d.public).map(|d| d.blake3).collect();
    let (drawn, page) = shared
        .blocking(move |app| {
            let extras = documents_missing(app, extras, documents)?;
            let (view, proof) = &*found;
            Ok((pages::render_lot_with(&ctx, view, proof, &extras)?, ctx))
        })
        .await?;
    Ok(html(headers, StatusCode::OK, &page, drawn))
}

/// Which of the documents are not there to be fetched.
fn documents_missing(app: &App, mut extras: Extras, documents: Vec<Hash32>) -> Result<Extras, EvidenceError> {
    for hash in documents {
        if app.ledger.evidence_taken_down(&hash)? {
            extras.withdrawn.insert(hash);
            continue;
        }
        if app.memo.whole(&hash) {
            continue;
        }
        match app.ledger.evidence_get(&hash) {
            Ok(Some(_)) => app.memo.found_whole(hash),
            // damaged bytes are as good as none: doctor names them, and a new upload mends them
            Ok(None) | Err(EvidenceError::Damaged(_)) => {
                extras.awaited.insert(hash);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(extras)
}

async fn container_page(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, sscc: Sscc) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let info = read(app, move |s, r| container(s, r, sscc)).await?;
    match info {
        Some(info) => Ok(html(headers, StatusCode::OK, &ctx, pages::render_container(&ctx, &info)?)),
        None => masterdata::unknown(app, headers, uri, format!("(00) {sscc}")),
    }
}

/// A container as JSON: where it is and what it holds.
///
/// # Errors
/// [`StateError`] when storage fails.
pub fn container_state(
    s: &dyn ChainState,
    r: &dyn RecordSource,
    sscc: Sscc,
) -> Result<Option<serde_json::Value>, StateError> {
    Ok(container(s, r, sscc)?.map(|info| {
        let contents: Vec<_> = info
            .contents
            .iter()
            .map(|l| serde_json::json!({ "lot": l.lot, "amount": l.amount, "unit": l.unit, "headline": l.headline }))
            .collect();
        serde_json::json!({
            "holder": info.holder,
            "shipment": info.shipment,
            "parent": info.parent,
            "children": info.children,
            "contents": contents,
            "held": info.held,
        })
    }))
}

fn container(s: &dyn ChainState, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<ContainerInfo>, StateError> {
    let key = sscc.number().to_be_bytes();
    let Some(row) = state::get::<ContainerRow>(s, Table::Container, &key)? else { return Ok(None) };
    // only the outermost container knows where it is
    let mut root = row.clone();
    while let Some(parent) = root.parent {
        match state::get(s, Table::Container, &parent.number().to_be_bytes())? {
            Some(next) => root = next,
            None => break,
        }
    }
    let (holder, shipment) = match &root.at {
        At::Party(party) => (Some(query::party_view(s, party)?), None),
        At::Transit(id) => {
            let transit: Option<TransitRow> = state::get(s, Table::Transit, id.as_bytes())?;
            let to = transit.map(|t| query::party_view(s, &t.to)).transpose()?;
            (to, Some(*id))
        }
        At::Gone => (None, None),
    };
    let amounts: BTreeMap<&LotId, Amount> = row.contents.iter().map(|(lot, amount)| (lot, *amount)).collect();
    let contents = query::briefs(s, row.contents.iter().map(|(lot, _)| lot.clone()).collect())?
        .into_iter()
        .map(|brief| Ok(LotLine { amount: amounts.get(&brief.lot).copied().unwrap_or_default(), ..line(s, brief)? }))
        .collect::<Result<_, StateError>>()?;
    Ok(Some(ContainerInfo {
        sscc,
        holder,
        shipment,
        place: last_seen(s, r, sscc)?,
        parent: row.parent,
        children: row.children.iter().copied().collect(),
        contents,
        held: !row.holds.is_empty() || !root.holds.is_empty(),
    }))
}

/// Where the newest record that names a container happened; a void tells of no place.
fn last_seen(s: &dyn ChainState, r: &dyn RecordSource, sscc: Sscc) -> Result<Option<PlaceView>, StateError> {
    for (_, touch) in lineage::touches(s, &sscc.uri())?.into_iter().rev() {
        let Some(record) = r.record(&touch.record)? else { continue };
        let Payload::Event(event) = &record.payload else { continue };
        if touch.act == Act::Correct || !lineage::standing(s, &record.id)? {
            continue;
        }
        if let Some(view) = first_place(s, [&event.biz_location, &event.read_point])? {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// The first of an event's places that is registered.
fn first_place(s: &dyn ChainState, places: [&Option<Place>; 2]) -> Result<Option<PlaceView>, StateError> {
    for place in places.into_iter().flatten() {
        if let Ok(gln) = Gln::from_uri(&place.id)
            && let Some(view) = query::place_view(s, gln)?
        {
            return Ok(Some(view));
        }
    }
    Ok(None)
}

/// A party's page.
pub(super) async fn party_page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    party: &str,
) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let wanted = party.to_owned();
    let info = read(app, move |s, r| {
        if s.get(Table::Party, wanted.as_bytes())?.is_none() {
            return Ok(None);
        }
        let mut keys = Vec::new();
        for (name, bytes) in s.scan(Table::Key, b"")? {
            let row: KeyRow = state::decode(Table::Key, &bytes)?;
            if let (true, Ok(raw)) = (row.party == wanted, <[u8; 32]>::try_from(name.as_slice())) {
                keys.push((PublicKey(raw), row.label, row.revoked.is_none()));
            }
        }
        let rows: Vec<AccreditationRow> = state::get(s, Table::Accreditation, wanted.as_bytes())?.unwrap_or_default();
        Ok(Some(PartyInfo {
            party: query::party_view(s, &wanted)?,
            keys,
            accreditations: rows.into_iter().map(|r| (r.body, r.number, r.scope, r.until)).collect(),
            suspended_for: suspended_for(s, r, &wanted)?,
            lots: lines(s, query::recent_lots_of(s, &wanted, RECENT)?)?,
        }))
    })
    .await?;
    match info {
        Some(info) => Ok(html(headers, StatusCode::OK, &ctx, pages::render_party(&ctx, &info)?)),
        None => Ok(html(headers, StatusCode::NOT_FOUND, &ctx, pages::render_notice(&ctx, &Notice::NoSuchPage)?)),
    }
}

/// Why a party is suspended, in the words of who suspended it.
fn suspended_for(
    s: &dyn ChainState,
    r: &dyn RecordSource,
    party: &str,
) -> Result<Option<(String, PartyView)>, StateError> {
    if query::party_view(s, party)?.standing == Standing::Active {
        return Ok(None);
    }
    for (_, touch) in lineage::touches(s, &touch::registry_uri(party))?.into_iter().rev() {
        let Some(record) = r.record(&touch.record)? else { continue };
        if let Payload::Registry(statement) = &record.payload
            && let Statement::PartyStatus(status) = &**statement
            && status.party == party
        {
            let by = query::party_view(s, &record.claims.iss)?;
            return Ok(status.reason.clone().map(|reason| (reason, by)));
        }
    }
    Ok(None)
}

/// The page of a record.
pub async fn record(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    index: u64,
    record: Arc<Record>,
) -> Result<Response, Problem> {
    let ctx = ctx(app, headers, uri)?;
    let info = read(app, move |s, _| {
        let row: RecordRow = state::get(s, Table::Record, record.id.as_bytes())?
            .ok_or_else(|| StateError(format!("no row of record {}", record.id)))?;
        let event_time = match &record.payload {
            Payload::Event(event) => Some((event.event_time, event.offset.clone())),
            Payload::Registry(_) => None,
        };
        let place = match &record.payload {
            Payload::Event(event) => first_place(s, [&event.read_point, &event.biz_location])?,
            Payload::Registry(_) => None,
        };
        let party = match s.get(Table::Party, record.claims.iss.as_bytes())? {
            Some(_) => Some(query::party_view(s, &record.claims.iss)?),
            None => None,
        };
        let mut findings = Vec::new();
        for lot in &row.lots {
            for (_, bytes) in s.scan(Table::Finding, &crate::chain::rows::under_lot(lot, &index.to_be_bytes()))? {
                let finding: crate::chain::Finding = state::decode(Table::Finding, &bytes)?;
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
        Ok(RecordInfo {
            id: record.id,
            index,
            clock: row.clock,
            act: row.act,
            party,
            key: record.kid,
            event_time,
            country: place.map(|place| place.country),
            lots: row.lots,
            payload: String::from_utf8_lossy(record.payload_bytes()).into_owned(),
            findings,
            voided_by: row.voided_by,
        })
    })
    .await?;
    Ok(html(headers, StatusCode::OK, &ctx, pages::render_record(&ctx, &info)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_requirement_has_a_name_for_people() {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (mut seen, names) = (0, glossary());
        for (_, _, bytes) in quality::builtin() {
            for r in Profile::from_json(bytes).unwrap().requirements {
                let shown: Vec<String> = Lang::ALL.iter().map(|lang| names.requirement(*lang, &r.id)).collect();
                // what is shown in one form to everybody is the citation of a standard, and says all that the id says
                let cited = r.id.split_once('/').unwrap().1;
                let citation =
                    r.standard.bytes().any(|b| b.is_ascii_digit()) && bare(&r.standard).starts_with(&bare(cited));
                let translated = shown[0] != shown[1] && shown[1] != shown[2] && shown[0] != shown[2];
                assert!(translated || (citation && shown[0] == r.standard), "{}: {shown:?}", r.id);
                seen += 1;
            }
        }
        assert!(seen > 60, "{seen}");
        assert_eq!(
            names.requirement(Lang::Id, "ID/SNI-9999-2030"),
            "SNI 9999-2030",
            "of a profile that is not built in"
        );
    }

    #[test]
    fn parameters_are_written_as_people_write_them() {
        let names = glossary();
        for lang in Lang::ALL {
            let shown = |id: &str| names.parameter(lang, &format!("{}{id}", quality::profile::PARAMETER));
            assert!(shown("ri-20").contains("20\u{a0}°C") && shown("rd-25").contains("25\u{a0}°C"), "{lang:?}");
            for uri in names.parameters.keys() {
                let name = names.parameter(lang, uri);
                assert!(!name.contains("degC") && !name.ends_with(" C"), "{name}");
                assert!(lang != Lang::Zh || !name.contains(['(', ',']) || name.is_ascii(), "{name}");
            }
        }
        assert_eq!(names.parameter(Lang::Id, "urn:jejak:param:quality-tolerance"), "Buah di luar kelas mutu");
    }
}
