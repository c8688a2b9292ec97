//! The GS1 Digital Link resolver: `/01/…`, `/00/…`, `/414/…`, `/417/…` answer with a page, JSON-LD or a linkset, by `Accept`
//! and `linkType` (GS1-Conformant Resolver 1.2; RFC 9264).
//!
//! What it is not: a decompressor. A compressed URI is refused by name: no label of this product carries one.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::http::Problem;
use super::http::negotiate::{Kind, best, prefers_page};
use super::http::page::{ctx, html};
use super::pages::{self, Extras, Notice};
use super::{App, container, lot, party, place, product};
use crate::chain::state::Scan;
use crate::chain::{State as ChainState, StateError, Table, query};
use crate::gs1::{DigitalLink, LinkError, LotId, PrimaryKey, Resolved};

/// Vocabulary of link types.
const VOC: &str = "https://ref.gs1.org/voc/";
/// Stem of canonical links.
const CANONICAL: &str = "https://id.gs1.org";

/// The addresses of this file.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/01/{*rest}", get(resolve))
        .route("/00/{*rest}", get(resolve))
        .route("/414/{*rest}", get(resolve))
        .route("/417/{*rest}", get(resolve))
        .route("/.well-known/gs1resolver", get(description))
}

/// Whether a path ends in what may be a compressed Digital Link (GS1 Digital Link 1.6, compression): base64url, and long enough
/// to hold a key.
pub fn looks_compressed(path: &str) -> bool {
    let last = path.trim_matches('/').rsplit('/').next().unwrap_or_default();
    last.len() >= 10
        && last.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && last.bytes().any(|b| b.is_ascii_uppercase())
        && last.bytes().any(|b| b.is_ascii_lowercase())
}

/// Why a compressed link is refused.
pub const COMPRESSED: &str =
    "compressed GS1 Digital Link URIs are not supported; use the uncompressed form, such as /01/<GTIN>/10/<lot>";

async fn resolve(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let path = uri.path().trim_start_matches('/').trim_end_matches('/');
    let query = query.unwrap_or_default();
    let Resolved { link, key, aside } = match DigitalLink::resolve(path, &query) {
        Ok(resolved) => resolved,
        // a key and its qualifiers come in pairs: one part more is a compressed rest
        Err(_) if !path.split('/').count().is_multiple_of(2) && looks_compressed(path) => {
            return bad_link(&app, &headers, &uri, &LinkError::Compressed);
        }
        Err(error) => return bad_link(&app, &headers, &uri, &error),
    };
    let wanted = link.extra.iter().find(|(name, _)| name == "linkType").map(|(_, value)| value.as_str());
    let chosen = match wanted {
        Some("linkset" | "all") => Kind::Linkset,
        Some(_) if prefers_page(&headers) => Kind::Html,
        Some(_) => Kind::Json,
        None => best(&headers, &[Kind::Html, Kind::JsonLd, Kind::Linkset, Kind::Json])?,
    };
    let asked = key.clone();
    let known = app.read(move |s, _| known(s, &asked)).await?;
    let mut response = match (known, wanted) {
        // whatever a browser asks of what is not there, it gets the page that says so
        (_, None) | (Err(_), Some(_)) if chosen == Kind::Html => page(&app, &headers, &uri, &key, aside).await?,
        (Err(why), _) => return Err(Problem::not_found(why)),
        (Ok(()), _) if chosen == Kind::Linkset => linkset(&app, &link, &key),
        (Ok(()), Some(kind)) => by_type(&app, kind, &link, &key, &query)?,
        (Ok(()), None) => data(&app, &key, chosen).await?,
    };
    let out = response.headers_mut();
    out.insert(header::VARY, HeaderValue::from_static("accept, accept-language"));
    let set = format!("{}?linkType=linkset", link.canonical().replacen(CANONICAL, &app.config.public_url, 1));
    if let Ok(value) = HeaderValue::from_str(&format!("<{set}>; rel=\"linkset\"; type=\"application/linkset+json\"")) {
        out.append(header::LINK, value);
    }
    Ok(response)
}

