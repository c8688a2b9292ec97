//! Every address of the node in one table. The router and `/openapi.json` are both built from it, so they can't differ.

use std::sync::Arc;

use axum::handler::Handler;
use axum::routing::{self, MethodRouter};

use super::http::arguments::{Arguments, Parameter};
use super::http::problem::Kind::{
    self, BadSignature, Busy, ClockHeld, Closing, Conflict, Gone, GoodsStopped, InsufficientStorage, Internal,
    MalformedRecord, MalformedRequest, NotAcceptable, NotFound, Rejected, RequestTimeout, TooEarly, TooLarge,
    TooManyRequests, UnsupportedMediaType,
};
use super::{
    App, app, assets, demo, enrolments, entries, events, evidence, home, key, kit, labels, log, lot_list, lots,
    openapi, ops, party, party_list, path, profiles, readiness, record, regions, registry, resolver, search, shipments,
    specifications, witnesses,
};
use crate::proof::bundle::MAX_BUNDLE;
use crate::record::envelope::MAX_RECORD;

/// One operation: a method at an address.
pub struct Route {
    /// The method in lower case, as OpenAPI writes it.
    pub method: &'static str,
    /// The path, with `{name}` for one segment and `{*name}` for the rest.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// Media types of the answer.
    pub produces: &'static [&'static str],
    /// The schema of the answer as JSON, in `schemas/http.schema.json`; empty when it is none.
    pub answers: &'static str,
    /// Media types of the body it takes.
    pub consumes: &'static [&'static str],
    /// The schema of that body as JSON, in `schemas/http.schema.json`; empty when it is none.
    pub takes: &'static str,
    /// Statuses other than 200 that are not problems.
    pub also: &'static [u16],
    /// Kinds of problem it answers, in addition to [`ANYWHERE`].
    pub problems: &'static [Kind],
    /// Query parameters, from the types of the handler's arguments.
    pub query: Vec<Parameter>,
    /// What keeps the answer small, however long the log is.
    pub bound: Bound,
    /// Whether a signature of the request is read (RFC 9421).
    pub signed: bool,
    /// The handler.
    pub handler: MethodRouter<Arc<App>>,
}

/// What keeps an answer small. Every reading address states it, or the table does not compile; `http_lists` compares answers with
/// it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// At most so many bytes.
    Bytes(u64),
    /// One page of a list; `Link` leads to the next. At most so many bytes for each item of a page.
    Page(u64),
    /// A file of at most so many bytes, read while it is sent.
    File(u64),
}

/// Answer to a submission: an outcome for each record.
const OUTCOMES: Bound = Bound::Bytes(8 << 20);
/// A page, or a small document.
const SMALL: Bound = Bound::Bytes(256 << 10);
/// The requests that wait: 512 of 2 kB.
const INBOX: Bound = Bound::Bytes(2 << 20);
/// One record and its receipt, as JSON, as a page, or as bytes.
const RECORD: Bound = Bound::Bytes(512 << 10);
/// What an item of a list may have: the longest name in every language, and the other texts of a party.
const ITEM: Bound = Bound::Page(24 << 10);
/// A party, 100 keys and 1,000 prefixes.
const REGISTRY: Bound = Bound::Bytes(1 << 20);
/// What an item of a trace may have: the names of a product and a place, and a party; or the lots of one record. Also a product
/// with its makers.
const TRACED: Bound = Bound::Page(64 << 10);
/// What a record of a journey may have: three parties, a place and 32 documents. Also a party with 64 accreditations.
const STEP: Bound = Bound::Page(128 << 10);
/// An entry bundle: 256 records of the largest size, each after its length.
const BUNDLE: Bound = Bound::File(256 * (2 + MAX_RECORD as u64));
/// A page of labels: one label, its glyphs, and where it is repeated.
const LABELS: Bound = Bound::Bytes(1 << 20);
/// A lot: its lists are cut (`query::lot_view`).
const LOT: Bound = Bound::Bytes(32 << 20);
/// A part of a proof.
const PROOF: Bound = Bound::Bytes(MAX_BUNDLE as u64);
/// The largest that a ledger takes when nothing else is configured; a larger limit makes it larger.
const BLOB: Bound = Bound::File(20 << 20);

