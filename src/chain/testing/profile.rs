//! The profile of the tests of the rules.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::chain::ProfileSource;
use crate::quality::{Criteria, Profile, Specification};
use crate::record::Hash32;

/// Names the profile of the tests.
pub const PROFILE: Hash32 = Hash32([4; 32]);
/// Names its version 2.
pub const NEWER: Hash32 = Hash32([6; 32]);

/// Names specifications of the tests, all with the id `oil` but the last: iron at most 5 (version 1) and at most 2 (version 2), and the ester value
/// at most 3, which is measured on a sample.
pub const SPECIFIED: Hash32 = Hash32([7; 32]);
pub const STRICTER: Hash32 = Hash32([8; 32]);
pub const SAMPLED: Hash32 = Hash32([9; 32]);
/// The same of a parameter that the profile does not have.
pub const UNFIT: Hash32 = Hash32([10; 32]);
/// The same of the US, for which the profile has no list.
pub const OVERSEAS: Hash32 = Hash32([11; 32]);

/// A specification of the tests.
fn specification(blake3: &Hash32) -> Option<Arc<Specification>> {
    let (id, version, parameter, max) = match *blake3 {
        SPECIFIED => ("oil", "1", "iron", "5"),
        STRICTER => ("oil", "2", "iron", "2"),
        SAMPLED => ("oil", "1", "ester-value", "3"),
        UNFIT => ("oil", "1", "gold", "1"),
        OVERSEAS => ("abroad", "1", "iron", "5"),
        _ => return None,
    };
    let mut json = json!({
        "format": 1, "id": id, "version": version, "names": { "en": "Oil" }, "commodity": "essential-oil", "forms": ["patchouli-oil"],
        "decision": "simple-acceptance", "rules": [{ "parameter": parameter, "max": max }],
    });
    if *blake3 == OVERSEAS {
        json["market"] = json!("US");
    }
    Some(Arc::new(Specification::from_json(json.to_string().as_bytes()).unwrap()))
}

/// A process of the profile of the tests that leads from leaf and oil to leaf and oil, with any yield that is no gain.
pub const PRESSING: &str = "pressing";

/// The product's own profile with four requirements: iron at most 10, and acid value at most 8 (TEST) or 4 (STRICT), both measured on
/// site; ester value at most 10 (LAB), measured on a sample; a yellow colour (WORDS); water at most 1, on site, by a plan that goes by the pieces
/// of the lot: none of 2 above it of up to 50, one of 5 of more (PIECES). A complete test is iron or the ester value in
/// Indonesia and Germany, all three in the EU, where monitoring may cover the ester value for 100 days; China's list advises, Singapore is closed,
/// and the US has a requirement and no list. Its
/// version 1 has [`PRESSING`].
pub struct OneProfile;

impl ProfileSource for OneProfile {
    fn criteria(&self, blake3: &Hash32) -> Option<Criteria> {
        static CELLS: [OnceLock<Arc<Profile>>; 2] = [const { OnceLock::new() }; 2];
        let version = match *blake3 {
            PROFILE => 1,
            NEWER => 2,
            _ => return specification(blake3).map(Criteria::Specification),
        };
        let profile = CELLS[version - 1].get_or_init(|| {
            let bytes = include_bytes!("../../../schemas/commodities/essential-oil.json");
            let mut json: Value = serde_json::from_slice(bytes).unwrap();
            let mut requirement = json["requirements"][0].clone();
            let rule = requirement["rules"][1].clone();
            let limit = |parameter: &str, max: &str| {
                let mut rule = rule.clone();
                rule.as_object_mut().unwrap().remove("min");
                rule["parameter"] = json!(parameter);
                rule["max"] = json!(max);
                rule["advisory"] = json!(false);
                rule["forms"] = json!([]);
                rule
            };
            requirement["rules"] = json!([limit("iron", "10"), limit("acid-value", "8")]);
            requirement["id"] = json!("TEST");
            let mut strict = requirement.clone();
            strict["rules"] = json!([limit("iron", "10"), limit("acid-value", "4")]);
            strict["id"] = json!("STRICT");
            let mut laboratory = requirement.clone();
            laboratory["rules"] = json!([limit("ester-value", "10")]);
            laboratory["id"] = json!("LAB");
            let mut elsewhere = requirement.clone();
            elsewhere["id"] = json!("US/TEST");
            elsewhere["market"] = json!("US");
            let either = json!([["iron", "ester-value"]]);
            let list = |form: &str, market: &str, members: Value| {
                let mut list = json!({
                    "form": form, "market": market, "requirements": ["TEST", "STRICT", "LAB"], "basis": "tests", "confidence": "high",
                });
                for (name, value) in members.as_object().unwrap() {
                    list[name] = value.clone();
                }
                list
            };
            let mut lists = Vec::new();
            for form in ["patchouli-dried-leaf", "patchouli-oil"] {
                for market in ["ID", "DE"] {
                    lists.push(list(form, market, json!({ "oneOf": either })));
                }
            }
            let oil = |market: &str, members: Value| list("patchouli-oil", market, members);
            lists.push(oil(
                "EU",
                json!({ "all": ["iron", "acid-value", "ester-value"], "monitored": { "ester-value": 100 } }),
            ));
            lists.push(oil("SG", json!({ "closed": true })));
            lists.push(oil("CN", json!({ "oneOf": either, "confidence": "low", "advisory": true })));
            json["completeTests"] = json!(lists);
            let mut words = requirement.clone();
            words["rules"] = json!([{ "parameter": "colour", "words": ["yellow"] }]);
            words["id"] = json!("WORDS");
            let mut pieces = requirement.clone();
            pieces["rules"] = json!([limit("water", "1")]);
            pieces["rules"][0]["plan"] = json!("by-pieces");
            pieces["id"] = json!("PIECES");
            let mut plan = json["samplingPlans"][0].clone();
            plan["id"] = json!("by-pieces");
            plan["kind"] =
                json!({ "lotSize": { "of": "pieces", "steps": [{ "upTo": 50, "n": 2, "c": 0 }, { "n": 5, "c": 1 }] } });
            json["samplingPlans"].as_array_mut().unwrap().push(plan);
            json["requirements"] = json!([requirement, strict, laboratory, elsewhere, words, pieces]);
            for requirement in json["requirements"].as_array_mut().unwrap() {
                requirement["forms"] = json!([]);
            }
            for parameter in json["parameters"].as_array_mut().unwrap() {
                if parameter["id"] == "ester-value" {
                    parameter["validDays"] = json!(30);
                }
                parameter["onSite"] = json!(["iron", "acid-value", "colour", "water"].contains(&parameter["id"].as_str().unwrap()));
            }
            let both = ["patchouli-dried-leaf", "patchouli-oil"];
            let pressing = json!({
                "id": PRESSING, "names": { "en": "Pressing" },
                "conversions": [{ "from": both, "to": both, "yieldMin": "0", "yieldMax": "1" }],
            });
            if version == 1 {
                json["processes"].as_array_mut().unwrap().push(pressing);
            }
            json["version"] = json!(version.to_string());
            let bytes = serde_json::to_vec(&json).unwrap();
            Profile::from_json(&bytes).unwrap().shared()
        });
        Some(Criteria::Profile(Arc::clone(profile)))
    }
}