/// The page of a key of the resolver; `aside` are identifiers of the link that it was found without.
async fn page(
    app: &Arc<App>,
    headers: &HeaderMap,
    uri: &Uri,
    key: &PrimaryKey,
    aside: Vec<String>,
) -> Result<Response, Problem> {
    match key {
        PrimaryKey::Lot(lot) => lot::page(app, headers, uri, lot, Extras { aside, ..Extras::default() }).await,
        PrimaryKey::Item(lot, serial) => {
            let ctx = ctx(app, headers, uri)?;
            let wanted = lot.clone();
            let issued = app.read(move |s, _| {
                s.scan(Table::Issue, Scan::prefix(&crate::chain::rows::under_lot(&wanted, b""))).next().transpose()
            });
            let issued = issued.await?;
            let wanted = lot.clone();
            let known = app.read(move |s, _| s.get(Table::Lot, &crate::chain::rows::lot_key(&wanted))).await?.is_some();
            if known && issued.is_none() {
                let page = pages::render_never_issued(&ctx, lot, serial.as_str())?;
                return Ok(html(headers, StatusCode::NOT_FOUND, &ctx, page));
            }
            // which serials an issue holds is known to its issuer until the serial register comes: the lot's page is
            // true of every pack of it, and says that the serial was not checked
            let extras = Extras { unchecked_serial: Some(serial.to_string()), aside, ..Extras::default() };
            lot::page(app, headers, uri, lot, extras).await
        }
        PrimaryKey::Sscc(sscc) => container::page(app, headers, uri, *sscc).await,
        PrimaryKey::Party(gln) => party::page(app, headers, uri, &gln.party_uri()).await,
        PrimaryKey::Gtin(gtin) => product::page(app, headers, uri, *gtin, None).await,
        PrimaryKey::Serial(gtin, serial) => product::page(app, headers, uri, *gtin, Some(serial)).await,
        PrimaryKey::Place(gln) => place::page(app, headers, uri, *gln).await,
    }
}

/// The page for an address that is no Digital Link.
fn bad_link(app: &Arc<App>, headers: &HeaderMap, uri: &Uri, what: &LinkError) -> Result<Response, Problem> {
    let wants_page = headers.get(header::ACCEPT).is_some_and(|v| v.as_bytes().windows(9).any(|w| w == b"text/html"));
    if !wants_page {
        return Err(Problem::new("malformed-request", what.to_string()));
    }
    let ctx = ctx(app, headers, uri)?;
    let page = pages::render_notice(&ctx, &Notice::BadLink(what.clone()))?;
    Ok(html(headers, StatusCode::BAD_REQUEST, &ctx, page))
}

/// `Ok` when the ledger knows the key; else why there is nothing to tell.
pub(super) fn known(s: &dyn ChainState, key: &PrimaryKey) -> Result<Result<(), String>, StateError> {
    let row = |table, key: &[u8]| s.get(table, key).map(|row| row.is_some());
    let lot = |lot: &LotId| row(Table::Lot, &crate::chain::rows::lot_key(lot));
    let there = match key {
        PrimaryKey::Gtin(gtin) => row(Table::Product, &gtin.number().to_be_bytes())?,
        PrimaryKey::Lot(id) => lot(id)?,
        PrimaryKey::Item(id, serial) => {
            if lot(id)? && s.scan(Table::Issue, Scan::prefix(&crate::chain::rows::under_lot(id, b""))).next().is_none()
            {
                return Ok(Err(format!("no label of lot {id} was issued with a serial number, {serial} neither")));
            }
            lot(id)?
        }
        // a serial is issued within a lot; without the lot nothing is known of it
        PrimaryKey::Serial(..) => false,
        PrimaryKey::Sscc(sscc) => row(Table::Container, &sscc.number().to_be_bytes())?,
        PrimaryKey::Place(gln) => row(Table::Place, &gln.number().to_be_bytes())?,
        PrimaryKey::Party(gln) => row(Table::Party, gln.party_uri().as_bytes())?,
    };
    Ok(if there { Ok(()) } else { Err("nothing of that number is on this ledger".to_owned()) })
}

