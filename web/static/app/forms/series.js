// A series of readings, such as a temperature logger's: what is signed of it.
//
// Up to 200 readings are signed one by one. Of more the smallest, the largest and the mean are, with their span and number, and the file
// is named as evidence. What it is not: reading of one number (numbers.js).
import { compare, minus, over, rounded, sum } from "../decimal.js";

/** Most readings that stand in a record themselves. */
export const MOST = 200;

/** Pieces of a pasted text that may be numbers: one a line, or between spaces or semicolons; a comma parts them only with a space behind it. */
export function pieces(text) {
  return text
    .split(/[\n\r;\t]+|,\s+|\s{1,}(?=[-−<]?\d)/)
    .map((piece) => piece.trim().replace(/\s*°?\s*C$/i, ""))
    .filter((piece) => /\d/.test(piece));
}

/** {n, min, max, mean, span} of decimals as text. */
export function summary(values) {
  const ordered = [...values].sort(compare);
  const mean = rounded(over(sum(values), String(values.length), 8), 3);
  return { n: values.length, min: ordered[0], max: ordered.at(-1), mean, span: minus(ordered.at(-1), ordered[0]) };
}

/** Of an inspection, in which each value is judged: each reading, or of a long series its ends. */
export function ends(values) {
  const { min, max } = summary(values);
  return values.length > MOST ? [min, max] : values;
}

/** What is signed: each reading, or of a long series its ends and mean. */
export function series({ values }) {
  if (values.length <= MOST) return values.map((value) => ({ value }));
  const { min, max, mean } = summary(values);
  return [{ min, max, mean }];
}
