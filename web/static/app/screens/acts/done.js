// After signing: the number, where the record is, and what comes next. Says only what this phone knows.
import { bigButton, button, h, icon, lineButton } from "../../ui.js";
import { t } from "../../i18n.js";
import { subscribe } from "../../env.js";
import * as outbox from "../../outbox.js";
import { lotParts } from "../../forms/context.js";
import { synchronise } from "../../network.js";
import { path } from "../../router.js";
import { bareId } from "../../uris.js";
import { stateLine } from "../../wording.js";
import { shareOutbox } from "../outbox.js";
import { issued, shareAddresses } from "./labels.js";
import { styled } from "./styles.js";

// The same act again is the usual next step; an inspector goes to the next lot.
const AGAIN = { harvest: "/harvest", sample: undefined, inspect: "/home", receive: "/home", ship: "/home" };

/** The shipment to whose folder a record belongs. */
const shipmentIn = ({ payload }) => {
  const uri = JSON.parse(payload)["jejak:shipment"];
  return uri && bareId(uri);
};

export default async function done({ key }) {
  await styled();
  const row = (await outbox.list()).find((one) => one.key === key);
  if (!row) return { title: t("acts-done-gone"), body: h("p", {}, t("acts-done-gone-why")), action: bigButton(t("home"), { to: "/home" }), back: "/home" };
  const lot = lotParts(row.lots?.[0]);
  const next = row.act === "inspect" ? ["acts-next-lot", "/home"] : row.act === "sample" && lot ? ["acts-now-test", `/inspect/${lot.gtin}/${encodeURIComponent(lot.number)}`] : row.act === "harvest" ? ["acts-next-harvest", "/harvest"] : ["acts-to-home", AGAIN[row.act] ?? "/home"];
  const shipment = shipmentIn(row);
  // the addresses for the labels are on this phone alone
  const serials = row.act === "label" ? await issued(row.lots[0]) : [];
  const state = h("div", { "aria-live": "polite" });
  const showState = async () => {
    const now = await outbox.record(row.key);
    if (!now) return;
    const isSent = ["accepted", "verified", "conflict"].includes(now.state);
    state.replaceChildren(h("p", {}, t(isSent ? "acts-done-sent" : "acts-done-safe")), h("p", {}, stateLine(now)));
  };
  await showState();
  // sent at once when there is a signal; the person need not wait for it
  const ended = subscribe(showState);
  if (navigator.onLine) synchronise().catch(() => undefined);
  return {
    title: t("acts-done-title"),
    body: [
      h("div", { class: "pen" }, icon("signed"), h("p", {}, t("acts-done", { number: String(row.seq) }))),
      state,
      row.photos > 0 && h("p", { class: "help" }, t("acts-photos-follow", { n: String(row.photos) })),
      serials.length > 0 && button(t("label-addresses", { count: serials.length }), { act: () => shareAddresses(row.lots[0], serials), icon: "share" }),
      shipment && lineButton(t("acts-see-shipment"), { to: path`/shipment/${shipment}`, icon: "truck" }),
      lot && lineButton(t("acts-see-lot", { lot: lot.number }), { to: `/lot/${lot.gtin}/${encodeURIComponent(lot.number)}`, icon: "note" }),
    ],
    action: [bigButton(t(next[0]), { to: next[1] }), button(t("acts-share-copy"), { act: shareOutbox, icon: "share" })],
    back: "/home",
    leave: () => ended?.(),
  };
}
