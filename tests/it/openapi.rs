//! `/openapi.json` describes what the node answers: each JSON answer of the demo's ledger is compared with its schema, and has no member
//! that the schema has not.

use crate::common::demo_ledger::demo_ledger;
use axum::body::Body;
use axum::http::Request;
use jejak::server::{App, Config, openapi, router};
use serde_json::{Value, json};
use tower::ServiceExt;

#[test]
fn every_json_answer_is_of_its_schema() {
    let document = openapi::document();
    let dir = tempfile::tempdir().unwrap();
    let (ledger, lots) = demo_ledger(dir.path());
    let config = Config { public_url: "https://ledger.example".into(), ..Config::default() };
    let app = router(App::new(ledger.clone(), config));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let get = |path: &str, accept: &str| -> (u16, String) {
        runtime.block_on(async {
            let request = Request::get(path).header("accept", accept).body(Body::empty()).unwrap();
            let answer = app.clone().oneshot(request).await.unwrap();
            let status = answer.status().as_u16();
            let body = axum::body::to_bytes(answer.into_body(), 64 << 20).await.unwrap();
            (status, String::from_utf8_lossy(&body).into_owned())
        })
    };
    let json = |path: &str| -> Value { serde_json::from_str(&get(path, "application/json").1).unwrap() };
    let party = json("/parties")[0]["party"].as_str().unwrap().rsplit(['/', ':']).next().unwrap().to_owned();
    let profile = json("/profiles")[0]["blake3"].as_str().unwrap().to_owned();
    let places: Vec<String> = lots
        .iter()
        .filter_map(|lot| {
            let view = json(&format!("/lots/{}/{}", lot.gtin, lot.lot));
            Some(view["origins"][0]["place"]["gln"].as_str()?.to_owned())
        })
        .collect();
    let container = json(&format!("/lots/{}/{}/steps", lots[0].gtin, lots[0].lot));
    let container =
        container.as_array().unwrap().iter().find_map(|step| step["containers"][0].as_str()).map(str::to_owned);
    let of_parties = json("/parties");
    let (consignee, shipment) = of_parties
        .as_array()
        .unwrap()
        .iter()
        .find_map(|party| {
            let name = party["party"].as_str()?.rsplit(['/', ':']).next()?.to_owned();
            let coming = json(&format!("/parties/{name}/work"));
            Some((name, coming["incoming"][0]["shipment"].as_str()?.to_owned()))
        })
        .unwrap();
    let mut compared = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let Some(content) = operations["get"]["responses"]["200"]["content"].as_object() else { continue };
        for (media, body) in content.iter().filter(|(media, _)| media.ends_with("json")) {
            let of = |lot: &jejak::gs1::LotId| -> Option<String> {
                let link = format!("{}/10/{}", lot.gtin, lot.lot);
                let view = json(&format!("/lots/{}/{}", lot.gtin, lot.lot));
                let record = view["steps"][0]["record"].as_str().unwrap();
                Some(match path.as_str() {
                    "/01/{rest}" => format!("/01/{link}"),
                    "/00/{rest}" => format!("/00/{}", container.clone()?),
                    "/414/{rest}" => format!("/414/{}", places.first()?),
                    "/417/{rest}" if party.bytes().all(|b| b.is_ascii_digit()) => format!("/417/{party}"),
                    "/417/{rest}" => return None,
                    "/parties/{name}/work/{shipment}" => format!("/parties/{consignee}/work/{shipment}"),
                    "/parties/{name}/shipments" => format!("/parties/{consignee}/shipments"),
                    "/shipments/{record}" => format!("/shipments/{shipment}"),
                    // shown to enrollers only
                    "/enrolments" => return None,
                    path => path
                        .replace("{number}", "2")
                        .replace("{code}", "53.02")
                        .replace("{gtin}/{lot}", &format!("{}/{}", lot.gtin, lot.lot))
                        .replace("{id}", record)
                        .replace("{key}", view["steps"][0]["key"].as_str().unwrap())
                        .replace("{name}", &party)
                        .replace("{blake3}", &profile),
                })
            };
            let schema = json!({ "$ref": body["schema"]["$ref"], "components": document["components"] });
            let validator = jsonschema::validator_for(&schema).unwrap();
            for lot in &lots {
                let Some(path) = of(lot) else { continue };
                let (status, text) = get(&path, media);
                assert_eq!(status, 200, "{path}: {text}");
                let answer: Value = serde_json::from_str(&text).unwrap();
                let errors: Vec<String> =
                    validator.iter_errors(&answer).map(|e| format!("{}: {e}", e.instance_path())).take(3).collect();
                assert!(
                    errors.is_empty(),
                    "{path} {media}: {}",
                    errors.join("\n").chars().take(3_000).collect::<String>()
                );
                compared += 1;
                if !path.contains(lot.lot.as_str()) && !path.contains("/entries/") {
                    break;
                }
            }
        }
    }
    assert!(compared > 40, "{compared} answers were compared");
    ledger.shutdown();
}