/// Kinds of problem that any address may answer.
pub const ANYWHERE: &[Kind] = &[RequestTimeout, TooManyRequests, Internal, Busy, Closing];

impl Route {
    const fn produces(mut self, types: &'static [&'static str]) -> Route {
        self.produces = types;
        self
    }

    const fn answers(mut self, schema: &'static str) -> Route {
        self.answers = schema;
        self
    }

    const fn consumes(mut self, types: &'static [&'static str]) -> Route {
        self.consumes = types;
        self
    }

    const fn takes(mut self, schema: &'static str) -> Route {
        self.takes = schema;
        self
    }

    const fn also(mut self, statuses: &'static [u16]) -> Route {
        self.also = statuses;
        self
    }

    const fn problems(mut self, kinds: &'static [Kind]) -> Route {
        self.problems = kinds;
        self
    }
}

fn route<T: Arguments>(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    bound: Bound,
    handler: MethodRouter<Arc<App>>,
) -> Route {
    let (query, signed) = (T::query(), T::signed());
    let (produces, consumes, also, problems) = (&[], &[], &[], &[]);
    let (answers, takes) = ("", "");
    Route { method, path, summary, produces, answers, consumes, takes, also, problems, query, signed, bound, handler }
}

fn get<T, H>(path: &'static str, bound: Bound, handler: H, summary: &'static str) -> Route
where
    T: Arguments + 'static,
    H: Handler<T, Arc<App>>,
{
    route::<T>("get", path, summary, bound, routing::get(handler))
}

fn post<T, H>(path: &'static str, bound: Bound, handler: H, summary: &'static str) -> Route
where
    T: Arguments + 'static,
    H: Handler<T, Arc<App>>,
{
    route::<T>("post", path, summary, bound, routing::post(handler))
}

fn delete<T, H>(path: &'static str, handler: H, summary: &'static str) -> Route
where
    T: Arguments + 'static,
    H: Handler<T, Arc<App>>,
{
    route::<T>("delete", path, summary, SMALL, routing::delete(handler))
}

fn put<T, H>(path: &'static str, handler: H, summary: &'static str) -> Route
where
    T: Arguments + 'static,
    H: Handler<T, Arc<App>>,
{
    route::<T>("put", path, summary, SMALL, routing::put(handler))
}

const HTML: &str = "text/html";
const CSV: &str = "text/csv";
const JSON: &str = "application/json";
const TEXT: &str = "text/plain";
const JAVASCRIPT: &str = "text/javascript";
const SVG: &str = "image/svg+xml";
const PDF: &str = "application/pdf";
const BYTES: &str = "application/octet-stream";
/// Media types of the resolver.
const RESOLVED: &[&str] = &[HTML, "application/ld+json", "application/linkset+json", JSON];

