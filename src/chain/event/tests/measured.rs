//! Measured values as people write them: words in their languages, and values that stand for several units.

use serde_json::{Value, json};

use super::{headline, with_oil};
use crate::chain::Rule;
use crate::chain::testing::*;
use crate::gs1::LotId;
use crate::query::view::LotState;

/// An inspection of the colour alone.
fn colour(oil: &LotId, word: &str) -> Value {
    let mut event = inspect(oil, "1", "1");
    event["jejak:profile"]["jejak:requirements"] = json!(["WORDS"]);
    event["sensorElementList"][0]["sensorReport"] = json!([{ "type": "urn:jejak:param:colour", "stringValue": word }]);
    event
}

#[test]
fn word_that_the_profile_does_not_know_is_admitted_and_fails_nothing() {
    let (mut w, oil) = with_oil();
    // not judged: the limit is named as left out
    assert_eq!(w.found(LAB, colour(&oil, "kuningg")), [Rule::RequirementIncomplete]);
    assert_eq!(headline(&w, &oil), LotState::NoVerdict);
    // no failure stands that a retest could clear
    let id = w.ok(LAB, colour(&oil, "kuningg"));
    let again = with(colour(&oil, "yellow"), "jejak:retests", json!([id.uri()]));
    w.refused(Rule::RetestUnknown, LAB, again);
}

#[test]
fn words_of_three_languages_pass_and_need_no_uncertainty() {
    for word in ["yellow", "Kuning", "黄色"] {
        let (mut w, oil) = with_oil();
        assert_eq!(w.found(LAB, colour(&oil, word)), [], "{word}");
        // it passes; the colour alone is no complete test
        assert_eq!(headline(&w, &oil), LotState::PartlyTested, "{word}");
    }
}

#[test]
fn word_outside_the_limit_fails_in_every_language() {
    for word in ["green", "hijau", "绿色"] {
        let (mut w, oil) = with_oil();
        w.refused(Rule::VerdictDisagrees, LAB, colour(&oil, word));
        w.ok(LAB, with(colour(&oil, word), "disposition", json!("non_conformant")));
        assert_eq!(headline(&w, &oil), LotState::Failed, "{word}");
    }
}

/// Water of so many units of a lot, under the plan that goes by its pieces.
fn water(lot: &LotId, values: &[(&str, u32)], disposition: &str) -> Value {
    let report = |(value, units): &(&str, u32)| {
        json!({
            "type": "urn:jejak:param:water", "stringValue": value, "uom": "P1", "jejak:uncertainty": "0.01", "jejak:units": units,
        })
    };
    let mut event = with(inspect(lot, "1", "1"), "disposition", json!(disposition));
    event["jejak:profile"]["jejak:requirements"] = json!(["PIECES"]);
    event["sensorElementList"][0]["sensorReport"] = values.iter().map(report).collect();
    event
}

#[test]
fn too_many_bad_units_for_a_lot_of_any_size_fail_though_its_size_is_not_known() {
    // grams of loose oil: nobody knows in how many pieces
    let (mut w, lot) = with_oil();
    for good in ["0.5", "2"] {
        let unjudged = water(&lot, &[(good, 1), ("0.5", 49)], "conformant");
        assert_eq!(w.found(LAB, unjudged), [Rule::RequirementIncomplete, Rule::LotSizeUnknown], "{good}");
    }
    assert_eq!(headline(&w, &lot), LotState::NoVerdict);
    w.refused(Rule::VerdictDisagrees, LAB, water(&lot, &[("2", 2), ("0.5", 48)], "conformant"));
    assert_eq!(w.found(LAB, water(&lot, &[("2", 2), ("0.5", 48)], "non_conformant")), []);
    assert_eq!(headline(&w, &lot), LotState::Failed);
    // bottles of a known content are counted
    let filled = bottle("B1");
    let (mut w, lot) = with_oil();
    let sent = w.ok(VILLAGE, ship(VILLAGE, MILL, &[(&lot, "100")], &[]));
    w.ok(MILL, receive(sent, &[(&lot, "100")], &[]));
    w.ok(MILL, process(&[(&lot, "100")], &[(&filled, "100")]));
    assert_eq!(w.found(LAB, water(&filled, &[("0.5", 2)], "conformant")), []);
    assert_eq!(w.found(LAB, water(&filled, &[("2", 1), ("0.5", 1)], "non_conformant")), []);
    assert_eq!(headline(&w, &filled), LotState::Failed);
}

#[test]
fn number_of_units_that_is_none_is_malformed() {
    let oil = oil("N1");
    for units in [json!(0), json!(-1), json!(1.5), json!("5"), json!(100_001)] {
        let mut event = colour(&oil, "yellow");
        event["sensorElementList"][0]["sensorReport"][0]["jejak:units"] = units.clone();
        assert!(crate::epcis::Event::from_json(whole(event).to_string().as_bytes()).is_err(), "{units}");
    }
    let mut event = colour(&oil, "yellow");
    event["sensorElementList"][0]["sensorReport"][0]["jejak:units"] = json!(5);
    let event = crate::epcis::Event::from_json(whole(event).to_string().as_bytes()).unwrap();
    assert_eq!(event.sensors[0].reports[0].units, Some(5));
}

/// The event with what every event has.
fn whole(event: Value) -> Value {
    let mut built = serde_json::from_str::<Value>(
        &crate::epcis::EventBuilder::new(
            "ObjectEvent",
            "urn:uuid:0190d5c0-0000-7000-8000-000000000001",
            "2026-11-03T16:20:00+08:00",
        )
        .build(),
    )
    .unwrap();
    for (name, value) in event.as_object().unwrap() {
        built[name] = value.clone();
    }
    built
}
