//! The GS1 Digital Link resolver over a real socket, against GS1-Conformant Resolver 1.2, and cross-origin reads.

use crate::common::http::{COSE, Node};
use crate::common::village::{GTIN, PLACE, PRODUCER, PartySigner, admitted, enrol_village, harvest, lot_uri, with};
use crate::common::without_bdi;
use jejak::record::Hash32;
use serde_json::json;

const BASE: &str = "https://ledger.example";
const VOC: &str = "https://ref.gs1.org/voc/";
const SSCC: &str = "095213210000000018";

/// A village with lots `A.1` and `B`, the second in a container.
fn village_with_lots() -> (Node, PartySigner) {
    let node = Node::start(|_| {});
    let mut signer = enrol_village(&node);
    for lot in ["A.1", "B"] {
        admitted(&node.post(COSE, &signer.event(&lot_uri(lot), harvest(lot).to_string().as_bytes())));
    }
    let packed = with(
        &harvest("B"),
        json!({
            "type": "AggregationEvent", "bizStep": "packing", "disposition": "in_progress", "quantityList": null,
            "ilmd": null, "jejak:mode": null, "parentID": format!("https://id.gs1.org/00/{SSCC}"),
            "childQuantityList": [{ "epcClass": lot_uri("B"), "quantity": 1, "uom": "KGM" }],
        }),
    );
    let subject = format!("https://id.gs1.org/00/{SSCC}");
    admitted(&node.post(COSE, &signer.event(&subject, packed.to_string().as_bytes())));
    (node, signer)
}

/// An issue of labels with serials for lot `A.1`.
fn issue(node: &Node, signer: &mut PartySigner) {
    let event = with(
        &harvest("A.1"),
        json!({
            "action": "OBSERVE", "bizStep": "encoding", "disposition": "encoded", "ilmd": null, "jejak:mode": null,
            "jejak:serials": {
                "jejak:count": 2, "jejak:root": Hash32([5; 32]).to_string(),
                "jejak:net": { "jejak:value": "100", "jejak:uom": "GRM" },
            },
        }),
    );
    admitted(&node.post(COSE, &signer.event(&lot_uri("A.1"), event.to_string().as_bytes())));
}

#[test]
fn linkset_holds_every_level_up_to_the_product() {
    let (node, mut signer) = village_with_lots();
    let path = format!("/01/{GTIN}/10/A.1");
    let set = node.get(&format!("{path}?linkType=linkset"), &[]);
    assert_eq!(set.status, 200, "{}", set.text());
    assert_eq!(set.header("content-type"), "application/linkset+json");
    assert!(set.header("link").contains(&format!("<{BASE}{path}?linkType=linkset>; rel=\"linkset\"")));
    assert_eq!(set.header("vary").matches("accept-language").count(), 1, "{}", set.header("vary"));
    let body = set.json();
    assert_eq!(body["linkset"][0]["anchor"], format!("{BASE}{path}"));
    let proof = &body["linkset"][0][format!("{VOC}certificationInfo")][0]["href"];
    assert_eq!(proof, &format!("{BASE}/lots/{GTIN}/A.1/proof"));
    assert_eq!(body["linkset"][1]["anchor"], format!("{BASE}/01/{GTIN}"), "the product above the lot");
    for level in body["linkset"].as_array().unwrap() {
        assert!(level[format!("{VOC}defaultLink")][0]["href"].is_string());
        for (kind, links) in level.as_object().unwrap().iter().filter(|(k, _)| k.starts_with(VOC)) {
            assert!(
                links[0]["title"].as_str().is_some_and(|t| !t.is_empty()) && links[0]["href"].is_string(),
                "{kind}"
            );
        }
    }
    assert_eq!(node.get(&path, &[("Accept", "application/linkset+json")]).json(), body);
    assert_eq!(node.get(&format!("{path}/?linkType=all"), &[]).json(), body, "a trailing slash is tolerated");
    issue(&node, &mut signer);
    let item = node.get(&format!("{path}/21/S1?linkType=linkset"), &[]).json();
    let anchors: Vec<_> =
        item["linkset"].as_array().unwrap().iter().map(|level| level["anchor"].as_str().unwrap()).collect();
    assert_eq!(anchors, [format!("{BASE}{path}/21/S1"), format!("{BASE}{path}"), format!("{BASE}/01/{GTIN}")]);
    node.stop();
}

