// Process, sort, merge and split: lots go in, lots come out, with the yield held against the band of the profile while it is typed.
//
// What it is not: the balance of the rules (src/quality/balance.rs), which the ledger computes; this shows it before signing.
import { amount, heldLot, lotOption, place } from "./ask.js";
import { lotParts, localDay } from "./context.js";
import { compare, over, sum, times } from "../decimal.js";
import { choice } from "./engine.js";
import { freeLot } from "./lotnumber.js";
import { baseOf, codeOf, inBase } from "../units.js";

/** Ways that processes of the profiles lead from what is held: {process, way, from, to}. */
function ways(ctx, { sameForm }) {
  const found = [];
  for (const held of ctx.held()) {
    const { commodity, form } = ctx.product(held.gtin) ?? {};
    for (const process of ctx.profileOf(commodity)?.processes ?? []) {
      process.conversions.forEach((way, i) => {
        const same = way.from.every((one) => way.to.includes(one));
        const id = `${commodity}/${process.id}/${i}`;
        if (way.from.includes(form) && same === sameForm && !found.some((one) => one.id === id)) found.push({ id, commodity, process, way });
      });
    }
  }
  return found;
}

const wayOf = (ctx, id) => {
  const [commodity, process, i] = (id ?? "").split("/");
  const found = ctx.profileOf(commodity)?.processes?.find((one) => one.id === process);
  return found && { id, commodity, process: found, way: found.conversions[Number(i)] };
};

/** Products of this party that a way leads to. */
const madeBy = (ctx, way) => ctx.products.filter((one) => one.commodity === way.commodity && way.way.to.includes(one.form));

/** Sum of parts in base units; undefined when they count differently. */
export function total(ctx, parts) {
  const bases = new Set(parts.map((part) => baseOf(ctx.product(lotParts(part.lot)?.gtin ?? part.product)?.unit)));
  if (parts.length === 0 || bases.size !== 1) return undefined;
  return { base: [...bases][0], amount: sum(parts.map((part) => inBase(part.amount, part.unit))) };
}

/**
 * Output over input against the band, as far as both are known and counted alike.
 * @returns {{share, min, max, state: "within"|"below"|"above"}|undefined} shares as decimals (0.023 is 2.3 %)
 */
export function yieldOf(ctx, a) {
  const found = wayOf(ctx, a.way);
  const into = a.inputs && total(ctx, a.inputs);
  const main = a.outputs ?? (a.made ? [{ product: a.product, ...a.made }] : []);
  const out = main.length > 0 ? total(ctx, main.map((part) => ({ ...part, lot: part.lot }))) : undefined;
  if (!found || !into || !out || into.base !== out.base) return undefined;
  const share = over(out.amount, into.amount, 6);
  if (share === undefined) return undefined;
  const { yieldMin: min, yieldMax: max } = found.way;
  const state = compare(out.amount, times(into.amount, min)) < 0 ? "below" : compare(out.amount, times(into.amount, max)) > 0 ? "above" : "within";
  return { share, min, max, state };
}

const parts = (ctx, id, options, more = {}) => ({ id, kind: "parts", label: "acts-q-inputs", options, ...more });

const inputOptions = (ctx, fits) => ctx.held().filter(fits).map((one) => ({ ...lotOption(ctx, one), gtin: one.gtin, held: one.amount, base: one.base }));

function outputs(ctx, a, day) {
  const taken = [];
  return (a.outputs ?? [{ product: a.product, ...a.made }]).map((part) => {
    const { uri } = freeLot(ctx, ctx.product(part.product), day, taken);
    taken.push(uri);
    return { lot: uri, amount: part.amount, unit: part.unit };
  });
}

function built(ctx, a, more) {
  const made = outputs(ctx, a, localDay(ctx.now, ctx.offset));
  const product = ctx.product(lotParts(made[0].lot).gtin);
  const inputs = a.inputs.map(({ lot, amount: digits, unit }) => ({ lot, amount: digits, unit }));
  return {
    act: "process",
    input: {
      inputs, outputs: made, place: a.place, commodity: product.commodity, form: product.form,
      ...(a.bestBefore ? { bestBefore: a.bestBefore } : {}), after: ctx.newest(inputs.map((part) => part.lot)), ...more,
    },
    remember: { [`place:${ctx.own}`]: a.place },
  };
}

const said = (ctx, a, key, args = {}) => [
  { key, args },
  ...a.inputs.map((part) => ({ key: "acts-say-took", args: { lot: lotParts(part.lot).number }, amount: part })),
  ...outputs(ctx, a, localDay(ctx.now, ctx.offset)).map((part) => ({ key: "acts-say-made", args: { lot: lotParts(part.lot).number, product: ctx.productName(lotParts(part.lot).gtin) }, amount: part })),
];

