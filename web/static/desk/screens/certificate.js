// States a certificate, permit or registration that an office outside the ledger gave a party: what the items of export guides ask for.

import { bigButton, field, h, notice, toast, UserError } from "../../app/ui.js";
import { bareName, name, t } from "../../app/i18n.js";
import { plain, shortName } from "../../app/names.js";
import { go, path } from "../../app/router.js";
import * as statements from "../../app/statements.js";
import { getJson } from "../../app/network.js";
import { day, list } from "../fields.js";
import { state, whyNot } from "../sign.js";
import { registryOf } from "./party.js";

// The kinds of certificate that the guides in force name: [kind, name, who issues it].
async function kinds() {
  const guides = await getJson("/guides").catch(() => []);
  const files = await Promise.all(guides.map(({ blake3 }) => getJson(`/profiles/${blake3}`).catch(() => null)));
  const roles = Object.assign({}, ...files.map((file) => file?.roles));
  const found = new Map();
  for (const item of files.flatMap((file) => [...(file?.standing ?? []), ...(file?.documents ?? [])])) {
    for (const kind of certificatesOf(item)) if (!found.has(kind)) found.set(kind, [name(item.name) || kind, bareName(roles[item.issuer] ?? {})]);
  }
  return [...found].map(([kind, [called, issuer]]) => [kind, called, issuer]).sort(([, a], [, b]) => a.localeCompare(b));
}

// Kinds of certificate that close an item, wherever its condition names them.
function certificatesOf(item) {
  const found = [];
  const look = (value) => {
    if (Array.isArray(value)) return value.forEach(look);
    if (typeof value !== "object" || value === null) return undefined;
    for (const [key, inside] of Object.entries(value)) {
      if (key === "certificate") found.push(...[inside].flat().filter((one) => typeof one === "string"));
      look(inside);
    }
    return undefined;
  };
  look(item);
  return found;
}

export default async function certificate({ party: uri }, query) {
  const back = path`/party/${uri}`;
  const title = t("desk-certificate");
  const lack = whyNot();
  if (lack) return { title, body: notice("warn", lack), back };
  const [one, known] = await Promise.all([registryOf(uri), kinds()]);
  const other = field(t("desk-kind-other"), { maxlength: 64, help: t("desk-kind-other-help") });
  const issuer = field(t("desk-issuer"), { maxlength: 120, help: t("desk-issuer-help") });
  // who issues this kind, as the guide has it, until another is written
  let proposed = "";
  const chosen = (value) => {
    other.element.hidden = value !== "";
    if (issuer.input.value !== proposed) return;
    proposed = known.find(([one]) => one === value)?.[2] ?? "";
    issuer.input.value = proposed;
  };
  const options = [...known.map(([value, called]) => [value, called]), ["", t("desk-kind-not-listed")]];
  const asked = query?.get("kind");
  const first = options.some(([value]) => value === asked) ? asked : options[0][0];
  const kind = list(t("desk-kind"), options, { value: first, onchange: chosen });
  chosen(first);
  const number = field(t("desk-number"), { maxlength: 64, help: t("desk-number-public") });
  const from = day(t("desk-from"), {});
  const until = day(t("desk-until"), { help: t("desk-until-none") });
  const text = (made) => plain(made.input.value).trim() || undefined;
  const act = async () => {
    const what = kind.input.value || text(other)?.toLowerCase();
    if (!what || !/^[a-z0-9][a-z0-9-]*$/.test(what)) throw new UserError(t("desk-kind-missing"));
    if (!text(issuer)) throw new UserError(t("desk-issuer-missing"));
    if (from.text() && until.text() && until.text() < from.text()) throw new UserError(t("desk-days-wrong"));
    await state(statements.certificate({ party: uri, kind: what, number: text(number), issuer: text(issuer), from: from.text(), until: until.text() }));
    // who came from the app goes on there with the next step
    if (query?.get("from") === "app") return location.assign("/app/#/way");
    toast(t("desk-done"));
    return go(back);
  };
  return {
    title: `${title} · ${name(one.name) || shortName(uri)}`,
    body: [h("p", { class: "lead" }, t("desk-certificate-what")), kind.element, other.element, issuer.element, number.element, h("div", { class: "pair" }, from.element, until.element)],
    action: bigButton(t("desk-sign"), { act, kind: "sign" }),
    back,
  };
}
