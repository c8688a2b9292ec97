// Questions that several acts share: which lot, how much, where, to whom.
import { choice } from "./engine.js";
import { lotParts } from "./context.js";
import { readable, unitsOf } from "../units.js";

/** A lot that is held: the one that the screen was opened for, else the only one, else asked. */
export function heldLot(ctx, id = "lot", { of = () => true, value } = {}) {
  const options = ctx.held().filter(of).map((one) => lotOption(ctx, one));
  return choice(id, "acts-q-lot", options, value ? { value } : {});
}

export function lotOption(ctx, one) {
  const shown = readable(one.base, one.amount);
  return { value: one.lot, label: one.number ?? lotParts(one.lot)?.number, what: ctx.productName(one.gtin), amount: shown.amount, unit: shown.key, state: one.state };
}

/** A container with what is in it. */
export const containerOption = (ctx, { sscc, lots }) => ({ value: sscc, sscc, label: sscc.slice(-18), note: lots.map((part) => lotParts(part.lot)?.number).join(", ") });

/** Where it happens: the place of last time, else the only one. */
export function place(ctx, id = "place") {
  const own = ctx.places;
  const last = ctx.remembered[`place:${ctx.own}`];
  const value = own.some((one) => one.gln === last) ? last : own.length > 0 ? own[0].gln : undefined;
  const options = own.map((one) => ({ value: one.gln, label: ctx.name(one.name), note: one.village }));
  return { id, kind: "choice", label: "acts-q-place", options, ...(value ? { value } : {}), optional: own.length === 0 };
}

/** An amount of a product, typed in one of its units. */
export function amount(ctx, gtin, id = "amount", more = {}) {
  const product = ctx.product(gtin);
  const packs = ctx.remembered[`packs:${gtin}`] ?? {};
  return {
    id, kind: "amount", label: "acts-q-amount", units: unitsOf(product, ctx.lang, packs), gtin,
    usual: usual(ctx, gtin, more.act), piece: ctx.profileOf(product?.commodity)?.piece, ...more,
  };
}

/** Smallest and largest of what this party typed for a product before, in base units. */
function usual(ctx, gtin, act) {
  const kept = ctx.remembered[`usual:${act ?? "harvest"}:${gtin}`] ?? [];
  return kept.length >= 3 ? kept : undefined;
}

/** Another party: the consignee of last time stands. */
export function party(ctx, id, label, { roles, last } = {}) {
  const fit = ctx.counterparts.filter((one) => !roles || one.roles?.some((role) => roles.includes(role)));
  const options = fit.map((one) => ({ value: one.party, label: ctx.name(one.name) || one.party, roles: one.roles ?? [] }));
  const known = options.some((one) => one.value === last) ? last : undefined;
  return { id, kind: "choice", label, none: "acts-none-parties", options, search: options.length > 6, ...(known ? { value: known } : {}) };
}

/** Reasons of a closed list, in words. */
export const codes = (prefix, list) => list.map((value) => ({ value, key: `${prefix}-${value}` }));

/** A day; `value` is what is known without asking. */
export const day = (id, label, more) => ({ id, kind: "day", label, ...more });

/** Papers and photos: never asked for, one tap away. */
export const papers = (id = "papers") => ({ id, kind: "photos", label: "acts-q-papers", optional: true });
