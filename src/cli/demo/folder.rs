//! The folder of the banana flour's shipment: contract and visits before it, papers, a payment in two parts, its way, and a handover that
//! both sides sign.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::acts::Script;
use super::world::{party, places, who};
use crate::epcis::EventBuilder;
use crate::epcis::documents;
use crate::gs1::LotId;
use crate::record::{Hash32, Opening, RecordId};

/// A paper: kind, number, day, last day, issuer.
type Paper<'a> = (&'a str, &'a str, &'a str, Option<&'a str>, Option<&'a str>);

/// Its text and whether anybody may read it.
type File<'a> = (&'a str, bool);

impl Script<'_, '_> {
    /// A document of trade between village and buyer, about the goods.
    fn trade(&self, goods: &LotId, name: &str, time: &str, shipment: Option<RecordId>) -> Result<EventBuilder> {
        let event = self
            .event("TransactionEvent", name, time, places::MILL)?
            .set("action", "ADD")
            .set("sourceList", json!([{ "type": "owning_party", "source": party(who::BANANA)? }]))
            .set("destinationList", json!([{ "type": "owning_party", "destination": party(who::BUYER_NL)? }]))
            .set("quantityList", json!([{ "epcClass": goods.uri() }]));
        Ok(match shipment {
            Some(id) => event.set("jejak:shipment", id.uri()),
            None => event,
        })
    }

    /// Signs a paper for each of `by`; the first names its file.
    fn paper(
        &mut self,
        goods: &LotId,
        by: &[&str],
        time: &str,
        shipment: Option<RecordId>,
        (kind, number, day, until, issuer): Paper<'_>,
        file: Option<File<'_>>,
    ) -> Result<()> {
        let uri = format!("urn:jejak:doc:demo:{kind}:{number}");
        let day = self.s.calendar.day(day)?;
        let until = until.map(|day| self.s.calendar.day(day)).transpose()?;
        for (n, key) in by.iter().enumerate() {
            let event = self.trade(goods, &format!("{kind}-{number}-{key}"), time, shipment)?;
            let mut stated = json!({ "jejak:document": uri, "jejak:number": number, "jejak:date": day });
            let cbv = match documents::type_of(kind) {
                Some(Some(cbv)) => Some(cbv),
                Some(None) => None,
                None => Some("cert"),
            };
            if cbv.and_then(documents::of_type) != Some(kind) {
                stated["jejak:kind"] = kind.into();
            }
            for (member, value) in [("jejak:until", until.as_deref()), ("jejak:issuer", issuer)] {
                if let Some(value) = value {
                    stated[member] = value.into();
                }
            }
            let mut event = match cbv {
                Some(cbv) => event.transaction(cbv, &uri),
                None => event.untyped(&uri),
            }
            .set("jejak:documents", json!([stated]));
            if let Some((text, public)) = file.filter(|_| n == 0) {
                let hash = self.s.evidence(key, text.as_bytes())?;
                event = event.set("jejak:evidence", json!([evidence(&hash, text, kind, number, public)]));
            }
            self.s.event(key, &event)?;
        }
        Ok(())
    }

    /// A milestone of a payment, whose sum both sides know.
    fn payment(
        &mut self,
        goods: &LotId,
        by: &str,
        time: &str,
        shipment: RecordId,
        (number, milestone, day, sum): (&str, &str, &str, &str),
    ) -> Result<()> {
        let uri = format!("urn:jejak:doc:demo:payment:{number}");
        // the same at every start: a demo keeps no secret
        let mut random = [0; 16];
        random.copy_from_slice(&Hash32::tagged("demo-sum", &[uri.as_bytes()]).as_bytes()[..16]);
        let opening = Opening::new(sum, random).context("the sum")?;
        let text = serde_json::to_string(&opening)?;
        let hash = self.s.evidence(by, text.as_bytes())?;
        let day = self.s.calendar.day(day)?;
        let event = self
            .trade(goods, &format!("payment-{number}-{milestone}-{by}"), time, Some(shipment))?
            .untyped(&uri)
            .set(
                "jejak:documents",
                json!([{ "jejak:document": uri, "jejak:kind": "payment", "jejak:number": number, "jejak:date": day }]),
            )
            .set("jejak:milestone", milestone)
            .set("jejak:commitment", opening.commitment().context("the sum")?.to_string())
            .set(
                "jejak:evidence",
                json!([{
                    "jejak:blake3": hash, "jejak:mediaType": "application/json", "jejak:bytes": text.len(),
                    "jejak:documentType": "payment-opening", "jejak:title": number, "jejak:access": "restricted",
                }]),
            );
        self.s.event(by, &event)?;
        Ok(())
    }

