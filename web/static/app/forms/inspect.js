// The model of an inspection: market and standard, what is measured in which order, plans, live verdicts, and what is signed.
//
// The form comes from the profile in force that the phone keeps. What it is not: how values are typed (screens/acts/inspect.js), nor the
// ledger's verdict, which is computed again when the record arrives.
import { draw as drawn, spread } from "../plan.js";
import { judged, planNeed, sizeOf } from "../verdict.js";
import { adoptedFor, lackingOf, withAdopted } from "./adopted.js";
import { place } from "./ask.js";
import { keepUsual } from "./cautions.js";
import { lotParts, recordUri } from "./context.js";
import { compare, isDecimal, over, times } from "../decimal.js";
import { applies, due, lacking, limitsOf, listOf, setsOf, variants, withLacking } from "./market.js";
import { sampleOf } from "./sample.js";

/** Every form that a profile in force on this phone has lists for: {value: "commodity/form", label}. */
export const kinds = (ctx) =>
  [...new Set((ctx.kit.profiles ?? []).map((one) => one.commodity))].flatMap((commodity) => {
    const profile = ctx.profileOf(commodity);
    const tested = new Set((profile?.completeTests ?? []).map((one) => one.form));
    return (profile?.forms ?? []).filter((one) => tested.has(one.id)).map((one) => ({ value: `${commodity}/${one.id}`, label: ctx.name(one.names), what: ctx.name(profile.names) }));
  });

/** Markets of a form that the profile has a list for; closed ones are left out. */
export const marketsFor = (profile, form) => profile.completeTests.filter((one) => one.form === form && !one.closed).map((one) => one.market);

function words(ctx, profile, parameter) {
  const list = profile.wordLists?.[parameter.words] ?? [];
  return list.map((word) => ({ value: word.id, label: ctx.name(word.names) }));
}

/** Limits of the sets on a parameter, those that gate first. */
function limitsOn(sets, id, form, day) {
  const found = sets.flatMap((set) =>
    set.rules.flatMap(limitsOf).filter((limit) => limit.parameter === id && applies(limit, set, form, day)).map((limit) => ({ limit, set, gates: !limit.advisory && set.force !== "advisory" })),
  );
  return found.sort((a, b) => Number(b.gates) - Number(a.gates));
}

function entry(ctx, setup, id, more = {}) {
  const parameter = setup.profile.parameters.find((one) => one.id === id);
  if (!parameter) return undefined;
  const limits = limitsOn(setup.sets, id, setup.form, setup.day);
  const main = limits.find((one) => one.limit.min !== undefined || one.limit.max !== undefined || one.limit.words) ?? limits[0];
  const plan = main?.limit.plan && setup.profile.samplingPlans?.find((one) => one.id === main.limit.plan);
  const number = parameter.kind === "decimal";
  const bounds = main?.limit ?? {};
  const oneSided = (bounds.min === undefined) !== (bounds.max === undefined);
  return {
    id, parameter, name: ctx.name(parameter.names), kind: number ? "number" : "word", unit: parameter.unit, words: words(ctx, setup.profile, parameter), limits, plan,
    need: plan ? planNeed(plan, setup.size) : undefined, onSite: Boolean(parameter.onSite), methods: parameter.methods ?? [],
    // one value stands for all: of a smallest value the smallest, of a largest the largest
    extreme: number && parameter.onSite && parameter.unit !== "P1" && !plan && oneSided ? (bounds.min !== undefined ? "smallest" : "largest") : undefined,
    minus: [bounds.min, bounds.max].some((bound) => bound?.startsWith("-")),
    counts: number && parameter.unit === "P1" && Boolean(parameter.onSite),
    instrument: ctx.remembered[`instrument:${id}`], usual: ctx.remembered[`usual:value:${id}`],
    ...more,
  };
}

/**
 * All that an inspection form needs to know, from the answers so far:
 * a = {lot, market, variant: {group: name}, values: {parameter: [{value, units, count}]}, or: {first: chosen}, more: [id], elsewhere: [id],
 *      instrument: {id: {name, u, method}}, sample, papers, conforms, place}
 */
