// Sampling plans: how many units of a lot are tested, how many of them may be outside a limit, and where to draw them. Equal to
// src/quality/plan.rs, by vectors (tests/browser/app-plan.test.mjs).
//
// Plans by number of units (n, c), by lot size (ISO 2859-1, CXG 50), and composite samples, which are one result. What it is not: the
// limit itself, m of its plan, whose `rejectAbove` is M, nor the verdict on one value (judge.js).
import { exact } from "./numbers.js";

const MOST = 2 ** 32 - 1;

// whole steps of `of` in `amount`, both exact decimals; undefined below zero, for none, and above 2^64 - 1
function steps(amount, of) {
  const [a, b] = [exact(amount), exact(of)];
  if (b.mantissa === 0n) return undefined;
  const scale = Math.max(a.scale, b.scale);
  const at = ({ mantissa, scale: own }) => mantissa * 10n ** BigInt(scale - own);
  const count = at(a) / at(b);
  return count < 0n || count >= 1n << 64n ? undefined : count;
}

/**
 * The size of a lot, as far as its unit shows it.
 * @param base gram, millilitre or piece
 * @param amount exact decimal in the base unit; `net`: of one pack, when each has a net content
 * @returns {{pieces: bigint | undefined, grams: bigint | undefined}}
 */
export function lotSize(base, amount, net) {
  const packs = net === undefined ? undefined : steps(amount, net);
  const count = steps(amount, "1");
  if (base === "piece") return { pieces: count, grams: undefined };
  return { pieces: packs, grams: base === "gram" ? count : undefined };
}

// undefined for packages of loose goods, whose number the ledger does not know, unless the person counted them
const sizeIn = (of, size) => (size[of] === undefined ? undefined : BigInt(size[of]));
const stepFor = (list, size) => list.find(({ upTo }) => upTo === undefined || size <= BigInt(upTo));

/** What a plan asks for of a lot of this size, {n, c}; undefined when the size is needed and not known. */
export function need({ kind }, size) {
  if (kind.units) return { n: kind.units.n, c: kind.units.c };
  if (kind.composite) return { n: 1, c: 0 };
  const { of, steps: list } = kind.lotSize;
  const known = of === "packages" ? undefined : sizeIn(of, size);
  const step = known === undefined ? undefined : stepFor(list, known);
  if (!step) return undefined;
  // a lot of fewer pieces than the sample is tested whole
  const whole = of === "pieces" && known < BigInt(MOST) ? Number(known) : MOST;
  return { n: Math.min(step.n, whole), c: step.c ?? 0 };
}

/** Of a lot whose size is not known: as many may be outside as in a lot of any size, and no number of units is enough. */
export const ofAnySize = ({ kind }) => ({ n: MOST, c: Math.max(0, ...(kind.lotSize?.steps ?? []).map(({ c = 0 }) => c)) });

/** Whether single units may be outside the limit. */
export const tolerates = ({ kind }) => (kind.units ? kind.units.c > 0 : Boolean(kind.lotSize));

/**
 * What to take out of a lot: `take` units, or increments that are mixed into one sample of at least `grams`; c of the units may be
 * outside m, none beyond M. `whole` says that it is every piece there is.
 * @param size {pieces, grams, packages}: packages only as the person counted them
 * @returns undefined when the size is needed and not known
 */
export function draw(plan, size, limit) {
  const { composite } = plan.kind;
  const bounds = { m: limit?.max ?? limit?.min, M: limit?.rejectAbove };
  if (composite) {
    const known = sizeIn(composite.of, size);
    const step = known === undefined ? undefined : stepFor(composite.steps, known);
    return step && { mixed: true, take: step.n, n: 1, c: 0, grams: composite.grams, whole: false, ...bounds };
  }
  const { lotSize: sized } = plan.kind;
  // packages are counted by the person who draws; the ledger does not know their number, so that `need` has none
  const counted = sized?.of === "packages" && size.packages !== undefined ? stepFor(sized.steps, BigInt(size.packages)) : undefined;
  const found = counted ? { n: counted.n, c: counted.c ?? 0 } : need(plan, size);
  if (!found) return undefined;
  const pieces = sizeIn("pieces", size);
  return { mixed: false, take: found.n, n: found.n, c: found.c, whole: pieces !== undefined && BigInt(found.n) >= pieces, ...bounds };
}

/**
 * How many to draw from each container: 32 from five baskets are 7 6 7 6 6. By what each holds, if that is counted; then none is asked for
 * more than it has.
 * @param containers their number, or how many units each holds
 */
export function spread(take, containers) {
  const held = typeof containers === "number" ? Array(containers).fill(1) : containers;
  const total = held.reduce((sum, one) => sum + one, 0);
  const most = typeof containers === "number" ? take : Math.min(take, total);
  let [before, given] = [0, 0];
  return held.map((one) => {
    before += one;
    const until = total === 0 ? 0 : Math.ceil((most * before) / total);
    const own = until - given;
    given = until;
    return own;
  });
}

/** The container to draw from next, by what was drawn of each: {at, left}; undefined when all is drawn. */
export function next(spreading, drawn) {
  const at = spreading.findIndex((wanted, i) => (drawn[i] ?? 0) < wanted);
  return at < 0 ? undefined : { at, left: spreading[at] - (drawn[at] ?? 0) };
}

/**
 * The verdict on units under a plan: every unit within M, at most c outside m, and no fewer than n. Fewer pass nothing.
 * @param units [within | marginal | beyond | unclear, count] each
 */
export function verdict({ n, c }, units) {
  const sums = { within: 0n, marginal: 0n, beyond: 0n, unclear: 0n };
  for (const [unit, count] of units) sums[unit] += BigInt(count);
  const found = sums.within + sums.marginal + sums.beyond + sums.unclear;
  if (sums.beyond > 0n || sums.marginal > BigInt(c)) return "fail";
  if (found < BigInt(n)) return "not-evaluated";
  return sums.unclear > 0n ? "inconclusive" : "pass";
}