/// The rules of GS1's schema of linksets (gs1/linkset, and that of GS1-Conformant Resolver 1.2), and what the standard says of default
/// links: https://ref.gs1.org/standards/resolver, "default link".
#[test]
fn linkset_is_valid_for_gs1_and_its_default_link_has_no_attributes() {
    let (node, mut signer) = village_with_lots();
    issue(&node, &mut signer);
    let producer = PRODUCER.replace("https://id.gs1.org", "");
    for (path, described) in [
        (format!("/01/{GTIN}"), "Patchouli leaf".to_owned()),
        (format!("/01/{GTIN}/10/A.1"), "Patchouli leaf, lot A.1".into()),
        (format!("/01/{GTIN}/10/A.1/21/S1"), "Patchouli leaf, lot A.1, serial number S1".into()),
        (format!("/00/{SSCC}"), format!("Container {SSCC}")),
        (format!("/414/{PLACE}"), "Field".into()),
        (producer, "Village".into()),
    ] {
        let set = node.get(&path, &[("Accept", "application/linkset+json")]).json();
        assert_eq!(set.as_object().unwrap().len(), 1, "{set}");
        let levels = set["linkset"].as_array().unwrap();
        assert_eq!(levels[0]["itemDescription"], described, "{path}");
        for level in levels {
            let mut level = level.as_object().unwrap().clone();
            let (anchor, what) = (level.remove("anchor").unwrap(), level.remove("itemDescription").unwrap());
            assert!(anchor.as_str().unwrap().starts_with("https://") && !what.as_str().unwrap().is_empty());
            let default = level.remove(&format!("{VOC}defaultLink")).unwrap();
            assert_eq!(default.as_array().unwrap().len(), 1, "exactly one: {default}");
            let members: Vec<&String> = default[0].as_object().unwrap().keys().collect();
            assert_eq!(members, ["href", "title"], "{path}");
            assert_eq!(default[0]["href"], anchor, "the page stands at the link itself");
            assert!(level.values().any(|links| links[0]["href"] == default[0]["href"]), "by a descriptive type too");
            for (kind, links) in &level {
                let name = kind.strip_prefix(VOC).unwrap_or_else(|| panic!("{kind} is not of GS1"));
                assert!(name.bytes().all(|b| b.is_ascii_alphabetic()), "{name}");
                for link in links.as_array().unwrap() {
                    let mut link = link.as_object().unwrap().clone();
                    assert!(link.remove("href").unwrap().as_str().unwrap().starts_with("https://"));
                    assert!(!link.remove("title").unwrap().as_str().unwrap().is_empty());
                    let media = link.remove("type").unwrap();
                    let languages = link.remove("hreflang");
                    assert_eq!(languages, (media == "text/html").then(|| json!(["en", "id", "zh"])), "{kind}");
                    assert!(link.is_empty(), "{link:?}");
                }
            }
        }
    }
    node.stop();
}