/// The table.
pub fn routes() -> Vec<Route> {
    let resolve = |path, summary| {
        get(path, LOT, resolver::resolve, summary).produces(RESOLVED).answers("Resolved").also(&[307]).problems(&[
            MalformedRequest,
            NotFound,
            NotAcceptable,
        ])
    };
    vec![
        post("/entries", OUTCOMES, entries::post, "Submits one record (application/cose) or many (application/cbor-seq)")
            .consumes(&[entries::COSE, entries::CBOR_SEQ])
            .produces(&[JSON]).answers("Submitted")
            .also(&[201])
            .problems(&[
                MalformedRecord,
                BadSignature,
                MalformedRequest,
                Conflict,
                TooLarge,
                UnsupportedMediaType,
                Rejected,
                TooEarly,
                ClockHeld,
                InsufficientStorage,
            ]),
        get("/entries/{id}", RECORD, record::get, "A record with its receipt")
            .produces(&[JSON, entries::COSE, HTML]).answers("Entry")
            .problems(&[NotFound, NotAcceptable]),
        get("/entries/{id}/receipt", RECORD, record::get_receipt, "An RFC 9942 receipt, built for each request")
            .produces(&["application/scitt-receipt+cose"])
            .problems(&[NotFound, TooEarly]),
        get(
            "/entries/{id}/statement",
            RECORD, record::get_statement,
            "The record with its receipt in one file: a transparent statement (RFC 9943); waits for the next publication",
        )
        .produces(&[entries::STATEMENT])
        .problems(&[NotFound]),
        get("/entries/{id}/tlog-proof", RECORD, record::get_tlog_proof, "A C2SP tlog-proof")
            .produces(&[TEXT])
            .problems(&[NotFound, TooEarly]),
        get("/checkpoint", SMALL, log::checkpoint, "The newest published checkpoint").produces(&[TEXT]).problems(&[NotFound]),
        get("/consistency", SMALL, log::consistency, "The proof that one published tree is a prefix of another (RFC 9162)")
            .produces(&[JSON]).answers("Consistency")
            .problems(&[MalformedRequest, NotFound]),
        get("/history", Bound::Page(512), log::history, "The first page of the published checkpoints; Link names the next")
            .produces(&[TEXT]),
        get(
            "/history/{page}",
            Bound::Page(512), log::history_page,
            "256 lines of the history, by six digits from 000000; a full page never changes, Link names the next",
        )
        .produces(&[TEXT])
        .problems(&[NotFound]),
        get("/tile/{*path}", BUNDLE, log::tile, "A hash tile or entry bundle of C2SP tlog-tiles")
            .produces(&[BYTES])
            .problems(&[NotFound]),
        get("/lots", ITEM, lot_list::list, "The lots that fit a filter, newest first; Link names the next page, also after a page with few or no lots")
            .produces(&[JSON, HTML, CSV]).answers("Lots")
            .problems(&[MalformedRequest, NotAcceptable]),
        get(
            "/lots/{gtin}/{lot}",
            LOT, lots::get,
            "What is known about a lot; `omitted` counts what its lists leave out",
        )
        .produces(&[JSON]).answers("Lot")
        .problems(&[MalformedRequest, NotFound]),
        get(
            "/lots/{gtin}/{lot}/steps",
            STEP, lots::steps,
            "The records about a lot and its ancestors, in log order; Link names the next page",
        )
        .produces(&[JSON]).answers("Steps")
        .problems(&[MalformedRequest, NotFound]),
        get(
            "/lots/{gtin}/{lot}/events",
            STEP, events::document,
            "The events about a lot and its ancestors as an EPCISDocument, in log order; Link names the next page",
        )
        .produces(&["application/ld+json"]).answers("EpcisDocument")
        .problems(&[MalformedRequest, NotFound]),
        get(
            "/lots/{gtin}/{lot}/trace",
            TRACED, lots::trace,
            "Up to every harvest, with quantities, nearest lots first; Link names the next part",
        )
        .produces(&[JSON]).answers("Trace")
        .problems(&[MalformedRequest, NotFound]),
        get(
            "/lots/{gtin}/{lot}/impact",
            TRACED, lots::impact,
            "Down to every shipment, consignee and label issue, nearest lots first; Link names the next part",
        )
        .produces(&[JSON]).answers("Trace")
        .problems(&[MalformedRequest, NotFound]),
        get(
            "/lots/{gtin}/{lot}/proof",
            PROOF, lots::proof,
            "The proof bundle; of a lot with very many records in parts, of which Link names the next",
        )
            .produces(&["application/vnd.jejak.proof+json", "application/vnd.jejak.proof+cbor"]).answers("ProofBundle")
            .problems(&[MalformedRequest, NotFound, TooEarly]),
        get(
            "/lots/{gtin}/{lot}/readiness",
            LOT, readiness::get,
            "What is still missing before a lot may go to a market, by the export guides in force",
        )
        .produces(&[JSON, HTML]).answers("Readiness")
        .problems(&[MalformedRequest, NotFound, NotAcceptable]),
        get(
            "/parties/{name}/path",
            LOT, path::of_party,
            "The way of a party to its first export, step by step, by the export guides in force",
        )
        .produces(&[JSON, HTML]).answers("Path")
        .problems(&[MalformedRequest, NotFound, NotAcceptable]),
        get("/path", LOT, path::of_nobody, "The way to a first export of one that is not on the ledger yet")
            .produces(&[JSON, HTML]).answers("Path")
            .problems(&[MalformedRequest, NotFound, NotAcceptable]),
        get("/guides", LOT, readiness::guides, "The export guides in force, by id")
            .produces(&[JSON]).answers("Guides"),
        put(
            "/evidence/{blake3}",
            evidence::put,
            "Uploads an evidence blob under its BLAKE3; only a signed upload lets its party name the blob as public",
        )
            .also(&[204])
            .problems(&[MalformedRequest, NotFound, Gone, TooLarge, InsufficientStorage]),
        get("/evidence/{blake3}", BLOB, evidence::get, "An evidence blob; a restricted one by a signed request of a party to the record that names it")
            .produces(&[BYTES])
            .problems(&[NotFound, Gone]),
        get("/profiles", ITEM, profiles::list, "The commodity profiles on the log, by id and version; Link names the next page")
            .produces(&[JSON]).answers("Profiles")
            .problems(&[MalformedRequest]),
        get("/profiles/{blake3}", BLOB, profiles::get, "A commodity profile, a specification or an export guide, as it was put in force or adopted")
            .produces(&[JSON]).answers("CommodityProfile")
            .problems(&[NotFound]),
        get(
            "/specifications",
            ITEM, specifications::list,
            "The specifications that parties adopted, by party and commodity, old versions among them; Link names the next page",
        )
        .produces(&[JSON]).answers("Specifications")
        .problems(&[MalformedRequest]),
        get("/parties", ITEM, party_list::list, "The parties that fit a filter, by URI; Link names the next page, also after a page with few or no parties")
            .produces(&[JSON, HTML, CSV]).answers("Parties")
            .problems(&[MalformedRequest, NotAcceptable]),
        get(
            "/regions",
            LOT, regions::list,
            "The regions: those with a government on the ledger, the regencies of Perpres 63/2020, others; with what the newest lots come to",
        )
        .produces(&[JSON, HTML, CSV]).answers("Regions")
        .problems(&[MalformedRequest, NotAcceptable]),
        get(
            "/regions/{code}",
            LOT, regions::get,
            "What the records of a region's producers come to, by month and place, and how ready its lots are; by Kemendagri code",
        )
        .produces(&[JSON, HTML, CSV]).answers("RegionFacts")
        .problems(&[MalformedRequest, NotFound, NotAcceptable]),
        get("/parties/{name}", SMALL, party::get, "One party, by its URI (percent-encoded) or the last part of it")
            .produces(&[JSON, HTML]).answers("Party")
            .problems(&[NotFound, NotAcceptable]),
        get(
            "/parties/{name}/kit",
            LOT, kit::kit,
            "What a phone of the party keeps to work without a signal: its products, places, counterparts, accreditations, and the profiles",
        )
        .produces(&[JSON]).answers("Kit")
        .problems(&[NotFound]),
        get(
            "/parties/{name}/work",
            LOT, kit::work,
            "What waits for the party: goods it has, shipments on their way, goods to inspect, goods that failed; newest first",
        )
        .produces(&[JSON]).answers("Work")
        .problems(&[NotFound]),
        get(
            "/parties/{name}/work/{shipment}",
            LOT, kit::shipment,
            "A shipment of the party's work with all that is in it: the work lists a part of those that are large",
        )
        .produces(&[JSON]).answers("Coming")
        .problems(&[NotFound]),
        get(
            "/parties/{name}/shipments",
            LOT, shipments::of_party,
            "The shipments that the party sent, signed, gets or carries, newest first, and what of each waits for it",
        )
        .produces(&[JSON, HTML]).answers("Shipments")
        .problems(&[NotFound, NotAcceptable]),
        get(
            "/shipments/{record}",
            LOT, shipments::get,
            "The folder of a shipment: where it stands, papers, payments, visits of supervision, travel and handovers",
        )
        .produces(&[JSON, HTML]).answers("Folder")
        .problems(&[NotFound, NotAcceptable]),
        get(
            "/parties/{name}/registry",
            REGISTRY, registry::party,
            "What the registry has on a party: its numbers, keys, accreditations, and the prefixes that it lends to others",
        )
        .produces(&[JSON]).answers("PartyRegistry")
        .problems(&[NotFound]),
        get("/accreditations", STEP, registry::accreditations, "The accreditations on the log, by party; Link names the next page")
            .produces(&[JSON]).answers("Accreditations")
            .problems(&[MalformedRequest]),
        get("/products", TRACED, registry::products, "The products by GTIN, with their owners and makers; Link names the next page")
            .produces(&[JSON]).answers("Products")
            .problems(&[MalformedRequest]),
        get("/places", TRACED, registry::places, "The places by GLN, with their owners; Link names the next page")
            .produces(&[JSON]).answers("Places")
            .problems(&[MalformedRequest]),
        post("/enrolments", SMALL, enrolments::post, "Asks that a new key is enrolled: kept until an enroller approves or refuses it")
            .consumes(&[JSON]).takes("EnrolmentRequest")
            .also(&[204])
            .problems(&[MalformedRequest, BadSignature, Conflict, TooLarge]),
        get(
            "/enrolments",
            INBOX, enrolments::list,
            "The requests of new keys that the signer of this request may approve, the newest first",
        )
        .produces(&[JSON]).answers("Enrolments"),
        delete("/enrolments/{key}", enrolments::delete, "Removes the request of a key that the signer approved or refused")
            .also(&[204])
            .problems(&[NotFound]),
        get("/keys/{key}", SMALL, key::get, "Whose a key is, whether it may sign, and the last number that it used")
            .produces(&[JSON]).answers("Key")
            .problems(&[NotFound]),
        get("/labels/{gtin}/{lot}/qr.svg", SMALL, labels::svg, "The lot's QR code; marked while the goods are recalled, on hold or failed")
            .produces(&[SVG])
            .problems(&[MalformedRequest, NotFound]),
        get("/labels/{gtin}/{lot}/qr.png", SMALL, labels::png, "The lot's QR code; with a striped band while the goods are recalled, on hold or failed")
            .produces(&["image/png"])
            .problems(&[MalformedRequest, NotFound]),
        get("/labels/{gtin}/{lot}/sheet.svg", LABELS, labels::sheet_svg, "A page of labels of a lot")
            .produces(&[SVG])
            .problems(&[MalformedRequest, NotFound, GoodsStopped]),
        get("/labels/{gtin}/{lot}/sheet.pdf", LABELS, labels::sheet_pdf, "A page of labels of a lot, at its true size")
            .produces(&[PDF])
            .problems(&[MalformedRequest, NotFound, GoodsStopped]),
        get("/labels/00/{sscc}/sheet.svg", LABELS, labels::carton_svg, "A page of labels of a container, with its SSCC as GS1-128")
            .produces(&[SVG])
            .problems(&[MalformedRequest, NotFound, GoodsStopped]),
        get("/labels/00/{sscc}/sheet.pdf", LABELS, labels::carton_pdf, "A page of labels of a container, at its true size")
            .produces(&[PDF])
            .problems(&[MalformedRequest, NotFound, GoodsStopped]),
        get("/labels/test.pdf", SMALL, labels::test, "A page with rulers and codes that shows whether a printer prints at the true size")
            .produces(&[PDF])
            .problems(&[MalformedRequest]),
        resolve("/01/{*rest}", "GS1 Digital Link of a product, lot or item"),
        resolve("/00/{*rest}", "GS1 Digital Link of a container"),
        resolve("/414/{*rest}", "GS1 Digital Link of a place"),
        resolve("/417/{*rest}", "GS1 Digital Link of a party"),
        get("/.well-known/gs1resolver", SMALL, resolver::description, "The resolver's description").produces(&[JSON]).answers("Resolver"),
        get("/.well-known/jejak", SMALL, ops::well_known, "Origin, ledger id, log and witness keys, authority, version")
            .produces(&[JSON]).answers("WellKnown"),
        get("/witnesses", SMALL, witnesses::witnesses, "What each witness of the node's policy cosigned last").produces(&[JSON]).answers("Witnesses"),
        get("/trust.toml", SMALL, witnesses::trust, "A trust file that pins this ledger, for `jejak verify` and `jejak audit`")
            .produces(&["application/toml"]),
        get("/healthz", SMALL, ops::health, "200 while the node takes records").produces(&[TEXT]),
        get(METRICS, SMALL, ops::metrics, "Counters in OpenMetrics text").produces(&["application/openmetrics-text"]),
        get("/openapi.json", SMALL, openapi::get, "This document").produces(&[JSON]).answers("OpenApi"),
        get("/", Bound::Bytes(2 << 20), home::home, "Home page: search and the newest lots").produces(&[HTML]),
        get(
            "/search",
            Bound::Bytes(2 << 20), search::search,
            "Finds what a scanned code names; and lots, products, parties, places and containers by number or by words",
        )
        .produces(&[HTML])
        .also(&[303])
        .problems(&[NotFound]),
        get("/static/{version}/{*name}", SMALL, assets::get, "Style sheets, modules, word lists, sentences, icons")
            .produces(&["text/css", JAVASCRIPT, SVG, "image/png", TEXT])
            .problems(&[NotFound]),
        get("/demo/keys/{number}", SMALL, demo::key, "A public key of a demonstration, with its secret; nothing on any other ledger")
            .produces(&[JSON]).answers("DemoKey")
            .problems(&[NotFound]),
        get("/app", SMALL, app::lead_on, "Leads to /app/, the field app: those who harvest, inspect, ship and receive sign with it")
            .produces(&[HTML])
            .also(&[308]),
        get(app::START, SMALL, app::start, "The field app").produces(&[HTML]),
        get("/desk", SMALL, app::lead_on, "Leads to /desk/, where the authority and the regions enrol, accredit and give out numbers")
            .produces(&[HTML])
            .also(&[308]),
        get("/desk/", SMALL, app::desk, "The desk").produces(&[HTML]),
        get("/app/sw.js", SMALL, app::worker, "The service worker of the field app")
            .produces(&[JAVASCRIPT])
            .problems(&[NotFound]),
        get("/app/files.json", SMALL, app::files, "The files that the field app keeps on the phone, and their version")
            .produces(&[JSON]).answers("AppFiles"),
        get("/app/manifest.webmanifest", SMALL, app::manifest, "The web app manifest, by which a phone installs the field app")
            .produces(&["application/manifest+json"]).answers("AppManifest"),
    ]
}

