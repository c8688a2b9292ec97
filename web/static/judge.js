// From measured values to a verdict, as src/quality/judge.rs and plan.rs come to it, from the JSON of a profile (and of adopted
// specifications). Exact decimals, no floating point. Pure: no page, no clock, no network. Held to the ledger by
// tests/testdata/judge.json, which the ledger writes.

const PARAMETER = "urn:jejak:param:";
const [PASS, OPEN, UNCLEAR, FAIL] = ["pass", "not-evaluated", "inconclusive", "fail"];

// Decimals: a whole number and the places behind its point. As on the ledger, 96 bits and 28 places at most.
const MOST = 1n << 96n;
const PLACES = 28;

export function decimal(text) {
  const [, sign, whole, part = ""] = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/.exec(text) ?? [];
  if (whole === undefined || part.length > PLACES) return null;
  const n = BigInt(whole + part);
  return n < MOST ? { n: sign ? -n : n, places: part.length } : null;
}

const scaled = (x, places) => x.n * 10n ** BigInt(places - x.places);
const size = (n) => (n < 0n ? -n : n);

// -1, 0 or 1.
export function compare(a, b) {
  const places = Math.max(a.places, b.places);
  const [x, y] = [scaled(a, places), scaled(b, places)];
  return x < y ? -1 : x > y ? 1 : 0;
}

// Cut to what the ledger can hold, ties to even; null if it is larger.
function held(n, places) {
  while (places > PLACES || size(n) >= MOST) {
    if (places === 0) return null;
    // all at once, so that nothing is rounded twice
    let cut = Math.max(1, places - PLACES);
    while (size(n) / 10n ** BigInt(cut) >= MOST) cut++;
    if (cut > places) return null;
    const unit = 10n ** BigInt(cut);
    let [whole, rest] = [size(n) / unit, size(n) % unit];
    if (rest * 2n > unit || (rest * 2n === unit && whole % 2n === 1n)) whole++;
    [n, places] = [n < 0n ? -whole : whole, places - cut];
  }
  return { n, places };
}

function plus(a, b) {
  const places = Math.max(a.places, b.places);
  return held(scaled(a, places) + scaled(b, places), places);
}

const times = (a, b) => held(a.n * b.n, a.places + b.places);
const negative = (x) => ({ ...x, n: -x.n });

const SPACE = /^\p{White_Space}+/u;
// Case, and what stands between words, make no other word (src/quality/words.rs).
const folded = (text) => text.toLowerCase().split(/[\p{White_Space}_-]+/u).filter(Boolean).join(" ");

// The word that `text` is understood as for the parameter of this id.
export function wordOf(profile, parameter, text) {
  const list = profile.wordLists?.[profile.parameters?.find(({ id }) => id === parameter)?.words] ?? [];
  const wanted = folded(text);
  return list.find((word) => [word.id, ...Object.values(word.names), ...(word.also ?? [])].some((known) => folded(known) === wanted));
}

// The worst of verdicts that must all hold, the best of those of which one must; nothing evaluated is "not-evaluated".
const first = (order) => (verdicts) => order.find((one) => verdicts.includes(one)) ?? OPEN;
const all = first([FAIL, UNCLEAR, PASS]);
const any = first([PASS, UNCLEAR, FAIL]);

// The sides of a limit: a smallest and a largest value.
function sides({ min, max, minInclusive = true, maxInclusive = true, loqShare }) {
  const found = [];
  if (min !== undefined) found.push({ limit: decimal(min), inclusive: minInclusive, upper: false });
  if (max !== undefined) {
    const limit = decimal(max);
    // the largest limit of quantification under which a value below it passes
    found.push({ limit, inclusive: maxInclusive, upper: true, loq: loqShare === undefined ? limit : times(decimal(loqShare), limit) });
  }
  return found;
}

function holds({ limit, inclusive, upper }, x) {
  const at = compare(x, limit);
  return at === 0 ? inclusive : upper === at < 0;
}