#[test]
fn json_ld_context_is_named_for_linksets_alone() {
    let (node, _) = village_with_lots();
    let lot = format!("/01/{GTIN}/10/A.1");
    let context = "https://ref.gs1.org/standards/resolver/1.2.0/linkset-context";
    let relation = format!("<{context}>; rel=\"http://www.w3.org/ns/json-ld#context\"; type=\"application/ld+json\"");
    for path in [lot.clone(), format!("/414/{PLACE}")] {
        for answer in [
            node.get(&format!("{path}?linkType=linkset"), &[]),
            node.get(&path, &[("Accept", "application/linkset+json")]),
            node.send("HEAD", &path, &[("Accept", "application/linkset+json")], b""),
        ] {
            // one header, because GS1's test suite reads the last of several
            let links: Vec<&str> = answer.header("link").split(", ").collect();
            let linkset =
                format!("<{BASE}{path}?linkType=linkset>; rel=\"linkset\"; type=\"application/linkset+json\"");
            assert_eq!(links, [linkset, relation.clone()], "{path}");
        }
    }
    // what is answered otherwise holds a context of its own, or is no JSON
    for accept in ["application/json", "application/ld+json", "text/html"] {
        let answer = node.get(&lot, &[("Accept", accept)]);
        assert!(!answer.header("link").contains("json-ld"), "{accept}: {}", answer.header("link"));
        assert!(answer.header("link").contains("rel=\"linkset\""), "{accept}");
    }
    let description = node.get("/.well-known/gs1resolver", &[]).json();
    assert_eq!(description["jsonLdContextLocation"], context, "{description}");
    node.stop();
}

#[test]
fn importer_and_part_of_place_are_read_as_qualifiers() {
    let (node, _) = village_with_lots();
    let gln = PRODUCER.rsplit('/').next().unwrap();
    for (key, qualifier, member) in [
        (format!("/417/{gln}"), "7040/1aB-", "jejak:party"),
        (format!("/414/{PLACE}"), "7040/1ABC", "jejak:place"),
        (format!("/414/{PLACE}"), "254/GATE-1", "jejak:place"),
    ] {
        let path = format!("{key}/{qualifier}");
        let data = node.get(&path, &[("Accept", "application/json")]);
        assert_eq!(data.status, 200, "{path}: {}", data.text());
        assert_eq!(data.json(), node.get(&key, &[("Accept", "application/json")]).json());
        assert!(data.json()[member].is_object(), "{path}");
        let code = format!("({})", qualifier.split_once('/').unwrap().0);
        let page = node.get(&path, &[("Accept", "text/html"), ("Accept-Language", "en")]);
        assert_eq!(page.status, 200, "{path}");
        assert!(page.text().contains("which this page ignores") && page.text().contains(&code), "{}", page.text());
        let set = node.get(&format!("{path}?linkType=linkset"), &[]).json();
        let anchors: Vec<&str> =
            set["linkset"].as_array().unwrap().iter().map(|level| level["anchor"].as_str().unwrap()).collect();
        assert_eq!(anchors, [format!("{BASE}{path}"), format!("{BASE}{key}")], "every level up to the key");
        let to = node.get(&format!("{path}?linkType=gs1:masterData"), &[]);
        assert_eq!((to.status, to.header("location")), (307, format!("{BASE}{path}").as_str()));
        // the search keeps the qualifier in the path
        let found = node.get(&format!("/search?q=https%3A%2F%2Fx.example{path}"), &[("Accept", "text/html")]);
        assert_eq!((found.status, found.header("location")), (303, path.as_str()), "{}", found.text());
        // it is no data attribute: in the query it is ignored, and listed
        let page = node.get(&format!("{key}?{}", qualifier.replace('/', "=")), &[("Accept", "text/html")]);
        assert!(page.status == 200 && page.text().contains(&code), "{}", page.text());
    }
    for path in [
        format!("/417/{gln}/7040/XABC"),
        format!("/417/{gln}/7040/1ABCD"),
        format!("/417/{gln}/254/GATE-1"),
        format!("/414/{PLACE}/254/GATE-1/7040/1ABC"),
        format!("/414/{PLACE}/7040/1ABC/254/GATE-1"),
        format!("/01/{GTIN}/7040/1ABC"),
        format!("/00/{SSCC}/7040/1ABC"),
    ] {
        node.get(&path, &[]).problem(400, "malformed-request");
    }
    node.get("/417/9521321000322/7040/1ABC", &[("Accept", "application/json")]).problem(404, "not-found");
    node.stop();
}

