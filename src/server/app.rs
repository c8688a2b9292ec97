//! The field app, which runs on the phone: `/app/`, its service worker, its manifest, and the list of files that it keeps for days
//! without a signal. And `/desk/`, where the authority and the regions enrol and accredit, with the same shell.
//!
//! What it is not: anything that app and desk do, which is in `web/static/app` and `web/static/desk`. Its files are static files ([`super::assets`]); here is only
//! what needs an address that never changes: a service worker controls the addresses below its own.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::http::Problem;
use super::http::page::Reader;
use super::i18n::Lang;
use super::{App, assets, pages};

/// The start page.
pub const START: &str = "/app/";

/// As for all pages, and it may show images that it makes itself: photos before they are sent, codes that it draws.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
     font-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'none'; base-uri 'none'; \
     frame-ancestors 'none'",
);

/// App and desk alone may use the camera: they scan labels and requests.
const PERMISSIONS: HeaderValue = HeaderValue::from_static("geolocation=(self), microphone=(), camera=(self)");

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// `GET /app`, `GET /desk`: the page is at the address with a slash, for the app the scope of its service worker. The query goes along: it may
/// name the language.
pub async fn lead_on(reader: Reader) -> Response {
    let query = reader.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, format!("{}/{query}", reader.uri.path()))]).into_response()
}

/// `GET /app/`: an empty page in the reader's language, with the style sheet and the main module of this build.
pub async fn start(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, Problem> {
    shell(&app, &reader, &pages::APP, first())
}

/// `GET /desk/`: the same, with the modules of the desk.
pub async fn desk(State(app): State<Arc<App>>, reader: Reader) -> Result<Response, Problem> {
    static FIRST: OnceLock<BTreeSet<String>> = OnceLock::new();
    let modules = ["desk/main.js", "desk/screens/home.js"].map(str::to_owned);
    shell(&app, &reader, &pages::DESK, FIRST.get_or_init(|| with_needed(modules)))
}

fn shell(
    app: &App,
    reader: &Reader,
    of: &'static pages::Runs,
    modules: &'static BTreeSet<String>,
) -> Result<Response, Problem> {
    let ctx = reader.ctx_without_words(app)?;
    let page = pages::render_app(&ctx, of, modules)?;
    let mut response = reader.html(StatusCode::OK, &ctx, page);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, CSP);
    headers.insert(PERMISSIONS_POLICY, PERMISSIONS);
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    Ok(response)
}

/// `GET /app/sw.js`: the service worker. Its last line names the version, so that a browser sees by its bytes that there is a new one.
pub async fn worker() -> Result<Response, Problem> {
    let (source, kind) = assets::file("app/sw.js").ok_or_else(|| Problem::not_found("this build has no app"))?;
    let text = format!("{}\n// version {}\n", String::from_utf8_lossy(&source).trim_end(), assets::version());
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "no-cache")], text).into_response())
}

/// `GET /app/files.json`: what the service worker keeps, so that the app starts without a network.
pub async fn files() -> Response {
    static FILES: OnceLock<Value> = OnceLock::new();
    let list = FILES.get_or_init(|| {
        let version = assets::version();
        let named = kept().into_iter().map(|name| format!("/static/{version}/{name}"));
        let files: Vec<String> =
            [START, "/app/manifest.webmanifest"].map(str::to_owned).into_iter().chain(named).collect();
        json!({ "version": version, "files": files })
    });
    ([(header::CACHE_CONTROL, "no-cache")], Json(list)).into_response()
}

/// `GET /app/manifest.webmanifest`: by which a phone installs the app.
pub async fn manifest(headers: HeaderMap) -> Response {
    let accept = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let lang = Lang::negotiate(None, accept);
    let icon = |name: &str, pixels: u32, purpose: &str| {
        let src = format!("/static/{}/app/{name}-{pixels}.png", assets::version());
        json!({ "src": src, "sizes": format!("{pixels}x{pixels}"), "type": "image/png", "purpose": purpose })
    };
    let manifest = json!({
        "id": START,
        "name": lang.text("app-name"),
        "short_name": "Jejak",
        "description": lang.text("app-about"),
        "lang": lang.tag(),
        "start_url": START,
        "scope": START,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#fbfaf5",
        "theme_color": "#1d5b43",
        "icons": [
            icon("icon", 192, "any"),
            icon("icon", 512, "any"),
            icon("icon-maskable", 192, "maskable"),
            icon("icon-maskable", 512, "maskable"),
        ],
    });
    let headers = [
        (header::CONTENT_TYPE, "application/manifest+json"),
        (header::CACHE_CONTROL, "no-cache"),
        (header::VARY, "accept-language"),
    ];
    (headers, manifest.to_string()).into_response()
}

