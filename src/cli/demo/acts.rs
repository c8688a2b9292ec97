//! The events of the demo: one method per act, with quantities in kilograms. An event's id follows from its name.

use anyhow::{Context, Result};

use super::seed::{Seeder, event_id};
use super::world::{party, place};
use crate::epcis::EventBuilder;
use crate::epcis::write::measured;
use crate::gs1::{LotId, Sscc};
use crate::quality;
use crate::record::{Hash32, RecordId};

/// Creates the events of the demo, and submits them.
pub struct Script<'a, 'b> {
    /// Signs and sends.
    pub s: &'a mut Seeder<'b>,
    /// Ledger id, for event ids that are the same at every start.
    pub ledger: String,
}

/// A lot and an amount in kilograms.
pub type Part<'a> = (&'a LotId, &'a str);

/// A measured value: parameter id, value, unit, uncertainty, method.
pub type Value<'a> = (&'a str, &'a str, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// A harvest: who, where, when, of what.
pub struct Harvest<'a> {
    /// Name of the event.
    pub name: &'a str,
    /// Key.
    pub by: &'a str,
    /// Event time.
    pub time: &'a str,
    /// Place number.
    pub at: u32,
    /// What.
    pub part: Part<'a>,
    /// Commodity and form ids.
    pub kind: (&'a str, &'a str),
    /// First and last day.
    pub days: (&'a str, &'a str),
    /// Village code and gear.
    pub origin: (&'a str, Option<&'a str>),
}

/// What a supervisor measures of live crabs on site: carapace width in cm and mass in g, of the smallest animal.
pub(super) fn crabs_on_site<'a>(width: &'a str, mass: &'a str) -> [Value<'a>; 5] {
    [
        ("carapace-width", width, Some("CMT"), Some("0.1"), Some("caliper, smallest animal of the lot")),
        ("mass-individual", mass, Some("GRM"), Some("1"), Some("scale, smallest animal of the lot")),
        ("berried", "no", None, None, Some("every animal looked at")),
        ("species-id", "scylla-serrata", None, None, Some("visual key")),
        ("gear-passive", "yes", None, None, Some("pots, as the harvest states")),
    ]
}

impl Script<'_, '_> {
    /// Begins an event of `kind` named `name`.
    pub fn event(&self, kind: &str, name: &str, time: &str, at: u32) -> Result<EventBuilder> {
        let time = self.s.calendar.time(time)?;
        Ok(EventBuilder::new(kind, &event_id(&self.ledger, name), &time).at(&place(at)?))
    }

    /// The event of a harvest.
    pub fn harvest_event(&self, h: &Harvest<'_>) -> Result<EventBuilder> {
        let mut ilmd = serde_json::json!({
            "jejak:commodity": h.kind.0,
            "jejak:form": h.kind.1,
            "jejak:harvestStart": self.s.calendar.day(h.days.0)?,
            "jejak:harvestEnd": self.s.calendar.day(h.days.1)?,
            "jejak:village": h.origin.0,
        });
        if let Some(gear) = h.origin.1 {
            ilmd["jejak:gear"] = gear.into();
        }
        Ok(self
            .event("ObjectEvent", h.name, h.time, h.at)?
            .act("ADD", "commissioning")
            .set("disposition", "active")
            .quantity("quantityList", &h.part.0.uri(), h.part.1, "KGM")
            .set("ilmd", ilmd)
            .set("jejak:mode", "identity-preserved"))
    }

    /// A harvest.
    pub fn harvest(&mut self, h: &Harvest<'_>) -> Result<RecordId> {
        let event = self.harvest_event(h)?;
        self.s.event(h.by, &event)
    }