export function setup(ctx, a) {
  const lot = a.lot ?? ctx.of?.lot;
  const { gtin, number } = lotParts(lot) ?? {};
  // goods that this phone has never heard of: the inspector says what they are
  const [commodity, form_] = (a.goods ?? "").split("/");
  const product = ctx.product(gtin) ?? ctx.lot(lot) ?? (a.goods ? { gtin, commodity, form: form_ } : undefined);
  if (!product && kinds(ctx).length > 0) return { lot, number, gtin, missing: "product" };
  const found = ctx.inForce(product?.commodity);
  if (!found) return { lot, number, gtin, product, missing: "profile" };
  const { named, profile } = found;
  const form = product.form;
  const day = ctx.now.toISOString().slice(0, 10);
  const markets = marketsFor(profile, form);
  // the home market is what goods are judged for that state none: then the inspector's last choice for the product stands
  const [stated, last] = [ctx.lot(lot)?.market, ctx.remembered[`market:${gtin}`]];
  const market = a.market ?? [stated === "ID" ? last : stated, last, "ID", ...markets].find((one) => one && listOf(profile, form, one));
  const list = market && listOf(profile, form, market);
  if (!list) return { lot, number, gtin, product, profile, named, form, day, markets, market, missing: "list" };
  const groups = variants(profile, list, form, day);
  const chosen = Object.fromEntries(groups.map((group) => [group.id, a.variant?.[group.id] ?? ctx.remembered[`variant:${gtin}:${group.id}`]]));
  const wanted = due(list, facts(ctx, { held: ctx.lot(lot) }, a)).flat();
  const sets = withLacking(profile, list, setsOf(profile, list, groups, chosen), wanted, form, day);
  const adopted = adoptedFor(ctx, lot, { profile, form, market, day });
  const known = ctx.lot(lot);
  const produced = known?.produced ?? known?.amount;
  const base = known?.base ?? "g";
  return { lot, number, gtin, product, profile, named, form, day, markets, market, list, groups, chosen, adopted, sets: [...sets, ...adopted.sets], size: sizeOf(product, base, produced), base, held: known };
}

const valuesIn = (a, id) => a.values?.[id] ?? [];

function facts(ctx, s, a) {
  const numbers = (id) => valuesIn(a, id).map((one) => one.value.replace(/^</, "")).filter(isDecimal);
  return {
    claims: s.held?.claims ?? [],
    processes: s.held?.processes ?? [],
    largest: (id) => numbers(id).sort(compare).at(-1),
    isAbove: (x, y) => compare(x, y) > 0,
  };
}

const asked = (ctx, s, a) => withAdopted(due(s.list, facts(ctx, s, a)), s.adopted.sets);

/** What is measured, in order: what the market and adopted specifications ask for, then what the inspector adds (the same as last time stands). */
export function entries(ctx, s, a) {
  if (s.missing) return [];
  const wanted = asked(ctx, s, a);
  const list = wanted.map((oneOf) => {
    const chosen = a.or?.[oneOf[0]] ?? oneOf.find((id) => valuesIn(a, id).length > 0) ?? ctx.remembered[`or:${s.form}:${oneOf[0]}`] ?? oneOf[0];
    return entry(ctx, s, oneOf.includes(chosen) ? chosen : oneOf[0], { required: true, oneOf });
  });
  const taken = new Set(wanted.flat());
  const more = (a.more ?? ctx.remembered[`more:${s.form}:${s.market}`] ?? []).filter((id) => !taken.has(id));
  return [...list, ...more.map((id) => entry(ctx, s, id, { required: false }))].filter(Boolean);
}

/** Parameters that can be added: those with a limit in these sets first, then what can be measured on site. */
export function others(ctx, s, shown) {
  const has = new Set(shown.map((one) => one.id));
  const fit = s.profile.parameters.filter((one) => !has.has(one.id));
  const rank = (one) => (limitsOn(s.sets, one.id, s.form, s.day).length > 0 ? 0 : one.onSite ? 1 : 2);
  return fit.map((one) => ({ value: one.id, label: ctx.name(one.names), rank: rank(one) })).sort((x, y) => x.rank - y.rank);
}

/** A share in percent of a count: 3 of 25 is 12. */
export const percent = (count, of) => over(times(count, "100"), of, 4);

/** Instrument, its uncertainty and method: given now, else as last time. */
export const instrumentOf = (one, a) => a.instrument?.[one.id] ?? one.instrument;

