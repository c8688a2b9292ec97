// Sampling plans for who draws: how large a lot is, what to take of it, and from which containers. Equal to src/quality/plan.rs, by vectors
// (tests/browser/app-plan.test.mjs).
//
// Plans by number of units (n, c), by lot size (ISO 2859-1, CXG 50), and composite samples, which are one result. What it is not: the
// limit itself, m of its plan, whose `rejectAbove` is M; what a plan asks for and the verdict under it are judge.js's.
import { need } from "../judge.js";
import { over } from "./decimal.js";

// whole steps of `of` in `amount`, both exact decimals; undefined below zero, for none, and above 2^64 - 1
function steps(amount, of) {
  const count = over(amount, of, 0);
  return count === undefined || BigInt(count) < 0n || BigInt(count) >= 1n << 64n ? undefined : BigInt(count);
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

const stepFor = (list, size) => list.find(({ upTo }) => upTo === undefined || size <= upTo);

/**
 * What to take out of a lot: `take` units, or increments that are mixed into one sample of at least `grams`; c of the units may be
 * outside m, none beyond M. `whole` says that it is every piece there is.
 * @param size {pieces, grams, packages}, numbers: packages only as the person counted them
 * @returns undefined when the size is needed and not known
 */
export function draw(plan, size, limit) {
  const { composite } = plan.kind;
  const bounds = { m: limit?.max ?? limit?.min, M: limit?.rejectAbove };
  if (composite) {
    const known = size[composite.of];
    const step = known === undefined ? undefined : stepFor(composite.steps, known);
    return step && { mixed: true, take: step.n, n: 1, c: 0, grams: composite.grams, whole: false, ...bounds };
  }
  const { lotSize: sized } = plan.kind;
  // packages are counted by the person who draws; the ledger does not know their number, so that `need` has none
  const counted = sized?.of === "packages" && size.packages !== undefined ? stepFor(sized.steps, size.packages) : undefined;
  const found = counted ? { n: counted.n, c: counted.c ?? 0 } : need(plan, size);
  if (!found) return undefined;
  return { mixed: false, take: found.n, n: found.n, c: found.c, whole: size.pieces !== undefined && found.n >= size.pieces, ...bounds };
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