    /// A process, which may make its goods for a market.
    #[allow(clippy::too_many_arguments)] // one act, one call: a struct would only rename them
    pub fn process(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        (process, market): (&str, Option<&str>),
        inputs: &[Part<'_>],
        outputs: &[Part<'_>],
        kind: (&str, &str),
        after: &[RecordId],
    ) -> Result<RecordId> {
        let mut event = self
            .event("TransformationEvent", name, time, at)?
            .set("bizStep", "commissioning")
            .set("jejak:process", process)
            .set("ilmd", serde_json::json!({ "jejak:commodity": kind.0, "jejak:form": kind.1 }));
        if let Some(market) = market {
            event = event.set("jejak:market", market);
        }
        for (lot, kilos) in inputs {
            event = event.quantity("inputQuantityList", &lot.uri(), kilos, "KGM");
        }
        for (lot, kilos) in outputs {
            event = event.quantity("outputQuantityList", &lot.uri(), kilos, "KGM");
        }
        self.s.event(by, &after_all(event, after))
    }

    /// Removes stock, with a reason.
    #[allow(clippy::too_many_arguments)]
    pub fn adjust(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        (lot, kilos): Part<'_>,
        reason: &str,
        after: &[RecordId],
    ) -> Result<RecordId> {
        let event = self
            .event("ObjectEvent", name, time, at)?
            .act("DELETE", "destroying")
            .quantity("quantityList", &lot.uri(), kilos, "KGM")
            .set("jejak:reason", reason);
        self.s.event(by, &after_all(event, after))
    }

    /// A sample drawn by an inspector from what `holder` has, or sent in by its maker.
    #[allow(clippy::too_many_arguments)]
    pub fn sample(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        (lot, kilos): Part<'_>,
        holder: u32,
        (id, seal): (&str, &str),
    ) -> Result<RecordId> {
        let event = self
            .event("ObjectEvent", name, time, at)?
            .act("OBSERVE", "sampling")
            .quantity("quantityList", &lot.uri(), kilos, "KGM")
            .transaction("testprd", &format!("urn:jejak:sample:{id}"))
            .set(
                "jejak:sample",
                serde_json::json!({ "jejak:id": id, "jejak:seal": seal, "jejak:holder": party(holder)? }),
            );
        self.s.event(by, &event)
    }

    /// An inspection under the shipped profile of `commodity`, of a sample where it measures in a laboratory, with a certificate as evidence.
    #[allow(clippy::too_many_arguments)]
    pub fn inspect(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        lot: &LotId,
        commodity: &str,
        requirements: &[&str],
        values: &[Value<'_>],
        passes: bool,
        sample: Option<&str>,
    ) -> Result<RecordId> {
        let shipped =
            quality::builtin().iter().find(|shipped| shipped.profile.id == commodity).context("a shipped profile")?;
        let reports = values
            .iter()
            .map(|(p, value, uom, u, method)| {
                measured(&format!("{}{p}", quality::profile::PARAMETER), value, *uom, *u, *method)
            })
            .collect();
        let moved = self.s.calendar.time(time)?;
        // the title has the lot and the day, not the demo's name for the event
        let title = format!("Sertifikat uji {}, {}", lot.lot, moved.split('T').next().unwrap_or_default());
        let certificate = certificate(&title, lot, values);
        let hash = self.s.evidence(by, certificate.as_bytes())?;
        let mut event = self
            .event("ObjectEvent", name, time, at)?
            .act("OBSERVE", "inspecting")
            .set("disposition", if passes { "conformant" } else { "non_conformant" })
            .set("quantityList", serde_json::json!([{ "epcClass": lot.uri() }]))
            .sensed(&moved, reports)
            .set(
                "jejak:profile",
                serde_json::json!({
                    "jejak:id": shipped.profile.id,
                    "jejak:version": shipped.profile.version,
                    "jejak:blake3": Hash32::of(&shipped.bytes).to_string(),
                    "jejak:requirements": requirements,
                }),
            )
            .set(
                "jejak:evidence",
                serde_json::json!([{
                    "jejak:blake3": hash,
                    "jejak:mediaType": "text/plain",
                    "jejak:bytes": certificate.len(),
                    "jejak:documentType": "certificate-of-analysis",
                    "jejak:title": title,
                    "jejak:access": "public",
                }]),
            );
        if let Some(id) = sample {
            event = event
                .transaction("testres", &format!("urn:jejak:sample:{id}"))
                .set("jejak:sample", serde_json::json!({ "jejak:id": id }));
        }
        self.s.event(by, &event)
    }

    /// Packs loose stock into a container.
    #[allow(clippy::too_many_arguments)]
    pub fn pack(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        into: Sscc,
        parts: &[Part<'_>],
        after: &[RecordId],
    ) -> Result<RecordId> {
        let mut event = self
            .event("AggregationEvent", name, time, at)?
            .act("ADD", "packing")
            .set("disposition", "in_progress")
            .set("parentID", into.uri());
        for (lot, kilos) in parts {
            event = event.quantity("childQuantityList", &lot.uri(), kilos, "KGM");
        }
        self.s.event(by, &after_all(event, after))
    }

    /// Ships containers.
    #[allow(clippy::too_many_arguments)]
    pub fn ship(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        from: u32,
        to: u32,
        market: &str,
        containers: &[Sscc],
    ) -> Result<RecordId> {
        let mut event = self
            .event("ObjectEvent", name, time, at)?
            .act("OBSERVE", "shipping")
            .set("disposition", "in_transit")
            .from("possessing_party", &party(from)?)
            .to("possessing_party", &party(to)?)
            .transaction("po", &format!("urn:jejak:doc:po:{name}"))
            .set("jejak:market", market);
        for sscc in containers {
            event = event.epc("epcList", &sscc.uri());
        }
        self.s.event(by, &event)
    }

    /// Receives containers, with the amounts counted.
    #[allow(clippy::too_many_arguments)]
    pub fn receive(
        &mut self,
        name: &str,
        by: &str,
        time: &str,
        at: u32,
        shipment: RecordId,
        containers: &[Sscc],
        counted: &[Part<'_>],
    ) -> Result<RecordId> {
        let mut event = self
            .event("ObjectEvent", name, time, at)?
            .act("OBSERVE", "receiving")
            .set("disposition", "in_progress")
            .set("jejak:shipment", shipment.uri());
        for sscc in containers {
            event = event.epc("epcList", &sscc.uri());
        }
        for (lot, kilos) in counted {
            event = event.quantity("quantityList", &lot.uri(), kilos, "KGM");
        }
        self.s.event(by, &event)
    }
}

fn after_all(mut event: EventBuilder, after: &[RecordId]) -> EventBuilder {
    for id in after {
        event = event.record("jejak:after", &id.uri());
    }
    event
}

/// A sample certificate, as plain text so that anyone can open it.
fn certificate(title: &str, lot: &LotId, values: &[Value<'_>]) -> String {
    let mut text = format!("CONTOH / DEMO\n{title}\nLot {lot}\n\n");
    for (parameter, value, uom, u, method) in values {
        text.push_str(&format!(
            "{parameter}: {value} {} (U = {}) {}\n",
            uom.unwrap_or_default(),
            u.unwrap_or("-"),
            method.unwrap_or_default()
        ));
    }
    text
}
