//! The GS1 Digital Link resolver: `/01/…`, `/00/…`, `/414/…`, `/417/…` answer with a page, JSON-LD or a linkset, by `Accept`
//! and `linkType` (GS1-Conformant Resolver 1.2; RFC 9264).
//!
//! A compressed link, or one with a GTIN of fewer than 14 digits, leads on to the plain one. `docs/resolver.md` says where this
//! answers otherwise than GS1's test suite expects, and why.

use std::convert::Infallible;
use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value, json};

use super::http::Problem;
use super::http::arguments::{Argument, Parameter};
use super::http::blocking::Snapshot;
use super::http::negotiate::{Media, best, prefers_page};
use super::http::page::Reader;
use super::http::problem::Kind;
use super::i18n::Lang;
use super::pages::{self, Extras, Notice};
use super::{App, container, lot, party, place, product};
use crate::chain::rows::{lot_key, under_lot};
use crate::chain::state::Scan;
use crate::chain::{RecordSource, State as ChainState, StateError, Table};
use crate::gs1::link::encode_component;
use crate::gs1::{DigitalLink, Gtin, LinkError, LotId, PrimaryKey, Resolved};
use crate::names::Names;
use crate::query;

/// Vocabulary of link types.
const VOC: &str = "https://ref.gs1.org/voc/";
/// Stem of canonical links.
const CANONICAL: &str = "https://id.gs1.org";
/// What makes JSON-LD of a linkset: GS1's file of this version, which never changes (resolver standard, "artefacts").
const LINKSET_CONTEXT: &str = "https://ref.gs1.org/standards/resolver/1.2.0/linkset-context";

/// What the resolver reads of the query: all of it, `linkType` and the GS1 data attributes.
pub struct LinkQuery(String);

impl<S: Send + Sync> FromRequestParts<S> for LinkQuery {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<LinkQuery, Infallible> {
        Ok(LinkQuery(parts.uri.query().unwrap_or_default().to_owned()))
    }
}

impl Argument for LinkQuery {
    fn query() -> Vec<Parameter> {
        let what = "linkset or all: every link; a link type (gs1:pip): goes there";
        vec![Parameter { name: "linkType", about: Some((json!({ "type": "string" }), what)) }]
    }
}

/// `GET /01/…`, `/00/…`, `/414/…`, `/417/…`.
pub async fn resolve(
    State(app): State<Arc<App>>,
    LinkQuery(query): LinkQuery,
    reader: Reader,
) -> Result<Response, Problem> {
    let path = reader.uri.path().trim_start_matches('/').trim_end_matches('/');
    let resolved = match DigitalLink::resolve(path, &query) {
        Ok(resolved) if resolved.moved => return Ok(lead_on(&app, &resolved, &query)),
        Ok(resolved) => resolved,
        Err(error) => return bad_link(&app, &reader, &error),
    };
    let wanted = resolved.link.extra.iter().find(|(name, _)| name == "linkType").map(|(_, value)| value.clone());
    let media = match wanted.as_deref() {
        Some("linkset" | "all") => Media::Linkset,
        Some(_) if prefers_page(&reader.headers) => Media::Html,
        Some(_) => Media::Json,
        None => best(&reader.headers, &[Media::Html, Media::JsonLd, Media::Linkset, Media::Json])?,
    };
    app.read(move |s| {
        let Resolved { link, key, .. } = resolved;
        let mut links = vec![to_linkset(s.app, &path_of(&link))];
        if media == Media::Linkset {
            links.push(format!(
                "<{LINKSET_CONTEXT}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\""
            ));
        }
        let mut response = match (known(s.state, &key)?, wanted) {
            // a browser gets a page, even if there is no such object: the page says so
            (_, None) | (Err(_), Some(_)) if media == Media::Html => page(s, &reader, &key)?,
            (Err(why), _) => return Err(Problem::not_found(why)),
            (Ok(()), _) if media == Media::Linkset => linkset(s, &link, &key)?,
            (Ok(()), Some(kind)) => by_type(s.app, &kind, &link, &key, &query)?,
            (Ok(()), None) => data(s, &key, media)?,
        };
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
        name_links(&mut response, &links);
        Ok(response)
    })
    .await
}