/** One form becomes another: distilled, milled, pasteurised. */
export const process = {
  id: "process",
  icon: "flask",
  questions(ctx, a) {
    const list = ways(ctx, { sameForm: false });
    const last = ctx.remembered["process:way"];
    const asked = choice("way", "acts-q-process", list.map((one) => ({
      value: one.id, label: ctx.name(one.process.names), note: one.way.to.map((form) => ctx.formName(one.commodity, form)).join(", "),
    })), { none: "acts-none-ways", ...(list.some((one) => one.id === last) ? { value: last } : {}) });
    const found = wayOf(ctx, a.way ?? asked.value);
    const products = found ? madeBy(ctx, found) : [];
    const product = a.product ?? (products.length === 1 ? products[0].gtin : undefined);
    return [
      asked,
      found && parts(ctx, "inputs", inputOptions(ctx, (one) => found.way.from.includes(ctx.product(one.gtin)?.form)), { of: ["way"] }),
      found && choice("product", "acts-q-output", products.map((one) => ({ value: one.gtin, label: ctx.productName(one.gtin) })), { none: "acts-no-product", of: ["way"] }),
      product && amount(ctx, product, "made", { act: "process", label: "acts-q-made", of: ["product"], live: "yield" }),
      found && { id: "bestBefore", kind: "day", label: "acts-q-best-before", optional: true },
      place(ctx),
    ];
  },
  build: (ctx, a) => {
    const done = built(ctx, a, { process: wayOf(ctx, a.way).process.id });
    return { ...done, remember: { ...done.remember, "process:way": a.way } };
  },
  say: (ctx, a) => said(ctx, a, "acts-say-process", { process: ctx.name(wayOf(ctx, a.way).process.names) }),
};

/** The form stays, the goods are graded into several lots. */
export const sort = {
  id: "sort",
  icon: "box",
  questions(ctx, a) {
    const list = ways(ctx, { sameForm: true });
    const asked = choice("way", "acts-q-process", list.map((one) => ({ value: one.id, label: ctx.name(one.process.names), note: ctx.name(ctx.profileOf(one.commodity)?.names) })), { none: "acts-none-ways" });
    const found = wayOf(ctx, a.way ?? asked.value);
    return [
      asked,
      found && parts(ctx, "inputs", inputOptions(ctx, (one) => found.way.from.includes(ctx.product(one.gtin)?.form)), { of: ["way"] }),
      found && { id: "outputs", kind: "outputs", label: "acts-q-grades", least: 1, live: "yield", of: ["way"], products: madeBy(ctx, found).map((one) => ({ value: one.gtin, label: ctx.productName(one.gtin) })) },
      place(ctx),
    ];
  },
  build: (ctx, a) => built(ctx, a, { process: wayOf(ctx, a.way).process.id }),
  say: (ctx, a) => said(ctx, a, "acts-say-process", { process: ctx.name(wayOf(ctx, a.way).process.names) }),
};

/** Several lots of one product become one. */
export const merge = {
  id: "merge",
  icon: "box",
  questions(ctx, a) {
    const count = {};
    for (const one of ctx.held()) count[one.gtin] = (count[one.gtin] ?? 0) + 1;
    const several = Object.keys(count).filter((gtin) => count[gtin] > 1);
    const asked = choice("product", "acts-q-product", several.map((gtin) => ({ value: gtin, label: ctx.productName(gtin) })), { none: "acts-none-several" });
    const gtin = a.product ?? asked.value;
    const into = a.inputs && total(ctx, a.inputs);
    return [
      asked,
      gtin && parts(ctx, "inputs", inputOptions(ctx, (one) => one.gtin === gtin), { least: 2, of: ["product"] }),
      gtin && amount(ctx, gtin, "made", { act: "merge", label: "acts-q-merged", suggest: into, of: ["inputs"] }),
      place(ctx),
    ];
  },
  build: (ctx, a) => built(ctx, a, {}),
  say: (ctx, a) => said(ctx, a, "acts-say-merge"),
};

/** One lot becomes several of the same product. */
export const split = {
  id: "split",
  icon: "box",
  questions(ctx, a) {
    const asked = heldLot(ctx, "lot", { value: ctx.of?.lot });
    const lot = a.lot ?? asked.value;
    const gtin = lotParts(lot)?.gtin;
    return [
      asked,
      gtin && { id: "outputs", kind: "outputs", label: "acts-q-parts", least: 2, of: ["lot"], held: ctx.lot(lot), products: [{ value: gtin, label: ctx.productName(gtin) }] },
      place(ctx),
    ];
  },
  build: (ctx, a) => built(ctx, withInput(ctx, a), {}),
  say: (ctx, a) => said(ctx, withInput(ctx, a), "acts-say-split"),
};

/** What a split takes is what its parts come to. */
function withInput(ctx, a) {
  const whole = total(ctx, a.outputs);
  return { ...a, inputs: [{ lot: a.lot, amount: whole.amount, unit: codeOf(whole.base) }] };
}
