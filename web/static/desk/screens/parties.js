// The parties of the ledger: found by name, role or standing.

import { bigButton, field, h, notice, replaceIn, row, rows } from "../../app/ui.js";
import { bareName, name, t } from "../../app/i18n.js";
import { isolated, shortName } from "../../app/names.js";
import { path } from "../../app/router.js";
import { roleNames } from "../../app/screens/enrol.js";
import { list } from "../fields.js";
import { whole } from "../lists.js";

const ROLES = ["producer", "processor", "inspector", "forwarder", "buyer", "region", "auditor", "operator", "authority"];
const SHOWN = 100;

export default async function parties() {
  const found = await whole("/parties").catch(() => null);
  if (!found) return { title: t("desk-parties"), body: notice("wait", t("no-signal-check")), back: "/home" };
  const place = h("div", { "aria-live": "polite" });
  const text = field(t("desk-find"), { type: "search", maxlength: 120, oninput: draw });
  const role = list(t("role"), [["", t("desk-all")], ...ROLES.map((one) => [one, t(`role-${one}`)])], { onchange: draw });
  function draw() {
    const wanted = text.input.value.trim().toLowerCase();
    const says = (one) => [bareName(one.name), ...Object.values(one.name), one.party, one.region?.name, one.region?.code].filter(Boolean).some((part) => part.toLowerCase().includes(wanted));
    const hits = found.items.filter((one) => (!wanted || says(one)) && (!role.input.value || one.roles.includes(role.input.value)));
    const line = (one) => row({
      icon: one.standing === "suspended" ? "hand" : "people", state: one.standing === "suspended" ? "warn" : "",
      title: name(one.name) || shortName(one.party),
      note: [roleNames(one.roles), one.region && isolated(one.region.name), one.standing === "suspended" && t("desk-is-suspended")].filter(Boolean).join(" · "),
      to: path`/party/${one.party}`,
    });
    replaceIn(place, h("p", { class: "help" }, t("desk-count", { count: hits.length })), rows(hits.slice(0, SHOWN).map(line)), hits.length > SHOWN && h("p", { class: "help" }, t("desk-more-hits", { count: hits.length - SHOWN })));
  }
  draw();
  return {
    title: t("desk-parties"),
    body: [h("div", { class: "pair" }, text.element, role.element), place, found.more && notice("note", t("desk-list-cut"))],
    action: bigButton(t("desk-enrol-party"), { to: "/party/new", icon: "plus" }),
    back: "/home",
  };
}
