// Two records that follow the same one: two phones of one party on one lot. Shown as it is; joined by a count that names both, or one of
// them corrected. The finding stays either way.

import { bigButton, button, h, lineButton, notice, row, rows } from "../ui.js";
import { moment, t } from "../i18n.js";
import { go, path } from "../router.js";
import * as outbox from "../outbox.js";
import { lotOf, lotPath, lotTitle, titleOf } from "../wording.js";
import { rowOf } from "./refused.js";

export default async function conflict({ key }) {
  const r = await rowOf(key);
  if (!r) return { title: t("record-missing"), body: h("p", {}, t("record-missing-why")), action: bigButton(t("outbox"), { to: "/outbox" }), back: "/outbox" };
  const lot = lotOf(r.forks[0]?.lot ?? r.lots[0]);
  const body = [
    notice("warn", t("fork-what")),
    rows([row({ icon: "pen", title: `${r.seq}. ${titleOf(r)}`, note: t("this-phone", { time: moment(r.created) }) }), lot && row({ icon: "box", title: lotTitle(lot), note: t("see-other"), to: lotPath(lot) })]),
    h("p", { class: "lead" }, t("fork-stays")),
    button(t("one-wrong"), { to: path`/correct/${r.key}`, icon: "change" }),
    lineButton(t("fork-settled"), { act: () => outbox.settleElsewhere(r.key).then(() => go("/outbox")) }),
    lineButton(t("later"), { to: "/outbox" }),
  ];
  return { title: t("conflict-title"), body, action: lot && bigButton(t("both-right"), { to: path`/stock/${lot.gtin}/${lot.number}?joins=${r.key}` }), back: "/outbox" };
}
