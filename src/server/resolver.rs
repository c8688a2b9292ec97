//! The GS1 Digital Link resolver: `/01/…`, `/00/…`, `/414/…`, `/417/…` answer with a page, JSON-LD or a linkset, by `Accept`
//! and `linkType` (GS1-Conformant Resolver 1.2; RFC 9264).

use std::sync::Arc;

use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::negotiate::{Kind, best};
use super::pages;
use super::problem::Problem;
use super::{App, lots, passport};
use crate::chain::query;
use crate::gs1::{DigitalLink, LotId, PrimaryKey};

/// Vocabulary of link types.
const VOC: &str = "https://ref.gs1.org/voc/";

/// The addresses of this file.
pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/01/{*rest}", get(resolve))
        .route("/00/{*rest}", get(resolve))
        .route("/414/{*rest}", get(resolve))
        .route("/417/{*rest}", get(resolve))
        .route("/.well-known/gs1resolver", get(description))
}

async fn resolve(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Problem> {
    let path = request.uri().path().trim_start_matches('/').trim_end_matches('/').to_owned();
    let link = match DigitalLink::from_path_and_query(&path, query.as_deref().unwrap_or_default()) {
        Ok(link) => link,
        Err(error) => return passport::bad_link(&app, &headers, &uri, &error.to_string()),
    };
    let key = match link.key() {
        Ok(key) => key,
        Err(error) => return passport::bad_link(&app, &headers, &uri, &error.to_string()),
    };
    let wanted = link.extra.iter().find(|(name, _)| name == "linkType").map(|(_, value)| value.as_str());
    let mut response = match (wanted, &key) {
        (Some("linkset" | "all"), _) => linkset(&app, &link, &key)?,
        (Some(kind), PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) => by_type(&app, kind, lot, &link)?,
        _ => match best(&headers, &[Kind::Html, Kind::JsonLd, Kind::Linkset, Kind::Json])? {
            Kind::Html => passport::page(&app, &headers, &uri, &key).await?,
            Kind::Linkset => linkset(&app, &link, &key)?,
            _ => data(&app, &key).await?,
        },
    };
    let out = response.headers_mut();
    out.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    out.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
    let header_link = format!(
        "<{}>; rel=\"linkset\"; type=\"application/linkset+json\"",
        link.uri(&app.config.public_url).split('?').next().unwrap_or_default().to_owned() + "?linkType=linkset"
    );
    if let Ok(value) = HeaderValue::from_str(&header_link) {
        out.append(header::LINK, value);
    }
    Ok(response)
}

/// (link type, path, title, media type) of a lot's links; the first is the default.
fn links(lot: &LotId) -> Vec<(&'static str, String, &'static str, &'static str)> {
    let page = pages::lot_path(lot);
    let api = pages::lot_api(lot);
    vec![
        ("pip", page.clone(), "Verification page", "text/html"),
        ("verificationService", page, "Verification page", "text/html"),
        ("traceability", format!("{api}/trace"), "Trace to every harvest", "application/json"),
        ("recallStatus", api.clone(), "Recall status", "application/json"),
        ("certificationInfo", format!("{api}/proof"), "Proof bundle", "application/vnd.jejak.proof+json"),
    ]
}

fn by_type(app: &App, kind: &str, lot: &LotId, link: &DigitalLink) -> Result<Response, Problem> {
    let name = kind.strip_prefix("gs1:").or_else(|| kind.strip_prefix(VOC)).unwrap_or(kind);
    let name = if name == "defaultLink" { "pip" } else { name };
    let (_, path, ..) = links(lot)
        .into_iter()
        .find(|(kind, ..)| *kind == name)
        .ok_or_else(|| Problem::not_found(format!("no link of type {name}; ?linkType=linkset lists them")))?;
    // the query of the scan goes along, as the resolver standard asks
    let rest: Vec<String> =
        link.extra.iter().filter(|(n, _)| n != "linkType").map(|(n, v)| format!("{n}={v}")).collect();
    let query = if rest.is_empty() { String::new() } else { format!("?{}", rest.join("&")) };
    Ok(Redirect::temporary(&format!("{}{path}{query}", app.config.public_url)).into_response())
}

fn linkset(app: &App, link: &DigitalLink, key: &PrimaryKey) -> Result<Response, Problem> {
    let base = &app.config.public_url;
    let anchor = link.canonical().replacen("https://id.gs1.org", base, 1);
    let mut set = serde_json::Map::new();
    set.insert("anchor".to_owned(), anchor.clone().into());
    let entry =
        |path: &str, title: &str, kind: &str| json!({ "href": format!("{base}{path}"), "title": title, "type": kind });
    match key {
        PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _) => {
            for (i, (name, path, title, kind)) in links(lot).iter().enumerate() {
                if i == 0 {
                    set.insert(format!("{VOC}defaultLink"), json!([entry(path, title, kind)]));
                }
                set.insert(format!("{VOC}{name}"), json!([entry(path, title, kind)]));
            }
        }
        _ => {
            let path = anchor.strip_prefix(base.as_str()).unwrap_or("/").to_owned();
            set.insert(format!("{VOC}defaultLink"), json!([entry(&path, "Page", "text/html")]));
            set.insert(format!("{VOC}pip"), json!([entry(&path, "Page", "text/html")]));
        }
    }
    let mut response = Json(json!({ "linkset": [Value::Object(set)] })).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/linkset+json"));
    Ok(response)
}

/// What is known, as JSON-LD in the GS1 Web Vocabulary with our own answer beside it.
async fn data(app: &Arc<App>, key: &PrimaryKey) -> Result<Response, Problem> {
    let (PrimaryKey::Lot(lot) | PrimaryKey::Item(lot, _)) = key else {
        return Err(Problem::not_found("JSON-LD is made for lots; other keys have a page and a linkset"));
    };
    let wanted = lot.clone();
    let view = lots::read(app, move |s, r| query::lot_view(s, r, &wanted))
        .await?
        .ok_or_else(|| Problem::not_found(format!("lot {lot} is not on this ledger")))?;
    let names: Vec<Value> = [("id", &view.product.name.id), ("zh", &view.product.name.zh)]
        .into_iter()
        .filter_map(|(lang, name)| name.as_ref().map(|n| json!({ "@value": n, "@language": lang })))
        .chain([json!({ "@value": view.product.name.en, "@language": "en" })])
        .collect();
    let body = json!({
        "@context": { "gs1": VOC, "jejak": "urn:jejak:v1:" },
        "@id": lot.uri(),
        "@type": "gs1:Product",
        "gs1:gtin": lot.gtin.to_string(),
        "gs1:hasBatchLotNumber": lot.lot.as_str(),
        "gs1:productName": names,
        "jejak:state": view,
    });
    let mut response = Json(body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/ld+json"));
    Ok(response)
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
