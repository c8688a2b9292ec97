// Exact decimals for sums, shares and comparisons: text in, text out, never floating point.
//
// What it is not: reading what people type (numbers.js), nor the verdict on a value (judge.js).

const FORM = /^(-?)(\d+)(?:\.(\d+))?$/;
// What the ledger counts with: 96 bits, 28 digits behind the point.
const [MOST, FINEST] = [1n << 96n, 28];

/** @returns {{m: bigint, s: number}} mantissa and digits behind the point */
export function parse(text) {
  const found = FORM.exec(String(text));
  if (!found) throw new RangeError(`${text} is no decimal`);
  const [, sign, whole, part = ""] = found;
  const m = BigInt(whole + part);
  return { m: sign ? -m : m, s: part.length };
}

/** The same of a decimal that the ledger can hold; throws { error }: not-decimal, or too-large. */
export function exact(text) {
  const bad = (error) => Object.assign(new RangeError(error), { error });
  if (!/^-?(0|[1-9]\d*)(\.\d+)?$/.test(text)) throw bad("not-decimal");
  const { m, s } = parse(text);
  if (s > FINEST || m >= MOST || m <= -MOST) throw bad("too-large");
  return { m, s };
}

export const isDecimal = (text) => FORM.test(String(text));

function same(a, b) {
  const [x, y] = [parse(a), parse(b)];
  const s = Math.max(x.s, y.s);
  return [x.m * 10n ** BigInt(s - x.s), y.m * 10n ** BigInt(s - y.s), s];
}

/** Without zeros at the end of the part behind the point. */
export function format(m, s) {
  const sign = m < 0n ? "-" : "";
  const digits = (m < 0n ? -m : m).toString().padStart(s + 1, "0");
  const whole = digits.slice(0, digits.length - s);
  const part = digits.slice(digits.length - s).replace(/0+$/, "");
  const text = part ? `${whole}.${part}` : whole;
  return text === "0" ? text : sign + text;
}

export function plus(a, b) {
  const [x, y, s] = same(a, b);
  return format(x + y, s);
}

export function minus(a, b) {
  const [x, y, s] = same(a, b);
  return format(x - y, s);
}

export function times(a, b) {
  const [x, y] = [parse(a), parse(b)];
  return format(x.m * y.m, x.s + y.s);
}

/** Below zero, zero, above zero. */
export function compare(a, b) {
  const [x, y] = same(a, b);
  return x < y ? -1 : x > y ? 1 : 0;
}

/** `a` over `b` with so many digits behind the point, rounded down; undefined when `b` is zero. */
export function over(a, b, digits = 6) {
  const [x, y] = same(a, b);
  if (y === 0n) return undefined;
  return format((x * 10n ** BigInt(digits)) / y, digits);
}

/** Rounded half up to so many digits behind the point. */
export function rounded(text, digits) {
  const { m, s } = parse(text);
  if (s <= digits) return format(m, s);
  const step = 10n ** BigInt(s - digits);
  const half = m < 0n ? -step / 2n : step / 2n;
  return format((m + half) / step, digits);
}

export const sum = (list) => list.reduce(plus, "0");
export const isPositive = (text) => parse(text).m > 0n;
export const isZero = (text) => parse(text).m === 0n;