function judgeSide(side, value, uncertainty, decision) {
  const u = uncertainty ?? { n: 0n, places: 0 };
  const wide = { ...u, n: size(u.n) };
  // the edge of the uncertainty interval nearer to the outside, or further from it
  const edge = (outward) => {
    const x = plus(value, side.upper === outward ? wide : negative(wide));
    return x !== null && holds(side, x);
  };
  const within = decision === "guard-band-producer" ? edge(true) : holds(side, value);
  if (within) return PASS;
  return decision !== "simple-acceptance" && edge(false) ? UNCLEAR : FAIL;
}

// A value below the limit of quantification.
function judgeBelow({ upper, loq, limit }, stated) {
  if (upper) return loq !== null && compare(stated, loq) <= 0 ? PASS : UNCLEAR;
  return compare(stated, limit) <= 0 ? FAIL : UNCLEAR;
}

// What a plan asks for of a lot of this size: { n, c }, null when it goes by a size that is not known.
export function need({ kind: { units, lotSize } }, lot) {
  if (units) return units;
  if (!lotSize) return { n: 1, c: 0 };
  const { of, steps } = lotSize;
  const count = of === "packages" ? undefined : lot[of];
  const step = count === undefined ? undefined : steps.find(({ upTo }) => upTo === undefined || count <= upTo);
  // a lot of fewer pieces than the sample is tested whole
  return step ? { n: of === "pieces" ? Math.min(step.n, count) : step.n, c: step.c ?? 0 } : null;
}

// Of a lot whose size is not known: as many may be outside as in a lot of any size, and no number of units is enough.
export const ofAnySize = ({ kind: { lotSize } }) => ({ n: 2 ** 32 - 1, c: Math.max(0, ...(lotSize?.steps ?? []).map(({ c = 0 }) => c)) });

// The verdict on units under a plan: every unit within M, at most c outside m, and no fewer than n. `units` are [within, marginal, beyond or
// the verdict of what is unclear, count] each.
export function planned({ n, c }, units) {
  const sum = (kind) => units.reduce((total, [one, count]) => total + (kind === undefined || one === kind ? count : 0), 0);
  if (sum("beyond") > 0 || sum("marginal") > c) return FAIL;
  if (sum() < n) return OPEN;
  return sum(UNCLEAR) > 0 ? UNCLEAR : PASS;
}

class Bench {
  constructor(profile, set, form, values, { day, size: lot }) {
    Object.assign(this, { profile, set, form, values, day, lot });
  }

  applies({ forms = [], from, until }) {
    const named = forms.length > 0 ? forms : this.set.forms;
    return (named.length === 0 || named.includes(this.form)) && !(from > this.day) && !(until <= this.day);
  }

  // The verdict of one limit on one value.
  one(limit, value) {
    const parameter = this.profile.parameters.find(({ id }) => id === limit.parameter);
    if (!parameter) return OPEN;
    const { words = [] } = limit;
    const word = wordOf(this.profile, parameter.id, value.value);
    if (word && words.length > 0) return words.includes(word.id) ? PASS : FAIL;
    if (parameter.kind !== "decimal") return OPEN;
    if (value.uom !== parameter.unit) return UNCLEAR;
    const bounds = sides(limit);
    if (value.value.startsWith("<")) {
      const stated = decimal(value.value.slice(1).replace(SPACE, "")) ?? (value.loq === undefined ? null : decimal(value.loq));
      return stated && bounds.length > 0 ? all(bounds.map((side) => judgeBelow(side, stated))) : UNCLEAR;
    }
    const number = decimal(value.value);
    if (!number) return UNCLEAR;
    // what must not be found was found, in that amount
    if (bounds.length === 0 && words.length > 0) return number.n === 0n ? UNCLEAR : FAIL;
    const uncertainty = value.uncertainty === undefined ? undefined : decimal(value.uncertainty);
    return all(bounds.map((side) => judgeSide(side, number, uncertainty, this.set.decision)));
  }