/// The link to the linkset of the link with the address `path`.
fn to_linkset(app: &App, path: &str) -> String {
    format!("<{}{path}?linkType=linkset>; rel=\"linkset\"; type=\"application/linkset+json\"", app.config.public_url)
}

/// Puts links into one header: some clients, GS1's test suite among them, read only the last of several.
fn name_links(response: &mut Response, links: &[String]) {
    if let Ok(value) = HeaderValue::from_str(&links.join(", ")) {
        response.headers_mut().insert(header::LINK, value);
    }
}

/// Names the linkset in the answer to `OPTIONS` of a Digital Link, where GS1's test suite looks for it.
pub(super) fn name_linkset(app: &App, path: &str, response: &mut Response) {
    if let Ok(resolved) = DigitalLink::resolve(path.trim_matches('/'), "") {
        name_links(response, &[to_linkset(app, &page_path(&resolved))]);
    }
}

/// The address of the link on a node; of what has no pages of its own, that of what it is part of.
fn page_path(resolved: &Resolved) -> String {
    match resolved.link.elements.first().map(|(code, _)| code.as_str()) {
        Some("00" | "01" | "414" | "417") => path_of(&resolved.link),
        _ => resolved.key.path(),
    }
}

/// The redirect from an address that is another form of a link to the plain one, which is named as the same (resolver standard,
/// "compressed"). The query is passed on.
pub(super) fn lead_on(app: &App, resolved: &Resolved, query: &str) -> Response {
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty()).collect();
    let is_new = |name: &str| !pairs.iter().any(|pair| pair.split('=').next() == Some(name));
    let link = &resolved.link;
    let attributes = link.attributes().iter().map(|(code, value)| (code, encode_component(value)));
    let others = link.extra.iter().map(|(name, value)| (name, value.clone()));
    let unpacked: Vec<String> = attributes
        .chain(others)
        .filter(|(name, _)| is_new(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let query: Vec<&str> = unpacked.iter().map(String::as_str).chain(pairs.iter().copied()).collect();
    let path = page_path(resolved);
    let mut address = format!("{}{path}", app.config.public_url);
    if !query.is_empty() {
        address.push_str(&format!("?{}", query.join("&")));
    }
    let mut response = Redirect::temporary(&address).into_response();
    name_links(&mut response, &[format!("<{address}>; rel=\"owl:sameAs\""), to_linkset(app, &path)]);
    response
}

/// The page of a key.
fn page(s: &Snapshot<'_>, reader: &Reader, key: &PrimaryKey) -> Result<Response, Problem> {
    match key {
        PrimaryKey::Lot(lot) => lot::page(s, reader, lot, Extras::default()),
        PrimaryKey::Item(lot, serial) => {
            if known_lot(s.state, lot)? && !has_issue(s.state, lot)? {
                let ctx = reader.ctx(s)?;
                let page = pages::render_never_issued(&ctx, lot, serial.as_str())?;
                return Ok(reader.html(StatusCode::NOT_FOUND, &ctx, page));
            }
            // only the issuer knows which serials an issue has: the lot's page is true for every pack, and says that the
            // serial was not checked
            let unchecked_serial = Some(serial.to_string());
            lot::page(s, reader, lot, Extras { unchecked_serial, ..Extras::default() })
        }
        PrimaryKey::Sscc(sscc) => container::page(s, reader, *sscc),
        PrimaryKey::Party(gln) => party::page(s, reader, &gln.party_uri()),
        PrimaryKey::Gtin(gtin) => product::page(s, reader, *gtin, None),
        PrimaryKey::Serial(gtin, serial) => product::page(s, reader, *gtin, Some(serial)),
        PrimaryKey::Place(gln) => place::page(s, reader, *gln),
    }
}

/// The answer to an address that is not a Digital Link.
fn bad_link(app: &App, reader: &Reader, why: &LinkError) -> Result<Response, Problem> {
    let accept = reader.headers.get(header::ACCEPT);
    if !accept.is_some_and(|v| v.as_bytes().windows(9).any(|w| w == b"text/html")) {
        return Err(Problem::new(Kind::MalformedRequest, why.to_string()));
    }
    let ctx = reader.ctx_without_words(app)?;
    let page = pages::render_notice(&ctx, &Notice::BadLink(why.clone()))?;
    Ok(reader.html(StatusCode::BAD_REQUEST, &ctx, page))
}

fn known_lot(state: &dyn ChainState, lot: &LotId) -> Result<bool, StateError> {
    Ok(state.get(Table::Lot, &lot_key(lot))?.is_some())
}

/// Whether labels with serial numbers were issued for the lot.
fn has_issue(state: &dyn ChainState, lot: &LotId) -> Result<bool, StateError> {
    Ok(state.scan(Table::Issue, Scan::prefix(&under_lot(lot, b""))).next().transpose()?.is_some())
}

/// Whether the ledger knows what a code names; of a pack its lot, because serials are not on the ledger.
pub(super) fn exists(s: &dyn ChainState, key: &PrimaryKey) -> Result<bool, StateError> {
    match key {
        PrimaryKey::Item(lot, _) => known_lot(s, lot),
        PrimaryKey::Serial(gtin, _) => Ok(known(s, &PrimaryKey::Gtin(*gtin))?.is_ok()),
        key => Ok(known(s, key)?.is_ok()),
    }
}

/// `Ok` when the ledger knows the key; else why it has nothing about it.
fn known(s: &dyn ChainState, key: &PrimaryKey) -> Result<Result<(), String>, StateError> {
    let row = |table, key: &[u8]| s.get(table, key).map(|row| row.is_some());
    let there = match key {
        PrimaryKey::Gtin(gtin) => row(Table::Product, &gtin.number().to_be_bytes())?,
        PrimaryKey::Lot(id) => known_lot(s, id)?,
        PrimaryKey::Item(id, serial) => {
            let known = known_lot(s, id)?;
            if known && !has_issue(s, id)? {
                return Ok(Err(format!("no label of lot {id} was issued with a serial number, {serial} neither")));
            }
            known
        }
        // a serial is issued within a lot; without the lot it is unknown
        PrimaryKey::Serial(..) => false,
        PrimaryKey::Sscc(sscc) => row(Table::Container, &sscc.number().to_be_bytes())?,
        PrimaryKey::Place(gln) => row(Table::Place, &gln.number().to_be_bytes())?,
        PrimaryKey::Party(gln) => row(Table::Party, gln.party_uri().as_bytes())?,
    };
    Ok(if there { Ok(()) } else { Err("nothing of that number is on this ledger".to_owned()) })
}

/// (link type, path, title, media type).
type Link = (&'static str, String, &'static str, &'static str);

/// Key and qualifiers of a link as a path.
fn path_of(link: &DigitalLink) -> String {
    link.canonical().trim_start_matches(CANONICAL).to_owned()
}

/// The links of a key with the address `path`; the first is the default.
fn links(key: &PrimaryKey, path: &str) -> Vec<Link> {
    let page = |title| ("pip", path.to_owned(), title, "text/html");
    let own_data = ("masterData", path.to_owned(), "Data of the ledger", "application/ld+json");
    match key {
        PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) => {
            let api = pages::lot_api(lot);
            vec![
                page("Verification page"),
                ("verificationService", path.to_owned(), "Verification page", "text/html"),
                ("traceability", format!("{api}/trace"), "Trace to every harvest", "application/json"),
                ("recallStatus", api.clone(), "Recall status", "application/json"),
                ("certificationInfo", format!("{api}/proof"), "Proof bundle", "application/vnd.jejak.proof+json"),
                ("epcis", format!("{api}/events"), "Events as an EPCISDocument", "application/ld+json"),
                own_data,
            ]
        }
        PrimaryKey::Place(_) => vec![page("The place"), own_data],
        PrimaryKey::Gtin(_) | PrimaryKey::Serial(..) => vec![page("The product and its lots"), own_data],
        PrimaryKey::Sscc(_) => vec![page("Contents of the container"), own_data],
        PrimaryKey::Party(_) => vec![page("The party"), own_data],
    }
}

fn by_type(app: &App, kind: &str, link: &DigitalLink, key: &PrimaryKey, query: &str) -> Result<Response, Problem> {
    let name = kind.strip_prefix("gs1:").or_else(|| kind.strip_prefix(VOC)).unwrap_or(kind);
    let decoded = crate::gs1::link::decode_component(name).unwrap_or_default();
    let name = decoded.strip_prefix("gs1:").or_else(|| decoded.strip_prefix(VOC)).unwrap_or(&decoded);
    let links = links(key, &path_of(link));
    let found = if name == "defaultLink" { links.first() } else { links.iter().find(|(kind, ..)| *kind == name) };
    let (_, path, ..) =
        found.ok_or_else(|| Problem::not_found("no link of that type; ?linkType=linkset lists those there are"))?;
    // the resolver standard requires the query of the scan to be passed on, attributes such as (17) included
    let rest: Vec<&str> = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("linkType=")).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok(Redirect::temporary(&format!("{}{path}{query}", app.config.public_url)).into_response())
}