/// The requests of GS1's test suite (gs1/GS1DL-resolver-testsuite, 10 June 2026), with what is answered on purpose otherwise than it
/// expects: the table of `docs/resolver.md`.
#[test]
fn requests_of_gs1s_test_suite_are_answered_as_documented() {
    let (node, _) = village_with_lots();
    let producer = PRODUCER.replace("https://id.gs1.org", "");
    let asked = [("Accept", "*/*"), ("Origin", "https://ref.gs1.org/test-suites/resolver/")];
    for path in [
        format!("/01/{GTIN}"),
        format!("/01/{GTIN}/10/A.1"),
        format!("/00/{SSCC}"),
        format!("/414/{PLACE}"),
        format!("/414/{PLACE}/7040/1ABC"),
        producer,
    ] {
        let get = |rest: &str| node.get(&format!("{path}{rest}"), &asked);
        let link = format!("<{BASE}{path}?linkType=linkset>; rel=\"linkset\"");
        // corsCheck, methodsCheck, linkOnRedirect, legacyLinkHeaders
        let preflight = [asked[1], ("Access-Control-Request-Method", "GET,HEAD,OPTIONS")];
        let options = node.send("OPTIONS", &path, &preflight, b"");
        assert_eq!(options.header("access-control-allow-origin"), "*");
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert!(options.header("access-control-allow-methods").contains(method), "{path}");
        }
        assert!(options.header("link").contains(&link) && !options.header("link").contains("rel=\"gs1:"), "{path}");
        // reportWith400, noErrorWith200
        assert_eq!(get("/foo").status, 400, "{path}");
        // trailingSlash; defaultTarget, otherwise: the default link is the page itself
        let plain = get("");
        for answer in [&plain, &get("/")] {
            assert_eq!((answer.status, answer.header("location")), (200, ""), "{path}");
            assert!(answer.header("content-type").starts_with("text/html") && answer.header("link").contains(&link));
        }
        // qsPassedOn, not tested by the suite for want of a redirect; each link type below passes it on
        assert_eq!(get("?foo=bar").status, 200);
        // ltLinksetNoRedirect, ltAcceptHeader, declaredContentType
        assert_eq!(get("?linkType=linkset").status, 200);
        let set = node.get(&format!("{path}?linkType=all"), &[("Accept", "application/linkset+json"), asked[1]]);
        assert_eq!((set.status, set.header("content-type")), (200, "application/linkset+json"));
        // loFor…, for what the linkset has at the level of the link
        let set = set.json();
        assert_eq!(set["linkset"][0]["anchor"], format!("{BASE}{path}"));
        for (kind, links) in set["linkset"][0].as_object().unwrap() {
            let Some(name) = kind.strip_prefix(VOC).filter(|name| *name != "defaultLink") else { continue };
            let to = get(&format!("?linkType=gs1:{name}"));
            assert_eq!((to.status, to.header("location")), (307, links[0]["href"].as_str().unwrap()), "{path} {name}");
            let to = get(&format!("?linkType=gs1:{name}&foo=bar"));
            assert!(to.header("location").ends_with("?foo=bar"), "{}", to.header("location"));
        }
        // specificLinkTypeNotFound
        assert_eq!(get("?linkType=gs1:nosuchlt").status, 404);
    }
    // basicWalkUp: a part of a place leads to the place, an unknown lot not to its product
    assert_eq!(node.get(&format!("/414/{PLACE}/254/KL8G"), &asked).status, 200);
    assert_eq!(node.get(&format!("/01/{GTIN}/10/KL8G"), &asked).status, 404);
    // OPTIONS of what is no link names none
    assert_eq!(node.send("OPTIONS", "/entries", &[], b"").header("link"), "");
    node.stop();
}

