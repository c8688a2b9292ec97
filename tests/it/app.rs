//! The field app as the server gives it: its page, the files that it keeps, its manifest, and the way there from a lot.

use std::collections::BTreeSet;

use crate::common::http::Node;
use serde_json::Value;

const HTML: (&str, &str) = ("Accept", "text/html");

#[test]
fn app_page_has_the_camera_and_nothing_inline() {
    let node = Node::start(|_| {});
    let page = node.get("/app/", &[HTML, ("Accept-Language", "id")]);
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("cache-control"), "no-cache");
    let csp = page.header("content-security-policy");
    for part in
        ["default-src 'none'", "script-src 'self'", "worker-src 'self'", "manifest-src 'self'", "img-src 'self' blob:"]
    {
        assert!(csp.contains(part), "{part} in {csp}");
    }
    assert!(!csp.contains("unsafe"), "{csp}");
    assert!(page.header("permissions-policy").contains("camera=(self)"));
    assert!(node.get("/", &[HTML]).header("permissions-policy").contains("camera=()"), "no other page has it");
    let text = page.text();
    assert!(text.contains("<html lang=\"id\">") && text.contains("jejak-version"), "{text}");
    assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("onload="), "nothing inline");
    let bare = text
        .split("<script")
        .skip(1)
        .filter(|script| !script.trim_start().starts_with("type=\"module\" src=\"/static/"));
    assert_eq!(bare.count(), 0, "{text}");
    assert!(node.get("/app/?lang=zh", &[HTML]).text().contains("<html lang=\"zh"));
    for (query, location) in [("", "/app/"), ("?lang=zh", "/app/?lang=zh")] {
        let led = node.get(&format!("/app{query}"), &[]);
        assert_eq!((led.status, led.header("location")), (308, location));
    }
    node.stop();
}

#[test]
fn app_can_keep_every_file_it_lists() {
    let node = Node::start(|_| {});
    let list = node.get("/app/files.json", &[]);
    assert_eq!(list.header("cache-control"), "no-cache");
    let list = list.json();
    let version = list["version"].as_str().unwrap();
    assert!(node.get("/app/", &[HTML]).text().contains(&format!("content=\"{version}\"")));
    let files: BTreeSet<&str> = list["files"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(files.contains("/app/") && files.contains(format!("/static/{version}/locales/rules.id.ftl").as_str()));
    for file in files {
        let answer = node.get(file, &[]);
        assert_eq!(answer.status, 200, "{file}");
        let cached = answer.header("cache-control");
        assert_eq!(cached.contains("immutable"), file.starts_with("/static/"), "{file}: {cached}");
    }
    node.stop();
}

#[test]
fn static_files_in_folders_have_their_types() {
    let node = Node::start(|_| {});
    let version = jejak::server::assets::version();
    for (name, kind) in [
        ("page.css", "text/css; charset=utf-8"),
        ("app/icon-192.png", "image/png"),
        ("locales/rules.zh.ftl", "text/plain; charset=utf-8"),
    ] {
        let answer = node.get(&format!("/static/{version}/{name}"), &[]);
        assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{name}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff");
    }
    for name in ["app", "app/", "locales", "locales/../app/icon-192.png", "app/../page.css", "app%2Ficon-193.png"] {
        node.get(&format!("/static/{version}/{name}"), &[]).problem(404, "not-found");
    }
    node.stop();
}

#[test]
fn manifest_names_icons_of_the_size_it_says() {
    let node = Node::start(|_| {});
    let answer = node.get("/app/manifest.webmanifest", &[("Accept-Language", "zh-CN")]);
    assert_eq!(answer.header("content-type"), "application/manifest+json");
    let manifest = answer.json();
    assert_eq!((&manifest["start_url"], &manifest["scope"]), (&Value::from("/app/"), &Value::from("/app/")));
    assert!(manifest["lang"].as_str().unwrap().starts_with("zh"), "{manifest}");
    let icons = manifest["icons"].as_array().unwrap();
    let purposes: BTreeSet<&str> = icons.iter().filter_map(|icon| icon["purpose"].as_str()).collect();
    assert_eq!(purposes, BTreeSet::from(["any", "maskable"]));
    for icon in icons {
        let png = node.get(icon["src"].as_str().unwrap(), &[]).body;
        // the header of a PNG file begins with its width and height
        let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
        assert_eq!(icon["sizes"], format!("{}x{}", number(16), number(20)), "{icon}");
    }
    node.stop();
}