    /// An observation of the goods.
    fn observed(&self, goods: &LotId, name: &str, time: &str, at: u32, step: &str) -> Result<EventBuilder> {
        Ok(self
            .event("ObjectEvent", name, time, at)?
            .act("OBSERVE", step)
            .set("quantityList", json!([{ "epcClass": goods.uri() }])))
    }

    /// A visit of the region: points with their answers.
    fn visit(
        &mut self,
        goods: &LotId,
        (name, time, purpose, outcome): (&str, &str, &str, &str),
        advice: Option<&str>,
        points: &[(&str, &str, Option<&str>)],
    ) -> Result<()> {
        let check = |(item, answer, note): &(&str, &str, Option<&str>)| {
            let mut check = json!({ "jejak:item": item, "jejak:answer": answer });
            if let Some(note) = note {
                check["jejak:note"] = (*note).into();
            }
            check
        };
        let points: Vec<Value> = points.iter().map(check).collect();
        let mut visit = json!({ "jejak:purpose": purpose, "jejak:outcome": outcome, "jejak:checklist": points });
        if let Some(advice) = advice {
            visit["jejak:advice"] = advice.into();
        }
        let event = self.observed(goods, name, time, places::MILL, "other")?.set("jejak:visit", visit);
        self.s.event("region-13", &event)?;
        Ok(())
    }

    /// Before the flour was shipped: the contract, and two visits of the region.
    ///
    /// # Errors
    /// When the ledger refuses a record, which would be a bug of the demo or of the rules.
    pub fn flour_ordered(&mut self, goods: &LotId) -> Result<()> {
        let contract = ("contract", "TP-2026-11", "2026-11-06", None, None);
        let text = "Kontrak contoh: 260 kg tepung pisang kepok, DAP Rotterdam. Harga tidak tercantum di buku catatan.";
        self.paper(goods, &["maker-24", "buyer-nl"], "2026-11-08T11:00:00+08:00", None, contract, Some((text, false)))?;
        self.visit(
            goods,
            ("flour-visit-mill", "2026-11-08T12:00:00+08:00", "production-supervision", "advice"),
            Some("Simpan karung di atas palet, jangan di lantai."),
            &[
                ("raw-lots-match", "yes", None),
                ("hands-washed", "yes", None),
                ("tools-clean", "yes", None),
                ("no-other-substances", "yes", None),
                ("scales-checked", "yes", Some("2 x 5 kg")),
                ("yield-plausible", "yes", None),
                ("store-dry", "no", Some("karung di lantai")),
            ],
        )?;
        self.visit(
            goods,
            ("flour-visit-load", "2026-11-09T13:00:00+08:00", "loading-supervision", "in-order"),
            None,
            &[
                ("lots-match", "yes", None),
                ("count-matches", "yes", None),
                ("packing-sound", "yes", None),
                ("label-legible", "yes", None),
                ("wood-marked", "yes", Some("ISPM 15")),
                ("temperature-set", "not-applicable", None),
                ("seal-noted", "yes", Some("SGL-0317")),
            ],
        )
    }

