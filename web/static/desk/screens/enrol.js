// Enrols a party without a request of its phone, or changes what is stated of one: the statement that its phones' keys hang on.

import { bigButton, check, field, h, notice, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { plain, shortName } from "../../app/names.js";
import { go, path } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { getJson } from "../../app/network.js";
import { names, region } from "../fields.js";
import { state, whyNot } from "../sign.js";
import { registryOf } from "./party.js";

const ROLES = ["producer", "processor", "inspector", "forwarder", "buyer", "region", "auditor", "operator"];
// A region enrols these only (rule enrolment-not-allowed).
const OF_REGION = ["producer", "processor"];

// A name of the ledger made of what people call it: "BUM Desa Tanah Merah" is bum-desa-tanah-merah.
const slug = (text) => plain(text).normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);

const there = (uri) => getJson(`/parties/${encodeURIComponent(shortName(uri))}`).then(() => true, (error) => {
  if (error.status === 404) return false;
  throw new UserError(t("no-signal-check"));
});

export default async function enrol({ party: uri }) {
  const lack = whyNot();
  const before = uri ? await registryOf(uri) : null;
  const title = before ? t("desk-change-title", { party: name(before.name) || shortName(uri) }) : t("desk-enrol-party");
  if (lack) return { title, body: notice("warn", lack), back: "/home" };
  const me = session.me();
  const mayBe = me.roles.includes("authority") ? ROLES : OF_REGION;
  const called = names(t("party-name"), before?.name);
  const roles = mayBe.map((role) => [role, check(t(`role-${role}`), { checked: before?.roles.includes(role) ?? false })]);
  const where = region(before?.region ?? (before ? undefined : session.kit()?.party?.region));
  const country = field(t("desk-country"), { maxlength: 2, value: before?.country ?? "ID", help: t("desk-country-help") });
  const form = field(t("desk-legal-form"), { maxlength: 64, value: before?.legalForm ?? "" });
  const number = field(t("desk-registration"), { maxlength: 64, value: before?.registration ?? "" });
  const contact = field(t("contact"), { maxlength: 300, help: t("contact-help"), value: before?.contact ?? "" });
  const text = (one) => plain(one.input.value).trim() || undefined;
  const act = async () => {
    const name = called.value();
    const chosen = roles.filter(([, box]) => box.input.checked).map(([role]) => role);
    // roles that this desk can't give stay
    const kept = (before?.roles ?? []).filter((role) => !mayBe.includes(role));
    if (chosen.length + kept.length === 0) throw new UserError(t("desk-role-missing"));
    const land = country.input.value.trim().toUpperCase();
    if (!/^[A-Z]{2}$/.test(land)) throw new UserError(t("desk-country-wrong"));
    const id = slug(name.id ?? name.en);
    if (!before && id.length < 3) throw new UserError(t("desk-name-plain"));
    const party = uri ?? `urn:jejak:party:${id}`;
    if (!before && (await there(party))) throw new UserError(t("desk-name-taken", { name: shortName(party) }));
    const stated = {
      party, name, roles: [...kept, ...chosen], country: land, legalForm: text(form), region: where.value(), registration: text(number), contact: text(contact),
      gln: before && party.startsWith("urn:") ? before.gln : undefined, prefixes: before?.prefixes, enrols: before?.enrols, demo: before?.demo, replaces: before?.record,
    };
    await state(statements.party(stated));
    toast(t("desk-done"));
    go(path`/party/${party}`);
  };
  return {
    title,
    body: [
      !before && notice("note", t("desk-enrol-note")),
      called.element,
      h("fieldset", { class: "boxes" }, h("legend", {}, t("role")), roles.map(([, box]) => box.element)),
      where.element,
      country.element,
      form.element,
      number.element,
      contact.element,
    ],
    action: bigButton(t("desk-sign"), { act, kind: "sign" }),
    back: before ? path`/party/${uri}` : "/parties",
  };
}