/// (link type, path, title, media type).
type Link = (&'static str, String, &'static str, &'static str);

fn path_of(link: &DigitalLink) -> String {
    link.canonical().trim_start_matches(CANONICAL).to_owned()
}

/// The links of a key, whose own address is `path`; the first is the default.
fn links(key: &PrimaryKey, path: &str) -> Vec<Link> {
    let page = |title| ("pip", path.to_owned(), title, "text/html");
    let own_data = ("masterData", path.to_owned(), "What the ledger knows", "application/ld+json");
    match key {
        PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) => {
            let api = pages::lot_api(lot);
            vec![
                page("Verification page"),
                ("verificationService", path.to_owned(), "Verification page", "text/html"),
                ("traceability", format!("{api}/trace"), "Trace to every harvest", "application/json"),
                ("recallStatus", api.clone(), "Recall status", "application/json"),
                ("certificationInfo", format!("{api}/proof"), "Proof bundle", "application/vnd.jejak.proof+json"),
                own_data,
            ]
        }
        PrimaryKey::Place(_) => vec![page("The place"), own_data],
        PrimaryKey::Gtin(_) | PrimaryKey::Serial(..) => vec![page("The product and its lots"), own_data],
        PrimaryKey::Sscc(_) => vec![page("Contents of the container"), own_data],
        PrimaryKey::Party(_) => vec![page("Who it is"), own_data],
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
    // the query of the scan goes along, attributes such as (17) too, as the resolver standard asks
    let rest: Vec<&str> = query.split('&').filter(|p| !p.is_empty() && !p.starts_with("linkType=")).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok(Redirect::temporary(&format!("{}{path}{query}", app.config.public_url)).into_response())
}

/// The links of the key and of each level above it up to the product, each under its own anchor.
fn linkset(app: &App, link: &DigitalLink, key: &PrimaryKey) -> Response {
    let base = &app.config.public_url;
    let mut levels = vec![(key.clone(), path_of(link))];
    if let PrimaryKey::Item(lot, _) = key {
        levels.push((PrimaryKey::Lot(lot.clone()), pages::lot_path(lot)));
    }
    if let PrimaryKey::Lot(LotId { gtin, .. }) | PrimaryKey::Item(LotId { gtin, .. }, _) | PrimaryKey::Serial(gtin, _) =
        key
    {
        levels.push((PrimaryKey::Gtin(*gtin), format!("/01/{gtin}")));
    }
    let sets: Vec<Value> = levels
        .iter()
        .map(|(key, path)| {
            let mut set = serde_json::Map::new();
            set.insert("anchor".to_owned(), format!("{base}{path}").into());
            for (i, (name, path, title, kind)) in links(key, path).iter().enumerate() {
                let entry = json!([{ "href": format!("{base}{path}"), "title": title, "type": kind }]);
                if i == 0 {
                    set.insert(format!("{VOC}defaultLink"), entry.clone());
                }
                set.insert(format!("{VOC}{name}"), entry);
            }
            Value::Object(set)
        })
        .collect();
    let mut response = Json(json!({ "linkset": sets })).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/linkset+json"));
    response
}

/// What is known, as JSON-LD in the GS1 Web Vocabulary with our own answer beside it.
async fn data(app: &Arc<App>, key: &PrimaryKey, kind: Kind) -> Result<Response, Problem> {
    let wanted = key.clone();
    let found = app
        .blocking(move |app| app.ledger.with_state(|s, r| describe(s, r, &wanted)).map_err(|e| Problem::internal(&e)))
        .await?;
    let mut body = found.ok_or_else(|| Problem::not_found("nothing of that number is on this ledger"))?;
    body["@context"] = json!({ "gs1": VOC, "jejak": "urn:jejak:v1:" });
    let mut response = Json(body).into_response();
    let kind = if kind == Kind::Json { "application/json" } else { "application/ld+json" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    Ok(response)
}

fn names(names: &crate::record::registry::Names) -> Vec<Value> {
    [("id", &names.id), ("zh", &names.zh)]
        .into_iter()
        .filter_map(|(lang, name)| name.as_ref().map(|n| json!({ "@value": n, "@language": lang })))
        .chain([json!({ "@value": names.en, "@language": "en" })])
        .collect()
}

fn describe(
    s: &dyn ChainState,
    records: &dyn crate::chain::RecordSource,
    key: &PrimaryKey,
) -> Result<Option<Value>, StateError> {
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

async fn description(State(app): State<Arc<App>>) -> Json<Value> {
    Json(json!({
        "resolverRoot": app.config.public_url,
        "name": "Jejak",
        "supportedPrimaryKeys": ["00", "01", "414", "417"],
        "supportedLinkType": [{ "namespace": VOC, "prefix": "gs1:" }],
        "linkTypeDefaultCanBeLinkset": false
    }))
}

#[cfg(test)]
mod tests {
    use super::looks_compressed;

    #[test]
    fn what_may_be_compressed() {
        assert!(looks_compressed("/AQnYUc1gmiCNV4JG"));
        assert!(looks_compressed("/01/09521321001015/AQnYUc1gmiCNV4JG"));
        for plain in ["/nonsense", "/01/09521321001015", "/administrator", "/apple-touch-icon.png", "/"] {
            assert!(!looks_compressed(plain), "{plain}");
        }
    }
}