    /// While the flour was on its way: papers, the payment in two parts, the handover at the port, the way by sea.
    ///
    /// # Errors
    /// As for [`Script::flour_ordered`].
    pub fn flour_sent(&mut self, goods: &LotId, shipment: RecordId) -> Result<()> {
        let both = ["maker-24", "buyer-nl"];
        let of = Some(shipment);
        let invoice = ("invoice", "INV-2026-031", "2026-11-10", None, None);
        let text = "Faktur contoh INV-2026-031. Jumlahnya hanya untuk kedua pihak.";
        self.paper(goods, &both, "2026-11-10T09:00:00+08:00", of, invoice, Some((text, false)))?;
        let list = ("packing-list", "PL-2026-031", "2026-11-10", None, None);
        let text = "Daftar kemasan contoh: 1 palet, 13 karung a 20 kg.";
        self.paper(goods, &["maker-24"], "2026-11-10T09:10:00+08:00", of, list, Some((text, false)))?;
        let phyto =
            ("phytosanitary-certificate", "PC-52-0193", "2026-11-09", None, Some("Badan Karantina Indonesia (contoh)"));
        let text = "Salinan contoh sertifikat fitosanitari PC-52-0193.";
        self.paper(goods, &["maker-24"], "2026-11-10T09:20:00+08:00", of, phyto, Some((text, true)))?;
        let origin = (
            "certificate-of-origin",
            "SKA-0077",
            "2026-11-10",
            Some("2027-11-09"),
            Some("Dinas Perdagangan NTB (contoh)"),
        );
        let text = "Salinan contoh surat keterangan asal SKA-0077.";
        self.paper(goods, &["maker-24"], "2026-11-10T09:30:00+08:00", of, origin, Some((text, true)))?;
        let first = |milestone| ("TP-2026-11-1", milestone, "2026-11-11", "EUR 900.00");
        self.payment(goods, "maker-24", "2026-11-10T10:00:00+08:00", shipment, first("payment-agreed"))?;
        self.payment(goods, "buyer-nl", "2026-11-10T10:30:00+01:00", shipment, first("payment-agreed"))?;
        self.payment(goods, "buyer-nl", "2026-11-11T09:30:00+01:00", shipment, first("payment-paid"))?;
        self.payment(goods, "maker-24", "2026-11-12T09:30:00+08:00", shipment, first("payment-received"))?;
        let rest = |milestone| ("TP-2026-11-2", milestone, "2026-11-30", "EUR 2100.00");
        self.payment(goods, "maker-24", "2026-11-12T09:40:00+08:00", shipment, rest("payment-agreed"))?;
        self.payment(goods, "buyer-nl", "2026-11-12T10:00:00+01:00", shipment, rest("payment-agreed"))?;
        self.hand_over(goods, shipment)?;
        let bill = ("bill-of-lading", "MSKU-7731", "2026-11-13", None, Some("Samudra Line (contoh)"));
        let text = "Konosemen contoh MSKU-7731.";
        self.paper(goods, &["maker-24"], "2026-11-13T10:00:00+08:00", of, bill, Some((text, false)))
    }

    /// From the village to the facilitator at the port, and what the facilitator saw from then on.
    fn hand_over(&mut self, goods: &LotId, shipment: RecordId) -> Result<()> {
        let handed = |condition: &str| -> Result<Value> {
            Ok(json!({
                "jejak:from": party(who::BANANA)?, "jejak:to": party(who::FORWARDER)?,
                "jejak:condition": condition, "jejak:seal": "SGL-0317",
            }))
        };
        let event = |this: &Self, name: &str, time: &str, step: &str| -> Result<EventBuilder> {
            Ok(this.observed(goods, name, time, places::PORT, step)?.set("jejak:shipment", shipment.uri()))
        };
        let first = event(self, "flour-handover", "2026-11-12T14:00:00+08:00", "transporting")?;
        let first = self.s.event("maker-24", &first.set("jejak:handover", handed("intact")?))?;
        let second = event(self, "flour-takeover", "2026-11-12T14:05:00+08:00", "transporting")?
            .set("jejak:handover", handed("intact")?)
            .set("jejak:confirms", first.uri());
        self.s.event("forwarder", &second)?;
        let by_sea = json!({
            "jejak:mode": "sea", "jejak:vehicle": "KM Bahari Contoh 7", "jejak:from": super::world::place(places::PORT)?,
            "jejak:seal": "SGL-0317",
        });
        let leg = event(self, "flour-depart", "2026-11-13T18:00:00+08:00", "departing")?.set("jejak:leg", by_sea);
        self.s.event("forwarder", &leg)?;
        let report = json!([{
            "sensorReport": [{ "type": "Temperature", "minValue": 24.1, "maxValue": 31.6, "meanValue": 27.9, "uom": "CEL" }]
        }]);
        let log = event(self, "flour-temperature", "2026-11-19T08:00:00+01:00", "sensor_reporting")?
            .set("sensorElementList", report);
        self.s.event("forwarder", &log)?;
        Ok(())
    }
}

fn evidence(hash: &str, text: &str, kind: &str, number: &str, public: bool) -> Value {
    json!({
        "jejak:blake3": hash, "jejak:mediaType": "text/plain", "jejak:bytes": text.len(), "jejak:documentType": kind,
        "jejak:title": number, "jejak:access": if public { "public" } else { "restricted" },
    })
}
