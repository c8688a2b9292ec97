// Gives a range of the authority's own GS1 Company Prefix to a party, which need know nothing of GS1: products, places and cartons number
// themselves in it.

import { answered, bigButton, choice, h, notice, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { shortName } from "../../app/names.js";
import { go, path } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { cartonsIn, freeRange, roomIn, whole } from "../lists.js";
import { state, whyNot } from "../sign.js";
import { registryOf } from "./party.js";

const shown = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, "\u00a0");

export default async function numbers({ party: uri }) {
  const title = t("desk-give-numbers");
  const back = path`/party/${uri}`;
  const lack = whyNot();
  const me = session.me();
  if (lack || !me.roles.includes("authority")) return { title, body: notice("warn", lack ?? t("desk-authority-only")), back };
  const [own, one] = await Promise.all([registryOf(me.party), registryOf(uri)]);
  if (own.prefixes.length === 0) return { title, body: notice("warn", t("desk-no-own-prefix"), h("p", {}, t("desk-no-own-prefix-what"))), back };
  const lent = own.lent.map(({ prefix }) => prefix);
  const used = await Promise.all(own.prefixes.map(async (prefix) => {
    const [products, places] = await Promise.all([whole(`/products?prefix=${prefix}`), whole(`/places?prefix=${prefix}`)]);
    return [...products.items.map(({ gtin }) => gtin.slice(1, 13)), ...places.items.map(({ gln }) => gln.slice(0, 12))];
  }));
  // ten to a million products: what each prefix of the authority still has room for
  const ranges = own.prefixes.flatMap((prefix, i) => [1, 2, 3, 4].flatMap((room) => {
    const range = freeRange(prefix, 12 - prefix.length - room, lent, used[i]);
    return range ? [{ range, room: roomIn(range) }] : [];
  }));
  const smallest = ranges.sort((a, b) => a.room - b.room).filter((one, i, all) => all.findIndex((other) => other.room === one.room) === i);
  if (smallest.length === 0) return { title, body: notice("warn", t("desk-no-range-left")), back };
  const pick = choice(t("desk-how-many"), smallest.map(({ range, room }) => ({
    value: range, label: t("desk-range-products", { count: shown(room) }), note: t("desk-range-note", { range, cartons: shown(cartonsIn(range)) }),
  })), { value: (smallest.find(({ room }) => room === 100) ?? smallest[0]).range });
  const act = async () => {
    const range = pick.value();
    if (!range) throw new UserError(t("desk-how-many"));
    const { party, name, legalForm, roles, country, region, registration, contact, enrols, demo, record, gln } = await registryOf(uri);
    await state(statements.party({
      party, name, legalForm, roles, country, region: region ?? undefined, registration, contact, enrols, demo, replaces: record,
      gln: party.startsWith("urn:") ? gln : undefined, prefixes: [...one.prefixes, range],
    }));
    toast(t("desk-numbers-given", { range }));
    go(back);
  };
  return {
    title,
    body: [answered(t("party"), name(one.name) || shortName(uri)), one.prefixes.length > 0 && answered(t("desk-has-numbers"), one.prefixes.join(", ")), h("p", {}, t("desk-numbers-what")), pick.element, notice("note", t("desk-numbers-licence"))],
    action: bigButton(t("desk-sign"), { act, kind: "sign" }),
    back,
  };
}