#[test]
fn unknown_identifier_answers_404_in_every_format() {
    let (node, _) = village_with_lots();
    for path in [
        format!("/01/{GTIN}/10/NONE"),
        "/01/09521321001022".into(),
        "/00/095213210000000025".into(),
        "/414/9521321000322".into(),
        "/417/9521321000322".into(),
        format!("/01/{GTIN}/10/A.1/21/FAKE"),
    ] {
        for query in ["?linkType=linkset", "?linkType=gs1:pip", "?linkType=gs1:defaultLink"] {
            node.get(&format!("{path}{query}"), &[]).problem(404, "not-found");
        }
        for accept in ["application/json", "application/ld+json", "application/linkset+json"] {
            node.get(&path, &[("Accept", accept)]).problem(404, "not-found");
        }
    }
    // an unknown serial is reported as such for every link type
    let fake = node.get(&format!("/01/{GTIN}/10/A.1/21/FAKE?linkType=gs1:pip"), &[("Accept", "text/html")]);
    assert_eq!(fake.status, 404);
    assert!(fake.text().contains("never issued"), "{}", fake.text());
    node.stop();
}

#[test]
fn link_type_redirects_keep_the_query() {
    let (node, mut signer) = village_with_lots();
    let lot = format!("/01/{GTIN}/10/A.1");
    let to = |path: &str| {
        let answer = node.get(path, &[]);
        assert_eq!(answer.status, 307, "{path}: {}", answer.text());
        assert!(answer.header("link").contains("rel=\"linkset\""), "exposed also when redirecting");
        answer.header("location").to_owned()
    };
    assert_eq!(
        to(&format!("{lot}?linkType=gs1:traceability&utm=x&17=271231")),
        format!("{BASE}/lots/{GTIN}/A.1/trace?utm=x&17=271231")
    );
    assert_eq!(to(&format!("{lot}?17=271231&linkType=gs1:pip")), format!("{BASE}{lot}?17=271231"));
    assert_eq!(to(&format!("{lot}?linkType=https%3A%2F%2Fref.gs1.org%2Fvoc%2Fpip")), format!("{BASE}{lot}"));
    for path in [format!("/01/{GTIN}"), format!("/00/{SSCC}"), PRODUCER.replace("https://id.gs1.org", "")] {
        assert_eq!(to(&format!("{path}?linkType=gs1:pip&a=b")), format!("{BASE}{path}?a=b"));
        node.get(&format!("{path}?linkType=gs1:traceability"), &[]).problem(404, "not-found");
    }
    let place = format!("/414/{PLACE}");
    assert_eq!(to(&format!("{place}?linkType=gs1:masterData")), format!("{BASE}{place}"));
    issue(&node, &mut signer);
    assert_eq!(to(&format!("{lot}/21/S1?linkType=gs1:pip")), format!("{BASE}{lot}/21/S1"), "the item, not its lot");
    node.stop();
}

#[test]
fn every_primary_key_answers_with_data() {
    let (node, _) = village_with_lots();
    for (path, member) in [
        (format!("/01/{GTIN}"), "jejak:product"),
        (format!("/01/{GTIN}/10/B"), "jejak:state"),
        (format!("/00/{SSCC}"), "jejak:container"),
        (format!("/414/{PLACE}"), "jejak:place"),
        (PRODUCER.replace("https://id.gs1.org", ""), "jejak:party"),
    ] {
        for kind in ["application/json", "application/ld+json"] {
            let answer = node.get(&path, &[("Accept", kind)]);
            assert_eq!((answer.status, answer.header("content-type")), (200, kind), "{path}: {}", answer.text());
            assert!(answer.json()[member].is_object(), "{path}: {}", answer.text());
        }
        let head = node.send("HEAD", &path, &[("Accept", "application/json")], b"");
        assert_eq!((head.status, head.body.len()), (200, 0));
    }
    let container = node.get(&format!("/00/{SSCC}"), &[("Accept", "application/json")]).json();
    assert_eq!(container["jejak:container"]["contents"][0]["lot"]["lot"], "B", "{container}");
    let page = node.get(&format!("/00/{SSCC}"), &[("Accept", "text/html")]);
    assert!(page.status == 200 && page.text().contains("/10/B"), "{}", page.text());
    node.stop();
}

