// The shipments of this party: those first in which something waits for it. As the node said last, also without a signal.

import { h, icon, notice, rows } from "../ui.js";
import { moment, readAlso, t } from "../i18n.js";
import * as session from "../session.js";
import * as kept from "../kept.js";
import { pendingOf } from "../folder.js";
import { fetchList } from "../folders.js";
import { isActive, listed } from "../shipments.js";
import { shipmentRow } from "./shipped.js";

const WAIT = 4000;

export default async function shipments() {
  await readAlso("folder");
  const me = session.me();
  const fresh = await fetchList(me.node ?? "", me, WAIT).catch(() => null);
  const records = await kept.list();
  const { at, list } = await listed(me, (shipment) => pendingOf(records, me.party, shipment));
  const open = list.filter(isActive);
  const closed = list.filter((one) => !open.includes(one));
  const body = [
    !fresh && h("p", { class: "line" }, icon("cloud"), t("no-signal")),
    at && h("p", { class: "help" }, t("as-of", { time: moment(at) })),
    at === null && notice("wait", t("folder-none-offline"), h("p", {}, t("folder-with-signal"))),
    at !== null && list.length === 0 && h("p", { class: "lead" }, t("folder-none")),
    open.length > 0 && rows(open.map(shipmentRow), t("shipments")),
    closed.length > 0 && rows(closed.map(shipmentRow), t("shipment-received")),
  ];
  return { title: t("shipments"), body, back: "/home" };
}