  // All values of a limit's parameter, by its sampling plan if it has one, else each must be within.
  weigh(limit) {
    const own = this.values.flatMap((value, at) => (value.parameter === PARAMETER + limit.parameter ? [{ at, value, own: this.one(limit, value) }] : []));
    const plan = limit.plan && this.profile.samplingPlans?.find(({ id }) => id === limit.plan);
    if (!plan || own.length === 0) return { values: own.map((v) => ({ at: v.at, verdict: v.own })), verdict: all(own.map((v) => v.own)) };
    const asked = need(plan, this.lot) ?? ofAnySize(plan);
    const kind = { [PASS]: () => "within", [FAIL]: (v) => (this.beyond(limit, v, asked) ? "beyond" : "marginal"), [UNCLEAR]: () => UNCLEAR };
    const units = own.flatMap((v) => (v.own === OPEN ? [] : [[kind[v.own](v.value), v.value.units ?? 1]]));
    const verdict = planned(asked, units);
    const shown = (v) => (verdict === OPEN ? OPEN : verdict === PASS && v === FAIL ? PASS : v);
    // under a plan by lot size the verdict is only as good as the size
    return { values: own.map((v) => ({ at: v.at, verdict: shown(v.own) })), verdict, sized: Boolean(plan.kind.lotSize) };
  }

  // Whether a value outside a limit is so by more than its plan lets any unit be.
  beyond(limit, value, { c }) {
    const { rejectAbove: max } = limit;
    if (max === undefined) return c === 0;
    return this.one({ ...limit, max, loqShare: undefined, words: [] }, value) === FAIL;
  }

  // The verdict of a rule; its results go to `out`. In an `anyOf` that holds, an alternative that does not is no failure.
  rule(rule, gates, out) {
    if (rule.allOf) return all(rule.allOf.map((one) => this.rule(one, gates, out)));
    if (!rule.anyOf) return this.limit(rule, gates, out);
    const from = out.length;
    const verdict = any(rule.anyOf.map((one) => this.rule(one, gates, out)));
    if (verdict === PASS) for (const one of out.slice(from)) if (one.verdict !== PASS) one.verdict = OPEN;
    return verdict;
  }

  limit(limit, gates, out) {
    if (!this.applies(limit)) return OPEN;
    const advisory = (limit.advisory ?? false) || !gates;
    const { values, verdict, sized } = this.weigh(limit);
    for (const one of values) out.push({ ...one, limit, set: this.set.id, advisory, sized });
    return advisory ? OPEN : verdict;
  }
}

// A measured value of an inspection, as a sensor report states it: `stringValue` governs.
export function measuredOf(r) {
  const value = r.stringValue ?? (r.value === undefined ? { true: "yes", false: "no" }[r.booleanValue] ?? "" : String(r.value));
  return { parameter: r.type, value, uom: r.uom, uncertainty: r["jejak:uncertainty"], loq: r["jejak:loq"], units: r["jejak:units"] };
}

// Judges `values` of a lot of `form` by sets of limits, on a day (YYYY-MM-DD) and for a size of the lot ({ pieces, grams } as far as known):
// { verdict, results: [{ at, verdict, limit, set, advisory }] }. A value without a limit has one result, without `limit`.
export function judge(profile, form, sets, values, occasion) {
  const results = [];
  const verdicts = sets.flatMap((set) => {
    const bench = new Bench(profile, set, form, values, occasion);
    return set.rules.map((rule) => bench.rule(rule, set.force !== "advisory", results));
  });
  values.forEach((_, at) => {
    if (!results.some((one) => one.at === at)) results.push({ at, verdict: OPEN, advisory: true });
  });
  return { verdict: all(verdicts), results: results.sort((a, b) => a.at - b.at) };
}