/// What a level of a linkset is, in English as the titles of its links.
fn item_description(s: &dyn ChainState, key: &PrimaryKey) -> Result<String, StateError> {
    let english = |names: &Names| names.best("en").1.to_owned();
    let product = |gtin: Gtin| -> Result<String, StateError> {
        Ok(query::product_view(s, gtin)?.map_or_else(|| format!("GTIN {gtin}"), |view| english(&view.name)))
    };
    Ok(match key {
        PrimaryKey::Gtin(gtin) => product(*gtin)?,
        PrimaryKey::Lot(id) => format!("{}, lot {}", product(id.gtin)?, id.lot),
        PrimaryKey::Item(id, serial) => format!("{}, lot {}, serial number {serial}", product(id.gtin)?, id.lot),
        PrimaryKey::Serial(gtin, serial) => format!("{}, serial number {serial}", product(*gtin)?),
        PrimaryKey::Sscc(sscc) => format!("Container {sscc}"),
        PrimaryKey::Place(gln) => {
            query::place_view(s, *gln)?.map_or_else(|| format!("Place {gln}"), |view| english(&view.name))
        }
        PrimaryKey::Party(gln) => english(&query::party_view(s, &gln.party_uri())?.name),
    })
}

/// The links of the key and of each level above it, each under its own anchor: qualifiers that this product has no object for are
/// the lowest level, the product is the highest.
fn linkset(s: &Snapshot<'_>, link: &DigitalLink, key: &PrimaryKey) -> Result<Response, Problem> {
    let base = &s.app.config.public_url;
    let mut levels = vec![(key.clone(), path_of(link))];
    if path_of(link) != key.path() {
        levels.push((key.clone(), key.path()));
    }
    if let PrimaryKey::Item(lot, _) = key {
        levels.push((PrimaryKey::Lot(lot.clone()), pages::lot_path(lot)));
    }
    if let PrimaryKey::Lot(LotId { gtin, .. }) | PrimaryKey::Item(LotId { gtin, .. }, _) | PrimaryKey::Serial(gtin, _) =
        key
    {
        levels.push((PrimaryKey::Gtin(*gtin), format!("/01/{gtin}")));
    }
    let languages: Vec<&str> = Lang::all().map(Lang::code).collect();
    let mut sets = Vec::with_capacity(levels.len());
    for (key, path) in &levels {
        let mut set = serde_json::Map::new();
        set.insert("anchor".to_owned(), format!("{base}{path}").into());
        set.insert("itemDescription".to_owned(), item_description(s.state, key)?.into());
        for (i, (name, path, title, kind)) in links(key, path).iter().enumerate() {
            let mut entry = json!({ "href": format!("{base}{path}"), "title": title });
            if i == 0 {
                // the default is what is left when no attribute decides, and has none (resolver standard, "default link")
                set.insert(format!("{VOC}defaultLink"), json!([entry]));
            }
            entry["type"] = (*kind).into();
            if *kind == Media::Html.media_type() {
                entry["hreflang"] = json!(languages);
            }
            set.insert(format!("{VOC}{name}"), json!([entry]));
        }
        sets.push(Value::Object(set));
    }
    let mut response = Json(json!({ "linkset": sets })).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/linkset+json"));
    Ok(response)
}