/** Values as they are signed. */
export function results(list, a) {
  return list.flatMap((one) => {
    const { u, method } = instrumentOf(one, a) ?? {};
    return valuesIn(a, one.id).map((value) => ({
      parameter: one.id, value: value.value, ...(one.kind === "number" && one.unit && !one.words.some((word) => word.value === value.value) ? { unit: one.unit } : {}),
      ...(one.kind === "number" && u && !value.count && isDecimal(value.value) ? { uncertainty: u } : {}),
      ...(method ? { method } : {}), ...(value.units > 1 ? { units: value.units } : {}),
    }));
  });
}

/** The sample that laboratory values are measured on: the one that is named, else the newest that this phone knows. */
const sampleNamed = (ctx, s, a) => a.sample ?? sampleOf(ctx, s.lot);

/** The state of an inspection while it is filled in. */
export function soFar(ctx, s, a, list = entries(ctx, s, a)) {
  const values = results(list, a);
  const { verdict, results: all } = judged({ profile: s.profile, form: s.form, sets: s.sets, values, day: s.day, size: s.size });
  const known = [...new Set(values.map((one) => one.parameter))];
  // what was measured on a sample counts only with one (docs/rules.md, "Samples"); what failed always counts
  const unsampled = sampleNamed(ctx, s, a) ? [] : list.filter((one) => !one.onSite && valuesIn(a, one.id).length > 0).map((one) => one.id);
  const counts = (id) => !unsampled.includes(id);
  const counted = all.filter((one) => counts(one.parameter) || one.verdict === "fail");
  const unsettled = [...lacking(s.profile, s.list, s.form, s.day, due(s.list, facts(ctx, s, a)), counted, known.filter(counts)), ...lackingOf(s.adopted.sets, counted)];
  const missing = [...new Map(unsettled.map((oneOf) => [oneOf.join(), oneOf])).values()];
  const worst = (id) => {
    const own = all.filter((one) => one.parameter === id && !one.advisory);
    const info = all.filter((one) => one.parameter === id && one.advisory);
    return ["fail", "inconclusive", "pass"].find((one) => own.some((other) => other.verdict === one)) ?? (info.some((one) => one.verdict === "fail") ? "outside-information" : "not-evaluated");
  };
  const states = Object.fromEntries(known.map((id) => [id, worst(id)]));
  const failed = known.filter((id) => states[id] === "fail");
  const unclear = known.filter((id) => states[id] === "inconclusive");
  const own = isOwn(ctx, s.lot);
  const open = list.filter((one) => one.required && !one.oneOf.some((id) => valuesIn(a, id).length > 0));
  return {
    verdict, results: all, states, failed, unclear, open: open.map((one) => one.id), missing, unsampled, own,
    // green only when the market's list is complete, and gates, and the test counts; a specification makes a list gate that only advises
    complete: !own && missing.length === 0 && failed.length === 0 && unclear.length === 0 && verdict === "pass" && s.adopted.unread === 0 && !advises(s),
  };
}

/** Whether the market's list only advises. */
export const advises = (s) => Boolean(s.list.advisory) && s.adopted.sets.length === 0;

/** Verdict on one parameter, with the limit that decides it and where that is from. */
export function decisive(state, id) {
  const own = state.results.filter((one) => one.parameter === id && one.limit);
  const order = ["fail", "inconclusive", "pass", "not-evaluated"];
  return own.sort((x, y) => Number(x.advisory) - Number(y.advisory) || order.indexOf(x.verdict) - order.indexOf(y.verdict))[0];
}

/**
 * What to draw before measuring: plans of the market's list and of its limits, and from each container how many, once their number is known.
 * @returns [{id, name, of, mixed, take, c, grams, whole, spread, standard, waits: "packages"|undefined}]
 */
export function draws(ctx, s, list, a = {}) {
  if (s.missing) return [];
  const found = new Map((s.list.plans ?? []).map((id) => [id, []]));
  for (const one of list) if (one.plan) found.set(one.plan.id, [...(found.get(one.plan.id) ?? []), one.name]);
  const containers = a.containers ? Number(a.containers) : undefined;
  return [...found].flatMap(([id, of]) => {
    const plan = s.profile.samplingPlans?.find((one) => one.id === id);
    if (!plan) return [];
    const known = drawn(plan, { ...s.size, ...(containers ? { packages: containers } : {}) });
    const share = known && containers && containers <= 200 && known.take > 1 ? spread(known.take, containers) : undefined;
    return [{ id, name: ctx.name(plan.names), of, ...(known ?? {}), spread: share, standard: plan.standard, waits: known ? undefined : "packages" }];
  });
}

