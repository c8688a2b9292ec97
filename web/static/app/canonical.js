// JSON as the ledger's own program writes it: no white space, member names sorted by their UTF-8 bytes, decimals with the digits that
// were entered. Reads JSON back without losing a digit. What it is not: a check of what the JSON says.

import { Refused, demand } from "../bytes.js";

// RFC 8259 section 6, without an exponent: the ledger takes none.
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;

// Whether text is a number that JSON can hold as it is.
export const isNumber = (text) => NUMBER.test(text);

/** An exact decimal: it is written with the digits of its text, 24.60 as 24.60. */
export class Decimal {
  constructor(text) {
    demand(typeof text === "string" && isNumber(text), "not a decimal");
    this.text = text;
    Object.freeze(this);
  }

  toString() {
    return this.text;
  }
}

// By code points, which is the order of UTF-8 bytes; JavaScript compares UTF-16 units, which differs beyond U+FFFF.
function byBytes(a, b) {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return left[i].codePointAt(0) - right[i].codePointAt(0);
  }
  return left.length - right.length;
}

function quoted(text) {
  try {
    encodeURIComponent(text);
  } catch {
    throw new Refused("half of a surrogate pair");
  }
  // the escapes of JSON.stringify are those of serde_json
  return JSON.stringify(text);
}

/** The JSON of a value made of objects, arrays, texts, booleans, null, safe integers, BigInt and Decimal. Members that are undefined are left out. */
export function write(value) {
  if (value === null) return "null";
  if (typeof value === "string") return quoted(value);
  if (typeof value === "boolean" || typeof value === "bigint") return String(value);
  if (value instanceof Decimal) return value.text;
  if (typeof value === "number") {
    demand(Number.isSafeInteger(value) && !Object.is(value, -0), "a number that is no whole one: use Decimal");
    return String(value);
  }
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  demand(typeof value === "object", "not a value of JSON");
  const names = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${names.sort(byBytes).map((name) => `${quoted(name)}:${write(value[name])}`).join(",")}}`;
}

const TOKEN = /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(true|false|null)|(-?[0-9][0-9.eE+-]*))/y;

/** The value of a JSON text, numbers as Decimal. Objects have no prototype, so that every name is only a name. */
export function read(text) {
  let at = 0;
  const next = () => {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    demand(match, "not JSON");
    at = TOKEN.lastIndex;
    return match;
  };
  const value = ([, mark, string, word, number], depth) => {
    demand(depth < 64, "nested too deep");
    if (string !== undefined) return JSON.parse(string);
    if (word !== undefined) return JSON.parse(word);
    if (number !== undefined) return new Decimal(number);
    demand(mark === "{" || mark === "[", "not JSON");
    const close = mark === "{" ? "}" : "]";
    const out = mark === "{" ? Object.create(null) : [];
    let token = next();
    if (token[1] === close) return out;
    for (;;) {
      if (mark === "{") {
        demand(token[2] !== undefined && next()[1] === ":", "not JSON");
        const name = JSON.parse(token[2]);
        demand(!(name in out), "a member name twice");
        out[name] = value(next(), depth + 1);
      } else {
        out.push(value(token, depth + 1));
      }
      const after = next();
      if (after[1] === close) return out;
      demand(after[1] === ",", "not JSON");
      token = next();
    }
  };
  const out = value(next(), 0);
  demand(/^[\t\n\r ]*$/.test(text.slice(at)), "not JSON");
  return out;
}