/// The context of the data: every member of our own object is a term of `jejak`, texts by language are what they are, and lists
/// whose order says something keep it.
fn context() -> Value {
    let texts = |term: &str| json!({ "@id": format!("urn:jejak:v1:{term}"), "@container": "@language" });
    let ordered = |term: &str| json!({ "@id": format!("urn:jejak:v1:{term}"), "@container": "@list" });
    let mut own = serde_json::Map::new();
    own.insert("@vocab".to_owned(), "urn:jejak:v1:".into());
    for term in ["name", "storage"] {
        own.insert(term.to_owned(), texts(term));
    }
    for term in [
        "accreditation",
        "args",
        "facts",
        "harvested",
        "inputs",
        "inspections",
        "outputs",
        "profile",
        "states",
        "steps",
    ] {
        own.insert(term.to_owned(), ordered(term));
    }
    let mut context = json!({ "@version": 1.1, "gs1": VOC, "jejak": "urn:jejak:v1:" });
    for member in ["state", "product", "container", "place", "party"] {
        context[format!("jejak:{member}")] = json!({ "@id": format!("urn:jejak:v1:{member}"), "@context": own });
    }
    context
}

/// What is known, as JSON-LD: in the GS1 Web Vocabulary, and as our own object.
fn data(s: &Snapshot<'_>, key: &PrimaryKey, media: Media) -> Result<Response, Problem> {
    let found = describe(s.state, s.records, key)?;
    let mut body = found.ok_or_else(|| Problem::not_found("nothing of that number is on this ledger"))?;
    body["@context"] = context();
    if let PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) = key {
        let events = format!("{}{}/events", s.app.config.public_url, pages::lot_api(lot));
        body["gs1:epcis"] = json!({ "@id": events });
    }
    let mut response = Json(body).into_response();
    let media = if media == Media::Json { Media::Json } else { Media::JsonLd };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media.media_type()));
    Ok(response)
}

