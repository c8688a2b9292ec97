// Registers a product, with the next free GTIN of a prefix, or changes what may change of one: names, makers, customs code, storage.

import { answered, bigButton, field, h, notice, replaceIn, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { go } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { getJson } from "../../app/network.js";
import { read } from "../../app/numbers.js";
import { language } from "../../app/i18n.js";
import { list, names, parties } from "../fields.js";
import { freeGtin, whole } from "../lists.js";
import { state, whyNot } from "../sign.js";
import { prefixes, taken } from "./owned.js";

const UNITS = ["gram", "millilitre", "piece"];
// What the field takes: kilograms and litres are what packs say.
const TYPED = { gram: "g", millilitre: "ml", piece: "" };

// The forms of the newest version of each profile: [{ commodity, form, label }].
async function forms() {
  const { items } = await whole("/profiles");
  const newest = new Map();
  for (const one of items) if (!newest.has(one.id) || newest.get(one.id).index < one.index) newest.set(one.id, one);
  const files = await Promise.all([...newest.values()].map(async ({ id, blake3 }) => [id.split("/")[0], await getJson(`/profiles/${blake3}`)]));
  return files.flatMap(([commodity, file]) => file.forms.map((form) => ({ commodity, form: form.id, label: name(form.names) || form.id, hs: form.hs })));
}

function content(unit, text) {
  if (!text.trim()) return undefined;
  const { value, ambiguous } = read(text);
  const exact = value ?? ambiguous?.[language() === "id" ? 1 : 0];
  if (!exact || exact.startsWith("-") || /^0(\.0+)?$/.test(exact)) throw new UserError(t("desk-content-wrong"));
  return exact;
}

export default async function product({ gtin }) {
  const before = gtin ? (await whole(`/products?prefix=${gtin.slice(1, 13)}`)).items.find((one) => one.gtin === gtin) : null;
  const title = before ? name(before.name) || gtin : t("desk-new-product");
  const lack = whyNot() ?? (before && before.owner !== session.me().party ? t("desk-not-owner") : undefined);
  if (lack && !before) return { title, body: notice("warn", lack), back: "/products" };
  const [known, all, can] = await Promise.all([whole("/parties"), forms(), before ? [] : prefixes()]);
  if (!before && can.length === 0) return { title, body: notice("warn", t("desk-no-own-prefix"), h("p", {}, t("desk-no-own-prefix-what"))), back: "/products" };
  const called = names(t("desk-product-name"), before?.name);
  const where = h("div", { "aria-live": "polite" });
  let number = gtin;
  const prefix = list(t("desk-prefix"), can.map((one) => [one.prefix, one.label]), { help: t("desk-prefix-help"), onchange: next });
  async function next() {
    const one = can.find((each) => each.prefix === prefix.input.value);
    if (!one) return;
    number = freeGtin(one.prefix, await taken("products", one.prefix, "gtin"), one.lent);
    replaceIn(where, number ? answered("GTIN", number) : notice("bad", t("desk-no-range-left")));
  }
  const kind = list(t("desk-form"), all.map((one) => [`${one.commodity} ${one.form}`, one.label]));
  const unit = list(t("desk-unit"), UNITS.map((one) => [one, t(`desk-unit-${one}`)]));
  const net = field(t("desk-net-content"), { help: t("desk-net-content-help"), maxlength: 20, inputmode: "decimal" });
  const makers = parties(t("desk-makers"), known.items, before?.makers ?? [], { roles: ["producer", "processor"] });
  const hs = field(t("desk-hs"), { maxlength: 12, inputmode: "numeric", help: t("desk-hs-help"), value: before?.hs ?? "" });
  const storage = names(t("desk-storage"), before?.storage ?? {}, { required: false });
  const act = async () => {
    const who = makers.value();
    if (who.length === 0) throw new UserError(t("desk-maker-missing"));
    const code = hs.input.value.replace(/[\s.]/g, "");
    if (code && !/^\d{4,12}$/.test(code)) throw new UserError(t("desk-hs-wrong"));
    const fixed = before ?? { commodity: kind.input.value.split(" ")[0], form: kind.input.value.split(" ")[1], unit: unit.input.value, netContent: content(unit.input.value, net.input.value) };
    if (!number) throw new UserError(t("desk-no-range-left"));
    await state(statements.product({
      gtin: number, name: called.value(), commodity: fixed.commodity, form: fixed.form, unit: fixed.unit, netContent: fixed.netContent,
      makers: who, hs: code || undefined, storage: storage.value(), replaces: before?.record,
    }));
    toast(t("desk-done"));
    go("/products");
  };
  if (!before) await next();
  const fixed = before && [
    answered("GTIN", gtin), answered(t("desk-form"), all.find((one) => one.form === before.form)?.label ?? before.form),
    answered(t("desk-unit"), t(`desk-unit-${before.unit}`)), before.netContent && answered(t("desk-net-content"), `${before.netContent} ${TYPED[before.unit]}`.trim()),
    h("p", { class: "help" }, t("desk-product-fixed")),
  ];
  return {
    title,
    body: [lack && notice("warn", lack), called.element, fixed ?? [prefix.element, where, kind.element, unit.element, net.element], makers.element, hs.element, storage.element],
    action: lack ? null : bigButton(t("desk-sign"), { act, kind: "sign" }),
    back: "/products",
  };
}