/** The question that is open: a group of variants, else the first parameter asked for without a value, else none. */
export function openOf(s, a, list) {
  const group = s.groups?.find((one) => !s.chosen[one.id]);
  if (group) return { kind: "variant", group };
  const waiting = list.find((one) => valuesIn(a, one.id).length === 0 && !(a.elsewhere ?? []).includes(one.id) && !(a.skipped ?? []).includes(one.id));
  return waiting ? { kind: "value", entry: waiting } : undefined;
}

/** Whether the signer must say if it conforms: the values do not decide. */
export const asksConformity = (state) => state.verdict === "inconclusive" || state.verdict === "not-evaluated";

export function build(ctx, s, a) {
  const list = entries(ctx, s, a);
  const state = soFar(ctx, s, a, list);
  const values = results(list, a);
  const laboratory = list.some((one) => !one.onSite && valuesIn(a, one.id).length > 0);
  const sample = a.sample ?? (laboratory ? sampleNamed(ctx, s, a) : undefined);
  const failed = state.verdict === "fail" || (asksConformity(state) && a.conforms === false);
  const instruments = Object.entries(a.instrument ?? {}).filter(([, one]) => one);
  return {
    act: "inspect",
    input: {
      lots: [{ lot: s.lot }], results: values, profile: { id: s.named.id, version: s.named.version, blake3: s.named.blake3 },
      requirements: s.sets.map((set) => set.id), failed, ...(sample ? { sample } : {}),
      retests: (a.retests ?? []).map(recordUri), ...(ctx.of.replaces && ctx.of.lot === s.lot ? { replaces: recordUri(ctx.of.replaces) } : {}), place: a.place ?? place(ctx).value, after: ctx.newest([s.lot]),
    },
    evidence: a.papers,
    remember: {
      [`market:${s.gtin}`]: s.market, [`more:${s.form}:${s.market}`]: list.filter((one) => !one.required).map((one) => one.id),
      ...Object.fromEntries(s.groups.map((group) => [`variant:${s.gtin}:${group.id}`, s.chosen[group.id]])),
      ...Object.fromEntries(instruments.map(([id, one]) => [`instrument:${id}`, one])),
      ...Object.fromEntries(list.filter((one) => one.kind === "number" && !one.counts && !one.minus).map((one) => [`usual:value:${one.id}`, valuesIn(a, one.id).filter(({ value }) => isDecimal(value)).reduce((usual, { value }) => keepUsual(usual, value), one.usual ?? [])])),
      ...Object.fromEntries(list.filter((one) => one.oneOf?.length > 1).map((one) => [`or:${s.form}:${one.oneOf[0]}`, one.id])),
    },
    state,
  };
}

/** Whether the inspector's own party has the goods: a check of its own, which passes nothing (docs/rules.md, "Own check"). */
const isOwn = (ctx, lot) => [...(ctx.work.held ?? []), ...ctx.held()].some((one) => one.lot === lot);

/** Whether the kit names no accreditation for the commodity of the goods that is in force: the id of its profile may have a second part. */
function isUnaccredited(ctx, s) {
  const now = ctx.now.getTime() / 1000;
  return !(ctx.kit.accreditations ?? [{ scope: ["*"], from: 0, until: Infinity }]).some(({ scope, from, until }) => (scope.includes("*") || scope.includes(s.named.commodity)) && from <= now && now < until);
}

/** Asked before signing: goods that the inspector is not accredited for or has itself, a laboratory's result without its sample. */
export function cautions(ctx, s, a) {
  const list = entries(ctx, s, a);
  const { unsampled, own } = soFar(ctx, s, a, list);
  return [
    isUnaccredited(ctx, s) && { key: "acts-caution-accreditation", args: { what: ctx.name(s.profile.names) } },
    s.adopted.unread > 0 && { key: "acts-caution-specification", args: { lot: s.number } },
    own && { key: "acts-caution-own", args: { lot: s.number } },
    unsampled.length > 0 && { key: "acts-caution-no-sample", args: { parameters: list.filter((one) => unsampled.includes(one.id)).map((one) => one.name).join(", ") } },
  ].filter(Boolean);
}