#[test]
fn product_and_place_are_served_as_pages() {
    let (node, _) = village_with_lots();
    let page = |path: &str, lang: &str| node.get(path, &[("Accept", "text/html"), ("Accept-Language", lang)]);
    let oil = "09521321009998";
    for (lang, made_by, kind, needs, unknown) in [
        ("id", "Dibuat oleh", "Desa", "tanpa lotnya", "tidak mengenal nomor itu"),
        ("en", "Made by", "Village", "without its lot", "knows nothing of that number"),
        ("zh", "生产者", "村庄", "须与批号一起", "没有该编号"),
    ] {
        let product = page(&format!("/01/{GTIN}"), lang);
        assert_eq!(product.status, 200);
        let text = product.text();
        for wanted in
            [&format!("GTIN {GTIN} · Jejak</title>"), made_by, "/parties/9521321000117", "/10/A.1", "/entries/"]
        {
            assert!(text.contains(wanted), "{lang}: no {wanted} in {text}");
        }
        assert!(!text.contains(needs));
        let place = page(&format!("/414/{PLACE}"), lang);
        assert_eq!(place.status, 200);
        for wanted in [&format!("GLN {PLACE} · Jejak</title>"), kind, "/parties/9521321000117", "/entries/"] {
            assert!(place.text().contains(wanted), "{lang}: no {wanted} in {}", place.text());
        }
        let serial = page(&format!("/01/{GTIN}/21/S1"), lang);
        assert_eq!(serial.status, 404);
        assert!(serial.text().contains(needs) && serial.text().contains("/10/A.1"), "{}", serial.text());
        for path in [
            format!("/01/{oil}"),
            format!("/01/{oil}/21/S1"),
            "/414/9521321000322".into(),
            "/00/095213210000000025".into(),
        ] {
            let none = page(&path, lang);
            assert_eq!(none.status, 404, "{path}");
            assert!(none.text().contains(unknown), "{path} {}", none.text());
        }
    }
    let set = node.get(&format!("/414/{PLACE}?linkType=linkset"), &[]).json();
    assert_eq!(set["linkset"][0][format!("{VOC}pip")][0]["type"], "text/html", "{set}");
    node.stop();
}

#[test]
fn cross_origin_reads_are_allowed() {
    let (node, _) = village_with_lots();
    for path in ["/checkpoint", "/nothing", "/tile/0/999", "/entries/x", "/00/1", "/history", "/lots"] {
        let answer = node.get(path, &[("Origin", "https://elsewhere.example")]);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        assert!(answer.header("access-control-expose-headers").contains("link"), "{path}");
    }
    for (path, method) in [
        (format!("/01/{GTIN}"), "GET"),
        (format!("/00/{SSCC}"), "GET"),
        ("/entries".into(), "POST"),
        (format!("/evidence/{}", Hash32::of(b"x")), "PUT"),
        ("/checkpoint".into(), "GET"),
    ] {
        let answer = node.send("OPTIONS", &path, &[("Access-Control-Request-Method", method)], b"");
        assert_eq!((answer.status, answer.body.len()), (204, 0), "{path}");
        for header in ["allow", "access-control-allow-methods"] {
            assert!(answer.header(header).contains(method), "{path} {header}: {}", answer.header(header));
            assert!(answer.header(header).contains("OPTIONS"), "{path}");
        }
        assert!(answer.header("access-control-allow-headers").contains("content-type"));
        assert_eq!(answer.header("access-control-allow-origin"), "*");
        let refused = node.send("DELETE", &path, &[], b"");
        assert_eq!((refused.status, refused.header("allow")), (405, answer.header("allow")), "{path}");
    }
    node.send("OPTIONS", "/nothing", &[], b"").problem(404, "not-found");
    node.stop();
}

