//! What goes wrong around goods: a hold that its issuer lifted, and a key that was stolen. Their records come after all others of the
//! demo, so that a demo that was begun before them goes on.

use anyhow::Result;

use super::acts::{Harvest, Script};
use super::world::{lot, party, places, what, who};
use crate::gs1::LotId;
use crate::record::registry::{KeyRevocation, Purpose, Statement};

/// Dried leaf that the region held for a doubt, and released.
///
/// # Errors
/// As for [`super::chains::crab`].
pub fn lifted_hold(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let leaf = lot(what::LEAF, "DAUN-2611-08")?;
    t.harvest(&Harvest {
        name: "leaf-harvest-2",
        by: "maker-25",
        time: "2026-11-14T15:40:00+08:00",
        at: places::LEAF_VILLAGE,
        part: (&leaf, "620"),
        kind: ("essential-oil", "patchouli-dried-leaf"),
        days: ("2026-11-13", "2026-11-14"),
        origin: ("72.03.16.2004", None),
    })?;
    let about = |event: crate::epcis::EventBuilder| {
        event.act("OBSERVE", "holding").set("quantityList", serde_json::json!([{ "epcClass": leaf.uri() }]))
    };
    let hold = about(t.event("ObjectEvent", "leaf-hold", "2026-11-16T10:00:00+08:00", places::LEAF_VILLAGE)?)
        .set("disposition", "non_sellable_other")
        .set("persistentDisposition", serde_json::json!({ "set": ["non_sellable_other"] }))
        .set("jejak:reason", "karung basah, diduga tercampur daun lain");
    let hold = t.s.event("region-14", &hold)?;
    let lift = about(t.event("ObjectEvent", "leaf-release", "2026-11-18T09:20:00+08:00", places::LEAF_VILLAGE)?)
        .set("persistentDisposition", serde_json::json!({ "unset": ["non_sellable_other"] }))
        .set("jejak:lifts", hold.uri());
    t.s.event("region-14", &lift)?;
    Ok(vec![leaf])
}

/// Bananas that were entered with a phone that had been stolen: the village revokes its key, and the entry stays, marked.
///
/// # Errors
/// As for [`super::chains::crab`].
pub fn stolen_key(t: &mut Script<'_, '_>) -> Result<Vec<LotId>> {
    let green = lot(what::BANANA, "KEPOK-2611-09")?;
    t.s.key("stolen-phone", &party(who::BANANA)?, Purpose::Event, "ponsel kebun", "maker-24")?;
    t.harvest(&Harvest {
        name: "banana-harvest-stolen",
        by: "stolen-phone",
        time: "2026-11-19T22:10:00+08:00",
        at: places::BANANA_VILLAGE,
        part: (&green, "900"),
        kind: ("banana-flour", "green-banana"),
        days: ("2026-11-18", "2026-11-19"),
        origin: ("52.08.03.2002", None),
    })?;
    let revocation = KeyRevocation {
        key: t.s.public("stolen-phone")?,
        reason: "compromised".to_owned(),
        compromised_since: Some(t.s.calendar.start_second()),
    };
    t.s.state("maker-24", &Statement::KeyRevocation(revocation))?;
    Ok(vec![green])
}
