// How lists put a shipment, and what waits for somebody in it, in words. Needs nothing but what the first screen has.

import { row } from "../ui.js";
import { day, name, t } from "../i18n.js";
import { shortName } from "../names.js";
import { path } from "../router.js";
import * as session from "../session.js";
import { uriOf } from "../folder.js";

const called = (one) => name(one?.name) || shortName(uriOf(one) ?? "");

/** Who signed, and for whom where that was by mandate. */
export const signer = (one) => (one.onBehalf ? t("signed-for", { party: called(one), other: called(one.onBehalf) }) : called(one));

/** What a shipment is called by one of its parties: who gets it, or who sent it. */
export function shipmentTitle({ from, to }) {
  const own = session.me()?.party;
  if (uriOf(from) === own) return t("shipment-to", { party: called(to) });
  if (uriOf(to) === own) return t("shipment-from", { party: called(from) });
  return t("shipment-between", { from: called(from), to: called(to) });
}

/** What waits for this party, in a sentence. */
export const waitText = (one) => (one.kind === "handover" ? t("waits-handover", { party: called(one.other) }) : t(`waits-${one.next}`, { number: one.number ?? "…" }));

/** The form in which somebody answers it. */
export function waitPath(one, shipment) {
  if (one.kind === "handover") return `${path`/handover/of/${shipment}`}?confirms=${encodeURIComponent(one.record)}`;
  return `${path`/payment/of/${shipment}`}?document=${encodeURIComponent(one.document)}&milestone=${one.next}`;
}

const COLOURS = { received: "good", "delivered-outside": "good", refused: "bad", voided: "" };

/** A row of a list of shipments. */
export function shipmentRow(one) {
  const waits = one.waits?.length > 0;
  const note = [t(`shipment-${one.state}`), one.sent && day(one.sent), t("shipment-lots", { count: one.lots })];
  return row({ icon: waits ? "alert" : "truck", state: waits ? "warn" : (COLOURS[one.state] ?? "wait"), title: shipmentTitle(one), note: note.filter(Boolean).join(" · "), to: path`/shipment/${one.shipment}` });
}