/// The address that may have a listener of its own.
pub const METRICS: &str = "/metrics";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_query_parameter_is_described() {
        let routes = routes();
        for route in &routes {
            for parameter in &route.query {
                assert!(parameter.about.is_some(), "{}: {}", route.path, parameter.name);
            }
        }
        let names: BTreeSet<&str> = routes.iter().flat_map(|route| &route.query).map(|p| p.name).collect();
        assert_eq!(
            names.into_iter().collect::<Vec<_>>(),
            [
                "accredited-until",
                "after",
                "commodity",
                "count",
                "crop",
                "force",
                "form",
                "format",
                "from",
                "lang",
                "limit",
                "linkType",
                "maker",
                "market",
                "no",
                "part",
                "prefix",
                "product",
                "q",
                "region",
                "role",
                "scale",
                "shipment",
                "size",
                "standing",
                "state",
                "stock",
                "to",
                "yes"
            ]
        );
    }

    #[test]
    fn every_list_is_paged_and_every_file_is_read_while_it_is_sent() {
        for route in routes() {
            let takes = |name: &str| route.query.iter().any(|parameter| parameter.name == name);
            let pages = (takes("after") && takes("limit")) || route.path.starts_with("/history");
            assert_eq!(pages, matches!(route.bound, Bound::Page(_)), "{}", route.path);
            let files = ["/tile/{*path}", "/evidence/{blake3}", "/profiles/{blake3}"];
            let is_file = route.method == "get" && files.contains(&route.path);
            assert_eq!(is_file, matches!(route.bound, Bound::File(_)), "{}", route.path);
        }
    }

    #[test]
    fn page_language_is_a_parameter_exactly_where_there_is_a_page() {
        // printed labels are in a language of their own
        let pages = |route: &Route| !route.path.starts_with("/labels/");
        for route in routes().into_iter().filter(pages) {
            let reads = route.query.iter().any(|parameter| parameter.name == "lang");
            assert_eq!(reads, route.produces.contains(&HTML), "{}", route.path);
        }
    }
}
