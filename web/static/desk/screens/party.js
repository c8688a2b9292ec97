// One party: what its statements say, its numbers, keys and accreditations, and what the desk can do about each.

import { answered, button, dialog, field, h, notice, row, rows, section, technical, toast } from "../../app/ui.js";
import { day, name, t } from "../../app/i18n.js";
import { isolated, plain, shortName } from "../../app/names.js";
import { path, refresh } from "../../app/router.js";
import * as statements from "../../app/statements.js";
import { getJson } from "../../app/network.js";
import { roleNames } from "../../app/screens/enrol.js";
import { scopeName } from "../../app/wording.js";
import { cartonsIn, namesOfParties, roomIn } from "../lists.js";
import { state, whyNot } from "../sign.js";

/** What the registry has on a party. */
export const registryOf = (uri) => getJson(`/parties/${encodeURIComponent(shortName(uri))}/registry`);

const NOW = () => Math.floor(Date.now() / 1000);
const scope = (ids) => ids.map(scopeName).join(", ");

async function standing(one) {
  const suspends = one.standing === "active";
  const why = field(t("desk-reason"), { maxlength: 300, help: t("desk-reason-public") });
  const title = t(suspends ? "desk-suspend" : "desk-reinstate");
  const sure = await dialog(title, [h("p", {}, t(suspends ? "desk-suspend-what" : "desk-reinstate-what")), why.element], [
    { label: title, value: true, kind: suspends ? "danger" : "sign" },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  await state(statements.partyStatus({ party: one.party, status: suspends ? "suspended" : "active", reason: plain(why.input.value).trim() || undefined }));
  toast(t("desk-done"));
  refresh();
}

async function withdraw(one, accreditation) {
  const sure = await dialog(t("desk-withdraw"), h("p", {}, t("desk-withdraw-what")), [
    { label: t("desk-withdraw"), value: true, kind: "danger" },
    { label: t("keep"), value: false },
  ]);
  if (!sure) return;
  const { record, ...members } = accreditation;
  // from now on; one that has not begun never begins
  await state(statements.accreditation({ ...members, party: one.party, until: Math.max(NOW(), members.from + 1), replaces: record }));
  toast(t("desk-done"));
  refresh();
}

function accreditations(one, may) {
  if (!one.roles.includes("inspector")) return null;
  const line = (accreditation) => {
    const over = accreditation.until <= NOW();
    const soon = !over && accreditation.until - NOW() < 30 * 24 * 3600;
    const until = t(over ? "desk-ended-on" : "desk-valid-until", { day: day(accreditation.until * 1000) });
    return h("li", { class: "thing" },
      h("div", {}, h("p", { class: "title" }, scope(accreditation.scope)), h("p", { class: over ? "note bad" : soon ? "note warn" : "note" }, `${isolated(accreditation.body)} ${isolated(accreditation.number)} · ${until}`)),
      may && h("div", { class: "ways" }, button(t("desk-extend"), { to: path`/party/${one.party}/accredit/${accreditation.record}` }), !over && button(t("desk-withdraw"), { act: () => withdraw(one, accreditation) })));
  };
  return section(t("desk-accreditations"),
    one.accreditations.length > 0 ? h("ul", { class: "things" }, one.accreditations.map(line)) : notice("warn", t("desk-not-accredited")),
    may && button(t("desk-accredit"), { to: path`/party/${one.party}/accredit`, icon: "plus" }));
}

function keys(one, may) {
  const line = (key) => {
    const ended = key.ended && t(key.compromisedSince ? "desk-key-stolen" : "desk-key-was-ended", { why: key.ended });
    return h("li", { class: "thing" },
      h("div", {}, h("p", { class: "title" }, (key.label && isolated(key.label)) || t("phone-of", { day: day(key.since * 1000) })), h("p", { class: "note" }, [t(`purpose-${key.purpose}`), t("desk-since", { day: day(key.since * 1000) }), ended].filter(Boolean).join(" · ")), h("p", { class: "code" }, key.key)),
      may && !key.ended && h("div", { class: "ways" }, button(t("end-key"), { to: path`/party/${one.party}/key/${key.key}` })));
  };
  return section(t("desk-keys"), one.keys.length > 0 ? h("ul", { class: "things" }, one.keys.map(line)) : h("p", {}, t("desk-no-keys")), may && button(t("invite-party"), { to: "/approve/invite", icon: "phone" }));
}

function numbers(one, may, nameOf) {
  const line = (prefix) => h("li", { class: "thing" }, h("div", {}, h("p", { class: "title" }, prefix), h("p", { class: "note" }, t("desk-room", { products: String(roomIn(prefix)), cartons: String(cartonsIn(prefix)) }))));
  return section(t("desk-numbers"),
    one.prefixes.length > 0 ? h("ul", { class: "things" }, one.prefixes.map(line)) : h("p", {}, t("desk-no-numbers")),
    one.lent.length > 0 && h("details", {}, h("summary", {}, t("desk-lent", { count: one.lent.length })), rows(one.lent.map((lent) => row({ title: lent.prefix, note: nameOf(lent.party), to: path`/party/${lent.party}` })))),
    may && !one.roles.includes("authority") && button(t("desk-give-numbers"), { to: path`/party/${one.party}/numbers`, icon: "plus" }));
}

export default async function party({ party: uri }) {
  const [one, nameOf] = await Promise.all([registryOf(uri), namesOfParties()]);
  const may = !whyNot();
  const suspended = one.standing === "suspended";
  return {
    title: name(one.name) || shortName(one.party),
    body: [
      suspended && notice("warn", t("desk-is-suspended")),
      one.looksLike && notice("warn", t("desk-looks-like", { party: nameOf(one.looksLike) })),
      answered(t("role"), roleNames(one.roles)),
      one.region && answered(t("region"), `${isolated(one.region.name)} · ${one.region.code}`),
      one.legalForm && answered(t("desk-legal-form"), isolated(one.legalForm)),
      one.registration && answered(t("desk-registration"), isolated(one.registration)),
      one.contact && answered(t("contact"), isolated(one.contact)),
      answered(t("desk-enrolled"), t("desk-enrolled-by", { party: nameOf(one.enroller), day: day(one.enrolled * 1000) })),
      accreditations(one, may),
      keys(one, may),
      numbers(one, may, nameOf),
      may && section(t("desk-do"), h("div", { class: "ways" },
        button(t("desk-change-party"), { to: path`/party/${one.party}/change`, icon: "change" }),
        button(t("desk-certificate"), { to: path`/party/${one.party}/certificate`, icon: "doc" }),
        !one.roles.includes("authority") && button(t(suspended ? "desk-reinstate" : "desk-suspend"), { act: () => standing(one), icon: "hand" }))),
      technical([[t("party"), one.party], [t("desk-statement"), one.record]]),
      button(t("desk-public-page"), { to: `${location.origin}/parties/${encodeURIComponent(shortName(one.party))}` }),
    ],
    back: "/parties",
  };
}