fn names(names: &crate::names::Names) -> Vec<Value> {
    names.iter().map(|(tag, text)| json!({ "@value": text, "@language": tag.as_str() })).collect()
}

fn describe(s: &dyn ChainState, records: &dyn RecordSource, key: &PrimaryKey) -> Result<Option<Value>, StateError> {
    Ok(match key {
        PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) => query::lot_view(s, records, lot)?.map(|view| {
            json!({
                "@id": lot.uri(),
                "@type": "gs1:Product",
                "gs1:gtin": lot.gtin.to_string(),
                "gs1:hasBatchLotNumber": lot.lot.as_str(),
                "gs1:productName": names(&view.product.name),
                "jejak:state": view,
            })
        }),
        PrimaryKey::Gtin(gtin) | PrimaryKey::Serial(gtin, _) => query::product_view(s, *gtin)?.map(|view| {
            json!({
                "@id": format!("{CANONICAL}/01/{gtin}"),
                "@type": "gs1:Product",
                "gs1:gtin": gtin.to_string(),
                "gs1:productName": names(&view.name),
                "jejak:product": view,
            })
        }),
        PrimaryKey::Sscc(sscc) => container::container_state(s, records, *sscc)?
            .map(|state| json!({ "@id": sscc.uri(), "gs1:sscc": sscc.to_string(), "jejak:container": state })),
        PrimaryKey::Place(gln) => query::place_view(s, *gln)?.map(|view| {
            json!({
                "@id": format!("{CANONICAL}/414/{gln}"),
                "@type": "gs1:Place",
                "gs1:globalLocationNumber": gln.to_string(),
                "jejak:place": view,
            })
        }),
        PrimaryKey::Party(gln) => match s.get(Table::Party, gln.party_uri().as_bytes())? {
            Some(_) => {
                let view = query::party_view(s, &gln.party_uri())?;
                Some(json!({
                    "@id": gln.party_uri(),
                    "@type": "gs1:Organization",
                    "gs1:partyGLN": gln.to_string(),
                    "gs1:organizationName": names(&view.name),
                    "jejak:party": view,
                }))
            }
            None => None,
        },
    })
}

/// `GET /.well-known/gs1resolver`.
pub async fn description(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "resolverRoot": app.config.public_url,
        "name": "Jejak",
        "supportedPrimaryKeys": ["00", "01", "414", "417"],
        "supportedLinkType": [{ "namespace": VOC, "prefix": "gs1:" }],
        "linkTypeDefaultCanBeLinkset": false,
        "jsonLdContextLocation": LINKSET_CONTEXT
    }))
}
