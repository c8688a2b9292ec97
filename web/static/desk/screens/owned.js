// In whose prefix a new number is made: what the signer has, and where the authority signs, what it lent to the party that the number is for.

import { t } from "../../app/i18n.js";
import * as session from "../../app/session.js";
import { namesOfParties, whole } from "../lists.js";
import { registryOf } from "./party.js";

/**
 * The prefixes that the signer may number in: [{ prefix, of, label, lent }], those that it lent first. `lent` are the ranges in it that are
 * others' and are left out.
 */
export async function prefixes() {
  const [own, nameOf] = await Promise.all([registryOf(session.me().party), namesOfParties()]);
  const lent = own.lent.map(({ prefix, party }) => ({ prefix, of: party, label: `${prefix} · ${nameOf(party)}`, lent: own.lent.filter((one) => one.party !== party).map((one) => one.prefix) }));
  const mine = own.prefixes.map((prefix) => ({ prefix, of: own.party, label: `${prefix} · ${t("desk-own-prefix")}`, lent: own.lent.map((one) => one.prefix) }));
  return [...lent, ...mine];
}

/** The numbers of a kind of thing that are taken in a prefix. */
export async function taken(list, prefix, member) {
  const { items } = await whole(`/${list}?prefix=${prefix}`);
  return items.map((one) => one[member]);
}
