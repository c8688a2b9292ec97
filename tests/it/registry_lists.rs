//! What the desk reads of the registry, over real HTTP: a party with its numbers, keys and accreditations, and lists by number.

use jejak::cli::demo::world::{self, who};
use jejak::server::Config;
use serde_json::Value;

use crate::common::demo_ledger::demo_ledger;
use crate::common::http::{Node, next_page};
use crate::common::{NOW, TestClock};

/// All items of a list, page by page, and how many pages they were.
fn whole(node: &Node, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut at, mut pages) = (Vec::new(), path.to_owned(), 0);
    loop {
        let answer = node.get(&at, &[]);
        assert_eq!(answer.status, 200, "{at}: {}", answer.text());
        items.extend(answer.json().as_array().unwrap().clone());
        pages += 1;
        match next_page(&answer) {
            Some(next) => at = next,
            None => return (items, pages),
        }
    }
}

fn member<'a>(items: &'a [Value], name: &str) -> Vec<&'a str> {
    items.iter().map(|item| item[name].as_str().unwrap()).collect()
}

#[test]
fn registry_of_a_party_and_lists_by_number() {
    let dir = tempfile::tempdir().unwrap();
    let (ledger, _) = demo_ledger(dir.path());
    let config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
    let node = Node::serving(dir, ledger, TestClock::at(NOW), config);
    let name = |n: u32| world::party(n).unwrap().rsplit('/').next().unwrap().to_owned();

    let lab = node.get(&format!("/parties/{}/registry", name(who::LAB)), &[]).json();
    assert_eq!(lab["party"], world::party(who::LAB).unwrap());
    assert_eq!(lab["enroller"], world::party(who::AUTHORITY).unwrap());
    let accreditation = &lab["accreditations"][0];
    assert!(accreditation["scope"].as_array().unwrap().contains(&"essential-oil".into()), "{accreditation}");
    assert!(accreditation["from"].as_i64() < accreditation["until"].as_i64(), "{accreditation}");
    assert!(lab["keys"].as_array().unwrap().iter().all(|key| key["ended"].is_null()), "{}", lab["keys"]);
    let authority = node.get(&format!("/parties/{}/registry", name(who::AUTHORITY)), &[]).json();
    assert_eq!(
        (&authority["prefixes"], &authority["lent"]),
        (&serde_json::json!([world::PREFIX]), &serde_json::json!([]))
    );
    let region = node.get(&format!("/parties/{}/registry", name(who::BINTUNI)), &[]).json();
    assert_eq!(region["enrols"], serde_json::json!([world::PREFIX]));
    assert_eq!(node.get("/parties/nobody/registry", &[]).status, 404);

    let (accredited, _) = whole(&node, "/accreditations?limit=1");
    assert!(
        member(&accredited.iter().map(|one| one["party"].clone()).collect::<Vec<_>>(), "party")
            .contains(&lab["party"].as_str().unwrap())
    );

    for (list, number) in [("products", "gtin"), ("places", "gln")] {
        let (all, once) = whole(&node, &format!("/{list}"));
        let (paged, pages) = whole(&node, &format!("/{list}?limit=2"));
        assert_eq!((&all, once), (&paged, 1));
        assert!(pages > 3, "{list}: {pages} pages of {}", all.len());
        let numbers = member(&all, number);
        assert!(numbers.is_sorted(), "{numbers:?}");
        assert_eq!(
            whole(&node, &format!("/{list}?prefix={}&limit=2", world::PREFIX)).0,
            all,
            "all lie in the demo's prefix"
        );
        assert!(whole(&node, &format!("/{list}?prefix=8991")).0.is_empty());
        let one = numbers[1];
        let prefix = &one[one.len() - 13..one.len() - 1];
        assert_eq!(whole(&node, &format!("/{list}?prefix={prefix}")).0, [all[1].clone()]);
        for wrong in ["?prefix=abc", "?prefix=123", "?prefix=1234567890123", "?after=x", "?limit=0"] {
            assert_eq!(node.get(&format!("/{list}{wrong}"), &[]).status, 400, "{list}{wrong}");
        }
    }
    let crab = world::gtin(world::what::CRAB).unwrap().to_string();
    let (products, _) = whole(&node, "/products");
    let crab = products.iter().find(|product| product["gtin"] == crab.as_str()).unwrap();
    assert_eq!(crab["owner"], world::party(who::AUTHORITY).unwrap());
    assert_eq!(crab["makers"], serde_json::json!([world::party(who::CRAB).unwrap()]));
    node.stop();
}

#[test]
fn desk_and_app_lead_to_their_pages_with_modules_of_their_own() {
    let node = Node::start(|_| {});
    let led = node.get("/desk?lang=zh", &[]);
    assert_eq!((led.status, led.header("location")), (308, "/desk/?lang=zh"));
    let page = node.get("/desk/", &[("Accept", "text/html"), ("Accept-Language", "id")]).text();
    assert!(
        page.contains("/desk/main.js\"></script>") && page.contains("/desk/desk.css") && !page.contains("manifest"),
        "{page}"
    );
    assert!(page.contains("<title>Meja Jejak"), "{page}");
    // what the desk alone needs is not kept on phones
    let kept = node.get("/app/files.json", &[]).text();
    assert!(!kept.contains("/desk/") && !kept.contains("desk.id.ftl"), "{kept}");
    node.stop();
}