#[test]
fn resolver_serves_lot_and_lists_ignored_attributes() {
    let (node, _) = village_with_lots();
    let page = |path: &str, lang: &str| node.get(path, &[("Accept", "text/html"), ("Accept-Language", lang)]);
    let lot = format!("/01/{GTIN}/10/A.1");
    let variant = format!("/01/{GTIN}/22/2A/10/A.1");
    for (path, codes) in [
        (variant.clone(), "(22)"),
        (format!("{lot}?17=991399"), "(17)"),
        (format!("{lot}?3103=abc&17=271231&99="), "(3103) (99)"),
        (format!("{variant}?37=5"), "(22) (37)"),
    ] {
        for (lang, wanted) in
            [("en", "which this page ignores"), ("id", "tidak dilihat oleh halaman ini"), ("zh", "本页未予采用")]
        {
            let answer = page(&path, lang);
            assert_eq!(answer.status, 200, "{path}: {}", answer.text());
            assert!(answer.text().contains(wanted) && answer.text().contains(codes), "{path}: {}", answer.text());
        }
        let data = node.get(&path, &[("Accept", "application/json")]).json();
        assert_eq!(data["gs1:hasBatchLotNumber"], "A.1", "{path}");
    }
    let dated = page(&format!("{lot}?17=271231"), "en").text();
    assert!(!dated.contains("ignores") && without_bdi(&dated).contains("(17) USE BY or EXPIRY 271231"), "{dated}");
    let set = node.get(&format!("{variant}?linkType=linkset"), &[]).json();
    assert_eq!(set["linkset"][0]["anchor"], format!("{BASE}{variant}"));
    assert_eq!(node.get(&format!("/414/{PLACE}/254/GATE-1"), &[("Accept", "application/json")]).status, 200);
    for (path, wanted) in [
        (format!("/01/{GTIN}/10/A.1?21=S1"), ["(21) may not", "(21) tidak boleh", "(21) 不能"]),
        (format!("/01/{GTIN}/21/S1/10/A"), ["(21) may not", "(21) tidak boleh", "(21) 不能"]),
        ("/01/09521321001016/10/A".into(), ["check digit: with its other digits it is 5", "seharusnya 5", "应为 5"]),
        (format!("/01/{GTIN}/10/A%20B"), ["have the value A B", "tidak dapat berisi A B", "的值不能为 A B"]),
    ] {
        for (lang, wanted) in ["en", "id", "zh"].into_iter().zip(wanted) {
            let answer = page(&path, lang);
            assert_eq!(answer.status, 400, "{path}");
            let text = without_bdi(&answer.text());
            assert!(text.contains(wanted), "{path} {lang}: {text}");
        }
        node.get(&path, &[]).problem(400, "malformed-request");
    }
    node.stop();
}

#[test]
fn bare_gtin_is_found() {
    let (node, _) = village_with_lots();
    let party = PRODUCER.rsplit('/').next().unwrap();
    for (asked, found) in [
        (SSCC.to_owned(), format!("/00/{SSCC}")),
        (format!("{}%20{}", &SSCC[..9], &SSCC[9..]), format!("/00/{SSCC}")),
        (GTIN.to_owned(), format!("/01/{GTIN}")),
        (GTIN.trim_start_matches('0').to_owned(), format!("/01/{GTIN}")),
        (PLACE.to_owned(), format!("/414/{PLACE}")),
        (party.to_owned(), format!("/417/{party}")),
        (format!("https%3A%2F%2Fx.example%2F01%2F{GTIN}%2F10%2FB%3F17%3D991399"), format!("/01/{GTIN}/10/B?17=991399")),
        (format!("{PLACE}&lang=zh"), format!("/414/{PLACE}?lang=zh")),
    ] {
        let answer = node.get(&format!("/search?q={asked}"), &[("Accept", "text/html")]);
        assert_eq!((answer.status, answer.header("location")), (303, found.as_str()), "{asked}");
    }
    for none in ["095213210000000025", "09521321001022", "9521321000322", "1"] {
        assert_eq!(node.get(&format!("/search?q={none}"), &[("Accept", "text/html")]).status, 404, "{none}");
    }
    node.stop();
}

