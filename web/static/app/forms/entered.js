// What a person entered in a field for one number, and whether it is one that the field takes.
//
// With the keypad, and key by key in the reader's own decimal sign, each text has one meaning. What was pasted, or has marks of another
// language, is read as everywhere in Jejak (numbers.js): `1.040` has two meanings, and the person chooses. What it is not: the field itself
// (screens/acts/entry.js).
import { exact } from "../decimal.js";
import { read } from "../numbers.js";

const LONGEST = 24;

/** What a key makes of the text so far. */
export function typed(text, key, mark) {
  if (key === "back") return text.slice(0, -1);
  if (key === "less") return text.startsWith("<") ? text.slice(1) : `<${text.replace("-", "")}`;
  if (key === "minus") return text.startsWith("-") ? text.slice(1) : `-${text.replace("<", "")}`;
  const digits = text.replace(/^[<-]/, "");
  if (key === mark) return digits.includes(mark) || digits.length >= LONGEST ? text : text + (digits === "" ? `0${mark}` : mark);
  if (digits.length >= LONGEST) return text;
  // a zero in front is none
  return digits === "0" ? text.slice(0, -1) + key : text + key;
}

/** The decimal that was typed with the keypad: {value, less}, or undefined while it is none. */
export function valueOf(text, mark) {
  const found = new RegExp(`^([<-]?)(\\d+)(?:\\${mark}(\\d*))?$`).exec(text);
  if (!found) return undefined;
  const [, sign, whole, part] = found;
  const digits = whole.replace(/^0+(?=\d)/, "");
  const value = part ? `${digits}.${part}` : digits;
  return { value: (sign === "-" && value !== "0" ? "-" : "") + value, less: sign === "<" };
}

const BELOW = /^\s*[<＜]\s*/;

/**
 * Whether a field takes a value: {value, less}, or {error}, which has the sentence `acts-<error>`.
 * @param takes.less below a limit of quantification; takes.minus below zero; takes.whole whole numbers only
 */
export function taken({ value, less = false }, takes = {}) {
  try {
    exact(value);
  } catch {
    return { error: "number-too-long" };
  }
  if (less && !takes.less) return { error: "no-less-than" };
  if (value.startsWith("-") && (less || !takes.minus)) return { error: "not-below-zero" };
  if (takes.whole && !/^\d+(\.0*)?$/.test(value)) return { error: "whole-only" };
  return { value: takes.whole ? value.split(".")[0] : value, less };
}

/** What was pasted, or written in another way than with the keypad: {value, less}, {ambiguous: [{value, less}], text} or {error}. */
export function pasted(text, takes) {
  const less = BELOW.test(text);
  const one = read(text.replace(BELOW, ""));
  if (one.error) return { error: "no-number" };
  return one.ambiguous ? { ambiguous: one.ambiguous.map((value) => ({ value, less })) } : taken({ value: one.value, less }, takes);
}

/** What stands in a field; undefined while there is no number yet. @param isPlain typed key by key, in the reader's decimal sign `mark` */
export function entered(text, { isPlain, mark, takes }) {
  if (["", "-", "<"].includes(text.trim())) return undefined;
  if (!isPlain) return pasted(text, takes);
  const one = valueOf(text, mark);
  return one ? taken(one, takes) : { error: "no-number" };
}