/// What a start of the app runs before its first screen is there. The shell names them all, so that a browser fetches them at once and not
/// import by import.
pub fn first() -> &'static BTreeSet<String> {
    static FIRST: OnceLock<BTreeSet<String>> = OnceLock::new();
    FIRST.get_or_init(|| with_needed(["app/main.js", "app/screens/home.js"].map(str::to_owned)))
}

/// The static files of the app: its own, those of others that it carries, its sentences, the checklists of supervision, and the modules of
/// the verification page that these import.
fn kept() -> BTreeSet<String> {
    let own = |name: &String| {
        let folder = name.starts_with("app/") || (name.starts_with("vendor/") && name.ends_with(".js"));
        let locale = name.strip_prefix("locales/").unwrap_or_default();
        let sentences = ["app.", "acts.", "folder.", "checks.", "rules."].iter().any(|file| locale.starts_with(file));
        (folder || sentences || name == "checklists.json") && name != "app/sw.js"
    };
    with_imports(assets::names().into_iter().filter(own))
}

/// These static files, and the modules that they import, directly or through others.
pub fn with_imports(files: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    closure(files, |source| relative_modules(source).collect())
}

/// These modules, and those that they can't run without: not what they import in some browsers only.
pub fn with_needed(modules: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    closure(modules, needed_modules)
}

fn closure(files: impl IntoIterator<Item = String>, imports: impl Fn(&str) -> Vec<&str>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = files.into_iter().collect();
    let mut unread: Vec<String> = found.iter().filter(|name| name.ends_with(".js")).cloned().collect();
    while let Some(name) = unread.pop() {
        let Some((source, _)) = assets::file(&name) else { continue };
        for imported in imports(&String::from_utf8_lossy(&source)) {
            let module = resolved(&name, imported);
            if assets::file(&module).is_some() && found.insert(module.clone()) {
                unread.push(module);
            }
        }
    }
    found
}

/// The quoted relative names of modules in a module.
fn relative_modules(source: &str) -> impl Iterator<Item = &str> {
    let quoted = |text| str::split(text, ['"', '\'', '`']);
    let relative = |text: &&str| text.ends_with(".js") && (text.starts_with("./") || text.starts_with("../"));
    // a name that is put together names no one module
    quoted(source).filter(relative).filter(|text| !text.contains("${"))
}

/// The modules of `import … from` in a module.
fn needed_modules(source: &str) -> Vec<&str> {
    // scripts are sent without the space before the name
    let after = source.split("from").skip(1);
    after.filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next()).collect()
}

/// The name that `relative` has, seen from the file `from`.
fn resolved(from: &str, relative: &str) -> String {
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in relative.split('/') {
        match part {
            "." => {}
            ".." => drop(folders.pop()),
            part => folders.push(part),
        }
    }
    folders.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_their_relative_names() {
        let source = "import { a } from \"./a.js\";\nconst b = await import('../b.js');\nfetch(\"/c.js\"); // ./d.js";
        assert_eq!(relative_modules(source).collect::<Vec<_>>(), ["./a.js", "../b.js"]);
        assert_eq!(needed_modules(source), ["./a.js"]);
        assert_eq!(needed_modules("import{a}from\"./a.js\";import*as b from\"./b.js\";"), ["./a.js", "./b.js"]);
        assert_eq!(resolved("app/screens/home.js", "../../cose.js"), "cose.js");
        assert_eq!(resolved("app/main.js", "./ui.js"), "app/ui.js");
    }

    #[test]
    fn first_screen_waits_for_no_module_that_signs_or_sends() {
        let needed = ["app/main.js", "app/screens/home.js", "app/kept.js", "vendor/fluent/resolver.js"];
        assert!(needed.iter().all(|name| first().contains(*name)), "{:?}", first());
        for later in ["app/outbox.js", "app/events.js", "app/key.js", "app/passes.js", "cose.js", "blake3.js"] {
            assert!(!first().contains(later), "{later} is fetched before the first screen");
        }
    }

    #[test]
    fn every_module_that_the_app_imports_is_kept_and_no_page_is() {
        let kept = kept();
        for name in kept.iter().filter(|name| name.ends_with(".js")) {
            let (source, _) = assets::file(name).unwrap();
            for imported in relative_modules(std::str::from_utf8(&source).unwrap()) {
                assert!(kept.contains(&resolved(name, imported)), "{name} imports {imported}, which is not there");
            }
        }
        assert!(kept.contains("app/icon-192.png") && kept.contains("locales/rules.id.ftl"), "{kept:?}");
        let others = ["locales/acts.zh.ftl", "locales/folder.id.ftl", "locales/checks.en.ftl", "checklists.json"];
        assert!(others.iter().all(|name| kept.contains(*name)), "{kept:?}");
        assert!(!kept.contains("page.js") && !kept.contains("locales/id.ftl") && !kept.contains("app/sw.js"));
    }
}