#[test]
fn other_forms_of_a_link_lead_to_the_plain_one() {
    let (node, _) = village_with_lots();
    let short = GTIN.trim_start_matches('0');
    let lot = format!("{BASE}/01/{GTIN}/10/BAKAU-2611-02");
    for (path, wanted) in [
        (format!("/01/{short}/10/B"), format!("{BASE}/01/{GTIN}/10/B")),
        (format!("/01/{short}?17=271231&utm=x"), format!("{BASE}/01/{GTIN}?17=271231&utm=x")),
        ("/CxFRtemAbtoIBQCn23Wuv2mw".into(), lot.clone()),
        ("/CxFRtemAbtoIBQCn23Wuv2mw?linkType=all".into(), format!("{lot}?linkType=all")),
        (format!("/01/{GTIN}/EG0EAoBT7brXX7TY"), lot.clone()),
        (format!("/some/stem/01/{GTIN}/10/B"), format!("{BASE}/01/{GTIN}/10/B")),
        (format!("/8006/{GTIN}0102/10/B"), format!("{BASE}/8006/{GTIN}0102/10/B")),
    ] {
        let answer = node.get(&path, &[]);
        if path.starts_with("/8006") {
            // a piece of a product has no page; its lot has
            assert_eq!((answer.status, answer.header("location")), (307, format!("{BASE}/01/{GTIN}/10/B").as_str()));
            continue;
        }
        assert_eq!((answer.status, answer.header("location")), (307, wanted.as_str()), "{path}: {}", answer.text());
        assert!(answer.header("link").contains("rel=\"owl:sameAs\""), "{path}: {}", answer.header("link"));
        let plain = wanted.split('?').next().unwrap();
        assert!(answer.header("link").contains(&format!("<{plain}?linkType=linkset>; rel=\"linkset\"")), "{path}");
    }
    for path in ["/CxFRtemAbtoIBQCn23Wuv2m".to_owned(), format!("/01/{GTIN}/AQnYUc1gmiCNV4JG")] {
        let problem = node.get(&path, &[]).problem(400, "malformed-request");
        assert!(problem["detail"].as_str().unwrap().contains("compressed"), "{problem}");
    }
    node.get(&format!("/01/{}/10/B", "9521321001016"), &[]).problem(400, "malformed-request");
    node.get("/administrator", &[]).problem(404, "not-found");
    node.stop();
}

#[test]
fn unverifiable_serial_is_shown_as_such() {
    let (node, mut signer) = village_with_lots();
    let item = format!("/01/{GTIN}/10/A.1/21/FAKE");
    let before = node.get(&item, &[("Accept", "text/html")]);
    assert_eq!(before.status, 404);
    assert!(before.text().contains("never issued"));
    issue(&node, &mut signer);
    for (language, words) in [("en", "was not checked"), ("id", "tidak diperiksa"), ("zh", "未核对")] {
        let page = node.get(&item, &[("Accept", "text/html"), ("Accept-Language", language)]);
        assert_eq!(page.status, 200);
        assert!(page.text().contains(words) && page.text().contains("FAKE"), "{language}");
    }
    let lot = node.get(&format!("/01/{GTIN}/10/A.1"), &[("Accept", "text/html")]);
    assert!(!lot.text().contains("was not checked"));
    node.stop();
}
