//! The profile of the tests of the rules.

use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::chain::ProfileSource;
use crate::quality::Profile;
use crate::record::Hash32;

/// Names the profile of the tests.
pub const PROFILE: Hash32 = Hash32([4; 32]);
/// Names its version 2.
pub const NEWER: Hash32 = Hash32([6; 32]);

/// A process of the profile of the tests that leads from leaf and oil to leaf and oil, with any yield that is no gain.
pub const PRESSING: &str = "pressing";

/// The product's own profile with three requirements: iron at most 10, and acid value at most 8 (TEST) or 4 (STRICT); a yellow colour
/// (WORDS); its version 1 with
/// [`PRESSING`]. Iron and acid value are a complete test of the oil at home.
pub struct OneProfile;

impl ProfileSource for OneProfile {
    fn profile(&self, blake3: &Hash32) -> Option<Arc<Profile>> {
        static CELLS: [OnceLock<Arc<Profile>>; 2] = [const { OnceLock::new() }; 2];
        let version = match *blake3 {
            PROFILE => 1,
            NEWER => 2,
            _ => return None,
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
                rule
            };
            requirement["rules"] = json!([limit("iron", "10"), limit("acid-value", "8")]);
            requirement["id"] = json!("TEST");
            let mut strict = requirement.clone();
            strict["rules"] = json!([limit("iron", "10"), limit("acid-value", "4")]);
            strict["id"] = json!("STRICT");
            let mut words = requirement.clone();
            words["rules"] = json!([{ "parameter": "colour", "words": ["yellow"] }]);
            words["id"] = json!("WORDS");
            json["requirements"] = json!([requirement, strict, words]);
            json["completeTests"] = json!([{
                "form": "patchouli-oil", "market": "ID", "requirements": ["TEST", "STRICT"], "all": ["acid-value", "iron"],
                "basis": "the tests", "confidence": "high",
            }]);
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
        Some(Arc::clone(profile))
    }
}
